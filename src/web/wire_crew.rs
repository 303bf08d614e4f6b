//! The JSON of dispatch: ranked members with reasons, supporting members, orders before a verdict.

use serde::Serialize;
use utoipa::ToSchema;

use super::wire::Named;
use super::wire_ticket::{About, Ticket};
use crate::store::offer::Offered;
use crate::ticket;
use crate::ticket::crew;
use crate::ticket::ranking::{Bar, Decided, Placed, Tried};

/// A member at a place of the ranking.
#[derive(Debug, Serialize, ToSchema)]
pub struct Candidate {
    pub name: String,
    pub display: String,
    /// From 1, best first; null when not eligible.
    pub rank: Option<usize>,
    /// Would be asked by the desk itself.
    pub eligible: bool,
    /// May be asked by a person: also who refused or did not answer before.
    pub choosable: bool,
    /// Why not: `off_shift`, `not_signed_on`, `suspended`, `not_capable`, `tried_refused`,
    /// `tried_expired`, `tried_withdrawn` or `asked`.
    pub bar: Option<&'static str>,
    /// What put him behind the one before: `signed_on`, `rest`, `beat`, `travel`, `open_work`,
    /// `jobs`, `last_job`, `name` or `bar`; null for the first.
    pub decided: Option<&'static str>,
    /// Whether the place lies in a beat that he walks; null when that is not known.
    pub own_beat: Option<bool>,
    pub way_m: Option<u32>,
    pub travel_s: Option<u32>,
    /// Signed on for the turn.
    pub signed_on: bool,
    pub rested: bool,
    /// Orders that he has open.
    pub open_work: u32,
    /// Orders taken on since the turn began.
    pub jobs: u32,
    /// When the last one ended.
    pub last_job_ms: Option<i64>,
    pub phone_online: Option<bool>,
}

impl From<(usize, Placed)> for Candidate {
    fn from((at, placed): (usize, Placed)) -> Self {
        let tried = [Tried::Refused, Tried::Expired, Tried::Withdrawn].map(Bar::Tried);
        let who = placed.candidate;
        Self {
            rank: placed.bar.is_none().then_some(at + 1),
            eligible: placed.bar.is_none(),
            choosable: placed.bar.is_none_or(|bar| tried.contains(&bar)),
            bar: placed.bar.map(Bar::as_str),
            decided: placed.decided.map(Decided::as_str),
            own_beat: placed.own_beat,
            way_m: placed.way_m,
            travel_s: placed.travel_s,
            signed_on: who.signed_on,
            rested: placed.rested,
            open_work: who.open_work,
            jobs: who.jobs,
            last_job_ms: who.last_job.map(|at| at.0),
            phone_online: who.phone_online,
            name: who.name,
            display: who.display,
        }
    }
}

/// A member who comes besides the one responsible.
#[derive(Debug, Serialize, ToSchema)]
pub struct Support {
    pub member: Named,
    pub offer: String,
    pub offered_ms: i64,
    pub received_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    pub on_scene_ms: Option<i64>,
    /// When he handed back.
    pub done_ms: Option<i64>,
}

impl Support {
    /// A support with the member's name.
    #[must_use]
    pub fn of(support: &crew::Support, about: &About) -> Self {
        let offer = &support.offer;
        Self {
            member: about.named(&offer.member),
            offer: offer.id.clone(),
            offered_ms: offer.at.0,
            received_ms: offer.received.map(|at| at.0),
            acked_ms: offer.acked.map(|at| at.0),
            on_scene_ms: offer.on_scene.map(|at| at.0),
            done_ms: support.done.map(|at| at.0),
        }
    }

    /// Where his order stands, in the words of a ticket's state.
    const fn state(&self) -> &'static str {
        match (self.on_scene_ms, self.acked_ms) {
            (Some(_), _) => "on_scene",
            (None, Some(_)) => "accepted",
            (None, None) => "offered",
        }
    }
}

/// An order that went out before the verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ahead {
    pub by: Named,
    pub at_ms: i64,
    /// Null until somebody else has confirmed it.
    pub confirmed_by: Option<Named>,
    pub confirmed_ms: Option<i64>,
}

impl Ahead {
    /// With the names of both.
    #[must_use]
    pub fn of(ahead: &crew::Ahead, about: &About) -> Self {
        let confirmed = ahead.confirmed.as_ref();
        Self {
            by: about.named(&ahead.by),
            at_ms: ahead.at.0,
            confirmed_by: confirmed.map(|(name, _)| about.named(name)),
            confirmed_ms: confirmed.map(|(_, at)| at.0),
        }
    }
}

/// An order of a ticket, from its beginning to its end.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offer {
    pub id: String,
    pub member: Named,
    /// `owner` or `support`.
    pub part: String,
    pub offered_ms: i64,
    pub received_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    pub on_scene_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// `done`, `refused`, `expired` or `withdrawn`; null while it runs.
    pub outcome: Option<String>,
    pub reason: Option<String>,
}

impl Offer {
    /// With the member's name.
    #[must_use]
    pub fn of(offered: Offered, about: &About) -> Self {
        let ms = |at: Option<crate::clock::UnixMs>| at.map(|at| at.0);
        Self {
            id: offered.id,
            member: about.named(&offered.member),
            part: offered.part,
            offered_ms: offered.at.0,
            received_ms: ms(offered.received),
            acked_ms: ms(offered.acked),
            on_scene_ms: ms(offered.on_scene),
            ended_ms: ms(offered.ended),
            outcome: offered.outcome,
            reason: offered.reason,
        }
    }
}

impl Ticket {
    /// The ticket as one member's phone shows it: a supporting member sees his own order.
    #[must_use]
    pub fn seen_by(mut self, ticket: &ticket::Ticket, member: &str) -> Self {
        let owner = self.member.as_ref().is_some_and(|owner| owner.name == member);
        self.part = Some("owner");
        if owner {
            return self;
        }
        let mut out = ticket.life.crew.out();
        let Some(mine) = out.find(|offer| offer.member == member).map(|offer| &offer.id) else {
            return self;
        };
        let Some(support) = self.supports.iter().find(|support| support.offer == *mine) else {
            return self;
        };
        self.part = Some("support");
        self.state = support.state();
        self.offer = Some(support.offer.clone());
        self.received_ms = support.received_ms;
        self.acked_ms = support.acked_ms;
        self.on_scene_ms = support.on_scene_ms;
        self.replied_ms = None;
        self
    }
}
