//! What the log keeps of an act: enough for every report, without the state beside it.

#![allow(clippy::wildcard_enum_match_arm, reason = "every state that is not named refuses the act")]

use serde_json::{Map, Value, json};

use super::act::{Act, Verdict};
use super::clocks::Running;
use super::ladder::{Deadline, Due, Level};
use super::life::{Life, State};
use super::pause::Wish;
use super::{Role, Severity, Ticket, TicketId};
use crate::clock::UnixMs;

/// One line of the log. `version` counts from 1 without gaps within a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub ticket: TicketId,
    pub number: i64,
    pub version: i64,
    pub at: UnixMs,
    pub actor: String,
    pub role: Role,
    /// The act's word; `open` for the first line.
    pub input: String,
    /// Facts of the act and the clock that it started, as JSON.
    pub detail: Value,
}

/// The facts of the first line.
#[must_use]
pub fn opened(ticket: &Ticket) -> Value {
    let origin = &ticket.origin;
    let reason = origin.reason.as_ref();
    let mut detail = json!({
        "source": origin.source.as_str(),
        "camera": origin.camera.as_str(),
        "camera_name": origin.camera_name,
        "rule": reason.map(|r| r.rule.as_str()),
        "rule_name": origin.rule_name,
        "zone": reason.map(|r| r.zone.as_str()),
        "class": reason.and_then(|r| r.class).map(|c| c.as_str()),
        "text": origin.text,
        "seen_ms": origin.at.0,
        "severity": ticket.life.severity.as_str(),
        "category": ticket.life.proposed_category,
        "place": ticket.life.place,
        "policy": ticket.life.policy,
    });
    clock_into(detail.as_object_mut().expect("it was written as an object"), &ticket.life);
    detail
}

/// The facts of an act between two lives.
#[must_use]
pub fn detail(before: &Life, act: &Act, after: &Life) -> Value {
    let mut detail = facts(before, act, after);
    // That a step of its ladder has fired does not start a clock anew.
    let run = |c: Running| (c.name, c.started, c.due);
    let clock = |life: &Life| life.state.clock().map(run);
    if clock(before) != clock(after) {
        clock_into(&mut detail, after);
    }
    if before.beside.map(run) != after.beside.map(run) {
        detail.insert("beside".into(), beside(after));
    }
    let moved = after.suspended_ms - before.suspended_ms + after.parked_ms - before.parked_ms;
    if moved > 0 {
        detail.insert("stood_ms".into(), json!(moved));
    }
    Value::Object(detail)
}

/// The clock beside the state's own; null when it has stopped.
fn beside(life: &Life) -> Value {
    life.beside.map_or(Value::Null, |clock| Value::Object(times(&clock)))
}

fn clock_into(detail: &mut Map<String, Value>, life: &Life) {
    if let Some(clock) = life.state.clock() {
        detail.extend(times(&clock));
    }
}

/// A clock as the log tells it; that nothing moved it goes without saying.
fn times(clock: &Running) -> Map<String, Value> {
    let mut facts = Map::new();
    facts.insert("clock".into(), json!(clock.name.as_str()));
    facts.insert("started_ms".into(), json!(clock.started.0));
    facts.insert("due_ms".into(), json!(clock.due.0));
    if clock.chain != clock.started {
        facts.insert("chain_ms".into(), json!(clock.chain.0));
    }
    if clock.moved_ms != 0 {
        facts.insert("moved_ms".into(), json!(clock.moved_ms));
    }
    facts
}

fn facts(before: &Life, act: &Act, after: &Life) -> Map<String, Value> {
    let value = match act {
        Act::Join => json!({ "count": after.count }),
        Act::Separate { event } => json!({ "count": after.count, "event": event }),
        Act::Claim => json!({ "from": claimed_by(&before.state) }),
        Act::Confirm { evidence, .. } => json!({ "evidence": evidence }),
        Act::FalseAlarm { reason, note } => json!({ "reason": reason, "note": note }),
        Act::Undetermined { note } | Act::TestAlarm { note } | Act::CheckPass { note } => {
            json!({ "note": note, "member": member(before) })
        }
        Act::Classify { category, severity, place, reason } => {
            classified(before, (category, *severity, place), reason)
        }
        Act::Dispatch { .. }
        | Act::DispatchAhead { .. }
        | Act::Reoffer { .. }
        | Act::Support { .. }
        | Act::CallOff { .. }
        | Act::Nobody
        | Act::Somebody => asked(before, act, after),
        Act::Withdraw { reason } => json!({ "reason": reason, "member": member(before) }),
        Act::Received { offer } | Act::Ack { offer } | Act::OnScene { offer } => {
            json!({ "offer": offer })
        }
        Act::Refuse { offer, reason } => json!({ "offer": offer, "reason": reason }),
        Act::Reply { offer, disposition, text, photos } => json!({
            "offer": offer,
            "disposition": disposition,
            "text": text.trim(),
            "photos": photos,
        }),
        Act::CheckReturn { reason } => json!({ "reason": reason, "member": member(before) }),
        Act::Review { items, note } => json!({
            "items": items.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "note": note,
            "score": review_score(after),
            "member": member(before),
        }),
        Act::Correct { named, verdict, reason, .. } => json!({
            "named": named,
            "verdict": verdict.as_str(),
            "code": match verdict {
                Verdict::FalseAlarm { reason, .. } => Some(reason),
                Verdict::Confirmed { .. } | Verdict::Test => None,
            },
            "reason": reason.trim(),
        }),
        Act::Reopen { reason } | Act::Resume { reason } | Act::Deny { reason } => {
            json!({ "reason": reason.trim(), "asked": wished(before), "member": member(before) })
        }
        Act::Ask { wish, reason, note } => json!({
            "wish": wish.as_str(), "reason": reason.trim(), "note": note.trim(),
            "asked": wished(after),
        }),
        Act::Grant => json!({ "asked": wished(before), "member": member(before) }),
        Act::Acknowledge { deadline, .. } => fired(deadline),
        Act::Due(due) => told(before, due),
    };
    match value {
        Value::Object(mut map) => {
            if let Some(part) = part(before, act) {
                map.insert(part.into(), json!(true));
            }
            map
        }
        _ => unreachable!("every arm above writes an object"),
    }
}

/// Whom an order went to, or that there was nobody.
fn asked(before: &Life, act: &Act, after: &Life) -> Value {
    match act {
        Act::Dispatch { offer, member, .. } | Act::Support { offer, member, .. } => {
            json!({ "offer": offer, "member": member })
        }
        Act::DispatchAhead { offer, member, class, .. } => json!({
            "offer": offer,
            "member": member,
            "category": class.category,
            "severity": class.severity.as_str(),
            "place": class.place.trim(),
            "old_severity": before.severity.as_str(),
        }),
        Act::Reoffer { offer, member, .. } => json!({
            "offer": offer,
            "member": member,
            "old_member": self::member(before),
            "old_offer": before.state.offer().map(|offer| &offer.id),
        }),
        Act::CallOff { offer, reason } => json!({
            "offer": offer,
            "reason": reason.trim(),
            "member": before.crew.support(offer).map(|support| &support.offer.member),
        }),
        Act::Nobody | Act::Somebody => {
            json!({ "since_ms": after.crew.nobody_since.or(before.crew.nobody_since).map(|at| at.0) })
        }
        _ => Value::Null,
    }
}

/// What sets a line apart from one of the same word: an answer of a supporting member, a verdict on
/// what was sent out before it.
fn part(before: &Life, act: &Act) -> Option<&'static str> {
    match act {
        Act::Received { offer }
        | Act::Ack { offer }
        | Act::OnScene { offer }
        | Act::Refuse { offer, .. }
        | Act::Reply { offer, .. } => before.crew.support(offer).map(|_| "support"),
        Act::Confirm { .. } | Act::FalseAlarm { .. } | Act::TestAlarm { .. } => {
            before.crew.is_unverified().then_some("ahead")
        }
        _ => None,
    }
}

/// What somebody has asked for.
fn wished(life: &Life) -> Option<Value> {
    let request = life.request.as_ref()?;
    let (clock, for_ms) = match request.wish {
        Wish::Suspend { for_ms } => (None, Some(for_ms)),
        Wish::Park => (None, None),
        Wish::Extend { clock, by_ms } => (Some(clock.as_str()), Some(by_ms)),
    };
    Some(json!({
        "wish": request.wish.as_str(), "by": request.by, "reason": request.reason,
        "note": request.note, "clock": clock, "for_ms": for_ms,
    }))
}

/// Which step of which run of which clock.
fn fired(deadline: &Deadline) -> Value {
    json!({
        "of": deadline.clock.as_str(),
        "from_ms": deadline.from.0,
        "level": deadline.level.as_str(),
        "percent": deadline.percent,
        "fired_due_ms": deadline.due.0,
    })
}

/// A step that fired, and whom it reached.
fn told(before: &Life, due: &Due) -> Value {
    let mut facts = fired(&due.deadline);
    facts["to"] = json!(due.to);
    if due.deadline.level == Level::Late {
        facts["overdue"] = json!(due.deadline.clock.as_str());
        facts["overdue_ms"] = json!(due.deadline.due.0);
        facts["member"] = json!(member(before));
    }
    facts
}

fn classified(before: &Life, class: (&str, Severity, &str), reason: &str) -> Value {
    let (category, severity, place) = class;
    let mut facts = json!({
        "category": category,
        "severity": severity.as_str(),
        "place": place,
        "old_category": before.category,
        "old_severity": before.severity.as_str(),
        "old_due_ms": before.state.clock().map(|c| c.due.0),
    });
    if !reason.trim().is_empty() {
        facts["reason"] = json!(reason.trim());
    }
    facts
}

fn claimed_by(state: &State) -> Option<&str> {
    match state {
        State::Verifying { by, .. } => Some(by),
        State::New { .. }
        | State::Dismissed { .. }
        | State::Confirmed { .. }
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnScene { .. }
        | State::Handled { .. }
        | State::Paused(_)
        | State::Closed(_) => None,
    }
}

fn member(life: &Life) -> Option<&str> {
    life.state.offer().map(|offer| offer.member.as_str())
}

fn review_score(life: &Life) -> Option<u8> {
    match &life.state {
        State::Closed(closed) => closed.review.as_ref().and_then(|review| review.score),
        State::New { .. }
        | State::Verifying { .. }
        | State::Dismissed { .. }
        | State::Confirmed { .. }
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnScene { .. }
        | State::Handled { .. }
        | State::Paused(_) => None,
    }
}
