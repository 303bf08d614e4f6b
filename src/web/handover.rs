//! Hand-overs over HTTP: causes of outages, the document, and its two signatures.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::ask::Body;
use super::duty::{denied, kept};
use super::session::SignedIn;
use super::wire_duty::{self as wire, Handovers};
use super::{AppState, Error};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::duty::attendance::findings;
use crate::duty::cause::{self, CAUSES, Entered, Outage};
use crate::duty::handover::{Facts, Handover, LOOK_BACK_MS, Signature, Signing, sign};
use crate::duty::presence::Outcome;
use crate::duty::{Refused, Span};
use crate::record::hold::Hold;
use crate::store::hold::Rolls;

/// Hand-overs in the list: three a day for ten days.
const LISTED_MAX: u32 = 30;
/// Outages that get one cause at once; a power cut takes every camera of a large centre.
const OUTAGES_MAX: usize = 2_000;
/// Who places the holds of open tickets.
const ITSELF: &str = "gengfu";
/// How far ahead turns are told: a day.
const AHEAD_MS: i64 = 24 * 3_600_000;

/// Since when is handed over: the last one that both signed, at the most a day.
async fn since(state: &AppState, now: UnixMs) -> Result<UnixMs, Error> {
    let last = state.store.last_handover().await?;
    Ok(last.unwrap_or_else(|| now.plus_ms(-LOOK_BACK_MS)))
}

async fn outages_now(state: &AppState) -> Result<Vec<Outage>, Error> {
    let now = state.clock.now();
    Ok(state.store.outages(since(state, now).await?, now).await?)
}

/// The newest hand-overs, and the outages since the last one.
#[utoipa::path(get, path = "/handovers", responses((status = 200, body = Handovers), (status = 403)))]
pub async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<Handovers>, Error> {
    who.may(&state, Verb::ViewHandover, "handovers").await?;
    let handovers = state.store.handovers(LISTED_MAX).await?;
    Ok(Json(Handovers {
        handovers: handovers.iter().map(Into::into).collect(),
        outages: outages_now(&state).await?.iter().map(Into::into).collect(),
        causes: CAUSES.to_vec(),
    }))
}

/// Enters the cause of outages, by somebody of the shift.
#[utoipa::path(post, path = "/outages/cause", request_body = wire::NewCause,
    responses((status = 200, body = [wire::Outage]), (status = 403), (status = 404), (status = 422)))]
pub async fn enter(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<wire::NewCause>,
) -> Result<Json<Vec<wire::Outage>>, Error> {
    let object = format!("{} of {} outages", new.cause, new.outages.len());
    let now = state.clock.now();
    let name = &who.account.name;
    let rostered = state.store.on_duty(now).await?.iter().any(|shift| shift.account == *name);
    let there = state.store.signed_on().await?.iter().any(|row| row.account == *name);
    let note = kept(&new.note);
    let checked = if rostered || there { Ok(()) } else { Err(Refused::NotOnDuty) };
    if let Err(refused) = checked.and_then(|()| cause::check(&new.cause, &note)) {
        return Err(denied(&state, &who, (Verb::EnterCause, &object), refused).await);
    }
    if new.outages.len() > OUTAGES_MAX {
        return Err(Error::BadRequest(format!("at most {OUTAGES_MAX} outages at once")));
    }
    who.pass_for(&state, Verb::EnterCause, (&object, &note)).await?;
    let entry = Entered { cause: new.cause, note, by: name.clone(), at: now };
    if state.store.enter_cause(&new.outages, &entry).await? == 0 {
        return Err(Error::NotFound("outage"));
    }
    state.duty.changed();
    Ok(Json(outages_now(&state).await?.iter().map(Into::into).collect()))
}

/// Has the machine write a hand-over from the rows as they stand.
#[utoipa::path(post, path = "/handovers",
    responses((status = 200, body = wire::Handover), (status = 403)))]
pub async fn write(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<wire::Handover>, Error> {
    who.pass(&state, Verb::HandOver, "write").await?;
    let facts = facts(&state, &who).await?;
    let handover = state.store.write_handover(facts).await?;
    state.duty.changed();
    Ok(Json(told(&state, &handover).await?))
}

/// One hand-over with its document.
#[utoipa::path(get, path = "/handovers/{id}", params(("id" = String, Path)),
    responses((status = 200, body = wire::Handover), (status = 403), (status = 404)))]
pub async fn one(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<wire::Handover>, Error> {
    who.may(&state, Verb::ViewHandover, &id).await?;
    let handover = state.store.handover(&id).await?.ok_or(Error::NotFound("hand-over"))?;
    Ok(Json(told(&state, &handover).await?))
}

/// The document's exact bytes, whose SHA-256 is signed.
#[utoipa::path(get, path = "/handovers/{id}/document", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/json"), (status = 403), (status = 404)))]
pub async fn document(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    who.pass(&state, Verb::ViewHandover, &id).await?;
    let handover = state.store.handover(&id).await?.ok_or(Error::NotFound("hand-over"))?;
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind)], handover.document).into_response())
}

/// Signs, for oneself: first the outgoing operator, then the incoming one.
#[utoipa::path(post, path = "/handovers/{id}/sign", params(("id" = String, Path)),
    request_body = wire::NewSignature,
    responses((status = 200, body = wire::Handover), (status = 403), (status = 404), (status = 422)))]
pub async fn signed(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(new): Body<wire::NewSignature>,
) -> Result<Json<wire::Handover>, Error> {
    who.may(&state, Verb::HandOver, &id).await?;
    let handover = state.store.handover(&id).await?.ok_or(Error::NotFound("hand-over"))?;
    let now = state.clock.now();
    let present = state.store.signed_on().await?;
    let outages = state.store.outages(handover.since, now).await?;
    let actor = who.account.actor();
    let signing = Signing {
        actor: &actor,
        account: new.account.as_deref(),
        sha256: &new.sha256,
        present: &present,
        outages: &outages,
        now,
    };
    let side = match sign(&handover, signing) {
        Ok(side) => side,
        Err(refused) => return Err(denied(&state, &who, (Verb::HandOver, &id), refused).await),
    };
    let remarks = kept(&new.remarks);
    let object = format!("{} {id} {}", side.as_str(), handover.sha256);
    who.pass_for(&state, Verb::HandOver, (&object, &remarks)).await?;
    let signature = Signature { by: actor.name.clone(), at: now, remarks };
    if !state.store.sign_handover(&id, side, &signature).await? {
        return Err(Error::Duty(Refused::AlreadySigned));
    }
    tracing::info!(handover.number, side = side.as_str(), "a hand-over is signed");
    state.duty.changed();
    let after = state.store.handover(&id).await?.ok_or(Error::NotFound("hand-over"))?;
    Ok(Json(told(&state, &after).await?))
}

async fn told(state: &AppState, handover: &Handover) -> Result<wire::Handover, Error> {
    let now = state.clock.now();
    // Of one that both signed nothing is open any more.
    let outages = match handover.incoming {
        Some(_) => Vec::new(),
        None => state.store.outages(handover.since, now).await?,
    };
    let open = outages.iter().filter(|outage| outage.entered.is_none());
    let document = serde_json::from_str(&handover.document).map_err(|error| {
        tracing::error!(%error, handover.number, "the document of a hand-over is no JSON");
        Error::Internal
    })?;
    Ok(wire::Handover {
        head: handover.into(),
        document,
        open_outages: open.map(Into::into).collect(),
    })
}

async fn facts(state: &AppState, who: &SignedIn) -> Result<Facts, Error> {
    let store = &state.store;
    let now = state.clock.now();
    let since = since(state, now).await?;
    let past = Span { from: since, until: now };
    let turns = store.turns(Span { from: since, until: now.plus_ms(AHEAD_MS) }).await?;
    let rows = store.attendance(past).await?;
    let over: Vec<_> = turns.iter().filter(|turn| turn.starts < now).cloned().collect();
    let checks = store.presence_checks(past).await?.into_iter();
    let open = |one: &crate::duty::presence::Check| {
        one.ended.is_none_or(|(_, outcome)| outcome == Outcome::Missed)
    };
    let held = store.holds(Rolls::of(&state.config.event), now).await?.into_iter();
    // What an open ticket holds stands with the ticket.
    let placed = held.filter(|hold: &Hold| hold.placed_by != ITSELF);
    let told = store.unattended(past).await?.into_iter();
    let swaps = store.swaps(now).await?.into_iter();
    let people = store.accounts().await?.into_iter();
    Ok(Facts {
        site: state.config.site.name.clone(),
        number: 0,
        since,
        now,
        by: who.account.name.clone(),
        people: people.map(|one| (one.name, one.display, one.role)).collect(),
        cameras: state.config.camera.iter().map(|c| (c.id.clone(), c.name.clone())).collect(),
        tickets: store.open_tickets().await?,
        outages: store.outages(since, now).await?,
        shelved: store.shelved_rules(now).await?,
        holds: placed.collect(),
        present: store.signed_on().await?,
        findings: findings(&over, &rows, now),
        turns,
        checks: checks.filter(open).collect(),
        unattended: told.map(|one| (one.number, one.at, one.whom)).collect(),
        swaps: swaps.filter(|swap| swap.decided.is_none()).collect(),
        phones: state.phones.as_ref().map(|all| all.borrow().iter().cloned().collect()),
    })
}
