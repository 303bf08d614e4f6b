//! The desk: the one writer of tickets.
//!
//! It takes wishes from rules, people and phones in their order (`hands.rs`), asks `step`, commits
//! what comes of it and tells the screens. Due times are rows; a pass over them once a second finds
//! those that ran out, also after a restart.

mod wish;
mod hands;
mod joining;
mod assigning;
mod roll;
mod turns;
mod deadlines;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::{Mutex, Notify, broadcast, mpsc, oneshot, watch};

use hands::may_send;
pub use wish::{Encode, EncodeRefusal, Manual, Order, Refusal};

use super::act::{Act, Effect, Rejected, Standing};
use super::clocks::Policy;
use super::filing::{self, Proposal};
use super::ladder;
use super::lifecycle::{self, Moment};
use super::log::{self, LogEntry};
use super::ranking::Ground;
use super::versions::Policies;
use super::{Actor, Origin, Role, Source, Ticket, TicketId};
use crate::clock::Clock;
use crate::config::Overlap;
use crate::event::News;
use crate::store::answer::Answered;
use crate::store::event::Event;
use crate::store::outbox::Outgoing;
use crate::store::ticket::{Change, Filing};
use crate::store::{self, Store};
use joining::Joining;
use roll::Roll;
use turns::Turns;

/// Wishes that may wait: a hundred consoles and phones that all act at once (guess, revisit).
const WISHES_MAX: usize = 128;
/// Changes that a slow screen may lag behind before it has to read the lists again.
const CHANGES_MAX: usize = 256;
/// Firings that are filed at once: so many share a sync of the disk (guess, revisit).
const FILINGS_MAX: usize = 16;
/// How often due times are looked at; a clock of 60 s is then at most 2 % late.
const PASS_EVERY: Duration = Duration::from_secs(1);

enum Wish {
    Act(Box<Order>, oneshot::Sender<Result<Ticket, Refusal>>),
    Observe(Box<Manual>, oneshot::Sender<Result<Ticket, Refusal>>),
    Hear(News),
    Look(oneshot::Sender<()>),
}

/// The way to the desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    wishes: mpsc::Sender<Wish>,
    changes: broadcast::Sender<Arc<Ticket>>,
    policies: watch::Receiver<Arc<Policies>>,
}

impl Desk {
    /// The rules that hold, and those that tickets were born with.
    #[must_use]
    pub fn policies(&self) -> Arc<Policies> {
        Arc::clone(&self.policies.borrow())
    }

    /// Wants an act done and waits until it is committed or refused.
    ///
    /// # Errors
    /// The refusal, with its reason.
    pub async fn act(&self, order: Order) -> Result<Ticket, Refusal> {
        self.wish(|reply| Wish::Act(Box::new(order), reply)).await
    }

    /// Files an operator's own observation.
    ///
    /// # Errors
    /// What the store said.
    pub async fn observe(&self, manual: Manual) -> Result<Ticket, Refusal> {
        self.wish(|reply| Wish::Observe(Box::new(manual), reply)).await
    }

    /// Tells the desk of news about an event. Never waits: a pass looks for rows anyway, and a
    /// screen that misses a clip sees it when it reads the ticket again.
    pub fn hear(&self, news: News) {
        if self.wishes.try_send(Wish::Hear(news)).is_err() {
            tracing::debug!("the desk is busy or has stopped; the next pass finds the event");
        }
    }

    /// Looks at once at what waits and what is due, not within a second; returns when that is done.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn look(&self) -> Result<(), Refusal> {
        let (reply, answer) = oneshot::channel();
        self.wishes.send(Wish::Look(reply)).await.map_err(|_| Refusal::Stopped)?;
        answer.await.map_err(|_| Refusal::Stopped)
    }

    /// Every committed change from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Arc<Ticket>> {
        self.changes.subscribe()
    }

    /// Tells the screens of something new about a ticket that is not an act, such as a photo.
    pub fn touch(&self, ticket: Ticket) {
        announce(&self.changes, ticket);
    }

    async fn wish<F>(&self, make: F) -> Result<Ticket, Refusal>
    where
        F: FnOnce(oneshot::Sender<Result<Ticket, Refusal>>) -> Wish + Send,
    {
        let (reply, answer) = oneshot::channel();
        self.wishes.send(make(reply)).await.map_err(|_| Refusal::Stopped)?;
        answer.await.map_err(|_| Refusal::Stopped)?
    }
}

/// What the desk works with.
pub struct DeskTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    /// Every version of the rules.
    policies: watch::Sender<Arc<Policies>>,
    /// Cameras that see the same place.
    pub overlaps: Vec<Overlap>,
    /// Beats, ways and what members can do.
    pub ground: Ground,
    pub encode: Encode,
    pub encode_refusal: EncodeRefusal,
    /// Wakes the link when messages wait.
    pub outbox: Arc<Notify>,
    roll: Roll,
    /// Had from the choice of a member until the order to him is committed.
    sending: Turns,
    /// Held from the search for an observation that takes a firing until it is filed.
    filing: Mutex<()>,
    /// Held during a pass: of two at once the slower would see tickets that the other has changed,
    /// and leave them to a third.
    passing: Mutex<()>,
    wishes: mpsc::Receiver<Wish>,
    changes: broadcast::Sender<Arc<Ticket>>,
}

/// The parts that `desk` is made from.
pub struct DeskParts {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub policy: Policy,
    pub overlaps: Vec<Overlap>,
    pub ground: Ground,
    pub encode: Encode,
    pub encode_refusal: EncodeRefusal,
    pub outbox: Arc<Notify>,
}

/// The desk and the way to it.
#[must_use]
pub fn desk(parts: DeskParts) -> (Desk, DeskTask) {
    let (wishes, inbox) = mpsc::channel(WISHES_MAX);
    let (changes, _) = broadcast::channel(CHANGES_MAX);
    let (policies, known) = watch::channel(Arc::new(Policies::new(parts.policy)));
    let task = DeskTask {
        store: parts.store,
        clock: parts.clock,
        policies,
        overlaps: parts.overlaps,
        ground: parts.ground,
        encode: parts.encode,
        encode_refusal: parts.encode_refusal,
        outbox: parts.outbox,
        roll: Roll::default(),
        sending: Turns::default(),
        filing: Mutex::default(),
        passing: Mutex::default(),
        wishes: inbox,
        changes: changes.clone(),
    };
    (Desk { wishes, changes, policies: known }, task)
}

fn announce(changes: &broadcast::Sender<Arc<Ticket>>, ticket: Ticket) {
    if changes.send(Arc::new(ticket)).is_err() {
        tracing::trace!("no screen listens");
    }
}

impl DeskTask {
    async fn grant(&self, wish: Wish) {
        let (result, reply) = match wish {
            Wish::Act(order, reply) => (self.act(*order).await, reply),
            Wish::Observe(manual, reply) => (self.observe(*manual).await, reply),
            Wish::Look(reply) => {
                self.pass().await;
                if reply.send(()).is_err() {
                    tracing::debug!("whoever wanted the look has gone");
                }
                return;
            }
            Wish::Hear(News::Saved) => return self.file_waiting().await,
            Wish::Hear(News::Evidence(event)) => return self.show_again(&event).await,
        };
        if let Err(Refusal::Store(error)) = &result {
            tracing::error!(%error, "the desk could not commit an act");
        }
        if reply.send(result).is_err() {
            tracing::debug!("whoever wished has gone; the act is done all the same");
        }
    }

    /// Files events that wait and fires due times that have come.
    async fn pass(&self) {
        let _turn = self.passing.lock().await;
        if let Err(error) = self.read_policies().await {
            tracing::error!(%error, "the versions of the rules cannot be read; tried again");
        }
        self.file_waiting().await;
        if let Err(error) = self.fire_due().await {
            tracing::error!(%error, "the pass over due times failed; the next one is in a second");
        }
        if let Err(error) = self.assign_waiting().await {
            tracing::error!(%error, "whoever waits for a member waits a second longer");
        }
        self.release_held().await;
    }

    async fn file_waiting(&self) {
        let _turn = self.filing.lock().await;
        let waiting = match self.store.unfiled_events().await {
            Ok(waiting) => waiting,
            Err(error) => return tracing::error!(%error, "waiting events cannot be read"),
        };
        let apart = filing::apart(waiting, |event| event.fired.camera.as_str(), &self.overlaps);
        futures_util::stream::iter(apart)
            .for_each_concurrent(FILINGS_MAX, |events| self.file_in_turn(events))
            .await;
    }

    /// Files firings one after the other: a later one may join the observation of an earlier one.
    async fn file_in_turn(&self, events: Vec<Event>) {
        for event in events {
            let id = event.id.clone();
            let filed = self.until_undisturbed(|| self.file_event(event.clone())).await;
            if let Err(error) = filed {
                tracing::error!(event.id = %id, %error, "an event could not be filed; tried again");
            }
        }
    }

    /// Sends the event's ticket to the screens once more.
    async fn show_again(&self, event: &str) {
        match self.store.ticket_of_event(event).await {
            Ok(Some(ticket)) => announce(&self.changes, ticket),
            Ok(None) => {}
            Err(error) => tracing::error!(event.id = %event, %error, "a ticket cannot be read"),
        }
    }

    async fn observe(&self, manual: Manual) -> Result<Ticket, Refusal> {
        let origin = Origin {
            source: Source::OperatorPatrol,
            camera: manual.camera,
            camera_name: manual.camera_name,
            rule_name: String::new(),
            reason: None,
            text: Some(manual.text),
            area: None,
            at: self.clock.now(),
        };
        self.open((manual.id, origin), &manual.proposal, (manual.actor, None)).await
    }

    async fn open(
        &self,
        what: (TicketId, Origin),
        proposal: &Proposal,
        by: (Actor, Option<Event>),
    ) -> Result<Ticket, Refusal> {
        let ((id, origin), (actor, event)) = (what, by);
        let now = self.clock.now();
        let policies = self.policies();
        let policy = policies.in_force(now);
        let life = filing::open(&origin, proposal, policy);
        let next = ladder::next(&life, policy);
        let filing = Filing { id, origin, life, event, next };
        let facts = |ticket: &Ticket| {
            let line = self.line(ticket, (&actor, "open"), log::opened(ticket));
            (line, self.announcement(ticket))
        };
        let ticket = self.store.file(filing, now, facts).await?;
        tracing::info!(ticket.id = %ticket.id, ticket.number, "ticket T-{} filed", ticket.number);
        self.outbox.notify_one();
        announce(&self.changes, ticket.clone());
        Ok(ticket)
    }

    /// What integrators are told of a new observation.
    fn announcement(&self, ticket: &Ticket) -> Vec<Outgoing> {
        (self.encode)(ticket, &Effect::Announce, None).into_iter().collect()
    }

    async fn act(&self, order: Order) -> Result<Ticket, Refusal> {
        let turn =
            if may_send(&order.act) { Some(self.sending.of(&order.act).await) } else { None };
        let done = self.until_undisturbed(|| self.try_act(&order)).await;
        drop(turn);
        match done {
            Err(Refusal::Store(store::Error::Conflict { .. })) => {
                Err(self.conflict(&order.ticket).await?)
            }
            Ok(changed) => Ok(self.assign_after(changed).await),
            other => other,
        }
    }

    async fn try_act(&self, order: &Order) -> Result<Ticket, Refusal> {
        let Some(ticket) = self.store.ticket(&order.ticket).await? else {
            return Err(Refusal::NotFound);
        };
        if let Some(id) = &order.answer
            && self.store.answer_outcome(id).await?.is_some()
        {
            return Ok(ticket);
        }
        if let Some(seen) = order.version
            && seen != ticket.version
        {
            self.nobody_was_first(seen, &ticket).await?;
        }
        let ticket = self.up_to_date(ticket).await?;
        if matches!(order.act, Act::Separate { .. }) {
            return self.separate(order, ticket).await;
        }
        if let Act::Acknowledge { deadline, .. } = &order.act
            && self.is_acknowledged(&ticket, *deadline).await?
        {
            return Ok(ticket);
        }
        let (act, ranking) = self.complete(order.act.clone(), &ticket, &order.actor).await?;
        let cause = Cause {
            ranking,
            answer: order.answer.as_ref().map(|id| Answered {
                id: id.clone(),
                member: order.actor.name.clone(),
                outcome: "done",
            }),
            ..Cause::of(order.actor.clone())
        };
        match self.change(ticket, act, &cause).await {
            Err(Refusal::Rejected(rejected)) => Err(self.refuse(order, rejected).await?),
            other => other,
        }
    }

    /// A refused answer is remembered, and the phone is told why.
    async fn refuse(&self, order: &Order, rejected: Rejected) -> Result<Refusal, Refusal> {
        if let Some(id) = &order.answer {
            let member = order.actor.name.clone();
            let answer = Answered { id: id.clone(), member, outcome: rejected.code() };
            let message: Vec<Outgoing> =
                (self.encode_refusal)(order, &rejected).into_iter().collect();
            self.store.commit_answer(&answer, &message, self.clock.now()).await?;
            self.outbox.notify_one();
        }
        Ok(Refusal::Rejected(rejected))
    }

    /// Refuses an act on a version that a person has changed since. Firings that joined and clocks
    /// that ran out meanwhile do not stand in anybody's way.
    async fn nobody_was_first(&self, seen: i64, ticket: &Ticket) -> Result<(), Refusal> {
        match self.store.last_act_of_a_person(&ticket.id).await? {
            Some((version, by)) if version > seen => {
                Err(Refusal::Conflict { by, version: ticket.version })
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn conflict(&self, ticket: &TicketId) -> Result<Refusal, Refusal> {
        let (version, by) = self.store.last_act(ticket).await?.unwrap_or_default();
        Ok(Refusal::Conflict { by, version })
    }

    /// Whether this actor works now: by the roster, or signed on outside of a turn. The daemon
    /// itself is always there.
    async fn standing(&self, actor: &Actor) -> Result<Standing, Refusal> {
        if actor.role == Role::System {
            return Ok(Standing::OnShift);
        }
        let there = self.store.is_at_work(&actor.name, self.clock.now()).await?;
        Ok(if there { Standing::OnShift } else { Standing::OffShift })
    }

    /// How many other operators are on duty.
    async fn operators_besides(&self, name: &str) -> Result<usize, Refusal> {
        let on_duty = (Role::Operator.as_str(), "duty");
        Ok(self.store.others_at_work(name, on_duty, self.clock.now()).await?)
    }

    async fn change(&self, before: Ticket, act: Act, cause: &Cause) -> Result<Ticket, Refusal> {
        let now = self.clock.now();
        let standing = self.standing(&cause.actor).await?;
        let policies = self.policies();
        let policy = policies.of(before.life.policy);
        let moment = Moment { actor: &cause.actor, standing, now, policy };
        let step = lifecycle::step(&before.life, &act, moment)?;
        let said = matches!(act, Act::Undetermined { .. } | Act::Acknowledge { .. });
        if step.life == before.life && step.effects.is_empty() && !said {
            if let Some(answer) = &cause.answer {
                self.store.commit_answer(answer, &[], now).await?;
            }
            return Ok(before);
        }
        let version = before.version + 1;
        let after = Ticket { version, life: step.life, ..before.clone() };
        let mut detail = log::detail(&before.life, &act, &after.life);
        if let Some(joining) = &cause.joining {
            joining.add_to(&mut detail);
        }
        if let Some(ranking) = &cause.ranking {
            detail["ranking"] = ranking.clone();
        }
        let line = self.line(&after, (&cause.actor, act.as_str()), detail);
        let still = self.still(&after, &step.effects).await?;
        let message = |effect| (self.encode)(&after, effect, still.as_deref());
        let mut messages: Vec<Outgoing> = step.effects.iter().filter_map(message).collect();
        self.bundle(&after, &mut messages).await?;
        let change = Change {
            before: &before,
            after: &after,
            line: &line,
            messages: &messages,
            answer: cause.answer.as_ref(),
            event: cause.joining.as_ref().map(Joining::taken),
            marks: self.marks(&act, (&before.life, &after.life), &cause.actor),
        };
        self.store.commit(change, now).await?;
        self.roll.touch([&before.life, &after.life]);
        if !messages.is_empty() {
            self.outbox.notify_one();
        }
        announce(&self.changes, after.clone());
        Ok(after)
    }

    /// The picture that goes with an order.
    async fn still(&self, of: &Ticket, effects: &[Effect]) -> Result<Option<String>, Refusal> {
        let sends =
            |effect: &Effect| matches!(effect, Effect::SendOrder | Effect::SendSupport { .. });
        if !effects.iter().any(sends) {
            return Ok(None);
        }
        let kept = self.store.evidence_of(&of.id).await?;
        Ok(kept.into_iter().find(|one| one.kind == "snapshot").map(|one| one.id))
    }

    fn line(&self, ticket: &Ticket, act: (&Actor, &str), detail: Value) -> LogEntry {
        let (actor, input) = act;
        LogEntry {
            ticket: ticket.id.clone(),
            number: ticket.number,
            version: ticket.version,
            at: self.clock.now(),
            actor: actor.name.clone(),
            role: actor.role,
            input: input.to_owned(),
            detail,
        }
    }
}

/// Who or what causes a change.
struct Cause {
    actor: Actor,
    answer: Option<Answered>,
    joining: Option<Joining>,
    /// Everybody who could have been asked, and why in this order.
    ranking: Option<Value>,
}

impl Cause {
    fn of(actor: Actor) -> Self {
        Self { actor, answer: None, joining: None, ranking: None }
    }
}
