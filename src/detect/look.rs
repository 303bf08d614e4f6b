//! When it is worth searching a frame for objects: the detector costs ten times what motion costs.
//!
//! Pure. A moving object is looked at in every frame, a standing one slowly, an empty picture now
//! and then, so that somebody who came in unseen (in the dark, in a change of light) is found after
//! all.

use super::track::{KEPT_MS, Liveliness};
use crate::clock::UnixMs;

/// Between two looks at standing objects, ms; less than the life of a track without detection.
const STANDING_MS: i64 = KEPT_MS / 2;
/// Between two looks at a picture where nothing happens, ms (guess, revisit).
const QUIET_MS: i64 = 10_000;

/// What is known of a frame before the detector runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stir {
    /// Moving share of the picture, 0..1.
    pub fraction: f32,
    /// Motion is not known: the background is being learnt anew.
    pub settling: bool,
    pub tracks: Liveliness,
}

/// Whether to search, given the time of the last search and the share `min_motion` that must move.
#[must_use]
pub fn is_due(stir: Stir, min_motion: f32, last: Option<UnixMs>, at: UnixMs) -> bool {
    let Some(last) = last else { return true };
    let passed_ms = at.since_ms(last);
    let pause_ms = match stir.tracks {
        _ if stir.settling || stir.fraction >= min_motion => 0,
        Liveliness::Moving => 0,
        Liveliness::Standing => STANDING_MS,
        Liveliness::Nothing => QUIET_MS,
    };
    // A clock that was set back must not stop the looking.
    passed_ms < 0 || passed_ms >= pause_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Stir = Stir { fraction: 0.0, settling: false, tracks: Liveliness::Nothing };

    fn check(stir: Stir, passed_ms: i64, expect: bool) {
        let at = UnixMs(1_000_000);
        assert_eq!(is_due(stir, 0.002, Some(at.plus_ms(-passed_ms)), at), expect, "{stir:?}");
    }

    #[test]
    fn the_first_frame_is_searched() {
        assert!(is_due(QUIET, 0.002, None, UnixMs(0)));
    }

    #[test]
    fn what_moves_or_is_unknown_is_searched_in_every_frame() {
        check(Stir { fraction: 0.002, ..QUIET }, 1, true);
        check(Stir { settling: true, ..QUIET }, 1, true);
        check(Stir { tracks: Liveliness::Moving, ..QUIET }, 1, true);
    }

    #[test]
    fn what_stands_or_is_empty_is_searched_slowly() {
        let standing = Stir { tracks: Liveliness::Standing, ..QUIET };
        check(standing, 999, false);
        check(standing, 1_000, true);
        check(QUIET, 9_999, false);
        check(QUIET, 10_000, true);
    }

    #[test]
    fn a_clock_set_back_does_not_stop_the_looking() {
        check(QUIET, -5_000, true);
    }
}
