//! Clips as bytes: any range of one, read out of the files of footage when it is sent.
//!
//! The heads of the last clips are remembered, so that a player that asks range after range gets
//! the same bytes, and the files are not looked through again each time.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::Error;
use super::range::{Sent, sent};
use super::wire_footage::Gap;
use crate::clock::UnixMs;
use crate::store::clip::ClipFiles;
use crate::store::evidence::sha256_hex;

/// Clips whose heads are remembered: a head takes about 1 MB for an hour (guess, revisit).
const CLIPS_MAX: usize = 16;

/// Camera, beginning and end.
pub type Asked = (String, UnixMs, UnixMs);

/// A clip that can be sent.
pub struct Prepared {
    pub made: ClipFiles,
    /// The files of the time that was asked for, by which it is known again.
    of: Vec<String>,
    /// What is missing of the time that was asked for.
    pub gaps: Vec<Gap>,
    etag: String,
}

/// The last clips.
#[derive(Default)]
pub struct Clips(Mutex<VecDeque<(Asked, Arc<Prepared>)>>);

impl Clips {
    /// The clip of this time, if it was prepared before and its files are still there.
    pub fn find(&self, asked: &Asked, files: &[String]) -> Option<Arc<Prepared>> {
        let clips = self.0.lock().expect("no panic happens while the clips are held");
        let (_, found) = clips.iter().find(|(of, found)| of == asked && found.of == files)?;
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

impl Prepared {
    /// A clip out of these files, and what is missing of it.
    #[must_use]
    pub fn new(made: ClipFiles, of: Vec<String>, gaps: Vec<Gap>) -> Self {
        let mut identity = made.clip.head.clone();
        of.iter().for_each(|file| identity.extend(file.as_bytes()));
        let etag = format!("\"{}\"", &sha256_hex(&identity)[..32]);
        Self { made, of, gaps, etag }
    }

    fn body(self: Arc<Self>, first: u64, last: u64) -> Body {
        let chunks = stream::try_unfold((self, first), move |(clip, at)| async move {
            if at > last {
                return Ok(None);
            }
            let reader = Arc::clone(&clip);
            let read = tokio::task::spawn_blocking(move || reader.made.read(at, last)).await;
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
    let length = clip.made.clip.bytes;
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
    let bounds =
        [("from", clip.made.clip.from), ("to", clip.made.clip.to), ("key", clip.made.clip.key)];
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
