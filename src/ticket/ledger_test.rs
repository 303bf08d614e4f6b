//! How offers end, as a table.

use super::*;
use crate::clock::UnixMs;
use crate::event::Severity;
use crate::ticket::crew::{Crew, Support};
use crate::ticket::life::Verified;
use crate::ticket::{ClockName, Policy, Role, TicketId};

/// 23:10 of the first test night.
const NOW: UnixMs = UnixMs(1_763_910_600_000);

fn life(state: State, supports: &[&str]) -> Life {
    let support = |id: &&str| Support { offer: Offer::new(id, "hu", NOW), done: None };
    Life {
        crew: Crew { supports: supports.iter().map(support).collect(), ..Crew::default() },
        state,
        ..crate::ticket::filing::open(
            &crate::ticket::Origin {
                source: crate::ticket::Source::OperatorPatrol,
                camera: crate::camera::CameraId::try_from("gate").unwrap(),
                camera_name: String::new(),
                rule_name: String::new(),
                reason: None,
                text: None,
                area: None,
                at: NOW,
            },
            &crate::event::Proposal {
                severity: Severity::S2,
                category: "fight".into(),
                place: "gate".into(),
            },
            &policy(),
        )
    }
}

fn policy() -> Policy {
    Policy::new(&crate::config::Policy::default())
}

fn waiting() -> State {
    let verified = Verified { by: "li".into(), at: NOW };
    let clock = policy().start(Severity::S2, ClockName::Dispatch, NOW);
    State::Confirmed { verified, clock }
}

fn offered(id: &str, member: &str) -> State {
    let verified = Verified { by: "li".into(), at: NOW };
    let clock = policy().start(Severity::S2, ClockName::Ack, NOW);
    State::Offered { verified, offer: Offer::new(id, member, NOW), clock }
}

fn line(input: &str, detail: serde_json::Value) -> LogEntry {
    LogEntry {
        ticket: TicketId("t".into()),
        number: 1,
        version: 2,
        at: NOW,
        actor: "li".into(),
        role: Role::Operator,
        input: input.into(),
        detail,
    }
}

/// `o1 owner begins`, `o1 owner refused unsafe`.
fn check(before: &Life, after: &Life, line: &LogEntry, expect: &[&str]) {
    let told = |entry: Entry| {
        let part = entry.part.as_str();
        match entry.ended {
            Some(end) => {
                format!("{} {part} {} {}", entry.offer.id, end.outcome.as_str(), end.reason)
            }
            None => format!("{} {part} runs", entry.offer.id),
        }
    };
    let told: Vec<String> = changes(before, after, line).into_iter().map(told).collect();
    assert_eq!(told, expect, "{}", line.input);
}

#[test]
fn an_order_that_is_gone_has_ended_and_the_act_says_how() {
    let none = serde_json::json!({});
    let (before, asked) = (life(waiting(), &[]), life(offered("o1", "chen"), &[]));
    check(&before, &asked, &line("dispatch", none.clone()), &["o1 owner runs"]);
    check(&asked, &asked, &line("join", none.clone()), &[]);
    let refused = serde_json::json!({ "offer": "o1", "reason": "unsafe" });
    check(&asked, &before, &line("refuse", refused), &["o1 owner refused unsafe"]);
    let why = serde_json::json!({ "reason": "nearer" });
    check(&asked, &before, &line("withdraw", why), &["o1 owner withdrawn nearer"]);
    let next = life(offered("o2", "hu"), &[]);
    let both = ["o2 owner runs", "o1 owner expired ack_late"];
    check(&asked, &next, &line("reoffer", none.clone()), &both);
    check(&asked, &before, &line("park", none), &["o1 owner withdrawn park"]);
}

#[test]
fn a_supporting_member_has_an_offer_of_his_own() {
    let none = serde_json::json!({});
    let alone = life(offered("o1", "chen"), &[]);
    let both = life(offered("o1", "chen"), &["s1"]);
    check(&alone, &both, &line("support", none.clone()), &["s1 support runs"]);
    let his = serde_json::json!({ "offer": "s1", "reason": "out_of_zone", "support": true });
    check(&both, &alone, &line("refuse", his), &["s1 support refused out_of_zone"]);
    check(&both, &alone, &line("reply", none), &["s1 support withdrawn owner_replied"]);
}
