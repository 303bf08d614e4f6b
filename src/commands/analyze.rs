//! `gengfu analyze`: the whole detection path on files.
//!
//! Without `--full-decode` the file goes the daemon's own way: the gate says from the encoded
//! pictures what is decoded, as many pictures a second are looked at as behind a camera, and
//! objects are searched only where and when it is worth it. With it, everything in every picture.
//! With a normal, the score of each picture follows half a second later, because what comes next
//! says something about it; `anomaly_causal` is the score that the daemon would have at once.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::film::{Film, processor_s};
use crate::camera::{CameraId, Frame};
use crate::clock::UnixMs;
use crate::config;
use crate::detect::look::Due;
use crate::detect::normal::alarm::Alarm;
use crate::detect::normal::observe::Observation;
use crate::detect::normal::reason::{Tongue, reasons, told};
use crate::detect::normal::smooth::Lagged;
use crate::detect::normal::watch::{Verdict, Watch};
use crate::detect::normal::{Normal, file};
use crate::detect::task::{Detector, Eye};
use crate::detect::{Box01, Detection, Track, flow};

/// What to analyze and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Analyze {
    /// Video files; each is a visit of its own.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// What is normal there, made by `gengfu learn`: adds the anomaly score and its events.
    #[arg(long, value_name = "NORMAL")]
    model: Option<PathBuf>,
    /// Decode and look at every picture, and search objects in all of each; without it, only what
    /// the daemon would look at.
    #[arg(long)]
    full_decode: bool,
    /// One JSON object a line, for programs.
    #[arg(long)]
    json: bool,
    /// With a normal: how many false alarms a day may be expected.
    #[arg(long, default_value_t = 10.0)]
    max_false_alarms_per_day: f32,
    #[command(flatten)]
    models: Models,
}

/// Where the models are.
#[derive(Clone, Debug, clap::Args)]
pub struct Models {
    /// Folder with models.toml.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// The ONNX Runtime library.
    #[arg(long, default_value = "models/runtime/libonnxruntime.so")]
    runtime: PathBuf,
}

impl Models {
    /// The daemon's own settings with these models.
    pub(super) fn settings(&self) -> config::Detect {
        let (models, runtime) = (self.models.clone(), self.runtime.clone());
        config::Detect { models, runtime, ..config::Detect::default() }
    }
}

/// Analyzes files and prints what is in them.
///
/// # Errors
/// A model or the normal is missing or another one, or a file cannot be read.
pub fn analyze(ask: &Analyze) -> anyhow::Result<()> {
    let settings = ask.models.settings();
    let base = Path::new("");
    let (mut detector, normal) = match &ask.model {
        None => (Detector::load(&settings, base)?, None),
        Some(path) => {
            let detector = Detector::load_with_features(&settings, base)?;
            let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
            let normal = file::read(&bytes, &detector.learns_with());
            (detector, Some(normal.with_context(|| path.display().to_string())?))
        }
    };
    let mut totals = Totals::default();
    for path in &ask.files {
        let mut visit = Visit::new(
            ask,
            path,
            (detector.eye(&CameraId::try_from("file").expect("an id")), normal.as_ref()),
        );
        visit.play(&mut detector, &settings)?;
        visit.end();
        totals.add(visit.totals);
    }
    totals.tell(ask);
    Ok(())
}

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    seen: u64,
    decoded: u64,
    looked: u64,
    inferred: u64,
    events: u64,
}

impl Totals {
    const fn add(&mut self, other: Self) {
        self.seen += other.seen;
        self.decoded += other.decoded;
        self.looked += other.looked;
        self.inferred += other.inferred;
        self.events += other.events;
    }

    fn tell(&self, ask: &Analyze) {
        let processor_s = processor_s();
        if ask.json {
            let line = json!({
                "kind": "summary", "files": ask.files.len(), "frames_seen": self.seen,
                "frames_decoded": self.decoded, "frames_looked": self.looked,
                "frames_inferred": self.inferred,
                "events": self.events, "processor_s": processor_s,
            });
            return println!("{line}");
        }
        println!(
            "{} frames, {} decoded, {} looked at, {} searched for objects, {} events, \
             {processor_s:.1} s of processor time",
            self.seen, self.decoded, self.looked, self.inferred, self.events
        );
    }
}

/// One file being analyzed.
struct Visit<'a> {
    ask: &'a Analyze,
    path: &'a Path,
    eye: Eye,
    normal: Option<&'a Normal>,
    watch: Watch,
    alarm: Alarm,
    lagged: Lagged,
    /// Lines of frames whose lagged score is not known yet, and of events after them.
    waiting: VecDeque<Line>,
    due_ms: i64,
    totals: Totals,
}

/// A line that is not written yet.
enum Line {
    /// It wants the lagged score.
    Frame(Value),
    Event(Value),
}

impl<'a> Visit<'a> {
    fn new(ask: &'a Analyze, path: &'a Path, (eye, normal): (Eye, Option<&'a Normal>)) -> Self {
        Self {
            ask,
            path,
            eye,
            normal,
            watch: Watch::default(),
            alarm: Alarm::default(),
            lagged: Lagged::default(),
            waiting: VecDeque::new(),
            due_ms: i64::MIN,
            totals: Totals::default(),
        }
    }

    /// Plays the file.
    fn play(&mut self, detector: &mut Detector, settings: &config::Detect) -> anyhow::Result<()> {
        let film = Film { file: self.path, width_px: settings.width_px };
        if !self.ask.full_decode {
            let look_every = Duration::from_secs(settings.look_every_s.into());
            let pace = (settings.fps, look_every);
            let gated = film.play_gated(pace, |frame| self.frame(detector, &frame))?;
            if let Some(replayed) = gated {
                self.totals.seen = replayed.units;
                self.totals.decoded = replayed.decoded;
                return Ok(());
            }
            let path = self.path.display();
            tracing::warn!("{path} is no MP4 with H.264 or H.265, so every picture is decoded");
        }
        film.play(|frame| {
            self.totals.seen += 1;
            self.totals.decoded += 1;
            let at = frame.seen_at;
            if !self.ask.full_decode && at.0 < self.due_ms {
                return Ok(());
            }
            // A frame in a hundred comes a little early.
            self.due_ms = at.0 + 990 / i64::from(settings.fps.max(1));
            self.frame(detector, &frame)
        })
    }

    fn frame(&mut self, detector: &mut Detector, frame: &Frame) -> anyhow::Result<()> {
        let at = frame.seen_at;
        self.totals.looked += 1;
        let motion = detector.motion(&mut self.eye, frame)?;
        let plan = detector.plan(&mut self.eye, &motion, at);
        let worth_it = plan.due != Due::Nothing;
        let (mut objects, mut things) = (Vec::new(), Vec::new());
        if self.normal.is_some() || self.ask.full_decode {
            if worth_it || self.ask.full_decode {
                self.totals.inferred += 1;
                let found = detector.things(frame)?;
                (objects, things) = (found.objects, found.things);
            }
        } else if let Some(looked) = detector.search(frame, &plan)? {
            self.totals.inferred += 1;
            objects = looked.found;
        }
        let tracks = if worth_it {
            self.eye.searched(&plan, objects.clone(), at)
        } else {
            self.eye.track(objects.clone(), at)
        };
        let judged = self.normal.map(|normal| {
            let plane = flow::plane(&frame.bgr, (frame.width, frame.height));
            let seen = plane.map(|plane| self.watch.observe(at, plane, things));
            let seen = seen.unwrap_or_default();
            let verdict = self.watch.judge(normal, &seen, (at, None));
            (normal, seen, verdict)
        });
        self.waiting.push_back(Line::Frame(json!({
            "kind": "frame", "file": self.path.display().to_string(), "index": frame.seq,
            "t_ms": at.0, "decoded": true, "motion": motion.fraction, "anomaly": null,
            "anomaly_causal": judged.as_ref().map(|(_, _, verdict)| verdict.causal),
            "objects": objects.iter().map(|one| object(one, &tracks)).collect::<Vec<_>>(),
        })));
        let Some((normal, seen, verdict)) = judged else {
            self.tell(&[None]);
            return Ok(());
        };
        self.event(normal, &seen, (at, &verdict), &tracks);
        let ready = self.lagged.add(at, verdict.score);
        self.tell(&ready.into_iter().map(Some).collect::<Vec<_>>());
        Ok(())
    }

    fn event(
        &mut self,
        normal: &Normal,
        seen: &[Observation],
        (at, verdict): (UnixMs, &Verdict),
        tracks: &[Track],
    ) {
        let threshold = normal.tail.threshold(self.ask.max_false_alarms_per_day);
        let begins = threshold.is_some_and(|over| self.alarm.begins(at, verdict.causal, over));
        let Some(worst) = verdict.worst.as_ref().filter(|_| begins) else { return };
        let thing = &seen[worst.index];
        let why = reasons(normal, thing, &worst.judged, worst.dwell_s);
        self.totals.events += 1;
        self.waiting.push_back(Line::Event(json!({
            "kind": "event", "file": self.path.display().to_string(), "t_ms": at.0,
            "rule": "anomaly", "track": nearest(&thing.area, tracks),
            "reason": told(&why, Tongue::En), "reason_zh": told(&why, Tongue::Zh),
            "score": verdict.causal, "box": corners(&thing.area),
            "false_alarms_per_day": normal.tail.alarms_per_day(verdict.causal),
        })));
    }

    /// Writes the lines that are ready, each frame with its score.
    fn tell(&mut self, scores: &[Option<f32>]) {
        let mut scores = scores.iter();
        while let Some(line) = self.waiting.pop_front() {
            match line {
                Line::Event(line) => self.write(&line),
                Line::Frame(mut line) => {
                    let Some(score) = scores.next() else {
                        self.waiting.push_front(Line::Frame(line));
                        return;
                    };
                    line["anomaly"] = json!(score);
                    self.write(&line);
                }
            }
        }
    }

    fn end(&mut self) {
        let rest: Vec<_> = self.lagged.end().into_iter().map(Some).collect();
        self.tell(&rest);
    }

    fn write(&self, line: &Value) {
        if self.ask.json {
            println!("{line}");
        } else if line["kind"] == "event" {
            let s = line["t_ms"].as_i64().unwrap_or_default() / 1_000;
            let (zh, en) = (&line["reason_zh"], &line["reason"]);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            println!(
                "{} {}:{:02} {} ({})",
                self.path.display(),
                s / 60,
                s % 60,
                text(zh),
                text(en)
            );
        }
    }
}

fn corners(area: &Box01) -> [f32; 4] {
    [area.x0, area.y0, area.x1, area.y1]
}

fn object(object: &Detection, tracks: &[Track]) -> Value {
    let track = tracks.iter().find(|t| t.area == object.area && t.class == object.class);
    json!({
        "class": object.class.as_str(), "score": object.score, "box": corners(&object.area),
        "track": track.map(|track| track.id),
    })
}

/// The track that shares most with an area.
fn nearest(area: &Box01, tracks: &[Track]) -> Option<u64> {
    let shared = tracks.iter().map(|track| (track.area.overlap(area), track.id));
    let best = shared.max_by(|a, b| a.0.total_cmp(&b.0));
    // Half of it is the same thing, as the usual match of boxes counts it.
    best.filter(|(overlap, _)| *overlap >= 0.5).map(|(_, id)| id)
}
