//! VM-1, collect: "staff are on duty round the clock, watch in real time, look promptly at
//! anything suspicious".

use super::{Facts, Finding, Violation};
use crate::ticket::history::Case;

/// From seen to opened, ms: an alarm is shown within 2 s (GB 55029, `domain` 4.1).
pub const SHOW_WITHIN_MS: i64 = 2000;
/// Every alarm; choice of the centre.
const LIMIT: f64 = 1.0;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![shown(facts.cases)]
}

/// Alarms of rules are on the desk within 2 s of being seen. A manual observation has no moment of
/// arrival and is left out.
fn shown(cases: &[Case]) -> Finding {
    let alarms = || cases.iter().filter(|case| case.source == "video_alarm");
    let late = alarms().filter_map(|case| {
        let over = case.opened.since_ms(case.seen) - SHOW_WITHIN_MS;
        (over > 0).then(|| Violation {
            what: "shown".to_owned(),
            ticket: Some(case.into()),
            over_ms: Some(over),
            ..Violation::default()
        })
    });
    Finding::counted((1, "shown"), alarms().count(), LIMIT, late.collect())
}
