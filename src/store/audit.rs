//! Every act and every view, allowed or refused, in one gap-free row of numbers.

use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::Actor;

/// What is written down of one passage through the door.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    pub actor: &'a Actor,
    pub verb: &'a str,
    pub object: &'a str,
    pub reason: &'a str,
    /// `allowed` or `refused`.
    pub outcome: &'a str,
}

impl Store {
    /// Writes one line of the audit.
    ///
    /// # Errors
    /// What the database said.
    pub async fn audit(&self, passage: Passage<'_>, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        // There is one writer at a time, so the next number is free.
        sqlx::query(
            "insert into audit (seq, at_ms, actor, role, verb, object, reason, outcome)
             select coalesce(max(seq), 0) + 1, $1, $2, $3, $4, $5, $6, $7 from audit",
        )
        .bind(now.0)
        .bind(&passage.actor.name)
        .bind(passage.actor.role.as_str())
        .bind(passage.verb)
        .bind(passage.object)
        .bind(passage.reason)
        .bind(passage.outcome)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// How many lines the audit has.
    ///
    /// # Errors
    /// What the database said.
    pub async fn audit_count(&self) -> Result<i64, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from audit").fetch_one(&self.pool).await?;
        Ok(count)
    }
}
