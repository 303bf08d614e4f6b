//! The audit over the logs of a simulated month, and over what somebody did to them.
//!
//! The month has a leap day and the changes of summer time of two continents; the wall clock is set
//! forward and back by an hour again and again, as a machine with a wrong clock does it. A desk
//! looks for due times like the real one, and people work at random.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Audit, Wrong};
use crate::clock::{Calendar, UnixMs};
use crate::config::policy::Rules;
use crate::ticket::filing::Proposal;
use crate::ticket::ladder::{self, Due};
use crate::ticket::lifecycle::{Moment, step};
use crate::ticket::log::{self, LogEntry};
use crate::ticket::pause::Wish;
use crate::ticket::{
    Act, Actor, ClockName, Life, Policies, Policy, Role, Severity, Standing, State, TicketId,
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Chance that is the same in every run (xorshift, Marsaglia).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A ticket and its log.
struct Case {
    life: Life,
    log: Vec<LogEntry>,
}

/// A centre for a month: rules by a zone, tickets, a clock that people set.
struct Centre {
    policy: Policy,
    now: UnixMs,
    /// How far the wall clock is from the true time.
    wrong_ms: i64,
    cases: Vec<Case>,
    chance: Chance,
}

fn person(role: Role) -> Actor {
    Actor { name: role.as_str().into(), role }
}

impl Centre {
    fn in_zone(zone: &str, start: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap();
        let start: jiff::civil::DateTime = start.parse().unwrap();
        let start = start.to_zoned(zone.clone()).unwrap().timestamp().as_millisecond();
        let policy = Policy::of(0, Rules::default(), (Calendar::default(), zone));
        let (now, wrong_ms) = (UnixMs(start), 0);
        Self { policy, now, wrong_ms, cases: Vec::new(), chance: Chance(0x5eed_1e57) }
    }

    fn wall(&self) -> UnixMs {
        self.now.plus_ms(self.wrong_ms)
    }

    fn file(&mut self) {
        let severity = [Severity::S1, Severity::S2, Severity::S3, Severity::S4]
            [usize::try_from(self.chance.below(4)).unwrap()];
        let proposal = Proposal { severity, category: "intrusion".into(), place: "gate".into() };
        let clock = self.policy.start(severity, ClockName::Verify, self.wall());
        let life = Life::begin(&proposal, 0, State::New { clock });
        let number = i64::try_from(self.cases.len() + 1).unwrap();
        let detail = serde_json::json!({
            "policy": 0, "severity": severity.as_str(), "clock": "verify",
            "started_ms": clock.started.0, "due_ms": clock.due.0,
        });
        let line = LogEntry {
            ticket: TicketId(format!("t{number}")),
            number,
            version: 1,
            at: self.wall(),
            actor: "gengfu".into(),
            role: Role::System,
            input: "open".into(),
            detail,
        };
        self.cases.push(Case { life, log: vec![line] });
    }

    /// What the desk does with an act: the log has a line when something changed.
    fn act(&mut self, case: usize, actor: &Actor, act: &Act) -> bool {
        let now = self.wall();
        let moment = Moment { actor, standing: Standing::OnShift, now, policy: &self.policy };
        let this = &mut self.cases[case];
        let Ok(step) = step(&this.life, act, moment) else { return false };
        if step.life == this.life {
            return false;
        }
        let version = i64::try_from(this.log.len() + 1).unwrap();
        let detail = log::detail(&this.life, act, &step.life);
        let line = LogEntry {
            version,
            at: now,
            actor: actor.name.clone(),
            role: actor.role,
            input: act.as_str().into(),
            detail,
            ..this.log[0].clone()
        };
        this.life = step.life;
        this.log.push(line);
        true
    }

    fn fire(&mut self, case: usize) {
        while let Some(deadline) = ladder::due(&self.cases[case].life, &self.policy, self.wall()) {
            let due = Due { deadline, to: vec!["sun".into()] };
            assert!(self.act(case, &Actor::system(), &Act::Due(due)), "{deadline:?} never ends");
        }
    }

    /// Somebody does something with a ticket, or tries.
    fn work(&mut self, case: usize) {
        let member = self.cases[case].life.state.offer().cloned();
        let offer = member.as_ref().map_or_else(String::new, |offer| offer.id.clone());
        let patrol = member.map_or_else(
            || person(Role::PatrolMember),
            |offer| Actor { name: offer.member, role: Role::PatrolMember },
        );
        let (operator, leader) = (person(Role::Operator), person(Role::ShiftLeader));
        let other = Actor { name: "other".into(), role: Role::Operator };
        let (text, note) = ("it is as it should be".to_owned(), String::new());
        let (who, act) = match self.chance.below(17) {
            0..4 => (operator, Act::confirm(1)),
            4 => (operator, Act::FalseAlarm { reason: "animal".into(), note }),
            5 => (operator, Act::Undetermined { note }),
            6 => {
                let (category, place) = ("fire_smoke".into(), "gate".into());
                let severity = Severity::S2;
                (operator, Act::Classify { category, severity, place, reason: "r".into() })
            }
            7 => (
                operator,
                Act::Dispatch {
                    offer: format!("o{}", self.cases[case].log.len()),
                    member: "chen".into(),
                    standing: Standing::OnShift,
                },
            ),
            8 => (patrol, Act::Ack { offer }),
            9 => (patrol, Act::OnScene { offer }),
            10 => {
                let (disposition, photos) = ("unfounded".into(), vec!["p".into()]);
                (patrol, Act::Reply { offer, disposition, text, photos })
            }
            11 => (other, Act::CheckPass { note }),
            12 => {
                let for_ms = i64::try_from(self.chance.below(40) + 1).unwrap() * HOUR_MS;
                let (wish, reason) = (Wish::Suspend { for_ms }, "weather".into());
                (operator, Act::Ask { wish, reason, note })
            }
            13 => (leader, Act::Grant),
            14 => {
                let (wish, note) = (Wish::Extend { clock: ClockName::Close, by_ms: HOUR_MS }, note);
                (operator, Act::Ask { wish, reason: "far".into(), note })
            }
            15 => {
                let (offer, member) = (format!("r{}", self.cases[case].log.len()), "hu".to_owned());
                (Actor::system(), Act::Reoffer { offer, member, standing: Standing::OnShift })
            }
            _ => (operator, Act::Reopen { reason: "again".into() }),
        };
        self.fire(case);
        self.act(case, &who, &act);
    }

    /// A month in steps of minutes; the clock jumps by an hour on about every third day.
    fn month(mut self, days: i64) -> Self {
        let end = self.now.plus_ms(days * DAY_MS);
        while self.now < end {
            let minutes = i64::try_from(self.chance.below(20) + 1).unwrap();
            self.now = self.now.plus_ms(minutes * 60_000);
            if self.chance.below(400) == 0 {
                let jump = [-HOUR_MS, HOUR_MS][usize::try_from(self.chance.below(2)).unwrap()];
                self.wrong_ms = (self.wrong_ms + jump).clamp(-HOUR_MS, HOUR_MS);
            }
            if self.chance.below(24) == 0 {
                self.file();
            }
            let open = u64::try_from(self.cases.len()).unwrap();
            if open > 0 {
                let case = usize::try_from(self.chance.below(open)).unwrap();
                self.work(case);
            }
            // The desk is away for hours sometimes, and finds everything when it is back.
            if self.chance.below(10) != 0 {
                (0..self.cases.len()).for_each(|case| self.fire(case));
            }
        }
        (0..self.cases.len()).for_each(|case| self.fire(case));
        self
    }

    fn audit(&self) -> Audit {
        let policies = Policies::new(self.policy.clone());
        let mut audit = Audit::default();
        for case in &self.cases {
            audit.add(&case.log, &policies, self.wall());
        }
        audit
    }
}

/// Every key of a fired step with how often it stands in the log.
fn fired(centre: &Centre) -> BTreeMap<(String, String, i64, String), u32> {
    let mut times = BTreeMap::new();
    for line in centre.cases.iter().flat_map(|case| &case.log) {
        let text = |key: &str| line.detail.get(key)?.as_str().map(str::to_owned);
        let Some((clock, level)) = text("of").zip(text("level")) else { continue };
        let from = line.detail["from_ms"].as_i64().unwrap();
        *times.entry((line.ticket.0.clone(), clock, from, level)).or_default() += 1;
    }
    times
}

fn check_month(zone: &str, start: &str, days: i64) {
    let centre = Centre::in_zone(zone, start).month(days);
    let times = fired(&centre);
    assert!(times.len() > 1_000, "{zone}: only {} steps in a month", times.len());
    assert!(times.values().all(|n| *n == 1), "{zone}: a step fired twice");
    let audit = centre.audit();
    assert_eq!(audit.faults, [], "{zone}");
    assert_eq!(audit.fired, times.len() as u64, "{zone}");
    let ends = centre.cases.iter().filter(|case| case.life.state.as_str() == "archived").count();
    assert!(ends > 0, "{zone}: nothing went all the way");
}

#[test]
fn in_a_month_of_jumping_clocks_every_step_fires_once_and_none_is_lost() {
    check_month("Asia/Shanghai", "2028-02-15T00:00", 31);
    // Leap day; summer time begins on 12 March over there, on 26 March here.
    check_month("America/New_York", "2028-02-15T00:00", 31);
    check_month("Europe/Berlin", "2028-03-10T00:00", 31);
    check_month("Europe/Berlin", "2028-10-10T00:00", 31);
    check_month("Australia/Lord_Howe", "2028-03-20T00:00", 31);
}

/// The first case with a line of this act, and the line's place.
fn find(centre: &Centre, input: &str) -> (usize, usize) {
    let found = centre.cases.iter().enumerate().find_map(|(at, case)| {
        let line = case.log.iter().position(|line| line.input == input)?;
        Some((at, line))
    });
    found.unwrap_or_else(|| panic!("nobody did {input}"))
}

#[test]
fn what_was_taken_out_doubled_or_made_up_is_found() {
    let check = |change: fn(&mut Centre), wrong: Wrong| {
        let mut centre = Centre::in_zone("Asia/Shanghai", "2028-02-15T00:00").month(10);
        change(&mut centre);
        let faults = centre.audit().faults;
        assert!(faults.iter().any(|fault| fault.wrong == wrong), "{wrong:?}: {faults:?}");
    };
    check(
        |centre| {
            let (case, line) = find(centre, "escalate");
            centre.cases[case].log.remove(line);
        },
        Wrong::Missing,
    );
    check(
        |centre| {
            let (case, line) = find(centre, "remind");
            let again = centre.cases[case].log[line].clone();
            centre.cases[case].log.insert(line + 1, again);
        },
        Wrong::Twice,
    );
    check(
        |centre| {
            let (case, line) = find(centre, "due");
            let at = &mut centre.cases[case].log[line];
            at.at = UnixMs(at.detail["fired_due_ms"].as_i64().unwrap() - 1);
        },
        Wrong::Early,
    );
    check(
        |centre| {
            let (case, line) = find(centre, "escalate");
            centre.cases[case].log[line].detail["level"] = "superior_centre".into();
        },
        Wrong::NeverDue,
    );
}
