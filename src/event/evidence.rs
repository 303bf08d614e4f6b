//! What is kept of an event: the still of the moment, and when its clip is complete.

use std::sync::Arc;

use image::codecs::jpeg::JpegEncoder;

use super::trace::Trace;
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
#[derive(Clone, Debug)]
pub struct PendingClip {
    pub event: String,
    /// The still, if it could not be stored at once.
    pub unkept: Option<Arc<Frame>>,
    pub camera: crate::camera::CameraId,
    /// What was seen, which grows until the post-roll is over.
    pub trace: Trace,
    pub from: UnixMs,
    pub until: UnixMs,
}

/// Takes at most `most` clips out whose post-roll is over at `now`, longest waiting first.
pub fn complete(pending: &mut Vec<PendingClip>, now: UnixMs, most: usize) -> Vec<PendingClip> {
    let mut room = most;
    let mut fits = |clip: &mut PendingClip| {
        let ready = clip.until <= now && room > 0;
        room -= usize::from(ready);
        ready
    };
    pending.extract_if(.., &mut fits).collect()
}

#[cfg(test)]
mod tests {
    use super::{PendingClip, complete};
    use crate::camera::CameraId;
    use crate::clock::UnixMs;
    use crate::event::trace::Trace;

    fn check(ends: &[i64], (now, most): (i64, usize), taken: &[i64], left: &[i64]) {
        let camera = CameraId::try_from("yard").unwrap();
        let clip = |&until: &i64| PendingClip {
            event: String::new(),
            unkept: None,
            camera: camera.clone(),
            trace: Trace::default(),
            from: UnixMs(0),
            until: UnixMs(until),
        };
        let mut pending: Vec<PendingClip> = ends.iter().map(clip).collect();
        let times = |clips: &[PendingClip]| clips.iter().map(|c| c.until.0).collect::<Vec<_>>();
        assert_eq!(times(&complete(&mut pending, UnixMs(now), most)), taken);
        assert_eq!(times(&pending), left);
    }

    #[test]
    fn clips_are_written_when_their_post_roll_is_over_and_a_few_at_a_time() {
        check(&[5, 9, 7], (7, 4), &[5, 7], &[9]);
        check(&[5, 6, 7], (9, 2), &[5, 6], &[7]);
        check(&[5], (9, 0), &[], &[5]);
    }
}
