//! The nine clauses of the video monitoring regulation, VM-1 to VM-9, as named checks over the log.
//!
//! Each check has a figure, what is asked for, and every violation with its ticket, camera or
//! person. A clause that needs what no row tells is "not measured": a figure is never made up from
//! something that looks alike. The regulation itself names hardly a figure (`domain` 1.1); the
//! limits are the centre's, and each says where it is from. Pure.

pub mod collect;
pub mod verify;
pub mod send;
pub mod supervise;
pub mod deadlines;
pub mod assess;
pub mod analyse;
pub mod operate;
pub mod maintain;
pub mod confide;

use crate::clock::UnixMs;
use crate::equipment::availability::Availability;
use crate::record::Fault;
use crate::ticket::ClockName;
use crate::ticket::history::{Case, Run, TicketRef};

/// What the checks look at.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Lines at or after this moment were left out.
    pub cut_off: UnixMs,
    /// Tickets whose first line lies in the period.
    pub cases: &'a [Case],
    pub reviews: &'a assess::Duty,
    /// Cameras in service; empty where no row tells of footage.
    pub cameras: &'a [Availability],
    /// Faults that lasted in the period.
    pub faults: &'a [Fault],
    /// Passages through the door that are about stored video; `None` when they were not read.
    pub views: Option<&'a [confide::View]>,
    /// Reports that became due in the period; `None` when none could.
    pub due: Option<&'a [analyse::DueReport]>,
    /// The steps of the ladders of `cases`; `None` when the rules they were born with are unknown.
    pub deadlines: Option<&'a deadlines::Audit>,
}

/// What a check's figure is.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// `good` of `n`; at least `limit` (0..1) is asked for.
    Share { good: usize, n: usize, limit: f64 },
    /// No row tells it yet.
    NotMeasured,
}

/// One violation of a clause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// Word of what was wrong: a clock's, or one of the check's own.
    pub what: String,
    /// `None` when it is about no single ticket (a sample that is too small, a camera).
    pub ticket: Option<TicketRef>,
    /// Camera, account or period that it is about, where it is not a ticket.
    pub subject: Option<String>,
    /// When; of a ticket, the moment it was opened stands in the ticket.
    pub at: Option<UnixMs>,
    /// How far over, or how long, ms.
    pub over_ms: Option<i64>,
}

/// One check of one clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// 1 to 9.
    pub clause: u8,
    /// The check's name, unique among all.
    pub check: &'static str,
    pub measure: Measure,
    pub violations: Vec<Violation>,
}

impl Finding {
    /// Share 0..1; `None` when not measured or without a case.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of a year are far below 2^52")]
    pub fn share(&self) -> Option<f64> {
        match self.measure {
            Measure::Share { good, n, .. } => (n > 0).then(|| good as f64 / n as f64),
            Measure::NotMeasured => None,
        }
    }

    /// `Some(false)`: the requirement is not met. `None`: nothing to judge.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        match self.measure {
            Measure::Share { limit, .. } => self.share().map(|share| share >= limit),
            Measure::NotMeasured => None,
        }
    }

    /// What no row tells.
    const fn not_measured(clause: u8, check: &'static str) -> Self {
        Self { clause, check, measure: Measure::NotMeasured, violations: Vec::new() }
    }

    /// `n` cases, each violation one of them.
    fn counted(
        (clause, check): (u8, &'static str),
        n: usize,
        limit: f64,
        violations: Vec<Violation>,
    ) -> Self {
        let good = n.saturating_sub(violations.len());
        Self { clause, check, measure: Measure::Share { good, n, limit }, violations }
    }
}

/// Every check, clause by clause.
#[must_use]
pub fn findings(facts: &Facts) -> Vec<Finding> {
    [
        collect::findings(facts),
        verify::findings(facts),
        send::findings(facts),
        supervise::findings(facts),
        assess::findings(facts),
        analyse::findings(facts),
        operate::findings(facts),
        maintain::findings(facts),
        confide::findings(facts),
    ]
    .concat()
}

/// The decided runs of these clocks that were on time.
fn on_time(name: (u8, &'static str), clocks: &[ClockName], limit: f64, facts: &Facts) -> Finding {
    let (mut n, mut violations) = (0, Vec::new());
    for case in facts.cases {
        for run in case.runs.iter().filter(|run| clocks.contains(&run.clock)) {
            let Some(on_time) = run.on_time(facts.cut_off) else { continue };
            n += 1;
            if !on_time {
                violations.push(late(case, run, facts.cut_off));
            }
        }
    }
    Finding::counted(name, n, limit, violations)
}

fn late(case: &Case, run: &Run, cut_off: UnixMs) -> Violation {
    Violation {
        what: run.clock.as_str().to_owned(),
        ticket: Some(case.into()),
        over_ms: Some(run.late_ms(cut_off)),
        ..Violation::default()
    }
}
