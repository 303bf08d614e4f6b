//! Gathers what the wire says of tickets besides the tickets themselves.

use std::collections::HashMap;

use super::session::SignedIn;
use super::wire::Named;
use super::wire_act::verb_of;
use super::wire_crew::{Candidate, Offer};
use super::wire_detail::{self as detail, LogLine, TicketDetail};
use super::wire_link;
use super::wire_ticket::{self as wire, About};
use super::{AppState, Error};
use crate::access::{self, Verb};
use crate::ticket::life::State;
use crate::ticket::lifecycle::{self, Moment};
use crate::ticket::ranking::Job;
use crate::ticket::{Role, Standing, ladder};
use crate::ticket::{Ticket, TicketId};

/// Names on screens, by account.
pub struct Names(HashMap<String, String>);

impl Names {
    /// The account with its name; one that is gone keeps its id.
    #[must_use]
    pub fn named(&self, name: &str) -> Named {
        let display = self.0.get(name).map_or(name, String::as_str);
        Named { name: name.to_owned(), display: display.to_owned() }
    }
}

/// Everybody's name.
///
/// # Errors
/// What the store said.
pub async fn names(state: &AppState) -> Result<Names, Error> {
    let accounts = state.store.accounts().await?.into_iter();
    Ok(Names(accounts.map(|account| (account.name, account.display)).collect()))
}

/// Names and pictures for these tickets.
///
/// # Errors
/// What the store said.
pub async fn about<'a>(state: &'a AppState, ids: &[&TicketId]) -> Result<About<'a>, Error> {
    let accounts = state.store.accounts().await?;
    let names: HashMap<String, String> =
        accounts.into_iter().map(|account| (account.name, account.display)).collect();
    let pictures = state.store.pictures_of(ids).await?;
    let missing = state.store.missing_receipts().await?;
    let unreceived = missing
        .into_iter()
        .filter_map(|receipt| Some((receipt.offer, receipt.received_late?)))
        .collect();
    Ok(About { names, pictures, unreceived, cameras: &state.cameras })
}

/// Tickets as the screens see them, in the same order.
///
/// # Errors
/// What the store said.
pub async fn tickets(state: &AppState, tickets: &[Ticket]) -> Result<Vec<wire::Ticket>, Error> {
    let ids: Vec<&TicketId> = tickets.iter().map(|ticket| &ticket.id).collect();
    let about = about(state, &ids).await?;
    Ok(tickets.iter().map(|ticket| wire::Ticket::of(ticket, &about)).collect())
}

/// Everything about one ticket, with what this person may do.
///
/// # Errors
/// What the store said.
pub async fn detail(
    state: &AppState,
    who: &SignedIn,
    ticket: &Ticket,
) -> Result<TicketDetail, Error> {
    let about = about(state, &[&ticket.id]).await?;
    let mut log = state.store.log_of_ticket(&ticket.id).await?;
    // How colleagues stood is not a member's business, nor the room's.
    if matches!(who.account.role, Role::PatrolMember | Role::Wall) {
        let facts = log.iter_mut().filter_map(|line| line.detail.as_object_mut());
        facts.for_each(|facts| drop(facts.remove("ranking")));
    }
    let evidence = state.store.evidence_of(&ticket.id).await?;
    let offers = state.store.offers_of(&ticket.id).await?;
    let receipts = state.store.receipts_of(&ticket.id).await?;
    let calls = state.store.calls_of(&ticket.id).await?;
    Ok(TicketDetail {
        receipts: receipts.into_iter().map(|one| wire_link::Receipt::of(one, &about)).collect(),
        checks: state.store.checks_of(&ticket.id).await?.into_iter().map(Into::into).collect(),
        positions: positions(state, who, ticket).await?,
        calls: calls.into_iter().map(|one| wire_link::Call::of(one, &about)).collect(),
        ticket: wire::Ticket::of(ticket, &about),
        area: ticket.origin.area.map(|a| [a.x0, a.y0, a.x1, a.y1]),
        at_ms: ticket.origin.at.0,
        log: log.into_iter().map(|line| LogLine::of(line, &about)).collect(),
        evidence: evidence.into_iter().map(Into::into).collect(),
        candidates: candidates(state, who, ticket).await?,
        offers: offers.into_iter().map(|offer| Offer::of(offer, &about)).collect(),
        deadlines: deadlines(state, who, ticket, &about).await?,
        acts: acts(state, who, ticket),
        reply: ticket.life.state.reply().map(Into::into),
        review: wire_review(ticket),
    })
}

/// Where members were; whereabouts are for those who dispatch.
async fn positions(
    state: &AppState,
    who: &SignedIn,
    ticket: &Ticket,
) -> Result<Vec<wire_link::Position>, Error> {
    if access::permit(&who.account.actor(), Verb::Dispatch).is_err() {
        return Ok(Vec::new());
    }
    let positions = state.store.positions_of(&ticket.id).await?;
    Ok(positions.into_iter().map(Into::into).collect())
}

/// The ladders of a ticket; a member sees none of what is said of him.
async fn deadlines(
    state: &AppState,
    who: &SignedIn,
    ticket: &Ticket,
    about: &About<'_>,
) -> Result<Vec<detail::LadderStep>, Error> {
    if who.account.role == Role::PatrolMember {
        return Ok(Vec::new());
    }
    let past = state.store.past_deadlines(&ticket.id).await?;
    let policies = state.desk.policies();
    let whole = ladder::whole(&ticket.life, policies.of(ticket.life.policy));
    Ok(detail::LadderStep::all(&past, &whole, about, &who.account.name))
}

fn wire_review(ticket: &Ticket) -> Option<detail::Review> {
    wire::review(&ticket.life.state).map(Into::into)
}

/// What the ticket allows this person now, and his role too.
fn acts(state: &AppState, who: &SignedIn, ticket: &Ticket) -> Vec<&'static str> {
    let actor = who.account.actor();
    // Whether the roster has the person now is said when an act is tried.
    let policies = state.desk.policies();
    let (now, policy) = (state.clock.now(), policies.of(ticket.life.policy));
    let moment = Moment { actor: &actor, standing: Standing::OnShift, now, policy };
    let may = |act: &&str| verb_of(act).is_some_and(|verb| access::permit(&actor, verb).is_ok());
    lifecycle::possible(&ticket.life, moment).into_iter().filter(may).collect()
}

/// Whom an order could go to; nobody but a dispatcher sees the ranking.
async fn candidates(
    state: &AppState,
    who: &SignedIn,
    ticket: &Ticket,
) -> Result<Vec<Candidate>, Error> {
    let over = matches!(ticket.life.state, State::Handled { .. }) || !ticket.life.state.is_open();
    if over || access::permit(&who.account.actor(), Verb::Dispatch).is_err() {
        return Ok(Vec::new());
    }
    let now = state.clock.now();
    let mut known = state.store.candidates(now).await?;
    let mut tried = state.store.tried(&ticket.id).await?;
    tried.retain(|member, _| !ticket.life.crew.may_take_over(&ticket.life.state, member));
    for candidate in &mut known {
        candidate.phone_online = phone_online(state, &candidate.name);
        candidate.tried = tried.get(&candidate.name).copied();
    }
    let life = &ticket.life;
    let category = life.category.as_deref().unwrap_or(&life.proposed_category);
    let camera = ticket.origin.camera.as_str();
    let job = Job { severity: life.severity, category, camera, now };
    Ok(state.ground().rank(job, known).into_iter().enumerate().map(Into::into).collect())
}

/// Whether a member's phone is connected, if the broker tells.
#[must_use]
pub fn phone_online(state: &AppState, member: &str) -> Option<bool> {
    state.phones.as_ref().map(|phones| phones.borrow().contains(member))
}
