//! The parts of the page that count and time: overview, response, kinds and hours, places, open.

use super::chart::{Bar, bars, heat};
use super::figures::{Bucket, Distribution, OpenRow, Overview, Owner, Tally, WeekReport};
use super::page_trend;
use super::sheet::{
    Block, Chart, Density, Line, Tone, fill, fill_text, heading, note, span, table,
};
use super::week::{day_time, local};
use super::words::{Lang, code, say};

/// Places on the page; the rest is one line (all of them are in the JSON).
const PLACES_SHOWN: usize = 10;

/// A line of the overview: the key of its word, and its figure.
type Part = (&'static str, fn(&Overview) -> &Tally);

pub(super) fn overview(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let parts: [Part; 10] = [
        ("sum.observations", |o| &o.observations),
        ("sum.confirmed", |o| &o.confirmed),
        ("sum.false_alarms", |o| &o.false_alarms),
        ("sum.undetermined", |o| &o.undetermined),
        ("sum.waiting", |o| &o.waiting),
        ("sum.tests", |o| &o.tests),
        ("sum.dispatched", |o| &o.dispatched),
        ("sum.closed", |o| &o.closed),
        ("sum.closed_in_time", |o| &o.closed_in_time),
        ("sum.open", |o| &o.open),
    ];
    let row = |&(key, part): &Part| {
        let (now, before) = (part(&report.overview), report.before.as_ref());
        let before = before.map(|before| part(&before.overview).n());
        vec![
            Line::said(lang, key),
            Line::count(now),
            Line::number_or_none(before),
            change(now.n(), before),
        ]
    };
    let columns = ["<sum.head", "col.week", "col.before", "col.change"];
    let half =
        |parts: &[Part]| table(lang, Density::Figures, &columns, parts.iter().map(row).collect());
    let joined = [Line::text(report.overview.joined.to_string()), Line::text(per_day(report))];
    let joined = Block::Note(fill(lang, "sum.joined", &joined));
    let halves = vec![vec![half(&parts[..6])], vec![half(&parts[6..]), joined]];
    let parts =
        vec![heading(lang, "part.overview"), Block::Columns(halves), note(lang, "sum.note")];
    vec![Block::Keep(parts), page_trend::totals(report, lang)]
}

#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
fn per_day(report: &WeekReport) -> String {
    let basis = &report.basis;
    let end = basis.end.min(basis.cut_off);
    let days = (end.since_ms(basis.start) as f64 / 86_400_000.0).clamp(1.0, 7.0);
    format!("{:.1}", report.overview.observations.n() as f64 / days)
}

/// Change to the week before in percent; of small numbers only the difference.
#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
fn change(now: usize, before: Option<usize>) -> Line {
    let Some(before) = before else {
        return Line::none();
    };
    if now == before {
        return Line::number(0);
    }
    let signed = |text: String| Line::text(text.replace('-', "−"));
    let (now, was) = (now as f64, before as f64);
    // Below 20 one ticket more or less is already 5 %, which says nothing (guess, revisit).
    if before < 20 {
        return signed(format!("{:+.0}", now - was));
    }
    signed(format!("{:+.0}%", (now - was) / was * 100.0))
}

pub(super) fn response(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let drawn = report.distributions.iter().any(|one| one.buckets.iter().any(|b| b.n > 0));
    let charts = report.distributions.iter().map(|distribution| chart(distribution, lang));
    let columns = [
        "<col.clock",
        "<col.severity",
        "col.limit",
        "col.runs",
        "col.on_time",
        "col.share",
        "col.p50",
        "col.p90",
        "col.p95",
    ];
    let mut clock = None;
    let row = |row: &super::figures::ClockRow| {
        let first = clock.replace(row.clock) != Some(row.clock);
        let name = if first { code(lang, "clock", row.clock.as_str()) } else { String::new() };
        let severity = match row.severity {
            Some(severity) => Line::text(severity.as_str()),
            None => Line::said(lang, "col.all").in_tone(Tone::Sum),
        };
        let limit = row.severity.and(row.limit_ms);
        vec![
            Line::text(name),
            severity,
            Line::span(limit, lang),
            Line::figure(row.kept.n.to_string(), &row.kept.tickets),
            Line::number(row.kept.on_time),
            Line::percent_of(row.kept.share(), row.kept.n),
            Line::span(row.p50_ms, lang),
            Line::span(row.p90_ms, lang),
            Line::span(row.p95_ms, lang),
        ]
    };
    let mut head = vec![heading(lang, "part.response")];
    // Three empty pictures would look like something that failed.
    match drawn {
        true => head.extend([Block::Charts(charts.collect()), note(lang, "chart.note")]),
        false => head.push(note(lang, "chart.none")),
    }
    vec![
        Block::Keep(head),
        table(lang, Density::Dense, &columns, report.clocks.iter().map(row).collect()),
        note(lang, "clock.note"),
    ]
}

/// The times of a bucket: of acknowledgements in seconds, else in minutes.
pub(super) fn bucket_label(clock: &str, bucket: &Bucket) -> String {
    let unit = if clock == "ack" { 1000 } else { 60_000 };
    match bucket.up_to_ms {
        Some(up_to) if bucket.over_ms == 0 => format!("≤{}", up_to / unit),
        Some(up_to) => format!("{}–{}", bucket.over_ms / unit, up_to / unit),
        None => format!(">{}", bucket.over_ms / unit),
    }
}

fn chart(distribution: &Distribution, lang: Lang) -> Chart {
    let name = distribution.clock.as_str();
    let title = say(lang, &format!("chart.{name}"));
    let bar =
        |bucket: &Bucket| Bar { label: bucket_label(name, bucket), n: bucket.n, late: bucket.late };
    let drawn: Vec<Bar> = distribution.buckets.iter().map(bar).collect();
    Chart { title: title.to_owned(), svg: bars(name, title, &drawn) }
}

pub(super) fn kinds(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let columns = ["<col.category", "S1", "S2", "S3", "S4", "col.confirmed", "col.observations"];
    let total =
        |row: &super::figures::CategoryRow| row.confirmed.iter().map(Tally::n).sum::<usize>();
    let blank = |tally: &Tally| {
        if tally.n() == 0 { Line::text("·") } else { Line::count(tally) }
    };
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for row in &report.categories {
        let mut cells = vec![Line::text(code(lang, "category", &row.category))];
        cells.extend(row.confirmed.iter().map(blank));
        cells.push(Line::number(total(row)));
        cells.push(Line::count(&row.observations));
        rows.push(cells);
    }
    let severity =
        |n: usize| report.categories.iter().map(|row| row.confirmed[n].n()).sum::<usize>();
    let mut sum = vec![Line::said(lang, "col.total").in_tone(Tone::Sum)];
    sum.extend((0..4).map(|n| Line::number(severity(n))));
    sum.push(Line::number(report.overview.confirmed.n()));
    sum.push(Line::number(report.overview.observations.n()));
    rows.push(sum);
    vec![
        heading(lang, "part.kinds"),
        table(lang, Density::Figures, &columns, rows),
        note(lang, "kinds.note"),
        Block::Keep(vec![Block::Charts(vec![heat_map(report, lang)])]),
    ]
}

fn heat_map(report: &WeekReport, lang: Lang) -> Chart {
    let row = |(day, hours): (usize, &[Tally; 24])| {
        let label = say(lang, &format!("day.{day}")).to_owned();
        let cell = |(hour, tally): (usize, &Tally)| {
            let numbers: Vec<String> =
                tally.tickets().iter().map(|ticket| ticket.number.to_string()).collect();
            (tally.n(), format!("{label} {hour}:00 – {}: {}", tally.n(), numbers.join(", ")))
        };
        (label.clone(), hours.iter().enumerate().map(cell).collect())
    };
    let rows: Vec<(String, Vec<(usize, String)>)> =
        report.hours.0.iter().enumerate().map(row).collect();
    let columns: Vec<String> =
        (0..24).map(|hour| if hour % 3 == 0 { hour.to_string() } else { String::new() }).collect();
    let title = say(lang, "hours.title");
    Chart { title: title.to_owned(), svg: heat(title, &rows, &columns) }
}

pub(super) fn places(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let columns = [
        "<col.place",
        "<col.camera",
        "col.confirmed",
        "col.confirmed_before",
        "col.false_alarms",
        "col.observations",
    ];
    let shown = report.places.len().min(PLACES_SHOWN);
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for row in &report.places[..shown] {
        rows.push(vec![
            Line::text(&row.place),
            Line::text(&row.camera_name),
            Line::count(&row.confirmed),
            Line::number_or_none(row.confirmed_before),
            Line::count(&row.false_alarms),
            Line::count(&row.observations),
        ]);
    }
    let rest = &report.places[shown..];
    if !rest.is_empty() {
        let sum = |part: fn(&super::figures::PlaceRow) -> usize| {
            Line::number(rest.iter().map(part).sum::<usize>())
        };
        let before: Option<usize> = rest.iter().map(|row| row.confirmed_before).sum();
        rows.push(vec![
            fill(lang, "places.rest", &[Line::number(rest.len())]),
            Line::default(),
            sum(|row| row.confirmed.n()),
            Line::number_or_none(before),
            sum(|row| row.false_alarms.n()),
            sum(|row| row.observations.n()),
        ]);
    }
    vec![
        Block::Subheading(say(lang, "places.title").to_owned()),
        table(lang, Density::Plain, &columns, rows),
    ]
}

pub(super) fn open(report: &WeekReport, lang: Lang) -> Vec<Block> {
    let heading = heading(lang, "part.open");
    if report.open.is_empty() {
        return vec![heading, note(lang, "open.none")];
    }
    let columns = [
        "<col.ticket",
        "<col.opened",
        "<col.place",
        "col.severity",
        "<col.stage",
        "<col.owner",
        "<col.clock",
        "col.due",
        "col.overdue",
    ];
    let rows = report.open.iter().map(|row| open_row(report, row, lang)).collect();
    let cut_off = local(report.basis.cut_off, &report.basis.zone).strftime("%Y-%m-%d %H:%M");
    let words = fill(lang, "open.note", &[Line::text(cut_off.to_string())]);
    vec![heading, table(lang, Density::Plain, &columns, rows), Block::Note(words)]
}

fn open_row(report: &WeekReport, row: &OpenRow, lang: Lang) -> Vec<Line> {
    let owner = match &row.owner {
        Owner::Queue => say(lang, "owner.queue").to_owned(),
        Owner::Centre { confirmed_by } => {
            fill_text(lang, "owner.centre", &[report.display(confirmed_by).to_owned()])
        }
        Owner::Account(name) => report.display(name).to_owned(),
    };
    let zone = &report.basis.zone;
    let over = match row.overdue_ms {
        0 => Line::none(),
        over => Line::toned(span(over, lang), Tone::Bad),
    };
    let number = Line::ticket(&row.ticket);
    let time = |at| Line::toned(day_time(at, zone), Tone::Whole);
    vec![
        if row.carried_over { number.marked("‡") } else { number },
        time(row.opened),
        Line::text(&row.place),
        Line::text(row.severity.as_str()),
        Line::text(code(lang, "stage", row.stage)),
        Line::text(owner),
        row.clock.map_or_else(Line::default, |c| Line::text(code(lang, "clock", c.as_str()))),
        row.due.map_or_else(Line::none, time),
        over,
    ]
}
