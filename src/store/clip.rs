//! Clips out of files of footage: what they hold is looked up, and any bytes of them are read.
//!
//! A clip lies nowhere: its head is in memory, its pictures are where the recorder wrote them. All
//! of this blocks its thread for as long as the disk takes.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::Error;
use crate::clock::UnixMs;
use crate::record::Segment;
use crate::record::clip::{self, Clip, ClipError, Source};
use crate::record::read::{self, Index, ReadError};

/// Bytes that are read at once (guess, revisit).
const CHUNK: u64 = 256 * 1024;

/// A clip with the files that its pictures are in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipFiles {
    pub clip: Clip,
    /// By the place of the clip's sources.
    pub files: Vec<PathBuf>,
}

/// What could be made of the files.
pub struct Planned {
    pub clip: Result<ClipFiles, ClipError>,
    /// Places of files that hold nothing readable, with the reason.
    pub unreadable: Vec<(usize, ReadError)>,
}

/// Looks through files of footage and plans the clip of a time.
#[must_use]
pub fn plan_clip(files: &[(PathBuf, Segment)], (from, to): (UnixMs, UnixMs)) -> Planned {
    let (mut indexes, mut unreadable) = (Vec::new(), Vec::new());
    for (place, (path, _)) in files.iter().enumerate() {
        match look_through(path) {
            Ok(index) => indexes.push((place, index)),
            Err(error) => {
                tracing::warn!(file = %path.display(), %error, "a file of footage is left out");
                unreadable.push((place, error));
            }
        }
    }
    let mut sources: Vec<Source<'_>> = Vec::new();
    for (place, index) in &indexes {
        let segment = &files[*place].1;
        let ended = segment.end.as_ref().map(|end| end.ended);
        sources.push(Source { started: segment.started, ended, index });
    }
    let path = |(place, _): &(usize, Index)| files[*place].0.clone();
    let clip = clip::plan(&sources, from, to);
    let clip = clip.map(|clip| ClipFiles { clip, files: indexes.iter().map(path).collect() });
    Planned { clip, unreadable }
}

fn look_through(path: &Path) -> Result<Index, ReadError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    read::index(length, &mut |at, count| read_up_to(&file, at, count))
}

fn read_up_to(file: &File, at: u64, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        match file.read_at(&mut bytes[filled..], at + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

impl ClipFiles {
    /// Some bytes from a place on, not beyond the last one; at least one.
    ///
    /// # Errors
    /// Its footage cannot be read any more.
    pub fn read(&self, at: u64, last: u64) -> io::Result<Vec<u8>> {
        let count = (last + 1).saturating_sub(at).min(CHUNK);
        let short = |bytes: u64| usize::try_from(bytes).expect("a chunk fits in memory");
        let head = self.clip.head.len() as u64;
        if at < head {
            return Ok(self.clip.head[short(at)..short((at + count).min(head))].to_vec());
        }
        let mut begins = head;
        for stretch in &self.clip.stretches {
            let inside = at - begins;
            if inside < stretch.bytes {
                let mut bytes = vec![0; short(count.min(stretch.bytes - inside))];
                let file = File::open(&self.files[stretch.source])?;
                file.read_exact_at(&mut bytes, stretch.at + inside)?;
                return Ok(bytes);
            }
            begins += stretch.bytes;
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    /// Copies the clip to a place of its own: written beside it, synced, then renamed.
    ///
    /// # Errors
    /// The footage cannot be read or the file not written; then nothing stands there.
    pub fn write_to(&self, path: &Path) -> Result<(), Error> {
        let part = path.with_extension("part");
        let written = self.copy_to(&part).and_then(|()| {
            std::fs::rename(&part, path)?;
            let folder = path.parent().expect("a clip lies in a folder");
            File::open(folder)?.sync_all()
        });
        written.map_err(|source| {
            if let Err(error) = std::fs::remove_file(&part) {
                tracing::warn!(file = %part.display(), %error, "a torn clip cannot be removed");
            }
            Error::File { path: path.to_owned(), source }
        })
    }

    fn copy_to(&self, path: &Path) -> io::Result<()> {
        let mut out = File::create(path)?;
        let mut at = 0;
        while at < self.clip.bytes {
            let bytes = self.read(at, self.clip.bytes - 1)?;
            out.write_all(&bytes)?;
            at += bytes.len() as u64;
        }
        out.sync_all()
    }
}
