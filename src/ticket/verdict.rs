//! The verdict: who looks, what they found, and how a verdict is corrected or a ticket reopened.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Rejected, Verdict};
use super::clocks::ClockName;
use super::crew;
use super::life::{Dismissal, Life, State, Verified};
use super::lifecycle::{Moment, Step, known, not_allowed};

pub(super) fn claim(life: &Life, at: Moment) -> Result<Step, Rejected> {
    match &life.state {
        State::Verifying { by, .. } if *by == at.actor.name => Ok(Step::unchanged(life)),
        State::New { clock } | State::Verifying { clock, .. } => {
            Ok(Step::to(life, State::Verifying { by: at.actor.name.clone(), clock: *clock }))
        }
        _ => Err(not_allowed(life)),
    }
}

/// Refuses a verdict by anybody but the one who looks; with nobody looking, everybody may.
pub(super) fn verdict_is_mine(life: &Life, at: Moment) -> Result<(), Rejected> {
    match &life.state {
        State::New { .. } => Ok(()),
        State::Verifying { by, .. } if *by == at.actor.name => Ok(()),
        State::Verifying { by, .. } => Err(Rejected::ClaimedByOther { by: by.clone() }),
        _ => Err(not_allowed(life)),
    }
}

pub(super) fn confirm(life: &Life, evidence: usize, at: Moment) -> Result<Step, Rejected> {
    if life.crew.is_unverified() {
        return crew::confirm_after(life, evidence, at);
    }
    verdict_is_mine(life, at)?;
    confirmed(life, evidence, at)
}

/// Valid from now on: the clocks of dispatch and of closure begin.
fn confirmed(life: &Life, evidence: usize, at: Moment) -> Result<Step, Rejected> {
    if evidence == 0 {
        return Err(Rejected::NoEvidence);
    }
    let verified = Verified::now(at.actor, at.now);
    let clock = at.policy.clock(life, ClockName::Dispatch, at.now);
    let mut step = Step::to(life, State::Confirmed { verified, clock });
    step.life.beside = Some(at.policy.clock(life, ClockName::Close, at.now));
    Ok(step)
}

pub(super) fn false_alarm(
    life: &Life,
    (reason, note): (&str, &str),
    at: Moment,
) -> Result<Step, Rejected> {
    dismissible(life, at)?;
    Ok(dismissed(life, checked((reason, note), at)?, at))
}

/// A false alarm with a reason of the table; "other" says what.
fn checked((reason, note): (&str, &str), at: Moment) -> Result<Dismissal, Rejected> {
    known(&at.policy.rules().codes.false_alarm, reason)?;
    if reason == "other" && note.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    Ok(Dismissal::FalseAlarm { reason: reason.to_owned() })
}

pub(super) fn test_alarm(life: &Life, at: Moment) -> Result<Step, Rejected> {
    dismissible(life, at)?;
    Ok(dismissed(life, Dismissal::Test, at))
}

/// What was sent out before the verdict may be dismissed by anybody, at any time.
fn dismissible(life: &Life, at: Moment) -> Result<(), Rejected> {
    if life.crew.is_unverified() && life.state.is_open() {
        return Ok(());
    }
    verdict_is_mine(life, at)
}

fn dismissed(life: &Life, dismissal: Dismissal, at: Moment) -> Step {
    let by = at.actor.name.clone();
    let mut step = Step::to(life, State::Dismissed { by, at: at.now, dismissal });
    (step.life.beside, step.life.request) = (None, None);
    step
}

/// Back to the queue. The time for the verdict runs on, and beside it the time for a second look,
/// which begins with the first doubt: saying it again does not gain any.
pub(super) fn undetermined(life: &Life, at: Moment) -> Result<Step, Rejected> {
    verdict_is_mine(life, at)?;
    let clock = life.state.clock().expect("a ticket that waits for a verdict has its clock");
    let mut step = Step::to(life, State::New { clock });
    let second_look = || at.policy.clock(life, ClockName::Undetermined, at.now);
    step.life.beside = Some(life.beside.unwrap_or_else(second_look));
    Ok(step)
}

/// What a correction of a verdict goes by, as the desk finds it.
#[derive(Clone, Copy, Debug)]
pub struct Correction<'a> {
    /// The line of the log that the person says is wrong, and the last verdict in it.
    pub named: i64,
    pub last: Option<i64>,
    pub verdict: &'a Verdict,
    pub reason: &'a str,
}

/// A verdict is corrected by a new one that names the old one, with a reason; the old one stays in
/// the log. Once somebody has been sent, the order is taken back first.
pub(super) fn correct(life: &Life, with: Correction, at: Moment) -> Result<Step, Rejected> {
    let ended = match &life.state {
        State::Dismissed { at, .. } => Some(*at),
        State::Confirmed { .. } => None,
        _ => return Err(not_allowed(life)),
    };
    if with.last != Some(with.named) {
        return Err(Rejected::AnotherVerdict { last: with.last.unwrap_or_default() });
    }
    if with.reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    if let Some(ended) = ended {
        within_reach(ended, at)?;
    }
    match with.verdict {
        Verdict::Confirmed { evidence } if ended.is_some() => confirmed(life, *evidence, at),
        Verdict::Confirmed { .. } => Err(not_allowed(life)),
        Verdict::FalseAlarm { reason, note } => {
            Ok(dismissed(life, checked((reason, note), at)?, at))
        }
        Verdict::Test => Ok(dismissed(life, Dismissal::Test, at)),
    }
}

fn within_reach(ended: crate::clock::UnixMs, at: Moment) -> Result<(), Rejected> {
    let within = at.policy.rules().reopen_within;
    if at.now > at.policy.after(ended, within, 100) {
        return Err(Rejected::TooLate { within: within.to_string() });
    }
    Ok(())
}

/// A closed ticket is opened again: it waits for dispatch, with new clocks, and is counted.
pub(super) fn reopen(life: &Life, reason: &str, at: Moment) -> Result<Step, Rejected> {
    let State::Closed(closed) = &life.state else {
        return Err(not_allowed(life));
    };
    if closed.archived.is_some() {
        return Err(not_allowed(life));
    }
    within_reach(closed.at, at)?;
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let clock = at.policy.clock(life, ClockName::Dispatch, at.now);
    let verified = closed.verified.clone();
    let mut step = Step::to(life, State::Confirmed { verified, clock });
    step.life.beside = Some(at.policy.clock(life, ClockName::Close, at.now));
    step.life.reopened += 1;
    Ok(step)
}
