//! What goes with an order and beside it: the list that is ticked, drills from the screen, and what
//! integrators at an outside broker are told.

use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::centre::gengfu;
use super::orders::PASSWORD;
use super::person::Person;
use super::process::{Process, free_port, until};
use super::second::Quiet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_an_order_is_ticked_with_the_reply_and_shown() {
    let more = "[policy]\nreply_photos_min = 0\n\
                [[instruction]]\ncategory = \"intrusion\"\ntext = \"两人到场再进入\"\n\
                check = [\"围栏完好\", \"门锁完好\"]\n";
    let centre = Quiet::open(more).await;
    let (operator, phone) = (centre.operator(), centre.phone("m1"));
    let ticket = centre.dispatched(&operator, 1, "m1").await;
    let order = phone.message("order", |order| order["ticket"] == *ticket);
    assert_eq!(order["body"]["instruction"], "两人到场再进入");
    assert_eq!(order["body"]["checks"], json!(["围栏完好", "门锁完好"]));
    phone.answer("ack", &order, &json!({}));
    phone.message("state", |m| m["body"]["state"] == "accepted");
    phone.answer("on_scene", &order, &json!({}));
    phone.message("state", |m| m["body"]["state"] == "on_scene");
    let ticks = json!([
        { "item": "围栏完好", "answer": "yes" },
        { "item": "门锁完好", "answer": "no" },
    ]);
    let reply = json!({
        "disposition": "resolved_on_scene",
        "text": "门锁坏了，已通知物业更换。",
        "photos": [],
        "checks": ticks,
    });
    phone.answer("reply", &order, &reply);
    let detail = until("the ticks", || {
        let detail = operator.detail(&ticket);
        let told = detail["checks"].as_array().is_some_and(|checks| !checks.is_empty());
        told.then_some(detail)
    });
    assert_eq!((&detail["checks"], &detail["ticket"]["state"]), (&ticks, &json!("handled")));
    // What is closed stays as it is, whatever a phone still says.
    let base = format!("http://127.0.0.1:{}", centre.site.web);
    let other = Person::sign_in(&base, "op1", PASSWORD);
    let closed = other.act(&ticket, &json!({ "type": "check_pass", "note": "" }));
    assert_eq!(closed["ticket"]["state"], "closed");
    let late = phone.answer("refuse", &order, &json!({ "reason": "no_equipment" })).id();
    let refused = phone.message("refused", |m| m["body"]["answer"] == late);
    assert_eq!(refused["body"]["code"], "not_allowed", "{refused}");
    assert_eq!(other.detail(&ticket)["ticket"]["version"], closed["ticket"]["version"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shift_leader_begins_a_drill_at_the_screen_and_sees_who_was_reached() {
    let centre = Quiet::open("").await;
    let operator = centre.operator();
    let drill = json!({ "text": "演练", "within_min": 5, "everybody": true });
    let (status, refused) = operator.post("drills", &drill);
    assert_eq!((status, &refused["code"]), (403, &json!("forbidden")), "{refused}");
    let leader = leader(&centre);
    let (status, refused) = leader.post("drills", &json!({ "text": " ", "within_min": 5 }));
    assert_eq!((status, &refused["code"]), (422, &json!("bad_drill")), "{refused}");
    let phone = centre.phone("m2");
    let (status, begun) = leader.post("drills", &drill);
    assert_eq!((status, begun["members"].as_array().unwrap().len()), (200, 10), "{begun}");
    let message = phone.message("drill", |m| m["body"]["offer"] == begun["id"]);
    phone.answer("received", &message, &json!({}));
    phone.answer("ack", &message, &json!({}));
    let of = |name: &str| {
        let all = leader.get("drills");
        let members = all[0]["members"].as_array().unwrap().clone();
        members.into_iter().find(|one| one["member"]["name"] == name).unwrap()
    };
    until("the answer", || of("m2")["acked_ms"].is_i64().then_some(()));
    assert!(of("m2")["received_ms"].is_i64(), "{}", of("m2"));
    assert!(of("m3")["received_ms"].is_null() && of("m3")["acked_ms"].is_null());
}

/// A shift leader who is added while the daemon runs.
fn leader(centre: &Quiet) -> Person {
    let mut add = gengfu();
    add.args(["user", "add", "leader", "--role", "shift_leader", "--config"]).arg(&centre.config);
    let output = add.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let password = said.trim().rsplit(' ').next().unwrap();
    Person::sign_in(&format!("http://127.0.0.1:{}", centre.site.web), "leader", password)
}

/// A broker of the neighbourhood's own.
struct Outside(Child);

impl Outside {
    fn start(dir: &std::path::Path, port: u16) -> Self {
        let file = dir.join("outside.conf");
        let text = format!("listener {port} 127.0.0.1\nallow_anonymous true\nuser root\n");
        std::fs::write(&file, text).unwrap();
        let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("mosquitto");
        command.arg("-c").arg(&file).env("PATH", path).stderr(Stdio::null());
        Self(command.spawn().expect("mosquitto is installed (package mosquitto)"))
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn integrators_hear_what_is_switched_on_in_the_shapes_that_they_know() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let _broker = Outside::start(dir.path(), port);
    let mut listen = Command::new("stdbuf");
    listen.args(["-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", &port.to_string(), "-d", "-v"]);
    listen.args(["-t", "homeassistant/#", "-t", "frigate/#"]);
    let port_text = port.to_string();
    until("the broker", || {
        let mut try_it = Command::new("mosquitto_pub");
        try_it.args(["-h", "127.0.0.1", "-p", &port_text, "-t", "x", "-m", "x"]);
        try_it.output().is_ok_and(|output| output.status.success()).then_some(())
    });
    let heard = Process::start("integrator", listen, dir.path());
    until("the subscription", || heard.said().contains("Subscribed").then_some(()));
    let switches = "[integration]\nhome_assistant = true\nfrigate = true\n";
    let centre = Quiet::with_broker(Some(port), switches).await;
    let operator = centre.operator();
    let entity = said(&heard, "homeassistant/event/gengfu_e2e_observation/config", |_| true);
    assert_eq!(entity["event_types"], json!(["observation"]));
    assert!(entity["availability_topic"].as_str().unwrap().starts_with("gengfu/e2e/"), "{entity}");
    let ticket = centre.dispatched(&operator, 1, "m1").await;
    let new = said(&heard, "frigate/events", |one| one["type"] == "new");
    assert_eq!((&new["after"]["camera"], &new["after"]["label"]), (&json!("c1"), &json!("motion")));
    assert_eq!(operator.detail(&ticket)["ticket"]["state"], "offered");
    // It was classified.
    said(&heard, "frigate/events", |one| {
        one["type"] == "update" && one["after"]["id"] == new["after"]["id"]
    });
}

/// The first message on this topic that fits.
fn said(listener: &Process, topic: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let begin = format!("{topic} ");
    until(&format!("a message on {topic}"), || {
        let said = listener.said();
        let bodies = said.lines().filter_map(|line| line.strip_prefix(&begin));
        bodies.filter_map(|body| serde_json::from_str(body).ok()).find(|body| fits(body))
    })
}
