//! Parts 8 and 9: how the equipment stood, and who looked at stored video.

use std::collections::BTreeMap;

use crate::clock::UnixMs;
use crate::equipment::availability::{Availability, EquipmentRows};
use crate::record::Fault;
use crate::regulation::confide::View;

/// Part 8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Equipment {
    /// Cameras in service, the one that was interrupted longest first.
    pub cameras: Vec<Availability>,
    /// Faults that lasted in the week, by their beginning.
    pub faults: Vec<Fault>,
}

impl Equipment {
    /// Camera-time in service, recorded and available, ms.
    #[must_use]
    pub fn sums_ms(&self) -> (i64, i64, i64) {
        self.cameras.iter().fold((0, 0, 0), |sum, camera| {
            (sum.0 + camera.service_ms, sum.1 + camera.recorded_ms, sum.2 + camera.available_ms)
        })
    }
}

/// Part 9.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Views and holds in order of time.
    pub views: Vec<View>,
    /// Person -> how often they looked at stored video.
    pub by_person: BTreeMap<String, usize>,
    pub refused: usize,
    pub without_reason: usize,
}

/// The equipment of a period.
#[must_use]
pub fn equipment(
    mut cameras: Vec<Availability>,
    rows: &EquipmentRows,
    (start, end): (UnixMs, UnixMs),
) -> Equipment {
    cameras.sort_by_key(|camera| (camera.available_ms - camera.service_ms, camera.camera.clone()));
    let lasted =
        |fault: &&Fault| fault.since < end && fault.until.is_none_or(|until| until > start);
    Equipment { cameras, faults: rows.faults.iter().filter(lasted).cloned().collect() }
}

/// The register of a period; `None` when it was not read.
#[must_use]
pub fn register(views: Option<&[View]>, (start, end): (UnixMs, UnixMs)) -> Option<Register> {
    let mut register = Register::default();
    for view in views?.iter().filter(|view| view.at >= start && view.at < end) {
        register.views.push(view.clone());
        if !view.allowed {
            register.refused += 1;
            continue;
        }
        *register.by_person.entry(view.actor.clone()).or_default() += 1;
        register.without_reason += usize::from(view.reason.is_empty());
    }
    Some(register)
}
