//! Stills, clips, traces and photos: the file first, synced and renamed, the row last.
//!
//! A crash between the two leaves a file without a row, which nobody is shown; never a row
//! without a file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::row::{get, time};
use super::{Error, Store};
use crate::clock::UnixMs;
use crate::ticket::TicketId;

/// What is written down of a piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// UUIDv7.
    pub id: String,
    pub event: Option<String>,
    pub ticket: Option<String>,
    /// `snapshot`, `clip`, `trace` or `photo`.
    pub kind: String,
    /// Below the data folder.
    pub path: String,
    pub mime: String,
    /// Of the file, lower-case hexadecimal.
    pub sha256: String,
    pub bytes: i64,
    /// By the clock of whoever took it.
    pub taken: UnixMs,
    pub by: String,
    /// The phone's clock less ours when a photo came, ms.
    pub skew_ms: Option<i64>,
}

/// A piece of evidence that is to be stored.
#[derive(Clone, Debug)]
pub struct NewEvidence<'a> {
    pub event: Option<&'a str>,
    pub ticket: Option<&'a TicketId>,
    pub kind: &'static str,
    pub mime: &'static str,
    pub taken: UnixMs,
    pub by: &'a str,
}

pub(super) fn evidence(row: &sqlx::any::AnyRow) -> Result<Evidence, Error> {
    Ok(Evidence {
        id: get(row, "id")?,
        event: get(row, "event")?,
        ticket: get(row, "ticket")?,
        kind: get(row, "kind")?,
        path: get(row, "path")?,
        mime: get(row, "mime")?,
        sha256: get(row, "sha256")?,
        bytes: get(row, "bytes")?,
        taken: time(row, "taken_ms")?,
        by: get(row, "created_by")?,
        skew_ms: get(row, "skew_ms")?,
    })
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Where a new piece of evidence of this kind goes: its id and its path below the data folder.
    ///
    /// # Errors
    /// `Full` below the configured free space, `File` when the folder cannot be made.
    pub fn evidence_place(&self, mime: &str, now: UnixMs) -> Result<(String, PathBuf), Error> {
        self.enough_space()?;
        let id = uuid::Uuid::now_v7().to_string();
        let ending = match mime {
            "image/png" => "png",
            "video/mp4" => "mp4",
            "application/json" => "json",
            _ => "jpg",
        };
        let day = now.rfc3339().chars().take(10).collect::<String>();
        let path = Path::new("evidence").join(day).join(format!("{id}.{ending}"));
        let folder = self.dir.join(path.parent().expect("the path has a folder"));
        std::fs::create_dir_all(&folder).map_err(|source| Error::File { path: folder, source })?;
        Ok((id, path))
    }

    /// Stores bytes as evidence: file, sync, rename, row.
    ///
    /// # Errors
    /// `Full`, `File`, or what the database said; then no row exists.
    pub async fn keep_bytes(
        &self,
        new: NewEvidence<'_>,
        bytes: Vec<u8>,
        now: UnixMs,
    ) -> Result<Evidence, Error> {
        let (id, path) = self.evidence_place(new.mime, now)?;
        let file = self.dir.join(&path);
        let written = tokio::task::spawn_blocking(move || {
            let facts = (sha256_hex(&bytes), bytes.len());
            write_synced(&file, &bytes).map(|()| facts)
        });
        let (sha256, size) = written.await.expect("writing a file does not panic")?;
        let size = i64::try_from(size).expect("a file in memory is below 2^63 bytes");
        self.keep_row(new, (id, path), (sha256, size), now).await
    }

    /// Takes a file that is already complete and synced at its place as evidence.
    ///
    /// # Errors
    /// `File` when it cannot be read, or what the database said.
    pub async fn keep_file(
        &self,
        new: NewEvidence<'_>,
        place: (String, PathBuf),
        now: UnixMs,
    ) -> Result<Evidence, Error> {
        let file = self.dir.join(&place.1);
        let read = tokio::task::spawn_blocking(move || {
            let bytes =
                std::fs::read(&file).map_err(|source| Error::File { path: file, source })?;
            Ok::<_, Error>((sha256_hex(&bytes), i64::try_from(bytes.len()).unwrap_or(i64::MAX)))
        });
        let facts = read.await.expect("reading a file does not panic")?;
        self.keep_row(new, place, facts, now).await
    }

    async fn keep_row(
        &self,
        new: NewEvidence<'_>,
        place: (String, PathBuf),
        facts: (String, i64),
        now: UnixMs,
    ) -> Result<Evidence, Error> {
        let evidence = Evidence {
            id: place.0,
            event: new.event.map(str::to_owned),
            ticket: new.ticket.map(|id| id.0.clone()),
            kind: new.kind.to_owned(),
            path: place.1.display().to_string(),
            mime: new.mime.to_owned(),
            sha256: facts.0,
            bytes: facts.1,
            taken: new.taken,
            by: new.by.to_owned(),
            skew_ms: None,
        };
        let mut write = self.write().await?;
        let done = sqlx::query(
            "insert into evidence (id, event, ticket, kind, path, mime, sha256, bytes, taken_ms,
               created_ms, created_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             on conflict (ticket, created_by, sha256) where kind = 'photo' do nothing",
        )
        .bind(&evidence.id)
        .bind(&evidence.event)
        .bind(&evidence.ticket)
        .bind(&evidence.kind)
        .bind(&evidence.path)
        .bind(&evidence.mime)
        .bind(&evidence.sha256)
        .bind(evidence.bytes)
        .bind(evidence.taken.0)
        .bind(now.0)
        .bind(&evidence.by)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        if done.rows_affected() == 1 {
            return Ok(evidence);
        }
        self.kept_before(evidence).await
    }

    /// The same photo by the same member for the same ticket is one piece of evidence.
    async fn kept_before(&self, double: Evidence) -> Result<Evidence, Error> {
        let file = self.dir.join(&double.path);
        if let Err(error) = tokio::fs::remove_file(&file).await {
            tracing::warn!(file = %file.display(), %error, "a doubled file cannot be removed");
        }
        let row = sqlx::query(
            "select id, event, ticket, kind, path, mime, sha256, bytes, taken_ms, created_by, skew_ms
             from evidence
             where ticket = $1 and created_by = $2 and sha256 = $3 and kind = 'photo'",
        )
        .bind(&double.ticket)
        .bind(&double.by)
        .bind(&double.sha256)
        .fetch_one(&self.pool)
        .await?;
        evidence(&row)
    }

    /// Notes how far the phone's clock was from ours when its photo came.
    ///
    /// # Errors
    /// What the database said.
    pub async fn note_skew(&self, evidence: &str, skew_ms: i64) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query("update evidence set skew_ms = $2 where id = $1 and skew_ms is null")
            .bind(evidence)
            .bind(skew_ms)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await
    }

    /// One piece of evidence.
    ///
    /// # Errors
    /// What the database said.
    pub async fn evidence(&self, id: &str) -> Result<Option<Evidence>, Error> {
        sqlx::query(
            "select id, event, ticket, kind, path, mime, sha256, bytes, taken_ms, created_by, skew_ms
             from evidence
             where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?
        .as_ref()
        .map(evidence)
        .transpose()
    }

    /// Everything that belongs to a ticket, through its events or directly, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn evidence_of(&self, ticket: &TicketId) -> Result<Vec<Evidence>, Error> {
        sqlx::query(
            "select id, event, ticket, kind, path, mime, sha256, bytes, taken_ms, created_by, skew_ms
             from evidence
             where ticket = $1 or event in (select id from event where ticket = $1)
             order by created_ms, id",
        )
        .bind(&ticket.0)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(evidence)
        .collect()
    }

    /// Whether there is room for evidence.
    ///
    /// # Errors
    /// `Full` says how much is left, `File` that the data folder cannot be reached.
    pub fn enough_space(&self) -> Result<(), Error> {
        let free = fs4::available_space(&self.dir)
            .map_err(|source| Error::File { path: self.dir.clone(), source })?;
        let free_mib = free / (1024 * 1024);
        if free_mib < self.min_free_mib {
            let (path, need_mib) = (self.dir.clone(), self.min_free_mib);
            return Err(Error::Full { path, free_mib, need_mib });
        }
        Ok(())
    }
}

/// Writes beside the place, syncs, renames, syncs the folder: a power cut leaves all or nothing.
pub(super) fn write_synced(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File { path: file.to_owned(), source };
    let part = file.with_extension("part");
    let mut out = std::fs::File::create(&part).map_err(failed)?;
    out.write_all(bytes).map_err(failed)?;
    out.sync_all().map_err(failed)?;
    std::fs::rename(&part, file).map_err(failed)?;
    let folder = file.parent().expect("evidence lies in a folder");
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(failed)
}
