//! What a weekly report reads: the logs of all tickets that lived in a period.

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::log::entry;
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::log::LogEntry;

impl Store {
    /// The whole logs of every ticket that was touched in `[start, end)` or was open in it, also
    /// when nobody touched it: those are what a week carries over.
    ///
    /// # Errors
    /// What the database said.
    pub async fn log_of_week(&self, start: UnixMs, end: UnixMs) -> Result<Vec<LogEntry>, Error> {
        // Row by row: a week's rows and its lines together are twice the memory.
        let rows = sqlx::query(
            "select ticket, number, version, at_ms, actor, role, input, detail
             from ticket_log
             where ticket in (select ticket from ticket_log where at_ms >= $1 and at_ms < $2)
               or ticket in (select id from ticket
                             where seen_ms < $2 and (ended_ms is null or ended_ms >= $1))
             order by number, version",
        )
        .bind(start.0)
        .bind(end.0)
        .fetch(&self.pool);
        rows.map(|row| entry(&row?)).try_collect().await
    }

    /// How many observations were filed in `[start, end)`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn opened_count(&self, start: UnixMs, end: UnixMs) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*)
             from ticket_log
             where at_ms >= $1 and at_ms < $2 and version = 1",
        )
        .bind(start.0)
        .bind(end.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }
}
