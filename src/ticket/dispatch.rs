//! Classify, choose the member, take an order back.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::Severity;
use super::act::{Class, Effect, Rejected, Standing};
use super::clocks::ClockName;
use super::crew::{self, Ahead};
use super::life::{Life, Offer, State, Verified};
use super::lifecycle::{Moment, Step, not_allowed};
use crate::config::codes;

/// A confirmed ticket gets its category, severity and place; its clock follows the severity.
pub(super) fn classify(
    life: &Life,
    class: (&str, Severity, &str),
    why: (&str, Moment),
) -> Result<Step, Rejected> {
    let ((category, severity, place), (reason, at)) = (class, why);
    let State::Confirmed { verified, clock } = &life.state else {
        return Err(not_allowed(life));
    };
    valid(category, place)?;
    // S1 < S4: a greater severity word is the lesser urgency.
    if severity > life.severity && life.offers > 0 && reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let clock = at.policy.start(severity, ClockName::Dispatch, clock.started);
    let mut classified = Step::to(life, State::Confirmed { verified: verified.clone(), clock });
    classified.life.category = Some(category.to_owned());
    classified.life.severity = severity;
    classified.life.place = place.trim().to_owned();
    Ok(classified)
}

/// What every order needs: a category of the table, and a place.
fn valid(category: &str, place: &str) -> Result<(), Rejected> {
    if !codes::CATEGORIES.contains(&category) {
        return Err(Rejected::UnknownCategory { category: category.to_owned() });
    }
    if place.trim().is_empty() {
        return Err(Rejected::NoPlace);
    }
    Ok(())
}

/// Offers a confirmed, classified ticket to a member on shift.
pub(super) fn offer(life: &Life, to: (&str, &str, Standing), at: Moment) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    let State::Confirmed { verified, .. } = &life.state else {
        return Err(not_allowed(life));
    };
    if life.category.is_none() {
        return Err(Rejected::NoCategory);
    }
    crew::may_be_sent(member, standing)?;
    Ok(crew::promoted(sent(life, verified, (id, member), at), member))
}

/// The order goes out; the member's time to acknowledge runs.
fn sent(life: &Life, verified: &Verified, to: (&str, &str), at: Moment) -> Step {
    let offer = Offer::new(to.0, to.1, at.now);
    let clock = at.policy.start(life.severity, ClockName::Ack, at.now);
    let offered = State::Offered { verified: verified.clone(), offer, clock };
    let mut sent = Step::to(life, offered).and(Effect::SendOrder);
    sent.life.offers += 1;
    sent
}

/// An emergency is classified and sent out before the verdict; the flag stays for ever.
pub(super) fn ahead(
    life: &Life,
    to: (&str, &str, Standing),
    class: &Class,
    at: Moment,
) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    valid(&class.category, &class.place)?;
    crew::may_be_sent(member, standing)?;
    let mut classified = life.clone();
    classified.category = Some(class.category.clone());
    classified.severity = class.severity;
    class.place.trim().clone_into(&mut classified.place);
    classified.crew.ahead = Some(Ahead { by: at.actor.name.clone(), at: at.now, confirmed: None });
    Ok(sent(&classified, &Verified::now(at.actor, at.now), (id, member), at))
}

/// Nobody acknowledged: the order is taken back and the next member is asked.
pub(super) fn reoffer(
    life: &Life,
    to: (&str, &str, Standing),
    at: Moment,
) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    let State::Offered { verified, offer: old, .. } = &life.state else {
        return Err(not_allowed(life));
    };
    if old.member == member {
        return Err(Rejected::MemberHasOrder { member: member.to_owned() });
    }
    crew::may_be_sent(member, standing)?;
    let mut step = sent(life, verified, (id, member), at);
    step.effects.insert(0, crew::taken_back(old, "ack_late"));
    Ok(crew::promoted(step, member))
}

/// The centre takes an order back, with a reason; the ticket waits for dispatch again.
pub(super) fn withdraw(life: &Life, reason: &str, at: Moment) -> Result<Step, Rejected> {
    let (verified, offer) = match &life.state {
        State::Offered { verified, offer, .. }
        | State::Accepted { verified, offer, .. }
        | State::OnScene { verified, offer, .. } => (verified, offer),
        _ => return Err(not_allowed(life)),
    };
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let clock = at.policy.start(life.severity, ClockName::Dispatch, at.now);
    let confirmed = State::Confirmed { verified: verified.clone(), clock };
    Ok(Step::to(life, confirmed).and(crew::taken_back(offer, reason.trim())))
}
