//! Recorded video over HTTP: what there is, one file, any interval as one clip, holds, faults.

use std::process::Command;

use axum::http::{HeaderMap, header};
use gengfu::camera::{CameraId, Codec};
use gengfu::clock::UnixMs;
use gengfu::record::{Cause, FaultKind, Gap, Segment};
use gengfu::store::evidence::sha256_hex;
use gengfu::store::segment::FootageChange;
use serde_json::{Value, json};

use super::site::{NOW, Site, bytes, get, post, read};
use crate::support::footage::{self, row};

fn gate() -> CameraId {
    CameraId::try_from("gate").unwrap()
}

/// So many seconds before now.
fn ago(seconds: i64) -> UnixMs {
    NOW.plus_ms(-seconds * 1000)
}

fn path(what: &str, from: UnixMs, to: UnixMs) -> String {
    format!("/api/v1/footage{what}?camera=gate&from_ms={}&to_ms={}", from.0, to.0)
}

async fn gap(site: &Site, (from, to): (UnixMs, Option<UnixMs>), cause: &str) {
    let gap = Gap {
        id: format!("gap-{}", from.0),
        camera: gate(),
        started: from,
        ended: to,
        cause: Cause::parse(cause),
        detail: "摄像机没有应答".into(),
    };
    site.store.index_footage(&[FootageChange::Gap(gap)]).await.unwrap();
}

/// Two files of four seconds that follow each other, then a gap of ten seconds, then one file of
/// two seconds; it all began 100 s ago. The camera is away since then.
async fn recorded(codec: Codec) -> Site {
    let site = Site::open().await;
    let seconds = [(1, 100, (0, 4)), (2, 96, (4, 8)), (3, 82, (0, 2))];
    for (number, began, (from, to)) in seconds {
        let length = i64::try_from(to - from).unwrap();
        let row = Segment { codec, ..row(&gate(), number, ago(began), length) };
        let file = footage::file(codec, from, to);
        footage::record(&site.store, &site.footage, row, &file).await;
    }
    gap(&site, (ago(92), Some(ago(82))), "no_answer").await;
    gap(&site, (ago(80), None), "stalled").await;
    site
}

/// Starts and ends must meet: the lists cover all of the time, and nothing twice.
fn tiles(body: &Value) -> Vec<(i64, i64, String)> {
    let mut all: Vec<(i64, i64, String)> = Vec::new();
    for (list, word) in [("segments", "id"), ("gaps", "cause")] {
        for one in body[list].as_array().unwrap() {
            let time = |name: &str| one[name].as_i64().unwrap();
            let word = one[word].as_str().unwrap().to_owned();
            all.push((time("start_ms"), time("end_ms"), word));
        }
    }
    all.sort();
    assert_eq!(all[0].0, body["from_ms"].as_i64().unwrap());
    assert_eq!(all[all.len() - 1].1, body["to_ms"].as_i64().unwrap());
    assert!(all.windows(2).all(|pair| pair[0].1 == pair[1].0), "{all:?}");
    all
}

#[tokio::test]
async fn any_time_is_answered_with_footage_and_gaps_that_cover_it() {
    let site = recorded(Codec::H264).await;
    let op = site.cookie("op").await;
    let (status, body) = site.get(&path("", ago(110), ago(-5)), &op).await;
    assert_eq!(status, 200, "{body}");
    let words: Vec<String> = tiles(&body).into_iter().map(|(.., word)| word).collect();
    let expect =
        ["before_recording", "gate-1", "gate-2", "no_answer", "gate-3", "stalled", "not_yet"];
    assert_eq!(words, expect);
    assert_eq!(body["gaps"][1]["detail"], "摄像机没有应答");
    let first = &body["segments"][0];
    let sha256 = sha256_hex(&footage::file(Codec::H264, 0, 4));
    assert_eq!((&first["sha256"], &first["codec"]), (&json!(sha256), &json!("h264")));
    let (_, body) = site.get(&path("", ago(98), ago(97)), &op).await;
    let tiled = tiles(&body);
    assert_eq!(tiled, [(ago(98).0, ago(97).0, "gate-1".to_owned())]);
    let file_ms = (&body["segments"][0]["file_start_ms"], &body["segments"][0]["file_end_ms"]);
    assert_eq!(file_ms, (&json!(ago(100).0), &json!(ago(96).0)));
}

#[tokio::test]
async fn a_file_comes_whole_or_in_ranges_with_its_hash() {
    let site = recorded(Codec::H264).await;
    let op = site.cookie("op").await;
    let file = footage::file(Codec::H264, 0, 4);
    let whole = site.ask(get("/api/v1/footage/segment/gate-1", &op)).await;
    assert_eq!(whole.headers()["x-sha256"].to_str().unwrap(), sha256_hex(&file));
    assert_eq!(bytes(whole).await, file);
    let mut asked = get("/api/v1/footage/segment/gate-1", &op);
    asked.headers_mut().insert(header::RANGE, "bytes=10-19".parse().unwrap());
    let part = site.ask(asked).await;
    assert_eq!(part.status(), 206);
    assert_eq!(bytes(part).await, &file[10..20]);
    let gone = site.ask(get("/api/v1/footage/segment/gate-9", &op)).await;
    assert_eq!(gone.status(), 404);
}

/// What a program prints; it must not complain.
fn tool(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(name).args(["-v", "error"]).args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{name} {arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The clip of a time: its headers, its bytes, and how many pictures a player shows of it.
async fn clip(site: &Site, from: UnixMs, to: UnixMs) -> (HeaderMap, Vec<u8>, usize) {
    let op = site.cookie("op").await;
    let response = site.ask(get(&path("/clip", from, to), &op)).await;
    assert_eq!(response.status(), 200);
    let headers = response.headers().clone();
    let body = bytes(response).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clip.mp4");
    std::fs::write(&file, &body).unwrap();
    let name = file.to_str().unwrap();
    tool("ffmpeg", &["-xerror", "-err_detect", "explode", "-i", name, "-f", "null", "-"]);
    let shown = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", name];
    let shown = tool("ffprobe", &shown).trim().parse().unwrap();
    (headers, body, shown)
}

async fn an_interval_over_files(codec: Codec) {
    let site = recorded(codec).await;
    let ms = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().parse::<i64>();
    // Two and a half seconds over the border of two files.
    let (from, to) = (ago(98).plus_ms(500), ago(95));
    let (headers, body, shown) = clip(&site, from, to).await;
    assert_eq!(ms(&headers, "x-clip-from-ms"), Ok(from.0));
    assert_eq!(ms(&headers, "x-clip-to-ms"), Ok(to.0));
    assert_eq!(ms(&headers, "x-clip-key-ms"), Ok(ago(98).0));
    assert_eq!(headers["x-clip-gaps"], "[]");
    assert_eq!(headers[header::CONTENT_LENGTH].to_str().unwrap(), body.len().to_string());
    // 2.5 s are 62.5 pictures; the one that is shown at either end may count.
    assert!((62..=64).contains(&shown), "{shown} pictures are shown");
    // Over the gap: 92 - 93 and 82 - 81 are there.
    let (headers, _, shown) = clip(&site, ago(93), ago(81)).await;
    let told: Value = serde_json::from_slice(headers["x-clip-gaps"].as_bytes()).unwrap();
    let missing = json!({ "start_ms": ago(92).0, "end_ms": ago(82).0, "cause": "no_answer" });
    assert_eq!(told, json!([missing]));
    assert!((50..=52).contains(&shown), "{shown} pictures are shown");
}

#[tokio::test]
async fn any_interval_of_h264_is_one_clip_that_decodes_without_a_fault() {
    an_interval_over_files(Codec::H264).await;
}

#[tokio::test]
async fn any_interval_of_h265_is_one_clip_that_decodes_without_a_fault() {
    an_interval_over_files(Codec::H265).await;
}

#[tokio::test]
async fn a_clip_comes_in_ranges_whose_bytes_are_those_of_the_whole() {
    let site = recorded(Codec::H264).await;
    let op = site.cookie("op").await;
    let asked = path("/clip", ago(99), ago(93));
    let response = site.ask(get(&asked, &op)).await;
    let etag = response.headers()[header::ETAG].clone();
    let whole = bytes(response).await;
    let length = whole.len();
    for (first, last) in [(0, 99), (900, 5_000), (length - 7, length - 1), (0, length - 1)] {
        let mut request = get(&asked, &op);
        let range = format!("bytes={first}-{last}");
        request.headers_mut().insert(header::RANGE, range.parse().unwrap());
        request.headers_mut().insert(header::IF_RANGE, etag.clone());
        let part = site.ask(request).await;
        assert_eq!(part.status(), 206);
        let told = format!("bytes {first}-{last}/{length}");
        assert_eq!(part.headers()[header::CONTENT_RANGE].to_str().unwrap(), told);
        assert!(bytes(part).await == whole[first..=last], "{first} to {last}");
    }
    let mut request = get(&asked, &op);
    request.headers_mut().insert(header::RANGE, format!("bytes={length}-").parse().unwrap());
    assert_eq!(site.ask(request).await.status(), 416);
    let mut request = get(&asked, &op);
    request.headers_mut().insert(header::RANGE, "bytes=5-".parse().unwrap());
    request.headers_mut().insert(header::IF_RANGE, "\"another\"".parse().unwrap());
    assert_eq!(site.ask(request).await.status(), 200, "another clip is sent from its beginning");
}

#[tokio::test]
async fn a_clip_says_where_it_breaks_and_a_time_in_a_gap_is_no_clip() {
    let site = recorded(Codec::H264).await;
    let op = site.cookie("op").await;
    let (_, info) = site.get(&path("/clip/info", ago(93), ago(81)), &op).await;
    let parts = json!([
        { "plays_ms": 0, "from_ms": ago(93).0, "to_ms": ago(92).0 },
        { "plays_ms": 1000, "from_ms": ago(82).0, "to_ms": ago(81).0 },
    ]);
    assert_eq!(info["parts"], parts, "{info}");
    let (status, refused) = site.get(&path("/clip", ago(91), ago(90)), &op).await;
    assert_eq!((status, &refused["code"]), (404, &json!("no_footage")));
    let gaps = json!([{ "start_ms": ago(91).0, "end_ms": ago(90).0, "cause": "no_answer",
        "detail": "摄像机没有应答" }]);
    assert_eq!(refused["detail"]["gaps"], gaps);
    assert!(refused["message"].as_str().unwrap().contains("no_answer from 2026-11-23T"));
    let (status, refused) = site.get(&path("/clip", ago(-5), ago(-9)), &op).await;
    assert_eq!((status, &refused["detail"]["gaps"][0]["cause"]), (404, &json!("not_yet")));
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_as_a_gap_and_the_rest_plays() {
    let site = recorded(Codec::H264).await;
    std::fs::remove_file(site.footage.join("gate/000000002.mp4")).unwrap();
    let (headers, _, shown) = clip(&site, ago(97), ago(95)).await;
    let told: Value = serde_json::from_slice(headers["x-clip-gaps"].as_bytes()).unwrap();
    assert_eq!(told[0]["cause"], "footage_missing");
    assert_eq!(told[0]["start_ms"], ago(96).0);
    assert!((25..=26).contains(&shown), "{shown}");
}

#[tokio::test]
async fn a_change_of_format_is_told_with_its_time() {
    let site = recorded(Codec::H264).await;
    let op = site.cookie("op").await;
    let other = Segment { codec: Codec::H265, ..row(&gate(), 4, ago(92), 4) };
    let file = footage::file(Codec::H265, 0, 4);
    footage::record(&site.store, &site.footage, other, &file).await;
    let (status, refused) = site.get(&path("/clip", ago(95), ago(90)), &op).await;
    assert_eq!((status, &refused["code"]), (409, &json!("format_changed")));
    assert_eq!(refused["detail"]["at_ms"], ago(92).0);
    assert_eq!(site.get(&path("/clip/info", ago(95), ago(92)), &op).await.0, 200);
}

#[tokio::test]
async fn stored_video_is_for_those_on_duty_and_each_view_is_written_down() {
    let site = recorded(Codec::H264).await;
    let asked = path("/clip/info", ago(99), ago(98)) + "&reason=ticket%2012";
    for name in ["li", "admin", "wall"] {
        let cookie = site.cookie(name).await;
        for what in [&asked, &path("", ago(99), ago(98)), "/api/v1/footage/segment/gate-1"] {
            assert_eq!(site.get(what, &cookie).await.0, 403, "{name} {what}");
        }
    }
    let op = site.cookie("op").await;
    let before = site.store.audit_count().await.unwrap();
    assert_eq!(site.get(&asked, &op).await.0, 200);
    assert_eq!(site.store.audit_count().await.unwrap(), before + 1);
    assert_eq!(site.get(&path("/clip", ago(98), ago(99)), &op).await.0, 400);
    let strange = "/api/v1/footage/clip?camera=no-such&from_ms=1&to_ms=2";
    assert_eq!(site.get(strange, &op).await.0, 404);
    let long = path("/clip", ago(5 * 3600), NOW);
    assert_eq!(site.get(&long, &op).await.0, 400);
}

#[tokio::test]
async fn a_hold_is_placed_and_released_by_who_leads_and_shown_to_all() {
    let site = recorded(Codec::H264).await;
    let (op, chief) = (site.cookie("op").await, site.cookie("chief").await);
    let hold = json!({ "camera": "gate", "from_ms": ago(97).0, "to_ms": ago(90).0,
        "reason": "letter 7 of the police", "until_ms": NOW.0 + 1000 });
    let place = async |cookie: &str, hold: &Value| {
        read(site.ask(post("/api/v1/footage/holds", Some(cookie), hold)).await).await
    };
    assert_eq!(place(&op, &hold).await.0, 403);
    let (status, placed) = place(&chief, &hold).await;
    assert_eq!((status, &placed["placed_by"]), (200, &json!("chief")), "{placed}");
    let mut far = hold.clone();
    far["until_ms"] = json!(NOW.0 + 181 * 86_400_000_i64);
    let (status, refused) = place(&chief, &far).await;
    assert_eq!((status, &refused["code"]), (422, &json!("bad_hold")), "{refused}");
    let (_, listed) = site.get(&path("", ago(95), ago(94)), &op).await;
    assert_eq!(listed["holds"][0]["id"], placed["id"]);
    let (_, listed) = site.get(&path("", ago(99), ago(98)), &op).await;
    assert_eq!(listed["holds"], json!([]));
    let release = format!("/api/v1/footage/holds/{}/release", placed["id"].as_str().unwrap());
    let ask = async |cookie: &str, reason: &str| {
        let body = json!({ "reason": reason });
        read(site.ask(post(&release, Some(cookie), &body)).await).await
    };
    assert_eq!(ask(&op, "done").await.0, 403);
    assert_eq!(ask(&chief, " ").await.0, 422);
    assert_eq!(ask(&chief, "the case is closed").await, (200, json!([])));
    assert_eq!(ask(&chief, "again").await.0, 404);
}

#[tokio::test]
async fn an_open_ticket_is_a_hold() {
    let site = Site::open().await;
    let ticket = site.fire("fence").await;
    let op = site.cookie("op").await;
    let (_, holds) = site.get("/api/v1/footage/holds", &op).await;
    assert_eq!((&holds[0]["ticket"], &holds[0]["kind"]), (&json!(ticket), &json!("ticket")));
    assert_eq!(holds[0]["to_ms"], NOW.0 + 5_000);
    assert_eq!(holds[0]["from_ms"], NOW.0 - 1_500 - 8_000);
    let dismiss = json!({ "type": "false_alarm", "reason": "animal" });
    let (status, body) = site.act(&ticket, &op, dismiss).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(site.get("/api/v1/footage/holds", &op).await.1, json!([]));
}

#[tokio::test]
async fn how_much_there_is_and_what_is_broken_is_for_the_room_and_the_maintainer() {
    let site = recorded(Codec::H264).await;
    let kind = FaultKind::DiskFull;
    site.store.raise_fault(Some(&gate()), kind, "free some space", NOW).await.unwrap();
    let id = site.store.open_fault(&gate(), kind).await.unwrap();
    for name in ["wall", "admin", "op"] {
        let cookie = site.cookie(name).await;
        let (status, stocks) = site.get("/api/v1/footage/summary", &cookie).await;
        assert_eq!(status, 200);
        let gate = &stocks[0];
        assert_eq!((&gate["camera"], &gate["recording"]), (&json!("gate"), &json!(false)));
        assert_eq!(gate["oldest_ms"], ago(100).0);
        assert_eq!(gate["open_gap"]["cause"], "stalled");
        let days = gate["days_present"].as_f64().unwrap();
        assert!((days * 86_400.0 - 10.0).abs() < 0.001, "{days}");
        assert_eq!((&gate["floor_days"], &gate["class"]), (&json!(30), &json!("ordinary")));
        let (_, faults) = site.get("/api/v1/faults", &cookie).await;
        let fault = json!({ "id": id, "camera": "gate", "kind": "disk_full",
            "message": "free some space", "since_ms": NOW.0, "until_ms": null, "before": null,
            "after": null });
        assert_eq!(faults, json!([fault]));
    }
    let li = site.cookie("li").await;
    assert_eq!(site.get("/api/v1/faults", &li).await.0, 403);
}

#[tokio::test]
async fn a_shift_leader_says_with_a_reason_that_a_new_view_is_right() {
    let site = Site::open().await;
    let path = "/api/v1/cameras/gate/view";
    let (op, chief) = (site.cookie("op").await, site.cookie("chief").await);
    let ask = async |cookie: &str, path: &str, reason: &str| {
        let body = json!({ "reason": reason });
        read(site.ask(post(path, Some(cookie), &body)).await).await.0
    };
    assert_eq!(ask(&op, path, "the pole was turned").await, 403);
    assert_eq!(ask(&chief, path, " ").await, 422);
    assert_eq!(ask(&chief, "/api/v1/cameras/none/view", "new").await, 404);
    assert_eq!(ask(&chief, path, "the pole was turned").await, 200);
    assert!(site.learn.take(&gate()) && !site.learn.take(&gate()));
    let kind = FaultKind::Moved;
    site.store.raise_fault(Some(&gate()), kind, "moved", ago(60)).await.unwrap();
    site.store.end_fault(Some(&gate()), kind, ago(20)).await.unwrap();
    let (_, past) = site.get("/api/v1/cameras/gate/faults", &op).await;
    assert_eq!((&past[0]["kind"], &past[0]["until_ms"]), (&json!("moved"), &json!(ago(20).0)));
}
