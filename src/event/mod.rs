//! rule -> event: the line between lossy and durable.
//!
//! Before a rule fires, frames may be dropped and are counted. From the moment it fires, every
//! fact is a committed row.

pub mod zone;
pub mod ruleset;
pub mod memory;
pub mod rule;

use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::detect::{Box01, Class};

/// Why a rule fired, in facts that the screens put into words.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Id of the rule and of its zone.
    pub rule: String,
    pub zone: String,
    pub kind: crate::config::RuleKind,
    pub class: Option<Class>,
    /// Detector score 0..1 (`zone_object`) or moving share of the zone (`zone_motion`).
    pub score: f32,
    /// How long it had lasted, ms.
    pub dwell_ms: i64,
    /// Armed hours as configured.
    pub armed: String,
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
