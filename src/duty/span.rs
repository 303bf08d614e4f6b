//! Half-open spans of time, how many of them lie over each moment, and where too few do.
//!
//! Everything about cover is one sweep: a period is cut where the number of people changes. Minutes
//! are real ones, so that the day on which clocks change has 1380 or 1500 of them.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::clock::UnixMs;

pub const MINUTE_MS: i64 = 60_000;

/// From the first moment to the first moment after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub from: UnixMs,
    pub until: UnixMs,
}

impl Span {
    /// Its length; nothing when it ends before it begins.
    #[must_use]
    pub const fn ms(self) -> i64 {
        let ms = self.until.since_ms(self.from);
        if ms > 0 { ms } else { 0 }
    }

    /// What both have in common.
    #[must_use]
    pub fn meet(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), until: self.until.min(other.until) };
        (both.from < both.until).then_some(both)
    }

    /// Whether the moment lies in it.
    #[must_use]
    pub fn holds(self, at: UnixMs) -> bool {
        self.from <= at && at < self.until
    }
}

/// The cover of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    pub period: Span,
    /// Where nobody is, oldest first, none touching the next.
    pub gaps: Vec<Span>,
    /// Where exactly one is.
    pub single_ms: i64,
}

impl Cover {
    /// Covered time, ms.
    #[must_use]
    pub fn covered_ms(&self) -> i64 {
        self.period.ms() - self.gap_ms()
    }

    /// Time in gaps, ms.
    #[must_use]
    pub fn gap_ms(&self) -> i64 {
        self.gaps.iter().map(|gap| gap.ms()).sum()
    }

    /// Share 0..1 that is covered; `None` of no time.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of a year are far below 2^52")]
    pub fn share(&self) -> Option<f64> {
        let whole = self.period.ms();
        (whole > 0).then(|| self.covered_ms() as f64 / whole as f64)
    }
}

/// How a period is covered by spans in any order, which may overlap and reach beyond it.
#[must_use]
pub fn cover(period: Span, spans: impl IntoIterator<Item = Span>) -> Cover {
    let mut gaps: Vec<Span> = Vec::new();
    let mut single_ms = 0;
    for (span, people) in levels(period, spans) {
        match people {
            0 => gaps.push(span),
            1 => single_ms += span.ms(),
            _ => {}
        }
    }
    Cover { period, gaps, single_ms }
}

/// The period, cut where the number of spans over it changes.
fn levels(period: Span, spans: impl IntoIterator<Item = Span>) -> Vec<(Span, usize)> {
    let inside = spans.into_iter().filter_map(|span| span.meet(period));
    let mut edges: Vec<(UnixMs, i64)> =
        inside.flat_map(|span| [(span.from, 1), (span.until, -1)]).collect();
    edges.push((period.until, 0));
    edges.sort_unstable();
    let mut levels: Vec<(Span, usize)> = Vec::new();
    let (mut at, mut people) = (period.from, 0_i64);
    for (edge, step) in edges {
        let span = Span { from: at, until: edge };
        if span.ms() > 0 {
            let count = usize::try_from(people).unwrap_or(0);
            match levels.last_mut() {
                Some((last, same)) if *same == count => last.until = edge,
                Some(_) | None => levels.push((span, count)),
            }
            at = edge;
        }
        people += step;
    }
    levels
}

/// The local days of a period, the first and the last as far as they lie in it.
#[must_use]
pub fn days(period: Span, zone: &TimeZone) -> Vec<(Date, Span)> {
    let mut days = Vec::new();
    let Ok(first) = jiff::Timestamp::from_millisecond(period.from.0) else { return days };
    let mut date = first.to_zoned(zone.clone()).date();
    while let Ok(next) = date.tomorrow() {
        let day = Span { from: midnight(date, zone), until: midnight(next, zone) };
        match day.meet(period) {
            Some(part) => days.push((date, part)),
            None if day.from >= period.until => break,
            None => {}
        }
        date = next;
    }
    days
}

/// The first moment of a day.
#[must_use]
pub fn midnight(date: Date, zone: &TimeZone) -> UnixMs {
    let start = date.to_zoned(zone.clone()).and_then(|day| day.start_of_day());
    UnixMs(start.map_or(i64::MAX, |day| day.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(from: i64, until: i64) -> Span {
        Span { from: UnixMs(from), until: UnixMs(until) }
    }

    fn check(spans: &[(i64, i64)], gaps: &[(i64, i64)], single: i64) {
        let found = cover(span(0, 100), spans.iter().map(|(from, until)| span(*from, *until)));
        let expect: Vec<Span> = gaps.iter().map(|(from, until)| span(*from, *until)).collect();
        assert_eq!((found.gaps, found.single_ms), (expect, single), "{spans:?}");
    }

    #[test]
    fn a_gap_is_told_with_its_exact_ends() {
        check(&[], &[(0, 100)], 0);
        check(&[(0, 100)], &[], 100);
        check(&[(-50, 200)], &[], 100);
        check(&[(0, 50), (50, 100)], &[], 100);
        check(&[(0, 49), (50, 100)], &[(49, 50)], 99);
        check(&[(51, 100), (0, 50)], &[(50, 51)], 99);
        check(&[(10, 60), (40, 90)], &[(0, 10), (90, 100)], 60);
        check(&[(10, 60), (10, 60)], &[(0, 10), (60, 100)], 0);
        check(&[(60, 10), (200, 300)], &[(0, 100)], 0);
    }

    #[test]
    fn no_time_has_no_share() {
        assert_eq!(cover(span(5, 5), []).share(), None);
        assert_eq!(cover(span(0, 100), [span(0, 25)]).share(), Some(0.25));
    }

    #[test]
    fn a_day_has_as_many_minutes_as_its_clock_gives_it() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let minutes = |day: &str| {
            let date: Date = day.parse().expect("a date");
            let next = date.tomorrow().expect("a day after");
            let period = Span { from: midnight(date, &zone), until: midnight(next, &zone) };
            let days = days(period, &zone);
            assert_eq!(days.len(), 1, "{day}");
            days[0].1.ms() / MINUTE_MS
        };
        assert_eq!(minutes("2026-03-29"), 1380);
        assert_eq!(minutes("2026-10-25"), 1500);
        assert_eq!(minutes("2026-11-23"), 1440);
    }

    #[test]
    fn a_period_that_begins_within_a_day_has_a_part_of_it() {
        let zone = TimeZone::get("Asia/Shanghai").expect("a zone");
        // 2026-11-23T06:00Z is 14:00 there.
        let noon = UnixMs(1_795_413_600_000);
        let period = Span { from: noon, until: noon.plus_ms(34 * 3_600_000 + 1) };
        let parts: Vec<(String, i64)> =
            days(period, &zone).into_iter().map(|(d, s)| (d.to_string(), s.ms())).collect();
        let h = 3_600_000;
        let expect = [("2026-11-23", 10 * h), ("2026-11-24", 24 * h), ("2026-11-25", 1)];
        assert_eq!(parts, expect.map(|(day, ms)| (day.to_owned(), ms)));
    }

    proptest! {
        #[test]
        fn cover_and_gaps_are_the_period(
            spans in proptest::collection::vec((-30_i64..130, 0_i64..60), 0..12)
        ) {
            let spans: Vec<Span> = spans.into_iter().map(|(at, len)| span(at, at + len)).collect();
            let period = span(0, 100);
            let cover = cover(period, spans.iter().copied());
            prop_assert_eq!(cover.covered_ms() + cover.gap_ms(), period.ms());
            for at in 0..100 {
                let people = spans.iter().filter(|span| span.holds(UnixMs(at))).count();
                let in_gap = cover.gaps.iter().any(|gap| gap.holds(UnixMs(at)));
                prop_assert_eq!(people == 0, in_gap, "{}", at);
            }
            let single = (0..100)
                .filter(|at| spans.iter().filter(|s| s.holds(UnixMs(*at))).count() == 1)
                .count();
            prop_assert_eq!(cover.single_ms, i64::try_from(single).expect("few"));
            prop_assert!(cover.gaps.windows(2).all(|pair| pair[0].until < pair[1].from));
        }
    }
}
