//! The clocks of a ticket: which runs in which state, how long, and the policy behind them.
//!
//! Each clock starts at a recorded moment and has a due time that is stored with the ticket, so
//! that a restart or a change of policy never moves a deadline that already runs.

#![allow(clippy::wildcard_enum_match_arm, reason = "clocks that are not named are the journey's")]

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::Severity;
use super::ladder::{Fired, Level, Rung};
use super::life::Life;
use crate::clock::{Calendar, UnixMs};
use crate::config;
use crate::config::policy::{self, Rules, Span};

/// The clocks: the six of the journey in running order, then those beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockName {
    Verify,
    Dispatch,
    Ack,
    Arrive,
    Reply,
    Close,
    /// A second look at what could not be told; runs beside `Verify`.
    Undetermined,
    /// How long a ticket may stay suspended or parked; everything else stands still.
    Pause,
    /// How long a closed ticket may be reopened.
    Reopen,
}

impl ClockName {
    /// The clocks of the journey in running order.
    pub const ALL: [Self; 6] =
        [Self::Verify, Self::Dispatch, Self::Ack, Self::Arrive, Self::Reply, Self::Close];
    /// Those that are nobody's time limit for a step of the journey.
    pub const BESIDE: [Self; 3] = [Self::Undetermined, Self::Pause, Self::Reopen];

    /// The word in rows and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Dispatch => "dispatch",
            Self::Ack => "ack",
            Self::Arrive => "arrive",
            Self::Reply => "reply",
            Self::Close => "close",
            Self::Undetermined => "undetermined",
            Self::Pause => "pause",
            Self::Reopen => "reopen",
        }
    }

    /// The clock with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::BESIDE).find(|clock| clock.as_str() == word)
    }
}

/// A clock that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub name: ClockName,
    pub started: UnixMs,
    pub due: UnixMs,
    /// Since when nobody has acknowledged, over all members that were asked one after another; the
    /// start of every other clock.
    pub chain: UnixMs,
    /// By how much suspensions and an extension have moved its due times, ms.
    pub moved_ms: i64,
    /// What has fired of its ladder.
    pub fired: Fired,
}

impl Running {
    /// A clock of which nothing has fired.
    #[must_use]
    pub const fn new(name: ClockName, started: UnixMs, due: UnixMs) -> Self {
        Self { name, started, due, chain: started, moved_ms: 0, fired: Fired::NOTHING }
    }

    /// Whether it is marked that it ran out.
    #[must_use]
    pub const fn is_late(&self) -> bool {
        self.fired.has(Level::Late)
    }

    /// The moment that names this run of the clock for a level of its ladder.
    #[must_use]
    pub const fn from(&self, level: Level) -> UnixMs {
        if level.is_of_chain() { self.chain } else { self.started }
    }

    /// This clock of the next member, in the chain of `before`: what has fired for the centre does
    /// not fire again.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        Self { chain: before.chain, fired: before.fired.of_chain(), ..self }
    }

    /// All of it later by `ms`.
    #[must_use]
    pub const fn moved(self, ms: i64) -> Self {
        Self { due: self.due.plus_ms(ms), moved_ms: self.moved_ms.saturating_add(ms), ..self }
    }
}

/// One version of the rules with the calendar they are counted by. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Policy {
    /// 0 is what the configuration says; from 1 on the versions of the store.
    pub version: i64,
    /// The rule file of the configuration as it is written; empty where there is none.
    pub text: Arc<str>,
    rules: Arc<Rules>,
    calendar: Arc<Calendar>,
    zone: TimeZone,
    pub reply_photos_min: usize,
    pub reply_text_min: usize,
}

impl Policy {
    /// The rules of a configuration without holidays.
    #[must_use]
    pub fn new(policy: &config::Policy) -> Self {
        Self::of(0, Rules::of(policy), (Calendar::default(), TimeZone::UTC))
    }

    /// The rules of a configuration, counted by its calendar in its time zone.
    #[must_use]
    pub fn configured(config: &config::Config) -> Self {
        let zone = config.time_zone().unwrap_or(TimeZone::UTC);
        let days = (config.calendar.days(), zone);
        let text = Arc::from(config.policy.text.as_str());
        Self { text, ..Self::of(0, Rules::of(&config.policy), days) }
    }

    /// A version of the rules, counted by a calendar in a zone.
    #[must_use]
    pub fn of(version: i64, rules: Rules, days: (Calendar, TimeZone)) -> Self {
        Self {
            version,
            text: Arc::from(""),
            reply_photos_min: rules.reply.photos_min as usize,
            reply_text_min: rules.reply.text_min as usize,
            rules: Arc::new(rules),
            calendar: Arc::new(days.0),
            zone: days.1,
        }
    }

    /// Other rules by the same calendar.
    #[must_use]
    pub fn with(&self, version: i64, rules: Rules) -> Self {
        Self::of(version, rules, ((*self.calendar).clone(), self.zone.clone()))
    }

    /// What the rules say.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// A clock of this severity that starts at `started`, whatever the category.
    #[must_use]
    pub fn start(&self, severity: Severity, name: ClockName, started: UnixMs) -> Running {
        let span = self.rules.span(name.as_str(), severity.as_str(), None);
        Running::new(name, started, self.after(started, span, 100))
    }

    /// A clock of this ticket, by its severity and category.
    #[must_use]
    pub fn clock(&self, life: &Life, name: ClockName, started: UnixMs) -> Running {
        Running::new(name, started, self.after(started, self.span(life, name), 100))
    }

    /// A clock that runs, by what the ticket is now: counted from the same start, with what has
    /// moved it and what has fired.
    #[must_use]
    pub fn again(&self, life: &Life, running: Running) -> Running {
        let anew = self.clock(life, running.name, running.started);
        Running { due: anew.due.plus_ms(running.moved_ms), ..running }
    }

    /// How long a clock of this ticket runs.
    #[must_use]
    pub fn span(&self, life: &Life, name: ClockName) -> Span {
        match name {
            ClockName::Reopen => self.rules.reopen_within,
            name => {
                self.rules.span(name.as_str(), life.severity.as_str(), life.category.as_deref())
            }
        }
    }

    /// The moment at which `percent` of a span have passed.
    #[must_use]
    pub fn after(&self, from: UnixMs, span: Span, percent: u32) -> UnixMs {
        match span {
            Span::Ms(_) => from.plus_ms(span.percent(percent)),
            Span::WorkingDays(_) => {
                self.calendar.after_working(from, span.percent(percent), &self.zone)
            }
        }
    }

    /// When the rules have something done about a clock that runs out: ask the next member, or a
    /// second one. Dispatch does it, and looks again until it is done.
    #[must_use]
    pub fn deed(&self, life: &Life, running: &Running, deed: Level) -> Option<UnixMs> {
        let steps = self.rules.steps(running.name.as_str(), life.severity.as_str());
        let mut steps = steps.iter().filter_map(|text| policy::step(text));
        let (percent, _) = steps.find(|(_, word)| *word == deed.as_str())?;
        let span = self.span(life, running.name);
        Some(self.after(running.started, span, percent).plus_ms(running.moved_ms))
    }

    /// The ladder of a clock that runs: every step with its due time, in the order of firing.
    #[must_use]
    pub fn ladder(&self, life: &Life, running: &Running) -> Vec<Rung> {
        let span = self.span(life, running.name);
        let at = |level: Level, percent: u32| {
            let due = self.after(running.from(level), span, percent).plus_ms(running.moved_ms);
            Rung { level, percent, due }
        };
        let once = |level: Level| vec![Rung { level, percent: 100, due: running.due }];
        match running.name {
            ClockName::Pause => return once(Level::PauseOver),
            ClockName::Reopen => return once(Level::Archive),
            _ => {}
        }
        let reminders = self.rules.reminders.iter().zip(Level::REMINDERS);
        let mut rungs: Vec<Rung> = reminders.map(|(percent, level)| at(level, *percent)).collect();
        rungs.push(Rung { level: Level::Late, percent: 100, due: running.due });
        let steps = self.rules.steps(running.name.as_str(), life.severity.as_str());
        rungs.extend(steps.iter().filter_map(|text| {
            let (percent, word) = policy::step(text)?;
            // What is done besides telling somebody is dispatch's: see `deed`.
            let level = Level::parse(word).filter(|level| !level.is_deed())?;
            Some(at(level, percent))
        }));
        rungs.sort_by_key(|rung| (rung.due, rung.level));
        rungs
    }
}
