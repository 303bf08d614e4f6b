//! The part of the page about cover: who had to be there and who was, minute by minute.

use super::cover::{DayCover, LineCover};
use super::figures::WeekReport;
use super::sheet::{Block, Column, Density, Line, Table, Tone, fill, fill_text, note};
use super::week::day_time;
use super::words::{Lang, code, say};
use crate::duty::roster::minutes;
use crate::duty::{Line as Post, Span};

/// VM-1's rows of the table of clauses: the share of the time with somebody signed on.
pub(super) fn clause_rows(report: &WeekReport, lang: Lang) -> Vec<Vec<Line>> {
    let check =
        |line: Post| fill(lang, "clause.1.cover", &[Line::text(code(lang, "line", line.as_str()))]);
    if report.duty.is_empty() {
        let not_yet = Line::said(lang, "not_measured").in_tone(Tone::Soft);
        let none = Line::none;
        let name = Line::default();
        return vec![vec![name, check(Post::Duty), none(), not_yet, none(), none(), none()]];
    }
    let row = |cover: &LineCover| {
        let share = Line::percent(cover.present.share());
        let whole = cover.present.gaps.is_empty();
        let minutes = minutes(cover.present.period).to_string();
        vec![
            Line::default(),
            check(cover.line),
            Line::percent(Some(1.0)),
            if whole { share } else { share.in_tone(Tone::Bad) },
            Line::none(),
            Line::toned(fill_text(lang, "cover.minutes", &[minutes]), Tone::Whole),
            Line::number(cover.present.gaps.len()),
        ]
    };
    report.duty.iter().map(row).collect()
}

/// Minutes of each day: signed on, by the roster, of the day.
pub(super) fn days(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let Some(first) = report.duty.first() else { return Vec::new() };
    let head = Column { label: say(lang, "cover.head").to_owned(), words: true };
    let day = |day: &DayCover| Column {
        label: format!("{} {}", day.date.strftime("%m-%d"), day.of_min),
        words: false,
    };
    let columns = std::iter::once(head).chain(first.days.iter().map(day)).collect();
    let row = |key: &str, cover: &LineCover, of: fn(&DayCover) -> i64| {
        let line = code(lang, "line", cover.line.as_str());
        let cell = |day: &DayCover| {
            let tone = if of(day) < day.of_min { Tone::Bad } else { Tone::Plain };
            Line::toned(of(day).to_string(), tone)
        };
        let label = Line::text(fill_text(lang, key, &[line]));
        std::iter::once(label).chain(cover.days.iter().map(cell)).collect::<Vec<_>>()
    };
    let rows = report
        .duty
        .iter()
        .flat_map(|cover| {
            [
                row("cover.present", cover, |day| day.present_min),
                row("cover.roster", cover, |day| day.roster_min),
            ]
        })
        .collect();
    let table = Block::Table(Table { density: Density::Figures, columns, rows });
    vec![Block::Keep(vec![table, note(lang, "cover.note")])]
}

/// Every gap, by line and by what it is a gap of.
pub(super) fn gaps(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let zone = &report.basis.zone;
    let told = |gap: &Span| {
        let (from, until) = (day_time(gap.from, zone), day_time(gap.until, zone));
        let until = if from[..5] == until[..5] { until[6..].to_owned() } else { until };
        let values = [from, until, minutes(*gap).to_string()];
        Line::toned(fill_text(lang, "cover.gap", &values), Tone::Whole)
    };
    let list = |cover: &LineCover| {
        let line = code(lang, "line", cover.line.as_str());
        let kinds = [("cover.present", &cover.present.gaps), ("cover.roster", &cover.roster.gaps)];
        kinds
            .into_iter()
            .filter(|(_, gaps)| !gaps.is_empty())
            .map(|(key, gaps)| {
                let label = fill_text(lang, key, std::slice::from_ref(&line));
                let count = fill(lang, "cover.gaps", &[Line::number(gaps.len())]);
                let all = Line::joined(gaps.iter().map(told).collect(), lang.comma());
                Block::Note(
                    Line::text(format!("{label} ")).then(count).then(Line::text(" ")).then(all),
                )
            })
            .collect::<Vec<_>>()
    };
    report.duty.iter().flat_map(list).collect()
}
