//! Whether a count is out of the ordinary: against the weeks before, with limits for chance.
//!
//! A count of one week says little by itself. Here it is held against the same count of up to
//! twelve weeks before (Shewhart's c-chart): mean and three standard deviations. Counts of a street
//! scatter more than Poisson's law allows, so the deviation is the larger one of the law's and of
//! the weeks' own. Fewer than four weeks give no limits, and no limits give no signal. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::week::{Week, local};
use crate::clock::UnixMs;

/// Weeks that are looked back at, and the fewest that limits are drawn from (customary for control
/// charts are 20 points; a centre's year changes faster than that: guess, revisit).
pub const WEEKS_BACK: usize = 12;
const WEEKS_MIN: usize = 4;
/// Limits lie so many standard deviations from the mean (Shewhart 1931).
const SIGMAS: f64 = 3.0;
/// A place or hour with fewer in the week is not told as a hot spot, however quiet it was before.
const HOT_MIN: usize = 3;

/// An observation of an earlier time, as the log tells it: when it was opened, by which camera, and
/// what was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Past {
    pub opened: UnixMs,
    pub camera: String,
    pub found: Found,
}

/// What was found about it before the cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    Confirmed,
    FalseAlarm,
    /// A test, or nothing yet.
    Neither,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    Observations,
    Confirmed,
    FalseAlarms,
}

impl Counted {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Observations, Self::Confirmed, Self::FalseAlarms];

    /// Its word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observations => "observations",
            Self::Confirmed => "confirmed",
            Self::FalseAlarms => "false_alarms",
        }
    }

    fn takes(self, past: &Past) -> bool {
        match self {
            Self::Observations => true,
            Self::Confirmed => past.found == Found::Confirmed,
            Self::FalseAlarms => past.found == Found::FalseAlarm,
        }
    }
}

/// How a count stands to its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// No limits, or within them: what changed may be chance.
    None,
    Above,
    Below,
}

/// Mean and limits of the weeks before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub weeks: usize,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// A count with what it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub now: usize,
    /// The same week of the year before, if the log reaches back to it.
    pub year_ago: Option<usize>,
    pub limits: Option<Limits>,
    /// The counts of the weeks before, oldest first, and this week's.
    pub course: Vec<usize>,
}

impl Held {
    /// How it stands.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
    pub fn signal(&self) -> Signal {
        let now = self.now as f64;
        match self.limits {
            Some(limits) if now > limits.high => Signal::Above,
            Some(limits) if now < limits.low => Signal::Below,
            Some(_) | None => Signal::None,
        }
    }
}

/// The trend of a week.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    pub totals: BTreeMap<Counted, Held>,
    /// Camera -> confirmed; cameras with any now or before.
    pub cameras: BTreeMap<String, Held>,
    /// Hour of the day 0..24 -> observations.
    pub hours: Vec<Held>,
}

impl Trend {
    /// Cameras with more confirmed than their weeks before explain, most first.
    #[must_use]
    pub fn hot_cameras(&self) -> Vec<(&str, &Held)> {
        let hot = |held: &Held| held.now >= HOT_MIN && held.signal() == Signal::Above;
        let mut list: Vec<(&str, &Held)> =
            self.cameras.iter().filter(|c| hot(c.1)).map(|c| (c.0.as_str(), c.1)).collect();
        list.sort_by_key(|(camera, held)| (std::cmp::Reverse(held.now), *camera));
        list
    }

    /// Hours with more observations than their weeks before explain.
    #[must_use]
    pub fn hot_hours(&self) -> Vec<(usize, &Held)> {
        let hot = |held: &&Held| held.now >= HOT_MIN && held.signal() == Signal::Above;
        self.hours.iter().enumerate().filter(|(_, held)| hot(held)).collect()
    }
}

/// The trend of `week`. `past`: the observations of the week itself, of the weeks before it and of
/// the same week a year before, in any order. `begin`: when the log began; a week that it does not
/// hold wholly is not counted as one without observations.
#[must_use]
pub fn trend(past: &[Past], week: Week, begin: UnixMs, zone: &TimeZone) -> Trend {
    let counted = Weeks::of(week, begin, zone);
    let cameras: BTreeSet<&str> = past.iter().map(|one| one.camera.as_str()).collect();
    let confirmed = |camera: &str| {
        counted.held(past, &|one| one.camera == camera && one.found == Found::Confirmed)
    };
    let hour_of = |one: &Past| usize::from(local(one.opened, zone).hour().unsigned_abs());
    // The hour of each is found once, not once for each of the 24.
    let hours: Vec<usize> = past.iter().map(hour_of).collect();
    Trend {
        totals: Counted::ALL
            .into_iter()
            .map(|what| (what, counted.held(past, &|one| what.takes(one))))
            .collect(),
        cameras: cameras
            .into_iter()
            .map(|camera| (camera.to_owned(), confirmed(camera)))
            .filter(|(_, held)| held.course.iter().any(|n| *n > 0))
            .collect(),
        hours: (0..24)
            .map(|hour| {
                let mine: Vec<Past> = past
                    .iter()
                    .zip(&hours)
                    .filter(|(_, of)| **of == hour)
                    .map(|(one, _)| one.clone())
                    .collect();
                counted.held(&mine, &|_| true)
            })
            .collect(),
    }
}

/// The bounds of the weeks that are counted.
struct Weeks {
    /// Those before, newest first, and this one in front.
    bounds: Vec<(UnixMs, UnixMs)>,
    year_ago: Option<(UnixMs, UnixMs)>,
}

impl Weeks {
    fn of(week: Week, begin: UnixMs, zone: &TimeZone) -> Self {
        let mut bounds = vec![week.bounds(zone)];
        let mut earlier = week.previous();
        while bounds.len() <= WEEKS_BACK && earlier.bounds(zone).0 >= begin {
            bounds.push(earlier.bounds(zone));
            earlier = earlier.previous();
        }
        let year_ago = week.year_before().bounds(zone);
        Self { bounds, year_ago: Some(year_ago).filter(|(start, _)| *start >= begin) }
    }

    fn held(&self, past: &[Past], takes: &dyn Fn(&Past) -> bool) -> Held {
        let within = |(start, end): (UnixMs, UnixMs)| {
            past.iter().filter(|one| one.opened >= start && one.opened < end && takes(one)).count()
        };
        let mut course: Vec<usize> = self.bounds.iter().map(|bounds| within(*bounds)).collect();
        let now = course[0];
        let limits = limits(&course[1..]);
        course.reverse();
        Held { now, year_ago: self.year_ago.map(within), limits, course }
    }
}

/// Limits from the counts of the weeks before; `None` of too few.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
pub fn limits(before: &[usize]) -> Option<Limits> {
    let weeks = before.len();
    if weeks < WEEKS_MIN {
        return None;
    }
    let n = weeks as f64;
    let mean = before.iter().sum::<usize>() as f64 / n;
    let own = before.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let reach = SIGMAS * own.max(mean).sqrt();
    Some(Limits { weeks, mean, low: (mean - reach).max(0.0), high: mean + reach })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    fn week() -> Week {
        Week::parse("2026-W47").expect("a week")
    }

    /// `counts` of the weeks before, newest first, behind this week's.
    fn past(counts: &[usize]) -> Vec<Past> {
        let start = week().bounds(&TimeZone::UTC).0;
        let of = |(back, count): (i64, &usize)| {
            let opened = start.plus_ms(-back * 7 * DAY_MS + DAY_MS);
            vec![Past { opened, camera: "gate".into(), found: Found::Confirmed }; *count]
        };
        (0..).zip(counts).flat_map(of).collect()
    }

    fn held(counts: &[usize]) -> Held {
        let begin = week().bounds(&TimeZone::UTC).0.plus_ms(-13 * 7 * DAY_MS);
        trend(&past(counts), week(), begin, &TimeZone::UTC).totals[&Counted::Confirmed].clone()
    }

    #[test]
    fn a_count_within_the_usual_scatter_is_no_signal() {
        let usual = held(&[20, 12, 8, 11, 9, 10, 12, 8, 10, 10, 9, 11, 10]);
        let limits = usual.limits.expect("enough weeks");
        assert!((limits.mean - 10.0).abs() < 1e-9 && limits.weeks == 12);
        // Poisson's law: 10 + 3 * 3.16.
        assert!((limits.high - 19.487).abs() < 1e-3, "{limits:?}");
        assert_eq!(usual.signal(), Signal::Above);
        assert_eq!(held(&[19, 12, 8, 11, 9, 10, 12, 8, 10, 10, 9, 11, 10]).signal(), Signal::None);
        assert_eq!(held(&[0, 12, 8, 11, 9, 10, 12, 8, 10, 10, 9, 11, 10]).signal(), Signal::Below);
    }

    #[test]
    fn weeks_that_scatter_widely_have_wider_limits() {
        let wild = limits(&[0, 20, 0, 20, 0, 20]).expect("enough weeks");
        assert!(wild.high > 10.0 + 3.0 * 10.0, "{wild:?}");
    }

    #[test]
    fn three_weeks_give_no_limits_and_no_signal() {
        assert_eq!(limits(&[1, 2, 3]), None);
        let start = week().bounds(&TimeZone::UTC).0;
        let short =
            trend(&past(&[90, 1, 1, 1]), week(), start.plus_ms(-21 * DAY_MS), &TimeZone::UTC);
        let held = &short.totals[&Counted::Observations];
        assert_eq!((held.signal(), held.course.len(), held.year_ago), (Signal::None, 4, None));
    }

    #[test]
    fn the_year_before_is_compared_with_where_the_log_reaches() {
        let then = week().year_before().bounds(&TimeZone::UTC).0;
        let one = Past { opened: then, camera: "gate".into(), found: Found::FalseAlarm };
        let told = trend(&[one], week(), then, &TimeZone::UTC);
        assert_eq!(told.totals[&Counted::FalseAlarms].year_ago, Some(1));
        assert_eq!(told.totals[&Counted::Confirmed].year_ago, Some(0));
    }

    #[test]
    fn a_hot_camera_and_a_hot_hour_are_named() {
        let counts = [9, 1, 0, 1, 1, 0, 1];
        let begin = week().bounds(&TimeZone::UTC).0.plus_ms(-6 * 7 * DAY_MS);
        let told = trend(&past(&counts), week(), begin, &TimeZone::UTC);
        assert_eq!(told.hot_cameras().iter().map(|c| c.0).collect::<Vec<_>>(), ["gate"]);
        assert_eq!(told.hot_hours().iter().map(|h| h.0).collect::<Vec<_>>(), [0]);
    }
}
