//! What cameras usually see, and the pictures of faults of the view.

use super::row::get;
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::FaultKind;

impl Store {
    /// Keeps the usual view of a camera in place of the one before.
    ///
    /// # Errors
    /// What the database said.
    pub async fn keep_view(
        &self,
        camera: &CameraId,
        view: &[u8],
        now: UnixMs,
    ) -> Result<(), Error> {
        let text: String = view.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut write = self.write().await?;
        sqlx::query(
            "insert into camera_view (camera, view, at_ms)
             values ($1, $2, $3)
             on conflict (camera) do update set view = excluded.view, at_ms = excluded.at_ms",
        )
        .bind(camera.as_str())
        .bind(text)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// The usual view of a camera as it was kept.
    ///
    /// # Errors
    /// What the database said, or the row is no view.
    pub async fn view(&self, camera: &CameraId) -> Result<Option<Vec<u8>>, Error> {
        let row = sqlx::query("select view from camera_view where camera = $1")
            .bind(camera.as_str())
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let text: String = get(&row, "view")?;
        let byte =
            |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
        bytes.map(Some).ok_or(Error::Decode { what: "camera_view.view", value: camera.to_string() })
    }

    /// The id of the open fault of this kind.
    ///
    /// # Errors
    /// What the database said.
    pub async fn open_fault(
        &self,
        camera: &CameraId,
        kind: FaultKind,
    ) -> Result<Option<String>, Error> {
        sqlx::query("select id from fault where camera = $1 and kind = $2 and until_ms is null")
            .bind(camera.as_str())
            .bind(kind.word())
            .fetch_optional(&self.pool)
            .await?
            .map(|row| get(&row, "id"))
            .transpose()
    }

    /// Notes that a piece of evidence shows a fault: `kind` is `before` or `after`. The first one
    /// of a kind stays.
    ///
    /// # Errors
    /// What the database said.
    pub async fn picture_fault(
        &self,
        fault: &str,
        kind: &'static str,
        evidence: &str,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into fault_picture (fault, kind, evidence)
             values ($1, $2, $3)
             on conflict (fault, kind) do nothing",
        )
        .bind(fault)
        .bind(kind)
        .bind(evidence)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }
}
