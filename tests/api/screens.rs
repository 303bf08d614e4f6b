//! The wall's own beats, and rounds over the cameras.

use gengfu::clock::Clock;
use serde_json::{Value, json};

use super::duty::{refused, send};
use super::site::Site;

async fn beat(site: &Site, cookie: &str, silence_ms: i64) {
    let body = json!({ "screen": "a-screen", "silence_ms": silence_ms });
    assert_eq!(send(site, cookie, "screens/beat", body).await.0, 200);
}

#[tokio::test]
async fn a_wall_that_was_dark_shows_as_two_spells() {
    let site = Site::open().await;
    let (wall, op) = (site.cookie("wall").await, site.cookie("op").await);
    beat(&site, &wall, 900).await;
    site.clock.advance_ms(10_000);
    beat(&site, &wall, 4_000).await;
    site.clock.advance_ms(300_000);
    beat(&site, &wall, 0).await;
    let (status, list) = site.get("/api/v1/screens", &op).await;
    assert_eq!(status, 200, "{list}");
    let now = site.clock.now().0;
    let shown = |from: i64, until: i64, silence: i64, on: bool| {
        json!({ "screen": "a-screen", "account": "wall", "from_ms": now - from,
            "until_ms": now - until, "silence_ms": silence, "on": on })
    };
    assert_eq!(list, json!([shown(0, 0, 0, true), shown(310_000, 300_000, 4_000, false)]));
    let long = ("screens/beat", json!({ "screen": "x".repeat(37), "silence_ms": 0 }));
    assert_eq!(send(&site, &wall, long.0, long.1).await.0, 400);
    let phone = site.cookie("li").await;
    let body = json!({ "screen": "a", "silence_ms": 0 });
    assert_eq!(send(&site, &phone, "screens/beat", body).await.0, 403);
}

#[tokio::test]
async fn a_round_counts_the_cameras_of_the_shift() {
    let site = Site::open().await;
    let op = site.cookie("op").await;
    let (_, before) = site.get("/api/v1/rounds", &op).await;
    let cameras = before["cameras"].as_array().unwrap();
    assert!(cameras.iter().all(|one| one["at_ms"] == Value::Null), "{before}");
    let first = cameras[0]["camera"].clone();
    send(&site, &op, "rounds/look", json!({ "camera": first })).await;
    site.clock.advance_ms(1_000);
    let (status, after) = send(&site, &op, "rounds/look", json!({ "camera": first })).await;
    assert_eq!((status, &after["cameras"][0]["looks"]), (200, &json!(2)), "{after}");
    assert_eq!(after["cameras"][0]["by"], "op");
    assert_eq!(after["cameras"][0]["at_ms"], site.clock.now().0);
    let nowhere = ("rounds/look", json!({ "camera": "nowhere" }));
    refused(&site, &op, nowhere, (404, "not_found")).await;
    // The wall looks at everything and has no eyes.
    let wall = site.cookie("wall").await;
    let looked = ("rounds/look", json!({ "camera": first }));
    refused(&site, &wall, looked, (403, "forbidden")).await;
    // A new shift has looked at nothing.
    site.clock.advance_ms(1_000);
    send(&site, &op, "duty/sign-on", json!({})).await;
    let (_, fresh) = site.get("/api/v1/rounds", &op).await;
    assert_eq!(fresh["cameras"][0]["looks"], 0, "{fresh}");
}
