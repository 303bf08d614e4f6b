//! Misses receipts: an order that the broker or the phone does not have in time is noted once, and
//! the second channel is called.
//!
//! Due times follow from rows, so that they are found again after a restart; the note and the call
//! are one transaction, so that each happens once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::Config;
use crate::store::call::NewCall;
use crate::store::receipt::{Missing, Receipt};
use crate::store::{self, Store};
use crate::ticket::task::Desk;
use crate::ticket::{Ticket, TicketId};

/// How often receipts are looked for; a limit of 10 s is then at most a tenth late.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The task's parts.
pub struct ReceiptTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    pub desk: Desk,
    /// Rung when somebody is to be called.
    pub calls: Arc<Notify>,
}

impl ReceiptTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what fails is tried again at the next look.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = look.tick() => {}
            }
            if let Err(error) = self.look().await {
                tracing::error!(%error, "missing receipts cannot be noted; tried again");
            }
        }
    }

    async fn look(&self) -> Result<(), store::Error> {
        let now = self.clock.now();
        let limits = &self.config.second_channel;
        let before = |within_s: u32| now.plus_ms(-i64::from(within_s) * 1_000);
        let (published, received) =
            (before(limits.published_within_s), before(limits.received_within_s));
        for (missing, receipt) in self.store.late_receipts(published, received).await? {
            let ticket = self.store.ticket(&TicketId(receipt.ticket.clone())).await?;
            let call = match &ticket {
                Some(ticket) if limits.is_on() => Some(self.call(missing, &receipt, ticket).await?),
                Some(_) | None => None,
            };
            if !self.store.note_missing(missing, &receipt.offer, call.as_ref(), now).await? {
                continue;
            }
            tracing::warn!(
                patrol.id = receipt.member,
                ticket.id = receipt.ticket,
                "{}",
                missing.as_str()
            );
            if call.is_some() {
                self.calls.notify_one();
            }
            if let Some(ticket) = ticket {
                self.desk.touch(ticket);
            }
        }
        Ok(())
    }

    /// What the gateway is told: enough to make the member look at the phone, or come back to it.
    async fn call(
        &self,
        missing: Missing,
        receipt: &Receipt,
        ticket: &Ticket,
    ) -> Result<NewCall, store::Error> {
        let account = self.store.account(&receipt.member).await?;
        let display = account.map_or_else(|| receipt.member.clone(), |account| account.display);
        let life = &ticket.life;
        Ok(NewCall {
            id: uuid::Uuid::now_v7().to_string(),
            kind: missing.as_str(),
            about: receipt.offer.clone(),
            ticket: Some(receipt.ticket.clone()),
            member: receipt.member.clone(),
            body: json!({
                "site": self.config.site.id,
                "site_name": self.config.site.name,
                "member": receipt.member,
                "display": display,
                "ticket": receipt.ticket,
                "number": ticket.number,
                "severity": life.severity.as_str(),
                "category": life.category,
                "place": life.place,
                "offer": receipt.offer,
                "ordered_at": receipt.ordered.rfc3339(),
                "ack_due_at": life.state.clock().map(|clock| clock.due.rfc3339()),
            }),
        })
    }
}
