//! Volumes of the archive.

use sqlx::any::AnyRow;

use super::row::{get, time, time_or_none};
use super::{Error, Store, next_number};
use crate::clock::UnixMs;

/// A volume that was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// `year-class-seq`.
    pub code: String,
    pub class: String,
    pub about: String,
    pub made: UnixMs,
    pub made_by: String,
    pub cut_off: UnixMs,
    pub log_sha256: String,
    pub manifest_sha256: String,
    /// Folder in which it lay when it was made.
    pub place: String,
    pub checked: Option<UnixMs>,
    /// What the last check found, one a line; empty when nothing.
    pub faults: String,
}

impl Store {
    /// The next number of a class of volumes in a year. A number that is not used leaves a hole,
    /// which is told by the catalogue; it is never given twice.
    ///
    /// # Errors
    /// What the database said.
    pub async fn next_volume(&self, year: i16, class: &str) -> Result<i64, Error> {
        let mut write = self.write().await?;
        let number = next_number(&mut write.tx, &format!("volume:{year}:{class}")).await?;
        write.commit().await?;
        Ok(number)
    }

    /// Files a volume.
    ///
    /// # Errors
    /// What the database said; the code is taken.
    pub async fn file_volume(&self, volume: &Volume) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into volume (code, class, about, made_ms, made_by, cut_off_ms, log_sha256,
               manifest_sha256, place, checked_ms, faults)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&volume.code)
        .bind(&volume.class)
        .bind(&volume.about)
        .bind(volume.made.0)
        .bind(&volume.made_by)
        .bind(volume.cut_off.0)
        .bind(&volume.log_sha256)
        .bind(&volume.manifest_sha256)
        .bind(&volume.place)
        .bind(volume.checked.map(|at| at.0))
        .bind(&volume.faults)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }

    /// Notes what a check of a volume found.
    ///
    /// # Errors
    /// What the database said.
    pub async fn volume_checked(&self, code: &str, faults: &str, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("update volume set checked_ms = $2, faults = $3 where code = $1")
            .bind(code)
            .bind(now.0)
            .bind(faults)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await
    }

    /// The catalogue: all volumes, newest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn volumes(&self) -> Result<Vec<Volume>, Error> {
        sqlx::query(
            "select code, class, about, made_ms, made_by, cut_off_ms, log_sha256,
               manifest_sha256, place, checked_ms, faults
             from volume
             order by made_ms desc, code desc",
        )
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(volume)
        .collect()
    }
}

fn volume(row: &AnyRow) -> Result<Volume, Error> {
    Ok(Volume {
        code: get(row, "code")?,
        class: get(row, "class")?,
        about: get(row, "about")?,
        made: time(row, "made_ms")?,
        made_by: get(row, "made_by")?,
        cut_off: time(row, "cut_off_ms")?,
        log_sha256: get(row, "log_sha256")?,
        manifest_sha256: get(row, "manifest_sha256")?,
        place: get(row, "place")?,
        checked: time_or_none(row, "checked_ms")?,
        faults: get(row, "faults")?,
    })
}
