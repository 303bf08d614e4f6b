//! Swaps of turns.

use sqlx::any::AnyRow;

use super::roster::line;
use super::row::{get, needed, time, time_or_none};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::duty::swap::{Decided, Swap};
use crate::duty::{Refused, Span, Turn};
use crate::ticket::Role;

const COLUMNS: &str = "id, gives_account, gives_line, gives_starts_ms, gives_ends_ms,
    takes_account, takes_line, takes_starts_ms, takes_ends_ms, reason, asked_ms, agreed_ms,
    decision, decided_by, decided_ms, decided_why";

impl Store {
    /// Writes that a swap is asked for.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ask_swap(&self, swap: &Swap) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into swap (id, gives_account, gives_line, gives_starts_ms, gives_ends_ms,
               takes_account, takes_line, takes_starts_ms, takes_ends_ms, reason, asked_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&swap.id)
        .bind(&swap.gives.account)
        .bind(swap.gives.line.as_str())
        .bind(swap.gives.starts.0)
        .bind(swap.gives.ends.0)
        .bind(&swap.takes.account)
        .bind(swap.takes.line.as_str())
        .bind(swap.takes.starts.0)
        .bind(swap.takes.ends.0)
        .bind(&swap.reason)
        .bind(swap.asked.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// One swap.
    ///
    /// # Errors
    /// What the database said.
    pub async fn swap(&self, id: &str) -> Result<Option<Swap>, Error> {
        let sql = format!("select {COLUMNS} from swap where id = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
        query.fetch_optional(&self.pool).await?.as_ref().map(swap).transpose()
    }

    /// Swaps that wait, and those asked for since; newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn swaps(&self, since: UnixMs) -> Result<Vec<Swap>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from swap
             where decision is null or asked_ms >= $1
             order by asked_ms desc, id desc"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(since.0);
        query.fetch_all(&self.pool).await?.iter().map(swap).collect()
    }

    /// Writes that the other one agrees. Whether it still waited for that.
    ///
    /// # Errors
    /// What the database said.
    pub async fn agree_swap(&self, id: &str, now: UnixMs) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update swap
             set agreed_ms = $2
             where id = $1 and agreed_ms is null and decision is null",
        )
        .bind(id)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Decides a swap; an approved one lets the turns change hands in the same moment, if they
    /// still fit. `roles`: of who asked and of the other.
    ///
    /// # Errors
    /// What the database said; inside, the refusal.
    pub async fn decide_swap(
        &self,
        swap: &Swap,
        decided: &Decided,
        roles: [Role; 2],
    ) -> Result<Result<(), Refused>, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update swap
             set decision = $2, decided_by = $3, decided_ms = $4, decided_why = $5
             where id = $1 and decision is null",
        )
        .bind(&swap.id)
        .bind(if decided.approved { "approved" } else { "refused" })
        .bind(&decided.by)
        .bind(decided.at.0)
        .bind(&decided.why)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Err(Refused::AlreadyDecided));
        }
        if decided.approved {
            let reach = Span {
                from: swap.gives.starts.min(swap.takes.starts),
                until: swap.gives.ends.max(swap.takes.ends),
            };
            let standing = write.standing(reach).await?;
            if let Err(refused) = swap.fits(roles, &standing, decided.at) {
                return Ok(Err(refused));
            }
            write.put_shifts(&swap.change(), (&swap.id, decided.at)).await?;
        }
        write.commit().await?;
        Ok(Ok(()))
    }
}

fn swap(row: &AnyRow) -> Result<Swap, Error> {
    let decision: Option<String> = get(row, "decision")?;
    let decided = match decision {
        None => None,
        Some(decision) => Some(Decided {
            approved: decision == "approved",
            by: needed(get(row, "decided_by")?, "swap.decided_by")?,
            at: needed(time_or_none(row, "decided_ms")?, "swap.decided_ms")?,
            why: get::<Option<String>>(row, "decided_why")?.unwrap_or_default(),
        }),
    };
    let gives = Turn {
        account: get(row, "gives_account")?,
        line: line(row, "gives_line")?,
        starts: time(row, "gives_starts_ms")?,
        ends: time(row, "gives_ends_ms")?,
    };
    let takes = Turn {
        account: get(row, "takes_account")?,
        line: line(row, "takes_line")?,
        starts: time(row, "takes_starts_ms")?,
        ends: time(row, "takes_ends_ms")?,
    };
    Ok(Swap {
        id: get(row, "id")?,
        gives,
        takes,
        reason: get(row, "reason")?,
        asked: time(row, "asked_ms")?,
        agreed: time_or_none(row, "agreed_ms")?,
        decided,
    })
}
