//! The JSON of everything about one ticket: log, evidence, candidates, reply, review. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::wire_crew::{Candidate, Offer};
use super::wire_link::{Call, Check, Position, Receipt};
use super::wire_ticket::{About, Ticket};
use crate::store::evidence::Evidence as Kept;
use crate::ticket;
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
