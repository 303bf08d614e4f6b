//! The JSON of a ticket. Pure: what it needs besides the ticket comes in `About`.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::CameraView;
use super::wire::Named;
use super::wire_crew::{Ahead, Support};
use crate::clock::UnixMs;
use crate::event;
use crate::event::facts;
use crate::store::picture::Pictures;
use crate::ticket::clocks::Running;
use crate::ticket::ladder::Level;
use crate::ticket::pause::{self, Wish};
use crate::ticket::{self, ClockName, State, TicketId};

/// What the wire says of a ticket besides the ticket itself.
pub struct About<'a> {
    /// Account -> name on screens.
    pub names: HashMap<String, String>,
    pub pictures: HashMap<TicketId, Pictures>,
    /// Order -> when it was noticed that its phone does not have it.
    pub unreceived: HashMap<String, UnixMs>,
    pub cameras: &'a [CameraView],
}

impl About<'_> {
    /// The name on screens; an account that is gone keeps its id.
    #[must_use]
    pub fn display(&self, name: &str) -> String {
        self.names.get(name).map_or(name, String::as_str).to_owned()
    }

    /// An account with its name on screens.
    #[must_use]
    pub fn named(&self, name: &str) -> Named {
        Named { name: name.to_owned(), display: self.display(name) }
    }

    fn zone_name(&self, camera: &str, zone: &str) -> String {
        let camera = self.cameras.iter().find(|view| view.id.as_str() == camera);
        let zone_of =
            |view: &CameraView| view.zones.iter().find(|z| z.id == zone).map(|z| z.name.clone());
        camera.and_then(zone_of).unwrap_or_else(|| zone.to_owned())
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Ticket {
    pub id: String,
    pub number: i64,
    pub version: i64,
    pub state: &'static str,
    pub source: &'static str,
    pub camera: String,
    pub camera_name: String,
    pub place: String,
    pub rule: String,
    pub rule_name: String,
    /// Null until it is classified.
    pub category: Option<String>,
    /// What the rule or the operator thought it was.
    pub proposed_category: String,
    pub severity: &'static str,
    pub opened_ms: i64,
    pub reason: Reason,
    pub count: u32,
    pub clock: Option<Clock>,
    /// The clock that runs beside it: a second look, or the closure.
    pub beside: Option<Clock>,
    pub late: Vec<&'static str>,
    /// What somebody has asked for and nobody has decided yet.
    pub request: Option<TimeRequest>,
    /// Why it is suspended or parked.
    pub paused: Option<Paused>,
    pub extensions: u32,
    pub suspended_ms: i64,
    pub parked_ms: i64,
    pub reopened: u32,
    /// Version of the rules it was born with; 0 for the configuration's own.
    pub policy: i64,
    pub claimed_by: Option<String>,
    pub verified_by: Option<String>,
    pub member: Option<Named>,
    pub offer: Option<String>,
    pub received_ms: Option<i64>,
    /// When it was noticed that the phone does not have the order in time; null while it may, and
    /// once it has.
    pub unreceived_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    pub on_scene_ms: Option<i64>,
    pub replied_ms: Option<i64>,
    /// When it was closed or dismissed.
    pub closed_ms: Option<i64>,
    /// Evidence ids.
    pub snapshot: Option<String>,
    pub clip: Option<String>,
    pub score: Option<u8>,
    /// Members who come besides the one responsible.
    pub supports: Vec<Support>,
    /// Since when nobody can be asked to go.
    pub nobody_since_ms: Option<i64>,
    /// It was sent out before the verdict.
    pub ahead: Option<Ahead>,
    /// On a phone: `owner` or `support`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Clock {
    pub name: &'static str,
    pub started_ms: i64,
    pub due_ms: i64,
    /// Steps of its ladder that have fired, such as `reminder_1` or `shift_leader`.
    pub fired: Vec<&'static str>,
}

impl From<Running> for Clock {
    fn from(running: Running) -> Self {
        let fired = Level::ALL.into_iter().filter(|level| running.fired.has(*level));
        Self {
            name: running.name.as_str(),
            started_ms: running.started.0,
            due_ms: running.due.0,
            fired: fired.map(Level::as_str).collect(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TimeRequest {
    /// suspend, park or extend.
    pub wish: &'static str,
    /// Of an extension.
    pub clock: Option<&'static str>,
    /// How long; null for parking.
    pub for_ms: Option<i64>,
    pub reason: String,
    pub note: String,
    pub by: Named,
    pub at_ms: i64,
}

impl TimeRequest {
    fn of(request: &pause::Request, about: &About) -> Self {
        let (clock, for_ms) = match request.wish {
            Wish::Suspend { for_ms } => (None, Some(for_ms)),
            Wish::Park => (None, None),
            Wish::Extend { clock, by_ms } => (Some(clock.as_str()), Some(by_ms)),
        };
        Self {
            wish: request.wish.as_str(),
            clock,
            for_ms,
            reason: request.reason.clone(),
            note: request.note.clone(),
            by: about.named(&request.by),
            at_ms: request.at.0,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Paused {
    pub request: TimeRequest,
    pub granted_by: Named,
    pub since_ms: i64,
    /// When it goes on, or is looked at again.
    pub until_ms: i64,
    /// The state it goes on in.
    pub inside: &'static str,
}

/// Facts of the rule, or the operator's words; the screens make the sentence.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Reason {
    /// The kind of the rule, such as `zone_object`, or `manual`.
    pub kind: &'static str,
    pub zone: Option<String>,
    pub zone_name: Option<String>,
    pub class: Option<&'static str>,
    pub score: Option<f32>,
    pub dwell_ms: Option<i64>,
    pub armed: Option<String>,
    /// What only this kind has to tell: numbers and words by name.
    #[schema(value_type = Object)]
    pub facts: serde_json::Map<String, serde_json::Value>,
    pub text: Option<String>,
}

impl Reason {
    fn of(origin: &ticket::Origin, about: &About) -> Self {
        let Some(reason) = &origin.reason else {
            return Self { kind: "manual", text: origin.text.clone(), ..Self::default() };
        };
        Self { text: origin.text.clone(), ..Self::of_rule(reason, origin.camera.as_str(), about) }
    }

    /// Why a rule fired at a camera.
    #[must_use]
    pub fn of_rule(reason: &event::Reason, camera: &str, about: &About) -> Self {
        let event::Reason { zone, kind, class, score, dwell_ms, armed, facts, rule: _ } = reason;
        Self {
            kind: kind.as_str(),
            zone: Some(zone.clone()),
            zone_name: Some(about.zone_name(camera, zone)),
            class: class.map(|class| class.as_str()),
            score: Some(*score),
            dwell_ms: Some(*dwell_ms),
            armed: Some(armed.clone()),
            facts: facts::to_json(facts),
            text: None,
        }
    }
}

impl Ticket {
    /// The ticket as the screens see it.
    #[must_use]
    pub fn of(ticket: &ticket::Ticket, about: &About) -> Self {
        let (origin, life) = (&ticket.origin, &ticket.life);
        let offer = life.state.offer();
        let pictures = about.pictures.get(&ticket.id).cloned().unwrap_or_default();
        Self {
            id: ticket.id.0.clone(),
            number: ticket.number,
            version: ticket.version,
            state: life.state.as_str(),
            source: origin.source.as_str(),
            camera: origin.camera.as_str().to_owned(),
            camera_name: origin.camera_name.clone(),
            place: life.place.clone(),
            rule: origin.reason.as_ref().map_or_else(String::new, |r| r.rule.clone()),
            rule_name: origin.rule_name.clone(),
            category: life.category.clone(),
            proposed_category: life.proposed_category.clone(),
            severity: life.severity.as_str(),
            opened_ms: origin.at.0,
            reason: Reason::of(origin, about),
            count: life.count,
            clock: life.state.clock().map(Clock::from),
            beside: life.beside.map(Clock::from),
            request: life.request.as_ref().map(|request| TimeRequest::of(request, about)),
            paused: paused(&life.state, about),
            extensions: life.extensions,
            suspended_ms: life.suspended_ms,
            parked_ms: life.parked_ms,
            reopened: life.reopened,
            policy: life.policy,
            late: life.late.iter().map(|clock: &ClockName| clock.as_str()).collect(),
            claimed_by: claimed_by(&life.state),
            verified_by: life.state.verified().map(|v| v.by.clone()),
            member: offer.map(|o| about.named(&o.member)),
            offer: offer.map(|o| o.id.clone()),
            received_ms: offer.and_then(|o| o.received).map(|at| at.0),
            unreceived_ms: offer.and_then(|o| about.unreceived.get(&o.id)).map(|at| at.0),
            acked_ms: offer.and_then(|o| o.acked).map(|at| at.0),
            on_scene_ms: offer.and_then(|o| o.on_scene).map(|at| at.0),
            replied_ms: life.state.reply().map(|reply| reply.at.0),
            closed_ms: ended_ms(&life.state),
            snapshot: pictures.snapshot,
            clip: pictures.clip,
            score: review(&life.state).and_then(|review| review.score),
            supports: life.crew.supports.iter().map(|one| Support::of(one, about)).collect(),
            nobody_since_ms: life.crew.nobody_since.map(|at| at.0),
            ahead: life.crew.ahead.as_ref().map(|ahead| Ahead::of(ahead, about)),
            part: None,
        }
    }
}

fn paused(state: &State, about: &About) -> Option<Paused> {
    let State::Paused(paused) = state else { return None };
    Some(Paused {
        request: TimeRequest::of(&paused.request, about),
        granted_by: about.named(&paused.granted_by),
        since_ms: paused.since.0,
        until_ms: paused.clock.due.0,
        inside: paused.inside.as_str(),
    })
}

fn claimed_by(state: &State) -> Option<String> {
    if let State::Verifying { by, .. } = state { Some(by.clone()) } else { None }
}

const fn ended_ms(state: &State) -> Option<i64> {
    match state {
        State::Dismissed { at, .. } => Some(at.0),
        State::Closed(closed) => Some(closed.at.0),
        State::New { .. }
        | State::Verifying { .. }
        | State::Confirmed { .. }
        | State::Offered { .. }
        | State::Accepted { .. }
        | State::OnScene { .. }
        | State::Handled { .. }
        | State::Paused(_) => None,
    }
}

/// The review of a closed ticket.
#[must_use]
pub fn review(state: &State) -> Option<&ticket::Review> {
    if let State::Closed(closed) = state { closed.review.as_ref() } else { None }
}
