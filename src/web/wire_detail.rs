//! The JSON of everything about one ticket: log, evidence, candidates, reply, review. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Named;
use super::wire_crew::{Candidate, Offer};
use super::wire_link::{Call, Check, Position, Receipt};
use super::wire_ticket::{About, Ticket};
use crate::store::deadline::Past;
use crate::store::evidence::Evidence as Kept;
use crate::ticket;
use crate::ticket::ladder::Deadline;
use crate::ticket::log::LogEntry;

#[derive(Debug, Serialize, ToSchema)]
pub struct TicketDetail {
    pub ticket: Ticket,
    /// Where in the picture: left, top, right, bottom, fractions 0..1.
    pub area: Option<[f32; 4]>,
    pub at_ms: i64,
    pub log: Vec<LogLine>,
    pub evidence: Vec<Evidence>,
    pub candidates: Vec<Candidate>,
    /// Every order of it, oldest first.
    pub offers: Vec<Offer>,
    /// Every step of every ladder: those that have fired, in that order, then those that will.
    pub deadlines: Vec<LadderStep>,
    /// Acts that the signed-in person may do now.
    pub acts: Vec<&'static str>,
    pub reply: Option<Reply>,
    pub review: Option<Review>,
    /// Its orders on their way to people, oldest first.
    pub receipts: Vec<Receipt>,
    /// Calls to the second channel about it.
    pub calls: Vec<Call>,
    /// What the member ticked of the order's list.
    pub checks: Vec<Check>,
    /// Where the member was, until a week after the ticket's end.
    pub positions: Vec<Position>,
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

/// A step of a clock's ladder.
#[derive(Debug, Serialize, ToSchema)]
pub struct LadderStep {
    pub clock: &'static str,
    /// Names the run of the clock, for the acknowledgement.
    pub from_ms: i64,
    /// reminder_1, late, shift_leader ...
    pub level: &'static str,
    /// Share of the clock.
    pub percent: u32,
    pub due_ms: i64,
    /// Null while it waits.
    pub fired_ms: Option<i64>,
    /// Accounts that were told.
    pub told: Vec<Named>,
    pub acked_by: Option<Named>,
    pub acked_ms: Option<i64>,
    /// Whether the signed-in person is asked to say that they know of it.
    pub asks_me: bool,
}

impl LadderStep {
    /// What has fired, then what waits.
    #[must_use]
    pub fn all(past: &[Past], whole: &[(Deadline, bool)], about: &About, me: &str) -> Vec<Self> {
        let fired = past.iter().map(|one| Self::fired(one, about, me));
        let waiting = whole.iter().filter(|(_, fired)| !fired).map(|(step, _)| Self::waits(step));
        fired.chain(waiting).collect()
    }

    fn fired(one: &Past, about: &About, me: &str) -> Self {
        let asks = one.deadline.level.is_escalation() && one.acked.is_none();
        Self {
            fired_ms: Some(one.fired.0),
            told: one.told.iter().map(|name| about.named(name)).collect(),
            acked_by: one.acked.as_ref().map(|(by, _)| about.named(by)),
            acked_ms: one.acked.as_ref().map(|(_, at)| at.0),
            asks_me: asks && one.told.iter().any(|name| name == me),
            ..Self::waits(&one.deadline)
        }
    }

    fn waits(step: &Deadline) -> Self {
        Self {
            clock: step.clock.as_str(),
            from_ms: step.from.0,
            level: step.level.as_str(),
            percent: step.percent,
            due_ms: step.due.0,
            fired_ms: None,
            told: Vec::new(),
            acked_by: None,
            acked_ms: None,
            asks_me: false,
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
    /// The phone's clock less the centre's when a photo came, ms.
    pub skew_ms: Option<i64>,
}

impl From<Kept> for Evidence {
    fn from(kept: Kept) -> Self {
        let Kept {
            id,
            kind,
            mime,
            sha256,
            bytes,
            taken,
            by,
            skew_ms,
            event: _,
            ticket: _,
            path: _,
        } = kept;
        Self { id, kind, mime, sha256, bytes, taken_ms: taken.0, by, skew_ms }
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
