//! Stored stills, clips and photos, with byte ranges. Each view passes the door.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeFile;

use super::session::SignedIn;
use super::tickets::is_order_of;
use super::{AppState, Error};
use crate::access::Verb;
use crate::store::evidence::Evidence;
use crate::ticket::{Role, TicketId};

/// One piece of evidence.
#[utoipa::path(get, path = "/evidence/{id}", params(("id" = String, Path)),
    responses((status = 200, content_type = "image/jpeg"), (status = 206, content_type = "video/mp4"),
        (status = 403), (status = 404)))]
pub async fn evidence(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let found = state.store.evidence(&id).await?;
    if who.account.role == Role::PatrolMember && !is_his(&state, &who, found.as_ref()).await? {
        who.refuse(&state, Verb::ViewEvidence, &id).await?;
    }
    who.pass(&state, Verb::ViewEvidence, &id).await?;
    serve(&state, found.ok_or(Error::NotFound("evidence"))?, request).await
}

/// A member sees the stills and photos of the orders that he has now; clips, and what was
/// seen around them, stay in the centre.
async fn is_his(state: &AppState, who: &SignedIn, found: Option<&Evidence>) -> Result<bool, Error> {
    let Some(found) = found.filter(|found| !matches!(found.kind.as_str(), "clip" | "trace")) else {
        return Ok(false);
    };
    let ticket = match (&found.ticket, &found.event) {
        (Some(ticket), _) => Some(ticket.clone()),
        (None, Some(event)) => state.store.event(event).await?.and_then(|event| event.ticket),
        (None, None) => None,
    };
    let Some(ticket) = ticket else {
        return Ok(false);
    };
    let ticket = state.store.ticket(&TicketId(ticket)).await?;
    Ok(ticket.is_some_and(|ticket| is_order_of(&ticket, &who.account.name)))
}

async fn serve(state: &AppState, found: Evidence, request: Request) -> Result<Response, Error> {
    let mime = found.mime.parse().map_err(|_| Error::Internal)?;
    let file = state.store.dir().join(&found.path);
    let served = ServeFile::new_with_mime(&file, &mime).try_call(request).await;
    let mut response = served
        .map_err(|error| {
            tracing::error!(path = %file.display(), %error, "evidence cannot be read");
            Error::Internal
        })?
        .map(Body::new)
        .into_response();
    // Not kept by the browser: who sees it again passes the door again, and a shared console
    // leaves nothing behind.
    let never = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    if response.status() == axum::http::StatusCode::NOT_FOUND {
        tracing::error!(evidence.id = %found.id, path = %found.path, "the file of evidence is gone");
        return Err(Error::NotFound("evidence"));
    }
    Ok(response)
}
