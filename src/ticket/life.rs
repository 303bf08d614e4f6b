//! The state of a ticket: each variant carries exactly what is valid in it.

use super::clocks::{ClockName, Policy, Running};
use super::crew::Crew;
use super::ladder::{Fired, Level};
use super::pause::{Paused, Request};
use super::{Actor, Severity};
use crate::clock::UnixMs;

/// Everything about a ticket that acts can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Life {
    pub severity: Severity,
    /// Set by classification; before that the rule's proposal stands in `proposed_category`.
    pub category: Option<String>,
    pub proposed_category: String,
    pub place: String,
    /// How many firings this observation stands for.
    pub count: u32,
    /// How many orders have been sent out for it.
    pub offers: u32,
    /// Clocks that ran out; late stays late.
    pub late: Vec<ClockName>,
    /// Who comes besides the one responsible, and what is special about the order.
    pub crew: Crew,
    /// The version of the rules it was born with.
    pub policy: i64,
    /// The clock that runs beside the state's own: a second look before the verdict, the closure
    /// after it. While the reply is checked, the closure is the state's own.
    pub beside: Option<Running>,
    /// What somebody has asked for and nobody has decided yet.
    pub request: Option<Request>,
    /// How often a clock has been extended.
    pub extensions: u32,
    /// How long it has been suspended and parked, ms; not part of anybody's time.
    pub suspended_ms: i64,
    pub parked_ms: i64,
    /// How often it has been reopened.
    pub reopened: u32,
    pub state: State,
}

impl Life {
    /// A life that begins in `state`, of which nothing is known but what was proposed.
    #[must_use]
    pub fn begin(proposal: &super::filing::Proposal, policy: i64, state: State) -> Self {
        Self {
            severity: proposal.severity,
            category: None,
            proposed_category: proposal.category.clone(),
            place: proposal.place.clone(),
            count: 1,
            offers: 0,
            late: Vec::new(),
            crew: Crew::default(),
            policy,
            beside: None,
            request: None,
            extensions: 0,
            suspended_ms: 0,
            parked_ms: 0,
            reopened: 0,
            state,
        }
    }

    /// Every clock that runs. That of a closed ticket, how long it may be reopened, is not stored.
    #[must_use]
    pub fn clocks(&self, policy: &Policy) -> Vec<Running> {
        let mut clocks: Vec<Running> = self.state.clock().into_iter().chain(self.beside).collect();
        if let State::Closed(closed) = &self.state {
            let reopen = policy.clock(self, ClockName::Reopen, closed.at);
            let fired =
                closed.archived.map_or(Fired::NOTHING, |_| Fired::NOTHING.with(Level::Archive));
            clocks.push(Running { fired, ..reopen });
        }
        clocks
    }

    /// Marks that a step of a running clock has fired.
    pub fn mark(&mut self, clock: ClockName, level: Level) {
        let marked = |running: Running| Running { fired: running.fired.with(level), ..running };
        if let Some(running) = self.state.clock().filter(|running| running.name == clock) {
            self.state.set_clock(marked(running));
        }
        self.beside = self.beside.map(|running| match running.name {
            name if name == clock => marked(running),
            _ => running,
        });
    }
}

/// An order offered to one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// UUIDv7 as text.
    pub id: String,
    /// Account of the patrol member.
    pub member: String,
    pub at: UnixMs,
    /// When the member's phone said that it has stored the order.
    pub received: Option<UnixMs>,
    pub acked: Option<UnixMs>,
    pub on_scene: Option<UnixMs>,
}

/// A verified ticket: who confirmed it, and since when the close clock runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub by: String,
    pub at: UnixMs,
}

/// What the member answered the centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub disposition: String,
    pub text: String,
    /// Evidence ids of the photos.
    pub photos: Vec<String>,
    pub at: UnixMs,
}

/// A reviewer's opinion on a closed ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub by: String,
    pub at: UnixMs,
    /// Item -> "yes", "no", "na", in the order of the form.
    pub items: Vec<(String, String)>,
    pub note: String,
    /// 0..100; `None` when every item was "na".
    pub score: Option<u8>,
}

/// Why an observation went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dismissal {
    FalseAlarm { reason: String },
    Test,
}

/// Where a ticket is in its life.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Waits for somebody to look.
    New {
        clock: Running,
    },
    /// Somebody looks.
    Verifying {
        by: String,
        clock: Running,
    },
    Dismissed {
        by: String,
        at: UnixMs,
        dismissal: Dismissal,
    },
    /// Valid; waits for classification and dispatch.
    Confirmed {
        verified: Verified,
        clock: Running,
    },
    /// A member has been sent the order.
    Offered {
        verified: Verified,
        offer: Offer,
        clock: Running,
    },
    /// The member is on the way.
    Accepted {
        verified: Verified,
        offer: Offer,
        clock: Running,
    },
    OnScene {
        verified: Verified,
        offer: Offer,
        clock: Running,
    },
    /// The member has replied; somebody else checks.
    Handled {
        verified: Verified,
        offer: Offer,
        reply: Reply,
        clock: Running,
    },
    /// Suspended or parked: its clocks stand still.
    Paused(Box<Paused>),
    Closed(Box<Closed>),
}

/// A closed ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub verified: Verified,
    pub offer: Offer,
    pub reply: Reply,
    pub by: String,
    pub at: UnixMs,
    pub review: Option<Review>,
    /// Since when it can no longer be reopened.
    pub archived: Option<UnixMs>,
}

impl State {
    /// The word in rows and messages.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::New { .. } => "new",
            Self::Verifying { .. } => "verifying",
            Self::Dismissed { .. } => "dismissed",
            Self::Confirmed { .. } => "confirmed",
            Self::Offered { .. } => "offered",
            Self::Accepted { .. } => "accepted",
            Self::OnScene { .. } => "on_scene",
            Self::Handled { .. } => "handled",
            Self::Paused(paused) => paused.kind.as_str(),
            Self::Closed(closed) if closed.archived.is_some() => "archived",
            Self::Closed(_) => "closed",
        }
    }

    /// The clock that runs, if any.
    #[must_use]
    pub fn clock(&self) -> Option<Running> {
        match self {
            Self::Paused(paused) => Some(paused.clock),
            Self::New { clock }
            | Self::Verifying { clock, .. }
            | Self::Confirmed { clock, .. }
            | Self::Offered { clock, .. }
            | Self::Accepted { clock, .. }
            | Self::OnScene { clock, .. }
            | Self::Handled { clock, .. } => Some(*clock),
            Self::Dismissed { .. } | Self::Closed(_) => None,
        }
    }

    /// Changes the clock that runs, if one does.
    pub(super) fn set_clock(&mut self, running: Running) {
        match self {
            Self::Paused(paused) => paused.clock = running,
            Self::New { clock }
            | Self::Verifying { clock, .. }
            | Self::Confirmed { clock, .. }
            | Self::Offered { clock, .. }
            | Self::Accepted { clock, .. }
            | Self::OnScene { clock, .. }
            | Self::Handled { clock, .. } => *clock = running,
            Self::Dismissed { .. } | Self::Closed(_) => {}
        }
    }

    /// The order that is, or was, out.
    #[must_use]
    pub fn offer(&self) -> Option<&Offer> {
        match self {
            Self::Paused(paused) => paused.inside.offer(),
            Self::Offered { offer, .. }
            | Self::Accepted { offer, .. }
            | Self::OnScene { offer, .. }
            | Self::Handled { offer, .. } => Some(offer),
            Self::Closed(closed) => Some(&closed.offer),
            Self::New { .. }
            | Self::Verifying { .. }
            | Self::Dismissed { .. }
            | Self::Confirmed { .. } => None,
        }
    }

    /// Who confirmed it.
    #[must_use]
    pub fn verified(&self) -> Option<&Verified> {
        match self {
            Self::Paused(paused) => paused.inside.verified(),
            Self::Confirmed { verified, .. }
            | Self::Offered { verified, .. }
            | Self::Accepted { verified, .. }
            | Self::OnScene { verified, .. }
            | Self::Handled { verified, .. } => Some(verified),
            Self::Closed(closed) => Some(&closed.verified),
            Self::New { .. } | Self::Verifying { .. } | Self::Dismissed { .. } => None,
        }
    }

    pub(super) fn verified_mut(&mut self) -> Option<&mut Verified> {
        match self {
            Self::Paused(paused) => paused.inside.verified_mut(),
            Self::Confirmed { verified, .. }
            | Self::Offered { verified, .. }
            | Self::Accepted { verified, .. }
            | Self::OnScene { verified, .. }
            | Self::Handled { verified, .. } => Some(verified),
            Self::New { .. }
            | Self::Verifying { .. }
            | Self::Dismissed { .. }
            | Self::Closed(_) => None,
        }
    }

    /// What the member replied.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Paused(paused) => paused.inside.reply(),
            Self::Handled { reply, .. } => Some(reply),
            Self::Closed(closed) => Some(&closed.reply),
            Self::New { .. }
            | Self::Verifying { .. }
            | Self::Dismissed { .. }
            | Self::Confirmed { .. }
            | Self::Offered { .. }
            | Self::Accepted { .. }
            | Self::OnScene { .. } => None,
        }
    }

    /// False once dismissed or closed.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self, Self::Dismissed { .. } | Self::Closed(_))
    }
}

impl Offer {
    /// Offered at `now`, nothing heard yet.
    #[must_use]
    pub fn new(id: &str, member: &str, now: UnixMs) -> Self {
        Self {
            id: id.to_owned(),
            member: member.to_owned(),
            at: now,
            received: None,
            acked: None,
            on_scene: None,
        }
    }
}

impl Verified {
    /// Confirmed by `actor` at `now`.
    #[must_use]
    pub fn now(actor: &Actor, now: UnixMs) -> Self {
        Self { by: actor.name.clone(), at: now }
    }
}
