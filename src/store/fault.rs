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
        let rows = sqlx::query(
            "select camera, kind, message, since_ms
             from fault
             where until_ms is null
             order by since_ms, id",
        )
        .fetch_all(&self.pool)
        .await?;
        let fault = |row| {
            let camera: String = get(row, "camera")?;
            let named = (!camera.is_empty()).then(|| CameraId::try_from(camera.as_str()));
            Ok(Fault {
                camera: named
                    .transpose()
                    .map_err(|value| Error::Decode { what: "fault.camera", value })?,
                kind: word(&get::<String>(row, "kind")?, "fault.kind", FaultKind::parse)?,
                message: get(row, "message")?,
                since: time(row, "since_ms")?,
            })
        };
        rows.iter().map(fault).collect()
    }
}
