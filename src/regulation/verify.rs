//! VM-2, verify: "check and confirm suspicious information so that it is valid".

use super::{Facts, Finding, Violation, on_time};
use crate::ticket::ClockName;
use crate::ticket::history::{Case, Verdict};

/// On time, and with evidence; choices of the centre.
const LIMIT: f64 = 0.95;
const EVIDENCE_LIMIT: f64 = 1.0;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![on_time((2, "verified"), &[ClockName::Verify], LIMIT, facts), with_evidence(facts.cases)]
}

/// A confirmed observation has a still or a clip behind it. Lines that do not say are left out.
fn with_evidence(cases: &[Case]) -> Finding {
    let told = || {
        cases.iter().filter_map(|case| match case.verdict {
            Verdict::Confirmed { .. } => Some((case, case.evidence?)),
            Verdict::Waiting
            | Verdict::Undetermined
            | Verdict::FalseAlarm { .. }
            | Verdict::Test { .. } => None,
        })
    };
    let without = told().filter(|(_, evidence)| *evidence == 0).map(|(case, _)| Violation {
        what: "no_evidence".to_owned(),
        ticket: Some(case.into()),
        ..Violation::default()
    });
    Finding::counted((2, "evidence"), told().count(), EVIDENCE_LIMIT, without.collect())
}
