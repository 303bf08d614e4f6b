//! Duty over HTTP: signing on and off, presence, nobody there, rosters and swaps, each with its
//! refusals.

use gengfu::clock::Clock;
use serde_json::{Value, json};

use super::site::{NOW, Site, get, post, read};

const HOUR_MS: i64 = 3_600_000;

pub(crate) async fn send(site: &Site, cookie: &str, path: &str, body: Value) -> (u16, Value) {
    read(site.ask(post(&format!("/api/v1/{path}"), Some(cookie), &body)).await).await
}

/// Sends and expects this status and code.
pub(crate) async fn refused(
    site: &Site,
    cookie: &str,
    (path, body): (impl AsRef<str>, Value),
    expect: (u16, &str),
) -> Value {
    let path = path.as_ref();
    let (status, answer) = send(site, cookie, path, body).await;
    assert_eq!((status, answer["code"].as_str()), (expect.0, Some(expect.1)), "{path}: {answer}");
    answer
}

async fn desk(site: &Site, cookie: &str) -> Value {
    let (status, body) = site.get("/api/v1/duty/desk", cookie).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn everybody_signs_on_and_off_for_themselves() {
    let site = Site::open().await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let before = desk(&site, &op).await;
    assert_eq!((&before["present"], &before["turn"]["line"]), (&Value::Null, &json!("duty")));
    assert_eq!(before["unattended"]["told"], json!([]));
    let other = ("duty/sign-on", json!({ "account": "op2" }));
    let told = refused(&site, &op, other, (422, "not_oneself")).await;
    assert_eq!(told["detail"]["account"], "op2");
    refused(&site, &op, ("duty/sign-off", json!({})), (422, "not_on")).await;
    let (status, body) = send(&site, &op, "duty/sign-on", json!({})).await;
    assert_eq!((status, &body["present"]["line"]), (200, &json!("duty")), "{body}");
    assert_eq!(body["present"]["on_ms"], NOW.0);
    assert_eq!(body["unattended"], Value::Null);
    let (status, twice) = send(&site, &op, "duty/sign-on", json!({})).await;
    assert_eq!((status, &twice["present"]), (200, &body["present"]), "a double tap is one");
    let patrol = ("duty/sign-on", json!({ "line": "patrol" }));
    refused(&site, &op, patrol, (422, "line_not_for_role")).await;
    let standby = ("duty/sign-on", json!({ "line": "standby" }));
    refused(&site, &op, standby, (422, "already_on")).await;
    assert_eq!(send(&site, &op, "duty/sign-on", json!({ "line": "night" })).await.0, 400);
    // The wall and the lists show who is there.
    let (_, duty) = site.get("/api/v1/duty", &op).await;
    let on: Vec<(&str, bool)> = duty
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["signed_on_ms"].is_i64()))
        .collect();
    assert_eq!(on, [("op", true), ("op2", false), ("li", false), ("chief", false)]);
    refused(&site, &op, ("duty/sign-off", json!({})), (422, "no_relief")).await;
    assert_eq!(send(&site, &op2, "duty/sign-on", json!({})).await.0, 200);
    let early = refused(&site, &op, ("duty/sign-off", json!({})), (422, "leaves_early")).await;
    assert_eq!(early["detail"]["until_ms"], NOW.0 + 8 * HOUR_MS);
    let (status, body) = send(&site, &op, "duty/sign-off", json!({ "reason": "ill" })).await;
    assert_eq!((status, &body["present"]), (200, &Value::Null));
    assert_eq!(body["signed_on"][0]["name"], "op2");
}

#[tokio::test]
async fn outside_of_a_turn_one_says_why() {
    let site = Site::open().await;
    let (chief, director) = (site.cookie("chief").await, site.cookie("director").await);
    let duty = |reason: &str| ("duty/sign-on", json!({ "line": "duty", "reason": reason }));
    refused(&site, &chief, duty(" "), (422, "outside_shift")).await;
    assert_eq!(send(&site, &chief, "duty/sign-on", duty("op is ill").1).await.0, 200);
    refused(&site, &director, ("duty/sign-on", json!({})), (422, "outside_shift")).await;
    for name in ["admin", "wall"] {
        let cookie = site.cookie(name).await;
        let (status, _) = send(&site, &cookie, "duty/sign-on", json!({ "reason": "x" })).await;
        assert!(status == 403 || status == 422, "{name}: {status}");
    }
    let (status, body) =
        send(&site, &site.cookie("zhao").await, "duty/sign-on", json!({ "reason": "called" }))
            .await;
    assert_eq!((status, &body["present"]["line"]), (200, &json!("patrol")));
    let (_, list) = site.get("/api/v1/duty", &chief).await;
    let there = list.as_array().unwrap().iter().find(|one| one["name"] == "zhao").unwrap();
    assert_eq!((&there["until_ms"], &there["signed_on_ms"]), (&Value::Null, &json!(NOW.0)));
    // Who is there works, whatever the roster says.
    let (ticket, _) = site.fire_with_still("fence").await;
    let (status, body) = site.act(&ticket, &chief, json!({ "type": "confirm" })).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test]
async fn any_key_answers_the_check_and_silence_is_kept() {
    let site = Site::open().await;
    let op = site.cookie("op").await;
    send(&site, &op, "duty/sign-on", json!({})).await;
    site.watching.pass().await.unwrap();
    assert_eq!(desk(&site, &op).await["check"], Value::Null);
    site.clock.advance_ms(30 * 60_000);
    site.watching.pass().await.unwrap();
    let check = desk(&site, &op).await["check"].clone();
    assert_eq!(check["due_ms"], site.clock.now().0 + 120_000);
    let (status, after) = send(&site, &op, "duty/presence", json!({})).await;
    assert_eq!((status, &after["check"]), (200, &Value::Null));
    site.clock.advance_ms(30 * 60_000);
    site.watching.pass().await.unwrap();
    site.clock.advance_ms(121_000);
    site.watching.pass().await.unwrap();
    let day = format!("/api/v1/roster?from_ms={}&until_ms={}", NOW.0, NOW.0 + 24 * HOUR_MS);
    let (_, roster) = site.get(&day, &op).await;
    assert_eq!(roster["missed"].as_array().unwrap().len(), 1, "{}", roster["missed"]);
    assert_eq!(roster["missed"][0]["name"], "op");
    let told = async |name: &str, what: &str| {
        let cookie = site.cookie(name).await;
        site.get(&day, &cookie).await.1[what].as_array().unwrap().len()
    };
    // Others do not see what is held against somebody; who leads does.
    assert_eq!((told("op2", "missed").await, told("chief", "missed").await), (0, 1));
    let late = (told("op2", "findings").await, told("chief", "findings").await);
    assert_eq!(late, (1, 3), "op2, li and chief have not come");
    assert_eq!(send(&site, &op, "duty/presence", json!({})).await.0, 200, "too late, no fault");
}

#[tokio::test]
async fn nobody_there_is_told_once_and_seen_on_the_wall() {
    let site = Site::open().await;
    let wall = site.cookie("wall").await;
    site.fire("fence").await;
    for _ in 0..3 {
        site.watching.pass().await.unwrap();
    }
    let unattended = desk(&site, &wall).await["unattended"].clone();
    assert_eq!(unattended["since_ms"], 0);
    assert_eq!(unattended["told"][0]["whom"], json!(["chief"]));
    let sent = site.store.waiting(0, 100).await.unwrap();
    let sent: Vec<&Value> =
        sent.iter().filter(|one| one.kind == "unattended").map(|one| &one.body).collect();
    assert_eq!(sent, [&json!({ "told": ["chief"], "numbers": [1] })]);
    let op = site.cookie("op").await;
    send(&site, &op, "duty/sign-on", json!({})).await;
    assert_eq!(desk(&site, &wall).await["unattended"], Value::Null);
}

/// The local day after tomorrow of the site, 2026-11-25, in a table; op2 comes two minutes late.
const GAP: &str = "date,line,from,until,account
2026-11-25,duty,00:00,07:59,op
2026-11-25,duty,08:01,24:00,op2
2026-11-25,standby,00:00,24:00,chief
";

#[tokio::test]
async fn a_roster_with_a_gap_is_a_draft_and_is_not_published() {
    let site = Site::open().await;
    let chief = site.cookie("chief").await;
    let (status, draft) =
        send(&site, &chief, "roster/drafts", json!({ "form": "csv", "text": GAP })).await;
    assert_eq!(status, 200, "{draft}");
    let fault = &draft["faults"][0];
    assert_eq!((&fault["code"], &fault["line"]), (&json!("roster_gap"), &json!("duty")));
    assert!(fault["message"].as_str().unwrap().contains("2026-11-25 07:59–08:01 (2 min)"));
    let publish = format!("roster/{}/publish", draft["roster"]["id"].as_str().unwrap());
    let told = refused(&site, &chief, (&publish, json!({})), (422, "roster_gap")).await;
    assert_eq!(told["detail"]["faults"][0]["until_ms"], fault["until_ms"]);
    let good = GAP.replace("08:01", "07:59");
    let (_, draft) =
        send(&site, &chief, "roster/drafts", json!({ "form": "csv", "text": good })).await;
    assert_eq!(draft["faults"], json!([]));
    let publish = format!("roster/{}/publish", draft["roster"]["id"].as_str().unwrap());
    assert_eq!(send(&site, &site.cookie("op").await, &publish, json!({})).await.0, 403);
    let (status, done) = send(&site, &chief, &publish, json!({})).await;
    assert_eq!((status, &done["roster"]["version"]), (200, &json!(1)), "{done}");
    refused(&site, &chief, (&publish, json!({})), (422, "already_published")).await;
    assert_eq!(send(&site, &chief, "roster/none/publish", json!({})).await.0, 404);
    let (from, until) = (&done["roster"]["from_ms"], &done["roster"]["until_ms"]);
    let (_, shown) =
        site.get(&format!("/api/v1/roster?from_ms={from}&until_ms={until}"), &chief).await;
    assert_eq!(shown["turns"].as_array().unwrap().len(), 3);
    assert_eq!(shown["covers"][0]["roster_min"], 1440);
    assert_eq!(shown["covers"][0]["past_min"], 0, "the future is no gap");
    let bad = json!({ "form": "csv", "text": "2026-11-25,night,00:00,08:00,op" });
    refused(&site, &chief, ("roster/drafts", bad), (422, "bad_roster")).await;
    let none = json!({ "form": "xlsx", "text": "" });
    assert_eq!(send(&site, &chief, "roster/drafts", none).await.0, 400);
    for query in ["from_ms=5&until_ms=5", "from_ms=0&until_ms=9223372036854775807", "from_ms=x"] {
        assert_eq!(site.get(&format!("/api/v1/roster?{query}"), &chief).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_turn_is_swapped_by_two_and_a_third() {
    let site = Site::open().await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let (chief, director) = (site.cookie("chief").await, site.cookie("director").await);
    let day = |n: i64| NOW.plus_ms(n * 24 * HOUR_MS);
    for (name, n) in [("op", 1), ("op2", 2)] {
        site.store.add_shift(name, "duty", (day(n), day(n).plus_ms(8 * HOUR_MS))).await.unwrap();
    }
    let ask = |other: &str, takes: i64, reason: &str| {
        let body = json!({ "gives_line": "duty", "gives_starts_ms": day(1).0,
            "takes_account": other, "takes_line": "duty", "takes_starts_ms": takes,
            "reason": reason });
        ("swaps", body)
    };
    refused(&site, &op, ask("op", day(1).0, "x"), (422, "swap_with_oneself")).await;
    refused(&site, &op, ask("op2", day(3).0, "x"), (422, "no_such_turn")).await;
    refused(&site, &op, ask("op2", NOW.0 - 1000, "x"), (422, "turn_has_begun")).await;
    refused(&site, &op, ask("op2", day(2).0, " "), (422, "no_reason")).await;
    let (path, body) = ask("op2", day(2).0, "a wedding");
    let (status, swap) = send(&site, &op, path, body).await;
    assert_eq!((status, &swap["standing"]), (200, &json!("asked")), "{swap}");
    let id = swap["id"].as_str().unwrap();
    let act = |word: &str| format!("swaps/{id}/{word}");
    let (agree, approve) = (act("agree"), act("approve"));
    refused(&site, &chief, (&approve, json!({})), (422, "not_agreed")).await;
    refused(&site, &op, (&agree, json!({})), (422, "not_oneself")).await;
    assert_eq!(send(&site, &op2, &agree, json!({})).await.0, 200);
    assert_eq!(send(&site, &op, &approve, json!({})).await.0, 403);
    let refuse = act("refuse");
    refused(&site, &chief, (&refuse, json!({})), (422, "no_reason")).await;
    let (status, done) = send(&site, &director, &approve, json!({ "reason": "good" })).await;
    assert_eq!(
        (status, &done["standing"], &done["decided_by"]),
        (200, &json!("approved"), &json!("director"))
    );
    refused(&site, &director, (&approve, json!({})), (422, "already_decided")).await;
    let period = format!("/api/v1/roster?from_ms={}&until_ms={}", day(1).0, day(3).0);
    let (_, roster) = site.get(&period, &op).await;
    let names: Vec<&str> =
        roster["turns"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["op2", "op"]);
}

#[tokio::test]
async fn who_may_not_see_duty_does_not() {
    let site = Site::open().await;
    let admin = site.cookie("admin").await;
    for path in ["duty/desk", "roster?from_ms=0&until_ms=1", "handovers", "handovers/x"] {
        assert_eq!(site.get(&format!("/api/v1/{path}"), &admin).await.0, 403, "{path}");
        assert_eq!(site.ask(get(&format!("/api/v1/{path}"), "")).await.status(), 401, "{path}");
    }
    let li = site.cookie("li").await;
    assert_eq!(site.get("/api/v1/handovers", &li).await.0, 403);
    assert_eq!(desk(&site, &li).await["turn"]["line"], "patrol");
}
