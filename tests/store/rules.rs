//! What is asked of rules: decided once and by another person, shelved for a time that ends by
//! itself, also while the daemon is away; firings meanwhile are kept and file nothing.

use gengfu::clock::UnixMs;
use gengfu::event::shelf::{Cost, Deed, Request, Ruling, Standing, Wish};
use gengfu::store::hold::Rolls;

use super::house::{House, START, camera, event, second};

on_both!(
    a_shelved_rule_files_nothing_and_is_back_by_itself_over_a_restart,
    a_request_is_decided_once_and_not_by_who_asked,
    the_same_is_not_asked_twice,
    firings_and_verdicts_are_found_by_their_tickets,
);

const HOUR_MS: i64 = 3_600_000;

fn deed(by: &str, at: UnixMs) -> Deed {
    Deed { by: by.into(), at, why: "灯坏了 'x'".into() }
}

fn request(id: &str, wish: Wish) -> Request {
    Request {
        id: id.into(),
        camera: "gate".into(),
        rule: "night".into(),
        word: "shelve".into(),
        wish,
        cost: Cost { missed: 1, confirmed: 2, avoided: 3, false_alarms: 4 },
        asked: deed("chief", START),
        refused: None,
        approved: None,
        until: None,
        ended: None,
        fired: 0,
    }
}

fn shelving(id: &str) -> Request {
    request(id, Wish::Shelve { for_ms: HOUR_MS })
}

async fn a_shelved_rule_files_nothing_and_is_back_by_itself_over_a_restart(house: House) {
    let asked = shelving("r1");
    assert!(house.store.ask_of_rule(&asked).await.unwrap());
    let firing = async |house: &House, id: &str, of: &str, at: UnixMs| {
        house.store.save_event(&event(id, of, at), at).await.unwrap()
    };
    assert_eq!(firing(&house, "asked", "gate", second(1)).await, None);
    let by = deed("director", second(10));
    assert!(house.store.rule_on_request(&asked, Ruling::Approve, &by).await.unwrap());
    let house = house.reopened().await;
    let (r1, until) = (Some("r1".to_owned()), second(10).plus_ms(HOUR_MS));
    // What was seen before the approval and is written after it was not shelved.
    assert_eq!(firing(&house, "before", "gate", second(9)).await, None);
    assert_eq!(firing(&house, "first", "gate", second(10)).await, r1);
    assert_eq!(firing(&house, "first", "gate", second(10)).await, r1, "written again, still one");
    assert_eq!(firing(&house, "other", "yard", second(11)).await, None);
    let shelved = house.store.shelved_rules(second(12)).await.unwrap();
    let [one] = &shelved[..] else { panic!("{shelved:?}") };
    let expect = Request { approved: Some(by), until: Some(until), fired: 1, ..asked.clone() };
    assert_eq!(*one, expect);
    assert!(house.store.event("first").await.unwrap().is_some(), "it is kept");
    let rolls = Rolls { before_ms: 0, after_ms: 0 };
    let held = house.store.holds(rolls, second(12)).await.unwrap();
    assert_eq!(held.len(), 3, "shelved firings hold no footage: {held:?}");
    let house = house.reopened().await;
    assert_eq!(firing(&house, "last", "gate", until.plus_ms(-1)).await, r1);
    assert_eq!(firing(&house, "after", "gate", until).await, None);
    assert_eq!(house.store.shelved_rules(until).await.unwrap(), []);
    let over = house.store.rule_request("r1").await.unwrap().unwrap();
    assert_eq!((over.standing(until), over.fired), (Standing::Over, 2));
    let unfiled = house.store.unfiled_events().await.unwrap();
    let ids: Vec<&str> = unfiled.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["asked", "before", "other", "after"]);
}

async fn a_request_is_decided_once_and_not_by_who_asked(house: House) {
    let store = &house.store;
    let asked = shelving("r1");
    assert!(store.ask_of_rule(&asked).await.unwrap());
    let rule = async |ruling, by: &str, at| {
        store.rule_on_request(&asked, ruling, &deed(by, at)).await.unwrap()
    };
    assert!(!rule(Ruling::Approve, "chief", second(1)).await);
    assert!(!rule(Ruling::End, "director", second(1)).await);
    assert!(rule(Ruling::Approve, "director", second(2)).await);
    assert!(!rule(Ruling::Refuse, "director", second(3)).await);
    assert!(!rule(Ruling::Approve, "deputy", second(3)).await);
    assert!(rule(Ruling::End, "chief", second(4)).await);
    assert!(!rule(Ruling::End, "chief", second(5)).await);
    let after = event("e", "gate", second(4));
    assert_eq!(store.save_event(&after, second(4)).await.unwrap(), None);
    let found = store.rule_request("r1").await.unwrap().unwrap();
    assert_eq!(found.ended, Some(deed("chief", second(4))));
    assert_eq!(found.standing(second(4)), Standing::Over);
    let change = request("r2", Wish::Change { lines: "min_score = 0.55".into() });
    assert!(store.ask_of_rule(&change).await.unwrap());
    assert!(store.rule_on_request(&change, Ruling::Refuse, &deed("li", second(9))).await.unwrap());
    let found = store.rule_request("r2").await.unwrap().unwrap();
    assert_eq!((&found.wish, found.until), (&change.wish, None));
    assert_eq!(found.standing(second(9)), Standing::Refused);
    assert_eq!(store.rule_request("r3").await.unwrap(), None);
}

async fn the_same_is_not_asked_twice(house: House) {
    let store = &house.store;
    assert!(store.ask_of_rule(&shelving("r1")).await.unwrap());
    assert!(!store.ask_of_rule(&shelving("r2")).await.unwrap());
    let change = request("r3", Wish::Change { lines: "x".into() });
    assert!(store.ask_of_rule(&change).await.unwrap(), "a change is something else");
    let yard = Request { camera: "yard".into(), ..shelving("r4") };
    assert!(store.ask_of_rule(&yard).await.unwrap(), "so is another camera");
    let by = deed("director", second(5));
    assert!(store.rule_on_request(&shelving("r1"), Ruling::Approve, &by).await.unwrap());
    assert!(!store.ask_of_rule(&shelving("r5")).await.unwrap(), "it is shelved");
    let later = deed("chief", second(6).plus_ms(HOUR_MS));
    let again = Request { asked: later, ..shelving("r6") };
    assert!(store.ask_of_rule(&again).await.unwrap(), "it is back");
    let ids = async |since| -> Vec<String> {
        store.rule_requests(since).await.unwrap().into_iter().map(|one| one.id).collect()
    };
    assert_eq!(ids(START).await, ["r6", "r4", "r3", "r1"]);
    assert_eq!(ids(second(9).plus_ms(HOUR_MS)).await, ["r6", "r4", "r3"], "those that wait stay");
}

async fn firings_and_verdicts_are_found_by_their_tickets(house: House) {
    let ticket = house.filed(event("e1", "gate", second(1))).await;
    house.store.save_event(&event("e2", "gate", second(2)), second(2)).await.unwrap();
    let found = house.store.firings_since(START).await.unwrap();
    let [(id, fired)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((id, fired), (&ticket.id.0, &event("e1", "gate", second(1)).fired));
    assert_eq!(fired.camera, camera("gate"));
    let lines = house.store.verdict_lines(START).await.unwrap();
    assert_eq!((lines.len(), lines[0].input.as_str()), (1, "open"));
    assert_eq!(house.store.verdict_lines(second(2)).await.unwrap(), []);
    assert_eq!(house.store.firings_since(second(2)).await.unwrap(), []);
}
