//! A centre's own model of what is unusual: listed, checked, learnt and told as a reason.
//!
//! The model is made here: how red a thing is. Needs `models/fetch` to have run, and
//! `GENGFU_VTEST`.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::path::Path;
use std::sync::Arc;

use gengfu::camera::Frame;
use gengfu::config;
use gengfu::detect::normal::lesson::Notes;
use gengfu::detect::normal::reason::{Tongue, Unusual, reasons, told};
use gengfu::detect::normal::watch::Watch;
use gengfu::detect::normal::{Normal, file};
use gengfu::detect::task::Detector;
use gengfu::detect::{Box01, flow};
use sha2::{Digest as _, Sha256};

use crate::detect::{frame, vtest};
use crate::support::onnx::{FLOAT, Graph};

/// Side of the model's input, px.
const SIDE: i64 = 64;

/// Red less half of green and blue, as the mean of what is shown in 0..1; times `by`.
fn redness(by: f32, numbers: i64) -> Vec<u8> {
    let weights = [by, -by / 2.0, -by / 2.0].repeat(numbers as usize);
    Graph::default()
        .input("thing", &[1, 3, SIDE, SIDE])
        .known("weights", &[numbers, 3, 1, 1], &weights)
        .shape("flat", &[1, numbers])
        .node(("GlobalAveragePool", &["thing"], "mean"), &[])
        .node(("Conv", &["mean", "weights"], "red"), &[])
        .node(("Reshape", &["red", "flat"], "score"), &[])
        .output("score", FLOAT, &[1, numbers])
        .model()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The project's models with this one for what is unusual, as `models.toml` would list it.
fn load(model: &[u8], lines: &str) -> Result<Detector, String> {
    let folder = tempfile::tempdir().unwrap();
    let list = std::fs::read_to_string(root().join("models/models.toml")).unwrap();
    let list =
        ["motion.onnx", "fetched/yolox_nano_features.onnx"].iter().fold(list, |list, name| {
            let (from, to) = (format!("file = \"{name}\""), root().join("models").join(name));
            list.replace(&from, &format!("file = {to:?}"))
        });
    let hash: String = Sha256::digest(model).iter().map(|byte| format!("{byte:02x}")).collect();
    let own = format!(
        "[anomaly]\nfile = \"own.onnx\"\nsha256 = \"{hash}\"\nsource = \"a test\"\n\
         licence = \"Apache-2.0\"\nmeasured = \"by a test\"\n{lines}\n"
    );
    std::fs::write(folder.path().join("own.onnx"), model).unwrap();
    std::fs::write(folder.path().join("models.toml"), format!("{list}\n{own}")).unwrap();
    let models = folder.path().to_path_buf();
    let config = config::Detect { models, ..config::Detect::default() };
    Detector::load_with_features(&config, root()).map_err(|error| error.to_string())
}

const LINES: &str = "input_px = 64\nrange = [-1.0, 1.0]";

#[test]
fn a_model_that_keeps_no_contract_is_refused_with_the_key() {
    let refused = |model: &[u8], lines: &str, expect: &[&str]| {
        let told = load(model, lines).expect_err("it is refused");
        for expect in expect {
            assert!(told.contains(expect), "{told}");
        }
    };
    let range = "range = [-1.0, 1.0]";
    refused(&redness(1.0, 2), LINES, &["anomaly.file", "not a single number"]);
    let small = format!("input_px = 128\n{range}");
    refused(&redness(1.0, 1), &small, &["anomaly.input_px", "takes 1 x 3 x 64 x 64", "write 64"]);
    refused(&redness(f32::NAN, 1), LINES, &["anomaly.file", "is no number (NaN)"]);
    refused(b"no model", LINES, &["own.onnx does not load"]);
}

/// The mean of red less half of the others in an area with a tenth around it, 0..1 of the range.
fn expected(frame: &Frame, area: &Box01) -> f32 {
    let (width, height) = (frame.width as f32, frame.height as f32);
    let around = |from: f32, to: f32, len: f32| {
        let more = 0.1 * (to - from);
        ((from - more).max(0.0) * len) as usize..((to + more).min(1.0) * len) as usize
    };
    let (columns, rows) = (around(area.x0, area.x1, width), around(area.y0, area.y1, height));
    let (mut sum, mut dots) = (0.0, 0.0);
    for at in rows.flat_map(|y| columns.clone().map(move |x| (y * frame.width as usize + x) * 3)) {
        let [b, g, r] = [0, 1, 2].map(|plane| f32::from(frame.bgr[at + plane]) / 255.0);
        sum += r - (b + g) / 2.0;
        dots += 1.0;
    }
    (sum / dots + 1.0) / 2.0
}

/// What is normal in the square, learnt from its first pictures.
fn learnt(detector: &mut Detector, frames: &[Arc<Frame>]) -> Normal {
    let (mut notes, mut watch) = (Notes::default(), Watch::default());
    notes.begin_file();
    for frame in frames {
        let at = frame.seen_at;
        let things = detector.things(frame).unwrap().things;
        let plane = flow::plane(&frame.bgr, (frame.width, frame.height)).unwrap();
        let seen = watch.observe(at, plane, things);
        let stayed_s = watch.dwell(&seen, at);
        notes.add(at, 0.2, seen.into_iter().zip(stayed_s).collect());
    }
    notes.learn().unwrap()
}

/// The picture with less of the other colours, and so much more red, inside of an area.
fn in_red(of: &Frame, area: &Box01, red: u8) -> Arc<Frame> {
    let mut bgr = of.bgr.to_vec();
    for (dot, at) in bgr.chunks_exact_mut(3).zip(0..) {
        let (x, y) = ((at % 640) as f32 / 640.0, (at / 640) as f32 / 480.0);
        if (area.x0..area.x1).contains(&x) && (area.y0..area.y1).contains(&y) {
            let less = |dot: u8| dot - dot / 3;
            (dot[0], dot[1], dot[2]) = (less(dot[0]), less(dot[1]), dot[2].saturating_add(red));
        }
    }
    frame(0, (640, 480), &bgr)
}

#[test]
fn a_thing_that_the_centres_own_model_finds_strange_is_told_with_its_score() {
    let mut detector = load(&redness(1.0, 1), LINES).unwrap();
    let frames = vtest(130);
    let things = detector.things(&frames[0]).unwrap().things;
    assert!(things.len() >= 3);
    for (thing, _) in things.iter().take(16) {
        let (own, expected) = (thing.own.unwrap(), expected(&frames[0], &thing.area));
        assert!((own - expected).abs() < 0.01, "{own} and not {expected}");
    }
    let normal = learnt(&mut detector, &frames);
    // It belongs to both models.
    let bytes = file::write(&normal, &detector.learns_with());
    assert!(file::read(&bytes, detector.learns_with().split('+').next().unwrap()).is_err());
    let normal = file::read(&bytes, &detector.learns_with()).unwrap();
    // The same picture, but the likeliest person wears red, as much as still looks like a person.
    let area = things[0].0.area;
    let dyed = [160, 120, 90, 60].into_iter().find_map(|red| {
        let red = in_red(&frames[0], &area, red);
        // What else is unusual about the others is not asked here.
        let mut things = detector.things(&red).unwrap().things;
        things.retain(|(thing, _)| thing.area.overlap(&area) > 0.5);
        (!things.is_empty()).then_some((red, things))
    });
    let (red, things) = dyed.expect("a person in red is a person");
    let mut watch = Watch::default();
    let plane = flow::plane(&red.bgr, (640, 480)).unwrap();
    let seen = watch.observe(red.seen_at, plane, things);
    let verdict = watch.judge(&normal, &seen, (red.seen_at, None));
    let worst = verdict.worst.unwrap();
    let why = reasons(&normal, &seen[worst.index], &worst.judged, worst.dwell_s);
    assert!(why.iter().any(|one| matches!(one, Unusual::Own { .. })), "{why:?}");
    assert!(told(&why, Tongue::Zh).contains("自备异常模型评分"), "{why:?}");
    assert!(told(&why, Tongue::En).contains("the centre's own model gives"), "{why:?}");
}
