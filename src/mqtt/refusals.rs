//! Rows that the broker does not take: tried a few times, then set aside. Pure.
//!
//! A refusal may pass (a quota, access rules that are just being changed), so a row is tried again
//! at the next turn; the rows behind it do not wait for that.

use std::collections::{HashMap, HashSet};

/// After so many refusals a row is set aside. With a second between them; guess, revisit.
const REFUSALS_MAX: u32 = 3;

/// What becomes of a row that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is tried again after the next `wake`.
    Again,
    /// It is to be set aside; its count begins anew.
    SetAside,
}

/// The refused rows of one connection.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    counts: HashMap<i64, u32>,
    resting: HashSet<i64>,
}

impl Refusals {
    /// The broker has refused a row.
    pub(super) fn note(&mut self, row_id: i64) -> Next {
        let count = self.counts.entry(row_id).or_default();
        *count += 1;
        if *count >= REFUSALS_MAX {
            self.forget(row_id);
            return Next::SetAside;
        }
        self.resting.insert(row_id);
        Next::Again
    }

    /// The broker has taken a row.
    pub(super) fn forget(&mut self, row_id: i64) {
        self.counts.remove(&row_id);
        self.resting.remove(&row_id);
    }

    /// Whether a row waits for the next turn.
    pub(super) fn rests(&self, row_id: i64) -> bool {
        self.resting.contains(&row_id)
    }

    /// A new turn: every row may be tried again.
    pub(super) fn wake(&mut self) {
        self.resting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_rests_between_tries_and_is_set_aside_at_the_third_refusal() {
        let mut refusals = Refusals::default();
        for _ in 0..2 {
            assert_eq!(refusals.note(7), Next::Again);
            assert!(refusals.rests(7) && !refusals.rests(8));
            refusals.wake();
            assert!(!refusals.rests(7));
        }
        assert_eq!(refusals.note(7), Next::SetAside);
        assert!(!refusals.rests(7));
        assert_eq!(refusals.note(7), Next::Again, "set aside and sent again, it counts anew");
    }

    #[test]
    fn a_row_that_was_taken_is_forgotten() {
        let mut refusals = Refusals::default();
        refusals.note(7);
        refusals.note(7);
        refusals.forget(7);
        assert_eq!(refusals.note(7), Next::Again);
    }
}
