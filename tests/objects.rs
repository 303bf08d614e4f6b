//! What the search of objects finds on the daemon's path (motion, parts, tracks), and what it
//! costs, against boxes on which at least three of six other detectors agree.
//!
//! The boxes are not in this repository; `GENGFU_CONSENSUS` names their file
//! (`vtest_person_consensus.json`), and without it this says so and ends:
//!
//!     GENGFU_CONSENSUS=FILE cargo test --test tests objects:: -- --nocapture

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a table is printed")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gengfu::camera::grey::{GREY_WIDTH_PX, shrink_to_grey};
use gengfu::camera::{CameraId, Frame};
use gengfu::clock::UnixMs;
use gengfu::config;
use gengfu::detect::task::Detector;
use gengfu::detect::{Box01, Class, Detection};
use serde_json::Value;

const WIDTH: u32 = 640;
const HEIGHT: u32 = 480;
/// Of vtest.avi.
const FPS: i64 = 10;
/// Every second frame is looked at: five a second.
const LOOK_EVERY: usize = 2;

fn pictures() -> Vec<Vec<u8>> {
    let path = PathBuf::from(std::env::var_os("GENGFU_VTEST").expect("set GENGFU_VTEST"));
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-vf", "scale=640:480:flags=area", "-fps_mode", "passthrough"])
        .args(["-pix_fmt", "bgr24", "-f", "rawvideo", "-"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout.chunks_exact((WIDTH * HEIGHT * 3) as usize).map(<[u8]>::to_vec).collect()
}

fn frame(index: usize, bgr: &[u8]) -> Frame {
    let grey = shrink_to_grey(bgr, (WIDTH, HEIGHT), GREY_WIDTH_PX);
    Frame {
        camera: CameraId::try_from("square").unwrap(),
        seq: index as u64,
        session: 0,
        pts_ms: index as i64 * 1_000 / FPS,
        seen_at: UnixMs(1_700_000_000_000 + index as i64 * 1_000 / FPS),
        width: WIDTH,
        height: HEIGHT,
        bgr: bgr.into(),
        grey_width: grey.width,
        grey_height: grey.height,
        grey: Arc::from(grey.luma),
    }
}

/// Boxes of people per frame, in fractions.
fn truth(file: &Path) -> Vec<(usize, Vec<Box01>)> {
    let text = std::fs::read_to_string(file).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let area = |corners: &Value| {
        let at = |n: usize, len: f64| (corners[n].as_f64().unwrap() / len) as f32;
        Box01 { x0: at(0, 768.0), y0: at(1, 576.0), x1: at(2, 768.0), y1: at(3, 576.0) }
    };
    let frames = told["frames"].as_object().unwrap().iter();
    let boxes = |(index, boxes): (&String, &Value)| {
        (index.parse().unwrap(), boxes.as_array().unwrap().iter().map(area).collect())
    };
    frames.map(boxes).collect()
}

/// Average precision at an overlap of a half, over all points (PASCAL VOC 2010), and the recall.
fn precision(found: &[Vec<Detection>], truth: &[(usize, Vec<Box01>)]) -> (f32, f32) {
    let mut hits: Vec<(f32, bool)> = Vec::new();
    for (index, boxes) in truth {
        let mut people: Vec<_> =
            found[*index].iter().filter(|track| track.class == Class::Person).collect();
        people.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut free: Vec<&Box01> = boxes.iter().collect();
        for person in people {
            let overlap = |area: &&Box01| person.area.overlap(area);
            let best = free.iter().enumerate().max_by(|a, b| overlap(a.1).total_cmp(&overlap(b.1)));
            let hit = best.filter(|(_, area)| overlap(area) >= 0.5).map(|(at, _)| at);
            hits.push((person.score, hit.is_some()));
            hit.map(|at| free.swap_remove(at));
        }
    }
    hits.sort_by(|a, b| b.0.total_cmp(&a.0));
    let all = truth.iter().map(|(_, boxes)| boxes.len()).sum::<usize>() as f32;
    let mut right = 0.0;
    let curve: Vec<(f32, f32)> = hits
        .iter()
        .enumerate()
        .map(|(rank, (_, hit))| {
            right += f32::from(u8::from(*hit));
            (right / all, right / (rank + 1) as f32)
        })
        .collect();
    let (mut area, mut best, mut recall) = (0.0, 0.0f32, right / all);
    for (at, precise) in curve.iter().rev() {
        area += (recall - at) * best;
        (best, recall) = (best.max(*precise), *at);
    }
    (area + recall * best, right / all)
}

#[test]
fn the_daemons_path_finds_people_at_a_fraction_of_the_searches() {
    let Some(file) = std::env::var_os("GENGFU_CONSENSUS") else {
        eprintln!("left out: set GENGFU_CONSENSUS to vtest_person_consensus.json");
        return;
    };
    let mut truth = truth(Path::new(&file));
    truth.retain(|(index, _)| index % LOOK_EVERY == 0);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut detector = Detector::load(&config::Detect::default(), root).unwrap();
    let mut eye = detector.eye(&CameraId::try_from("square").unwrap());
    let (mut found, mut cost, mut searches, mut looks) = (Vec::new(), 0.0, 0, 0);
    for (index, bgr) in pictures().iter().enumerate() {
        let frame = frame(index, bgr);
        found.push(Vec::new());
        if index % LOOK_EVERY != 0 {
            continue;
        }
        looks += 1;
        let motion = detector.motion(&mut eye, &frame).unwrap();
        let plan = detector.plan(&mut eye, &motion, frame.seen_at);
        if let Some(looked) = detector.search(&frame, &plan).unwrap() {
            cost += looked.cost;
            searches += 1;
            // The raw boxes are judged; the tracks only say where to look next.
            let _ = eye.searched(&plan, looked.found.clone(), frame.seen_at);
            found[index] = looked.found;
        }
    }
    let (ap50, recall) = precision(&found, &truth);
    let share = cost / looks as f32;
    println!(
        "AP50 {ap50:.3}, recall {recall:.3}, {searches} searches in {looks} looks, which cost \
         {share:.3} of one search of 416 x 416 px in each look"
    );
    assert!(ap50 >= 0.93, "AP50 {ap50}");
    assert!(share <= 0.8, "{share} of the searches");
}
