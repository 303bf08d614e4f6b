//! What the wall, the weekly report and the metrics read: figures of a day, pictures of a list,
//! logs of a week.

use gengfu::store::evidence::NewEvidence;
use gengfu::store::picture::Pictures;
use gengfu::store::today::Today;
use gengfu::ticket::{ClockName, Life, Severity, State, Ticket, TicketId};

use super::house::{self, House, START, event, offer, offered, second, verified};
use super::lists::closed;

on_both!(
    a_day_counts_its_own,
    a_list_has_the_first_still_and_clip_of_each_ticket,
    a_week_has_what_was_touched_or_open_in_it,
    the_metrics_count_what_is_open_and_what_waits,
);

fn on_scene(acked: i64, there: i64) -> State {
    let mut offer = offer("o", "chen");
    offer.acked = Some(second(acked));
    offer.on_scene = Some(second(there));
    let clock = house::policy().start(Severity::S2, ClockName::Reply, second(10));
    State::OnScene { verified: verified(), offer, clock }
}

async fn a_day_counts_its_own(house: House) {
    let day = (START, second(86_400));
    let empty = house.store.today(day, second(100)).await.unwrap();
    assert_eq!(empty, Today::default());
    house.filed(event("before", "gate-1", START.plus_ms(-1))).await;
    house.filed(event("after", "gate-1", second(86_400))).await;
    house.ticket_in("moving", on_scene(30, 90)).await;
    house.ticket_in("slower", on_scene(50, 150)).await;
    house.ticket_in("done", closed(None)).await;
    let late = house.filed(event("late", "gate-1", START)).await;
    let life = Life { late: vec![ClockName::Ack], ..late.life.clone() };
    house.turned(&Ticket { life, ..late }, closed(None)).await.unwrap();
    let today = house.store.today(day, second(121)).await.unwrap();
    let expect = Today {
        seen: vec![(START, 4)],
        closed: 2,
        closed_in_time: 1,
        ack_p50_ms: Some(20_000),
        arrive_p90_ms: Some(100_000),
        // The verdict on "before" was due at 120 s; the reply of "moving" is not yet due.
        overdue: 1,
        ..Today::default()
    };
    assert_eq!(today, expect);
}

async fn keep(house: &House, of: (Option<&str>, Option<&TicketId>), kind: &'static str) -> String {
    let mime = if kind == "clip" { "video/mp4" } else { "image/jpeg" };
    let (event, ticket) = of;
    let new = NewEvidence { event, ticket, kind, mime, taken: START, by: "gengfu" };
    house.store.keep_bytes(new, b"x".to_vec(), START).await.unwrap().id
}

async fn a_list_has_the_first_still_and_clip_of_each_ticket(house: House) {
    let one = house.filed(event("1", "gate-1", START)).await;
    let two = house.filed(event("2", "gate-2", START)).await;
    let bare = house.filed(event("3", "gate-3", START)).await;
    let still = keep(&house, (Some("1"), None), "snapshot").await;
    keep(&house, (Some("1"), None), "snapshot").await;
    let clip = keep(&house, (Some("1"), None), "clip").await;
    keep(&house, (None, Some(&two.id)), "photo").await;
    let manual = keep(&house, (None, Some(&two.id)), "snapshot").await;
    let found = house.store.pictures_of(&[&one.id, &two.id, &bare.id]).await.unwrap();
    assert_eq!(found[&one.id], Pictures { snapshot: Some(still), clip: Some(clip) });
    assert_eq!(found[&two.id], Pictures { snapshot: Some(manual), clip: None });
    assert_eq!(found.len(), 2);
    assert!(house.store.pictures_of(&[]).await.unwrap().is_empty());
}

async fn a_week_has_what_was_touched_or_open_in_it(house: House) {
    house.ticket_in("done", closed(None)).await;
    house.ticket_in("open", offered("o", "chen")).await;
    let numbers = |start, end| {
        let store = &house.store;
        async move {
            let lines = store.log_of_week(start, end).await.unwrap();
            lines.into_iter().map(|line| (line.number, line.version)).collect::<Vec<_>>()
        }
    };
    let (far, farther) = (second(700_000), second(1_400_000));
    let all = [(1, 1), (1, 2), (2, 1), (2, 2)];
    assert_eq!(numbers(START, far).await, all, "whole logs of what was touched");
    assert_eq!(numbers(far, farther).await, all[2..], "what was open and nobody touched");
    assert_eq!(numbers(START.plus_ms(-1000), START).await, [], "nothing was there before");
    assert_eq!(house.store.opened_count(START, far).await.unwrap(), 2);
    assert_eq!(house.store.opened_count(far, farther).await.unwrap(), 0);
}

async fn the_metrics_count_what_is_open_and_what_waits(house: House) {
    house.filed(event("1", "gate-1", START)).await;
    house.filed(event("2", "gate-2", START)).await;
    house.ticket_in("3", offered("o", "chen")).await;
    house.ticket_in("4", closed(None)).await;
    let open = house.store.open_by_state().await.unwrap();
    assert_eq!(open, [("new".to_owned(), 2), ("offered".to_owned(), 1)]);
    let waits = house.waiting().await.len();
    assert_eq!(house.store.waiting_count().await.unwrap(), i64::try_from(waits).unwrap());
}
