//! What of the equipment is broken, what was, and the word that a camera's new view is right.

use axum::Json;
use axum::extract::{Path, State};

use super::ask::Body;
use super::session::SignedIn;
use super::wire_footage::{Fault, NewView};
use super::{AppState, Error};
use crate::access::Verb;
use crate::camera::CameraId;

/// Faults of a camera that are over and still listed (guess, revisit).
const PAST_MAX: u32 = 20;

/// What of the equipment is broken now.
#[utoipa::path(get, path = "/faults", responses((status = 200, body = [Fault]), (status = 403)))]
pub async fn open(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Fault>>, Error> {
    who.may(&state, Verb::ViewEquipment, "faults").await?;
    let faults = state.store.open_faults().await?;
    Ok(Json(faults.iter().map(Into::into).collect()))
}

/// What was broken of a camera and is over, newest first.
#[utoipa::path(get, path = "/cameras/{id}/faults", params(("id" = String, Path)),
    responses((status = 200, body = [Fault]), (status = 403), (status = 404)))]
pub async fn past(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Vec<Fault>>, Error> {
    who.may(&state, Verb::ViewEquipment, "faults").await?;
    let camera = CameraId::try_from(id.as_str()).map_err(|_| Error::NotFound("camera"))?;
    let faults = state.store.past_faults(&camera, PAST_MAX).await?;
    Ok(Json(faults.iter().map(Into::into).collect()))
}

/// Says that what a camera shows now is its usual view: a fault of the view ends with the next
/// picture.
#[utoipa::path(post, path = "/cameras/{id}/view", params(("id" = String, Path)),
    request_body = NewView,
    responses((status = 200), (status = 403), (status = 404), (status = 422)))]
pub async fn learn(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(view): Body<NewView>,
) -> Result<Json<()>, Error> {
    who.pass_for(&state, Verb::LearnView, (&id, &view.reason)).await?;
    let known = state.cameras.iter().find(|camera| camera.id.as_str() == id);
    let camera = known.ok_or(Error::NotFound("camera"))?;
    if view.reason.trim().is_empty() {
        let message = "say why the new view is right".to_owned();
        return Err(Error::Invalid { code: "no_reason", message });
    }
    state.learn.ask(&camera.id);
    Ok(Json(()))
}
