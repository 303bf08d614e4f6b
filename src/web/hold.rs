//! Holds on recorded video: seen, placed with a reason and a review date, released with a reason.

use axum::Json;
use axum::extract::{Path, State};

use super::ask::Body;
use super::session::SignedIn;
use super::wire_footage::{Hold as Wire, NewHold, Release};
use super::{AppState, Error};
use crate::access::Verb;
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::hold::{Hold, HoldKind};
use crate::store::hold::Rolls;
use crate::ticket::TicketId;

/// Every hold that lasts: those that people placed, and open tickets.
#[utoipa::path(get, path = "/footage/holds",
    responses((status = 200, body = [Wire]), (status = 403)))]
pub async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Wire>>, Error> {
    who.may(&state, Verb::ViewFootage, "holds").await?;
    let holds = state.store.holds(Rolls::of(&state.config.event), state.clock.now()).await?;
    Ok(Json(holds.iter().map(Into::into).collect()))
}

/// Holds the footage of a camera; footage that is held is not deleted before the review date.
#[utoipa::path(post, path = "/footage/holds", request_body = NewHold,
    responses((status = 200, body = Wire), (status = 403), (status = 404), (status = 422)))]
pub async fn place(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewHold>,
) -> Result<Json<Wire>, Error> {
    let object = format!("{}/{}-{}", new.camera, new.from_ms, new.to_ms);
    who.pass_for(&state, Verb::HoldFootage, (&object, &new.reason)).await?;
    let now = state.clock.now();
    let hold = hold(&state, &who, new).await?;
    let refused =
        |error| Error::Invalid { code: "bad_hold", message: format!("no hold is placed: {error}") };
    hold.check(now).map_err(refused)?;
    state.store.place_hold(&hold).await?;
    Ok(Json((&hold).into()))
}

async fn hold(state: &AppState, who: &SignedIn, new: NewHold) -> Result<Hold, Error> {
    let camera = super::footage::known_camera(state, &new.camera).await?;
    let kind = new.kind.as_deref().map_or(Some(HoldKind::Legal), HoldKind::parse);
    let kind = kind.ok_or_else(|| Error::BadRequest("kind is legal or ticket".into()))?;
    if let Some(ticket) = &new.ticket {
        let found = state.store.ticket(&TicketId(ticket.clone())).await?;
        found.ok_or(Error::NotFound("ticket"))?;
    }
    Ok(new_hold(new, (camera, kind), (&who.account.name, state.clock.now())))
}

fn new_hold(new: NewHold, of: (CameraId, HoldKind), by: (&str, UnixMs)) -> Hold {
    Hold {
        id: uuid::Uuid::now_v7().to_string(),
        camera: of.0,
        from: UnixMs(new.from_ms),
        to: UnixMs(new.to_ms),
        kind: of.1,
        ticket: new.ticket,
        reason: new.reason,
        placed_by: by.0.to_owned(),
        placed: by.1,
        until: Some(UnixMs(new.until_ms)),
    }
}

/// Ends a hold that a person has placed; what open tickets hold ends with their closure.
#[utoipa::path(post, path = "/footage/holds/{id}/release", params(("id" = String, Path)),
    request_body = Release,
    responses((status = 200, body = [Wire]), (status = 403), (status = 404), (status = 422)))]
pub async fn release(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(release): Body<Release>,
) -> Result<Json<Vec<Wire>>, Error> {
    who.pass_for(&state, Verb::HoldFootage, (&id, &release.reason)).await?;
    if release.reason.trim().is_empty() {
        return Err(Error::Invalid {
            code: "bad_hold",
            message: "say why the hold is released".into(),
        });
    }
    let now = state.clock.now();
    if !state.store.release_hold(&id, &who.account.name, now).await? {
        return Err(Error::NotFound("hold"));
    }
    let holds = state.store.holds(Rolls::of(&state.config.event), now).await?;
    Ok(Json(holds.iter().map(Into::into).collect()))
}
