//! Rosters and swaps on both databases: what is published holds, what is past stays.

use gengfu::clock::UnixMs;
use gengfu::duty::roster::Roster;
use gengfu::duty::swap::{Decided, Swap};
use gengfu::duty::{Line, Span, Turn};
use gengfu::store::roster::Published;
use gengfu::ticket::Role;

use super::house::{House, START, second};
use super::people::{account, add};

on_both!(
    a_roster_with_a_gap_stays_a_draft,
    a_roster_holds_from_its_publication_on_and_not_before,
    turns_change_hands_when_a_swap_is_approved,
    a_swap_that_does_not_fit_any_more_changes_nothing,
);

/// Hundreds of seconds after the start.
fn at(hundreds: i64) -> UnixMs {
    second(hundreds * 100)
}

fn turn(name: &str, line: Line, starts: i64, ends: i64) -> Turn {
    Turn { account: name.into(), line, starts: at(starts), ends: at(ends) }
}

fn roster(id: &str, turns: Vec<Turn>) -> Roster {
    Roster {
        id: id.into(),
        period: Span { from: at(10), until: at(20) },
        note: "国庆 'x'".into(),
        turns,
        drafted_by: "sun".into(),
        drafted: START,
        published: None,
    }
}

async fn people(house: &House) {
    for (name, role) in [
        ("li", Role::Operator),
        ("wang", Role::Operator),
        ("sun", Role::ShiftLeader),
        ("zhao", Role::Director),
    ] {
        add(house, &account(name, role)).await;
    }
}

async fn turns(house: &House) -> Vec<String> {
    let ever = Span { from: START, until: at(1_000) };
    let told = |turn: Turn| {
        let hundreds = |at: UnixMs| at.since_ms(START) / 100_000;
        let (starts, ends) = (hundreds(turn.starts), hundreds(turn.ends));
        format!("{} {} {starts}-{ends}", turn.account, turn.line.as_str())
    };
    house.store.turns(ever).await.unwrap().into_iter().map(told).collect()
}

async fn a_roster_with_a_gap_stays_a_draft(house: House) {
    people(&house).await;
    let gap = vec![
        turn("li", Line::Duty, 10, 14),
        turn("wang", Line::Duty, 15, 20),
        turn("sun", Line::Standby, 10, 20),
    ];
    let draft = roster("r1", gap);
    house.store.draft_roster(&draft).await.unwrap();
    assert_eq!(house.store.roster("r1").await.unwrap(), Some(draft));
    let Published::Faulty(faults) = house.store.publish_roster("r1", "sun", START).await.unwrap()
    else {
        panic!("a gap was published")
    };
    let span = Some(Span { from: at(14), until: at(15) });
    assert_eq!((faults.len(), faults[0].code(), faults[0].span()), (1, "roster_gap", span));
    assert_eq!(turns(&house).await, [""; 0]);
    assert_eq!(house.store.publish_roster("r2", "sun", START).await.unwrap(), Published::Unknown);
    // The one who goes on from the night before fills it.
    house.store.add_shift("li", "duty", (at(5), at(10))).await.unwrap();
    house.store.add_shift("zhao", "duty", (at(9), at(15))).await.unwrap();
    let done = house.store.publish_roster("r1", "sun", START).await.unwrap();
    assert_eq!(done, Published::Done(1));
    let house = house.reopened().await;
    assert_eq!(
        turns(&house).await,
        ["li duty 5-10", "zhao duty 9-15", "li duty 10-14", "wang duty 15-20", "sun standby 10-20"]
    );
    let published = house.store.roster("r1").await.unwrap().unwrap().published;
    assert_eq!(published, Some((1, "sun".into(), START)));
    let again = house.store.publish_roster("r1", "sun", START).await.unwrap();
    assert_eq!(again, Published::Before);
}

async fn a_roster_holds_from_its_publication_on_and_not_before(house: House) {
    people(&house).await;
    let all = |who: &str| vec![turn(who, Line::Duty, 10, 20), turn("sun", Line::Standby, 10, 20)];
    for (id, who) in [("r1", "li"), ("r2", "wang")] {
        house.store.draft_roster(&roster(id, all(who))).await.unwrap();
    }
    let publish = async |id, now| house.store.publish_roster(id, "zhao", now).await.unwrap();
    assert_eq!(publish("r1", at(9)).await, Published::Done(1));
    assert_eq!(publish("r2", at(15)).await, Published::Done(2));
    assert_eq!(turns(&house).await, ["li duty 10-15", "wang duty 15-20", "sun standby 10-20"]);
    let ids: Vec<(String, bool)> = house
        .store
        .rosters(10)
        .await
        .unwrap()
        .into_iter()
        .map(|roster| (roster.id, roster.published.is_some()))
        .collect();
    assert_eq!(ids, [("r2".into(), true), ("r1".into(), true)]);
    // What is past is covered up by no later roster.
    house.store.draft_roster(&roster("r3", all("li"))).await.unwrap();
    assert_eq!(publish("r3", at(20)).await, Published::Done(3));
    assert_eq!(turns(&house).await, ["li duty 10-15", "wang duty 15-20", "sun standby 10-20"]);
}

fn swap(id: &str) -> Swap {
    Swap {
        id: id.into(),
        gives: turn("li", Line::Duty, 10, 20),
        takes: turn("wang", Line::Duty, 30, 40),
        reason: "婚礼 'x'".into(),
        asked: START,
        agreed: None,
        decided: None,
    }
}

const OPERATORS: [Role; 2] = [Role::Operator, Role::Operator];

fn decided(approved: bool) -> Decided {
    Decided { approved, by: "sun".into(), at: second(3), why: "好".into() }
}

async fn planned(house: &House) {
    people(house).await;
    house.store.add_shift("li", "duty", (at(10), at(20))).await.unwrap();
    house.store.add_shift("wang", "duty", (at(30), at(40))).await.unwrap();
}

async fn turns_change_hands_when_a_swap_is_approved(house: House) {
    planned(&house).await;
    let asked = swap("s1");
    house.store.ask_swap(&asked).await.unwrap();
    assert_eq!(house.store.swap("s1").await.unwrap(), Some(asked.clone()));
    assert!(house.store.agree_swap("s1", second(2)).await.unwrap());
    assert!(!house.store.agree_swap("s1", second(2)).await.unwrap(), "once");
    assert_eq!(turns(&house).await, ["li duty 10-20", "wang duty 30-40"]);
    let done = house.store.decide_swap(&asked, &decided(true), OPERATORS).await.unwrap();
    assert_eq!(done, Ok(()));
    let house = house.reopened().await;
    assert_eq!(turns(&house).await, ["wang duty 10-20", "li duty 30-40"]);
    let again = house.store.decide_swap(&asked, &decided(false), OPERATORS).await.unwrap();
    assert_eq!(again.map_err(|refused| refused.code()), Err("already_decided"));
    let over = Swap { agreed: Some(second(2)), decided: Some(decided(true)), ..asked };
    assert_eq!(house.store.swaps(START).await.unwrap(), std::slice::from_ref(&over));
    assert_eq!(house.store.swap("s1").await.unwrap(), Some(over));
    assert_eq!(house.store.swap("s2").await.unwrap(), None);
    assert_eq!(house.store.swaps(second(1)).await.unwrap(), []);
}

async fn a_swap_that_does_not_fit_any_more_changes_nothing(house: House) {
    planned(&house).await;
    let asked = swap("s1");
    house.store.ask_swap(&asked).await.unwrap();
    // Meanwhile li got a turn that lies over what would be taken.
    house.store.add_shift("li", "standby", (at(35), at(36))).await.unwrap();
    let done = house.store.decide_swap(&asked, &decided(true), OPERATORS).await.unwrap();
    assert_eq!(done.map_err(|refused| refused.code()), Err("swap_overlaps"));
    assert_eq!(house.store.swap("s1").await.unwrap(), Some(asked.clone()), "it still waits");
    assert_eq!(turns(&house).await, ["li duty 10-20", "wang duty 30-40", "li standby 35-36"]);
    let refused = house.store.decide_swap(&asked, &decided(false), OPERATORS).await.unwrap();
    assert_eq!(refused, Ok(()));
    assert_eq!(house.store.swap("s1").await.unwrap().unwrap().standing(), "refused");
}
