//! Hand-overs: written once, signed twice, never changed.

use sqlx::any::AnyRow;

use super::evidence::sha256_hex;
use super::row::{get, needed, time, time_or_none};
use super::{Error, Store, next_number};
use crate::clock::UnixMs;
use crate::duty::handover::{Facts, Handover, Side, Signature, document};

const COLUMNS: &str = "id, number, written_ms, written_by, since_ms, document, sha256,
    outgoing_by, outgoing_ms, outgoing_remarks, incoming_by, incoming_ms, incoming_remarks";

impl Store {
    /// Writes a hand-over from the facts, with its number and its hash.
    ///
    /// # Errors
    /// What the database said.
    pub async fn write_handover(&self, facts: Facts) -> Result<Handover, Error> {
        let mut write = self.write().await?;
        let number = next_number(&mut write.tx, "handover").await?;
        let facts = Facts { number, ..facts };
        let document = document(&facts);
        let handover = Handover {
            id: uuid::Uuid::now_v7().to_string(),
            number,
            written: facts.now,
            written_by: facts.by,
            since: facts.since,
            sha256: sha256_hex(document.as_bytes()),
            document,
            outgoing: None,
            incoming: None,
        };
        sqlx::query(
            "insert into handover (id, number, written_ms, written_by, since_ms, document, sha256)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&handover.id)
        .bind(handover.number)
        .bind(handover.written.0)
        .bind(&handover.written_by)
        .bind(handover.since.0)
        .bind(&handover.document)
        .bind(&handover.sha256)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await?;
        Ok(handover)
    }

    /// Adds a signature. Whether that side was still unsigned, and signed in its turn.
    ///
    /// # Errors
    /// What the database said.
    pub async fn sign_handover(
        &self,
        id: &str,
        side: Side,
        signature: &Signature,
    ) -> Result<bool, Error> {
        let sql = match side {
            Side::Outgoing => {
                "update handover
                 set outgoing_by = $2, outgoing_ms = $3, outgoing_remarks = $4
                 where id = $1 and outgoing_by is null"
            }
            Side::Incoming => {
                "update handover
                 set incoming_by = $2, incoming_ms = $3, incoming_remarks = $4
                 where id = $1 and incoming_by is null and outgoing_by is not null
                   and outgoing_by <> $2"
            }
        };
        let mut write = self.write().await?;
        let done = sqlx::query(sql)
            .bind(id)
            .bind(&signature.by)
            .bind(signature.at.0)
            .bind(&signature.remarks)
            .execute(&mut *write.tx)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// One hand-over.
    ///
    /// # Errors
    /// What the database said.
    pub async fn handover(&self, id: &str) -> Result<Option<Handover>, Error> {
        let sql = format!("select {COLUMNS} from handover where id = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
        query.fetch_optional(&self.pool).await?.as_ref().map(handover).transpose()
    }

    /// The newest hand-overs.
    ///
    /// # Errors
    /// What the database said.
    pub async fn handovers(&self, most: u32) -> Result<Vec<Handover>, Error> {
        let sql = format!("select {COLUMNS} from handover order by number desc limit $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(i64::from(most));
        query.fetch_all(&self.pool).await?.iter().map(handover).collect()
    }

    /// When the newest hand-over that both have signed was written.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_handover(&self) -> Result<Option<UnixMs>, Error> {
        let (last,): (Option<i64>,) =
            sqlx::query_as("select max(written_ms) from handover where incoming_by is not null")
                .fetch_one(&self.pool)
                .await?;
        Ok(last.map(UnixMs))
    }
}

fn handover(row: &AnyRow) -> Result<Handover, Error> {
    Ok(Handover {
        id: get(row, "id")?,
        number: get(row, "number")?,
        written: time(row, "written_ms")?,
        written_by: get(row, "written_by")?,
        since: time(row, "since_ms")?,
        document: get(row, "document")?,
        sha256: get(row, "sha256")?,
        outgoing: signature(row, ["outgoing_by", "outgoing_ms", "outgoing_remarks"])?,
        incoming: signature(row, ["incoming_by", "incoming_ms", "incoming_remarks"])?,
    })
}

fn signature(row: &AnyRow, names: [&'static str; 3]) -> Result<Option<Signature>, Error> {
    let [by, at, remarks] = names;
    let Some(by) = get::<Option<String>>(row, by)? else { return Ok(None) };
    let at = needed(time_or_none(row, at)?, at)?;
    let remarks = get::<Option<String>>(row, remarks)?.unwrap_or_default();
    Ok(Some(Signature { by, at, remarks }))
}
