//! Cover of the lines that somebody has to be on: by the roster, and by who signed on (VM-1).
//!
//! Both are told, because a full roster proves nobody's presence. Minutes are whole ones of real
//! time, so that a day of 25 hours has 1500. Pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::UnixMs;
use crate::duty::attendance::Attendance;
use crate::duty::span::{Cover, MINUTE_MS, cover, days};
use crate::duty::{Line, Span, Turn};

/// The rows that the cover is told from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DutyRows {
    /// The first moment that any roster or presence tells of; the centre had no duty before.
    pub begin: Option<UnixMs>,
    pub turns: Vec<Turn>,
    pub attendance: Vec<Attendance>,
}

/// How one line was covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCover {
    pub line: Line,
    pub roster: Cover,
    pub present: Cover,
    pub days: Vec<DayCover>,
}

/// The same for one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCover {
    pub date: Date,
    /// Minutes of the day within the period: 1440 of most.
    pub of_min: i64,
    pub roster_min: i64,
    pub present_min: i64,
}

/// The cover of `[start, end)`; nothing when no row tells of duty before its end.
#[must_use]
pub fn lines(rows: &DutyRows, (start, end): (UnixMs, UnixMs), zone: &TimeZone) -> Vec<LineCover> {
    let Some(begin) = rows.begin.filter(|begin| *begin < end) else { return Vec::new() };
    let period = Span { from: start.max(begin), until: end };
    let of = |line: Line| {
        let turns = rows.turns.iter().filter(move |turn| turn.line == line);
        let there = rows.attendance.iter().filter(move |row| row.line == line);
        let roster: Vec<Span> = turns.map(Turn::span).collect();
        let present: Vec<Span> = there.map(|row| row.span(end)).collect();
        let minutes =
            |part, spans: &[Span]| cover(part, spans.iter().copied()).covered_ms() / MINUTE_MS;
        let day = |(date, part): (Date, Span)| DayCover {
            date,
            of_min: part.ms() / MINUTE_MS,
            roster_min: minutes(part, &roster),
            present_min: minutes(part, &present),
        };
        LineCover {
            line,
            days: days(period, zone).into_iter().map(day).collect(),
            roster: cover(period, roster.iter().copied()),
            present: cover(period, present.iter().copied()),
        }
    };
    Line::NEEDED.map(of).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::duty::attendance::Off;

    const HOUR_MS: i64 = 3_600_000;
    /// 2026-11-16 00:00 in Shanghai, a Monday.
    const MONDAY: UnixMs = UnixMs(1_794_758_400_000);

    fn at(hours: i64, minutes: i64) -> UnixMs {
        MONDAY.plus_ms(hours * HOUR_MS + minutes * MINUTE_MS)
    }

    fn turn(line: Line, starts: UnixMs, ends: UnixMs) -> Turn {
        Turn { account: "li".into(), line, starts, ends }
    }

    fn there(on: UnixMs, off: Option<UnixMs>) -> Attendance {
        Attendance {
            id: "a".into(),
            account: "li".into(),
            line: Line::Duty,
            on,
            via: "console".into(),
            turn: None,
            reason: String::new(),
            off: off.map(|at| Off { at, by: "li".into(), reason: String::new() }),
        }
    }

    #[test]
    fn a_gap_of_two_minutes_is_told_with_its_ends_and_its_day() {
        let rows = DutyRows {
            begin: Some(at(0, 0)),
            turns: vec![
                turn(Line::Duty, at(0, 0), at(48, 0)),
                turn(Line::Standby, at(0, 0), at(48, 0)),
            ],
            attendance: vec![there(at(0, 0), Some(at(7, 59))), there(at(8, 1), None)],
        };
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        let told = lines(&rows, (at(0, 0), at(48, 0)), &zone);
        let duty = &told[0];
        assert_eq!(duty.present.gaps, [Span { from: at(7, 59), until: at(8, 1) }]);
        assert_eq!(duty.roster.gaps, []);
        let days: Vec<_> =
            duty.days.iter().map(|d| (d.of_min, d.roster_min, d.present_min)).collect();
        assert_eq!(days, [(1440, 1440, 1438), (1440, 1440, 1440)]);
        assert_eq!(told[1].present.share(), Some(0.0), "nobody signed on to standby");
    }

    #[test]
    fn a_centre_is_not_blamed_for_the_days_before_it_began() {
        let zone = TimeZone::UTC;
        let none = DutyRows::default();
        assert_eq!(lines(&none, (at(0, 0), at(24, 0)), &zone), []);
        let rows = DutyRows {
            begin: Some(at(12, 0)),
            turns: vec![turn(Line::Duty, at(12, 0), at(24, 0))],
            attendance: Vec::new(),
        };
        let told = lines(&rows, (at(0, 0), at(24, 0)), &zone);
        assert_eq!((told[0].roster.period.ms(), told[0].roster.share()), (12 * HOUR_MS, Some(1.0)));
        assert_eq!(lines(&rows, (at(0, 0), at(12, 0)), &zone), []);
    }
}
