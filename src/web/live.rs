//! Live pictures over a WebSocket: newest only, at most five a second per camera.
//!
//! One message is byte 1, the length of the camera's id, the id, eight big-endian bytes of when
//! the frame was seen (UTC Unix ms), then JPEG. Who cannot follow gets fewer pictures, never old
//! ones: a picture is chosen only when the one before has gone out.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::ask::Asked;
use super::picture::Size;
use super::session::SignedIn;
use super::{AppState, CameraView, Error};
use crate::access::Verb;
use crate::camera::Frame;

/// A fifth of a second: five pictures a second and camera.
const GAP: Duration = Duration::from_millis(200);
/// How early a picture may come without breaking the mean of five a second: cameras jitter.
const SLACK: Duration = Duration::from_millis(100);
/// How often the cameras are looked at; adds this to a picture's age at most.
const LOOK_EVERY: Duration = Duration::from_millis(40);
/// How often the session is looked at.
const SESSION_EVERY: Duration = Duration::from_secs(20);
/// Viewers only send closes and pongs.
const MESSAGE_MAX: usize = 1024;

#[derive(Deserialize)]
pub struct Wanted {
    /// Camera ids with commas between; all when absent.
    cameras: Option<String>,
    /// Pixels that the tile has.
    width: Option<u32>,
}

/// Live pictures.
#[utoipa::path(get, path = "/live",
    params(("cameras" = Option<String>, Query), ("width" = Option<u32>, Query)),
    responses((status = 101), (status = 403)))]
pub async fn live(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(wanted): Asked<Wanted>,
    socket: WebSocketUpgrade,
) -> Result<Response, Error> {
    let named = wanted.cameras.as_deref().unwrap_or_default();
    who.pass(&state, Verb::ViewWall, &format!("live {named}")).await?;
    let size = Size::filling(wanted.width.unwrap_or(640));
    let tiles: Vec<Tile> = state
        .cameras
        .iter()
        .filter(|view| named.is_empty() || named.split(',').any(|id| id == view.id.as_str()))
        .map(Tile::of)
        .collect();
    let viewer = Viewer { state, who, size, tiles };
    Ok(socket
        .max_message_size(MESSAGE_MAX)
        .read_buffer_size(4096)
        .on_upgrade(move |socket| viewer.run(socket)))
}

/// One camera of one viewer.
struct Tile {
    latest: watch::Receiver<Option<std::sync::Arc<Frame>>>,
    /// From when on the next picture may go out.
    next: Duration,
}

impl Tile {
    fn of(view: &CameraView) -> Self {
        let mut latest = view.latest.clone();
        latest.mark_changed();
        Self { latest, next: Duration::ZERO }
    }

    /// The newest frame, if there is a new one and it is time for it.
    fn due(&mut self, now: Duration) -> Option<std::sync::Arc<Frame>> {
        if now < self.next || !self.latest.has_changed().unwrap_or(false) {
            return None;
        }
        self.next = self.next.max(now.saturating_sub(SLACK)) + GAP;
        self.latest.borrow_and_update().clone()
    }
}

struct Viewer {
    state: AppState,
    who: SignedIn,
    size: Size,
    tiles: Vec<Tile>,
}

impl Viewer {
    /// Sends until the viewer leaves, the session ends or the daemon stops.
    async fn run(mut self, socket: WebSocket) {
        let (mut out, mut back) = socket.split();
        let stop = self.state.stop.clone();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut session = tokio::time::interval(SESSION_EVERY);
        loop {
            let goes_on = tokio::select! {
                biased;
                () = stop.cancelled() => false,
                said = back.next() => matches!(said, Some(Ok(ref m)) if !matches!(m, Message::Close(_))),
                _ = session.tick() => self.who.lasts(&self.state).await,
                _ = look.tick() => tokio::select! {
                    biased;
                    () = stop.cancelled() => false,
                    sent = self.show(&mut out) => sent.is_ok(),
                },
            };
            if !goes_on {
                break;
            }
        }
        if let Err(error) = out.close().await {
            tracing::trace!(%error, "the viewer was gone already");
        }
    }

    async fn show(&mut self, out: &mut SplitSink<WebSocket, Message>) -> Result<(), axum::Error> {
        for tile in &mut self.tiles {
            let Some(frame) = tile.due(self.state.clock.elapsed()) else {
                continue;
            };
            let Some(jpeg) = self.state.0.pictures.jpeg(&frame, self.size).await else {
                continue;
            };
            if !jpeg.is_empty() {
                out.send(Message::Binary(message(&frame, &jpeg))).await?;
            }
        }
        Ok(())
    }
}

fn message(frame: &Frame, jpeg: &[u8]) -> Bytes {
    let id = frame.camera.as_str().as_bytes();
    let length = u8::try_from(id.len()).expect("a camera's id has at most 32 characters");
    let mut bytes = Vec::with_capacity(10 + id.len() + jpeg.len());
    bytes.extend_from_slice(&[1, length]);
    bytes.extend_from_slice(id);
    bytes.extend_from_slice(&frame.seen_at.0.to_be_bytes());
    bytes.extend_from_slice(jpeg);
    bytes.into()
}
