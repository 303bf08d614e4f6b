//! From GStreamer's errors to faults of a camera.
//!
//! rtspsrc says what happened partly by kind, partly only in words; both are read here and nowhere
//! else, and checked in tests against a real server and against ports that misbehave.

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::camera::status::SourceFault;

/// What the camera offered in its description, gathered while it is opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// A stream that can be read was among them.
    pub(super) usable: bool,
    /// Encoding of a video stream that cannot be read.
    pub(super) foreign_video: Option<String>,
    /// Number of streams of any kind.
    pub(super) streams: usize,
}

impl Offer {
    /// The fault of a camera that was described and has nothing to read.
    pub(super) fn fault(&self) -> Option<SourceFault> {
        match (self.usable, self.streams, &self.foreign_video) {
            (true, ..) | (_, 0, _) => None,
            (false, _, Some(name)) => Some(SourceFault::UnsupportedCodec(name.clone())),
            (false, _, None) => Some(SourceFault::NoVideo),
        }
    }
}

/// Reads an error message of the pipeline in the light of what the camera offered.
pub(super) fn classify(message: &gst::message::Error, offer: &Offer) -> SourceFault {
    let error = message.error();
    let detail = message.debug().map(|text| text.to_string()).unwrap_or_default();
    let from = message.src().map(|part| part.path_string()).unwrap_or_default();
    tracing::debug!(%error, %detail, %from, "gstreamer error");
    if let Some(fault) = offer.fault() {
        return fault;
    }
    if let Some(kind) = error.kind::<gst::ResourceError>() {
        return by_resource(kind, &format!("{error} {detail}"), offer);
    }
    match error.kind::<gst::StreamError>() {
        Some(gst::StreamError::Decode | gst::StreamError::Demux) => SourceFault::NoPicture,
        Some(_) if offer.usable && detail.contains("not-negotiated") => SourceFault::NoPicture,
        Some(_) | None => SourceFault::Pipeline(error.to_string()),
    }
}

/// What the words of rtspsrc mean, in the order in which they are looked for.
const WORDS: [(&str, SourceFault); 13] = [
    ("(401)", SourceFault::Unauthorised),
    ("(403)", SourceFault::Unauthorised),
    ("(404)", SourceFault::NotFound),
    ("Failed to connect", SourceFault::NoAnswer),
    ("imeout", SourceFault::NoAnswer),
    ("imed out", SourceFault::NoAnswer),
    ("refused", SourceFault::NoAnswer),
    ("unreachable", SourceFault::NoAnswer),
    ("end-of-file", SourceFault::Ended),
    ("reset by peer", SourceFault::Ended),
    ("Parse error", SourceFault::NotRtsp),
    // rtspsrc's word for an answer longer than any line of RTSP.
    ("receive message. (Generic error)", SourceFault::NotRtsp),
    // The connection broke while an answer was awaited.
    ("receive message. (System error)", SourceFault::Ended),
];

/// `words` are the error's own text and its detail.
fn by_resource(kind: gst::ResourceError, words: &str, offer: &Offer) -> SourceFault {
    if kind == gst::ResourceError::NotAuthorized {
        return SourceFault::Unauthorised;
    }
    if kind == gst::ResourceError::NotFound {
        return SourceFault::NotFound;
    }
    let known = WORDS.iter().find(|(word, _)| words.contains(word)).map(|(_, fault)| fault.clone());
    match (known, offer.usable) {
        // Whoever sent a good description speaks RTSP; what fails after it is the connection.
        (Some(SourceFault::NotRtsp) | None, true) => SourceFault::Ended,
        (Some(fault), _) => fault,
        (None, false) => SourceFault::Pipeline(words.to_owned()),
    }
}
