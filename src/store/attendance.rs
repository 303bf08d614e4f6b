//! Who signed on and off.

use sqlx::any::AnyRow;

use super::roster::line;
use super::row::{get, needed, time, time_or_none};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::duty::attendance::{Attendance, Off};
use crate::duty::{Line, Span};

const COLUMNS: &str = "id, account, line, on_ms, via, turn_starts_ms, turn_ends_ms, reason, off_ms,
    off_by, off_reason";

impl Store {
    /// Writes that somebody is there. Whether it was written: who is there already is not there
    /// twice, however often a button is pressed.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sign_on(&self, row: &Attendance) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "insert into attendance (id, account, line, on_ms, via, turn_starts_ms, turn_ends_ms,
               reason)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict do nothing",
        )
        .persistent(false)
        .bind(&row.id)
        .bind(&row.account)
        .bind(row.line.as_str())
        .bind(row.on.0)
        .bind(&row.via)
        .bind(row.turn.map(|turn| turn.from.0))
        .bind(row.turn.map(|turn| turn.until.0))
        .bind(&row.reason)
        .execute(&mut *write.tx)
        .await?;
        write.changes_crew = true;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Writes that somebody has gone. Whether the presence lasted until then.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sign_off(&self, id: &str, off: &Off) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update attendance
             set off_ms = $2, off_by = $3, off_reason = $4
             where id = $1 and off_ms is null",
        )
        .bind(id)
        .bind(off.at.0)
        .bind(&off.by)
        .bind(&off.reason)
        .execute(&mut *write.tx)
        .await?;
        write.changes_crew = true;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Everybody who is there now, by name.
    ///
    /// # Errors
    /// What the database said.
    pub async fn signed_on(&self) -> Result<Vec<Attendance>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from attendance
             where off_ms is null
             order by account"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql));
        query.fetch_all(&self.pool).await?.iter().map(attendance).collect()
    }

    /// Presences that touch this time, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn attendance(&self, period: Span) -> Result<Vec<Attendance>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from attendance
             where on_ms < $2 and (off_ms is null or off_ms > $1)
             order by on_ms, account"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(period.from.0).bind(period.until.0);
        query.fetch_all(&self.pool).await?.iter().map(attendance).collect()
    }

    /// When the last one on a line has gone; the beginning of time if nobody was ever there.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_off(&self, line: Line) -> Result<UnixMs, Error> {
        let (last,): (Option<i64>,) =
            sqlx::query_as("select max(off_ms) from attendance where line = $1")
                .bind(line.as_str())
                .fetch_one(&self.pool)
                .await?;
        Ok(UnixMs(last.unwrap_or(0)))
    }

    /// The first moment that any roster or presence tells of.
    ///
    /// # Errors
    /// What the database said.
    pub async fn duty_begin(&self) -> Result<Option<UnixMs>, Error> {
        let (turn, on): (Option<i64>, Option<i64>) = sqlx::query_as(
            "select (select min(starts_ms) from shift), (select min(on_ms) from attendance)",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(turn.into_iter().chain(on).min().map(UnixMs))
    }
}

fn attendance(row: &AnyRow) -> Result<Attendance, Error> {
    let from = time_or_none(row, "turn_starts_ms")?;
    let until = time_or_none(row, "turn_ends_ms")?;
    let off = match time_or_none(row, "off_ms")? {
        None => None,
        Some(at) => Some(Off {
            at,
            by: needed(get(row, "off_by")?, "attendance.off_by")?,
            reason: get::<Option<String>>(row, "off_reason")?.unwrap_or_default(),
        }),
    };
    Ok(Attendance {
        id: get(row, "id")?,
        account: get(row, "account")?,
        line: line(row, "line")?,
        on: time(row, "on_ms")?,
        via: get(row, "via")?,
        turn: from.zip(until).map(|(from, until)| Span { from, until }),
        reason: get(row, "reason")?,
        off,
    })
}
