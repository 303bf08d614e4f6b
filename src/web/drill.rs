//! Drills: who can be reached, and by which way.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::Body;
use super::session::SignedIn;
use super::wire::Named;
use super::{AppState, Error};
use crate::access::Verb;
use crate::store::drill::{self, Reached, Wanted, Whom};

/// Longest text of a drill, characters: what a message of one part takes.
const TEXT_MAX_CHARS: usize = 200;
/// Longest time to answer, min: a shift.
const WITHIN_MAX_MIN: u32 = 480;
/// How many drills are shown.
const SHOWN_MAX: i64 = 20;

/// A drill to begin.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewDrill {
    /// What members read.
    pub text: String,
    /// Time to answer, minutes.
    pub within_min: u32,
    /// All active members, not only those on shift.
    #[serde(default)]
    pub everybody: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DrillShown {
    pub id: String,
    pub at_ms: i64,
    pub until_ms: i64,
    pub by: String,
    pub text: String,
    pub members: Vec<DrillMember>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DrillMember {
    pub member: Named,
    pub published_ms: Option<i64>,
    pub received_ms: Option<i64>,
    pub acked_ms: Option<i64>,
    /// waiting, done or given_up; null without a second channel.
    pub call: Option<&'static str>,
    pub called_ms: Option<i64>,
}

impl DrillMember {
    fn of(reached: Reached) -> Self {
        Self {
            member: Named { name: reached.member, display: reached.display },
            published_ms: reached.published.map(|at| at.0),
            received_ms: reached.received.map(|at| at.0),
            acked_ms: reached.acked.map(|at| at.0),
            call: reached.call,
            called_ms: reached.called.map(|at| at.0),
        }
    }
}

async fn shown(state: &AppState, of: drill::Drill) -> Result<DrillShown, Error> {
    let members = state.store.reached(&of.id).await?.into_iter().map(DrillMember::of).collect();
    let drill::Drill { id, at, until, by, text } = of;
    Ok(DrillShown { id, at_ms: at.0, until_ms: until.0, by, text, members })
}

/// The latest drills with who was reached when.
#[utoipa::path(get, path = "/drills", responses((status = 200, body = Vec<DrillShown>), (status = 403)))]
pub async fn list(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<DrillShown>>, Error> {
    who.pass(&state, Verb::Drill, "drills").await?;
    let mut all = Vec::new();
    for drill in state.store.drills(SHOWN_MAX).await? {
        all.push(shown(&state, drill).await?);
    }
    Ok(Json(all))
}

/// Begins a drill.
#[utoipa::path(post, path = "/drills", request_body = NewDrill,
    responses((status = 200, body = DrillShown), (status = 403), (status = 422)))]
pub async fn begin(
    State(state): State<AppState>,
    who: SignedIn,
    Body(wanted): Body<NewDrill>,
) -> Result<Json<DrillShown>, Error> {
    who.pass(&state, Verb::Drill, wanted.text.trim()).await?;
    let length = wanted.text.trim().chars().count();
    if !(1..=TEXT_MAX_CHARS).contains(&length) || !(1..=WITHIN_MAX_MIN).contains(&wanted.within_min)
    {
        let message = format!(
            "a drill has 1 to {TEXT_MAX_CHARS} characters and 1 to {WITHIN_MAX_MIN} minutes"
        );
        return Err(Error::Invalid { code: "bad_drill", message });
    }
    let whom = if wanted.everybody { Whom::Everybody } else { Whom::OnShift };
    let drill = Wanted {
        by: who.account.name.clone(),
        text: wanted.text.trim().to_owned(),
        within_ms: i64::from(wanted.within_min) * 60_000,
        whom,
    };
    let begun = (state.drill)(drill, state.clock.now()).await?;
    let begun = begun.ok_or_else(|| Error::Invalid {
        code: "nobody_to_reach",
        message: "no patrol member is on shift; choose everybody or mend the roster".into(),
    })?;
    Ok(Json(shown(&state, begun).await?))
}
