//! The index of footage against the disk, from outside: hashes, readability, coverage.
//!
//! It changes nothing, so it may run beside the daemon; what is written at that moment is left out.

use std::collections::BTreeSet;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::mend;
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::record::cover::{Span, doubled, uncovered};
use crate::record::{Segment, SegmentEnd, read};
use crate::store::{self, Store};

/// Rows that are looked at in one go.
const PAGE: i64 = 500;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Finished files, and their bytes.
    pub files: u64,
    pub bytes: i64,
    /// Time that finished files and gaps cover, ms.
    pub footage_ms: i64,
    pub gap_ms: i64,
    /// Time that two rows claim; a clock that was set back does that.
    pub doubled_ms: i64,
    /// Everything that is not as it should be, a sentence each.
    pub faults: Vec<String>,
}

/// Looks at the footage of every camera.
///
/// # Errors
/// What the database said.
pub async fn check(store: &Store, dir: &Path, now: UnixMs) -> Result<Checked, store::Error> {
    let mut checked = Checked::default();
    for camera in store.recorded_cameras().await? {
        check_camera(store, (&camera, dir), now, &mut checked).await?;
    }
    Ok(checked)
}

async fn check_camera(
    store: &Store,
    (camera, dir): (&CameraId, &Path),
    now: UnixMs,
    checked: &mut Checked,
) -> Result<(), store::Error> {
    let mut spans: Vec<Span> = Vec::new();
    let mut known = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = store.segments_after(camera, after, PAGE).await?;
        let Some(last) = page.last().map(|segment| segment.number) else { break };
        after = last;
        for segment in page {
            known.insert(segment.number);
            let Some(end) = segment.end.clone() else { continue };
            spans.push((segment.started, end.ended));
            checked.files += 1;
            checked.bytes += end.bytes;
            checked.footage_ms += end.ended.since_ms(segment.started);
            let path = dir.join(&segment.file);
            let wrong = tokio::task::spawn_blocking(move || wrong(&path, &segment, &end)).await;
            checked.faults.extend(wrong.expect("reading footage does not panic"));
        }
    }
    for gap in store.gaps(camera, UnixMs(i64::MIN), now).await? {
        let ended = gap.ended.unwrap_or(now);
        checked.gap_ms += ended.since_ms(gap.started).max(0);
        spans.push((gap.started, ended));
    }
    let folder = dir.join(camera.as_str());
    let found = tokio::task::spawn_blocking(move || mend::files(&folder)).await;
    for (number, (path, _)) in found.expect("reading a folder does not panic") {
        if !known.contains(&number) {
            checked.faults.push(format!("{} is not in the index", path.display()));
        }
    }
    let ends = (spans.iter().map(|s| s.0).min(), spans.iter().map(|s| s.1).max());
    if let (Some(from), Some(to)) = ends {
        for (from, to) in uncovered((from, to), &spans) {
            let ms = to.since_ms(from);
            checked.faults.push(format!("camera {camera}: nothing tells of {ms} ms from {from}"));
        }
    }
    checked.doubled_ms += doubled(&spans).iter().map(|(a, b)| b.since_ms(*a)).sum::<i64>();
    Ok(())
}

/// What is wrong with a finished file.
fn wrong(path: &PathBuf, segment: &Segment, end: &SegmentEnd) -> Option<String> {
    let name = &segment.file;
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) => return Some(format!("{name}: {error}")),
    };
    let length = file.metadata().map_or(0, |file| file.len());
    if i64::try_from(length).ok() != Some(end.bytes) {
        return Some(format!("{name} has {length} bytes, the index says {}", end.bytes));
    }
    match mend::sha256(path) {
        Ok(hash) if hash == end.sha256 => {}
        Ok(_) => return Some(format!("{name} was changed: its hash is another one")),
        Err(error) => return Some(format!("{name}: {error}")),
    }
    let mut read_at = |at: u64, bytes: usize| {
        let left = usize::try_from(length.saturating_sub(at)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; bytes.min(left)];
        file.read_exact_at(&mut buffer, at)?;
        Ok(buffer)
    };
    match read::index(length, &mut read_at) {
        Err(error) => Some(format!("{name}: {error}")),
        Ok(index) if index.whole != length => Some(format!("{name} is torn at {}", index.whole)),
        Ok(index) if i64::try_from(index.pictures.len()).ok() != Some(end.units) => {
            let found = index.pictures.len();
            Some(format!("{name} holds {found} pictures, the index says {}", end.units))
        }
        Ok(_) => None,
    }
}
