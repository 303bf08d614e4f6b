//! The parts of the page about work and its quality: supervision, members, false alarms, reviews.

use std::collections::BTreeMap;

use super::figures::{Kept, MemberRow, SMALL_SAMPLE, Tally, WeekReport, share};
use super::sheet::{Block, Density, Line, NONE, Tone, fill, heading, note, percent, table};
use super::week::day_time;
use super::words::{Lang, code, say};

/// Members that still fit on a page with the heading (tried on A4).
const MEMBERS_ON_ONE_PAGE: usize = 30;

pub(super) fn supervision(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let sum = &report.supervision;
    let fixed = [
        ("act.returned", &sum.returned),
        ("act.withdrawn", &sum.withdrawn),
        ("act.far_overdue", &sum.far_overdue),
    ];
    let mut acts: Vec<Vec<Line>> =
        fixed.iter().map(|(key, tally)| vec![Line::said(lang, key), Line::count(tally)]).collect();
    for (level, tally) in &sum.levels {
        acts.push(vec![Line::text(code(lang, "level", level.as_str())), Line::count(tally)]);
    }
    for (reason, tally) in &sum.refused {
        let reason = Line::text(code(lang, "refuse", reason));
        acts.push(vec![fill(lang, "act.refused", &[reason]), Line::count(tally)]);
    }
    let replies = by_count(&sum.dispositions)
        .into_iter()
        .map(|(word, tally)| vec![Line::text(code(lang, "disposition", word)), Line::count(tally)])
        .collect::<Vec<_>>();
    let replies = match replies.is_empty() {
        true => note(lang, "act.no_replies"),
        false => table(lang, Density::Plain, &["<act.disposition", "col.tickets"], replies),
    };
    let acts = table(lang, Density::Plain, &["<act.head", "col.tickets"], acts);
    let both = Block::Columns(vec![vec![acts], vec![replies]]);
    vec![Block::Keep(vec![heading(lang, "part.supervision"), both])]
}

/// Most first, equal ones by word.
fn by_count(tallies: &BTreeMap<String, Tally>) -> Vec<(&str, &Tally)> {
    let mut list: Vec<(&str, &Tally)> = tallies.iter().map(|(k, v)| (k.as_str(), v)).collect();
    list.sort_by_key(|(word, tally)| (std::cmp::Reverse(tally.n()), *word));
    list
}

pub(super) fn members(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.members");
    if report.members.is_empty() {
        return vec![heading, note(lang, "members.none")];
    }
    let columns = [
        "<col.member",
        "col.orders",
        "col.acked",
        "col.arrived",
        "col.replied",
        "col.refused",
        "col.returned",
        "col.closed",
        "col.score",
        "<col.remark",
    ];
    let rows = report.members.iter().map(|row| member(row, lang)).collect();
    let body = table(lang, Density::Figures, &columns, rows);
    let note = note(lang, "members.note");
    // A long table may be broken; its head stands on every page.
    match report.members.len() > MEMBERS_ON_ONE_PAGE {
        true => vec![heading, body, note],
        false => vec![Block::Keep(vec![heading, body, note])],
    }
}

fn member(row: &MemberRow, lang: Lang) -> Vec<Line> {
    let kept = |kept: &Kept| {
        let words = match kept.n {
            0 => NONE.to_owned(),
            n => format!("{} ({}/{n})", percent(kept.share()), kept.on_time),
        };
        Line::figure(words, &kept.tickets)
    };
    let scored = match row.score {
        None => Line::none(),
        Some(mean) => Line::figure(format!("{mean:.1} ({})", row.reviewed.n()), &row.reviewed),
    };
    let small = if row.orders < SMALL_SAMPLE { say(lang, "sample.small") } else { "" };
    vec![
        Line::text(&row.display),
        Line::figure(row.orders.to_string(), &row.tickets),
        kept(&row.acked),
        kept(&row.arrived),
        kept(&row.replied),
        Line::count(&row.refused),
        Line::count(&row.returned),
        Line::count(&row.closed),
        scored,
        Line::text(small),
    ]
}

pub(super) fn false_alarms(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.false_alarms");
    if report.false_alarms.is_empty() {
        return vec![heading, note(lang, "false.none"), load(report, lang)];
    }
    let columns = [
        "<col.camera",
        "<col.rule",
        "col.decided",
        "col.false_alarms",
        "col.false_share",
        "col.interval",
        "<col.reasons",
    ];
    let mut rows = Vec::new();
    for row in &report.false_alarms {
        let rule = match row.rule_name.as_str() {
            "" => Line::said(lang, "rule.manual"),
            name => Line::text(name),
        };
        let reason =
            |(word, tally): &(&str, &Tally)| format!("{} {}", code(lang, "false", word), tally.n());
        let reasons: Vec<String> = by_count(&row.reasons).iter().map(reason).collect();
        let decided = row.decided.n();
        rows.push(vec![
            Line::text(&row.camera_name),
            rule,
            Line::count(&row.decided),
            Line::count(&row.false_alarms),
            Line::percent_of(share(row.false_alarms.n(), decided), decided),
            interval(row.interval),
            Line::text(reasons.join(lang.comma())),
        ]);
    }
    let table = table(lang, Density::Plain, &columns, rows);
    vec![heading, table, note(lang, "false.note"), load(report, lang)]
}

/// An interval of shares.
pub(super) fn interval(interval: Option<(f64, f64)>) -> Line {
    let said = |(low, high): (f64, f64)| format!("{:.0}–{:.0}%", low * 100.0, high * 100.0);
    interval.map_or_else(Line::none, |ends| Line::toned(said(ends), Tone::Whole))
}

/// Alarms against what an operator can look at, and every flood with its time.
fn load(report: &WeekReport, lang: Lang) -> Block {
    let (load, zone) = (&report.load, &report.basis.zone);
    let mut words = fill(
        lang,
        "load.sum",
        &[
            Line::number(load.alarms),
            load.rate().map_or_else(Line::none, |rate| Line::text(format!("{rate:.2}"))),
            Line::percent(load.well_share()),
            Line::text(format!("{:.1}", load.peak)),
            Line::number(load.floods.len()),
            Line::span(Some(load.flood_ms), lang),
        ],
    );
    for flood in &load.floods {
        let end = flood.end.map_or_else(|| NONE.to_owned(), |end| day_time(end, zone));
        let times = [Line::text(day_time(flood.start, zone)), Line::text(end)];
        let facts = [times.to_vec(), vec![Line::number(flood.alarms)]].concat();
        words = words.then(Line::text(lang.gap())).then(fill(lang, "load.flood", &facts));
    }
    let severities = fill(lang, "load.split", &load.by_severity.map(Line::number));
    Block::Note(words.then(Line::text(lang.gap())).then(severities))
}

pub(super) fn reviews(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let sum = &report.reviews;
    let words = fill(
        lang,
        "review.sum",
        &[
            Line::count(&report.overview.closed),
            Line::count(&sum.reviewed),
            Line::score(sum.score),
            Line::count(&sum.must),
            Line::count(&sum.must_open),
            Line::number(sum.sample),
            Line::count(&sum.sampled),
        ],
    );
    let none = Tally::default();
    let row = |item: &&str| {
        let [yes, no, na] = sum.items.get(*item).copied().unwrap_or_default();
        vec![
            Line::text(code(lang, "review", item)),
            Line::number(yes),
            Line::figure(no.to_string(), sum.failed.get(*item).unwrap_or(&none)),
            Line::number(na),
            Line::percent_of(share(yes, yes + no), yes + no),
        ]
    };
    let rows = crate::config::codes::REVIEW_ITEMS.iter().map(row).collect();
    let columns = ["<review.item", "review.yes", "review.no", "review.na", "review.share"];
    let title = Block::Subheading(say(lang, "reviews.title").to_owned());
    let mut parts = vec![title, Block::Paragraph(words)];
    if sum.reviewed.n() > 0 {
        parts.push(table(lang, Density::Plain, &columns, rows));
    }
    vec![Block::Keep(parts)]
}
