//! Dispatch as the console and the phone see it.

use gengfu::clock::Clock as _;
use serde_json::{Value, json};

use super::site::{HOSTILE, Site, post, read};

/// Confirmed by `op` and classified S2.
async fn classified(site: &Site) -> (String, String) {
    let (ticket, _) = site.fire_with_still("fence").await;
    let op = site.cookie("op").await;
    let class =
        json!({ "type": "classify", "category": "fight", "severity": "S2", "place": "gate" });
    for act in [json!({ "type": "confirm" }), class] {
        assert_eq!(site.act(&ticket, &op, act).await.0, 200);
    }
    (ticket, op)
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

async fn member(site: &Site, cookie: &str, name: &str, act: (&str, Value)) -> (u16, Value) {
    let path = format!("/api/v1/members/{name}/{}", act.0);
    read(site.ask(post(&path, Some(cookie), &act.1)).await).await
}

#[tokio::test]
async fn the_ranking_comes_with_reasons_and_is_kept_with_the_offer() {
    let site = Site::open().await;
    let (ticket, op) = classified(&site).await;
    let (_, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &op).await;
    let ranked = &detail["candidates"];
    assert_eq!(names(ranked), ["li", "zhao"]);
    assert_eq!((&ranked[0]["rank"], &ranked[0]["decided"]), (&json!(1), &json!(null)));
    assert_eq!((&ranked[1]["bar"], &ranked[1]["choosable"]), (&json!("off_shift"), &json!(false)));
    assert_eq!(ranked[1]["display"], HOSTILE);
    let (status, detail) =
        site.act(&ticket, &op, json!({ "type": "dispatch", "member": "li" })).await;
    assert_eq!(status, 200, "{detail}");
    let line = detail["log"].as_array().unwrap().last().unwrap();
    assert_eq!(line["detail"]["ranking"][1]["bar"], "off_shift", "the log keeps it");
    assert_eq!(detail["offers"][0]["member"]["name"], "li");
    assert_eq!(detail["offers"][0]["outcome"], json!(null));
    let id = gengfu::ticket::TicketId(ticket);
    let kept = site.store.offers_of(&id).await.unwrap();
    assert_eq!(kept[0].ranking.as_ref().unwrap()[0]["member"], "li", "and so does the row");
}

#[tokio::test]
async fn of_two_operators_who_dispatch_the_second_is_told_what_was_done() {
    let site = Site::open().await;
    let (ticket, op) = classified(&site).await;
    let op2 = site.cookie("op2").await;
    let order = json!({ "type": "dispatch", "member": "li" });
    assert_eq!(site.act_on(&ticket, &op, (3, order.clone())).await.0, 200);
    let (status, told) = site.act_on(&ticket, &op2, (3, order)).await;
    assert_eq!((status, &told["code"]), (409, &json!("conflict")));
    let detail = &told["detail"];
    assert_eq!((&detail["by"], &detail["by_display"]), (&json!("op"), &json!("op 员")));
    let changes = detail["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        (&changes[0]["input"], &changes[0]["detail"]["member"]),
        (&json!("dispatch"), &json!("li"))
    );
}

#[tokio::test]
async fn a_shift_leader_takes_a_member_out_of_dispatch_with_a_reason() {
    let site = Site::open().await;
    let (ticket, op) = classified(&site).await;
    let chief = site.cookie("chief").await;
    let why = ("suspend", json!({ "reason": "a broken foot" }));
    assert_eq!(member(&site, &op, "li", why.clone()).await.0, 403);
    assert_eq!(member(&site, &chief, "op", why.clone()).await.0, 404, "no patrol member");
    let (status, told) = member(&site, &chief, "li", ("suspend", json!({ "reason": " " }))).await;
    assert_eq!((status, &told["code"]), (422, &json!("no_reason")));
    let past = json!({ "reason": "a broken foot", "until_ms": 5 });
    assert_eq!(member(&site, &chief, "li", ("suspend", past)).await.0, 422);
    let (status, told) = member(&site, &chief, "li", ("restore", json!({}))).await;
    assert_eq!((status, &told["code"]), (422, &json!("not_suspended")));
    assert_eq!(member(&site, &chief, "li", why).await.0, 200);
    let (status, told) =
        site.act(&ticket, &op, json!({ "type": "dispatch", "member": "li" })).await;
    assert_eq!((status, &told["code"]), (422, &json!("member_suspended")));
    let (_, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &op).await;
    assert!(detail["ticket"]["nobody_since_ms"].is_i64(), "the wall shows that nobody is left");
    let inputs: Vec<_> = detail["log"].as_array().unwrap().iter().map(|l| &l["input"]).collect();
    assert!(inputs.contains(&&json!("nobody")), "{inputs:?}");
    assert_eq!(member(&site, &chief, "li", ("restore", json!({}))).await.0, 200);
    let (_, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &op).await;
    assert_eq!(detail["ticket"]["nobody_since_ms"], json!(null));
    assert_eq!(site.act(&ticket, &op, json!({ "type": "dispatch", "member": "li" })).await.0, 200);
}

#[tokio::test]
async fn a_supporting_member_sees_his_own_order_on_the_phone() {
    let site = Site::open().await;
    let (ticket, _, _) = site.offered().await;
    let op = site.cookie("op").await;
    let now = site.clock.now();
    let turn = (now.plus_ms(-1000), now.plus_ms(3_600_000));
    site.store.add_shift("zhao", "patrol", turn).await.unwrap();
    let (status, detail) =
        site.act(&ticket, &op, json!({ "type": "support", "member": "zhao" })).await;
    assert_eq!(status, 200, "{detail}");
    assert_eq!(detail["ticket"]["supports"][0]["member"]["name"], "zhao");
    assert_eq!(detail["ticket"]["member"]["name"], "li", "one stays responsible");
    let zhao = site.cookie("zhao").await;
    let (_, mine) = site.get("/api/v1/phone/tickets", &zhao).await;
    assert_eq!((&mine[0]["part"], &mine[0]["state"]), (&json!("support"), &json!("offered")));
    assert_eq!(mine[0]["offer"], detail["ticket"]["supports"][0]["offer"]);
    let li = site.cookie("li").await;
    let (_, his) = site.get("/api/v1/phone/tickets", &li).await;
    assert_eq!(his[0]["part"], "owner");
    let (status, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &zhao).await;
    assert_eq!(status, 200);
    let ranked = |line: &Value| !line["detail"]["ranking"].is_null();
    assert!(!detail["log"].as_array().unwrap().iter().any(ranked), "colleagues stay out of it");
}

#[tokio::test]
async fn an_emergency_goes_out_before_the_verdict_and_says_so() {
    let site = Site::open().await;
    let (ticket, _) = site.fire_with_still("fence").await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let ahead = |severity: &str| json!({ "type": "dispatch_ahead", "member": "li", "category": "fire_smoke", "severity": severity, "place": "gate" });
    let (status, told) = site.act(&ticket, &op, ahead("S2")).await;
    assert_eq!((status, &told["code"]), (422, &json!("verify_first")));
    let (status, detail) = site.act(&ticket, &op, ahead("S1")).await;
    assert_eq!(status, 200, "{detail}");
    assert_eq!(detail["ticket"]["ahead"]["by"]["name"], "op");
    let (status, told) = site.act(&ticket, &op, json!({ "type": "confirm" })).await;
    assert_eq!((status, &told["code"]), (422, &json!("own_dispatch")));
    let (status, detail) = site.act(&ticket, &op2, json!({ "type": "confirm" })).await;
    assert_eq!(status, 200, "{detail}");
    assert_eq!(detail["ticket"]["ahead"]["confirmed_by"]["name"], "op2");
}
