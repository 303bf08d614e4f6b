//! One run of one clock, as the log tells it.

use super::{ClockName, Severity};
use crate::clock::UnixMs;

/// A run that took more than this share of its limit went far over it (`domain` 4.6).
const FAR_OVER: f64 = 1.5;

/// How a clock's run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Still runs at the cut-off.
    Running,
    /// What it waited for happened.
    Met(UnixMs),
    /// It was called off: the order refused or taken back, the reply sent back.
    CalledOff(UnixMs),
}

/// One run of one clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub clock: ClockName,
    pub severity: Severity,
    pub started: UnixMs,
    pub due: UnixMs,
    /// The member whose order was out, for the clocks after dispatch.
    pub member: Option<String>,
    pub end: End,
    /// How long it stood still while the ticket was suspended or parked, ms; nobody's time.
    pub stood_ms: i64,
}

impl Run {
    /// How long what it waited for took, ms; only for a run that was met.
    #[must_use]
    pub const fn took_ms(&self) -> Option<i64> {
        match self.end {
            End::Met(at) => Some(at.since_ms(self.started) - self.stood_ms),
            End::Running | End::CalledOff(_) => None,
        }
    }

    /// When it ended, or the cut-off while it runs.
    #[must_use]
    pub const fn ended(&self, cut_off: UnixMs) -> UnixMs {
        match self.end {
            End::Met(at) | End::CalledOff(at) => at,
            End::Running => cut_off,
        }
    }

    /// `Some(true)` on time, `Some(false)` late, `None` undecided: it still runs within its time,
    /// or was called off within it.
    #[must_use]
    pub fn on_time(&self, cut_off: UnixMs) -> Option<bool> {
        let late = self.ended(cut_off) > self.due;
        match self.end {
            End::Met(_) => Some(!late),
            End::Running | End::CalledOff(_) => late.then_some(false),
        }
    }

    /// Whether it went far over its limit before the cut-off.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "times of a year in ms are far below 2^52")]
    pub fn is_far_over(&self, cut_off: UnixMs) -> bool {
        let took = (self.ended(cut_off).since_ms(self.started) - self.stood_ms) as f64;
        let limit = (self.due.since_ms(self.started) - self.stood_ms) as f64;
        self.on_time(cut_off) == Some(false) && took > limit * FAR_OVER
    }

    /// Time beyond the due time, ms; 0 when there is none.
    #[must_use]
    pub fn late_ms(&self, cut_off: UnixMs) -> i64 {
        self.ended(cut_off).since_ms(self.due).max(0)
    }
}
