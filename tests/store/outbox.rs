//! Messages keep their order and their numbers, however many write at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use gengfu::store::Store;
use gengfu::store::outbox::{Outgoing, Waiting};
use gengfu::store::ticket::Change;
use gengfu::ticket::{Offer, State, Ticket};
use tokio::task::JoinSet;

use super::house::{self, House, START, event, file, offered, second, verifying};

on_both!(
    messages_wait_in_order_until_the_broker_has_them,
    twenty_writers_leave_no_gap,
    only_orders_that_no_phone_has_are_sent_again,
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
    store.published(2, second(4)).await.unwrap();
    store.published(2, second(5)).await.unwrap();
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
    };
    house.store.commit(change, second(10)).await.unwrap();
    for message in house.waiting().await {
        house.store.published(message.id, second(11)).await.unwrap();
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
        house.store.published(message.id, second(61)).await.unwrap();
    }

    assert_eq!(house.store.resend_unreceived().await.unwrap(), 1);
    let again: Vec<String> = house.waiting().await.into_iter().map(|m| m.topic).collect();
    assert_eq!(again, ["lost"]);
    assert_eq!(house.store.resend_unreceived().await.unwrap(), 0);
}
