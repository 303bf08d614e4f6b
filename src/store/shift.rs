//! Who is on duty when.

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::dispatch::Candidate;

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

    /// All patrol members with what dispatch needs to know of them.
    ///
    /// # Errors
    /// What the database said.
    pub async fn candidates(&self, now: UnixMs) -> Result<Vec<Candidate>, Error> {
        let rows = sqlx::query(
            "select name, display,
               (select count(*) from shift
                where shift.account = account.name and line = 'patrol'
                  and starts_ms <= $1 and ends_ms > $1) as turns,
               (select count(*) from ticket
                where member = account.name
                  and state in ('offered', 'accepted', 'on_scene')) as open_work,
               (select max(offered_ms) from ticket where member = account.name) as last_order
             from account
             where role = 'patrol_member' and active = 1
             order by name",
        )
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let candidate = |row| {
            Ok(Candidate {
                name: get(row, "name")?,
                display: get(row, "display")?,
                on_shift: get::<i64>(row, "turns")? > 0,
                open_work: u32::try_from(get::<i64>(row, "open_work")?).unwrap_or(u32::MAX),
                last_order: get::<Option<i64>>(row, "last_order")?.map(UnixMs),
                phone_online: None,
            })
        };
        rows.iter().map(candidate).collect()
    }
}
