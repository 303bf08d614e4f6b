//! The weekly report as JSON: wire structs with stable keys, the parts in the page's order.
//!
//! A counted figure is `{"n": 3, "tickets": ["id", …]}`, so that a screen can open it; what the
//! ids stand for is in `ledger`. Times are UTC Unix milliseconds, shares and intervals 0..1.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::{Before, Bucket, CategoryRow, Distribution, PlaceRow, WeekReport};
use super::wire::{
    Acts, AlarmLoad, Clause, Clock, Count, Duty, FalseAlarms, Member, Open, Review, Sum,
};
use super::wire_rows::{Cameras, Trends, Views, Whole};
use crate::ticket::Severity;
use crate::ticket::history::{Case, Verdict};

/// The report as indented JSON with a line feed at its end. The same report gives the same bytes.
#[must_use]
pub fn render_json(report: &WeekReport) -> String {
    let wire = Wire::from(report);
    let mut out =
        serde_json::to_string_pretty(&wire).expect("every key of the wire structs is text");
    out.push('\n');
    out
}

#[derive(Serialize)]
struct Wire {
    week: String,
    site: String,
    time_zone: Option<String>,
    start_ms: i64,
    end_ms: i64,
    cut_off_ms: i64,
    log_lines: usize,
    log_sha256: String,
    clauses: Vec<Clause>,
    overview: Sum,
    categories: Vec<Category>,
    hours: Vec<Vec<Count>>,
    places: Vec<Place>,
    clocks: Vec<Clock>,
    distributions: Vec<Buckets>,
    open: Vec<Open>,
    supervision: Acts,
    members: Vec<Member>,
    false_alarms: Vec<FalseAlarms>,
    duty: Vec<Duty>,
    load: AlarmLoad,
    equipment: Cameras,
    register: Option<Views>,
    trend: Trends,
    complete: Whole,
    reviews: Review,
    before: Option<Earlier>,
    ledger: Vec<Line>,
}

impl From<&WeekReport> for Wire {
    fn from(report: &WeekReport) -> Self {
        let basis = &report.basis;
        Self {
            week: report.week.to_string(),
            site: basis.site_name.clone(),
            time_zone: basis.zone.iana_name().map(str::to_owned),
            start_ms: basis.start.0,
            end_ms: basis.end.0,
            cut_off_ms: basis.cut_off.0,
            log_lines: basis.lines,
            log_sha256: basis.sha256.clone(),
            clauses: all(&report.findings),
            overview: (&report.overview).into(),
            categories: all(&report.categories),
            hours: report.hours.0.iter().map(|day| all(day)).collect(),
            places: all(&report.places),
            clocks: all(&report.clocks),
            distributions: all(&report.distributions),
            open: all(&report.open),
            supervision: (&report.supervision).into(),
            members: all(&report.members),
            false_alarms: all(&report.false_alarms),
            duty: all(&report.duty),
            load: (&report.load).into(),
            equipment: (&report.equipment).into(),
            register: report.register.as_ref().map(Views::from),
            trend: (&report.trend).into(),
            complete: (&report.complete).into(),
            reviews: (&report.reviews).into(),
            before: report.before.as_ref().map(Earlier::from),
            ledger: all(&report.ledger),
        }
    }
}

fn all<'a, A, B: From<&'a A>>(list: &'a [A]) -> Vec<B> {
    list.iter().map(B::from).collect()
}

impl From<&CategoryRow> for Category {
    fn from(row: &CategoryRow) -> Self {
        let severities = [Severity::S1, Severity::S2, Severity::S3, Severity::S4];
        let confirmed = severities.into_iter().zip(&row.confirmed);
        Self {
            category: row.category.clone(),
            confirmed: confirmed.map(|(s, tally)| (s.as_str(), tally.into())).collect(),
            observations: (&row.observations).into(),
        }
    }
}

impl From<&PlaceRow> for Place {
    fn from(row: &PlaceRow) -> Self {
        Self {
            place: row.place.clone(),
            camera: row.camera.clone(),
            camera_name: row.camera_name.clone(),
            observations: (&row.observations).into(),
            confirmed: (&row.confirmed).into(),
            false_alarms: (&row.false_alarms).into(),
            confirmed_before: row.confirmed_before,
        }
    }
}

impl From<&Distribution> for Buckets {
    fn from(distribution: &Distribution) -> Self {
        let clock = distribution.clock.as_str();
        Self { clock, buckets: all(&distribution.buckets) }
    }
}

impl From<&Bucket> for Span {
    fn from(bucket: &Bucket) -> Self {
        Self {
            over_ms: bucket.over_ms,
            up_to_ms: bucket.up_to_ms,
            n: bucket.n,
            late: bucket.late,
            tickets: Count::from(&bucket.tickets).tickets,
        }
    }
}

#[derive(Serialize)]
struct Category {
    category: String,
    confirmed: BTreeMap<&'static str, Count>,
    observations: Count,
}

#[derive(Serialize)]
struct Place {
    place: String,
    camera: String,
    camera_name: String,
    observations: Count,
    confirmed: Count,
    false_alarms: Count,
    confirmed_before: Option<usize>,
}

#[derive(Serialize)]
struct Buckets {
    clock: &'static str,
    buckets: Vec<Span>,
}

#[derive(Serialize)]
struct Span {
    over_ms: i64,
    up_to_ms: Option<i64>,
    n: usize,
    late: usize,
    tickets: Vec<String>,
}

#[derive(Serialize)]
struct Earlier {
    week: String,
    clauses: Vec<Clause>,
    overview: Sum,
    clocks: Vec<Clock>,
}

impl From<&Before> for Earlier {
    fn from(before: &Before) -> Self {
        Self {
            week: before.week.to_string(),
            clauses: all(&before.findings),
            overview: (&before.overview).into(),
            clocks: all(&before.clocks),
        }
    }
}

/// One ticket of the week.
#[derive(Serialize)]
struct Line {
    id: String,
    number: i64,
    opened_ms: i64,
    seen_ms: i64,
    source: String,
    camera: String,
    place: String,
    rule: String,
    category: String,
    severity: &'static str,
    state: &'static str,
    verdict: &'static str,
    joined_firings: u32,
    member: Option<String>,
    closed_ms: Option<i64>,
    score: Option<u8>,
}

/// The word of a verdict in tables and JSON.
pub(super) const fn verdict_word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Waiting => "waiting",
        Verdict::Undetermined => "undetermined",
        Verdict::Confirmed { .. } => "confirmed",
        Verdict::FalseAlarm { .. } => "false_alarm",
        Verdict::Test { .. } => "test",
    }
}

impl From<&Case> for Line {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id.0.clone(),
            number: case.number,
            opened_ms: case.opened.0,
            seen_ms: case.seen.0,
            source: case.source.clone(),
            camera: case.camera.clone(),
            place: case.place.clone(),
            rule: case.rule.clone(),
            category: case.category.clone(),
            severity: case.severity.as_str(),
            state: case.stage.as_str(),
            verdict: verdict_word(&case.verdict),
            joined_firings: case.joined,
            member: case.member().map(str::to_owned),
            closed_ms: case.closed.map(|at| at.0),
            score: case.review.as_ref().and_then(|review| review.score),
        }
    }
}
