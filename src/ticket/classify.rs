//! What it is, how urgent, and where. Said again, the clocks that run are counted anew.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Effect, Rejected};
use super::life::{Life, State};
use super::lifecycle::{Moment, Step, not_allowed};
use super::{Severity, dispatch};

/// A confirmed ticket gets its category, severity and place. Every clock that runs is counted by
/// them from its own start; the log keeps the old due times.
pub(super) fn classify(
    life: &Life,
    class: (&str, Severity, &str),
    why: (&str, Moment),
) -> Result<Step, Rejected> {
    let ((category, severity, place), (reason, at)) = (class, why);
    let out = match life.state {
        State::Confirmed { .. } => false,
        State::Offered { .. }
        | State::Accepted { .. }
        | State::OnScene { .. }
        | State::Handled { .. } => true,
        _ => return Err(not_allowed(life)),
    };
    dispatch::valid(category, place, at)?;
    // S1 < S4: a greater severity word is the lesser urgency.
    if severity > life.severity && life.offers > 0 && reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let mut classified = Step::unchanged(life);
    classified.life.category = Some(category.to_owned());
    classified.life.severity = severity;
    classified.life.place = place.trim().to_owned();
    if classified.life == *life {
        return Ok(classified);
    }
    let mut counted = classified.life.clone();
    if let Some(running) = life.state.clock() {
        counted.state.set_clock(at.policy.again(&classified.life, running));
    }
    counted.beside = life.beside.map(|running| at.policy.again(&classified.life, running));
    classified.life = counted;
    let acked = life.state.offer().is_some_and(|offer| offer.acked.is_some());
    Ok(if out && acked { classified.and(Effect::TellMember { reason: None }) } else { classified })
}
