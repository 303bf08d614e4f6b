//! How a stream is built: short groups of pictures, long ones, or key frames only.
//!
//! Decided from arrivals alone, anew with every unit, because cameras are set otherwise while they
//! run. Pure arithmetic.

use std::time::Duration;

use super::gate::UnitSize;

/// How a stream is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// Too little has been seen.
    Unknown,
    /// Key frames some seconds apart.
    Groups,
    /// Key frames so far apart that somebody comes and goes between them.
    Long,
    /// Every picture is a key frame.
    Intra,
}

/// Key frames farther apart than this are too rare to watch by: with 5 s between them, entries of
/// 0.7 to 3.2 s came and went unseen (`tests/gate.rs`). 3 s, and a little for late packets.
const LONG: Duration = Duration::from_millis(3_200);
/// What has to be seen of a stream before less than everything is decoded: so many groups that
/// came to their end, and so long a time. Guess, revisit.
const LEARN_GROUPS: u32 = 2;
const LEARN: Duration = Duration::from_secs(6);
/// So many key frames in a row are a stream of key frames only.
const INTRA_UNITS: u32 = 12;

/// What is known of a stream's groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    since: Option<Duration>,
    at: Duration,
    key_at: Option<Duration>,
    /// The two newest distances between key frames.
    distances: [Duration; 2],
    ended: u32,
    keys_in_row: u32,
}

impl Groups {
    pub(super) fn take(&mut self, unit: &UnitSize) {
        let UnitSize { key, at, .. } = *unit;
        self.since.get_or_insert(at);
        self.at = at;
        self.keys_in_row = if key { self.keys_in_row.saturating_add(1) } else { 0 };
        if !key {
            return;
        }
        if let Some(before) = self.key_at.replace(at) {
            self.distances = [at.saturating_sub(before), self.distances[0]];
            self.ended = self.ended.saturating_add(1);
        }
    }

    /// The distance that is open says nothing: the camera was away.
    pub(super) const fn restart(&mut self) {
        self.key_at = None;
        self.keys_in_row = 0;
    }

    pub(super) fn build(&self) -> Build {
        let open = self.key_at.map_or(Duration::ZERO, |key| self.at.saturating_sub(key));
        let seen = self.since.map_or(Duration::ZERO, |since| self.at.saturating_sub(since));
        if self.keys_in_row >= INTRA_UNITS {
            Build::Intra
        } else if self.distances.iter().chain([&open]).any(|distance| *distance > LONG) {
            Build::Long
        } else if self.ended < LEARN_GROUPS || seen < LEARN {
            Build::Unknown
        } else {
            Build::Groups
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(key_every: u64, number: u64) -> UnitSize {
        let at = Duration::from_millis(number * 40);
        UnitSize { key: number.is_multiple_of(key_every), bytes: 1, filler: 0, at }
    }

    /// Key frames every `every`th unit, 25 a second, for so many seconds.
    fn check(every: u64, seconds: u64, expect: Build) {
        let mut groups = Groups::default();
        for at in 0..seconds * 25 {
            groups.take(&unit(every, at));
        }
        assert_eq!(groups.build(), expect, "key frame every {every}, {seconds} s");
    }

    #[test]
    fn a_stream_is_known_after_some_groups() {
        check(50, 3, Build::Unknown);
        check(50, 5, Build::Unknown);
        check(50, 7, Build::Groups);
        check(75, 20, Build::Groups);
    }

    #[test]
    fn long_groups_and_key_frames_only_are_recognised() {
        check(125, 3, Build::Unknown);
        check(125, 20, Build::Long);
        check(300, 40, Build::Long);
        check(7_500, 12, Build::Long);
        check(1, 2, Build::Intra);
        check(2, 10, Build::Groups);
    }

    #[test]
    fn an_absence_is_no_long_group() {
        let mut groups = Groups::default();
        for at in (0..200).chain(15_000..15_010) {
            if at == 15_000 {
                groups.restart();
            }
            groups.take(&unit(50, at));
        }
        assert_eq!(groups.build(), Build::Groups);
    }
}
