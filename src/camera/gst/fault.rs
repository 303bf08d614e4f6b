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
        return by_resource(kind, &format!("{error} {detail}"));
    }
    match error.kind::<gst::StreamError>() {
        Some(gst::StreamError::Decode | gst::StreamError::Demux) => SourceFault::NoPicture,
        Some(_) if offer.usable && detail.contains("not-negotiated") => SourceFault::NoPicture,
        Some(_) | None => SourceFault::Pipeline(error.to_string()),
    }
}

/// `words` are the error's own text and its detail.
fn by_resource(kind: gst::ResourceError, words: &str) -> SourceFault {
    let says = |word: &str| words.contains(word);
    if kind == gst::ResourceError::NotAuthorized || says("(401)") || says("(403)") {
        return SourceFault::Unauthorised;
    }
    if kind == gst::ResourceError::NotFound || says("(404)") {
        return SourceFault::NotFound;
    }
    if says("imeout") || says("imed out") || says("refused") || says("unreachable") {
        return SourceFault::NoAnswer;
    }
    if says("resolv") || says("No route") {
        return SourceFault::NoAnswer;
    }
    if says("arse") || says("Received end-of-file") || says("Not an RTSP") {
        return SourceFault::NotRtsp;
    }
    SourceFault::Pipeline(words.to_owned())
}
