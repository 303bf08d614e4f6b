//! Failed logins per user. Pure: time is an argument.
//!
//! Per user and not per address, because behind the `/mqtt` pipe every phone has the address
//! 127.0.0.1 and one wrong phone would lock out all. A stranger who knows a name can so delay that
//! member's next login; a connected phone is not touched by it.

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
    /// Whether `user` may try to log in at `now`.
    #[must_use]
    pub fn allowed(&self, user: &str, now: UnixMs) -> bool {
        let Some(times) = self.failed.get(user) else {
            return true;
        };
        let Some(last) = times.last() else {
            return true;
        };
        let recent = times.iter().filter(|at| now.since_ms(**at) < WINDOW_MS).count();
        recent < FAILURES_MAX || now.since_ms(*last) >= LOCK_MS
    }

    /// Notes a failed login of `user`.
    pub fn failed(&mut self, user: &str, now: UnixMs) {
        if self.failed.len() >= USERS_MAX && !self.failed.contains_key(user) {
            self.forget_old(now);
        }
        if self.failed.len() >= USERS_MAX && !self.failed.contains_key(user) {
            return;
        }
        let times = self.failed.entry(user.to_owned()).or_default();
        times.push(now);
        if times.len() > FAILURES_MAX {
            times.remove(0);
        }
    }

    /// Notes a good login of `user`.
    pub fn succeeded(&mut self, user: &str) {
        self.failed.remove(user);
    }

    fn forget_old(&mut self, now: UnixMs) {
        self.failed
            .retain(|_, times| times.last().is_some_and(|last| now.since_ms(*last) < WINDOW_MS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Failures at these seconds; may the user try at that second?
    fn check(failures: &[i64], at: i64, expect: bool) {
        let mut attempts = Attempts::default();
        for second in failures {
            attempts.failed("li", UnixMs(second * 1000));
        }
        assert_eq!(attempts.allowed("li", UnixMs(at * 1000)), expect, "{failures:?} at {at}");
        assert!(attempts.allowed("wang", UnixMs(at * 1000)), "another user is not touched");
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
    fn a_good_login_clears_the_slate() {
        let mut attempts = Attempts::default();
        for _ in 0..5 {
            attempts.failed("li", UnixMs(0));
        }
        attempts.succeeded("li");
        assert!(attempts.allowed("li", UnixMs(1)));
    }

    #[test]
    fn a_flood_of_names_does_not_grow_the_memory() {
        let mut attempts = Attempts::default();
        for n in 0..USERS_MAX + 10 {
            attempts.failed(&format!("u{n}"), UnixMs(0));
        }
        assert_eq!(attempts.failed.len(), USERS_MAX);
        attempts.failed("late", UnixMs(WINDOW_MS));
        assert_eq!(attempts.failed.len(), 1);
    }
}
