//! Faults of the equipment.

use super::row::{get, time, word};
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::{Fault, FaultKind};

impl Store {
    /// Notes that something is broken; one that is open already keeps its beginning and takes the
    /// new message. Whether it is new.
    ///
    /// # Errors
    /// What the database said.
    pub async fn raise_fault(
        &self,
        camera: Option<&CameraId>,
        kind: FaultKind,
        message: &str,
        now: UnixMs,
    ) -> Result<bool, Error> {
        let camera = camera.map_or("", CameraId::as_str);
        let mut write = self.write().await?;
        let open = sqlx::query(
            "update fault set message = $3 where camera = $1 and kind = $2 and until_ms is null",
        )
        .bind(camera)
        .bind(kind.word())
        .bind(message)
        .execute(&mut *write.tx)
        .await?;
        let new = open.rows_affected() == 0;
        if new {
            sqlx::query(
                "insert into fault (id, camera, kind, message, since_ms)
                 values ($1, $2, $3, $4, $5)",
            )
            .bind(uuid::Uuid::now_v7().to_string())
            .bind(camera)
            .bind(kind.word())
            .bind(message)
            .bind(now.0)
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await?;
        Ok(new)
    }

    /// Notes that something works again. Whether it was broken.
    ///
    /// # Errors
    /// What the database said.
    pub async fn end_fault(
        &self,
        camera: Option<&CameraId>,
        kind: FaultKind,
        now: UnixMs,
    ) -> Result<bool, Error> {
        let mut write = self.write().await?;
        let ended = sqlx::query(
            "update fault set until_ms = $3 where camera = $1 and kind = $2 and until_ms is null",
        )
        .bind(camera.map_or("", CameraId::as_str))
        .bind(kind.word())
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(ended.rows_affected() > 0)
    }

    /// What is broken now, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_faults(&self) -> Result<Vec<Fault>, Error> {
        sqlx::query(
            "select fault.id as id, camera, fault.kind as kind, message, since_ms, until_ms,
               before.evidence as before_id, later.evidence as after_id
             from fault
             left join fault_picture before on before.fault = fault.id and before.kind = 'before'
             left join fault_picture later on later.fault = fault.id and later.kind = 'after'
             where until_ms is null
             order by since_ms, fault.id",
        )
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(fault)
        .collect()
    }

    /// What was broken of a camera and is over, at most so many, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn past_faults(&self, camera: &CameraId, most: u32) -> Result<Vec<Fault>, Error> {
        sqlx::query(
            "select fault.id as id, camera, fault.kind as kind, message, since_ms, until_ms,
               before.evidence as before_id, later.evidence as after_id
             from fault
             left join fault_picture before on before.fault = fault.id and before.kind = 'before'
             left join fault_picture later on later.fault = fault.id and later.kind = 'after'
             where camera = $1 and until_ms is not null
             order by since_ms desc, fault.id
             limit $2",
        )
        .bind(camera.as_str())
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(fault)
        .collect()
    }
}

pub(super) fn fault(row: &sqlx::any::AnyRow) -> Result<Fault, Error> {
    let camera: String = get(row, "camera")?;
    let named = (!camera.is_empty()).then(|| CameraId::try_from(camera.as_str()));
    let until: Option<i64> = get(row, "until_ms")?;
    Ok(Fault {
        id: get(row, "id")?,
        camera: named.transpose().map_err(|value| Error::Decode { what: "fault.camera", value })?,
        kind: word(&get::<String>(row, "kind")?, "fault.kind", FaultKind::parse)?,
        message: get(row, "message")?,
        since: time(row, "since_ms")?,
        until: until.map(UnixMs),
        before: get(row, "before_id")?,
        after: get(row, "after_id")?,
    })
}
