//! Attendance, presence checks, unattended observations, causes of outages and hand-overs on both
//! databases.

use gengfu::clock::UnixMs;
use gengfu::duty::attendance::{Attendance, Off};
use gengfu::duty::cause::Entered;
use gengfu::duty::handover::{Facts, Side, Signature};
use gengfu::duty::presence::{Check, Outcome};
use gengfu::duty::unattended::Alarm;
use gengfu::duty::{Line, Span};
use gengfu::record::{Cause, FaultKind, Gap};
use gengfu::store::audit::Passage;
use gengfu::store::evidence::sha256_hex;
use gengfu::store::outbox::Outgoing;
use gengfu::store::segment::FootageChange;
use gengfu::ticket::Role;
use serde_json::json;

use super::house::{House, START, camera, event, second, verifying};
use super::people::{account, add};

on_both!(
    nobody_is_there_twice,
    a_check_waits_once_and_ends_once,
    an_act_is_a_sign_of_presence_and_a_view_is_none,
    an_observation_is_told_of_once_in_a_spell_also_over_a_restart,
    an_outage_keeps_every_cause_and_shows_the_newest,
    a_handover_is_written_once_and_signed_in_turn,
);

fn there(id: &str, name: &str, on: UnixMs) -> Attendance {
    Attendance {
        id: id.into(),
        account: name.into(),
        line: Line::Duty,
        on,
        via: "console".into(),
        turn: Some(Span { from: START, until: second(100) }),
        reason: "他病了 'x'".into(),
        off: None,
    }
}

fn gone(at: UnixMs, by: &str) -> Off {
    Off { at, by: by.into(), reason: "回家".into() }
}

async fn people(house: &House) {
    for (name, role) in [("li", Role::Operator), ("sun", Role::ShiftLeader)] {
        add(house, &account(name, role)).await;
    }
}

async fn nobody_is_there_twice(house: House) {
    people(&house).await;
    let store = &house.store;
    assert_eq!(store.duty_begin().await.unwrap(), None);
    assert_eq!(store.last_off(Line::Duty).await.unwrap(), UnixMs(0));
    let first = there("a1", "li", second(1));
    assert!(store.sign_on(&first).await.unwrap());
    assert!(!store.sign_on(&there("a2", "li", second(2))).await.unwrap());
    assert_eq!(store.signed_on().await.unwrap(), std::slice::from_ref(&first));
    let outside = Attendance { turn: None, ..there("a3", "sun", second(3)) };
    assert!(store.sign_on(&outside).await.unwrap());
    assert_eq!(at_work(store, second(4)).await, ["li", "sun"], "no roster has them");
    assert!(store.sign_off("a1", &gone(second(10), "li")).await.unwrap());
    assert!(!store.sign_off("a1", &gone(second(11), "li")).await.unwrap());
    assert!(store.sign_on(&there("a4", "li", second(20))).await.unwrap(), "back again");
    let house = house.reopened().await;
    let store = &house.store;
    let over = Attendance { off: Some(gone(second(10), "li")), ..first };
    let all = store.attendance(Span { from: START, until: second(30) }).await.unwrap();
    assert_eq!(all, [over.clone(), outside.clone(), there("a4", "li", second(20))]);
    let part = store.attendance(Span { from: second(10), until: second(20) }).await.unwrap();
    assert_eq!(part, [outside]);
    assert_eq!(store.last_off(Line::Duty).await.unwrap(), second(10));
    assert_eq!(store.last_off(Line::Patrol).await.unwrap(), UnixMs(0));
    assert_eq!(store.duty_begin().await.unwrap(), Some(second(1)));
    store.add_shift("li", "duty", (START, second(100))).await.unwrap();
    assert_eq!(store.duty_begin().await.unwrap(), Some(START));
    assert_eq!(at_work(store, second(30)).await, ["li", "sun"]);
    let others = async |of| store.others_at_work("sun", of, second(30)).await.unwrap();
    assert_eq!(others(("operator", "duty")).await, 1, "who is on the roster and there is one");
    assert_eq!(others(("operator", "patrol")).await, 0);
    assert_eq!(store.others_at_work("li", ("shift_leader", "duty"), second(200)).await.unwrap(), 1);
}

/// Who of all works now.
async fn at_work(store: &gengfu::store::Store, now: UnixMs) -> Vec<String> {
    let mut names = Vec::new();
    for account in store.accounts().await.unwrap() {
        if store.is_at_work(&account.name, now).await.unwrap() {
            names.push(account.name);
        }
    }
    names
}

fn asked(id: &str, at: UnixMs) -> Check {
    Check {
        id: id.into(),
        attendance: "a1".into(),
        account: "li".into(),
        asked: at,
        due: at.plus_ms(120_000),
        ended: None,
    }
}

async fn a_check_waits_once_and_ends_once(house: House) {
    people(&house).await;
    let store = &house.store;
    store.sign_on(&there("a1", "li", START)).await.unwrap();
    assert_eq!(store.newest_check("a1").await.unwrap(), None);
    assert!(store.ask_presence(&asked("c1", second(1))).await.unwrap());
    assert!(!store.ask_presence(&asked("c2", second(2))).await.unwrap(), "one at a time");
    assert_eq!(store.newest_check("a1").await.unwrap(), Some(asked("c1", second(1))));
    assert!(store.end_presence("c1", second(5), Outcome::Missed).await.unwrap());
    assert!(!store.end_presence("c1", second(6), Outcome::Answered).await.unwrap());
    assert!(store.ask_presence(&asked("c3", second(10))).await.unwrap());
    let missed = Check { ended: Some((second(5), Outcome::Missed)), ..asked("c1", second(1)) };
    let all = store.presence_checks(Span { from: START, until: second(11) }).await.unwrap();
    assert_eq!(all, [missed, asked("c3", second(10))]);
    let none = store.presence_checks(Span { from: second(11), until: second(12) }).await.unwrap();
    assert_eq!(none, []);
}

async fn an_act_is_a_sign_of_presence_and_a_view_is_none(house: House) {
    people(&house).await;
    let store = &house.store;
    let li = account("li", Role::Operator).actor();
    let audit = async |verb: &str, outcome: &str, at: UnixMs| {
        let passage = Passage { actor: &li, verb, object: "x", reason: "", outcome };
        store.audit(passage, at).await.unwrap();
    };
    audit("verify", "allowed", second(5)).await;
    for (verb, outcome) in
        [("view_ticket", "allowed"), ("view_wall", "allowed"), ("verify", "refused")]
    {
        audit(verb, outcome, second(9)).await;
    }
    audit("sign_on", "allowed", second(9)).await;
    assert_eq!(store.last_sign("li", START).await.unwrap(), Some(second(5)));
    assert_eq!(store.last_sign("li", second(6)).await.unwrap(), None);
    assert_eq!(store.last_sign("sun", START).await.unwrap(), None);
}

fn message(alarm: &Alarm) -> Vec<Outgoing> {
    let numbers: Vec<i64> = alarm.waiting.iter().map(|one| one.number).collect();
    let body = json!({ "numbers": numbers });
    let topic = "unattended".into();
    vec![Outgoing { topic, kind: "unattended", retain: false, ticket: None, body, hold: None }]
}

/// Tells of everything that this spell has not told of; gives the numbers.
async fn tell(house: &House, now: UnixMs) -> Vec<i64> {
    let waiting = house.store.untold().await.unwrap();
    let told = (vec!["sun".to_owned(), "zhao".to_owned()], waiting);
    let alarm = house.store.tell_unattended(told, &message, now).await.unwrap();
    alarm.map_or(Vec::new(), |alarm| alarm.waiting.iter().map(|one| one.number).collect())
}

async fn messages(house: &House) -> usize {
    house.waiting().await.iter().filter(|one| one.kind == "unattended").count()
}

async fn an_observation_is_told_of_once_in_a_spell_also_over_a_restart(house: House) {
    people(&house).await;
    house.filed(event("e1", "gate-1", START)).await;
    assert_eq!(tell(&house, second(1)).await, [1]);
    assert_eq!(tell(&house, second(2)).await, [0; 0]);
    let house = house.reopened().await;
    assert_eq!(tell(&house, second(3)).await, [0; 0]);
    house.ticket_in("e2", verifying("li")).await;
    assert_eq!(tell(&house, second(4)).await, [2]);
    let (since, told) = house.store.unattended_now().await.unwrap().unwrap();
    assert_eq!((since, told.len(), told[0].whom.as_str()), (UnixMs(0), 2, "sun zhao"));
    // Somebody comes: nothing is told, whatever was read before.
    let waiting = house.store.untold().await.unwrap();
    assert_eq!(waiting, []);
    let third = house.filed(event("e3", "gate-2", second(5))).await;
    let untold = house.store.untold().await.unwrap();
    house.store.sign_on(&there("a1", "li", second(6))).await.unwrap();
    let raced = house.store.tell_unattended((vec![], untold), &message, second(6)).await.unwrap();
    assert_eq!((raced, house.store.unattended_now().await.unwrap()), (None, None));
    // A new spell tells of what still waits, once.
    house.store.sign_off("a1", &gone(second(9), "li")).await.unwrap();
    assert_eq!(tell(&house, second(9)).await, [1, 2, third.number]);
    let house = house.reopened().await;
    assert_eq!(tell(&house, second(10)).await, [0; 0]);
    assert_eq!(messages(&house).await, 3);
    let all = house.store.unattended(Span { from: START, until: second(20) }).await.unwrap();
    let told: Vec<(i64, UnixMs)> = all.iter().map(|one| (one.number, one.spell)).collect();
    let (first, second_spell) = (UnixMs(0), second(9));
    assert_eq!(
        told,
        [(1, first), (2, first), (1, second_spell), (2, second_spell), (3, second_spell)]
    );
}

fn entry(cause: &str, at: UnixMs) -> Entered {
    Entered { cause: cause.into(), note: "查 'x'".into(), by: "li".into(), at }
}

async fn an_outage_keeps_every_cause_and_shows_the_newest(house: House) {
    let store = &house.store;
    let gate = camera("gate");
    store.raise_fault(Some(&gate), FaultKind::Covered, "covered", second(1)).await.unwrap();
    let gap = |id: &str, from: i64, ended: Option<i64>| Gap {
        id: id.into(),
        camera: camera("yard"),
        started: second(from),
        ended: ended.map(second),
        cause: Cause::Camera("no_answer".into()),
        detail: String::new(),
    };
    let gaps = [gap("g1", 2, Some(302)), gap("g2", 400, Some(410))];
    let changes = gaps.map(FootageChange::Gap);
    store.index_footage(&changes).await.unwrap();
    let now = second(600);
    let outages = store.outages(START, now).await.unwrap();
    let told: Vec<_> =
        outages.iter().map(|one| (one.kind.as_str(), one.camera.as_deref())).collect();
    assert_eq!(told, [("covered", Some("gate")), ("no_answer", Some("yard"))], "{outages:?}");
    let ids: Vec<String> = outages.iter().map(|one| one.id.clone()).collect();
    let first = entry("network", second(500));
    assert_eq!(store.enter_cause(&[ids[1].clone(), "none".into()], &first).await.unwrap(), 1);
    let newest = entry("power", second(501));
    assert_eq!(store.enter_cause(&ids, &newest).await.unwrap(), 2);
    let outages = store.outages(START, now).await.unwrap();
    assert!(outages.iter().all(|one| one.entered.as_ref() == Some(&newest)));
    // What was over before is not asked for again; what lasts is.
    let later = store.outages(second(303), now).await.unwrap();
    assert_eq!(later.len(), 1);
    assert_eq!(later[0].id, ids[0]);
}

fn facts(now: UnixMs) -> Facts {
    Facts {
        site: "综治中心 'x'".into(),
        number: 0,
        since: START,
        now,
        by: "li".into(),
        people: vec![("li".into(), "李 明".into(), Role::Operator)],
        cameras: vec![("gate".into(), "东门".into())],
        tickets: Vec::new(),
        outages: Vec::new(),
        shelved: Vec::new(),
        holds: Vec::new(),
        present: vec![there("a1", "li", START)],
        turns: Vec::new(),
        checks: vec![asked("c1", second(1))],
        findings: Vec::new(),
        unattended: vec![(3, second(2), "sun".into())],
        swaps: Vec::new(),
        phones: None,
    }
}

async fn a_handover_is_written_once_and_signed_in_turn(house: House) {
    let store = &house.store;
    assert_eq!(store.last_handover().await.unwrap(), None);
    let first = store.write_handover(facts(second(10))).await.unwrap();
    let next = store.write_handover(facts(second(20))).await.unwrap();
    assert_eq!((first.number, next.number), (1, 2));
    assert_eq!(first.sha256, sha256_hex(first.document.as_bytes()));
    assert_ne!(first.sha256, next.sha256);
    let sign = |by: &str, at| Signature { by: by.into(), at, remarks: "钥匙 'x'".into() };
    let put = async |side, by: &str, at| {
        store.sign_handover(&next.id, side, &sign(by, at)).await.unwrap()
    };
    assert!(!put(Side::Incoming, "wang", second(21)).await, "the outgoing signs first");
    assert!(put(Side::Outgoing, "li", second(22)).await);
    assert!(!put(Side::Outgoing, "ma", second(23)).await);
    assert!(!put(Side::Incoming, "li", second(24)).await, "nobody signs twice");
    assert_eq!(store.last_handover().await.unwrap(), None);
    assert!(put(Side::Incoming, "wang", second(25)).await);
    assert!(!put(Side::Incoming, "ma", second(26)).await);
    let house = house.reopened().await;
    let kept = house.store.handover(&next.id).await.unwrap().unwrap();
    assert_eq!((&kept.document, &kept.sha256), (&next.document, &next.sha256));
    assert_eq!(kept.outgoing, Some(sign("li", second(22))));
    assert_eq!(kept.incoming, Some(sign("wang", second(25))));
    assert_eq!(house.store.last_handover().await.unwrap(), Some(second(20)));
    let numbers: Vec<i64> =
        house.store.handovers(10).await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!(house.store.handovers(1).await.unwrap().len(), 1);
    assert_eq!(house.store.handover("none").await.unwrap(), None);
}
