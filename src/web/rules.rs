//! Rules: how well they call, and the acts by which two people shelve or change one.

use axum::Json;
use axum::extract::{Path, State};

use super::ask::Body;
use super::session::SignedIn;
use super::wire_rules::{Names, NewRequest, Request as Wire, Rules, Why};
use super::{AppState, Error};
use crate::access::Verb;
use crate::event::shelf::{Cost, Deed, Refused, Request, Ruling, SHELVE_MAX_MS, Wish};
use crate::report::feedback::{self, RuleQuality};
use crate::report::figures::Tally;
use crate::report::task::rule_quality;

/// Verdicts, precision and proposals of every rule, and what is asked of rules.
#[utoipa::path(get, path = "/rules/quality", responses((status = 200, body = Rules), (status = 403)))]
pub async fn quality(State(state): State<AppState>, who: SignedIn) -> Result<Json<Rules>, Error> {
    who.may(&state, Verb::ViewRules, "rules").await?;
    let now = state.clock.now();
    let rows = rule_quality(&state.store, &state.config, now).await?;
    let cost_since = now.plus_ms(-feedback::COST_MS);
    let requests = state.store.rule_requests(cost_since).await?;
    let people = state.store.accounts().await?;
    let names = Names { config: &state.config, people: &people };
    Ok(Json(Rules {
        verdicts_since_ms: now.plus_ms(-feedback::VERDICTS_MS).0,
        cost_since_ms: cost_since.0,
        precision_min: feedback::PRECISION_MIN,
        verdicts_min: feedback::VERDICTS_MIN,
        shelve_max_ms: SHELVE_MAX_MS,
        rules: rows.iter().map(Into::into).collect(),
        requests: requests.iter().map(|one| Wire::of(one, names, now)).collect(),
    }))
}

/// Asks for a rule to be shelved, or for the change that is proposed. Nothing holds before another
/// person approves it.
#[utoipa::path(post, path = "/rules/requests", request_body = NewRequest,
    responses((status = 200, body = Wire), (status = 403), (status = 404), (status = 422)))]
pub async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewRequest>,
) -> Result<Json<Wire>, Error> {
    let object = format!("{} {}/{}", new.kind, new.camera, new.rule);
    who.pass_for(&state, Verb::AskOfRule, (&object, &new.reason)).await?;
    let now = state.clock.now();
    let rows = rule_quality(&state.store, &state.config, now).await?;
    let row = rows.iter().find(|row| row.camera == new.camera && row.rule == new.rule);
    let row = row.filter(|row| row.configured).ok_or(Error::NotFound("rule"))?;
    let (wish, word, cost) = wish(&new, row)?;
    let request = Request {
        id: uuid::Uuid::now_v7().to_string(),
        camera: new.camera,
        rule: new.rule,
        wish,
        word,
        cost,
        asked: Deed { by: who.account.name.clone(), at: now, why: new.reason },
        refused: None,
        approved: None,
        until: None,
        ended: None,
        fired: 0,
    };
    request.check().map_err(refused)?;
    if !state.store.ask_of_rule(&request).await? {
        return Err(refused(Refused::AlreadyAsked));
    }
    told(&state, &request).await
}

/// What is wished, as which change, at which cost. Shelving costs all that the rule had confirmed.
fn wish(new: &NewRequest, row: &RuleQuality) -> Result<(Wish, String, Cost), Error> {
    let n = |tally: &Tally| u32::try_from(tally.n()).unwrap_or(u32::MAX);
    match (new.kind.as_str(), &row.proposal) {
        ("shelve", _) => {
            let minutes = new.minutes.unwrap_or(0);
            let (confirmed, false_alarms) = (n(&row.past_confirmed), n(&row.past_false_alarms));
            let cost = Cost { missed: confirmed, confirmed, avoided: false_alarms, false_alarms };
            Ok((Wish::Shelve { for_ms: minutes.saturating_mul(60_000) }, "shelve".into(), cost))
        }
        ("change", Some(feedback::Proposal { trial, lines: Some(lines), .. })) => {
            let cost = Cost {
                missed: n(&trial.missed),
                confirmed: n(&trial.confirmed),
                avoided: n(&trial.avoided),
                false_alarms: n(&trial.false_alarms),
            };
            let word = trial.change.as_str().to_owned();
            Ok((Wish::Change { lines: lines.clone() }, word, cost))
        }
        ("change", _) => {
            let message = "no change of this rule is proposed now; read the list again".into();
            Err(Error::Invalid { code: "no_proposal", message })
        }
        _ => Err(Error::BadRequest("kind is shelve or change".into())),
    }
}

/// Approves what somebody else has asked. A shelving begins now and ends by itself.
#[utoipa::path(post, path = "/rules/requests/{id}/approve", params(("id" = String, Path)),
    request_body = Why,
    responses((status = 200, body = Wire), (status = 403), (status = 404), (status = 422)))]
pub async fn approve(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> Result<Json<Wire>, Error> {
    decide(&state, &who, (&id, why), Ruling::Approve).await
}

/// Refuses what is asked, with a reason.
#[utoipa::path(post, path = "/rules/requests/{id}/refuse", params(("id" = String, Path)),
    request_body = Why,
    responses((status = 200, body = Wire), (status = 403), (status = 404), (status = 422)))]
pub async fn refuse(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> Result<Json<Wire>, Error> {
    decide(&state, &who, (&id, why), Ruling::Refuse).await
}

/// Takes a shelved rule back before its time, with a reason.
#[utoipa::path(post, path = "/rules/requests/{id}/unshelve", params(("id" = String, Path)),
    request_body = Why,
    responses((status = 200, body = Wire), (status = 403), (status = 404), (status = 422)))]
pub async fn unshelve(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(why): Body<Why>,
) -> Result<Json<Wire>, Error> {
    decide(&state, &who, (&id, why), Ruling::End).await
}

async fn decide(
    state: &AppState,
    who: &SignedIn,
    (id, why): (&str, Why),
    ruling: Ruling,
) -> Result<Json<Wire>, Error> {
    let verb = Verb::DecideRule;
    who.may(state, verb, id).await?;
    let request = state.store.rule_request(id).await?.ok_or(Error::NotFound("request"))?;
    let word = match ruling {
        Ruling::Approve => "approve",
        Ruling::Refuse => "refuse",
        Ruling::End => "unshelve",
    };
    let object = format!("{word} {id} {}/{}", request.camera, request.rule);
    let now = state.clock.now();
    let deed = Deed { by: who.account.name.clone(), at: now, why: why.reason };
    if let Err(reason) = request.may(ruling, &deed) {
        who.refused(state, verb, (&object, &reason.to_string())).await?;
        return Err(refused(reason));
    }
    who.pass_for(state, verb, (&object, &deed.why)).await?;
    if !state.store.rule_on_request(&request, ruling, &deed).await? {
        return Err(refused(Refused::AlreadyDecided));
    }
    tracing::info!(camera.id = %request.camera, rule.id = %request.rule, request.id = %id,
        "{word}: {} rule {} of camera {}", request.wish.as_str(), request.rule, request.camera);
    let after = state.store.rule_request(id).await?.ok_or(Error::NotFound("request"))?;
    told(state, &after).await
}

async fn told(state: &AppState, request: &Request) -> Result<Json<Wire>, Error> {
    let people = state.store.accounts().await?;
    let names = Names { config: &state.config, people: &people };
    Ok(Json(Wire::of(request, names, state.clock.now())))
}

fn refused(reason: Refused) -> Error {
    Error::Invalid { code: reason.code(), message: reason.to_string() }
}
