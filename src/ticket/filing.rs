//! A new observation: a ticket of its own, or one more firing of one that is open?
//!
//! One incident is one observation. A firing joins an undecided observation when it is surely of
//! the same incident, and otherwise is one of its own: an observation too many costs a look, a
//! swallowed one is never looked at. What decides, in this order:
//!
//! 1. the same track fires the same rule again;
//! 2. the same rule fires near by within its cool-down, whatever the track: ids break;
//! 3. the same track fires another rule about the same matter;
//! 4. motion is seen where an object has been reported;
//! 5. a camera that sees the same place reports the same matter, within seconds.
//!
//! Never joined: a more urgent firing by another rule or camera, another place of the zone, a track
//! that comes after the cool-down, and anything once the cool-down has been stretched ten times.

use std::collections::BTreeSet;

use super::clocks::{ClockName, Policy};
use super::life::{Life, State};
use super::{Origin, Ticket};
use crate::clock::UnixMs;
use crate::config::{Overlap, RuleKind};
use crate::detect::Box01;
pub use crate::event::Proposal;
use crate::event::{Fired, Severity};

/// Time in which the same track is the same incident, ms. Ids begin anew with the daemon, so that
/// it cannot be without an end; ten minutes are a long visit (guess, revisit).
const TRACK_MS: i64 = 600_000;
/// Distance of feet, as a share of the picture, within which firings are of one place: a walker
/// needs three seconds for it in the middle of a usual picture (guess, revisit).
const NEAR: f32 = 0.3;
/// How often firings that follow each other may stretch the cool-down: people who pass all evening
/// are not one incident (guess, revisit).
const STRETCHES: i64 = 10;

/// The life of a new ticket; the clock runs from when it was seen, so a late filing is not hidden.
#[must_use]
pub fn open(origin: &Origin, proposal: &Proposal, policy: &Policy) -> Life {
    let clock = policy.start(proposal.severity, ClockName::Verify, origin.at);
    Life::begin(proposal, policy.version, State::New { clock })
}

/// Why a firing joined an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The same track fired the same rule.
    SameTrack,
    /// The same rule fired near by, within its cool-down.
    SameRule,
    /// The same track fired another rule about the same matter.
    SameObject,
    /// Motion where an object was reported.
    Motion,
    /// A camera that sees the same place.
    Overlap,
}

impl Why {
    /// The word in rows and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameTrack => "same_track",
            Self::SameRule => "same_rule",
            Self::SameObject => "same_object",
            Self::Motion => "motion",
            Self::Overlap => "overlap",
        }
    }
}

/// A firing that is to be filed.
#[derive(Clone, Copy, Debug)]
pub struct Firing<'a> {
    pub fired: &'a Fired,
    pub proposal: &'a Proposal,
    pub coalesce_ms: i64,
}

/// An observation that could take it, with its latest firings, of any camera.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub ticket: &'a Ticket,
    pub firings: &'a [Fired],
}

/// How far back an observation may have fired last and still take a firing, ms.
#[must_use]
pub fn reach_ms(coalesce_ms: i64) -> i64 {
    coalesce_ms.max(TRACK_MS)
}

/// Cameras that see the same as this one, each with the time within which firings of the two are
/// one incident, ms.
#[must_use]
pub fn neighbours<'a>(camera: &str, overlaps: &'a [Overlap]) -> Vec<(&'a str, i64)> {
    let shared = overlaps.iter().filter(|overlap| overlap.cameras.iter().any(|id| id == camera));
    let others = shared.flat_map(|overlap| {
        overlap.cameras.iter().map(|id| (id.as_str(), i64::from(overlap.within_s) * 1000))
    });
    others.filter(|(id, _)| *id != camera).collect()
}

/// Firings apart that can have nothing to do with each other; those of one camera, and of cameras
/// that see the same place, be it by way of others, together and in their order.
#[must_use]
pub fn apart<T>(firings: Vec<T>, camera: impl Fn(&T) -> &str, overlaps: &[Overlap]) -> Vec<Vec<T>> {
    let mut places: Vec<(String, Vec<T>)> = Vec::new();
    for firing in firings {
        let place = place_of(camera(&firing), overlaps);
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, together)) => together.push(firing),
            None => places.push((place, vec![firing])),
        }
    }
    places.into_iter().map(|(_, together)| together).collect()
}

/// The first, by name, of all cameras that see the same as this one or as one of those.
fn place_of(camera: &str, overlaps: &[Overlap]) -> String {
    let mut reached = BTreeSet::from([camera]);
    let mut beyond = vec![camera];
    while let Some(next) = beyond.pop() {
        let others = neighbours(next, overlaps).into_iter().map(|(id, _)| id);
        beyond.extend(others.filter(|id| reached.insert(id)));
    }
    reached.first().map_or_else(String::new, |first| (*first).to_owned())
}

/// Whether and why a firing joins this observation. Only observations nobody has decided about take
/// more firings.
#[must_use]
pub fn joins(firing: Firing, candidate: Candidate, overlaps: &[Overlap]) -> Option<Why> {
    let state = &candidate.ticket.life.state;
    let undecided = matches!(state, State::New { .. } | State::Verifying { .. });
    let here = candidate.firings.iter().filter(|of| of.camera == firing.fired.camera);
    let mut reasons: Vec<Why> =
        here.filter_map(|of| of_one_camera(firing, candidate.ticket, of)).collect();
    reasons.extend(of_neighbours(firing, candidate, overlaps));
    reasons.sort_by_key(|why| *why as u8);
    reasons.into_iter().next().filter(|_| undecided)
}

/// Whether a firing is of the same incident as an earlier one of the same camera.
fn of_one_camera(firing: Firing, ticket: &Ticket, earlier: &Fired) -> Option<Why> {
    let Firing { fired, proposal, coalesce_ms } = firing;
    let apart_ms = fired.at.since_ms(earlier.at).abs();
    let same_rule = fired.reason.rule == earlier.reason.rule;
    let same_track = fired.track.is_some() && fired.track == earlier.track;
    let near = is_near(fired.area, earlier.area);
    if same_rule && same_track && near && apart_ms <= TRACK_MS {
        return Some(Why::SameTrack);
    }
    let opened_ms = fired.at.since_ms(ticket.origin.at);
    if apart_ms > coalesce_ms || opened_ms > coalesce_ms.saturating_mul(STRETCHES) {
        return None;
    }
    if same_rule && near {
        return Some(Why::SameRule);
    }
    if is_more_urgent(proposal.severity, ticket) {
        return None;
    }
    if same_track && proposal.category == ticket.life.proposed_category {
        return Some(Why::SameObject);
    }
    let motion = fired.reason.kind == RuleKind::ZoneMotion;
    let on_object = earlier.reason.kind != RuleKind::ZoneMotion && meet(fired.area, earlier.area);
    (motion && on_object && fired.reason.zone == earlier.reason.zone).then_some(Why::Motion)
}

fn of_neighbours(firing: Firing, candidate: Candidate, overlaps: &[Overlap]) -> Option<Why> {
    let Firing { fired, proposal, .. } = firing;
    let ticket = candidate.ticket;
    let neighbours = neighbours(fired.camera.as_str(), overlaps);
    let alike = |earlier: &Fired| {
        let within = neighbours.iter().find(|(id, _)| *id == earlier.camera.as_str());
        let soon = within.is_some_and(|(_, ms)| fired.at.since_ms(earlier.at).abs() <= *ms);
        soon && fired.reason.class == earlier.reason.class
    };
    let same_matter = proposal.category == ticket.life.proposed_category
        && !is_more_urgent(proposal.severity, ticket);
    (same_matter && candidate.firings.iter().any(alike)).then_some(Why::Overlap)
}

/// S1 < S4: the lesser is the more urgent.
fn is_more_urgent(severity: Severity, ticket: &Ticket) -> bool {
    severity < ticket.life.severity
}

/// Whether the feet of two boxes are near each other; what has no place is everywhere.
fn is_near(a: Option<Box01>, b: Option<Box01>) -> bool {
    let Some((a, b)) = a.zip(b) else { return true };
    let across = ((a.x0 + a.x1) - (b.x0 + b.x1)) / 2.0;
    across.hypot(a.y1 - b.y1) <= NEAR || meet(Some(a), Some(b))
}

/// Whether two boxes have something in common; what has no place is everywhere.
fn meet(a: Option<Box01>, b: Option<Box01>) -> bool {
    a.zip(b).is_none_or(|(a, b)| a.overlap(&b) > 0.0)
}

/// The observation that a firing joins, and why: the surest reason first, then the newest.
#[must_use]
pub fn choose<'a>(
    firing: Firing,
    candidates: &[Candidate<'a>],
    overlaps: &[Overlap],
) -> Option<(&'a Ticket, Why)> {
    let fitting = candidates
        .iter()
        .filter_map(|candidate| Some((candidate.ticket, joins(firing, *candidate, overlaps)?)));
    fitting.min_by_key(|(ticket, why)| (*why as u8, -ticket.number))
}

/// The moment from which on observations must have fired to be asked for.
#[must_use]
pub fn since(firing: Firing) -> UnixMs {
    firing.fired.at.plus_ms(-reach_ms(firing.coalesce_ms))
}

#[cfg(test)]
#[path = "filing_test.rs"]
mod test;
