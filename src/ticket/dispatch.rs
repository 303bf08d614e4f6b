//! Choose the member, pass an order on, take it back.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Class, Effect, Rejected, Standing};
use super::clocks::ClockName;
use super::crew::{self, Ahead};
use super::life::{Life, Offer, State, Verified};
use super::lifecycle::{Moment, Step, not_allowed};

/// What every order needs: a category of the table, and a place.
pub(super) fn valid(category: &str, place: &str, at: Moment) -> Result<(), Rejected> {
    if !at.policy.rules().codes.categories.iter().any(|known| known == category) {
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
    let clock = at.policy.clock(life, ClockName::Ack, at.now);
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
    valid(&class.category, &class.place, at)?;
    crew::may_be_sent(member, standing)?;
    let mut classified = life.clone();
    classified.category = Some(class.category.clone());
    classified.severity = class.severity;
    class.place.trim().clone_into(&mut classified.place);
    classified.crew.ahead = Some(Ahead { by: at.actor.name.clone(), at: at.now, confirmed: None });
    let mut gone = sent(&classified, &Verified::now(at.actor, at.now), (id, member), at);
    gone.life.beside = Some(at.policy.clock(&classified, ClockName::Close, at.now));
    Ok(gone)
}

/// Nobody acknowledged: the order is taken back and the next member is asked.
pub(super) fn reoffer(
    life: &Life,
    to: (&str, &str, Standing),
    at: Moment,
) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    let State::Offered { verified, offer: old, clock } = &life.state else {
        return Err(not_allowed(life));
    };
    if old.member == member {
        return Err(Rejected::MemberHasOrder { member: member.to_owned() });
    }
    crew::may_be_sent(member, standing)?;
    let mut step = sent(life, verified, (id, member), at);
    // The member's own time begins anew, the ladder of the centre does not.
    if let Some(own) = step.life.state.clock() {
        step.life.state.set_clock(own.after(clock));
    }
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
    let clock = at.policy.clock(life, ClockName::Dispatch, at.now);
    let confirmed = State::Confirmed { verified: verified.clone(), clock };
    Ok(Step::to(life, confirmed).and(crew::taken_back(offer, reason.trim())))
}
