//! Observations that waited while nobody was signed on to duty, each told of once in a spell.

use sqlx::any::AnyRow;

use super::outbox::Outgoing;
use super::row::{get, time, word};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::duty::Span;
use crate::duty::unattended::{Alarm, Waiting};
use crate::ticket::{Severity, TicketId};

/// Observations that nobody has decided about, and that the spell has not told of.
const UNTOLD: &str = "select id, number, severity, place, seen_ms
    from ticket
    where state not in ('dismissed', 'closed', 'archived')
      and state in ('new', 'verifying')
      and not exists (
        select 1 from unattended
        where unattended.ticket = ticket.id
          and spell_ms = (select coalesce(max(off_ms), 0) from attendance where line = 'duty'))
    order by number";

/// What was told of one observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub number: i64,
    pub spell: UnixMs,
    pub at: UnixMs,
    /// Accounts with blanks between.
    pub whom: String,
}

impl Store {
    /// Observations that wait and that this spell has not told of yet.
    ///
    /// # Errors
    /// What the database said.
    pub async fn untold(&self) -> Result<Vec<Waiting>, Error> {
        sqlx::query(UNTOLD).fetch_all(&self.pool).await?.iter().map(waiting).collect()
    }

    /// Writes that the shift leader is told of these, with the messages. What somebody else has
    /// told of meanwhile is left out; nothing happens when somebody signed on meanwhile.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tell_unattended(
        &self,
        (told, waiting): (Vec<String>, Vec<Waiting>),
        encode: &(dyn Fn(&Alarm) -> Vec<Outgoing> + Send + Sync),
        now: UnixMs,
    ) -> Result<Option<Alarm>, Error> {
        let mut write = self.write().await?;
        let (present, spell): (i64, i64) = sqlx::query_as(
            "select (select count(*) from attendance where line = 'duty' and off_ms is null),
               (select coalesce(max(off_ms), 0) from attendance where line = 'duty')",
        )
        .fetch_one(&mut *write.tx)
        .await?;
        if present > 0 {
            return Ok(None);
        }
        let mut alarm = Alarm { spell: UnixMs(spell), told, waiting: Vec::new() };
        for one in waiting {
            if write.tell(&alarm, &one, now).await? {
                alarm.waiting.push(one);
            }
        }
        if alarm.waiting.is_empty() {
            return Ok(None);
        }
        for message in encode(&alarm) {
            write.send(&message, now).await?;
        }
        write.commit().await?;
        Ok(Some(alarm))
    }

    /// What this spell has told of and nobody has decided about since; nothing while somebody is
    /// signed on to duty. With the beginning of the spell.
    ///
    /// # Errors
    /// What the database said.
    pub async fn unattended_now(&self) -> Result<Option<(UnixMs, Vec<Told>)>, Error> {
        let (present, spell): (i64, i64) = sqlx::query_as(
            "select (select count(*) from attendance where line = 'duty' and off_ms is null),
               (select coalesce(max(off_ms), 0) from attendance where line = 'duty')",
        )
        .fetch_one(&self.pool)
        .await?;
        if present > 0 {
            return Ok(None);
        }
        let rows = sqlx::query(
            "select number, spell_ms, told_ms, told
             from unattended
             join ticket on ticket.id = unattended.ticket
             where spell_ms = $1 and state in ('new', 'verifying')
             order by number",
        )
        .bind(spell)
        .fetch_all(&self.pool)
        .await?;
        let told = rows.iter().map(told).collect::<Result<_, _>>()?;
        Ok(Some((UnixMs(spell), told)))
    }

    /// What was told in this time, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn unattended(&self, period: Span) -> Result<Vec<Told>, Error> {
        sqlx::query(
            "select number, spell_ms, told_ms, told
             from unattended
             join ticket on ticket.id = unattended.ticket
             where told_ms >= $1 and told_ms < $2
             order by told_ms, number",
        )
        .bind(period.from.0)
        .bind(period.until.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(told)
        .collect()
    }
}

impl Write<'_> {
    async fn tell(&mut self, alarm: &Alarm, one: &Waiting, now: UnixMs) -> Result<bool, Error> {
        let done = sqlx::query(
            "insert into unattended (ticket, spell_ms, told_ms, told)
             values ($1, $2, $3, $4)
             on conflict do nothing",
        )
        .bind(&one.ticket.0)
        .bind(alarm.spell.0)
        .bind(now.0)
        .bind(alarm.told.join(" "))
        .execute(&mut *self.tx)
        .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn waiting(row: &AnyRow) -> Result<Waiting, Error> {
    Ok(Waiting {
        ticket: TicketId(get(row, "id")?),
        number: get(row, "number")?,
        severity: word(&get::<String>(row, "severity")?, "ticket.severity", Severity::parse)?,
        place: get(row, "place")?,
        opened: time(row, "seen_ms")?,
    })
}

fn told(row: &AnyRow) -> Result<Told, Error> {
    Ok(Told {
        number: get(row, "number")?,
        spell: time(row, "spell_ms")?,
        at: time(row, "told_ms")?,
        whom: get(row, "told")?,
    })
}
