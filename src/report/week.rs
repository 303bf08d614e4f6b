//! ISO weeks in the site's own zone: parsing, finding, and their exact bounds.
//!
//! A week is Monday 00:00 to the next Monday 00:00 on the wall clock of the site, half-open. Around
//! a change of summer time it is 167 or 169 hours long; nothing here counts in hours of its own.
//! There is no clock in this file: what "the future" is, the caller says.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::UnixMs;

/// An ISO week, such as 2026-W47.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Week {
    year: i16,
    week: i8,
}

/// Why a text or a moment names no week that can be reported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadWeek {
    #[error("'{text}' is not a week; write it as 2026-W47")]
    Text { text: String },
    #[error("the year {year} has no week {week}")]
    NoSuchWeek { year: i16, week: i8 },
    #[error("week {week} has not begun; the newest that can be reported is {newest}")]
    Future { week: Week, newest: Week },
}

impl Week {
    /// The week that `text` names, in the form `2026-W47`.
    ///
    /// # Errors
    /// [`BadWeek`] when the text has another form or the year has no such week.
    pub fn parse(text: &str) -> Result<Self, BadWeek> {
        let bad = || BadWeek::Text { text: text.chars().take(40).collect() };
        let (year, week) = text.split_once("-W").ok_or_else(bad)?;
        let digits =
            |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(week, 2) {
            return Err(bad());
        }
        let year: i16 = year.parse().map_err(|_| bad())?;
        let week: i8 = week.parse().map_err(|_| bad())?;
        match ISOWeekDate::new(year, week, Weekday::Monday) {
            Ok(_) => Ok(Self { year, week }),
            Err(_) => Err(BadWeek::NoSuchWeek { year, week }),
        }
    }

    /// As [`Week::parse`], and the week must have begun at `now` in `zone`.
    ///
    /// # Errors
    /// [`BadWeek`], with the newest week that can be reported when this one is in the future.
    pub fn parse_begun(text: &str, now: UnixMs, zone: &TimeZone) -> Result<Self, BadWeek> {
        let week = Self::parse(text)?;
        let newest = Self::of(now, zone);
        if week > newest {
            return Err(BadWeek::Future { week, newest });
        }
        Ok(week)
    }

    /// The week in which `at` lies on the wall clock of `zone`.
    #[must_use]
    pub fn of(at: UnixMs, zone: &TimeZone) -> Self {
        let iso = local(at, zone).date().iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// First moment of the week and first moment after it: `[start, end)`.
    #[must_use]
    pub fn bounds(self, zone: &TimeZone) -> (UnixMs, UnixMs) {
        let monday = self.monday();
        let next = monday.checked_add(7.days()).unwrap_or(Date::MAX);
        (midnight(monday, zone), midnight(next, zone))
    }

    /// The week before.
    #[must_use]
    pub fn previous(self) -> Self {
        let iso = self.monday().checked_sub(7.days()).unwrap_or(Date::MIN).iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// The week after.
    #[must_use]
    pub fn following(self) -> Self {
        let iso = self.monday().checked_add(7.days()).unwrap_or(Date::MAX).iso_week_date();
        Self { year: iso.year(), week: iso.week() }
    }

    /// The week of the same number a year before; the last one where that year has no such week.
    #[must_use]
    pub fn year_before(self) -> Self {
        let year = self.year - 1;
        let known = ISOWeekDate::new(year, self.week, Weekday::Monday);
        Self { year, week: known.map_or(52, |found| found.week()) }
    }

    /// The Monday with which it begins.
    #[must_use]
    pub fn monday(self) -> Date {
        ISOWeekDate::new(self.year, self.week, Weekday::Monday)
            .expect("a Week is only made from a year that has it")
            .date()
    }

    /// ISO year; around New Year not always the calendar's.
    #[must_use]
    pub const fn year(self) -> i16 {
        self.year
    }

    /// Number of the week, 1 to 53.
    #[must_use]
    pub const fn number(self) -> i8 {
        self.week
    }
}

impl std::fmt::Display for Week {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-W{:02}", self.year, self.week)
    }
}

/// `at` on the wall clock of `zone`; a moment outside of time's range is its nearest end.
#[must_use]
pub fn local(at: UnixMs, zone: &TimeZone) -> jiff::Zoned {
    let nearest = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at.0).unwrap_or(nearest).to_zoned(zone.clone())
}

/// `11-16 08:30` on the site's wall clock.
#[must_use]
pub fn day_time(at: UnixMs, zone: &TimeZone) -> String {
    local(at, zone).strftime("%m-%d %H:%M").to_string()
}

/// `2026-11-16 08:30:00` on the site's wall clock.
#[must_use]
pub fn full_time(at: UnixMs, zone: &TimeZone) -> String {
    local(at, zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn midnight(date: Date, zone: &TimeZone) -> UnixMs {
    let start = date.to_zoned(zone.clone()).and_then(|day| day.start_of_day());
    UnixMs(start.map_or(i64::MAX, |day| day.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::{BadWeek, UnixMs, Week};
    use jiff::tz::TimeZone;

    const HOUR_MS: i64 = 3_600_000;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn at(text: &str) -> UnixMs {
        UnixMs(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn check(text: &str, expect: Result<(i16, i8), &str>) {
        let found = Week::parse(text).map(|w| (w.year(), w.number())).map_err(|e| e.to_string());
        assert_eq!(found, expect.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn only_an_iso_week_is_a_week() {
        check("2026-W47", Ok((2026, 47)));
        check("2026-W53", Ok((2026, 53)));
        check("2025-W53", Err("the year 2025 has no week 53"));
        check("2026-W00", Err("the year 2026 has no week 0"));
        for bad in ["", "2026", "2026-47", "2026-W7", "2026-W+7", "26-W47", "2026-W471"] {
            check(bad, Err(&format!("'{bad}' is not a week; write it as 2026-W47")));
        }
    }

    #[test]
    fn a_week_begins_on_monday_midnight_of_the_site() {
        let shanghai = zone("Asia/Shanghai");
        let (start, end) = Week::parse("2026-W47").unwrap().bounds(&shanghai);
        assert_eq!((start, end), (at("2026-11-15T16:00:00Z"), at("2026-11-22T16:00:00Z")));
        assert_eq!(Week::of(start, &shanghai).to_string(), "2026-W47");
        assert_eq!(Week::of(start.plus_ms(-1), &shanghai).to_string(), "2026-W46");
        assert_eq!(Week::of(end, &shanghai).to_string(), "2026-W48");
    }

    #[test]
    fn summer_time_makes_weeks_longer_and_shorter() {
        let hours = |week: &str, name: &str| {
            let (start, end) = Week::parse(week).unwrap().bounds(&zone(name));
            (end.0 - start.0) / HOUR_MS
        };
        assert_eq!(hours("2026-W13", "Europe/Berlin"), 167);
        assert_eq!(hours("2026-W43", "Europe/Berlin"), 169);
        assert_eq!(hours("2026-W43", "Asia/Shanghai"), 168);
    }

    #[test]
    fn the_week_before_crosses_the_year() {
        let before = |week: &str| Week::parse(week).unwrap().previous().to_string();
        assert_eq!(before("2026-W01"), "2025-W52");
        assert_eq!(before("2027-W01"), "2026-W53");
        assert_eq!(before("2026-W47"), "2026-W46");
    }

    #[test]
    fn a_week_that_has_not_begun_is_refused_with_the_newest_one() {
        let (now, zone) = (at("2026-11-18T00:00:00Z"), zone("Asia/Shanghai"));
        assert!(Week::parse_begun("2026-W47", now, &zone).is_ok());
        let refused = Week::parse_begun("2026-W48", now, &zone).unwrap_err();
        assert!(matches!(refused, BadWeek::Future { .. }));
        assert!(refused.to_string().ends_with("the newest that can be reported is 2026-W47"));
    }
}
