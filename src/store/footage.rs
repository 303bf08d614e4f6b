//! What retention and the screens ask of the index of footage: classes, the oldest files,
//! deletions, and how much there is.

use std::collections::{BTreeMap, HashMap};

use super::row::{get, time, time_or_none, word};
use super::segment::{COLUMNS, camera, segment};
use super::{Error, Store};
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::config::Retention;
use crate::record::Segment;
use crate::record::retention::{ClassSince, Rule, class_of, class_word};

/// A file that was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    pub started: UnixMs,
    pub ended: UnixMs,
    /// The word of the rule by which it went.
    pub rule: String,
    pub at: UnixMs,
}

/// How much footage of a camera there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stock {
    pub oldest: Option<UnixMs>,
    /// The end of the newest finished file.
    pub newest: Option<UnixMs>,
    /// Covered by finished files.
    pub covered_ms: i64,
    pub bytes: i64,
    /// The beginning of the file that is written now.
    pub writing: Option<UnixMs>,
}

impl Store {
    /// Notes the class of a camera, if it is another one than before.
    ///
    /// # Errors
    /// What the database said.
    pub async fn remember_class(
        &self,
        camera: &CameraId,
        class: Retention,
        since: UnixMs,
    ) -> Result<(), Error> {
        let mut write = self.write().await?;
        let row = sqlx::query(
            "select class from retention_class where camera = $1 order by since_ms desc limit 1",
        );
        let row = row.bind(camera.as_str()).fetch_optional(&mut *write.tx).await?;
        let before: Option<String> = row.as_ref().map(|row| get(row, "class")).transpose()?;
        if before.as_deref() != Some(class_word(class)) {
            sqlx::query(
                "insert into retention_class (camera, since_ms, class) values ($1, $2, $3)
                 on conflict (camera, since_ms) do update set class = excluded.class",
            )
            .bind(camera.as_str())
            .bind(since.0)
            .bind(class_word(class))
            .execute(&mut *write.tx)
            .await?;
        }
        write.commit().await
    }

    /// The classes of every camera that has one, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn classes(&self) -> Result<BTreeMap<CameraId, Vec<ClassSince>>, Error> {
        let rows = sqlx::query(
            "select camera, since_ms, class from retention_class order by camera, since_ms",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut classes: BTreeMap<CameraId, Vec<ClassSince>> = BTreeMap::new();
        for row in &rows {
            let class = word(&get::<String>(row, "class")?, "retention_class.class", class_of)?;
            let since = time(row, "since_ms")?;
            let of = classes.entry(camera(row, "retention_class.camera")?).or_default();
            of.push(ClassSince { class, since });
        }
        Ok(classes)
    }

    /// Finished files of a camera that began after `after` and ended by `ended_by`, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn finished_segments(
        &self,
        camera: &CameraId,
        (after, ended_by): (UnixMs, UnixMs),
        limit: usize,
    ) -> Result<Vec<Segment>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from segment
             where camera = $1 and started_ms > $2 and ended_ms <= $3
             order by started_ms, number
             limit $4"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(camera.as_str());
        let query = query.bind(after.0).bind(ended_by.0);
        let rows = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(&self.pool);
        rows.await?.iter().map(segment).collect()
    }

    /// Notes that a file of footage is deleted: its row goes, and the row of its deletion remains.
    ///
    /// # Errors
    /// What the database said.
    pub async fn delete_footage(
        &self,
        segment: &Segment,
        rule: Rule,
        now: UnixMs,
    ) -> Result<(), Error> {
        let Some(end) = &segment.end else { return Ok(()) };
        let mut write = self.write().await?;
        sqlx::query(
            "insert into footage_deletion (id, camera, number, started_ms, ended_ms, bytes, sha256,
               rule, at_ms)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (id) do nothing",
        )
        // The file's own id: said again, it is still one deletion.
        .bind(&segment.id)
        .bind(segment.camera.as_str())
        .bind(segment.number)
        .bind(segment.started.0)
        .bind(end.ended.0)
        .bind(end.bytes)
        .bind(&end.sha256)
        .bind(rule.word())
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        let row = sqlx::query("delete from segment where id = $1").bind(&segment.id);
        row.execute(&mut *write.tx).await?;
        write.commit().await
    }

    /// The deleted files of a camera within this time, oldest first.
    ///
    /// # Errors
    /// What the database said.
    pub async fn deletions(
        &self,
        camera: &CameraId,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<Deletion>, Error> {
        let rows = sqlx::query(
            "select started_ms, ended_ms, rule, at_ms
             from footage_deletion
             where camera = $1 and started_ms < $3 and ended_ms > $2
             order by started_ms, number",
        )
        .bind(camera.as_str())
        .bind(from.0)
        .bind(to.0)
        .fetch_all(&self.pool)
        .await?;
        let deletion = |row| {
            Ok(Deletion {
                started: time(row, "started_ms")?,
                ended: time(row, "ended_ms")?,
                rule: get(row, "rule")?,
                at: time(row, "at_ms")?,
            })
        };
        rows.iter().map(deletion).collect()
    }

    /// When footage last went by this rule.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_deletion(&self, rule: Rule) -> Result<Option<UnixMs>, Error> {
        let sql = "select max(at_ms) as at_ms from footage_deletion where rule = $1";
        let row = sqlx::query(sql).bind(rule.word()).fetch_one(&self.pool).await?;
        time_or_none(&row, "at_ms")
    }

    /// The first moment that is known of a camera; none when it has never been recorded.
    ///
    /// # Errors
    /// What the database said.
    pub async fn first_recorded(&self, camera: &CameraId) -> Result<Option<UnixMs>, Error> {
        let row = sqlx::query(
            "select min(ms) as ms
             from (
               select min(started_ms) as ms from segment where camera = $1
               union all
               select min(started_ms) as ms from gap where camera = $1
               union all
               select min(started_ms) as ms from footage_deletion where camera = $1
             ) as firsts",
        )
        .bind(camera.as_str())
        .fetch_one(&self.pool)
        .await?;
        time_or_none(&row, "ms")
    }

    /// How much footage of each camera there is. Reads the whole index: ask it seldom.
    ///
    /// # Errors
    /// What the database said.
    pub async fn stocks(&self) -> Result<HashMap<CameraId, Stock>, Error> {
        let rows = sqlx::query(
            "select camera, min(started_ms) as oldest_ms, max(ended_ms) as newest_ms,
               cast(coalesce(sum(ended_ms - started_ms), 0) as bigint) as covered_ms,
               cast(coalesce(sum(bytes), 0) as bigint) as bytes,
               max(case when ended_ms is null then started_ms end) as writing_ms
             from segment
             group by camera",
        )
        .fetch_all(&self.pool)
        .await?;
        let stock = |row| {
            let stock = Stock {
                oldest: time_or_none(row, "oldest_ms")?,
                newest: time_or_none(row, "newest_ms")?,
                covered_ms: get(row, "covered_ms")?,
                bytes: get(row, "bytes")?,
                writing: time_or_none(row, "writing_ms")?,
            };
            Ok((camera(row, "segment.camera")?, stock))
        };
        rows.iter().map(stock).collect()
    }
}
