//! The whole life of a ticket on one screen.
//!
//! `step` is pure: what it returns is committed by the desk, state, log line and effects together.
//! The same act again from the same person is `unchanged`, because duplicates are normal.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Act, Class, Effect, Rejected, Standing, Verdict};
use super::clocks::{ClockName, Policy};
use super::life::{Life, State};
use super::pause::Wish;
use super::verdict::Correction;
use super::{
    Actor, Role, Severity, answer, classify, closure, crew, dispatch, ladder, pause, verdict,
};
use crate::clock::UnixMs;
use crate::config::codes;

/// What an accepted act leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub life: Life,
    pub effects: Vec<Effect>,
}

impl Step {
    /// Only the state changes.
    #[must_use]
    pub fn to(life: &Life, state: State) -> Self {
        Self { life: Life { state, ..life.clone() }, effects: Vec::new() }
    }

    /// With something to do besides.
    #[must_use]
    pub fn and(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Nothing changes: the act was a duplicate.
    #[must_use]
    pub fn unchanged(life: &Life) -> Self {
        Self { life: life.clone(), effects: Vec::new() }
    }
}

/// One act on one ticket at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub actor: &'a Actor,
    /// Whether the actor is on any line of the roster now.
    pub standing: Standing,
    pub now: UnixMs,
    pub policy: &'a Policy,
}

/// The next life of a ticket, or why not.
///
/// # Errors
/// The refusal that the regulation demands, with its code.
pub fn step(life: &Life, act: &Act, at: Moment) -> Result<Step, Rejected> {
    on_shift(act, at)?;
    turn(life, act, at).map(|step| crew::settle(life, step))
}

fn turn(life: &Life, act: &Act, at: Moment) -> Result<Step, Rejected> {
    match act {
        Act::Join => join(life),
        Act::Separate { .. } => separate(life),
        Act::Claim => verdict::claim(life, at),
        Act::Confirm { evidence, reporter, others_on_duty } => {
            if reporter.as_ref() == Some(&at.actor.name) && *others_on_duty > 0 {
                return Err(Rejected::OwnReport);
            }
            verdict::confirm(life, *evidence, at)
        }
        Act::FalseAlarm { reason, note } => verdict::false_alarm(life, (reason, note), at),
        Act::TestAlarm { .. } => verdict::test_alarm(life, at),
        Act::Undetermined { .. } => verdict::undetermined(life, at),
        Act::Correct { named, last, verdict, reason } => {
            let with = Correction { named: *named, last: *last, verdict, reason };
            verdict::correct(life, with, at)
        }
        Act::Classify { category, severity, place, reason } => {
            classify::classify(life, (category, *severity, place), (reason, at))
        }
        Act::Dispatch { offer, member, standing } => {
            dispatch::offer(life, (offer, member, *standing), at)
        }
        Act::DispatchAhead { offer, member, standing, class, permitted } => {
            verdict::verdict_is_mine(life, at)?;
            if !permitted {
                return Err(Rejected::VerifyFirst);
            }
            dispatch::ahead(life, (offer, member, *standing), class, at)
        }
        Act::Reoffer { offer, member, standing } => {
            dispatch::reoffer(life, (offer, member, *standing), at)
        }
        Act::Support { offer, member, standing } => {
            crew::support(life, (offer, member, *standing), at)
        }
        Act::CallOff { offer, reason } => crew::call_off(life, offer, reason),
        Act::Nobody => crew::nobody(life, at.now),
        Act::Somebody => Ok(crew::somebody(life)),
        Act::Withdraw { reason } => dispatch::withdraw(life, reason, at),
        Act::Received { .. }
        | Act::Ack { .. }
        | Act::Refuse { .. }
        | Act::OnScene { .. }
        | Act::Reply { .. } => answered(life, act, at),
        Act::CheckPass { .. } => closure::pass(life, at),
        Act::CheckReturn { reason } => closure::send_back(life, reason, at),
        Act::Review { items, note } => closure::review(life, items, note, at),
        Act::Reopen { reason } => verdict::reopen(life, reason, at),
        Act::Ask { wish, reason, note } => pause::ask(life, wish, (reason, note), at),
        Act::Grant => pause::grant(life, at),
        Act::Deny { reason } => pause::deny(life, reason, at),
        Act::Resume { reason } => pause::resume(life, reason, at),
        Act::Acknowledge { to, .. } => ladder::acknowledge(life, to, at),
        Act::Due(due) => ladder::fire(life, due, at),
    }
}

/// What a member says of the running order. One that comes while the ticket is suspended sets its
/// clocks going again: the work goes on.
fn answered(life: &Life, act: &Act, at: Moment) -> Result<Step, Rejected> {
    let on = pause::gone_on(life, at.now);
    let step = match act {
        Act::Received { offer } => answer::received(&on, offer, at),
        Act::Ack { offer } => answer::ack(&on, offer, at),
        Act::Refuse { offer, reason } => answer::refuse(&on, offer, reason, at),
        Act::OnScene { offer } => answer::on_scene(&on, offer, at),
        Act::Reply { offer, disposition, text, photos } => {
            answer::reply(&on, offer, answer::Answered { disposition, text, photos }, at)
        }
        _ => Err(not_allowed(life)),
    }?;
    // What changes nothing, such as the same answer again, leaves the pause alone.
    Ok(if step.life == on { Step::unchanged(life) } else { step })
}

/// Operators and shift leaders work on tickets only while the roster has them (VM-2); the director
/// is not on the roster, and reviews are done, and escalations acknowledged, at any time.
fn on_shift(act: &Act, at: Moment) -> Result<(), Rejected> {
    let rostered = matches!(at.actor.role, Role::Operator | Role::ShiftLeader);
    let exempt = matches!(act, Act::Review { .. } | Act::Acknowledge { .. });
    if rostered && !exempt && at.standing != Standing::OnShift {
        return Err(Rejected::ActorOffShift { name: at.actor.name.clone() });
    }
    Ok(())
}

/// Refuses a reason that the code table does not have.
pub(super) fn known(table: &[String], reason: &str) -> Result<(), Rejected> {
    if table.iter().any(|known| known == reason) {
        return Ok(());
    }
    Err(Rejected::UnknownReason { reason: reason.to_owned() })
}

/// The refusal for an act that does not belong to this state.
pub(super) fn not_allowed(life: &Life) -> Rejected {
    Rejected::NotAllowed { state: life.state.as_str() }
}

fn join(life: &Life) -> Result<Step, Rejected> {
    if !life.state.is_open() {
        return Err(not_allowed(life));
    }
    let mut joined = Step::unchanged(life);
    joined.life.count += 1;
    Ok(joined)
}

/// One firing less; the first stays, or there would be nothing to observe.
fn separate(life: &Life) -> Result<Step, Rejected> {
    if !life.state.is_open() {
        return Err(not_allowed(life));
    }
    let mut separated = Step::unchanged(life);
    separated.life.count =
        life.count.checked_sub(1).filter(|n| *n > 0).ok_or(Rejected::NotJoined)?;
    Ok(separated)
}

/// The acts that the state, the person's part in it and the clock allow now, by their words; what
/// they need besides (a reason, a category, a free member) is seen when they are tried.
#[must_use]
pub fn possible(life: &Life, at: Moment) -> Vec<&'static str> {
    let rules = at.policy.rules();
    let code = |first: Option<&String>| first.cloned().unwrap_or_default();
    let yes = |item: &&str| ((*item).to_owned(), "yes".to_owned());
    let all_yes = codes::REVIEW_ITEMS.iter().map(yes).collect();
    let tries = [
        Act::Separate { event: "e".into() },
        Act::Claim,
        Act::confirm(1),
        Act::FalseAlarm { reason: code(rules.codes.false_alarm.first()), note: String::new() },
        Act::Undetermined { note: String::new() },
        Act::TestAlarm { note: String::new() },
        Act::Support { offer: "o".into(), member: "m".into(), standing: Standing::OnShift },
        Act::DispatchAhead {
            offer: "o".into(),
            member: "m".into(),
            standing: Standing::OnShift,
            class: Class {
                category: code(rules.codes.categories.first()),
                severity: Severity::S1,
                place: "p".into(),
            },
            permitted: true,
        },
        Act::Classify {
            category: code(rules.codes.categories.first()),
            severity: life.severity,
            place: "somewhere".into(),
            reason: "r".into(),
        },
        Act::Dispatch { offer: "o".into(), member: "m".into(), standing: Standing::OnShift },
        Act::Withdraw { reason: "r".into() },
        Act::CheckPass { note: String::new() },
        Act::CheckReturn { reason: "r".into() },
        Act::Review { items: all_yes, note: String::new() },
        Act::Reopen { reason: "r".into() },
        Act::Correct { named: 1, last: Some(1), verdict: Verdict::Test, reason: "r".into() },
        Act::Ask {
            wish: Wish::Suspend { for_ms: 60_000 },
            reason: code(rules.suspension.reasons.first()),
            note: "n".into(),
        },
        Act::Ask {
            wish: Wish::Park,
            reason: code(rules.parking.reasons.first()),
            note: "n".into(),
        },
        Act::Ask {
            wish: Wish::Extend { clock: extends(life), by_ms: 1 },
            reason: "r".into(),
            note: String::new(),
        },
        Act::Grant,
        Act::Deny { reason: "r".into() },
        Act::Resume { reason: "r".into() },
    ];
    let category = life.category.clone().or_else(|| rules.codes.categories.first().cloned());
    let classified = Life { category, ..life.clone() };
    tries.iter().filter(|act| step(&classified, act, at).is_ok()).map(Act::as_str).collect()
}

/// The clock that more time is asked for: the state's own.
fn extends(life: &Life) -> ClockName {
    life.state.clock().map_or(ClockName::Close, |running| running.name)
}

#[cfg(test)]
#[path = "lifecycle_test/mod.rs"]
mod test;
