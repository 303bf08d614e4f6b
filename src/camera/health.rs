//! What the progress of an attempt at a stream means: well, blind or over.
//!
//! Silence is measured from the last media of any kind, so that a camera whose key frames are
//! minutes apart is as well as any other. Pure: times are arguments.

use std::time::Duration;

use super::status::{SourceFault, stalled_after};
use crate::clock::UnixMs;

/// Longest time from opening to the first unit: rtspsrc's own limit of 5 s for an answer, its
/// second attempt with a password, and a camera that thinks. Guess, revisit.
const FIRST_UNIT_WITHIN: Duration = Duration::from_secs(12);
/// Longest time in which units come and no picture does; some cameras send key frames 5 minutes
/// apart, and the first may be a whole distance away.
const PICTURE_WITHIN: Duration = Duration::from_secs(660);

/// How far an attempt has come, in the clock's elapsed time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Any unit, also one that cannot be decoded.
    pub(super) unit_at: Option<Duration>,
    /// The first and the newest unit from the first key frame on.
    good_since: Option<Duration>,
    good_at: Option<Duration>,
    frame_at: Option<Duration>,
    pub(super) frame_seen_at: Option<UnixMs>,
    /// No decoder can be made.
    pub(super) cannot_decode: bool,
}

/// Whether pictures of a stream are expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// It is looked at.
    Pictures,
    /// It is only received.
    Units,
}

/// What an attempt's progress means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// Too early to say; whatever was said before stays.
    Coming,
    Live,
    /// Video without pictures: said, but the stream is kept open.
    Blind(SourceFault),
    /// The attempt is to be ended.
    Over(SourceFault),
}

impl Progress {
    /// A unit came that has a key frame before it.
    pub(super) fn key_or_good_unit(&mut self, now: Duration) {
        self.good_since.get_or_insert(now);
        self.good_at = Some(now);
    }

    /// A picture was decoded.
    pub(super) const fn frame(&mut self, now: Duration, seen_at: UnixMs) {
        (self.frame_at, self.frame_seen_at) = (Some(now), Some(seen_at));
    }

    /// How long the attempt brought video that can be decoded.
    pub(super) fn good_media(self) -> Duration {
        let first = self.good_since.unwrap_or_default();
        self.good_at.unwrap_or_default().saturating_sub(first)
    }

    /// What it means `now`, for an attempt that was `opened` at that time.
    pub(super) fn health(
        self,
        expect: Expect,
        (opened, now): (Duration, Duration),
        key_distance_ms: Option<i64>,
    ) -> Health {
        let limit = stalled_after(key_distance_ms);
        let Some(unit_at) = self.unit_at else {
            let late = now.saturating_sub(opened) > FIRST_UNIT_WITHIN;
            return if late { Health::Over(SourceFault::NoAnswer) } else { Health::Coming };
        };
        let silent = now.saturating_sub(unit_at);
        if silent > limit {
            return Health::Over(SourceFault::Stalled(silent.as_secs()));
        }
        let seen = match expect {
            Expect::Pictures => self.frame_at,
            Expect::Units => self.good_at,
        };
        let blind = unit_at.saturating_sub(seen.unwrap_or(opened));
        match (blind, seen) {
            (blind, _) if blind > PICTURE_WITHIN => Health::Over(SourceFault::NoPicture),
            (blind, _) if blind > limit => Health::Blind(SourceFault::NoPicture),
            (_, Some(_)) => Health::Live,
            (_, None) => Health::Coming,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since opening at which the last unit and the last frame came, and now.
    #[track_caller]
    fn check(unit_s: Option<u64>, frame_s: Option<u64>, now_s: u64, expect: &Health) {
        let opened = Duration::from_secs(1_000);
        let at = |s| opened + Duration::from_secs(s);
        let progress =
            Progress { unit_at: unit_s.map(at), frame_at: frame_s.map(at), ..Progress::default() };
        let health = progress.health(Expect::Pictures, (opened, at(now_s)), None);
        assert_eq!(&health, expect);
    }

    #[test]
    fn a_camera_is_live_only_while_pictures_come() {
        check(None, None, 12, &Health::Coming);
        check(None, None, 13, &Health::Over(SourceFault::NoAnswer));
        check(Some(4), None, 4, &Health::Coming);
        check(Some(60), Some(58), 60, &Health::Live);
        check(Some(60), Some(50), 60, &Health::Blind(SourceFault::NoPicture));
        check(Some(60), None, 60, &Health::Blind(SourceFault::NoPicture));
        check(Some(400), Some(50), 400, &Health::Blind(SourceFault::NoPicture));
        check(Some(800), Some(50), 800, &Health::Over(SourceFault::NoPicture));
        check(Some(60), Some(59), 65, &Health::Live);
        check(Some(60), Some(59), 66, &Health::Over(SourceFault::Stalled(6)));
    }

    #[test]
    fn a_stream_that_is_only_received_needs_no_pictures() {
        let opened = Duration::ZERO;
        let mut progress = Progress::default();
        for second in 1..=60 {
            let now = Duration::from_secs(second);
            progress.unit_at = Some(now);
            if second > 2 {
                progress.key_or_good_unit(now);
            }
        }
        let now = Duration::from_secs(61);
        assert_eq!(progress.health(Expect::Units, (opened, now), None), Health::Live);
        assert_eq!(progress.good_media(), Duration::from_secs(57));
    }
}
