//! The same facts in the shapes that others know, behind switches: Home Assistant's discovery and
//! Frigate's feed of events. Pure.
//!
//! They are conveniences for integrators at an outside broker. What must not be missed is read from
//! the feed `event`, which has ids and gap-free numbers.

use serde_json::{Value, json};

use super::topic::SiteTopics;
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::store::outbox::{Outgoing, RAW};
use crate::ticket::{State, Ticket};

/// What Home Assistant expects below its own prefix.
const DISCOVERY: &str = "homeassistant";
/// Where Frigate publishes.
const FRIGATE: &str = "frigate/events";

fn raw(topic: String, body: Value) -> Outgoing {
    let retain = topic != FRIGATE;
    Outgoing { topic, kind: RAW, retain, ticket: None, body, hold: None }
}

/// What every entity says of the program behind it.
fn device(topics: &SiteTopics, site: (&str, &str)) -> Value {
    let (id, name) = site;
    json!({
        "availability_topic": topics.available().name,
        "availability_template": "{{ 'online' if value_json.online else 'offline' }}",
        "device": {
            "identifiers": [format!("gengfu_{id}")],
            "name": name,
            "manufacturer": "Gengfu",
            "sw_version": env!("CARGO_PKG_VERSION"),
        },
        "origin": { "name": "gengfu", "sw": env!("CARGO_PKG_VERSION") },
    })
}

fn entity(mut of: Value, shared: Value) -> Value {
    if let (Value::Object(of), Value::Object(shared)) = (&mut of, shared) {
        of.extend(shared);
    }
    of
}

/// A camera's health as a connectivity sensor.
#[must_use]
pub fn camera(topics: &SiteTopics, site: (&str, &str), (id, name): (&CameraId, &str)) -> Outgoing {
    let unique = format!("gengfu_{}_{id}", site.0);
    let sensor = json!({
        "name": name,
        "unique_id": unique,
        "object_id": unique,
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": topics.camera_health(id).name,
        "value_template": "{{ 'ON' if value_json.body.state == 'live' else 'OFF' }}",
    });
    let topic = format!("{DISCOVERY}/binary_sensor/{unique}/config");
    raw(topic, entity(sensor, device(topics, site)))
}

/// New observations as an event entity.
#[must_use]
pub fn observations(topics: &SiteTopics, site: (&str, &str)) -> Outgoing {
    let unique = format!("gengfu_{}_observation", site.0);
    let event = json!({
        "name": "observation",
        "unique_id": unique,
        "object_id": unique,
        "event_types": ["observation"],
        "state_topic": topics.event().name,
        "value_template": "{{ {'event_type': 'observation', 'camera': value_json.body.camera, \
            'rule': value_json.body.rule, 'severity': value_json.body.severity, \
            'kind': value_json.body.reason.kind, 'ticket': value_json.body.ticket} | tojson }}",
    });
    let topic = format!("{DISCOVERY}/event/{unique}/config");
    raw(topic, entity(event, device(topics, site)))
}

/// A change of a ticket as Frigate would tell it; none for what Frigate does not know.
#[must_use]
pub fn frigate(before: Option<&Ticket>, after: &Ticket) -> Option<Outgoing> {
    let kind = match (before, after.life.state.is_open()) {
        (None, true) => "new",
        (Some(before), false) if before.life.state.is_open() => "end",
        (Some(before), true) if differs(before, after) => "update",
        (Some(_), _) | (None, false) => return None,
    };
    let body = json!({
        "type": kind,
        "before": tracked(before.unwrap_or(after)),
        "after": tracked(after),
    });
    Some(raw(FRIGATE.into(), body))
}

/// Whether an integrator would care.
fn differs(before: &Ticket, after: &Ticket) -> bool {
    let of =
        |ticket: &Ticket| (ticket.life.severity, ticket.life.category.clone(), ticket.life.count);
    of(before) != of(after)
}

fn tracked(ticket: &Ticket) -> Value {
    let origin = &ticket.origin;
    let reason = origin.reason.as_ref();
    let label = reason.and_then(|reason| reason.class).map_or("motion", |class| class.as_str());
    let seconds = |at: UnixMs| json!(at.0.div_euclid(1_000));
    let ended = if let State::Dismissed { at, .. } = &ticket.life.state {
        Some(*at)
    } else if let State::Closed(closed) = &ticket.life.state {
        Some(closed.at)
    } else {
        None
    };
    let zones: Vec<&str> = reason.map(|reason| reason.zone.as_str()).into_iter().collect();
    json!({
        "id": ticket.id.0,
        "camera": origin.camera.as_str(),
        "label": label,
        "sub_label": Value::Null,
        "score": reason.map(|reason| reason.score),
        "top_score": reason.map(|reason| reason.score),
        "start_time": seconds(origin.at),
        "end_time": ended.map(seconds),
        "false_positive": matches!(ticket.life.state, State::Dismissed { .. }),
        "box": origin.area.map(|a| [a.x0, a.y0, a.x1, a.y1]),
        "current_zones": zones,
        "entered_zones": zones,
        "has_snapshot": false,
        "has_clip": false,
    })
}
