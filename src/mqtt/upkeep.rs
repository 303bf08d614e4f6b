//! Looks after what the link has sent: orders that nobody received go again, old rows go away.
//!
//! A broker drops an order when the phone has no session yet, was away for over a day, or had too
//! much queued; only the receipt says that it came. It goes again with the same id, so a phone
//! that has it drops the double: at once when a phone is back and does not say that it has it, and
//! after ever longer pauses. Withdrawals are not repeated: a phone asks for its open orders
//! whenever it connects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{self, Store};

/// How often orders are looked through.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A phone that is back says in this time what it has, if the broker kept it.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Positions are kept until a week after the ticket's end, then only the times (whereabouts are
/// sensitive, PIPL art. 28).
const KEEP_POSITIONS_MS: i64 = 7 * 24 * 3_600_000;
/// Old rows are deleted at this look, a minute after the start, and again every day.
const FORGET_AT: u64 = 6;
const LOOKS_PER_DAY: u64 = 24 * 3600 / LOOK_EVERY.as_secs();

/// The task's parts.
pub struct UpkeepTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    /// Rung when orders wait again.
    pub outbox: Arc<Notify>,
    /// Members whose phone has just subscribed.
    pub listeners: mpsc::Receiver<String>,
}

impl UpkeepTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next turn.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut came: VecDeque<(Duration, String)> = VecDeque::new();
        let mut looks = 0_u64;
        loop {
            let due = came.front().map(|(due, _)| due.saturating_sub(self.clock.elapsed()));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Some(member) = self.listeners.recv() => {
                    came.push_back((self.clock.elapsed() + ANSWER_WITHIN, member));
                }
                () = tokio::time::sleep(due.unwrap_or_default()), if due.is_some() => {
                    if let Some((_, member)) = came.pop_front() {
                        self.resend_to(&member).await;
                    }
                }
                _ = look.tick() => {
                    self.resend().await;
                    if looks % LOOKS_PER_DAY == FORGET_AT {
                        self.forget().await;
                    }
                    looks = looks.wrapping_add(1);
                }
            }
        }
    }

    /// The broker may have lost what it kept for a phone that is back; what the phone has not said
    /// that it has goes again.
    async fn resend_to(&self, member: &str) {
        match self.store.resend_to(member).await {
            Ok(0) => {}
            Ok(resent) => {
                tracing::info!(
                    patrol.id = member,
                    resent,
                    "a phone is back: {resent} orders go again"
                );
                self.outbox.notify_one();
            }
            Err(error) => tracing::error!(%error, "open orders of a phone cannot be looked for"),
        }
    }

    async fn resend(&self) {
        match self.store.resend_overdue(self.clock.now()).await {
            Ok(0) => {}
            Ok(resent) => {
                tracing::warn!(resent, "{resent} orders that no phone has stored are sent again");
                self.outbox.notify_one();
            }
            Err(error) => tracing::error!(%error, "orders without a receipt cannot be looked for"),
        }
    }

    async fn forget(&self) {
        let before = self.clock.now().plus_ms(-KEEP_POSITIONS_MS);
        match self.store.forget_positions(before).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "{rows} positions of ended tickets are deleted"),
            Err(error) => tracing::error!(%error, "old positions are not deleted"),
        }
        match self.store.forget(self.clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "{rows} old messages and answers are deleted"),
            Err(error) => tracing::error!(%error, "old messages are not deleted"),
        }
    }
}
