//! Whether the thread that writes footage works: a disk that hangs keeps it without an error.
//!
//! Whoever writes beats once a round; whoever watches asks how long it has been silent. The disk
//! may come back by itself, and what waited in memory meanwhile is written then.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A round that takes longer than this is a disk that hangs: one that has to spin up first takes
/// some seconds (guess, revisit).
pub const HANGS: Duration = Duration::from_secs(10);

/// The last beat, ms of the monotone clock. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    /// One that has just beaten.
    #[must_use]
    pub fn new(now: Duration) -> Self {
        let pulse = Self(Arc::default());
        pulse.beat(now);
        pulse
    }

    /// The writer works.
    pub fn beat(&self, now: Duration) {
        self.0.store(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Time since the last beat.
    #[must_use]
    pub fn silent(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_millis(self.0.load(Ordering::Relaxed)))
    }
}
