//! Calls to the second channel: written with what causes them, tried until taken or given up.

use super::row::{get, json, time, time_or_none};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::TicketId;

/// A call before it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// UUIDv7, the receiver's key against doubles.
    pub id: String,
    pub kind: &'static str,
    /// The offer, or the drill. One call of a kind about the same to the same member.
    pub about: String,
    pub ticket: Option<String>,
    pub member: String,
    pub body: serde_json::Value,
}

/// A call as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: String,
    pub kind: String,
    pub about: String,
    pub ticket: Option<String>,
    pub member: String,
    pub body: serde_json::Value,
    pub at: UnixMs,
    pub tries: u32,
    /// When it is tried next.
    pub next: Option<UnixMs>,
    pub done: Option<UnixMs>,
    pub given_up: Option<UnixMs>,
    /// When it was no longer needed: the receipt came, or the order ended.
    pub void: Option<UnixMs>,
    /// What the last try came to.
    pub error: Option<String>,
}

impl Call {
    /// `waiting`, `done`, `given_up` or `void`.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.done, self.given_up, self.void) {
            (Some(_), _, _) => "done",
            (None, Some(_), _) => "given_up",
            (None, None, Some(_)) => "void",
            (None, None, None) => "waiting",
        }
    }
}

const COLUMNS: &str = "id, kind, about, ticket, member, body, at_ms, tries, next_ms, done_ms,
    given_up_ms, void_ms, error";

fn call(row: &sqlx::any::AnyRow) -> Result<Call, Error> {
    Ok(Call {
        id: get(row, "id")?,
        kind: get(row, "kind")?,
        about: get(row, "about")?,
        ticket: get(row, "ticket")?,
        member: get(row, "member")?,
        body: json(&get::<String>(row, "body")?, "call.body")?,
        at: time(row, "at_ms")?,
        tries: u32::try_from(get::<i64>(row, "tries")?).unwrap_or(u32::MAX),
        next: time_or_none(row, "next_ms")?,
        done: time_or_none(row, "done_ms")?,
        given_up: time_or_none(row, "given_up_ms")?,
        void: time_or_none(row, "void_ms")?,
        error: get(row, "error")?,
    })
}

impl Write<'_> {
    pub(super) async fn call(&mut self, new: &NewCall, now: UnixMs) -> Result<(), Error> {
        sqlx::query(
            "insert into call (id, kind, about, ticket, member, body, at_ms, tries, next_ms)
             values ($1, $2, $3, $4, $5, $6, $7, 0, $7)
             on conflict (kind, about, member) do nothing",
        )
        .bind(&new.id)
        .bind(new.kind)
        .bind(&new.about)
        .bind(new.ticket.as_deref())
        .bind(&new.member)
        .bind(new.body.to_string())
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Nobody has to be called about this order any more.
    pub(super) async fn void_calls(&mut self, about: &str, now: UnixMs) -> Result<(), Error> {
        sqlx::query(
            "update call set next_ms = null, void_ms = $2
             where about = $1 and next_ms is not null and kind <> 'drill'",
        )
        .bind(about)
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Calls that are due, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn calls_due(&self, now: UnixMs, most: i64) -> Result<Vec<Call>, Error> {
        let sql =
            format!("select {COLUMNS} from call where next_ms <= $1 order by next_ms, id limit $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0).bind(most);
        query.fetch_all(&self.pool).await?.iter().map(call).collect()
    }

    /// The receiver has taken a call.
    ///
    /// # Errors
    /// What the database said.
    pub async fn call_done(&self, id: &str, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "update call set done_ms = $2, next_ms = null, tries = tries + 1, error = null
             where id = $1 and next_ms is not null",
        )
        .bind(id)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// A try came to nothing: it is tried at `next`, or given up.
    ///
    /// # Errors
    /// What the database said.
    pub async fn call_failed(
        &self,
        id: &str,
        error: &str,
        next: Option<UnixMs>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "update call set error = $2, next_ms = $3, tries = tries + 1, given_up_ms = $4
             where id = $1 and next_ms is not null",
        )
        .bind(id)
        .bind(error)
        .bind(next.map(|at| at.0))
        .bind(next.is_none().then_some(now.0))
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Calls about a ticket, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn calls_of(&self, ticket: &TicketId) -> Result<Vec<Call>, Error> {
        let sql = format!("select {COLUMNS} from call where ticket = $1 order by at_ms, id");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&ticket.0);
        rows.fetch_all(&self.pool).await?.iter().map(call).collect()
    }

    /// How many calls wait, and how many were given up since a moment.
    ///
    /// # Errors
    /// What the database said.
    pub async fn call_counts(&self, since: UnixMs) -> Result<(i64, i64), Error> {
        let (waiting, given_up): (i64, i64) = sqlx::query_as(
            "select (select count(*) from call where next_ms is not null),
                    (select count(*) from call where given_up_ms >= $1)",
        )
        .bind(since.0)
        .fetch_one(&self.pool)
        .await?;
        Ok((waiting, given_up))
    }
}
