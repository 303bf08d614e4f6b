//! What stays open: events, live pictures, and the pipe to the broker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use gengfu::camera::{AccessUnit, Codec, StreamFormat};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::site::{Site, frame, get};

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves the site on a free port.
async fn serve(site: &Site) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(gengfu::web::task::serve(listener, site.app.clone(), site.stop.clone()));
    address
}

async fn connect(url: &str, header: (&'static str, &str)) -> Socket {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(header.0, header.1.parse().unwrap());
    timeout(LIMIT, connect_async(request)).await.unwrap().unwrap().0
}

#[tokio::test]
async fn a_stream_says_hello_then_tells_of_tickets() {
    let site = Site::open().await;
    let wall = site.cookie("wall").await;
    let response = site.ask(get("/api/v1/stream", &wall)).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body().into_data_stream();
    let mut text = String::new();
    let mut until = async |text: &mut String, word: &str| {
        while !text.contains(word) {
            let chunk = timeout(LIMIT, body.next()).await.unwrap().expect("the stream goes on");
            text.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    };
    until(&mut text, "event: hello\ndata: {\"now_ms\":1795413600000}").await;
    until(&mut text, "event: beat").await;
    until(&mut text, "event: cameras\ndata: [{\"id\":\"gate\"").await;
    let ticket = site.fire("fence").await;
    until(&mut text, &format!("event: ticket\ndata: {{\"id\":\"{ticket}\",\"number\":1")).await;
    assert!(text.starts_with("event: hello"));
    site.stop.cancel();
    while let Some(chunk) = timeout(LIMIT, body.next()).await.unwrap() {
        assert!(chunk.is_ok());
    }
}

#[tokio::test]
async fn live_pictures_are_the_newest_with_their_time() {
    let site = Site::open().await;
    let wall = site.cookie("wall").await;
    let address = serve(&site).await;
    site.latest.send(Some(frame(1, 64))).unwrap();
    let url = format!("ws://{address}/api/v1/live?cameras=gate,none&width=640");
    let mut socket = connect(&url, ("cookie", &wall)).await;
    let said = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap().into_data();
    assert_eq!(said[..6], *b"\x01\x04gate");
    assert_eq!(said[6..14], super::site::NOW.0.to_be_bytes());
    assert_eq!(image::load_from_memory(&said[14..]).unwrap().width(), 64);
    site.clock.advance_ms(1000);
    for seq in 2..5 {
        site.latest.send(Some(frame(seq, 64 * u32::try_from(seq).unwrap()))).unwrap();
    }
    let said = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap().into_data();
    assert_eq!(image::load_from_memory(&said[14..]).unwrap().width(), 256, "newest only");
    site.stop.cancel();
    while let Some(Ok(_)) = timeout(LIMIT, socket.next()).await.unwrap() {}
}

#[tokio::test]
async fn live_pictures_need_the_right() {
    let site = Site::open().await;
    let address = serve(&site).await;
    let admin = site.cookie("admin").await;
    let mut request = format!("ws://{address}/api/v1/live").into_client_request().unwrap();
    request.headers_mut().insert("cookie", admin.parse().unwrap());
    let refused = timeout(LIMIT, connect_async(request)).await.unwrap().unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
}

#[tokio::test]
async fn a_phone_is_joined_to_the_broker() {
    let broker = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let site = Site::with_broker(broker.local_addr().unwrap()).await;
    let address = serve(&site).await;
    let url = format!("ws://{address}/mqtt");
    let mut socket = connect(&url, ("sec-websocket-protocol", "mqtt")).await;
    let (mut tcp, _) = timeout(LIMIT, broker.accept()).await.unwrap().unwrap();
    let long = vec![7_u8; 20_000];
    socket.send(Message::Binary(long.clone().into())).await.unwrap();
    let mut got = vec![0; long.len()];
    timeout(LIMIT, tcp.read_exact(&mut got)).await.unwrap().unwrap();
    assert_eq!(got, long);
    tcp.write_all(b"order").await.unwrap();
    let said = timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(said.into_data(), b"order"[..]);
    socket.send(Message::Text("not mqtt".into())).await.unwrap();
    assert_eq!(timeout(LIMIT, tcp.read(&mut got)).await.unwrap().unwrap(), 0, "text ends it");
}

#[tokio::test]
async fn a_phone_gets_its_own_way_to_the_broker() {
    let site = Site::open().await;
    let li = site.cookie("li").await;
    let response = site.ask(get("/api/v1/phone/mqtt", &li)).await;
    let set = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let (_, first) = super::site::read(response).await;
    assert_eq!(first["order_topic"], "gengfu/centre/patrol/li/order");
    assert_eq!(first["client_id"].as_str().unwrap().len(), "li-".len() + 8);
    let both = format!("{li}; {}", set.split(';').next().unwrap());
    let (_, again) = site.get("/api/v1/phone/mqtt", &both).await;
    assert_eq!(first["client_id"], again["client_id"], "one browser, one MQTT session");
    let token = first["password"].as_str().unwrap();
    let key = gengfu::store::account::phone_token_key(token);
    let owner = site.store.session(&key, super::site::NOW).await.unwrap().unwrap();
    assert_eq!(owner.name, "li");
    let as_session = format!("gengfu_session={token}");
    assert_eq!(
        site.get("/api/v1/me", &as_session).await,
        (
            401,
            json!({
        "code": "not_signed_in", "message": "sign in first" })
        ),
        "the token signs nobody in"
    );
}

/// Unit number `seq` of a camera, 40 ms after the one before.
fn unit(seq: u64, key: bool, width_px: u32) -> AccessUnit {
    let sets = vec![vec![0x67, 0x64, 0, 0x28, 1], vec![0x68, 1]];
    let format = StreamFormat { codec: Codec::H264, width_px, height_px: 36, sets };
    let kind = if key { 0x65 } else { 0x41 };
    AccessUnit {
        seq,
        session: 0,
        key,
        pts_us: i64::try_from(seq).unwrap() * 40_000,
        seen_at: super::site::NOW.plus_ms(i64::try_from(seq).unwrap() * 40),
        at: Duration::ZERO,
        format: Arc::new(format),
        bytes: Arc::from([0, 0, 0, 1, kind, u8::try_from(seq).unwrap()]),
    }
}

/// The next message of live video: `head 64` with the width, `init`, or `2` and `K2` for pictures
/// by their number.
async fn next(socket: &mut Socket) -> String {
    match timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap() {
        Message::Text(text) => {
            let said: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(said["codec"], "avc1.640028", "{said}");
            format!("head {}", said["width_px"])
        }
        Message::Binary(bytes) if bytes[0] == 1 => {
            assert_eq!(bytes[5..9], *b"ftyp");
            "init".into()
        }
        Message::Binary(bytes) => {
            let seen_ms = i64::from_be_bytes(bytes[2..10].try_into().unwrap());
            assert_eq!(bytes[26..30], *b"moof");
            let mark = if bytes[1] & 1 == 1 { "K" } else { "" };
            format!("{mark}{}", (seen_ms - super::site::NOW.0) / 40)
        }
        other @ (Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {
            format!("{other:?}")
        }
    }
}

async fn said(socket: &mut Socket, count: usize) -> String {
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(next(socket).await);
    }
    words.join(" ")
}

#[tokio::test]
async fn live_video_begins_with_the_newest_group_and_goes_on() {
    let site = Site::open().await;
    let wall = site.cookie("wall").await;
    let address = serve(&site).await;
    for (seq, key) in [(0, true), (1, false), (2, true), (3, false)] {
        site.video.units.lock().unwrap().push(unit(seq, key, 64));
    }
    // It has no small stream, so the large one comes.
    let url = format!("ws://{address}/api/v1/live/video?camera=gate&stream=sub");
    let mut socket = connect(&url, ("cookie", &wall)).await;
    assert_eq!(said(&mut socket, 4).await, "head 64 init K2 3");
    // The second time a number comes it is left out; a hole is filled from the ring.
    site.video.units.lock().unwrap().push(unit(4, false, 64));
    for seq in [3, 5] {
        site.video.live.send(unit(seq, false, 64)).unwrap();
    }
    assert_eq!(said(&mut socket, 2).await, "4 5");
    site.video.live.send(unit(6, true, 32)).unwrap();
    assert_eq!(said(&mut socket, 3).await, "head 32 init K6", "another format, another head");
    site.stop.cancel();
    while let Some(Ok(_)) = timeout(LIMIT, socket.next()).await.unwrap() {}
}

#[tokio::test]
async fn a_slow_viewer_of_live_video_goes_on_at_a_key_frame() {
    let site = Site::open().await;
    let wall = site.cookie("wall").await;
    let address = serve(&site).await;
    let url = format!("ws://{address}/api/v1/live/video?camera=gate");
    let mut socket = connect(&url, ("cookie", &wall)).await;
    while site.video.live.receiver_count() == 0 {
        tokio::task::yield_now().await;
    }
    site.video.live.send(unit(0, true, 64)).unwrap();
    assert_eq!(said(&mut socket, 3).await, "head 64 init K0");
    // Nothing runs between these, and four have room: the first six are lost.
    for (seq, key) in
        (1..).zip([false, false, true, false, false, false, false, false, true, false])
    {
        site.video.live.send(unit(seq, key, 64)).unwrap();
    }
    assert_eq!(said(&mut socket, 2).await, "K9 10");
    // Two seconds later what waits is old, and the newest key frame comes next.
    site.clock.advance_ms(2_000);
    for (seq, key) in (11..).zip([false, true, false]) {
        site.video.live.send(unit(seq, key, 64)).unwrap();
    }
    assert_eq!(said(&mut socket, 2).await, "K12 13");
}

#[tokio::test]
async fn live_video_is_refused_by_right_and_by_name() {
    let site = Site::open().await;
    let (admin, wall) = (site.cookie("admin").await, site.cookie("wall").await);
    let address = serve(&site).await;
    let refused = async |query: &str, cookie: &str| {
        let url = format!("ws://{address}/api/v1/live/video?{query}");
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        timeout(LIMIT, connect_async(request)).await.unwrap().unwrap_err().to_string()
    };
    for (query, cookie, status) in [
        ("camera=gate", admin.as_str(), "403"),
        ("camera=gate", "none=1", "401"),
        ("camera=none", &wall, "404"),
        ("camera=gate&stream=all", &wall, "400"),
    ] {
        let error = refused(query, cookie).await;
        assert!(error.contains(status), "{query}: {error}");
    }
}
