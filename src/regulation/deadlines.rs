//! Did every due time fire, once and in its time? Told from the log alone (VM-4).
//!
//! The log of a ticket says when each clock started, moved and stopped. From that and the rules
//! that the ticket was born with follows every step of every ladder that had to fire, without
//! looking at what the daemon kept beside the log. A step that is missing, came twice, came too
//! early or was never due is a fault.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::clock::UnixMs;
use crate::ticket::clocks::Running;
use crate::ticket::filing::Proposal;
use crate::ticket::ladder::{self, Deadline, Fired, Level};
use crate::ticket::life::Dismissal;
use crate::ticket::log::LogEntry;
use crate::ticket::{ClockName, Life, Policies, Policy, Severity, State, TicketId};

/// How long after its time a step may still be on its way, ms: the desk looks every second, and a
/// machine under load takes a while (guess, revisit).
pub const GRACE_MS: i64 = 60_000;

/// What is wrong with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Its time came while its clock ran, and it is not in the log.
    Missing,
    /// It fired a second time for the same run of the clock.
    Twice,
    /// It fired before its time.
    Early,
    /// No clock that ran has such a step.
    NeverDue,
}

impl Wrong {
    /// The word at the interfaces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Twice => "twice",
            Self::Early => "early",
            Self::NeverDue => "never_due",
        }
    }
}

/// One step that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub ticket: TicketId,
    pub number: i64,
    pub deadline: Deadline,
    pub wrong: Wrong,
    /// When it was noticed: the line that it is about, or the moment of the audit.
    pub at: UnixMs,
}

/// What an audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub tickets: u64,
    /// Of a daemon that kept no ladders: nothing can be said of them.
    pub older: u64,
    /// Steps that fired once, in their time.
    pub fired: u64,
    /// Steps that wait for their time.
    pub waiting: u64,
    /// The longest time between a due time and its line of the log, ms.
    pub longest_ms: i64,
    pub faults: Vec<Fault>,
}

impl Audit {
    /// Adds the story of one ticket, its lines by version, as of `now`.
    pub fn add<'a>(
        &mut self,
        lines: impl IntoIterator<Item = &'a LogEntry>,
        policies: &Policies,
        now: UnixMs,
    ) {
        let mut lines = lines.into_iter().peekable();
        let Some(first) = lines.peek() else { return };
        self.tickets += 1;
        let Some(version) = first.detail.get("policy").and_then(Value::as_i64) else {
            self.older += 1;
            return;
        };
        let policy = policies.of(version);
        let mut story = Story::begin(first, version);
        for line in lines {
            if let Some(fired) = fired(line) {
                self.judge(&mut story, &fired, (line, policy));
            } else {
                self.missing(&mut story, (line.at, line.at), policy);
            }
            story.go_on(line, policy);
        }
        self.missing(&mut story, (now.plus_ms(-GRACE_MS), now), policy);
        self.waiting += ladder::next(&story.life, policy).len() as u64;
    }

    /// Steps whose time had come by `until`, and which nobody has written down; each is told once.
    fn missing(&mut self, story: &mut Story, (until, at): (UnixMs, UnixMs), policy: &Policy) {
        while let Some(late) = ladder::due(&story.life, policy, until) {
            self.fault(story, late, (Wrong::Missing, at));
            story.fire(&late);
        }
    }

    /// A line that says that a step fired.
    fn judge(&mut self, story: &mut Story, fired: &Deadline, (line, policy): (&LogEntry, &Policy)) {
        let same = |(one, _): &&(Deadline, bool)| {
            (one.clock, one.from, one.level) == (fired.clock, fired.from, fired.level)
        };
        let whole = ladder::whole(&story.life, policy);
        let wrong = match whole.iter().find(same) {
            None => Wrong::NeverDue,
            Some((_, true)) => Wrong::Twice,
            Some((step, false)) if step.due > line.at => Wrong::Early,
            Some((step, false)) => {
                self.fired += 1;
                self.longest_ms = self.longest_ms.max(line.at.since_ms(step.due));
                story.fire(fired);
                return;
            }
        };
        story.fire(fired);
        self.fault(story, *fired, (wrong, line.at));
    }

    fn fault(&mut self, story: &Story, deadline: Deadline, (wrong, at): (Wrong, UnixMs)) {
        let (ticket, number) = (story.ticket.clone(), story.number);
        self.faults.push(Fault { ticket, number, deadline, wrong, at });
    }
}

/// The step that a line says has fired.
fn fired(line: &LogEntry) -> Option<Deadline> {
    let number = |key: &str| line.detail.get(key).and_then(Value::as_i64);
    if line.input == "acknowledge" {
        return None;
    }
    Some(Deadline {
        clock: ClockName::parse(text(&line.detail, "of")?)?,
        from: UnixMs(number("from_ms")?),
        level: Level::parse(text(&line.detail, "level")?)?,
        percent: u32::try_from(number("percent")?).ok()?,
        due: UnixMs(number("fired_due_ms")?),
    })
}

/// The clocks of one ticket as its log tells them: a life of which nothing else is known.
#[derive(Clone, Debug)]
struct Story {
    ticket: TicketId,
    number: i64,
    life: Life,
    /// Every step that has fired, by the run of its clock.
    past: BTreeSet<(ClockName, UnixMs, Level)>,
}

impl Story {
    fn begin(line: &LogEntry, version: i64) -> Self {
        let severity = text(&line.detail, "severity").and_then(Severity::parse);
        let severity = severity.unwrap_or(Severity::S4);
        let proposal = Proposal { severity, category: String::new(), place: String::new() };
        let life = Life::begin(&proposal, version, over(line.at));
        Self { ticket: line.ticket.clone(), number: line.number, life, past: BTreeSet::new() }
    }

    /// What the line says of the clocks holds from now on.
    fn go_on(&mut self, line: &LogEntry, policy: &Policy) {
        let facts = &line.detail;
        if matches!(&*line.input, "classify" | "dispatch_ahead") {
            let severity = text(facts, "severity").and_then(Severity::parse);
            self.life.severity = severity.unwrap_or(self.life.severity);
            self.life.category = text(facts, "category").map(str::to_owned);
        }
        if facts.get("clock").is_some_and(Value::is_string) {
            self.life.state = State::New { clock: self.running(facts) };
        } else if ends(line) {
            self.life.state = over(line.at);
        }
        if let Some(beside) = facts.get("beside") {
            self.life.beside = (!beside.is_null()).then(|| self.running(beside));
        }
        if line.input == "check_pass" {
            self.life.beside = Some(policy.clock(&self.life, ClockName::Reopen, line.at));
        }
    }

    /// A clock by the facts of a line.
    fn running(&self, facts: &Value) -> Running {
        let ms = |key: &str| facts.get(key).and_then(Value::as_i64);
        let name = text(facts, "clock").and_then(ClockName::parse).unwrap_or(ClockName::Close);
        let started = UnixMs(ms("started_ms").unwrap_or_default());
        let due = UnixMs(ms("due_ms").unwrap_or_default());
        let chain = ms("chain_ms").map_or(started, UnixMs);
        let moved_ms = ms("moved_ms").unwrap_or_default();
        let running = Running { chain, moved_ms, ..Running::new(name, started, due) };
        let has = |level: &Level| self.past.contains(&(name, running.from(*level), *level));
        let fired = Level::ALL.into_iter().filter(has).fold(Fired::NOTHING, Fired::with);
        Running { fired, ..running }
    }

    fn fire(&mut self, step: &Deadline) {
        self.past.insert((step.clock, step.from, step.level));
        self.life.mark(step.clock, step.level);
    }
}

fn text<'a>(facts: &'a Value, key: &str) -> Option<&'a str> {
    facts.get(key).and_then(Value::as_str)
}

/// No clock runs.
fn over(at: UnixMs) -> State {
    State::Dismissed { by: String::new(), at, dismissal: Dismissal::Test }
}

/// Lines after which no clock of the journey runs, unless they say which.
fn ends(line: &LogEntry) -> bool {
    matches!(&*line.input, "false_alarm" | "test_alarm" | "check_pass" | "correct")
}

#[cfg(test)]
#[path = "deadlines_test.rs"]
mod test;
