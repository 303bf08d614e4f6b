//! Taking patrol members out of dispatch, and back: by whoever leads the shift, with a reason.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::ask::Body;
use super::session::SignedIn;
use super::{AppState, Error};
use crate::access::Verb;
use crate::store::offer::Suspension;
use crate::ticket::Role;

/// Why a member is not to be sent, and until when.
#[derive(Deserialize, ToSchema)]
pub struct Reason {
    reason: String,
    /// Until somebody ends it, when this is left out.
    #[serde(default)]
    until_ms: Option<i64>,
}

/// Longest reason, characters.
const REASON_MAX: usize = 500;

/// A patrol member's account.
async fn known(state: &AppState, name: &str) -> Result<(), Error> {
    let account = state.store.account(name).await?;
    match account {
        Some(account) if account.active && account.role == Role::PatrolMember => Ok(()),
        _ => Err(Error::NotFound("patrol member")),
    }
}

/// Takes a member out of dispatch; orders that he has go on.
#[utoipa::path(post, path = "/members/{name}/suspend", params(("name" = String, Path)),
    request_body = Reason,
    responses((status = 200), (status = 403), (status = 404), (status = 422)))]
pub async fn suspend(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    Body(wanted): Body<Reason>,
) -> Result<Json<()>, Error> {
    who.pass(&state, Verb::SuspendMember, &name).await?;
    known(&state, &name).await?;
    let now = state.clock.now();
    let reason = wanted.reason.trim().to_owned();
    let length = reason.chars().count();
    let until = wanted.until_ms.map(crate::clock::UnixMs);
    if length == 0 || length > REASON_MAX || until.is_some_and(|until| until <= now) {
        return Err(Error::Invalid {
            code: "no_reason",
            message: format!(
                "a reason of at most {REASON_MAX} characters is needed, and an end that is still to come"
            ),
        });
    }
    let by = who.account.name.clone();
    state.store.suspend(&Suspension { account: name, since: now, until, reason, by }).await?;
    state.desk.look().await?;
    Ok(Json(()))
}

/// Puts a member back into dispatch.
#[utoipa::path(post, path = "/members/{name}/restore", params(("name" = String, Path)),
    responses((status = 200), (status = 403), (status = 404), (status = 422)))]
pub async fn restore(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Json<()>, Error> {
    who.pass(&state, Verb::SuspendMember, &name).await?;
    known(&state, &name).await?;
    if !state.store.end_suspension(&name, state.clock.now()).await? {
        return Err(Error::Invalid {
            code: "not_suspended",
            message: "this member is not out of dispatch".into(),
        });
    }
    state.desk.look().await?;
    Ok(Json(()))
}
