//! Accounts, who is signed in, who is on duty, who can be sent; and the audit.

use std::sync::Arc;

use gengfu::clock::UnixMs;
use gengfu::store::account::Account;
use gengfu::store::audit::Passage;
use gengfu::ticket::Role;
use tokio::task::JoinSet;

use super::house::{House, START, offered, second};
use super::lists::closed;

on_both!(
    an_account_is_added_once,
    a_session_ends_at_its_time,
    who_is_on_duty_is_on_shift_now_and_active,
    dispatch_sees_every_active_member,
    the_audit_has_every_line,
    the_database_answers,
);

pub(super) fn account(name: &str, role: Role) -> Account {
    Account {
        name: name.into(),
        display: format!("{name} 同志"),
        role,
        password_hash: "$argon2id$...".into(),
        active: true,
    }
}

pub(super) async fn add(house: &House, account: &Account) {
    assert!(house.store.add_account(account, START).await.unwrap());
}

async fn an_account_is_added_once(house: House) {
    let roles = [
        ("bai", Role::Wall),
        ("chen", Role::PatrolMember),
        ("li", Role::Operator),
        ("qian", Role::Admin),
        ("sun", Role::ShiftLeader),
        ("zhao", Role::Director),
    ];
    let people: Vec<Account> = roles.map(|(name, role)| account(name, role)).to_vec();
    for person in people.iter().rev() {
        add(&house, person).await;
    }
    let stranger = Account { display: "somebody else".into(), ..account("li", Role::Admin) };
    assert!(!house.store.add_account(&stranger, START).await.unwrap());
    let house = house.reopened().await;
    assert_eq!(house.store.accounts().await.unwrap(), people);
    assert_eq!(house.store.account("li").await.unwrap(), Some(people[2].clone()));
    assert_eq!(house.store.account("LI").await.unwrap(), None);
}

async fn a_session_ends_at_its_time(house: House) {
    let store = &house.store;
    let li = account("li", Role::Operator);
    let gone = Account { active: false, ..account("gone", Role::Operator) };
    add(&house, &li).await;
    add(&house, &gone).await;
    store.open_session("token", "li", (START, second(60))).await.unwrap();
    store.open_session("other", "gone", (START, second(60))).await.unwrap();
    let signed_in = |token: &'static str, now: UnixMs| async move {
        store.session(token, now).await.unwrap().map(|account| account.name)
    };
    assert_eq!(signed_in("token", second(0)).await.as_deref(), Some("li"));
    assert_eq!(signed_in("token", second(60).plus_ms(-1)).await.as_deref(), Some("li"));
    assert_eq!(signed_in("token", second(60)).await, None);
    assert_eq!(signed_in("other", second(0)).await, None);
    assert_eq!(signed_in("guess", second(0)).await, None);

    // The next sign-in forgets what is over: even a clock that steps back finds nothing.
    store.open_session("second", "li", (second(61), second(120))).await.unwrap();
    assert_eq!(signed_in("token", second(0)).await, None);
    let time = (second(61), second(120));
    store.open_phone_session(("phone", "second"), "li", time).await.unwrap();
    store.open_phone_session(("tablet", "elsewhere"), "li", time).await.unwrap();
    store.close_session("second").await.unwrap();
    store.close_session("second").await.unwrap();
    assert_eq!(signed_in("second", second(62)).await, None);
    assert_eq!(signed_in("phone", second(62)).await, None, "it goes with its browser");
    assert_eq!(signed_in("tablet", second(62)).await.as_deref(), Some("li"));
}

async fn who_is_on_duty_is_on_shift_now_and_active(house: House) {
    add(&house, &account("li", Role::Operator)).await;
    add(&house, &account("chen", Role::PatrolMember)).await;
    add(&house, &Account { active: false, ..account("gone", Role::PatrolMember) }).await;
    for _ in 0..2 {
        house.store.add_shift("li", "duty", (second(0), second(100))).await.unwrap();
        house.store.add_shift("chen", "patrol", (second(50), second(150))).await.unwrap();
        house.store.add_shift("chen", "standby", (second(60), second(70))).await.unwrap();
        house.store.add_shift("gone", "patrol", (second(0), second(150))).await.unwrap();
    }
    let at = |now| {
        let store = &house.store;
        async move {
            let shifts = store.on_duty(now).await.unwrap();
            shifts.iter().map(|s| format!("{} {}", s.account, s.line)).collect::<Vec<_>>()
        }
    };
    assert_eq!(at(second(0).plus_ms(-1)).await, [""; 0]);
    assert_eq!(at(second(0)).await, ["li duty"]);
    assert_eq!(at(second(65)).await, ["li duty", "chen patrol", "chen standby"]);
    assert_eq!(at(second(100)).await, ["chen patrol"]);
    assert_eq!(at(second(150)).await, [""; 0]);
}

async fn dispatch_sees_every_active_member(house: House) {
    for name in ["chen", "hu", "lin"] {
        add(&house, &account(name, Role::PatrolMember)).await;
    }
    add(&house, &Account { active: false, ..account("gone", Role::PatrolMember) }).await;
    add(&house, &account("li", Role::Operator)).await;
    house.store.add_shift("chen", "patrol", (second(0), second(100))).await.unwrap();
    house.store.add_shift("hu", "standby", (second(0), second(100))).await.unwrap();
    house.store.add_shift("li", "patrol", (second(0), second(100))).await.unwrap();
    house.ticket_in("1", offered("o1", "chen")).await;
    house.ticket_in("2", offered("o2", "chen")).await;
    house.ticket_in("3", closed(None)).await;
    let candidates = house.store.candidates(second(50)).await.unwrap();
    let told: Vec<_> =
        candidates.iter().map(|c| (c.name.as_str(), c.on_shift, c.open_work, c.last_job)).collect();
    let busy = ("chen", true, 2, None);
    assert_eq!(told, [busy, ("hu", false, 0, None), ("lin", false, 0, None)]);
    let later = house.store.candidates(second(100)).await.unwrap();
    assert!(later.iter().all(|candidate| !candidate.on_shift));
}

async fn the_audit_has_every_line(house: House) {
    let store = Arc::new(house.store);
    let mut writers = JoinSet::new();
    for _ in 0..20 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let actor = account("li", Role::Operator).actor();
            let passage = Passage {
                actor: &actor,
                verb: "view",
                object: "evidence 1",
                reason: "",
                outcome: "allowed",
            };
            store.audit(passage, START).await.unwrap();
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    assert_eq!(store.audit_count().await.unwrap(), 20);
}

async fn the_database_answers(house: House) {
    house.store.ping().await.unwrap();
    assert_eq!(house.store.dir(), house.place.dir);
    house.store.close().await;
    assert!(house.store.ping().await.is_err());
}
