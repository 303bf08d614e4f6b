//! Versions of the rules over HTTP: faults, two people, what a ticket is born with; and what is
//! asked of a ticket's time.

use serde_json::{Value, json};

use super::site::{Site, post, read};

const POLICY: &str = "/api/v1/policy";

impl Site {
    /// An operator's own observation; gives the ticket's id.
    async fn observe(&self, cookie: &str) -> String {
        let seen = json!({ "camera": "gate", "category": "fight", "severity": "S2",
            "text": "two people push each other" });
        let (status, body) = send(self, cookie, "/api/v1/observations", seen).await;
        assert_eq!(status, 200, "{body}");
        body["ticket"]["id"].as_str().unwrap().to_owned()
    }
}

async fn send(site: &Site, cookie: &str, path: &str, body: Value) -> (u16, Value) {
    read(site.ask(post(path, Some(cookie), &body)).await).await
}

#[tokio::test]
async fn a_version_is_proposed_by_one_and_approved_by_another_and_new_tickets_are_born_with_it() {
    let site = Site::open().await;
    let (op, chief, director) =
        (site.cookie("op").await, site.cookie("chief").await, site.cookie("director").await);
    let old = site.fire("fence").await;
    let text = "[clocks.S1]\nverify = \"20s\"\n[clocks.S2]\nverify = \"20s\"\n";
    let new = |text: &str, reason: &str| json!({ "text": text, "reason": reason });

    assert_eq!(send(&site, &op, POLICY, new(text, "faster")).await.0, 403);
    let (status, body) = send(&site, &chief, POLICY, new(text, " ")).await;
    assert_eq!((status, &body["code"]), (422, &json!("no_reason")));
    let (status, body) = send(&site, &chief, POLICY, new("[clocks.S9]\n", "more")).await;
    assert_eq!((status, &body["code"]), (422, &json!("bad_rules")));
    assert!(body["message"].as_str().unwrap().contains("clocks.S9"), "{body}");

    let (status, body) = send(&site, &chief, POLICY, new(text, "nights are slow")).await;
    assert_eq!((status, &body["in_force"]), (200, &json!(0)), "{body}");
    assert_eq!(body["versions"][0]["standing"], "proposed");
    let decide = |decision: &str| json!({ "decision": decision, "reason": "" });
    let path = format!("{POLICY}/1/decide");
    let (status, body) = send(&site, &chief, &path, decide("approve")).await;
    assert_eq!((status, &body["code"]), (422, &json!("asker_cannot_approve")));
    let (status, body) = send(&site, &director, &path, decide("refuse")).await;
    assert_eq!((status, &body["code"]), (422, &json!("no_reason")));
    let (status, body) = send(&site, &director, &path, decide("approve")).await;
    assert_eq!((status, &body["in_force"]), (200, &json!(1)), "{body}");
    let (_, body) = send(&site, &director, &path, decide("approve")).await;
    assert_eq!(body["code"], "already_decided");

    // The desk reads it with its next pass; a ticket keeps what it was born with.
    while site.desk.policies().count() == 0 {
        tokio::task::yield_now().await;
    }
    site.clock.advance_ms(600_000);
    let young = site.observe(&op).await;
    let (_, before) = site.get(&format!("/api/v1/tickets/{old}"), &op).await;
    let (_, after) = site.get(&format!("/api/v1/tickets/{young}"), &op).await;
    assert_eq!((&before["ticket"]["policy"], &after["ticket"]["policy"]), (&json!(0), &json!(1)));
    let clock = &after["ticket"]["clock"];
    let span = clock["due_ms"].as_i64().unwrap() - clock["started_ms"].as_i64().unwrap();
    assert_eq!(span, 20_000);
}

#[tokio::test]
async fn the_ladder_of_a_ticket_is_seen_and_acknowledged_by_whom_it_reached() {
    let site = Site::open().await;
    let (op, director) = (site.cookie("op").await, site.cookie("director").await);
    let ticket = site.fire("fence").await;
    let mut changes = site.desk.changes();
    site.clock.advance_ms(3_600_000);
    loop {
        changes.recv().await.unwrap();
        let (_, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &director).await;
        let steps = detail["deadlines"].as_array().unwrap();
        let fired = |level: &str| {
            steps.iter().find(|s| s["level"] == level && !s["fired_ms"].is_null()).cloned()
        };
        let Some(step) = fired("director") else { continue };
        assert_eq!(step["told"][0]["name"], "director");
        assert_eq!(step["asks_me"], true);
        let know = json!({ "type": "acknowledge", "clock": step["clock"],
            "from_ms": step["from_ms"], "level": "director" });
        let (status, body) = site.act(&ticket, &op, know.clone()).await;
        assert_eq!((status, &body["code"]), (422, &json!("not_told")), "{body}");
        let (status, body) = site.act(&ticket, &director, know).await;
        assert_eq!(status, 200, "{body}");
        let known = body["deadlines"].as_array().unwrap().iter().find(|s| s["level"] == "director");
        assert_eq!(known.unwrap()["acked_by"]["name"], "director");
        return;
    }
}
