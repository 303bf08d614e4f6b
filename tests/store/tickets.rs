//! Filing and changing: all of it or nothing, and nobody overwrites anybody.

use gengfu::clock::UnixMs;
use gengfu::config::RuleKind;
use gengfu::detect::standing::Place;
use gengfu::detect::{Box01, Class};
use gengfu::event::{Fact, Facts};
use gengfu::store::Error;
use gengfu::store::answer::Answered;
use gengfu::store::ticket::{Change, Taken};
use gengfu::ticket::{Ticket, TicketId};

use super::house::{self, House, START, event, file, offered, second, verifying};

on_both!(
    an_event_is_kept_as_it_was,
    facts_of_a_kind_are_kept,
    what_stands_is_kept_over_a_restart,
    a_firing_is_taken_apart_with_all_that_belongs_to_it,
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

async fn facts_of_a_kind_are_kept(house: House) {
    for kind in RuleKind::ALL {
        let mut told = event(kind.as_str(), "gate-1", START);
        told.fired.reason.kind = kind;
        told.fired.reason.facts = Facts::from([
            ("count".to_owned(), Fact::Number(7.5)),
            ("way".to_owned(), Fact::Word("left_to_right".to_owned())),
        ]);
        house.store.save_event(&told, START).await.unwrap();
        assert_eq!(house.store.event(&told.id).await.unwrap(), Some(told));
    }
}

async fn what_stands_is_kept_over_a_restart(house: House) {
    let area = Box01 { x0: 0.1, y0: 0.25, x1: 0.5, y1: 0.75 };
    let mut car = Place::kept(3, Class::Vehicle, area, START);
    (car.seen_at, car.seen, car.looks) = (second(90), 80, 90);
    car.told = ["fire-lane".to_owned(), "night".to_owned()].into();
    let bag = Place::kept(4, Class::Bag, area, second(5));
    let gate = house::camera("gate-1");
    house.store.keep_standing(&gate, &[car.clone(), bag]).await.unwrap();
    house.store.keep_standing(&gate, std::slice::from_ref(&car)).await.unwrap();
    house.store.keep_standing(&house::camera("gate-2"), &[]).await.unwrap();
    let house = house.reopened().await;
    let kept = house.store.standing().await.unwrap();
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [("gate-1".to_owned(), vec![car])]);
}

async fn a_firing_is_taken_apart_with_all_that_belongs_to_it(house: House) {
    let ticket = house.filed(event("e1", "gate-1", second(10))).await;
    let joined = event("e2", "gate-1", second(40));
    house.store.save_event(&joined, START).await.unwrap();
    let after = Ticket { version: 2, ..ticket.clone() };
    let join = Taken { event: &joined, joined: Some("overlap") };
    let line = house::line(&after, "join");
    let change = |before, after, line, event| Change {
        before,
        after,
        line,
        messages: &[],
        answer: None,
        event,
        marks: Default::default(),
    };
    house.store.commit(change(&ticket, &after, &line, Some(join)), START).await.unwrap();
    let apart = Ticket { version: 3, ..after.clone() };
    let separate = house::line(&apart, "separate");
    let facts = |new: &Ticket| (house::line(new, "open"), Vec::new());
    // Somebody was first: neither has happened.
    let stale = Ticket { version: 3, ..ticket.clone() };
    let refused = house
        .store
        .separate(
            change(&ticket, &stale, &separate, None),
            house::filing(joined.clone()),
            START,
            facts,
        )
        .await;
    assert!(matches!(refused, Err(Error::Conflict { .. })), "{refused:?}");
    assert_eq!(house.store.ticket_of_event("e2").await.unwrap(), Some(after.clone()));
    let new = house
        .store
        .separate(
            change(&after, &apart, &separate, None),
            house::filing(joined.clone()),
            START,
            facts,
        )
        .await
        .unwrap();
    assert_eq!((new.number, new.version), (2, 1));
    assert_eq!(
        house.store.ticket_of_event("e2").await.unwrap().map(|t| t.id),
        Some(new.id.clone())
    );
    assert_eq!(house.store.joined_event("e2", &new.id).await.unwrap(), None);
    assert_eq!(house.store.log_of_ticket(&new.id).await.unwrap().len(), 1);
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
        event: Some(Taken { event: &joined, joined: Some("same_rule") }),
        marks: Default::default(),
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
        event: Some(Taken { event: &joined, joined: Some("same_rule") }),
        marks: Default::default(),
    };
    house.store.commit(change, START).await.unwrap();
    assert_eq!(house.store.unfiled_events().await.unwrap(), []);
    let of = house.store.ticket_of_event("e2").await.unwrap();
    assert_eq!(of, Some(after));
    let open = house.store.undecided("gate-1", second(40)).await.unwrap();
    assert_eq!(open.len(), 1);
    let firings = house.store.latest_firings(&ticket.id).await.unwrap();
    assert_eq!(firings.iter().map(|f| f.at).collect::<Vec<_>>(), [second(10), second(40)]);
    let of = |id: &'static str| house.store.joined_event(id, &ticket.id);
    assert!(of("e2").await.unwrap().is_some() && of("e1").await.unwrap().is_none());
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
