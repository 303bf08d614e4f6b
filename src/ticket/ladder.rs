//! The ladder of a clock: reminders, the mark that it ran out, and whom it reaches then. Pure.
//!
//! Every step fires once for one run of a clock: what has fired is a set in the running clock, and
//! the row of the step is marked in the transaction that writes its line of the log. Only the next
//! step of a clock has a row that waits; the row after it is written when that one fires.

#![allow(clippy::wildcard_enum_match_arm, reason = "a step that is not named tells somebody")]

use super::act::{Effect, Rejected};
use super::clocks::{ClockName, Policy, Running};
use super::life::{Life, State};
use super::lifecycle::{Moment, Step};
use super::{Role, pause};
use crate::clock::UnixMs;

/// A step of a ladder, in the order in which steps of the same moment fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    FirstReminder,
    SecondReminder,
    /// The clock has run out.
    Late,
    SecondOperator,
    /// A second member is asked to come: a deed of dispatch.
    SecondUnit,
    ShiftLeader,
    Director,
    SuperiorCentre,
    /// A person is asked to call 110, 119 or 120; the machine never does.
    PromptCall,
    /// It goes on the week's list of supervision (督办).
    WeeklyList,
    /// The next member is asked in place of the one who does not answer: a deed of dispatch.
    Reoffer,
    /// A suspension is over; parked work is looked at again.
    PauseOver,
    /// A closed ticket can no longer be reopened.
    Archive,
}

impl Level {
    pub const ALL: [Self; 13] = [
        Self::FirstReminder,
        Self::SecondReminder,
        Self::Late,
        Self::SecondOperator,
        Self::SecondUnit,
        Self::ShiftLeader,
        Self::Director,
        Self::SuperiorCentre,
        Self::PromptCall,
        Self::WeeklyList,
        Self::Reoffer,
        Self::PauseOver,
        Self::Archive,
    ];
    /// In the order of the rule file's `reminders`.
    pub const REMINDERS: [Self; 2] = [Self::FirstReminder, Self::SecondReminder];

    /// The word in rows, messages and rule files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstReminder => "reminder_1",
            Self::SecondReminder => "reminder_2",
            Self::Late => "late",
            Self::SecondOperator => "second_operator",
            Self::SecondUnit => "second_unit",
            Self::ShiftLeader => "shift_leader",
            Self::Director => "director",
            Self::SuperiorCentre => "superior_centre",
            Self::PromptCall => "prompt_call",
            Self::WeeklyList => "weekly_list",
            Self::Reoffer => "reoffer",
            Self::PauseOver => "pause_over",
            Self::Archive => "archive",
        }
    }

    /// The level with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == word)
    }

    /// Whether it is counted from the first order that nobody acknowledged, not from the last.
    #[must_use]
    pub const fn is_of_chain(self) -> bool {
        matches!(
            self,
            Self::ShiftLeader
                | Self::Director
                | Self::SuperiorCentre
                | Self::PromptCall
                | Self::WeeklyList
        )
    }

    /// Whether something is done rather than somebody told; dispatch does it.
    #[must_use]
    pub const fn is_deed(self) -> bool {
        matches!(self, Self::SecondUnit | Self::Reoffer)
    }

    /// Whether it reminds before the clock has run out.
    #[must_use]
    pub const fn is_reminder(self) -> bool {
        matches!(self, Self::FirstReminder | Self::SecondReminder)
    }

    /// Whether somebody is told who then has to say that they know.
    #[must_use]
    pub const fn is_escalation(self) -> bool {
        matches!(
            self,
            Self::SecondOperator
                | Self::ShiftLeader
                | Self::Director
                | Self::SuperiorCentre
                | Self::PromptCall
                | Self::WeeklyList
        )
    }

    /// The word of the act in the log.
    #[must_use]
    pub const fn act(self) -> &'static str {
        match self {
            Self::FirstReminder | Self::SecondReminder => "remind",
            Self::Late => "due",
            Self::PauseOver => "pause_over",
            Self::Archive => "archive",
            _ => "escalate",
        }
    }

    /// The role whose people on duty are told; none where nobody of the centre is.
    #[must_use]
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::SecondOperator => Some(Role::Operator),
            Self::ShiftLeader | Self::PromptCall | Self::PauseOver => Some(Role::ShiftLeader),
            // The superior centre is written to by the director.
            Self::Director | Self::SuperiorCentre | Self::WeeklyList => Some(Role::Director),
            _ => None,
        }
    }

    const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The levels that have fired for one run of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fired(u16);

impl Fired {
    /// No bit is set: nothing has fired.
    pub const NOTHING: Self = Self(0);

    #[must_use]
    pub const fn has(self, level: Level) -> bool {
        self.0 & level.bit() != 0
    }

    #[must_use]
    pub const fn with(self, level: Level) -> Self {
        Self(self.0 | level.bit())
    }

    /// Those that belong to the chain of orders, for the next order of it.
    #[must_use]
    pub fn of_chain(self) -> Self {
        let levels = Level::ALL.into_iter().filter(|level| level.is_of_chain() && self.has(*level));
        levels.fold(Self::NOTHING, Self::with)
    }

    /// As it stands in a row.
    #[must_use]
    pub fn to_row(self) -> i64 {
        i64::from(self.0)
    }

    /// Out of a row.
    #[must_use]
    pub fn of_row(row: i64) -> Self {
        Self(u16::try_from(row).unwrap_or_default())
    }
}

/// One step with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    pub level: Level,
    /// Share of the clock.
    pub percent: u32,
    pub due: UnixMs,
}

/// A step of one run of one clock that waits, or has fired: what a row of `deadline` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    pub clock: ClockName,
    /// Names the run: its start, or the start of the chain.
    pub from: UnixMs,
    pub level: Level,
    pub percent: u32,
    pub due: UnixMs,
}

/// The next step of every clock that runs, soonest first.
#[must_use]
pub fn next(life: &Life, policy: &Policy) -> Vec<Deadline> {
    let mut waiting: Vec<Deadline> =
        life.clocks(policy).iter().filter_map(|running| next_of(life, running, policy)).collect();
    waiting.sort_by_key(|deadline| (deadline.due, deadline.level));
    waiting
}

fn next_of(life: &Life, running: &Running, policy: &Policy) -> Option<Deadline> {
    let rungs = policy.ladder(life, running).into_iter();
    let rung = rungs.into_iter().find(|rung| !running.fired.has(rung.level))?;
    Some(deadline(running, rung))
}

const fn deadline(running: &Running, rung: Rung) -> Deadline {
    let Rung { level, percent, due } = rung;
    Deadline { clock: running.name, from: running.from(level), level, percent, due }
}

/// The whole ladder of every clock that runs, with what has fired of it.
#[must_use]
pub fn whole(life: &Life, policy: &Policy) -> Vec<(Deadline, bool)> {
    let of = |running: &Running| {
        let rungs = policy.ladder(life, running).into_iter();
        rungs
            .map(|rung| (deadline(running, rung), running.fired.has(rung.level)))
            .collect::<Vec<_>>()
    };
    life.clocks(policy).iter().flat_map(of).collect()
}

/// The step whose time came first of those that have not fired, by `now`.
#[must_use]
pub fn due(life: &Life, policy: &Policy, now: UnixMs) -> Option<Deadline> {
    next(life, policy).into_iter().find(|step| step.due <= now)
}

/// A due time that has come, and whom it reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    pub deadline: Deadline,
    /// Accounts that are told, as they are on duty now.
    pub to: Vec<String>,
}

/// A due time passes: what it changes, and who is told. A step that has fired, or whose clock no
/// longer runs, changes nothing.
pub(super) fn fire(life: &Life, due: &Due, at: Moment) -> Result<Step, Rejected> {
    let Deadline { clock, from, level, .. } = due.deadline;
    let mut fired = Step::unchanged(life);
    let runs = |running: &Running| {
        running.name == clock && running.from(level) == from && !running.fired.has(level)
    };
    if due.deadline.due > at.now || !life.clocks(at.policy).iter().any(runs) {
        return Ok(fired);
    }
    fired.life.mark(clock, level);
    match level {
        Level::Late if !life.late.contains(&clock) => fired.life.late.push(clock),
        Level::Late => {}
        Level::PauseOver => return Ok(pause::over(fired, due, at)),
        Level::Archive => {
            if let State::Closed(closed) = &mut fired.life.state {
                closed.archived = Some(at.now);
            }
        }
        _ => fired.effects.push(Effect::Tell { deadline: due.deadline, to: due.to.clone() }),
    }
    Ok(fired)
}

/// Somebody who was told says that they know.
pub(super) fn acknowledge(life: &Life, to: &[String], at: Moment) -> Result<Step, Rejected> {
    if !to.contains(&at.actor.name) {
        return Err(Rejected::NotTold);
    }
    Ok(Step::unchanged(life))
}
