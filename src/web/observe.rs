//! An operator's own observation on a video round (视频巡查).
//!
//! What he sees is kept: the newest picture of the camera becomes the ticket's still, so that the
//! verdict has evidence behind it.

use axum::Json;
use axum::extract::State;

use super::ask::Body;
use super::session::SignedIn;
use super::wire::Observation;
use super::wire_act::parse_severity;
use super::wire_detail::TicketDetail;
use super::{AppState, CameraView, Error, describe, picture};
use crate::access::Verb;
use crate::config::codes;
use crate::store::evidence::NewEvidence;
use crate::ticket::filing::Proposal;
use crate::ticket::task::Manual;
use crate::ticket::{Rejected, TicketId};

/// A picture older than this does not show what the operator saw (guess, revisit).
const PICTURE_AGE_MAX_MS: i64 = 5_000;

/// Files an observation.
#[utoipa::path(post, path = "/observations", request_body = Observation, responses(
    (status = 200, body = TicketDetail), (status = 403), (status = 422)))]
pub async fn observe(
    State(state): State<AppState>,
    who: SignedIn,
    Body(seen): Body<Observation>,
) -> Result<Json<TicketDetail>, Error> {
    who.pass(&state, Verb::Observe, &seen.camera).await?;
    let camera = state.cameras.iter().find(|view| view.id.as_str() == seen.camera);
    let camera = camera.ok_or_else(|| Error::Invalid {
        code: "unknown_camera",
        message: "there is no such camera".into(),
    })?;
    let manual = manual(&who, camera, &seen)?;
    let frame = camera.latest.borrow().clone();
    // The still first: without it nobody could confirm, and who is told that the disk is full
    // has filed nothing.
    if let Some(frame) = frame
        && state.clock.now().since_ms(frame.seen_at) <= PICTURE_AGE_MAX_MS
    {
        keep(&state, &who, &manual.id, frame).await?;
    }
    let ticket = state.desk.observe(manual).await?;
    Ok(Json(describe::detail(&state, &who, &ticket).await?))
}

fn manual(who: &SignedIn, camera: &CameraView, seen: &Observation) -> Result<Manual, Error> {
    if !codes::CATEGORIES.contains(&seen.category.as_str()) {
        return Err(Rejected::UnknownCategory { category: seen.category.clone() }.into());
    }
    if seen.text.trim().is_empty() {
        let message = "say what you see".into();
        return Err(Error::Invalid { code: "no_text", message });
    }
    Ok(Manual {
        id: TicketId::new(),
        actor: who.account.actor(),
        camera: camera.id.clone(),
        camera_name: camera.name.clone(),
        proposal: Proposal {
            severity: parse_severity(&seen.severity)?,
            category: seen.category.clone(),
            place: camera.place.clone(),
        },
        text: seen.text.trim().to_owned(),
    })
}

/// Stores the picture as the ticket's still.
async fn keep(
    state: &AppState,
    who: &SignedIn,
    ticket: &TicketId,
    frame: std::sync::Arc<crate::camera::Frame>,
) -> Result<(), Error> {
    let taken = frame.seen_at;
    let encode = move || picture::jpeg(&frame, picture::Size::Full);
    let bytes = tokio::task::spawn_blocking(encode).await.map_err(|_| Error::Internal)?;
    let new = NewEvidence {
        event: None,
        ticket: Some(ticket),
        kind: "snapshot",
        mime: "image/jpeg",
        taken,
        by: &who.account.name,
    };
    state.store.keep_bytes(new, bytes, state.clock.now()).await?;
    Ok(())
}
