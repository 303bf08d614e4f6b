//! Parts 1 and 2: overview, categories, places, hours. Counting only, no clocks.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::figures::{CategoryRow, Hours, Overview, PlaceRow, Tally};
use super::week::local;
use crate::clock::UnixMs;
use crate::config::codes;
use crate::ticket::history::{Case, Verdict};

/// The week in numbers.
#[must_use]
pub fn overview(cases: &[Case], cut_off: UnixMs) -> Overview {
    let mut sum = Overview::default();
    for case in cases {
        sum.observations.add(case);
        sum.joined += case.joined;
        match case.verdict {
            Verdict::Waiting => sum.waiting.add(case),
            Verdict::Undetermined => sum.undetermined.add(case),
            Verdict::Confirmed { .. } => sum.confirmed.add(case),
            Verdict::FalseAlarm { .. } => sum.false_alarms.add(case),
            Verdict::Test { .. } => sum.tests.add(case),
        }
        if !case.orders.is_empty() {
            sum.dispatched.add(case);
        }
        if case.closed.is_some() {
            sum.closed.add(case);
            if !case.was_late(cut_off) {
                sum.closed_in_time.add(case);
            }
        }
        if case.stage.is_open() {
            sum.open.add(case);
        }
    }
    sum
}

/// Categories in the order of the code table, unknown words after them; empty ones left out.
#[must_use]
pub fn categories(cases: &[Case]) -> Vec<CategoryRow> {
    let mut rows: BTreeMap<(usize, &str), CategoryRow> = BTreeMap::new();
    for case in cases {
        let known = codes::CATEGORIES.iter().position(|code| *code == case.category);
        let key = (known.unwrap_or(codes::CATEGORIES.len()), case.category.as_str());
        let row = rows.entry(key).or_insert_with(|| CategoryRow {
            category: case.category.clone(),
            confirmed: Default::default(),
            observations: Tally::default(),
        });
        row.observations.add(case);
        if case.is_confirmed() {
            row.confirmed[case.severity as usize].add(case);
        }
    }
    rows.into_values().collect()
}

/// Places by confirmed tickets, then observations, most first. `names`: camera id -> name.
#[must_use]
pub fn places(
    cases: &[Case],
    before: Option<&[Case]>,
    names: &BTreeMap<String, String>,
) -> Vec<PlaceRow> {
    let mut rows: BTreeMap<(&str, &str), PlaceRow> = BTreeMap::new();
    for case in cases {
        let key = (case.place.as_str(), case.camera.as_str());
        let row = rows.entry(key).or_insert_with(|| PlaceRow {
            place: case.place.clone(),
            camera: case.camera.clone(),
            camera_name: camera_name(case, names),
            observations: Tally::default(),
            confirmed: Tally::default(),
            false_alarms: Tally::default(),
            confirmed_before: before.map(|cases| confirmed_at(cases, key)),
        });
        row.observations.add(case);
        if case.is_confirmed() {
            row.confirmed.add(case);
        }
        if case.is_false_alarm() {
            row.false_alarms.add(case);
        }
    }
    let mut rows: Vec<PlaceRow> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.confirmed.n(), row.observations.n())));
    rows
}

fn confirmed_at(cases: &[Case], (place, camera): (&str, &str)) -> usize {
    let here = |case: &&Case| case.place == place && case.camera == camera;
    cases.iter().filter(|case| case.is_confirmed()).filter(here).count()
}

/// The camera's name today, or, if it is gone, its name when the ticket was opened.
pub(super) fn camera_name(case: &Case, names: &BTreeMap<String, String>) -> String {
    names.get(&case.camera).unwrap_or(&case.camera_name).clone()
}

/// Observations by local weekday and hour.
#[must_use]
pub fn hours(cases: &[Case], zone: &TimeZone) -> Hours {
    let mut grid: Vec<[Tally; 24]> = (0..7).map(|_| <[Tally; 24]>::default()).collect();
    for case in cases {
        let at = local(case.opened, zone);
        let day = usize::from(at.weekday().to_monday_zero_offset().unsigned_abs());
        grid[day][usize::from(at.hour().unsigned_abs())].add(case);
    }
    Hours(grid)
}
