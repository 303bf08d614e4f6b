//! How many alarms an operator gets: against the one in ten minutes that a person can work on.
//!
//! Figures of EEMUA 191 as `domain` 4.3 has them: one alarm in ten minutes is well, two are the
//! most that can be managed, more than ten begin a flood, fewer than five end it. An alarm is an
//! observation that a rule filed; firings that joined one, or were taken apart from one, ask for no
//! look of their own. Operators are those whose acts stand in the log of the hour before, at least
//! one: the log tells who worked, not who was on the roster. Pure: everything comes from the log.

use std::collections::BTreeSet;

use crate::clock::UnixMs;
use crate::ticket::log::LogEntry;
use crate::ticket::{Role, Severity};

/// The window in which alarms are counted, ms (EEMUA 191).
pub const WINDOW_MS: i64 = 600_000;
/// Alarms of a window and operator: well, manageable, a flood begins above, ends below (EEMUA 191;
/// the end after `domain` 4.3).
pub const TARGET: f64 = 1.0;
pub const MANAGEABLE: f64 = 2.0;
const FLOOD_ABOVE: f64 = 10.0;
const FLOOD_UNTIL: f64 = 5.0;
/// Time after an act for which its operator counts as at work, ms (guess, revisit).
pub const AT_WORK_MS: i64 = 3_600_000;

/// A line of the log as the load needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A rule filed an observation.
    Alarm(UnixMs, Severity),
    /// An operator or shift leader acted.
    Act(UnixMs, String),
}

impl Mark {
    /// What a line of the log says of the load, if anything.
    #[must_use]
    pub fn of(line: &LogEntry) -> Option<Self> {
        match line.role {
            Role::System if line.input == "open" => {
                if line.detail.get("old_ticket").is_some() {
                    return None;
                }
                let word = line.detail.get("severity").and_then(serde_json::Value::as_str);
                let severity = word.and_then(Severity::parse).unwrap_or(Severity::S4);
                Some(Self::Alarm(line.at, severity))
            }
            Role::Operator | Role::ShiftLeader => Some(Self::Act(line.at, line.actor.clone())),
            Role::System | Role::Director | Role::PatrolMember | Role::Admin | Role::Wall => None,
        }
    }

    const fn at(&self) -> UnixMs {
        match self {
            Self::Alarm(at, _) | Self::Act(at, _) => *at,
        }
    }
}

/// A time in which more alarms came than anybody can look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    pub start: UnixMs,
    /// `None`: it lasts at the end of the period.
    pub end: Option<UnixMs>,
    /// Alarms from the window in which it began to its end.
    pub alarms: usize,
}

/// The load of a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Load {
    pub alarms: usize,
    /// Of S1, S2, S3, S4.
    pub by_severity: [usize; 4],
    /// Windows of ten minutes from the period's start on, and those with more alarms for each
    /// operator than are well, and than can be managed.
    pub windows: usize,
    pub over_target: usize,
    pub over_manageable: usize,
    /// The most alarms for one operator in any ten minutes.
    pub peak: f64,
    /// Alarms for one operator in the ten minutes before the end.
    pub latest: f64,
    pub floods: Vec<Flood>,
    /// Time in flood, ms.
    pub flood_ms: i64,
}

impl Load {
    /// Alarms for ten minutes of the period; `None` of no time.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts of a week are far below 2^52")]
    pub fn rate(&self) -> Option<f64> {
        (self.windows > 0).then(|| self.alarms as f64 / self.windows as f64)
    }

    /// Share 0..1 of the windows with at most the target; `None` of no time.
    #[must_use]
    pub fn well_share(&self) -> Option<f64> {
        super::figures::share(self.windows - self.over_target, self.windows)
    }
}

/// The load of `[start, end)`. `marks` in any order; acts of the hour before `start` count too.
#[must_use]
pub fn load(marks: &[Mark], (start, end): (UnixMs, UnixMs)) -> Load {
    let mut marks: Vec<&Mark> = marks.iter().filter(|mark| mark.at() < end).collect();
    marks.sort_by_key(|mark| mark.at());
    let alarms: Vec<(UnixMs, Severity)> = marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Alarm(at, severity) if *at >= start => Some((*at, *severity)),
            Mark::Alarm(..) | Mark::Act(..) => None,
        })
        .collect();
    let mut sum = Load { alarms: alarms.len(), ..Load::default() };
    for (_, severity) in &alarms {
        sum.by_severity[*severity as usize] += 1;
    }
    let seen = Seen { marks: &marks, alarms: &alarms };
    count_windows(&mut sum, &seen, (start, end));
    find_floods(&mut sum, &seen, end);
    sum.latest = seen.rate(end);
    sum
}

/// The marks of a period in order.
struct Seen<'a> {
    marks: &'a [&'a Mark],
    alarms: &'a [(UnixMs, Severity)],
}

impl Seen<'_> {
    /// Operators at work just before `at`, at least one.
    #[allow(clippy::cast_precision_loss, reason = "a centre has a handful of operators")]
    fn operators(&self, at: UnixMs) -> f64 {
        let until = self.marks.partition_point(|mark| mark.at() <= at);
        let from = self.marks.partition_point(|mark| mark.at() < at.plus_ms(-AT_WORK_MS));
        let names: BTreeSet<&str> = self.marks[from..until.max(from)]
            .iter()
            .filter_map(|mark| match mark {
                Mark::Act(_, name) => Some(name.as_str()),
                Mark::Alarm(..) => None,
            })
            .collect();
        names.len().max(1) as f64
    }

    /// Alarms for one operator in the ten minutes before and at `at`.
    #[allow(clippy::cast_precision_loss, reason = "counts of ten minutes")]
    fn rate(&self, at: UnixMs) -> f64 {
        let until = self.alarms.partition_point(|(alarm, _)| *alarm <= at);
        let from = self.alarms.partition_point(|(alarm, _)| *alarm <= at.plus_ms(-WINDOW_MS));
        until.saturating_sub(from) as f64 / self.operators(at)
    }

    fn alarms_between(&self, from: UnixMs, until: UnixMs) -> usize {
        self.alarms.iter().filter(|(at, _)| *at > from && *at <= until).count()
    }
}

fn count_windows(sum: &mut Load, seen: &Seen, (start, end): (UnixMs, UnixMs)) {
    let mut at = start.plus_ms(WINDOW_MS);
    while at <= end {
        // A window is half open, so that an alarm on its border counts once.
        let rate = seen.rate(at.plus_ms(-1));
        sum.windows += 1;
        sum.over_target += usize::from(rate > TARGET);
        sum.over_manageable += usize::from(rate > MANAGEABLE);
        at = at.plus_ms(WINDOW_MS);
    }
}

/// A flood begins at the alarm that is too many and ends when few enough lie in the window.
fn find_floods(sum: &mut Load, seen: &Seen, end: UnixMs) {
    let mut open: Option<UnixMs> = None;
    // The rate changes when an alarm comes, and when one leaves the window.
    let comes = seen.alarms.iter().map(|(at, _)| *at);
    let goes = seen.alarms.iter().map(|(at, _)| at.plus_ms(WINDOW_MS)).filter(|at| *at < end);
    let mut moments: Vec<UnixMs> = comes.chain(goes).collect();
    moments.sort_unstable();
    for at in moments {
        let rate = seen.rate(at);
        sum.peak = sum.peak.max(rate);
        match open {
            None if rate > FLOOD_ABOVE => open = Some(at),
            Some(start) if rate < FLOOD_UNTIL => {
                sum.floods.push(flood(seen, start, at).ended(at));
                open = None;
            }
            None | Some(_) => {}
        }
    }
    sum.floods.extend(open.map(|start| flood(seen, start, end)));
    sum.flood_ms =
        sum.floods.iter().map(|flood| flood.end.unwrap_or(end).since_ms(flood.start)).sum();
}

fn flood(seen: &Seen, start: UnixMs, until: UnixMs) -> Flood {
    let alarms = seen.alarms_between(start.plus_ms(-WINDOW_MS), until);
    Flood { start, end: None, alarms }
}

impl Flood {
    const fn ended(mut self, at: UnixMs) -> Self {
        self.end = Some(at);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;
    /// The two hours that are looked at.
    const PERIOD: (UnixMs, UnixMs) = (UnixMs(0), UnixMs(120 * MINUTE_MS));

    fn alarms(minutes: impl IntoIterator<Item = i64>) -> Vec<Mark> {
        let alarm = |minute| Mark::Alarm(UnixMs(minute * MINUTE_MS), Severity::S3);
        minutes.into_iter().map(alarm).collect()
    }

    /// `count` alarms, one each six seconds, from a minute on.
    fn burst(minute: i64, count: i64) -> Vec<Mark> {
        let at = |i| UnixMs(minute * MINUTE_MS + i * 6_000);
        (0..count).map(|i| Mark::Alarm(at(i), Severity::S4)).collect()
    }

    fn act(minute: i64, name: &str) -> Mark {
        Mark::Act(UnixMs(minute * MINUTE_MS), name.into())
    }

    #[test]
    fn an_alarm_in_ten_minutes_is_well() {
        let load = load(&alarms((0..12).map(|i| i * 10 + 5)), PERIOD);
        assert_eq!((load.alarms, load.windows, load.over_target), (12, 12, 0));
        assert_eq!((load.rate(), load.well_share()), (Some(1.0), Some(1.0)));
        assert_eq!((load.by_severity, load.floods.len()), ([0, 0, 12, 0], 0));
    }

    #[test]
    fn a_window_with_more_is_told_and_two_operators_share_it() {
        let three = alarms([1, 2, 3]);
        let one = load(&three, PERIOD);
        assert_eq!((one.over_target, one.over_manageable, one.peak), (1, 1, 3.0));
        let two = load(&[three.clone(), vec![act(0, "li"), act(1, "wang")]].concat(), PERIOD);
        assert_eq!((two.over_target, two.over_manageable), (1, 0));
        // Who acted more than an hour ago is not at work; who acted before the period is.
        let late = alarms([90, 91, 92]);
        let acts = vec![act(0, "li"), act(85, "wang")];
        assert_eq!(load(&[late, acts].concat(), PERIOD).peak, 3.0);
        let acts = vec![act(-5, "li"), act(-10, "wang")];
        assert_eq!(load(&[three, acts].concat(), PERIOD).over_manageable, 0);
    }

    #[test]
    fn a_flood_begins_above_ten_and_ends_below_five() {
        let check = |marks: Vec<Mark>, expect: &[(i64, Option<i64>, usize)]| {
            let floods = load(&marks, PERIOD).floods;
            let told: Vec<_> = floods
                .iter()
                .map(|f| (f.start.0 / 1_000, f.end.map(|end| end.0 / 1_000), f.alarms))
                .collect();
            assert_eq!(told, expect);
        };
        check(burst(10, 10), &[]);
        // The eleventh comes after a minute; below five when the seventh has left the window.
        check(burst(10, 11), &[(660, Some(600 + 36 + 600), 11)]);
        let two = [burst(10, 20), burst(60, 11)].concat();
        check(two, &[(660, Some(600 + 90 + 600), 20), (3_660, Some(3_600 + 36 + 600), 11)]);
        check(burst(118, 15), &[(118 * 60 + 60, None, 15)]);
    }

    #[test]
    fn time_in_flood_and_the_latest_rate_are_told() {
        let load = load(&burst(118, 15), PERIOD);
        assert_eq!((load.flood_ms, load.latest), (60_000, 15.0));
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(load(&[], (UnixMs(5), UnixMs(5))), Load::default());
        let none = load(&[], PERIOD);
        assert_eq!((none.rate(), none.well_share()), (Some(0.0), Some(1.0)));
    }
}
