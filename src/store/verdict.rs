//! What the quality of rules is told from: the lines that opened and judged observations, and the
//! firings behind them.

use super::event::fired;
use super::log::entry;
use super::row::get;
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::event::Fired;
use crate::ticket::TicketId;
use crate::ticket::log::LogEntry;

impl Store {
    /// The opening and the verdicts of every observation by a rule that was seen since, by number
    /// and version.
    ///
    /// # Errors
    /// What the database said.
    pub async fn verdict_lines(&self, since: UnixMs) -> Result<Vec<LogEntry>, Error> {
        let rows = sqlx::query(
            "select ticket, number, version, at_ms, actor, role, input, detail
             from ticket_log
             where ticket in (select id from ticket where seen_ms >= $1 and rule <> '')
               and input in ('open', 'undetermined', 'confirm', 'false_alarm', 'test_alarm')
             order by number, version",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(entry).collect()
    }

    /// The line of a ticket's log with its last verdict.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_verdict(&self, id: &TicketId) -> Result<Option<i64>, Error> {
        let (last,): (Option<i64>,) = sqlx::query_as(
            "select max(version)
             from ticket_log
             where ticket = $1 and input in ('confirm', 'false_alarm', 'test_alarm', 'correct')",
        )
        .bind(&id.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(last)
    }

    /// The firings of those observations with the ticket's id, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn firings_since(&self, since: UnixMs) -> Result<Vec<(String, Fired)>, Error> {
        let rows = sqlx::query(
            "select id, camera, rule, kind, zone, class, score, dwell_ms, armed, track, x0, y0, x1,
               y1, at_ms, ticket, facts
             from event
             where ticket in (select id from ticket where seen_ms >= $1 and rule <> '')
             order by at_ms, id",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok((get(row, "ticket")?, fired(row)?))).collect()
    }
}
