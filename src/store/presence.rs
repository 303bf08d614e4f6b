//! Presence checks, and the acts that are signs of presence.

use sqlx::any::AnyRow;

use super::row::{get, needed, time, time_or_none, word};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::duty::Span;
use crate::duty::presence::{Check, Outcome};

const COLUMNS: &str = "id, attendance, account, asked_ms, due_ms, ended_ms, outcome";

impl Store {
    /// Asks somebody for a sign of presence. Whether it was asked: one check waits at a time.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ask_presence(&self, check: &Check) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "insert into presence_check (id, attendance, account, asked_ms, due_ms)
             values ($1, $2, $3, $4, $5)
             on conflict do nothing",
        )
        .bind(&check.id)
        .bind(&check.attendance)
        .bind(&check.account)
        .bind(check.asked.0)
        .bind(check.due.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Ends a check that waits. Whether it did.
    ///
    /// # Errors
    /// What the database said.
    pub async fn end_presence(
        &self,
        id: &str,
        at: UnixMs,
        outcome: Outcome,
    ) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update presence_check
             set ended_ms = $2, outcome = $3
             where id = $1 and outcome is null",
        )
        .bind(id)
        .bind(at.0)
        .bind(outcome.as_str())
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The newest check of a presence.
    ///
    /// # Errors
    /// What the database said.
    pub async fn newest_check(&self, attendance: &str) -> Result<Option<Check>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from presence_check
             where attendance = $1
             order by asked_ms desc, id desc
             limit 1"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(attendance);
        query.fetch_optional(&self.pool).await?.as_ref().map(check).transpose()
    }

    /// The checks that were asked in this time, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn presence_checks(&self, period: Span) -> Result<Vec<Check>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from presence_check
             where asked_ms >= $1 and asked_ms < $2
             order by asked_ms, id"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(period.from.0).bind(period.until.0);
        query.fetch_all(&self.pool).await?.iter().map(check).collect()
    }

    /// The newest act of an account since then. A view is none: screens open tickets by themselves.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_sign(&self, account: &str, since: UnixMs) -> Result<Option<UnixMs>, Error> {
        let (last,): (Option<i64>,) = sqlx::query_as(
            "select max(at_ms)
             from audit
             where actor = $1 and at_ms >= $2 and outcome = 'allowed'
               and verb not like 'view%' and verb <> 'sign_on'",
        )
        .bind(account)
        .bind(since.0)
        .fetch_one(&self.pool)
        .await?;
        Ok(last.map(UnixMs))
    }
}

fn check(row: &AnyRow) -> Result<Check, Error> {
    let outcome: Option<String> = get(row, "outcome")?;
    let ended = match outcome {
        None => None,
        Some(outcome) => {
            let at = needed(time_or_none(row, "ended_ms")?, "presence_check.ended_ms")?;
            Some((at, word(&outcome, "presence_check.outcome", Outcome::parse)?))
        }
    };
    Ok(Check {
        id: get(row, "id")?,
        attendance: get(row, "attendance")?,
        account: get(row, "account")?,
        asked: time(row, "asked_ms")?,
        due: time(row, "due_ms")?,
        ended,
    })
}
