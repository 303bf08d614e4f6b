//! Messages to go out: written with the change that causes them, sent until the broker has them.

use super::row::{get, json, time};
use super::{Error, Store, Write, next_number};
use crate::clock::UnixMs;

/// A message before it has its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Below `gengfu/{site}/`.
    pub topic: String,
    pub kind: &'static str,
    pub retain: bool,
    pub ticket: Option<String>,
    pub body: serde_json::Value,
}

/// A message that waits for the broker.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    pub id: i64,
    /// UUIDv7.
    pub message: String,
    pub topic: String,
    pub seq: i64,
    pub kind: String,
    pub retain: bool,
    pub ticket: Option<String>,
    pub body: serde_json::Value,
    pub at: UnixMs,
}

impl Write<'_> {
    pub(crate) async fn send(&mut self, out: &Outgoing, now: UnixMs) -> Result<(), Error> {
        let id = next_number(&mut self.tx, "outbox").await?;
        let seq = next_number(&mut self.tx, &format!("topic:{}", out.topic)).await?;
        sqlx::query(
            "insert into outbox (id, message, topic, seq, kind, retain, ticket, body, at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id)
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(&out.topic)
        .bind(seq)
        .bind(out.kind)
        .bind(i64::from(out.retain))
        .bind(out.ticket.as_deref())
        .bind(out.body.to_string())
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Writes messages that belong to no ticket's change.
    ///
    /// # Errors
    /// What the database said.
    pub async fn send(&self, messages: &[Outgoing], now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        for out in messages {
            write.send(out, now).await?;
        }
        write.commit().await
    }

    /// The oldest messages that the broker does not have yet, in sending order, after `after`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn waiting(&self, after: i64, most: i64) -> Result<Vec<Waiting>, Error> {
        let rows = sqlx::query(
            "select id, message, topic, seq, kind, retain, ticket, body, at_ms
             from outbox
             where published_ms is null and id > $1
             order by id
             limit $2",
        )
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(waiting).collect()
    }

    /// The broker has taken a message.
    ///
    /// # Errors
    /// What the database said.
    pub async fn published(&self, id: i64, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("update outbox set published_ms = $2 where id = $1 and published_ms is null")
            .bind(id)
            .bind(now.0)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await
    }

    /// Makes every order wait again whose phone has not said that it stored it: a broker's queue
    /// may be lost with the broker. Called once at start. Returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn resend_unreceived(&self) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update outbox set published_ms = null
             where kind = 'order' and published_ms is not null
               and exists (select 1 from ticket
                           where ticket.id = outbox.ticket and ticket.state = 'offered'
                             and ticket.received_ms is null
                             and ticket.offered_ms <= outbox.at_ms)",
        )
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected())
    }
}

fn waiting(row: &sqlx::any::AnyRow) -> Result<Waiting, Error> {
    Ok(Waiting {
        id: get(row, "id")?,
        message: get(row, "message")?,
        topic: get(row, "topic")?,
        seq: get(row, "seq")?,
        kind: get(row, "kind")?,
        retain: get::<i64>(row, "retain")? == 1,
        ticket: get(row, "ticket")?,
        body: json(&get::<String>(row, "body")?, "outbox.body")?,
        at: time(row, "at_ms")?,
    })
}
