//! Lists of tickets, one ticket with everything, and the acts of people at screens.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;

use super::ask::{Asked, Body};
use super::session::SignedIn;
use super::wire_act::{Wanted, verb_of};
use super::wire_detail::{LogLine, TicketDetail};
use super::wire_ticket as wire;
use super::{AppState, Error, describe};
use crate::access::Verb;
use crate::ticket::task::{Order, Refusal};
use crate::ticket::{Act, Role, Ticket, TicketId};

/// How far back `recent` goes: what fits beside the open ones on a wall.
const RECENT_MAX: i64 = 50;

/// Which tickets.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum View {
    Open,
    Recent,
    Review,
}

#[derive(Deserialize)]
pub struct Which {
    view: View,
}

/// A list of tickets.
#[utoipa::path(get, path = "/tickets", params(("view" = String, Query, description = "open, recent or review")),
    responses((status = 200, body = Vec<wire::Ticket>), (status = 403)))]
pub async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Asked(which): Asked<Which>,
) -> Result<Json<Vec<wire::Ticket>>, Error> {
    who.may(&state, Verb::ViewWall, "tickets").await?;
    let found = match which.view {
        View::Open => state.store.open_tickets().await?,
        View::Recent => state.store.recent_tickets(RECENT_MAX).await?,
        View::Review => state.store.unreviewed_tickets().await?,
    };
    Ok(Json(describe::tickets(&state, &found).await?))
}

/// One ticket.
///
/// # Errors
/// `NotFound`, or what the store said.
pub async fn load(state: &AppState, id: String) -> Result<Ticket, Error> {
    state.store.ticket(&TicketId(id)).await?.ok_or(Error::NotFound("ticket"))
}

/// Whether the ticket has an order out at this member that the centre has not finished with.
#[must_use]
pub fn is_order_of(ticket: &Ticket, member: &str) -> bool {
    let owner = ticket.life.state.offer();
    let mut orders = owner.into_iter().chain(ticket.life.crew.out());
    ticket.life.state.is_open() && orders.any(|offer| offer.member == member)
}

/// One ticket with its log, evidence and possible acts.
#[utoipa::path(get, path = "/tickets/{id}", params(("id" = String, Path)),
    responses((status = 200, body = TicketDetail), (status = 403), (status = 404)))]
pub async fn one(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<TicketDetail>, Error> {
    let member = who.account.role == Role::PatrolMember;
    let found = load(&state, id.clone()).await;
    let his = found.as_ref().is_ok_and(|ticket| is_order_of(ticket, &who.account.name));
    if member && !his {
        who.refuse(&state, Verb::ViewTicket, &id).await?;
    }
    who.pass(&state, Verb::ViewTicket, &id).await?;
    Ok(Json(describe::detail(&state, &who, &found?).await?))
}

/// Does something to a ticket.
#[utoipa::path(post, path = "/tickets/{id}/act", params(("id" = String, Path)),
    request_body = Wanted,
    responses((status = 200, body = TicketDetail), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
pub async fn act(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<TicketDetail>, Error> {
    let act = Act::try_from(wanted.act)?;
    let verb = verb_of(act.as_str()).expect("every act of the screens has its right");
    who.pass(&state, verb, &id).await?;
    let order = Order {
        ticket: TicketId(id),
        version: Some(wanted.version),
        actor: who.account.actor(),
        act,
        answer: None,
    };
    let seen = (order.ticket.clone(), wanted.version);
    let ticket = match state.desk.act(order).await {
        Err(Refusal::Conflict { by, version }) => {
            return Err(conflict(&state, seen, (by, version)).await?);
        }
        done => done?,
    };
    Ok(Json(describe::detail(&state, &who, &ticket).await?))
}

/// Who was first, and what people have done to the ticket since this one saw it.
async fn conflict(
    state: &AppState,
    (ticket, seen): (TicketId, i64),
    (by, version): (String, i64),
) -> Result<Error, Error> {
    let about = describe::about(state, &[]).await?;
    let lines = state.store.log_of_ticket(&ticket).await?.into_iter();
    let since = lines.filter(|line| line.version > seen && line.role != Role::System);
    let changes: Vec<LogLine> = since.map(|line| LogLine::of(line, &about)).collect();
    let changes = serde_json::to_value(changes).unwrap_or_default();
    Ok(Error::Conflict { by_display: about.display(&by), by, version, changes })
}
