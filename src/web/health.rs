//! Whether the daemon lives, whether it can work, and its figures for Prometheus.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{AppState, Error};
use crate::camera::CameraState;

type Labels = Vec<(&'static str, String)>;

/// The daemon answers.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers as well.
pub async fn readyz(State(state): State<AppState>) -> impl IntoResponse {
    if let Err(error) = state.store.ping().await {
        tracing::warn!(%error, "not ready: the database does not answer");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n");
    }
    match state.store.enough_space() {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready: no room for evidence");
            (StatusCode::SERVICE_UNAVAILABLE, "the disk of the data folder is full\n")
        }
    }
}

/// Figures, gathered when they are asked for.
pub async fn metrics(State(state): State<AppState>) -> Result<impl IntoResponse, Error> {
    let by_state = state.store.open_by_state().await?;
    let waiting = state.store.waiting_count().await?;
    let mut registry = Registry::with_prefix("gengfu");
    cameras(&mut registry, &state);
    looks(&mut registry, &state);
    let tickets = Family::<Labels, Gauge>::default();
    for (name, count) in by_state {
        tickets.get_or_create(&vec![("state", name)]).set(count);
    }
    registry.register("tickets_open", "Open tickets by state", tickets);
    let outbox = Gauge::<i64>::default();
    outbox.set(waiting);
    registry.register("outbox_waiting", "Messages the broker has not taken yet", outbox);
    let mut text = String::new();
    encode(&mut text, &registry).expect("writing into a string does not fail");
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

fn cameras(registry: &mut Registry, state: &AppState) {
    let live = Family::<Labels, Gauge>::default();
    let dropped = Family::<Labels, Counter>::default();
    let reconnects = Family::<Labels, Counter>::default();
    for camera in state.cameras.iter() {
        let status = camera.status.borrow().clone();
        let labels = vec![("camera", camera.id.as_str().to_owned())];
        live.get_or_create(&labels).set(i64::from(status.state == CameraState::Live));
        dropped.get_or_create(&labels).inc_by(status.frames_dropped);
        reconnects.get_or_create(&labels).inc_by(status.reconnects);
    }
    registry.register("camera_live", "1 while pictures come from the camera", live);
    registry.register("frames_dropped", "Frames that nobody had time to look at", dropped);
    registry.register("camera_reconnects", "Attempts after the first one", reconnects);
    streams(registry, state);
}

/// What the detector has done since the start.
fn looks(registry: &mut Registry, state: &AppState) {
    let figures = state.looked.figures();
    let mut add = |name: &str, help: &str, count: u64| {
        let counter = Counter::<u64>::default();
        counter.inc_by(count);
        registry.register(name, help, counter);
    };
    add("looks", "Frames whose motion was calculated", figures.frames);
    add("searches", "Frames in which objects were searched", figures.inferences);
    let odd = "Proposals of models dropped because a number was none";
    add("odd_proposals", odd, figures.odd);
    add("frames_failed", "Frames given up because of a fault", figures.failed + figures.panics);
    add("motion_ms", "Time spent on motion, ms", figures.motion_ms);
    add("objects_ms", "Time spent on the search of objects, ms", figures.objects_ms);
}

fn streams(registry: &mut Registry, state: &AppState) {
    let units = Family::<Labels, Counter>::default();
    let decoded = Family::<Labels, Counter>::default();
    let awake = Family::<Labels, Gauge>::default();
    let latency = Family::<Labels, Gauge>::default();
    for camera in state.cameras.iter() {
        for stream in std::iter::once(&camera.main).chain(&camera.sub) {
            let facts = stream.facts.borrow().clone();
            let id = camera.id.as_str().to_owned();
            let labels = vec![("camera", id), ("stream", stream.role.word().to_owned())];
            units.get_or_create(&labels).inc_by(facts.units);
            decoded.get_or_create(&labels).inc_by(facts.decoded);
            awake.get_or_create(&labels).set(i64::from(facts.awake));
            if let Some(delay_ms) = facts.delay_ms {
                latency.get_or_create(&labels).set(delay_ms);
            }
        }
    }
    registry.register("units", "Encoded pictures received", units);
    registry.register("pictures_decoded", "Pictures decoded", decoded);
    registry.register(
        "stream_latency_ms",
        "From the camera's stamp of the newest picture to its arrival, by their two clocks",
        latency,
    );
    registry.register("stream_awake", "1 while everything of a stream is decoded", awake);
}
