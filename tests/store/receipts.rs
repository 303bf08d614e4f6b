//! Three times of every order, the calls when one is missing, and what phones say besides.

use gengfu::store::account::Account;
use gengfu::store::call::NewCall;
use gengfu::store::drill::{Drill, Tried};
use gengfu::store::outbox::Outgoing;
use gengfu::store::phone::{Checked, Counted, Position};
use gengfu::store::receipt::Missing;
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{Role, Ticket};
use serde_json::json;

use super::house::{self, House, START, event, second};

on_both!(
    an_order_has_three_times_and_each_is_missed_once,
    a_call_is_tried_until_it_is_taken_or_given_up_and_not_once_the_receipt_is_there,
    an_order_goes_again_to_a_phone_that_is_back,
    a_phone_counts_its_answers_and_gaps_are_filled,
    places_go_a_week_after_the_ticket_and_lists_stay,
    a_drill_shows_who_was_reached,
);

async fn ordered(house: &House, id: &str, offer: &str) -> Ticket {
    let ticket = house.filed(event(id, "gate-1", START)).await;
    for message in house.waiting().await {
        house.store.published(&[message.id], START).await.unwrap();
    }
    let order = Outgoing {
        ticket: Some(ticket.id.0.clone()),
        body: json!({ "offer": offer }),
        ..house::outgoing("gengfu/centre/patrol/chen/order")
    };
    house.store.send(&[order], second(10)).await.unwrap();
    ticket
}

/// A line of the log as an answer writes it.
async fn answers(house: &House, ticket: &Ticket, answer: (&str, &str), at: i64) -> Ticket {
    let after = Ticket { version: ticket.version + 1, ..ticket.clone() };
    let line = LogEntry {
        at: second(at),
        detail: json!({ "offer": answer.1 }),
        ..house::line(&after, answer.0)
    };
    let change = gengfu::store::ticket::Change {
        before: ticket,
        after: &after,
        line: &line,
        messages: &[],
        answer: None,
        event: None,
        marks: Default::default(),
    };
    house.store.commit(change, second(at)).await.unwrap();
    after
}

fn call(offer: &str) -> NewCall {
    NewCall {
        id: format!("call-{offer}"),
        kind: Missing::Received.as_str(),
        about: offer.into(),
        ticket: None,
        member: "chen".into(),
        body: json!({ "place": "东门" }),
    }
}

async fn an_order_has_three_times_and_each_is_missed_once(house: House) {
    let store = &house.store;
    let ticket = ordered(&house, "e1", "a").await;
    let times = async || {
        let all = store.receipts_of(&ticket.id).await.unwrap();
        let one = all.iter().find(|receipt| receipt.offer == "a").unwrap().clone();
        [Some(one.ordered), one.published, one.received, one.acked, one.received_late]
    };
    let late = async |published, received| {
        let late = store.late_receipts(second(published), second(received)).await.unwrap();
        let late = late.into_iter().filter(|(_, receipt)| receipt.offer == "a");
        late.map(|(missing, _)| missing).collect::<Vec<_>>()
    };
    assert_eq!(times().await, [Some(second(10)), None, None, None, None]);
    assert!(late(9, 9).await.is_empty());
    assert_eq!(late(10, 9).await, [Missing::Published]);
    assert!(store.note_missing(Missing::Published, "a", None, second(20)).await.unwrap());
    assert!(!store.note_missing(Missing::Published, "a", None, second(21)).await.unwrap());
    assert!(late(20, 9).await.is_empty());
    assert_eq!(late(20, 10).await, [Missing::Received]);
    let id = house.waiting().await[0].id;
    store.published(&[id], second(22)).await.unwrap();
    assert!(store.note_missing(Missing::Received, "a", None, second(40)).await.unwrap());
    assert!(late(60, 60).await.is_empty());
    let missing = store.missing_receipts().await.unwrap();
    assert_eq!(missing.iter().filter(|receipt| receipt.offer == "a").count(), 1);
    let ticket = answers(&house, &ticket, ("received", "a"), 50).await;
    let ticket = answers(&house, &ticket, ("received", "a"), 55).await;
    assert!(store.missing_receipts().await.unwrap().iter().all(|one| one.offer != "a"));
    answers(&house, &ticket, ("ack", "a"), 60).await;
    let all = [second(10), second(22), second(50), second(60), second(40)].map(Some);
    assert_eq!(times().await, all);
}

async fn a_call_is_tried_until_it_is_taken_or_given_up_and_not_once_the_receipt_is_there(
    house: House,
) {
    let store = &house.store;
    let mut tickets = Vec::new();
    for offer in ["a", "b", "c"] {
        tickets.push(ordered(&house, &format!("e-{offer}"), offer).await);
        let call = call(offer);
        let noted = store.note_missing(Missing::Received, offer, Some(&call), second(40));
        assert!(noted.await.unwrap());
    }
    let due = async |at: i64| {
        let due = store.calls_due(second(at), 9).await.unwrap();
        due.into_iter().map(|call| (call.about, call.tries)).collect::<Vec<_>>()
    };
    let of = |offer: &str, tries| (offer.to_owned(), tries);
    assert!(due(39).await.is_empty());
    assert_eq!(due(40).await, [of("a", 0), of("b", 0), of("c", 0)]);
    store.call_done("call-a", second(41)).await.unwrap();
    store.call_failed("call-b", "503", Some(second(50)), second(41)).await.unwrap();
    store.call_failed("call-c", "503", Some(second(60)), second(41)).await.unwrap();
    assert_eq!(due(50).await, [of("b", 1)]);
    store.call_failed("call-b", "no route", None, second(50)).await.unwrap();
    assert_eq!(store.call_counts(second(0)).await.unwrap(), (1, 1));
    answers(&house, &tickets[2], ("received", "c"), 55).await;
    assert!(due(99).await.is_empty());
    assert_eq!(store.call_counts(second(51)).await.unwrap(), (0, 0));
    // What comes too late changes nothing.
    store.call_failed("call-c", "late", Some(second(70)), second(56)).await.unwrap();
    assert!(due(99).await.is_empty());
}

async fn an_order_goes_again_to_a_phone_that_is_back(house: House) {
    let store = &house.store;
    let ticket = ordered(&house, "e1", "a").await;
    let id = house.waiting().await[0].id;
    assert_eq!(store.resend_to("chen").await.unwrap(), 0, "it has not gone yet");
    store.published(&[id], second(11)).await.unwrap();
    assert_eq!(store.resend_to("hu").await.unwrap(), 0);
    assert_eq!(store.resend_to("chen").await.unwrap(), 1);
    assert_eq!(house.waiting().await[0].id, id);
    store.published(&[id], second(12)).await.unwrap();
    answers(&house, &ticket, ("received", "a"), 13).await;
    assert_eq!(store.resend_to("chen").await.unwrap(), 0);
}

async fn a_phone_counts_its_answers_and_gaps_are_filled(house: House) {
    let store = &house.store;
    let count = async |id: &str, seq: i64, skew_ms: i64| {
        let answered = gengfu::store::answer::Answered {
            id: id.into(),
            member: "chen".into(),
            outcome: "done",
        };
        store.commit_answer(&answered, &[], START).await.unwrap();
        let of = Counted { id, member: "chen", device: "d", seq, skew_ms };
        store.note_count(&of, second(seq)).await.unwrap();
        let all = store.counters().await.unwrap();
        (all[0].last_seq, all[0].gaps, all[0].skew_max_ms)
    };
    assert_eq!(count("x1", 4, 10).await, (4, 0, 10), "what was before is not known");
    assert_eq!(count("x2", 7, -900).await, (7, 2, -900));
    assert_eq!(count("x2", 7, 5).await, (7, 2, -900), "the same again");
    assert_eq!(count("x3", 5, 20).await, (7, 1, -900));
    let who = async |seq| store.answer_with_count("chen", "d", seq).await.unwrap();
    assert_eq!((who(5).await.as_deref(), who(6).await), (Some("x3"), None));
}

async fn places_go_a_week_after_the_ticket_and_lists_stay(house: House) {
    let store = &house.store;
    let ticket = house.ticket_in("e1", super::lists::closed(None)).await;
    let place = Position {
        offer: "a".into(),
        ticket: ticket.id.0.clone(),
        member: "chen".into(),
        at: second(30),
        device_at: second(29),
        lat: 30.25,
        lon: 120.125,
        accuracy_m: 8.5,
    };
    store.keep_position(&place).await.unwrap();
    store.keep_position(&place).await.unwrap();
    assert_eq!(store.positions_of(&ticket.id).await.unwrap(), [place]);
    let checked = |answer: &str| {
        vec![Checked { place: 1, item: "围栏完好".into(), answer: answer.into() }]
    };
    store.keep_checks(("a", &ticket.id), &checked("no"), second(40)).await.unwrap();
    store.keep_checks(("a", &ticket.id), &checked("yes"), second(41)).await.unwrap();
    assert_eq!(store.forget_positions(second(59)).await.unwrap(), 0);
    assert_eq!(store.forget_positions(second(60)).await.unwrap(), 1, "it ended at second 60");
    assert_eq!(store.checks_of(&ticket.id).await.unwrap(), checked("yes"));
}

async fn a_drill_shows_who_was_reached(house: House) {
    let store = &house.store;
    let mut members = Vec::new();
    for name in ["chen", "hu"] {
        let account = Account {
            name: name.into(),
            display: name.into(),
            role: Role::PatrolMember,
            password_hash: String::new(),
            active: true,
        };
        store.add_account(&account, START).await.unwrap();
        let message = Outgoing {
            kind: "drill",
            body: json!({ "offer": "d1" }),
            ..house::outgoing(&format!("gengfu/centre/patrol/{name}/order"))
        };
        let call =
            (name == "hu").then(|| NewCall { kind: "drill", member: "hu".into(), ..call("d1") });
        members.push(Tried { member: name.into(), message, call });
    }
    let drill = Drill {
        id: "d1".into(),
        at: second(1),
        until: second(61),
        by: "zhao".into(),
        text: "试".into(),
    };
    store.begin_drill(&drill, &members).await.unwrap();
    assert_eq!(store.drills(9).await.unwrap(), [drill]);
    let id = house.waiting().await[0].id;
    store.published(&[id], second(2)).await.unwrap();
    assert!(store.answer_drill(("d1", "chen"), None, second(3)).await.unwrap());
    assert!(store.answer_drill(("d1", "chen"), Some(second(5)), second(5)).await.unwrap());
    assert!(!store.answer_drill(("d1", "wang"), None, second(3)).await.unwrap());
    let reached = store.reached("d1").await.unwrap();
    let chen = &reached[0];
    let times = (chen.published, chen.received, chen.acked, chen.call);
    assert_eq!(times, (Some(second(2)), Some(second(3)), Some(second(5)), None));
    assert_eq!((reached[1].received, reached[1].call), (None, Some("waiting")));
}
