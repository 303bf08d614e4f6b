//! Who is on duty when.

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;

/// A person's turn on one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    pub account: String,
    pub display: String,
    pub role: String,
    /// `duty`, `standby` or `patrol`.
    pub line: String,
    pub starts: UnixMs,
    pub ends: UnixMs,
}

impl Store {
    /// Adds a turn; the same one again changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn add_shift(
        &self,
        account: &str,
        line: &str,
        time: (UnixMs, UnixMs),
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into shift (account, line, starts_ms, ends_ms)
             values ($1, $2, $3, $4)
             on conflict (account, line, starts_ms) do nothing",
        )
        .bind(account)
        .bind(line)
        .bind(time.0.0)
        .bind(time.1.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Everybody on any line at `now`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn on_duty(&self, now: UnixMs) -> Result<Vec<Shift>, Error> {
        let rows = sqlx::query(
            "select account, display, role, line, starts_ms, ends_ms
             from shift
             join account on account.name = shift.account
             where starts_ms <= $1 and ends_ms > $1 and active = 1
             order by line, account",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let shift = |row| {
            Ok(Shift {
                account: get(row, "account")?,
                display: get(row, "display")?,
                role: get(row, "role")?,
                line: get(row, "line")?,
                starts: time(row, "starts_ms")?,
                ends: time(row, "ends_ms")?,
            })
        };
        rows.iter().map(shift).collect()
    }

    /// Everybody who works at `now`: by the roster, or signed on outside of a turn.
    ///
    /// # Errors
    /// What the database said.
    pub async fn at_work(&self, now: UnixMs) -> Result<Vec<Shift>, Error> {
        let mut at_work = self.on_duty(now).await?;
        let rows = sqlx::query(
            "select account, display, role, line, on_ms
             from attendance
             join account on account.name = attendance.account
             where off_ms is null and active = 1
             order by line, account",
        )
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            let shift = Shift {
                account: get(row, "account")?,
                display: get(row, "display")?,
                role: get(row, "role")?,
                line: get(row, "line")?,
                starts: time(row, "on_ms")?,
                ends: now.plus_ms(1),
            };
            let known = |one: &Shift| one.account == shift.account && one.line == shift.line;
            if !at_work.iter().any(known) {
                at_work.push(shift);
            }
        }
        Ok(at_work)
    }
}
