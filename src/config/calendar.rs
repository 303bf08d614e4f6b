//! The calendar of the centre: holidays and make-up working days, and cameras that see the same.
//!
//! A year's holidays are announced by the State Council each November; nothing here knows them by
//! itself, because a wrong guess arms a rule on the wrong day.

use std::collections::HashMap;

use serde::Deserialize;

use super::Camera;
use super::suggest::choices;
use super::validate::Found;
use crate::clock::calendar as days;

/// Days that are not what their weekday says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// Days off, `"YYYY-MM-DD"`.
    pub holidays: Vec<String>,
    /// Saturdays and Sundays on which work is made up for, `"YYYY-MM-DD"`.
    pub working_days: Vec<String>,
}

/// Cameras that see the same place: what one has reported the other need not report again.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overlap {
    /// Ids of two or more cameras.
    pub cameras: Vec<String>,
    /// Firings of theirs within this time are one incident, s. Default 10: a walker crosses what
    /// two cameras share in seconds.
    pub within_s: u32,
}

impl Default for Overlap {
    fn default() -> Self {
        Self { cameras: Vec::new(), within_s: 10 }
    }
}

impl Calendar {
    /// The calendar to ask; dates that are none were refused when it was checked.
    #[must_use]
    pub fn days(&self) -> days::Calendar {
        let dates = |list: &[String]| list.iter().filter_map(|text| date(text)).collect();
        days::Calendar::new(dates(&self.holidays), dates(&self.working_days))
    }
}

/// `YYYY-MM-DD` and nothing else.
fn date(text: &str) -> Option<jiff::civil::Date> {
    (text.len() == 10).then(|| text.parse().ok()).flatten()
}

pub(super) fn calendar(calendar: &Calendar, found: &mut Found) {
    let mut before: HashMap<jiff::civil::Date, String> = HashMap::new();
    let lists = [("holidays", &calendar.holidays), ("working_days", &calendar.working_days)];
    for (key, list) in lists {
        for (i, text) in list.iter().enumerate() {
            let path = format!("calendar.{key}[{i}]");
            let Some(day) = date(text) else {
                let what = format!("\"{text}\" is not a day; write YYYY-MM-DD, such as 2027-01-01");
                found.add(path, what);
                continue;
            };
            if let Some(first) = before.get(&day) {
                found.add(path, format!("{text} stands in calendar.{first} too; leave one out"));
            } else if key == "working_days" && !days::is_weekend(day) {
                let what = format!(
                    "{text} is no Saturday or Sunday, so it is a working day anyway; look the date \
                     up, or leave it out"
                );
                found.add(path, what);
            }
            before.entry(day).or_insert(format!("{key}[{i}]"));
        }
    }
}

pub(super) fn overlaps(overlaps: &[Overlap], cameras: &[Camera], found: &mut Found) {
    let known: Vec<&str> = cameras.iter().map(|camera| camera.id.as_str()).collect();
    for (i, overlap) in overlaps.iter().enumerate() {
        let at = format!("overlap[{i}]");
        if overlap.cameras.len() < 2 {
            let what = "write the ids of two or more cameras that see the same place";
            found.add(format!("{at}.cameras"), what);
        }
        for (j, id) in overlap.cameras.iter().enumerate() {
            let path = format!("{at}.cameras[{j}]");
            if !known.contains(&id.as_str()) {
                found.add(path, format!("\"{id}\" is not a camera; {}", choices(id, &known)));
            } else if overlap.cameras[..j].contains(id) {
                found.add(path, format!("\"{id}\" is named twice; leave one out"));
            }
        }
        // A minute later it is another incident; guess, revisit.
        found.within(format!("{at}.within_s"), overlap.within_s, 1..=60, "s");
    }
}
