//! A roster: the turns of a period, drafted by one who leads and published when it has no fault.
//!
//! A draft may have gaps; what is published may not (VM-1). A period takes the turns that begin in
//! it, so that a night turn belongs to the evening on which it begins; turns of the roster before
//! that reach into the period count for its cover. Pure.

use jiff::tz::TimeZone;

use super::span::{MINUTE_MS, cover};
use super::{Line, Span, Turn};
use crate::clock::UnixMs;
use crate::ticket::Role;

/// The turns of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// UUIDv7.
    pub id: String,
    pub period: Span,
    pub note: String,
    pub turns: Vec<Turn>,
    pub drafted_by: String,
    pub drafted: UnixMs,
    /// Its number, who and when, once it is published.
    pub published: Option<(i64, String, UnixMs)>,
}

/// What is known of an account: enough to put it on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub name: String,
    pub role: Role,
    pub active: bool,
}

/// What is wrong with a roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nobody is on a line that needs somebody.
    Gap { line: Line, span: Span },
    /// One person is on two turns at once.
    Overlap { account: String, lines: [Line; 2], span: Span },
    /// There is no such account, or it may not sign in any more.
    Unknown { account: String },
    /// The line is not for the account's role.
    WrongLine { account: String, line: Line, role: Role },
    /// A turn does not begin in the roster's period.
    Outside { turn: Turn },
}

impl Fault {
    /// The stable code; the screens translate it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Gap { .. } => "roster_gap",
            Self::Overlap { .. } => "roster_overlap",
            Self::Unknown { .. } => "roster_unknown",
            Self::WrongLine { .. } => "roster_line",
            Self::Outside { .. } => "roster_outside",
        }
    }

    /// The time that it is about, if it is about one.
    #[must_use]
    pub const fn span(&self) -> Option<Span> {
        match self {
            Self::Gap { span, .. } | Self::Overlap { span, .. } => Some(*span),
            Self::Outside { turn } => Some(turn.span()),
            Self::Unknown { .. } | Self::WrongLine { .. } => None,
        }
    }

    /// Whom it is about, if it is about somebody.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Overlap { account, .. }
            | Self::Unknown { account }
            | Self::WrongLine { account, .. } => Some(account),
            Self::Outside { turn } => Some(&turn.account),
            Self::Gap { .. } => None,
        }
    }

    /// The line that it is about, if it is about one.
    #[must_use]
    pub const fn line(&self) -> Option<Line> {
        match self {
            Self::Gap { line, .. } | Self::WrongLine { line, .. } => Some(*line),
            Self::Overlap { lines, .. } => Some(lines[0]),
            Self::Outside { turn } => Some(turn.line),
            Self::Unknown { .. } => None,
        }
    }

    /// The sentence for the terminal and the log, with times of the site.
    #[must_use]
    pub fn told(&self, zone: &TimeZone) -> String {
        match self {
            Self::Gap { line, span } => format!(
                "nobody is on the line {} {} ({} min); add a turn",
                line.as_str(),
                told(*span, zone),
                minutes(*span)
            ),
            Self::Overlap { account, lines: [a, b], span } => format!(
                "{account} is on two turns at once, {} and {}, {}; change one of them",
                a.as_str(),
                b.as_str(),
                told(*span, zone)
            ),
            Self::Unknown { account } => {
                format!("there is no active account {account}; add it with gengfu user add")
            }
            Self::WrongLine { account, line, role } => format!(
                "{account} is {} and cannot take the line {}; choose another line",
                role.as_str(),
                line.as_str()
            ),
            Self::Outside { turn } => format!(
                "the turn of {} {} does not begin in the roster's days",
                turn.account,
                told(turn.span(), zone)
            ),
        }
    }
}

/// Minutes of a span, a begun one counted whole.
#[must_use]
pub const fn minutes(span: Span) -> i64 {
    (span.ms() + MINUTE_MS - 1) / MINUTE_MS
}

/// `2026-12-07 07:59–08:01`, the second day only when it is another one.
#[must_use]
pub fn told(span: Span, zone: &TimeZone) -> String {
    let local = |at: UnixMs| {
        jiff::Timestamp::from_millisecond(at.0).map(|at| at.to_zoned(zone.clone())).ok()
    };
    let (Some(from), Some(until)) = (local(span.from), local(span.until)) else {
        return format!("{} to {}", span.from, span.until);
    };
    let clock = |at: &jiff::Zoned| {
        let whole = at.second() == 0 && at.millisecond() == 0;
        at.strftime(if whole { "%H:%M" } else { "%H:%M:%S" }).to_string()
    };
    let day = |at: &jiff::Zoned| at.strftime("%Y-%m-%d").to_string();
    if from.date() == until.date() {
        return format!("{} {}–{}", day(&from), clock(&from), clock(&until));
    }
    format!("{} {}–{} {}", day(&from), clock(&from), day(&until), clock(&until))
}

/// Everything wrong with a roster if it began to hold at `now`, the gaps first. `beside`: turns of
/// other rosters that may reach into its period or that it may reach into. What lies before `now`
/// is past and changed by no roster, so it is not asked for.
#[must_use]
pub fn faults(roster: &Roster, beside: &[Turn], known: &[Known], now: UnixMs) -> Vec<Fault> {
    let period = Span { from: roster.period.from.max(now), until: roster.period.until };
    let all: Vec<&Turn> = roster.turns.iter().chain(beside).collect();
    let mut faults = Vec::new();
    for line in Line::NEEDED {
        let spans = all.iter().filter(|turn| turn.line == line).map(|turn| turn.span());
        let gaps = cover(period, spans).gaps;
        faults.extend(gaps.into_iter().map(|span| Fault::Gap { line, span }));
    }
    faults.extend(overlaps(&roster.turns, beside));
    for turn in &roster.turns {
        if !roster.period.holds(turn.starts) || turn.ends <= turn.starts {
            faults.push(Fault::Outside { turn: turn.clone() });
        }
    }
    let mut seen: Vec<(&str, Line)> =
        roster.turns.iter().map(|turn| (turn.account.as_str(), turn.line)).collect();
    seen.sort_unstable();
    seen.dedup();
    for (account, line) in seen {
        match known.iter().find(|one| one.name == account && one.active) {
            None => faults.push(Fault::Unknown { account: account.to_owned() }),
            Some(one) if !line.takes(one.role) => {
                let account = account.to_owned();
                faults.push(Fault::WrongLine { account, line, role: one.role });
            }
            Some(_) => {}
        }
    }
    faults.dedup();
    faults
}

/// Where one person is on two turns: of the roster with each other, and with those beside it.
fn overlaps(turns: &[Turn], beside: &[Turn]) -> Vec<Fault> {
    let mut mine: Vec<&Turn> = turns.iter().collect();
    mine.sort_unstable_by(|a, b| (&a.account, a.starts, a).cmp(&(&b.account, b.starts, b)));
    let mut faults = Vec::new();
    let mut tell = |a: &Turn, b: &Turn| {
        if a.account == b.account
            && let Some(span) = a.span().meet(b.span())
        {
            let account = a.account.clone();
            faults.push(Fault::Overlap { account, lines: [a.line, b.line], span });
        }
    };
    for (at, a) in mine.iter().enumerate() {
        let later = mine[at + 1..].iter();
        later.take_while(|b| b.account == a.account && b.starts < a.ends).for_each(|b| tell(a, b));
        beside.iter().for_each(|b| tell(b, a));
    }
    faults
}

/// What a roster gives of its own period, line by line: for the page and the terminal.
#[must_use]
pub fn covers(roster: &Roster, beside: &[Turn]) -> Vec<(Line, super::span::Cover)> {
    let all = roster.turns.iter().chain(beside);
    let of = |line| {
        let spans = all.clone().filter(|turn| turn.line == line).map(Turn::span);
        (line, cover(roster.period, spans))
    };
    Line::NEEDED.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn zone() -> TimeZone {
        TimeZone::get("Asia/Shanghai").expect("a zone")
    }

    /// 2026-12-07 00:00 in Shanghai.
    const DAY: UnixMs = UnixMs(1_796_572_800_000);

    fn at(clock: &str) -> UnixMs {
        let (hours, minutes) = clock.split_once(':').expect("HH:MM");
        let (hours, minutes): (i64, i64) =
            (hours.parse().expect("hours"), minutes.parse().expect("minutes"));
        DAY.plus_ms(hours * HOUR_MS + minutes * MINUTE_MS)
    }

    fn turn(text: &str) -> Turn {
        let [account, line, from, until] = text.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        let line = Line::parse(line).expect("a line");
        Turn { account: account.into(), line, starts: at(from), ends: at(until) }
    }

    fn day(turns: &[&str]) -> Roster {
        Roster {
            id: "r".into(),
            period: Span { from: DAY, until: at("24:00") },
            note: String::new(),
            turns: turns.iter().map(|text| turn(text)).collect(),
            drafted_by: "sun".into(),
            drafted: DAY,
            published: None,
        }
    }

    fn known() -> Vec<Known> {
        let one = |name: &str, role| Known { name: name.into(), role, active: name != "gone" };
        vec![
            one("li", Role::Operator),
            one("wang", Role::Operator),
            one("gone", Role::Operator),
            one("sun", Role::ShiftLeader),
            one("chen", Role::PatrolMember),
        ]
    }

    fn check(turns: &[&str], beside: &[&str], expect: &[&str]) {
        let beside: Vec<Turn> = beside.iter().map(|text| turn(text)).collect();
        let found = faults(&day(turns), &beside, &known(), DAY.plus_ms(-1));
        let told: Vec<String> = found
            .iter()
            .map(|fault| format!("{}: {}", fault.code(), fault.told(&zone())))
            .collect();
        assert_eq!(told, expect, "{turns:?}");
    }

    const SUN: &str = "sun standby 00:00 24:00";

    #[test]
    fn a_day_without_a_gap_is_good() {
        check(&["li duty 00:00 12:00", "wang duty 12:00 24:00", SUN], &[], &[]);
        // The night turn of the day before reaches in; ours reaches into the next day.
        check(
            &["li duty 08:00 20:00", "wang duty 20:00 32:00", "sun standby 00:00 30:00"],
            &["wang duty -4:00 08:00"],
            &[],
        );
    }

    #[test]
    fn a_gap_is_named_to_the_minute() {
        check(
            &["li duty 00:00 07:59", "wang duty 08:01 24:00", SUN],
            &[],
            &["roster_gap: nobody is on the line duty 2026-12-07 07:59–08:01 (2 min); add a turn"],
        );
        check(
            &["li duty 00:00 24:00", "sun standby 00:00 23:00"],
            &[],
            &["roster_gap: nobody is on the line standby 2026-12-07 23:00–2026-12-08 00:00 \
               (60 min); add a turn"],
        );
    }

    #[test]
    fn one_person_is_not_in_two_places() {
        check(
            &["li duty 00:00 12:30", "li standby 12:00 13:00", "wang duty 12:00 24:00", SUN],
            &["sun duty -1:00 00:30"],
            &[
                "roster_overlap: li is on two turns at once, duty and standby, \
                 2026-12-07 12:00–12:30; change one of them",
                "roster_overlap: sun is on two turns at once, duty and standby, \
                 2026-12-07 00:00–00:30; change one of them",
            ],
        );
        // The same turn written twice is an overlap, not a second person.
        let twice =
            faults(&day(&["li duty 00:00 24:00", "li duty 00:00 24:00", SUN]), &[], &known(), DAY);
        assert_eq!(twice.len(), 1);
    }

    #[test]
    fn only_who_is_known_and_fits_is_put_on_a_line() {
        check(
            &["li duty 00:00 24:00", SUN, "gone duty 00:00 01:00", "chen duty 02:00 03:00"],
            &[],
            &[
                "roster_line: chen is patrol_member and cannot take the line duty; choose another \
                 line",
                "roster_unknown: there is no active account gone; add it with gengfu user add",
            ],
        );
        check(
            &["li duty 00:00 24:00", SUN, "wang duty 25:00 26:00"],
            &[],
            &["roster_outside: the turn of wang 2026-12-08 01:00–02:00 does not begin in the \
               roster's days"],
        );
    }

    #[test]
    fn what_is_past_is_not_asked_for() {
        let roster = day(&["li duty 12:00 24:00", "sun standby 12:00 24:00"]);
        assert_eq!(faults(&roster, &[], &known(), at("12:00")), []);
        assert_eq!(faults(&roster, &[], &known(), at("11:59")).len(), 2);
    }

    #[test]
    fn a_long_day_has_its_hour_twice() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let moment = |text: &str| {
            UnixMs(text.parse::<jiff::Timestamp>().expect("a moment").as_millisecond())
        };
        let (from, until) = (moment("2026-10-24T22:00:00Z"), moment("2026-10-25T23:00:00Z"));
        let period = Span { from, until };
        let of = |account: &str, line, until| Turn {
            account: account.into(),
            line,
            starts: from,
            ends: until,
        };
        let day = |ends| Roster {
            period,
            turns: vec![of("li", Line::Duty, ends), of("sun", Line::Standby, until)],
            ..day(&[])
        };
        assert_eq!(faults(&day(until), &[], &known(), from), []);
        // 24 hours are not enough for a day of 25.
        let short = faults(&day(from.plus_ms(24 * HOUR_MS)), &[], &known(), from);
        let told: Vec<String> = short.iter().map(|fault| fault.told(&zone)).collect();
        assert_eq!(
            told,
            ["nobody is on the line duty 2026-10-25 23:00–2026-10-26 00:00 (60 min); add a turn"]
        );
    }
}
