//! What stands on the weekly report, part by part, in the order in which it is read.
//!
//! It reads like a printed public document: the verdict on the clauses first, then the figures,
//! then room for what only people know, signatures, and the appendices with every ticket.

use super::figures::{WeekReport, share};
use super::sheet::{Block, Density, Key, Line, Sheet, Tone, fill, fill_text, heading, note, table};
use super::week::{full_time, local};
use super::words::{Lang, say};
use super::{page_appendix, page_duty, page_equipment, page_figures, page_quality, page_trend};
use crate::regulation::{Finding, Measure};
use crate::ticket::ClockName;

/// The sheet in `lang`. The same report gives the same sheet.
#[must_use]
pub fn sheet(report: &WeekReport, lang: Lang) -> Sheet {
    let blocks = if report.overview.observations.n() == 0 && report.open.is_empty() {
        empty(report, lang)
    } else {
        full(report, lang)
    };
    Sheet {
        lang,
        title: say(lang, "head.title").to_owned(),
        subtitle: subtitle(report, lang),
        running: running(report, lang),
        blocks: unfinished(report, lang).into_iter().chain(blocks).collect(),
    }
}

fn full(report: &WeekReport, lang: Lang) -> Vec<Block> {
    [
        vec![lead(report, lang), key_figures(report, lang)],
        clauses(report, lang),
        page_figures::overview(report, lang),
        page_figures::kinds(report, lang),
        page_figures::places(report, lang),
        page_figures::response(report, lang),
        page_figures::open(report, lang),
        page_quality::supervision(report, lang),
        page_quality::reviews(report, lang),
        page_quality::members(report, lang),
        page_quality::false_alarms(report, lang),
        page_equipment::equipment(report, lang),
        page_equipment::register(report, lang),
        page_trend::trend(report, lang),
        by_hand(lang),
        page_trend::archive(report, lang),
        vec![signatures(lang), foot(report, lang)],
        page_appendix::violations(report, lang),
        page_duty::gaps(report, lang),
        page_appendix::interruptions(report, lang),
        page_appendix::confirmed(report, lang),
    ]
    .concat()
}

/// A week without data says so, and keeps the clauses that nothing measures yet.
fn empty(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let mut blocks = vec![Block::Lead(Line::said(lang, "empty"))];
    blocks.extend(clauses(report, lang));
    blocks.extend([signatures(lang), foot(report, lang)]);
    blocks
}

fn subtitle(report: &WeekReport, lang: Lang) -> [String; 2] {
    let basis = &report.basis;
    let day = |at| local(at, &basis.zone).strftime("%Y-%m-%d").to_string();
    let last_day = day(basis.end.plus_ms(-1));
    let number = format!("{}-{:02}", report.week.year(), report.week.number());
    let numbers = [report.week.year().to_string(), report.week.number().to_string()];
    let week = fill_text(lang, "head.week", &numbers);
    let days = fill_text(lang, "head.days", &[day(basis.start), last_day]);
    let number = fill_text(lang, "head.number", &[number]);
    [format!("{} · {week} · {days}", basis.site_name), number]
}

fn unfinished(report: &WeekReport, lang: Lang) -> Option<Block> {
    let before_its_end = report.basis.cut_off < report.basis.end;
    before_its_end.then(|| Block::Warning(Line::said(lang, "head.unfinished")))
}

/// The week in two or three sentences, made from the figures and nothing else.
fn lead(report: &WeekReport, lang: Lang) -> Block {
    let sum = &report.overview;
    let decided = sum.confirmed.n() + sum.false_alarms.n();
    let mut words = fill(
        lang,
        if decided == 0 { "lead.sum_none" } else { "lead.sum" },
        &[
            Line::count(&sum.observations),
            Line::text(sum.joined.to_string()),
            Line::count(&sum.confirmed),
            Line::percent(share(sum.confirmed.n(), decided)),
            Line::count(&sum.dispatched),
            Line::count(&sum.closed),
            Line::count(&sum.open),
        ],
    );
    for (clock, key) in [(ClockName::Ack, "lead.ack"), (ClockName::Arrive, "lead.arrive")] {
        if let Some(row) = report.overall(clock) {
            let late = row.kept.n - row.kept.on_time;
            let facts = [Line::number(row.kept.n), Line::number(late)];
            words = words.then(Line::text(lang.gap())).then(fill(lang, key, &facts));
        }
    }
    let mut missed: Vec<Line> = report
        .findings
        .iter()
        .filter(|finding| finding.is_met() == Some(false))
        .map(|finding| Line::said(lang, &format!("clause.{}", finding.clause)))
        .collect();
    missed.dedup();
    let verdict = match missed.len() {
        0 => fill(lang, "lead.all_met", &[]),
        _ => fill(lang, "lead.missed", &[Line::joined(missed, lang.comma())]),
    };
    Block::Lead(words.then(Line::text(lang.gap())).then(verdict))
}

fn key_figures(report: &WeekReport, lang: Lang) -> Block {
    let sum = &report.overview;
    let before = report.before.as_ref();
    let was = |value: Option<Line>| {
        value.map_or_else(Line::default, |value| fill(lang, "key.before", &[value]))
    };
    let clock = |name, p90| {
        let row = report.overall(name);
        Line::span(row.and_then(|row| if p90 { row.p90_ms } else { row.p50_ms }), lang)
    };
    let p90 = |name| {
        let known = report.overall(name).is_some_and(|row| row.p90_ms.is_some());
        if known { fill(lang, "key.p90", &[clock(name, true)]) } else { Line::default() }
    };
    let decided = sum.confirmed.n() + sum.false_alarms.n();
    let of_decided = share(sum.confirmed.n(), decided).map_or_else(Line::default, |share| {
        fill(lang, "key.of_decided", &[Line::percent(Some(share))])
    });
    let target = report.findings.iter().find(|finding| finding.check == "available");
    let target = target.map_or_else(Line::default, |finding| match finding.measure {
        Measure::Share { limit, .. } => fill(lang, "key.target", &[Line::percent(Some(limit))]),
        Measure::NotMeasured => Line::default(),
    });
    let on_time = found(&report.findings, "supervised");
    let available = found(&report.findings, "available");
    let cells = [
        (
            Line::count(&sum.observations),
            "key.observations",
            was(before.map(|b| Line::number(b.overview.observations.n()))),
        ),
        (Line::count(&sum.confirmed), "key.confirmed", of_decided),
        (clock(ClockName::Ack, false), "key.ack", p90(ClockName::Ack)),
        (clock(ClockName::Arrive, false), "key.arrive", p90(ClockName::Arrive)),
        (
            Line::percent(on_time),
            "key.on_time",
            was(before.map(|b| Line::percent(found(&b.findings, "supervised")))),
        ),
    ];
    let last = (Line::percent(available), "key.available", target);
    let cells = cells.into_iter().chain([last].into_iter().filter(|_| available.is_some()));
    let key = |(figure, key, more)| Key { figure, label: say(lang, key).to_owned(), more };
    Block::Keys(cells.map(key).collect())
}

fn clauses(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let columns = [
        "<clause.head",
        "<clause.check",
        "clause.limit",
        "clause.week",
        "clause.before",
        "clause.cases",
        "clause.violations",
    ];
    let mut named = 0;
    let row = |finding: &Finding| {
        let first = std::mem::replace(&mut named, finding.clause) != finding.clause;
        let name = match first {
            true => Line::said(lang, &format!("clause.{}", finding.clause)),
            false => Line::default(),
        };
        [vec![name], clause(report, finding, lang)].concat()
    };
    let mut rows: Vec<Vec<Line>> = report.findings.iter().map(row).collect();
    rows.splice(1..1, page_duty::clause_rows(report, lang));
    let mut blocks = vec![
        heading(lang, "part.clauses"),
        table(lang, Density::Named, &columns, rows),
        note(lang, "clause.note"),
    ];
    blocks.extend(page_duty::days(report, lang));
    blocks
}

fn clause(report: &WeekReport, finding: &Finding, lang: Lang) -> Vec<Line> {
    let check = Line::said(lang, &format!("check.{}", finding.check));
    let before = report
        .before
        .as_ref()
        .and_then(|before| before.findings.iter().find(|earlier| earlier.check == finding.check));
    let Measure::Share { n, limit, .. } = finding.measure else {
        let not_yet = Line::said(lang, "not_measured").in_tone(Tone::Soft);
        let none = Line::none;
        return vec![check, none(), not_yet, none(), none(), none()];
    };
    let share = Line::percent_of(finding.share(), n);
    let week = match finding.is_met() {
        Some(true) => share,
        Some(false) => share.in_tone(Tone::Bad),
        None => Line::said(lang, "no_case").in_tone(Tone::Soft),
    };
    vec![
        check,
        Line::percent(Some(limit)),
        week,
        before.map_or_else(Line::none, |before| Line::percent(before.share())),
        Line::number(n),
        violations_of(finding),
    ]
}

/// The number of violations, opening into the tickets they are about.
fn violations_of(finding: &Finding) -> Line {
    let mut about: Vec<_> = finding.violations.iter().filter_map(|v| v.ticket.clone()).collect();
    about.sort();
    about.dedup();
    Line::opening(finding.violations.len().to_string(), about)
}

/// The share of a check.
fn found(findings: &[Finding], check: &str) -> Option<f64> {
    findings.iter().find(|finding| finding.check == check).and_then(Finding::share)
}

/// Room for what only people know.
fn by_hand(lang: Lang) -> Vec<Block> {
    vec![Block::Keep(vec![heading(lang, "part.superior"), Block::Ruled(2)])]
}

fn signatures(lang: Lang) -> Block {
    let who = ["sign.leader", "sign.director"].map(|key| say(lang, key).to_owned());
    Block::Signatures { who: who.to_vec(), date: say(lang, "sign.date").to_owned() }
}

/// From what the page was made, so that it can be made again.
fn foot(report: &WeekReport, lang: Lang) -> Block {
    let basis = &report.basis;
    let values = [
        full_time(basis.cut_off, &basis.zone),
        basis.zone.iana_name().unwrap_or("UTC").to_owned(),
        basis.lines.to_string(),
        basis.sha256.clone(),
    ];
    let recompute = say(lang, "foot.recompute").to_owned();
    Block::Foot(vec![fill_text(lang, "foot.basis", &values), recompute])
}

/// The line under every printed page.
fn running(report: &WeekReport, lang: Lang) -> String {
    let basis = &report.basis;
    let values = [
        report.week.to_string(),
        full_time(basis.cut_off, &basis.zone),
        basis.lines.to_string(),
        basis.sha256.chars().take(12).collect(),
    ];
    fill_text(lang, "foot.running", &values)
}
