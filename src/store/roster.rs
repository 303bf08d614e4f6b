//! Rosters: drafts and published versions, and the shifts that hold by them.

use sqlx::any::AnyRow;

use super::row::{get, needed, time, time_or_none, word};
use super::{Error, Store, Write, next_number};
use crate::clock::UnixMs;
use crate::duty::roster::{Fault, Known, Roster, faults};
use crate::duty::splice::{Splice, beside, splice};
use crate::duty::{Line, Span, Turn};

/// What came of publishing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// It holds from now on, as this version.
    Done(i64),
    /// It has faults and was not published.
    Faulty(Vec<Fault>),
    /// It was published before.
    Before,
    /// There is no such roster.
    Unknown,
}

impl Store {
    /// Writes a draft.
    ///
    /// # Errors
    /// What the database said.
    pub async fn draft_roster(&self, roster: &Roster) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into roster (id, from_ms, until_ms, note, drafted_by, drafted_ms)
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&roster.id)
        .bind(roster.period.from.0)
        .bind(roster.period.until.0)
        .bind(&roster.note)
        .bind(&roster.drafted_by)
        .bind(roster.drafted.0)
        .execute(&mut *write.tx)
        .await?;
        for (number, turn) in (1_i64..).zip(&roster.turns) {
            sqlx::query(
                "insert into roster_turn (roster, number, account, line, starts_ms, ends_ms)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&roster.id)
            .bind(number)
            .bind(&turn.account)
            .bind(turn.line.as_str())
            .bind(turn.starts.0)
            .bind(turn.ends.0)
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await
    }

    /// A roster with its turns.
    ///
    /// # Errors
    /// What the database said.
    pub async fn roster(&self, id: &str) -> Result<Option<Roster>, Error> {
        let row = sqlx::query(
            "select id, from_ms, until_ms, note, drafted_by, drafted_ms, version, published_by,
               published_ms
             from roster
             where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let turns = sqlx::query(
            "select account, line, starts_ms, ends_ms
             from roster_turn
             where roster = $1
             order by number",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await?;
        let turns = turns.iter().map(turn).collect::<Result<_, _>>()?;
        Ok(Some(Roster { turns, ..roster(&row)? }))
    }

    /// The newest rosters without their turns, drafts among them.
    ///
    /// # Errors
    /// What the database said.
    pub async fn rosters(&self, most: u32) -> Result<Vec<Roster>, Error> {
        sqlx::query(
            "select id, from_ms, until_ms, note, drafted_by, drafted_ms, version, published_by,
               published_ms
             from roster
             order by drafted_ms desc, id desc
             limit $1",
        )
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(roster)
        .collect()
    }

    /// The turns that hold and touch this time.
    ///
    /// # Errors
    /// What the database said.
    pub async fn turns(&self, period: Span) -> Result<Vec<Turn>, Error> {
        sqlx::query(
            "select account, line, starts_ms, ends_ms
             from shift
             where ends_ms > $1 and starts_ms < $2
             order by line, starts_ms, account",
        )
        .bind(period.from.0)
        .bind(period.until.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(turn)
        .collect()
    }

    /// What is wrong with a roster if it were published at `now`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn roster_faults(&self, roster: &Roster, now: UnixMs) -> Result<Vec<Fault>, Error> {
        let standing = self.turns(reach(roster)).await?;
        Ok(faults(roster, &beside(&standing, roster), &self.known().await?, now))
    }

    async fn known(&self) -> Result<Vec<Known>, Error> {
        let known = |account: super::account::Account| Known {
            name: account.name,
            role: account.role,
            active: account.active,
        };
        Ok(self.accounts().await?.into_iter().map(known).collect())
    }

    /// Publishes a draft: its turns hold from now on. One with a fault is not published.
    ///
    /// # Errors
    /// What the database said.
    pub async fn publish_roster(
        &self,
        id: &str,
        by: &str,
        now: UnixMs,
    ) -> Result<Published, Error> {
        let Some(roster) = self.roster(id).await? else { return Ok(Published::Unknown) };
        let known = self.known().await?;
        let mut write = self.write().await?;
        let standing = write.standing(reach(&roster)).await?;
        let faults = faults(&roster, &beside(&standing, &roster), &known, now);
        if !faults.is_empty() {
            return Ok(Published::Faulty(faults));
        }
        let version = next_number(&mut write.tx, "roster").await?;
        let done = sqlx::query(
            "update roster
             set version = $2, published_by = $3, published_ms = $4
             where id = $1 and version is null",
        )
        .bind(id)
        .bind(version)
        .bind(by)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(Published::Before);
        }
        let change = splice(&standing, &roster, now);
        write.put_shifts(&change, (id, now)).await?;
        write.commit().await?;
        Ok(Published::Done(version))
    }
}

impl Write<'_> {
    pub(super) async fn standing(&mut self, period: Span) -> Result<Vec<Turn>, Error> {
        sqlx::query(
            "select account, line, starts_ms, ends_ms
             from shift
             where ends_ms > $1 and starts_ms < $2
             order by line, starts_ms, account",
        )
        .bind(period.from.0)
        .bind(period.until.0)
        .fetch_all(&mut *self.tx)
        .await?
        .iter()
        .map(turn)
        .collect()
    }

    /// Changes the shifts that hold; what is taken out is kept with what replaced it.
    pub(super) async fn put_shifts(
        &mut self,
        change: &Splice,
        (replaced_by, now): (&str, UnixMs),
    ) -> Result<(), Error> {
        self.changes_crew = true;
        for old in &change.out {
            sqlx::query(
                "insert into shift_past (account, line, starts_ms, ends_ms, replaced_by, replaced_ms)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&old.account)
            .bind(old.line.as_str())
            .bind(old.starts.0)
            .bind(old.ends.0)
            .bind(replaced_by)
            .bind(now.0)
            .execute(&mut *self.tx)
            .await?;
            sqlx::query("delete from shift where account = $1 and line = $2 and starts_ms = $3")
                .bind(&old.account)
                .bind(old.line.as_str())
                .bind(old.starts.0)
                .execute(&mut *self.tx)
                .await?;
        }
        for new in &change.into {
            sqlx::query(
                "insert into shift (account, line, starts_ms, ends_ms) values ($1, $2, $3, $4)",
            )
            .bind(&new.account)
            .bind(new.line.as_str())
            .bind(new.starts.0)
            .bind(new.ends.0)
            .execute(&mut *self.tx)
            .await?;
        }
        Ok(())
    }
}

/// Where turns may matter to a roster: its period, and as far as its turns go.
fn reach(roster: &Roster) -> Span {
    let last = roster.turns.iter().map(|turn| turn.ends).max().unwrap_or(roster.period.until);
    Span { from: roster.period.from, until: last.max(roster.period.until) }
}

pub(super) fn line(row: &AnyRow, name: &'static str) -> Result<Line, Error> {
    word(&get::<String>(row, name)?, name, Line::parse)
}

fn turn(row: &AnyRow) -> Result<Turn, Error> {
    Ok(Turn {
        account: get(row, "account")?,
        line: line(row, "line")?,
        starts: time(row, "starts_ms")?,
        ends: time(row, "ends_ms")?,
    })
}

fn roster(row: &AnyRow) -> Result<Roster, Error> {
    let version: Option<i64> = get(row, "version")?;
    let published = match version {
        None => None,
        Some(version) => {
            let by: Option<String> = get(row, "published_by")?;
            let at = time_or_none(row, "published_ms")?;
            let by = needed(by, "roster.published_by")?;
            Some((version, by, needed(at, "roster.published_ms")?))
        }
    };
    Ok(Roster {
        id: get(row, "id")?,
        period: Span { from: time(row, "from_ms")?, until: time(row, "until_ms")? },
        note: get(row, "note")?,
        turns: Vec::new(),
        drafted_by: get(row, "drafted_by")?,
        drafted: time(row, "drafted_ms")?,
        published,
    })
}
