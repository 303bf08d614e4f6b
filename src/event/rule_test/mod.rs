//! What each kind of rule must and must not report, as tables.
//!
//! Objects go through the tracker first, so that ids, speeds and missed detections are as in life:
//! a story says what the detector finds at each moment, the table says when the rule fires.

mod zones;
mod ways;
mod stays;
mod crowds;
mod schedules;
mod anomalies;

use std::sync::Arc;

use super::*;
use crate::camera::{CameraId, Frame};
use crate::clock::{Calendar, UnixMs};
use crate::config::{self, RuleKind};
use crate::detect::standing::{Place, Standing};
use crate::detect::track::Tracker;
use crate::detect::{Box01, Class, Detection, Motion, Search, Track};
use crate::event::{Fact, Fired};

/// Minutes of the day, the first moment of a story in ms, and the time between two looks as five a
/// second have it.
const NIGHT: u16 = 23 * 60;
const DAY: u16 = 12 * 60;
const START_MS: i64 = 1_000_000;
const LOOK_MS: i64 = 200;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A minute of Friday, 27 November 2026.
fn on_friday(minute: u16) -> Local {
    Local { date: jiff::civil::date(2026, 11, 27), minute }
}

fn frame(ms: i64) -> Arc<Frame> {
    Arc::new(Frame {
        camera: CameraId::try_from("gate").expect("an id"),
        seq: 0,
        session: 0,
        pts_ms: 0,
        seen_at: UnixMs(START_MS + ms),
        width: 0,
        height: 0,
        bgr: Vec::new().into(),
        grey_width: 0,
        grey_height: 0,
        grey: Arc::from([]),
    })
}

/// A camera with the zone `yard` (the lower two thirds of the picture), the line `gate` (down the
/// middle) and one rule.
fn watching(rule: config::Rule) -> config::Camera {
    let corners = vec![[0.0, 0.34], [1.0, 0.34], [1.0, 1.0], [0.0, 1.0]];
    let zone = config::Zone {
        id: "yard".into(),
        name: "院子".into(),
        polygon: corners,
        area_m2: Some(100.0),
    };
    let points = vec![[0.5, 0.95], [0.5, 0.35]];
    let line = config::Line { id: "gate".into(), name: "门".into(), points };
    config::Camera {
        id: "gate".into(),
        zone: vec![zone],
        line: vec![line],
        rule: vec![rule],
        ..config::Camera::default()
    }
}

fn rule(kind: RuleKind) -> config::Rule {
    let place = if kind == RuleKind::LineCrossed { ("", "gate") } else { ("yard", "") };
    config::Rule {
        id: "rule".into(),
        kind,
        zone: place.0.into(),
        line: place.1.into(),
        ..config::Rule::default()
    }
}

/// What the detector finds: a class and where its feet are; a person is a fifth of the picture
/// high.
fn found(class: Class, foot: [f32; 2]) -> Detection {
    let (wide, high) = match class {
        Class::Person => (0.05, 0.2),
        Class::Bicycle => (0.08, 0.14),
        Class::Vehicle => (0.2, 0.2),
        Class::Animal => (0.06, 0.08),
        Class::Bag => (0.04, 0.06),
    };
    let [x, y] = foot;
    let area = Box01 { x0: x - wide / 2.0, y0: y - high, x1: x + wide / 2.0, y1: y };
    Detection { class, score: 0.8, area }
}

/// A box that shakes as the detector's do: by a fiftieth of its size.
fn shaken(detection: Detection, ms: i64) -> Detection {
    let by = if (ms / LOOK_MS) % 2 == 0 { 0.02 } else { -0.02 };
    let area = detection.area;
    let (across, down) = ((area.x1 - area.x0) * by, (area.y1 - area.y0) * by);
    let area = Box01 { x0: area.x0 + across, x1: area.x1 + across, y1: area.y1 + down, ..area };
    Detection { area, ..detection }
}

/// A centre that watches one camera over time.
struct Watch {
    rules: RuleSet,
    memory: Memory,
    tracker: Tracker,
    local: Local,
    fired: Vec<Fired>,
}

impl Watch {
    fn of(rule: config::Rule) -> Self {
        let rules = RuleSet::compile(&watching(rule), &Calendar::default()).expect("a good rule");
        Self {
            rules,
            memory: Memory::default(),
            tracker: Tracker::new(0.4),
            local: on_friday(NIGHT),
            fired: Vec::new(),
        }
    }

    /// Looks every 200 ms in `from..until` at what `story` says.
    fn see(mut self, from: i64, until: i64, story: impl Fn(i64) -> Vec<Detection>) -> Self {
        for ms in (from..until).step_by(LOOK_MS as usize) {
            self.look(ms, &story(ms), Motion::default());
        }
        self
    }

    fn look(&mut self, ms: i64, detections: &[Detection], motion: Motion) {
        let frame = frame(ms);
        let tracks = self.tracker.update(detections, frame.seen_at);
        let sighting = Sighting { frame, motion, search: Search::Whole, tracks, anomaly: None };
        self.fired.extend(evaluate(&self.rules, &mut self.memory, &sighting, self.local));
    }

    fn at(mut self, minute: u16) -> Self {
        self.local = on_friday(minute);
        self
    }

    /// The daemon starts anew: only what stands is still known.
    fn restarted(mut self) -> Self {
        let kept = self.memory.standing.places().iter().map(|place| {
            let mut kept = Place::kept(place.id, place.class, place.area, place.since);
            (kept.seen_at, kept.seen, kept.looks) = (place.seen_at, place.seen, place.looks);
            kept.told.clone_from(&place.told);
            kept
        });
        self.memory = Memory::with(Standing::restored(kept.collect()));
        self.tracker = Tracker::new(0.4);
        self
    }

    /// The moments of firing, ms.
    fn fires(&self, expect: &[i64]) {
        let moments: Vec<i64> = self.fired.iter().map(|fired| fired.at.0 - START_MS).collect();
        assert_eq!(
            moments,
            expect,
            "{:#?}",
            self.fired.iter().map(|f| &f.reason).collect::<Vec<_>>()
        );
    }

    fn fact(&self, name: &str) -> Option<&Fact> {
        self.fired.first()?.reason.facts.get(name)
    }
}
