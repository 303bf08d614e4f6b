//! The patrol link over real sockets: the broker inside, a real Mosquitto, stock clients.
//!
//! Every wait is for a condition and has a limit. The outside parties are whole ones: a phone is an
//! MQTT client, the desk is the receiving end of the inbox, the store is a list of rows.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod mosquitto;
mod party;

use gengfu::clock::UnixMs;
use gengfu::mqtt::wire::{Envelope, OrderState, StateNote};
use gengfu::mqtt::{Answer, Broker, LinkOptions, LinkStatus, Member};

use mosquitto::{Mosquitto, stock_pub, stock_sub};
use party::{Link, Phone, RunningBroker, Site, Wire, answer_text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_reads_and_writes_only_what_is_his() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut link = Link::start(&site, broker.link_options()).await;
    let mut li = Phone::member(broker.port(), "li").await;
    for foreign in [
        "gengfu/centre/patrol/wang/order",
        "gengfu/centre/patrol/wang/duty",
        "gengfu/centre/patrol/+/order",
        "gengfu/centre/patrol/li/#",
        "gengfu/centre/event",
        "#",
        "+/centre/patrol/li/order",
        "$share/g/gengfu/centre/patrol/li/order",
        "$SYS/#",
    ] {
        assert!(!li.subscribe(foreign).await, "{foreign}");
    }
    assert!(li.subscribe("gengfu/centre/patrol/li/order").await);
    assert!(li.subscribe("gengfu/centre/patrol/li/duty").await);
    for foreign in
        ["gengfu/centre/patrol/wang/answer", "gengfu/centre/patrol/li/order", "gengfu/centre/event"]
    {
        assert!(!li.publish(foreign, &answer_text(1, "O1")).await, "{foreign}");
    }
    // Had anything leaked, it would come before these two.
    link.order("wang", "for wang");
    link.order("li", "for li");
    assert_eq!(li.next().await, "for li");
    assert!(li.publish("gengfu/centre/patrol/li/answer", &answer_text(2, "O2")).await);
    assert_eq!(link.next_offer("li").await, "O2");
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_says_when_the_daemon_comes_and_goes() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let own = broker.link_options();
    let (user, password) = (own.username.as_str(), own.password.as_str());
    let mut city = Phone::connect(broker.port(), user, password, "gengfu-feed").await.unwrap();
    assert!(city.subscribe("gengfu/centre/available").await);
    let link = Link::start(&site, broker.link_options()).await;
    assert_eq!(city.next().await, r#"{"online":true}"#);
    link.stop().await;
    assert_eq!(city.next().await, r#"{"online":false}"#, "the last will");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_right_password_and_the_own_client_id_come_in() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let check = async |user: &str, password: &str, client_id: &str, expect: bool| {
        let phone = Phone::connect(broker.port(), user, password, client_id).await;
        assert_eq!(phone.is_ok(), expect, "{user} {password} {client_id}");
    };
    check("li", "pw-li", "li", true).await;
    check("li", "pw-li", "li-0a1b2c3d", true).await;
    check("li", "pw-li", "wang", false).await;
    check("li", "pw-li", "lin", false).await;
    check("li", "pw-li", "li-wei", false).await;
    check("li", "pw-li", "li-wei-0a1b", false).await;
    check("li-wei", "pw-li-wei", "li-wei", true).await;
    check("gengfu", "guess", "gengfu-centre", false).await;
    check("gengfu-centre", "pw-gengfu-centre", "gengfu-centre", false).await;
    check("", "", "li", false).await;
    for _ in 0..5 {
        check("wang", "wrong", "wang", false).await;
    }
    check("wang", "pw-wang", "wang", false).await;
    check("wang", "token-wang", "wang", true).await;
    check("wang", "token-li", "wang", false).await;
    check("li", "pw-li", "li", true).await;
    site.clock.advance_ms(60_000);
    check("wang", "pw-wang", "wang", true).await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_is_signed_out_is_off_at_once() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut li = Phone::member(broker.port(), "li").await;
    let mut wang = Phone::member(broker.port(), "wang").await;
    broker.handle.sign_out("li").await;
    li.ends().await;
    assert!(wang.subscribe("gengfu/centre/patrol/wang/order").await, "another is not touched");
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stock_client_receives_an_order_and_answers() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut link = Link::start(&site, broker.link_options()).await;
    let order_topic = "gengfu/centre/patrol/li/order";
    stock_sub(broker.port(), "li", order_topic, &["-E"]).await;
    let body = StateNote {
        offer: "O1".into(),
        state: OrderState::Closed,
        due_ms: None,
        clock: None,
        reason: None,
        supports: Vec::new(),
    };
    let id = uuid::Uuid::from_u128(1).to_string();
    let (at, ticket) = (UnixMs(0).rfc3339(), Some("T1"));
    let note = Envelope { v: 1, id: &id, seq: 1, at, kind: "state", ticket, body };
    link.order("li", &String::from_utf8(note.to_json()).unwrap());
    let seen = stock_sub(broker.port(), "li", order_topic, &["-C", "1"]).await;
    assert!(seen.contains(r#""type":"state","ticket":"T1""#), "{seen}");
    stock_pub(broker.port(), "li", "gengfu/centre/patrol/li/answer", &answer_text(1, "O1")).await;
    let incoming = link.next().await;
    assert_eq!(incoming.member, Member::try_from("li").unwrap());
    assert_eq!(incoming.answer.unwrap().answer, Answer::Ack { offer: "O1".into() });
    incoming.committed.send(()).unwrap();
    stock_pub(broker.port(), "li", "gengfu/centre/patrol/li/answer", "hello").await;
    let fault = link.next().await.answer.unwrap_err();
    assert_eq!(fault.code.as_str(), "not_json");
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_member_gets_his_orders_in_order_even_after_a_restart_of_the_broker() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let port = broker.port();
    let link = Link::start(&site, broker.link_options()).await;
    let mut li = Phone::member(port, "li").await;
    assert!(li.subscribe("gengfu/centre/patrol/li/order").await);
    li.leave().await;
    for n in 0..120 {
        link.order("li", &n.to_string());
    }
    link.all_published().await;
    link.stop().await;
    broker.stop().await;
    let broker = RunningBroker::start_at(&site, port).await;
    let mut li = Phone::member(port, "li").await;
    for n in 0..120 {
        assert_eq!(li.next().await, n.to_string());
    }
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_without_a_puback_are_sent_again_in_order_after_a_restart_of_the_broker() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let port = broker.port();
    let wire = Wire::to(port).await;
    let mut options = broker.link_options();
    options.port = wire.port;
    let mut link = Link::start(&site, options).await;
    wire.swallow_answers();
    let mut li = Phone::member(port, "li").await;
    assert!(li.subscribe("gengfu/centre/patrol/li/order").await);
    for n in 0..70 {
        link.order("li", &n.to_string());
    }
    for n in 0..49 {
        assert_eq!(li.next().await, n.to_string(), "a window, less the birth message");
    }
    assert_eq!(link.outbox.marked(), 0, "the broker has them and the link cannot know it");
    broker.stop().await;
    li.ends().await;
    link.becomes(|status| matches!(status, LinkStatus::Down { .. })).await;
    wire.deliver_answers();
    let broker = RunningBroker::start_at(&site, port).await;
    let mut li = Phone::member(port, "li").await;
    // The broker first repeats what it had no PUBACK for from this phone; then comes our resend.
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last| last != "69") {
        seen.push(li.next().await);
    }
    let resent = seen.split_off(seen.len().saturating_sub(70));
    let expect: Vec<String> = (0..70).map(|n| n.to_string()).collect();
    assert_eq!(resent, expect);
    link.all_published().await;
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_comes_again_until_the_desk_has_committed_it() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    answers_survive_the_desk(&site, broker.port(), broker.link_options()).await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_falls_stops_neither_the_link_nor_the_answers_behind_it() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut link = Link::start(&site, broker.link_options()).await;
    let mut li = Phone::member(broker.port(), "li").await;
    answer_of(&mut li, 21, "O21").await;
    drop(link.fresh().await);
    answer_of(&mut li, 22, "O22").await;
    let mut offers = vec![link.next_offer("li").await, link.next_offer("li").await];
    offers.sort();
    assert_eq!(offers, ["O21", "O22"]);
    assert!(link.is_steady(), "the connection holds");
    link.stop().await;
    let mut link = Link::start(&site, broker.link_options()).await;
    answer_of(&mut li, 23, "O23").await;
    assert_eq!(link.next_offer("li").await, "O23");
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_the_broker_never_takes_stops_no_order() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut link = Link::start(&site, broker.link_options()).await;
    let mut li = Phone::member(broker.port(), "li").await;
    assert!(li.subscribe("gengfu/centre/patrol/li/order").await);
    link.foreign("not ours");
    link.order("li", &"x".repeat(300 * 1024));
    link.order("li", "a good one");
    assert_eq!(li.next().await, "a good one");
    let aside = |status: &LinkStatus| matches!(status, LinkStatus::Connected { refused: 2, .. });
    link.becomes(aside).await;
    let mut aside = link.outbox.set_aside();
    aside.sort();
    assert!(matches!(&aside[..], [(1, why), (2, _)] if why == "NotAuthorized"), "{aside:?}");
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_taken_port_is_named_with_the_key_to_change() {
    let site = Site::new();
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = site.broker_options(taken.local_addr().unwrap().port());
    let failed = Broker::start(options, site.accounts(), site.clock.clone()).await;
    let message = failed.err().unwrap().to_string();
    let address = taken.local_addr().unwrap().to_string();
    assert!(message.contains(&address) && message.contains("mqtt.listen"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_at_the_broker_is_said_in_the_status() {
    let site = Site::new();
    let broker = RunningBroker::start(&site).await;
    let mut options = broker.link_options();
    options.password = "wrong".into();
    let mut link = Link::begin(&site, options);
    let down = |status: &LinkStatus| match status {
        LinkStatus::Down { message, .. } => message.contains("mqtt.username"),
        LinkStatus::Connecting | LinkStatus::Connected { .. } => false,
    };
    link.becomes(down).await;
    link.stop().await;
    broker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outside_mosquitto_carries_orders_and_answers_like_our_own() {
    let site = Site::new();
    let mut mosquitto = Mosquitto::start(&site).await;
    let port = mosquitto.port;
    let mut link = Link::start(&site, mosquitto.link_options(&site)).await;
    let mut li = Phone::member(port, "li").await;
    assert!(li.subscribe("gengfu/centre/patrol/li/order").await);
    assert!(!li.publish("gengfu/centre/patrol/wang/answer", &answer_text(1, "O1")).await);
    // Mosquitto takes foreign subscriptions and delivers nothing by them.
    let mut wang = Phone::member(port, "wang").await;
    wang.subscribe("gengfu/centre/patrol/li/order").await;
    wang.subscribe("#").await;
    for n in 0..60 {
        link.order("li", &n.to_string());
    }
    for n in 0..60 {
        assert_eq!(li.next().await, n.to_string());
    }
    link.order("wang", "for wang");
    assert_eq!(wang.next().await, "for wang");
    link.all_published().await;
    answer_of(&mut li, 2, "O2").await;
    assert_eq!(link.next_offer("li").await, "O2");
    mosquitto.restart().await;
    li.ends().await;
    link.order("li", "after the restart");
    let mut li = Phone::member(port, "li").await;
    assert_eq!(li.next().await, "after the restart");
    link.stop().await;
    answers_survive_the_desk(&site, port, mosquitto.link_options(&site)).await;
}

/// The desk lets an answer fall, then the daemon dies with one in its hands; both come again. What
/// was committed may come again too, if its PUBACK was still on the way; the desk knows it by id.
async fn answers_survive_the_desk(site: &Site, port: u16, options: LinkOptions) {
    let mut link = Link::start(site, options.clone()).await;
    let mut li = Phone::member(port, "li").await;
    answer_of(&mut li, 11, "O11").await;
    drop(link.fresh().await);
    assert_eq!(link.next_offer("li").await, "O11", "it fell and comes again");
    answer_of(&mut li, 12, "O12").await;
    answer_of(&mut li, 13, "O13").await;
    let held = link.fresh().await;
    link.stop().await;
    drop(held);
    let mut link = Link::start(site, options.clone()).await;
    assert_eq!(link.next_offer("li").await, "O12", "the daemon died with it");
    assert_eq!(link.next_offer("li").await, "O13");
    answer_of(&mut li, 14, "O14").await;
    assert_eq!(link.next_offer("li").await, "O14");
    link.stop().await;
}

async fn answer_of(li: &mut Phone, id: u32, offer: &str) {
    assert!(li.publish("gengfu/centre/patrol/li/answer", &answer_text(id, offer)).await);
}
