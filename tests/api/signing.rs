//! Signing in and out, and what everybody gets.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::json;

use super::site::{Site, get, post, read};

#[tokio::test]
async fn a_person_signs_in_reads_and_signs_out() {
    let site = Site::open().await;
    let asked = post("/api/v1/login", None, &json!({ "name": "op", "password": "op" }));
    let response = site.ask(asked).await;
    let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(set.contains("HttpOnly; SameSite=Strict") && !set.contains("Secure"), "{set}");
    let (status, body) = read(response).await;
    assert_eq!((status, &body["account"]["role"]), (200, &json!("operator")));
    let cookie = site.cookie("op").await;
    assert_eq!(site.get("/api/v1/me", &cookie).await.1["account"]["name"], "op");
    let (status, _) = read(site.ask(post("/api/v1/logout", Some(&cookie), &json!({}))).await).await;
    assert_eq!(status, 204);
    let (status, body) = site.get("/api/v1/me", &cookie).await;
    assert_eq!((status, &body["code"]), (401, &json!("not_signed_in")));
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let site = Site::open().await;
    let cookie = site.cookie("op").await;
    site.clock.advance_ms(12 * 3_600_000 - 1);
    assert_eq!(site.get("/api/v1/me", &cookie).await.0, 200);
    site.clock.advance_ms(1);
    assert_eq!(site.get("/api/v1/me", &cookie).await.0, 401);
}

#[tokio::test]
async fn wrong_passwords_are_told_alike_and_limited() {
    let site = Site::open().await;
    let mut told = Vec::new();
    for name in ["op", "nobody", "op", "op", "op", "op", "op"] {
        let asked = post("/api/v1/login", None, &json!({ "name": name, "password": "x" }));
        let (status, body) = read(site.ask(asked).await).await;
        told.push((status, body["code"].as_str().unwrap().to_owned()));
    }
    let wrong = (401, "bad_credentials".to_owned());
    assert!(told[..6].iter().all(|one| *one == wrong), "{told:?}");
    assert_eq!(told[6], (429, "too_many_attempts".to_owned()));
    let right = post("/api/v1/login", None, &json!({ "name": "op", "password": "op" }));
    assert_eq!(read(site.ask(right).await).await.0, 429, "also the right one waits");
    site.clock.advance_ms(60_000);
    site.cookie("op").await;
}

#[tokio::test]
async fn the_site_says_its_codes_clocks_and_zones() {
    let site = Site::open().await;
    let cookie = site.cookie("op").await;
    let (status, body) = site.get("/api/v1/site", &cookie).await;
    assert_eq!(status, 200);
    assert_eq!(body["cameras"][0]["zones"][0]["name"], "东围栏");
    assert_eq!(body["codes"]["review_items"].as_array().unwrap().len(), 10);
    assert_eq!(body["policy"]["clocks"]["S1"]["verify_s"], 60);
    assert_eq!(body["members"].as_array().unwrap().len(), 2);
    let (_, cameras) = site.get("/api/v1/cameras", &cookie).await;
    assert_eq!((&cameras[0]["state"], &cameras[0]["frames_dropped"]), (&json!("live"), &json!(3)));
    let (_, duty) = site.get("/api/v1/duty", &cookie).await;
    let online = |name: &str| {
        let all = duty.as_array().unwrap();
        all.iter().find(|one| one["name"] == name).unwrap()["phone_online"].clone()
    };
    assert_eq!((online("li"), online("op")), (json!(true), json!(null)));
}

#[tokio::test]
async fn every_answer_forbids_what_a_page_does_not_need() {
    let site = Site::open().await;
    for path in ["/", "/wall", "/api/v1/me", "/no/such/page"] {
        let response = site.ask(get(path, "")).await;
        let headers = response.headers();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_in_json() {
    let site = Site::open().await;
    let cookie = site.cookie("op").await;
    for path in ["/api/v1/nothing", "/api/v2/site", "/api/v1/tickets/none", "/api/v1/evidence/none"]
    {
        let (status, body) = site.get(path, &cookie).await;
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
    let wrong = Request::delete("/api/v1/site").body(Body::empty()).unwrap();
    let (status, body) = read(site.ask(wrong).await).await;
    assert_eq!((status, &body["code"]), (405, &json!("method_not_allowed")));
    let (status, body) = site.get("/api/v1/tickets?view=all", &cookie).await;
    assert_eq!((status, &body["code"]), (400, &json!("bad_request")));
    let broken = post("/api/v1/login", None, &json!({ "name": 1 }));
    assert_eq!(read(site.ask(broken).await).await.1["code"], "bad_request");
}

#[tokio::test]
async fn the_description_lists_every_route() {
    let site = Site::open().await;
    let (_, body) = site.get("/api/openapi.json", "").await;
    assert!(body["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = body["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 73, "{:?}", paths.keys());
    assert!(body["components"]["schemas"]["TicketDetail"].is_object());
}

#[tokio::test]
async fn health_and_figures_need_no_account() {
    let site = Site::open().await;
    site.fire("fence").await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(site.ask(get(path, "")).await.status(), 200, "{path}");
    }
    let text = super::site::bytes(site.ask(get("/metrics", "")).await).await;
    let text = String::from_utf8(text).unwrap();
    for line in [
        "gengfu_camera_live{camera=\"gate\"} 1",
        "gengfu_frames_dropped_total{camera=\"gate\"} 3",
        "gengfu_tickets_open{state=\"new\"} 1",
        "gengfu_outbox_waiting 0",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}
