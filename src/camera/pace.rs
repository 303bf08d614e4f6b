//! Which decoded frames are looked at: as many a second as the configuration asks for.
//!
//! Goes by arrival, not by the camera's time, because that may jump and a rate kept by it would
//! then drop everything for hours. Also measures how many frames a second really came, and whether
//! they are looked at.

use std::time::Duration;

/// Lets through at most so many frames a second, evenly.
#[derive(Debug)]
pub(super) struct Pace {
    interval: Duration,
    due: Duration,
}

impl Pace {
    /// A pace of `fps` frames a second; 0 counts as 1.
    #[must_use]
    pub(super) fn new(fps: u32) -> Self {
        Self { interval: Duration::from_secs(1) / fps.max(1), due: Duration::ZERO }
    }

    /// Whether the frame that arrives `now` is looked at. Late frames catch up by one interval at
    /// most, so a burst after a hiccup does not pass as a whole.
    pub(super) fn lets_through(&mut self, now: Duration) -> bool {
        if now < self.due {
            return false;
        }
        self.due = (self.due + self.interval).max(now);
        true
    }
}

/// Frames a second over the last seconds.
#[derive(Debug, Default)]
pub(super) struct Rate {
    last: Option<(Duration, u64)>,
    per_s: f32,
}

impl Rate {
    /// Takes the count so far at `now` and gives the rate since some seconds ago: each new second
    /// counts for a half, which forgets a burst in about four.
    pub(super) fn measure(&mut self, now: Duration, count: u64) -> f32 {
        let Some((then, before)) = self.last else {
            self.last = Some((now, count));
            return self.per_s;
        };
        let passed = now.saturating_sub(then).as_secs_f32();
        if passed >= 1.0 {
            let fresh = count.saturating_sub(before) as f32 / passed;
            self.per_s = if self.per_s == 0.0 { fresh } else { (self.per_s + fresh) / 2.0 };
            self.last = Some((now, count));
        }
        self.per_s
    }
}

/// Share of the frames that come from which on a camera counts as looked at in full, and below
/// which it does not; between them it stays what it was.
const FULL: f32 = 0.9;
const SLOWER: f32 = 0.8;
/// It must last this long: a group that is caught up with waits for a second or two.
const LASTING: Duration = Duration::from_secs(10);
/// Frames a second below which nothing is said: key frames of a quiet camera, two seconds apart.
const RATE_MIN: f32 = 0.3;

/// Whether a camera is looked at as often as frames come from it.
#[derive(Debug, Default)]
pub(super) struct LookRate {
    slower: bool,
    /// Since when it has been otherwise.
    otherwise: Option<Duration>,
}

impl LookRate {
    /// Takes frames and looks a second at `now`; the looks, where they are fewer for a while now.
    pub(super) fn measure(&mut self, now: Duration, frames: f32, looks: f32) -> Option<f32> {
        let otherwise = match self.slower {
            false => frames >= RATE_MIN && looks < SLOWER * frames,
            true => looks >= FULL * frames,
        };
        let since = if otherwise { *self.otherwise.get_or_insert(now) } else { now };
        if !otherwise || now.saturating_sub(since) >= LASTING {
            self.slower ^= otherwise;
            self.otherwise = None;
        }
        self.slower.then_some(looks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames that arrive every `every_ms` for ten seconds; how many pass at `fps`.
    #[track_caller]
    fn check(fps: u32, every_ms: u64, expect: usize) {
        let mut pace = Pace::new(fps);
        let arrivals = (0..10_000 / every_ms).map(|i| Duration::from_millis(i * every_ms));
        assert_eq!(arrivals.filter(|&now| pace.lets_through(now)).count(), expect);
    }

    #[test]
    fn the_rate_is_kept_and_a_slower_camera_passes_whole() {
        check(5, 40, 50);
        check(5, 66, 50);
        check(5, 100, 50);
        check(5, 500, 20);
        check(0, 100, 10);
    }

    #[test]
    fn a_burst_does_not_pass_as_a_whole() {
        let mut pace = Pace::new(5);
        assert!(pace.lets_through(Duration::from_secs(100)));
        let burst =
            (0..20).filter(|i| pace.lets_through(Duration::from_millis(100_001 + i))).count();
        assert!(burst <= 1, "{burst} frames of a burst passed");
    }

    #[test]
    fn the_measured_rate_follows_the_count() {
        let mut rate = Rate::default();
        let mut at = |s: u64, count| rate.measure(Duration::from_secs(s), count);
        assert_eq!(at(0, 0), 0.0);
        assert_eq!(at(1, 5), 5.0);
        assert_eq!(at(2, 5), 2.5);
        assert_eq!(at(3, 10), 3.75);
    }

    #[test]
    fn a_camera_that_is_looked_at_less_is_told_after_a_while_and_until_it_is_over() {
        let mut rate = LookRate::default();
        let mut over = |from_s: u64, for_s: u64, looks: f32| {
            let told =
                (from_s..from_s + for_s).map(|s| rate.measure(Duration::from_secs(s), 5.0, looks));
            told.collect::<Vec<_>>()
        };
        assert!(over(0, 20, 4.6).iter().all(Option::is_none));
        let told = over(20, 15, 2.0);
        assert_eq!(told.iter().position(Option::is_some), Some(10));
        assert_eq!(told[14], Some(2.0));
        // Between the two limits it stays what it is, and a moment of good looks ends nothing.
        assert!(over(35, 20, 4.2).iter().all(Option::is_some));
        assert!(over(55, 9, 5.0).iter().all(Option::is_some));
        assert!(over(64, 1, 1.0).iter().all(Option::is_some));
        assert_eq!(over(65, 15, 5.0).iter().position(Option::is_none), Some(10));
    }
}
