//! Which cameras have an incident open: tickets that are not done, and events not yet filed.

use std::collections::BTreeSet;

use super::row::get;
use super::{Error, Store};
use crate::camera::CameraId;

impl Store {
    /// Cameras with an open ticket or an event that waits to be filed.
    ///
    /// # Errors
    /// What the database said.
    pub async fn cameras_with_incidents(&self) -> Result<BTreeSet<CameraId>, Error> {
        let rows = sqlx::query(
            "select camera
             from ticket
             where state not in ('dismissed', 'closed', 'archived')
             union
             select camera
             from event
             where ticket is null",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut cameras = BTreeSet::new();
        for row in &rows {
            let camera: String = get(row, "camera")?;
            // What an operator files by hand may name no camera of the configuration.
            cameras.extend(CameraId::try_from(camera.as_str()).ok());
        }
        Ok(cameras)
    }
}
