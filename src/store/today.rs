//! The figures of one day for the wall, and what waits to go out.
//!
//! Counts come from the log of acts. Times come from the orders that stand in the tickets: an
//! order that was withdrawn after its acknowledgement is not in them.

use super::{Error, Store};
use crate::clock::UnixMs;

/// See `Today::seen`.
const QUARTER_MS: i64 = 900_000;

/// What happened in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// How many observations were seen in each quarter of an hour from its beginning on; those
    /// without any are left out. Summer time moves by whole quarters everywhere.
    pub seen: Vec<(UnixMs, i64)>,
    pub confirmed: i64,
    pub false_alarm: i64,
    pub closed: i64,
    /// Of the closed ones, those of which no clock ran out.
    pub closed_in_time: i64,
    /// From order to acknowledgement, ms: the median of the period's acknowledgements.
    pub ack_p50_ms: Option<i64>,
    /// From acknowledgement to arrival, ms: what nine in ten arrivals of the period kept to.
    pub arrive_p90_ms: Option<i64>,
    /// Open tickets whose clock has run out.
    pub overdue: i64,
}

impl Store {
    /// The figures of `[start, end)`, with what is overdue at `now`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn today(&self, day: (UnixMs, UnixMs), now: UnixMs) -> Result<Today, Error> {
        let (closed, closed_in_time) = self.closed_between(day).await?;
        Ok(Today {
            seen: self.seen_between(day).await?,
            confirmed: self.acts_between(day, "confirm").await?,
            false_alarm: self.acts_between(day, "false_alarm").await?,
            closed,
            closed_in_time,
            ack_p50_ms: self.span(day, ("acked_ms", "offered_ms"), 50).await?,
            arrive_p90_ms: self.span(day, ("on_scene_ms", "acked_ms"), 90).await?,
            overdue: self.overdue_count(now).await?,
        })
    }

    /// How many messages wait for the broker.
    ///
    /// # Errors
    /// What the database said.
    pub async fn waiting_count(&self) -> Result<i64, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from outbox where published_ms is null")
                .fetch_one(&self.pool)
                .await?;
        Ok(count)
    }

    /// How many open tickets are in each state.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_by_state(&self) -> Result<Vec<(String, i64)>, Error> {
        Ok(sqlx::query_as(
            "select state, count(*)
             from ticket
             where state not in ('dismissed', 'closed', 'archived')
             group by state
             order by state",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    async fn seen_between(&self, day: (UnixMs, UnixMs)) -> Result<Vec<(UnixMs, i64)>, Error> {
        let rows: Vec<(i64, i64)> = sqlx::query_as(
            "select (seen_ms - $1) / 900000 as quarter, count(*)
             from ticket
             where seen_ms >= $1 and seen_ms < $2
             group by quarter
             order by quarter",
        )
        .bind(day.0.0)
        .bind(day.1.0)
        .fetch_all(&self.pool)
        .await?;
        let begins = |quarter: i64| day.0.plus_ms(quarter * QUARTER_MS);
        Ok(rows.into_iter().map(|(quarter, n)| (begins(quarter), n)).collect())
    }

    async fn acts_between(&self, day: (UnixMs, UnixMs), input: &str) -> Result<i64, Error> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*)
             from ticket_log
             where at_ms >= $1 and at_ms < $2 and input = $3",
        )
        .bind(day.0.0)
        .bind(day.1.0)
        .bind(input)
        .fetch_one(&self.pool)
        .await?;
        Ok(count)
    }

    async fn closed_between(&self, day: (UnixMs, UnixMs)) -> Result<(i64, i64), Error> {
        Ok(sqlx::query_as(
            "select count(*), count(case when late = '' then 1 end)
             from ticket
             where state in ('closed', 'archived') and ended_ms >= $1 and ended_ms < $2",
        )
        .bind(day.0.0)
        .bind(day.1.0)
        .fetch_one(&self.pool)
        .await?)
    }

    /// The time between two columns, ms, that `percent` of those which ended in the day did not
    /// exceed (nearest rank).
    async fn span(
        &self,
        day: (UnixMs, UnixMs),
        (to, from): (&str, &str),
        percent: i64,
    ) -> Result<Option<i64>, Error> {
        let ended = format!("from ticket where {to} >= $1 and {to} < $2");
        let count = format!("select count(*) {ended}");
        let count = sqlx::query_as(sqlx::AssertSqlSafe(count)).bind(day.0.0).bind(day.1.0);
        let (n,): (i64,) = count.fetch_one(&self.pool).await?;
        let sql = format!("select {to} - {from} as span {ended} order by span limit 1 offset $3");
        let span = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(day.0.0).bind(day.1.0);
        let rank = (n * percent + 99) / 100;
        let span: Option<(i64,)> = span.bind((rank - 1).max(0)).fetch_optional(&self.pool).await?;
        Ok(span.map(|(span,)| span))
    }

    async fn overdue_count(&self, now: UnixMs) -> Result<i64, Error> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from ticket where clock_due_ms < $1")
                .bind(now.0)
                .fetch_one(&self.pool)
                .await?;
        Ok(count)
    }
}
