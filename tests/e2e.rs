//! The whole way through public interfaces only: the built program, HTTP, MQTT with stock clients,
//! files. Nothing of the inside is called.
//!
//! A real street is played by test cameras with a login; what the daemon makes of it goes through
//! the hands of two operators, two patrol members and a shift leader to the weekly report. Then
//! the same with a crash in the middle, and starts that must not succeed.

mod beside;
pub(crate) mod centre;
mod broken_disk;
mod disk;
mod holds;
mod kill;
mod orders;
pub(crate) mod person;
mod phone;
mod second;
pub(crate) mod process;
mod roster;
mod starts;

use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use centre::Centre;
use person::Person;
use phone::Phone;
use process::until;

use crate::support::schema::faults;

#[test]
fn an_event_goes_the_whole_way_to_the_weekly_report() {
    let (mut centre, passwords) = Centre::open();
    let [li, wang, zhao] = ["li", "wang", "zhao"].map(|name| centre.person(name, &passwords));
    let [chen, zhou] = ["chen", "zhou"].map(|name| centre.phone(name, &passwords));
    chen.message("duty", |duty| duty["body"]["on"] == true);
    let ticket = observation(&li, "yard");
    says_which_camera_is_down(&li);
    shows_what_happened(&li, &ticket, centre.site.dir.path());
    is_verified_by_one((&li, &wang), &ticket);
    is_dispatched(&li, &ticket);
    let order = chen.message("order", |order| order["ticket"] == *ticket);
    is_answered_once((&chen, &zhou), &order);
    let carried = centre.person("chen", &passwords);
    is_replied_with_a_photo((&chen, &carried), &order);
    is_checked_by_another((&li, &wang), &ticket);
    chen.message("state", |m| m["body"]["state"] == "closed");
    is_scored((&wang, &zhao), &ticket);
    is_logged_in_order(&li, &ticket);
    stands_in_the_report(&centre, &zhao, &ticket);
    is_as_the_contract_says(&li, &[&chen, &zhou]);
    centre.stop();
}

/// Every message that came to a phone fits the contract that the daemon serves.
fn is_as_the_contract_says(operator: &Person, phones: &[&Phone]) {
    let contract = operator.outside("/api/asyncapi.json");
    assert_eq!(contract["asyncapi"], "3.0.0");
    let mut kinds = std::collections::BTreeSet::new();
    for message in phones.iter().flat_map(|phone| phone.inbox()) {
        let kind = message["type"].as_str().unwrap().to_owned();
        let channel = if kind == "duty" { "duty" } else { "order" };
        let pointer = format!("/components/messages/{channel}.{kind}/payload");
        let schema = contract.pointer(&pointer).unwrap_or_else(|| panic!("no {pointer}"));
        let faults = faults(&contract, schema, &message, &kind);
        assert!(faults.is_empty(), "{faults:#?}\n{message}");
        kinds.insert(kind);
    }
    assert!(
        ["duty", "order", "refused", "state"].iter().all(|kind| kinds.contains(*kind)),
        "{kinds:?}"
    );
}

#[test]
fn a_crash_between_order_and_receipt_loses_nothing() {
    let (mut centre, passwords) = Centre::open();
    let li = centre.person("li", &passwords);
    let ticket = observation(&li, "walk");
    let chen = centre.phone("chen", &passwords);
    li.act(&ticket, &json!({ "type": "claim" }));
    li.act(&ticket, &json!({ "type": "confirm" }));
    is_dispatched(&li, &ticket);
    let order = chen.message("order", |order| order["ticket"] == *ticket);
    centre.crash();
    centre.start();
    let li = centre.person("li", &passwords);
    assert_eq!(li.detail(&ticket)["ticket"]["state"], "offered");
    until("the same order again", || {
        let again = chen.inbox().into_iter().filter(|m| m["id"] == order["id"]);
        (again.count() > 1).then_some(())
    });
    chen.answer("received", &order, &json!({}));
    chen.answer("ack", &order, &json!({}));
    chen.answer("on_scene", &order, &json!({}));
    chen.message("state", |m| m["body"]["state"] == "on_scene");
    assert_eq!(li.detail(&ticket)["ticket"]["state"], "on_scene");
}

/// The first observation of a camera that has its still.
fn observation(operator: &Person, camera: &str) -> String {
    let found = until(&format!("an observation at {camera}"), || {
        let open = operator.get("tickets?view=open");
        let found = open.as_array().unwrap().iter().find(|ticket| {
            ticket["camera"] == camera && ticket["state"] == "new" && ticket["snapshot"].is_string()
        });
        found.cloned()
    });
    assert_eq!((&found["source"], &found["member"]), (&json!("video_alarm"), &Value::Null));
    found["id"].as_str().unwrap().to_owned()
}

/// A wrong password is named, and the other cameras do not mind.
fn says_which_camera_is_down(operator: &Person) {
    let find = |id: &str, state: &str| {
        let cameras = operator.get("cameras");
        let found = cameras.as_array().unwrap().iter().find(|camera| camera["id"] == id).cloned();
        found.filter(|camera| camera["state"] == state)
    };
    let gate = until("the gate is down", || find("gate", "down"));
    assert_eq!(gate["code"], "unauthorised");
    let message = gate["message"].as_str().unwrap();
    assert!(message.contains("gate") && message.contains("username and password"), "{message}");
    for camera in ["yard", "walk"] {
        let live = until(&format!("{camera} is live"), || find(camera, "live"));
        assert_eq!(live["code"], Value::Null);
        assert!(live["fps"].as_f64().unwrap() > 1.0, "{live}");
    }
}

/// Reason, still and a clip that plays and begins before the event.
fn shows_what_happened(operator: &Person, ticket: &str, dir: &std::path::Path) {
    let detail = until("the clip", || {
        Some(operator.detail(ticket)).filter(|detail| detail["ticket"]["clip"].is_string())
    });
    let reason = &detail["ticket"]["reason"];
    assert_eq!((&reason["kind"], &reason["class"]), (&json!("zone_object"), &json!("person")));
    assert!(reason["dwell_ms"].as_i64().unwrap() >= 4000, "{reason}");
    let evidence = |kind: &str| {
        let all = detail["evidence"].as_array().unwrap();
        let one = all.iter().find(|one| one["kind"] == kind).unwrap().clone();
        let (mime, bytes) = operator.bytes(&format!("evidence/{}", one["id"].as_str().unwrap()));
        assert_eq!(one["mime"], *mime);
        assert_eq!(one["sha256"], *sha256(&bytes));
        (one, bytes)
    };
    let (_, still) = evidence("snapshot");
    assert!(image::load_from_memory(&still).unwrap().width() >= 320);
    let (clip, bytes) = evidence("clip");
    let before_ms = detail["at_ms"].as_i64().unwrap() - clip["taken_ms"].as_i64().unwrap();
    assert!(before_ms >= 1500, "the clip begins {before_ms} ms before the event");
    let (codec, seconds) = probe(dir, &bytes);
    assert_eq!(codec, "h264");
    assert!(seconds > 2.0 && seconds < 12.0, "{seconds} s, the pre-roll is 2 s");
}

/// Encoding and length as ffprobe sees them.
fn probe(dir: &std::path::Path, clip: &[u8]) -> (String, f64) {
    let file = dir.join("clip.mp4");
    std::fs::write(&file, clip).unwrap();
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-of", "json", "-show_entries", "stream=codec_name"]);
    let output = ffprobe.args(["-show_entries", "format=duration"]).arg(&file).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let seconds = told["format"]["duration"].as_str().unwrap().parse().unwrap();
    (told["streams"][0]["codec_name"].as_str().unwrap().to_owned(), seconds)
}

/// Of two operators who take it at the same version, one is first.
fn is_verified_by_one((li, wang): (&Person, &Person), ticket: &str) {
    let version = li.detail(ticket)["ticket"]["version"].clone();
    let claim = json!({ "version": version, "act": { "type": "claim" } });
    let path = format!("tickets/{ticket}/act");
    assert_eq!(li.post(&path, &claim).0, 200);
    let (status, refused) = wang.post(&path, &claim);
    assert_eq!((status, &refused["code"]), (409, &json!("conflict")), "{refused}");
    assert_eq!(refused["detail"]["by"], "li", "{refused}");
    let (status, refused) = wang.try_act(ticket, &json!({ "type": "confirm" }));
    assert_eq!((status, &refused["code"]), (422, &json!("claimed_by_other")), "{refused}");
    let confirmed = li.act(ticket, &json!({ "type": "confirm" }));
    assert_eq!(confirmed["ticket"]["verified_by"], "li");
}

fn is_dispatched(operator: &Person, ticket: &str) {
    let classify = json!({
        "type": "classify", "category": "intrusion", "severity": "S2", "place": "东门岗亭"
    });
    let classified = operator.act(ticket, &classify);
    let candidates = classified["candidates"].as_array().unwrap();
    let chen = candidates.iter().find(|candidate| candidate["name"] == "chen").unwrap();
    assert_eq!(chen["eligible"], true, "{chen}");
    let offered = operator.act(ticket, &json!({ "type": "dispatch", "member": "chen" }));
    assert_eq!(offered["ticket"]["state"], "offered");
    assert_eq!(offered["ticket"]["member"]["name"], "chen");
}

/// The right member's answer counts once; another member's not at all.
fn is_answered_once((chen, zhou): (&Phone, &Phone), order: &Value) {
    assert_eq!(order["body"]["place"], "东门岗亭");
    assert_eq!(order["body"]["severity"], "S2");
    let foreign = zhou.answer("ack", order, &json!({})).id();
    let refused = zhou.message("refused", |m| m["body"]["answer"] == foreign);
    assert_eq!(refused["body"]["code"], "wrong_member");
    chen.answer("received", order, &json!({}));
    let accepted = chen.answer("ack", order, &json!({}));
    chen.message("state", |m| m["body"]["state"] == "accepted");
    chen.repeat(&accepted);
    chen.answer("ack", order, &json!({}));
    chen.answer("on_scene", order, &json!({}));
    chen.message("state", |m| m["body"]["state"] == "on_scene");
    // The same answer again changes nothing, and is told again how the order stands.
    let accepted = |m: &&Value| m["body"]["state"] == "accepted";
    assert_eq!(chen.inbox().iter().filter(accepted).count(), 2);
}

/// A photo is proven by its hash before it may stand in a reply.
fn is_replied_with_a_photo((chen, carried): (&Phone, &Person), order: &Value) {
    let ticket = order["ticket"].as_str().unwrap();
    let photo = photo();
    let hash = sha256(&photo);
    let (status, refused) = carried.photo(ticket, &sha256(b"another"), &photo);
    assert_eq!((status, &refused["code"]), (422, &json!("hash_mismatch")), "{refused}");
    let (status, refused) = carried.photo(ticket, &sha256(b"no photo"), b"no photo");
    assert_eq!((status, &refused["code"]), (415, &json!("not_a_photo")), "{refused}");
    let (status, kept) = carried.photo(ticket, &hash, &photo);
    assert_eq!((status, &kept["sha256"]), (200, &json!(hash)), "{kept}");
    let reply = |photo: &Value| {
        json!({
            "disposition": "resolved_on_scene",
            "text": "已劝离，围栏完好，没有人受伤。",
            "photos": [{ "id": photo, "sha256": hash, "taken_ms": 1_700_000_000_000_i64 }],
        })
    };
    let unknown = chen.answer("reply", order, &reply(&json!("no-such-photo"))).id();
    let refused = chen.message("refused", |m| m["body"]["answer"] == unknown);
    assert_eq!(refused["body"]["code"], "unknown_photo");
    chen.answer("reply", order, &reply(&kept["id"]));
    chen.message("state", |m| m["body"]["state"] == "handled");
}

/// A small picture as a phone takes one.
fn photo() -> Vec<u8> {
    let picture = image::RgbImage::from_fn(320, 240, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_checked_by_another((li, wang): (&Person, &Person), ticket: &str) {
    let pass = json!({ "type": "check_pass", "note": "" });
    let (status, refused) = li.try_act(ticket, &pass);
    assert_eq!((status, &refused["code"]), (422, &json!("verifier_cannot_check")), "{refused}");
    let reply = &wang.detail(ticket)["reply"];
    let photo = reply["photos"][0].as_str().unwrap();
    assert_eq!(wang.bytes(&format!("evidence/{photo}")).0, "image/jpeg");
    assert_eq!(wang.act(ticket, &pass)["ticket"]["state"], "closed");
}

/// Nine of ten items are right.
fn is_scored((wang, zhao): (&Person, &Person), ticket: &str) {
    let site = zhao.get("site");
    let items = site["codes"]["review_items"].as_array().unwrap().iter();
    let mark = |item: &str| if item == "message_complete" { "no" } else { "yes" };
    let items = items.map(|item| item.as_str().unwrap());
    let items: Value = items.map(|item| (item.to_owned(), json!(mark(item)))).collect();
    let review = json!({ "type": "review", "items": items, "note": "单子缺楼号" });
    let (status, refused) = wang.try_act(ticket, &review);
    assert_eq!((status, &refused["code"]), (403, &json!("forbidden")), "{refused}");
    let scored = zhao.act(ticket, &review);
    assert_eq!(
        (&scored["ticket"]["score"], &scored["review"]["reviewer"]),
        (&json!(90), &json!("zhao"))
    );
}

/// Every act once, with who did it; what was refused has left no line.
fn is_logged_in_order(operator: &Person, ticket: &str) {
    let detail = operator.detail(ticket);
    let lines = detail["log"].as_array().unwrap().iter();
    let line = |line: &Value| (line["input"].as_str().unwrap().to_owned(), line["actor"].clone());
    let lines: Vec<_> = lines.map(line).filter(|(input, _)| input != "join").collect();
    let told: Vec<_> =
        lines.iter().map(|(input, actor)| (&**input, actor.as_str().unwrap())).collect();
    let expected = [
        ("claim", "li"),
        ("confirm", "li"),
        ("classify", "li"),
        ("dispatch", "li"),
        ("received", "chen"),
        ("ack", "chen"),
        ("on_scene", "chen"),
        ("reply", "chen"),
        ("check_pass", "wang"),
        ("review", "zhao"),
    ];
    assert_eq!(told[0].0, "open");
    assert_eq!(told[1..], expected);
}

/// The week's figures over HTTP and from the command line.
fn stands_in_the_report(centre: &Centre, reader: &Person, ticket: &str) {
    let weeks = reader.get("report/weeks");
    let week = weeks[0]["week"].as_str().unwrap().to_owned();
    let report = reader.get(&format!("report/week/{week}?format=json&lang=en"));
    let only = json!({ "n": 1, "tickets": [ticket] });
    for figure in ["confirmed", "dispatched", "closed", "closed_in_time"] {
        assert_eq!(report["overview"][figure], only, "{figure}");
    }
    assert_eq!(report["overview"]["false_alarms"]["n"], 0);
    let members = report["members"].as_array().unwrap();
    let chen = members.iter().find(|member| member["member"] == "chen").unwrap();
    assert_eq!((&chen["orders"], &chen["score"]), (&json!(1), &json!(90.0)));
    assert_eq!(chen["acked"]["on_time"], 1);
    assert_eq!(report["reviews"]["items"]["message_complete"]["no"], 1);
    let number = reader.detail(ticket)["ticket"]["number"].clone();
    for (lang, word) in [("zh", "周报"), ("en", "Week")] {
        let page = centre.told(&["report", "week", &week, "--format", "html", "--lang", lang]);
        assert!(page.contains(word), "no '{word}' in the page");
        assert!(page.contains(ticket), "the page does not name ticket {number}");
        assert!(page.contains(&format!(">{number}</a>")), "no number {number} in the page");
    }
}
