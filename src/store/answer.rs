//! Answers of phones that were already worked on: the same id again changes nothing.

use super::{Error, Store, Write};
use crate::clock::UnixMs;

impl Store {
    /// What became of an answer, if it was worked on before.
    ///
    /// # Errors
    /// What the database said.
    pub async fn answer_outcome(&self, id: &str) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as("select outcome from answer where id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|(outcome,)| outcome))
    }
}

/// An answer as it is remembered.
#[derive(Clone, Debug)]
pub struct Answered {
    pub id: String,
    pub member: String,
    /// `done`, or the code of the refusal.
    pub outcome: &'static str,
}

impl Write<'_> {
    pub(crate) async fn remember(&mut self, answer: &Answered, now: UnixMs) -> Result<(), Error> {
        sqlx::query(
            "insert into answer (id, member, at_ms, outcome)
             values ($1, $2, $3, $4)
             on conflict (id) do nothing",
        )
        .bind(&answer.id)
        .bind(&answer.member)
        .bind(now.0)
        .bind(answer.outcome)
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
