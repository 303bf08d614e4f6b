//! Failed logins by password, per user. Pure: time is an argument.
//!
//! A try counts before its password is checked: a thousand at once get no more than one by one.
//!
//! Per user and not per address, because behind the `/mqtt` pipe every phone has the address
//! 127.0.0.1 and one wrong phone would lock out all. A stranger who knows a name can so delay that
//! member's next login by password; the phone page comes in by a token and is not touched by it.

use std::collections::HashMap;

use crate::clock::UnixMs;

/// Failures within `WINDOW_MS` after which a user is refused for `LOCK_MS`. Five leaves room for
/// typing errors, at most five guesses a minute make an 8-character password safe. Guess, revisit.
const FAILURES_MAX: usize = 5;
const WINDOW_MS: i64 = 5 * 60 * 1000;
const LOCK_MS: i64 = 60 * 1000;

/// Users remembered; names come from strangers, so the memory is bounded (about 2 MiB).
const USERS_MAX: usize = 10_000;

/// The failed logins of late.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: HashMap<String, Vec<UnixMs>>,
}

impl Attempts {
    /// Whether `user` may try to log in at `now`; if so, the try counts as failed until
    /// `succeeded` says otherwise.
    pub fn begin(&mut self, user: &str, now: UnixMs) -> bool {
        if !self.allowed(user, now) {
            return false;
        }
        self.make_room(user, now);
        let times = self.failed.entry(user.to_owned()).or_default();
        times.push(now);
        if times.len() > FAILURES_MAX {
            times.remove(0);
        }
        true
    }

    fn allowed(&self, user: &str, now: UnixMs) -> bool {
        let Some(times) = self.failed.get(user) else {
            return true;
        };
        let Some(last) = times.last() else {
            return true;
        };
        let recent = times.iter().filter(|at| now.since_ms(**at) < WINDOW_MS).count();
        recent < FAILURES_MAX || now.since_ms(*last) >= LOCK_MS
    }

    /// Notes a good login of `user`.
    pub fn succeeded(&mut self, user: &str) {
        self.failed.remove(user);
    }

    /// Forgets what is over, and then the longest quiet name: a flood of made-up names must not
    /// leave a real one uncounted.
    fn make_room(&mut self, user: &str, now: UnixMs) {
        if self.failed.len() < USERS_MAX || self.failed.contains_key(user) {
            return;
        }
        let last = |times: &Vec<UnixMs>| times.last().copied().unwrap_or(UnixMs(0));
        self.failed.retain(|_, times| now.since_ms(last(times)) < WINDOW_MS);
        if self.failed.len() >= USERS_MAX
            && let Some(quiet) = self
                .failed
                .iter()
                .min_by_key(|(_, times)| last(times))
                .map(|(name, _)| name.clone())
        {
            self.failed.remove(&quiet);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Failures at these seconds; may the user try at that second?
    fn check(failures: &[i64], at: i64, expect: bool) {
        let mut attempts = Attempts::default();
        for second in failures {
            assert!(attempts.begin("li", UnixMs(second * 1000)), "{failures:?} at {second}");
        }
        assert_eq!(attempts.begin("li", UnixMs(at * 1000)), expect, "{failures:?} at {at}");
        assert!(attempts.begin("wang", UnixMs(at * 1000)), "another user is not touched");
    }

    #[test]
    fn five_failures_in_five_minutes_lock_for_one() {
        check(&[], 0, true);
        check(&[0, 1, 2, 3], 4, true);
        check(&[0, 1, 2, 3, 4], 5, false);
        check(&[0, 1, 2, 3, 4], 63, false);
        check(&[0, 1, 2, 3, 4], 64, true);
        check(&[0, 80, 160, 240, 320], 321, true);
        check(&[0, 1, 2, 3, 4, 64], 65, false);
    }

    #[test]
    fn a_hundred_tries_at_once_get_no_more_than_five() {
        let mut attempts = Attempts::default();
        let begun = (0..100).filter(|_| attempts.begin("li", UnixMs(0))).count();
        assert_eq!(begun, FAILURES_MAX);
    }

    #[test]
    fn a_good_login_clears_the_slate() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            attempts.begin("li", UnixMs(0));
        }
        attempts.succeeded("li");
        assert!(attempts.begin("li", UnixMs(1)));
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_memory_nor_hide_a_name() {
        let mut attempts = Attempts::default();
        let at = |n: usize| UnixMs(i64::try_from(n).unwrap());
        for n in 0..USERS_MAX + 10 {
            attempts.begin(&format!("u{n}"), at(n));
        }
        assert_eq!(attempts.failed.len(), USERS_MAX);
        assert!(!attempts.failed.contains_key("u0"), "the longest quiet one has gone");
        let begun = (0..9).filter(|_| attempts.begin("li", at(USERS_MAX))).count();
        assert_eq!(begun, FAILURES_MAX, "a late name is counted as well");
        attempts.begin("late", UnixMs(2 * WINDOW_MS));
        assert_eq!(attempts.failed.len(), 1);
    }
}
