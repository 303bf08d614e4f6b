//! Looks after what the link has sent: orders that nobody received go again, old rows go away.
//!
//! A broker drops an order when the phone has no session yet, was away for over a day, or had too
//! much queued; only the receipt says that it came. It goes again with the same id, so a phone
//! that has it drops the double. Withdrawals are not repeated: a phone asks for its open orders
//! whenever it connects.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::store::{self, Store};

/// How often orders are looked through.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Old rows are deleted at this look, a minute after the start, and again every day.
const FORGET_AT: u64 = 6;
const LOOKS_PER_DAY: u64 = 24 * 3600 / LOOK_EVERY.as_secs();

/// The task's parts.
pub struct UpkeepTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    /// Rung when orders wait again.
    pub outbox: Arc<Notify>,
}

impl UpkeepTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next turn.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        for looks in 0_u64.. {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = look.tick() => self.resend().await,
            }
            if looks % LOOKS_PER_DAY == FORGET_AT {
                self.forget().await;
            }
        }
        Ok(())
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
        match self.store.forget(self.clock.now()).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "{rows} old messages and answers are deleted"),
            Err(error) => tracing::error!(%error, "old messages are not deleted"),
        }
    }
}
