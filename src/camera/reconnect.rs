//! When to try a camera again: pure arithmetic over the attempts that ended.
//!
//! Waits double from 1 s to 30 s and are spread by chance, so that twenty cameras behind one
//! switch do not come back in the same instant. A camera that connects and dies at once does not
//! count as recovered: only 10 s of good media make the next wait short again. Attempts never
//! stop and never overlap; this file never waits itself.

use std::time::Duration;

/// First wait. A camera's socket is free again after about a second.
const FIRST_MS: u64 = 1_000;
/// Longest wait: nobody at a desk waits longer for a camera that has power again.
const LONGEST_MS: u64 = 30_000;
/// Media that lasts this long means that the camera is well. Guess, revisit.
const GOOD_MEDIA_MS: u128 = 10_000;

/// Attempts of one camera that ended in a row without good media between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    failed: u32,
}

impl Attempts {
    /// The state after an attempt that brought media for `good_media`.
    #[must_use]
    pub const fn ended(self, good_media: Duration) -> Self {
        if good_media.as_millis() >= GOOD_MEDIA_MS {
            return Self { failed: 1 };
        }
        Self { failed: self.failed.saturating_add(1) }
    }

    /// How long to wait before the next attempt: between half the step and the whole step, chosen
    /// by `fraction` (0..1, from chance; anything else is taken as the nearest end).
    #[must_use]
    pub fn wait(self, fraction: f32) -> Duration {
        let Some(doublings) = self.failed.checked_sub(1) else {
            return Duration::ZERO;
        };
        let step = FIRST_MS.saturating_mul(1 << doublings.min(5)).min(LONGEST_MS);
        let fraction = if fraction.is_nan() { 1.0 } else { fraction.clamp(0.0, 1.0) };
        Duration::from_millis(step / 2).mul_f32(1.0 + fraction)
    }
}

/// Attempts a second over all cameras, and how many at once after a quiet time: a switch that comes
/// back with 32 cameras behind it is not stormed, and the last of them waits 6 s. Guess, revisit.
const TURNS_PER_S: f32 = 4.0;
const TURNS_AT_ONCE: f32 = 8.0;

/// Turns to open a stream, for all cameras together.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// Negative: turns that are promised.
    turns: f32,
    at: Duration,
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self { turns: TURNS_AT_ONCE, at: Duration::ZERO }
    }
}

impl TokenBucket {
    /// Takes the next turn `now` and says how long to wait for it; who asks first waits least.
    pub fn take(&mut self, now: Duration) -> Duration {
        let passed = now.saturating_sub(self.at).as_secs_f32();
        self.at = self.at.max(now);
        self.turns = (self.turns + passed * TURNS_PER_S).min(TURNS_AT_ONCE) - 1.0;
        Duration::from_secs_f32((-self.turns).max(0.0) / TURNS_PER_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends one attempt per entry (seconds of good media) and compares the last wait, ms.
    #[track_caller]
    fn check(media_s: &[u64], fraction: f32, expect_ms: u64) {
        let attempts =
            media_s.iter().fold(Attempts::default(), |a, &s| a.ended(Duration::from_secs(s)));
        assert_eq!(attempts.wait(fraction), Duration::from_millis(expect_ms), "{media_s:?}");
    }

    #[test]
    fn waits_double_up_to_half_a_minute() {
        check(&[], 1.0, 0);
        check(&[0], 1.0, 1_000);
        check(&[0, 0], 1.0, 2_000);
        check(&[0, 0, 0, 0, 0], 1.0, 16_000);
        check(&[0, 0, 0, 0, 0, 0], 1.0, 30_000);
        check(&[0; 400], 1.0, 30_000);
    }

    #[test]
    fn chance_spreads_over_the_upper_half_of_the_step() {
        check(&[0, 0], 0.0, 1_000);
        check(&[0, 0], 0.5, 1_500);
        check(&[0, 0], 7.0, 2_000);
        check(&[0, 0], -1.0, 1_000);
        check(&[0, 0], f32::NAN, 2_000);
    }

    #[test]
    fn only_ten_seconds_of_media_shorten_the_wait() {
        check(&[0, 0, 0, 9], 1.0, 8_000);
        check(&[0, 0, 0, 10], 1.0, 1_000);
        check(&[0, 0, 0, 600, 0], 1.0, 2_000);
    }

    #[test]
    fn a_storm_of_attempts_is_spread_and_a_quiet_time_is_forgotten() {
        let mut bucket = TokenBucket::default();
        let mut waits_ms = |now_s, count| -> Vec<u128> {
            let now = Duration::from_secs(now_s);
            (0..count).map(|_| bucket.take(now).as_millis()).collect()
        };
        assert_eq!(waits_ms(5, 10), [0, 0, 0, 0, 0, 0, 0, 0, 250, 500]);
        assert_eq!(waits_ms(6, 3), [0, 0, 250]);
        assert_eq!(waits_ms(1_000, 9)[7..], [0, 250]);
    }
}
