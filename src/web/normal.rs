//! What is normal for a camera: reviewed as figures, and begun anew by somebody who may.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::Body;
use super::session::SignedIn;
use super::{AppState, Error};
use crate::access::Verb;
use crate::detect::normal::board;
use crate::detect::normal::continuous::Incident;

/// What a camera has learnt to be normal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Normal {
    pub camera: String,
    /// off: no rule of kind anomaly; begins: nothing seen yet; learning: still learning, see
    /// hours_left; paused: nothing is learnt while an incident is open; settled.
    pub state: &'static str,
    /// Null while off or beginning, as all below.
    pub learnt: Option<Learnt>,
}

/// The figures of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Learnt {
    pub at_ms: i64,
    pub frames: u64,
    pub things: u64,
    /// Hours watched since it began.
    pub hours: f64,
    /// Hours still to be watched before the rule speaks; null when it does.
    pub hours_left: Option<f32>,
    /// Remembered examples of looks.
    pub examples: usize,
    /// Height of a person in frame heights at the top and at the bottom edge; null while unknown.
    pub person: Option<[f32; 2]>,
    pub terms: Vec<Term>,
    /// Score at which one false alarm a day is expected; null before it has settled.
    pub one_a_day: Option<f32>,
}

/// One way of being unusual: speed, looks, kind, size, direction, dwell, place.
#[derive(Debug, Serialize, ToSchema)]
pub struct Term {
    pub term: &'static str,
    /// Median over things, in the term's own unit.
    pub usual: f32,
    /// What the largest of a frame exceeds in one frame of twenty.
    pub high: f32,
}

/// Why a camera is to begin anew.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Reset {
    pub reason: String,
}

/// What a camera has learnt to be normal.
#[utoipa::path(get, path = "/cameras/{id}/normal", params(("id" = String, Path)),
    responses((status = 200, body = Normal), (status = 403), (status = 404)))]
pub async fn summary(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Normal>, Error> {
    who.may(&state, Verb::ViewEquipment, &id).await?;
    let camera = super::footage::known_camera(&state, &id).await?;
    let learns = state.config.learns(&id);
    let summary = state.normals.summary(&camera);
    let told = match &summary {
        _ if !learns => "off",
        None => "begins",
        Some(one) if one.incident == Incident::Open => "paused",
        Some(one) if one.hours_left.is_some() => "learning",
        Some(_) => "settled",
    };
    Ok(Json(Normal { camera: id, state: told, learnt: summary.as_ref().map(Into::into) }))
}

/// Has a camera forget what is normal and begin to learn anew.
#[utoipa::path(post, path = "/cameras/{id}/normal/reset", params(("id" = String, Path)),
    request_body = Reset,
    responses((status = 204), (status = 403), (status = 404), (status = 422)))]
pub async fn reset(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(reset): Body<Reset>,
) -> Result<axum::http::StatusCode, Error> {
    who.pass_for(&state, Verb::ResetNormal, (&id, &reset.reason)).await?;
    let camera = super::footage::known_camera(&state, &id).await?;
    if reset.reason.trim().is_empty() {
        let message = "say why the camera is to begin anew".into();
        return Err(Error::Invalid { code: "bad_reset", message });
    }
    if !state.config.learns(&id) {
        let message = format!("camera {id} has no rule of kind anomaly and learns nothing");
        return Err(Error::Invalid { code: "bad_reset", message });
    }
    state.normals.ask_reset(&camera);
    Ok(axum::http::StatusCode::NO_CONTENT)
}

impl From<&board::Summary> for Learnt {
    fn from(summary: &board::Summary) -> Self {
        let term = |(term, scale): &(crate::detect::normal::Term, crate::detect::normal::Scale)| {
            Term { term: term.as_str(), usual: scale.usual, high: scale.high }
        };
        Self {
            at_ms: summary.at.0,
            frames: summary.frames,
            things: summary.things,
            hours: summary.hours,
            hours_left: summary.hours_left,
            examples: summary.examples,
            person: summary.person,
            terms: summary.scales.iter().map(term).collect(),
            one_a_day: summary.one_a_day,
        }
    }
}
