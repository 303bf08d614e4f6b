//! What was seen around an event: one piece of evidence, which is replaced once as a whole. And
//! which moments a clip shows, where it has gaps.
//!
//! The file of the replacement lies beside the old one until the row says which of the two holds;
//! so a crash in between leaves a file that nobody is shown, never a row whose hash is wrong.

use std::path::PathBuf;

use super::event::Event;
use super::evidence::{Evidence, NewEvidence, evidence, sha256_hex, write_synced};
use super::row::{get, json};
use super::{Error, Store, event};
use crate::clock::UnixMs;
use crate::record::clip::Part;
use crate::ticket::TicketId;

/// Why a trace that is in the rows cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Damaged {
    #[error(
        "the file of the trace cannot be read: {0}; look for it in a backup of the data folder"
    )]
    Unreadable(std::io::Error),
    #[error("the file of the trace is not the one that was stored: its hash is {0}")]
    Changed(String),
    #[error("the file of the trace is no JSON: {0}")]
    NoJson(serde_json::Error),
}

impl Store {
    /// Stores what was seen around an event, in place of what was stored of it before.
    ///
    /// # Errors
    /// `Full`, `File`, or what the database said; then what was there before holds.
    pub async fn keep_trace(
        &self,
        new: NewEvidence<'_>,
        json: Vec<u8>,
        now: UnixMs,
    ) -> Result<(), Error> {
        let (id, path) = self.evidence_place(new.mime, now)?;
        let file = self.dir.join(&path);
        let written = tokio::task::spawn_blocking(move || {
            let facts = (sha256_hex(&json), i64::try_from(json.len()).unwrap_or(i64::MAX));
            write_synced(&file, &json).map(|()| facts)
        });
        let (sha256, bytes) = written.await.expect("writing a file does not panic")?;
        let mut write = self.write().await?;
        let before = sqlx::query("select path from evidence where event = $1 and kind = $2")
            .bind(new.event)
            .bind(new.kind)
            .fetch_optional(&mut *write.tx)
            .await?;
        sqlx::query(
            "insert into evidence (id, event, ticket, kind, path, mime, sha256, bytes, taken_ms,
               created_ms, created_by)
             values ($1, $2, null, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (event) where kind = 'trace' do update
             set path = excluded.path, sha256 = excluded.sha256, bytes = excluded.bytes,
               taken_ms = excluded.taken_ms, created_ms = excluded.created_ms",
        )
        .bind(&id)
        .bind(new.event)
        .bind(new.kind)
        .bind(path.display().to_string())
        .bind(new.mime)
        .bind(&sha256)
        .bind(bytes)
        .bind(new.taken.0)
        .bind(now.0)
        .bind(new.by)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        let before = before.map(|row| get::<String>(&row, "path")).transpose()?;
        if let Some(old) = before {
            remove_replaced(self.dir.join(old)).await;
        }
        Ok(())
    }

    /// The trace of a row, if its file is still the one that was stored.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub async fn read_trace(&self, kept: &Evidence) -> Result<serde_json::Value, Damaged> {
        let bytes = tokio::fs::read(self.dir.join(&kept.path)).await;
        let bytes = bytes.map_err(Damaged::Unreadable)?;
        let sha256 = sha256_hex(&bytes);
        if sha256 != kept.sha256 {
            return Err(Damaged::Changed(sha256));
        }
        serde_json::from_slice(&bytes).map_err(Damaged::NoJson)
    }

    /// Everything that was kept of one event, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn evidence_of_event(&self, event: &str) -> Result<Vec<Evidence>, Error> {
        sqlx::query(
            "select id, event, ticket, kind, path, mime, sha256, bytes, taken_ms, created_by, skew_ms
             from evidence
             where event = $1
             order by created_ms, id",
        )
        .bind(event)
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(evidence)
        .collect()
    }

    /// Notes which moments a clip shows, if it does not play through.
    ///
    /// # Errors
    /// What the database said.
    pub async fn note_parts(&self, clip: &str, parts: &[Part]) -> Result<(), Error> {
        if parts.len() < 2 {
            return Ok(());
        }
        let rows: Vec<[i64; 3]> =
            parts.iter().map(|part| [part.plays_ms, part.from.0, part.to.0]).collect();
        let mut write = self.write().await?;
        sqlx::query("update evidence set parts = $1 where id = $2")
            .bind(serde_json::json!(rows).to_string())
            .bind(clip)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await
    }

    /// Which moments a clip shows; empty, if it plays through from its first picture on.
    ///
    /// # Errors
    /// What the database said, or that the row makes no sense.
    pub async fn parts_of(&self, clip: &str) -> Result<Vec<Part>, Error> {
        let row = sqlx::query("select parts from evidence where id = $1")
            .bind(clip)
            .fetch_optional(&self.pool)
            .await?;
        let text = row.map(|row| get::<Option<String>>(&row, "parts")).transpose()?.flatten();
        let Some(text) = text else { return Ok(Vec::new()) };
        let value = json(&text, "evidence.parts")?;
        let rows: Vec<[i64; 3]> = serde_json::from_value(value)
            .map_err(|_| Error::Decode { what: "evidence.parts", value: text })?;
        let part =
            |[plays_ms, from, to]: [i64; 3]| Part { plays_ms, from: UnixMs(from), to: UnixMs(to) };
        Ok(rows.into_iter().map(part).collect())
    }

    /// The events that a ticket has now, oldest first; none, if a person filed it.
    ///
    /// # Errors
    /// What the database said.
    pub async fn events_of(&self, ticket: &TicketId) -> Result<Vec<Event>, Error> {
        let columns = event::COLUMNS;
        let sql = format!("select {columns} from event where ticket = $1 order by at_ms, id");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&ticket.0);
        query.fetch_all(&self.pool).await?.iter().map(event::event).collect()
    }
}

/// The row says already which file holds; the other one only takes room.
async fn remove_replaced(file: PathBuf) {
    if let Err(error) = tokio::fs::remove_file(&file).await {
        tracing::warn!(file = %file.display(), %error, "a trace that was replaced is left over");
    }
}
