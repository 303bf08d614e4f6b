//! Every offer from its beginning to its end, read off two lives of a ticket.
//!
//! The rows of offers are written from this with the change itself, whatever act it was: an order
//! that is no longer in the ticket has ended, and how it ended is what the act was.

#![allow(clippy::wildcard_enum_match_arm, reason = "only a closed ticket ends an order well")]

use super::life::{Life, Offer, State};
use super::log::LogEntry;
use crate::clock::UnixMs;

/// Whose order it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The one responsible.
    Owner,
    Support,
}

impl Part {
    /// The word in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Support => "support",
        }
    }
}

/// How an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The ticket was closed, or the supporting member handed back.
    Done,
    Refused,
    /// The time to acknowledge ran out and somebody else was asked.
    Expired,
    /// The centre took it back.
    Withdrawn,
}

impl Outcome {
    /// The word in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// An offer as it stands after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub offer: Offer,
    pub part: Part,
    pub replied: Option<UnixMs>,
    pub ended: Option<Ended>,
}

/// The end of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: UnixMs,
    pub outcome: Outcome,
    /// The member's code, or the centre's words.
    pub reason: String,
}

/// The offers of a life, the owner's first.
#[must_use]
pub fn entries(life: &Life) -> Vec<Entry> {
    let ended = |at| Some(Ended { at, outcome: Outcome::Done, reason: String::new() });
    let owner = life.state.offer().map(|offer| Entry {
        offer: offer.clone(),
        part: Part::Owner,
        replied: life.state.reply().map(|reply| reply.at),
        ended: match &life.state {
            State::Closed(closed) => ended(closed.at),
            _ => None,
        },
    });
    let supports = life.crew.supports.iter().map(|support| Entry {
        offer: support.offer.clone(),
        part: Part::Support,
        replied: support.done,
        ended: support.done.and_then(ended),
    });
    owner.into_iter().chain(supports).collect()
}

/// The offers that a change has begun, moved or ended. The line of the log says what was done.
#[must_use]
pub fn changes(before: &Life, after: &Life, line: &LogEntry) -> Vec<Entry> {
    let (old, mut new) = (entries(before), entries(after));
    let gone = old.iter().filter(|was| was.ended.is_none());
    let gone: Vec<Entry> = gone
        .filter(|was| new.iter().all(|is| is.offer.id != was.offer.id))
        .map(|was| Entry { ended: Some(end(was, line)), ..was.clone() })
        .collect();
    new.retain(|is| !old.contains(is));
    new.extend(gone);
    new
}

fn end(was: &Entry, line: &LogEntry) -> Ended {
    let support = was.part == Part::Support;
    let said = |key: &str| line.detail[key].as_str().unwrap_or_default();
    let (outcome, reason) = match line.input.as_str() {
        "refuse" if said("offer") == was.offer.id => (Outcome::Refused, said("reason")),
        "dispatch" | "reoffer" if support => (Outcome::Withdrawn, "now_responsible"),
        "reply" if support => (Outcome::Withdrawn, "owner_replied"),
        "reoffer" => (Outcome::Expired, "ack_late"),
        "withdraw" | "call_off" => (Outcome::Withdrawn, said("reason")),
        other => (Outcome::Withdrawn, other),
    };
    Ended { at: line.at, outcome, reason: reason.to_owned() }
}

#[cfg(test)]
#[path = "ledger_test.rs"]
mod test;
