//! The JSON of a replay: one event with its clip and what was seen around it. Pure.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire_ticket::{About, Reason};
use crate::clock::UnixMs;
use crate::event::trace::Shape as Drawn;
use crate::record::clip::Part;
use crate::store::event::Event;
use crate::store::evidence::Evidence;
use crate::ticket::Ticket;

/// Everything that shows why a rule fired.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replay {
    pub ticket: String,
    pub number: i64,
    pub severity: &'static str,
    pub event: String,
    pub camera: String,
    pub camera_name: String,
    pub place: String,
    pub rule: String,
    pub rule_name: String,
    pub reason: Reason,
    /// When the rule fired.
    pub at_ms: i64,
    /// When the post-roll is over; clip and trace are written then.
    pub until_ms: i64,
    /// The track that fired, if a single object did.
    pub track: Option<u64>,
    /// Where in the picture: left, top, right, bottom, fractions 0..1.
    pub area: Option<[f32; 4]>,
    /// Evidence id.
    pub snapshot: Option<String>,
    pub clip: Option<Film>,
    /// `complete`, `firing` (nothing after the firing is in it), `missing`, or `damaged`.
    pub trace_state: &'static str,
    /// What was seen, as it was stored: `event/trace.rs` has its form.
    #[schema(value_type = Object)]
    pub trace: Option<serde_json::Value>,
    /// The zone or line as it is configured now, for a trace that has none.
    pub shape: Option<Shape>,
    /// All firings of the ticket, oldest first.
    pub firings: Vec<Firing>,
}

/// A zone, or a line as two points; fractions 0..1 of the frame.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shape {
    pub id: String,
    pub name: String,
    pub points: Vec<[f32; 2]>,
}

/// A clip and the moment of its first picture.
#[derive(Debug, Serialize, ToSchema)]
pub struct Film {
    /// Evidence id.
    pub id: String,
    pub begins_ms: i64,
    /// Where it does not play through: when each part plays and which time it shows.
    pub parts: Vec<FilmPart>,
}

/// A time that plays without a break.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilmPart {
    /// From the beginning of the clip.
    pub plays_ms: i64,
    pub from_ms: i64,
    pub to_ms: i64,
}

/// One firing in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Firing {
    pub event: String,
    pub at_ms: i64,
    pub camera_name: String,
    pub rule_name: String,
}

/// What is known of the stored trace.
#[derive(Debug)]
pub enum Known {
    Missing,
    Damaged,
    Whole(serde_json::Value),
}

/// An event with what was kept of it.
pub struct Kept<'a> {
    pub event: &'a Event,
    pub until: UnixMs,
    pub evidence: &'a [Evidence],
    pub clip: Option<(&'a Evidence, Vec<Part>)>,
    pub trace: Known,
    pub shape: Option<Drawn>,
}

impl Replay {
    /// The replay of one of a ticket's events.
    #[must_use]
    pub fn of(ticket: &Ticket, kept: Kept<'_>, all: &[Event], about: &About) -> Self {
        let Kept { event, until, evidence, clip, trace, shape } = kept;
        let first = |kind: &str| evidence.iter().find(|one| one.kind == kind);
        let fired = &event.fired;
        let (trace_state, trace) = told(trace);
        Self {
            ticket: ticket.id.0.clone(),
            number: ticket.number,
            severity: ticket.life.severity.as_str(),
            event: event.id.clone(),
            camera: fired.camera.as_str().to_owned(),
            camera_name: event.camera_name.clone(),
            place: event.proposal.place.clone(),
            rule: fired.reason.rule.clone(),
            rule_name: event.rule_name.clone(),
            reason: Reason::of_rule(&fired.reason, fired.camera.as_str(), about),
            at_ms: fired.at.0,
            until_ms: until.0,
            track: fired.track,
            area: fired.area.map(|a| [a.x0, a.y0, a.x1, a.y1]),
            snapshot: first("snapshot").map(|still| still.id.clone()),
            clip: clip.map(film),
            trace_state,
            trace,
            shape: shape.map(|s| Shape { id: s.id, name: s.name, points: s.points }),
            firings: all.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Event> for Firing {
    fn from(event: &Event) -> Self {
        Self {
            event: event.id.clone(),
            at_ms: event.fired.at.0,
            camera_name: event.camera_name.clone(),
            rule_name: event.rule_name.clone(),
        }
    }
}

fn film((clip, parts): (&Evidence, Vec<Part>)) -> Film {
    let part =
        |part: Part| FilmPart { plays_ms: part.plays_ms, from_ms: part.from.0, to_ms: part.to.0 };
    let parts = parts.into_iter().map(part).collect();
    Film { id: clip.id.clone(), begins_ms: clip.taken.0, parts }
}

fn told(trace: Known) -> (&'static str, Option<serde_json::Value>) {
    match trace {
        Known::Missing => ("missing", None),
        Known::Damaged => ("damaged", None),
        Known::Whole(trace) if trace["complete"] == true => ("complete", Some(trace)),
        Known::Whole(trace) => ("firing", Some(trace)),
    }
}
