//! The people, the acts and the states that every proof of the life uses.

use crate::clock::UnixMs;
use crate::config;
use crate::config::codes::REVIEW_ITEMS;
use crate::ticket::crew::Crew;
use crate::ticket::lifecycle::{Moment, Step, step};
use crate::ticket::{
    Act, Actor, Class, Life, Policy, Rejected, Role, Severity, Standing, State, clocks,
};

/// 23:10:00 of the first test night.
pub(super) const START: UnixMs = UnixMs(1_763_910_600_000);

pub(super) fn policy() -> Policy {
    Policy::new(&config::Policy::default())
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
        let life = Life {
            severity: Severity::S2,
            category: None,
            proposed_category: "intrusion".into(),
            place: "东门".into(),
            count: 1,
            offers: 0,
            late: Vec::new(),
            crew: Crew::default(),
            state: State::New { clock },
        };
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

pub(super) fn due(clock: clocks::ClockName) -> Act {
    Act::Due { clock }
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
