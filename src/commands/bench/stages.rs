//! The daemon's own path over the pictures of a file, timed stage by stage.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use crate::camera::{CameraId, Frame};
use crate::clock::{Calendar, Clock as _, Local, RealClock};
use crate::config;
use crate::detect::look::Due;
use crate::detect::normal::reason::reasons;
use crate::detect::normal::watch::Watch;
use crate::detect::normal::{Normal, file};
use crate::detect::onnx::Spent;
use crate::detect::task::{Detector, Eye};
use crate::detect::{Search, Sighting, flow};
use crate::event::rule::{Memory, RuleSet, evaluate};

/// What each stage takes, ms: motion, track and rules a look, the others a search.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Stages {
    pub(super) looks: u32,
    pub(super) searches: u32,
    /// What the searches cost, in searches of 416 x 416 px, over all looks.
    pub(super) squares_per_look: f64,
    pub(super) motion_ms: f64,
    /// Cutting out, scaling and laying into the input.
    pub(super) crop_ms: f64,
    pub(super) objects_ms: f64,
    /// Reading boxes out of the output and keeping one an object.
    pub(super) decode_ms: f64,
    pub(super) track_ms: f64,
    pub(super) rules_ms: f64,
    /// With a normal: one search of the whole picture with its inner features ...
    pub(super) features_ms: Option<f64>,
    /// ... and the comparison: flow, terms, score and reason.
    pub(super) anomaly_ms: Option<f64>,
}

/// Sums of times.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    motion: Duration,
    spent: Spent,
    track: Duration,
    rules: Duration,
    features: Duration,
    anomaly: Duration,
    squares: f64,
    looks: u32,
    searches: u32,
    /// Looks that were compared with what is normal.
    compared: Option<u32>,
}

impl Stages {
    /// Looks at every picture once.
    ///
    /// # Errors
    /// A model is missing or another one, or fails.
    pub(super) fn measure(
        normal: Option<&Path>,
        settings: &config::Detect,
        pictures: &[Frame],
    ) -> anyhow::Result<Self> {
        let base = Path::new("");
        let (detector, normal) = match normal {
            None => (Detector::load(settings, base)?, None),
            Some(path) => {
                let detector = Detector::load_with_features(settings, base)?;
                let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
                let normal = file::read(&bytes, &detector.learns_with());
                (detector, Some(normal.with_context(|| path.display().to_string())?))
            }
        };
        let camera = CameraId::try_from("bench").map_err(|e| anyhow!(e))?;
        let mut run = Run {
            eye: detector.eye(&camera),
            detector,
            rules: rules()?,
            memory: Memory::default(),
            watch: Watch::default(),
            clock: RealClock::new(),
            sums: Sums::default(),
        };
        for picture in pictures {
            run.look(picture, normal.as_ref())?;
        }
        Ok(Self::of(&run.sums))
    }

    fn of(sums: &Sums) -> Self {
        let each = |time: Duration, of: u32| time.as_secs_f64() * 1_000.0 / f64::from(of.max(1));
        let (looks, searches) = (sums.looks, sums.searches);
        Self {
            looks,
            searches,
            squares_per_look: sums.squares / f64::from(looks.max(1)),
            motion_ms: each(sums.motion, looks),
            crop_ms: each(sums.spent.lay, searches),
            objects_ms: each(sums.spent.run, searches),
            decode_ms: each(sums.spent.read, searches),
            track_ms: each(sums.track, looks),
            rules_ms: each(sums.rules, looks),
            features_ms: sums.compared.map(|of| each(sums.features, of)),
            anomaly_ms: sums.compared.map(|of| each(sums.anomaly, of)),
        }
    }

    /// Each with its name for people.
    pub(super) fn named(&self) -> Vec<(&'static str, f64)> {
        let known = [
            ("motion", Some(self.motion_ms)),
            ("crop", Some(self.crop_ms)),
            ("objects", Some(self.objects_ms)),
            ("decode and one box an object", Some(self.decode_ms)),
            ("track", Some(self.track_ms)),
            ("rules", Some(self.rules_ms)),
            ("objects with inner features", self.features_ms),
            ("anomaly score", self.anomaly_ms),
        ];
        known.into_iter().filter_map(|(name, ms)| Some((name, ms?))).collect()
    }
}

/// A person anywhere in the picture, at any time.
fn rules() -> anyhow::Result<RuleSet> {
    let polygon = vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
    let zone = config::Zone { id: "all".into(), name: "all".into(), polygon, area_m2: None };
    let rule = config::Rule {
        id: "person".into(),
        zone: "all".into(),
        classes: vec!["person".into()],
        ..config::Rule::default()
    };
    let camera = config::Camera {
        id: "bench".into(),
        zone: vec![zone],
        rule: vec![rule],
        ..config::Camera::default()
    };
    RuleSet::compile(&camera, &Calendar::default()).map_err(|faults| anyhow!(faults.join("; ")))
}

struct Run {
    detector: Detector,
    eye: Eye,
    rules: RuleSet,
    memory: Memory,
    watch: Watch,
    clock: RealClock,
    sums: Sums,
}

impl Run {
    fn look(&mut self, frame: &Frame, normal: Option<&Normal>) -> anyhow::Result<()> {
        let at = frame.seen_at;
        let since = |clock: &RealClock, began| clock.elapsed().saturating_sub(began);
        self.sums.looks += 1;
        let began = self.clock.elapsed();
        let motion = self.detector.motion(&mut self.eye, frame)?;
        let plan = self.detector.plan(&mut self.eye, &motion, at);
        self.sums.motion += since(&self.clock, began);
        let (mut tracks, mut search) = (Vec::new(), Search::Skipped);
        if plan.due != Due::Nothing
            && let Some(looked) = self.detector.search(frame, &plan)?
        {
            self.sums.searches += 1;
            self.sums.squares += f64::from(looked.cost);
            self.sums.spent += looked.spent;
            search = looked.search;
            let began = self.clock.elapsed();
            tracks = self.eye.searched(&plan, looked.found, at);
            self.sums.track += since(&self.clock, began);
        }
        let sighting =
            Sighting { frame: Arc::new(frame.clone()), motion, search, tracks, anomaly: None };
        let began = self.clock.elapsed();
        let noon = Local { date: jiff::civil::date(2026, 11, 27), minute: 720 };
        evaluate(&self.rules, &mut self.memory, &sighting, noon);
        self.sums.rules += since(&self.clock, began);
        if let Some(normal) = normal {
            self.compare(frame, normal)?;
        }
        Ok(())
    }

    /// Every picture, so that what is slow is not hidden by what is seldom.
    fn compare(&mut self, frame: &Frame, normal: &Normal) -> anyhow::Result<()> {
        *self.sums.compared.get_or_insert_default() += 1;
        let began = self.clock.elapsed();
        let things = self.detector.things(frame)?.things;
        let found = self.clock.elapsed();
        self.sums.features += found.saturating_sub(began);
        let at = frame.seen_at;
        let plane = flow::plane(&frame.bgr, (frame.width, frame.height));
        let seen = plane.map(|plane| self.watch.observe(at, plane, things)).unwrap_or_default();
        let verdict = self.watch.judge(normal, &seen, (at, None));
        let told = verdict
            .worst
            .map(|worst| reasons(normal, &seen[worst.index], &worst.judged, worst.dwell_s));
        self.sums.anomaly += self.clock.elapsed().saturating_sub(found);
        drop(told);
        Ok(())
    }
}
