//! Rules and operators of `bench dispatch`, at the desk and the door of the running daemon.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, anyhow};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use super::dispatch::{OPERATOR, member};
use crate::access::{Door, Verb};
use crate::app::Inside;
use crate::camera::CameraId;
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::RuleKind;
use crate::event::facts::Facts;
use crate::event::{Fired, News, Proposal, Reason, Severity};
use crate::store::Store;
use crate::store::event::Event;
use crate::store::evidence::NewEvidence;
use crate::ticket::task::{Desk, Order};
use crate::ticket::{Act, Actor, Role, Standing, Ticket, TicketId};

/// Longest wait for the desk to file a firing.
const FILED_WITHIN: Duration = Duration::from_secs(30);
/// A still as small as the wall shows it, bytes; its content does not matter here.
const STILL_BYTES: usize = 24 * 1024;

/// An order that was sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) ticket: TicketId,
    pub(super) offer: String,
    fired: UnixMs,
    /// When the operator wished it, UTC µs.
    pub(super) wished_us: i64,
    /// When the desk decided, before it was committed.
    pub(super) decided: UnixMs,
}

impl Sent {
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(super) fn until_decided_ms(&self) -> f64 {
        self.decided.since_ms(self.fired) as f64
    }
}

/// Tickets that somebody waits for, by the camera that fired.
type Waiting = Arc<Mutex<HashMap<String, oneshot::Sender<Ticket>>>>;

/// All hands of the centre.
#[derive(Clone)]
pub(super) struct Operator {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    micros: Arc<RealClock>,
    desk: Desk,
    door: Door,
    members: u32,
    waiting: Waiting,
}

impl Operator {
    pub(super) fn new(inside: &Inside, members: u32) -> Self {
        Self {
            store: Arc::clone(&inside.store),
            clock: Arc::clone(&inside.clock),
            micros: Arc::new(RealClock::new()),
            desk: inside.desk.clone(),
            door: inside.door.clone(),
            members,
            waiting: Arc::default(),
        }
    }

    /// Lets `rate` rules a second fire for so many seconds, and sees each through to its dispatch.
    pub(super) async fn work(&self, rate: u32, seconds: u32) -> anyhow::Result<Vec<Sent>> {
        let mut beat = tokio::time::interval(Duration::from_secs(1) / rate);
        beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut changes = self.desk.changes();
        let (mut hands, mut sent) = (JoinSet::new(), Vec::new());
        let all = rate * seconds;
        let mut begun = 0;
        while begun < all || !hands.is_empty() {
            tokio::select! {
                _ = beat.tick(), if begun < all => {
                    let one = self.clone();
                    hands.spawn(async move { one.carry(begun).await });
                    begun += 1;
                }
                Some(done) = hands.join_next() => sent.push(done.map_err(|e| anyhow!(e))??),
                change = changes.recv() => match change {
                    Ok(ticket) => self.filed(&ticket),
                    Err(RecvError::Lagged(_)) => self.look_again().await?,
                    Err(RecvError::Closed) => return Err(anyhow!("the desk has stopped")),
                },
            }
        }
        Ok(sent)
    }

    fn filed(&self, ticket: &Ticket) {
        let mut waiting = self.waiting.lock().expect("nobody panics while it is held");
        if let Some(told) = waiting.remove(ticket.origin.camera.as_str())
            && told.send(ticket.clone()).is_err()
        {
            tracing::debug!("nobody waits for this ticket any more");
        }
    }

    /// Some changes were missed: every open ticket is looked at.
    async fn look_again(&self) -> anyhow::Result<()> {
        for ticket in self.store.open_tickets().await? {
            self.filed(&ticket);
        }
        Ok(())
    }

    /// One ticket, from the firing to the dispatch.
    async fn carry(&self, at: u32) -> anyhow::Result<Sent> {
        let fired = self.clock.now();
        let ticket = self.fire(at, fired).await?;
        let confirmed = self.act(&ticket, Act::confirm(1), Verb::Verify).await?;
        let classify = Act::Classify {
            category: "intrusion".into(),
            severity: Severity::S2,
            place: "east gate".into(),
            reason: String::new(),
        };
        let classified = self.act(&confirmed, classify, Verb::Dispatch).await?;
        let dispatch = Act::Dispatch {
            offer: String::new(),
            member: member(at % self.members),
            standing: Standing::Unknown,
        };
        let wished_us = self.micros.now_us();
        let dispatched = self.act(&classified, dispatch, Verb::Dispatch).await?;
        let offer = dispatched.life.state.offer().context("a dispatched ticket has its order")?;
        let (offer, decided) = (offer.id.clone(), offer.at);
        Ok(Sent { ticket: ticket.id, offer, fired, wished_us, decided })
    }

    /// What `event/task.rs` does with a firing, and the desk after it.
    async fn fire(&self, at: u32, now: UnixMs) -> anyhow::Result<Ticket> {
        let event = event(at, now)?;
        let (tell, told) = oneshot::channel();
        let camera = event.fired.camera.as_str().to_owned();
        self.waiting.lock().expect("nobody panics while it is held").insert(camera, tell);
        self.store.save_event(&event, now).await?;
        self.desk.hear(News::Saved);
        let still = NewEvidence {
            event: Some(&event.id),
            ticket: None,
            kind: "snapshot",
            mime: "image/jpeg",
            taken: now,
            by: "system",
        };
        self.store.keep_bytes(still, vec![0; STILL_BYTES], now).await?;
        let filed = tokio::time::timeout(FILED_WITHIN, told).await;
        filed.with_context(|| format!("not filed within {FILED_WITHIN:?}"))?.context("not filed")
    }

    /// What `web/tickets.rs` does with a wish.
    async fn act(&self, ticket: &Ticket, act: Act, verb: Verb) -> anyhow::Result<Ticket> {
        let actor = Actor { name: OPERATOR.to_owned(), role: Role::Operator };
        self.door.pass(&actor, verb, &ticket.id.0).await?;
        let order = Order {
            ticket: ticket.id.clone(),
            version: Some(ticket.version),
            actor,
            act,
            answer: None,
        };
        Ok(self.desk.act(order).await?)
    }
}

/// Each firing is of a camera of its own, so that none joins another.
fn event(at: u32, now: UnixMs) -> anyhow::Result<Event> {
    let camera = CameraId::try_from(format!("c{at}").as_str()).map_err(|e| anyhow!(e))?;
    let reason = Reason {
        rule: "night".into(),
        zone: "yard".into(),
        kind: RuleKind::ZoneMotion,
        class: None,
        score: 0.5,
        dwell_ms: 1_500,
        armed: "00:00-24:00".into(),
        facts: Facts::default(),
    };
    Ok(Event {
        id: uuid::Uuid::now_v7().to_string(),
        fired: Fired { camera, reason, track: None, area: None, at: now },
        camera_name: "camera".into(),
        rule_name: "rule".into(),
        proposal: Proposal {
            severity: Severity::S2,
            category: "intrusion".into(),
            place: "east gate".into(),
        },
        coalesce_ms: 1_000,
        ticket: None,
    })
}
