//! How long to wait before the next try to reach the broker. Pure: the dice are an argument.

use std::time::Duration;

/// First wait and the longest, ms. The broker is mostly on the same machine, so the first try comes
/// soon; 30 s is half of the shortest acknowledgement limit (60 s). Guess, revisit.
const FIRST_MS: u64 = 250;
const LONGEST_MS: u64 = 30_000;

/// The wait after `failures` tries in a row that failed (1 or more); `dice` spreads it over the
/// upper half, so that many daemons do not come back in step.
pub(super) fn wait(failures: u32, dice: u8) -> Duration {
    let doubled = FIRST_MS << failures.saturating_sub(1).min(16);
    let full = doubled.min(LONGEST_MS);
    Duration::from_millis(full / 2 + full * u64::from(dice) / 510)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(failures: u32, dice: u8, expect_ms: u64) {
        let waited = wait(failures, dice);
        assert_eq!(waited, Duration::from_millis(expect_ms), "{failures} {dice}");
    }

    #[test]
    fn the_wait_doubles_to_a_cap_and_is_spread_over_its_upper_half() {
        check(1, 0, 125);
        check(1, 255, 250);
        check(2, 255, 500);
        check(4, 255, 2_000);
        check(8, 0, 15_000);
        check(8, 255, 30_000);
        check(u32::MAX, 255, 30_000);
    }
}
