//! The hand-over over HTTP: written by the machine, blocked by an outage without a cause, signed by
//! two people who have read the same document.

use gengfu::camera::CameraId;
use gengfu::record::FaultKind;
use gengfu::store::evidence::sha256_hex;
use serde_json::{Value, json};

use super::duty::{refused, send};
use super::site::{NOW, Site, get};

async fn written(site: &Site, cookie: &str) -> Value {
    let (status, body) = send(site, cookie, "handovers", json!({})).await;
    assert_eq!(status, 200, "{body}");
    body
}

fn signing(handover: &Value, remarks: &str) -> (String, Value) {
    let path = format!("handovers/{}/sign", handover["head"]["id"].as_str().unwrap());
    (path, json!({ "sha256": handover["head"]["sha256"], "remarks": remarks }))
}

#[tokio::test]
async fn two_operators_sign_what_the_machine_wrote() {
    let site = Site::open().await;
    let (op, op2) = (site.cookie("op").await, site.cookie("op2").await);
    let (ticket, _, _) = site.offered().await;
    send(&site, &op, "duty/sign-on", json!({})).await;
    let handover = written(&site, &op).await;
    let document = &handover["document"];
    assert_eq!(document["tickets"][0]["id"], ticket);
    assert_eq!(document["tickets"][0]["owner"], "li");
    assert_eq!(document["tickets"][0]["clock"], "ack");
    let member = &document["members"][0];
    assert_eq!((&member["account"], &member["tickets"]), (&json!("li"), &json!([1])));
    assert_eq!((&member["phone"], &member["on_ms"]), (&json!(true), &Value::Null));
    assert_eq!(document["present"][0]["account"], "op");
    assert_eq!(document["people"]["op"], "op 员");
    let id = handover["head"]["id"].as_str().unwrap();
    let bytes = site.ask(get(&format!("/api/v1/handovers/{id}/document"), &op)).await;
    let bytes = axum::body::to_bytes(bytes.into_body(), 1 << 20).await.unwrap();
    assert_eq!(handover["head"]["sha256"], sha256_hex(&bytes), "the exact bytes are signed");

    let (path, body) = signing(&handover, "keys in the drawer");
    refused(&site, &op2, (&path, body.clone()), (422, "not_on")).await;
    let other = json!({ "sha256": "00", "remarks": "" });
    refused(&site, &op, (&path, other), (422, "other_document")).await;
    let for_other = json!({ "account": "op2", "sha256": handover["head"]["sha256"] });
    refused(&site, &op, (&path, for_other), (422, "not_oneself")).await;
    let (status, half) = send(&site, &op, &path, body.clone()).await;
    assert_eq!((status, &half["head"]["outgoing"]["by"]), (200, &json!("op")), "{half}");
    assert_eq!(half["head"]["outgoing"]["remarks"], "keys in the drawer");
    refused(&site, &op, (&path, body.clone()), (422, "signed_twice")).await;
    send(&site, &op2, "duty/sign-on", json!({})).await;
    let (status, both) = send(&site, &op2, &path, body.clone()).await;
    assert_eq!((status, &both["head"]["incoming"]["by"]), (200, &json!("op2")));
    assert_eq!(both["document"], *document, "what is signed is not changed");
    refused(&site, &op2, (&path, body), (422, "already_signed")).await;
    // The next one begins where this one ended.
    let next = written(&site, &op2).await;
    assert_eq!((&next["head"]["number"], &next["head"]["since_ms"]), (&json!(2), &json!(NOW.0)));
    let (_, list) = site.get("/api/v1/handovers", &op).await;
    assert_eq!(list["handovers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_outage_without_a_cause_blocks_the_handover() {
    let site = Site::open().await;
    let (op, chief) = (site.cookie("op").await, site.cookie("chief").await);
    let gate = CameraId::try_from("gate").unwrap();
    let since = NOW.plus_ms(-60_000);
    site.store.raise_fault(Some(&gate), FaultKind::Covered, "covered", since).await.unwrap();
    send(&site, &op, "duty/sign-on", json!({})).await;
    let handover = written(&site, &op).await;
    assert_eq!(handover["open_outages"][0]["kind"], "covered");
    let (path, body) = signing(&handover, "");
    let told = refused(&site, &op, (&path, body.clone()), (422, "cause_unknown")).await;
    assert_eq!(told["detail"]["open"], 1);
    let outage = &handover["open_outages"][0]["id"];
    let cause = |word: &str, note: &str| {
        ("outages/cause", json!({ "outages": [outage], "cause": word, "note": note }))
    };
    refused(&site, &op, cause("lightning", ""), (422, "unknown_cause")).await;
    refused(&site, &op, cause("unknown", " "), (422, "no_reason")).await;
    let none = json!({ "outages": ["none"], "cause": "power" });
    assert_eq!(send(&site, &op, "outages/cause", none).await.0, 404);
    let director = site.cookie("director").await;
    let (status, _) = send(&site, &director, "outages/cause", cause("power", "").1).await;
    assert!(status == 403 || status == 422, "{status}");
    let (status, all) = send(&site, &chief, "outages/cause", cause("tamper", "a bag").1).await;
    assert_eq!(
        (status, &all[0]["cause"], &all[0]["entered_by"]),
        (200, &json!("tamper"), &json!("chief"))
    );
    // The document was written before the cause: a new one tells it.
    assert_eq!(send(&site, &op, &path, body).await.0, 200);
    let fresh = written(&site, &op).await;
    assert_eq!(fresh["document"]["outages"][0]["cause"], "tamper");
    assert_eq!(fresh["open_outages"], json!([]));
}

#[tokio::test]
async fn an_old_document_is_written_anew() {
    let site = Site::open().await;
    let op = site.cookie("op").await;
    send(&site, &op, "duty/sign-on", json!({})).await;
    let handover = written(&site, &op).await;
    site.clock.advance_ms(30 * 60_000 + 1);
    let (path, body) = signing(&handover, "");
    refused(&site, &op, (&path, body), (422, "document_old")).await;
    assert_eq!(send(&site, &op, "handovers/none/sign", json!({ "sha256": "" })).await.0, 404);
    let patrol = site.cookie("li").await;
    assert_eq!(send(&site, &patrol, "handovers", json!({})).await.0, 403);
}
