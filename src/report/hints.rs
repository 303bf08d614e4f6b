//! Signs that somebody plays the figures or does not look: hints for a person, never a verdict.
//!
//! Each hint names what was seen and the tickets; there may be good reasons for every one of them.
//! They stand in no published report. Pure.

use std::collections::BTreeMap;

use super::figures::Tally;
use crate::ticket::history::{Case, Verdict};

/// A verdict sooner than this after the ticket was taken: the clip cannot have been watched, ms
/// (clips begin some seconds before the firing; guess, revisit).
const LOOK_MS: i64 = 3_000;
/// So many equal verdicts by one person in a row are told (guess, revisit).
const RUN: usize = 15;
/// On the scene sooner than this after the acknowledgement, and a reply sooner than this after
/// that, ms (guess, revisit).
const WAY_MS: i64 = 15_000;
const STAY_MS: i64 = 20_000;

/// What was noticed about one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub person: String,
    /// `quick_verdicts`, `equal_verdicts`, `no_way`, `no_stay`, `photo_again`.
    pub what: &'static str,
    pub tickets: Tally,
}

/// The least number of tickets that a hint is told for; one alone says nothing.
const TOLD_FROM: usize = 3;

/// All hints, by person and word. `photos`: hash of each photo and the tickets it was sent for.
#[must_use]
pub fn hints(cases: &[Case], photos: &BTreeMap<String, Vec<String>>) -> Vec<Hint> {
    let mut found: BTreeMap<(String, &'static str), Tally> = BTreeMap::new();
    let mut add = |person: &str, what, case: &Case| {
        found.entry((person.to_owned(), what)).or_default().add(case);
    };
    for case in cases {
        if let Some((by, at)) = verdict(case)
            && case.claimed.is_some_and(|claimed| at.since_ms(claimed) < LOOK_MS)
        {
            add(by, "quick_verdicts", case);
        }
        for order in &case.orders {
            let way = order.on_scene.zip(order.acked).map(|(there, acked)| there.since_ms(acked));
            if way.is_some_and(|ms| ms < WAY_MS) {
                add(&order.member, "no_way", case);
            }
            let stay = order.replied.zip(order.on_scene).map(|(r, there)| r.since_ms(there));
            if stay.is_some_and(|ms| ms < STAY_MS) {
                add(&order.member, "no_stay", case);
            }
        }
    }
    for (person, case) in equal_runs(cases) {
        add(person, "equal_verdicts", case);
    }
    let mut list: Vec<Hint> = found
        .into_iter()
        .filter(|(_, tickets)| tickets.n() >= TOLD_FROM)
        .map(|((person, what), tickets)| Hint { person, what, tickets })
        .collect();
    list.extend(photos_again(cases, photos));
    list.sort_by(|a, b| (&a.person, a.what).cmp(&(&b.person, b.what)));
    list
}

fn verdict(case: &Case) -> Option<(&str, crate::clock::UnixMs)> {
    match &case.verdict {
        Verdict::Confirmed { by, at, .. } | Verdict::FalseAlarm { by, at, .. } => Some((by, *at)),
        Verdict::Waiting | Verdict::Undetermined | Verdict::Test { .. } => None,
    }
}

/// The cases of long runs of equal verdicts by one person.
fn equal_runs(cases: &[Case]) -> Vec<(&str, &Case)> {
    let mut by_person: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        if let Some((by, _)) = verdict(case) {
            by_person.entry(by).or_default().push(case);
        }
    }
    let word = |case: &Case| match &case.verdict {
        Verdict::FalseAlarm { reason, .. } => reason.clone(),
        Verdict::Confirmed { .. }
        | Verdict::Waiting
        | Verdict::Undetermined
        | Verdict::Test { .. } => "confirmed".to_owned(),
    };
    let mut found = Vec::new();
    for (person, mut list) in by_person {
        list.sort_by_key(|case| (verdict(case).map(|(_, at)| at), case.number));
        let runs = list.chunk_by(|a, b| word(a) == word(b)).filter(|run| run.len() >= RUN);
        found.extend(runs.flatten().map(|case| (person, *case)));
    }
    found
}

/// One photo for several tickets of one member.
fn photos_again(cases: &[Case], photos: &BTreeMap<String, Vec<String>>) -> Vec<Hint> {
    let mut found: BTreeMap<&str, Tally> = BTreeMap::new();
    for tickets in photos.values().filter(|tickets| tickets.len() > 1) {
        for case in cases.iter().filter(|case| tickets.contains(&case.id.0)) {
            if let Some(member) = case.member() {
                found.entry(member).or_default().add(case);
            }
        }
    }
    let hint = |(person, tickets): (&str, Tally)| Hint {
        person: person.to_owned(),
        what: "photo_again",
        tickets,
    };
    found.into_iter().filter(|(_, tickets)| tickets.n() > 1).map(hint).collect()
}
