//! Clips as bytes: any range of one, read out of the files of footage when it is sent.
//!
//! A clip lies nowhere: its head is in memory, its pictures are where the recorder wrote them. The
//! heads of the last clips are remembered, so that a player that asks range after range gets the
//! same bytes, and the files are not looked through again each time.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::Error;
use super::range::{Sent, sent};
use super::wire_footage::Gap;
use crate::clock::UnixMs;
use crate::record::Segment;
use crate::record::clip::{self, Clip, ClipError, Source};
use crate::record::read::{self, Index, ReadError};
use crate::store::evidence::sha256_hex;

/// Clips whose heads are remembered: a head takes about 1 MB for an hour (guess, revisit).
const CLIPS_MAX: usize = 16;
/// Bytes that are read at once (guess, revisit).
const CHUNK: u64 = 256 * 1024;

/// Camera, beginning and end.
pub type Asked = (String, UnixMs, UnixMs);

/// A clip that can be sent.
pub struct Prepared {
    pub clip: Clip,
    /// The files of the clip's sources.
    files: Vec<PathBuf>,
    /// What is missing of the time that was asked for.
    pub gaps: Vec<Gap>,
    etag: String,
}

/// The last clips.
#[derive(Default)]
pub struct Clips(Mutex<VecDeque<(Asked, Arc<Prepared>)>>);

impl Clips {
    /// The clip of this time, if it was prepared before and its files are still there.
    pub fn find(&self, asked: &Asked, files: &[PathBuf]) -> Option<Arc<Prepared>> {
        let clips = self.0.lock().expect("no panic happens while the clips are held");
        let (_, found) = clips.iter().find(|(of, found)| of == asked && found.files == files)?;
        Some(Arc::clone(found))
    }

    /// Remembers a clip in place of the oldest.
    pub fn keep(&self, asked: Asked, clip: &Arc<Prepared>) {
        let mut clips = self.0.lock().expect("no panic happens while the clips are held");
        clips.retain(|(of, _)| *of != asked);
        clips.push_front((asked, Arc::clone(clip)));
        clips.truncate(CLIPS_MAX);
    }
}

/// What could be made of the files.
pub struct Planned {
    pub clip: Result<Clip, ClipError>,
    /// Places of files that hold nothing readable, with the reason.
    pub unreadable: Vec<(usize, ReadError)>,
}

/// Looks through files of footage and plans the clip of a time. Blocks its thread.
#[must_use]
pub fn plan(files: &[(PathBuf, Segment)], (from, to): (UnixMs, UnixMs)) -> Planned {
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
    let mut clip = clip::plan(&sources, from, to);
    if let Ok(clip) = &mut clip {
        // From the place among the readable files to the place among all.
        clip.stretches.iter_mut().for_each(|stretch| stretch.source = indexes[stretch.source].0);
    }
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

impl Prepared {
    /// A clip with the files of its sources and what is missing of it.
    #[must_use]
    pub fn new(clip: Clip, files: Vec<PathBuf>, gaps: Vec<Gap>) -> Self {
        let mut identity = clip.head.clone();
        files.iter().for_each(|file| identity.extend(file.as_os_str().as_encoded_bytes()));
        let etag = format!("\"{}\"", &sha256_hex(&identity)[..32]);
        Self { clip, files, gaps, etag }
    }

    /// At most [`CHUNK`] bytes from a place on. Blocks its thread.
    fn read(&self, at: u64, last: u64) -> io::Result<Bytes> {
        let count = (last + 1 - at).min(CHUNK);
        let head = self.clip.head.len() as u64;
        if at < head {
            let end = (at + count).min(head);
            let range =
                usize::try_from(at).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(0);
            return Ok(Bytes::copy_from_slice(&self.clip.head[range]));
        }
        let mut begins = head;
        for stretch in &self.clip.stretches {
            let inside = at - begins;
            if inside < stretch.bytes {
                let count =
                    usize::try_from(count.min(stretch.bytes - inside)).unwrap_or(usize::MAX);
                let mut bytes = vec![0; count];
                let file = File::open(&self.files[stretch.source])?;
                file.read_exact_at(&mut bytes, stretch.at + inside)?;
                return Ok(bytes.into());
            }
            begins += stretch.bytes;
        }
        Err(io::ErrorKind::UnexpectedEof.into())
    }

    fn body(self: Arc<Self>, first: u64, last: u64) -> Body {
        let chunks = stream::try_unfold((self, first), move |(clip, at)| async move {
            if at > last {
                return Ok(None);
            }
            let reader = Arc::clone(&clip);
            let read = tokio::task::spawn_blocking(move || reader.read(at, last)).await;
            let bytes = read.map_err(io::Error::other).flatten().inspect_err(|error| {
                tracing::warn!(%error, "a clip breaks off: its footage cannot be read any more");
            })?;
            let next = at + bytes.len() as u64;
            Ok::<_, io::Error>(Some((bytes, (clip, next))))
        });
        Body::from_stream(chunks)
    }
}

/// The answer with the bytes that the headers ask for.
///
/// # Errors
/// A header cannot be written.
pub fn answer(clip: &Arc<Prepared>, asked: &HeaderMap) -> Result<Response, Error> {
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // Another clip than the one the player has begun with is sent from its beginning.
    let same = text(header::IF_RANGE).is_none_or(|etag| etag == clip.etag);
    let length = clip.clip.bytes;
    let range = sent(text(header::RANGE).filter(|_| same), length);
    let (status, first, last) = match range {
        Sent::All => (StatusCode::OK, 0, length - 1),
        Sent::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last),
        Sent::Nothing => {
            let range = format!("bytes */{length}");
            let told = [(header::CONTENT_RANGE, range)];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, told).into_response());
        }
    };
    let mut response = (status, Arc::clone(clip).body(first, last)).into_response();
    let headers = response.headers_mut();
    let mut tell = |name: header::HeaderName, value: String| {
        let value = HeaderValue::try_from(value).map_err(|_| Error::Internal)?;
        headers.insert(name, value);
        Ok::<(), Error>(())
    };
    tell(header::CONTENT_TYPE, "video/mp4".into())?;
    tell(header::ACCEPT_RANGES, "bytes".into())?;
    tell(header::ETAG, clip.etag.clone())?;
    tell(header::CONTENT_LENGTH, (last + 1 - first).to_string())?;
    tell(header::CACHE_CONTROL, "private, no-store".into())?;
    if status == StatusCode::PARTIAL_CONTENT {
        tell(header::CONTENT_RANGE, format!("bytes {first}-{last}/{length}"))?;
    }
    let bounds = [("from", clip.clip.from), ("to", clip.clip.to), ("key", clip.clip.key)];
    for (name, at) in bounds {
        let name = header::HeaderName::try_from(format!("x-clip-{name}-ms"));
        tell(name.map_err(|_| Error::Internal)?, at.0.to_string())?;
    }
    tell(header::HeaderName::from_static("x-clip-gaps"), gaps(&clip.gaps))?;
    Ok(response)
}

/// Times and causes; the sentences, which are not ASCII, are in the clip's description.
fn gaps(gaps: &[Gap]) -> String {
    let brief = |gap: &Gap| {
        let (start_ms, end_ms, cause) = (gap.start_ms, gap.end_ms, &gap.cause);
        serde_json::json!({ "start_ms": start_ms, "end_ms": end_ms, "cause": cause })
    };
    serde_json::Value::from(gaps.iter().map(brief).collect::<Vec<_>>()).to_string()
}
