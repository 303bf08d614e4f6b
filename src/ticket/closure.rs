//! The check by somebody else, and the review afterwards.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::act::{Effect, Rejected};
use super::clocks::ClockName;
use super::life::{Closed, Life, Review, State};
use super::lifecycle::{Moment, Step, not_allowed};
use crate::config::codes;

/// The check is passed; the ticket closes.
pub(super) fn pass(life: &Life, at: Moment) -> Result<Step, Rejected> {
    let State::Handled { verified, offer, reply, .. } = &life.state else {
        return Err(not_allowed(life));
    };
    if life.crew.is_unverified() {
        return Err(Rejected::NotVerified);
    }
    checker(&offer.member, &verified.by, at)?;
    let closed = State::Closed(Box::new(Closed {
        verified: verified.clone(),
        offer: offer.clone(),
        reply: reply.clone(),
        by: at.actor.name.clone(),
        at: at.now,
        review: None,
        archived: None,
    }));
    let mut passed = Step::to(life, closed).and(Effect::TellMember { reason: None });
    passed.life.request = None;
    Ok(passed)
}

/// The check is not passed; the member goes on, with a new clock for the reply.
pub(super) fn send_back(life: &Life, reason: &str, at: Moment) -> Result<Step, Rejected> {
    let State::Handled { verified, offer, clock: closing, .. } = &life.state else {
        return Err(not_allowed(life));
    };
    checker(&offer.member, &verified.by, at)?;
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let clock = at.policy.clock(life, ClockName::Reply, at.now);
    let back = State::OnScene { verified: verified.clone(), offer: offer.clone(), clock };
    let mut back = Step::to(life, back).and(Effect::TellMember { reason: Some(reason.to_owned()) });
    back.life.beside = Some(*closing);
    Ok(back)
}

/// Whoever handled or confirmed it does not check it (separation of duties, VM-4).
fn checker(handler: &str, verifier: &str, at: Moment) -> Result<(), Rejected> {
    match at.actor.name.as_str() {
        name if name == handler => Err(Rejected::HandlerCannotCheck),
        name if name == verifier => Err(Rejected::VerifierCannotCheck),
        _ => Ok(()),
    }
}

/// A reviewer scores a closed ticket (VM-5); neither handler, verifier nor checker.
pub(super) fn review(
    life: &Life,
    items: &[(String, String)],
    note: &str,
    at: Moment,
) -> Result<Step, Rejected> {
    let State::Closed(closed) = &life.state else {
        return Err(not_allowed(life));
    };
    if let Some(review) = &closed.review {
        return Err(Rejected::AlreadyReviewed { by: review.by.clone() });
    }
    let involved = [&closed.offer.member, &closed.verified.by, &closed.by];
    if involved.contains(&&at.actor.name) {
        return Err(Rejected::ReviewerWasInvolved);
    }
    let items = form(items)?;
    let review = Review {
        by: at.actor.name.clone(),
        at: at.now,
        score: score(&items),
        items,
        note: note.trim().to_owned(),
    };
    let reviewed = Closed { review: Some(review), ..(**closed).clone() };
    Ok(Step::to(life, State::Closed(Box::new(reviewed))))
}

/// All ten items in the order of the form.
fn form(items: &[(String, String)]) -> Result<Vec<(String, String)>, Rejected> {
    let answer = |item: &&str| {
        let found = items.iter().find(|(name, _)| name == *item).map(|(_, mark)| mark.as_str());
        match found {
            Some(mark @ ("yes" | "no" | "na")) => Ok(((*item).to_owned(), mark.to_owned())),
            _ => Err(Rejected::ReviewIncomplete { item: (*item).to_owned() }),
        }
    };
    codes::REVIEW_ITEMS.iter().map(answer).collect()
}

/// score = 100 yes / (yes + no), rounded; `None` when nothing applied (`domain` 4.6).
#[must_use]
pub fn score(items: &[(String, String)]) -> Option<u8> {
    let count = |mark: &str| items.iter().filter(|(_, m)| m == mark).count();
    let (yes, no) = (count("yes"), count("no"));
    if yes + no == 0 {
        return None;
    }
    let percent = (200 * yes + yes + no) / (2 * (yes + no));
    Some(u8::try_from(percent).expect("a share is at most 100 percent"))
}
