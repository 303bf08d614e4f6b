//! Which day it is: weekday, working day or day off. Pure.
//!
//! Holidays and the weekends that make up for them are given by the configuration; the rest
//! follows from the weekday.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::UnixMs;

/// A moment on the wall clock of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    pub date: Date,
    /// Minute 0..1440 of the wall clock; around a change of summer time some come twice or never.
    pub minute: u16,
}

impl Local {
    /// What the wall clock of `zone` shows at `at`; a moment outside of time's range is its end.
    #[must_use]
    pub fn of(at: UnixMs, zone: &TimeZone) -> Self {
        let end = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or(end);
        let local = zone.to_datetime(moment);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        let minute = u16::try_from(minute).expect("a day has 1440 minutes");
        Self { date: local.date(), minute }
    }
}

/// What a rule may ask of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub weekday: Weekday,
    pub work: Work,
}

/// Whether people work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Working,
    Off,
}

/// Days that are not what their weekday says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<Date>,
    working: BTreeSet<Date>,
}

/// Whether the weekday of a date is Saturday or Sunday.
#[must_use]
pub fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

impl Calendar {
    /// Days off besides the weekends, and weekends on which people work.
    #[must_use]
    pub const fn new(holidays: BTreeSet<Date>, working: BTreeSet<Date>) -> Self {
        Self { holidays, working }
    }

    /// The day at a date.
    #[must_use]
    pub fn day(&self, date: Date) -> Day {
        let off =
            self.holidays.contains(&date) || (is_weekend(date) && !self.working.contains(&date));
        let work = if off { Work::Off } else { Work::Working };
        Day { weekday: date.weekday(), work }
    }

    /// The moment at which `ms` of working days have passed since `from`: days off do not count,
    /// so what begins on one begins with the next working day.
    #[must_use]
    pub fn after_working(&self, from: UnixMs, ms: i64, zone: &TimeZone) -> UnixMs {
        let (mut date, mut at, mut left) = (Local::of(from, zone).date, from, ms.max(0));
        for _ in 0..DAYS_MAX {
            let Some((next, end)) = next_midnight(date, zone) else { break };
            if self.day(date).work == Work::Working {
                let there = end.since_ms(at);
                if left <= there {
                    return at.plus_ms(left);
                }
                left -= there;
            }
            (date, at) = (next, end);
        }
        at.plus_ms(left)
    }
}

/// Days that are looked at for the end of a limit: ten times thirty working days with all their
/// days off are less than two years.
const DAYS_MAX: usize = 800;

/// The next day and its first moment, which is not midnight in every zone.
fn next_midnight(date: Date, zone: &TimeZone) -> Option<(Date, UnixMs)> {
    let next = date.tomorrow().ok()?;
    let begins = next.to_zoned(zone.clone()).ok()?;
    Some((next, UnixMs(begins.timestamp().as_millisecond())))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn holidays_and_make_up_days_go_before_the_weekday() {
        // National Day 2026 as an example: off from Thursday on, Saturday the 10th made up for.
        let holidays = (1..=7).map(|day| date(2026, 10, day)).collect();
        let calendar = Calendar::new(holidays, [date(2026, 10, 10)].into());
        let check = |day: i8, expect: Work| {
            assert_eq!(calendar.day(date(2026, 10, day)).work, expect, "October {day}");
        };
        check(1, Work::Off);
        check(7, Work::Off);
        check(8, Work::Working);
        check(10, Work::Working);
        check(11, Work::Off);
        check(12, Work::Working);
        assert_eq!(Calendar::default().day(date(2026, 10, 1)).work, Work::Working);
    }

    #[test]
    fn working_days_leave_out_days_off_and_count_every_hour_once() {
        let calendar = Calendar::new([date(2026, 10, 1)].into(), [date(2026, 10, 10)].into());
        let check = |from: &str, days: i64, zone: &str, expect: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let at = |text: &str| {
                let local: jiff::civil::DateTime = text.parse().unwrap();
                UnixMs(local.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond())
            };
            let due = calendar.after_working(at(from), days * 86_400_000, &zone);
            assert_eq!(due.rfc3339(), at(expect).rfc3339(), "{from} + {days} wd");
        };
        // Tuesday to Wednesday; Friday to Monday; a Saturday begins with the Monday.
        check("2026-11-24T16:00", 1, "Asia/Shanghai", "2026-11-25T16:00");
        check("2026-11-27T16:00", 1, "Asia/Shanghai", "2026-11-30T16:00");
        check("2026-11-28T10:00", 1, "Asia/Shanghai", "2026-12-01T00:00");
        check("2026-11-25T16:00", 3, "Asia/Shanghai", "2026-11-30T16:00");
        // Over a holiday, and over a Saturday that is worked.
        check("2026-09-30T12:00", 1, "Asia/Shanghai", "2026-10-02T12:00");
        check("2026-10-09T12:00", 1, "Asia/Shanghai", "2026-10-10T12:00");
        // Leap day; the change of summer time falls on a Sunday and does not count.
        check("2028-02-28T12:00", 2, "Asia/Shanghai", "2028-03-01T12:00");
        check("2026-03-27T12:00", 1, "Europe/Berlin", "2026-03-30T12:00");
    }

    #[test]
    fn the_wall_clock_is_that_of_the_site() {
        let check = |at: &str, zone: &str, expect: (i8, i8, u16)| {
            let at: jiff::Timestamp = at.parse().unwrap();
            let local =
                Local::of(UnixMs(at.as_millisecond()), &TimeZone::get(zone).expect("a zone"));
            assert_eq!((local.date.month(), local.date.day(), local.minute), expect, "{at}");
        };
        check("2026-11-26T16:30:00Z", "Asia/Shanghai", (11, 27, 30));
        // Berlin, summer time begins: 01:59 is followed by 03:00.
        check("2026-03-29T00:59:00Z", "Europe/Berlin", (3, 29, 119));
        check("2026-03-29T01:00:00Z", "Europe/Berlin", (3, 29, 180));
        // It ends: 02:30 comes twice.
        check("2026-10-25T00:30:00Z", "Europe/Berlin", (10, 25, 150));
        check("2026-10-25T01:30:00Z", "Europe/Berlin", (10, 25, 150));
    }
}
