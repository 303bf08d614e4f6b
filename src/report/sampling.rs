//! Which closed tickets are reviewed: by rule, so that nobody chooses whose work is looked at.
//!
//! Without exception every S1, every ticket that went far over a clock, and every one that was
//! opened again; of the others max(2 %, 5) by lot, and once a month one of everybody's (`domain`
//! 4.6). The lot is drawn from the hash of the week's log: nobody can foresee it before the week is
//! over, and everybody can draw it again afterwards. A tenth of the picks is reviewed a second time
//! by somebody who does not see the first form. Pure.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::week::Week;
use crate::clock::UnixMs;
use crate::ticket::Severity;
use crate::ticket::history::{Case, TicketRef, Verdict};
use crate::ticket::log::LogEntry;

/// One in so many is sampled, at least so many a week; one pick in so many is reviewed twice.
const ONE_IN: usize = 50;
const LEAST: usize = 5;
const TWICE_ONE_IN: usize = 10;
/// Everybody's turn comes in one of the first so many weeks of a month.
const TURNS: u64 = 4;

/// Why a ticket was picked; the first reason that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    S1,
    FarOver,
    Reopened,
    Lot,
    /// It is this person's turn of the month.
    Turn,
}

impl Why {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "s1",
            Self::FarOver => "far_over",
            Self::Reopened => "reopened",
            Self::Lot => "lot",
            Self::Turn => "turn",
        }
    }
}

/// A ticket that is to be reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    pub ticket: TicketRef,
    pub why: Why,
    /// By a second reviewer too.
    pub twice: bool,
    pub reviewed: bool,
}

/// The picks of a week, by ticket. `seed`: hash of the week's log at its end.
#[must_use]
pub fn picks(cases: &[Case], week: Week, seed: &str, cut_off: UnixMs) -> Vec<Pick> {
    let closed: Vec<&Case> = cases.iter().filter(|case| case.closed.is_some()).collect();
    let mut why: BTreeMap<TicketRef, Why> = BTreeMap::new();
    for case in &closed {
        if case.severity == Severity::S1 {
            why.insert((*case).into(), Why::S1);
        } else if case.runs.iter().any(|run| run.is_far_over(cut_off)) {
            why.insert((*case).into(), Why::FarOver);
        } else if case.reopened > 0 {
            why.insert((*case).into(), Why::Reopened);
        }
    }
    let mut others: Vec<&Case> =
        closed.iter().filter(|case| !why.contains_key(&TicketRef::from(**case))).copied().collect();
    others.sort_by_key(|case| lot(seed, &case.id.0));
    let sample = closed.len().div_ceil(ONE_IN).max(LEAST);
    why.extend(others.iter().take(sample).map(|case| (TicketRef::from(*case), Why::Lot)));
    let turn = turn_of(week);
    let mut seen: BTreeSet<&str> = closed
        .iter()
        .filter(|case| why.contains_key(&TicketRef::from(**case)))
        .flat_map(|case| people(case))
        .collect();
    for case in others.iter().skip(sample) {
        let due = |person: &&str| {
            !seen.contains(person) && lot(&week.year().to_string(), person) % TURNS == turn
        };
        if people(case).iter().any(due) {
            seen.extend(people(case));
            why.insert((*case).into(), Why::Turn);
        }
    }
    let mut twice: Vec<&TicketRef> = why.keys().collect();
    twice.sort_by_key(|ticket| lot(seed, &format!("twice {}", ticket.id.0)));
    twice.truncate(why.len().div_ceil(TWICE_ONE_IN));
    let twice: BTreeSet<TicketRef> = twice.into_iter().cloned().collect();
    let reviewed: BTreeSet<TicketRef> =
        closed.iter().filter(|case| case.review.is_some()).map(|case| (*case).into()).collect();
    why.into_iter()
        .map(|(ticket, why)| Pick {
            why,
            twice: twice.contains(&ticket),
            reviewed: reviewed.contains(&ticket),
            ticket,
        })
        .collect()
}

/// What a lot is drawn from: which lines the log held at the end of the period. What is written
/// later, reviews above all, does not draw it anew.
#[must_use]
pub fn seed(rows: &[&LogEntry], end: UnixMs) -> String {
    let mut hash = Sha256::new();
    for row in rows.iter().filter(|row| row.at < end) {
        hash.update(row.ticket.0.as_bytes());
        hash.update(row.version.to_be_bytes());
        hash.update(row.at.0.to_be_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The member and the operator of a ticket.
pub(super) fn people(case: &Case) -> Vec<&str> {
    let operator = match &case.verdict {
        Verdict::Confirmed { by, .. } => Some(by.as_str()),
        Verdict::Waiting
        | Verdict::Undetermined
        | Verdict::FalseAlarm { .. }
        | Verdict::Test { .. } => None,
    };
    case.member().into_iter().chain(operator).collect()
}

/// Which week of its month a week is, from nought; the fifth counts as the first.
fn turn_of(week: Week) -> u64 {
    u64::from((week.monday().day().unsigned_abs() - 1) / 7) % TURNS
}

/// A number that nobody chose.
fn lot(seed: &str, of: &str) -> u64 {
    let hash = Sha256::digest(format!("{seed}\n{of}"));
    hash.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
