//! The folder of the footage: whether it is the right one, and why it refuses.
//!
//! A disk that is not mounted looks like an empty folder. A marker in it says that it is the disk
//! that the index knows; without it nothing is written and nothing is pruned (crumbvms#541).

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::record::{Cause, FaultKind};

/// The file with the marker.
const MARKER: &str = "gengfu-footage";

/// The folder of the footage, by the marker that its disk must carry. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Disk {
    dir: PathBuf,
    /// Markers of the disks that the index knows.
    known: Vec<String>,
}

impl Disk {
    /// The folder, and the markers that the index knows; where it knows none, this disk gets one,
    /// which the caller notes.
    #[must_use]
    pub fn new(dir: PathBuf, known: Vec<String>) -> (Self, Option<String>) {
        let mut disk = Self { dir, known };
        if !disk.known.is_empty() {
            return (disk, None);
        }
        let marker = match std::fs::read_to_string(disk.dir.join(MARKER)) {
            // A database that was begun anew beside footage that is there.
            Ok(marker) => marker.trim().to_owned(),
            Err(_) => uuid::Uuid::now_v7().to_string(),
        };
        disk.known.push(marker.clone());
        match disk.mark(&marker) {
            Ok(()) => (disk, Some(marker)),
            Err(error) => {
                tracing::error!(%error, dir = %disk.dir.display(), "no footage can be written");
                (disk, Some(marker))
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the right disk is there.
    ///
    /// # Errors
    /// Why nothing can be written or read.
    pub fn check(&self) -> Result<(), Cause> {
        match std::fs::read_to_string(self.dir.join(MARKER)) {
            Ok(marker) if self.known.iter().any(|known| known == marker.trim()) => Ok(()),
            Ok(_) => Err(Cause::DiskMissing),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Cause::DiskMissing),
            Err(error) => Err(cause(&error)),
        }
    }

    fn mark(&self, marker: &str) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        let file = self.dir.join(MARKER);
        if file.exists() {
            return Ok(());
        }
        let mut out = std::fs::File::create_new(&file)?;
        writeln!(out, "{marker}")?;
        out.sync_all()?;
        std::fs::File::open(&self.dir)?.sync_all()
    }

    /// What is wrong, for people, and what to do.
    #[must_use]
    pub fn message(&self, kind: FaultKind) -> String {
        let dir = self.dir.display();
        match kind {
            FaultKind::DiskFull => {
                format!("the disk of the footage {dir} is full: free some space")
            }
            FaultKind::DiskReadOnly => {
                format!("the disk of the footage {dir} cannot be written: mount it for writing")
            }
            FaultKind::DiskMissing => format!(
                "the disk of the footage is not at {dir}: mount it there; if it was replaced, \
                 run gengfu footage new-disk"
            ),
            FaultKind::DiskFailing
            | FaultKind::QueueOverflow
            | FaultKind::FootageMissing
            | FaultKind::FootageStrange
            | FaultKind::BelowFloor
            | FaultKind::OnlyHeld
            | FaultKind::Covered
            | FaultKind::Blinded
            | FaultKind::Defocused
            | FaultKind::Moved
            | FaultKind::TooDark
            | FaultKind::Frozen
            | FaultKind::Looped
            | FaultKind::LostSignal => {
                format!("the disk of the footage {dir} fails: check it and its cable")
            }
        }
    }
}

/// Gives the folder a marker of its own: from now on it is a disk of the footage.
///
/// # Errors
/// What the disk said.
pub fn mark_new(dir: &Path) -> std::io::Result<String> {
    let disk = Disk { dir: dir.to_owned(), known: Vec::new() };
    let marker = match std::fs::read_to_string(dir.join(MARKER)) {
        Ok(marker) => marker.trim().to_owned(),
        Err(_) => uuid::Uuid::now_v7().to_string(),
    };
    disk.mark(&marker)?;
    Ok(marker)
}

/// Why a disk refuses.
#[must_use]
pub fn cause(error: &std::io::Error) -> Cause {
    let known = [
        (ErrorKind::StorageFull, Cause::DiskFull),
        (ErrorKind::QuotaExceeded, Cause::DiskFull),
        (ErrorKind::ReadOnlyFilesystem, Cause::DiskReadOnly),
        (ErrorKind::NotFound, Cause::DiskMissing),
        (ErrorKind::StaleNetworkFileHandle, Cause::DiskMissing),
    ];
    let found = known.into_iter().find(|(kind, _)| *kind == error.kind());
    found.map_or(Cause::DiskFailing, |(_, cause)| cause)
}

/// The fault that belongs to a cause, where the disk is to blame.
#[must_use]
pub const fn fault(cause: &Cause) -> Option<FaultKind> {
    match cause {
        Cause::DiskFull => Some(FaultKind::DiskFull),
        Cause::DiskReadOnly => Some(FaultKind::DiskReadOnly),
        Cause::DiskMissing => Some(FaultKind::DiskMissing),
        Cause::DiskFailing => Some(FaultKind::DiskFailing),
        Cause::Camera(_)
        | Cause::Connecting
        | Cause::Lost
        | Cause::QueueOverflow
        | Cause::DaemonStopped
        | Cause::DaemonKilled
        | Cause::NotRecorded
        | Cause::ClockStep
        | Cause::FootageMissing => None,
    }
}
