//! The whole life of a ticket on one screen.
//!
//! `step` is pure: what it returns is committed by the desk, state, log line and effects together.
//! The same act again from the same person is `unchanged`, because duplicates are normal.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Act, Effect, Rejected, Standing};
use super::clocks::{ClockName, Policy, Running};
use super::life::{Dismissal, Life, State, Verified};
use super::{Actor, Class, Role, Severity, answer, closure, crew, dispatch};
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
        Act::Claim => claim(life, at),
        Act::Confirm { evidence, reporter, others_on_duty } => {
            if reporter.as_ref() == Some(&at.actor.name) && *others_on_duty > 0 {
                return Err(Rejected::OwnReport);
            }
            confirm(life, *evidence, at)
        }
        Act::FalseAlarm { reason, note } => {
            known(codes::FALSE_ALARM_REASONS, reason)?;
            if reason == "other" && note.trim().is_empty() {
                return Err(Rejected::NoReason);
            }
            dismiss(life, Dismissal::FalseAlarm { reason: reason.clone() }, at)
        }
        Act::TestAlarm { .. } => dismiss(life, Dismissal::Test, at),
        Act::Undetermined { .. } => undetermined(life, at),
        Act::Classify { category, severity, place, reason } => {
            dispatch::classify(life, (category, *severity, place), (reason, at))
        }
        Act::Dispatch { offer, member, standing } => {
            dispatch::offer(life, (offer, member, *standing), at)
        }
        Act::DispatchAhead { offer, member, standing, class, permitted } => {
            verdict_is_mine(life, at)?;
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
        Act::Received { offer } => answer::received(life, offer, at),
        Act::Ack { offer } => answer::ack(life, offer, at),
        Act::Refuse { offer, reason } => answer::refuse(life, offer, reason, at),
        Act::OnScene { offer } => answer::on_scene(life, offer, at),
        Act::Reply { offer, disposition, text, photos } => {
            answer::reply(life, offer, answer::Answered { disposition, text, photos }, at)
        }
        Act::CheckPass { .. } => closure::pass(life, at),
        Act::CheckReturn { reason } => closure::send_back(life, reason, at),
        Act::Review { items, note } => closure::review(life, items, note, at),
        Act::Due { clock } => due(life, *clock, at.now),
    }
}

/// Operators and shift leaders work on tickets only while the roster has them (VM-2); the director
/// is not on the roster, and reviews are done at any time.
fn on_shift(act: &Act, at: Moment) -> Result<(), Rejected> {
    let rostered = matches!(at.actor.role, Role::Operator | Role::ShiftLeader);
    let exempt = matches!(act, Act::Review { .. });
    if rostered && !exempt && at.standing != Standing::OnShift {
        return Err(Rejected::ActorOffShift { name: at.actor.name.clone() });
    }
    Ok(())
}

/// Refuses a reason that the code table does not have.
pub(super) fn known(table: &[&str], reason: &str) -> Result<(), Rejected> {
    if table.contains(&reason) {
        return Ok(());
    }
    Err(Rejected::UnknownReason { reason: reason.to_owned() })
}

/// The refusal for an act that does not belong to this state.
pub(super) const fn not_allowed(life: &Life) -> Rejected {
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

fn claim(life: &Life, at: Moment) -> Result<Step, Rejected> {
    match &life.state {
        State::Verifying { by, .. } if *by == at.actor.name => Ok(Step::unchanged(life)),
        State::New { clock } | State::Verifying { clock, .. } => {
            Ok(Step::to(life, State::Verifying { by: at.actor.name.clone(), clock: *clock }))
        }
        _ => Err(not_allowed(life)),
    }
}

/// Refuses a verdict by anybody but the one who looks; with nobody looking, everybody may.
fn verdict_is_mine(life: &Life, at: Moment) -> Result<(), Rejected> {
    match &life.state {
        State::New { .. } => Ok(()),
        State::Verifying { by, .. } if *by == at.actor.name => Ok(()),
        State::Verifying { by, .. } => Err(Rejected::ClaimedByOther { by: by.clone() }),
        _ => Err(not_allowed(life)),
    }
}

fn confirm(life: &Life, evidence: usize, at: Moment) -> Result<Step, Rejected> {
    if life.crew.is_unverified() {
        return crew::confirm_after(life, evidence, at);
    }
    verdict_is_mine(life, at)?;
    if evidence == 0 {
        return Err(Rejected::NoEvidence);
    }
    let verified = Verified::now(at.actor, at.now);
    let clock = at.policy.start(life.severity, ClockName::Dispatch, at.now);
    Ok(Step::to(life, State::Confirmed { verified, clock }))
}

fn dismiss(life: &Life, dismissal: Dismissal, at: Moment) -> Result<Step, Rejected> {
    if !(life.crew.is_unverified() && life.state.is_open()) {
        verdict_is_mine(life, at)?;
    }
    let by = at.actor.name.clone();
    Ok(Step::to(life, State::Dismissed { by, at: at.now, dismissal }))
}

fn undetermined(life: &Life, at: Moment) -> Result<Step, Rejected> {
    verdict_is_mine(life, at)?;
    let clock = life.state.clock().expect("a ticket that waits for a verdict has its clock");
    Ok(Step::to(life, State::New { clock }))
}

/// Marks a clock as late, once; a clock that no longer runs is a stale reminder.
fn due(life: &Life, clock: ClockName, now: UnixMs) -> Result<Step, Rejected> {
    let runs = life.state.clock().filter(|c| c.name == clock && c.due <= now && !c.late);
    let Some(running) = runs else {
        return Ok(Step::unchanged(life));
    };
    let mut marked = Step::unchanged(life);
    marked.life.state.set_clock(Running { late: true, ..running });
    if !marked.life.late.contains(&clock) {
        marked.life.late.push(clock);
    }
    Ok(marked)
}

/// The acts that the state, the person's part in it and the clock allow now, by their words; what
/// they need besides (a reason, a category, a free member) is seen when they are tried.
#[must_use]
pub fn possible(life: &Life, at: Moment) -> Vec<&'static str> {
    let first = |table: &[&str]| table[0].to_owned();
    let yes = |item: &&str| ((*item).to_owned(), "yes".to_owned());
    let all_yes = codes::REVIEW_ITEMS.iter().map(yes).collect();
    let tries = [
        Act::Separate { event: "e".into() },
        Act::Claim,
        Act::confirm(1),
        Act::FalseAlarm { reason: first(codes::FALSE_ALARM_REASONS), note: String::new() },
        Act::Undetermined { note: String::new() },
        Act::TestAlarm { note: String::new() },
        Act::Support { offer: "o".into(), member: "m".into(), standing: Standing::OnShift },
        Act::DispatchAhead {
            offer: "o".into(),
            member: "m".into(),
            standing: Standing::OnShift,
            class: Class {
                category: first(codes::CATEGORIES),
                severity: Severity::S1,
                place: "p".into(),
            },
            permitted: true,
        },
        Act::Classify {
            category: first(codes::CATEGORIES),
            severity: life.severity,
            place: "somewhere".into(),
            reason: "r".into(),
        },
        Act::Dispatch { offer: "o".into(), member: "m".into(), standing: Standing::OnShift },
        Act::Withdraw { reason: "r".into() },
        Act::CheckPass { note: String::new() },
        Act::CheckReturn { reason: "r".into() },
        Act::Review { items: all_yes, note: String::new() },
    ];
    let category = life.category.clone().or_else(|| Some(first(codes::CATEGORIES)));
    let classified = Life { category, ..life.clone() };
    tries.iter().filter(|act| step(&classified, act, at).is_ok()).map(Act::as_str).collect()
}

#[cfg(test)]
#[path = "lifecycle_test/mod.rs"]
mod test;
