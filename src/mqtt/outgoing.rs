//! From what the desk decides to what stands on the wire. Pure.
//!
//! The body is written when the change is committed and never again, so that a message that is
//! sent twice is the same message.

use serde::Serialize;

use super::topic::{Member, SiteTopics, Topic};
use super::wire::{
    Body, CameraHealth, Drill, Duty, EscalationNote, EventNote, Order, OrderState, ReasonNote,
    Refused, Reminder, StateNote, Unattended, UnattendedTicket, Withdraw,
};
use crate::camera::{CameraState, CameraStatus};
use crate::clock::UnixMs;
use crate::config::Instruction;
use crate::duty::unattended::{Alarm, Waiting};
use crate::event::facts;
use crate::store::outbox::Outgoing;
use crate::ticket::act::{Effect, Rejected};
use crate::ticket::crew::Support;
use crate::ticket::ladder::Deadline;
use crate::ticket::life::{Life, Offer, State};
use crate::ticket::{Origin, Ticket};

/// The message of an effect; `None` when there is nobody to tell. `still`: evidence id of the
/// ticket's picture.
#[must_use]
pub fn of_effect(
    topics: &SiteTopics,
    ticket: &Ticket,
    effect: &Effect,
    still: Option<&str>,
) -> Option<Outgoing> {
    match effect {
        Effect::SendOrder => {
            let offer = ticket.life.state.offer()?;
            Some(about(ticket, order_topic(topics, &offer.member)?, order(ticket, offer, still)))
        }
        Effect::SendSupport { offer } => {
            let offer = &ticket.life.crew.support(offer)?.offer;
            let order = Order { part: "support", ..order(ticket, offer, still) };
            Some(about(ticket, order_topic(topics, &offer.member)?, order))
        }
        Effect::TellSupport { offer } => {
            let support = ticket.life.crew.support(offer)?;
            let note = support_note(support)?;
            Some(about(ticket, order_topic(topics, &support.offer.member)?, note))
        }
        Effect::WithdrawOrder { member, offer, reason } => {
            let note = Withdraw { offer: offer.clone(), reason: reason.clone() };
            Some(about(ticket, order_topic(topics, member)?, note))
        }
        Effect::TellMember { reason } => {
            let offer = ticket.life.state.offer()?;
            let note = state_note(&ticket.life, offer, reason.clone())?;
            Some(about(ticket, order_topic(topics, &offer.member)?, note))
        }
        Effect::Announce => Some(about(ticket, topics.event(), event_note(ticket))),
        Effect::Tell { deadline, to } => tell(topics, ticket, deadline, to),
    }
}

/// An order with what the centre says about its category.
#[must_use]
pub fn with_instruction(mut out: Outgoing, all: &[Instruction]) -> Outgoing {
    let of = |one: &&Instruction| out.body["category"] == *one.category;
    if out.kind == Order::TYPE
        && let Some(found) = all.iter().find(of)
    {
        out.body["instruction"] = found.text.clone().into();
        out.body["checks"] = found.check.clone().into();
    }
    out
}

/// A drill to one member.
#[must_use]
pub fn of_drill(topics: &SiteTopics, member: &Member, drill: Drill) -> Outgoing {
    message(topics.order(member), drill)
}

/// A reminder goes to the phone of whoever has the order; what ran out goes to whoever supervises.
fn tell(
    topics: &SiteTopics,
    ticket: &Ticket,
    deadline: &Deadline,
    to: &[String],
) -> Option<Outgoing> {
    let life = &ticket.life;
    let clock = life.state.clock().filter(|clock| clock.name == deadline.clock);
    let due_ms = clock.or(life.beside).map_or(deadline.due.0, |clock| clock.due.0);
    if deadline.level.is_reminder() {
        let offer = life.state.offer().filter(|offer| to.contains(&offer.member))?;
        let note = Reminder {
            offer: offer.id.clone(),
            clock: deadline.clock.as_str().to_owned(),
            percent: deadline.percent,
            due_ms,
        };
        return Some(about(ticket, order_topic(topics, &offer.member)?, note));
    }
    let note = EscalationNote {
        number: ticket.number,
        severity: life.severity.as_str().to_owned(),
        category: life.category.clone(),
        place: life.place.clone(),
        clock: deadline.clock.as_str().to_owned(),
        level: deadline.level.as_str().to_owned(),
        percent: deadline.percent,
        due_ms,
        to: to.to_vec(),
    };
    Some(about(ticket, topics.escalation(), note))
}

/// What the phone is told of an answer that was refused.
#[must_use]
pub fn of_refusal(
    topics: &SiteTopics,
    member: &Member,
    ticket: Option<&str>,
    refused: Refused,
) -> Outgoing {
    Outgoing { ticket: ticket.map(str::to_owned), ..message(topics.order(member), refused) }
}

/// What the phone is told when the desk refused its answer.
#[must_use]
pub fn of_order_refusal(
    topics: &SiteTopics,
    order: &crate::ticket::task::Order,
    rejected: &Rejected,
) -> Option<Outgoing> {
    let member = Member::try_from(order.actor.name.as_str()).ok()?;
    let refused = Refused {
        answer: order.answer.clone()?,
        code: rejected.code().to_owned(),
        message: rejected.to_string(),
    };
    Some(of_refusal(topics, &member, Some(&order.ticket.0), refused))
}

/// A camera's health, kept by the broker for whoever comes later.
#[must_use]
pub fn of_camera(topics: &SiteTopics, status: &CameraStatus, named: (&str, &str)) -> Outgoing {
    let state = match status.state {
        CameraState::Connecting => "connecting",
        CameraState::Live => "live",
        CameraState::Down => "down",
    };
    let health = CameraHealth {
        id: status.camera.as_str().to_owned(),
        name: named.0.to_owned(),
        place: named.1.to_owned(),
        state: state.to_owned(),
        since_ms: status.since.0,
        code: status.code.map(str::to_owned),
        message: status.message.clone(),
        fps: status.fps,
        frame_at_ms: status.frame_at.map(|at| at.0),
        frames_dropped: status.frames_dropped,
    };
    message(topics.camera_health(&status.camera), health)
}

/// Whether a member is on duty and until when, kept by the broker for the phone that comes later.
#[must_use]
pub fn of_duty(topics: &SiteTopics, member: &Member, until: Option<UnixMs>) -> Outgoing {
    let duty = Duty { on: until.is_some(), until_ms: until.map(|until| until.0) };
    message(topics.duty(member), duty)
}

/// Nobody is on duty and observations wait: who is told, and of what.
#[must_use]
pub fn of_unattended(topics: &SiteTopics, alarm: &Alarm) -> Outgoing {
    let one = |waiting: &Waiting| UnattendedTicket {
        ticket: waiting.ticket.0.clone(),
        number: waiting.number,
        severity: waiting.severity.as_str().to_owned(),
        place: waiting.place.clone(),
        at_ms: waiting.opened.0,
    };
    let note = Unattended {
        since_ms: (alarm.spell.0 > 0).then_some(alarm.spell.0),
        told: alarm.told.clone(),
        observations: alarm.waiting.iter().map(one).collect(),
    };
    message(topics.unattended(), note)
}

fn message<B: Body + Serialize>(topic: Topic, body: B) -> Outgoing {
    Outgoing {
        topic: topic.name,
        kind: B::TYPE,
        retain: topic.retain,
        ticket: None,
        hold: None,
        body: serde_json::to_value(body).expect("wire structs have text keys"),
    }
}

fn about<B: Body + Serialize>(ticket: &Ticket, topic: Topic, body: B) -> Outgoing {
    Outgoing { ticket: Some(ticket.id.0.clone()), ..message(topic, body) }
}

/// Accounts whose name cannot stand in a topic are refused when they are made.
fn order_topic(topics: &SiteTopics, member: &str) -> Option<Topic> {
    Member::try_from(member).ok().map(|member| topics.order(&member))
}

fn order(ticket: &Ticket, offer: &Offer, still: Option<&str>) -> Order {
    let life = &ticket.life;
    Order {
        offer: offer.id.clone(),
        number: ticket.number,
        category: life.category.clone().unwrap_or_else(|| life.proposed_category.clone()),
        severity: life.severity.as_str().to_owned(),
        place: life.place.clone(),
        camera_name: ticket.origin.camera_name.clone(),
        reason: reason_note(&ticket.origin),
        part: "owner",
        owner: life.state.offer().map(|owner| owner.member.clone()),
        unverified: life.crew.is_unverified(),
        ack_due_ms: life.state.clock().map_or(offer.at.0, |clock| clock.due.0),
        still: still.map(str::to_owned),
        instruction: None,
        checks: Vec::new(),
    }
}

/// How a supporting member's order stands; he has no clock of his own.
fn support_note(support: &Support) -> Option<StateNote> {
    let state = match (support.done, support.offer.on_scene, support.offer.acked) {
        (Some(_), ..) => OrderState::Closed,
        (None, Some(_), _) => OrderState::OnScene,
        (None, None, Some(_)) => OrderState::Accepted,
        (None, None, None) => return None,
    };
    let offer = support.offer.id.clone();
    Some(StateNote { offer, state, due_ms: None, clock: None, reason: None, supports: Vec::new() })
}

fn state_note(life: &Life, offer: &Offer, reason: Option<String>) -> Option<StateNote> {
    let state = match &life.state {
        State::Accepted { .. } => OrderState::Accepted,
        State::OnScene { .. } if reason.is_some() => OrderState::Returned,
        State::OnScene { .. } => OrderState::OnScene,
        State::Handled { .. } => OrderState::Handled,
        State::Closed(_) => OrderState::Closed,
        State::Paused(_) => OrderState::Suspended,
        State::New { .. }
        | State::Verifying { .. }
        | State::Dismissed { .. }
        | State::Confirmed { .. }
        | State::Offered { .. } => return None,
    };
    let clock = life.state.clock();
    Some(StateNote {
        offer: offer.id.clone(),
        state,
        due_ms: clock.map(|clock| clock.due.0),
        clock: clock.map(|clock| clock.name.as_str().to_owned()),
        reason,
        supports: life.crew.out().map(|offer| offer.member.clone()).collect(),
    })
}

fn event_note(ticket: &Ticket) -> EventNote {
    EventNote {
        camera: ticket.origin.camera.as_str().to_owned(),
        rule: ticket.origin.reason.as_ref().map_or(String::new(), |r| r.rule.clone()),
        at_ms: ticket.origin.at.0,
        ticket: ticket.id.0.clone(),
        number: ticket.number,
        severity: ticket.life.severity.as_str().to_owned(),
        reason: reason_note(&ticket.origin),
    }
}

fn reason_note(origin: &Origin) -> ReasonNote {
    let Some(reason) = &origin.reason else {
        let text = origin.text.clone();
        return ReasonNote { kind: "manual".into(), text, ..ReasonNote::default() };
    };
    ReasonNote {
        kind: reason.kind.as_str().to_owned(),
        zone: Some(reason.zone.clone()),
        zone_name: None,
        class: reason.class.map(|class| class.as_str().to_owned()),
        score: Some(reason.score),
        dwell_ms: Some(reason.dwell_ms),
        armed: Some(reason.armed.clone()),
        facts: facts::to_json(&reason.facts),
        text: None,
    }
}
