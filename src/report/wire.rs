//! The wire structs of the report's parts, made from the figures; `render_json.rs` puts them
//! together. Keys are stable: a screen and other programs read them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cover::LineCover;
use super::load::{Flood, Load};
use crate::duty::span::{Cover, MINUTE_MS};

use super::figures::{
    ClockRow, FalseAlarmRow, Kept, MemberRow, OpenRow, Overview, Owner, Reviews, SMALL_SAMPLE,
    Supervision, Tally,
};
use crate::regulation::{Finding, Measure, Violation};

#[derive(Serialize)]
pub(super) struct Count {
    n: usize,
    pub(super) tickets: Vec<String>,
}

impl From<&Tally> for Count {
    fn from(tally: &Tally) -> Self {
        let tickets = tally.tickets().iter().map(|ticket| ticket.id.0.clone()).collect();
        Self { n: tally.n(), tickets }
    }
}

pub(super) fn counts(tallies: &BTreeMap<String, Tally>) -> BTreeMap<String, Count> {
    tallies.iter().map(|(word, tally)| (word.clone(), tally.into())).collect()
}

#[derive(Serialize)]
pub(super) struct Rate {
    n: usize,
    on_time: usize,
    share: Option<f64>,
    tickets: Vec<String>,
    late: Count,
}

impl From<&Kept> for Rate {
    fn from(kept: &Kept) -> Self {
        Self {
            n: kept.n,
            on_time: kept.on_time,
            share: kept.share(),
            tickets: Count::from(&kept.tickets).tickets,
            late: (&kept.late).into(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Clause {
    clause: String,
    check: &'static str,
    measured: bool,
    good: Option<usize>,
    n: Option<usize>,
    share: Option<f64>,
    limit: Option<f64>,
    met: Option<bool>,
    violations: usize,
    tickets: Vec<Broken>,
}

#[derive(Serialize)]
pub(super) struct Broken {
    id: Option<String>,
    what: String,
    subject: Option<String>,
    at_ms: Option<i64>,
    over_ms: Option<i64>,
}

impl From<&Finding> for Clause {
    fn from(finding: &Finding) -> Self {
        let (good, n, limit) = match finding.measure {
            Measure::Share { good, n, limit } => (Some(good), Some(n), Some(limit)),
            Measure::NotMeasured => (None, None, None),
        };
        let broken = |violation: &Violation| Broken {
            id: violation.ticket.as_ref().map(|ticket| ticket.id.0.clone()),
            what: violation.what.clone(),
            subject: violation.subject.clone(),
            at_ms: violation.at.map(|at| at.0),
            over_ms: violation.over_ms,
        };
        Self {
            clause: format!("VM-{}", finding.clause),
            check: finding.check,
            measured: n.is_some(),
            good,
            n,
            share: finding.share(),
            limit,
            met: finding.is_met(),
            violations: finding.violations.len(),
            tickets: finding.violations.iter().map(broken).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Sum {
    observations: Count,
    joined_firings: u32,
    confirmed: Count,
    false_alarms: Count,
    undetermined: Count,
    waiting: Count,
    tests: Count,
    dispatched: Count,
    closed: Count,
    closed_in_time: Count,
    open: Count,
}

impl From<&Overview> for Sum {
    fn from(sum: &Overview) -> Self {
        Self {
            observations: (&sum.observations).into(),
            joined_firings: sum.joined,
            confirmed: (&sum.confirmed).into(),
            false_alarms: (&sum.false_alarms).into(),
            undetermined: (&sum.undetermined).into(),
            waiting: (&sum.waiting).into(),
            tests: (&sum.tests).into(),
            dispatched: (&sum.dispatched).into(),
            closed: (&sum.closed).into(),
            closed_in_time: (&sum.closed_in_time).into(),
            open: (&sum.open).into(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct AlarmLoad {
    alarms: usize,
    by_severity: [usize; 4],
    per_window: Option<f64>,
    windows: usize,
    over_target: usize,
    over_manageable: usize,
    peak: f64,
    flood_ms: i64,
    floods: Vec<AlarmFlood>,
}

#[derive(Serialize)]
pub(super) struct AlarmFlood {
    start_ms: i64,
    end_ms: Option<i64>,
    alarms: usize,
}

impl From<&Load> for AlarmLoad {
    fn from(load: &Load) -> Self {
        let flood = |flood: &Flood| AlarmFlood {
            start_ms: flood.start.0,
            end_ms: flood.end.map(|end| end.0),
            alarms: flood.alarms,
        };
        Self {
            alarms: load.alarms,
            by_severity: load.by_severity,
            per_window: load.rate(),
            windows: load.windows,
            over_target: load.over_target,
            over_manageable: load.over_manageable,
            peak: load.peak,
            flood_ms: load.flood_ms,
            floods: load.floods.iter().map(flood).collect(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Clock {
    clock: &'static str,
    severity: Option<&'static str>,
    limit_ms: Option<i64>,
    #[serde(flatten)]
    rate: Rate,
    met: usize,
    p50_ms: Option<i64>,
    p90_ms: Option<i64>,
    p95_ms: Option<i64>,
    small_sample: bool,
}

impl From<&ClockRow> for Clock {
    fn from(row: &ClockRow) -> Self {
        Self {
            clock: row.clock.as_str(),
            severity: row.severity.map(|severity| severity.as_str()),
            limit_ms: row.limit_ms,
            rate: (&row.kept).into(),
            met: row.met,
            p50_ms: row.p50_ms,
            p90_ms: row.p90_ms,
            p95_ms: row.p95_ms,
            small_sample: row.kept.n < SMALL_SAMPLE,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Open {
    id: String,
    number: i64,
    opened_ms: i64,
    carried_over: bool,
    place: String,
    severity: &'static str,
    state: &'static str,
    /// The account that has it in hand; `None`: the centre.
    owner: Option<String>,
    confirmed_by: Option<String>,
    clock: Option<&'static str>,
    due_ms: Option<i64>,
    overdue_ms: i64,
}

impl From<&OpenRow> for Open {
    fn from(row: &OpenRow) -> Self {
        let (owner, confirmed_by) = match &row.owner {
            Owner::Queue => (None, None),
            Owner::Centre { confirmed_by } => (None, Some(confirmed_by.clone())),
            Owner::Account(name) => (Some(name.clone()), None),
        };
        Self {
            id: row.ticket.id.0.clone(),
            number: row.ticket.number,
            opened_ms: row.opened.0,
            carried_over: row.carried_over,
            place: row.place.clone(),
            severity: row.severity.as_str(),
            state: row.stage,
            owner,
            confirmed_by,
            clock: row.clock.map(|clock| clock.as_str()),
            due_ms: row.due.map(|due| due.0),
            overdue_ms: row.overdue_ms,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Acts {
    returned: Count,
    withdrawn: Count,
    far_overdue: Count,
    levels: BTreeMap<&'static str, Count>,
    refused: BTreeMap<String, Count>,
    dispositions: BTreeMap<String, Count>,
}

impl From<&Supervision> for Acts {
    fn from(sum: &Supervision) -> Self {
        Self {
            returned: (&sum.returned).into(),
            withdrawn: (&sum.withdrawn).into(),
            far_overdue: (&sum.far_overdue).into(),
            levels: sum
                .levels
                .iter()
                .map(|(level, tally)| (level.as_str(), tally.into()))
                .collect(),
            refused: counts(&sum.refused),
            dispositions: counts(&sum.dispositions),
        }
    }
}

#[derive(Serialize)]
pub(super) struct Member {
    member: String,
    display: String,
    orders: usize,
    tickets: Vec<String>,
    acked: Rate,
    arrived: Rate,
    replied: Rate,
    refused: Count,
    returned: Count,
    closed: Count,
    reviewed: Count,
    score: Option<f64>,
    small_sample: bool,
}

impl From<&MemberRow> for Member {
    fn from(row: &MemberRow) -> Self {
        Self {
            member: row.member.clone(),
            display: row.display.clone(),
            orders: row.orders,
            tickets: Count::from(&row.tickets).tickets,
            acked: (&row.acked).into(),
            arrived: (&row.arrived).into(),
            replied: (&row.replied).into(),
            refused: (&row.refused).into(),
            returned: (&row.returned).into(),
            closed: (&row.closed).into(),
            reviewed: (&row.reviewed).into(),
            score: row.score,
            small_sample: row.orders < SMALL_SAMPLE,
        }
    }
}

#[derive(Serialize)]
pub(super) struct FalseAlarms {
    camera: String,
    camera_name: String,
    rule: String,
    rule_name: String,
    decided: Count,
    false_alarms: Count,
    share: Option<f64>,
    interval: Option<(f64, f64)>,
    reasons: BTreeMap<String, Count>,
    small_sample: bool,
}

impl From<&FalseAlarmRow> for FalseAlarms {
    fn from(row: &FalseAlarmRow) -> Self {
        Self {
            camera: row.camera.clone(),
            camera_name: row.camera_name.clone(),
            rule: row.rule.clone(),
            rule_name: row.rule_name.clone(),
            decided: (&row.decided).into(),
            false_alarms: (&row.false_alarms).into(),
            share: super::figures::share(row.false_alarms.n(), row.decided.n()),
            interval: row.interval,
            reasons: counts(&row.reasons),
            small_sample: row.decided.n() < SMALL_SAMPLE,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Review {
    must: Count,
    must_open: Count,
    sample: usize,
    sampled: Count,
    reviewed: Count,
    score: Option<f64>,
    items: BTreeMap<String, Marks>,
}

#[derive(Serialize)]
pub(super) struct Marks {
    yes: usize,
    no: usize,
    na: usize,
    tickets_no: Vec<String>,
}

impl From<&Reviews> for Review {
    fn from(sum: &Reviews) -> Self {
        let marks = |(item, [yes, no, na]): (&String, &[usize; 3])| {
            let failed = sum.failed.get(item).map(|tally| Count::from(tally).tickets);
            let tickets_no = failed.unwrap_or_default();
            (item.clone(), Marks { yes: *yes, no: *no, na: *na, tickets_no })
        };
        Self {
            must: (&sum.must).into(),
            must_open: (&sum.must_open).into(),
            sample: sum.sample,
            sampled: (&sum.sampled).into(),
            reviewed: (&sum.reviewed).into(),
            score: sum.score,
            items: sum.items.iter().map(marks).collect(),
        }
    }
}

/// Cover of one line, and each gap: by who signed on, and by the roster.
#[derive(Serialize)]
pub(super) struct Duty {
    line: &'static str,
    of_min: i64,
    present: Covered,
    roster: Covered,
}

#[derive(Serialize)]
struct Covered {
    minutes: i64,
    share: Option<f64>,
    gaps: Vec<DutyGap>,
}

#[derive(Serialize)]
struct DutyGap {
    from_ms: i64,
    until_ms: i64,
}

impl From<&LineCover> for Duty {
    fn from(cover: &LineCover) -> Self {
        Self {
            line: cover.line.as_str(),
            of_min: cover.present.period.ms() / MINUTE_MS,
            present: (&cover.present).into(),
            roster: (&cover.roster).into(),
        }
    }
}

impl From<&Cover> for Covered {
    fn from(cover: &Cover) -> Self {
        let gap = |gap: &crate::duty::Span| DutyGap { from_ms: gap.from.0, until_ms: gap.until.0 };
        Self {
            minutes: cover.covered_ms() / MINUTE_MS,
            share: cover.share(),
            gaps: cover.gaps.iter().map(gap).collect(),
        }
    }
}
