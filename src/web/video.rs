//! Live video over a WebSocket: the camera's own pictures, copied, for the browser's MSE player.
//!
//! A viewer first gets the newest group of pictures, so that it sees something at once, then each
//! picture as it comes. Who is too slow loses pictures up to a key frame and never gets old ones.
//! What a viewer costs is bounded: one message under way and the places it may be behind
//! (`camera/task.rs`). What the messages are made of is `reel.rs`.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message as Frame, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::ask::Asked;
use super::reel::{Message, Reel};
use super::session::SignedIn;
use super::{AppState, CameraView, Error};
use crate::access::Verb;
use crate::camera::{AccessUnit, StreamFeed};

/// How often the session is looked at.
const SESSION_EVERY: Duration = Duration::from_secs(20);
/// A viewer that takes nothing for so long is gone; its page connects again.
const SEND_MAX: Duration = Duration::from_secs(10);
/// Viewers only send closes and pongs.
const MESSAGE_MAX: usize = 1024;
/// A picture that waited so long is old: the viewer goes on at the newest key frame that waits.
const OLD: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
pub struct Wanted {
    camera: String,
    /// `main`, or `sub`: the small stream, if the camera has one. `main` when absent.
    stream: Option<String>,
}

/// Live video: a text `{role, codec, width_px, height_px}`, then binary messages. One begins with
/// byte 1 (a head: `ftyp`, `moov`) or byte 2 (a picture: a byte of flags, 1 key frame, 2 same bits
/// as before; eight bytes when it was seen, UTC Unix ms; eight bytes when it is shown and four how
/// long, in 1/90000 s; a fragment). Numbers are big-endian. A change of format sends text and head
/// again. A text `{code}` says why there is no video.
#[utoipa::path(get, path = "/live/video",
    params(("camera" = String, Query), ("stream" = Option<String>, Query)),
    responses((status = 101), (status = 400), (status = 403), (status = 404)))]
pub async fn video(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(wanted): Asked<Wanted>,
    socket: WebSocketUpgrade,
) -> Result<Response, Error> {
    let known = state.cameras.iter().find(|view| view.id.as_str() == wanted.camera);
    let object = format!("live {}", wanted.camera);
    who.pass(&state, Verb::ViewWall, &object).await?;
    let feed = stream_of(known.ok_or(Error::NotFound("camera"))?, wanted.stream.as_deref())?;
    let viewer = Viewer { state: state.clone(), who, reel: Reel::new(feed.role), feed };
    Ok(socket
        .max_message_size(MESSAGE_MAX)
        .read_buffer_size(4096)
        .on_upgrade(move |socket| viewer.run(socket)))
}

fn stream_of(view: &CameraView, wanted: Option<&str>) -> Result<StreamFeed, Error> {
    match wanted {
        None | Some("main") => Ok(view.main.clone()),
        Some("sub") => Ok(view.sub.as_ref().unwrap_or(&view.main).clone()),
        Some(other) => Err(Error::BadRequest(format!("stream '{other}' is neither main nor sub"))),
    }
}

struct Viewer {
    state: AppState,
    who: SignedIn,
    feed: StreamFeed,
    reel: Reel,
}

type Out = SplitSink<WebSocket, Frame>;

impl Viewer {
    /// Sends until the viewer leaves, the session ends or the daemon stops.
    async fn run(mut self, socket: WebSocket) {
        let (mut out, mut back) = socket.split();
        let stop = self.state.stop.clone();
        let mut session = tokio::time::interval(SESSION_EVERY);
        // Before the ring is read, so that no picture falls between.
        let mut live = self.feed.live.subscribe();
        let group = self.group();
        self.reel.learn(&group);
        let mut goes_on = tokio::select! {
            biased;
            () = stop.cancelled() => false,
            sent = self.show(group, &mut out) => sent,
        };
        while goes_on {
            goes_on = tokio::select! {
                biased;
                () = stop.cancelled() => false,
                said = back.next() => matches!(said, Some(Ok(ref m)) if !matches!(m, Frame::Close(_))),
                _ = session.tick() => self.who.lasts(&self.state).await,
                came = live.recv() => tokio::select! {
                    biased;
                    () = stop.cancelled() => false,
                    sent = self.follow(came, &mut live, &mut out) => sent,
                },
            };
        }
        if let Err(error) = out.close().await {
            tracing::trace!(%error, "the viewer was gone already");
        }
    }

    /// Sends the unit that came, or what the viewer can still be given; false when it is gone.
    async fn follow(
        &mut self,
        came: Result<AccessUnit, RecvError>,
        live: &mut Receiver<AccessUnit>,
        out: &mut Out,
    ) -> bool {
        let unit = match came {
            Ok(unit) => unit,
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "a viewer of live video is too slow");
                self.reel.tear();
                return true;
            }
            Err(RecvError::Closed) => return false,
        };
        let mut units = self.missed_before(&unit);
        let waited = self.state.clock.elapsed().saturating_sub(unit.at);
        units.push(unit);
        if waited > OLD {
            while let Ok(next) = live.try_recv() {
                units.push(next);
            }
            if let Some(newest) = units.iter().rposition(|unit| unit.key).filter(|at| *at > 0) {
                units.drain(..newest);
                self.reel.tear();
            }
        }
        self.show(units, out).await
    }

    /// What went into the ring between reading it and listening.
    fn missed_before(&self, unit: &AccessUnit) -> Vec<AccessUnit> {
        let hole = |last: u64| unit.seq > last + 1;
        let Some(last) = self.reel.last_seq().filter(|last| hole(*last)) else {
            return Vec::new();
        };
        self.group().into_iter().filter(|u| u.seq > last && u.seq < unit.seq).collect()
    }

    fn group(&self) -> Vec<AccessUnit> {
        self.feed.units.lock().expect("no panic happens while the ring is held").group()
    }

    /// Sends pictures; false when the viewer is gone or there is nothing to show.
    async fn show(&mut self, units: Vec<AccessUnit>, out: &mut Out) -> bool {
        for unit in units {
            let (messages, ends) = match self.reel.take(&unit) {
                Ok(messages) => (messages, false),
                Err(error) => {
                    tracing::debug!(%error, "no live video for a viewer");
                    (vec![Message::Text(json!({ "code": "no_format" }).to_string())], true)
                }
            };
            for message in messages {
                let frame = match message {
                    Message::Text(text) => Frame::Text(text.into()),
                    Message::Binary(bytes) => Frame::Binary(bytes.into()),
                };
                if !matches!(timeout(SEND_MAX, out.send(frame)).await, Ok(Ok(()))) {
                    return false;
                }
            }
            if ends {
                return false;
            }
        }
        true
    }
}
