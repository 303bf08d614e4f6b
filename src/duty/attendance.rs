//! Who is there: signing on and off, each for oneself, and what the rows say afterwards.
//!
//! Responsibility goes with a row, not with the roster: a turn that nobody signed on for is a gap.
//! Pure.

use super::span::cover;
use super::{Line, Refused, Span, Turn};
use crate::clock::UnixMs;
use crate::ticket::Actor;

/// Before a turn one may sign on for it: relief comes ten to fifteen minutes early (`domain` 2.5).
pub const EARLY_MS: i64 = 15 * 60_000;
/// Signing on later than this is told as late (guess, revisit).
pub const LATE_AFTER_MS: i64 = 5 * 60_000;

/// One person's presence from signing on to signing off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// UUIDv7.
    pub id: String,
    pub account: String,
    pub line: Line,
    pub on: UnixMs,
    /// `console` or `phone`.
    pub via: String,
    /// The turn that it is for; `None` outside of one's turns.
    pub turn: Option<Span>,
    /// Why outside of a turn; else empty.
    pub reason: String,
    pub off: Option<Off>,
}

/// How a presence ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Off {
    pub at: UnixMs,
    /// Who signed off; the daemon itself when somebody forgot to.
    pub by: String,
    pub reason: String,
}

impl Attendance {
    /// Its time up to `now`.
    #[must_use]
    pub fn span(&self, now: UnixMs) -> Span {
        let until = self.off.as_ref().map_or(now, |off| off.at.min(now));
        Span { from: self.on, until }
    }
}

/// What somebody asks when signing on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignOn {
    /// For whom; only oneself is taken.
    pub account: Option<String>,
    /// Left out: the line of the turn, or the usual one of the role.
    pub line: Option<Line>,
    pub reason: String,
    pub via: String,
}

/// Whether `actor` may sign on at `now`: the new row (its id left empty), or `None` when it is
/// there already. `turns`: the actor's own around `now`. `open`: the actor's presence that lasts.
///
/// # Errors
/// The refusal.
pub fn sign_on(
    actor: &Actor,
    ask: &SignOn,
    (turns, open): (&[Turn], Option<&Attendance>),
    now: UnixMs,
) -> Result<Option<Attendance>, Refused> {
    oneself(actor, ask.account.as_deref())?;
    let due = |turn: &&Turn| {
        turn.account == actor.name
            && ask.line.is_none_or(|line| line == turn.line)
            && turn.starts.plus_ms(-EARLY_MS) <= now
            && now < turn.ends
    };
    // The newest turn: who stays from one to the next signs on for the next.
    let turn = turns.iter().filter(due).max_by_key(|turn| turn.starts);
    let usual = Line::ALL.into_iter().find(|line| line.takes(actor.role));
    let line = ask.line.or(turn.map(|turn| turn.line)).or(usual).unwrap_or(Line::Duty);
    if !line.takes(actor.role) {
        let (line, role) = (line.as_str(), actor.role.as_str());
        return Err(Refused::LineNotForRole { line, role });
    }
    if let Some(open) = open {
        if open.line == line {
            return Ok(None);
        }
        return Err(Refused::AlreadyOn { line: open.line.as_str() });
    }
    let reason = ask.reason.trim().to_owned();
    if turn.is_none() && reason.is_empty() {
        return Err(Refused::OutsideShift { line: line.as_str() });
    }
    Ok(Some(Attendance {
        id: String::new(),
        account: actor.name.clone(),
        line,
        on: now,
        via: ask.via.clone(),
        turn: turn.map(Turn::span),
        reason,
        off: None,
    }))
}

/// Whether `actor` may sign off at `now`. `others`: how many else are signed on to the same line.
///
/// # Errors
/// The refusal.
pub fn sign_off(
    actor: &Actor,
    (account, reason): (Option<&str>, &str),
    (open, others): (Option<&Attendance>, usize),
    now: UnixMs,
) -> Result<Off, Refused> {
    oneself(actor, account)?;
    let open = open.ok_or(Refused::NotOn)?;
    let reason = reason.trim().to_owned();
    if reason.is_empty() {
        // Who was on duty does not leave without relief, also when the turn is over.
        if open.line == Line::Duty && others == 0 {
            return Err(Refused::NoRelief);
        }
        if let Some(turn) = open.turn
            && now < turn.until
        {
            return Err(Refused::LeavesEarly { until: turn.until });
        }
    }
    Ok(Off { at: now, by: actor.name.clone(), reason })
}

/// Nobody signs for somebody else.
///
/// # Errors
/// `NotOneself`.
pub fn oneself(actor: &Actor, account: Option<&str>) -> Result<(), Refused> {
    match account {
        Some(other) if other != actor.name => {
            Err(Refused::NotOneself { account: other.to_owned() })
        }
        Some(_) | None => Ok(()),
    }
}

/// What the rows say against a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Signed on so much after the turn began, ms.
    Late { turn: Turn, by_ms: i64 },
    /// Never signed on for the turn, which has begun long enough ago, or is over.
    Missed { turn: Turn },
    /// Gone so much before the turn's end, ms, and not back.
    LeftEarly { turn: Turn, by_ms: i64 },
}

impl Finding {
    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Late { .. } => "late",
            Self::Missed { .. } => "missed",
            Self::LeftEarly { .. } => "left_early",
        }
    }

    /// The turn that it is about.
    #[must_use]
    pub const fn turn(&self) -> &Turn {
        match self {
            Self::Late { turn, .. } | Self::Missed { turn } | Self::LeftEarly { turn, .. } => turn,
        }
    }

    /// By how much, ms; of a missed turn nothing.
    #[must_use]
    pub const fn by_ms(&self) -> Option<i64> {
        match self {
            Self::Late { by_ms, .. } | Self::LeftEarly { by_ms, .. } => Some(*by_ms),
            Self::Missed { .. } => None,
        }
    }
}

/// What is to be said of each turn at `now`: a turn that one has come for late is told once it is
/// known, a missed one when signing on would be late.
#[must_use]
pub fn findings(turns: &[Turn], rows: &[Attendance], now: UnixMs) -> Vec<Finding> {
    let mut findings = Vec::new();
    for turn in turns.iter().filter(|turn| turn.starts.plus_ms(LATE_AFTER_MS) < now) {
        let mine = rows.iter().filter(|row| row.account == turn.account && row.line == turn.line);
        let present = mine.map(|row| row.span(now));
        let until = turn.ends.min(now);
        let cover = cover(Span { from: turn.starts, until }, present);
        let turn = turn.clone();
        if cover.covered_ms() == 0 {
            findings.push(Finding::Missed { turn });
            continue;
        }
        let first = cover.gaps.first().filter(|gap| gap.from == turn.starts);
        if let Some(gap) = first.filter(|gap| gap.ms() > LATE_AFTER_MS) {
            findings.push(Finding::Late { turn: turn.clone(), by_ms: gap.ms() });
        }
        let last = cover.gaps.last().filter(|gap| gap.until == turn.ends && turn.ends <= now);
        if let Some(gap) = last.filter(|gap| gap.ms() > LATE_AFTER_MS) {
            findings.push(Finding::LeftEarly { turn, by_ms: gap.ms() });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Role;

    const MINUTE_MS: i64 = 60_000;

    fn minute(minutes: i64) -> UnixMs {
        UnixMs(minutes * MINUTE_MS)
    }

    fn turn(account: &str, line: Line, starts: i64, ends: i64) -> Turn {
        Turn { account: account.into(), line, starts: minute(starts), ends: minute(ends) }
    }

    fn li() -> Actor {
        Actor { name: "li".into(), role: Role::Operator }
    }

    fn row(on: i64, off: Option<i64>) -> Attendance {
        let off = off.map(|at| Off { at: minute(at), by: "li".into(), reason: String::new() });
        Attendance {
            id: "a".into(),
            account: "li".into(),
            line: Line::Duty,
            on: minute(on),
            via: "console".into(),
            turn: Some(Span { from: minute(100), until: minute(200) }),
            reason: String::new(),
            off,
        }
    }

    /// `new duty in turn`, `there`, or the code.
    fn on(actor: &Actor, ask: &SignOn, open: Option<&Attendance>, now: i64) -> String {
        let turns = [turn("li", Line::Duty, 100, 200), turn("wang", Line::Duty, 0, 400)];
        match sign_on(actor, ask, (&turns, open), minute(now)) {
            Ok(Some(row)) => {
                let place = if row.turn.is_some() { "in turn" } else { "outside" };
                format!("{} {place}", row.line.as_str())
            }
            Ok(None) => "there".into(),
            Err(refused) => refused.code().into(),
        }
    }

    #[test]
    fn one_signs_on_for_ones_turn_and_a_little_before() {
        let ask = SignOn::default();
        for (now, expect) in [
            (84, "outside_shift"),
            (85, "duty in turn"),
            (150, "duty in turn"),
            (199, "duty in turn"),
            (200, "outside_shift"),
        ] {
            assert_eq!(on(&li(), &ask, None, now), expect, "{now}");
        }
        let why = SignOn { reason: "wang is ill".into(), ..SignOn::default() };
        assert_eq!(on(&li(), &why, None, 20), "duty outside");
        let blank = SignOn { reason: "  ".into(), ..SignOn::default() };
        assert_eq!(on(&li(), &blank, None, 20), "outside_shift");
    }

    #[test]
    fn one_signs_on_as_oneself_once_and_on_a_line_of_ones_own() {
        let of = |name: &str| SignOn { account: Some(name.into()), ..SignOn::default() };
        assert_eq!(on(&li(), &of("wang"), None, 150), "not_oneself");
        assert_eq!(on(&li(), &of("li"), None, 150), "duty in turn");
        let patrol = SignOn { line: Some(Line::Patrol), ..SignOn::default() };
        assert_eq!(on(&li(), &patrol, None, 150), "line_not_for_role");
        let there = row(100, None);
        assert_eq!(on(&li(), &SignOn::default(), Some(&there), 150), "there");
        let standby = SignOn { line: Some(Line::Standby), ..SignOn::default() };
        assert_eq!(on(&li(), &standby, Some(&there), 150), "already_on");
        let chen = Actor { name: "chen".into(), role: Role::PatrolMember };
        let why = SignOn { reason: "called in".into(), ..SignOn::default() };
        assert_eq!(on(&chen, &why, None, 150), "patrol outside");
        let admin = Actor { name: "root".into(), role: Role::Admin };
        assert_eq!(on(&admin, &why, None, 150), "line_not_for_role");
    }

    fn off(reason: &str, open: Option<&Attendance>, others: usize, now: i64) -> &'static str {
        let asked = (Some("li"), reason);
        sign_off(&li(), asked, (open, others), minute(now)).map_or_else(|r| r.code(), |_| "off")
    }

    #[test]
    fn nobody_leaves_early_or_without_relief_without_a_word() {
        let open = row(100, None);
        assert_eq!(off("", None, 1, 150), "not_on");
        assert_eq!(off("", Some(&open), 1, 200), "off");
        assert_eq!(off("", Some(&open), 1, 199), "leaves_early");
        assert_eq!(off("ill", Some(&open), 1, 199), "off");
        assert_eq!(off("", Some(&open), 0, 200), "no_relief");
        assert_eq!(off("nobody comes", Some(&open), 0, 260), "off");
        let other = sign_off(&li(), (Some("wang"), "x"), (Some(&open), 1), minute(200));
        assert_eq!(other.map_err(|r| r.code()), Err("not_oneself"));
    }

    fn check(rows: &[Attendance], now: i64, expect: &[(&str, Option<i64>)]) {
        let turns = [turn("li", Line::Duty, 100, 200)];
        let found = findings(&turns, rows, minute(now));
        let told: Vec<(&str, Option<i64>)> =
            found.iter().map(|f| (f.as_str(), f.by_ms().map(|ms| ms / MINUTE_MS))).collect();
        assert_eq!(told, expect, "at {now}");
    }

    #[test]
    fn late_missed_and_left_early_are_findings() {
        check(&[], 105, &[]);
        check(&[], 106, &[("missed", None)]);
        check(&[], 300, &[("missed", None)]);
        check(&[row(105, None)], 150, &[]);
        check(&[row(106, None)], 150, &[("late", Some(6))]);
        check(&[row(90, Some(200))], 300, &[]);
        check(&[row(90, Some(180))], 190, &[]);
        check(&[row(90, Some(180))], 300, &[("left_early", Some(20))]);
        check(&[row(110, Some(180))], 300, &[("late", Some(10)), ("left_early", Some(20))]);
        check(&[row(90, Some(120)), row(130, Some(230))], 300, &[]);
        let other = Attendance { account: "wang".into(), ..row(90, Some(200)) };
        check(&[other], 300, &[("missed", None)]);
    }
}
