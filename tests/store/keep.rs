//! What retention asks of the index: classes, the oldest files, holds, deletions, stocks.

use gengfu::clock::UnixMs;
use gengfu::config::Retention;
use gengfu::record::hold::{Hold, HoldKind};
use gengfu::record::retention::{ClassSince, Rule};
use gengfu::record::{Segment, SegmentEnd};
use gengfu::store::footage::Stock;
use gengfu::store::hold::Rolls;
use gengfu::store::segment::FootageChange;
use gengfu::ticket::State;

use super::house::{House, START, camera, event, second, verifying};
use crate::support::footage::row;

on_both!(
    a_class_is_noted_when_it_changes,
    the_oldest_files_come_in_pages,
    a_deletion_remains_when_file_and_row_are_gone,
    a_placed_hold_lasts_until_its_review_or_release,
    a_ticket_holds_its_footage_while_it_is_open,
    a_stock_is_summed_up_per_camera,
);

const ROLLS: Rolls = Rolls { before_ms: 8_000, after_ms: 5_000 };

async fn a_class_is_noted_when_it_changes(house: House) {
    let gate = camera("gate");
    for (class, at) in [
        (Retention::Key, 0),
        (Retention::Key, 5),
        (Retention::Ordinary, 9),
        (Retention::Ordinary, 12),
    ] {
        house.store.remember_class(&gate, class, UnixMs(at)).await.unwrap();
    }
    let since = |class, at| ClassSince { class, since: UnixMs(at) };
    let expect = vec![since(Retention::Key, 0), since(Retention::Ordinary, 9)];
    assert_eq!(house.store.classes().await.unwrap()[&gate], expect);
}

async fn record(house: &House, row: Segment) {
    house.store.index_footage(&[FootageChange::Open(row)]).await.unwrap();
}

async fn the_oldest_files_come_in_pages(house: House) {
    let gate = camera("gate");
    for number in 1..=4 {
        record(&house, row(&gate, number, second(number * 60), 60)).await;
    }
    record(&house, Segment { end: None, ..row(&gate, 5, second(300), 0) }).await;
    record(&house, row(&camera("yard"), 1, second(60), 60)).await;
    let numbers = async |after, ended_by, limit| {
        let page = house.store.finished_segments(&gate, (after, ended_by), limit).await.unwrap();
        page.iter().map(|file| file.number).collect::<Vec<_>>()
    };
    let all = UnixMs(i64::MIN);
    assert_eq!(numbers(all, second(999), 9).await, [1, 2, 3, 4]);
    assert_eq!(numbers(all, second(999), 2).await, [1, 2]);
    assert_eq!(numbers(second(120), second(999), 9).await, [3, 4]);
    assert_eq!(numbers(all, second(180), 9).await, [1, 2]);
}

async fn a_deletion_remains_when_file_and_row_are_gone(house: House) {
    let gate = camera("gate");
    let file = row(&gate, 1, START, 60);
    record(&house, file.clone()).await;
    for _ in 0..2 {
        house.store.delete_footage(&file, Rule::BelowFloor, second(90)).await.unwrap();
    }
    assert_eq!(house.store.segment(&file.id).await.unwrap(), None);
    let gone = house.store.deletions(&gate, START, second(1)).await.unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].ended, gone[0].rule.as_str()), (second(60), "below_floor"));
    assert_eq!(house.store.deletions(&gate, second(60), second(99)).await.unwrap(), []);
    let last = house.store.last_deletion(Rule::BelowFloor).await.unwrap();
    assert_eq!(last, Some(second(90)));
    assert_eq!(house.store.last_deletion(Rule::Ceiling).await.unwrap(), None);
    assert_eq!(house.store.first_recorded(&gate).await.unwrap(), Some(START));
    assert_eq!(house.store.last_segment_number(&gate).await.unwrap(), 1);
    assert_eq!(house.store.first_recorded(&camera("yard")).await.unwrap(), None);
}

fn legal(until: UnixMs) -> Hold {
    Hold {
        id: "h1".into(),
        camera: camera("gate"),
        from: START,
        to: second(60),
        kind: HoldKind::Legal,
        ticket: None,
        reason: "第七号令".into(),
        placed_by: "sun".into(),
        placed: second(1),
        until: Some(until),
    }
}

async fn a_placed_hold_lasts_until_its_review_or_release(house: House) {
    let hold = legal(second(100));
    house.store.place_hold(&hold).await.unwrap();
    let holds = async |at| house.store.holds(ROLLS, second(at)).await.unwrap();
    assert_eq!(holds(99).await, [hold]);
    assert_eq!(holds(100).await, []);
    let release = async |id, at| house.store.release_hold(id, "sun", second(at)).await.unwrap();
    assert!(!release("h2", 50).await);
    assert!(!release("h1", 100).await, "it is over by itself");
    assert!(release("h1", 50).await);
    assert!(!release("h1", 51).await);
    assert_eq!(holds(60).await, []);
}

async fn a_ticket_holds_its_footage_while_it_is_open(house: House) {
    let store = &house.store;
    let unfiled = event("e1", "gate", START);
    store.save_event(&unfiled, START).await.unwrap();
    let times = async || {
        let holds = store.holds(ROLLS, second(9)).await.unwrap();
        holds.iter().map(|hold| (hold.from, hold.to, hold.ticket.clone())).collect::<Vec<_>>()
    };
    let (from, to) = (START.plus_ms(-1_400 - 8_000), START.plus_ms(5_000));
    assert_eq!(times().await, [(from, to, None)]);
    let ticket = super::house::file(store, unfiled).await.unwrap();
    assert_eq!(times().await, [(from, to, Some(ticket.id.0.clone()))]);
    let ticket = house.turned(&ticket, verifying("li")).await.unwrap();
    assert_eq!(times().await.len(), 1);
    let dismissal = gengfu::ticket::life::Dismissal::Test;
    let dismissed = State::Dismissed { by: "li".into(), at: second(3), dismissal };
    house.turned(&ticket, dismissed).await.unwrap();
    assert_eq!(times().await, []);
}

async fn a_stock_is_summed_up_per_camera(house: House) {
    let gate = camera("gate");
    record(&house, row(&gate, 1, START, 60)).await;
    let long = row(&gate, 2, second(100), 30);
    let end = long.end.clone().map(|end| SegmentEnd { bytes: 5_000_000_000, ..end });
    record(&house, Segment { end, ..long }).await;
    record(&house, Segment { end: None, ..row(&gate, 3, second(130), 0) }).await;
    let stocks = house.store.stocks().await.unwrap();
    let expect = Stock {
        oldest: Some(START),
        newest: Some(second(130)),
        covered_ms: 90_000,
        bytes: 5_000_001_000,
        writing: Some(second(130)),
    };
    assert_eq!((stocks.len(), stocks[&gate]), (1, expect));
}
