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
        write.changes_crew = true;
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

    /// Whether this person works at `now`: by the roster, or signed on outside of a turn.
    ///
    /// # Errors
    /// What the database said.
    pub async fn is_at_work(&self, account: &str, now: UnixMs) -> Result<bool, Error> {
        let sql = format!("select 1 from account where name = $1 and {AT_WORK} limit 1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account).bind(now.0).bind("");
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// How many others of a role work on a line at `now`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn others_at_work(
        &self,
        besides: &str,
        (role, line): (&str, &str),
        now: UnixMs,
    ) -> Result<usize, Error> {
        let sql = format!(
            "select count(*) as others from account
             where name <> $1 and role = $4 and {AT_WORK}"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(besides).bind(now.0).bind(line);
        let row = query.bind(role).fetch_one(&self.pool).await?;
        let others: i64 = get(&row, "others")?;
        Ok(usize::try_from(others).unwrap_or_default())
    }
}

/// Who works at `$2` on the line `$3`; on any, if that is empty.
const AT_WORK: &str = "active = 1 and (
       exists (select 1 from shift where account = name and starts_ms <= $2 and ends_ms > $2
               and ($3 = '' or line = $3))
    or exists (select 1 from attendance where account = name and off_ms is null
               and ($3 = '' or line = $3)))";
