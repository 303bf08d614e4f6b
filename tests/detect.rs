//! Motion, objects, tracks and rules with the real runtime and models, on made and real pictures.
//!
//! Needs `models/fetch` to have run. `GENGFU_VTEST` names vtest.avi (Debian package opencv-doc,
//! `examples/data/vtest.avi`: people walking across a square, 768 x 576, 10 fps). `GENGFU_PYTHON`
//! names a Python that has `models/requirements.txt` installed. `tests/run` sees to all three.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use gengfu::camera::{CameraId, Frame, FrameInbox};
use gengfu::clock::{Calendar, Clock, Local, RealClock, UnixMs};
use gengfu::config::{self, RuleKind};
use gengfu::detect::stats::DetectStats;
use gengfu::detect::task::{DetectLoop, Detector, Eyes};
use gengfu::detect::{Class, Sighting};
use gengfu::event::Fired;
use gengfu::event::rule::{Memory, RuleSet, evaluate};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const SMALL: (u32, u32) = (320, 240);
/// Motion counts from here on: the background has been learnt.
const WARM: u64 = 10;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn detector() -> Detector {
    Detector::load(&config::Detect::default(), root()).expect("models/fetch has run")
}

/// A frame of camera "square" seen 200 ms after the one before it.
pub(crate) fn frame(seq: u64, (width, height): (u32, u32), bgr: &[u8]) -> Arc<Frame> {
    let luma = |dot: &[u8]| {
        ((u32::from(dot[0]) * 29 + u32::from(dot[1]) * 150 + u32::from(dot[2]) * 77) >> 8) as u8
    };
    Arc::new(Frame {
        camera: CameraId::try_from("square").expect("an id"),
        seq,
        session: 0,
        pts_ms: seq as i64 * 200,
        seen_at: UnixMs(1_700_000_000_000 + seq as i64 * 200),
        width,
        height,
        bgr: bgr.into(),
        grey_width: width,
        grey_height: height,
        grey: bgr.chunks_exact(3).map(luma).collect(),
    })
}

/// A picture with some structure, noise of about 6 levels, and what `change` does to a dot.
fn made(seq: u64, change: impl Fn(u32, u32, i32) -> i32) -> Arc<Frame> {
    let mut random = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bgr = Vec::with_capacity((SMALL.0 * SMALL.1 * 3) as usize);
    for y in 0..SMALL.1 {
        for x in 0..SMALL.0 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // The sum of four numbers -5..=5 has a deviation of 6.3.
            let noise: i32 =
                (0..4).map(|part| (random >> (16 * part)) as i32 & 0xffff).sum::<i32>();
            let noise = noise * 11 / 0xffff - 22;
            let scene = 60 + ((x / 40 + y / 30) % 4 * 30) as i32;
            let dot = (change(x, y, scene) + noise).clamp(0, 255) as u8;
            bgr.extend([dot; 3]);
        }
    }
    frame(seq, SMALL, &bgr)
}

fn still(_: u32, _: u32, scene: i32) -> i32 {
    scene
}

/// Moving shares of a story of pictures.
fn shares(story: impl Iterator<Item = Arc<Frame>>) -> Vec<f32> {
    let mut detector = detector();
    let mut eye = detector.eye(&frame(0, SMALL, &[]).camera);
    story.map(|frame| detector.motion(&mut eye, &frame).expect("motion").fraction).collect()
}

#[test]
fn the_scripts_make_the_models_that_are_listed() {
    let python = std::env::var_os("GENGFU_PYTHON").unwrap_or_else(|| "python3".into());
    let has_onnx = Command::new(&python)
        .args(["-c", "import onnx"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    assert!(has_onnx, "set GENGFU_PYTHON to a Python with models/requirements.txt installed");
    let folder = tempfile::tempdir().expect("a folder");
    for (script, model) in
        [("motion.py", "motion.onnx"), ("features.py", "fetched/yolox_nano_features.onnx")]
    {
        let (out, script) = (folder.path().join("out.onnx"), root().join("models").join(script));
        let status = Command::new(&python).arg(&script).arg(&out).status().expect("python runs");
        assert!(status.success());
        // What lies there is the listed file, or the detector would not load.
        let there = std::fs::read(root().join("models").join(model)).expect("models/fetch has run");
        assert!(std::fs::read(&out).expect("built") == there, "{model} is not what it is made of");
    }
}

#[test]
fn a_still_picture_with_noise_does_not_move() {
    let shares = shares((0..40).map(|seq| made(seq, still)));
    assert!(shares.iter().all(|&share| share == 0.0), "{shares:?}");
}

#[test]
fn a_change_of_light_is_no_motion() {
    let brighter = |_: u32, _: u32, scene: i32| scene * 5 / 4 + 15;
    let darker = |_: u32, _: u32, scene: i32| scene / 2;
    let story = (0..45).map(|seq| match seq {
        20..30 => made(seq, brighter),
        30..40 => made(seq, darker),
        _ => made(seq, still),
    });
    let shares = shares(story);
    assert!(shares.iter().all(|&share| share < 0.002), "{shares:?}");
}

#[test]
fn a_thing_that_crosses_moves_and_its_place_is_quiet_afterwards() {
    let story = (0_u64..60).map(|seq| {
        let left = (seq.saturating_sub(WARM + 2) * 8) as u32;
        made(seq, move |x, y, scene| {
            let crossing = left > 0 && (left..left + 24).contains(&x) && (100..150).contains(&y);
            if crossing { 230 } else { scene }
        })
    });
    let shares = shares(story);
    let size = 24.0 * 50.0 / (320.0 * 240.0);
    for (seq, share) in shares.iter().enumerate().skip(14).take(30) {
        assert!((size * 0.7..size * 1.8).contains(share), "frame {seq}: {share}");
    }
    assert!(shares[..13].iter().chain(&shares[54..]).all(|&share| share < 0.001), "{shares:?}");
}

/// vtest.avi as frames of 640 x 480 at 5 fps.
pub(crate) fn vtest(count: usize) -> Vec<Arc<Frame>> {
    let path = std::env::var_os("GENGFU_VTEST");
    let path = PathBuf::from(path.expect("set GENGFU_VTEST to the path of OpenCV's vtest.avi"));
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-vf", "select=not(mod(n\\,2)),scale=640:480", "-fps_mode", "passthrough"])
        .args(["-frames:v", &count.to_string(), "-pix_fmt", "bgr24", "-f", "rawvideo", "-"])
        .output()
        .expect("ffmpeg runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pictures = output.stdout.chunks_exact(640 * 480 * 3).zip(0..);
    pictures.map(|(bgr, seq)| frame(seq, (640, 480), bgr)).collect()
}

#[test]
fn a_real_picture_that_saturates_is_no_motion() {
    let frames = vtest(1);
    let first = &frames[0];
    let lit: Vec<u8> =
        first.bgr.iter().map(|&dot| (u32::from(dot) * 13 / 10 + 20).min(255) as u8).collect();
    let story = (0..40).map(|seq| {
        let bgr = if seq < 20 { &first.bgr[..] } else { &lit[..] };
        frame(seq, (first.width, first.height), bgr)
    });
    let shares = shares(story);
    assert!(shares.iter().all(|&share| share < 0.03), "{shares:?}");
}

/// Sends frames through the detector's thread, one after the other.
fn watch(frames: Vec<Arc<Frame>>) -> (Vec<Sighting>, Arc<DetectStats>) {
    watch_by(detector(), frames)
}

/// The same with another detector.
pub(crate) fn watch_by(
    detector: Detector,
    frames: impl IntoIterator<Item = Arc<Frame>>,
) -> (Vec<Sighting>, Arc<DetectStats>) {
    let inbox = Arc::new(FrameInbox::default());
    let (out, mut sightings) = mpsc::channel(4);
    let stats = Arc::new(DetectStats::default());
    let stop = CancellationToken::new();
    let detect = DetectLoop {
        inbox: Arc::clone(&inbox),
        detector,
        clock: Arc::new(RealClock::new()),
        out,
        eyes: Eyes::default(),
        scenes: None,
        learn: Arc::default(),
        stats: Arc::clone(&stats),
        stop: stop.clone(),
    };
    let thread = std::thread::spawn(move || detect.run());
    let seen = frames
        .into_iter()
        .map(|frame| {
            inbox.put(frame);
            sightings.blocking_recv().expect("a sighting for every good frame")
        })
        .collect();
    stop.cancel();
    thread.join().expect("the thread ends in peace");
    (seen, stats)
}

fn camera(kind: RuleKind, corners: [[f32; 2]; 2]) -> RuleSet {
    let [[x0, y0], [x1, y1]] = corners;
    let polygon = vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
    let zone = config::Zone { id: "zone".into(), name: "zone".into(), polygon, area_m2: None };
    let rule = config::Rule {
        id: "rule".into(),
        zone: "zone".into(),
        kind,
        classes: if kind == RuleKind::ZoneMotion { vec![] } else { vec!["person".into()] },
        ..config::Rule::default()
    };
    let camera = config::Camera {
        id: "square".into(),
        zone: vec![zone],
        rule: vec![rule],
        ..Default::default()
    };
    RuleSet::compile(&camera, &Calendar::default()).expect("good rules")
}

fn fired(seen: &[Sighting], rules: &RuleSet) -> Vec<Fired> {
    let mut memory = Memory::default();
    let noon = Local { date: jiff::civil::date(2026, 11, 27), minute: 720 };
    seen.iter().flat_map(|sighting| evaluate(rules, &mut memory, sighting, noon)).collect()
}

/// The path where people walk, and the lawn in the lower left corner where nobody does.
const PATH: [[f32; 2]; 2] = [[0.05, 0.3], [0.95, 0.75]];
const LAWN: [[f32; 2]; 2] = [[0.0, 0.8], [0.12, 1.0]];

#[test]
fn people_on_the_path_fire_and_the_empty_lawn_does_not() {
    let frames = vtest(30);
    let (seen, stats) = watch(frames);
    assert_eq!(seen.len(), 30);
    let people = |sighting: &Sighting| {
        sighting.tracks.iter().filter(|track| track.class == Class::Person).count()
    };
    // Three to five people are in the picture all the time.
    let most = seen.iter().map(people).max();
    let with_people = seen.iter().filter(|sighting| people(sighting) >= 2).count();
    assert!(most >= Some(3) && with_people >= 24, "most {most:?}, two or more in {with_people}");
    let on_path = fired(&seen, &camera(RuleKind::ZoneObject, PATH));
    assert!(on_path.len() >= 2 && on_path.len() <= 10, "{on_path:#?}");
    assert!(on_path.iter().all(|event| event.reason.class == Some(Class::Person)));
    assert_eq!(fired(&seen, &camera(RuleKind::ZoneObject, LAWN)), []);
    assert_eq!(fired(&seen, &camera(RuleKind::ZoneMotion, PATH)).len(), 1);
    assert_eq!(fired(&seen, &camera(RuleKind::ZoneMotion, LAWN)), []);
    let figures = stats.figures();
    assert_eq!((figures.frames, figures.failed, figures.panics), (30, 0, 0));
}

/// A rule of a kind over the whole street, without a dwell.
fn street(kind: RuleKind, change: impl Fn(&mut config::Rule)) -> RuleSet {
    let polygon = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let zone = config::Zone { id: "zone".into(), name: "zone".into(), polygon, area_m2: None };
    let mut rule = config::Rule {
        id: "rule".into(),
        zone: "zone".into(),
        kind,
        classes: vec!["person".into()],
        ..config::Rule::default()
    };
    change(&mut rule);
    let camera = config::Camera { zone: vec![zone], rule: vec![rule], ..config::Camera::default() };
    RuleSet::compile(&camera, &Calendar::default()).expect("a good rule")
}

/// Nobody runs in the first eight seconds of the street, and people walk both ways.
#[test]
fn walkers_in_a_street_are_not_fast_and_each_goes_one_way() {
    let (seen, _) = watch(vtest(40));
    let fast = street(RuleKind::FastMovement, |_| ());
    assert_eq!(fired(&seen, &fast), []);
    let slow = street(RuleKind::FastMovement, |rule| rule.max_speed = Some(0.5));
    assert!(!fired(&seen, &slow).is_empty(), "walkers make more than half a height a second");
    let against = |degrees| {
        let rule = street(RuleKind::WrongWay, |rule| rule.direction_deg = Some(degrees));
        let tracks = fired(&seen, &rule).into_iter().filter_map(|fired| fired.track);
        tracks.collect::<BTreeSet<u64>>()
    };
    let (left, right) = (against(90.0), against(270.0));
    assert!(left.union(&right).count() >= 2, "{left:?} {right:?}");
    assert!(left.is_disjoint(&right), "{left:?} {right:?}");
    let crowd = street(RuleKind::Crowding, |rule| {
        (rule.max_people, rule.dwell_ms) = (Some(2), Some(1_000));
    });
    assert_eq!(fired(&seen, &crowd).len(), 1);
    let empty = street(RuleKind::Crowding, |rule| rule.max_people = Some(12));
    assert_eq!(fired(&seen, &empty), []);
}

#[test]
fn a_camera_that_changes_its_resolution_is_looked_at_on() {
    let whole = vtest(16);
    // The right half only: another width, another shape.
    let half = |frame: &Frame| {
        let lines = frame.bgr.chunks_exact(640 * 3);
        lines.flat_map(|line| &line[320 * 3..]).copied().collect::<Vec<u8>>()
    };
    let frames: Vec<Arc<Frame>> = (0..48)
        .map(|seq| match seq {
            0..16 => Arc::clone(&whole[seq]),
            16..32 => frame(seq as u64, (320, 480), &half(&whole[seq - 16])),
            _ => frame(seq as u64, (640, 480), &whole[seq - 32].bgr),
        })
        .collect();
    let (seen, stats) = watch(frames);
    let figures = stats.figures();
    assert_eq!((figures.frames, figures.failed, figures.panics), (48, 0, 0));
    let person = |sighting: &Sighting| sighting.tracks.iter().any(|t| t.class == Class::Person);
    assert!([4..16, 20..32, 36..48].into_iter().all(|part| seen[part].iter().any(person)));
    // What is compared with before is as large as now.
    assert_eq!(fired(&seen, &camera(RuleKind::ZoneMotion, LAWN)), []);
}

#[test]
fn a_broken_frame_is_counted_and_the_thread_goes_on() {
    let inbox = Arc::new(FrameInbox::default());
    let (out, mut sightings) = mpsc::channel(1);
    let stats = Arc::new(DetectStats::default());
    let detect = DetectLoop {
        inbox: Arc::clone(&inbox),
        detector: detector(),
        clock: Arc::new(RealClock::new()),
        out,
        eyes: Eyes::default(),
        scenes: None,
        learn: Arc::default(),
        stats: Arc::clone(&stats),
        stop: CancellationToken::new(),
    };
    let mut broken = (*made(0, still)).clone();
    broken.camera = CameraId::try_from("broken").expect("an id");
    broken.grey = Arc::from([1, 2, 3]);
    inbox.put(Arc::new(broken));
    inbox.put(made(0, still));
    let thread = std::thread::spawn(move || detect.run());
    assert_eq!(sightings.blocking_recv().map(|seen| seen.frame.seq), Some(0));
    inbox.put(made(1, still));
    assert_eq!(sightings.blocking_recv().map(|seen| seen.frame.seq), Some(1));
    inbox.close();
    thread.join().expect("a closed inbox ends the thread");
    assert_eq!((stats.figures().failed, stats.figures().frames), (1, 2));
}

/// A clock that panics when it is asked for the third time, as a fault in the middle of a frame.
struct BrokenClock(AtomicU32);

impl Clock for BrokenClock {
    fn now(&self) -> UnixMs {
        UnixMs(0)
    }

    fn elapsed(&self) -> Duration {
        assert!(self.0.fetch_add(1, Ordering::Relaxed) != 2, "a panic that is part of the test");
        Duration::ZERO
    }
}

#[test]
fn a_panic_costs_one_frame_and_the_camera_begins_anew() {
    let inbox = Arc::new(FrameInbox::default());
    let (out, mut sightings) = mpsc::channel(1);
    let stats = Arc::new(DetectStats::default());
    let detect = DetectLoop {
        inbox: Arc::clone(&inbox),
        detector: detector(),
        clock: Arc::new(BrokenClock(AtomicU32::new(0))),
        out,
        eyes: Eyes::default(),
        scenes: None,
        learn: Arc::default(),
        stats: Arc::clone(&stats),
        stop: CancellationToken::new(),
    };
    inbox.put(made(0, still));
    let thread = std::thread::spawn(move || detect.run());
    wait_for(|| stats.figures().panics == 1);
    inbox.put(made(1, still));
    assert_eq!(sightings.blocking_recv().map(|seen| seen.frame.seq), Some(1));
    drop(sightings);
    inbox.put(made(2, still));
    thread.join().expect("a thread that nobody listens to ends");
    assert_eq!(stats.figures().panics, 1);
}

/// Waits for a condition, at most 20 s.
fn wait_for(condition: impl Fn() -> bool) {
    let clock = RealClock::new();
    while !condition() {
        assert!(clock.elapsed() < Duration::from_secs(20), "waited too long");
        std::thread::yield_now();
    }
}

#[test]
fn nobody_in_the_picture_costs_a_search_only_now_and_then() {
    let (seen, stats) = watch((0..120).map(|seq| made(seq, still)).collect());
    assert!(seen.iter().all(|sighting| sighting.tracks.is_empty()));
    // Ten while the background is learnt, and then every 10 s of the frames' 24 s.
    let searched = stats.figures().inferences;
    assert!((11..=13).contains(&searched), "{searched}");
}

#[test]
fn a_missing_runtime_says_what_to_do() {
    let config = config::Detect { runtime: "models/none.so".into(), ..config::Detect::default() };
    let message = Detector::load(&config, root()).expect_err("no library").to_string();
    assert!(message.contains("none.so") && message.contains("run models/fetch"), "{message}");
}

#[test]
fn a_model_of_another_shape_is_named_with_what_was_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = std::fs::read_to_string(root().join("models/models.toml")).expect("models.toml");
    let models: toml::Table = list.parse().expect("a list");
    let text = |section: &str, key: &str| models[section][key].as_str().expect("text").to_owned();
    let list = list
        .replace(&text("objects", "file"), &text("motion", "file"))
        .replace(&text("objects", "sha256"), &text("motion", "sha256"));
    std::fs::write(folder.path().join("models.toml"), list).expect("written");
    std::fs::copy(root().join("models/motion.onnx"), folder.path().join("motion.onnx"))
        .expect("copied");
    let config =
        config::Detect { models: folder.path().to_path_buf(), ..config::Detect::default() };
    let message = Detector::load(&config, root()).expect_err("another shape").to_string();
    assert!(message.starts_with("objects.input_px of models.toml and the model "), "{message}");
    assert!(message.contains("motion.onnx do not belong together: it takes 7 inputs"), "{message}");
}
