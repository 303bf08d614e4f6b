//! report: the week told from the log, as data, page, table and JSON.
//!
//! **Invariant:** a report is a pure function of log rows: the same rows give the same bytes, in
//! whatever order they come. There is no clock, no database and no state here; names and the
//! cut-off are arguments. A figure never stands without the tickets behind it, and what the log
//! does not tell is said to be not measured.

pub mod week;
pub mod canonical;
pub mod figures;
pub mod counts;
pub mod timing;
pub mod quality;
pub mod load;
pub mod cover;
pub mod trend;
pub mod scorecard;
pub mod sampling;
pub mod agreement;
pub mod hints;
pub mod month;
pub mod issue;
pub mod outward;
pub mod page_month;
pub mod equipment;
pub mod change;
pub mod feedback;
pub mod words;
pub mod chart;
pub mod sheet;
pub mod page;
mod page_figures;
mod page_quality;
mod page_duty;
mod page_equipment;
mod page_trend;
mod page_appendix;
pub mod render_html;
pub mod render_csv;
pub mod render_xlsx;
mod wire;
mod wire_rows;
pub mod render_json;
pub mod form;
pub mod archive;
pub mod case_facts;
pub mod page_case;
pub mod page_volume;
pub mod task;

pub use figures::WeekReport;
pub use form::{Form, Unwritable, render};
pub use render_csv::render_csv;
pub use render_html::render_html;
pub use render_json::render_json;
pub use week::{BadWeek, Week};
pub use words::Lang;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use crate::clock::UnixMs;
use crate::equipment::availability::{EquipmentRows, availability};
use crate::record::Fault;
use crate::regulation::analyse::DueReport;
use crate::regulation::confide::View;
use crate::regulation::deadlines::Audit;
use crate::regulation::{self, Facts, Finding};
use crate::ticket::history::Case;
use crate::ticket::log::LogEntry;
use crate::ticket::{Policies, TicketId};
use figures::{Basis, Before};
use trend::Past;

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
    pub rows: Rows,
}

/// What other rows than those of the ticket log tell. They may reach back over the week before.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub equipment: EquipmentRows,
    /// Passages through the door about stored video; `None` when they were not read.
    pub views: Option<Vec<View>>,
    /// Observations of the week, of the weeks before it and of the same week a year before.
    pub past: Vec<Past>,
    /// When the log began.
    pub begin: Option<UnixMs>,
    /// Reports that became due, by the time at which they were; `None` when none is drawn up here.
    pub due: Option<Vec<DueReport>>,
    /// The rules that tickets were born with; `None` when they were not read.
    pub policies: Option<Policies>,
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
    let before = previous.map(|entries| week_before(entries, *week, reference));
    compared(entries, before, week, reference)
}

/// The same where the week before has been told already, so that its log need not be kept.
fn compared(
    entries: &[LogEntry],
    before: Option<(Before, Vec<Case>)>,
    week: &Week,
    reference: &Reference,
) -> WeekReport {
    let (start, end) = week.bounds(&reference.time_zone);
    let cut_off = reference.cut_off;
    let rows = sorted(entries);
    let told = tell(&rows, cut_off);
    let (cases, older): (Vec<Case>, Vec<Case>) =
        told.into_iter().filter(|case| case.opened < end).partition(|case| case.opened >= start);
    let seed = sampling::seed(&rows, end);
    let picks = sampling::picks(&cases, *week, &seed, cut_off);
    let reviews = quality::reviews(&cases, &picks);
    let period = (start, end.min(cut_off).max(start));
    let equipment = availability(&reference.rows.equipment, period);
    let begin = reference.rows.begin.unwrap_or(start);
    let everything: Vec<Case> = cases.iter().chain(&older).cloned().collect();
    WeekReport {
        week: *week,
        basis: basis(&rows, &everything, (start, end), reference),
        findings: judged((&cases, &rows), &reviews, (period, cut_off), reference),
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
        duty: cover::lines(&reference.duty, period, &reference.time_zone),
        load: load::load(&marks(&rows, cut_off), period),
        equipment: equipment::equipment(equipment, &reference.rows.equipment, period),
        register: equipment::register(reference.rows.views.as_deref(), period),
        trend: trend::trend(&reference.rows.past, *week, begin, &reference.time_zone),
        complete: quality::complete(&cases),
        reviews,
        picks,
        before: before.map(|(figures, _)| figures),
        people: reference.people.clone(),
        cameras: reference.cameras.clone(),
        ledger: cases,
    }
}

/// The nine clauses over a period that ends at its end or at the cut-off.
fn judged(
    (cases, lines): (&[Case], &[&LogEntry]),
    reviews: &figures::Reviews,
    (period, cut_off): ((UnixMs, UnixMs), UnixMs),
    reference: &Reference,
) -> Vec<Finding> {
    let rows = &reference.rows;
    let within = |at: UnixMs| at >= period.0 && at < period.1;
    let views: Option<Vec<View>> = rows
        .views
        .as_ref()
        .map(|views| views.iter().filter(|view| within(view.at)).cloned().collect());
    let faults = &rows.equipment.faults;
    let faults: Vec<Fault> = faults
        .iter()
        .filter(|f| f.since < period.1 && f.until.is_none_or(|until| until > period.0))
        .cloned()
        .collect();
    let due: Option<Vec<DueReport>> =
        rows.due.as_ref().map(|due| due.iter().filter(|due| within(due.due)).cloned().collect());
    regulation::findings(&Facts {
        cut_off,
        cases,
        reviews: &reviews.duty(),
        cameras: &availability(&rows.equipment, period),
        faults: &faults,
        views: views.as_deref(),
        due: due.as_deref(),
        deadlines: rows
            .policies
            .as_ref()
            .map(|rules| audit(cases, lines, (rules, cut_off)))
            .as_ref(),
    })
}

/// The steps of the ladders of these cases, as their lines before the cut-off tell them.
fn audit(cases: &[Case], lines: &[&LogEntry], (rules, cut_off): (&Policies, UnixMs)) -> Audit {
    let ours: BTreeSet<&TicketId> = cases.iter().map(|case| &case.id).collect();
    let mut audit = Audit::default();
    for story in lines.chunk_by(|a, b| a.ticket == b.ticket) {
        if ours.contains(&story[0].ticket) {
            let before = story.iter().take_while(|line| line.at < cut_off);
            audit.add(before.copied(), rules, cut_off);
        }
    }
    audit
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
    let rows = sorted(entries);
    let seed = sampling::seed(&rows, end);
    let mut cases = tell(&rows, cut_off);
    cases.retain(|case| case.opened >= start && case.opened < end);
    let picks = sampling::picks(&cases, week, &seed, cut_off);
    let reviews = quality::reviews(&cases, &picks);
    let period = (start, end.min(cut_off).max(start));
    let before = Before {
        week,
        overview: counts::overview(&cases, cut_off),
        findings: judged((&cases, &rows), &reviews, (period, cut_off), reference),
        clocks: timing::clocks(&cases, cut_off),
    };
    (before, cases)
}
