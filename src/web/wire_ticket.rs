//! The JSON of a ticket. Pure: what it needs besides the ticket comes in `About`.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use utoipa::ToSchema;

use super::CameraView;
use super::wire::Named;
use crate::event;
use crate::store::event::kind_word;
use crate::store::evidence::Evidence as Kept;
use crate::store::picture::Pictures;
use crate::ticket::log::LogEntry;
use crate::ticket::{self, ClockName, State, TicketId};

/// What the wire says of a ticket besides the ticket itself.
pub struct About<'a> {
    /// Account -> name on screens.
    pub names: HashMap<String, String>,
    pub pictures: HashMap<TicketId, Pictures>,
    pub cameras: &'a [CameraView],
}

impl About<'_> {
    /// The name on screens; an account that is gone keeps its id.
    #[must_use]
    pub fn display(&self, name: &str) -> String {
        self.names.get(name).map_or(name, String::as_str).to_owned()
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
    pub late: Vec<&'static str>,
    pub claimed_by: Option<String>,
    pub verified_by: Option<String>,
    pub member: Option<Named>,
    pub offer: Option<String>,
    pub received_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    pub on_scene_ms: Option<i64>,
    pub replied_ms: Option<i64>,
    /// When it was closed or dismissed.
    pub closed_ms: Option<i64>,
    /// Evidence ids.
    pub snapshot: Option<String>,
    pub clip: Option<String>,
    pub score: Option<u8>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Clock {
    pub name: &'static str,
    pub started_ms: i64,
    pub due_ms: i64,
}

/// Facts of the rule, or the operator's words; the screens make the sentence.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Reason {
    /// `zone_object`, `zone_motion` or `manual`.
    pub kind: &'static str,
    pub zone: Option<String>,
    pub zone_name: Option<String>,
    pub class: Option<&'static str>,
    pub score: Option<f32>,
    pub dwell_ms: Option<i64>,
    pub armed: Option<String>,
    pub text: Option<String>,
}

impl Reason {
    fn of(origin: &ticket::Origin, about: &About) -> Self {
        let Some(reason) = &origin.reason else {
            return Self { kind: "manual", text: origin.text.clone(), ..Self::default() };
        };
        let event::Reason { zone, kind, class, score, dwell_ms, armed, rule: _ } = reason;
        Self {
            kind: kind_word(*kind),
            zone: Some(zone.clone()),
            zone_name: Some(about.zone_name(origin.camera.as_str(), zone)),
            class: class.map(|class| class.as_str()),
            score: Some(*score),
            dwell_ms: Some(*dwell_ms),
            armed: Some(armed.clone()),
            text: origin.text.clone(),
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
            clock: life.state.clock().map(|c| Clock {
                name: c.name.as_str(),
                started_ms: c.started.0,
                due_ms: c.due.0,
            }),
            late: life.late.iter().map(|clock: &ClockName| clock.as_str()).collect(),
            claimed_by: claimed_by(&life.state),
            verified_by: life.state.verified().map(|v| v.by.clone()),
            member: offer
                .map(|o| Named { name: o.member.clone(), display: about.display(&o.member) }),
            offer: offer.map(|o| o.id.clone()),
            received_ms: offer.and_then(|o| o.received).map(|at| at.0),
            acked_ms: offer.and_then(|o| o.acked).map(|at| at.0),
            on_scene_ms: offer.and_then(|o| o.on_scene).map(|at| at.0),
            replied_ms: life.state.reply().map(|reply| reply.at.0),
            closed_ms: ended_ms(&life.state),
            snapshot: pictures.snapshot,
            clip: pictures.clip,
            score: review(&life.state).and_then(|review| review.score),
        }
    }
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
        | State::Handled { .. } => None,
    }
}

/// The review of a closed ticket.
#[must_use]
pub fn review(state: &State) -> Option<&ticket::Review> {
    if let State::Closed(closed) = state { closed.review.as_ref() } else { None }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TicketDetail {
    pub ticket: Ticket,
    /// Where in the picture: left, top, right, bottom, fractions 0..1.
    pub area: Option<[f32; 4]>,
    pub at_ms: i64,
    pub log: Vec<LogLine>,
    pub evidence: Vec<Evidence>,
    pub candidates: Vec<Candidate>,
    /// Acts that the signed-in person may do now.
    pub acts: Vec<&'static str>,
    pub reply: Option<Reply>,
    pub review: Option<Review>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LogLine {
    pub version: i64,
    pub at_ms: i64,
    pub actor: String,
    pub actor_display: String,
    pub role: &'static str,
    pub input: String,
    pub detail: serde_json::Value,
}

impl LogLine {
    /// A line with the name of who acted.
    #[must_use]
    pub fn of(line: LogEntry, about: &About) -> Self {
        Self {
            version: line.version,
            at_ms: line.at.0,
            actor_display: about.display(&line.actor),
            actor: line.actor,
            role: line.role.as_str(),
            input: line.input,
            detail: line.detail,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    pub id: String,
    pub kind: String,
    pub mime: String,
    pub sha256: String,
    pub bytes: i64,
    pub taken_ms: i64,
    pub by: String,
}

impl From<Kept> for Evidence {
    fn from(kept: Kept) -> Self {
        let Kept { id, kind, mime, sha256, bytes, taken, by, event: _, ticket: _, path: _ } = kept;
        Self { id, kind, mime, sha256, bytes, taken_ms: taken.0, by }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Candidate {
    pub name: String,
    pub display: String,
    /// From 1, best first; null when not eligible.
    pub rank: Option<usize>,
    pub eligible: bool,
    pub reasons: Vec<Because>,
}

/// One reason for a candidate's place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Because {
    pub code: &'static str,
    /// A number of orders for `open_work`, a time for `last_order`.
    pub value: Option<i64>,
}

impl Candidate {
    /// Ranked candidates, best first.
    #[must_use]
    pub fn ranked(candidates: Vec<ticket::dispatch::Candidate>) -> Vec<Self> {
        let ranked = ticket::dispatch::rank(candidates).into_iter().enumerate();
        ranked.map(|(place, candidate)| Self::of(candidate, place + 1)).collect()
    }

    fn of(candidate: ticket::dispatch::Candidate, place: usize) -> Self {
        let on_shift = if candidate.on_shift { "on_shift" } else { "off_shift" };
        let mut reasons = vec![
            Because { code: on_shift, value: None },
            Because { code: "open_work", value: Some(i64::from(candidate.open_work)) },
        ];
        if let Some(at) = candidate.last_order {
            reasons.push(Because { code: "last_order", value: Some(at.0) });
        }
        if let Some(online) = candidate.phone_online {
            let code = if online { "phone_online" } else { "phone_offline" };
            reasons.push(Because { code, value: None });
        }
        Self {
            name: candidate.name,
            display: candidate.display,
            rank: candidate.on_shift.then_some(place),
            eligible: candidate.on_shift,
            reasons,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Reply {
    pub disposition: String,
    pub text: String,
    /// Evidence ids.
    pub photos: Vec<String>,
    pub at_ms: i64,
}

impl From<&ticket::Reply> for Reply {
    fn from(reply: &ticket::Reply) -> Self {
        let ticket::Reply { disposition, text, photos, at } = reply.clone();
        Self { disposition, text, photos, at_ms: at.0 }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Review {
    pub reviewer: String,
    pub at_ms: i64,
    pub score: Option<u8>,
    /// Item -> yes, no, na.
    pub items: BTreeMap<String, String>,
    pub note: String,
}

impl From<&ticket::Review> for Review {
    fn from(review: &ticket::Review) -> Self {
        let ticket::Review { by, at, items, note, score } = review.clone();
        Self { reviewer: by, at_ms: at.0, score, items: items.into_iter().collect(), note }
    }
}
