//! Duty: who has to be there, who is there, and how one shift hands over to the next.
//!
//! The roster says who has to be there (VM-1: somebody on duty and somebody on stand-by in every
//! minute); attendance says who was; the difference is a gap with its exact ends. An observation
//! that comes while nobody has signed on goes to the shift leader at once. The hand-over is written
//! by the machine and signed by two people. All but `task.rs` is pure: time is an argument.
//!
//! Reading order: spans of time and their cover (`span`), the roster and its file (`roster`,
//! `file`), signing on and off (`attendance`, `presence`), nobody there (`unattended`), swaps
//! (`swap`), causes of outages (`cause`), the hand-over (`handover`), refusals (`refused`).

pub mod span;
pub mod roster;
pub mod splice;
pub mod file;
pub mod refused;
pub mod attendance;
pub mod presence;
pub mod unattended;
pub mod swap;
pub mod cause;
pub mod handover;
pub mod task;

pub use refused::Refused;
pub use span::Span;

use crate::clock::UnixMs;
use crate::ticket::Role;

/// A line of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// 值守: watches, verifies, dispatches.
    Duty,
    /// 备勤: is reachable and comes.
    Standby,
    /// 巡逻: gets orders.
    Patrol,
}

impl Line {
    /// Every line, the most needed first.
    pub const ALL: [Self; 3] = [Self::Duty, Self::Standby, Self::Patrol];
    /// Lines that somebody has to be on in every minute (VM-1, ER-1).
    pub const NEEDED: [Self; 2] = [Self::Duty, Self::Standby];

    /// The word in rows and at the interfaces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Standby => "standby",
            Self::Patrol => "patrol",
        }
    }

    /// The line of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|line| line.as_str() == word)
    }

    /// Members patrol; whoever sits in the centre is on duty or on standby.
    #[must_use]
    pub const fn takes(self, role: Role) -> bool {
        match role {
            Role::PatrolMember => matches!(self, Self::Patrol),
            Role::Operator | Role::ShiftLeader | Role::Director => !matches!(self, Self::Patrol),
            Role::Admin | Role::Wall | Role::System => false,
        }
    }
}

/// One person's turn on one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    pub account: String,
    pub line: Line,
    pub starts: UnixMs,
    pub ends: UnixMs,
}

impl Turn {
    /// Its time.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span { from: self.starts, until: self.ends }
    }
}
