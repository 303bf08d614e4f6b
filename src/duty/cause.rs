//! Causes of outages: what the shift enters before it hands over (VM-7).
//!
//! An outage here is a fault of the equipment, or a time of three minutes and more without a
//! camera's footage. Its cause is one of eight words, entered by a person of the shift; `unknown`
//! is a word too, but only with what was done to find out. A later entry corrects an earlier one,
//! which stays. Pure.

use super::Refused;
use crate::clock::UnixMs;
use crate::record::{Cause as GapCause, Fault, Gap};

/// The words (VM-7).
pub const CAUSES: [&str; 8] = [
    "planned",
    "power",
    "network",
    "camera_fault",
    "storage",
    "tamper",
    "operator_action",
    "unknown",
];

/// A shorter gap needs no word: a loss is to be noticed within so long (`domain` 1.1, VM-7).
pub const OUTAGE_MIN_MS: i64 = 180_000;

/// One interruption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Id of the fault or of the gap.
    pub id: String,
    /// `None`: of the centre itself, such as its disk.
    pub camera: Option<String>,
    /// The word of the fault or of the gap's cause.
    pub kind: String,
    pub since: UnixMs,
    pub until: Option<UnixMs>,
    /// The newest entry.
    pub entered: Option<Entered>,
}

/// What somebody entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    pub cause: String,
    pub note: String,
    pub by: String,
    pub at: UnixMs,
}

impl Outage {
    /// The outage of a fault; one that was over within seconds is none.
    #[must_use]
    pub fn of_fault(fault: &Fault) -> Option<Self> {
        let long = fault.until.is_none_or(|until| until.since_ms(fault.since) >= OUTAGE_MIN_MS);
        long.then(|| Self {
            id: fault.id.clone(),
            camera: fault.camera.as_ref().map(|camera| camera.as_str().to_owned()),
            kind: fault.kind.word().to_owned(),
            since: fault.since,
            until: fault.until,
            entered: None,
        })
    }

    /// The outage of a gap at `now`; what was never to be recorded is none.
    #[must_use]
    pub fn of_gap(gap: &Gap, now: UnixMs) -> Option<Self> {
        let wanted = match gap.cause {
            GapCause::NotRecorded | GapCause::ClockStep => false,
            GapCause::Camera(_)
            | GapCause::Connecting
            | GapCause::Lost
            | GapCause::QueueOverflow
            | GapCause::DiskFull
            | GapCause::DiskReadOnly
            | GapCause::DiskMissing
            | GapCause::DiskFailing
            | GapCause::DaemonStopped
            | GapCause::DaemonKilled
            | GapCause::FootageMissing => true,
        };
        let long = gap.ended.unwrap_or(now).since_ms(gap.started) >= OUTAGE_MIN_MS;
        (wanted && long).then(|| Self {
            id: gap.id.clone(),
            camera: Some(gap.camera.as_str().to_owned()),
            kind: gap.cause.word().to_owned(),
            since: gap.started,
            until: gap.ended,
            entered: None,
        })
    }
}

/// Whether somebody may enter this.
///
/// # Errors
/// The refusal.
pub fn check(cause: &str, note: &str) -> Result<(), Refused> {
    if !CAUSES.contains(&cause) {
        return Err(Refused::UnknownCause { cause: cause.chars().take(40).collect() });
    }
    if cause == "unknown" && note.trim().is_empty() {
        return Err(Refused::NoReason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::CameraId;

    #[test]
    fn a_cause_is_one_of_the_words_and_unknown_needs_more() {
        let code = |cause: &str, note: &str| check(cause, note).map_err(|r| r.code());
        assert_eq!(code("power", ""), Ok(()));
        assert_eq!(code("lightning", "x"), Err("unknown_cause"));
        assert_eq!(code("unknown", " "), Err("no_reason"));
        assert_eq!(code("unknown", "cable and switch looked at"), Ok(()));
    }

    fn gap(cause: &str, ended: Option<i64>) -> Option<Outage> {
        let gap = Gap {
            id: "g".into(),
            camera: CameraId::try_from("gate").expect("an id"),
            started: UnixMs(0),
            ended: ended.map(UnixMs),
            cause: GapCause::parse(cause),
            detail: String::new(),
        };
        Outage::of_gap(&gap, UnixMs(OUTAGE_MIN_MS))
    }

    #[test]
    fn three_minutes_without_footage_are_an_outage() {
        assert!(gap("no_answer", None).is_some());
        assert!(gap("no_answer", Some(OUTAGE_MIN_MS)).is_some());
        assert!(gap("no_answer", Some(OUTAGE_MIN_MS - 1)).is_none());
        assert!(gap("daemon_killed", Some(OUTAGE_MIN_MS)).is_some());
        assert!(gap("not_recorded", None).is_none());
        assert!(gap("clock_step", None).is_none());
    }
}
