//! VM-8, maintain: "routine maintenance, so that the system is really effective".

use super::{Facts, Finding, Violation};
use crate::record::{Fault, FaultKind};

/// Choice of the centre.
const LIMIT: f64 = 0.95;

const HOUR_MS: i64 = 3_600_000;
/// Time to restore (`domain` 4.4): what stops all recording is P1, a dirty or shifted picture P3
/// (three days), the rest P2.
const P1_MS: i64 = 4 * HOUR_MS;
const P2_MS: i64 = 24 * HOUR_MS;
const P3_MS: i64 = 72 * HOUR_MS;

/// How long a fault of this kind may last, ms.
#[must_use]
pub const fn restore_within_ms(kind: FaultKind) -> i64 {
    match kind {
        FaultKind::DiskFull
        | FaultKind::DiskReadOnly
        | FaultKind::DiskMissing
        | FaultKind::DiskFailing
        | FaultKind::OnlyHeld
        | FaultKind::Looped => P1_MS,
        FaultKind::Defocused => P3_MS,
        FaultKind::QueueOverflow
        | FaultKind::FootageMissing
        | FaultKind::FootageStrange
        | FaultKind::BelowFloor
        | FaultKind::Covered
        | FaultKind::Blinded
        | FaultKind::Moved
        | FaultKind::TooDark
        | FaultKind::Frozen
        | FaultKind::LostSignal => P2_MS,
    }
}

/// Faults that were repaired in their time, of those that were repaired or ran over it; that the
/// plan of checks was kept is told by no row yet.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    let lasted = |fault: &Fault| {
        let until = fault.until.filter(|until| *until < facts.cut_off);
        let over = until.unwrap_or(facts.cut_off).since_ms(fault.since);
        (until.is_some(), over - restore_within_ms(fault.kind))
    };
    let decided = || facts.faults.iter().filter(move |f| matches!(lasted(f), (true, _) | (_, 1..)));
    let late = decided().filter(|fault| lasted(fault).1 > 0).map(|fault| Violation {
        what: fault.kind.word().to_owned(),
        subject: fault.camera.as_ref().map(|camera| camera.as_str().to_owned()),
        at: Some(fault.since),
        over_ms: Some(lasted(fault).1),
        ticket: None,
    });
    vec![
        Finding::counted((8, "repaired"), decided().count(), LIMIT, late.collect()),
        Finding::not_measured(8, "maintained"),
    ]
}
