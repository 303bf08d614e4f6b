//! VM-5, assess: "assess how patrol members handled problems, and publish it".

use super::{Facts, Finding, Violation};
use crate::ticket::history::TicketRef;

/// Every review that has to be made; choice of the centre.
const LIMIT: f64 = 1.0;

/// What had to be reviewed and was not, by the rule of sampling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty {
    /// Tickets that are reviewed without exception, and those of them that were not.
    pub must: usize,
    pub must_open: Vec<TicketRef>,
    /// Size of the sample besides them, and those of it that were not reviewed.
    pub sample: usize,
    pub sample_open: Vec<TicketRef>,
}

/// Reviews done of those that had to be done; each missing one of the sample counts too.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let duty = facts.reviews;
    let missing = |what: &str, ticket: &TicketRef| Violation {
        what: what.to_owned(),
        ticket: Some(ticket.clone()),
        ..Violation::default()
    };
    let open = duty.must_open.iter().map(|ticket| missing("review", ticket));
    let short = duty.sample_open.iter().map(|ticket| missing("sample", ticket));
    let violations = open.chain(short).collect();
    vec![Finding::counted((5, "reviewed"), duty.must + duty.sample, LIMIT, violations)]
}
