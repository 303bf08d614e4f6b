//! Frames into JPEG for the live pictures, each once for all who watch.
//!
//! One slot per camera and size holds the newest picture; who comes while it is being made waits
//! for it. A blocking thread does the work, and only while somebody watches: at most five times a
//! second per camera, about 4 ms each at 640 px (guess, revisit).

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use tokio::sync::Mutex;

use super::CameraView;
use crate::camera::{CameraId, Frame};

/// Enough for a tile of a wall; half the bytes of quality 90 (guess, revisit).
const QUALITY: u8 = 70;

/// How wide a live picture is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// At most 320 px: tiles of a wall with many cameras.
    Half,
    /// At most 640 px.
    Full,
}

impl Size {
    /// The smallest size that fills this many pixels.
    #[must_use]
    pub const fn filling(width_px: u32) -> Self {
        if width_px <= 320 { Self::Half } else { Self::Full }
    }

    const fn width_px(self) -> u32 {
        match self {
            Self::Half => 320,
            Self::Full => 640,
        }
    }
}

type Slot = Mutex<Option<(u64, Bytes)>>;

/// The newest picture of every camera in every size.
pub struct Pictures {
    slots: HashMap<(CameraId, Size), Slot>,
}

impl Pictures {
    /// Empty slots for these cameras.
    #[must_use]
    pub fn of(cameras: &[CameraView]) -> Self {
        let both = |camera: &CameraView| {
            [Size::Half, Size::Full].map(|size| ((camera.id.clone(), size), Slot::default()))
        };
        Self { slots: cameras.iter().flat_map(both).collect() }
    }

    /// The frame as JPEG, made at most once. `None` for a camera that is not ours.
    pub async fn jpeg(&self, frame: &Arc<Frame>, size: Size) -> Option<Bytes> {
        let mut slot = self.slots.get(&(frame.camera.clone(), size))?.lock().await;
        if let Some((seq, made)) = slot.as_ref()
            && *seq == frame.seq
        {
            return Some(made.clone());
        }
        let (seq, frame) = (frame.seq, Arc::clone(frame));
        let made = tokio::task::spawn_blocking(move || jpeg(&frame, size)).await.ok()?;
        let made = Bytes::from(made);
        *slot = Some((seq, made.clone()));
        Some(made)
    }
}

/// The frame as JPEG; empty when its bytes do not fit its size, which no decoder gives.
#[must_use]
pub fn jpeg(frame: &Frame, size: Size) -> Vec<u8> {
    let rgb: Vec<u8> = frame.bgr.chunks_exact(3).flat_map(|p| [p[2], p[1], p[0]]).collect();
    let Some(mut picture) = RgbImage::from_raw(frame.width, frame.height, rgb) else {
        return Vec::new();
    };
    let width = size.width_px();
    if frame.width > width {
        let height = (frame.height * width / frame.width).max(1);
        picture = image::imageops::resize(&picture, width, height, FilterType::Triangle);
    }
    let mut bytes = Vec::with_capacity(64 * 1024);
    let encoded = JpegEncoder::new_with_quality(&mut bytes, QUALITY).write_image(
        picture.as_raw(),
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    );
    if let Err(error) = encoded {
        tracing::warn!(camera.id = %frame.camera, %error, "a picture cannot be encoded");
        return Vec::new();
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{Size, jpeg};
    use crate::camera::{CameraId, Frame};
    use crate::clock::UnixMs;

    fn frame(width: u32, height: u32) -> Frame {
        let red = [0_u8, 0, 255].repeat((width * height) as usize);
        Frame {
            camera: CameraId::try_from("gate").unwrap(),
            seq: 1,
            session: 0,
            pts_ms: 0,
            seen_at: UnixMs(0),
            width,
            height,
            bgr: red.into(),
            grey_width: 0,
            grey_height: 0,
            grey: Vec::new().into(),
        }
    }

    fn check(width: u32, size: Size, expect: u32) {
        let made = image::load_from_memory(&jpeg(&frame(width, 90), size)).unwrap().to_rgb8();
        assert_eq!(made.width(), expect);
        let middle = made.get_pixel(expect / 2, made.height() / 2).0;
        assert!(middle[0] > 240 && middle[1] < 15 && middle[2] < 15, "{middle:?} is red");
    }

    #[test]
    fn pictures_keep_their_colours_and_shrink_to_their_size() {
        check(160, Size::Full, 160);
        check(640, Size::Full, 640);
        check(640, Size::Half, 320);
        check(1280, Size::Full, 640);
    }

    #[test]
    fn bytes_that_do_not_fit_give_no_picture() {
        let broken = Frame { height: 91, ..frame(160, 90) };
        assert!(jpeg(&broken, Size::Full).is_empty());
    }
}
