//! The weekly report as CSV for spreadsheet programs: the week's tickets, then the figures.
//!
//! RFC 4180 with CRLF, a UTF-8 byte order mark (without it some programs read Chinese as Latin-1),
//! and an apostrophe before cells that a spreadsheet would run as a formula. Headings are the
//! stable English keys, so that a sheet's formulas survive a change of language.

use super::figures::{Kept, Tally, WeekReport};
use super::render_json::verdict_word;
use super::week::full_time;
use crate::clock::UnixMs;
use crate::duty::roster::{minutes, told};
use crate::duty::span::MINUTE_MS;
use crate::regulation::Measure;
use crate::ticket::history::{Case, Verdict};

const MARK: &str = "\u{feff}";

/// Both tables in one file, with an empty line between them. The same report gives the same bytes.
#[must_use]
pub fn render_csv(report: &WeekReport) -> String {
    let mut out = MARK.to_owned();
    for row in tickets(report) {
        line(&mut out, &row);
    }
    out += "\r\n";
    for row in figures(report) {
        line(&mut out, &row);
    }
    out
}

/// The week's tickets, one a row, under their headings.
#[must_use]
pub fn tickets(report: &WeekReport) -> Vec<Vec<String>> {
    let head = [
        "number",
        "ticket",
        "opened",
        "source",
        "camera",
        "camera_name",
        "place",
        "rule",
        "category",
        "severity",
        "verdict",
        "false_alarm_reason",
        "joined_firings",
        "state",
        "member",
        "orders",
        "acked",
        "on_scene",
        "replied",
        "closed",
        "disposition",
        "late_clocks",
        "score",
    ];
    let head = head.map(str::to_owned).to_vec();
    std::iter::once(head).chain(report.ledger.iter().map(|case| ticket(report, case))).collect()
}

fn ticket(report: &WeekReport, case: &Case) -> Vec<String> {
    let time =
        |at: Option<UnixMs>| at.map_or_else(String::new, |at| full_time(at, &report.basis.zone));
    let order = case.orders.last();
    let reason = match &case.verdict {
        Verdict::FalseAlarm { reason, .. } => reason.clone(),
        Verdict::Waiting
        | Verdict::Undetermined
        | Verdict::Confirmed { .. }
        | Verdict::Test { .. } => String::new(),
    };
    let late = case.runs.iter().filter(|run| run.on_time(report.basis.cut_off) == Some(false));
    let late: Vec<&str> = late.map(|run| run.clock.as_str()).collect();
    let score = case.review.as_ref().and_then(|review| review.score);
    vec![
        case.number.to_string(),
        case.id.0.clone(),
        time(Some(case.opened)),
        case.source.clone(),
        case.camera.clone(),
        case.camera_name.clone(),
        case.place.clone(),
        case.rule_name.clone(),
        case.category.clone(),
        case.severity.as_str().to_owned(),
        verdict_word(&case.verdict).to_owned(),
        reason,
        case.joined.to_string(),
        case.stage.as_str().to_owned(),
        case.member().map_or("", |member| report.display(member)).to_owned(),
        case.orders.len().to_string(),
        time(order.and_then(|order| order.acked)),
        time(order.and_then(|order| order.on_scene)),
        time(order.and_then(|order| order.replied)),
        time(case.closed),
        case.disposition.clone().unwrap_or_default(),
        late.join(" "),
        score.map_or_else(String::new, |score| score.to_string()),
    ]
}

/// One row per figure: what, of whom, its value, and the numbers of the tickets behind it.
#[must_use]
pub fn figures(report: &WeekReport) -> Vec<Vec<String>> {
    let head = ["part", "item", "figure", "value", "tickets"].map(str::to_owned);
    let mut rows = Rows(vec![head.to_vec()]);
    basis(report, &mut rows);
    clauses(report, &mut rows);
    duty(report, &mut rows);
    overview(report, &mut rows);
    for row in &report.clocks {
        let item = format!("{} {}", row.clock.as_str(), row.severity.map_or("all", |s| s.as_str()));
        rows.kept("clocks", &item, "", &row.kept);
        for (name, ms) in [("p50_s", row.p50_ms), ("p90_s", row.p90_ms), ("p95_s", row.p95_ms)] {
            rows.plain("clocks", &item, name, &ms.map_or_else(String::new, seconds));
        }
    }
    for row in &report.members {
        rows.plain("members", &row.display, "orders", &row.orders.to_string());
        for (name, kept) in
            [("ack ", &row.acked), ("arrive ", &row.arrived), ("reply ", &row.replied)]
        {
            rows.kept("members", &row.display, name, kept);
        }
        for (name, tally) in [("returned", &row.returned), ("closed", &row.closed)] {
            rows.count("members", &row.display, name, tally);
        }
        let score = row.score.map_or_else(String::new, |score| format!("{score:.1}"));
        rows.plain("members", &row.display, "score", &score);
    }
    let load = &report.load;
    let rate = load.rate().map_or_else(String::new, |rate| format!("{rate:.3}"));
    for (name, value) in [
        ("alarms", load.alarms.to_string()),
        ("per_10_min", rate),
        ("windows", load.windows.to_string()),
        ("over_target", load.over_target.to_string()),
        ("over_manageable", load.over_manageable.to_string()),
        ("peak", format!("{:.1}", load.peak)),
        ("floods", load.floods.len().to_string()),
        ("flood_s", seconds(load.flood_ms)),
    ] {
        rows.plain("load", "", name, &value);
    }
    equipment(report, &mut rows);
    for row in &report.false_alarms {
        let item = format!("{} / {}", row.camera_name, row.rule_name);
        rows.count("false_alarms", &item, "decided", &row.decided);
        rows.count("false_alarms", &item, "false_alarms", &row.false_alarms);
        let (low, high) = row.interval.unwrap_or((0.0, 1.0));
        rows.plain("false_alarms", &item, "interval_low", &format!("{low:.3}"));
        rows.plain("false_alarms", &item, "interval_high", &format!("{high:.3}"));
    }
    rows.0
}

/// Seconds of each camera, views of stored video, and counts against their limits.
fn equipment(report: &WeekReport, rows: &mut Rows) {
    for camera in &report.equipment.cameras {
        let item = camera.camera.as_str();
        for (name, value) in [
            ("service_s", camera.service_ms),
            ("recorded_s", camera.recorded_ms),
            ("available_s", camera.available_ms),
            ("longest_stop_s", camera.longest_ms()),
        ] {
            rows.plain("equipment", item, name, &seconds(value));
        }
        rows.plain("equipment", item, "stops", &camera.interruptions.len().to_string());
        let stored = camera.stored_ms.map_or_else(String::new, seconds);
        rows.plain("equipment", item, "stored_s", &stored);
    }
    for (person, times) in report.register.iter().flat_map(|register| &register.by_person) {
        rows.plain("register", report.display(person), "views", &times.to_string());
    }
    for (counted, held) in &report.trend.totals {
        let item = counted.as_str();
        let course: Vec<String> = held.course.iter().map(usize::to_string).collect();
        rows.plain("trend", item, "course", &course.join(" "));
        if let Some(limits) = held.limits {
            rows.plain("trend", item, "low", &format!("{:.2}", limits.low));
            rows.plain("trend", item, "high", &format!("{:.2}", limits.high));
        }
    }
}

fn basis(report: &WeekReport, rows: &mut Rows) {
    let basis = &report.basis;
    rows.plain("basis", "", "site", &basis.site_name);
    rows.plain("basis", "", "week", &report.week.to_string());
    rows.plain("basis", "", "cut_off", &full_time(basis.cut_off, &basis.zone));
    rows.plain("basis", "", "log_lines", &basis.lines.to_string());
    rows.plain("basis", "", "log_sha256", &basis.sha256);
}

fn clauses(report: &WeekReport, rows: &mut Rows) {
    for finding in &report.findings {
        let item = format!("VM-{} {}", finding.clause, finding.check);
        let share = match finding.is_met() {
            Some(_) => finding.share().map_or_else(String::new, |share| format!("{share:.4}")),
            None => match finding.measure {
                Measure::NotMeasured => "not measured yet".to_owned(),
                Measure::Share { .. } => "no case".to_owned(),
            },
        };
        rows.plain("clauses", &item, "share", &share);
        let about = finding.violations.iter().filter_map(|violation| violation.ticket.as_ref());
        let mut numbers: Vec<i64> = about.map(|ticket| ticket.number).collect();
        numbers.dedup();
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        let n = finding.violations.len().to_string();
        rows.row(["clauses", &item, "violations", &n, &numbers.join(" ")]);
    }
}

fn overview(report: &WeekReport, rows: &mut Rows) {
    let sum = &report.overview;
    let parts = [
        ("observations", &sum.observations),
        ("confirmed", &sum.confirmed),
        ("false_alarms", &sum.false_alarms),
        ("undetermined", &sum.undetermined),
        ("waiting", &sum.waiting),
        ("tests", &sum.tests),
        ("dispatched", &sum.dispatched),
        ("closed", &sum.closed),
        ("closed_in_time", &sum.closed_in_time),
        ("open", &sum.open),
    ];
    for (name, tally) in parts {
        rows.count("overview", "", name, tally);
    }
    rows.plain("overview", "", "joined_firings", &sum.joined.to_string());
}

/// Minutes of each line, and every gap with its ends.
fn duty(report: &WeekReport, rows: &mut Rows) {
    for line in &report.duty {
        for (name, cover) in [("present", &line.present), ("roster", &line.roster)] {
            let item = format!("{} {name}", line.line.as_str());
            rows.plain("duty", &item, "of_min", &minutes(cover.period).to_string());
            let covered = cover.covered_ms() / MINUTE_MS;
            rows.plain("duty", &item, "covered_min", &covered.to_string());
            for gap in &cover.gaps {
                let told = told(*gap, &report.basis.zone);
                rows.plain("duty", &item, "gap", &told);
            }
        }
    }
}

struct Rows(Vec<Vec<String>>);

impl Rows {
    fn row(&mut self, cells: [&str; 5]) {
        self.0.push(cells.map(str::to_owned).to_vec());
    }

    fn plain(&mut self, part: &str, item: &str, name: &str, value: &str) {
        self.row([part, item, name, value, ""]);
    }

    fn count(&mut self, part: &str, item: &str, name: &str, tally: &Tally) {
        self.row([part, item, name, &tally.n().to_string(), &numbers(tally)]);
    }

    fn kept(&mut self, part: &str, item: &str, name: &str, kept: &Kept) {
        self.row([part, item, &format!("{name}n"), &kept.n.to_string(), &numbers(&kept.tickets)]);
        let late = numbers(&kept.late);
        self.row([part, item, &format!("{name}late"), &(kept.n - kept.on_time).to_string(), &late]);
    }
}

fn numbers(tally: &Tally) -> String {
    let numbers: Vec<String> = tally.tickets().iter().map(|t| t.number.to_string()).collect();
    numbers.join(" ")
}

#[allow(clippy::cast_precision_loss, reason = "times of a week in ms are far below 2^52")]
fn seconds(ms: i64) -> String {
    format!("{:.1}", ms as f64 / 1000.0)
}

fn line(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    *out += &cells.join(",");
    *out += "\r\n";
}

/// One cell. A tab or line break at the start would let a formula begin behind it, so they count.
fn cell(text: &str) -> String {
    let guarded = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n') => format!("'{text}"),
        Some(_) | None => text.to_owned(),
    };
    if guarded.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::cell;

    fn check(text: &str, expect: &str) {
        assert_eq!(cell(text), expect);
    }

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        check("东门", "东门");
        check("a,b", "\"a,b\"");
        check("say \"hi\"", "\"say \"\"hi\"\"\"");
        check("two\nlines", "\"two\nlines\"");
        check("=1+1", "'=1+1");
        check("@sum(a)", "'@sum(a)");
        check("-2,5", "\"'-2,5\"");
        check("", "");
    }
}
