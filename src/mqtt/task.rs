//! The patrol link: rows of the outbox to the broker, answers to the desk. The only file that
//! awaits.
//!
//! Outwards: the oldest rows that are not yet published are sent in order, at most a window of them
//! at once, and a row is marked only by its PUBACK; a new connection begins again at the oldest
//! unmarked row. Inwards: an answer is acknowledged to the broker only when the desk says it is
//! committed; if the desk lets one fall, the connection is closed, because only a new connection
//! makes the broker send it again. So both directions are at least once, and doubles go by id.

use std::collections::VecDeque;
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesOrdered, StreamExt};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::backoff;
use super::client::{self, AckTicket, Heard, Letter, LinkError, LinkOptions, Mouth, Sound};
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

/// An error of the store, as far as the link is concerned.
pub type OutboxError = Box<dyn Error + Send + Sync>;

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutMessage {
    /// Grows with the order of sending.
    pub row_id: i64,
    pub topic: String,
    pub payload: Vec<u8>,
    pub retain: bool,
}

/// The rows that wait for the broker.
pub trait Outbox: Send + Sync + 'static {
    /// The oldest `limit` rows that are not marked as published, oldest first; those that are
    /// under way are among them.
    fn next(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutMessage>, OutboxError>> + Send;

    /// Marks a row: the broker has it. No proof that anybody has seen it.
    fn published(
        &self,
        row_id: i64,
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
            let ended = tokio::select! {
                biased;
                // The socket is dropped, so the last will says that we are gone.
                () = stop.cancelled() => return Ok(()),
                ended = self.connection() => ended,
            };
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

    /// One connection, from its opening to its end.
    async fn connection(&self) -> LinkError {
        let (mouth, mut ears) = client::open(&self.options);
        let mut talk = Talk::new(self, mouth);
        loop {
            let heard = {
                let mut hearing = pin!(ears.hear());
                loop {
                    let signal = tokio::select! {
                        heard = &mut hearing => break heard,
                        signal = talk.signal() => signal,
                    };
                    if let Err(ended) = talk.follow(signal).await {
                        return ended;
                    }
                }
            };
            if let Err(ended) = talk.take(heard).await {
                return ended;
            }
        }
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

/// The desk's word on one answer, and what it takes to acknowledge it.
type Verdict = (Result<(), oneshot::error::RecvError>, AckTicket);
type Verdicts = FuturesOrdered<std::pin::Pin<Box<dyn Future<Output = Verdict> + Send>>>;

/// Something to do beside hearing.
enum Signal {
    /// There may be new rows.
    Rows,
    /// The desk has room for an answer.
    Place(mpsc::OwnedPermit<Incoming>),
    DeskGone,
    /// The oldest answer that is not acknowledged was committed, or fell.
    Committed(AckTicket),
    Dropped,
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
    verdicts: Verdicts,
    poll: tokio::time::Interval,
}

impl<'a, O: Outbox> Talk<'a, O> {
    fn new(link: &'a LinkTask<O>, mouth: Mouth) -> Self {
        let mut poll = tokio::time::interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (waiting, verdicts) = (VecDeque::new(), FuturesOrdered::new());
        Self { link, mouth, listening: false, more: false, waiting, verdicts, poll }
    }

    /// Waits for whatever else there is to do. Safe to drop at any moment: nothing is done here.
    async fn signal(&mut self) -> Signal {
        let seams = &self.link.seams;
        tokio::select! {
            Some((verdict, ticket)) = self.verdicts.next() => match verdict {
                Ok(()) => Signal::Committed(ticket),
                Err(_) => Signal::Dropped,
            },
            place = seams.inbox.clone().reserve_owned(), if !self.waiting.is_empty() => {
                place.map_or(Signal::DeskGone, Signal::Place)
            }
            () = seams.bell.notified(), if self.listening => Signal::Rows,
            _ = self.poll.tick(), if self.listening => Signal::Rows,
            () = std::future::pending() => Signal::Rows,
        }
    }

    /// Does it.
    async fn follow(&mut self, signal: Signal) -> Result<(), LinkError> {
        match signal {
            Signal::Committed(ticket) => self.mouth.acknowledge(&ticket),
            Signal::Dropped => Err(LinkError::AnswerDropped),
            Signal::DeskGone => Err(LinkError::DeskGone),
            Signal::Rows => self.send_rows().await,
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
            Heard::Connected => self.mouth.subscribe(),
            Heard::Listening => {
                self.report_connected();
                self.listening = true;
                self.mouth.announce()?;
                self.send_rows().await
            }
            Heard::Published(row_id) => {
                let marked = self.mark(row_id).await;
                // Half a window at a time: fewer, larger questions to the store. A row that could
                // not be marked goes again with the next poll, not at once.
                if marked && self.more && self.mouth.is_half_free() {
                    return self.send_rows().await;
                }
                Ok(())
            }
            Heard::Answer(letter) => self.receive(letter),
        }
    }

    fn report_connected(&self) {
        let since = self.link.seams.clock.now();
        let at = format!("{}:{}", self.link.options.host, self.link.options.port);
        tracing::info!("patrol link connected to the broker at {at}");
        self.link.seams.status.send_replace(LinkStatus::Connected { since });
    }

    async fn send_rows(&mut self) -> Result<(), LinkError> {
        self.more = true;
        if self.mouth.room() == 0 {
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
            if self.mouth.room() == 0 {
                return Ok(());
            }
            if !self.mouth.is_flying(row.row_id) {
                let topic = Topic { name: row.topic, retain: row.retain };
                self.mouth.publish(row.row_id, &topic, row.payload)?;
            }
        }
        self.more = !all;
        Ok(())
    }

    async fn mark(&mut self, row_id: i64) -> bool {
        let seams = &self.link.seams;
        let marked = seams.outbox.published(row_id, seams.clock.now()).await;
        if let Err(e) = &marked {
            tracing::warn!("outbox row {row_id} is published but not marked, it goes again: {e}");
        }
        marked.is_ok()
    }

    fn receive(&mut self, letter: Letter) -> Result<(), LinkError> {
        let (topic, payload, ticket) = letter.open();
        let Some(member) = self.link.options.topics.answer_from(&topic) else {
            tracing::warn!("a message on {topic} is nobody's answer, dropped");
            return self.mouth.acknowledge(&ticket);
        };
        let (committed, verdict) = oneshot::channel();
        let answer = parse_answer(&member, &payload);
        let received_at = self.link.seams.clock.now();
        self.waiting.push_back(Incoming { member, answer, received_at, committed });
        self.verdicts.push_back(Box::pin(async move { (verdict.await, ticket) }));
        Ok(())
    }
}
