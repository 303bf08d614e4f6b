//! What dispatch adds to the life of a ticket: members who support the one responsible, an order
//! before the verdict, and that nobody could be asked.
//!
//! **Invariant:** one owner. The order in the ticket's state is the owner's; a supporting member
//! has an order and receipts of his own, but neither his arrival nor his reply moves the ticket.

use serde_json::{Value, json};

use super::act::{Effect, Rejected, Standing};
use super::life::{Life, Offer, State, Verified};
use super::lifecycle::{Moment, Step, not_allowed};
use crate::clock::UnixMs;

/// Beside the order of the one responsible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crew {
    pub supports: Vec<Support>,
    /// Since when nobody can be asked; the shift leader knows.
    pub nobody_since: Option<UnixMs>,
    /// Sent out before the verdict; stays for ever.
    pub ahead: Option<Ahead>,
}

/// A member who comes besides the one responsible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    pub offer: Offer,
    /// When he handed back.
    pub done: Option<UnixMs>,
}

/// An order that went out before the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    pub by: String,
    pub at: UnixMs,
    /// Who confirmed it afterwards, and when.
    pub confirmed: Option<(String, UnixMs)>,
}

impl Crew {
    /// The support with this order.
    #[must_use]
    pub fn support(&self, offer: &str) -> Option<&Support> {
        self.supports.iter().find(|support| support.offer.id == offer)
    }

    /// Orders of supporting members that are still out.
    pub fn out(&self) -> impl Iterator<Item = &Offer> {
        self.supports.iter().filter(|support| support.done.is_none()).map(|support| &support.offer)
    }

    /// Whether this supporting member could become the one responsible: nobody is, or does not
    /// answer.
    #[must_use]
    pub fn may_take_over(&self, state: &State, member: &str) -> bool {
        matches!(state, State::Confirmed { .. } | State::Offered { .. })
            && self.out().any(|offer| offer.member == member)
    }

    /// Sent out, and nobody has confirmed it yet.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.confirmed.is_none())
    }
}

/// A second member is asked to come; the owner stays responsible.
pub(super) fn support(
    life: &Life,
    to: (&str, &str, Standing),
    at: Moment,
) -> Result<Step, Rejected> {
    let (id, member, standing) = to;
    let (State::Offered { offer: owner, .. }
    | State::Accepted { offer: owner, .. }
    | State::OnScene { offer: owner, .. }) = &life.state
    else {
        return Err(not_allowed(life));
    };
    if owner.member == member || life.crew.out().any(|offer| offer.member == member) {
        return Err(Rejected::MemberHasOrder { member: member.to_owned() });
    }
    may_be_sent(member, standing)?;
    let mut sent = Step::unchanged(life)
        .and(Effect::SendSupport { offer: id.to_owned() })
        .and(Effect::TellMember { reason: None });
    sent.life.crew.supports.push(Support { offer: Offer::new(id, member, at.now), done: None });
    sent.life.offers += 1;
    Ok(sent)
}

/// Whether a member may be sent an order at all.
pub(super) fn may_be_sent(member: &str, standing: Standing) -> Result<(), Rejected> {
    let member = member.to_owned();
    match standing {
        Standing::OnShift => Ok(()),
        Standing::OffShift => Err(Rejected::MemberOffShift { member }),
        Standing::NotSignedOn => Err(Rejected::MemberNotSignedOn { member }),
        Standing::Suspended => Err(Rejected::MemberSuspended { member }),
        Standing::NotCapable => Err(Rejected::MemberNotCapable { member }),
        Standing::HasOrder => Err(Rejected::MemberHasOrder { member }),
        Standing::Unknown => Err(Rejected::UnknownMember { member }),
    }
}

/// What a supporting member answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Received,
    Ack,
    OnScene,
    Done,
    Refuse,
}

/// The answer of a supporting member to his own order; `None` when the order is not a support's.
pub(super) fn answer(
    life: &Life,
    offer: &str,
    word: Word,
    at: Moment,
) -> Option<Result<Step, Rejected>> {
    let place = life.crew.supports.iter().position(|support| support.offer.id == offer)?;
    let support = &life.crew.supports[place];
    if support.offer.member != at.actor.name {
        return Some(Err(Rejected::WrongMember { member: support.offer.member.clone() }));
    }
    if support.done.is_some() {
        return Some(Ok(Step::unchanged(life)));
    }
    let mut step = Step::unchanged(life);
    if word == Word::Refuse {
        step.life.crew.supports.remove(place);
        return Some(Ok(step.and(Effect::TellMember { reason: None })));
    }
    if word == Word::Done && support.offer.on_scene.is_none() {
        return Some(Err(Rejected::NotOnScene));
    }
    let mine = &mut step.life.crew.supports[place];
    mine.offer.received = mine.offer.received.or(Some(at.now));
    if matches!(word, Word::Ack | Word::OnScene) {
        mine.offer.acked = mine.offer.acked.or(Some(at.now));
    }
    if word == Word::OnScene {
        mine.offer.on_scene = mine.offer.on_scene.or(Some(at.now));
    }
    if word == Word::Done {
        mine.done = Some(at.now);
    }
    if step.life == *life || word == Word::Received {
        return Some(Ok(step));
    }
    let told = step.and(Effect::TellSupport { offer: offer.to_owned() });
    Some(Ok(told.and(Effect::TellMember { reason: None })))
}

/// The centre calls a supporting member off.
pub(super) fn call_off(life: &Life, offer: &str, reason: &str) -> Result<Step, Rejected> {
    let his = life.crew.out().find(|out| out.id == offer).cloned();
    let offer = his.ok_or(Rejected::OfferOver)?;
    if reason.trim().is_empty() {
        return Err(Rejected::NoReason);
    }
    let mut step = Step::unchanged(life);
    step.life.crew.supports.retain(|support| support.offer.id != offer.id);
    Ok(step.and(taken_back(&offer, reason.trim())).and(Effect::TellMember { reason: None }))
}

/// A supporting member becomes the one responsible: his old order is over, the new one replaces it.
pub(super) fn promoted(mut step: Step, member: &str) -> Step {
    let his = step.life.crew.out().find(|offer| offer.member == member).cloned();
    let Some(offer) = his else { return step };
    step.life.crew.supports.retain(|support| support.offer.id != offer.id);
    step.effects.insert(0, taken_back(&offer, "now_responsible"));
    step
}

/// Orders that the new state leaves without a purpose are taken back: those of supporting members
/// once the owner has replied or the ticket is over, and the owner's when it is dismissed.
pub(super) fn settle(before: &Life, mut step: Step) -> Step {
    let over = !step.life.state.is_open();
    if over || matches!(step.life.state, State::Handled { .. }) {
        let reason = if over { step.life.state.as_str() } else { "owner_replied" };
        let gone: Vec<Offer> = step.life.crew.out().cloned().collect();
        step.life.crew.supports.retain(|support| support.done.is_some());
        step.effects.extend(gone.into_iter().map(|offer| taken_back(&offer, reason)));
    }
    if let (State::Dismissed { .. }, Some(offer)) = (&step.life.state, before.state.offer()) {
        step.effects.push(taken_back(offer, "dismissed"));
    }
    let order = |life: &Life| life.state.offer().map(|offer| offer.id.clone());
    let waits = matches!(step.life.state, State::Confirmed { .. } | State::Offered { .. });
    if !waits || (order(&step.life).is_some() && order(before) != order(&step.life)) {
        step.life.crew.nobody_since = None;
    }
    step
}

/// The phone is told that an order is taken back.
pub(super) fn taken_back(offer: &Offer, reason: &str) -> Effect {
    Effect::WithdrawOrder {
        member: offer.member.clone(),
        offer: offer.id.clone(),
        reason: reason.to_owned(),
    }
}

/// Somebody else finds valid what was sent out before the verdict.
pub(super) fn confirm_after(life: &Life, evidence: usize, at: Moment) -> Result<Step, Rejected> {
    let Some(ahead) = life.crew.ahead.as_ref().filter(|ahead| ahead.confirmed.is_none()) else {
        return Err(not_allowed(life));
    };
    if ahead.by == at.actor.name {
        return Err(Rejected::OwnDispatch);
    }
    if evidence == 0 {
        return Err(Rejected::NoEvidence);
    }
    let mut confirmed = Step::unchanged(life);
    let verdict = (at.actor.name.clone(), at.now);
    confirmed.life.crew.ahead = Some(Ahead { confirmed: Some(verdict), ..ahead.clone() });
    // Who confirmed it answers for it; the time to close runs since it was sent out.
    if let Some(verified) = confirmed.life.state.verified_mut() {
        *verified = Verified { by: at.actor.name.clone(), at: verified.at };
    }
    Ok(confirmed)
}

/// Nobody may be asked: marked once, until somebody may.
pub(super) fn nobody(life: &Life, now: UnixMs) -> Result<Step, Rejected> {
    match &life.state {
        State::Confirmed { .. } | State::Offered { .. } => {
            let mut marked = Step::unchanged(life);
            marked.life.crew.nobody_since = life.crew.nobody_since.or(Some(now));
            Ok(marked)
        }
        State::New { .. }
        | State::Verifying { .. }
        | State::Dismissed { .. }
        | State::Accepted { .. }
        | State::OnScene { .. }
        | State::Handled { .. }
        | State::Paused(_)
        | State::Closed(_) => Err(not_allowed(life)),
    }
}

/// Somebody may be asked again.
pub(super) fn somebody(life: &Life) -> Step {
    let mut found = Step::unchanged(life);
    found.life.crew.nobody_since = None;
    found
}

fn offer_json(offer: &Offer) -> Value {
    let ms = |at: Option<UnixMs>| at.map(|at| at.0);
    json!({
        "id": offer.id,
        "member": offer.member,
        "at": offer.at.0,
        "received": ms(offer.received),
        "acked": ms(offer.acked),
        "on_scene": ms(offer.on_scene),
    })
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn ms(value: &Value, key: &str) -> Option<UnixMs> {
    value.get(key)?.as_i64().map(UnixMs)
}

impl Crew {
    /// As it is kept in the ticket's row.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut kept = json!({});
        if !self.supports.is_empty() {
            let support = |support: &Support| {
                let mut one = offer_json(&support.offer);
                one["done"] = json!(support.done.map(|at| at.0));
                one
            };
            kept["supports"] = self.supports.iter().map(support).collect();
        }
        if let Some(since) = self.nobody_since {
            kept["nobody_since"] = json!(since.0);
        }
        if let Some(Ahead { by, at, confirmed }) = &self.ahead {
            kept["ahead"] = json!({ "by": by, "at": at.0 });
            if let Some((name, when)) = confirmed {
                kept["ahead"]["confirmed_by"] = json!(name);
                kept["ahead"]["confirmed_at"] = json!(when.0);
            }
        }
        kept
    }

    /// From the ticket's row; `None` when it is not one of ours.
    #[must_use]
    pub fn parse(kept: &Value) -> Option<Self> {
        let support = |one: &Value| {
            let offer = Offer {
                id: text(one, "id")?,
                member: text(one, "member")?,
                at: ms(one, "at")?,
                received: ms(one, "received"),
                acked: ms(one, "acked"),
                on_scene: ms(one, "on_scene"),
            };
            Some(Support { offer, done: ms(one, "done") })
        };
        let supports = kept.get("supports").and_then(Value::as_array);
        let ahead = |one: &Value| {
            let confirmed = text(one, "confirmed_by").zip(ms(one, "confirmed_at"));
            Some(Ahead { by: text(one, "by")?, at: ms(one, "at")?, confirmed })
        };
        Some(Self {
            supports: supports.into_iter().flatten().map(support).collect::<Option<_>>()?,
            nobody_since: ms(kept, "nobody_since"),
            ahead: match kept.get("ahead") {
                Some(one) => Some(ahead(one)?),
                None => None,
            },
        })
    }
}
