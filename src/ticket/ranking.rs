//! Who is asked to go, and why in this order.
//!
//! The order is one comparison after the other, the first that differs decides: signed on, rested,
//! own beat, way, open orders, orders of this shift, longest since the last one, name. Nothing is
//! added up, so each place can be told in one sentence. Emergencies ask for the nearest: rest and
//! beat do not count. Who may not be asked keeps a place at the end, with what stands against it.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Severity;
use crate::clock::UnixMs;
use crate::config::{self, Config};

/// Ways are longer than the straight line: 1.2 to 1.4 times on foot in built-up places (usual
/// figures of transport planning; guess for this site, revisit).
const DETOUR: f64 = 1.3;

/// What is known of a member when an order is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub display: String,
    pub on_shift: bool,
    /// Signed on for the turn that the roster has.
    pub signed_on: bool,
    /// The shift leader has taken the member out of dispatch.
    pub suspended: bool,
    /// Orders that this member has open.
    pub open_work: u32,
    /// Orders that were taken on since the turn began.
    pub jobs: u32,
    /// When the last order ended.
    pub last_job: Option<UnixMs>,
    /// Whether the phone is connected; unknown with an outside broker.
    pub phone_online: Option<bool>,
    /// What became of an earlier offer of this ticket to this member.
    pub tried: Option<Tried>,
}

/// Why this ticket is not offered to a member again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tried {
    Refused,
    /// The time to acknowledge ran out.
    Expired,
    Withdrawn,
    /// The member has an order of this ticket.
    Asked,
}

/// The ticket that somebody is wanted for.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    pub severity: Severity,
    pub category: &'a str,
    pub camera: &'a str,
    pub now: UnixMs,
}

/// Why a member is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    OffShift,
    NotSignedOn,
    Suspended,
    NotCapable,
    Tried(Tried),
}

/// What separates a place from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    SignedOn,
    Rest,
    Beat,
    Travel,
    OpenWork,
    Jobs,
    LastJob,
    Name,
    /// May not be asked, the one before may.
    Bar,
}

/// A member at a place of the ranking.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub candidate: Candidate,
    pub bar: Option<Bar>,
    pub own_beat: Option<bool>,
    pub way_m: Option<u32>,
    pub travel_s: Option<u32>,
    pub rested: bool,
    /// Against the place before; none for the first.
    pub decided: Option<Decided>,
}

impl Tried {
    /// The word in rows, the log and at the interface.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "tried_refused",
            Self::Expired => "tried_expired",
            Self::Withdrawn => "tried_withdrawn",
            Self::Asked => "asked",
        }
    }
}

impl Bar {
    /// The word in rows, the log and at the interface.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OffShift => "off_shift",
            Self::NotSignedOn => "not_signed_on",
            Self::Suspended => "suspended",
            Self::NotCapable => "not_capable",
            Self::Tried(tried) => tried.as_str(),
        }
    }
}

impl Decided {
    /// The word in rows, the log and at the interface.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOn => "signed_on",
            Self::Rest => "rest",
            Self::Beat => "beat",
            Self::Travel => "travel",
            Self::OpenWork => "open_work",
            Self::Jobs => "jobs",
            Self::LastJob => "last_job",
            Self::Name => "name",
            Self::Bar => "bar",
        }
    }
}

/// What the configuration says about places and members, as the ranking asks for it.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    dispatch: config::Dispatch,
    beats: Vec<config::Beat>,
    members: Vec<config::Member>,
    /// Id, beat, place in metres.
    cameras: Vec<(String, String, Option<[f64; 2]>)>,
}

impl Ground {
    /// The ground of a configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let camera = |one: &config::Camera| (one.id.clone(), one.beat.clone(), one.at_m);
        Self {
            dispatch: config.dispatch.clone(),
            beats: config.beat.clone(),
            members: config.member.clone(),
            cameras: config.camera.iter().map(camera).collect(),
        }
    }

    /// The rules of dispatch.
    #[must_use]
    pub const fn dispatch(&self) -> &config::Dispatch {
        &self.dispatch
    }

    /// The name of the beat that a camera lies in.
    #[must_use]
    pub fn beat_of(&self, camera: &str) -> Option<&str> {
        let (_, beat, _) = self.cameras.iter().find(|(id, ..)| id == camera)?;
        let found = self.beats.iter().find(|one| one.id == *beat)?;
        Some(&found.name)
    }

    /// Best first. Every member has a place; those with a bar come last.
    #[must_use]
    pub fn rank(&self, job: Job, candidates: Vec<Candidate>) -> Vec<Placed> {
        let mut ranked: Vec<Placed> =
            candidates.into_iter().map(|candidate| self.place(job, candidate)).collect();
        ranked.sort_by(|a, b| self.compare(job, a, b).0);
        for at in 1..ranked.len() {
            ranked[at].decided = Some(self.compare(job, &ranked[at - 1], &ranked[at]).1);
        }
        ranked
    }

    fn place(&self, job: Job, candidate: Candidate) -> Placed {
        let known = self.members.iter().find(|member| member.account == candidate.name);
        let beats: &[String] = known.map_or(&[], |member| &member.beats);
        let (_, beat, at) =
            self.cameras.iter().find(|(id, ..)| id == job.camera).cloned().unwrap_or_default();
        let own_beat = (!beat.is_empty() && !beats.is_empty()).then(|| beats.contains(&beat));
        let way_m = at.and_then(|at| self.way_m(beats, at));
        let metres_in_a_minute = self.dispatch.pace_m_per_min.max(1);
        let rest_ms = i64::from(self.dispatch.rest_min) * 60_000;
        Placed {
            bar: self.bar(job, &candidate, known),
            own_beat,
            way_m,
            travel_s: way_m.map(|way| way.saturating_mul(60) / metres_in_a_minute),
            rested: candidate.last_job.is_none_or(|at| job.now.since_ms(at) >= rest_ms),
            decided: None,
            candidate,
        }
    }

    /// From the nearest post of the member's beats.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a way is some kilometres at most"
    )]
    fn way_m(&self, beats: &[String], at: [f64; 2]) -> Option<u32> {
        let walked = self.beats.iter().filter(|beat| beats.contains(&beat.id));
        let straight = walked
            .filter_map(|beat| beat.post_m)
            .map(|post| (post[0] - at[0]).hypot(post[1] - at[1]));
        straight.min_by(f64::total_cmp).map(|metres| (metres * DETOUR).round() as u32)
    }

    fn bar(&self, job: Job, who: &Candidate, known: Option<&config::Member>) -> Option<Bar> {
        let capable = |need: &config::Need| {
            known.is_some_and(|member| member.capabilities.contains(&need.capability))
        };
        let mut needs = self.dispatch.need.iter().filter(|need| need.category == job.category);
        if who.suspended {
            Some(Bar::Suspended)
        } else if !who.on_shift {
            Some(Bar::OffShift)
        } else if !who.signed_on && self.dispatch.need_sign_on {
            Some(Bar::NotSignedOn)
        } else if let Some(tried) = who.tried {
            Some(Bar::Tried(tried))
        } else {
            needs.any(|need| !capable(need)).then_some(Bar::NotCapable)
        }
    }

    /// The order of two, and what made it.
    fn compare(&self, job: Job, a: &Placed, b: &Placed) -> (Ordering, Decided) {
        let emergency = job.severity == Severity::S1;
        let step = |placed: &Placed| {
            placed.travel_s.map_or(u32::MAX, |way| way / self.dispatch.travel_step_s.max(1))
        };
        // An unknown beat is nobody's own and nobody else's.
        let foreign = |placed: &Placed| !placed.own_beat.unwrap_or(true);
        let (one, other) = (&a.candidate, &b.candidate);
        let by = [
            (a.bar.is_some().cmp(&b.bar.is_some()), Decided::Bar),
            (other.signed_on.cmp(&one.signed_on), Decided::SignedOn),
            (if emergency { Ordering::Equal } else { b.rested.cmp(&a.rested) }, Decided::Rest),
            (if emergency { Ordering::Equal } else { foreign(a).cmp(&foreign(b)) }, Decided::Beat),
            (step(a).cmp(&step(b)), Decided::Travel),
            (one.open_work.cmp(&other.open_work), Decided::OpenWork),
            (one.jobs.cmp(&other.jobs), Decided::Jobs),
            (one.last_job.cmp(&other.last_job), Decided::LastJob),
        ];
        by.into_iter()
            .find(|(order, _)| order.is_ne())
            .unwrap_or((one.name.cmp(&other.name), Decided::Name))
    }
}

/// The one to be asked first, if anybody may be.
#[must_use]
pub fn first(ranked: &[Placed]) -> Option<&Placed> {
    ranked.first().filter(|placed| placed.bar.is_none())
}

/// Members of a ranking that are kept: all of any centre that people know by name; with a thousand,
/// each order would else take 300 kB of rows.
const KEPT_MAX: usize = 100;

/// A ranking as it is kept with the offer: names, facts and reasons, best first.
#[must_use]
pub fn to_json(ranked: &[Placed]) -> Value {
    let place = |(at, placed): (usize, &Placed)| {
        let who = &placed.candidate;
        json!({
            "rank": placed.bar.is_none().then_some(at + 1),
            "member": who.name,
            "bar": placed.bar.map(Bar::as_str),
            "decided": placed.decided.map(Decided::as_str),
            "own_beat": placed.own_beat,
            "way_m": placed.way_m,
            "travel_s": placed.travel_s,
            "signed_on": who.signed_on,
            "rested": placed.rested,
            "open_work": who.open_work,
            "jobs": who.jobs,
            "last_job_ms": who.last_job.map(|at| at.0),
            "phone_online": who.phone_online,
        })
    };
    Value::Array(ranked.iter().enumerate().take(KEPT_MAX).map(place).collect())
}

#[cfg(test)]
#[path = "ranking_test.rs"]
mod test;
