//! The weekly report as one HTML page for A4 paper and for the screen.
//!
//! It looks like a printed public document: black on white, serif, hairlines, the verdict on the
//! clauses first. One file without script and without anything from outside; on the screen a
//! figure opens into the tickets behind it, on paper it stays a figure.

use super::figures::{Finding, Measure, WeekReport};
use super::html::{
    NONE, count, escape, fill, full_time, heading, note, percent, percent_of, span_or_none, table,
    ticket,
};
use super::week::local;
use super::words::{Lang, say};
use super::{page_duty, page_figures, page_quality};
use crate::ticket::ClockName;

/// The page in `lang`. The same report gives the same bytes.
#[must_use]
pub fn render_html(report: &WeekReport, lang: Lang) -> String {
    let body = if report.overview.observations.n() == 0 && report.open.is_empty() {
        empty(report, lang)
    } else {
        full(report, lang)
    };
    format!(
        "<!doctype html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title>\n\
         <style>{}{}</style></head>\n<body><main>\n{}{body}</main></body></html>\n",
        lang.tag(),
        fill(lang, "page.title", &[report.week.to_string()]),
        include_str!("page.css"),
        running_feet(report, lang),
        head(report, lang),
    )
}

fn full(report: &WeekReport, lang: Lang) -> String {
    [
        lead(report, lang),
        key_figures(report, lang),
        clauses(report, lang),
        page_figures::overview(report, lang),
        page_figures::response(report, lang),
        page_figures::kinds(report, lang),
        page_figures::places(report, lang),
        page_figures::open(report, lang),
        page_quality::supervision(report, lang),
        page_quality::members(report, lang),
        page_quality::false_alarms(report, lang),
        page_quality::reviews(report, lang),
        by_hand(lang),
        signatures(lang),
        foot(report, lang),
        page_quality::violations(report, lang),
        page_duty::gaps(report, lang),
        page_quality::confirmed(report, lang),
    ]
    .concat()
}

/// A week without data says so, and keeps the clauses that nothing measures yet.
fn empty(report: &WeekReport, lang: Lang) -> String {
    let words = escape(say(lang, "empty"));
    format!("<p class=\"lead\">{words}</p>\n{}{}", clauses(report, lang), signatures(lang))
}

fn head(report: &WeekReport, lang: Lang) -> String {
    let basis = &report.basis;
    let day = |at| local(at, &basis.zone).strftime("%Y-%m-%d").to_string();
    let last_day = day(basis.end.plus_ms(-1));
    let number = format!("{}-{:02}", report.week.year(), report.week.number());
    let numbers = [report.week.year().to_string(), report.week.number().to_string()];
    let week = fill(lang, "head.week", &numbers);
    let days = fill(lang, "head.days", &[day(basis.start), last_day]);
    let mut out = format!(
        "<header><h1>{}</h1><div class=\"sub\"><span>{} · {week} · {days}</span><span>{}</span>\
         </div></header>\n",
        escape(say(lang, "head.title")),
        escape(&basis.site_name),
        fill(lang, "head.number", &[number]),
    );
    if basis.cut_off < basis.end {
        out += &format!("<p class=\"note strong\">{}</p>\n", escape(say(lang, "head.unfinished")));
    }
    out
}

/// The week in two or three sentences, made from the figures and nothing else.
fn lead(report: &WeekReport, lang: Lang) -> String {
    let sum = &report.overview;
    let decided = sum.confirmed.n() + sum.false_alarms.n();
    let mut words = fill(
        lang,
        "lead.sum",
        &[
            count(&sum.observations),
            sum.joined.to_string(),
            count(&sum.confirmed),
            percent(super::figures::share(sum.confirmed.n(), decided)),
            count(&sum.dispatched),
            count(&sum.closed),
            count(&sum.open),
        ],
    );
    for (clock, key) in [(ClockName::Ack, "lead.ack"), (ClockName::Arrive, "lead.arrive")] {
        if let Some(row) = report.overall(clock) {
            let late = row.kept.n - row.kept.on_time;
            words += lang.gap();
            words += &fill(lang, key, &[row.kept.n.to_string(), late.to_string()]);
        }
    }
    let missed: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.is_met() == Some(false))
        .map(|finding| escape(say(lang, &format!("clause.{}", finding.clause))))
        .collect();
    words += lang.gap();
    words += &match missed.len() {
        0 => fill(lang, "lead.all_met", &[]),
        _ => fill(lang, "lead.missed", &[missed.join(lang.comma())]),
    };
    format!("<div class=\"lead\">{words}</div>\n")
}

fn key_figures(report: &WeekReport, lang: Lang) -> String {
    let sum = &report.overview;
    let before = report.before.as_ref();
    let was = |value: Option<String>| {
        value.map_or_else(String::new, |value| fill(lang, "key.before", &[value]))
    };
    let clock = |name, p90| {
        let row = report.overall(name);
        span_or_none(row.and_then(|row| if p90 { row.p90_ms } else { row.p50_ms }), lang)
    };
    let decided = sum.confirmed.n() + sum.false_alarms.n();
    let on_time = report.findings.get(3).and_then(Finding::share);
    let cells = [
        (
            count(&sum.observations),
            "key.observations",
            was(before.map(|b| b.overview.observations.n().to_string())),
        ),
        (
            count(&sum.confirmed),
            "key.confirmed",
            fill(
                lang,
                "key.of_decided",
                &[percent(super::figures::share(sum.confirmed.n(), decided))],
            ),
        ),
        (
            clock(ClockName::Ack, false),
            "key.ack",
            fill(lang, "key.p90", &[clock(ClockName::Ack, true)]),
        ),
        (
            clock(ClockName::Arrive, false),
            "key.arrive",
            fill(lang, "key.p90", &[clock(ClockName::Arrive, true)]),
        ),
        (
            percent(on_time),
            "key.on_time",
            was(before.and_then(|b| b.findings.get(3)).map(|f| percent(f.share()))),
        ),
    ];
    let cell = |(value, key, more): (String, &str, String)| {
        let label = escape(say(lang, key));
        format!("<div><b>{value}</b><span>{label}</span><span>{more}</span></div>")
    };
    let cells: String = cells.into_iter().map(cell).collect();
    format!("<div class=\"k\">{cells}</div>\n")
}

fn clauses(report: &WeekReport, lang: Lang) -> String {
    let columns = [
        "<clause.head",
        "<clause.check",
        "clause.limit",
        "clause.week",
        "clause.before",
        "clause.cases",
        "clause.violations",
    ];
    let mut rows: Vec<Vec<String>> =
        report.findings.iter().map(|finding| clause(report, finding, lang)).collect();
    rows.splice(1..1, page_duty::clause_rows(report, lang));
    [
        heading(lang, "part.clauses"),
        format!("<div class=\"clauses\">{}</div>", table(lang, &columns, &rows)),
        note(lang, "clause.note"),
        page_duty::days(report, lang),
    ]
    .concat()
}

fn clause(report: &WeekReport, finding: &Finding, lang: Lang) -> Vec<String> {
    let name = escape(say(lang, &format!("clause.{}", finding.clause)));
    let check = escape(say(lang, &format!("clause.{}.check", finding.clause)));
    let before = report
        .before
        .as_ref()
        .and_then(|before| before.findings.iter().find(|earlier| earlier.clause == finding.clause));
    let Measure::Share { n, limit, .. } = finding.measure else {
        let not_yet = format!("<i class=\"nw\">{}</i>", escape(say(lang, "not_measured")));
        let none = || NONE.to_owned();
        return vec![name, check, none(), not_yet, none(), none(), none()];
    };
    let share = percent_of(finding.share(), n);
    let week = match finding.is_met() {
        Some(true) => share,
        Some(false) => format!("<span class=\"bad\">{share}</span>"),
        None => format!("<i>{}</i>", escape(say(lang, "no_case"))),
    };
    vec![
        name,
        check,
        percent(Some(limit)),
        week,
        before.map_or_else(|| NONE.to_owned(), |before| percent(before.share())),
        n.to_string(),
        violations_of(finding),
    ]
}

/// The number of violations, opening into the tickets they are about.
fn violations_of(finding: &Finding) -> String {
    let n = finding.violations.len();
    let mut about: Vec<_> = finding.violations.iter().filter_map(|v| v.ticket.as_ref()).collect();
    about.sort();
    about.dedup();
    if about.is_empty() {
        return n.to_string();
    }
    let links: Vec<String> = about.into_iter().map(ticket).collect();
    let links = links.join(" ");
    format!("<details><summary>{n}</summary><span class=\"ids\">{links}</span></details>")
}

/// Room for what only people know.
fn by_hand(lang: Lang) -> String {
    let lines = "<div class=\"rule\"></div>".repeat(2);
    ["part.trend", "part.superior"]
        .map(|key| format!("<section class=\"keep\">{}{lines}</section>\n", heading(lang, key)))
        .concat()
}

fn signatures(lang: Lang) -> String {
    let line = |key| {
        let (who, date) = (escape(say(lang, key)), escape(say(lang, "sign.date")));
        format!("<span>{who}<i></i> {date}<i class=\"short\"></i></span>")
    };
    format!("<div class=\"sign\">{}{}</div>\n", line("sign.leader"), line("sign.director"))
}

/// From what the page was made, so that it can be made again.
fn foot(report: &WeekReport, lang: Lang) -> String {
    let basis = &report.basis;
    let zone = basis.zone.iana_name().unwrap_or("UTC");
    let values = [
        full_time(basis.cut_off, &basis.zone),
        escape(zone),
        basis.lines.to_string(),
        basis.sha256.clone(),
    ];
    format!(
        "<footer><p>{}</p><p>{}</p></footer>\n",
        fill(lang, "foot.basis", &values),
        escape(say(lang, "foot.recompute"))
    )
}

/// The line under every printed page. Only digits and our own words go in, nothing to escape.
fn running_feet(report: &WeekReport, lang: Lang) -> String {
    let basis = &report.basis;
    let values = [
        report.week.to_string(),
        full_time(basis.cut_off, &basis.zone),
        basis.lines.to_string(),
        basis.sha256.chars().take(12).collect(),
    ];
    let left = fill(lang, "foot.running", &values);
    format!(
        "@page{{@bottom-left{{content:\"{left}\"}}\
         @bottom-right{{content:counter(page) \" / \" counter(pages)}}}}"
    )
}
