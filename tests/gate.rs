//! The gate against a scene with known entries, in every kind of encoding: nothing that full
//! decoding finds is missed, and quiet time costs little.
//!
//! The reference is full decoding: spells in which more than 0.4 % of the dots of a 384 x 216
//! picture differ by more than 18 from the picture before. The gate itself is run on the sizes and
//! pictures of the encoded file, as the daemon would run it.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gengfu::camera::change::Change;
use gengfu::camera::gate::{Gate, GateSettings, UnitSize, Verdict};

/// Frames between two looks: five looks a second at 10 frames a second.
const LOOK_EVERY: usize = 2;
const FPS: usize = 10;
/// The daemon does not begin at 0.
const BEGIN: Duration = Duration::from_secs(100);
/// Time that is not judged: the gate learns how the stream is built, and everything is decoded.
const LEARNING_FRAMES: usize = 80;

fn at(frame: usize) -> Duration {
    BEGIN + Duration::from_millis(frame as u64 * 100)
}

fn output(program: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(args).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn grey(file: &Path, scale: &str, dots: usize) -> Vec<Arc<[u8]>> {
    let filter = format!("{scale},format=gray");
    let file = file.to_str().unwrap();
    let args = ["-v", "error", "-i", file, "-vf", &filter, "-f", "rawvideo", "-"];
    output("ffmpeg", &args).chunks_exact(dots).map(Arc::from).collect()
}

/// The beginnings and ends of movement by full decoding, in frames.
fn spells(file: &Path) -> Vec<(usize, usize)> {
    let pictures = grey(file, "scale=384:216:flags=area", 384 * 216);
    let moves = |pair: &[Arc<[u8]>]| {
        let dots = pair[0].iter().zip(pair[1].iter()).filter(|(a, b)| a.abs_diff(**b) > 18);
        dots.count() as f32 > 0.004 * (384.0 * 216.0)
    };
    let mut spells: Vec<(usize, usize)> = Vec::new();
    for frame in pictures.windows(2).enumerate().filter(|(_, pair)| moves(pair)).map(|(n, _)| n + 1)
    {
        match spells.last_mut() {
            Some((_, end)) if frame <= *end + FPS => *end = frame,
            _ => spells.push((frame, frame)),
        }
    }
    spells
}

/// What the gate made of a file.
#[derive(Debug)]
#[allow(dead_code, reason = "printed as a whole, for the table and for a test that fails")]
struct Run {
    spells: usize,
    found: usize,
    longest_delay: usize,
    /// Between key frames, in frames.
    distance: usize,
    missed: Vec<(usize, usize)>,
    awake: f32,
    moving: f32,
    decoded: f32,
    reason: String,
}

/// Sizes of the pictures: whether it is a key frame, bytes, padding.
fn sizes(file: &Path) -> Vec<(bool, usize, usize)> {
    let lines = |file: &Path| -> Vec<(bool, usize)> {
        let entries = ["-v", "error", "-select_streams", "v", "-show_entries", "packet=size,flags"];
        let args = [&entries[..], &["-of", "csv=p=0", file.to_str().unwrap()]].concat();
        let text = String::from_utf8(output("ffprobe", &args)).unwrap();
        let line = |line: &str| {
            let (size, flags) = line.split_once(',').unwrap();
            (flags.starts_with('K'), size.parse().unwrap())
        };
        text.lines().map(line).collect()
    };
    let bare = file.with_extension("bare.mp4");
    let (from, to) = (file.to_str().unwrap(), bare.to_str().unwrap());
    let filter = ["-c", "copy", "-bsf:v", "filter_units=remove_types=12", to];
    output("ffmpeg", &[&["-v", "error", "-y", "-i", from][..], &filter].concat());
    let all = lines(file);
    let bare = lines(&bare);
    assert_eq!(all.len(), bare.len());
    all.iter().zip(&bare).map(|(a, b)| (a.0, b.1, a.1.saturating_sub(b.1))).collect()
}

fn run(file: &Path, spells: &[(usize, usize)]) -> Run {
    let scale = "scale=640:360:flags=bilinear,scale=160:90:flags=area";
    let pictures = grey(file, scale, 160 * 90);
    let sizes = sizes(file);
    let settings = GateSettings { full: false, look_every: Duration::from_secs(30) };
    let (mut gate, mut change) = (Gate::new(settings), Change::default());
    let (mut key, mut shown, mut due) = (0, 0, 0);
    let (mut awake, mut decoded) = (Vec::new(), 0);
    for (frame, &(is_key, bytes, filler)) in sizes.iter().enumerate() {
        key = if is_key { frame } else { key };
        let verdict = gate.unit(UnitSize { key: is_key, bytes, filler, at: at(frame) });
        let taken = match verdict {
            Verdict::Skip => frame + 1..frame + 1,
            Verdict::Still | Verdict::Next => frame..frame + 1,
            Verdict::Group => key..frame + 1,
        };
        decoded += usize::from(frame >= LEARNING_FRAMES) * taken.len();
        for now in taken {
            if now < due.max(shown) {
                continue;
            }
            (shown, due) = (now + 1, now + LOOK_EVERY);
            gate.picture(change.take(&pictures[now]), at(now));
        }
        awake.push(matches!(verdict, Verdict::Next | Verdict::Group));
    }
    let judged = sizes.len() - LEARNING_FRAMES;
    let distance = sizes.iter().skip(1).position(|size| size.0).unwrap() + 1;
    // What begins just before the end has no key frame any more that could show it.
    let until = sizes.len().saturating_sub(distance + 1);
    let later: Vec<_> =
        spells.iter().filter(|spell| (LEARNING_FRAMES..until).contains(&spell.0)).collect();
    let delays: Vec<Option<usize>> = later
        .iter()
        .map(|spell| (spell.0..awake.len()).find(|n| awake[*n]).map(|n| n - spell.0))
        .collect();
    // The key frame itself may come a frame later than the movement, and wakes with the next unit.
    let in_time = |delay: &Option<usize>| delay.is_some_and(|delay| delay <= distance + 1);
    let missed = later.iter().zip(&delays).filter(|(_, delay)| !in_time(delay));
    let missed: Vec<(usize, usize)> = missed.map(|(spell, _)| **spell).collect();
    Run {
        spells: later.len(),
        found: later.len() - missed.len(),
        missed,
        distance,
        longest_delay: delays.iter().flatten().copied().max().unwrap_or_default(),
        awake: awake[LEARNING_FRAMES..].iter().filter(|a| **a).count() as f32 / judged as f32,
        moving: later.iter().map(|s| s.1 + 1 - s.0).sum::<usize>() as f32 / judged as f32,
        decoded: decoded as f32 / judged as f32,
        reason: format!("{:?}", gate.state().1),
    }
}

/// Arguments of the encoder for every kind of rate control.
const RATES: [(&str, &[&str]); 3] = [
    ("quality", &["-crf", "26"]),
    ("average", &["-b:v", "1000k"]),
    (
        "constant",
        &[
            "-b:v",
            "1500k",
            "-minrate",
            "1500k",
            "-maxrate",
            "1500k",
            "-bufsize",
            "1500k",
            "-x264-params",
            "nal-hrd=cbr:filler=1:force-cfr=1",
        ],
    ),
];

fn encode(input: &Path, rate: &[&str], key_every: usize, out: &Path) {
    let key = key_every.to_string();
    let input = ["-v", "error", "-y", "-i", input.to_str().unwrap(), "-an", "-c:v", "libx264"];
    let group = ["-preset", "veryfast", "-bf", "0", "-g", &key, "-keyint_min", &key];
    let rest = ["-sc_threshold", "0", "-pix_fmt", "yuv420p", out.to_str().unwrap()];
    output("ffmpeg", &[&input[..], &group, rate, &rest].concat());
}

fn judge(scene: &Path, dir: &Path) -> Vec<(String, Run)> {
    let spells = spells(scene);
    let mut runs = Vec::new();
    for (name, rate) in RATES {
        for key_every in [20, 50] {
            let file = dir.join(format!("{name}{key_every}.mp4"));
            encode(scene, rate, key_every, &file);
            let run = run(&file, &spells);
            println!("{name} {key_every}: {run:?}");
            runs.push((format!("{name}, key frame every {key_every}"), run));
        }
    }
    runs
}

fn check(runs: &[(String, Run)]) {
    for (name, run) in runs {
        assert!(run.spells > 0, "{name}: the scene shows no movement");
        // What comes and goes between two key frames shows in sizes alone, if the rate is free.
        let free = name.starts_with("quality");
        let missed = run.missed.iter().filter(|s| free || s.1 - s.0 > run.distance);
        assert_eq!(missed.count(), 0, "{name}: {run:?}");
        let dull = name.starts_with("constant") && run.distance > 3 * FPS;
        assert!(dull || run.awake < 1.0, "{name} never sleeps: {run:?}");
    }
}

/// A street that is empty but for entries of seven seconds, of one second and of half a second.
fn entries(dir: &Path) -> PathBuf {
    let street = std::env::var("GENGFU_VTEST").expect("set GENGFU_VTEST to OpenCV's vtest.avi");
    let still = dir.join("still.mp4");
    gengfu::camera::gst::quiet_scene(Path::new(&street), &still).unwrap();
    let out = dir.join("scene.mp4");
    let when = "between(t,13.3,20)+between(t,31.7,32.7)+between(t,45.1,45.6)+between(t,61,64)";
    let graph = format!(
        "[1:v]crop=230:330:300:120[part];[0:v][part]overlay=300:120:enable='{when}'[scene]"
    );
    let still = ["-v", "error", "-y", "-stream_loop", "4", "-i", still.to_str().unwrap()];
    let rest = ["-i", &street, "-filter_complex", &graph, "-map", "[scene]", "-t", "75"];
    let to = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "14", out.to_str().unwrap()];
    output("ffmpeg", &[&still[..], &rest, &to].concat());
    out
}

#[test]
fn every_entry_into_an_empty_street_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let runs = judge(&entries(dir.path()), dir.path());
    check(&runs);
    for (name, run) in &runs {
        // Key frames 5 s apart and sizes that say nothing: everything is decoded.
        let dull = name.starts_with("constant") && run.distance > 3 * FPS;
        assert!(dull || run.awake < run.moving + 0.35, "{name} wakes for nothing: {run:?}");
    }
}

/// `GENGFU_GATE_FILE`: footage at 10 frames a second to judge, too large for every run.
#[test]
fn every_entry_of_given_footage_is_found() {
    let Ok(file) = std::env::var("GENGFU_GATE_FILE") else {
        println!("GENGFU_GATE_FILE is not set: no footage to judge");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    check(&judge(Path::new(&file), dir.path()));
}
