//! Why a rule fired: one event of a ticket with its clip and what was seen around it.
//!
//! Who sees it passes the door like whoever sees the clip, and it stays in the centre.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::ask::Asked;
use super::session::SignedIn;
use super::wire_replay::{Kept, Known, Replay};
use super::{AppState, Error, describe, tickets};
use crate::access::Verb;
use crate::event::trace::Shape;
use crate::store::event::Event;
use crate::store::evidence::Evidence;
use crate::ticket::Role;

/// Which of a ticket's events; the first one, if none is named.
#[derive(Deserialize)]
pub struct Which {
    event: Option<String>,
}

/// One event with clip, tracks, zone and reason.
#[utoipa::path(get, path = "/tickets/{id}/replay",
    params(("id" = String, Path), ("event" = Option<String>, Query)),
    responses((status = 200, body = Replay), (status = 403), (status = 404)))]
pub async fn replay(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Asked(which): Asked<Which>,
) -> Result<Json<Replay>, Error> {
    // Clips stay in the centre, and so does what is drawn over them.
    if who.account.role == Role::PatrolMember {
        who.refuse(&state, Verb::ViewEvidence, &id).await?;
    }
    let object = which.event.as_deref().unwrap_or(&id);
    who.pass(&state, Verb::ViewEvidence, object).await?;
    let ticket = tickets::load(&state, id).await?;
    let events = state.store.events_of(&ticket.id).await?;
    let wanted = |event: &&Event| which.event.as_ref().is_none_or(|id| *id == event.id);
    let event = events.iter().find(wanted).ok_or(Error::NotFound("event"))?;
    let evidence = state.store.evidence_of_event(&event.id).await?;
    let trace = trace(&state, &evidence).await;
    let clip = match evidence.iter().find(|one| one.kind == "clip") {
        Some(clip) => Some((clip, state.store.parts_of(&clip.id).await?)),
        None => None,
    };
    let after_ms = i64::from(state.config.event.post_roll_s) * 1000;
    let until = event.fired.at.plus_ms(after_ms);
    let shape = shape(&state, event);
    let kept = Kept { event, until, evidence: &evidence, clip, trace, shape };
    let about = describe::about(&state, &[]).await?;
    Ok(Json(Replay::of(&ticket, kept, &events, &about)))
}

async fn trace(state: &AppState, evidence: &[Evidence]) -> Known {
    let Some(kept) = evidence.iter().find(|one| one.kind == "trace") else {
        return Known::Missing;
    };
    match state.store.read_trace(kept).await {
        Ok(trace) => Known::Whole(trace),
        Err(error) => {
            tracing::error!(evidence.id = %kept.id, %error, "a trace cannot be shown");
            Known::Damaged
        }
    }
}

fn shape(state: &AppState, event: &Event) -> Option<Shape> {
    let view = state.cameras.iter().find(|view| view.id == event.fired.camera)?;
    let zone = view.zones.iter().find(|zone| zone.id == event.fired.reason.zone)?;
    let (id, name, points) = (zone.id.clone(), zone.name.clone(), zone.polygon.clone());
    Some(Shape { id, name, points })
}
