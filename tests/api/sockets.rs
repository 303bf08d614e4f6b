//! What stays open: events, live pictures, and the pipe to the broker.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
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
