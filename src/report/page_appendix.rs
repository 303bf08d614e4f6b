//! The appendices: every violation, every interruption, every confirmed ticket.

use std::collections::BTreeMap;

use super::figures::WeekReport;
use super::sheet::{Block, Density, Line, Tone, fill, heading, note, table};
use super::week::day_time;
use super::words::{Lang, code, say};
use crate::regulation::{Finding, Violation};
use crate::ticket::history::{Case, TicketRef, Verdict};

/// Appendix A: every violation, clause by clause, with the place it happened at.
pub(super) fn violations(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let cases: BTreeMap<&str, &Case> =
        report.ledger.iter().map(|case| (case.id.0.as_str(), case)).collect();
    let mut rows = Vec::new();
    // Stops of cameras have a table of their own.
    for finding in report.findings.iter().filter(|finding| finding.check != "available") {
        for violation in &finding.violations {
            let about = violation.ticket.as_ref();
            let case = about.and_then(|ticket| cases.get(ticket.id.0.as_str()).copied());
            rows.push(violation_row(report, (finding, violation), case, lang));
        }
    }
    let rows = once_each(rows, lang);
    let heading = Block::Appendix(say(lang, "part.violations").to_owned());
    if rows.is_empty() {
        return vec![heading, note(lang, "violations.none")];
    }
    let columns = [
        "<clause.head",
        "<col.ticket",
        "<col.opened",
        "<col.place",
        "col.severity",
        "<col.what",
        "col.over",
        "<col.subject",
    ];
    vec![heading, table(lang, Density::Dense, &columns, rows), note(lang, "violations.more")]
}

fn violation_row(
    report: &WeekReport,
    (finding, violation): (&Finding, &Violation),
    case: Option<&Case>,
    lang: Lang,
) -> Vec<Line> {
    let what = Line::text(what(&violation.what, lang));
    let about = violation.subject.as_deref().map(|name| report.display(report.camera(name)));
    let about = about.or_else(|| whose(report, (finding.check, &violation.what), case?, lang));
    let at = case.map(|case| case.opened).or(violation.at);
    let zone = &report.basis.zone;
    let of = |part: fn(&Case) -> &str| case.map_or_else(Line::none, |case| Line::text(part(case)));
    vec![
        Line::said(lang, &format!("clause.{}", finding.clause)),
        violation.ticket.as_ref().map_or_else(Line::none, Line::ticket),
        at.map_or_else(Line::none, |at| whole(day_time(at, zone))),
        of(|case| &case.place),
        of(|case| case.severity.as_str()),
        what,
        Line::span(violation.over_ms, lang),
        about.map_or_else(Line::none, Line::text),
    ]
}

/// Column of what was wrong.
const WHAT: usize = 5;

/// Equal rows as one that says how many they were: steps of one ladder say the same.
fn once_each(rows: Vec<Vec<Line>>, lang: Lang) -> Vec<Vec<Line>> {
    let once = |rows: &[Vec<Line>]| {
        let mut row = rows[0].clone();
        if rows.len() > 1 {
            let facts = [row[WHAT].clone(), Line::number(rows.len())];
            row[WHAT] = fill(lang, "violations.times", &facts);
        }
        row
    };
    rows.chunk_by(|a, b| a == b).map(once).collect()
}

/// Who had to do what was not done, as far as the case tells: a member is not named for what the
/// centre or the machine left undone.
fn whose<'a>(
    report: &'a WeekReport,
    (check, what): (&str, &str),
    case: &'a Case,
    lang: Lang,
) -> Option<&'a str> {
    let confirmed_by = || match &case.verdict {
        Verdict::Confirmed { by, .. } => Some(by.as_str()),
        Verdict::FalseAlarm { by, .. } | Verdict::Test { by, .. } => Some(by.as_str()),
        Verdict::Waiting | Verdict::Undetermined => None,
    };
    let account = match (check, what) {
        ("verified", _) => case.claimed_by.as_deref().or_else(confirmed_by),
        ("evidence" | "dispatched", _) => confirmed_by(),
        ("supervised", "close") => return Some(say(lang, "by.centre")),
        ("supervised", _) => case.member(),
        ("checked", _) => case.closed_by.as_deref(),
        ("fired" | "shown", _) => return Some(say(lang, "by.system")),
        _ => None,
    };
    account.map(|name| report.display(name))
}

/// The words of what was wrong: a clock, a cause, or one of the checks' own.
pub(super) fn what(word: &str, lang: Lang) -> String {
    let known = ["what", "clock", "cause"].map(|table| code(lang, table, word));
    known.into_iter().find(|words| words != word).unwrap_or_else(|| word.to_owned())
}

/// Appendix B: every interruption of a camera of a minute and more.
pub(super) fn interruptions(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let zone = &report.basis.zone;
    let mut rows = Vec::new();
    for camera in &report.equipment.cameras {
        for stop in &camera.interruptions {
            let until = match stop.lasts {
                true => Line::said(lang, "interruptions.lasts"),
                false => whole(day_time(stop.until, zone)),
            };
            rows.push(vec![
                Line::text(report.camera(camera.camera.as_str())),
                whole(day_time(stop.from, zone)),
                until,
                Line::span(Some(stop.ms()), lang),
                Line::text(code(lang, "cause", &stop.cause)),
            ]);
        }
    }
    let heading = heading(lang, "part.interruptions");
    if rows.is_empty() {
        return vec![heading, note(lang, "interruptions.none")];
    }
    let columns = ["<col.camera", "<col.from", "<col.until", "col.lasted", "<col.cause"];
    vec![heading, table(lang, Density::Dense, &columns, rows)]
}

fn whole(text: String) -> Line {
    Line::toned(text, Tone::Whole)
}

/// Appendix C: every confirmed ticket in one line.
pub(super) fn confirmed(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let zone = &report.basis.zone;
    let row = |case: &Case| {
        let category = code(lang, "category", &case.category);
        let end = case.disposition.as_deref().map(|word| code(lang, "disposition", word));
        let taken =
            case.orders.last().and_then(|order| order.acked.map(|at| at.since_ms(order.sent)));
        let score = case.review.as_ref().and_then(|review| review.score);
        vec![
            Line::ticket(&TicketRef::from(case)),
            whole(day_time(case.opened, zone)),
            Line::text(&case.place),
            Line::text(category),
            Line::text(case.severity.as_str()),
            case.member().map_or_else(Line::none, |name| Line::text(report.display(name))),
            Line::span(taken, lang),
            end.map_or_else(Line::none, Line::text),
            Line::text(code(lang, "stage", case.stage.as_str())),
            Line::number_or_none(score.map(usize::from)),
        ]
    };
    let rows: Vec<Vec<Line>> =
        report.ledger.iter().filter(|case| case.is_confirmed()).map(row).collect();
    let heading = heading(lang, "part.ledger");
    if rows.is_empty() {
        return vec![heading, note(lang, "ledger.none")];
    }
    let columns = [
        "<col.ticket",
        "<col.opened",
        "<col.place",
        "<col.category",
        "col.severity",
        "<col.member",
        "col.ack",
        "<act.disposition",
        "<col.stage",
        "col.score",
    ];
    vec![heading, table(lang, Density::Dense, &columns, rows)]
}
