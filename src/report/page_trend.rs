//! The parts of the page that look beyond the week: counts against their limits, hot spots, and
//! whether the closed cases are complete.

use super::chart::course;
use super::figures::WeekReport;
use super::sheet::{Block, Chart, Density, Line, Tone, fill, fill_text, heading, note, table};
use super::trend::{Counted, Held, Limits, Signal};
use super::words::Lang;

const fn word(counted: Counted) -> &'static str {
    match counted {
        Counted::Observations => "counted.observations",
        Counted::Confirmed => "counted.confirmed",
        Counted::FalseAlarms => "counted.false_alarms",
    }
}

/// Counts of the week against last week, the year before and the limits.
pub(super) fn totals(report: &WeekReport, lang: Lang) -> Block {
    let row = |(counted, held): (&Counted, &Held)| {
        let before = held.course.len().checked_sub(2).map(|at| held.course[at]);
        let now = Line::number(held.now);
        vec![
            Line::said(lang, word(*counted)),
            if held.signal() == Signal::None { now } else { now.in_tone(Tone::Bad) },
            Line::number_or_none(before),
            Line::number_or_none(held.year_ago),
            held.limits.map_or_else(Line::none, |limits| Line::text(ends(limits))),
        ]
    };
    let rows = report.trend.totals.iter().map(row).collect();
    let columns = ["<sum.head", "col.week", "col.before", "col.year", "col.limits"];
    let of = |counted| report.trend.totals.get(&counted).cloned();
    let mut parts = vec![table(lang, Density::Figures, &columns, rows)];
    if let (Some(seen), Some(confirmed)) = (of(Counted::Observations), of(Counted::Confirmed))
        && seen.course.len() > 1
    {
        let title = fill_text(lang, "chart.course", &[seen.course.len().to_string()]);
        let svg = course(&title, &[&seen.course, &confirmed.course], seen.limits.as_ref());
        parts.push(Block::Charts(vec![Chart { title, svg }]));
    }
    Block::Keep(parts)
}

fn ends(limits: Limits) -> String {
    format!("{:.0}–{:.0}", limits.low.ceil(), limits.high.floor())
}

pub(super) fn trend(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.trend");
    let weeks = report.trend.totals.values().find_map(|held| held.limits).map(|l| l.weeks);
    let Some(weeks) = weeks else {
        return vec![Block::Keep(vec![heading, note(lang, "trend.none"), Block::Ruled(2)])];
    };
    let mut said: Vec<Line> = Vec::new();
    for (counted, held) in &report.trend.totals {
        said.extend(total(*counted, held, lang));
    }
    for (camera, held) in report.trend.hot_cameras() {
        let high = held.limits.map_or(0.0, |limits| limits.high.floor());
        let facts = [
            Line::text(report.camera(camera)),
            Line::number(held.now),
            Line::number(weeks),
            Line::text(format!("{high:.0}")),
        ];
        said.push(fill(lang, "trend.camera", &facts));
    }
    for (hour, held) in report.trend.hot_hours() {
        let high = held.limits.map_or(0.0, |limits| limits.high.floor());
        let facts = [
            Line::number(hour),
            Line::number(hour + 1),
            Line::number(held.now),
            Line::number(weeks),
            Line::text(format!("{high:.0}")),
        ];
        said.push(fill(lang, "trend.hour", &facts));
    }
    if said.is_empty() {
        said.push(fill(lang, "trend.quiet", &[Line::number(weeks)]));
    }
    let mut blocks = vec![heading];
    blocks.extend(said.into_iter().map(Block::Paragraph));
    blocks.extend([note(lang, "trend.note"), Block::Ruled(2)]);
    vec![Block::Keep(blocks)]
}

fn total(counted: Counted, held: &Held, lang: Lang) -> Option<Line> {
    let limits = held.limits?;
    let side = match held.signal() {
        Signal::None => return None,
        Signal::Above => "trend.above",
        Signal::Below => "trend.below",
    };
    let facts = [
        Line::said(lang, word(counted)),
        Line::number(held.now),
        Line::said(lang, side),
        Line::number(limits.weeks),
        Line::text(format!("{:.0}", limits.low.ceil())),
        Line::text(format!("{:.0}", limits.high.floor())),
    ];
    Some(fill(lang, "trend.total", &facts))
}

/// Part 12: whether the closed cases have what they are kept with.
pub(super) fn archive(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let complete = &report.complete;
    let facts = [Line::count(&report.overview.closed), Line::count(&complete.whole)];
    let sum = Block::Paragraph(fill(lang, "archive.sum", &facts));
    let mut blocks = vec![heading(lang, "part.archive"), sum];
    let lack = |(part, tally): (&&str, &super::figures::Tally)| {
        let part = Line::said(lang, &format!("lacks.{part}"));
        vec![fill(lang, "archive.lacks", &[part]), Line::count(tally)]
    };
    let rows: Vec<Vec<Line>> = complete.lacks.iter().map(lack).collect();
    if !rows.is_empty() {
        blocks.push(table(lang, Density::Plain, &["<sum.head", "col.tickets"], rows));
    }
    vec![Block::Keep(blocks)]
}
