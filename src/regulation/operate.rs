//! VM-7, operate: "keep the equipment running safely; monitoring must not be interrupted without
//! cause".

use super::{Facts, Finding, Measure, Violation};
use crate::equipment::availability::Availability;

/// Targets of `domain` 4.4: availability, completeness of recordings.
const AVAILABLE_LIMIT: f64 = 0.98;
const RECORDED_LIMIT: f64 = 0.99;

const MINUTE_MS: i64 = 60_000;

/// Camera-minutes with footage and a view, and with footage; every interruption of a minute and
/// more is told with the first, so that it is told once.
pub(super) fn findings(facts: &Facts) -> Vec<Finding> {
    if facts.cameras.is_empty() {
        return ["available", "recorded"].map(|check| Finding::not_measured(7, check)).to_vec();
    }
    let share = |check, limit, of: fn(&Availability) -> i64, violations| Finding {
        clause: 7,
        check,
        measure: Measure::Share {
            good: minutes(facts.cameras, of),
            n: minutes(facts.cameras, |camera| camera.service_ms),
            limit,
        },
        violations,
    };
    let stops = interruptions(facts.cameras);
    vec![
        share("available", AVAILABLE_LIMIT, |camera| camera.available_ms, stops),
        share("recorded", RECORDED_LIMIT, |camera| camera.recorded_ms, Vec::new()),
    ]
}

fn minutes(cameras: &[Availability], of: fn(&Availability) -> i64) -> usize {
    let ms: i64 = cameras.iter().map(of).sum();
    usize::try_from(ms / MINUTE_MS).unwrap_or(0)
}

fn interruptions(cameras: &[Availability]) -> Vec<Violation> {
    let of = |camera: &Availability| {
        let subject = camera.camera.as_str().to_owned();
        let stops = camera.interruptions.clone().into_iter();
        stops.map(move |stop| Violation {
            over_ms: Some(stop.ms()),
            what: stop.cause,
            subject: Some(subject.clone()),
            at: Some(stop.from),
            ticket: None,
        })
    };
    cameras.iter().flat_map(of).collect()
}
