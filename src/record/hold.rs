//! Footage that must not go: by the law's order, or because a ticket is not closed yet.
//!
//! A hold that a person places is a row with a reason, a placer and a review date at which it ends
//! unless it is placed anew. A ticket holds its footage by being open: that is read from the
//! tickets at each pass and never written down, so that no hold can be forgotten, neither when a
//! ticket is filed nor when it is closed. Pure.

use crate::camera::CameraId;
use crate::clock::UnixMs;

const DAY_MS: i64 = 86_400_000;
/// The longest time until the review of a hold (domain: renewed for at most 180 days at a time).
pub const REVIEW_DAYS_MAX: i64 = 180;
/// A reason that says nothing is none (guess, revisit).
const REASON_MIN: usize = 4;
/// Longest reason (guess, revisit).
const REASON_MAX: usize = 500;

/// Why footage is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldKind {
    /// An authority or a law asks for it.
    Legal,
    /// A ticket needs it.
    Ticket,
}

impl HoldKind {
    /// The word in rows and at the interface.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Legal => "legal",
            Self::Ticket => "ticket",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Legal, Self::Ticket].into_iter().find(|kind| kind.word() == word)
    }
}

/// A hold on the footage of a camera.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// UUIDv7; of a hold by an open ticket, the ticket's.
    pub id: String,
    pub camera: CameraId,
    pub from: UnixMs,
    pub to: UnixMs,
    pub kind: HoldKind,
    pub ticket: Option<String>,
    pub reason: String,
    pub placed_by: String,
    pub placed: UnixMs,
    /// Review date; none as long as the ticket is open.
    pub until: Option<UnixMs>,
}

/// Why a hold is not placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    #[error("the time to hold ends before it begins; give its first moment before its last one")]
    Backwards,
    #[error("say in {REASON_MIN} to {REASON_MAX} characters why the footage is held")]
    NoReason,
    #[error("the review date lies between now and {REVIEW_DAYS_MAX} days; renew the hold then")]
    Review,
    #[error("a ticket's hold names its ticket")]
    NoTicket,
}

impl Hold {
    /// Whether it may be placed.
    ///
    /// # Errors
    /// What it lacks.
    pub fn check(&self, now: UnixMs) -> Result<(), HoldError> {
        if self.from >= self.to {
            return Err(HoldError::Backwards);
        }
        if !(REASON_MIN..=REASON_MAX).contains(&self.reason.trim().chars().count()) {
            return Err(HoldError::NoReason);
        }
        let last = now.plus_ms(REVIEW_DAYS_MAX * DAY_MS);
        if self.until.is_none_or(|until| until <= now || until > last) {
            return Err(HoldError::Review);
        }
        if self.kind == HoldKind::Ticket && self.ticket.is_none() {
            return Err(HoldError::NoTicket);
        }
        Ok(())
    }
}

/// The held times of one camera, in order and without overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(Vec<(UnixMs, UnixMs)>);

impl Held {
    /// The times of these holds that are of this camera and not over.
    #[must_use]
    pub fn of(holds: &[Hold], camera: &CameraId, now: UnixMs) -> Self {
        let lasts = |hold: &&Hold| hold.until.is_none_or(|until| until > now);
        let mine = holds.iter().filter(|hold| &hold.camera == camera).filter(lasts);
        let mut times: Vec<(UnixMs, UnixMs)> = mine.map(|hold| (hold.from, hold.to)).collect();
        times.sort();
        let mut whole: Vec<(UnixMs, UnixMs)> = Vec::new();
        for (from, to) in times {
            match whole.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => whole.push((from, to)),
            }
        }
        Self(whole)
    }

    /// The end of the hold on any moment of this time.
    #[must_use]
    pub fn over(&self, from: UnixMs, to: UnixMs) -> Option<UnixMs> {
        // A file whose clock was set back within it may end before it began.
        let (from, to) = (from.min(to), from.max(to));
        let past = self.0.partition_point(|held| held.1 < from);
        self.0.get(past).filter(|held| held.0 <= to).map(|held| held.1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Held, Hold, HoldError, HoldKind};
    use crate::camera::CameraId;
    use crate::clock::UnixMs;

    fn hold(from: i64, to: i64) -> Hold {
        Hold {
            id: String::new(),
            camera: CameraId::try_from("gate").unwrap(),
            from: UnixMs(from),
            to: UnixMs(to),
            kind: HoldKind::Legal,
            ticket: None,
            reason: "order 7 of the police".into(),
            placed_by: "chief".into(),
            placed: UnixMs(0),
            until: Some(UnixMs(1_000)),
        }
    }

    #[test]
    fn a_hold_says_why_and_when_it_is_looked_at_again() {
        let now = UnixMs(500);
        assert_eq!(hold(1, 2).check(now), Ok(()));
        assert_eq!(hold(2, 2).check(now), Err(HoldError::Backwards));
        let check = |hold: Hold| hold.check(now).unwrap_err();
        assert_eq!(check(Hold { reason: "  x  ".into(), ..hold(1, 2) }), HoldError::NoReason);
        assert_eq!(check(Hold { until: Some(now), ..hold(1, 2) }), HoldError::Review);
        assert_eq!(check(Hold { until: None, ..hold(1, 2) }), HoldError::Review);
        let far = Some(UnixMs(500 + 180 * 86_400_000 + 1));
        assert_eq!(check(Hold { until: far, ..hold(1, 2) }), HoldError::Review);
        assert_eq!(check(Hold { kind: HoldKind::Ticket, ..hold(1, 2) }), HoldError::NoTicket);
    }

    #[test]
    fn held_times_of_a_camera_are_joined_until_their_review() {
        let other = Hold { camera: CameraId::try_from("yard").unwrap(), ..hold(100, 200) };
        let over = Hold { until: Some(UnixMs(9)), ..hold(300, 400) };
        let held = Held::of(
            &[hold(20, 30), hold(5, 10), hold(8, 20), other, over],
            &CameraId::try_from("gate").unwrap(),
            UnixMs(9),
        );
        let check = |from, to, end: Option<i64>| {
            assert_eq!(held.over(UnixMs(from), UnixMs(to)), end.map(UnixMs), "{from} to {to}");
        };
        check(0, 4, None);
        check(0, 5, Some(30));
        check(29, 40, Some(30));
        check(31, 400, None);
        check(40, 3, Some(30));
    }
}
