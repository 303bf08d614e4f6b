//! Messages to go out: written with the change that causes them, sent until the broker has them.

use super::row::{get, json, needed, time};
use super::{Error, Store, Write, next_number};
use crate::clock::UnixMs;

/// An order without a receipt is sent again after this, then after twice as long and so on: a
/// broker keeps every copy for a phone that is away.
const RESEND_AFTER_MS: i64 = 30_000;
/// The longest pause between two sendings of an order (guess, revisit).
const RESEND_PAUSE_MAX_MS: i64 = 10 * 60_000;
/// How long messages and answers that are done with are kept: a week for questions, and a day.
const KEEP_MS: i64 = 8 * 24 * 3_600_000;

/// The kind of a message that is published as it is, without the envelope.
pub const RAW: &str = "raw";

/// A message before it has its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Below `gengfu/{site}/`.
    pub topic: String,
    pub kind: &'static str,
    pub retain: bool,
    pub ticket: Option<String>,
    pub body: serde_json::Value,
    /// An order that is kept back until then, to ring together with others.
    pub hold: Option<UnixMs>,
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
    /// Writes a message; its place in the order of sending.
    pub(crate) async fn send(&mut self, out: &Outgoing, now: UnixMs) -> Result<i64, Error> {
        let (id, seq) = self.message_numbers(&out.topic).await?;
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
        self.expect_receipt(out, id, now).await?;
        Ok(id)
    }

    /// The next place in the order of sending, and the next number of the topic.
    async fn message_numbers(&mut self, topic: &str) -> Result<(i64, i64), Error> {
        let counter = format!("topic:{topic}");
        let numbers: Vec<(String, i64)> = sqlx::query_as(
            "insert into counter (name, value) values ('outbox', 1), ($1, 1)
             on conflict (name) do update set value = counter.value + 1
             returning name, value",
        )
        .bind(&counter)
        .fetch_all(&mut *self.tx)
        .await?;
        let of = |name: &str| numbers.iter().find(|(counter, _)| counter == name).map(|n| n.1);
        let id = needed(of("outbox"), "counter.outbox")?;
        Ok((id, needed(of(&counter), "counter.topic")?))
    }

    /// Whether there was a state to replace.
    async fn replace_state(&mut self, out: &Outgoing, now: UnixMs) -> Result<bool, Error> {
        let waits: Option<(i64,)> = sqlx::query_as(
            "select id from outbox
             where topic = $1 and published_ms is null and refused_ms is null
             order by id desc
             limit 1",
        )
        .bind(&out.topic)
        .fetch_optional(&mut *self.tx)
        .await?;
        let Some((old,)) = waits else { return Ok(false) };
        let id = next_number(&mut self.tx, "outbox").await?;
        let done = sqlx::query(
            "update outbox set id = $2, message = $3, body = $4, at_ms = $5
             where id = $1 and published_ms is null",
        )
        .bind(old)
        .bind(id)
        .bind(uuid::Uuid::now_v7().to_string())
        .bind(out.body.to_string())
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
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

    /// Writes a state that is published as retained, in place of the topic's newest one that the
    /// broker does not have yet: nobody needs the states in between, and `seq` keeps no gap. It
    /// gets a new id, so that the PUBACK of the older text does not mark it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn send_state(&self, out: &Outgoing, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        if !write.replace_state(out, now).await? {
            write.send(out, now).await?;
        }
        write.commit().await
    }

    /// The messages that the broker is to get next: what patrol members are told first, the public
    /// feed after it, each in the order of writing. No topic has messages of both.
    ///
    /// # Errors
    /// What the database said.
    pub async fn next_to_send(&self, most: i64) -> Result<Vec<Waiting>, Error> {
        let rows = sqlx::query(
            "select id, message, topic, seq, kind, retain, ticket, body, at_ms
             from outbox
             where published_ms is null and refused_ms is null
             order by case when kind in ('order', 'withdraw', 'state', 'refused', 'drill') then 0 else 1 end,
                      id
             limit $1",
        )
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(waiting).collect()
    }

    /// Sets a message aside that the broker does not take.
    ///
    /// # Errors
    /// What the database said.
    pub async fn refused(&self, id: i64, reason: &str, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "update outbox set refused_ms = $2, refused_reason = $3
             where id = $1 and published_ms is null",
        )
        .bind(id)
        .bind(now.0)
        .bind(reason)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// The oldest messages that the broker does not have yet, in the order of writing, after
    /// `after`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn waiting(&self, after: i64, most: i64) -> Result<Vec<Waiting>, Error> {
        let rows = sqlx::query(
            "select id, message, topic, seq, kind, retain, ticket, body, at_ms
             from outbox
             where published_ms is null and refused_ms is null and id > $1
             order by id
             limit $2",
        )
        .bind(after)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(waiting).collect()
    }

    /// The broker has taken these messages.
    ///
    /// # Errors
    /// What the database said; then none is marked.
    pub async fn published(&self, ids: &[i64], now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        for id in ids {
            sqlx::query(
                "update outbox set published_ms = $2 where id = $1 and published_ms is null",
            )
            .bind(id)
            .bind(now.0)
            .execute(&mut *write.tx)
            .await?;
            write.order_published(*id, now).await?;
        }
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
               and exists (select 1 from offer
                           where offer.ticket = outbox.ticket and offer.ended_ms is null
                             and offer.received_ms is null
                             and outbox.body like '%' || offer.id || '%')",
        )
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected())
    }

    /// Makes the running orders of a member wait again that his phone has not said that it has.
    /// Returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn resend_to(&self, member: &str) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update outbox set published_ms = null, refused_ms = null, refused_reason = null
             where kind = 'order' and (published_ms is not null or refused_ms is not null)
               and id in (select outbox from receipt
                          where member = $1 and received_ms is null and ended_ms is null)",
        )
        .bind(member)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected())
    }

    /// Makes an order wait again that was published or set aside a while ago and that no phone has
    /// received, as long as its offer stands: it may have gone to nobody. Returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn resend_overdue(&self, now: UnixMs) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update outbox set published_ms = null, refused_ms = null, refused_reason = null
             where kind = 'order'
               and (refused_ms <= $1
                    or (published_ms <= $1 and 2 * published_ms - at_ms <= $2)
                    or published_ms <= $3)
               and exists (select 1 from offer
                           where offer.ticket = outbox.ticket and offer.ended_ms is null
                             and offer.received_ms is null
                             and outbox.body like '%' || offer.id || '%')",
        )
        .bind(now.plus_ms(-RESEND_AFTER_MS).0)
        .bind(now.0)
        .bind(now.plus_ms(-RESEND_PAUSE_MAX_MS).0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected())
    }

    /// Forgets messages that were published or set aside, and answers, longer ago than anybody
    /// asks for. An order that still waits for its receipt stays. Returns how many rows.
    ///
    /// # Errors
    /// What the database said.
    pub async fn forget(&self, now: UnixMs) -> Result<u64, Error> {
        let before = now.plus_ms(-KEEP_MS);
        let mut write = self.write().await?;
        let messages = sqlx::query(
            "delete from outbox
             where (published_ms <= $1 or refused_ms <= $1)
               and (kind <> 'order'
                    or not exists (select 1 from offer
                                   where offer.ticket = outbox.ticket and offer.ended_ms is null
                                     and offer.received_ms is null
                                     and outbox.body like '%' || offer.id || '%'))",
        )
        .bind(before.0)
        .execute(&mut *write.tx)
        .await?;
        let answers = sqlx::query("delete from answer where at_ms <= $1")
            .bind(before.0)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await?;
        Ok(messages.rows_affected() + answers.rows_affected())
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
