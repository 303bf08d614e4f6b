//! The people, the acts and the states that every proof of the life uses.

use std::sync::OnceLock;

use crate::clock::UnixMs;
use crate::config;
use crate::config::codes::REVIEW_ITEMS;
use crate::ticket::act::Verdict;
use crate::ticket::filing::Proposal;
use crate::ticket::ladder::{self, Due, Level};
use crate::ticket::lifecycle::{Moment, Step, step};
use crate::ticket::pause::Wish;
use crate::ticket::{
    Act, Actor, Class, Life, Policy, Rejected, Role, Severity, Standing, State, clocks,
};

/// 23:10:00 of the first test night.
pub(super) const START: UnixMs = UnixMs(1_763_910_600_000);

/// The default rules, made once: random lives ask for them a million times.
pub(super) fn policy() -> Policy {
    static RULES: OnceLock<Policy> = OnceLock::new();
    RULES.get_or_init(|| Policy::new(&config::Policy::default())).clone()
}

/// A minute later is a minute later for everybody.
pub(super) fn minute(minutes: i64) -> UnixMs {
    START.plus_ms(minutes * 60_000)
}

/// li and wang watch, sun leads the shift, zhao directs; chen and hu patrol.
pub(super) fn person(name: &str) -> Actor {
    let role = match name {
        "chen" | "hu" => Role::PatrolMember,
        "sun" => Role::ShiftLeader,
        "zhao" => Role::Director,
        "gengfu" => Role::System,
        _ => Role::Operator,
    };
    Actor { name: name.into(), role }
}

/// A life and the hands that turn it.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) life: Life,
    pub(super) now: UnixMs,
}

impl Story {
    /// A fresh S2 observation.
    pub(super) fn begin() -> Self {
        let clock = policy().start(Severity::S2, clocks::ClockName::Verify, START);
        let (category, place) = ("intrusion".into(), "东门".into());
        let proposal = Proposal { severity: Severity::S2, category, place };
        let life = Life::begin(&proposal, 0, State::New { clock });
        Self { life, now: START }
    }

    pub(super) fn at(mut self, now: UnixMs) -> Self {
        self.now = now;
        self
    }

    pub(super) fn attempt(&self, name: &str, act: &Act) -> Result<Step, Rejected> {
        let (actor, policy) = (person(name), policy());
        step(
            &self.life,
            act,
            Moment { actor: &actor, standing: Standing::OnShift, now: self.now, policy: &policy },
        )
    }

    /// The act must be accepted.
    pub(super) fn does(mut self, name: &str, act: &Act) -> Self {
        self.life = self.attempt(name, act).unwrap().life;
        self
    }
}

pub(super) fn confirm() -> Act {
    Act::confirm(1)
}

pub(super) fn false_alarm(reason: &str) -> Act {
    Act::FalseAlarm { reason: reason.into(), note: String::new() }
}

pub(super) fn test_alarm() -> Act {
    Act::TestAlarm { note: String::new() }
}

pub(super) fn undetermined() -> Act {
    Act::Undetermined { note: String::new() }
}

pub(super) fn classify(severity: Severity) -> Act {
    Act::Classify {
        category: "intrusion".into(),
        severity,
        place: "东门岗亭".into(),
        reason: String::new(),
    }
}

pub(super) fn classify_because(severity: Severity, reason: &str) -> Act {
    let (category, place, reason) = ("intrusion".into(), "东门岗亭".into(), reason.into());
    Act::Classify { category, severity, place, reason }
}

pub(super) fn dispatch(offer: &str, member: &str) -> Act {
    Act::Dispatch { offer: offer.into(), member: member.into(), standing: Standing::OnShift }
}

pub(super) fn reoffer(offer: &str, member: &str) -> Act {
    Act::Reoffer { offer: offer.into(), member: member.into(), standing: Standing::OnShift }
}

pub(super) fn support(offer: &str, member: &str) -> Act {
    Act::Support { offer: offer.into(), member: member.into(), standing: Standing::OnShift }
}

/// An S1 goes out before the verdict.
pub(super) fn ahead(offer: &str, member: &str) -> Act {
    Act::DispatchAhead {
        offer: offer.into(),
        member: member.into(),
        standing: Standing::OnShift,
        class: Class {
            category: "fire_smoke".into(),
            severity: Severity::S1,
            place: "东门岗亭".into(),
        },
        permitted: true,
    }
}

pub(super) fn withdraw() -> Act {
    Act::Withdraw { reason: "somebody is nearer".into() }
}

pub(super) fn received(offer: &str) -> Act {
    Act::Received { offer: offer.into() }
}

pub(super) fn ack(offer: &str) -> Act {
    Act::Ack { offer: offer.into() }
}

pub(super) fn refuse(offer: &str) -> Act {
    Act::Refuse { offer: offer.into(), reason: "unsafe".into() }
}

pub(super) fn on_scene(offer: &str) -> Act {
    Act::OnScene { offer: offer.into() }
}

pub(super) fn reply(offer: &str) -> Act {
    Act::Reply {
        offer: offer.into(),
        disposition: "advice_given".into(),
        text: "Spoke to him, he went home.".into(),
        photos: vec!["photo".into()],
    }
}

pub(super) fn check_pass() -> Act {
    Act::CheckPass { note: String::new() }
}

pub(super) fn check_return() -> Act {
    Act::CheckReturn { reason: "the photo shows another gate".into() }
}

pub(super) fn review(mark: &str) -> Act {
    let items = REVIEW_ITEMS.iter().map(|item| ((*item).to_owned(), mark.to_owned())).collect();
    Act::Review { items, note: String::new() }
}

impl Story {
    /// The step of this clock's ladder that this level is, whether its time has come or not; one
    /// of another run where the clock does not run.
    pub(super) fn due(&self, clock: clocks::ClockName, level: Level) -> Act {
        let rungs = ladder::whole(&self.life, &policy());
        let mine = rungs.iter().find(|(rung, _)| rung.clock == clock && rung.level == level);
        let stale = ladder::Deadline { clock, from: START, level, percent: 100, due: START };
        let deadline = mine.map_or(stale, |(rung, _)| *rung);
        Act::Due(Due { deadline, to: vec!["sun".into()] })
    }

    /// A step fires.
    pub(super) fn fires(self, clock: clocks::ClockName, level: Level) -> Self {
        let act = self.due(clock, level);
        self.does("gengfu", &act)
    }

    /// The clock's due time passes.
    pub(super) fn runs_out(self, clock: clocks::ClockName) -> Self {
        self.fires(clock, Level::Late)
    }
}

/// Confirmed by li, classified S2.
pub(super) fn classified() -> Story {
    Story::begin().does("li", &confirm()).does("li", &classify(Severity::S2))
}

/// Offered to chen as o1.
pub(super) fn offered() -> Story {
    classified().does("li", &dispatch("o1", "chen"))
}

pub(super) fn there() -> Story {
    offered().does("chen", &on_scene("o1"))
}

pub(super) fn handled() -> Story {
    there().does("chen", &reply("o1"))
}

/// Checked by wang.
pub(super) fn closed() -> Story {
    handled().does("wang", &check_pass())
}

/// The false alarm of line 2 was a test.
pub(super) fn correct() -> Act {
    let reason = "the installer was there".into();
    Act::Correct { named: 2, last: Some(2), verdict: Verdict::Test, reason }
}

pub(super) fn ask(wish: Wish, reason: &str, note: &str) -> Act {
    Act::Ask { wish, reason: reason.into(), note: note.into() }
}

/// For four hours.
pub(super) fn suspend() -> Act {
    ask(Wish::Suspend { for_ms: 4 * 3_600_000 }, "waiting_on_third_party", "the owner comes at 3")
}

pub(super) fn park() -> Act {
    ask(Wish::Park, "needs_department", "the street office has to mend the road")
}

/// By a minute.
pub(super) fn extend(clock: clocks::ClockName) -> Act {
    ask(Wish::Extend { clock, by_ms: 60_000 }, "the bridge is closed", "")
}

/// sun knows that the verdict is late.
pub(super) fn acknowledge() -> Act {
    let (clock, level) = (clocks::ClockName::Verify, Level::ShiftLeader);
    let deadline = ladder::Deadline { clock, from: START, level, percent: 150, due: START };
    Act::Acknowledge { deadline, to: vec!["sun".into()] }
}

/// Under way, and somebody has asked.
pub(super) fn asked(name: &str, act: &Act) -> Story {
    offered().does("chen", &ack("o1")).does(name, act)
}

pub(super) fn suspended() -> Story {
    asked("li", &suspend()).does("sun", &Act::Grant)
}

pub(super) fn parked() -> Story {
    handled().does("li", &park()).does("sun", &Act::Grant)
}
