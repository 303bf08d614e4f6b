//! The kinds of rules: each is data and one pure function over what is seen, what is remembered and
//! the time.
//!
//! A further kind is a file of its own here, a word in `config`, and one line in each of the two
//! tables below; it touches no other kind. What it found goes into [`Found`]; facts that are not of
//! every kind go into `Facts`, which rows and messages carry as they are and the screens put into
//! words.

mod zone_object;
mod zone_motion;
mod line_crossed;
mod loitering;
mod object_left;
mod object_removed;
mod crowding;
mod wrong_way;
mod fast_movement;
mod vehicle_standing;
mod anomaly;

use super::Facts;
use super::line::Line;
use super::memory::{Notes, Sight};
use super::zone::{Polygon, foot};
use crate::clock::UnixMs;
use crate::config::{self, RuleKind};
use crate::detect::standing::Standing;
use crate::detect::{Box01, Class, Sighting, Track};

use anomaly::Anomaly;
use crowding::Crowding;
use fast_movement::FastMovement;
use line_crossed::LineCrossed;
use loitering::Loitering;
use object_left::ObjectLeft;
use object_removed::ObjectRemoved;
use vehicle_standing::VehicleStanding;
use wrong_way::WrongWay;
use zone_motion::ZoneMotion;
use zone_object::ZoneObject;

/// How long an object may seem to be outside before its dwell begins anew, ms: a foot hidden by a
/// low wall lifts the foot point for a moment (guess, revisit).
const OUTSIDE_MS: i64 = 1_000;
/// Detections of a track before its speed is believed: a new track's is unknown, and the first
/// detections move it a lot. Five looks are a second.
const SPEED_HITS: u32 = 5;

/// What a rule watches, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    ZoneObject(ZoneObject),
    ZoneMotion(ZoneMotion),
    LineCrossed(LineCrossed),
    Loitering(Loitering),
    ObjectLeft(ObjectLeft),
    ObjectRemoved(ObjectRemoved),
    Crowding(Crowding),
    WrongWay(WrongWay),
    FastMovement(FastMovement),
    VehicleStanding(VehicleStanding),
    Anomaly(Anomaly),
}

/// What is seen at a moment, as rules look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub(super) sighting: &'a Sighting,
    pub(super) at: UnixMs,
    /// Width of the frame by its height.
    pub(super) aspect: f32,
    pub(super) armed: Armed,
    /// Whether motion counts: not just after a reconnect.
    pub(super) motion_counts: Armed,
    pub(super) standing: &'a Standing,
}

/// Whether something counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Armed {
    Yes,
    No,
}

/// Why a kind fires; `rule.rs` adds what every rule has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) class: Option<Class>,
    pub(super) score: f32,
    pub(super) dwell_ms: i64,
    pub(super) facts: Facts,
    pub(super) track: Option<u64>,
    pub(super) area: Option<Box01>,
    /// The place that it tells of, so that it tells of it once.
    pub(super) place: Option<u64>,
}

/// Where a rule watches.
#[derive(Clone, Debug)]
pub(super) enum Ground {
    Zone { polygon: Polygon, area_m2: Option<f32> },
    Line(Line),
}

impl Ground {
    fn polygon(self) -> Option<Polygon> {
        match self {
            Self::Zone { polygon, .. } => Some(polygon),
            Self::Line(_) => None,
        }
    }
}

impl Kind {
    /// The kind of a rule with its settings; `None` when the ground is not of this kind, which the
    /// configuration's check has refused before.
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let rule = &rule.settled();
        Some(match rule.kind {
            RuleKind::ZoneObject => Self::ZoneObject(ZoneObject::of(rule, ground)?),
            RuleKind::ZoneMotion => Self::ZoneMotion(ZoneMotion::of(rule, ground)?),
            RuleKind::LineCrossed => Self::LineCrossed(LineCrossed::of(rule, ground)?),
            RuleKind::Loitering => Self::Loitering(Loitering::of(rule, ground)?),
            RuleKind::ObjectLeft => Self::ObjectLeft(ObjectLeft::of(rule, ground)?),
            RuleKind::ObjectRemoved => Self::ObjectRemoved(ObjectRemoved::of(rule, ground)?),
            RuleKind::Crowding => Self::Crowding(Crowding::of(rule, ground)?),
            RuleKind::WrongWay => Self::WrongWay(WrongWay::of(rule, ground)?),
            RuleKind::FastMovement => Self::FastMovement(FastMovement::of(rule, ground)?),
            RuleKind::VehicleStanding => Self::VehicleStanding(VehicleStanding::of(rule, ground)?),
            RuleKind::Anomaly => Self::Anomaly(Anomaly::of(rule, ground)?),
        })
    }

    /// Everything that fires in this scene. Called for every sighting, also while not armed.
    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        match self {
            Self::ZoneObject(kind) => kind.look(notes, scene),
            Self::ZoneMotion(kind) => kind.look(notes, scene),
            Self::LineCrossed(kind) => kind.look(notes, scene),
            Self::Loitering(kind) => kind.look(notes, scene),
            Self::ObjectLeft(kind) => kind.look(notes, scene),
            Self::ObjectRemoved(kind) => kind.look(notes, scene),
            Self::Crowding(kind) => kind.look(notes, scene),
            Self::WrongWay(kind) => kind.look(notes, scene),
            Self::FastMovement(kind) => kind.look(notes, scene),
            Self::VehicleStanding(kind) => kind.look(notes, scene),
            Self::Anomaly(kind) => kind.look(notes, scene),
        }
    }
}

/// Which objects a rule is about.
#[derive(Clone, Debug, PartialEq)]
struct Filter {
    classes: Vec<Class>,
    min_score: f32,
}

impl Filter {
    fn of(rule: &config::Rule) -> Self {
        let classes = rule.classes.iter().filter_map(|word| Class::parse(word)).collect();
        Self { classes, min_score: rule.min_score }
    }

    fn tracks<'a>(&'a self, scene: &Scene<'a>) -> impl Iterator<Item = &'a Track> {
        scene.sighting.tracks.iter().filter(|track| self.classes.contains(&track.class))
    }

    /// How a track that meets the rule's condition is seen.
    fn sight(&self, track: &Track, scene: &Scene) -> Sight {
        let sure = track.score >= self.min_score && scene.armed == Armed::Yes;
        if sure { Sight::Strong } else { Sight::Weak }
    }
}

/// Whether a track's feet are in a zone.
fn stands_in(polygon: &Polygon, track: &Track) -> bool {
    polygon.contains(foot(&track.area))
}

impl Found {
    /// What a track did.
    fn track(track: &Track, dwell_ms: i64) -> Self {
        Self {
            class: Some(track.class),
            score: track.score,
            dwell_ms,
            facts: Facts::default(),
            track: Some(track.id),
            area: Some(track.area),
            place: None,
        }
    }

    fn with(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    const fn at_place(mut self, place: u64) -> Self {
        self.place = Some(place);
        self
    }
}

fn dwell_ms(rule: &config::Rule) -> i64 {
    i64::from(rule.dwell_ms.unwrap_or(rule.kind.dwell_ms()))
}
