//! How long each camera was recorded and could see, out of the rows of gaps and faults.
//!
//! A camera counts from its first footage or gap on. Time without footage and time with a fault of
//! its view both count as interrupted: a stream from a covered camera watches nothing. Overlapping
//! times count once. What a person took out of recording by the configuration is no interruption.
//! Pure.

use std::collections::BTreeMap;

use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::{Cause, Fault, FaultKind, Gap};

/// An interruption that is shorter is not listed, ms (`domain` 4.4: recording gap over 60 s).
pub const LISTED_FROM_MS: i64 = 60_000;

/// What is known of the equipment in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EquipmentRows {
    /// Cameras and the first moment that anything is known of each.
    pub since: BTreeMap<CameraId, UnixMs>,
    /// The oldest footage that there was of each at the cut-off.
    pub oldest: BTreeMap<CameraId, UnixMs>,
    pub gaps: Vec<Gap>,
    pub faults: Vec<Fault>,
}

/// A time in which a camera was not recorded or did not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interruption {
    pub from: UnixMs,
    pub until: UnixMs,
    /// It lasts at the end of what is looked at.
    pub lasts: bool,
    /// A word of `record/gap.rs` or `record/fault.rs`.
    pub cause: String,
}

impl Interruption {
    /// How long, ms.
    #[must_use]
    pub const fn ms(&self) -> i64 {
        self.until.since_ms(self.from)
    }
}

/// One camera in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    pub camera: CameraId,
    /// Time of the period since the camera is known, ms.
    pub service_ms: i64,
    /// Of it with footage, and with footage and a view.
    pub recorded_ms: i64,
    pub available_ms: i64,
    /// Those of a minute and more, by time.
    pub interruptions: Vec<Interruption>,
    /// Age of the oldest footage at the end, ms; `None` without footage.
    pub stored_ms: Option<i64>,
}

impl Availability {
    /// The longest interruption that is listed, ms.
    #[must_use]
    pub fn longest_ms(&self) -> i64 {
        self.interruptions.iter().map(Interruption::ms).max().unwrap_or(0)
    }
}

/// Every camera that was in service in `[start, end)`, by id.
#[must_use]
pub fn availability(rows: &EquipmentRows, (start, end): (UnixMs, UnixMs)) -> Vec<Availability> {
    let in_service = rows.since.iter().filter(|(_, since)| **since < end);
    in_service.map(|(camera, since)| one(rows, camera, ((*since).max(start), end))).collect()
}

fn one(rows: &EquipmentRows, camera: &CameraId, time: (UnixMs, UnixMs)) -> Availability {
    let gaps: Vec<Interruption> = rows
        .gaps
        .iter()
        .filter(|gap| gap.camera == *camera && gap.cause != Cause::NotRecorded)
        .filter_map(|gap| within((gap.started, gap.ended), gap.cause.word(), time))
        .collect();
    let blind: Vec<Interruption> = rows
        .faults
        .iter()
        .filter(|fault| fault.camera.as_ref() == Some(camera) && is_of_view(fault.kind))
        .filter_map(|fault| within((fault.since, fault.until), fault.kind.word(), time))
        .collect();
    let service_ms = time.1.since_ms(time.0);
    let mut all: Vec<Interruption> = gaps.iter().chain(&blind).cloned().collect();
    let (unrecorded, interrupted) = (union_ms(&gaps), union_ms(&all));
    all.retain(|one| one.ms() >= LISTED_FROM_MS);
    all.sort_by(|a, b| (a.from, a.until, &a.cause).cmp(&(b.from, b.until, &b.cause)));
    Availability {
        camera: camera.clone(),
        service_ms,
        recorded_ms: service_ms - unrecorded,
        available_ms: service_ms - interrupted,
        interruptions: all,
        stored_ms: rows.oldest.get(camera).map(|oldest| time.1.since_ms(*oldest).max(0)),
    }
}

/// The part of a row that lies in the time, if any does.
fn within(
    (from, until): (UnixMs, Option<UnixMs>),
    cause: &str,
    time: (UnixMs, UnixMs),
) -> Option<Interruption> {
    let lasts = until.is_none_or(|until| until > time.1);
    let (from, until) = (from.max(time.0), until.unwrap_or(time.1).min(time.1));
    (from < until).then(|| Interruption { from, until, lasts, cause: cause.to_owned() })
}

/// Whether a fault takes away what a camera sees; the others are of disks.
#[must_use]
pub const fn is_of_view(kind: FaultKind) -> bool {
    matches!(
        kind,
        FaultKind::Covered
            | FaultKind::Blinded
            | FaultKind::Defocused
            | FaultKind::Moved
            | FaultKind::TooDark
            | FaultKind::Frozen
            | FaultKind::Looped
            | FaultKind::LostSignal
    )
}

/// How long any of them lasts, ms.
fn union_ms(spans: &[Interruption]) -> i64 {
    let mut sorted: Vec<&Interruption> = spans.iter().collect();
    sorted.sort_by_key(|span| span.from);
    let (mut sum, mut until) = (0, UnixMs(i64::MIN));
    for span in sorted {
        let from = span.from.max(until);
        if span.until > from {
            sum += span.until.since_ms(from);
            until = span.until;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    fn at(minute: i64) -> UnixMs {
        UnixMs(minute * MINUTE_MS)
    }

    fn gate() -> CameraId {
        CameraId::try_from("gate").expect("an id")
    }

    fn gap(from: i64, until: Option<i64>, cause: Cause) -> Gap {
        Gap {
            id: format!("{from}"),
            camera: gate(),
            started: at(from),
            ended: until.map(at),
            cause,
            detail: String::new(),
        }
    }

    fn fault(kind: FaultKind, from: i64, until: Option<i64>) -> Fault {
        Fault {
            id: format!("{from}"),
            camera: Some(gate()),
            kind,
            message: String::new(),
            since: at(from),
            until: until.map(at),
            before: None,
            after: None,
        }
    }

    fn told(gaps: Vec<Gap>, faults: Vec<Fault>, since: i64) -> Availability {
        let since = BTreeMap::from([(gate(), at(since))]);
        let rows = EquipmentRows { since, gaps, faults, ..EquipmentRows::default() };
        availability(&rows, (at(0), at(100))).remove(0)
    }

    #[test]
    fn overlapping_times_count_once_and_a_blind_camera_is_interrupted() {
        let gaps = vec![gap(10, Some(20), Cause::Lost), gap(15, Some(25), Cause::DiskFull)];
        let one = told(gaps, vec![fault(FaultKind::Covered, 24, Some(30))], 0);
        assert_eq!(one.recorded_ms, 85 * MINUTE_MS);
        assert_eq!(one.available_ms, 80 * MINUTE_MS);
        let causes: Vec<&str> = one.interruptions.iter().map(|i| i.cause.as_str()).collect();
        assert_eq!(causes, ["lost", "disk_full", "covered"]);
        assert_eq!(one.longest_ms(), 10 * MINUTE_MS);
    }

    #[test]
    fn what_lasts_is_counted_to_the_end_and_what_was_before_the_camera_is_not() {
        let one = told(vec![gap(90, None, Cause::Connecting)], Vec::new(), 50);
        assert_eq!((one.service_ms, one.recorded_ms), (50 * MINUTE_MS, 40 * MINUTE_MS));
        assert!(one.interruptions[0].lasts);
        let none = told(vec![gap(0, None, Cause::NotRecorded)], Vec::new(), 0);
        assert_eq!((none.recorded_ms, none.interruptions.len()), (100 * MINUTE_MS, 0));
    }

    #[test]
    fn a_full_disk_is_no_fault_of_a_view() {
        let one = told(Vec::new(), vec![fault(FaultKind::DiskFull, 0, None)], 0);
        assert_eq!(one.available_ms, one.service_ms);
    }

    #[test]
    fn short_gaps_cost_their_time_and_are_not_listed() {
        let mut short = gap(10, None, Cause::Lost);
        short.ended = Some(at(10).plus_ms(LISTED_FROM_MS - 1));
        let one = told(vec![short], Vec::new(), 0);
        assert_eq!(one.service_ms - one.recorded_ms, LISTED_FROM_MS - 1);
        assert_eq!(one.interruptions, []);
    }
}
