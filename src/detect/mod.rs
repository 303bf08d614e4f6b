//! motion -> detect -> track: what moves in a frame, what it is, and which it was before.

pub mod models;
pub mod input;
pub mod head;
pub mod boxes;
pub mod crop;
pub mod mask;
pub mod motion;
pub mod region;
pub mod scene;
pub mod watch;
pub mod care;
pub mod flow;
pub mod candidate;
pub mod assign;
pub mod kalman;
pub mod track;
pub mod standing;
pub mod look;
pub mod normal;
pub mod stats;
pub mod onnx;
pub mod task;

use std::sync::Arc;

use crate::camera::Frame;

/// A box in fractions 0..1 of the frame: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Box01 {
    pub x0: f32,
    pub y0: f32,
    pub x1: f32,
    pub y1: f32,
}

impl Box01 {
    /// Where an object stands: the middle of its lower side, inside the picture.
    #[must_use]
    pub fn foot(&self) -> [f32; 2] {
        [f32::midpoint(self.x0, self.x1), self.y1].map(|side| side.clamp(0.0, 1.0))
    }
}

/// What an object is. Situations and things, never kinds of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    Person,
    Bicycle,
    /// Car, motorcycle, bus, train, truck: one class, because the detector wavers between them.
    Vehicle,
    Animal,
    /// Backpack, handbag, suitcase.
    Bag,
}

impl Class {
    /// All classes, in the order of the configuration's documentation.
    pub const ALL: [Self; 5] =
        [Self::Person, Self::Bicycle, Self::Vehicle, Self::Animal, Self::Bag];

    /// The word in configuration, rows and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Bicycle => "bicycle",
            Self::Vehicle => "vehicle",
            Self::Animal => "animal",
            Self::Bag => "bag",
        }
    }

    /// The class with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// One object found in one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    pub class: Class,
    /// 0..1.
    pub score: f32,
    pub area: Box01,
}

/// One object followed over frames of one camera during one visit.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Unique within one camera since the daemon started.
    pub id: u64,
    pub class: Class,
    /// Score of the latest detection, 0..1.
    pub score: f32,
    pub area: Box01,
    /// Speed across and down, in widths and heights of the frame per second.
    pub velocity: [f32; 2],
    /// Milliseconds since the track began.
    pub age_ms: i64,
    /// How often it was detected.
    pub hits: u32,
}

/// What moves in a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Motion {
    /// Share 0..1 of the picture that moves.
    pub fraction: f32,
    /// Width and height of `mask`.
    pub mask_width: u32,
    pub mask_height: u32,
    /// Row by row, true where it moves.
    pub mask: Vec<bool>,
}

/// How the detector of objects looked at a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// The whole frame: what was not found was not there.
    Whole,
    /// Where something moved or was followed: what was not found elsewhere may be there.
    Parts,
    Skipped,
}

/// All that was seen in one frame. `frame` is kept for the evidence.
#[derive(Clone, Debug)]
pub struct Sighting {
    pub frame: Arc<Frame>,
    pub motion: Motion,
    /// Whether objects were searched in this frame.
    pub search: Search,
    /// Confirmed tracks that were detected in this frame; empty when objects were not searched.
    pub tracks: Vec<Track>,
    /// How far the frame is from normal, where that is learnt and something was seen.
    pub anomaly: Option<Anomaly>,
}

/// How far a frame is from what is normal for its camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Anomaly {
    pub score: f32,
    /// False alarms a day to be expected at this score; `None` while it is still being learnt.
    pub alarms_per_day: Option<f32>,
    /// The thing that makes it so.
    pub area: Box01,
    pub class: Option<Class>,
    /// In which ways it is unusual, the largest first.
    pub why: Vec<normal::reason::Unusual>,
}
