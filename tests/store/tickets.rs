//! Filing and changing: all of it or nothing, and nobody overwrites anybody.

use gengfu::clock::UnixMs;
use gengfu::store::Error;
use gengfu::store::answer::Answered;
use gengfu::store::ticket::Change;
use gengfu::ticket::{Ticket, TicketId};

use super::house::{self, House, START, event, file, offered, second, verifying};

on_both!(
    an_event_is_kept_as_it_was,
    an_event_waits_until_it_is_filed,
    filing_writes_ticket_line_and_message_together,
    who_comes_second_changes_nothing,
    the_log_is_as_long_as_the_version,
    an_answer_counts_once,
    an_event_that_joins_belongs_to_the_ticket,
    the_log_of_a_period_is_whole,
    the_last_actor_is_known,
);

async fn an_event_is_kept_as_it_was(house: House) {
    let full = event("e1", "gate-1", START);
    let mut bare = event("e2", "gate-1", START);
    bare.fired.reason.class = None;
    bare.fired.track = None;
    bare.fired.area = None;
    bare.fired.reason.kind = gengfu::config::RuleKind::ZoneMotion;
    for event in [full, bare] {
        house.store.save_event(&event, START).await.unwrap();
        assert_eq!(house.store.event(&event.id).await.unwrap(), Some(event));
    }
    assert_eq!(house.store.event("e3").await.unwrap(), None);
    // With and without a place in the picture by turns, as connections are given out again.
    for turn in 0..12 {
        let mut next = event(&format!("turn-{turn}"), "gate-1", START);
        next.fired.area = next.fired.area.filter(|_| turn % 3 == 0);
        house.store.save_event(&next, START).await.unwrap();
        assert_eq!(house.store.event(&next.id).await.unwrap(), Some(next));
    }
    // The answer of the database was lost, the event is written again: it is still one.
    house.store.save_event(&event("e1", "gate-1", START), START).await.unwrap();
    assert_eq!(house.store.unfiled_events().await.unwrap().len(), 14);
}

async fn an_event_waits_until_it_is_filed(house: House) {
    for (id, at) in [("late", 9), ("early", 1), ("middle", 5)] {
        house.store.save_event(&event(id, "gate-1", second(at)), second(99)).await.unwrap();
    }
    let house = house.reopened().await;
    let waiting = house.store.unfiled_events().await.unwrap();
    let ids: Vec<&str> = waiting.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["early", "middle", "late"]);
    for event in waiting {
        file(&house.store, event).await.unwrap();
    }
    assert_eq!(house.store.unfiled_events().await.unwrap(), []);
    let filed = house.store.event("early").await.unwrap().unwrap();
    assert_eq!(filed.ticket.as_deref(), Some("ticket-early"));
}

async fn filing_writes_ticket_line_and_message_together(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    assert_eq!((ticket.number, ticket.version), (1, 1));
    assert_eq!(house.store.ticket(&ticket.id).await.unwrap().as_ref(), Some(&ticket));
    let log = house.store.log_of_ticket(&ticket.id).await.unwrap();
    assert_eq!(log, [house::line(&ticket, "open")]);
    let waiting = house.waiting().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].id, waiting[0].seq, waiting[0].topic.as_str()), (1, 1, "t"));
    assert_eq!(waiting[0].body, serde_json::json!({ "offer": "o1" }));
    assert_eq!(house.filed(event("e2", "gate-1", START)).await.number, 2);
}

async fn who_comes_second_changes_nothing(house: House) {
    let seen = house.filed(event("e1", "gate-1", START)).await;
    let first = house.turned(&seen, verifying("li")).await.unwrap();
    let before = (house.waiting().await, house.store.log_of_ticket(&seen.id).await.unwrap());
    let joined = event("e2", "gate-1", second(3));
    house.store.save_event(&joined, START).await.unwrap();

    let after = Ticket { version: 2, ..seen.clone() };
    let answer = Answered { id: "a1".into(), member: "chen".into(), outcome: "done" };
    let change = Change {
        before: &seen,
        after: &after,
        line: &house::line(&after, "claim"),
        messages: &[house::outgoing("t"), house::outgoing("u")],
        answer: Some(&answer),
        event: Some(&joined),
    };
    let second = house.store.commit(change, START).await;
    assert!(matches!(second, Err(Error::Conflict { .. })), "{second:?}");
    assert_eq!(house.store.ticket(&seen.id).await.unwrap(), Some(first));
    let told = (house.waiting().await, house.store.log_of_ticket(&seen.id).await.unwrap());
    assert_eq!(told, before);
    assert_eq!(house.store.answer_outcome("a1").await.unwrap(), None);
    assert_eq!(house.store.unfiled_events().await.unwrap(), [joined]);
}

async fn the_log_is_as_long_as_the_version(house: House) {
    let mut ticket = house.filed(event("e1", "gate-1", START)).await;
    for turn in 0..12 {
        ticket = house.turned(&ticket, verifying(&format!("person-{turn}"))).await.unwrap();
    }
    let house = house.reopened().await;
    let log = house.store.log_of_ticket(&ticket.id).await.unwrap();
    let versions: Vec<i64> = log.iter().map(|line| line.version).collect();
    assert_eq!(versions, (1..=13).collect::<Vec<_>>());
    assert_eq!(house.store.ticket(&ticket.id).await.unwrap(), Some(ticket));
}

async fn an_answer_counts_once(house: House) {
    let answer = |outcome| Answered { id: "a1".into(), member: "chen".into(), outcome };
    assert_eq!(house.store.answer_outcome("a1").await.unwrap(), None);
    let refusal = [house::outgoing("chen")];
    house.store.commit_answer(&answer("offer_over"), &refusal, START).await.unwrap();
    house.store.commit_answer(&answer("done"), &[], START).await.unwrap();
    assert_eq!(house.store.answer_outcome("a1").await.unwrap().as_deref(), Some("offer_over"));
    assert_eq!(house.waiting().await.len(), 1);
}

async fn an_event_that_joins_belongs_to_the_ticket(house: House) {
    let ticket = house.filed(event("e1", "gate-1", second(10))).await;
    let joined = event("e2", "gate-1", second(40));
    house.store.save_event(&joined, START).await.unwrap();
    let after = Ticket { version: 2, ..ticket.clone() };
    let change = Change {
        before: &ticket,
        after: &after,
        line: &house::line(&after, "join"),
        messages: &[],
        answer: None,
        event: Some(&joined),
    };
    house.store.commit(change, START).await.unwrap();
    assert_eq!(house.store.unfiled_events().await.unwrap(), []);
    let of = house.store.ticket_of_event("e2").await.unwrap();
    assert_eq!(of, Some(after));
    let (_, last) =
        house.store.undecided(&house::camera("gate-1"), "night").await.unwrap().unwrap();
    assert_eq!(last, second(40));
}

async fn the_log_of_a_period_is_whole(house: House) {
    assert_eq!(house.store.log_begin().await.unwrap(), None);
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    house.turned(&ticket, offered("o1", "chen")).await.unwrap();
    house.filed(event("e2", "gate-1", START)).await;
    assert_eq!(house.store.log_begin().await.unwrap(), Some(START));
    let of = |start: i64, end: i64| {
        let store = &house.store;
        async move {
            let log = store.log_of_week(UnixMs(START.0 + start), UnixMs(START.0 + end)).await;
            log.unwrap().iter().map(|line| (line.number, line.version)).collect::<Vec<_>>()
        }
    };
    assert_eq!(of(0, 1).await, [(1, 1), (1, 2), (2, 1)]);
    assert_eq!(of(-1, 0).await, []);
    // Both are open still, so a later week carries them over.
    assert_eq!(of(1, 2).await, [(1, 1), (1, 2), (2, 1)]);
}

async fn the_last_actor_is_known(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    house.turned(&ticket, verifying("wang")).await.unwrap();
    assert_eq!(house.store.last_act(&ticket.id).await.unwrap(), Some((2, "li".to_owned())));
    assert_eq!(house.store.last_act(&TicketId("none".into())).await.unwrap(), None);
}
