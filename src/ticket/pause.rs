//! What the centre may ask of a ticket's time: suspend it, park it (挂账), or more of it (延期).
//!
//! One asks, with a reason; a shift leader or the director who is somebody else decides. While a
//! ticket is paused its clocks stand still: their due times move by as much, and the time is kept
//! apart for every statistic. Late stays late: a clock that has run out is not extended.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::Role;
use super::act::{Effect, Rejected};
use super::clocks::{ClockName, Running};
use super::ladder::Due;
use super::life::{Life, State};
use super::lifecycle::{Moment, Step, not_allowed};
use crate::clock::UnixMs;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The clocks stand still for `for_ms` at most.
    Suspend { for_ms: i64 },
    /// It is kept on the books and looked at again from time to time.
    Park,
    /// A clock that runs gets `by_ms` more.
    Extend { clock: ClockName, by_ms: i64 },
}

impl Wish {
    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Suspend { .. } => "suspend",
            Self::Park => "park",
            Self::Extend { .. } => "extend",
        }
    }
}

/// Something asked for and not yet decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub wish: Wish,
    /// A code of the rules for `suspend` and `park`; free words for `extend`.
    pub reason: String,
    pub note: String,
    pub by: String,
    pub at: UnixMs,
}

/// Why the clocks stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Suspended,
    Parked,
}

impl Kind {
    /// The word of the state.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Parked => "parked",
        }
    }
}

/// A ticket whose clocks stand still.
#[derive(Clone, Debug, PartialEq)]
pub struct Paused {
    pub kind: Kind,
    pub request: Request,
    pub granted_by: String,
    pub since: UnixMs,
    /// The state it goes on in.
    pub inside: State,
    pub beside: Option<Running>,
    /// How long it may last, or when it is looked at again.
    pub clock: Running,
}

/// Somebody asks.
pub(super) fn ask(
    life: &Life,
    wish: &Wish,
    why: (&str, &str),
    at: Moment,
) -> Result<Step, Rejected> {
    let (reason, note) = (why.0.trim(), why.1.trim());
    if let Some(request) = &life.request {
        let same = request.by == at.actor.name && request.wish == *wish && request.reason == reason;
        return if same {
            Ok(Step::unchanged(life))
        } else {
            Err(Rejected::AlreadyAsked { by: request.by.clone() })
        };
    }
    fits(life, wish, at)?;
    reasoned(wish, (reason, note), at)?;
    let request = Request {
        wish: wish.clone(),
        reason: reason.to_owned(),
        note: note.to_owned(),
        by: at.actor.name.clone(),
        at: at.now,
    };
    let mut asked = Step::unchanged(life);
    asked.life.request = Some(request);
    Ok(asked)
}

/// Whether the state and the limits of the rules allow it.
fn fits(life: &Life, wish: &Wish, at: Moment) -> Result<(), Rejected> {
    let works = matches!(
        life.state,
        State::Confirmed { .. }
            | State::Accepted { .. }
            | State::OnScene { .. }
            | State::Handled { .. }
    );
    match wish {
        Wish::Suspend { for_ms } => {
            let max = at.policy.rules().suspension.max;
            let longest = at.policy.after(at.now, max, 100);
            if *for_ms <= 0 || at.now.plus_ms(*for_ms) > longest {
                return Err(Rejected::TooLong { max: max.to_string() });
            }
            if works { Ok(()) } else { Err(not_allowed(life)) }
        }
        // Nobody is on the way to what is parked.
        Wish::Park => match life.state {
            State::Confirmed { .. } | State::Handled { .. } => Ok(()),
            _ => Err(not_allowed(life)),
        },
        Wish::Extend { clock, by_ms } => extendable(life, (*clock, *by_ms), at),
    }
}

fn extendable(life: &Life, (clock, by_ms): (ClockName, i64), at: Moment) -> Result<(), Rejected> {
    let rules = at.policy.rules().extension;
    if matches!(life.state, State::Paused(_) | State::Closed(_)) {
        return Err(not_allowed(life));
    }
    let mut clocks = life.state.clock().into_iter().chain(life.beside);
    let Some(running) = clocks.find(|running| running.name == clock) else {
        return Err(Rejected::ClockNotRunning { clock: clock.as_str() });
    };
    if life.extensions >= rules.max {
        return Err(Rejected::ExtendedBefore);
    }
    if running.due <= at.now || running.is_late() {
        return Err(Rejected::RanOut { clock: clock.as_str() });
    }
    let longest = at.policy.span(life, clock).percent(rules.max_percent);
    if by_ms <= 0 || by_ms > longest {
        return Err(Rejected::TooLong { max: format!("{} min", longest / 60_000) });
    }
    Ok(())
}

fn reasoned(wish: &Wish, (reason, note): (&str, &str), at: Moment) -> Result<(), Rejected> {
    let rules = at.policy.rules();
    let table = match wish {
        Wish::Suspend { .. } => &rules.suspension.reasons,
        Wish::Park => &rules.parking.reasons,
        Wish::Extend { .. } if reason.is_empty() => return Err(Rejected::NoReason),
        Wish::Extend { .. } => return Ok(()),
    };
    if !table.iter().any(|known| known == reason) {
        return Err(Rejected::UnknownReason { reason: reason.to_owned() });
    }
    // What is kept on the books says why in writing, and "other" says what.
    if (*wish == Wish::Park || reason == "other") && note.is_empty() {
        return Err(Rejected::NoReason);
    }
    Ok(())
}

/// The request, if this person may decide it: a shift leader or the director, not who asked.
fn decidable<'a>(life: &'a Life, at: Moment) -> Result<&'a Request, Rejected> {
    let request = life.request.as_ref().ok_or(Rejected::NothingAsked)?;
    if !matches!(at.actor.role, Role::ShiftLeader | Role::Director) {
        return Err(Rejected::NeedsSupervisor);
    }
    if request.by == at.actor.name {
        return Err(Rejected::OwnRequest);
    }
    Ok(request)
}

/// Somebody else grants what was asked.
pub(super) fn grant(life: &Life, at: Moment) -> Result<Step, Rejected> {
    let request = decidable(life, at)?;
    fits(life, &request.wish, at)?;
    let mut granted = Step::unchanged(life);
    granted.life.request = None;
    let (kind, due) = match &request.wish {
        Wish::Extend { clock, by_ms } => {
            extend(&mut granted.life, *clock, *by_ms);
            return Ok(told(granted));
        }
        Wish::Suspend { for_ms } => (Kind::Suspended, at.now.plus_ms(*for_ms)),
        Wish::Park => (Kind::Parked, review_due(at)),
    };
    granted.life.state = State::Paused(Box::new(Paused {
        kind,
        request: request.clone(),
        granted_by: at.actor.name.clone(),
        since: at.now,
        inside: life.state.clone(),
        beside: life.beside,
        clock: Running::new(ClockName::Pause, at.now, due),
    }));
    granted.life.beside = None;
    Ok(told(granted))
}

fn review_due(at: Moment) -> UnixMs {
    at.policy.after(at.now, at.policy.rules().parking.review_every, 100)
}

fn extend(life: &mut Life, clock: ClockName, by_ms: i64) {
    if let Some(running) = life.state.clock().filter(|running| running.name == clock) {
        life.state.set_clock(running.moved(by_ms));
    }
    life.beside = life.beside.map(|running| match running.name {
        name if name == clock => running.moved(by_ms),
        _ => running,
    });
    life.extensions += 1;
}

/// The member who has the order sees the new time.
fn told(step: Step) -> Step {
    let has_order = matches!(step.life.state.offer(), Some(offer) if offer.acked.is_some());
    if has_order { step.and(Effect::TellMember { reason: None }) } else { step }
}

/// Somebody else denies what was asked, or who asked takes it back.
pub(super) fn deny(life: &Life, reason: &str, at: Moment) -> Result<Step, Rejected> {
    let request = life.request.as_ref().ok_or(Rejected::NothingAsked)?;
    if request.by != at.actor.name {
        decidable(life, at)?;
    }
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let mut denied = Step::unchanged(life);
    denied.life.request = None;
    Ok(denied)
}

/// The clocks go on before their time.
pub(super) fn resume(life: &Life, reason: &str, at: Moment) -> Result<Step, Rejected> {
    if !matches!(life.state, State::Paused(_)) {
        return Err(not_allowed(life));
    }
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let mut resumed = Step::unchanged(life);
    resumed.life = gone_on(life, at.now);
    Ok(told(resumed))
}

/// The life as it goes on: every clock later by the time that it stood still.
#[must_use]
pub fn gone_on(life: &Life, now: UnixMs) -> Life {
    let State::Paused(paused) = &life.state else { return life.clone() };
    let stood_ms = now.since_ms(paused.since).max(0);
    let mut on = Life { state: paused.inside.clone(), beside: paused.beside, ..life.clone() };
    if let Some(running) = on.state.clock() {
        on.state.set_clock(running.moved(stood_ms));
    }
    on.beside = on.beside.map(|running| running.moved(stood_ms));
    match paused.kind {
        Kind::Suspended => on.suspended_ms += stood_ms,
        Kind::Parked => on.parked_ms += stood_ms,
    }
    on
}

/// The time of a pause has passed: a suspension ends, parked work waits for its next review; the
/// shift leader is told of both.
pub(super) fn over(mut fired: Step, due: &Due, at: Moment) -> Step {
    let State::Paused(paused) = &fired.life.state else { return fired };
    let tell = Effect::Tell { deadline: due.deadline, to: due.to.clone() };
    if paused.kind == Kind::Suspended {
        // It ends when its time has passed, also when the daemon was away then.
        fired.life = gone_on(&fired.life, due.deadline.due);
        return told(fired.and(tell));
    }
    let clock = Running::new(ClockName::Pause, at.now, review_due(at));
    fired.life.state.set_clock(clock);
    fired.and(tell)
}
