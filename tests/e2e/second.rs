//! Phones that are away: the second channel is called, once and signed, also over a crash; and when
//! they are back they get every open order, in order, once.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use gengfu::store::Store;
use serde_json::{Value, json};

use super::centre::Site;
use super::orders::{PASSWORD, event, file_event, people};
use super::person::Person;
use super::phone::Phone;
use super::process::{Process, until};

const SECRET: &str = "the gateway and we";

/// A request as the gateway got it.
#[derive(Clone, Debug)]
struct Call {
    id: String,
    timestamp: String,
    signature: String,
    body: String,
}

/// A gateway for messages that is out of order at first.
struct Gateway {
    port: u16,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Gateway {
    /// The first `broken` calls are answered with 503.
    fn open(broken: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let kept = Arc::clone(&calls);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let Some(call) = read(&stream) else { continue };
                let mut calls = kept.lock().unwrap();
                let status = if calls.len() < broken { "503 Busy" } else { "204 Taken" };
                calls.push(call);
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                // Who has gone does not want it.
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { port, calls }
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Call> {
    let mut reader = BufReader::new(stream);
    let mut headers = std::collections::HashMap::new();
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
    Some(Call {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: String::from_utf8(body).ok()?,
    })
}

/// Signed with our key over what was really sent.
fn assert_signed(call: &Call) {
    let tag = base64::engine::general_purpose::STANDARD
        .decode(call.signature.strip_prefix("v1,").unwrap())
        .unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
    let signed = format!("{}.{}.{}", call.id, call.timestamp, call.body);
    ring::hmac::verify(&key, signed.as_bytes(), &tag).expect("the signature holds");
}

/// A centre without cameras.
pub(super) struct Quiet {
    pub(super) site: Site,
    pub(super) config: std::path::PathBuf,
    daemon: Option<Process>,
}

impl Quiet {
    pub(super) async fn open(more: &str) -> Self {
        Self::with_broker(None, more).await
    }

    /// With an outside broker at this port, or the one inside.
    pub(super) async fn with_broker(outside: Option<u16>, more: &str) -> Self {
        let site = Site::new();
        std::fs::write(site.dir.path().join("gateway-key"), SECRET).unwrap();
        let config = site.write(&format!("[record]\nmin_free_mib = 64\n{more}"));
        if let Some(port) = outside {
            let inside = format!("listen = \"127.0.0.1:{}\"", site.mqtt);
            let outside = format!("embedded = false\nbroker = \"127.0.0.1:{port}\"");
            let text = std::fs::read_to_string(&config).unwrap().replace(&inside, &outside);
            std::fs::write(&config, text).unwrap();
        }
        let store = super::kill::opened(&site).await;
        people(&store).await;
        store.close().await;
        let mut quiet = Self { site, config, daemon: None };
        quiet.start();
        quiet
    }

    fn start(&mut self) {
        let mut daemon = self.site.start(&self.config);
        super::orders::ready(&self.site, &mut daemon);
        self.daemon = Some(daemon);
    }

    fn kill(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    pub(super) fn operator(&self) -> Person {
        Person::sign_in(&format!("http://127.0.0.1:{}", self.site.web), "op0", PASSWORD)
    }

    pub(super) fn phone(&self, name: &str) -> Phone {
        Phone::open(name, PASSWORD, self.site.mqtt, self.site.dir.path())
    }

    /// A firing that is confirmed, classified and sent to a member; the ticket.
    pub(super) async fn dispatched(&self, operator: &Person, number: u64, member: &str) -> String {
        let store: Store = super::kill::opened(&self.site).await;
        file_event(
            &store,
            &event(number, gengfu::clock::Clock::now(&gengfu::clock::RealClock::new())),
        )
        .await;
        store.close().await;
        let camera = format!("c{number}");
        let ticket = until("the ticket", || {
            let open = operator.get("tickets?view=open");
            let all = open.as_array().unwrap();
            all.iter().find(|ticket| ticket["camera"] == *camera).cloned()
        });
        let id = ticket["id"].as_str().unwrap().to_owned();
        operator.act(&id, &json!({ "type": "confirm" }));
        let classify = json!({
            "type": "classify", "category": "intrusion", "severity": "S2", "place": "东门"
        });
        operator.act(&id, &classify);
        operator.act(&id, &json!({ "type": "dispatch", "member": member }));
        id
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_phone_is_called_over_the_second_channel_once_and_over_a_crash() {
    let gateway = Gateway::open(1);
    let more = format!(
        "[second_channel]\nurl = \"http://127.0.0.1:{}/sms\"\nsecret = {{ file = \"gateway-key\" }}\n\
         received_within_s = 1\n",
        gateway.port
    );
    let mut centre = Quiet::open(&more).await;
    let operator = centre.operator();
    let ticket = centre.dispatched(&operator, 1, "m3").await;
    let first = until("the first call", || gateway.calls().first().cloned());
    assert_signed(&first);
    let body: Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(
        (&body["type"], &body["data"]["member"]),
        (&json!("order_not_received"), &json!("m3"))
    );
    assert_eq!(body["data"]["place"], "东门");
    let listed = until("the list", || {
        let open = operator.get("tickets?view=open");
        let found = open.as_array().unwrap().iter().find(|one| one["id"] == *ticket).cloned();
        found.filter(|one| one["unreceived_ms"].is_i64())
    });
    assert_eq!(listed["state"], "offered");
    centre.kill();
    centre.start();
    let operator = centre.operator();
    let second = until("the second try", || gateway.calls().get(1).cloned());
    assert_signed(&second);
    assert_eq!((&second.id, &second.body), (&first.id, &first.body), "the same call");
    let detail = until("what became of it", || {
        Some(operator.detail(&ticket)).filter(|detail| detail["calls"][0]["state"] == "done")
    });
    assert_eq!(
        (&detail["calls"][0]["tries"], detail["calls"].as_array().unwrap().len()),
        (&json!(2), 1)
    );
    let receipt = &detail["receipts"][0];
    assert!(receipt["published_ms"].is_i64() && receipt["received_ms"].is_null(), "{receipt}");
    let phone = centre.phone("m3");
    let order = phone.message("order", |order| order["ticket"] == *ticket);
    phone.answer("received", &order, &json!({}));
    let detail = until("the receipt", || {
        Some(operator.detail(&ticket)).filter(|one| one["receipts"][0]["received_ms"].is_i64())
    });
    assert_eq!(detail["ticket"]["unreceived_ms"], Value::Null, "{}", detail["ticket"]);
    assert_eq!(gateway.calls().len(), 2, "nobody is called again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_comes_back_gets_every_open_order_in_order_and_once() {
    let mut centre = Quiet::open("").await;
    let operator = centre.operator();
    // It was there once, so that the broker knows its session.
    drop(centre.phone("m4"));
    let mut tickets = Vec::new();
    for number in 1..=3 {
        tickets.push(centre.dispatched(&operator, number, "m4").await);
    }
    let of = |phone: &Phone| -> Vec<String> {
        let inbox = phone.inbox().into_iter().filter(|message| message["type"] == "order");
        let mut seen = std::collections::HashSet::new();
        // The same message again is dropped by its id, as every phone does.
        let first = inbox.filter(|message| seen.insert(message["id"].as_str().unwrap().to_owned()));
        first.map(|message| message["ticket"].as_str().unwrap().to_owned()).collect()
    };
    let phone = centre.phone("m4");
    until("the orders", || (of(&phone) == tickets).then_some(()));
    drop(phone);
    // Now the broker loses everything it kept.
    centre.kill();
    std::fs::remove_dir_all(centre.site.data.join("broker")).unwrap();
    std::fs::remove_file(centre.site.dir.path().join("phone-m4.log")).unwrap();
    centre.start();
    let operator = centre.operator();
    tickets.push(centre.dispatched(&operator, 4, "m4").await);
    let phone = centre.phone("m4");
    until("the orders again", || (of(&phone).len() == 4).then_some(()));
    assert_eq!(of(&phone), tickets);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_phone_says_wrong_is_refused_with_a_code_and_changes_nothing() {
    let centre = Quiet::open("").await;
    let operator = centre.operator();
    let (chen, zhou) = (centre.phone("m5"), centre.phone("m6"));
    let ticket = centre.dispatched(&operator, 1, "m5").await;
    let order = chen.message("order", |order| order["ticket"] == *ticket);
    let offer = &order["body"]["offer"];
    let code = |phone: &Phone, id: &Value| {
        phone.message("refused", |m| m["body"]["answer"] == *id)["body"]["code"].clone()
    };
    // Somebody else's.
    let id = zhou.answer("ack", &order, &json!({})).id();
    assert_eq!(code(&zhou, &id), "wrong_member");
    // Where somebody is before he goes.
    let place = json!({ "lat": 30.2, "lon": 120.1, "accuracy_m": 9.5 });
    let id = chen.answer("position", &order, &place).id();
    assert_eq!(code(&chen, &id), "not_on_the_way");
    let raw = |seq: u64, at: &str, pad: &str| {
        let id = uuid::Uuid::now_v7().to_string();
        let text = json!({
            "v": 1, "id": id, "seq": seq, "device": "old", "at": at, "type": "ack",
            "ticket": ticket, "body": { "offer": offer }, "pad": pad,
        });
        (json!(id), text.to_string())
    };
    let now = gengfu::clock::Clock::now(&gengfu::clock::RealClock::new());
    // A clock that is an hour ahead.
    let (id, text) = raw(1, &now.plus_ms(3_600_000).rfc3339(), "");
    chen.publish(text.as_bytes());
    assert_eq!(code(&chen, &id), "future_time");
    // 200 KiB, which the broker lets through.
    let (id, text) = raw(2, &now.rfc3339(), &"x".repeat(200_000));
    chen.publish(text.as_bytes());
    assert_eq!(code(&chen, &id), "too_large");
    // A megabyte is more than the broker takes: it closes the connection, and goes on.
    chen.publish(&vec![b'x'; 1_000_000]);
    chen.publish(b"\xff\xfe no text");
    let state = &operator.detail(&ticket)["ticket"];
    assert_eq!((&state["state"], &state["acked_ms"]), (&json!("offered"), &Value::Null), "{state}");
    // A number that was used before, under another id.
    let (_, text) = raw(7, &now.rfc3339(), "");
    chen.publish(text.as_bytes());
    chen.message("state", |m| m["body"]["state"] == "accepted");
    let (id, text) = raw(7, &now.rfc3339(), "");
    chen.publish(text.as_bytes());
    assert_eq!(code(&chen, &id), "counter_again");
    // On the way the place is taken.
    chen.answer("position", &order, &place);
    let detail = until("the place", || {
        Some(operator.detail(&ticket)).filter(|one| one["positions"][0]["lat"] == 30.2)
    });
    assert_eq!(detail["positions"].as_array().unwrap().len(), 1);
    // What is over.
    operator.act(&ticket, &json!({ "type": "withdraw", "reason": "another is nearer" }));
    let id = chen.answer("on_scene", &order, &json!({})).id();
    assert_eq!(code(&chen, &id), "offer_over");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_says_who_was_reached_by_which_way() {
    let gateway = Gateway::open(0);
    let more = format!(
        "[second_channel]\nurl = \"http://127.0.0.1:{}/sms\"\nsecret = {{ file = \"gateway-key\" }}\n",
        gateway.port
    );
    let centre = Quiet::open(&more).await;
    let (m7, m8) = (centre.phone("m7"), centre.phone("m8"));
    let config = centre.config.clone();
    let told = std::thread::spawn(move || {
        let mut command = super::centre::gengfu();
        command.args(["drill", "--within", "8", "--json", "--config"]).arg(config);
        command.output().unwrap()
    });
    let drill = m7.message("drill", |drill| drill["body"]["until_ms"].is_i64());
    m7.answer("received", &drill, &json!({}));
    m7.answer("ack", &drill, &json!({}));
    let drill = m8.message("drill", |_| true);
    m8.answer("received", &drill, &json!({}));
    let output = tokio::task::spawn_blocking(move || told.join().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "eight phones are away: {output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |name: &str| {
        let all = told["members"].as_array().unwrap();
        all.iter().find(|one| one["member"] == name).unwrap().clone()
    };
    assert!(of("m7")["received_after_ms"].is_i64() && of("m7")["acked_after_ms"].is_i64());
    assert!(of("m8")["received_after_ms"].is_i64() && of("m8")["acked_after_ms"].is_null());
    assert!(of("m0")["published_after_ms"].is_i64() && of("m0")["received_after_ms"].is_null());
    let called = told["members"].as_array().unwrap().iter().filter(|one| one["call"] == "done");
    assert_eq!((called.count(), gateway.calls().len()), (10, 10));
}
