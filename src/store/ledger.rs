//! What a report reads besides the log of tickets: how the equipment stood, who looked at stored
//! video.

use sqlx::any::AnyRow;

use super::row::{get, time};
use super::{Error, Store, fault};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::equipment::availability::EquipmentRows;
use crate::regulation::confide::View;
use crate::report::trend::{Found, Past};

/// The reason in the audit of a view of stored video for which the viewer gave none; a given one
/// stands behind it.
pub const VIEW_REASON: &str = "view of stored video";

impl Store {
    /// How the equipment stood in `[start, end)`: gaps and faults that touch it, since when each
    /// camera is known, and the oldest footage of each that there was at its end.
    ///
    /// # Errors
    /// What the database said.
    pub async fn equipment_rows(&self, start: UnixMs, end: UnixMs) -> Result<EquipmentRows, Error> {
        let cameras = sqlx::query("select distinct camera from retention_class order by camera")
            .fetch_all(&self.pool)
            .await?;
        let mut rows = EquipmentRows::default();
        for row in &cameras {
            let camera = super::segment::camera(row, "retention_class.camera")?;
            let (since, oldest) = self.footage_bounds(&camera, end).await?;
            rows.since.extend(since.map(|at| (camera.clone(), at)));
            rows.oldest.extend(oldest.map(|at| (camera.clone(), at)));
            rows.gaps.extend(self.gaps(&camera, start, end).await?);
        }
        rows.faults = self.faults_within(start, end).await?;
        Ok(rows)
    }

    /// The first moment that is known of a camera, and its oldest footage at a moment: what was
    /// deleted since then still counts.
    async fn footage_bounds(
        &self,
        camera: &CameraId,
        at: UnixMs,
    ) -> Result<(Option<UnixMs>, Option<UnixMs>), Error> {
        let (since, oldest): (Option<i64>, Option<i64>) = sqlx::query_as(
            "select
               (select min(ms) from (
                  select min(started_ms) as ms from segment where camera = $1
                  union all
                  select min(started_ms) as ms from footage_deletion where camera = $1
                  union all
                  select min(started_ms) as ms from gap where camera = $1) as known),
               (select min(ms) from (
                  select min(started_ms) as ms from segment where camera = $1
                  union all
                  select min(started_ms) as ms from footage_deletion
                  where camera = $1 and at_ms >= $2) as there)",
        )
        .bind(camera.as_str())
        .bind(at.0)
        .fetch_one(&self.pool)
        .await?;
        let oldest = oldest.map(UnixMs).filter(|oldest| *oldest < at);
        Ok((since.map(UnixMs), oldest))
    }

    /// Faults that lasted in `[start, end)`, by their beginning.
    async fn faults_within(
        &self,
        start: UnixMs,
        end: UnixMs,
    ) -> Result<Vec<crate::record::Fault>, Error> {
        let rows = sqlx::query(
            "select fault.id as id, camera, fault.kind as kind, message, since_ms, until_ms,
               before.evidence as before_id, later.evidence as after_id
             from fault
             left join fault_picture before on before.fault = fault.id and before.kind = 'before'
             left join fault_picture later on later.fault = fault.id and later.kind = 'after'
             where since_ms < $2 and (until_ms is null or until_ms > $1)
             order by since_ms, camera, fault.kind, fault.id",
        )
        .bind(start.0)
        .bind(end.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(fault::fault).collect()
    }

    /// The observations that were filed in `[start, end)` and what was found about each before the
    /// cut-off, in order of time.
    ///
    /// # Errors
    /// What the database said.
    pub async fn past_observations(
        &self,
        (start, end): (UnixMs, UnixMs),
        cut_off: UnixMs,
    ) -> Result<Vec<Past>, Error> {
        // By its ticket, not by its word: SQLite would read all verdicts of the log for each one,
        // a minute for ten thousand.
        let rows = sqlx::query(
            "select first.at_ms as opened_ms, ticket.camera as camera,
               (select max(input) from ticket_log verdict
                where verdict.ticket = first.ticket and verdict.at_ms < $3
                  and coalesce(verdict.input, '') in ('confirm', 'false_alarm')) as found
             from ticket_log first
             join ticket on ticket.id = first.ticket
             where first.at_ms >= $1 and first.at_ms < $2 and first.at_ms < $3
               and first.input = 'open'
             order by first.at_ms, ticket.number",
        )
        .bind(start.0)
        .bind(end.0)
        .bind(cut_off.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(past).collect()
    }

    /// Who looked at stored video in `[start, end)`, held it or was refused, in order.
    ///
    /// # Errors
    /// What the database said.
    pub async fn views(&self, start: UnixMs, end: UnixMs) -> Result<Vec<View>, Error> {
        let rows = sqlx::query(
            "select seq, at_ms, actor, verb, object, reason, outcome
             from audit
             where at_ms >= $1 and at_ms < $2 and verb in ('view_footage', 'hold_footage')
             order by seq",
        )
        .bind(start.0)
        .bind(end.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(view).collect()
    }
}

fn past(row: &AnyRow) -> Result<Past, Error> {
    let found = match get::<Option<String>>(row, "found")?.as_deref() {
        Some("confirm") => Found::Confirmed,
        Some("false_alarm") => Found::FalseAlarm,
        Some(_) | None => Found::Neither,
    };
    Ok(Past { opened: time(row, "opened_ms")?, camera: get(row, "camera")?, found })
}

fn view(row: &AnyRow) -> Result<View, Error> {
    let reason: String = get(row, "reason")?;
    let given = reason.strip_prefix(VIEW_REASON).unwrap_or(&reason);
    Ok(View {
        seq: get(row, "seq")?,
        at: time(row, "at_ms")?,
        actor: get(row, "actor")?,
        verb: get(row, "verb")?,
        object: get(row, "object")?,
        reason: given.trim_start_matches(':').trim().to_owned(),
        allowed: get::<String>(row, "outcome")? == "allowed",
    })
}
