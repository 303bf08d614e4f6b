//! report: the week told from the log, as data, page, table and JSON.
//!
//! **Invariant:** a report is a pure function of log rows: the same rows give the same bytes, in
//! whatever order they come. There is no clock, no database and no state here; names and the
//! cut-off are arguments. A figure never stands without the tickets behind it, and what the log
//! does not tell is said to be not measured.

pub mod week;
pub mod history;
mod turns;
pub mod canonical;
pub mod figures;
pub mod counts;
pub mod timing;
pub mod quality;
pub mod load;
pub mod cover;
pub mod change;
pub mod feedback;
pub mod findings;
pub mod words;
pub mod chart;
pub mod html;
pub mod render_html;
mod page_figures;
mod page_quality;
mod page_duty;
pub mod render_csv;
mod wire;
pub mod render_json;
pub mod task;

pub use figures::WeekReport;
pub use render_csv::render_csv;
pub use render_html::render_html;
pub use render_json::render_json;
pub use week::{BadWeek, Week};
pub use words::Lang;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::clock::UnixMs;
use crate::ticket::TicketId;
use crate::ticket::log::LogEntry;
use figures::{Basis, Before};
use history::Case;

/// What a report needs besides the log.
#[derive(Clone, Debug)]
pub struct Reference {
    pub site_name: String,
    /// Zone in which weeks, days and hours are counted.
    pub time_zone: TimeZone,
    /// Lines at or after this moment are left out. Exclusive, so that a line written within the
    /// same millisecond cannot change a report that was already printed.
    pub cut_off: UnixMs,
    /// Account -> display name, of everybody who may appear.
    pub people: BTreeMap<String, String>,
    /// Camera id -> name.
    pub cameras: BTreeMap<String, String>,
    /// Turns and presences that touch the week.
    pub duty: cover::DutyRows,
}

/// The report of `week`.
///
/// `entries`: whole histories of every ticket with a line in the week, in any order; give those of
/// older tickets that are still open too, and they are listed as carried over. A ticket belongs to
/// the week in which its first line was written. `previous`: the same for the week before, or
/// `None` when there is nothing to compare with; it is told up to the same distance from its end.
#[must_use]
pub fn week_report(
    entries: &[LogEntry],
    previous: Option<&[LogEntry]>,
    week: &Week,
    reference: &Reference,
) -> WeekReport {
    let (start, end) = week.bounds(&reference.time_zone);
    let cut_off = reference.cut_off;
    let rows = sorted(entries);
    let told = tell(&rows, cut_off);
    let (cases, older): (Vec<Case>, Vec<Case>) =
        told.into_iter().filter(|case| case.opened < end).partition(|case| case.opened >= start);
    let before = previous.map(|entries| week_before(entries, *week, reference));
    let reviews = quality::reviews(&cases, cut_off);
    let everything: Vec<Case> = cases.iter().chain(&older).cloned().collect();
    WeekReport {
        week: *week,
        basis: basis(&rows, &everything, (start, end), reference),
        findings: findings::findings(&cases, &reviews, cut_off),
        overview: counts::overview(&cases, cut_off),
        categories: counts::categories(&cases),
        places: counts::places(&cases, before.as_ref().map(|b| &b.1[..]), &reference.cameras),
        hours: counts::hours(&cases, &reference.time_zone),
        clocks: timing::clocks(&cases, cut_off),
        distributions: timing::distributions(&cases),
        open: timing::open(&everything, start, cut_off),
        supervision: timing::supervision(&cases, cut_off),
        members: quality::members(&cases, &reference.people, cut_off),
        false_alarms: quality::false_alarms(&cases, &reference.cameras),
        duty: cover::lines(
            &reference.duty,
            (start, end.min(cut_off).max(start)),
            &reference.time_zone,
        ),
        load: load::load(&marks(&rows, cut_off), (start, end.min(cut_off).max(start))),
        reviews,
        before: before.map(|(figures, _)| figures),
        people: reference.people.clone(),
        ledger: cases,
    }
}

/// What the lines before the cut-off say of the load.
fn marks(rows: &[&LogEntry], cut_off: UnixMs) -> Vec<load::Mark> {
    rows.iter().filter(|line| line.at < cut_off).filter_map(|line| load::Mark::of(line)).collect()
}

/// Rows by ticket and version, each once.
fn sorted(entries: &[LogEntry]) -> Vec<&LogEntry> {
    let mut rows: Vec<&LogEntry> = entries.iter().collect();
    rows.sort_by(|a, b| (&a.ticket, a.version).cmp(&(&b.ticket, b.version)));
    rows.dedup_by(|a, b| (&a.ticket, a.version) == (&b.ticket, b.version));
    rows
}

/// All stories, by number.
fn tell(rows: &[&LogEntry], cut_off: UnixMs) -> Vec<Case> {
    let tickets = rows.chunk_by(|a, b| a.ticket == b.ticket);
    let mut cases: Vec<Case> = tickets.filter_map(|lines| Case::tell(lines, cut_off)).collect();
    cases.sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
    cases
}

/// Exactly the rows that the stories were told from.
fn basis(
    rows: &[&LogEntry],
    cases: &[Case],
    (start, end): (UnixMs, UnixMs),
    reference: &Reference,
) -> Basis {
    let read: BTreeMap<&TicketId, usize> =
        cases.iter().map(|case| (&case.id, case.lines)).collect();
    let tickets = rows.chunk_by(|a, b| a.ticket == b.ticket);
    let used: Vec<&LogEntry> = tickets
        .flat_map(|lines| &lines[..read.get(&lines[0].ticket).copied().unwrap_or(0)])
        .copied()
        .collect();
    Basis {
        site_name: reference.site_name.clone(),
        zone: reference.time_zone.clone(),
        start,
        end,
        cut_off: reference.cut_off,
        lines: used.len(),
        sha256: canonical::sha256(used.into_iter()),
    }
}

/// The week before as it stood at the same distance from its end, and its cases.
fn week_before(entries: &[LogEntry], week: Week, reference: &Reference) -> (Before, Vec<Case>) {
    let week_end = week.bounds(&reference.time_zone).1;
    let week = week.previous();
    let (start, end) = week.bounds(&reference.time_zone);
    let cut_off = end.plus_ms(reference.cut_off.since_ms(week_end));
    let mut cases = tell(&sorted(entries), cut_off);
    cases.retain(|case| case.opened >= start && case.opened < end);
    let before = Before {
        week,
        overview: counts::overview(&cases, cut_off),
        findings: findings::findings(&cases, &quality::reviews(&cases, cut_off), cut_off),
        clocks: timing::clocks(&cases, cut_off),
    };
    (before, cases)
}
