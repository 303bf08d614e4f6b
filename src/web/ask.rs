//! What is asked, read strictly: a fault in a body or a query answers JSON with its place.
//!
//! No text with a NUL comes past here: PostgreSQL cannot store it, and nobody types it.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use super::{AppState, Error};

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        // A form of another site cannot send this kind without asking first.
        if !is_json(request.headers()) {
            return Err(Error::BadRequest("the body is application/json".into()));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|e| Error::BadRequest(e.body_text()))?;
        if has_nul(&bytes) {
            return Err(Error::BadRequest("text has no NUL in it".into()));
        }
        serde_json::from_slice(&bytes).map(Self).map_err(|e| Error::BadRequest(e.to_string()))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Whether JSON text has an escaped NUL; a raw one is no JSON.
fn has_nul(json: &[u8]) -> bool {
    json.windows(6).any(|six| six == b"\\u0000")
}

/// The query after `?`.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Asked<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let asked: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        asked.map(|Query(value)| Self(value)).map_err(|e| Error::BadRequest(e.body_text()))
    }
}
