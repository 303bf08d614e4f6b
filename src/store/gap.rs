//! Times without footage.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::row::{get, time, time_or_none};
use super::segment::camera;
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::{Cause, Gap};

impl Store {
    /// The gaps of a camera within this time, oldest first; one that lasts comes too when it began
    /// before its end.
    ///
    /// # Errors
    /// What the database said.
    pub async fn gaps(
        &self,
        camera: &CameraId,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<Gap>, Error> {
        let rows = sqlx::query(
            "select id, camera, started_ms, ended_ms, cause, detail
             from gap
             where camera = $1 and started_ms < $3 and (ended_ms is null or ended_ms > $2)
             order by started_ms, id",
        )
        .bind(camera.as_str())
        .bind(from.0)
        .bind(to.0)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(gap).collect()
    }

    /// The gaps that last, of all cameras.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_gaps(&self) -> Result<Vec<Gap>, Error> {
        let rows = sqlx::query(
            "select id, camera, started_ms, ended_ms, cause, detail
             from gap
             where ended_ms is null
             order by camera, started_ms, id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(gap).collect()
    }
}

pub(super) async fn open(tx: &mut AnyConnection, gap: &Gap) -> Result<(), Error> {
    sqlx::query(
        "insert into gap (id, camera, started_ms, ended_ms, cause, detail)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do nothing",
    )
    .bind(&gap.id)
    .bind(gap.camera.as_str())
    .bind(gap.started.0)
    .bind(gap.ended.map(|at| at.0))
    .bind(gap.cause.word())
    .bind(&gap.detail)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a gap; one that took no time is none.
pub(super) async fn close(tx: &mut AnyConnection, id: &str, at: UnixMs) -> Result<(), Error> {
    sqlx::query("update gap set ended_ms = $2 where id = $1 and ended_ms is null")
        .bind(id)
        .bind(at.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from gap where id = $1 and ended_ms <= started_ms")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) fn gap(row: &AnyRow) -> Result<Gap, Error> {
    Ok(Gap {
        id: get(row, "id")?,
        camera: camera(row, "gap.camera")?,
        started: time(row, "started_ms")?,
        ended: time_or_none(row, "ended_ms")?,
        cause: Cause::parse(&get::<String>(row, "cause")?),
        detail: get(row, "detail")?,
    })
}
