//! The figures of one day for the wall, and what waits to go out.
//!
//! Counts come from the log of acts. Times come from the orders that stand in the tickets: an
//! order that was withdrawn after its acknowledgement is not in them.

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;

/// What happened in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// When each observation of the period was seen.
    pub seen: Vec<UnixMs>,
    pub confirmed: i64,
    pub false_alarm: i64,
    pub closed: i64,
    /// Of the closed ones, those of which no clock ran out.
    pub closed_in_time: i64,
    /// From order to acknowledgement, ms, for each acknowledgement of the period.
    pub ack_ms: Vec<i64>,
    /// From acknowledgement to arrival, ms, for each arrival of the period.
    pub arrive_ms: Vec<i64>,
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
            ack_ms: self.spans(day, ACKS).await?,
            arrive_ms: self.spans(day, ARRIVALS).await?,
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

    async fn seen_between(&self, day: (UnixMs, UnixMs)) -> Result<Vec<UnixMs>, Error> {
        let rows = sqlx::query("select seen_ms from ticket where seen_ms >= $1 and seen_ms < $2")
            .bind(day.0.0)
            .bind(day.1.0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| time(row, "seen_ms")).collect()
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
        let rows: Vec<(String,)> = sqlx::query_as(
            "select late
             from ticket
             where state in ('closed', 'archived') and ended_ms >= $1 and ended_ms < $2",
        )
        .bind(day.0.0)
        .bind(day.1.0)
        .fetch_all(&self.pool)
        .await?;
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let in_time = rows.iter().filter(|(late,)| late.is_empty()).count();
        Ok((count(rows.len()), count(in_time)))
    }

    async fn spans(&self, day: (UnixMs, UnixMs), sql: &'static str) -> Result<Vec<i64>, Error> {
        let rows = sqlx::query(sql).bind(day.0.0).bind(day.1.0).fetch_all(&self.pool).await?;
        rows.iter().map(|row| get(row, "span_ms")).collect()
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

const ACKS: &str = "select acked_ms - offered_ms as span_ms
    from ticket
    where acked_ms >= $1 and acked_ms < $2";

const ARRIVALS: &str = "select on_scene_ms - acked_ms as span_ms
    from ticket
    where on_scene_ms >= $1 and on_scene_ms < $2";
