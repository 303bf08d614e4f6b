//! The log of acts: read by reports and shown beside a ticket; never changed.

use super::row::{get, json, time, word};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::log::LogEntry;
use crate::ticket::{Role, TicketId};

pub(super) fn entry(row: &sqlx::any::AnyRow) -> Result<LogEntry, Error> {
    Ok(LogEntry {
        ticket: TicketId(get(row, "ticket")?),
        number: get(row, "number")?,
        version: get(row, "version")?,
        at: time(row, "at_ms")?,
        actor: get(row, "actor")?,
        role: word(&get::<String>(row, "role")?, "ticket_log.role", Role::parse)?,
        input: get(row, "input")?,
        detail: json(&get::<String>(row, "detail")?, "ticket_log.detail")?,
    })
}

impl Write<'_> {
    pub(crate) async fn append(&mut self, line: &LogEntry) -> Result<(), Error> {
        sqlx::query(
            "insert into ticket_log (ticket, version, number, at_ms, actor, role, input, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&line.ticket.0)
        .bind(line.version)
        .bind(line.number)
        .bind(line.at.0)
        .bind(&line.actor)
        .bind(line.role.as_str())
        .bind(&line.input)
        .bind(line.detail.to_string())
        .execute(&mut *self.tx)
        .await?;
        self.answered(line).await
    }
}

impl Store {
    /// The log of one ticket.
    ///
    /// # Errors
    /// What the database said.
    pub async fn log_of_ticket(&self, id: &TicketId) -> Result<Vec<LogEntry>, Error> {
        sqlx::query(
            "select ticket, number, version, at_ms, actor, role, input, detail
             from ticket_log
             where ticket = $1
             order by version",
        )
        .bind(&id.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(entry)
        .collect()
    }

    /// The log of the first ticket whose number is greater than `after`, with its number; none
    /// after the last.
    ///
    /// # Errors
    /// What the database said.
    pub async fn next_log(&self, after: i64) -> Result<Option<(i64, Vec<LogEntry>)>, Error> {
        let next: Option<(String, i64)> = sqlx::query_as(
            "select id, number from ticket where number > $1 order by number limit 1",
        )
        .bind(after)
        .fetch_optional(&self.pool)
        .await?;
        match next {
            Some((id, number)) => Ok(Some((number, self.log_of_ticket(&TicketId(id)).await?))),
            None => Ok(None),
        }
    }

    /// The moment of the first line of all, if there is one.
    ///
    /// # Errors
    /// What the database said.
    pub async fn log_begin(&self) -> Result<Option<UnixMs>, Error> {
        let (first,): (Option<i64>,) =
            sqlx::query_as("select min(at_ms) from ticket_log").fetch_one(&self.pool).await?;
        Ok(first.map(UnixMs))
    }
}
