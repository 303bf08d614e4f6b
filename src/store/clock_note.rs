//! What clocks did.

use sqlx::AnyConnection;

use super::row::{get, time, word};
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::{ClockNote, NoteKind};

impl Store {
    /// What the clock of a camera, or the server's own (None), did in this time, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn clock_notes(
        &self,
        camera: Option<&CameraId>,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<ClockNote>, Error> {
        let rows = sqlx::query(
            "select camera, at_ms, kind, by_ms
             from clock_note
             where camera = $1 and at_ms >= $2 and at_ms < $3
             order by at_ms, id",
        )
        .bind(camera.map_or("", CameraId::as_str))
        .bind(from.0)
        .bind(to.0)
        .fetch_all(&self.pool)
        .await?;
        let note = |row| {
            Ok(ClockNote {
                camera: camera.cloned(),
                at: time(row, "at_ms")?,
                kind: word(&get::<String>(row, "kind")?, "clock_note.kind", NoteKind::parse)?,
                by_ms: get(row, "by_ms")?,
            })
        };
        rows.iter().map(note).collect()
    }
}

pub(super) async fn add(tx: &mut AnyConnection, note: &ClockNote) -> Result<(), Error> {
    sqlx::query(
        "insert into clock_note (id, camera, at_ms, kind, by_ms) values ($1, $2, $3, $4, $5)",
    )
    .bind(uuid::Uuid::now_v7().to_string())
    .bind(note.camera.as_ref().map_or("", CameraId::as_str))
    .bind(note.at.0)
    .bind(note.kind.word())
    .bind(note.by_ms)
    .execute(tx)
    .await?;
    Ok(())
}
