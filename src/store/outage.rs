//! Outages with the causes that the shift entered.

use std::collections::HashMap;

use super::fault::fault;
use super::gap::gap;
use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::duty::cause::{Entered, Outage};

impl Store {
    /// Outages that last at `now` or lasted at any time since, oldest first, each with the newest
    /// cause that was entered.
    ///
    /// # Errors
    /// What the database said.
    pub async fn outages(&self, since: UnixMs, now: UnixMs) -> Result<Vec<Outage>, Error> {
        let faults = sqlx::query(
            "select fault.id as id, camera, fault.kind as kind, message, since_ms, until_ms,
               cast(null as text) as before_id, cast(null as text) as after_id
             from fault
             where since_ms < $2 and (until_ms is null or until_ms > $1)
             order by since_ms, fault.id",
        )
        .bind(since.0)
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let gaps = sqlx::query(
            "select id, camera, started_ms, ended_ms, cause, detail
             from gap
             where started_ms < $2 and (ended_ms is null or ended_ms > $1)
             order by started_ms, id",
        )
        .bind(since.0)
        .bind(now.0)
        .fetch_all(&self.pool)
        .await?;
        let mut outages = Vec::new();
        for row in &faults {
            outages.extend(Outage::of_fault(&fault(row)?));
        }
        for row in &gaps {
            outages.extend(Outage::of_gap(&gap(row)?, now));
        }
        let mut entered = self.entered(since).await?;
        for outage in &mut outages {
            outage.entered = entered.remove(&outage.id);
        }
        outages.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        Ok(outages)
    }

    /// The newest entry for each outage that lasted at any time since.
    async fn entered(&self, since: UnixMs) -> Result<HashMap<String, Entered>, Error> {
        let rows = sqlx::query(
            "select outage, cause, note, entered_by, entered_ms
             from outage_cause
             where outage in (select id from fault where until_ms is null or until_ms > $1)
               or outage in (select id from gap where ended_ms is null or ended_ms > $1)
             order by outage, number",
        )
        .bind(since.0)
        .fetch_all(&self.pool)
        .await?;
        let mut newest = HashMap::new();
        for row in &rows {
            let entered = Entered {
                cause: get(row, "cause")?,
                note: get(row, "note")?,
                by: get(row, "entered_by")?,
                at: time(row, "entered_ms")?,
            };
            newest.insert(get(row, "outage")?, entered);
        }
        Ok(newest)
    }

    /// Enters a cause for outages; ids that are none are left out. How many there were.
    ///
    /// # Errors
    /// What the database said.
    pub async fn enter_cause(&self, outages: &[String], entry: &Entered) -> Result<usize, Error> {
        let mut write = self.write().await?;
        let mut count = 0;
        for outage in outages {
            let done = sqlx::query(
                "insert into outage_cause (outage, number, cause, note, entered_by, entered_ms)
                 select $1, (select coalesce(max(number), 0) + 1 from outage_cause where outage = $1),
                   $2, $3, $4, cast($5 as bigint)
                 where exists (select 1 from fault where id = $1)
                   or exists (select 1 from gap where id = $1)",
            )
            .bind(outage)
            .bind(&entry.cause)
            .bind(&entry.note)
            .bind(&entry.by)
            .bind(entry.at.0)
            .execute(&mut *write.tx)
            .await?;
            count += usize::try_from(done.rows_affected()).unwrap_or(0);
        }
        write.commit().await?;
        Ok(count)
    }
}
