//! What is asked, read strictly: a fault in a body or a query answers JSON with its place.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Json, Query, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::{AppState, Error};

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        let asked: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        asked
            .map(|Json(value)| Self(value))
            .map_err(|e| Error::BadRequest(e.body_text()))
    }
}

/// The query after `?`.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<AppState> for Asked<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let asked: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        asked
            .map(|Query(value)| Self(value))
            .map_err(|e| Error::BadRequest(e.body_text()))
    }
}
