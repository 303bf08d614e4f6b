//! Rosters over HTTP: what holds in a time and what the rows say against it, drafts, publication.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::ask::{Asked, Body};
use super::duty::{denied, kept, line};
use super::session::SignedIn;
use super::wire_duty::{self as wire, RosterDraft, RosterFault};
use super::{AppState, Error, site};
use crate::access::Verb;
use crate::clock::UnixMs;
use crate::duty::attendance::{Attendance, findings};
use crate::duty::file::{Form, parse};
use crate::duty::presence::Outcome;
use crate::duty::roster::Roster;
use crate::duty::span::cover;
use crate::duty::swap::{Decided, Ruling, Swap};
use crate::duty::{Line, Refused, Span, Turn};
use crate::store::roster::Published;
use crate::ticket::Role;

/// The longest time that is shown at once: five weeks.
const SHOWN_MAX_MS: i64 = 35 * 86_400_000;
/// Rosters in the list (guess, revisit).
const ROSTERS_MAX: u32 = 12;
/// Decided swaps are listed for so long, ms: two weeks.
const SWAPS_MS: i64 = 14 * 86_400_000;

#[derive(Deserialize)]
pub struct Shown {
    from_ms: i64,
    until_ms: i64,
}

/// The roster of a time, who was there, and what is to be said of it.
#[utoipa::path(get, path = "/roster",
    params(("from_ms" = i64, Query), ("until_ms" = i64, Query)),
    responses((status = 200, body = wire::Roster), (status = 400), (status = 403)))]
pub async fn shown(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(shown): Asked<Shown>,
) -> Result<Json<wire::Roster>, Error> {
    who.may(&state, Verb::ViewDuty, "roster").await?;
    let period = Span { from: UnixMs(shown.from_ms), until: UnixMs(shown.until_ms) };
    if !(1..=SHOWN_MAX_MS).contains(&shown.until_ms.saturating_sub(shown.from_ms)) {
        return Err(Error::BadRequest("until_ms lies 1 ms to 35 days after from_ms".into()));
    }
    let now = state.clock.now();
    let turns = state.store.turns(period).await?;
    let rows = state.store.attendance(period).await?;
    let begin = state.store.duty_begin().await?.unwrap_or(now);
    let past = Span { from: period.from.max(begin), until: period.until.min(now) };
    let missed = state.store.presence_checks(period).await?;
    let missed = missed.iter().filter(|one| matches!(one.ended, Some((_, Outcome::Missed))));
    // What is held against somebody is for that person and for who leads.
    let leads = matches!(who.account.role, Role::ShiftLeader | Role::Director);
    let for_me = |account: &str| leads || account == who.account.name;
    let swaps = state.store.swaps(now.plus_ms(-SWAPS_MS)).await?;
    let rosters = state.store.rosters(ROSTERS_MAX).await?;
    Ok(Json(wire::Roster {
        from_ms: period.from.0,
        until_ms: period.until.0,
        covers: covers(period, past, (&turns, &rows), now),
        findings: findings(&turns, &rows, now)
            .iter()
            .filter(|one| for_me(&one.turn().account))
            .map(Into::into)
            .collect(),
        missed: missed.filter(|one| for_me(&one.account)).map(Into::into).collect(),
        turns: turns.iter().map(Into::into).collect(),
        present: rows.iter().map(Into::into).collect(),
        rosters: rosters.iter().map(Into::into).collect(),
        swaps: swaps.iter().map(Into::into).collect(),
        people: people(&state).await?,
    }))
}

fn covers(
    period: Span,
    past: Span,
    (turns, rows): (&[Turn], &[Attendance]),
    now: UnixMs,
) -> Vec<wire::LineCover> {
    let of = |line: Line| {
        let roster = turns.iter().filter(|turn| turn.line == line).map(Turn::span);
        let there = rows.iter().filter(|row| row.line == line).map(|row| row.span(now));
        wire::LineCover::of(line, &cover(period, roster), &cover(past, there))
    };
    Line::NEEDED.map(of).into()
}

async fn people(state: &AppState) -> Result<BTreeMap<String, String>, Error> {
    let all = state.store.accounts().await?.into_iter();
    let may = all.filter(|one| Line::ALL.into_iter().any(|line| line.takes(one.role)));
    Ok(may.map(|one| (one.name, one.display)).collect())
}

/// Keeps a roster as a draft; a draft may have gaps, and they are told.
#[utoipa::path(post, path = "/roster/drafts", request_body = wire::NewRoster,
    responses((status = 200, body = RosterDraft), (status = 403), (status = 422)))]
pub async fn draft(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<wire::NewRoster>,
) -> Result<Json<RosterDraft>, Error> {
    let form =
        Form::parse(&new.form).ok_or_else(|| Error::BadRequest("form is toml or csv".into()))?;
    let sheet = parse(&new.text, form, &site::zone(&state))
        .map_err(|bad| Error::Invalid { code: "bad_roster", message: bad.to_string() })?;
    let roster = Roster {
        id: uuid::Uuid::now_v7().to_string(),
        period: sheet.period,
        note: sheet.note,
        turns: sheet.turns,
        drafted_by: who.account.name.clone(),
        drafted: state.clock.now(),
        published: None,
    };
    who.pass_for(&state, Verb::MakeRoster, (&roster.id, "draft")).await?;
    state.store.draft_roster(&roster).await?;
    state.duty.changed();
    Ok(Json(with_faults(&state, &roster).await?))
}

/// A roster with its turns and its faults.
#[utoipa::path(get, path = "/roster/{id}", params(("id" = String, Path)),
    responses((status = 200, body = RosterDraft), (status = 403), (status = 404)))]
pub async fn one(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<RosterDraft>, Error> {
    who.may(&state, Verb::ViewDuty, "roster").await?;
    let roster = state.store.roster(&id).await?.ok_or(Error::NotFound("roster"))?;
    Ok(Json(with_faults(&state, &roster).await?))
}

async fn with_faults(state: &AppState, roster: &Roster) -> Result<RosterDraft, Error> {
    let zone = site::zone(state);
    // What was published is judged no more: its past would read as a gap.
    let faults = match roster.published {
        Some(_) => Vec::new(),
        None => state.store.roster_faults(roster, state.clock.now()).await?,
    };
    Ok(RosterDraft {
        roster: roster.into(),
        turns: roster.turns.iter().map(Into::into).collect(),
        faults: faults.iter().map(|fault| RosterFault::of(fault, &zone)).collect(),
    })
}

/// Publishes a draft: it holds from now on. One with a gap or an overlap is refused.
#[utoipa::path(post, path = "/roster/{id}/publish", params(("id" = String, Path)),
    responses((status = 200, body = RosterDraft), (status = 403), (status = 404), (status = 422)))]
pub async fn publish(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<RosterDraft>, Error> {
    who.pass_for(&state, Verb::MakeRoster, (&id, "publish")).await?;
    let now = state.clock.now();
    match state.store.publish_roster(&id, &who.account.name, now).await? {
        Published::Unknown => Err(Error::NotFound("roster")),
        Published::Before => Err(Error::Duty(Refused::AlreadyPublished)),
        Published::Faulty(faults) => {
            let zone = site::zone(&state);
            let faults: Vec<RosterFault> =
                faults.iter().map(|fault| RosterFault::of(fault, &zone)).collect();
            who.refused(&state, Verb::MakeRoster, (&id, &faults[0].message)).await?;
            Err(Error::Roster(faults))
        }
        Published::Done(version) => {
            tracing::info!(roster.id = %id, version, "roster {version} holds from now on");
            state.duty.changed();
            let roster = state.store.roster(&id).await?.ok_or(Error::NotFound("roster"))?;
            Ok(Json(with_faults(&state, &roster).await?))
        }
    }
}

/// Asks to swap one's own turn for another one's.
#[utoipa::path(post, path = "/swaps", request_body = wire::NewSwap,
    responses((status = 200, body = wire::Swap), (status = 403), (status = 422)))]
pub async fn ask_swap(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<wire::NewSwap>,
) -> Result<Json<wire::Swap>, Error> {
    let now = state.clock.now();
    let (gives_line, takes_line) = (line(&new.gives_line)?, line(&new.takes_line)?);
    let turns = state.store.turns(Span { from: now, until: UnixMs(i64::MAX) }).await?;
    let find = |account: &str, line: Line, starts_ms: i64| {
        let is = |turn: &&Turn| {
            turn.account == account && turn.line == line && turn.starts.0 == starts_ms
        };
        turns.iter().find(is).cloned()
    };
    let gives = find(&who.account.name, gives_line, new.gives_starts_ms);
    let takes = find(&new.takes_account, takes_line, new.takes_starts_ms);
    let (Some(gives), Some(takes)) = (gives, takes) else {
        let refused = Refused::NoSuchTurn;
        return Err(denied(&state, &who, (Verb::Swap, "ask"), refused).await);
    };
    let swap = Swap {
        id: uuid::Uuid::now_v7().to_string(),
        gives,
        takes,
        reason: kept(&new.reason),
        asked: now,
        agreed: None,
        decided: None,
    };
    let roles = roles(&state, &swap).await?;
    let fits = if swap.reason.is_empty() { Err(Refused::NoReason) } else { Ok(()) };
    if let Err(refused) = fits.and_then(|()| swap.fits(roles, &turns, now)) {
        return Err(denied(&state, &who, (Verb::Swap, "ask"), refused).await);
    }
    who.pass_for(&state, Verb::Swap, (&swap.id, &swap.reason)).await?;
    state.store.ask_swap(&swap).await?;
    state.duty.changed();
    Ok(Json((&swap).into()))
}

async fn roles(state: &AppState, swap: &Swap) -> Result<[Role; 2], Error> {
    let all = state.store.accounts().await?;
    let role = |name: &str| all.iter().find(|one| one.name == name).map(|one| one.role);
    let roles = [role(&swap.gives.account), role(&swap.takes.account)];
    let [Some(gives), Some(takes)] = roles else { return Err(Error::NotFound("account")) };
    Ok([gives, takes])
}

/// Agrees to a swap that is asked of oneself.
#[utoipa::path(post, path = "/swaps/{id}/agree", params(("id" = String, Path)),
    request_body = wire::Said,
    responses((status = 200, body = wire::Swap), (status = 403), (status = 404), (status = 422)))]
pub async fn agree(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(said): Body<wire::Said>,
) -> Result<Json<wire::Swap>, Error> {
    rule(&state, &who, (&id, said), Ruling::Agree).await
}

/// Says no: one of both, or who leads, with a reason.
#[utoipa::path(post, path = "/swaps/{id}/refuse", params(("id" = String, Path)),
    request_body = wire::Said,
    responses((status = 200, body = wire::Swap), (status = 403), (status = 404), (status = 422)))]
pub async fn refuse(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(said): Body<wire::Said>,
) -> Result<Json<wire::Swap>, Error> {
    rule(&state, &who, (&id, said), Ruling::Refuse).await
}

/// Lets the turns change hands; by a third person who leads, after both agreed.
#[utoipa::path(post, path = "/swaps/{id}/approve", params(("id" = String, Path)),
    request_body = wire::Said,
    responses((status = 200, body = wire::Swap), (status = 403), (status = 404), (status = 422)))]
pub async fn approve(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(said): Body<wire::Said>,
) -> Result<Json<wire::Swap>, Error> {
    rule(&state, &who, (&id, said), Ruling::Approve).await
}

async fn rule(
    state: &AppState,
    who: &SignedIn,
    (id, said): (&str, wire::Said),
    ruling: Ruling,
) -> Result<Json<wire::Swap>, Error> {
    let (verb, word) = match ruling {
        Ruling::Agree => (Verb::Swap, "agree"),
        Ruling::Refuse => (Verb::Swap, "refuse"),
        Ruling::Approve => (Verb::DecideSwap, "approve"),
    };
    who.may(state, verb, id).await?;
    let swap = state.store.swap(id).await?.ok_or(Error::NotFound("swap"))?;
    let (object, why) = (format!("{word} {id}"), kept(&said.reason));
    let by = (who.account.name.as_str(), who.account.role);
    if let Err(refused) = swap.may(ruling, by, &why) {
        return Err(denied(state, who, (verb, &object), refused).await);
    }
    who.pass_for(state, verb, (&object, &why)).await?;
    let now = state.clock.now();
    let done = match ruling {
        Ruling::Agree if state.store.agree_swap(id, now).await? => Ok(()),
        Ruling::Agree => Err(Refused::AlreadyDecided),
        Ruling::Refuse | Ruling::Approve => {
            let approved = ruling == Ruling::Approve;
            let by = who.account.name.clone();
            let decided = Decided { approved, by, at: now, why };
            state.store.decide_swap(&swap, &decided, roles(state, &swap).await?).await?
        }
    };
    if let Err(refused) = done {
        return Err(denied(state, who, (verb, &object), refused).await);
    }
    state.duty.changed();
    let after = state.store.swap(id).await?.ok_or(Error::NotFound("swap"))?;
    Ok(Json((&after).into()))
}
