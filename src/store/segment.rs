//! Files of footage, and the changes of the index that belong together.
//!
//! What the recorder tells goes in one transaction: a file that ends and the gap that begins with
//! its end are seen together or not at all, so that the two always add up.

use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::row::{get, time, time_or_none, word};
use super::{Error, Store, clock_note, gap};
use crate::camera::{CameraId, Codec};
use crate::clock::UnixMs;
use crate::record::{ClockNote, Gap, Segment, SegmentEnd};

/// One change of the index of footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FootageChange {
    /// A file is opened; its row may have its end already.
    Open(Segment),
    /// The file with this id is finished.
    Finish(String, SegmentEnd),
    /// The file with this id never held a picture, or is gone: its row goes.
    Forget(String),
    /// A gap begins; it may have its end already.
    Gap(Gap),
    /// The gap with this id is over.
    EndGap(String, UnixMs),
    Note(ClockNote),
}

pub(super) const COLUMNS: &str =
    "id, camera, number, file, started_ms, ended_ms, media_ms, wall_ms, bytes,
    units, key_frames, lost, codec, width_px, height_px, sha256";

impl Store {
    /// Makes these changes of the index, all or none. A change that was made before changes
    /// nothing, so that whoever does not know may say it again.
    ///
    /// # Errors
    /// What the database said.
    pub async fn index_footage(&self, changes: &[FootageChange]) -> Result<(), Error> {
        let mut write = self.write().await?;
        for change in changes {
            match change {
                FootageChange::Open(segment) => open(&mut write.tx, segment).await?,
                FootageChange::Finish(id, end) => finish(&mut write.tx, id, end).await?,
                FootageChange::Forget(id) => {
                    let forget = sqlx::query("delete from segment where id = $1").bind(id);
                    forget.execute(&mut *write.tx).await?;
                }
                FootageChange::Gap(gap) => gap::open(&mut write.tx, gap).await?,
                FootageChange::EndGap(id, at) => gap::close(&mut write.tx, id, *at).await?,
                FootageChange::Note(note) => clock_note::add(&mut write.tx, note).await?,
            }
        }
        write.commit().await
    }

    /// The files of a camera that hold any of this time, oldest first; those that are still
    /// written come too when they began before its end.
    ///
    /// # Errors
    /// What the database said.
    pub async fn segments(
        &self,
        camera: &CameraId,
        from: UnixMs,
        to: UnixMs,
    ) -> Result<Vec<Segment>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from segment
             where camera = $1 and started_ms < $3 and (ended_ms is null or ended_ms > $2)
             order by started_ms, number"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(camera.as_str());
        let rows = query.bind(from.0).bind(to.0).fetch_all(&self.pool).await?;
        rows.iter().map(segment).collect()
    }

    /// One file.
    ///
    /// # Errors
    /// What the database said.
    pub async fn segment(&self, id: &str) -> Result<Option<Segment>, Error> {
        let sql = format!("select {COLUMNS} from segment where id = $1");
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id);
        query.fetch_optional(&self.pool).await?.as_ref().map(segment).transpose()
    }

    /// The files that are not finished: at start, those that a crash has left.
    ///
    /// # Errors
    /// What the database said.
    pub async fn unfinished_segments(&self) -> Result<Vec<Segment>, Error> {
        let sql =
            format!("select {COLUMNS} from segment where ended_ms is null order by camera, number");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(segment).collect()
    }

    /// Files of a camera by number, from the first one after `after` on, at most `limit`.
    ///
    /// # Errors
    /// What the database said.
    pub async fn segments_after(
        &self,
        camera: &CameraId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<Segment>, Error> {
        let sql = format!(
            "select {COLUMNS}
             from segment
             where camera = $1 and number > $2
             order by number
             limit $3"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(camera.as_str());
        let rows = query.bind(after).bind(limit).fetch_all(&self.pool).await?;
        rows.iter().map(segment).collect()
    }

    /// The cameras that have a file or a gap, also those that are no longer configured.
    ///
    /// # Errors
    /// What the database said.
    pub async fn recorded_cameras(&self) -> Result<Vec<CameraId>, Error> {
        let rows =
            sqlx::query("select camera from segment union select camera from gap order by camera")
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(|row| camera(row, "segment.camera")).collect()
    }

    /// The highest number of a camera's files, 0 before the first; deleted files count too.
    ///
    /// # Errors
    /// What the database said.
    pub async fn last_segment_number(&self, camera: &CameraId) -> Result<i64, Error> {
        let row = sqlx::query(
            "select coalesce(max(number), 0) as number
             from (
               select number from segment where camera = $1
               union all
               select number from footage_deletion where camera = $1
             ) as used",
        )
        .bind(camera.as_str())
        .fetch_one(&self.pool)
        .await?;
        get(&row, "number")
    }

    /// The latest moment that a camera's files and gaps account for.
    ///
    /// # Errors
    /// What the database said.
    pub async fn accounted_until(&self, camera: &CameraId) -> Result<Option<UnixMs>, Error> {
        let row = sqlx::query(
            "select max(ms) as ms
             from (
               select ended_ms as ms from segment where camera = $1
               union all
               select ended_ms as ms from gap where camera = $1
             ) as ends",
        )
        .bind(camera.as_str())
        .fetch_one(&self.pool)
        .await?;
        time_or_none(&row, "ms")
    }

    /// Markers of the disks that have held the footage.
    ///
    /// # Errors
    /// What the database said.
    pub async fn footage_disks(&self) -> Result<Vec<String>, Error> {
        let sql = "select marker from footage_disk order by known_ms";
        let rows = sqlx::query(sql).fetch_all(&self.pool).await?;
        rows.iter().map(|row| get(row, "marker")).collect()
    }

    /// From now on the disk with this marker holds the footage.
    ///
    /// # Errors
    /// What the database said.
    pub async fn know_footage_disk(&self, marker: &str, now: UnixMs) -> Result<(), Error> {
        let mut write = self.write().await?;
        sqlx::query(
            "insert into footage_disk (marker, known_ms) values ($1, $2)
             on conflict (marker) do nothing",
        )
        .bind(marker)
        .bind(now.0)
        .execute(&mut *write.tx)
        .await?;
        write.commit().await
    }
}

async fn open(tx: &mut AnyConnection, segment: &Segment) -> Result<(), Error> {
    sqlx::query(
        "insert into segment (id, camera, number, file, started_ms, codec, width_px, height_px)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (id) do nothing",
    )
    .bind(&segment.id)
    .bind(segment.camera.as_str())
    .bind(segment.number)
    .bind(&segment.file)
    .bind(segment.started.0)
    .bind(segment.codec.name())
    .bind(i64::from(segment.width_px))
    .bind(i64::from(segment.height_px))
    .execute(&mut *tx)
    .await?;
    match &segment.end {
        Some(end) => finish(tx, &segment.id, end).await,
        None => Ok(()),
    }
}

async fn finish(tx: &mut AnyConnection, id: &str, end: &SegmentEnd) -> Result<(), Error> {
    sqlx::query(
        "update segment
         set ended_ms = $2, media_ms = $3, wall_ms = $4, bytes = $5, units = $6, key_frames = $7,
           lost = $8, sha256 = $9
         where id = $1",
    )
    .bind(id)
    .bind(end.ended.0)
    .bind(end.media_ms)
    .bind(end.wall_ms)
    .bind(end.bytes)
    .bind(end.units)
    .bind(end.key_frames)
    .bind(end.lost)
    .bind(&end.sha256)
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) fn camera(row: &AnyRow, what: &'static str) -> Result<CameraId, Error> {
    CameraId::try_from(get::<String>(row, "camera")?.as_str())
        .map_err(|value| Error::Decode { what, value })
}

fn codec_of(text: &str) -> Option<Codec> {
    [Codec::H264, Codec::H265].into_iter().find(|codec| codec.name() == text)
}

pub(super) fn segment(row: &AnyRow) -> Result<Segment, Error> {
    let size = |name| Ok::<_, Error>(u32::try_from(get::<i64>(row, name)?).unwrap_or_default());
    let figure = |name| Ok::<_, Error>(get::<Option<i64>>(row, name)?.unwrap_or_default());
    let end = time_or_none(row, "ended_ms")?.map(|ended| {
        Ok::<_, Error>(SegmentEnd {
            ended,
            media_ms: figure("media_ms")?,
            wall_ms: figure("wall_ms")?,
            bytes: figure("bytes")?,
            units: figure("units")?,
            key_frames: figure("key_frames")?,
            lost: figure("lost")?,
            sha256: get::<Option<String>>(row, "sha256")?.unwrap_or_default(),
        })
    });
    Ok(Segment {
        id: get(row, "id")?,
        camera: camera(row, "segment.camera")?,
        number: get(row, "number")?,
        file: get(row, "file")?,
        started: time(row, "started_ms")?,
        codec: word(&get::<String>(row, "codec")?, "segment.codec", codec_of)?,
        width_px: size("width_px")?,
        height_px: size("height_px")?,
        end: end.transpose()?,
    })
}
