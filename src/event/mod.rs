//! rule -> event: the line between lossy and durable.
//!
//! Before a rule fires, frames may be dropped and are counted. From the moment it fires, every
//! fact is a committed row.

pub mod facts;
pub mod zone;
pub mod line;
mod kind;
pub mod ruleset;
pub mod memory;
pub mod rule;
pub mod trace;
pub mod evidence;
pub mod shelf;
pub mod task;

pub use facts::{Fact, Facts};

use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::detect::{Box01, Class};

/// Why a rule fired, in facts that the screens put into words.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Id of the rule and of its zone or line.
    pub rule: String,
    pub zone: String,
    pub kind: crate::config::RuleKind,
    pub class: Option<Class>,
    /// Detector score 0..1 of the object, or moving share of the zone (`zone_motion`).
    pub score: f32,
    /// How long it had lasted, ms.
    pub dwell_ms: i64,
    /// Armed hours as configured.
    pub armed: String,
    pub facts: Facts,
}

/// A rule has fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    pub camera: CameraId,
    pub reason: Reason,
    /// Track that fired it, if an object did.
    pub track: Option<u64>,
    /// Where in the picture.
    pub area: Option<Box01>,
    /// When the frame that caused it was seen.
    pub at: UnixMs,
}

/// How urgent, S1 (emergency) to S4 (minor).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    S1,
    S2,
    S3,
    S4,
}

impl Severity {
    /// The word in rows, messages and configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::S4 => "S4",
        }
    }

    /// The severity with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::S1, Self::S2, Self::S3, Self::S4].into_iter().find(|s| s.as_str() == word)
    }
}

/// What a rule, or an operator, proposes for the ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub severity: Severity,
    pub category: String,
    pub place: String,
}

/// What the desk and the screens are told about an event; losing one does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A new event row waits to be filed.
    Saved,
    /// The event with this id has one more piece of evidence.
    Evidence(String),
}
