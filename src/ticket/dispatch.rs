//! Classify, choose the member, take an order back.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use super::Severity;
use super::act::{Effect, Rejected, Standing};
use super::clocks::ClockName;
use super::life::{Life, Offer, State};
use super::lifecycle::{Moment, Step, not_allowed};
use crate::clock::UnixMs;
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
    if !codes::CATEGORIES.contains(&category) {
        return Err(Rejected::UnknownCategory { category: category.to_owned() });
    }
    if place.trim().is_empty() {
        return Err(Rejected::NoPlace);
    }
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

/// Offers a confirmed, classified ticket to a member on shift.
pub(super) fn offer(life: &Life, to: (&str, &str, Standing), at: Moment) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    let State::Confirmed { verified, .. } = &life.state else {
        return Err(not_allowed(life));
    };
    if life.category.is_none() {
        return Err(Rejected::NoCategory);
    }
    match standing {
        Standing::OnShift => {}
        Standing::OffShift => return Err(Rejected::MemberOffShift { member: member.into() }),
        Standing::Unknown => return Err(Rejected::UnknownMember { member: member.into() }),
    }
    let offer = Offer {
        id: id.to_owned(),
        member: member.to_owned(),
        at: at.now,
        received: None,
        acked: None,
        on_scene: None,
    };
    let clock = at.policy.start(life.severity, ClockName::Ack, at.now);
    let offered = State::Offered { verified: verified.clone(), offer, clock };
    let mut sent = Step::to(life, offered).and(Effect::SendOrder);
    sent.life.offers += 1;
    Ok(sent)
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
    Ok(Step::to(life, confirmed).and(Effect::WithdrawOrder {
        member: offer.member.clone(),
        offer: offer.id.clone(),
        reason: reason.trim().to_owned(),
    }))
}

/// What is known of a member when an order is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub display: String,
    pub on_shift: bool,
    /// Orders that this member has open.
    pub open_work: u32,
    pub last_order: Option<UnixMs>,
    /// Whether the phone is connected; unknown with an outside broker.
    pub phone_online: Option<bool>,
}

/// Best first: on shift, least open work, longest since the last order, then by name, so that
/// equal candidates always come in the same order (VM-3).
#[must_use]
pub fn rank(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        b.on_shift
            .cmp(&a.on_shift)
            .then(a.open_work.cmp(&b.open_work))
            .then(a.last_order.cmp(&b.last_order))
            .then(a.name.cmp(&b.name))
    });
    candidates
}

#[cfg(test)]
mod tests {
    use super::{Candidate, rank};
    use crate::clock::UnixMs;

    fn member(name: &str, on_shift: bool, open_work: u32, last: Option<i64>) -> Candidate {
        Candidate {
            name: name.into(),
            display: name.into(),
            on_shift,
            open_work,
            last_order: last.map(UnixMs),
            phone_online: None,
        }
    }

    fn check(members: &[Candidate], expect: &[&str]) {
        let ranked = rank(members.to_vec());
        let names: Vec<&str> = ranked.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, expect);
    }

    #[test]
    fn candidates_come_by_shift_work_rest_and_name() {
        let off = member("a", false, 0, None);
        let busy = member("b", true, 2, None);
        let rested = member("c", true, 0, Some(10));
        let fresh = member("d", true, 0, Some(99));
        let never = member("e", true, 0, None);
        check(&[off.clone(), busy.clone(), fresh.clone()], &["d", "b", "a"]);
        check(&[fresh, rested, never], &["e", "c", "d"]);
        check(&[member("y", true, 0, None), member("x", true, 0, None)], &["x", "y"]);
    }
}
