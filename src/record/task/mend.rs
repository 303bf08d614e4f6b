//! Index and disk after a crash: what was torn is cut off, what is unknown is read back, what is
//! gone becomes a gap. Nothing is pruned while the disk is not the known one, and no picture is
//! ever deleted here.

use std::collections::{BTreeMap, HashSet};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mp4_atom::Codec as SampleEntry;
use sha2::{Digest as _, Sha256};

use super::disk::Disk;
use crate::camera::{CameraId, Codec};
use crate::clock::UnixMs;
use crate::record::read::{self, Index, ReadError};
use crate::record::{Cause, FaultKind, Gap, Segment, SegmentEnd};
use crate::store::segment::FootageChange;
use crate::store::{self, Store};

/// Rows that are looked at in one go.
const PAGE: i64 = 1_000;
/// What is put aside gets this ending.
const ASIDE: &str = "unreadable";
/// A file shorter than this that cannot be read was torn while its head was written: heads have
/// about 700 bytes, measured.
const HEAD_MAX: u64 = 4_096;
/// Files whose ends lie closer than this were cut from each other: arrival over a network is not
/// smoother. Guess, revisit.
const JOIN_MAX_MS: i64 = 2_000;
/// Bytes that are hashed in one go.
const CHUNK: usize = 1 << 20;

/// What a file turns out to be.
enum Found {
    Whole(Back),
    /// A crash came before its first piece was whole.
    Empty,
    /// Nobody can read it.
    Strange,
}

/// A file as it can be read back.
struct Back {
    codec: Codec,
    width_px: u32,
    height_px: u32,
    end: SegmentEnd,
}

/// Finishes the files that a crash has left open, except those of this run.
///
/// # Errors
/// What the database said.
pub async fn leftovers(
    store: &Store,
    disk: &Disk,
    ours: &HashSet<String>,
) -> Result<(), store::Error> {
    if disk.check().is_err() {
        return Ok(());
    }
    for segment in store.unfinished_segments().await? {
        if ours.contains(&segment.id) {
            continue;
        }
        let path = disk.dir().join(&segment.file);
        let found = blocking(move || cut_back(&path, segment.started)).await;
        let change = match found {
            Found::Whole(back) => FootageChange::Finish(segment.id, back.end),
            // What is strange is put aside when disk and index are compared.
            Found::Empty | Found::Strange => FootageChange::Forget(segment.id),
        };
        store.index_footage(&[change]).await?;
    }
    Ok(())
}

/// Files that were begun just before a crash and never came into the index: they are read back
/// before anything is called a gap.
///
/// # Errors
/// What the database said.
pub async fn unknown(store: &Store, disk: &Disk, camera: &CameraId) -> Result<(), store::Error> {
    if disk.check().is_err() {
        return Ok(());
    }
    let last = store.last_segment_number(camera).await?;
    let folder = disk.dir().join(camera.as_str());
    let mut found = blocking(move || files(&folder)).await;
    for (number, (path, started)) in found.split_off(&(last + 1)) {
        if adopt(store, disk, (camera, number), (path, started)).await? {
            join(store, camera, (number, started)).await?;
        }
    }
    Ok(())
}

/// What lies between a file that was read back and the one before. One that was cut from the other
/// joins it; where a gap began in between it was not cut, and the gap lasted until then.
async fn join(
    store: &Store,
    camera: &CameraId,
    (number, started): (i64, UnixMs),
) -> Result<(), store::Error> {
    let before = store.segments_after(camera, number - 2, 1).await?;
    let before = before.into_iter().find(|before| before.number == number - 1);
    let before = before.and_then(|before| before.end.map(|end| (before.id, end)));
    let from = before.as_ref().map_or(UnixMs(i64::MIN), |(_, end)| end.ended);
    let gaps = store.gaps(camera, from, started).await?;
    let told_until = gaps.iter().filter_map(|gap| gap.ended).max();
    let is_open = gaps.iter().any(|gap| gap.ended.is_none());
    let open = gaps.into_iter().filter(|gap| gap.ended.is_none());
    let mut changes: Vec<_> = open.map(|gap| FootageChange::EndGap(gap.id, started)).collect();
    match (told_until, before) {
        _ if is_open => {}
        // The daemon was there again, and had not yet told that it waited for the camera.
        (Some(until), _) if until < started => {
            let gap = new_gap(camera, (until, Some(started)), Cause::Connecting);
            changes.push(FootageChange::Gap(gap));
        }
        (None, Some((id, end))) if started.since_ms(end.ended).abs() < JOIN_MAX_MS => {
            changes.push(FootageChange::Finish(id, SegmentEnd { ended: started, ..end }));
        }
        (None, Some((_, end))) if end.ended < started => {
            let gap = new_gap(camera, (end.ended, Some(started)), Cause::DaemonKilled);
            changes.push(FootageChange::Gap(gap));
        }
        _ => {}
    }
    if changes.is_empty() { Ok(()) } else { store.index_footage(&changes).await }
}

/// What a camera's rows lack between the last run and `now`: a gap that the stop has opened is
/// closed, or a crash gets one.
///
/// # Errors
/// What the database said.
pub async fn begin(store: &Store, camera: &CameraId, now: UnixMs) -> Result<(), store::Error> {
    let mut changes = Vec::new();
    let mut stopped = false;
    let alive = last_sign(store).await?;
    let mut until = store.accounted_until(camera).await?;
    for gap in store.open_gaps().await?.into_iter().filter(|gap| gap.camera == *camera) {
        if matches!(gap.cause, Cause::DaemonStopped | Cause::NotRecorded) {
            stopped = true;
            changes.push(FootageChange::EndGap(gap.id, now));
        } else {
            // It lasted at least as long as anything was recorded elsewhere.
            let died = alive.map_or(gap.started, |alive| alive.max(gap.started).min(now));
            until = until.max(Some(died));
            changes.push(FootageChange::EndGap(gap.id, died));
        }
    }
    if let Some(from) = until.filter(|from| !stopped && *from < now) {
        changes.push(FootageChange::Gap(new_gap(camera, (from, Some(now)), Cause::DaemonKilled)));
    }
    if changes.is_empty() { Ok(()) } else { store.index_footage(&changes).await }
}

/// The latest moment of which anything was recorded.
async fn last_sign(store: &Store) -> Result<Option<UnixMs>, store::Error> {
    let mut latest = None;
    for camera in store.recorded_cameras().await? {
        latest = latest.max(store.accounted_until(&camera).await?);
    }
    Ok(latest)
}

/// A camera that the configuration does not record.
///
/// # Errors
/// What the database said.
pub async fn not_recorded(
    store: &Store,
    camera: &CameraId,
    now: UnixMs,
) -> Result<(), store::Error> {
    let gap = new_gap(camera, (now, None), Cause::NotRecorded);
    store.index_footage(&[FootageChange::Gap(gap)]).await
}

/// The last number of a camera's files, in the index and on the disk.
///
/// # Errors
/// What the database said.
pub async fn last_number(
    store: &Store,
    disk: &Disk,
    camera: &CameraId,
) -> Result<i64, store::Error> {
    let indexed = store.last_segment_number(camera).await?;
    let folder = disk.dir().join(camera.as_str());
    let found = blocking(move || files(&folder).into_keys().max()).await;
    Ok(indexed.max(found.unwrap_or_default()))
}

/// The files of a camera up to a number, against the index: unknown ones are read back or put
/// aside, rows without a file become gaps.
///
/// # Errors
/// What the database said.
pub async fn compare(
    store: &Store,
    disk: &Disk,
    (camera, last): (&CameraId, i64),
    now: UnixMs,
) -> Result<(), store::Error> {
    let folder = disk.dir().join(camera.as_str());
    let mut found = blocking(move || files(&folder)).await;
    let (mut after, mut missing) = (0, 0_u32);
    loop {
        let page = store.segments_after(camera, after, PAGE).await?;
        let Some(end) = page.last().map(|segment| segment.number) else { break };
        for segment in page.into_iter().filter(|segment| segment.number <= last) {
            if found.remove(&segment.number).is_none() && disk.check().is_ok() {
                // It may have been deleted since the page was read.
                missing += u32::from(store.segment(&segment.id).await?.is_some());
                lose(store, segment).await?;
            }
        }
        after = end;
    }
    let mut strange = 0_u32;
    for (number, (path, started)) in found.into_iter().filter(|(number, _)| *number <= last) {
        strange += u32::from(!adopt(store, disk, (camera, number), (path, started)).await?);
    }
    if missing > 0 {
        let message = format!(
            "{missing} files of camera {camera} are gone from the disk: find out who deleted them"
        );
        store.raise_fault(Some(camera), FaultKind::FootageMissing, &message, now).await?;
    }
    if strange > 0 {
        let message = format!(
            "{strange} files of camera {camera} cannot be read and were put aside as *.{ASIDE}: \
             look at them, then remove them"
        );
        store.raise_fault(Some(camera), FaultKind::FootageStrange, &message, now).await?;
    }
    Ok(())
}

/// A row whose file is gone becomes a gap.
async fn lose(store: &Store, segment: Segment) -> Result<(), store::Error> {
    if store.segment(&segment.id).await?.is_none() {
        return Ok(());
    }
    let (file, sha256) = (&segment.file, segment.end.as_ref().map_or("", |end| &end.sha256));
    tracing::error!(file, sha256, "a file of footage is gone");
    let detail = format!("file {file}, sha256 {sha256}");
    let ended = segment.end.as_ref().map_or(segment.started, |end| end.ended);
    let gap = new_gap(&segment.camera, (segment.started, Some(ended)), Cause::FootageMissing);
    let gap = FootageChange::Gap(Gap { detail, ..gap });
    store.index_footage(&[FootageChange::Forget(segment.id), gap]).await
}

/// A file without a row gets one, or is put aside when nobody can read it. False when it was put
/// aside.
async fn adopt(
    store: &Store,
    disk: &Disk,
    (camera, number): (&CameraId, i64),
    (path, started): (PathBuf, UnixMs),
) -> Result<bool, store::Error> {
    let at = path.clone();
    let back = match blocking(move || cut_back(&at, started)).await {
        Found::Whole(back) => back,
        Found::Empty => return Ok(true),
        Found::Strange => {
            blocking(move || put_aside(&path)).await;
            return Ok(false);
        }
    };
    let file = path.strip_prefix(disk.dir()).unwrap_or(&path).display().to_string();
    tracing::warn!(file, "a file of footage that the index did not know was read back");
    let segment = Segment {
        id: uuid::Uuid::now_v7().to_string(),
        camera: camera.clone(),
        number,
        file,
        started,
        codec: back.codec,
        width_px: back.width_px,
        height_px: back.height_px,
        end: Some(back.end),
    };
    store.index_footage(&[FootageChange::Open(segment)]).await?;
    Ok(true)
}

/// Gives a file that nobody can read another name, so that it is not tried again.
fn put_aside(path: &Path) {
    if let Err(error) = std::fs::rename(path, path.with_extension(ASIDE)) {
        tracing::error!(%error, file = %path.display(), "a strange file cannot be put aside");
    }
}

/// Reads a file back and cuts off what is torn; one in which nothing was ever whole is removed.
fn cut_back(path: &Path, started: UnixMs) -> Found {
    let found = read_back(path, started).unwrap_or_else(|error| {
        let missing = matches!(&error, ReadError::Io(e) if e.kind() == ErrorKind::NotFound);
        let short = std::fs::metadata(path).is_ok_and(|file| file.len() < HEAD_MAX);
        tracing::warn!(%error, file = %path.display(), "a file of footage cannot be read");
        if missing || short { Found::Empty } else { Found::Strange }
    });
    if matches!(found, Found::Empty)
        && let Err(error) = std::fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, file = %path.display(), "an empty file cannot be removed");
    }
    found
}

fn read_back(path: &Path, started: UnixMs) -> Result<Found, ReadError> {
    let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
    let found = file.metadata()?;
    let (length, written) = (found.len(), unix_ms(found.modified()?));
    let mut read_at = |at: u64, bytes: usize| {
        let left = usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; bytes.min(left)];
        file.read_exact_at(&mut buffer, at)?;
        Ok(buffer)
    };
    let index = read::index(length, &mut read_at)?;
    if index.pictures.is_empty() {
        return Ok(Found::Empty);
    }
    if index.whole < length {
        file.set_len(index.whole)?;
        file.sync_all()?;
    }
    let back = of_index(&index, (started, written), sha256(path)?);
    Ok(back.map_or(Found::Strange, Found::Whole))
}

/// What a file is that begins at `started` and was last written to at `written`.
fn of_index(index: &Index, (started, written): (UnixMs, UnixMs), sha256: String) -> Option<Back> {
    let codec = if matches!(index.entry, SampleEntry::Avc1(_)) {
        Codec::H264
    } else if matches!(index.entry, SampleEntry::Hev1(_)) {
        Codec::H265
    } else {
        return None;
    };
    let ticks = index.pictures.iter().map(|p| p.dts + i64::from(p.duration)).max()?;
    let media_ms = ticks.saturating_mul(1_000) / i64::from(index.timescale.max(1));
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    // A first picture that came late makes the media run ahead of the clock, into what came after
    // the crash; no picture is later than its writing. A file copied from elsewhere was written
    // after all its pictures, or before them by a clock that means nothing here.
    let by_media = started.plus_ms(media_ms);
    let ended = if written > started { by_media.min(written) } else { by_media };
    let end = SegmentEnd {
        ended,
        media_ms,
        // Our own clock died with the daemon; the camera's is the best that is left.
        wall_ms: media_ms,
        bytes: i64::try_from(index.whole).unwrap_or(i64::MAX),
        units: count(index.pictures.len()),
        key_frames: count(index.pictures.iter().filter(|p| p.key).count()),
        lost: 0,
        sha256,
    };
    Some(Back { codec, width_px: index.width_px, height_px: index.height_px, end })
}

fn unix_ms(time: SystemTime) -> UnixMs {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixMs(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The hash of a file, in hex.
///
/// # Errors
/// What the disk said.
pub fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(format!("{:x}", hash.finalize()));
        }
        hash.update(&buffer[..read]);
    }
}

/// The files of a camera's folder by their number, with the beginning that their name gives.
#[must_use]
pub fn files(folder: &Path) -> BTreeMap<i64, (PathBuf, UnixMs)> {
    let inside = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let named = |path: PathBuf| {
        let name = path.file_name()?.to_str()?.strip_suffix(".mp4")?;
        let (number, started) = name.split_once('-')?;
        let place = (number.parse().ok()?, UnixMs(started.parse().ok()?));
        Some((place.0, (path, place.1)))
    };
    inside(folder).iter().flat_map(|day| inside(day)).filter_map(named).collect()
}

fn new_gap(camera: &CameraId, (started, ended): (UnixMs, Option<UnixMs>), cause: Cause) -> Gap {
    let id = uuid::Uuid::now_v7().to_string();
    Gap { id, camera: camera.clone(), started, ended, cause, detail: String::new() }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("reading footage does not panic")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::record::read::tests as mp4;

    /// Of a file with 160 ms of pictures, last written so long after its name says that it began:
    /// how long it lasted, ms.
    fn lasted_ms(written_ms: i64) -> i64 {
        let started = UnixMs(1_790_000_000_000);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("000000001-1790000000000.mp4");
        std::fs::write(&path, mp4::file(640, &["k1 p2", "p3 p4"])).unwrap();
        let written = u64::try_from(started.plus_ms(written_ms).0).unwrap();
        let written = SystemTime::UNIX_EPOCH + Duration::from_millis(written);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
        match read_back(&path, started).unwrap() {
            Found::Whole(back) => back.end.ended.since_ms(started),
            Found::Empty | Found::Strange => panic!("its pictures are not found"),
        }
    }

    #[test]
    fn what_is_read_back_ends_with_its_pictures_but_not_after_it_was_written() {
        assert_eq!(lasted_ms(10_000), 160);
        assert_eq!(lasted_ms(100), 100);
        // A copy made by another clock.
        assert_eq!(lasted_ms(-5_000), 160);
    }
}
