//! Offers from beginning to end, orders that wait to ring together, members out of dispatch.

use gengfu::clock::UnixMs;
use gengfu::duty::Line;
use gengfu::duty::attendance::{Attendance, Off};
use gengfu::store::account::Account;
use gengfu::store::offer::Suspension;
use gengfu::store::outbox::Outgoing;
use gengfu::store::ticket::Change;
use gengfu::ticket::ranking::Tried;
use gengfu::ticket::{Life, Role, Severity, State, Ticket};
use serde_json::json;

use super::house::{self, House, START, event, offered, second};

on_both!(
    an_offer_is_kept_with_its_ranking_and_its_end,
    orders_that_wait_go_out_together_and_in_order,
    what_is_taken_back_while_it_waits_is_never_said,
    a_suspension_begins_and_ends,
    work_of_the_turn_and_the_last_job_are_counted,
    who_has_signed_off_has_gone_whatever_the_roster_says,
);

fn member(name: &str) -> Account {
    Account {
        name: name.into(),
        display: name.into(),
        role: Role::PatrolMember,
        password_hash: String::new(),
        active: true,
    }
}

/// Commits the next version with this line and these messages.
async fn turned(
    house: &House,
    before: &Ticket,
    state: State,
    said: (&str, serde_json::Value),
    messages: &[Outgoing],
) -> Ticket {
    let life = Life { state, ..before.life.clone() };
    let after = Ticket { version: before.version + 1, life, ..before.clone() };
    let mut line = house::line(&after, said.0);
    line.detail = said.1;
    let change = Change {
        before,
        after: &after,
        line: &line,
        messages,
        answer: None,
        event: None,
        marks: Default::default(),
    };
    house.store.commit(change, second(10)).await.unwrap();
    after
}

fn confirmed() -> State {
    let clock = house::policy().start(Severity::S2, gengfu::ticket::ClockName::Dispatch, second(5));
    State::Confirmed { verified: house::verified(), clock }
}

async fn an_offer_is_kept_with_its_ranking_and_its_end(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    let ranking = json!([{ "member": "chen", "rank": 1 }, { "member": "hu", "bar": "off_shift" }]);
    let asked = ("dispatch", json!({ "offer": "o1", "member": "chen", "ranking": ranking }));
    let ticket = turned(&house, &ticket, offered("o1", "chen"), asked, &[]).await;
    assert_eq!(house.store.tried(&ticket.id).await.unwrap()["chen"], Tried::Asked);
    let refused = ("refuse", json!({ "offer": "o1", "reason": "unsafe" }));
    let ticket = turned(&house, &ticket, confirmed(), refused, &[]).await;
    let asked = ("dispatch", json!({ "offer": "o2", "member": "hu" }));
    let ticket = turned(&house, &ticket, offered("o2", "hu"), asked, &[]).await;
    let passed = ("reoffer", json!({ "offer": "o3", "member": "lin" }));
    let ticket = turned(&house, &ticket, offered("o3", "lin"), passed, &[]).await;
    let house = house.reopened().await;
    let kept = house.store.offers_of(&ticket.id).await.unwrap();
    let told: Vec<_> =
        kept.iter().map(|o| (o.id.as_str(), o.outcome.as_deref(), o.reason.as_deref())).collect();
    let ends = [
        ("o1", Some("refused"), Some("unsafe")),
        ("o2", Some("expired"), Some("ack_late")),
        ("o3", None, None),
    ];
    assert_eq!(told, ends);
    assert_eq!(kept[0].ranking.as_ref(), Some(&ranking));
    let tried = house.store.tried(&ticket.id).await.unwrap();
    assert_eq!((tried["chen"], tried["hu"]), (Tried::Refused, Tried::Expired));
}

/// An order to chen's topic that waits until a second.
fn held(offer: &str, ticket: &Ticket, until: i64) -> Outgoing {
    Outgoing {
        ticket: Some(ticket.id.0.clone()),
        body: json!({ "offer": offer }),
        hold: Some(second(until)),
        ..house::outgoing("chen")
    }
}

async fn orders_that_wait_go_out_together_and_in_order(house: House) {
    let mut first = None;
    for offer in ["o1", "o2", "o3"] {
        let ticket = house.filed(event(offer, "gate-1", START)).await;
        let asked = ("dispatch", json!({ "offer": offer, "member": "chen" }));
        let messages = [held(offer, &ticket, 20)];
        let state = offered(offer, "chen");
        first = Some(turned(&house, &ticket, state, asked, &messages).await);
    }
    assert!(house.waiting().await.iter().all(|message| message.topic != "chen"));
    let until = house.store.hold_until("chen", second(12), 10_000).await.unwrap();
    assert_eq!(until, Some(second(20)), "whoever comes later joins those who wait");
    assert_eq!(house.store.release_held(second(19)).await.unwrap(), 0);
    let house = house.reopened().await;
    assert_eq!(house.store.release_held(second(20)).await.unwrap(), 3);
    assert_eq!(house.store.release_held(second(20)).await.unwrap(), 0);
    let sent = house.waiting().await;
    let sent: Vec<_> = sent.iter().filter(|message| message.topic == "chen").collect();
    let offers: Vec<_> = sent.iter().map(|m| m.body["offer"].as_str().unwrap()).collect();
    assert_eq!(offers, ["o1", "o2", "o3"]);
    assert_eq!(sent.iter().map(|m| m.seq).collect::<Vec<_>>(), [1, 2, 3], "no gap");
    assert!(sent.iter().all(|m| m.body["bundle"]["id"] == sent[0].body["bundle"]["id"]));
    assert_eq!(sent[2].body["bundle"]["place"], 3);
    assert_eq!(sent[2].ticket.as_ref(), first.map(|ticket| ticket.id.0).as_ref());
    let next = house.store.hold_until("chen", second(25), 10_000).await.unwrap();
    assert_eq!(next, Some(second(30)), "counted from when they rang");
    assert_eq!(house.store.hold_until("chen", second(30), 10_000).await.unwrap(), None);
    assert_eq!(house.store.hold_until("hu", second(12), 10_000).await.unwrap(), None);
}

async fn what_is_taken_back_while_it_waits_is_never_said(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    let asked = ("dispatch", json!({ "offer": "o1", "member": "chen" }));
    let messages = [held("o1", &ticket, 20)];
    let ticket = turned(&house, &ticket, offered("o1", "chen"), asked, &messages).await;
    let back = Outgoing {
        kind: "withdraw",
        ticket: Some(ticket.id.0.clone()),
        body: json!({ "offer": "o1", "reason": "nearer" }),
        ..house::outgoing("chen")
    };
    let said = ("withdraw", json!({ "reason": "nearer" }));
    let ticket = turned(&house, &ticket, confirmed(), said, std::slice::from_ref(&back)).await;
    assert_eq!(house.store.release_held(second(30)).await.unwrap(), 0);
    assert!(house.waiting().await.iter().all(|message| message.topic != "chen"));
    let kept = house.store.offers_of(&ticket.id).await.unwrap();
    assert_eq!(kept[0].outcome.as_deref(), Some("withdrawn"), "the row remembers it");
    // One that was said is taken back aloud.
    let asked = ("dispatch", json!({ "offer": "o2", "member": "chen" }));
    let ticket = turned(&house, &ticket, offered("o2", "chen"), asked, &[]).await;
    let back = Outgoing { body: json!({ "offer": "o2", "reason": "nearer" }), ..back };
    let said = ("withdraw", json!({ "reason": "nearer" }));
    turned(&house, &ticket, confirmed(), said, &[back]).await;
    assert_eq!(house.waiting().await.iter().filter(|m| m.topic == "chen").count(), 1);
}

async fn a_suspension_begins_and_ends(house: House) {
    for name in ["chen", "hu"] {
        house.store.add_account(&member(name), START).await.unwrap();
    }
    let suspended = |until: Option<UnixMs>, account: &str| Suspension {
        account: account.into(),
        since: second(10),
        until,
        reason: "a broken foot".into(),
        by: "sun".into(),
    };
    house.store.suspend(&suspended(None, "chen")).await.unwrap();
    house.store.suspend(&suspended(None, "chen")).await.unwrap();
    house.store.suspend(&suspended(Some(second(20)), "hu")).await.unwrap();
    let out = |now| {
        let store = &house.store;
        async move {
            let candidates = store.candidates(now).await.unwrap();
            candidates.into_iter().filter(|c| c.suspended).map(|c| c.name).collect::<Vec<_>>()
        }
    };
    assert_eq!(out(second(9)).await, [""; 0]);
    assert_eq!(out(second(10)).await, ["chen", "hu"]);
    assert_eq!(out(second(20)).await, ["chen"]);
    assert_eq!(house.store.suspended(second(12)).await.unwrap().len(), 2);
    assert!(house.store.end_suspension("chen", second(30)).await.unwrap());
    assert!(!house.store.end_suspension("chen", second(30)).await.unwrap());
    assert_eq!(out(second(30)).await, [""; 0]);
}

async fn work_of_the_turn_and_the_last_job_are_counted(house: House) {
    house.store.add_account(&member("chen"), START).await.unwrap();
    house.store.add_shift("chen", "patrol", (second(0), second(1000))).await.unwrap();
    house.ticket_in("open", offered("o1", "chen")).await;
    let State::Closed(mut closed) = super::lists::closed(None) else { unreachable!() };
    closed.offer.acked = Some(second(20));
    house.ticket_in("over", State::Closed(closed)).await;
    let found = house.store.candidates(second(500)).await.unwrap();
    let chen = &found[0];
    assert!(chen.on_shift && !chen.suspended);
    assert_eq!((chen.open_work, chen.jobs), (1, 1), "one runs, one was taken on and ended");
    assert!(chen.last_job.is_some());
}

async fn who_has_signed_off_has_gone_whatever_the_roster_says(house: House) {
    house.store.add_account(&member("chen"), START).await.unwrap();
    house.store.add_shift("chen", "patrol", (second(10), second(1000))).await.unwrap();
    let there = |id: &str, on| Attendance {
        id: id.into(),
        account: "chen".into(),
        line: Line::Patrol,
        on,
        via: "phone".into(),
        turn: None,
        reason: String::new(),
        off: None,
    };
    let off = |at| Off { at, by: "chen".into(), reason: String::new() };
    let stands = |now| {
        let store = &house.store;
        async move {
            let chen = store.candidates(now).await.unwrap().remove(0);
            (chen.on_shift, chen.signed_on)
        }
    };
    assert_eq!(stands(second(5)).await, (false, false));
    assert_eq!(stands(second(20)).await, (true, false), "on the roster, not signed on");
    house.store.sign_on(&there("a1", second(30))).await.unwrap();
    assert_eq!(stands(second(40)).await, (true, true));
    house.store.sign_off("a1", &off(second(50))).await.unwrap();
    assert_eq!(stands(second(60)).await, (false, false), "gone before the end of the turn");
    house.store.sign_on(&there("a2", second(2000))).await.unwrap();
    assert_eq!(stands(second(2100)).await, (true, true), "outside of a turn, with a reason");
}
