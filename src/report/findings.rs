//! The verdict on the nine clauses of the video monitoring regulation, as far as the log goes.
//!
//! A clause that needs what no log line tells (outages, maintenance, the register of viewings) is
//! "not measured yet". A figure is never made up from something that looks alike.

use super::figures::{Finding, Measure, Reviews, TicketRef, Violation};
use super::history::{Case, Run};
use crate::clock::UnixMs;
use crate::ticket::ClockName;

/// From seen to opened, ms: an alarm is shown within 2 s (GB 55029, `domain` 4.1).
pub const SHOW_WITHIN_MS: i64 = 2000;

/// Shares asked for, VM-1 to VM-5. The regulation gives no figures; guess of the centre, revisit.
const LIMITS: [f64; 5] = [1.0, 0.95, 0.98, 0.95, 1.0];

/// All nine clauses, in order.
#[must_use]
pub fn findings(cases: &[Case], reviews: &Reviews, cut_off: UnixMs) -> Vec<Finding> {
    let mut all = vec![
        collect(cases),
        clocks(2, &[ClockName::Verify], cases, cut_off),
        clocks(3, &[ClockName::Dispatch], cases, cut_off),
        clocks(
            4,
            &[ClockName::Ack, ClockName::Arrive, ClockName::Reply, ClockName::Close],
            cases,
            cut_off,
        ),
        assess(reviews),
    ];
    let not_yet = |clause| Finding { clause, measure: Measure::NotMeasured, violations: vec![] };
    all.extend((6..=9).map(not_yet));
    all
}

const fn limit(clause: u8) -> f64 {
    LIMITS[clause as usize - 1]
}

/// VM-1: alarms of rules are on the desk within 2 s of being seen. A manual observation has no
/// moment of arrival and is left out. Cover of duty is told beside it, by `cover.rs`.
fn collect(cases: &[Case]) -> Finding {
    let alarms: Vec<&Case> = cases.iter().filter(|case| case.source == "video_alarm").collect();
    let over = |case: &&&Case| case.opened.since_ms(case.seen) > SHOW_WITHIN_MS;
    let violations: Vec<Violation> = alarms
        .iter()
        .filter(over)
        .map(|case| Violation {
            ticket: Some(TicketRef::from(*case)),
            clock: None,
            over_ms: Some(case.opened.since_ms(case.seen) - SHOW_WITHIN_MS),
        })
        .collect();
    let (n, good) = (alarms.len(), alarms.len() - violations.len());
    Finding { clause: 1, measure: Measure::Share { good, n, limit: limit(1) }, violations }
}

/// VM-2, VM-3, VM-4: the decided runs of these clocks that were on time.
fn clocks(clause: u8, clocks: &[ClockName], cases: &[Case], cut_off: UnixMs) -> Finding {
    let (mut n, mut violations) = (0, Vec::new());
    for case in cases {
        for run in case.runs.iter().filter(|run| clocks.contains(&run.clock)) {
            let Some(on_time) = run.on_time(cut_off) else {
                continue;
            };
            n += 1;
            if !on_time {
                violations.push(late(case, run, cut_off));
            }
        }
    }
    let good = n - violations.len();
    Finding { clause, measure: Measure::Share { good, n, limit: limit(clause) }, violations }
}

fn late(case: &Case, run: &Run, cut_off: UnixMs) -> Violation {
    Violation {
        ticket: Some(TicketRef::from(case)),
        clock: Some(run.clock),
        over_ms: Some(run.late_ms(cut_off)),
    }
}

/// VM-5: reviews done of those that had to be done; each missing one of the sample counts too.
fn assess(reviews: &Reviews) -> Finding {
    let missing = |ticket| Violation { ticket, clock: None, over_ms: None };
    let open = reviews.must_open.tickets().iter().map(|ticket| missing(Some(ticket.clone())));
    let short = reviews.sample.saturating_sub(reviews.sampled.n());
    let violations: Vec<Violation> = open.chain((0..short).map(|_| missing(None))).collect();
    let n = reviews.must.n() + reviews.sample;
    let good = n - violations.len();
    Finding { clause: 5, measure: Measure::Share { good, n, limit: limit(5) }, violations }
}
