//! What people are refused, with the code that the screens translate.

use serde_json::{Value, json};

use super::site::{HOSTILE, Site, get, post, read};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or(""))
}

#[tokio::test]
async fn the_regulation_refuses_with_its_codes() {
    let site = Site::open().await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let bare = site.fire("fence").await;
    let told = site.act(&bare, &op, json!({ "type": "confirm" })).await;
    assert_eq!(code(&told), (422, "no_evidence"));
    let told =
        site.act(&bare, &op, json!({ "type": "false_alarm", "reason": "mood", "note": "" })).await;
    assert_eq!(code(&told), (422, "unknown_reason"));
    site.act(&bare, &op, json!({ "type": "claim" })).await;
    let told = site.act(&bare, &op2, json!({ "type": "test_alarm", "note": "" })).await;
    assert_eq!(code(&told), (422, "claimed_by_other"));
    assert_eq!(told.1["detail"], json!({ "by": "op" }));

    let (ticket, _) = site.fire_with_still("gate").await;
    site.act(&ticket, &op, json!({ "type": "confirm" })).await;
    let told = site.act(&ticket, &op, json!({ "type": "dispatch", "member": "li" })).await;
    assert_eq!(code(&told), (422, "no_category"));
    let class = |severity: &str| json!({ "type": "classify", "category": "fight", "severity": severity, "place": "gate" });
    assert_eq!(code(&site.act(&ticket, &op, class("S9")).await), (422, "unknown_severity"));
    assert_eq!(site.act(&ticket, &op, class("S2")).await.0, 200);
    let told = site.act(&ticket, &op, json!({ "type": "dispatch", "member": "zhao" })).await;
    assert_eq!(code(&told), (422, "member_off_shift"));
    let told = site.act(&ticket, &op, json!({ "type": "dispatch", "member": HOSTILE })).await;
    assert_eq!(code(&told), (422, "unknown_member"));
}

#[tokio::test]
async fn who_confirmed_it_does_not_check_it() {
    let site = Site::open().await;
    let (ticket, _, offer) = site.offered().await;
    let answer = |act| gengfu::ticket::task::Order {
        ticket: gengfu::ticket::TicketId(ticket.clone()),
        version: None,
        actor: gengfu::ticket::Actor {
            name: "li".into(),
            role: gengfu::ticket::Role::PatrolMember,
        },
        act,
        answer: None,
    };
    use gengfu::ticket::Act;
    site.desk.act(answer(Act::OnScene { offer: offer.clone() })).await.unwrap();
    let reply = Act::Reply {
        offer,
        disposition: "unfounded".into(),
        text: "nothing to be seen here".into(),
        photos: vec!["p".into()],
    };
    site.desk.act(answer(reply)).await.unwrap();
    let op = site.cookie("op").await;
    let told = site.act(&ticket, &op, json!({ "type": "check_pass", "note": "" })).await;
    assert_eq!(code(&told), (422, "verifier_cannot_check"));
    let director = site.cookie("director").await;
    let told = site.act(&ticket, &director, json!({ "type": "check_return", "reason": " " })).await;
    assert_eq!(code(&told), (422, "no_reason"));
}

#[tokio::test]
async fn who_comes_second_is_told_who_was_first() {
    let site = Site::open().await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let ticket = site.fire("fence").await;
    site.act_on(&ticket, &op, (1, json!({ "type": "claim" }))).await;
    let told = site.act_on(&ticket, &op2, (1, json!({ "type": "test_alarm", "note": "" }))).await;
    assert_eq!(code(&told), (409, "conflict"));
    let detail = &told.1["detail"];
    assert_eq!((&detail["by"], &detail["version"]), (&json!("op"), &json!(2)));
    let changes = detail["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["input"]), (1, &json!("claim")), "what was changed");
    assert_eq!(changes[0]["actor"], "op");
    assert!(changes[0]["at_ms"].is_i64());
}

#[tokio::test]
async fn who_looks_after_the_equipment_sees_how_cameras_are_without_a_record_of_it() {
    let site = Site::open().await;
    for name in ["admin", "wall", "op", "director"] {
        let cookie = site.cookie(name).await;
        let before = site.store.audit_count().await.unwrap();
        let (status, cameras) = site.get("/api/v1/cameras", &cookie).await;
        assert_eq!((status, &cameras[0]["id"]), (200, &json!("gate")), "{name}");
        assert_eq!(cameras[0]["reconnects"], 0, "{name}: {cameras}");
        assert_eq!(site.store.audit_count().await.unwrap(), before, "{name}");
    }
}

#[tokio::test]
async fn a_role_that_may_not_is_refused_and_written_down() {
    let site = Site::open().await;
    let ticket = site.fire("fence").await;
    let cases = [
        ("wall", "/api/v1/report/weeks"),
        ("admin", "/api/v1/tickets?view=open"),
        ("admin", "/api/v1/stream"),
        ("li", "/api/v1/cameras"),
        ("li", "/api/v1/today"),
        ("op", "/api/v1/phone/tickets"),
        ("op", "/api/v1/phone/mqtt"),
    ];
    for (name, path) in cases {
        let cookie = site.cookie(name).await;
        let before = site.store.audit_count().await.unwrap();
        let told = site.get(path, &cookie).await;
        assert_eq!(code(&told), (403, "forbidden"), "{name} {path}");
        assert_eq!(site.store.audit_count().await.unwrap(), before + 1, "{name} {path}");
    }
    for (name, act) in [("wall", "claim"), ("director", "claim"), ("li", "confirm")] {
        let cookie = site.cookie(name).await;
        let before = site.store.audit_count().await.unwrap();
        let told = site.act(&ticket, &cookie, json!({ "type": act })).await;
        assert_eq!(code(&told), (403, "forbidden"), "{name} {act}");
        assert_eq!(site.store.audit_count().await.unwrap(), before + 1, "{name} {act}");
    }
    assert_eq!(code(&site.get("/api/v1/tickets?view=open", "").await), (401, "not_signed_in"));
}

#[tokio::test]
async fn a_member_sees_his_own_order_and_no_other() {
    let site = Site::open().await;
    let (mine, still, _) = site.offered().await;
    let (other, foreign) = site.fire_with_still("gate").await;
    let li = site.cookie("li").await;
    let seen = site.get(&format!("/api/v1/tickets/{mine}"), &li).await;
    assert_eq!((seen.0, &seen.1["candidates"], &seen.1["acts"]), (200, &json!([]), &json!([])));
    assert_eq!(site.ask(get(&format!("/api/v1/evidence/{still}"), &li)).await.status(), 200);
    for path in [
        format!("/api/v1/tickets/{other}"),
        format!("/api/v1/evidence/{foreign}"),
        "/api/v1/tickets/none".into(),
        "/api/v1/evidence/none".into(),
    ] {
        let before = site.store.audit_count().await.unwrap();
        assert_eq!(code(&site.get(&path, &li).await), (403, "forbidden"), "{path}");
        assert_eq!(site.store.audit_count().await.unwrap(), before + 1, "{path}");
    }
}

#[tokio::test]
async fn hostile_text_comes_back_unharmed() {
    let site = Site::open().await;
    let op = site.cookie("op").await;
    let (ticket, _) = site.fire_with_still("fence").await;
    site.act(&ticket, &op, json!({ "type": "confirm" })).await;
    let class =
        json!({ "type": "classify", "category": "other", "severity": "S4", "place": HOSTILE });
    let (status, body) = site.act(&ticket, &op, class).await;
    assert_eq!((status, body["ticket"]["place"].as_str().unwrap()), (200, HOSTILE));
    let names = body["candidates"].as_array().unwrap();
    assert!(names.iter().any(|one| one["display"] == HOSTILE));
    let (_, site_body) = site.get("/api/v1/site", &op).await;
    assert!(site_body["members"].as_array().unwrap().iter().any(|one| one["display"] == HOSTILE));
    let asked = post("/api/v1/login", None, &json!({ "name": HOSTILE, "password": HOSTILE }));
    assert_eq!(code(&read(site.ask(asked).await).await), (401, "bad_credentials"));
    let nul = post("/api/v1/login", None, &json!({ "name": "a\0", "password": "b" }));
    assert_eq!(code(&read(site.ask(nul).await).await), (400, "bad_request"));
    assert_eq!(code(&site.get("/api/v1/tickets/%00", &op).await), (400, "bad_request"));
}

#[tokio::test]
async fn only_a_leader_has_a_camera_begin_anew_and_only_one_that_learns() {
    let site = Site::open().await;
    let (op, chief) = (site.cookie("op").await, site.cookie("chief").await);
    let (status, body) = site.get("/api/v1/cameras/gate/normal", &op).await;
    assert_eq!((status, &body["state"], &body["learnt"]), (200, &json!("off"), &Value::Null));
    assert_eq!(site.get("/api/v1/cameras/none/normal", &op).await.0, 404);
    let reset = |cookie: &str, reason: &str| {
        let body = json!({ "reason": reason });
        post("/api/v1/cameras/gate/normal/reset", Some(cookie), &body)
    };
    assert_eq!(read(site.ask(reset(&op, "new view")).await).await.0, 403);
    let (status, body) = read(site.ask(reset(&chief, "new view")).await).await;
    assert_eq!((status, &body["code"]), (422, &json!("bad_reset")));
    assert!(body["message"].as_str().unwrap().contains("no rule of kind anomaly"), "{body}");
}
