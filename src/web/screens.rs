//! Whether the wall is shown, told by itself; and rounds over the cameras, told by who looks.
//!
//! A wall that has gone dark tells nothing: its last beat, and the gap until the next, are what
//! shows it.

use axum::Json;
use axum::extract::State;

use super::ask::Body;
use super::session::SignedIn;
use super::wire_screens::{Beat, Look as Looked, Round, Screen};
use super::{AppState, Error};
use crate::access::Verb;
use crate::store::screen::{Look, Spell};

/// A screen beats every 10 s; after three that are missing it was dark (guess, revisit).
const DARK_AFTER_MS: i64 = 30_000;
/// What is listed of the past: a day.
const LISTED_MS: i64 = 24 * 3_600_000;
/// Characters of a screen's id: a UUID.
const ID_MAX: usize = 36;

/// The wall is shown here.
#[utoipa::path(post, path = "/screens/beat", request_body = Beat,
    responses((status = 200), (status = 400), (status = 403)))]
pub async fn beat(
    State(state): State<AppState>,
    who: SignedIn,
    Body(beat): Body<Beat>,
) -> Result<Json<()>, Error> {
    who.may(&state, Verb::ViewWall, "screen").await?;
    if beat.screen.is_empty() || beat.screen.len() > ID_MAX {
        return Err(Error::BadRequest("screen is an id of at most 36 characters".into()));
    }
    let now = state.clock.now();
    let spell = Spell {
        screen: beat.screen,
        account: who.account.name.clone(),
        from: now,
        until: now,
        silence_ms: beat.silence_ms.clamp(0, LISTED_MS),
    };
    state.store.screen_beat(&spell, now.plus_ms(-DARK_AFTER_MS)).await?;
    Ok(Json(()))
}

/// When the wall was shown in the last day, newest first.
#[utoipa::path(get, path = "/screens", responses((status = 200, body = [Screen]), (status = 403)))]
pub async fn list(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<Screen>>, Error> {
    who.may(&state, Verb::ViewEquipment, "screens").await?;
    let now = state.clock.now();
    let spells = state.store.screens(now.plus_ms(-LISTED_MS)).await?;
    let shown = |spell: Spell| Screen {
        on: now.since_ms(spell.until) <= DARK_AFTER_MS,
        screen: spell.screen,
        account: spell.account,
        from_ms: spell.from.0,
        until_ms: spell.until.0,
        silence_ms: spell.silence_ms,
    };
    Ok(Json(spells.into_iter().map(shown).collect()))
}

/// This camera was looked at on a round. It is an act, and so a sign of presence.
#[utoipa::path(post, path = "/rounds/look", request_body = Looked,
    responses((status = 200, body = Round), (status = 403), (status = 404)))]
pub async fn look(
    State(state): State<AppState>,
    who: SignedIn,
    Body(looked): Body<Looked>,
) -> Result<Json<Round>, Error> {
    who.pass(&state, Verb::Observe, &looked.camera).await?;
    let known = state.cameras.iter().any(|view| view.id.as_str() == looked.camera);
    if !known {
        return Err(Error::NotFound("camera"));
    }
    let look =
        Look { camera: looked.camera, account: who.account.name.clone(), at: state.clock.now() };
    state.store.look(&look).await?;
    Ok(Json(round(&state).await?))
}

/// What was looked at in this shift.
#[utoipa::path(get, path = "/rounds", responses((status = 200, body = Round), (status = 403)))]
pub async fn rounds(State(state): State<AppState>, who: SignedIn) -> Result<Json<Round>, Error> {
    who.may(&state, Verb::ViewWall, "rounds").await?;
    Ok(Json(round(&state).await?))
}

/// The shift on duty begins when whoever is there longest signed on; without anybody, a day ago.
async fn round(state: &AppState) -> Result<Round, Error> {
    let now = state.clock.now();
    let present = state.store.signed_on().await?;
    let on_duty = present.iter().filter(|row| row.line == crate::duty::Line::Duty);
    let since = on_duty.map(|row| row.on).min().unwrap_or(now.plus_ms(-LISTED_MS));
    let looks = state.store.looks(since).await?;
    Ok(Round::of(since, state.cameras.iter().map(|view| view.id.as_str()), &looks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMs;

    #[test]
    fn every_camera_is_listed_with_its_newest_look() {
        let look = |camera: &str, account: &str, at| Look {
            camera: camera.into(),
            account: account.into(),
            at: UnixMs(at),
        };
        let looks = [look("a", "li", 30), look("b", "wang", 20), look("a", "wang", 10)];
        let round = Round::of(UnixMs(5), ["a", "b", "c"].into_iter(), &looks);
        let shown: Vec<_> = round.cameras.iter().map(|c| (c.looks, c.at_ms)).collect();
        assert_eq!(shown, [(2, Some(30)), (1, Some(20)), (0, None)]);
        assert_eq!(round.cameras[0].by.as_deref(), Some("li"));
    }
}
