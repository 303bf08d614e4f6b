//! ISO weeks in the site's zone: named by their year and number, known by their Monday. Pure.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::clock::UnixMs;

/// The Monday of `2026-W47`.
pub(super) fn parse(text: &str) -> Option<Date> {
    let (year, week) = text.split_once("-W")?;
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(week, 2) {
        return None;
    }
    let first = ISOWeekDate::new(year.parse().ok()?, week.parse().ok()?, Weekday::Monday).ok()?;
    Some(first.date())
}

/// The name of the week of this Monday.
pub(super) fn name(monday: Date) -> String {
    let iso = monday.iso_week_date();
    format!("{:04}-W{:02}", iso.year(), iso.week())
}

/// The Monday of the week in which `at` lies.
pub(super) fn monday_of(at: UnixMs, zone: &TimeZone) -> Option<Date> {
    let date = Timestamp::from_millisecond(at.0)
        .ok()?
        .to_zoned(zone.clone())
        .date();
    let iso = date.iso_week_date();
    ISOWeekDate::new(iso.year(), iso.week(), Weekday::Monday)
        .ok()
        .map(ISOWeekDate::date)
}

/// The Monday a week earlier.
pub(super) fn before(monday: Date) -> Option<Date> {
    monday.checked_sub(7.days()).ok()
}

/// First moment of the week and first moment after it.
pub(super) fn bounds(monday: Date, zone: &TimeZone) -> Option<(UnixMs, UnixMs)> {
    let midnight = |date: Date| {
        let zoned = date.to_zoned(zone.clone()).ok()?;
        Some(UnixMs(zoned.timestamp().as_millisecond()))
    };
    Some((
        midnight(monday)?,
        midnight(monday.checked_add(7.days()).ok()?)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::{bounds, monday_of, name, parse};
    use jiff::tz::TimeZone;

    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(
            parse(text).map(|monday| monday.to_string()).as_deref(),
            expect,
            "{text}"
        );
    }

    #[test]
    fn a_week_is_named_by_its_iso_year() {
        check("2026-W47", Some("2026-11-16"));
        check("2026-W53", Some("2026-12-28"));
        check("2027-W53", None);
        check("2026-W7", None);
        check("2026-W47/../..", None);
    }

    #[test]
    fn names_and_bounds_meet() {
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        let (start, end) = bounds(parse("2026-W53").unwrap(), &zone).unwrap();
        assert_eq!(end.since_ms(start), 7 * 86_400_000);
        assert_eq!(name(monday_of(start, &zone).unwrap()), "2026-W53");
        assert_eq!(name(monday_of(end, &zone).unwrap()), "2027-W01");
    }
}
