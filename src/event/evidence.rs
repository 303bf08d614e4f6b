//! What is kept of an event: the still of the moment, and when its clip is complete.

use image::codecs::jpeg::JpegEncoder;

use crate::camera::Frame;
use crate::clock::UnixMs;

/// JPEG quality of a still: no blocks on faces of things, about 60 kB at 640 px (measured by eye).
const STILL_QUALITY: u8 = 85;

/// A frame as a JPEG.
///
/// # Errors
/// The frame's bytes do not match its size.
pub fn still(frame: &Frame, quality: Option<u8>) -> Result<Vec<u8>, image::ImageError> {
    let mut rgb = frame.bgr.to_vec();
    for pixel in rgb.chunks_exact_mut(3) {
        pixel.swap(0, 2);
    }
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality.unwrap_or(STILL_QUALITY)).encode(
        &rgb,
        frame.width,
        frame.height,
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(jpeg)
}

/// A clip that waits for its post-roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingClip {
    pub event: String,
    pub camera: crate::camera::CameraId,
    pub from: UnixMs,
    pub until: UnixMs,
}

/// Takes the clips out whose post-roll is over at `now`.
pub fn complete(pending: &mut Vec<PendingClip>, now: UnixMs) -> Vec<PendingClip> {
    let (ready, waiting) = pending.drain(..).partition(|clip| clip.until <= now);
    *pending = waiting;
    ready
}
