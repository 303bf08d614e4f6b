//! A ticket from its event to its review, as people act on it over HTTP.

use gengfu::clock::Clock;
use gengfu::ticket::task::Order;
use gengfu::ticket::{Act, Actor, Role, TicketId};
use serde_json::{Value, json};

use super::site::Site;

impl Site {
    /// What a phone answers, as the patrol link hands it to the desk.
    async fn answer(&self, ticket: &str, id: &str, act: Act) {
        let order = Order {
            ticket: TicketId(ticket.to_owned()),
            version: None,
            actor: Actor { name: "li".into(), role: Role::PatrolMember },
            act,
            answer: Some(id.to_owned()),
        };
        self.desk.act(order).await.unwrap();
    }
}

fn marks() -> Value {
    let items = gengfu::config::codes::REVIEW_ITEMS;
    let marks = items
        .iter()
        .enumerate()
        .map(|(n, item)| ((*item).to_owned(), json!(if n == 0 { "no" } else { "yes" })));
    Value::Object(marks.collect())
}

#[tokio::test]
async fn an_event_becomes_a_ticket_and_is_carried_to_its_review() {
    let site = Site::open().await;
    let (ticket, still) = site.fire_with_still("fence").await;
    listed(&site, &still).await;
    let offer = sent(&site, &ticket).await;
    answered(&site, &ticket, offer).await;
    checked(&site, &ticket).await;
    reviewed(&site, &ticket).await;
    let op = site.cookie("op").await;
    let (_, today) = site.get("/api/v1/today", &op).await;
    let expect = json!({ "observations": 1, "confirmed": 1, "false_alarm": 0, "closed": 1,
        "ack_p50_ms": 20_000, "arrive_p90_ms": 100_000, "on_time": 1.0, "overdue": 0,
        "hourly": [0,0,0,0,0,0,0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0,0,0],
        "shelved": [],
        "load": { "alarms": 1, "latest": 1.0, "peak": 1.0, "target": 1.0, "manageable": 2.0,
            "floods": [], "flood_ms": 0 } });
    assert_eq!(today, expect);
    assert_eq!(site.clock.now().since_ms(super::site::NOW), 120_000);
}

/// The new ticket stands in the list with its still, its zone and its clock.
async fn listed(site: &Site, still: &str) {
    let op = site.cookie("op").await;
    let (_, open) = site.get("/api/v1/tickets?view=open", &op).await;
    let first = &open[0];
    assert_eq!((&first["state"], &first["number"]), (&json!("new"), &json!(1)));
    assert_eq!((&first["snapshot"], &first["clip"]), (&json!(still), &json!(null)));
    assert_eq!(first["reason"]["zone_name"], "东围栏");
    assert_eq!(first["clock"]["name"], "verify");
    assert_eq!(
        (&first["category"], &first["proposed_category"]),
        (&json!(null), &json!("intrusion"))
    );
}

/// An operator claims, confirms, classifies and sends; gives the order's id.
async fn sent(site: &Site, ticket: &str) -> String {
    let op = site.cookie("op").await;
    let (status, body) = site.act(ticket, &op, json!({ "type": "claim" })).await;
    assert_eq!((status, &body["ticket"]["claimed_by"]), (200, &json!("op")));
    let (_, body) = site.act(ticket, &op, json!({ "type": "confirm" })).await;
    assert_eq!(body["ticket"]["state"], "confirmed");
    let acts = ["classify", "dispatch", "correct", "ask_suspend", "ask_park", "ask_extend"];
    assert_eq!(body["acts"], json!(acts));
    let classify =
        json!({ "type": "classify", "category": "intrusion", "severity": "S1", "place": "东门" });
    let (_, body) = site.act(ticket, &op, classify).await;
    let (best, other) = (&body["candidates"][0], &body["candidates"][1]);
    assert_eq!((&best["name"], &best["rank"]), (&json!("li"), &json!(1)));
    assert_eq!((&best["eligible"], &other["eligible"]), (&json!(true), &json!(false)));
    assert_eq!(other["rank"], json!(null));
    let (_, body) = site.act(ticket, &op, json!({ "type": "dispatch", "member": "li" })).await;
    assert_eq!(body["ticket"]["state"], "offered");
    assert_eq!(body["ticket"]["member"]["display"], "li 员");
    body["ticket"]["offer"].as_str().unwrap().to_owned()
}

/// The member sees his order, goes, arrives and replies.
async fn answered(site: &Site, ticket: &str, offer: String) {
    let li = site.cookie("li").await;
    let (_, mine) = site.get("/api/v1/phone/tickets", &li).await;
    assert_eq!(mine[0]["offer"], json!(offer));
    site.clock.advance_ms(20_000);
    site.answer(ticket, "a1", Act::Ack { offer: offer.clone() }).await;
    site.clock.advance_ms(100_000);
    site.answer(ticket, "a2", Act::OnScene { offer: offer.clone() }).await;
    let reply = Act::Reply {
        offer,
        disposition: "resolved_on_scene".into(),
        text: "一只狗在围栏边，已经赶走了，没有人".into(),
        photos: vec!["p".into()],
    };
    site.answer(ticket, "a3", reply).await;
}

/// Somebody else than who confirmed it checks the reply.
async fn checked(site: &Site, ticket: &str) {
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let path = format!("/api/v1/tickets/{ticket}");
    let (_, body) = site.get(&path, &op).await;
    assert_eq!(body["reply"]["disposition"], "resolved_on_scene");
    let time = ["classify", "ask_suspend", "ask_park", "ask_extend"];
    assert_eq!(body["acts"], json!(time), "who confirmed it does not check it");
    let (_, body) = site.get(&path, &op2).await;
    let acts = ["classify", "check_pass", "check_return", "ask_suspend", "ask_park", "ask_extend"];
    assert_eq!(body["acts"], json!(acts));
    let (_, body) = site.act(ticket, &op2, json!({ "type": "check_pass", "note": "" })).await;
    assert_eq!(body["ticket"]["state"], "closed");
}

/// The shift leader scores it; the log tells the whole story.
async fn reviewed(site: &Site, ticket: &str) {
    let chief = site.cookie("chief").await;
    let (_, waiting) = site.get("/api/v1/tickets?view=review", &chief).await;
    assert_eq!(waiting.as_array().unwrap().len(), 1);
    let review = json!({ "type": "review", "items": marks(), "note": "good" });
    let (status, body) = site.act(ticket, &chief, review).await;
    assert_eq!((status, &body["ticket"]["score"]), (200, &json!(90)));
    assert_eq!(body["review"]["items"]["seen_in_time"], "no");
    let log = body["log"].as_array().unwrap();
    let words: Vec<&str> = log.iter().map(|line| line["input"].as_str().unwrap()).collect();
    let story = "open claim confirm classify dispatch ack on_scene reply check_pass review";
    assert_eq!(words.join(" "), story);
    assert_eq!(log[4]["actor_display"], "op 员");
}

#[tokio::test]
async fn an_operators_own_observation_has_its_picture() {
    let site = Site::open().await;
    let op = site.cookie("op").await;
    site.latest.send(Some(super::site::frame(1, 64))).unwrap();
    let seen = json!({ "camera": "gate", "category": "fire_smoke", "severity": "S1",
        "text": super::site::HOSTILE });
    let asked = super::site::post("/api/v1/observations", Some(&op), &seen);
    let (status, body) = super::site::read(site.ask(asked).await).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["ticket"]["source"], "operator_patrol");
    assert_eq!(body["ticket"]["reason"]["kind"], "manual");
    assert_eq!(body["ticket"]["reason"]["text"], super::site::HOSTILE);
    let still = body["ticket"]["snapshot"].as_str().unwrap();
    let picture = site.ask(super::site::get(&format!("/api/v1/evidence/{still}"), &op)).await;
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(image::load_from_memory(&super::site::bytes(picture).await).is_ok());
}

#[tokio::test]
async fn weeks_are_listed_and_reported() {
    let site = Site::open().await;
    site.fire("fence").await;
    let chief = site.cookie("chief").await;
    let (_, weeks) = site.get("/api/v1/report/weeks", &chief).await;
    assert_eq!(weeks[0]["week"], "2026-W48");
    assert_eq!((&weeks[0]["observations"], weeks.as_array().unwrap().len()), (&json!(1), 1));
    site.clock.advance_ms(1);
    let asked = super::site::get("/api/v1/report/week/2026-W48?format=html&lang=en", &chief);
    let response = site.ask(asked).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.contains("style-src 'self' 'unsafe-inline'") && policy.contains("script-src 'none'")
    );
    let page = String::from_utf8(super::site::bytes(response).await).unwrap();
    assert!(page.contains("2026") && page.contains("console?ticket="), "{page}");
    for week in ["2026-W49", "2026-W99", "..%2F..%2Fetc"] {
        let (status, _) = site.get(&format!("/api/v1/report/week/{week}"), &chief).await;
        assert_eq!(status, 404, "{week}");
    }
}
