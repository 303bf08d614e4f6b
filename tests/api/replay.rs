//! Why a rule fired: who may see it, what it says when something is missing.

use gengfu::store::evidence::NewEvidence;
use serde_json::{Value, json};

use super::site::{NOW, Site};

/// A trace as the event's task writes it, complete or up to the firing.
fn trace(complete: Value) -> Vec<u8> {
    json!({ "format": 1, "complete": complete, "looks": [] }).to_string().into_bytes()
}

fn piece(kind: &'static str, mime: &'static str, of: &'static str) -> NewEvidence<'static> {
    let taken = NOW.plus_ms(-8_000);
    NewEvidence { event: Some(of), ticket: None, kind, mime, taken, by: "gengfu" }
}

async fn keep_trace(site: &Site, complete: Value) {
    let new = piece("trace", "application/json", "event-fence");
    site.store.keep_trace(new, trace(complete), NOW).await.unwrap();
}

#[tokio::test]
async fn a_replay_has_clip_trace_reason_and_zone_and_leaves_a_line() {
    let site = Site::open().await;
    let ticket = site.fire("fence").await;
    let op = site.cookie("op").await;
    let path = format!("/api/v1/tickets/{ticket}/replay");
    let before = site.store.audit_count().await.unwrap();
    let (status, early) = site.get(&path, &op).await;
    assert_eq!((status, &early["trace_state"]), (200, &json!("missing")));
    assert_eq!((&early["trace"], &early["clip"]), (&Value::Null, &Value::Null));
    assert_eq!(site.store.audit_count().await.unwrap(), before + 1);

    keep_trace(&site, json!(false)).await;
    assert_eq!(site.get(&path, &op).await.1["trace_state"], "firing");
    keep_trace(&site, json!(true)).await;
    let clip = piece("clip", "video/mp4", "event-fence");
    let clip = site.store.keep_bytes(clip, b"film".to_vec(), NOW).await.unwrap();
    let (_, whole) = site.get(&format!("{path}?event=event-fence"), &op).await;
    assert_eq!(whole["trace_state"], "complete");
    assert_eq!(whole["trace"]["looks"], json!([]));
    let begins_ms = NOW.0 - 8_000;
    assert_eq!(whole["clip"], json!({ "id": clip.id, "begins_ms": begins_ms, "parts": [] }));
    assert_eq!((&whole["track"], &whole["at_ms"]), (&json!(1), &json!(NOW.0)));
    assert_eq!(whole["until_ms"], NOW.0 + 5_000);
    assert_eq!(whole["reason"]["zone_name"], "东围栏");
    assert_eq!(whole["shape"]["id"], "fence");
    assert_eq!(whole["firings"][0]["event"], "event-fence");
    assert_eq!(whole["firings"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_trace_that_is_not_what_was_stored_is_called_damaged() {
    let site = Site::open().await;
    let ticket = site.fire("fence").await;
    keep_trace(&site, json!(true)).await;
    let kept = site.store.evidence_of_event("event-fence").await.unwrap().remove(0);
    std::fs::write(site.store.dir().join(&kept.path), trace(json!(false))).unwrap();
    let op = site.cookie("op").await;
    let (status, body) = site.get(&format!("/api/v1/tickets/{ticket}/replay"), &op).await;
    assert_eq!((status, &body["trace_state"]), (200, &json!("damaged")));
    assert_eq!(body["trace"], Value::Null);
}

#[tokio::test]
async fn who_may_not_see_the_clip_sees_no_replay() {
    let site = Site::open().await;
    let (ticket, _, _) = site.offered().await;
    keep_trace(&site, json!(true)).await;
    let kept = site.store.evidence_of_event("event-fence").await.unwrap().remove(0);
    let before = site.store.audit_count().await.unwrap();
    for (name, may) in [("li", 403), ("admin", 403), ("chief", 200), ("director", 200)] {
        let cookie = site.cookie(name).await;
        let asked = site.get(&format!("/api/v1/tickets/{ticket}/replay"), &cookie).await;
        assert_eq!(asked.0, may, "{name}");
        // The order is li's own, and still its trace stays in the centre.
        let raw = site.get(&format!("/api/v1/evidence/{}", kept.id), &cookie).await;
        assert_eq!(raw.0, may, "{name}");
    }
    // Four signed in, each was let in or turned away twice: every one of them has its line.
    assert_eq!(site.store.audit_count().await.unwrap(), before + 12);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let site = Site::open().await;
    let ticket = site.fire("fence").await;
    let op = site.cookie("op").await;
    for path in ["none/replay".to_owned(), format!("{ticket}/replay?event=none")] {
        let (status, body) = site.get(&format!("/api/v1/tickets/{path}"), &op).await;
        assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{path}");
    }
}
