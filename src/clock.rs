//! Time: UTC milliseconds for records and people, a monotone clock for durations.
//!
//! Decisions take time as an argument; only the shell asks a `Clock`, so that tests can turn it.
//! Nothing else in the crate reads the machine's clock (a lint). Days and hours of the site are in
//! `calendar` and `schedule`.

pub mod calendar;
pub mod schedule;

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

pub use calendar::{Calendar, Local};
pub use schedule::Schedule;

/// A moment of wall time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The moment `ms` milliseconds later.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative when this one is earlier.
    #[must_use]
    pub const fn since_ms(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// RFC 3339 in UTC with milliseconds, as the MQTT envelope carries it.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0)
            .map_or_else(|_| "out of range".to_owned(), |t| format!("{t:.3}"))
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Where the shell gets the time from.
pub trait Clock: Send + Sync + 'static {
    /// Wall time, for records and people. May step.
    fn now(&self) -> UnixMs;
    /// Time since some fixed moment, for durations. Never steps.
    fn elapsed(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug)]
pub struct RealClock(std::time::Instant);

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the machine's clock"
)]
impl RealClock {
    /// A clock whose monotone side starts now.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a default that reads the clock would surprise")]
    pub fn new() -> Self {
        Self(std::time::Instant::now())
    }

    /// Wall time in microseconds, for measurements between two processes of one machine.
    #[must_use]
    pub fn now_us(&self) -> i64 {
        jiff::Timestamp::now().as_microsecond()
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the machine's clock"
)]
impl Clock for RealClock {
    fn now(&self) -> UnixMs {
        UnixMs(jiff::Timestamp::now().as_millisecond())
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that a test turns by hand.
#[derive(Debug)]
pub struct SimClock(Mutex<(UnixMs, Duration)>);

impl SimClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub const fn at(start: UnixMs) -> Self {
        Self(Mutex::new((start, Duration::ZERO)))
    }

    /// Lets `ms` milliseconds pass.
    pub fn advance_ms(&self, ms: u32) {
        let mut time = self.0.lock().expect("no panic happens while the clock is held");
        time.0 = time.0.plus_ms(i64::from(ms));
        time.1 += Duration::from_millis(u64::from(ms));
    }
}

impl Clock for SimClock {
    fn now(&self) -> UnixMs {
        self.0.lock().expect("no panic happens while the clock is held").0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().expect("no panic happens while the clock is held").1
    }
}
