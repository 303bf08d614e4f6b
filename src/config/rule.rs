//! The sections of zones, lines and rules: every key with its unit, default and reason.
//!
//! Keys that only some kinds of rules use are optional here, so that a key at the wrong kind is a
//! fault and not silence; `settle` writes the defaults of the kind into them. What a value may be
//! is checked in `rules.rs` and `kinds.rs`.

use serde::Deserialize;

/// A polygon in fractions 0..1 of the frame.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Zone {
    pub id: String,
    pub name: String,
    /// At least three corners `[x, y]`, fractions of width and height, not self-crossing.
    pub polygon: Vec<[f32; 2]>,
    /// How large the ground is in m2, for `max_density`. Default none.
    pub area_m2: Option<f32>,
}

/// A line on the ground, in fractions 0..1 of the frame.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Line {
    /// Shares its names with the zones.
    pub id: String,
    pub name: String,
    /// First and second point `[x, y]`. Left and right are those of somebody who stands at the
    /// first point and looks at the second.
    pub points: Vec<[f32; 2]>,
}

/// A rule of one camera.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    pub id: String,
    pub name: String,
    /// What it looks for. Default `zone_object`: an object of a class stays in a zone.
    pub kind: RuleKind,
    /// The zone's id; every kind but `line_crossed`.
    pub zone: String,
    /// The line's id, for `line_crossed`.
    pub line: String,
    /// Classes: person, bicycle, vehicle, animal, bag. A kind that knows only one has it by itself.
    pub classes: Vec<String>,
    /// Armed hours `"HH:MM-HH:MM"` in the site's zone, over midnight allowed. Default
    /// "00:00-24:00", always.
    pub armed: String,
    /// Days on which the armed hours begin: `all`, `working`, `off`, `mon` to `sun`. Default `all`.
    pub days: Vec<String>,
    /// How long it must last, ms. Default by kind, see [`RuleKind::dwell_ms`].
    pub dwell_ms: Option<u32>,
    /// Lowest detector score 0..1 of an object. Default 0.4.
    pub min_score: f32,
    /// Smallest moving share 0..1 of the zone for `zone_motion`. Default 0.02.
    pub min_motion: f32,
    /// `line_crossed`: which way. Default both.
    pub crossing: Option<Crossing>,
    /// `wrong_way`: the permitted direction in degrees, 0 up in the picture, 90 to the right.
    pub direction_deg: Option<f32>,
    /// `wrong_way`: the permitted direction as two points in the picture, from the first to the
    /// second.
    pub direction: Option<[[f32; 2]; 2]>,
    /// `wrong_way`: how far in degrees a way may be from the exact opposite and still be wrong.
    /// Default 60: who crosses the way is not on it.
    pub tolerance_deg: Option<f32>,
    /// `crowding`: more people than this in the zone.
    pub max_people: Option<u32>,
    /// `crowding`: more people than this per 10 m2 of a zone with `area_m2`.
    pub max_density: Option<f32>,
    /// `fast_movement`: faster than this, in own heights per second. Default 2: a walker makes 0.8,
    /// a runner 1.8 to 3.
    pub max_speed: Option<f32>,
    /// `loitering`: the thing that is guarded. Without one the rule may not be.
    pub asset: Option<String>,
    /// `anomaly`: how many false alarms a day may be expected. Default 1: ten such cameras stay
    /// below what one operator can look into.
    pub max_false_alarms_per_day: Option<f32>,
    /// Further firings of the rule within this time join the open observation, ms. Default 60000
    /// (`coalesce` of the regulation's defaults).
    pub coalesce_ms: u32,
    /// Severity proposed to the operator: S1, S2, S3, S4. Default S3.
    pub severity: String,
    /// Category proposed to the operator. Default `suspicious_situation`.
    pub category: String,
}

/// What a rule looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// An object of a class is in a zone.
    #[default]
    ZoneObject,
    /// Anything moves in a zone.
    ZoneMotion,
    /// An object passes from one side of a line to the other.
    LineCrossed,
    /// Somebody stays near a guarded thing, out of hours.
    Loitering,
    /// A bag stands and nobody is near.
    ObjectLeft,
    /// A thing that stood in a zone is gone.
    ObjectRemoved,
    /// Too many people in a zone.
    Crowding,
    /// An object moves against the permitted direction.
    WrongWay,
    /// An object is faster than usual on foot.
    FastMovement,
    /// A vehicle stands in a zone that must be free.
    VehicleStanding,
    /// Something is not as it usually is there.
    Anomaly,
}

/// Which way over a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Crossing {
    #[default]
    Both,
    LeftToRight,
    RightToLeft,
}

/// Every object can be in a zone and cross a line.
const ANY: &[&str] = super::codes::CLASSES;
/// What moves along a way.
const MOVING: &[&str] = &["person", "bicycle", "vehicle", "animal"];
/// What is put somewhere and stays there.
const THINGS: &[&str] = &["bag", "bicycle", "vehicle"];

impl RuleKind {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::ZoneObject,
        Self::ZoneMotion,
        Self::LineCrossed,
        Self::Loitering,
        Self::ObjectLeft,
        Self::ObjectRemoved,
        Self::Crowding,
        Self::WrongWay,
        Self::FastMovement,
        Self::VehicleStanding,
        Self::Anomaly,
    ];

    /// The word in configuration, rows and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZoneObject => "zone_object",
            Self::ZoneMotion => "zone_motion",
            Self::LineCrossed => "line_crossed",
            Self::Loitering => "loitering",
            Self::ObjectLeft => "object_left",
            Self::ObjectRemoved => "object_removed",
            Self::Crowding => "crowding",
            Self::WrongWay => "wrong_way",
            Self::FastMovement => "fast_movement",
            Self::VehicleStanding => "vehicle_standing",
            Self::Anomaly => "anomaly",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Classes of which the kind can make use; none when it sees no classes.
    #[must_use]
    pub const fn classes(self) -> &'static [&'static str] {
        match self {
            Self::ZoneObject | Self::LineCrossed => ANY,
            Self::ZoneMotion | Self::Anomaly => &[],
            Self::Loitering | Self::Crowding => &["person"],
            Self::ObjectLeft => &["bag"],
            Self::ObjectRemoved => THINGS,
            Self::WrongWay | Self::FastMovement => MOVING,
            Self::VehicleStanding => &["vehicle"],
        }
    }

    /// How long it must last by default, ms. A second keeps passing noise out; a line is crossed in
    /// a moment; a halt at a fire lane, a bag beside its owner and somebody who waits for a friend
    /// are ordinary for a minute or two (guesses, revisit).
    #[must_use]
    pub const fn dwell_ms(self) -> u32 {
        match self {
            Self::ZoneObject | Self::ZoneMotion | Self::WrongWay => 1_000,
            Self::LineCrossed => 0,
            Self::FastMovement => 600,
            // The score is smoothed already.
            Self::Anomaly => 400,
            Self::Crowding | Self::ObjectRemoved => 10_000,
            Self::ObjectLeft => 60_000,
            Self::Loitering | Self::VehicleStanding => 120_000,
        }
    }

    /// Shortest and longest dwell that makes sense, ms. What is judged by standing has to stand
    /// long enough to be known as standing; an hour of dwelling is standing (guesses, revisit).
    #[must_use]
    pub const fn dwell_limits_ms(self) -> (u32, u32) {
        match self {
            Self::ZoneObject
            | Self::ZoneMotion
            | Self::LineCrossed
            | Self::WrongWay
            | Self::FastMovement
            | Self::Crowding
            | Self::Anomaly => (0, 3_600_000),
            Self::ObjectRemoved => (3_000, 300_000),
            Self::ObjectLeft | Self::VehicleStanding => (10_000, 3_600_000),
            Self::Loitering => (30_000, 3_600_000),
        }
    }
}

impl super::Camera {
    /// Everything that is drawn in the picture: the zones, and the lines as two corners.
    #[must_use]
    pub fn drawn(&self) -> Vec<Zone> {
        let as_zone = |line: &Line| Zone {
            id: line.id.clone(),
            name: line.name.clone(),
            polygon: line.points.clone(),
            area_m2: None,
        };
        self.zone.iter().cloned().chain(self.line.iter().map(as_zone)).collect()
    }
}

impl Rule {
    /// Writes the defaults of the kind into what was left out.
    pub(super) fn settle(&mut self) {
        self.dwell_ms.get_or_insert(self.kind.dwell_ms());
        if let ([class], true) = (self.kind.classes(), self.classes.is_empty()) {
            self.classes.push((*class).to_owned());
        }
        match self.kind {
            RuleKind::LineCrossed => drop(self.crossing.get_or_insert_default()),
            RuleKind::WrongWay => drop(self.tolerance_deg.get_or_insert(60.0)),
            RuleKind::FastMovement => drop(self.max_speed.get_or_insert(2.0)),
            RuleKind::Anomaly => drop(self.max_false_alarms_per_day.get_or_insert(1.0)),
            RuleKind::ZoneObject
            | RuleKind::ZoneMotion
            | RuleKind::Loitering
            | RuleKind::ObjectLeft
            | RuleKind::ObjectRemoved
            | RuleKind::Crowding
            | RuleKind::VehicleStanding => {}
        }
    }

    /// The rule with the defaults of its kind.
    #[must_use]
    pub fn settled(&self) -> Self {
        let mut settled = self.clone();
        settled.settle();
        settled
    }
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            kind: RuleKind::ZoneObject,
            zone: String::new(),
            line: String::new(),
            classes: Vec::new(),
            armed: "00:00-24:00".into(),
            days: vec!["all".into()],
            dwell_ms: None,
            min_score: 0.4,
            min_motion: 0.02,
            crossing: None,
            direction_deg: None,
            direction: None,
            tolerance_deg: None,
            max_people: None,
            max_density: None,
            max_speed: None,
            asset: None,
            max_false_alarms_per_day: None,
            coalesce_ms: 60_000,
            severity: "S3".into(),
            category: "suspicious_situation".into(),
        }
    }
}
