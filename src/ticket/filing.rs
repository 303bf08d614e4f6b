//! A new observation: a ticket of its own, or one more firing of one that is open?

use super::Origin;
use super::clocks::{ClockName, Policy};
use super::life::{Life, State};
use crate::clock::UnixMs;
pub use crate::event::Proposal;

/// The life of a new ticket; the clock runs from when it was seen, so a late filing is not hidden.
#[must_use]
pub fn open(origin: &Origin, proposal: &Proposal, policy: &Policy) -> Life {
    Life {
        severity: proposal.severity,
        category: None,
        proposed_category: proposal.category.clone(),
        place: proposal.place.clone(),
        count: 1,
        offers: 0,
        late: Vec::new(),
        state: State::New { clock: policy.start(proposal.severity, ClockName::Verify, origin.at) },
    }
}

/// Whether a firing at `now` joins an observation of the same camera and rule whose last firing
/// was at `last`. Only observations nobody has decided about take more firings.
#[must_use]
pub fn joins(state: &State, last: UnixMs, now: UnixMs, coalesce_ms: i64) -> bool {
    let undecided = matches!(state, State::New { .. } | State::Verifying { .. });
    undecided && now.since_ms(last) <= coalesce_ms
}
