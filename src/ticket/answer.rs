//! What a member's answer means: phone stored, on the way, there, done, or cannot go.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use std::collections::BTreeSet;

use super::act::{Effect, Rejected};
use super::clocks::ClockName;
use super::crew::{self, Word};
use super::life::{Life, Offer, Reply, State, Verified};
use super::lifecycle::{Moment, Step, known, not_allowed};

/// The content of a reply.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    pub disposition: &'a str,
    pub text: &'a str,
    pub photos: &'a [String],
}

/// The running order, if `offer` is it and it is this member's.
fn mine<'a>(life: &'a Life, offer: &str, at: Moment) -> Result<&'a Offer, Rejected> {
    let running = life.state.offer().ok_or(Rejected::OfferOver)?;
    if running.id != offer {
        return Err(Rejected::OfferOver);
    }
    if running.member != at.actor.name {
        return Err(Rejected::WrongMember { member: running.member.clone() });
    }
    Ok(running)
}

/// The phone has stored the order; said again, nothing changes.
pub(super) fn received(life: &Life, offer: &str, at: Moment) -> Result<Step, Rejected> {
    if let Some(done) = crew::answer(life, offer, Word::Received, at) {
        return done;
    }
    if mine(life, offer, at)?.received.is_some() {
        return Ok(Step::unchanged(life));
    }
    let mut state = life.state.clone();
    match &mut state {
        State::Offered { offer, .. }
        | State::Accepted { offer, .. }
        | State::OnScene { offer, .. }
        | State::Handled { offer, .. } => offer.received = Some(at.now),
        State::New { .. }
        | State::Verifying { .. }
        | State::Dismissed { .. }
        | State::Confirmed { .. }
        | State::Paused(_)
        | State::Closed(_) => return Ok(Step::unchanged(life)),
    }
    Ok(Step::to(life, state))
}

/// "I go." A person's receipt; implies the phone's.
pub(super) fn ack(life: &Life, offer: &str, at: Moment) -> Result<Step, Rejected> {
    if let Some(done) = crew::answer(life, offer, Word::Ack, at) {
        return done;
    }
    mine(life, offer, at)?;
    match &life.state {
        State::Offered { verified, offer, .. } => {
            let offer = Offer {
                received: offer.received.or(Some(at.now)),
                acked: Some(at.now),
                ..offer.clone()
            };
            let clock = at.policy.clock(life, ClockName::Arrive, at.now);
            let accepted = State::Accepted { verified: verified.clone(), offer, clock };
            Ok(Step::to(life, accepted).and(Effect::TellMember { reason: None }))
        }
        _ => Ok(Step::unchanged(life)),
    }
}

/// "I cannot go", with a reason; the ticket waits for dispatch again.
pub(super) fn refuse(life: &Life, offer: &str, reason: &str, at: Moment) -> Result<Step, Rejected> {
    if life.crew.support(offer).is_none() {
        mine(life, offer, at)?;
    }
    known(&at.policy.rules().codes.refuse, reason)?;
    if let Some(done) = crew::answer(life, offer, Word::Refuse, at) {
        return done;
    }
    match &life.state {
        State::Offered { verified, .. }
        | State::Accepted { verified, .. }
        | State::OnScene { verified, .. } => {
            let clock = at.policy.clock(life, ClockName::Dispatch, at.now);
            Ok(Step::to(life, State::Confirmed { verified: verified.clone(), clock }))
        }
        _ => Err(not_allowed(life)),
    }
}

/// "I am there." Without an acknowledgement before, it is one.
pub(super) fn on_scene(life: &Life, offer: &str, at: Moment) -> Result<Step, Rejected> {
    if let Some(done) = crew::answer(life, offer, Word::OnScene, at) {
        return done;
    }
    mine(life, offer, at)?;
    match &life.state {
        State::Offered { verified, offer, clock: until_now }
        | State::Accepted { verified, offer, clock: until_now } => {
            let offer = Offer {
                received: offer.received.or(Some(at.now)),
                acked: offer.acked.or(Some(at.now)),
                on_scene: Some(at.now),
                ..offer.clone()
            };
            // It counts from the order, and what has stood still since is nobody's time.
            let clock = at.policy.clock(life, ClockName::Reply, offer.at);
            let clock = clock.moved(until_now.moved_ms);
            let there = State::OnScene { verified: verified.clone(), offer, clock };
            Ok(Step::to(life, there).and(Effect::TellMember { reason: None }))
        }
        _ => Ok(Step::unchanged(life)),
    }
}

/// The reply to the centre; the close clock has run since the confirmation.
pub(super) fn reply(
    life: &Life,
    offer: &str,
    answered: Answered,
    at: Moment,
) -> Result<Step, Rejected> {
    if life.crew.support(offer).is_some() {
        complete(answered, at)?;
    }
    if let Some(done) = crew::answer(life, offer, Word::Done, at) {
        return done;
    }
    mine(life, offer, at)?;
    match &life.state {
        State::OnScene { verified, offer, .. } => {
            complete(answered, at)?;
            let state = handled(life, verified, offer, (answered, at));
            let mut replied = Step::to(life, state).and(Effect::TellMember { reason: None });
            replied.life.beside = None;
            Ok(replied)
        }
        State::Offered { .. } | State::Accepted { .. } => Err(Rejected::NotOnScene),
        _ => Ok(Step::unchanged(life)),
    }
}

fn handled(life: &Life, verified: &Verified, offer: &Offer, said: (Answered, Moment)) -> State {
    let (answered, at) = said;
    State::Handled {
        verified: verified.clone(),
        offer: offer.clone(),
        reply: Reply {
            disposition: answered.disposition.to_owned(),
            text: answered.text.trim().to_owned(),
            photos: answered.photos.to_vec(),
            at: at.now,
        },
        // It has run beside the others; a ticket of an older daemon has none yet.
        clock: life.beside.unwrap_or_else(|| at.policy.clock(life, ClockName::Close, verified.at)),
    }
}

fn complete(answered: Answered, at: Moment) -> Result<(), Rejected> {
    let table = &at.policy.rules().codes.disposition;
    if !table.iter().any(|known| known == answered.disposition) {
        let disposition = answered.disposition.to_owned();
        return Err(Rejected::UnknownDisposition { disposition });
    }
    if answered.text.trim().chars().count() < at.policy.reply_text_min {
        return Err(Rejected::ReplyTooShort { min: at.policy.reply_text_min });
    }
    let distinct: BTreeSet<&String> = answered.photos.iter().collect();
    if distinct.len() < at.policy.reply_photos_min {
        return Err(Rejected::ReplyNeedsPhoto { min: at.policy.reply_photos_min });
    }
    Ok(())
}
