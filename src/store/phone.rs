//! What a member's phone says besides its answers: its counter, its clock, where it is, what was
//! ticked of a list.

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::TicketId;

/// An answer's number on its phone, and the phone's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The answer's id.
    pub id: &'a str,
    pub member: &'a str,
    /// As the phone calls itself; empty for a stock client.
    pub device: &'a str,
    pub seq: i64,
    /// The phone's clock less ours.
    pub skew_ms: i64,
}

/// How far a phone has counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    pub member: String,
    pub device: String,
    pub last_seq: i64,
    /// Lower numbers that have not come.
    pub gaps: i64,
    pub skew_ms: i64,
    /// The largest difference of the clocks so far, with its sign.
    pub skew_max_ms: i64,
    pub at: UnixMs,
}

/// Where a member was.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub offer: String,
    pub ticket: String,
    pub member: String,
    /// By our clock.
    pub at: UnixMs,
    /// By the phone's.
    pub device_at: UnixMs,
    pub lat: f64,
    pub lon: f64,
    pub accuracy_m: f64,
}

/// An item of an order's list, as the member ticked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// From 1.
    pub place: i64,
    pub item: String,
    /// `yes`, `no` or `na`.
    pub answer: String,
}

impl Store {
    /// The answer of this phone that had this number.
    ///
    /// # Errors
    /// What the database said.
    pub async fn answer_with_count(
        &self,
        member: &str,
        device: &str,
        seq: i64,
    ) -> Result<Option<String>, Error> {
        let row: Option<(String,)> = sqlx::query_as(
            "select id from answer where member = $1 and device = $2 and seq = $3 limit 1",
        )
        .bind(member)
        .bind(device)
        .bind(seq)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map(|(id,)| id))
    }

    /// Notes the number of an answer that was worked on; the same one again changes nothing. A
    /// lower number than the highest fills a gap.
    ///
    /// # Errors
    /// What the database said.
    pub async fn note_count(&self, of: &Counted<'_>, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        let first =
            sqlx::query("update answer set device = $2, seq = $3 where id = $1 and seq is null")
                .bind(of.id)
                .bind(of.device)
                .bind(of.seq)
                .execute(&mut *write.tx)
                .await?;
        if first.rows_affected() == 0 {
            return Ok(());
        }
        sqlx::query(
            "insert into phone_counter (member, device, last_seq, gaps, skew_ms, skew_max_ms, at_ms)
             values ($1, $2, $3, 0, $4, $4, $5)
             on conflict (member, device) do update set
               gaps = case
                 when excluded.last_seq > phone_counter.last_seq
                   then phone_counter.gaps + excluded.last_seq - phone_counter.last_seq - 1
                 when phone_counter.gaps > 0 then phone_counter.gaps - 1
                 else 0 end,
               last_seq = case when excluded.last_seq > phone_counter.last_seq
                               then excluded.last_seq else phone_counter.last_seq end,
               skew_ms = excluded.skew_ms,
               skew_max_ms = case when abs(excluded.skew_ms) > abs(phone_counter.skew_max_ms)
                                  then excluded.skew_ms else phone_counter.skew_max_ms end,
               at_ms = excluded.at_ms",
        )
        .bind(of.member)
        .bind(of.device)
        .bind(of.seq)
        .bind(of.skew_ms)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// All phones that have ever answered, by member.
    ///
    /// # Errors
    /// What the database said.
    pub async fn counters(&self) -> Result<Vec<Counter>, Error> {
        let rows = sqlx::query(
            "select member, device, last_seq, gaps, skew_ms, skew_max_ms, at_ms
             from phone_counter
             order by member, device",
        )
        .fetch_all(&self.pool)
        .await?;
        let counter = |row| {
            Ok(Counter {
                member: get(row, "member")?,
                device: get(row, "device")?,
                last_seq: get(row, "last_seq")?,
                gaps: get(row, "gaps")?,
                skew_ms: get(row, "skew_ms")?,
                skew_max_ms: get(row, "skew_max_ms")?,
                at: time(row, "at_ms")?,
            })
        };
        rows.iter().map(counter).collect()
    }

    /// Keeps where a member is; the same moment again changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn keep_position(&self, of: &Position) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into position (offer, at_ms, device_ms, ticket, member, lat, lon, accuracy_m)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
             on conflict (offer, device_ms) do nothing",
        )
        .bind(&of.offer)
        .bind(of.at.0)
        .bind(of.device_at.0)
        .bind(&of.ticket)
        .bind(&of.member)
        .bind(of.lat)
        .bind(of.lon)
        .bind(of.accuracy_m)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Where members were for a ticket, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn positions_of(&self, ticket: &TicketId) -> Result<Vec<Position>, Error> {
        let rows = sqlx::query(
            "select offer, at_ms, device_ms, ticket, member, lat, lon, accuracy_m
             from position
             where ticket = $1
             order by at_ms, device_ms",
        )
        .bind(&ticket.0)
        .fetch_all(&self.pool)
        .await?;
        let position = |row| {
            Ok(Position {
                offer: get(row, "offer")?,
                ticket: get(row, "ticket")?,
                member: get(row, "member")?,
                at: time(row, "at_ms")?,
                device_at: time(row, "device_ms")?,
                lat: get(row, "lat")?,
                lon: get(row, "lon")?,
                accuracy_m: get(row, "accuracy_m")?,
            })
        };
        rows.iter().map(position).collect()
    }

    /// Deletes the positions of tickets that ended before a moment; the times stay in the log.
    /// Returns how many.
    ///
    /// # Errors
    /// What the database said.
    pub async fn forget_positions(&self, before: UnixMs) -> Result<u64, Error> {
        let mut write = self.write().await?;
        let done = sqlx::query(
            "delete from position
             where ticket in (select id from ticket where ended_ms <= $1)",
        )
        .bind(before.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(done.rows_affected())
    }

    /// Keeps what was ticked of an order's list; said again, the last word counts.
    ///
    /// # Errors
    /// What the database said.
    pub async fn keep_checks(
        &self,
        (offer, ticket): (&str, &TicketId),
        checks: &[Checked],
        now: UnixMs,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        for check in checks {
            sqlx::query(
                "insert into check_answer (offer, place, ticket, item, answer, at_ms)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (offer, place) do update
                   set item = excluded.item, answer = excluded.answer, at_ms = excluded.at_ms",
            )
            .bind(offer)
            .bind(check.place)
            .bind(&ticket.0)
            .bind(&check.item)
            .bind(&check.answer)
            .bind(now.0)
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await
    }

    /// What was ticked for a ticket, in the order of the list.
    ///
    /// # Errors
    /// What the database said.
    pub async fn checks_of(&self, ticket: &TicketId) -> Result<Vec<Checked>, Error> {
        let rows = sqlx::query(
            "select place, item, answer from check_answer where ticket = $1 order by at_ms, place",
        )
        .bind(&ticket.0)
        .fetch_all(&self.pool)
        .await?;
        let checked = |row| {
            Ok(Checked {
                place: get(row, "place")?,
                item: get(row, "item")?,
                answer: get(row, "answer")?,
            })
        };
        rows.iter().map(checked).collect()
    }
}
