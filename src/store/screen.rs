//! When a screen showed the wall, and which cameras were looked at on a round.

use sqlx::any::AnyRow;

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;

/// A stretch without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    pub screen: String,
    pub account: String,
    pub from: UnixMs,
    /// The last beat.
    pub until: UnixMs,
    /// The longest that it heard nothing of the daemon.
    pub silence_ms: i64,
}

/// A camera that an operator looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    pub camera: String,
    pub account: String,
    pub at: UnixMs,
}

impl Store {
    /// A beat of a screen: the spell goes on, unless the last beat was before `since`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn screen_beat(&self, beat: &Spell, since: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "update screen_spell
             set until_ms = $2,
               silence_ms = case when silence_ms < $3 then $3 else silence_ms end
             where screen = $1 and until_ms >= $4 and until_ms <= $2",
        )
        .bind(&beat.screen)
        .bind(beat.until.0)
        .bind(beat.silence_ms)
        .bind(since.0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            sqlx::query(
                "insert into screen_spell (screen, account, from_ms, until_ms, silence_ms)
                 values ($1, $2, $3, $4, $5)
                 on conflict do nothing",
            )
            .bind(&beat.screen)
            .bind(&beat.account)
            .bind(beat.from.0)
            .bind(beat.until.0)
            .bind(beat.silence_ms)
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await?;
        Ok(())
    }

    /// Spells that lasted into this time, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn screens(&self, since: UnixMs) -> Result<Vec<Spell>, Error> {
        sqlx::query(
            "select screen, account, from_ms, until_ms, silence_ms
             from screen_spell
             where until_ms >= $1
             order by until_ms desc, screen",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(spell)
        .collect()
    }

    /// Writes that a camera was looked at.
    ///
    /// # Errors
    /// What the database said.
    pub async fn look(&self, look: &Look) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into round_look (camera, account, at_ms)
             values ($1, $2, $3)
             on conflict do nothing",
        )
        .bind(&look.camera)
        .bind(&look.account)
        .bind(look.at.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(())
    }

    /// What was looked at since then, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn looks(&self, since: UnixMs) -> Result<Vec<Look>, Error> {
        sqlx::query(
            "select camera, account, at_ms
             from round_look
             where at_ms >= $1
             order by at_ms desc, camera",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(look)
        .collect()
    }
}

fn spell(row: &AnyRow) -> Result<Spell, Error> {
    Ok(Spell {
        screen: get(row, "screen")?,
        account: get(row, "account")?,
        from: time(row, "from_ms")?,
        until: time(row, "until_ms")?,
        silence_ms: get(row, "silence_ms")?,
    })
}

fn look(row: &AnyRow) -> Result<Look, Error> {
    Ok(Look { camera: get(row, "camera")?, account: get(row, "account")?, at: time(row, "at_ms")? })
}
