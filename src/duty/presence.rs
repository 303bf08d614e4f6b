//! Presence checks: a nudge on the console of who is signed on to duty and has not acted for long.
//!
//! Any act is a sign of presence, so that nobody is asked who works. A missed check is written down
//! and nothing else happens; one whose time passed while the daemon was away lapses and is held
//! against nobody. Pure.

use crate::clock::UnixMs;
use crate::config;

/// A check later looked at than this was not waited for: the daemon was away or busy. The pass
/// comes every second.
const WATCHED_MS: i64 = 30_000;

/// How often is asked, and how long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// Without a sign, ms; 0: never asked.
    pub every_ms: i64,
    pub within_ms: i64,
}

impl From<&config::Duty> for Rhythm {
    fn from(duty: &config::Duty) -> Self {
        Self {
            every_ms: i64::from(duty.presence_every_min) * 60_000,
            within_ms: i64::from(duty.presence_within_s) * 1000,
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// UUIDv7.
    pub id: String,
    pub attendance: String,
    pub account: String,
    pub asked: UnixMs,
    pub due: UnixMs,
    /// When and how it ended.
    pub ended: Option<(UnixMs, Outcome)>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The person pressed something for it.
    Answered,
    /// The person acted on a ticket meanwhile.
    Act,
    Missed,
    /// Its time passed while nobody could answer.
    Lapsed,
}

impl Outcome {
    /// The word in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Act => "act",
            Self::Missed => "missed",
            Self::Lapsed => "lapsed",
        }
    }

    /// The outcome of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Answered, Self::Act, Self::Missed, Self::Lapsed];
        all.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What is known of one presence on the line duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs<'a> {
    pub on: UnixMs,
    /// The newest act.
    pub act: Option<UnixMs>,
    /// The newest check.
    pub check: Option<&'a Check>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Ask, with this due time.
    Ask { due: UnixMs },
    /// End the check that waits.
    End { at: UnixMs, outcome: Outcome },
}

/// What is to be done at `now`, if anything.
#[must_use]
pub fn step(signs: Signs, rhythm: Rhythm, now: UnixMs) -> Option<Deed> {
    if let Some(check) = signs.check
        && check.ended.is_none()
    {
        let acted = signs.act.filter(|at| *at >= check.asked && *at <= check.due);
        return match acted {
            Some(at) => Some(Deed::End { at, outcome: Outcome::Act }),
            None if now <= check.due => None,
            None if now.since_ms(check.due) > WATCHED_MS => {
                Some(Deed::End { at: now, outcome: Outcome::Lapsed })
            }
            None => Some(Deed::End { at: check.due, outcome: Outcome::Missed }),
        };
    }
    let last = signs.check.and_then(|check| check.ended.map(|(at, _)| at));
    let last = [Some(signs.on), signs.act, last].into_iter().flatten().max().unwrap_or(signs.on);
    let ask = rhythm.every_ms > 0 && now.since_ms(last) >= rhythm.every_ms;
    ask.then(|| Deed::Ask { due: now.plus_ms(rhythm.within_ms) })
}

/// Whether somebody who forgot to sign off is signed off now: the turn is over, or there was none,
/// and the newest check was missed. The presence then ends with the last sign of it, at the
/// earliest with the turn.
#[must_use]
pub fn forgot(signs: Signs, turn_ends: Option<UnixMs>, now: UnixMs) -> Option<UnixMs> {
    let check = signs.check?;
    let (ended, outcome) = check.ended?;
    let seen = signs.on.max(signs.act.unwrap_or(signs.on));
    let silent = outcome == Outcome::Missed && signs.act.is_none_or(|act| act < check.asked);
    let over = turn_ends.is_none_or(|ends| ends <= check.asked);
    let until = turn_ends.map_or(seen, |ends| ends.max(seen)).min(now);
    (silent && over && ended <= now).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RHYTHM: Rhythm = Rhythm { every_ms: 30 * 60_000, within_ms: 120_000 };

    fn at(minutes: i64, seconds: i64) -> UnixMs {
        UnixMs(minutes * 60_000 + seconds * 1000)
    }

    fn asked(minute: i64, ended: Option<(UnixMs, Outcome)>) -> Check {
        Check {
            id: "c".into(),
            attendance: "a".into(),
            account: "li".into(),
            asked: at(minute, 0),
            due: at(minute + 2, 0),
            ended,
        }
    }

    fn check(act: Option<UnixMs>, last: Option<&Check>, now: UnixMs, expect: Option<Deed>) {
        let signs = Signs { on: at(0, 0), act, check: last };
        assert_eq!(step(signs, RHYTHM, now), expect, "act {act:?}, {last:?}, now {now}");
    }

    #[test]
    fn who_works_is_not_asked() {
        check(None, None, at(29, 59), None);
        check(None, None, at(30, 0), Some(Deed::Ask { due: at(32, 0) }));
        check(Some(at(20, 0)), None, at(30, 0), None);
        check(Some(at(20, 0)), None, at(50, 0), Some(Deed::Ask { due: at(52, 0) }));
        let never = Rhythm { every_ms: 0, ..RHYTHM };
        let signs = Signs { on: at(0, 0), act: None, check: None };
        assert_eq!(step(signs, never, at(600, 0)), None);
    }

    #[test]
    fn any_act_answers_and_silence_is_written_down() {
        let open = asked(30, None);
        let end = |at, outcome| Some(Deed::End { at, outcome });
        check(None, Some(&open), at(31, 59), None);
        check(Some(at(31, 0)), Some(&open), at(31, 1), end(at(31, 0), Outcome::Act));
        check(Some(at(29, 0)), Some(&open), at(31, 0), None);
        check(None, Some(&open), at(32, 1), end(at(32, 0), Outcome::Missed));
        check(Some(at(32, 1)), Some(&open), at(32, 2), end(at(32, 0), Outcome::Missed));
        // The daemon was away: nobody could answer.
        check(None, Some(&open), at(40, 0), end(at(40, 0), Outcome::Lapsed));
        check(Some(at(31, 0)), Some(&open), at(40, 0), end(at(31, 0), Outcome::Act));
    }

    #[test]
    fn the_next_check_comes_after_the_whole_time() {
        let missed = asked(30, Some((at(32, 0), Outcome::Missed)));
        check(None, Some(&missed), at(61, 59), None);
        check(None, Some(&missed), at(62, 0), Some(Deed::Ask { due: at(64, 0) }));
    }

    #[test]
    fn who_forgot_to_sign_off_is_signed_off_with_the_last_sign() {
        let missed = asked(510, Some((at(512, 0), Outcome::Missed)));
        let signs = |act| Signs { on: at(0, 0), act, check: Some(&missed) };
        let ends = Some(at(480, 0));
        assert_eq!(forgot(signs(None), ends, at(513, 0)), Some(at(480, 0)));
        assert_eq!(forgot(signs(Some(at(490, 0))), ends, at(513, 0)), Some(at(490, 0)));
        assert_eq!(forgot(signs(Some(at(512, 30))), ends, at(513, 0)), None, "back at work");
        assert_eq!(forgot(signs(None), Some(at(600, 0)), at(513, 0)), None, "the turn lasts");
        assert_eq!(forgot(signs(Some(at(100, 0))), None, at(513, 0)), Some(at(100, 0)));
        let answered = asked(510, Some((at(511, 0), Outcome::Answered)));
        let there = Signs { check: Some(&answered), ..signs(None) };
        assert_eq!(forgot(there, ends, at(513, 0)), None);
    }
}
