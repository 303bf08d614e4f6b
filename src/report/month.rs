//! The month: what its weeks add up to, the scorecards, and what the meeting (工作例会) talks about.
//!
//! A pure function of the log and of a rubric, as the week is. Scores belong here and not in the
//! week: a member has enough tickets in a month to be told more than chance.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::agreement::{Agreement, ReviewForm, agreements};
use super::figures::{Basis, Overview, Reviews};
use super::hints::{Hint, hints};
use super::scorecard::{RUBRIC, Scorecard, members, operators};
use super::{Reference, basis, counts, judged, quality, sampling, sorted, tell};
use crate::clock::UnixMs;
use crate::regulation::Finding;
use crate::ticket::history::Case;
use crate::ticket::log::LogEntry;

/// A calendar month, such as 2026-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    first: Date,
}

/// Why a text names no month that can be reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMonth {
    #[error("'{text}' is not a month; write it as 2026-11")]
    Text { text: String },
    #[error("month {month} has not begun; the newest that can be reported is {newest}")]
    Future { month: Month, newest: Month },
}

impl Month {
    /// The month that `text` names, which must have begun at `now`.
    ///
    /// # Errors
    /// [`BadMonth`].
    pub fn parse_begun(text: &str, now: UnixMs, zone: &TimeZone) -> Result<Self, BadMonth> {
        let bad = || BadMonth::Text { text: text.chars().take(40).collect() };
        let digits =
            |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        let (year, month) = text.split_once('-').ok_or_else(bad)?;
        if !digits(year, 4) || !digits(month, 2) {
            return Err(bad());
        }
        let number = |part: &str| part.parse::<i16>().map_err(|_| bad());
        let month = i8::try_from(number(month)?).map_err(|_| bad())?;
        let month = Self { first: Date::new(number(year)?, month, 1).map_err(|_| bad())? };
        let newest = Self { first: super::week::local(now, zone).date().first_of_month() };
        if month > newest {
            return Err(BadMonth::Future { month, newest });
        }
        Ok(month)
    }

    /// First moment of the month and first moment after it: `[start, end)`.
    #[must_use]
    pub fn bounds(self, zone: &TimeZone) -> (UnixMs, UnixMs) {
        let next = self.first.checked_add(1.month()).unwrap_or(Date::MAX);
        (super::week::midnight(self.first, zone), super::week::midnight(next, zone))
    }

    /// Year and number.
    #[must_use]
    pub fn year_and_number(self) -> (i16, i8) {
        (self.first.year(), self.first.month())
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

/// What a month is told from besides the log of tickets.
#[derive(Clone, Debug, Default)]
pub struct MonthRows {
    /// Second reviews, which do not stand in the log of a ticket.
    pub second: Vec<ReviewForm>,
    /// Hash of each photo and the tickets that it was sent for, where there are several.
    pub photos: BTreeMap<String, Vec<String>>,
    pub objections: Vec<Objection>,
}

/// What somebody says against a figure of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    pub id: String,
    pub person: String,
    /// The month that it is about.
    pub about: String,
    /// Number of the ticket, where it is about one.
    pub ticket: Option<i64>,
    pub text: String,
    pub at: UnixMs,
    pub answer: Option<Answer>,
}

/// The answer to an objection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub by: String,
    pub at: UnixMs,
    pub text: String,
}

/// The monthly report.
#[derive(Clone, Debug, PartialEq)]
pub struct MonthReport {
    pub month: Month,
    pub basis: Basis,
    pub overview: Overview,
    pub findings: Vec<Finding>,
    pub reviews: Reviews,
    pub members: Vec<Scorecard>,
    pub operators: Vec<Scorecard>,
    pub agreements: Vec<Agreement>,
    pub hints: Vec<Hint>,
    pub objections: Vec<Objection>,
    /// Members and operators with a closed ticket, of whom none was reviewed.
    pub unreviewed: Vec<String>,
    pub people: BTreeMap<String, String>,
}

impl MonthReport {
    /// The display name of an account; the account itself when nobody gave one.
    #[must_use]
    pub fn display<'a>(&'a self, account: &'a str) -> &'a str {
        self.people.get(account).map_or(account, String::as_str)
    }
}

/// The report of `month`. `entries`: whole histories of every ticket with a line in it.
#[must_use]
pub fn month_report(
    entries: &[LogEntry],
    month: Month,
    reference: &Reference,
    more: &MonthRows,
) -> MonthReport {
    let (start, end) = month.bounds(&reference.time_zone);
    let cut_off = reference.cut_off;
    let rows = sorted(entries);
    let mut cases = tell(&rows, cut_off);
    cases.retain(|case| case.opened >= start && case.opened < end);
    let week = super::Week::of(start, &reference.time_zone);
    let picks = sampling::picks(&cases, week, &sampling::seed(&rows, end), cut_off);
    let reviews = quality::reviews(&cases, &picks);
    let period = (start, end.min(cut_off).max(start));
    MonthReport {
        month,
        basis: basis(&rows, &cases, (start, end), reference),
        overview: counts::overview(&cases, cut_off),
        findings: judged((&cases, &rows), &reviews, (period, cut_off), reference),
        reviews,
        members: members(&cases, &RUBRIC, cut_off, &reference.time_zone),
        operators: operators(&cases, &RUBRIC, cut_off),
        agreements: agreements(&forms(&cases, &more.second)),
        hints: hints(&cases, &more.photos),
        objections: more.objections.clone(),
        unreviewed: unreviewed(&cases),
        people: reference.people.clone(),
    }
}

/// First and second reviews of the month's tickets that have both.
fn forms(cases: &[Case], second: &[ReviewForm]) -> Vec<ReviewForm> {
    let mut forms = Vec::new();
    for case in cases {
        let again: Vec<&ReviewForm> = second.iter().filter(|form| form.ticket == case.id).collect();
        let Some(first) = case.review.as_ref().filter(|_| !again.is_empty()) else { continue };
        forms.push(ReviewForm {
            ticket: case.id.clone(),
            reviewer: first.by.clone(),
            items: first.items.clone(),
            score: first.score,
        });
        forms.extend(again.into_iter().cloned());
    }
    forms
}

/// People with closed tickets of whom nothing was reviewed.
fn unreviewed(cases: &[Case]) -> Vec<String> {
    let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.closed.is_some()) {
        for person in sampling::people(case) {
            *seen.entry(person).or_default() |= case.review.is_some();
        }
    }
    seen.into_iter().filter(|(_, reviewed)| !reviewed).map(|(p, _)| p.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_month_that_has_begun_is_a_month() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let now = UnixMs(
            "2026-11-30T16:30:00Z".parse::<jiff::Timestamp>().expect("a moment").as_millisecond(),
        );
        let check = |text: &str, expect: Result<&str, &str>| {
            let found = Month::parse_begun(text, now, &zone);
            let found = found.map(|m| m.to_string()).map_err(|e| e.to_string());
            assert_eq!(found, expect.map(str::to_owned).map_err(str::to_owned));
        };
        check("2026-12", Ok("2026-12"));
        check("2026-02", Ok("2026-02"));
        check(
            "2027-01",
            Err("month 2027-01 has not begun; the newest that can be reported is 2026-12"),
        );
        for bad in ["2026-13", "2026-1", "2026-00", "x", "2026-W47"] {
            check(bad, Err(&format!("'{bad}' is not a month; write it as 2026-11")));
        }
    }

    #[test]
    fn a_month_ends_where_the_next_begins_also_over_summer_time() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let month = Month { first: jiff::civil::date(2026, 3, 1) };
        let (start, end) = month.bounds(&zone);
        assert_eq!(end.since_ms(start), (31 * 24 - 1) * 3_600_000);
    }
}
