//! Due times as rows: which wait, which have fired, whom they reached and who said that they know.
//!
//! A row fires once: it is marked where it is not yet, in the transaction of the log line and the
//! messages, and a second writer finds it marked and takes everything back.

use sqlx::any::AnyRow;

use super::row::{get, json, time, time_or_none, word};
use super::{Error, Store, Write};
use crate::clock::UnixMs;
use crate::ticket::ladder::{Deadline, Level};
use crate::ticket::{ClockName, TicketId};

/// What a change does to the due times of its ticket.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The steps that wait from now on; all others of the ticket stop. `None` leaves them.
    pub next: Option<Vec<Deadline>>,
    /// The step that fires with this change, and whom it reached.
    pub fired: Option<(Deadline, Vec<String>)>,
    /// The step that this person acknowledges.
    pub acked: Option<(Deadline, String)>,
}

/// A step that has fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    pub deadline: Deadline,
    pub fired: UnixMs,
    pub told: Vec<String>,
    pub acked: Option<(String, UnixMs)>,
}

const KEY: &str = "ticket = $1 and clock = $2 and from_ms = $3 and level = $4";

impl Store {
    /// Tickets with a step whose time has come, the longest due first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tickets_due(&self, now: UnixMs, most: i64) -> Result<Vec<TicketId>, Error> {
        let rows = sqlx::query(
            "select ticket, min(due_ms) as due
             from deadline
             where fired_ms is null and stopped_ms is null and due_ms <= $1
             group by ticket
             order by due, ticket
             limit $2",
        )
        .bind(now.0)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(TicketId(get(row, "ticket")?))).collect()
    }

    /// Open tickets without a step that waits, by number: those of an older daemon.
    ///
    /// # Errors
    /// What the database said.
    pub async fn tickets_without_deadline(&self) -> Result<Vec<TicketId>, Error> {
        let rows = sqlx::query(
            "select id
             from ticket
             where state not in ('dismissed', 'closed', 'archived')
               and not exists (select 1 from deadline
                               where deadline.ticket = ticket.id
                                 and fired_ms is null and stopped_ms is null)
             order by number
             limit 1000",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(TicketId(get(row, "id")?))).collect()
    }

    /// The steps of a ticket that have fired, in the order of firing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn past_deadlines(&self, ticket: &TicketId) -> Result<Vec<Past>, Error> {
        let rows = sqlx::query(
            "select clock, from_ms, level, percent, due_ms, fired_ms, told, acked_by, acked_ms
             from deadline
             where ticket = $1 and fired_ms is not null
             order by version",
        )
        .bind(&ticket.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(past).collect()
    }

    /// How many steps wait.
    ///
    /// # Errors
    /// What the database said.
    pub async fn waiting_deadlines(&self) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from deadline where fired_ms is null and stopped_ms is null",
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    /// Writes the waiting steps of tickets, without changing anything else.
    ///
    /// # Errors
    /// What the database said.
    pub async fn await_deadlines(
        &self,
        all: &[(TicketId, Vec<Deadline>)],
        now: UnixMs,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        for (ticket, next) in all {
            write.wait_for(ticket, next, now).await?;
        }
        write.commit().await
    }
}

impl Write<'_> {
    /// Does to the due times what the change says; `version` is its line of the log.
    pub(super) async fn mark(
        &mut self,
        (ticket, version): (&TicketId, i64),
        marks: &Marks,
        now: UnixMs,
    ) -> Result<(), Error> {
        if let Some((deadline, told)) = &marks.fired {
            self.fire((ticket, version), (deadline, told), now).await?;
        }
        if let Some((deadline, by)) = &marks.acked {
            let sql = format!(
                "update deadline set acked_by = $5, acked_ms = $6 where {KEY} and acked_by is null"
            );
            sqlx::query(sqlx::AssertSqlSafe(sql))
                .bind(&ticket.0)
                .bind(deadline.clock.as_str())
                .bind(deadline.from.0)
                .bind(deadline.level.as_str())
                .bind(by)
                .bind(now.0)
                .execute(&mut *self.tx)
                .await?;
        }
        if let Some(next) = &marks.next {
            self.wait_for(ticket, next, now).await?;
        }
        Ok(())
    }

    async fn fire(
        &mut self,
        (ticket, version): (&TicketId, i64),
        (deadline, told): (&Deadline, &[String]),
        now: UnixMs,
    ) -> Result<(), Error> {
        let done = sqlx::query(
            "insert into deadline (ticket, clock, from_ms, level, percent, due_ms, fired_ms,
               version, told)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (ticket, clock, from_ms, level) do update
               set fired_ms = excluded.fired_ms, version = excluded.version, told = excluded.told,
                   due_ms = excluded.due_ms, percent = excluded.percent, stopped_ms = null
               where deadline.fired_ms is null",
        )
        .bind(&ticket.0)
        .bind(deadline.clock.as_str())
        .bind(deadline.from.0)
        .bind(deadline.level.as_str())
        .bind(i64::from(deadline.percent))
        .bind(deadline.due.0)
        .bind(now.0)
        .bind(version)
        .bind(serde_json::json!(told).to_string())
        .execute(&mut *self.tx)
        .await?;
        if done.rows_affected() == 1 {
            return Ok(());
        }
        Err(Error::Conflict { ticket: ticket.0.clone(), version })
    }

    /// These steps wait; others of the ticket that did have stopped.
    pub(super) async fn wait_for(
        &mut self,
        ticket: &TicketId,
        next: &[Deadline],
        now: UnixMs,
    ) -> Result<(), Error> {
        sqlx::query(
            "update deadline set stopped_ms = $2
             where ticket = $1 and fired_ms is null and stopped_ms is null",
        )
        .bind(&ticket.0)
        .bind(now.0)
        .execute(&mut *self.tx)
        .await?;
        if next.is_empty() {
            return Ok(());
        }
        let row = |at: usize| {
            let first = 2 + 5 * at;
            let marks: Vec<String> = (first..first + 5).map(|mark| format!("${mark}")).collect();
            format!("($1, {})", marks.join(", "))
        };
        let rows: Vec<String> = (0..next.len()).map(row).collect();
        let insert = format!(
            "insert into deadline (ticket, clock, from_ms, level, percent, due_ms)
             values {}
             on conflict (ticket, clock, from_ms, level) do update
               set due_ms = excluded.due_ms, percent = excluded.percent, stopped_ms = null
               where deadline.fired_ms is null",
            rows.join(", ")
        );
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(insert)).bind(&ticket.0);
        for deadline in next {
            insert = insert
                .bind(deadline.clock.as_str())
                .bind(deadline.from.0)
                .bind(deadline.level.as_str())
                .bind(i64::from(deadline.percent))
                .bind(deadline.due.0);
        }
        insert.execute(&mut *self.tx).await?;
        Ok(())
    }
}

fn past(row: &AnyRow) -> Result<Past, Error> {
    let (clock, level) = (get::<String>(row, "clock")?, get::<String>(row, "level")?);
    let told = get::<Option<String>>(row, "told")?.unwrap_or_else(|| "[]".into());
    let told = json(&told, "deadline.told")?;
    let names = told.as_array().into_iter().flatten();
    let by: Option<String> = get(row, "acked_by")?;
    Ok(Past {
        deadline: Deadline {
            clock: word(&clock, "deadline.clock", ClockName::parse)?,
            from: time(row, "from_ms")?,
            level: word(&level, "deadline.level", Level::parse)?,
            percent: u32::try_from(get::<i64>(row, "percent")?).unwrap_or_default(),
            due: time(row, "due_ms")?,
        },
        fired: time(row, "fired_ms")?,
        told: names.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        acked: by.zip(time_or_none(row, "acked_ms")?),
    })
}
