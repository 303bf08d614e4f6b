//! VM-3, send on: "classify the problem and promptly give it to patrol members to handle".

use super::{Facts, Finding, on_time};
use crate::ticket::ClockName;

/// Choice of the centre.
const LIMIT: f64 = 0.98;

pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    vec![on_time((3, "dispatched"), &[ClockName::Dispatch], LIMIT, facts)]
}
