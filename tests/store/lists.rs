//! The lists that screens, phones and the desk's pass read.

use gengfu::ticket::life::{Closed, Dismissal, Reply, Review};
use gengfu::ticket::{ClockName, Life, Severity, State, Ticket, TicketId};

use super::house::{self, House, START, event, offer, offered, second, verified, verifying};

on_both!(
    each_list_shows_its_own,
    a_ticket_is_found_by_everything_that_names_it,
    an_order_that_is_over_still_names_its_ticket,
    due_are_the_tickets_whose_next_step_has_come,
    undecided_observations_of_a_camera_take_firings,
);

fn reply() -> Reply {
    Reply {
        disposition: "advice_given".into(),
        text: "Spoke to him.".into(),
        photos: vec!["p1".into(), "p2".into()],
        at: second(50),
    }
}

pub(super) fn closed(review: Option<Review>) -> State {
    State::Closed(Box::new(Closed {
        verified: verified(),
        offer: offer("o-closed", "chen"),
        reply: reply(),
        by: "wang".into(),
        at: second(60),
        review,
        archived: None,
    }))
}

fn reviewed() -> State {
    let items = vec![("seen_in_time".to_owned(), "yes".to_owned())];
    let (by, note) = ("zhao".to_owned(), String::new());
    closed(Some(Review { by, at: second(70), items, note, score: Some(100) }))
}

fn handled(order: &str, member: &str) -> State {
    let clock = house::policy().start(Severity::S2, ClockName::Close, second(5));
    State::Handled { verified: verified(), offer: offer(order, member), reply: reply(), clock }
}

fn dismissed() -> State {
    State::Dismissed { by: "li".into(), at: second(8), dismissal: Dismissal::Test }
}

fn numbers(tickets: &[Ticket]) -> Vec<i64> {
    tickets.iter().map(|ticket| ticket.number).collect()
}

async fn each_list_shows_its_own(house: House) {
    house.filed(event("1", "gate-1", START)).await;
    house.ticket_in("2", verifying("li")).await;
    house.ticket_in("3", dismissed()).await;
    house.ticket_in("4", offered("o4", "chen")).await;
    house.ticket_in("5", handled("o5", "chen")).await;
    house.ticket_in("6", closed(None)).await;
    house.ticket_in("7", reviewed()).await;
    house.ticket_in("8", offered("o8", "hu")).await;
    let store = &house.store;
    assert_eq!(numbers(&store.open_tickets().await.unwrap()), [1, 2, 4, 5, 8]);
    assert_eq!(numbers(&store.recent_tickets(50).await.unwrap()), [8, 7, 6, 5, 4, 3]);
    assert_eq!(numbers(&store.recent_tickets(2).await.unwrap()), [8, 7]);
    assert_eq!(numbers(&store.unreviewed_tickets().await.unwrap()), [6]);
    assert_eq!(numbers(&store.tickets_of_member("chen").await.unwrap()), [4, 5]);
    assert_eq!(numbers(&store.tickets_of_member("hu").await.unwrap()), [8]);
    assert_eq!(numbers(&store.tickets_of_member("nobody").await.unwrap()), [0; 0]);
}

async fn a_ticket_is_found_by_everything_that_names_it(house: House) {
    let ticket = house.ticket_in("e1", offered("o1", "chen")).await;
    let store = &house.store;
    assert_eq!(store.ticket(&ticket.id).await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(store.ticket_with_number(1).await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(store.ticket_of_event("e1").await.unwrap().as_ref(), Some(&ticket));
    assert_eq!(store.ticket_of_offer("o1").await.unwrap(), Some(ticket.id));
    assert_eq!(store.ticket(&TicketId("x".into())).await.unwrap(), None);
    assert_eq!(store.ticket_with_number(2).await.unwrap(), None);
    assert_eq!(store.ticket_of_event("x").await.unwrap(), None);
    assert_eq!(store.ticket_of_offer("x").await.unwrap(), None);
    assert_eq!(store.ticket_of_offer("%").await.unwrap(), None);
}

/// A phone that says "I cannot go" twice has to be understood the second time, too.
async fn an_order_that_is_over_still_names_its_ticket(house: House) {
    let order = "0193565e-4f42-7c3a-9f4f-6d1f0c2a7b10";
    let ticket = house.ticket_in("e1", offered(order, "chen")).await;
    let sent = gengfu::store::outbox::Outgoing {
        ticket: Some(ticket.id.0.clone()),
        body: serde_json::json!({ "offer": order }),
        ..house::outgoing("gengfu/centre/patrol/chen/order")
    };
    house.store.send(&[sent], second(10)).await.unwrap();
    let clock = house::policy().start(Severity::S2, ClockName::Dispatch, second(20));
    let waits = State::Confirmed { verified: verified(), clock };
    let life = Life { state: waits, ..ticket.life.clone() };
    let after = Ticket { version: ticket.version + 1, life, ..ticket.clone() };
    let mut line = house::line(&after, "refuse");
    line.detail = serde_json::json!({ "offer": order, "reason": "unsafe" });
    let change = gengfu::store::ticket::Change {
        before: &ticket,
        after: &after,
        line: &line,
        messages: &[],
        answer: None,
        event: None,
        marks: Default::default(),
    };
    house.store.commit(change, second(20)).await.unwrap();
    assert_eq!(house.store.ticket_of_offer(order).await.unwrap(), Some(ticket.id));
    let stranger = "0193565e-4f42-7c3a-9f4f-6d1f0c2a7b11";
    assert_eq!(house.store.ticket_of_offer(stranger).await.unwrap(), None);
}

async fn due_are_the_tickets_whose_next_step_has_come(house: House) {
    // S2: verdict within 120 s, acknowledgement 120 s after the order at second 10; the first
    // reminder comes at half of it.
    house.filed(event("1", "gate-1", START)).await;
    house.ticket_in("2", offered("o2", "chen")).await;
    house.ticket_in("3", dismissed()).await;
    house.ticket_in("4", closed(None)).await;
    let at = |now| {
        let store = &house.store;
        async move {
            let due = store.tickets_due(now, 10).await.unwrap();
            due.into_iter().map(|id| id.0).collect::<Vec<_>>()
        }
    };
    assert_eq!(at(second(60).plus_ms(-1)).await, [""; 0]);
    assert_eq!(at(second(60)).await, ["ticket-1"]);
    assert_eq!(at(second(70).plus_ms(-1)).await, ["ticket-1"]);
    assert_eq!(at(second(70)).await, ["ticket-1", "ticket-2"]);
    // A closed ticket goes to the archive, a dismissed one has nothing more to come.
    let week = second(30 * 86_400);
    assert_eq!(at(week).await, ["ticket-1", "ticket-2", "ticket-4"]);
}

async fn undecided_observations_of_a_camera_take_firings(house: House) {
    let open = |camera: &'static str, since| {
        let store = &house.store;
        async move {
            let found = store.undecided(camera, since).await.unwrap();
            found.iter().map(|ticket| ticket.number).collect::<Vec<_>>()
        }
    };
    assert_eq!(open("gate-1", START).await, [0; 0]);
    house.filed(event("1", "gate-1", second(1))).await;
    house.ticket_in("2", verifying("li")).await;
    house.ticket_in("3", offered("o3", "chen")).await;
    house.ticket_in("4", dismissed()).await;
    house.filed(event("5", "gate-2", second(5))).await;
    assert_eq!(open("gate-1", START).await, [2, 1]);
    assert_eq!(open("gate-1", second(1)).await, [1]);
    assert_eq!(open("gate-1", second(2)).await, [0; 0]);
    assert_eq!(open("gate-2", START).await, [5]);
    assert_eq!(open("gate-3", START).await, [0; 0]);
}
