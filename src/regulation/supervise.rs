//! VM-4, supervise: "make sure that the member finishes on time and replies to the centre".

use super::{Facts, Finding, Violation, on_time};
use crate::ticket::ClockName;
use crate::ticket::history::{Case, TicketRef};

/// On time, and checked by somebody else; choices of the centre.
const LIMIT: f64 = 0.95;
const CHECK_LIMIT: f64 = 1.0;
const FIRED_LIMIT: f64 = 1.0;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let clocks = [ClockName::Ack, ClockName::Arrive, ClockName::Reply, ClockName::Close];
    let on_time = on_time((4, "supervised"), &clocks, LIMIT, facts);
    vec![on_time, fired(facts), checked(facts.cases)]
}

/// Every reminder and every step up that was due came once and in its time. The same proof as
/// `gengfu audit deadlines`, over the tickets of the period.
fn fired(facts: &Facts) -> Finding {
    let Some(audit) = facts.deadlines.filter(|audit| audit.tickets > audit.older) else {
        return Finding::not_measured(4, "fired");
    };
    let wrong = audit.faults.iter().map(|fault| Violation {
        what: format!("step_{}", fault.wrong.as_str()),
        ticket: Some(TicketRef { number: fault.number, id: fault.ticket.clone() }),
        at: Some(fault.at),
        ..Violation::default()
    });
    let wrong: Vec<Violation> = wrong.collect();
    let n = usize::try_from(audit.fired).unwrap_or(usize::MAX).saturating_add(wrong.len());
    Finding::counted((4, "fired"), n, FIRED_LIMIT, wrong)
}

/// What is closed was replied to, and checked by another than the one who handled it.
fn checked(cases: &[Case]) -> Finding {
    let closed = || cases.iter().filter(|case| case.closed.is_some());
    let wrong = closed().filter_map(|case| {
        let replied = case.orders.iter().any(|order| order.replied.is_some());
        let what = match (replied, case.closed_by.as_deref()) {
            (false, _) => "no_reply",
            (true, Some(by)) if case.member() == Some(by) => "own_check",
            (true, _) => return None,
        };
        Some(Violation { what: what.to_owned(), ticket: Some(case.into()), ..Violation::default() })
    });
    Finding::counted((4, "checked"), closed().count(), CHECK_LIMIT, wrong.collect())
}
