//! Messages keep their order and their numbers, however many write at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use gengfu::store::Store;
use gengfu::store::answer::Answered;
use gengfu::store::outbox::{Outgoing, Waiting};
use gengfu::store::ticket::Change;
use gengfu::ticket::{Offer, State, Ticket};
use tokio::task::JoinSet;

use super::house::{self, House, START, event, file, offered, second, verifying};

on_both!(
    messages_wait_in_order_until_the_broker_has_them,
    twenty_writers_leave_no_gap,
    only_orders_that_no_phone_has_are_sent_again,
    orders_go_before_the_public_feed_and_refused_ones_wait_aside,
    a_state_that_was_not_published_is_replaced_without_a_gap,
    an_order_without_a_receipt_goes_again_after_ever_longer_waits,
    what_is_done_with_is_forgotten_after_eight_days,
);

async fn messages_wait_in_order_until_the_broker_has_them(house: House) {
    let store = &house.store;
    let retained = Outgoing { retain: true, ticket: Some("x".into()), ..house::outgoing("b") };
    let messages = [house::outgoing("a"), retained, house::outgoing("a")];
    store.send(&messages, second(3)).await.unwrap();
    let all = house.waiting().await;
    let told: Vec<_> = all.iter().map(|m| (m.id, m.topic.as_str(), m.seq, m.retain)).collect();
    assert_eq!(told, [(1, "a", 1, false), (2, "b", 1, true), (3, "a", 2, false)]);
    assert_eq!((all[1].ticket.as_deref(), all[1].at), (Some("x"), second(3)));

    let ids = |waiting: Vec<Waiting>| waiting.iter().map(|m| m.id).collect::<Vec<_>>();
    assert_eq!(ids(store.waiting(0, 2).await.unwrap()), [1, 2]);
    assert_eq!(ids(store.waiting(1, 9).await.unwrap()), [2, 3]);
    store.published(&[2], second(4)).await.unwrap();
    store.published(&[2], second(5)).await.unwrap();
    let house = house.reopened().await;
    assert_eq!(ids(house.waiting().await), [1, 3]);
    assert_eq!(house.waiting().await[0].message, all[0].message);
    house.store.send(&messages[..1], START).await.unwrap();
    assert_eq!(house.waiting().await[2].seq, 3);
}

/// One of twenty: files a ticket, changes it twice, sends to two topics.
async fn writes(store: Arc<Store>, writer: usize) {
    let event = event(&format!("e{writer}"), "gate-1", START);
    store.save_event(&event, START).await.unwrap();
    let mut ticket = file(&store, event).await.unwrap();
    for turn in 0..2 {
        let life = gengfu::ticket::Life { state: verifying("li"), ..ticket.life.clone() };
        let after = Ticket { version: ticket.version + 1, life, ..ticket.clone() };
        let change = Change {
            before: &ticket,
            after: &after,
            line: &house::line(&after, "turn"),
            messages: &[house::outgoing(&format!("patrol-{}", writer % 3))],
            answer: None,
            event: None,
            marks: Default::default(),
        };
        store.commit(change, second(turn)).await.unwrap();
        ticket = after;
        store.send(&[house::outgoing("u"), house::outgoing("t")], START).await.unwrap();
    }
}

/// Half of the writers are another process with the same database, as a command line is.
async fn twenty_writers_leave_no_gap(house: House) {
    let ours = Arc::new(Store::open(&house.place).await.unwrap());
    let theirs = Arc::new(Store::open(&house.place).await.unwrap());
    let mut writers = JoinSet::new();
    for writer in 0..20 {
        let store = if writer % 2 == 0 { Arc::clone(&ours) } else { Arc::clone(&theirs) };
        writers.spawn(writes(store, writer));
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let all = house.waiting().await;
    let ids: Vec<i64> = all.iter().map(|m| m.id).collect();
    assert_eq!(ids, (1..=140).collect::<Vec<_>>());
    let mut topics: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for message in &all {
        topics.entry(&message.topic).or_default().push(message.seq);
    }
    let names: Vec<&str> = topics.keys().copied().collect();
    assert_eq!(names, ["patrol-0", "patrol-1", "patrol-2", "t", "u"]);
    for (topic, seqs) in topics {
        let until = i64::try_from(seqs.len()).unwrap();
        assert_eq!(seqs, (1..=until).collect::<Vec<_>>(), "{topic}");
    }
    let tickets = house.store.open_tickets().await.unwrap();
    let numbers: Vec<i64> = tickets.iter().map(|ticket| ticket.number).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    for ticket in tickets {
        let log = house.store.log_of_ticket(&ticket.id).await.unwrap();
        let versions: Vec<i64> = log.iter().map(|line| line.version).collect();
        assert_eq!(versions, [1, 2, 3]);
    }
}

/// Files a ticket whose order was sent at second 10 and taken by the broker.
async fn ordered(house: &House, id: &str, state: State) -> Ticket {
    let ticket = house.filed(event(id, "gate-1", START)).await;
    let life = gengfu::ticket::Life { state, ..ticket.life.clone() };
    let after = Ticket { version: 2, life, ..ticket.clone() };
    let order = Outgoing { ticket: Some(ticket.id.0.clone()), ..house::outgoing(id) };
    let change = Change {
        before: &ticket,
        after: &after,
        line: &house::line(&after, "dispatch"),
        messages: &[order],
        answer: None,
        event: None,
        marks: Default::default(),
    };
    house.store.commit(change, second(10)).await.unwrap();
    for message in house.waiting().await {
        house.store.published(&[message.id], second(11)).await.unwrap();
    }
    after
}

async fn only_orders_that_no_phone_has_are_sent_again(house: House) {
    let State::Offered { verified, offer, clock } = offered("o", "chen") else { unreachable!() };
    let of = |id: &str| Offer { id: id.into(), ..offer.clone() };
    let unreceived = || (verified.clone(), clock);
    ordered(&house, "lost", offered("o1", "chen")).await;
    let (verified, clock) = unreceived();
    let stored = Offer { received: Some(second(12)), ..of("o2") };
    let has_it = State::Offered { verified: verified.clone(), offer: stored, clock };
    ordered(&house, "stored", has_it).await;
    let goes = State::Accepted { verified: verified.clone(), offer: of("o3"), clock };
    ordered(&house, "accepted", goes).await;
    ordered(&house, "waits", State::Confirmed { verified: verified.clone(), clock }).await;
    let first = ordered(&house, "again", offered("o5", "chen")).await;
    let later = Offer { at: second(60), member: "hu".into(), ..of("o6") };
    house.turned(&first, State::Offered { verified, offer: later, clock }).await.unwrap();
    for message in house.waiting().await {
        house.store.published(&[message.id], second(61)).await.unwrap();
    }

    assert_eq!(house.store.resend_unreceived().await.unwrap(), 1);
    let again: Vec<String> = house.waiting().await.into_iter().map(|m| m.topic).collect();
    assert_eq!(again, ["lost"]);
    assert_eq!(house.store.resend_unreceived().await.unwrap(), 0);
}

async fn orders_go_before_the_public_feed_and_refused_ones_wait_aside(house: House) {
    let store = &house.store;
    let of = |topic, kind| Outgoing { kind, ..house::outgoing(topic) };
    let messages = [of("event", "event"), of("li", "order"), of("event", "event")];
    store.send(&messages, START).await.unwrap();
    store.send(&[of("li", "withdraw")], START).await.unwrap();
    let ids = async || -> Vec<i64> {
        store.next_to_send(9).await.unwrap().iter().map(|m| m.id).collect()
    };
    assert_eq!(ids().await, [2, 4, 1, 3]);
    store.refused(2, "NotAuthorized", second(1)).await.unwrap();
    assert_eq!(ids().await, [4, 1, 3]);
    store.published(&[4], second(2)).await.unwrap();
    store.refused(4, "too late, the broker has it", second(3)).await.unwrap();
    assert_eq!(ids().await, [1, 3]);
}

async fn a_state_that_was_not_published_is_replaced_without_a_gap(house: House) {
    let store = &house.store;
    let state = |word: &str| Outgoing {
        body: serde_json::json!({ "state": word }),
        retain: true,
        ..house::outgoing("camera")
    };
    for (second_of, word) in [(1, "live"), (2, "down"), (3, "connecting")] {
        store.send_state(&state(word), second(second_of)).await.unwrap();
    }
    let waits = house.waiting().await;
    let told: Vec<_> = waits.iter().map(|m| (m.seq, m.body["state"].as_str().unwrap())).collect();
    assert_eq!(told, [(1, "connecting")]);
    // The PUBACK of a text that was replaced on its way marks nothing.
    store.send_state(&state("live"), second(4)).await.unwrap();
    store.published(&[waits[0].id], second(5)).await.unwrap();
    let waits = house.waiting().await;
    assert_eq!((waits.len(), waits[0].seq, waits[0].at), (1, 1, second(4)));
    store.published(&[waits[0].id], second(6)).await.unwrap();
    store.send_state(&state("down"), second(7)).await.unwrap();
    assert_eq!(house.waiting().await[0].seq, 2);
}

async fn an_order_without_a_receipt_goes_again_after_ever_longer_waits(house: House) {
    let store = &house.store;
    as_order(&house, "lost").await;
    let id = store.next_to_send(1).await.unwrap()[0].id;
    store.published(&[id], second(11)).await.unwrap();
    let mut sent = Vec::new();
    for now in 11..3_000 {
        if store.resend_overdue(second(now)).await.unwrap() == 1 {
            sent.push(now);
            store.published(&[id], second(now)).await.unwrap();
        }
    }
    assert_eq!(sent, [41, 72, 134, 258, 506, 1_002, 1_602, 2_202, 2_802]);
    let again = store.resend_overdue(second(9_000)).await.unwrap();
    store.refused(id, "NotAuthorized", second(9_000)).await.unwrap();
    assert_eq!((again, store.resend_overdue(second(9_029)).await.unwrap()), (1, 0));
    assert_eq!(store.resend_overdue(second(9_030)).await.unwrap(), 1, "set aside, tried again");
}

/// Files a ticket that is offered; its order waits for the broker since second 10.
async fn as_order(house: &House, id: &str) -> Ticket {
    let ticket = house.filed(event(id, "gate-1", START)).await;
    for message in house.waiting().await {
        house.store.published(&[message.id], START).await.unwrap();
    }
    let life = gengfu::ticket::Life { state: offered("o1", "chen"), ..ticket.life.clone() };
    let after = Ticket { version: 2, life, ..ticket.clone() };
    let ticket_id = Some(ticket.id.0.clone());
    let order = Outgoing { ticket: ticket_id, kind: "order", ..house::outgoing(id) };
    let change = Change {
        before: &ticket,
        after: &after,
        line: &house::line(&after, "dispatch"),
        messages: &[order],
        answer: None,
        event: None,
        marks: Default::default(),
    };
    house.store.commit(change, second(10)).await.unwrap();
    after
}

async fn what_is_done_with_is_forgotten_after_eight_days(house: House) {
    let store = &house.store;
    let days = |count: i64| second(11 + count * 86_400);
    as_order(&house, "open").await;
    let message = |topic: &str| Outgoing { kind: "event", ..house::outgoing(topic) };
    store.send(&[message("a"), message("b"), message("c")], second(10)).await.unwrap();
    let ids: Vec<i64> = store.next_to_send(9).await.unwrap().iter().map(|m| m.id).collect();
    for id in &ids[..2] {
        store.published(&[*id], second(11)).await.unwrap();
    }
    store.refused(ids[2], "NotAuthorized", second(11)).await.unwrap();
    let answer = Answered { id: "a1".into(), member: "chen".into(), outcome: "done" };
    store.commit_answer(&answer, &[], second(11)).await.unwrap();
    assert_eq!(store.forget(days(7)).await.unwrap(), 0);
    assert_eq!(store.forget(days(8)).await.unwrap(), 4, "two published, one aside, an answer");
    assert_eq!(store.answer_outcome("a1").await.unwrap(), None);
    let waits: Vec<i64> = store.next_to_send(9).await.unwrap().iter().map(|m| m.id).collect();
    assert_eq!(waits, [ids[3]]);
    assert_eq!(store.resend_overdue(days(8)).await.unwrap(), 1, "the open order stays");
}
