//! Which tickets are to be reviewed, by rule; and the second review of a tenth of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ask::{Asked, Body};
use super::session::SignedIn;
use super::{AppState, Error, site};
use crate::access::Verb;
use crate::config::codes::REVIEW_ITEMS;
use crate::report::agreement::ReviewForm;
use crate::report::task::make;
use crate::report::{Week, figures};
use crate::store::issue::SecondReview;
use crate::ticket::history::{Case, Verdict};
use crate::ticket::{Rejected, TicketId};

/// Longest note, characters; as that of the first review.
const NOTE_MAX: usize = 1000;

#[derive(Deserialize)]
pub struct Which {
    week: String,
}

/// A ticket that the rule of sampling picked.
#[derive(Serialize, ToSchema)]
pub struct Pick {
    pub ticket: String,
    pub number: i64,
    /// `s1`, `far_over`, `reopened`, `lot`, `turn`.
    pub why: &'static str,
    pub reviewed: bool,
    /// A second reviewer looks too, without seeing the first form.
    pub twice: bool,
}

/// The picks of a week; drawn by lot from its log, the same for everybody.
#[utoipa::path(get, path = "/review/picks", params(("week" = String, Query)),
    responses((status = 200, body = Vec<Pick>), (status = 403), (status = 404)))]
pub async fn picks(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(which): Asked<Which>,
) -> Result<Json<Vec<Pick>>, Error> {
    who.may(&state, Verb::Review, &which.week).await?;
    let (zone, now) = (site::zone(&state), state.clock.now());
    let week = Week::parse_begun(&which.week, now, &zone).map_err(|_| Error::NotFound("week"))?;
    let report = make(&state.store, &state.config, week, now).await?;
    let pick = |pick: &crate::report::sampling::Pick| Pick {
        ticket: pick.ticket.id.0.clone(),
        number: pick.ticket.number,
        why: pick.why.as_str(),
        reviewed: pick.reviewed,
        twice: pick.twice,
    };
    Ok(Json(report.picks.iter().map(pick).collect()))
}

#[derive(Deserialize, ToSchema)]
pub struct NewReview {
    ticket: String,
    /// Item -> yes, no, na; every item of the form.
    items: BTreeMap<String, String>,
    #[serde(default)]
    note: String,
}

/// A second review of a ticket, by somebody who had no part in it and did not review it first.
#[utoipa::path(post, path = "/review/second", request_body = NewReview,
    responses((status = 204), (status = 400), (status = 403), (status = 404), (status = 422)))]
pub async fn second(
    State(state): State<AppState>,
    who: SignedIn,
    Body(new): Body<NewReview>,
) -> Result<StatusCode, Error> {
    who.pass(&state, Verb::Review, &new.ticket).await?;
    let id = TicketId(new.ticket);
    let lines = state.store.log_of_ticket(&id).await?;
    let now = state.clock.now();
    let told = Case::tell(&lines.iter().collect::<Vec<_>>(), now.plus_ms(1));
    let case = told.filter(|case| case.closed.is_some()).ok_or(Error::NotFound("closed ticket"))?;
    let me = who.account.name.as_str();
    if had_a_part(&case, me) {
        return Err(Rejected::ReviewerWasInvolved.into());
    }
    let review = SecondReview {
        form: ReviewForm {
            ticket: id,
            reviewer: me.to_owned(),
            score: score(&new.items)?,
            items: new.items,
        },
        note: new.note.chars().take(NOTE_MAX).collect(),
        at: now,
    };
    match state.store.add_second_review(&review).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Rejected::AlreadyReviewed { by: me.to_owned() }.into()),
    }
}

fn had_a_part(case: &Case, name: &str) -> bool {
    let verifier = match &case.verdict {
        Verdict::Confirmed { by, .. } => by == name,
        Verdict::Waiting
        | Verdict::Undetermined
        | Verdict::FalseAlarm { .. }
        | Verdict::Test { .. } => false,
    };
    let first = case.review.as_ref().is_some_and(|review| review.by == name);
    let handled = case.orders.iter().any(|order| order.member == name || order.sent_by == name);
    verifier || first || handled || case.closed_by.as_deref() == Some(name)
}

/// 100 times yes of yes and no; every item has to be answered.
fn score(items: &BTreeMap<String, String>) -> Result<Option<u8>, Error> {
    let bad = |what: &str| Error::BadRequest(format!("{what}; answer each item yes, no or na"));
    for item in REVIEW_ITEMS {
        match items.get(*item).map(String::as_str) {
            Some("yes" | "no" | "na") => {}
            Some(other) => return Err(bad(&format!("'{other}' is no answer to {item}"))),
            None => return Err(bad(&format!("{item} is missing"))),
        }
    }
    if let Some(strange) = items.keys().find(|item| !REVIEW_ITEMS.contains(&item.as_str())) {
        return Err(bad(&format!("there is no item {strange}")));
    }
    let count = |word| items.values().filter(|mark| *mark == word).count();
    let share = figures::share(count("yes"), count("yes") + count("no"));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    Ok(share.map(|share| (share * 100.0).round() as u8))
}
