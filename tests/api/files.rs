//! Evidence that is seen and photos that are sent.

use std::io::Cursor;

use axum::body::Body;
use axum::http::{Request, Response, header};
use gengfu::store::evidence::sha256_hex;
use serde_json::json;

use super::site::{Site, bytes, get, read};

fn photo(ticket: &str, cookie: &str, body: Vec<u8>) -> Request<Body> {
    let sha256 = sha256_hex(&body);
    photo_as(ticket, cookie, (&sha256, body))
}

fn photo_as(ticket: &str, cookie: &str, sent: (&str, Vec<u8>)) -> Request<Body> {
    let path = format!("/api/v1/photos?ticket={ticket}&sha256={}&taken_ms=5", sent.0);
    Request::post(path).header(header::COOKIE, cookie).body(Body::from(sent.1)).unwrap()
}

fn picture() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(8, 8).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn code(response: Response<Body>) -> (u16, String) {
    let (status, body) = read(response).await;
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn evidence_comes_whole_or_in_ranges_and_each_view_is_written_down() {
    let site = Site::open().await;
    let (_, still) = site.fire_with_still("fence").await;
    let op = site.cookie("op").await;
    let path = format!("/api/v1/evidence/{still}");
    let before = site.store.audit_count().await.unwrap();
    let whole = site.ask(get(&path, &op)).await;
    assert_eq!(
        (whole.status().as_u16(), whole.headers()["accept-ranges"].to_str().unwrap()),
        (200, "bytes")
    );
    assert_eq!(whole.headers()["content-type"], "image/jpeg");
    assert_eq!(bytes(whole).await, b"0123456789");
    let mut asked = get(&path, &op);
    asked.headers_mut().insert(header::RANGE, "bytes=2-4".parse().unwrap());
    let part = site.ask(asked).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.headers()["content-range"], "bytes 2-4/10");
    assert_eq!(bytes(part).await, b"234");
    let mut asked = get(&path, &op);
    asked.headers_mut().insert(header::RANGE, "bytes=99-".parse().unwrap());
    assert_eq!(site.ask(asked).await.status(), 416);
    assert_eq!(site.store.audit_count().await.unwrap(), before + 3);
    let admin = site.cookie("admin").await;
    assert_eq!(site.ask(get(&path, &admin)).await.status(), 403);
}

#[tokio::test]
async fn a_photo_is_stored_once_and_seen_by_the_centre() {
    let site = Site::open().await;
    let (ticket, _, _) = site.offered().await;
    let li = site.cookie("li").await;
    let (status, first) = read(site.ask(photo(&ticket, &li, picture())).await).await;
    assert_eq!((status, &first["sha256"]), (200, &json!(sha256_hex(&picture()))));
    let (_, again) = read(site.ask(photo(&ticket, &li, picture())).await).await;
    assert_eq!(first, again);
    let op = site.cookie("op").await;
    let (_, detail) = site.get(&format!("/api/v1/tickets/{ticket}"), &op).await;
    let photos: Vec<_> =
        detail["evidence"].as_array().unwrap().iter().filter(|e| e["kind"] == "photo").collect();
    assert_eq!(photos.len(), 1);
    assert_eq!(
        (&photos[0]["by"], &photos[0]["mime"], &photos[0]["taken_ms"]),
        (&json!("li"), &json!("image/png"), &json!(5))
    );
    assert_ne!(detail["ticket"]["snapshot"], first["id"], "a photo is not the event's still");
}

#[tokio::test]
async fn what_is_no_photo_for_ones_own_order_is_refused() {
    let site = Site::open().await;
    let (ticket, _, _) = site.offered().await;
    let li = site.cookie("li").await;
    let large = site.ask(photo(&ticket, &li, vec![0; 20_001])).await;
    assert_eq!(code(large).await, (413, "photo_too_large".into()));
    let mut lies = photo(&ticket, &li, picture());
    lies.headers_mut().insert(header::CONTENT_LENGTH, "99999999".parse().unwrap());
    assert_eq!(code(site.ask(lies).await).await.0, 413);
    let text = site.ask(photo(&ticket, &li, b"<svg/>".to_vec())).await;
    assert_eq!(code(text).await, (415, "not_a_photo".into()));
    let wrong = site.ask(photo_as(&ticket, &li, ("00", picture()))).await;
    assert_eq!(code(wrong).await, (422, "hash_mismatch".into()));
    let zhao = site.cookie("zhao").await;
    assert_eq!(code(site.ask(photo(&ticket, &zhao, picture())).await).await.0, 403);
    let op = site.cookie("op").await;
    assert_eq!(code(site.ask(photo(&ticket, &op, picture())).await).await.0, 403);
}

#[tokio::test]
async fn a_full_disk_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let place = gengfu::store::Place {
        url: String::new(),
        dir: dir.path().to_owned(),
        min_free_mib: u64::MAX,
    };
    let store = gengfu::store::Store::open(&place).await.unwrap();
    let full = store.evidence_place("image/png", super::site::NOW).unwrap_err();
    use axum::response::IntoResponse;
    let response = gengfu::web::Error::from(full).into_response();
    assert_eq!(code(response).await, (507, "disk_full".into()));
}
