//! Who is there: signing on and off, the sign of presence, and what waits while nobody is.

use axum::Json;
use axum::extract::State;

use super::ask::Body;
use super::session::SignedIn;
use super::wire_duty::{self as wire, DutyDesk};
use super::{AppState, Error};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::duty::attendance::{self, Attendance, EARLY_MS};
use crate::duty::presence::Outcome;
use crate::duty::{Line, Refused, Span, Turn};

/// Characters of a reason or remark that are kept: a page (guess, revisit).
pub const TEXT_MAX: usize = 2_000;

/// How duty stands: my presence and turn, who is signed on, what waits while nobody is.
#[utoipa::path(get, path = "/duty/desk", responses((status = 200, body = DutyDesk), (status = 403)))]
pub async fn desk(State(state): State<AppState>, who: SignedIn) -> Result<Json<DutyDesk>, Error> {
    who.may(&state, Verb::ViewDuty, "duty").await?;
    Ok(Json(told(&state, &who).await?))
}

/// Signs on, for oneself. Outside of one's turn it needs a reason.
#[utoipa::path(post, path = "/duty/sign-on", request_body = wire::SignOn,
    responses((status = 200, body = DutyDesk), (status = 403), (status = 422)))]
pub async fn sign_on(
    State(state): State<AppState>,
    who: SignedIn,
    Body(asked): Body<wire::SignOn>,
) -> Result<Json<DutyDesk>, Error> {
    let line = match asked.line.as_deref() {
        None => None,
        Some(word) => Some(line(word)?),
    };
    let via = if asked.via == "phone" { "phone" } else { "console" };
    let ask = attendance::SignOn {
        account: asked.account,
        line,
        reason: kept(&asked.reason),
        via: via.to_owned(),
    };
    let now = state.clock.now();
    let turns = state.store.turns(around(now)).await?;
    let present = state.store.signed_on().await?;
    let open = present.iter().find(|row| row.account == who.account.name);
    match attendance::sign_on(&who.account.actor(), &ask, (&turns, open), now) {
        Err(refused) => return Err(denied(&state, &who, (Verb::SignOn, "on"), refused).await),
        Ok(None) => {}
        Ok(Some(row)) => {
            let object = format!("on {}", row.line.as_str());
            who.pass_for(&state, Verb::SignOn, (&object, &row.reason)).await?;
            let row = Attendance { id: uuid::Uuid::now_v7().to_string(), ..row };
            if state.store.sign_on(&row).await? {
                state.duty.changed();
            }
        }
    }
    Ok(Json(told(&state, &who).await?))
}

/// Signs off, for oneself. Before the end of the turn, or without relief, it needs a reason.
#[utoipa::path(post, path = "/duty/sign-off", request_body = wire::SignOff,
    responses((status = 200, body = DutyDesk), (status = 403), (status = 422)))]
pub async fn sign_off(
    State(state): State<AppState>,
    who: SignedIn,
    Body(asked): Body<wire::SignOff>,
) -> Result<Json<DutyDesk>, Error> {
    let present = state.store.signed_on().await?;
    let open = present.iter().find(|row| row.account == who.account.name);
    let others = present.iter().filter(|row| {
        row.account != who.account.name && open.is_some_and(|open| open.line == row.line)
    });
    let reason = kept(&asked.reason);
    let of = (asked.account.as_deref(), reason.as_str());
    let now = state.clock.now();
    match attendance::sign_off(&who.account.actor(), of, (open, others.count()), now) {
        Err(refused) => return Err(denied(&state, &who, (Verb::SignOn, "off"), refused).await),
        Ok(off) => {
            who.pass_for(&state, Verb::SignOn, ("off", &off.reason)).await?;
            if let Some(open) = open
                && state.store.sign_off(&open.id, &off).await?
            {
                state.duty.changed();
            }
        }
    }
    Ok(Json(told(&state, &who).await?))
}

/// Says that one is there. Without a check that waits it changes nothing.
#[utoipa::path(post, path = "/duty/presence", responses((status = 200, body = DutyDesk), (status = 403)))]
pub async fn presence(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<DutyDesk>, Error> {
    who.may(&state, Verb::SignOn, "presence").await?;
    let present = state.store.signed_on().await?;
    if let Some(row) = present.iter().find(|row| row.account == who.account.name)
        && let Some(check) = state.store.newest_check(&row.id).await?
        && check.ended.is_none()
    {
        let now = state.clock.now();
        if now <= check.due {
            who.pass(&state, Verb::SignOn, "presence").await?;
            state.store.end_presence(&check.id, now, Outcome::Answered).await?;
        }
        state.duty.changed();
    }
    Ok(Json(told(&state, &who).await?))
}

/// A day around now: any turn that one may sign on for lies in it.
fn around(now: UnixMs) -> Span {
    Span { from: now.plus_ms(-1), until: now.plus_ms(EARLY_MS + 1) }
}

async fn told(state: &AppState, who: &SignedIn) -> Result<DutyDesk, Error> {
    let now = state.clock.now();
    let name = &who.account.name;
    let present = state.store.signed_on().await?;
    let mine = present.iter().find(|row| row.account == *name);
    let check = match mine {
        Some(row) => state.store.newest_check(&row.id).await?.filter(|one| one.ended.is_none()),
        None => None,
    };
    let turns = state.store.turns(around(now)).await?;
    let my = |turn: &&Turn| turn.account == *name && now < turn.ends;
    let unattended = state.store.unattended_now().await?;
    Ok(DutyDesk {
        turn: turns.iter().filter(my).max_by_key(|turn| turn.starts).map(Into::into),
        present: mine.map(Into::into),
        check: check.as_ref().map(Into::into),
        signed_on: present.iter().map(Into::into).collect(),
        unattended: unattended.map(|(since, told)| wire::Unattended {
            since_ms: since.0,
            told: told.iter().map(Into::into).collect(),
        }),
    })
}

/// A line of the request.
///
/// # Errors
/// It is none.
pub fn line(word: &str) -> Result<Line, Error> {
    let known = Line::parse(word);
    known.ok_or_else(|| Error::BadRequest("line is duty, standby or patrol".into()))
}

/// What is kept of a person's text.
#[must_use]
pub fn kept(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control() || *c == '\n').take(TEXT_MAX).collect()
}

/// The refusal, after the door has been asked and the attempt is in the audit.
pub async fn denied(
    state: &AppState,
    who: &SignedIn,
    (verb, object): (Verb, &str),
    refused: Refused,
) -> Error {
    let written = async {
        who.may(state, verb, object).await?;
        who.refused(state, verb, (object, &refused.to_string())).await
    };
    match written.await {
        Ok(()) => Error::Duty(refused),
        Err(error) => error,
    }
}
