//! `/mqtt`: the bytes of a phone's WebSocket to and from the broker's TCP port.
//!
//! MQTT needs no frame alignment, so this knows nothing of it. Who may connect and what he may
//! read is the broker's to say. With 4 KiB read buffers 1,000 phones took 59 MB instead of 182.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::sync::CancellationToken;

use super::{AppState, Error};

/// The broker's own largest packet.
const MESSAGE_MAX: usize = 256 * 1024;
/// Bytes moved at once; an order has about 1 KiB.
const BUFFER: usize = 4096;

/// Joins a phone to the broker.
pub async fn mqtt(
    State(state): State<AppState>,
    socket: WebSocketUpgrade,
) -> Result<Response, Error> {
    let place = state.0.pipes.clone().try_acquire_owned().map_err(|_| Error::Unavailable)?;
    let (broker, stop) = (state.broker, state.stop.clone());
    Ok(socket
        .protocols(["mqtt", "mqttv3.1"])
        .max_message_size(MESSAGE_MAX)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER)
        .on_upgrade(move |socket| async move {
            match TcpStream::connect(broker).await {
                Ok(tcp) => pipe(socket, tcp, stop).await,
                Err(error) => tracing::warn!(%error, "a phone cannot be joined to the broker"),
            }
            drop(place);
        }))
}

/// Moves bytes both ways until one side ends.
async fn pipe(socket: WebSocket, tcp: TcpStream, stop: CancellationToken) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "small packets to the broker may wait a moment");
    }
    let (from_broker, to_broker) = tcp.into_split();
    let (to_phone, from_phone) = socket.split();
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = up(from_phone, to_broker) => {}
        () = down(from_broker, to_phone) => {}
    }
}

/// Ends at a close, a text or an error: MQTT travels in binary messages.
async fn up(mut phone: SplitStream<WebSocket>, mut broker: OwnedWriteHalf) {
    while let Some(Ok(message)) = phone.next().await {
        match message {
            Message::Binary(bytes) => {
                if broker.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Text(_) | Message::Close(_) => return,
        }
    }
}

async fn down(mut broker: OwnedReadHalf, mut phone: SplitSink<WebSocket, Message>) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(count) = broker.read(&mut buffer).await {
        if count == 0 {
            break;
        }
        let bytes = Bytes::copy_from_slice(&buffer[..count]);
        if phone.send(Message::Binary(bytes)).await.is_err() {
            return;
        }
    }
    if let Err(error) = phone.close().await {
        tracing::trace!(%error, "the phone was gone already");
    }
}
