//! Who is asked to go: by a person's key or by the desk itself, and whom next when it was in vain.
//!
//! What the desk does by itself is found again in the rows by every pass, so that nothing depends
//! on what was in memory when the daemon was killed. The order of members is computed anew each
//! time, from the roster and the offers as they are then: nobody is asked who went off shift
//! meanwhile.

#![allow(clippy::wildcard_enum_match_arm, reason = "most states and acts ask nobody")]

use std::collections::HashMap;

use serde_json::Value;

use super::{Act, Actor, Cause, DeskTask, Outgoing, Refusal, Standing, Ticket};
use crate::event::Severity;
use crate::store::offer::Offered;
use crate::ticket::clocks::Running;
use crate::ticket::ladder::Level;
use crate::ticket::life::State;
use crate::ticket::ranking::{self, Bar, Candidate, Job, Placed, Tried};

/// An order is kept back for at most this part of the time to answer it (guess, revisit).
const HELD_SHARE: i64 = 4;

/// What a ticket wants of the desk now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    /// A person chooses; the desk only looks whether there is anybody.
    Watch,
    /// The first member is asked.
    First,
    /// The next member is asked in place of the one who does not answer.
    Next,
    /// A second member is asked to come.
    Second,
    Nothing,
}

impl DeskTask {
    /// Fills in what only the desk knows; for an order also everybody who could have been asked.
    pub(super) async fn complete(
        &self,
        act: Act,
        ticket: &Ticket,
        actor: &Actor,
    ) -> Result<(Act, Option<Value>), Refusal> {
        let id = uuid::Uuid::now_v7().to_string();
        let life = &ticket.life;
        Ok(match act {
            Act::Confirm { .. } => {
                let evidence = self.store.evidence_of(&ticket.id).await?.len();
                let reporter = self.store.reporter(&ticket.id).await?;
                let others_on_duty = self.operators_besides(&actor.name).await?;
                (Act::Confirm { evidence, reporter, others_on_duty }, None)
            }
            Act::Dispatch { member, .. } => {
                let ranked = self.ranked(ticket, life.severity, category(ticket)).await?;
                let standing = standing(&ranked, &member);
                (Act::Dispatch { offer: id, member, standing }, Some(ranking::to_json(&ranked)))
            }
            Act::Support { member, .. } => {
                let ranked = self.ranked(ticket, life.severity, category(ticket)).await?;
                let chosen = if member.is_empty() {
                    ranking::first(&ranked).map(|first| first.candidate.name.clone())
                } else {
                    Some(member)
                };
                let member = chosen.unwrap_or_default();
                let standing = standing(&ranked, &member);
                (Act::Support { offer: id, member, standing }, Some(ranking::to_json(&ranked)))
            }
            Act::DispatchAhead { member, class, .. } => {
                let ranked = self.ranked(ticket, class.severity, &class.category).await?;
                let permitted = self.may_go_ahead(class.severity);
                let standing = standing(&ranked, &member);
                let act = Act::DispatchAhead { offer: id, member, standing, class, permitted };
                (act, Some(ranking::to_json(&ranked)))
            }
            Act::Correct { named, verdict, reason, .. } => {
                let last = self.store.last_verdict(&ticket.id).await?;
                let evidence = self.store.evidence_of(&ticket.id).await?.len();
                let verdict = verdict.with_evidence(evidence);
                (Act::Correct { named, last, verdict, reason }, None)
            }
            Act::Acknowledge { deadline, .. } => (self.told_of(ticket, deadline).await?, None),
            other => (other, None),
        })
    }

    /// All members, best first, for this ticket now.
    async fn ranked(
        &self,
        ticket: &Ticket,
        severity: Severity,
        category: &str,
    ) -> Result<Vec<Placed>, Refusal> {
        let known = self.candidates().await?;
        self.rank(ticket, (severity, category), known).await
    }

    async fn rank(
        &self,
        ticket: &Ticket,
        (severity, category): (Severity, &str),
        mut known: Vec<Candidate>,
    ) -> Result<Vec<Placed>, Refusal> {
        let mut tried = self.tried(ticket).await?;
        tried.retain(|member, _| !ticket.life.crew.may_take_over(&ticket.life.state, member));
        for candidate in &mut known {
            candidate.tried = tried.get(&candidate.name).copied();
        }
        let now = self.clock.now();
        let job = Job { severity, category, camera: ticket.origin.camera.as_str(), now };
        Ok(self.ground.rank(job, known))
    }

    /// Does at once what the next pass would do; what goes wrong then is the pass's.
    pub(super) async fn assign_after(&self, ticket: Ticket) -> Ticket {
        if !matches!(ticket.life.state, State::Confirmed { .. }) {
            return ticket;
        }
        // Before it is classified nobody is asked, and looking at all members takes its time.
        if matches!(self.want(&ticket).await, Ok(Want::Nothing)) {
            return ticket;
        }
        let _turn = self.sending.all().await;
        match self.assign(ticket.clone()).await {
            Ok(assigned) => assigned,
            Err(error) => {
                tracing::warn!(ticket.id = %ticket.id, %error, "nobody is asked yet");
                ticket
            }
        }
    }

    /// Asks whoever is to be asked, for every ticket that waits for a member.
    pub(super) async fn assign_waiting(&self) -> Result<(), Refusal> {
        let now = self.clock.now();
        for ticket in self.store.wanting(now).await? {
            let id = ticket.id.clone();
            let _turn = self.sending.all().await;
            match self.assign(ticket).await {
                Ok(_) => {}
                Err(Refusal::Store(crate::store::Error::Conflict { .. })) => {
                    tracing::debug!(ticket.id = %id, "an act came first; looked at again");
                }
                // One ticket that cannot be served does not keep the later ones from it.
                Err(error) => {
                    tracing::error!(ticket.id = %id, %error, "nobody could be asked; tried again");
                }
            }
        }
        Ok(())
    }

    async fn assign(&self, ticket: Ticket) -> Result<Ticket, Refusal> {
        let want = self.want(&ticket).await?;
        if want == Want::Nothing {
            return Ok(ticket);
        }
        // That the time ran out is marked before its consequence.
        let ticket = if want == Want::Next { self.up_to_date(ticket).await? } else { ticket };
        let ranked = self.ranked(&ticket, ticket.life.severity, category(&ticket)).await?;
        let first = ranking::first(&ranked).map(|first| first.candidate.name.clone());
        let offer = uuid::Uuid::now_v7().to_string();
        let standing = Standing::OnShift;
        let act = match (want, first) {
            (Want::First, Some(member)) => Act::Dispatch { offer, member, standing },
            (Want::Next, Some(member)) => Act::Reoffer { offer, member, standing },
            (Want::Second, Some(member)) => Act::Support { offer, member, standing },
            (Want::Watch, Some(_)) if ticket.life.crew.nobody_since.is_some() => Act::Somebody,
            (Want::First | Want::Next | Want::Watch, None)
                if ticket.life.crew.nobody_since.is_none() =>
            {
                Act::Nobody
            }
            _ => return Ok(ticket),
        };
        if act == Act::Nobody {
            tracing::warn!(ticket.id = %ticket.id, ticket.number, "nobody can be asked to go");
        }
        let ranking = (act != Act::Somebody).then(|| ranking::to_json(&ranked));
        let cause = Cause { ranking, ..Cause::of(Actor::system()) };
        self.change(ticket, act, &cause).await
    }

    async fn want(&self, ticket: &Ticket) -> Result<Want, Refusal> {
        let life = &ticket.life;
        Ok(match &life.state {
            State::Confirmed { .. } if life.category.is_some() => {
                let owners = self.owners(ticket).await?;
                match owners.last().and_then(|offer| offer.outcome.as_deref()) {
                    Some("refused" | "expired") => Want::First,
                    // Whoever took the order back wants to choose.
                    Some(_) => Want::Watch,
                    None if self.is_automatic(life.severity) => Want::First,
                    None => Want::Watch,
                }
            }
            State::Offered { clock, .. } if self.has_come(ticket, clock, Level::Reoffer) => {
                Want::Next
            }
            State::Accepted { clock, .. }
                if self.has_come(ticket, clock, Level::SecondUnit)
                    && self.store.offers_of(&ticket.id).await?.iter().all(is_owner) =>
            {
                Want::Second
            }
            _ => Want::Nothing,
        })
    }

    /// Whether the rules let this severity go out before the verdict.
    fn may_go_ahead(&self, severity: Severity) -> bool {
        let policies = self.policies();
        let rules = policies.in_force(self.clock.now()).rules();
        rules.dispatch_before_verify.iter().any(|word| word == severity.as_str())
    }

    /// Whether the rules have this done about the clock by now.
    fn has_come(&self, ticket: &Ticket, clock: &Running, deed: Level) -> bool {
        let policies = self.policies();
        let due = policies.of(ticket.life.policy).deed(&ticket.life, clock, deed);
        due.is_some_and(|due| due <= self.clock.now())
    }

    async fn tried(&self, ticket: &Ticket) -> Result<HashMap<String, Tried>, Refusal> {
        if ticket.life.offers == 0 {
            return Ok(HashMap::new());
        }
        Ok(self.store.tried(&ticket.id).await?)
    }

    async fn owners(&self, ticket: &Ticket) -> Result<Vec<Offered>, Refusal> {
        if ticket.life.offers == 0 {
            return Ok(Vec::new());
        }
        let mut offers = self.store.offers_of(&ticket.id).await?;
        offers.retain(is_owner);
        Ok(offers)
    }

    fn is_automatic(&self, severity: Severity) -> bool {
        self.ground.dispatch().auto.iter().any(|word| word == severity.as_str())
    }

    /// Orders that come soon after another one to the same member wait, so that they ring once;
    /// an emergency never waits.
    pub(super) async fn bundle(
        &self,
        ticket: &Ticket,
        messages: &mut [Outgoing],
    ) -> Result<(), Refusal> {
        let clock_ms =
            ticket.life.state.clock().map_or(0, |clock| clock.due.since_ms(clock.started));
        let wished_ms = i64::from(self.ground.dispatch().bundle_s) * 1000;
        let within_ms = wished_ms.min(clock_ms / HELD_SHARE);
        if within_ms == 0 || ticket.life.severity == Severity::S1 {
            return Ok(());
        }
        for order in messages.iter_mut().filter(|message| message.kind == "order") {
            order.hold = self.store.hold_until(&order.topic, self.clock.now(), within_ms).await?;
        }
        Ok(())
    }

    /// Sends what has waited long enough.
    pub(super) async fn release_held(&self) {
        match self.store.release_held(self.clock.now()).await {
            Ok(0) => {}
            Ok(_) => self.outbox.notify_one(),
            Err(error) => tracing::error!(%error, "orders that wait together wait on"),
        }
    }
}

/// The classified category, before that the proposed one.
fn category(ticket: &Ticket) -> &str {
    ticket.life.category.as_deref().unwrap_or(&ticket.life.proposed_category)
}

fn is_owner(offer: &Offered) -> bool {
    offer.part == "owner"
}

/// Whether this member may be sent an order by a person's own choice: who refused, or did not
/// answer, may be asked again.
fn standing(ranked: &[Placed], member: &str) -> Standing {
    let Some(placed) = ranked.iter().find(|placed| placed.candidate.name == member) else {
        return Standing::Unknown;
    };
    match placed.bar {
        None | Some(Bar::Tried(Tried::Refused | Tried::Expired | Tried::Withdrawn)) => {
            Standing::OnShift
        }
        Some(Bar::Tried(Tried::Asked)) => Standing::HasOrder,
        Some(Bar::OffShift) => Standing::OffShift,
        Some(Bar::NotSignedOn) => Standing::NotSignedOn,
        Some(Bar::Suspended) => Standing::Suspended,
        Some(Bar::NotCapable) => Standing::NotCapable,
    }
}
