//! The wire structs of what other rows tell: equipment, register, trend, completeness.

use std::collections::BTreeMap;

use serde::Serialize;

use super::equipment::{Equipment, Register};
use super::figures::Complete;
use super::trend::{Counted, Held, Signal, Trend};
use super::wire::Count;

#[derive(Serialize)]
pub(super) struct Cameras {
    cameras: Vec<Camera>,
    faults: Vec<Broken>,
}

#[derive(Serialize)]
struct Camera {
    camera: String,
    service_ms: i64,
    recorded_ms: i64,
    available_ms: i64,
    stored_ms: Option<i64>,
    stops: Vec<Stop>,
}

#[derive(Serialize)]
struct Stop {
    from_ms: i64,
    until_ms: i64,
    lasts: bool,
    cause: String,
}

#[derive(Serialize)]
struct Broken {
    camera: Option<String>,
    kind: &'static str,
    since_ms: i64,
    until_ms: Option<i64>,
}

impl From<&Equipment> for Cameras {
    fn from(equipment: &Equipment) -> Self {
        let camera = |camera: &crate::equipment::availability::Availability| Camera {
            camera: camera.camera.as_str().to_owned(),
            service_ms: camera.service_ms,
            recorded_ms: camera.recorded_ms,
            available_ms: camera.available_ms,
            stored_ms: camera.stored_ms,
            stops: camera
                .interruptions
                .iter()
                .map(|stop| Stop {
                    from_ms: stop.from.0,
                    until_ms: stop.until.0,
                    lasts: stop.lasts,
                    cause: stop.cause.clone(),
                })
                .collect(),
        };
        let fault = |fault: &crate::record::Fault| Broken {
            camera: fault.camera.as_ref().map(|camera| camera.as_str().to_owned()),
            kind: fault.kind.word(),
            since_ms: fault.since.0,
            until_ms: fault.until.map(|at| at.0),
        };
        Self {
            cameras: equipment.cameras.iter().map(camera).collect(),
            faults: equipment.faults.iter().map(fault).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Views {
    by_person: BTreeMap<String, usize>,
    without_reason: usize,
    refused: usize,
}

impl From<&Register> for Views {
    fn from(register: &Register) -> Self {
        Self {
            by_person: register.by_person.clone(),
            without_reason: register.without_reason,
            refused: register.refused,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Trends {
    totals: BTreeMap<&'static str, Against>,
    cameras: BTreeMap<String, Against>,
    hours: Vec<Against>,
}

#[derive(Serialize)]
struct Against {
    now: usize,
    year_ago: Option<usize>,
    weeks: Option<usize>,
    mean: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    signal: &'static str,
    course: Vec<usize>,
}

impl From<&Held> for Against {
    fn from(held: &Held) -> Self {
        // Thousandths: enough, and the same text on every machine.
        let round = |value: f64| (value * 1000.0).round() / 1000.0;
        Self {
            now: held.now,
            year_ago: held.year_ago,
            weeks: held.limits.map(|limits| limits.weeks),
            mean: held.limits.map(|limits| round(limits.mean)),
            low: held.limits.map(|limits| round(limits.low)),
            high: held.limits.map(|limits| round(limits.high)),
            signal: match held.signal() {
                Signal::None => "none",
                Signal::Above => "above",
                Signal::Below => "below",
            },
            course: held.course.clone(),
        }
    }
}

impl From<&Trend> for Trends {
    fn from(trend: &Trend) -> Self {
        let word = |counted: Counted| match counted {
            Counted::Observations => "observations",
            Counted::Confirmed => "confirmed",
            Counted::FalseAlarms => "false_alarms",
        };
        Self {
            totals: trend.totals.iter().map(|(c, held)| (word(*c), held.into())).collect(),
            cameras: trend.cameras.iter().map(|(c, held)| (c.clone(), held.into())).collect(),
            hours: trend.hours.iter().map(Against::from).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Whole {
    whole: Count,
    lacks: BTreeMap<&'static str, Count>,
}

impl From<&Complete> for Whole {
    fn from(complete: &Complete) -> Self {
        Self {
            whole: (&complete.whole).into(),
            lacks: complete.lacks.iter().map(|(part, tally)| (*part, tally.into())).collect(),
        }
    }
}
