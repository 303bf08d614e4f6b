//! What rules are worth over HTTP, and that it takes two people to shelve or change one.

use gengfu::store::event::Event;
use serde_json::{Value, json};

use super::site::{NOW, Site, event, get, post, read};

const QUALITY: &str = "/api/v1/rules/quality";
const REQUESTS: &str = "/api/v1/rules/requests";

async fn send(site: &Site, cookie: &str, path: &str, body: Value) -> (u16, Value) {
    read(site.ask(post(path, Some(cookie), &body)).await).await
}

async fn ruled(site: &Site, cookie: &str, of: (&str, &str), reason: &str) -> (u16, Value) {
    let path = format!("{REQUESTS}/{}/{}", of.0, of.1);
    send(site, cookie, &path, json!({ "reason": reason })).await
}

fn shelving(minutes: i64, reason: &str) -> Value {
    json!({ "camera": "gate", "rule": "fence", "kind": "shelve", "minutes": minutes,
        "reason": reason })
}

fn change() -> Value {
    json!({ "camera": "gate", "rule": "fence", "kind": "change", "reason": "cats" })
}

/// So many observations at the fence, dismissed because of an animal.
async fn cats(site: &Site, count: usize) {
    let op = site.cookie("op").await;
    for n in 0..count {
        let ticket = fired(site, &format!("cat-{n}")).await;
        let verdict = json!({ "type": "false_alarm", "reason": "animal" });
        let (status, body) = site.act(&ticket, &op, verdict).await;
        assert_eq!(status, 200, "{body}");
    }
}

/// A cat at the fence, far enough in time to be an observation of its own; gives the ticket.
async fn fired(site: &Site, id: &str) -> String {
    let mut cat: Event = event("fence");
    site.clock.advance_ms(120_000);
    cat.id = id.into();
    cat.fired.reason.class = Some(gengfu::detect::Class::Animal);
    cat.fired.at = gengfu::clock::Clock::now(&*site.clock);
    let mut changes = site.desk.changes();
    site.store.save_event(&cat, cat.fired.at).await.unwrap();
    site.desk.hear(gengfu::event::News::Saved);
    loop {
        let ticket = changes.recv().await.unwrap();
        if ticket.version == 1 && ticket.origin.at == cat.fired.at {
            return ticket.id.0.clone();
        }
    }
}

#[tokio::test]
async fn a_rule_that_calls_for_nothing_is_proposed_with_lines_and_cost() {
    let site = Site::open().await;
    let chief = site.cookie("chief").await;
    let (_, before) = site.get(QUALITY, &chief).await;
    assert_eq!(before["rules"][0]["precision"], Value::Null);
    assert_eq!(
        (&before["rules"][0]["rule_name"], &before["verdicts_min"]),
        (&json!("夜间入侵"), &json!(10))
    );
    cats(&site, 9).await;
    let (_, few) = site.get(QUALITY, &chief).await;
    assert_eq!(few["rules"][0]["proposal"], Value::Null, "nine verdicts are not enough");
    assert_eq!(send(&site, &chief, REQUESTS, change()).await.1["code"], "no_proposal");
    let last = fired(&site, "cat-last").await;
    let op = site.cookie("op").await;
    let verdict = json!({ "type": "false_alarm", "reason": "animal" });
    assert_eq!(site.act(&last, &op, verdict).await.0, 200);
    let (_, told) = site.get(QUALITY, &chief).await;
    let rule = &told["rules"][0];
    assert_eq!(rule["precision"], json!(0.0));
    assert!((rule["high"].as_f64().unwrap() - 0.278).abs() < 0.001, "{rule}");
    let animals = rule["reasons"]["animal"].as_array().unwrap();
    assert_eq!((animals.len(), &animals[9]["id"]), (10, &json!(last)));
    let proposal = &rule["proposal"];
    assert_eq!((&proposal["change"], &proposal["missed"]), (&json!("drop_class"), &json!([])));
    let lines = "classes = [\"person\"]  # was [\"person\", \"animal\"]";
    assert_eq!(proposal["lines"], lines);
    let (status, asked) = send(&site, &chief, REQUESTS, change()).await;
    assert_eq!(
        (status, &asked["standing"], &asked["lines"]),
        (200, &json!("asked"), &json!(lines))
    );
    let id = asked["id"].as_str().unwrap();
    let director = site.cookie("director").await;
    let (status, approved) = ruled(&site, &director, (id, "approve"), "").await;
    assert_eq!((status, &approved["standing"]), (200, &json!("approved")));
    assert_eq!(approved["avoided"], 10);
    let (_, after) = site.get(QUALITY, &chief).await;
    assert_eq!(after["rules"][0]["proposal"], *proposal, "the machine changes nothing");
}

#[tokio::test]
async fn the_page_of_rules_is_a_page() {
    let site = Site::open().await;
    // 503 where the screens are not built.
    assert_ne!(site.ask(get("/rules", "")).await.status(), 404);
}

#[tokio::test]
async fn one_asks_and_another_one_who_leads_approves() {
    let site = Site::open().await;
    let (op, chief) = (site.cookie("op").await, site.cookie("chief").await);
    let director = site.cookie("director").await;
    for name in ["li", "admin", "wall"] {
        let cookie = site.cookie(name).await;
        assert_eq!(site.get(QUALITY, &cookie).await.0, 403, "{name}");
        assert_eq!(send(&site, &cookie, REQUESTS, shelving(60, "lamp")).await.0, 403, "{name}");
    }
    let check = async |body: Value, status: u16, code: &str| {
        let (found, answer) = send(&site, &chief, REQUESTS, body).await;
        assert_eq!((found, &answer["code"]), (status, &json!(code)), "{answer}");
    };
    check(shelving(60, " "), 422, "no_reason").await;
    check(shelving(481, "lamp"), 422, "bad_time").await;
    check(shelving(0, "lamp"), 422, "bad_time").await;
    check(shelving(i64::MAX, "lamp"), 422, "bad_time").await;
    let mut other = shelving(60, "lamp");
    other["rule"] = json!("none");
    check(other, 404, "not_found").await;
    let (status, asked) = send(&site, &chief, REQUESTS, shelving(60, "the lamp flickers")).await;
    assert_eq!((status, &asked["for_ms"]), (200, &json!(3_600_000)));
    check(shelving(60, "lamp"), 422, "already_asked").await;
    let id = asked["id"].as_str().unwrap();
    assert_eq!(ruled(&site, &op, (id, "approve"), "").await.0, 403);
    let lines = site.store.audit_count().await.unwrap();
    let (status, own) = ruled(&site, &chief, (id, "approve"), "").await;
    assert_eq!((status, &own["code"]), (422, &json!("asker_cannot_approve")));
    assert_eq!(site.store.audit_count().await.unwrap(), lines + 1, "the attempt is in the audit");
    assert_eq!(ruled(&site, &director, ("none", "approve"), "").await.0, 404);
    let (status, body) = ruled(&site, &director, (id, "approve"), "").await;
    assert_eq!((status, &body["standing"]), (200, &json!("shelved")));
    let again = ruled(&site, &director, (id, "refuse"), "no").await;
    assert_eq!(again.1["code"], "already_decided");
}

#[tokio::test]
async fn a_shelved_rule_is_told_of_and_comes_back() {
    let site = Site::open().await;
    let (op, chief, wall) =
        (site.cookie("op").await, site.cookie("chief").await, site.cookie("wall").await);
    let (_, asked) = send(&site, &op, REQUESTS, shelving(60, "the lamp flickers")).await;
    let id = asked["id"].as_str().unwrap();
    let (status, _) = ruled(&site, &chief, (id, "approve"), "").await;
    assert_eq!(status, 200);
    let shelf = site.store.save_event(&event("fence"), NOW).await.unwrap();
    assert_eq!(shelf.as_deref(), Some(id));
    let (_, today) = site.get("/api/v1/today", &wall).await;
    let one = &today["shelved"][0];
    assert_eq!((&one["rule_name"], &one["fired"]), (&json!("夜间入侵"), &json!(1)));
    assert_eq!((&one["asked"]["by"], &one["decided"]["by"]), (&json!("op"), &json!("chief")));
    assert_eq!(one["asked"]["display"], "op 员");
    assert_eq!(one["until_ms"], NOW.0 + 3_600_000);
    assert_eq!(today["observations"], 0, "nobody was called");
    let (status, _) = ruled(&site, &chief, (id, "unshelve"), " ").await;
    assert_eq!(status, 422);
    let (_, back) = ruled(&site, &chief, (id, "unshelve"), "mended").await;
    assert_eq!((&back["standing"], &back["ended"]["why"]), (&json!("over"), &json!("mended")));
    assert_eq!(site.get("/api/v1/today", &wall).await.1["shelved"], json!([]));
    // Time alone ends it as well.
    let (_, asked) = send(&site, &op, REQUESTS, shelving(30, "again")).await;
    ruled(&site, &chief, (asked["id"].as_str().unwrap(), "approve"), "").await;
    site.clock.advance_ms(1_800_000);
    assert_eq!(site.get("/api/v1/today", &wall).await.1["shelved"], json!([]));
}
