//! When and where a frame is worth searching for objects, which costs ten times what motion does.
//!
//! Pure. What moves is searched in every look, what stands, slowly; each time only there and where
//! else something is followed. The whole picture is searched now and then, so that somebody who
//! came in unseen (in the dark, in a change of light) is found after all.

use super::track::{KEPT_MS, Liveliness};
use super::{Box01, Detection};
use crate::clock::UnixMs;

/// Between two looks at standing objects, ms; less than the life of a track without detection.
const STANDING_MS: i64 = KEPT_MS / 2;
/// Between two looks where something moves in which nothing is found, ms: trees, water, rain.
const FRUITLESS_MS: i64 = 1_000;
/// Searches in a row that must find nothing for that (guess, revisit).
const FRUITLESS_MIN: u32 = 5;
/// Between two searches of the whole picture, ms, where nothing happens and where something does
/// (guesses, revisit).
const WHOLE_MS: i64 = 10_000;
const WHOLE_BUSY_MS: i64 = 5_000;
/// A frame that is due within this time is due now, ms: looks are not evenly spaced.
const EARLY_MS: i64 = 40;

/// What is known of a frame before the detector runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stir {
    pub moves: Moves,
    /// Motion is not known: the background is being learnt anew.
    pub settling: bool,
    pub tracks: Liveliness,
}

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    Nothing,
    /// Only what is followed.
    Followed,
    /// Something else too.
    Unknown,
}

/// What has been searched of one camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Searched {
    any_at: Option<UnixMs>,
    whole_at: Option<UnixMs>,
    /// Searches in a row that found nothing where something unknown moved.
    fruitless: u32,
}

/// What is to be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    /// Where something moves or is followed.
    Parts,
    Whole,
}

impl Searched {
    /// What is due in a frame seen `at`.
    #[must_use]
    pub fn due(&self, stir: Stir, at: UnixMs) -> Due {
        // A clock that was set back must not stop the looking.
        let over = |last: UnixMs, pause_ms: i64| {
            let passed_ms = at.since_ms(last);
            passed_ms < 0 || passed_ms >= pause_ms - EARLY_MS
        };
        let (Some(any), Some(whole)) = (self.any_at, self.whole_at) else { return Due::Whole };
        let pause_ms = match (stir.moves, stir.tracks) {
            _ if stir.settling => return Due::Whole,
            (Moves::Unknown, _) if self.fruitless < FRUITLESS_MIN => Some(0),
            (_, Liveliness::Moving) => Some(0),
            (_, Liveliness::Standing) => Some(STANDING_MS),
            (Moves::Unknown, Liveliness::Nothing) => Some(FRUITLESS_MS),
            (Moves::Nothing | Moves::Followed, Liveliness::Nothing) => None,
        };
        let whole_ms = if pause_ms.is_some() { WHOLE_BUSY_MS } else { WHOLE_MS };
        if over(whole, whole_ms) {
            return Due::Whole;
        }
        match pause_ms {
            Some(pause_ms) if over(any, pause_ms) => Due::Parts,
            _ => Due::Nothing,
        }
    }

    /// Notes a search of a frame seen `at`, and whether it found something where unknown things
    /// moved.
    pub fn done(&mut self, (due, at): (Due, UnixMs), unknown: &[Box01], found: &[Detection]) {
        if due == Due::Nothing {
            return;
        }
        self.any_at = Some(at);
        if due == Due::Whole {
            self.whole_at = Some(at);
        }
        let explains = |area: &Box01| found.iter().any(|one| one.area.meets(area));
        match unknown.iter().any(explains) {
            true => self.fruitless = 0,
            false if !unknown.is_empty() => self.fruitless = self.fruitless.saturating_add(1),
            false => {}
        }
    }
}

/// The regions that nothing followed explains.
#[must_use]
pub fn unknown(regions: &[Box01], followed: &[Box01]) -> Vec<Box01> {
    let explained = |region: &&Box01| followed.iter().any(|area| area.meets(region));
    regions.iter().filter(|region| !explained(region)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::Class;

    const QUIET: Stir =
        Stir { moves: Moves::Nothing, settling: false, tracks: Liveliness::Nothing };
    const AT: UnixMs = UnixMs(1_000_000);
    const LEFT: Box01 = Box01 { x0: 0.1, y0: 0.1, x1: 0.2, y1: 0.3 };
    const RIGHT: Box01 = Box01 { x0: 0.7, y0: 0.1, x1: 0.8, y1: 0.3 };

    #[track_caller]
    fn check(stir: Stir, (any_ms, whole_ms): (i64, i64), expect: Due) {
        let searched = Searched {
            any_at: Some(AT.plus_ms(-any_ms)),
            whole_at: Some(AT.plus_ms(-whole_ms)),
            fruitless: 0,
        };
        assert_eq!(searched.due(stir, AT), expect, "{stir:?}");
    }

    #[test]
    fn the_first_frame_is_searched_whole_and_so_is_what_settles() {
        assert_eq!(Searched::default().due(QUIET, AT), Due::Whole);
        check(Stir { settling: true, ..QUIET }, (1, 1), Due::Whole);
    }

    #[test]
    fn what_is_new_is_searched_in_every_frame() {
        check(Stir { moves: Moves::Unknown, ..QUIET }, (1, 1), Due::Parts);
        check(Stir { tracks: Liveliness::Moving, ..QUIET }, (1, 1), Due::Parts);
    }

    #[test]
    fn what_stands_is_searched_slowly() {
        let standing = Stir { tracks: Liveliness::Standing, ..QUIET };
        check(standing, (900, 900), Due::Nothing);
        check(standing, (1_000, 1_000), Due::Parts);
    }

    #[test]
    fn the_whole_picture_is_searched_now_and_then() {
        check(QUIET, (9_900, 9_900), Due::Nothing);
        check(QUIET, (10_000, 10_000), Due::Whole);
        let walking = Stir { moves: Moves::Followed, tracks: Liveliness::Moving, ..QUIET };
        check(walking, (200, 5_000), Due::Whole);
    }

    #[test]
    fn a_clock_set_back_does_not_stop_the_looking() {
        check(QUIET, (-5_000, -5_000), Due::Whole);
    }

    #[test]
    fn where_nothing_is_ever_found_looking_slows_down_until_something_is() {
        let tree = Stir { moves: Moves::Unknown, ..QUIET };
        let mut searched = Searched::default();
        searched.done((Due::Whole, AT), &[], &[]);
        let mut looks = 0;
        for at in (0..4_000).step_by(200).map(|ms| AT.plus_ms(ms)) {
            let due = searched.due(tree, at);
            looks += u32::from(due != Due::Nothing);
            searched.done((due, at), &[LEFT], &[]);
        }
        assert_eq!(looks, FRUITLESS_MIN + 3);
        let person = Detection { class: Class::Person, score: 0.8, area: LEFT };
        let at = AT.plus_ms(4_700);
        searched.done((searched.due(tree, at), at), &[LEFT], &[person]);
        assert_eq!(searched.due(tree, at.plus_ms(200)), Due::Parts);
    }

    #[test]
    fn what_moves_where_something_is_followed_is_explained() {
        assert_eq!(unknown(&[LEFT, RIGHT], &[LEFT]), [RIGHT]);
        assert_eq!(unknown(&[LEFT], &[]), [LEFT]);
    }
}
