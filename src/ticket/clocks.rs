//! The clocks of a ticket: which runs in which state, how long, and the policy behind them.
//!
//! Each clock starts at a recorded moment and has a due time that is stored with the ticket, so
//! that a restart or a change of policy never moves a deadline that already runs.

use super::Severity;
use crate::clock::UnixMs;
use crate::config::{self, Clocks};

/// The six clocks, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockName {
    Verify,
    Dispatch,
    Ack,
    Arrive,
    Reply,
    Close,
}

impl ClockName {
    /// All clocks in running order.
    pub const ALL: [Self; 6] =
        [Self::Verify, Self::Dispatch, Self::Ack, Self::Arrive, Self::Reply, Self::Close];

    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
            Self::Ack => "ack",
            Self::Arrive => "arrive",
            Self::Reply => "reply",
            Self::Close => "close",
        }
    }

    /// The clock with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.as_str() == word)
    }
}

/// A clock that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub name: ClockName,
    pub started: UnixMs,
    pub due: UnixMs,
    /// That it ran out has been marked.
    pub late: bool,
}

/// Time limits and conditions, as `step` needs them.
#[derive(Clone, Debug)]
pub struct Policy {
    /// S1, S2, S3, S4.
    clocks: [Clocks; 4],
    pub reply_photos_min: usize,
    pub reply_text_min: usize,
}

impl Policy {
    /// The limits of a configuration.
    #[must_use]
    pub fn new(policy: &config::Policy) -> Self {
        Self {
            clocks: [policy.s1, policy.s2, policy.s3, policy.s4],
            reply_photos_min: policy.reply_photos_min as usize,
            reply_text_min: policy.reply_text_min as usize,
        }
    }

    /// A clock of this severity that starts at `started`.
    #[must_use]
    pub fn start(&self, severity: Severity, name: ClockName, started: UnixMs) -> Running {
        let clocks = &self.clocks[severity as usize];
        let seconds = match name {
            ClockName::Verify => clocks.verify_s,
            ClockName::Dispatch => clocks.dispatch_s,
            ClockName::Ack => clocks.ack_s,
            ClockName::Arrive => clocks.arrive_s,
            ClockName::Reply => clocks.reply_s,
            ClockName::Close => clocks.close_s,
        };
        Running { name, started, due: started.plus_ms(i64::from(seconds) * 1000), late: false }
    }
}
