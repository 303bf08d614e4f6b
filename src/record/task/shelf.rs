//! One camera's files on the disk, and what of them the index is to know.
//!
//! Files are named by a number that only rises and are made new or not at all, so that no clock
//! lets one take another's place. A piece is synced before it counts. The hash grows with the file.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::disk::{Disk, cause};
use crate::camera::{AccessUnit, CameraId};
use crate::clock::UnixMs;
use crate::record::track::Shelf;
use crate::record::{Cause, ClockNote, Gap, NoteKind, Segment, SegmentEnd};
use crate::store::segment::FootageChange;

/// Numbers that are tried for a new file; one that is taken was not known to the index.
const TRIES: i64 = 1_000;

/// Empty files that are remembered: one for each attempt at a disk that fails. Guess, revisit.
const LEFT_MAX: usize = 100;

/// One camera's files.
#[derive(Debug)]
pub struct CameraShelf {
    disk: Disk,
    camera: CameraId,
    /// The number of the next file.
    next: i64,
    file: Option<Open>,
    /// Id of the gap that lasts.
    gap: Option<String>,
    /// Files without a picture that the disk did not let go; they go when it takes a new file.
    left: Vec<PathBuf>,
    /// What the index is to know, in order.
    pub told: Vec<FootageChange>,
}

#[derive(Debug)]
struct Open {
    id: String,
    /// What the index is told with the first piece: a file without a picture is none.
    row: Option<Segment>,
    path: PathBuf,
    out: File,
    bytes: u64,
    hash: Sha256,
}

impl CameraShelf {
    /// Files of a camera, of which `last` was the last number.
    #[must_use]
    pub fn new(disk: Disk, camera: CameraId, last: i64) -> Self {
        let (left, told) = (Vec::new(), Vec::new());
        Self { disk, camera, next: last + 1, file: None, gap: None, left, told }
    }

    /// Makes the next file, its folder first.
    fn create(&mut self, started: UnixMs) -> std::io::Result<(String, PathBuf, File)> {
        let day = started.rfc3339().get(..10).unwrap_or("undated").to_owned();
        let folder = format!("{}/{day}", self.camera);
        let inside = self.disk.dir().join(&folder);
        if !inside.is_dir() {
            std::fs::create_dir_all(&inside)?;
            sync_folder(self.disk.dir())?;
            sync_folder(&self.disk.dir().join(self.camera.as_str()))?;
        }
        for _ in 0..TRIES {
            let name = format!("{folder}/{:09}-{}.mp4", self.next, started.0);
            let path = self.disk.dir().join(&name);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => self.next += 1,
                Err(error) => return Err(error),
                Ok(file) => return Ok((name, path, file)),
            }
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// A file without a picture goes, now or when its disk is there again.
    fn forget(&mut self, path: PathBuf) {
        if self.disk.check().is_err() || !remove(&path) {
            self.left.push(path);
        }
        // What is dropped here the next start removes.
        self.left.truncate(LEFT_MAX);
    }

    fn begin(&mut self, first: &AccessUnit, head: &[u8]) -> Result<(), Cause> {
        self.disk.check()?;
        self.left.retain(|path| !remove(path));
        let (name, path, mut out) = self.create(first.seen_at).map_err(|error| cause(&error))?;
        let written = out
            .write_all(head)
            .and_then(|()| out.sync_data())
            .and_then(|()| path.parent().map_or(Ok(()), sync_folder));
        if let Err(error) = written {
            self.forget(path);
            return Err(cause(&error));
        }
        let id = uuid::Uuid::now_v7().to_string();
        let row = Some(Segment {
            id: id.clone(),
            camera: self.camera.clone(),
            number: self.next,
            file: name,
            started: first.seen_at,
            codec: first.format.codec,
            width_px: first.format.width_px,
            height_px: first.format.height_px,
            end: None,
        });
        self.next += 1;
        let mut hash = Sha256::new();
        hash.update(head);
        self.file = Some(Open { id, row, path, out, bytes: head.len() as u64, hash });
        Ok(())
    }
}

impl Shelf for CameraShelf {
    fn open(&mut self, first: &AccessUnit, head: &[u8]) -> Result<(), Cause> {
        self.begin(first, head)
            .inspect_err(|why| tracing::warn!(camera = %self.camera, why = why.word(), "no file"))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Cause> {
        let Some(file) = &mut self.file else { return Err(Cause::DiskFailing) };
        if let Err(error) = file.out.write_all(bytes).and_then(|()| file.out.sync_data()) {
            tracing::error!(camera = %self.camera, %error, "footage cannot be written");
            // What is torn goes; where that is refused too, the next start cuts it off.
            let _ = file.out.set_len(file.bytes).and_then(|()| file.out.sync_data());
            return Err(cause(&error));
        }
        file.hash.update(bytes);
        file.bytes += bytes.len() as u64;
        self.told.extend(file.row.take().map(FootageChange::Open));
        Ok(())
    }

    fn finish(&mut self, end: SegmentEnd) {
        let Some(file) = self.file.take() else { return };
        let bytes = i64::try_from(file.bytes).unwrap_or(i64::MAX);
        let sha256 = format!("{:x}", file.hash.finalize());
        self.told.push(FootageChange::Finish(file.id, SegmentEnd { bytes, sha256, ..end }));
    }

    fn discard(&mut self) {
        let Some(file) = self.file.take() else { return };
        self.forget(file.path);
        if file.row.is_none() {
            self.told.push(FootageChange::Forget(file.id));
        }
    }

    fn gap(&mut self, from: UnixMs, cause: &Cause) {
        let id = uuid::Uuid::now_v7().to_string();
        self.gap = Some(id.clone());
        self.told.push(FootageChange::Gap(Gap {
            id,
            camera: self.camera.clone(),
            started: from,
            ended: None,
            cause: cause.clone(),
            detail: String::new(),
        }));
    }

    fn gap_over(&mut self, at: UnixMs) {
        if let Some(id) = self.gap.take() {
            self.told.push(FootageChange::EndGap(id, at));
        }
    }

    fn note(&mut self, at: UnixMs, kind: NoteKind, by_ms: i64) {
        let camera = Some(self.camera.clone());
        tracing::info!(camera = %self.camera, by_ms, "a camera's clock: {}", kind.word());
        self.told.push(FootageChange::Note(ClockNote { camera, at, kind, by_ms }));
    }
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes a file in which no picture is. False when it is still there.
fn remove(path: &Path) -> bool {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(file = %path.display(), %error, "an empty file cannot be removed");
            false
        }
        _ => true,
    }
}
