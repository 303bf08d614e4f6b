//! What happens, as server-sent events: `hello`, `beat`, `ticket`, `cameras`, `duty`, `reload`.
//!
//! A screen that lags behind is told to read the lists again instead of being given old news. The
//! stream ends when the daemon stops or the session is over.

use std::collections::{HashSet, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderName;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior};

use super::session::SignedIn;
use super::{AppState, Error, describe, site};
use crate::access::Verb;
use crate::store::shift::Shift;
use crate::ticket::Ticket;

/// Screens say after two beats that are missing that they have lost the daemon.
const BEAT: Duration = Duration::from_secs(1);
/// Beats between two looks at the roster and the session.
const LOOK_EVERY: u64 = 20;

/// The stream.
#[utoipa::path(get, path = "/stream", responses(
    (status = 200, content_type = "text/event-stream"), (status = 403)))]
pub async fn stream(State(state): State<AppState>, who: SignedIn) -> Result<Response, Error> {
    who.pass(&state, Verb::ViewWall, "stream").await?;
    let watcher = Watcher::new(state, who).await?;
    let events = futures_util::stream::unfold(watcher, |mut watcher| async move {
        watcher.next().await.map(|event| (Ok::<_, Infallible>(event), watcher))
    });
    // A proxy that collects before it passes on would make every beat late.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), "no");
    Ok(([unbuffered], Sse::new(events)).into_response())
}

type Phones = Option<watch::Receiver<HashSet<String>>>;

struct Watcher {
    state: AppState,
    who: SignedIn,
    changes: broadcast::Receiver<Arc<Ticket>>,
    phones: Phones,
    /// Somebody signed on or off, was asked or told.
    duty_changes: watch::Receiver<u64>,
    duty: Vec<Shift>,
    beat: Interval,
    beats: u64,
    ready: VecDeque<Event>,
}

impl Watcher {
    async fn new(state: AppState, who: SignedIn) -> Result<Self, Error> {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Listens before it says hello: what happens while the screen reads the lists is not lost.
        let changes = state.desk.changes();
        let duty = state.store.on_duty(state.clock.now()).await?;
        let hello = event("hello", &json!({ "now_ms": state.clock.now().0 }));
        let phones = state.phones.clone();
        let duty_changes = state.duty.changes();
        let ready = VecDeque::from([hello]);
        Ok(Self { state, who, changes, phones, duty_changes, duty, beat, beats: 0, ready })
    }

    /// The next event; `None` when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            tokio::select! {
                biased;
                () = self.state.stop.cancelled() => return None,
                change = self.changes.recv() => match change {
                    Ok(ticket) => self.tell(&ticket).await,
                    Err(RecvError::Lagged(missed)) => self.reload(missed),
                    Err(RecvError::Closed) => return None,
                },
                () = changed(&mut self.phones) => self.ready.push_back(event("duty", &json!({}))),
                Ok(()) = self.duty_changes.changed() => {
                    self.ready.push_back(event("duty", &json!({})));
                }
                _ = self.beat.tick() => self.tick().await?,
            }
        }
    }

    async fn tell(&mut self, ticket: &Ticket) {
        match describe::tickets(&self.state, std::slice::from_ref(ticket)).await {
            Ok(wire) => self.ready.extend(wire.iter().map(|ticket| event("ticket", ticket))),
            Err(error) => {
                tracing::warn!(%error, "a change cannot be told; the screen reads again");
                self.reload(1);
            }
        }
    }

    /// A screen reads everything again at `hello`; `reload` says why it came.
    fn reload(&mut self, missed: u64) {
        self.ready.push_back(event("reload", &json!({ "missed": missed })));
        self.ready.push_back(event("hello", &json!({ "now_ms": self.state.clock.now().0 })));
    }

    /// One beat; `None` when the session is over.
    async fn tick(&mut self) -> Option<()> {
        self.beats += 1;
        self.ready.push_back(event("beat", &json!({ "now_ms": self.state.clock.now().0 })));
        self.ready.push_back(event("cameras", &site::statuses(&self.state)));
        if self.beats.is_multiple_of(LOOK_EVERY) {
            self.look_at_duty().await;
            return self.who.lasts(&self.state).await.then_some(());
        }
        Some(())
    }

    async fn look_at_duty(&mut self) {
        match self.state.store.on_duty(self.state.clock.now()).await {
            Ok(duty) if duty != self.duty => {
                self.duty = duty;
                self.ready.push_back(event("duty", &json!({})));
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "the roster cannot be read; tried again"),
        }
    }
}

/// Waits until a phone comes or goes; for ever when the broker does not tell.
async fn changed(phones: &mut Phones) {
    if let Some(watched) = phones
        && watched.changed().await.is_ok()
    {
        return;
    }
    *phones = None;
    std::future::pending::<()>().await;
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).expect("wire structs are plain JSON")
}
