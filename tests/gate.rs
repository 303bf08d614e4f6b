//! The gate against a scene with known entries, in every kind of encoding: nothing that full
//! decoding finds is missed, and quiet time costs little.
//!
//! The reference is full decoding of the same stream with the gate's own measure: five looks a
//! second, each compared with the one before. Looks that show a change, at most 1 s apart, are one
//! spell, provided the same spell shows when the looks fall on the pictures between. A spell is an
//! entry if two of its looks or more show a change, or if one does and something is there that was
//! not, or is gone: a patch as thick as the smallest person whom the gate is to see, against the
//! look before. What is left is called sway: once, for a fifth of a second, the outline of somebody
//! who stands in the picture before and after shifts by a dot or two. In the given footage real
//! entries differ by patches of 17 to 26 dots from the look before, these by 1 or 2, and nobody
//! comes or goes (looked at: pictures 296, 574, 1074, 1138). An entry is found when the gate has
//! decoded a changed picture of it at most one key-frame distance after its first one came. The
//! gate is run on the sizes and pictures of the encoded file, as the daemon would run it.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use gengfu::camera::change::{Change, DOT_DIFFERENCE};
use gengfu::camera::gate::{CHANGED, Gate, GateSettings, UnitSize, Verdict};

/// Frames between two looks: five looks a second at 10 frames a second.
const LOOK_EVERY: usize = 2;
const FPS: usize = 10;
/// The daemon does not begin at 0.
const BEGIN: Duration = Duration::from_secs(100);
/// The small picture that is compared: 160 x 90 dots, 4 px of a picture 640 px wide each.
const WIDTH: usize = 160;
const HEIGHT: usize = 90;
/// The thickness from which on a changed patch is somebody, in dots: 12 px of 640 in the width; the
/// smallest person whom the gate is to see is 16 px wide (`CHANGED`).
const SOMEBODY: usize = 3;
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

/// What the gate made of a file.
#[derive(Debug)]
#[allow(dead_code, reason = "printed as a whole, for the table and for a test that fails")]
struct Run {
    entries: usize,
    found: usize,
    sways: usize,
    sways_found: usize,
    /// In frames.
    longest_delay: usize,
    /// Between key frames, in frames.
    distance: usize,
    missed: Vec<Spell>,
    awake: f32,
    moving: f32,
    decoded: f32,
    reason: String,
}

/// Looks that showed a change, in frames.
#[derive(Clone, Copy, Debug)]
struct Spell {
    first: usize,
    last: usize,
    looks: usize,
    /// Side of the largest square of dots that all differ from the look before the spell.
    thick: usize,
}

impl Spell {
    const fn is_entry(&self) -> bool {
        self.looks > 1 || self.thick >= SOMEBODY
    }
}

/// One picture that was looked at.
#[derive(Clone, Copy, Debug)]
struct Look {
    frame: usize,
    /// The frame that had just come.
    now: usize,
    changed: bool,
}

/// What the gate did with a file.
struct Log {
    looks: Vec<Look>,
    awake: Vec<bool>,
    decoded: usize,
    reason: String,
}

/// A file as a camera would send it.
struct Footage {
    sizes: Vec<(bool, usize, usize)>,
    pictures: Vec<Arc<[u8]>>,
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

/// Runs the gate; the first look falls on the frame `first`.
fn watch(footage: &Footage, full: bool, first: usize) -> Log {
    let settings = GateSettings { full, look_every: Duration::from_secs(30) };
    let (mut gate, mut change) = (Gate::new(settings), Change::default());
    let mut keys = [0, 0];
    let (mut shown, mut due) = (0, first);
    let mut log = Log { looks: Vec::new(), awake: Vec::new(), decoded: 0, reason: String::new() };
    for (now, &(key, bytes, filler)) in footage.sizes.iter().enumerate() {
        keys = if key { [now, keys[0]] } else { keys };
        let verdict = gate.unit(UnitSize { key, bytes, filler, at: at(now) });
        let taken = match verdict {
            Verdict::Skip => now + 1..now + 1,
            Verdict::Still | Verdict::Next => now..now + 1,
            Verdict::Group => keys[0]..now + 1,
            Verdict::Past => keys[1]..now + 1,
        };
        log.decoded += usize::from(now >= LEARNING_FRAMES) * taken.len();
        log.awake.push(!matches!(verdict, Verdict::Skip | Verdict::Still));
        for frame in taken {
            if frame >= due.max(shown) {
                (shown, due) = (frame + 1, frame + LOOK_EVERY);
                let share = change.take(&footage.pictures[frame]);
                gate.picture(share, at(frame));
                log.looks.push(Look { frame, now, changed: share >= CHANGED });
            }
        }
    }
    log.reason = format!("{:?}", gate.state().1);
    log
}

/// What full decoding finds, wherever its looks fall.
fn spells(footage: &Footage) -> Vec<Spell> {
    let changed = |first| watch(footage, true, first).looks.into_iter().filter(|l| l.changed);
    let mut spells: Vec<Spell> = Vec::new();
    for Look { frame, .. } in changed(0) {
        match spells.last_mut() {
            Some(spell) if frame <= spell.last + FPS => {
                let thick = thickness(footage, (spell.first, frame)).max(spell.thick);
                *spell = Spell { last: frame, looks: spell.looks + 1, thick, ..*spell };
            }
            _ => {
                let thick = thickness(footage, (frame, frame));
                spells.push(Spell { first: frame, last: frame, looks: 1, thick });
            }
        }
    }
    let between: Vec<Look> = changed(1).collect();
    let meets = |spell: &Spell, look: &Look| {
        (spell.first..=spell.last + 2 * LOOK_EVERY).contains(&(look.frame + LOOK_EVERY))
    };
    spells.retain(|spell| between.iter().any(|look| meets(spell, look)));
    spells
}

/// Side of the largest square of dots that all differ, beyond the change of light, between the look
/// before the frame `first` and the frame `now`.
fn thickness(footage: &Footage, (first, now): (usize, usize)) -> usize {
    let (before, now) =
        (&footage.pictures[first.saturating_sub(LOOK_EVERY)], &footage.pictures[now]);
    let difference: Vec<i32> =
        before.iter().zip(&**now).map(|(a, b)| i32::from(*b) - i32::from(*a)).collect();
    let mut sorted = difference.clone();
    sorted.sort_unstable();
    let light = sorted[sorted.len() / 2];
    let mut sides = vec![0; WIDTH * HEIGHT];
    for at in 0..WIDTH * HEIGHT {
        if (difference[at] - light).abs() >= DOT_DIFFERENCE {
            let inside = at >= WIDTH && !at.is_multiple_of(WIDTH);
            let near = || [at - 1, at - WIDTH, at - WIDTH - 1].map(|near| sides[near]);
            sides[at] = 1 + if inside { near().into_iter().min().unwrap_or_default() } else { 0 };
        }
    }
    sides.into_iter().max().unwrap_or_default()
}

fn run(file: &Path) -> Run {
    let scale = format!("scale=640:360:flags=bilinear,scale={WIDTH}:{HEIGHT}:flags=area");
    let footage = Footage { sizes: sizes(file), pictures: grey(file, &scale, WIDTH * HEIGHT) };
    let distance = footage.sizes.iter().skip(1).position(|size| size.0).unwrap() + 1;
    // What begins just before the end has no key frame any more that could show it.
    let until = footage.sizes.len().saturating_sub(distance + 1);
    let mut spells = spells(&footage);
    spells.retain(|spell| (LEARNING_FRAMES..until).contains(&spell.first));
    let log = watch(&footage, false, 0);
    // The key frame itself may come a frame later than the movement.
    let delay = |spell: &Spell| {
        let due = spell.first + distance + 1;
        let shows = |look: &&Look| look.changed && look.frame >= spell.first && look.now <= due;
        log.looks.iter().find(shows).map(|look| look.now - spell.first)
    };
    let entry = |spell: &&Spell| spell.is_entry();
    let missed: Vec<Spell> = spells.iter().filter(|s| delay(s).is_none()).copied().collect();
    let entries = spells.iter().filter(entry).count();
    let sways = spells.len() - entries;
    let entries_missed = missed.iter().filter(entry).count();
    let judged = (footage.sizes.len() - LEARNING_FRAMES) as f32;
    let awake = log.awake[LEARNING_FRAMES..].iter().filter(|awake| **awake).count();
    Run {
        entries,
        found: entries - entries_missed,
        sways,
        sways_found: sways - (missed.len() - entries_missed),
        longest_delay: spells.iter().filter_map(delay).max().unwrap_or_default(),
        distance,
        missed,
        awake: awake as f32 / judged,
        moving: spells.iter().map(|s| s.last + 1 - s.first).sum::<usize>() as f32 / judged,
        decoded: log.decoded as f32 / judged,
        reason: log.reason,
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

#[allow(clippy::print_stdout, reason = "whoever reads a test of figures wants the figures")]
fn told(line: &str) {
    println!("{line}");
}

fn judge(scene: &Path, dir: &Path) -> Vec<(String, Run)> {
    let mut runs = Vec::new();
    for (name, rate) in RATES {
        for key_every in [20, 50] {
            let file = dir.join(format!("{name}{key_every}.mp4"));
            encode(scene, rate, key_every, &file);
            let run = run(&file);
            told(&format!("{name} {key_every}: {run:?}"));
            runs.push((format!("{name}, key frame every {key_every}"), run));
        }
    }
    runs
}

fn check(runs: &[(String, Run)]) {
    for (name, run) in runs {
        assert!(run.entries > 0, "{name}: the scene shows no entry");
        assert_eq!(run.found, run.entries, "{name}: {run:?}");
        // Key frames 5 s apart, and padding, are recognised and decoded as a whole.
        let expect = match run.distance {
            50 => "LongGroups",
            _ if name.starts_with("constant") => "ConstantRate",
            _ => "FitsWell",
        };
        assert_eq!(run.reason, expect, "{name}: {run:?}");
        assert!(expect != "FitsWell" || run.awake < 1.0, "{name} never sleeps: {run:?}");
    }
}

/// A street that is empty but for entries of seven seconds down to a fifth of one.
fn entries(dir: &Path) -> PathBuf {
    let street = std::env::var("GENGFU_VTEST").expect("set GENGFU_VTEST to OpenCV's vtest.avi");
    let still = dir.join("still.mp4");
    gengfu::camera::gst::quiet_scene(Path::new(&street), &still).unwrap();
    let out = dir.join("scene.mp4");
    let when = "between(t,13.3,20)+between(t,31.7,32.7)+between(t,45.1,45.6)\
                +between(t,53.25,53.45)+between(t,61,64)";
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
        let sleeps = run.reason == "FitsWell";
        assert!(!sleeps || run.awake < run.moving + 0.15, "{name} wakes for nothing: {run:?}");
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
