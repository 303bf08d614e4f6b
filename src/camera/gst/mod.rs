//! Everything that calls GStreamer: reading cameras, writing clips, serving and making test video.
//!
//! Parts are named one by one, decodebin is used only for files that a developer hands in: with
//! it a camera's memory climbs and audio trouble stops video. Other files of this crate see plain
//! bytes, times and faults.

mod fault;
mod decoder;
mod picture;
pub(crate) mod decoders;
pub(crate) mod source;
mod clip;
mod reader;
mod replay;
mod scene;
mod testcam;
mod probe;

pub use clip::{ClipInfo, write_clip};
pub(crate) use decoder::Job;
pub use probe::{ProbeOptions, probe};
pub use reader::{FilePicture, read_pictures};
pub use replay::{Replay, Replayed};
pub use scene::{Scene, encode_scene, quiet_scene};
pub use testcam::{
    Fault, FaultKind, Login, Mount, MountSource, ServeOptions, TestCameras, Variant, kinds_told,
    serve,
};

use std::path::{Path, PathBuf};

/// What can go wrong outside of a camera.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library itself.
    #[error("gstreamer does not start: {0}; check that it is installed")]
    Start(String),
    /// An element is missing or refuses its settings.
    #[error("gstreamer part cannot be used: {0}; check that its plugins are installed")]
    Part(String),
    /// A file that is read or written.
    #[error("{}: {what}", file.display())]
    File { file: PathBuf, what: String },
    /// The address of the test cameras.
    #[error("test cameras cannot listen on {address}: {what}")]
    Listen { address: String, what: String },
}

impl Error {
    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Start(_) | Self::Part(_) => false,
            Self::File { .. } | Self::Listen { .. } => true,
        }
    }

    fn file(file: &Path, what: impl ToString) -> Self {
        Self::File { file: file.to_owned(), what: what.to_string() }
    }

    fn part(what: impl ToString) -> Self {
        Self::Part(what.to_string())
    }
}

/// Starts the library; calling it again costs nothing.
///
/// # Errors
/// The library cannot be started.
pub(crate) fn start() -> Result<(), Error> {
    gstreamer::init().map_err(|e| Error::Start(e.to_string()))
}

/// Width and height of what a sample holds, px.
fn size_of(sample: &gstreamer::Sample) -> Option<(u32, u32)> {
    let caps = sample.caps()?.structure(0)?;
    // A side that is missing or no number of pixels is not known; why does not matter.
    let side = |name| u32::try_from(caps.get::<i32>(name).ok()?).ok();
    Some((side("width")?, side("height")?))
}

/// Runs a pipeline that reads or writes files to its end and takes it down.
fn run_to_end(pipeline: &gstreamer::Pipeline, file: &Path) -> Result<(), Error> {
    use gstreamer::prelude::*;
    let ended = play_to_end(pipeline, file);
    pipeline.set_state(gstreamer::State::Null).map_err(|e| Error::file(file, e))?;
    ended
}

fn play_to_end(pipeline: &gstreamer::Pipeline, file: &Path) -> Result<(), Error> {
    use gstreamer::{MessageType, MessageView, prelude::*};
    let bus = pipeline.bus().expect("a pipeline has a bus");
    // The bus knows more than the state change, so its message is asked first.
    let started = pipeline.set_state(gstreamer::State::Playing);
    // What could not start says why at once.
    let wait = if started.is_ok() { FILE_WAIT } else { gstreamer::ClockTime::SECOND };
    let message = bus.timed_pop_filtered(wait, &[MessageType::Error, MessageType::Eos]);
    let Some(message) = message else {
        let why = if started.is_ok() {
            "is not read or written within ten minutes"
        } else {
            "is not read or written: its pipeline does not start; set GST_DEBUG=3 to see why"
        };
        return Err(Error::file(file, why));
    };
    if let MessageView::Error(e) = message.view() {
        return Err(Error::file(file, e.error()));
    }
    Ok(())
}

/// Longest time for one file; a demo scene takes seconds. Guess, revisit.
const FILE_WAIT: gstreamer::ClockTime = gstreamer::ClockTime::from_seconds(600);
