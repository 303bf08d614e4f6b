//! The parts of the page that count and time: overview, response, kinds and hours, places, open.

use super::chart::{Bar, bars, heat};
use super::figures::{Distribution, OpenRow, Overview, Owner, Tally, WeekReport};
use super::html::{
    NONE, count, day_time, escape, figure, fill, heading, note, percent, percent_of, span,
    span_or_none, table, ticket,
};
use super::week::local;
use super::words::{Lang, code, say};

/// Places on the page; the rest is one line (all of them are in the JSON).
const PLACES_SHOWN: usize = 10;

/// A line of the overview: the key of its word, and its figure.
type Part = (&'static str, fn(&Overview) -> &Tally);

pub(super) fn overview(report: &WeekReport, lang: Lang) -> String {
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
            escape(say(lang, key)),
            count(now),
            before.map_or_else(|| NONE.to_owned(), |before| before.to_string()),
            change(now.n(), before),
        ]
    };
    let columns = ["<sum.head", "col.week", "col.before", "col.change"];
    let half = |parts: &[Part]| table(lang, &columns, &parts.iter().map(row).collect::<Vec<_>>());
    let (left, right) = (half(&parts[..6]), half(&parts[6..]));
    let joined = [report.overview.joined.to_string(), per_day(report)];
    let joined = fill(lang, "sum.joined", &joined);
    format!(
        "<section class=\"keep\">{}<div class=\"two num\"><div>{left}</div><div>{right}\
         <p class=\"note\">{joined}</p></div></div>{}</section>\n",
        heading(lang, "part.overview"),
        note(lang, "sum.note"),
    )
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
fn change(now: usize, before: Option<usize>) -> String {
    let Some(before) = before else {
        return NONE.to_owned();
    };
    let signed = |text: String| text.replace('-', "−");
    let (now, was) = (now as f64, before as f64);
    // Below 20 one ticket more or less is already 5 %, which says nothing (guess, revisit).
    if before < 20 {
        return signed(format!("{:+.0}", now - was));
    }
    signed(format!("{:+.0}%", (now - was) / was * 100.0))
}

pub(super) fn response(report: &WeekReport, lang: Lang) -> String {
    let charts: String =
        report.distributions.iter().map(|distribution| chart(distribution, lang)).collect();
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
            Some(severity) => severity.as_str().to_owned(),
            None => format!("<span class=\"sum\">{}</span>", escape(say(lang, "col.all"))),
        };
        let limit = row.severity.and(row.limit_ms);
        vec![
            escape(&name),
            severity,
            span_or_none(limit, lang),
            figure(&row.kept.n.to_string(), &row.kept.tickets),
            row.kept.on_time.to_string(),
            percent_of(row.kept.share(), row.kept.n),
            span_or_none(row.p50_ms, lang),
            span_or_none(row.p90_ms, lang),
            span_or_none(row.p95_ms, lang),
        ]
    };
    let rows: Vec<Vec<String>> = report.clocks.iter().map(row).collect();
    format!(
        "<section class=\"keep\">{}<div class=\"charts\">{charts}</div>{}</section>\
         <div class=\"num dense\">{}</div>{}\n",
        heading(lang, "part.response"),
        note(lang, "chart.note"),
        table(lang, &columns, &rows),
        note(lang, "clock.note"),
    )
}

fn chart(distribution: &Distribution, lang: Lang) -> String {
    let name = distribution.clock.as_str();
    let title = say(lang, &format!("chart.{name}"));
    let unit = if name == "ack" { 1000 } else { 60_000 };
    let bar = |bucket: &super::figures::Bucket| Bar {
        label: match bucket.up_to_ms {
            Some(up_to) if bucket.over_ms == 0 => format!("≤{}", up_to / unit),
            Some(up_to) => format!("{}–{}", bucket.over_ms / unit, up_to / unit),
            None => format!(">{}", bucket.over_ms / unit),
        },
        n: bucket.n,
        late: bucket.late,
    };
    let drawn: Vec<Bar> = distribution.buckets.iter().map(bar).collect();
    format!("<div><h3>{}</h3>{}</div>", escape(title), bars(name, title, &drawn))
}

pub(super) fn kinds(report: &WeekReport, lang: Lang) -> String {
    let columns = ["<col.category", "S1", "S2", "S3", "S4", "col.confirmed", "col.observations"];
    let total =
        |row: &super::figures::CategoryRow| row.confirmed.iter().map(Tally::n).sum::<usize>();
    let blank = |tally: &Tally| {
        if tally.n() == 0 { "·".to_owned() } else { count(tally) }
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in &report.categories {
        let mut cells = vec![escape(&code(lang, "category", &row.category))];
        cells.extend(row.confirmed.iter().map(blank));
        cells.push(total(row).to_string());
        cells.push(count(&row.observations));
        rows.push(cells);
    }
    let severity =
        |n: usize| report.categories.iter().map(|row| row.confirmed[n].n()).sum::<usize>();
    let mut sum = vec![format!("<span class=\"sum\">{}</span>", escape(say(lang, "col.total")))];
    sum.extend((0..4).map(|n| severity(n).to_string()));
    sum.push(report.overview.confirmed.n().to_string());
    sum.push(report.overview.observations.n().to_string());
    rows.push(sum);
    format!(
        "{}<div class=\"num\">{}</div>{}<section class=\"keep\"><h3>{}</h3>{}</section>\n",
        heading(lang, "part.kinds"),
        table(lang, &columns, &rows),
        note(lang, "kinds.note"),
        escape(say(lang, "hours.title")),
        heat_map(report, lang),
    )
}

fn heat_map(report: &WeekReport, lang: Lang) -> String {
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
    heat(say(lang, "hours.title"), &rows, &columns)
}

pub(super) fn places(report: &WeekReport, lang: Lang) -> String {
    let columns = [
        "<col.place",
        "<col.camera",
        "col.confirmed",
        "col.confirmed_before",
        "col.false_alarms",
        "col.observations",
    ];
    let shown = report.places.len().min(PLACES_SHOWN);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for row in &report.places[..shown] {
        rows.push(vec![
            escape(&row.place),
            escape(&row.camera_name),
            count(&row.confirmed),
            row.confirmed_before.map_or_else(|| NONE.to_owned(), |n| n.to_string()),
            count(&row.false_alarms),
            count(&row.observations),
        ]);
    }
    let rest = &report.places[shown..];
    if !rest.is_empty() {
        let sum = |part: fn(&super::figures::PlaceRow) -> usize| {
            rest.iter().map(part).sum::<usize>().to_string()
        };
        let before: Option<usize> = rest.iter().map(|row| row.confirmed_before).sum();
        rows.push(vec![
            fill(lang, "places.rest", &[rest.len().to_string()]),
            String::new(),
            sum(|row| row.confirmed.n()),
            before.map_or_else(|| NONE.to_owned(), |n| n.to_string()),
            sum(|row| row.false_alarms.n()),
            sum(|row| row.observations.n()),
        ]);
    }
    [heading(lang, "part.places"), table(lang, &columns, &rows)].concat()
}

pub(super) fn open(report: &WeekReport, lang: Lang) -> String {
    let heading = heading(lang, "part.open");
    if report.open.is_empty() {
        return heading + &note(lang, "open.none");
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
    let rows: Vec<Vec<String>> =
        report.open.iter().map(|row| open_row(report, row, lang)).collect();
    let cut_off = local(report.basis.cut_off, &report.basis.zone).strftime("%Y-%m-%d %H:%M");
    let words = fill(lang, "open.note", &[cut_off.to_string()]);
    format!("{heading}{}<p class=\"note\">{words}</p>\n", table(lang, &columns, &rows))
}

fn open_row(report: &WeekReport, row: &OpenRow, lang: Lang) -> Vec<String> {
    let owner = match &row.owner {
        Owner::Queue => escape(say(lang, "owner.queue")),
        Owner::Centre { confirmed_by } => {
            fill(lang, "owner.centre", &[escape(report.display(confirmed_by))])
        }
        Owner::Account(name) => escape(report.display(name)),
    };
    let zone = &report.basis.zone;
    let over = match row.overdue_ms {
        0 => NONE.to_owned(),
        over => format!("<span class=\"bad nw\">{}</span>", span(over, lang)),
    };
    let carried = if row.carried_over { "<sup>‡</sup>" } else { "" };
    let time = |at| format!("<span class=\"nw\">{}</span>", day_time(at, zone));
    vec![
        format!("{}{carried}", ticket(&row.ticket)),
        time(row.opened),
        escape(&row.place),
        row.severity.as_str().to_owned(),
        escape(&code(lang, "stage", row.stage)),
        owner,
        row.clock.map_or_else(String::new, |clock| escape(&code(lang, "clock", clock.as_str()))),
        row.due.map_or_else(|| NONE.to_owned(), time),
        over,
    ]
}

/// The share of the false alarms among the decided.
pub(super) fn share_of(part: &Tally, whole: &Tally) -> String {
    percent(super::figures::share(part.n(), whole.n()))
}
