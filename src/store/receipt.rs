//! Three times of every order: the broker has it, the phone has it, the person has answered.
//!
//! They follow from what is written anyway: the order's message, the broker's acknowledgement, the
//! answers in the log. So nobody can send an order without its receipt being waited for.

use super::call::NewCall;
use super::outbox::Outgoing;
use super::row::{get, time, time_or_none};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::TicketId;
use crate::ticket::log::LogEntry;

/// Where an order stands on its way to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub offer: String,
    pub ticket: String,
    pub member: String,
    pub ordered: UnixMs,
    pub published: Option<UnixMs>,
    pub received: Option<UnixMs>,
    pub acked: Option<UnixMs>,
    /// When it was noticed that the broker did not have it in time.
    pub published_late: Option<UnixMs>,
    /// When it was noticed that the phone did not have it in time.
    pub received_late: Option<UnixMs>,
    pub ended: Option<UnixMs>,
}

/// Which receipt is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The broker's.
    Published,
    /// The phone's.
    Received,
}

impl Missing {
    /// The kind of the call that follows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "order_not_published",
            Self::Received => "order_not_received",
        }
    }
}

const COLUMNS: &str = "offer, ticket, member, ordered_ms, published_ms, received_ms, acked_ms,
    published_late_ms, received_late_ms, ended_ms";

fn receipt(row: &sqlx::any::AnyRow) -> Result<Receipt, Error> {
    Ok(Receipt {
        offer: get(row, "offer")?,
        ticket: get(row, "ticket")?,
        member: get(row, "member")?,
        ordered: time(row, "ordered_ms")?,
        published: time_or_none(row, "published_ms")?,
        received: time_or_none(row, "received_ms")?,
        acked: time_or_none(row, "acked_ms")?,
        published_late: time_or_none(row, "published_late_ms")?,
        received_late: time_or_none(row, "received_late_ms")?,
        ended: time_or_none(row, "ended_ms")?,
    })
}

impl Write<'_> {
    /// An order goes out, or is taken back.
    pub(super) async fn expect_receipt(
        &mut self,
        out: &Outgoing,
        outbox: i64,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Some(offer) = out.body["offer"].as_str() else { return Ok(()) };
        match out.kind {
            "order" => {
                let member = out.topic.rsplit('/').nth(1).unwrap_or_default();
                sqlx::query(
                    "insert into receipt (offer, ticket, member, outbox, ordered_ms)
                     values ($1, $2, $3, $4, $5)
                     on conflict (offer) do nothing",
                )
                .bind(offer)
                .bind(out.ticket.as_deref().unwrap_or_default())
                .bind(member)
                .bind(outbox)
                .bind(now.0)
                .execute(&mut *self.tx)
                .await?;
            }
            "withdraw" => self.end_receipt(offer, now).await?,
            _ => {}
        }
        Ok(())
    }

    /// A member has answered.
    pub(super) async fn answered(&mut self, line: &LogEntry) -> Result<(), Error> {
        let Some(offer) = line.detail["offer"].as_str() else { return Ok(()) };
        let acks = match line.input.as_str() {
            "received" => false,
            "ack" | "on_scene" | "reply" => true,
            "refuse" => {
                self.end_receipt(offer, line.at).await?;
                true
            }
            _ => return Ok(()),
        };
        sqlx::query(
            "update receipt set received_ms = coalesce(received_ms, $2),
               acked_ms = coalesce(acked_ms, $3)
             where offer = $1 and (received_ms is null or acked_ms is null)",
        )
        .bind(offer)
        .bind(line.at.0)
        .bind(acks.then_some(line.at.0))
        .execute(&mut *self.tx)
        .await?;
        self.void_calls(offer, line.at).await
    }

    async fn end_receipt(&mut self, offer: &str, now: UnixMs) -> Result<(), Error> {
        sqlx::query("update receipt set ended_ms = $2 where offer = $1 and ended_ms is null")
            .bind(offer)
            .bind(now.0)
            .execute(&mut *self.tx)
            .await?;
        self.void_calls(offer, now).await
    }

    /// The broker has an order for the first time.
    pub(super) async fn order_published(&mut self, outbox: i64, now: UnixMs) -> Result<(), Error> {
        sqlx::query(
            "update receipt set published_ms = $2 where outbox = $1 and published_ms is null",
        )
        .bind(outbox)
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// The orders of a ticket with their times, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn receipts_of(&self, ticket: &TicketId) -> Result<Vec<Receipt>, Error> {
        let sql = format!("select {COLUMNS} from receipt where ticket = $1 order by ordered_ms");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&ticket.0);
        rows.fetch_all(&self.pool).await?.iter().map(receipt).collect()
    }

    /// Running orders that the broker has not had since `published_before`, or the phone not since
    /// `received_before`, and of which that is not noted yet; oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn late_receipts(
        &self,
        published_before: UnixMs,
        received_before: UnixMs,
    ) -> Result<Vec<(Missing, Receipt)>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from receipt
             where received_ms is null and ended_ms is null
               and ((ordered_ms <= $1 and published_ms is null and published_late_ms is null)
                    or (ordered_ms <= $2 and received_late_ms is null))
             order by ordered_ms
             limit 1000"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql));
        let rows = query.bind(published_before.0).bind(received_before.0);
        let rows = rows.fetch_all(&self.pool).await?;
        let mut late = Vec::new();
        for row in &rows {
            let receipt = receipt(row)?;
            if receipt.received_late.is_none() && receipt.ordered <= received_before {
                late.push((Missing::Received, receipt));
            } else {
                late.push((Missing::Published, receipt));
            }
        }
        Ok(late)
    }

    /// Notes a missing receipt together with the call that it causes. False when the receipt came,
    /// or the order ended, meanwhile; then nothing is written.
    ///
    /// # Errors
    /// What the database said.
    pub async fn note_missing(
        &self,
        missing: Missing,
        offer: &str,
        call: Option<&NewCall>,
        now: UnixMs,
    ) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let sql = match missing {
            Missing::Published => {
                "update receipt set published_late_ms = $2
                 where offer = $1 and published_ms is null and received_ms is null
                   and ended_ms is null and published_late_ms is null"
            }
            Missing::Received => {
                "update receipt set received_late_ms = $2
                 where offer = $1 and received_ms is null and ended_ms is null
                   and received_late_ms is null"
            }
        };
        let done = sqlx::query(sql).bind(offer).bind(now.0).execute(&mut *write.tx).await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        if let Some(call) = call {
            write.call(call, now).await?;
        }
        write.commit().await?;
        Ok(true)
    }

    /// Running orders whose phone was late and still has not said that it has them.
    ///
    /// # Errors
    /// What the database said.
    pub async fn missing_receipts(&self) -> Result<Vec<Receipt>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from receipt
             where received_ms is null and ended_ms is null and received_late_ms is not null
             order by ordered_ms
             limit 1000"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(receipt).collect()
    }
}
