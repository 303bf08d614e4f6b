//! Firings into observations: which one takes a firing, and how an operator takes one apart again.

use serde_json::{Value, json};

use super::{Act, Actor, Cause, DeskTask, Filing, Order, Refusal, Ticket, TicketId, announce};
use crate::event::Fired;
use crate::store::event::Event;
use crate::store::ticket::{Change, Taken};
use crate::ticket::clocks::ClockName;
use crate::ticket::filing::{self, Candidate, Firing, Why};
use crate::ticket::life::State;
use crate::ticket::lifecycle::{self, Moment};
use crate::ticket::{Origin, Rejected, Source, ladder, log};

/// A firing that joins, and why.
pub(super) struct Joining {
    pub(super) event: Event,
    pub(super) why: Why,
}

impl Joining {
    /// What the line of the log says of it besides the act.
    pub(super) fn add_to(&self, detail: &mut Value) {
        let (event, fired) = (&self.event, &self.event.fired);
        detail["why"] = json!(self.why.as_str());
        detail["event"] = json!(event.id);
        detail["camera"] = json!(fired.camera.as_str());
        detail["camera_name"] = json!(event.camera_name);
        detail["rule"] = json!(fired.reason.rule);
        detail["rule_name"] = json!(event.rule_name);
        detail["fired_ms"] = json!(fired.at.0);
    }

    pub(super) fn taken(&self) -> Taken<'_> {
        Taken { event: &self.event, joined: Some(self.why.as_str()) }
    }
}

/// Where the observation of a firing comes from.
fn origin(event: &Event) -> Origin {
    Origin {
        source: Source::VideoAlarm,
        camera: event.fired.camera.clone(),
        camera_name: event.camera_name.clone(),
        rule_name: event.rule_name.clone(),
        reason: Some(event.fired.reason.clone()),
        text: None,
        area: event.fired.area,
        at: event.fired.at,
    }
}

fn firing(event: &Event) -> Firing<'_> {
    let (fired, proposal) = (&event.fired, &event.proposal);
    Firing { fired, proposal, coalesce_ms: event.coalesce_ms }
}

impl DeskTask {
    /// Files a firing: it joins an observation, or is one.
    pub(super) async fn file_event(&self, event: Event) -> Result<(), Refusal> {
        let open = self.open_nearby(&event).await?;
        let candidates: Vec<Candidate> =
            open.iter().map(|(ticket, firings)| Candidate { ticket, firings }).collect();
        let chosen = filing::choose(firing(&event), &candidates, &self.overlaps);
        if let Some((ticket, why)) = chosen {
            let joining = Some(Joining { event: event.clone(), why });
            let cause = Cause { joining, ..Cause::of(Actor::system()) };
            self.change(ticket.clone(), Act::Join, &cause).await?;
            return Ok(());
        }
        let (origin, proposal) = (origin(&event), event.proposal.clone());
        self.open((TicketId::new(), origin), &proposal, (Actor::system(), Some(event))).await?;
        Ok(())
    }

    /// Undecided observations of the camera, and of those that see the same place, with their
    /// latest firings.
    async fn open_nearby(&self, event: &Event) -> Result<Vec<(Ticket, Vec<Fired>)>, Refusal> {
        let here = event.fired.camera.as_str();
        let neighbours = filing::neighbours(here, &self.overlaps);
        let mut cameras: Vec<&str> = neighbours.into_iter().map(|(id, _)| id).collect();
        cameras.push(here);
        cameras.sort_unstable();
        cameras.dedup();
        let since = filing::since(firing(event));
        let mut open = Vec::new();
        for camera in cameras {
            for ticket in self.store.undecided(camera, since).await? {
                let firings = self.store.latest_firings(&ticket.id).await?;
                open.push((ticket, firings));
            }
        }
        Ok(open)
    }

    /// Makes a firing that joined an observation of its own, which never joins again.
    pub(super) async fn separate(&self, order: &Order, before: Ticket) -> Result<Ticket, Refusal> {
        let Act::Separate { event } = &order.act else { return Ok(before) };
        let now = self.clock.now();
        let standing = self.standing(&order.actor).await?;
        let policies = self.policies();
        let policy = policies.of(before.life.policy);
        let moment = Moment { actor: &order.actor, standing, now, policy };
        let step = lifecycle::step(&before.life, &order.act, moment)?;
        let joined = self.store.joined_event(event, &before.id).await?;
        let event = joined.ok_or(Refusal::Rejected(Rejected::NotJoined))?;
        let after = Ticket { version: before.version + 1, life: step.life, ..before.clone() };
        let mut detail = log::detail(&before.life, &order.act, &after.life);
        let id = TicketId::new();
        detail["new_ticket"] = json!(id.0);
        let line = self.line(&after, (&order.actor, order.act.as_str()), detail);
        let change = Change {
            before: &before,
            after: &after,
            line: &line,
            messages: &[],
            answer: None,
            event: None,
            marks: self.marks(&order.act, (&before.life, &after.life), &order.actor),
        };
        let filing = self.own_filing(id, event, now);
        let facts = |ticket: &Ticket| {
            let mut detail = log::opened(ticket);
            detail["old_ticket"] = json!(before.id.0);
            // A rule reported it, not whoever took it apart.
            let line = self.line(ticket, (&Actor::system(), "open"), detail);
            (line, self.announcement(ticket))
        };
        let new = self.store.separate(change, filing, now, facts).await?;
        tracing::info!(ticket.id = %new.id, ticket.number = new.number, "a firing was taken apart");
        self.outbox.notify_one();
        announce(&self.changes, new);
        announce(&self.changes, after.clone());
        Ok(after)
    }

    /// The observation that a firing becomes; its clock runs from now, nobody was late with it.
    fn own_filing(&self, id: TicketId, event: Event, now: crate::clock::UnixMs) -> Filing {
        let origin = origin(&event);
        let policies = self.policies();
        let policy = policies.in_force(now);
        let mut life = filing::open(&origin, &event.proposal, policy);
        let clock = policy.clock(&life, ClockName::Verify, now);
        life.state = State::New { clock };
        let next = ladder::next(&life, policy);
        Filing { id, origin, life, event: Some(event), next }
    }
}
