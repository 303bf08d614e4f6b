//! VM-6, analyse: "analyse and summarise regularly, and keep the files in order".

use super::{Facts, Finding, Violation};
use crate::clock::UnixMs;

/// Every report; choice of the centre.
const LIMIT: f64 = 1.0;

/// A report that became due in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueReport {
    /// Week or month that it is about, such as `2026-W46`.
    pub about: String,
    pub due: UnixMs,
    /// When it was first drawn up.
    pub made: Option<UnixMs>,
}

/// Reports that were drawn up by their time.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let Some(due) = facts.due else {
        return vec![Finding::not_measured(6, "reported")];
    };
    let late = due.iter().filter_map(|report| {
        let made = report.made.unwrap_or(facts.cut_off);
        let over = made.since_ms(report.due);
        (over > 0).then(|| Violation {
            what: if report.made.is_some() { "report_late" } else { "report_missing" }.to_owned(),
            subject: Some(report.about.clone()),
            at: Some(report.due),
            over_ms: Some(over),
            ..Violation::default()
        })
    });
    vec![Finding::counted((6, "reported"), due.len(), LIMIT, late.collect())]
}
