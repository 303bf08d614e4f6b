//! ticket -> verify -> classify -> dispatch -> answer -> check -> close -> score.
//!
//! **Invariant:** the life of a ticket is the pure function [`lifecycle::step`]; the desk in
//! `task.rs` is the only writer. State, log line and outgoing messages commit together.

pub mod actor;
pub mod clocks;
pub mod life;
pub mod act;
pub mod versions;
pub mod ladder;
pub mod pause;
pub mod crew;
pub mod lifecycle;
pub mod verdict;
pub mod classify;
pub mod answer;
pub mod closure;
pub mod filing;
pub mod ranking;
pub mod dispatch;
pub mod ledger;
pub mod log;
pub mod run;
pub mod history;
mod turns;
pub mod task;

pub use act::{Act, Class, Effect, Rejected, Standing};
pub use actor::{Actor, Role};
pub use clocks::{ClockName, Policy};
pub use life::{Life, Offer, Reply, Review, State};
pub use versions::Policies;

pub use crate::event::Severity;

use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::detect::Box01;
use crate::event::Reason;

/// A ticket's id: UUIDv7 as text, sorts by time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(pub String);

impl TicketId {
    /// A new id.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "no two are equal")]
    pub fn new() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }
}

impl std::fmt::Display for TicketId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where an observation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A rule fired on a camera.
    VideoAlarm,
    /// An operator saw it on a video round (视频巡查).
    OperatorPatrol,
}

impl Source {
    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VideoAlarm => "video_alarm",
            Self::OperatorPatrol => "operator_patrol",
        }
    }
}

/// What never changes about a ticket once it is filed.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub source: Source,
    pub camera: CameraId,
    pub camera_name: String,
    /// Name of the rule, empty for a manual observation.
    pub rule_name: String,
    /// Facts of the rule; `None` for a manual observation.
    pub reason: Option<Reason>,
    /// The operator's words for a manual observation.
    pub text: Option<String>,
    pub area: Option<Box01>,
    /// When it was seen.
    pub at: UnixMs,
}

/// A ticket as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    pub id: TicketId,
    /// The number people say.
    pub number: i64,
    /// Counts every accepted act; equals the length of the log.
    pub version: i64,
    pub origin: Origin,
    pub life: Life,
}
