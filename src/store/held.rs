//! Orders for one member that come close together wait here and go out as one notification.
//!
//! Each stays a message of its own, with its id and its place in the sequence of its topic; only
//! the moment is shared. What is taken back while it waits has never been said.

use serde_json::json;

use super::outbox::Outgoing;
use super::row::{get, json as parsed};
use super::{Error, Store, Write};
use crate::clock::UnixMs;

impl Write<'_> {
    /// Keeps an order back until its time.
    pub(super) async fn hold(
        &mut self,
        out: &Outgoing,
        until: UnixMs,
        now: UnixMs,
    ) -> Result<(), Error> {
        sqlx::query(
            "insert into held_order (offer, topic, ticket, body, held_ms, until_ms)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(out.body["offer"].as_str().unwrap_or_default())
        .bind(&out.topic)
        .bind(out.ticket.as_deref().unwrap_or_default())
        .bind(out.body.to_string())
        .bind(now.0)
        .bind(until.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Whether a message takes back an order that no phone has been told of yet; then neither is.
    pub(super) async fn was_held(&mut self, out: &Outgoing) -> Result<bool, Error> {
        if out.kind != "withdraw" {
            return Ok(false);
        }
        let done = sqlx::query("delete from held_order where offer = $1")
            .bind(out.body["offer"].as_str().unwrap_or_default())
            .execute(&mut *self.tx)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn release(&mut self, topic: &str, now: UnixMs) -> Result<usize, Error> {
        let rows = sqlx::query(
            "select offer, ticket, body from held_order where topic = $1 order by held_ms, offer",
        )
        .bind(topic)
        .fetch_all(&mut *self.tx)
        .await?;
        let bundle = uuid::Uuid::now_v7().to_string();
        for (at, row) in rows.iter().enumerate() {
            let mut body = parsed(&get::<String>(row, "body")?, "held_order.body")?;
            body["bundle"] = json!({ "id": bundle, "place": at + 1, "of": rows.len() });
            let ticket = Some(get(row, "ticket")?);
            let topic = topic.to_owned();
            let out = Outgoing { topic, kind: "order", retain: false, ticket, body, hold: None };
            self.send(&out, now).await?;
        }
        sqlx::query("delete from held_order where topic = $1")
            .bind(topic)
            .execute(&mut *self.tx)
            .await?;
        Ok(rows.len())
    }
}

impl Store {
    /// Until when an order to this topic waits, so that it rings together with others: none when
    /// nothing went there within `within_ms`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn hold_until(
        &self,
        topic: &str,
        now: UnixMs,
        within_ms: i64,
    ) -> Result<Option<UnixMs>, Error> {
        let waits: (Option<i64>,) =
            sqlx::query_as("select min(until_ms) from held_order where topic = $1")
                .bind(topic)
                .fetch_one(&self.pool)
                .await?;
        if let Some(until) = waits.0 {
            return Ok(Some(UnixMs(until)));
        }
        let last: (Option<i64>,) = sqlx::query_as(
            "select max(at_ms) from outbox where topic = $1 and kind = 'order' and at_ms > $2",
        )
        .bind(topic)
        .bind(now.plus_ms(-within_ms).0)
        .fetch_one(&self.pool)
        .await?;
        Ok(last.0.map(|at| UnixMs(at).plus_ms(within_ms)).filter(|until| *until > now))
    }

    /// Sends the orders whose time to wait is over, each topic's together. Returns how many.
    ///
    /// # Errors
    /// What the database said; then they wait on.
    pub async fn release_held(&self, now: UnixMs) -> Result<usize, Error> {
        let due: Vec<(String,)> =
            sqlx::query_as("select distinct topic from held_order where until_ms <= $1")
                .bind(now.0)
                .fetch_all(&self.pool)
                .await?;
        let mut sent = 0;
        for (topic,) in due {
            let mut write = self.write().await?;
            sent += write.release(&topic, now).await?;
            write.commit().await?;
        }
        Ok(sent)
    }
}
