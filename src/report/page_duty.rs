//! The part of the page about cover: who had to be there and who was, minute by minute.

use super::cover::{DayCover, LineCover};
use super::figures::WeekReport;
use super::html::{NONE, day_time, escape, fill, note, percent};
use super::words::{Lang, code, say};
use crate::duty::roster::minutes;
use crate::duty::{Line, Span};

/// VM-1's rows of the table of clauses: the share of the time with somebody signed on.
pub(super) fn clause_rows(report: &WeekReport, lang: Lang) -> Vec<Vec<String>> {
    let name = escape(say(lang, "clause.1"));
    let check =
        |line: Line| fill(lang, "clause.1.cover", &[escape(&code(lang, "line", line.as_str()))]);
    if report.duty.is_empty() {
        let not_yet = format!("<i class=\"nw\">{}</i>", escape(say(lang, "not_measured")));
        let none = || NONE.to_owned();
        return vec![vec![name, check(Line::Duty), none(), not_yet, none(), none(), none()]];
    }
    let row = |cover: &LineCover| {
        let share = percent(cover.present.share());
        let whole = cover.present.gaps.is_empty();
        vec![
            name.clone(),
            check(cover.line),
            percent(Some(1.0)),
            if whole { share } else { format!("<span class=\"bad\">{share}</span>") },
            NONE.to_owned(),
            fill(lang, "cover.minutes", &[minutes(cover.present.period).to_string()]),
            cover.present.gaps.len().to_string(),
        ]
    };
    report.duty.iter().map(row).collect()
}

/// Minutes of each day: signed on, by the roster, of the day.
pub(super) fn days(report: &WeekReport, lang: Lang) -> String {
    if report.duty.is_empty() {
        return String::new();
    }
    let dates = report.duty.first().map_or(&[][..], |cover| &cover.days);
    let head: String = dates
        .iter()
        .map(|day| format!("<th>{} · {}</th>", day.date.strftime("%m-%d"), day.of_min))
        .collect();
    let row = |label: String, cover: &LineCover, of: fn(&DayCover) -> i64| {
        let cell = |day: &DayCover| {
            let (is, lacks) = (of(day), of(day) < day.of_min);
            let class = if lacks { " class=\"bad\"" } else { "" };
            format!("<td><span{class}>{is}</span></td>")
        };
        let cells: String = cover.days.iter().map(cell).collect();
        format!("<tr><td class=\"l\">{label}</td>{cells}</tr>\n")
    };
    let rows: String = report
        .duty
        .iter()
        .map(|cover| {
            let line = escape(&code(lang, "line", cover.line.as_str()));
            let present = fill(lang, "cover.present", std::slice::from_ref(&line));
            let roster = fill(lang, "cover.roster", &[line]);
            row(present, cover, |day| day.present_min) + &row(roster, cover, |day| day.roster_min)
        })
        .collect();
    let corner = escape(say(lang, "cover.head"));
    format!(
        "<table class=\"keep\"><thead><tr><th class=\"l\">{corner}</th>{head}</tr></thead>\
         <tbody>{rows}</tbody></table>\n{}",
        note(lang, "cover.note")
    )
}

/// Every gap, by line and by what it is a gap of.
pub(super) fn gaps(report: &WeekReport, lang: Lang) -> String {
    let zone = &report.basis.zone;
    let told = |gap: &Span| {
        let (from, until) = (day_time(gap.from, zone), day_time(gap.until, zone));
        let until = if from[..5] == until[..5] { &until[6..] } else { &until };
        let minutes = minutes(*gap).to_string();
        format!(
            "<span class=\"nw\">{}</span>",
            fill(lang, "cover.gap", &[from, until.to_owned(), minutes,])
        )
    };
    let list = |cover: &LineCover| {
        let line = escape(&code(lang, "line", cover.line.as_str()));
        [("cover.present", &cover.present.gaps), ("cover.roster", &cover.roster.gaps)]
            .map(|(key, gaps)| {
                let all: Vec<String> = gaps.iter().map(told).collect();
                let label = fill(lang, key, std::slice::from_ref(&line));
                match gaps.len() {
                    0 => String::new(),
                    n => format!(
                        "<p class=\"note\"><b>{label}</b> {} {}</p>\n",
                        fill(lang, "cover.gaps", &[n.to_string()]),
                        all.join(lang.comma())
                    ),
                }
            })
            .concat()
    };
    report.duty.iter().map(list).collect()
}
