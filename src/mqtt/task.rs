//! The patrol link: rows of the outbox to the broker, answers to the desk. The only file that
//! awaits.
//!
//! Outwards: the oldest rows that are not yet published are sent in order, at most a window of them
//! at once, and a row is marked only by its PUBACK, together with those that came meanwhile; a new
//! connection begins again at the oldest unmarked row. A row that the broker does not take is set
//! aside, so that it stops no other.
//! Inwards: an answer is acknowledged to the broker only when the desk says it is committed; if the
//! desk lets one fall, it is given to the desk again after a wait, while those behind it go on. So
//! both directions are at least once, and doubles go by id.

use std::collections::VecDeque;
use std::error::Error;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesOrdered, StreamExt};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::client::{self, AckTicket, Ears, Heard, Letter, LinkError, LinkOptions, Mouth, Sound};
use super::marks::Marks;
use super::refusals::{Next, Refusals};
use super::topic::{Member, Topic};
use super::wire::{AnswerEnvelope, AnswerFault, parse_answer};
use crate::clock::{Clock, UnixMs};

/// How often the outbox is looked at without a call: a row may come from a process of its own.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// A connection that held so long ends a row of failures.
const STEADY_AFTER: Duration = Duration::from_secs(10);
/// Answers on their way to the desk: one phone's reconnect brings a handful, and the rest wait at
/// the broker unacknowledged.
pub const INBOX_CAPACITY: usize = 64;
/// Time for the last marks of a connection.
const MARKED_WITHIN: Duration = Duration::from_secs(2);
/// After so many falls in a row somebody has to look at an answer.
const FALLS_MANY: u32 = 5;

/// An error of the store, as far as the link is concerned.
pub type OutboxError = Box<dyn Error + Send + Sync>;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutMessage {
    /// The row's own key; says nothing of its place among the others.
    pub row_id: i64,
    pub topic: String,
    pub payload: Vec<u8>,
    pub retain: bool,
}

/// The rows that wait for the broker.
pub trait Outbox: Send + Sync + 'static {
    /// The first `limit` rows that are neither published nor set aside, in sending order; those
    /// that are under way are among them.
    fn next(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutMessage>, OutboxError>> + Send;

    /// Marks rows: the broker has them. No proof that anybody has seen them.
    fn published(
        &self,
        row_ids: &[i64],
        at: UnixMs,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Makes every order wait again that no phone has; how many there are.
    fn forgotten(&self) -> impl Future<Output = Result<u64, OutboxError>> + Send;

    /// Sets a row aside that the broker does not take, so that it is not among the next.
    fn refused(
        &self,
        row_id: i64,
        reason: &str,
        at: UnixMs,
    ) -> impl Future<Output = Result<(), OutboxError>> + Send;
}

/// An answer for the desk.
#[derive(Debug)]
pub struct Incoming {
    pub member: Member,
    pub answer: Result<AnswerEnvelope, AnswerFault>,
    pub received_at: UnixMs,
    /// To be sent when the answer (or its refusal) is committed. If it is dropped instead, the
    /// answer comes again.
    pub committed: oneshot::Sender<()>,
}

/// Whether the broker is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// First try since the start.
    Connecting,
    Connected {
        since: UnixMs,
        /// Messages that this connection had to set aside because the broker refuses them.
        refused: u64,
    },
    Down {
        since: UnixMs,
        message: String,
    },
}

/// What the link is joined to.
pub struct LinkSeams<O> {
    pub outbox: Arc<O>,
    /// Rung when there are new rows.
    pub bell: Arc<Notify>,
    pub inbox: mpsc::Sender<Incoming>,
    pub status: watch::Sender<LinkStatus>,
    pub clock: Arc<dyn Clock>,
}

/// The task.
pub struct LinkTask<O> {
    options: LinkOptions,
    seams: LinkSeams<O>,
}

impl<O: Outbox> LinkTask<O> {
    /// A link that connects when it runs.
    #[must_use]
    pub fn new(options: LinkOptions, seams: LinkSeams<O>) -> Self {
        Self { options, seams }
    }

    /// Connects, and connects again, until `stop`.
    ///
    /// # Errors
    /// `DeskGone` when nobody takes answers any more.
    pub async fn run(self, stop: CancellationToken) -> Result<(), LinkError> {
        let mut failures = 0_u32;
        loop {
            let began = self.seams.clock.elapsed();
            // After a stop the socket is dropped, so the last will says that we are gone.
            let Some(ended) = self.connection(&stop).await else { return Ok(()) };
            if matches!(ended, LinkError::DeskGone) {
                return Err(ended);
            }
            let lasted = self.seams.clock.elapsed().saturating_sub(began);
            failures = if lasted >= STEADY_AFTER { 1 } else { failures.saturating_add(1) };
            self.report_down(&ended);
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(backoff::wait(failures, dice())) => {}
            }
        }
    }

    /// One connection, from its opening to its end; no error if it was stopped.
    async fn connection(&self, stop: &CancellationToken) -> Option<LinkError> {
        let (mouth, mut ears) = client::open(&self.options);
        let mut talk = Talk::new(self, mouth);
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            ended = talk.go_on(&mut ears) => Some(ended),
        };
        // What the broker has need not go again.
        if tokio::time::timeout(MARKED_WITHIN, talk.marks.finish()).await.is_err() {
            tracing::warn!("rows that the broker has could not be marked, they go again");
        }
        ended
    }

    fn report_down(&self, ended: &LinkError) {
        let message = ended.to_string();
        let since = self.seams.clock.now();
        self.seams.status.send_if_modified(|status| {
            let since = match status {
                LinkStatus::Down { message: old, .. } if *old == message => return false,
                LinkStatus::Down { since, .. } => *since,
                LinkStatus::Connecting | LinkStatus::Connected { .. } => since,
            };
            tracing::warn!("patrol link down: {message}");
            *status = LinkStatus::Down { since, message };
            true
        });
    }
}

/// Spreads the waits; without random bytes all wait alike, which only costs the spread.
fn dice() -> u8 {
    let mut byte = [0_u8; 1];
    getrandom::fill(&mut byte).map_or(u8::MAX, |()| byte[0])
}

/// An answer that is not acknowledged yet, with all that it takes to give it to the desk again.
struct Kept {
    member: Member,
    payload: Vec<u8>,
    received_at: UnixMs,
    ticket: AckTicket,
    falls: u32,
}

impl Kept {
    /// The answer for the desk, and the desk's word on it.
    fn hand(self) -> (Incoming, Pending) {
        let (committed, verdict) = oneshot::channel();
        let answer = parse_answer(&self.member, &self.payload);
        let (member, received_at) = (self.member.clone(), self.received_at);
        let incoming = Incoming { member, answer, received_at, committed };
        (incoming, Box::pin(async move { (verdict.await, self) }))
    }
}

/// The desk's word on one answer, and the answer.
type Verdict = (Result<(), oneshot::error::RecvError>, Kept);
type Pending = Pin<Box<dyn Future<Output = Verdict> + Send>>;

/// Something to do beside hearing.
enum Signal {
    /// There may be new rows.
    Rows,
    /// A turn has passed.
    Turn,
    /// The desk has room for an answer.
    Place(mpsc::OwnedPermit<Incoming>),
    DeskGone,
    /// The oldest answer that is not acknowledged was committed, or fell.
    Committed(AckTicket),
    Fell(Kept),
    /// The answer that fell has waited long enough.
    Again,
    /// Rows are marked, or were not; room for more.
    Marked,
}

/// The state of one connection.
struct Talk<'a, O> {
    link: &'a LinkTask<O>,
    mouth: Mouth,
    listening: bool,
    /// Rows may wait for room in the window.
    more: bool,
    /// Answers that the desk has no room for yet; at most the broker's receive maximum.
    waiting: VecDeque<Incoming>,
    /// In the order of arrival, as MQTT wants acknowledgements.
    verdicts: FuturesOrdered<Pending>,
    /// The oldest answer, after a fall; the desk gets it again when its wait is over.
    fallen: Option<(Incoming, Pin<Box<tokio::time::Sleep>>)>,
    refusals: Refusals,
    marks: Marks<'a, O>,
    poll: tokio::time::Interval,
}

impl<'a, O: Outbox> Talk<'a, O> {
    fn new(link: &'a LinkTask<O>, mouth: Mouth) -> Self {
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self {
            link,
            mouth,
            listening: false,
            more: false,
            waiting: VecDeque::new(),
            verdicts: FuturesOrdered::new(),
            fallen: None,
            refusals: Refusals::default(),
            marks: Marks::new(&link.seams),
            poll,
        }
    }

    /// Hears and does, until the connection ends.
    async fn go_on(&mut self, ears: &mut Ears) -> LinkError {
        loop {
            let heard = {
                let mut hearing = pin!(ears.hear());
                loop {
                    let signal = tokio::select! {
                        heard = &mut hearing => break heard,
                        signal = self.signal() => signal,
                    };
                    if let Err(ended) = self.follow(signal).await {
                        return ended;
                    }
                }
            };
            if let Err(ended) = self.take(heard).await {
                return ended;
            }
        }
    }

    /// Waits for whatever else there is to do. Safe to drop at any moment: nothing is done here.
    async fn signal(&mut self) -> Signal {
        let seams = &self.link.seams;
        tokio::select! {
            Some((verdict, kept)) = self.verdicts.next() => match verdict {
                Ok(()) => Signal::Committed(kept.ticket),
                Err(_) => Signal::Fell(kept),
            },
            () = is_over(&mut self.fallen) => Signal::Again,
            () = self.marks.step() => Signal::Marked,
            place = seams.inbox.clone().reserve_owned(), if !self.waiting.is_empty() => {
                place.map_or(Signal::DeskGone, Signal::Place)
            }
            () = seams.bell.notified(), if self.listening => Signal::Rows,
            _ = self.poll.tick(), if self.listening => Signal::Turn,
            () = std::future::pending() => Signal::Rows,
        }
    }

    /// Does it.
    async fn follow(&mut self, signal: Signal) -> Result<(), LinkError> {
        match signal {
            Signal::Committed(ticket) => self.mouth.acknowledge(&ticket),
            Signal::Fell(kept) => {
                self.fell(kept);
                Ok(())
            }
            Signal::Again => {
                self.waiting.extend(self.fallen.take().map(|(incoming, _)| incoming));
                Ok(())
            }
            Signal::DeskGone => Err(LinkError::DeskGone),
            // Half a window at a time: fewer, larger questions to the store.
            Signal::Marked if self.more && self.room() * 2 >= client::WINDOW_MAX => {
                self.send_rows().await
            }
            Signal::Marked => Ok(()),
            Signal::Rows => self.send_rows().await,
            Signal::Turn => {
                self.refusals.wake();
                self.send_rows().await
            }
            Signal::Place(place) => {
                if let Some(incoming) = self.waiting.pop_front() {
                    place.send(incoming);
                }
                Ok(())
            }
        }
    }

    /// Acts on what was heard.
    async fn take(&mut self, sound: Result<Sound, LinkError>) -> Result<(), LinkError> {
        match self.mouth.understand(sound?)? {
            Heard::Other => Ok(()),
            Heard::Connected { remembered } => {
                if !remembered {
                    self.send_again().await;
                }
                self.mouth.subscribe()
            }
            Heard::Listening => {
                self.report_connected();
                self.listening = true;
                self.mouth.announce()?;
                self.send_rows().await
            }
            Heard::Refused(row_id, why) => {
                self.refused(row_id, &format!("{why:?}")).await;
                Ok(())
            }
            Heard::Published(row_id) => {
                self.refusals.forget(row_id);
                self.marks.add(row_id);
                Ok(())
            }
            Heard::Answer(letter) => self.receive(letter),
        }
    }

    /// A broker that does not know us has lost what it kept for phones as well.
    async fn send_again(&mut self) {
        match self.link.seams.outbox.forgotten().await {
            Ok(0) => {}
            Ok(again) => {
                tracing::warn!("the broker has lost its sessions: {again} orders are sent again");
            }
            Err(e) => tracing::warn!("orders that the broker may have lost go later: {e}"),
        }
    }

    fn report_connected(&self) {
        let since = self.link.seams.clock.now();
        let at = format!("{}:{}", self.link.options.host, self.link.options.port);
        tracing::info!("patrol link connected to the broker at {at}");
        self.link.seams.status.send_replace(LinkStatus::Connected { since, refused: 0 });
    }

    /// How many more rows may be under way or unmarked: only so many are asked of the store.
    fn room(&self) -> usize {
        self.mouth.room().saturating_sub(self.marks.len())
    }

    async fn send_rows(&mut self) -> Result<(), LinkError> {
        self.more = true;
        if self.room() == 0 {
            return Ok(());
        }
        let rows = match self.link.seams.outbox.next(client::WINDOW_MAX).await {
            Ok(rows) => rows,
            Err(e) => {
                tracing::warn!("the outbox cannot be read, trying again in a second: {e}");
                return Ok(());
            }
        };
        let all = rows.len() < client::WINDOW_MAX;
        for row in rows {
            let id = row.row_id;
            if self.mouth.is_flying(id) || self.marks.contains(id) || self.refusals.rests(id) {
                continue;
            }
            if self.room() == 0 {
                return Ok(());
            }
            if self.mouth.fits(&row.topic, &row.payload) {
                let topic = Topic { name: row.topic, retain: row.retain };
                self.mouth.publish(row.row_id, &topic, row.payload)?;
            } else {
                let why = format!("{} bytes are more than it takes", row.payload.len());
                self.set_aside(row.row_id, &why).await;
            }
        }
        self.more = !all;
        Ok(())
    }

    /// A row was refused: it is tried again, or set aside.
    async fn refused(&mut self, row_id: i64, why: &str) {
        match self.refusals.note(row_id) {
            Next::Again => {
                tracing::warn!(
                    "the broker does not take outbox row {row_id} ({why}), trying again"
                );
            }
            Next::SetAside => self.set_aside(row_id, why).await,
        }
    }

    async fn set_aside(&mut self, row_id: i64, why: &str) {
        let seams = &self.link.seams;
        tracing::error!(
            "outbox row {row_id} is set aside, the broker does not take it ({why}): \
             check its access rules and limits"
        );
        if let Err(e) = seams.outbox.refused(row_id, why, seams.clock.now()).await {
            tracing::warn!("outbox row {row_id} could not be set aside, it goes again: {e}");
        }
        seams.status.send_if_modified(|status| match status {
            LinkStatus::Connected { refused, .. } => {
                *refused += 1;
                true
            }
            LinkStatus::Connecting | LinkStatus::Down { .. } => false,
        });
    }

    fn receive(&mut self, letter: Letter) -> Result<(), LinkError> {
        let (topic, payload, ticket) = letter.open();
        let Some(member) = self.link.options.topics.answer_from(&topic) else {
            tracing::warn!("a message on {topic} is nobody's answer, dropped");
            return self.mouth.acknowledge(&ticket);
        };
        let received_at = self.link.seams.clock.now();
        let (incoming, pending) = Kept { member, payload, received_at, ticket, falls: 0 }.hand();
        self.waiting.push_back(incoming);
        self.verdicts.push_back(pending);
        Ok(())
    }

    /// The oldest answer could not be committed: it waits, first in the row of acknowledgements.
    fn fell(&mut self, mut kept: Kept) {
        kept.falls = kept.falls.saturating_add(1);
        let (member, falls) = (kept.member.clone(), kept.falls);
        let wait = backoff::wait(falls, dice());
        let (incoming, pending) = kept.hand();
        let id = match &incoming.answer {
            Ok(envelope) => Some(envelope.id),
            Err(fault) => fault.id,
        };
        if falls.is_multiple_of(FALLS_MANY) {
            tracing::error!(answer = ?id, patrol.id = %member, "an answer fell {falls} times");
        }
        self.verdicts.push_front(pending);
        self.fallen = Some((incoming, Box::pin(tokio::time::sleep(wait))));
    }
}

/// Waits until the answer that fell is due; for ever when none has.
async fn is_over(fallen: &mut Option<(Incoming, Pin<Box<tokio::time::Sleep>>)>) {
    match fallen {
        Some((_, wait)) => wait.as_mut().await,
        None => std::future::pending().await,
    }
}
