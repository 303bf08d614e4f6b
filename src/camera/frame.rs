//! The one thing that flows from a camera to the detector.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::CameraId;
use crate::clock::UnixMs;

/// A decoded frame, small enough to look at. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Frame {
    pub camera: CameraId,
    /// Counts up by one per decoded frame of this camera since the daemon started.
    pub seq: u64,
    /// Number of the attempt that brought it; another one means that the camera was opened anew.
    pub session: u64,
    /// The camera's own time since the stream began, ms. May jump.
    pub pts_ms: i64,
    /// When the daemon got the frame, trusted for records.
    pub seen_at: UnixMs,
    /// Width and height of `bgr`, px.
    pub width: u32,
    pub height: u32,
    /// Packed BGR, `height * width * 3` bytes.
    pub bgr: Bgr,
    /// Width and height of `grey`, px.
    pub grey_width: u32,
    pub grey_height: u32,
    /// Luma 0..255, `grey_height * grey_width` bytes.
    pub grey: Arc<[u8]>,
}

/// The colours of a picture, packed BGR; made when somebody first looks at them. Cheap to clone.
#[derive(Clone)]
pub struct Bgr(Arc<Inside>);

struct Inside {
    made: OnceLock<Box<[u8]>>,
    make: Box<dyn Fn() -> Vec<u8> + Send + Sync>,
}

impl Bgr {
    /// Colours that `make` gives.
    pub(crate) fn later(make: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inside { made: OnceLock::new(), make: Box::new(make) }))
    }
}

impl Deref for Bgr {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.made.get_or_init(|| (self.0.make)().into())
    }
}

impl From<Vec<u8>> for Bgr {
    fn from(bytes: Vec<u8>) -> Self {
        let made = OnceLock::from(bytes.into_boxed_slice());
        Self(Arc::new(Inside { made, make: Box::new(Vec::new) }))
    }
}

impl From<&[u8]> for Bgr {
    fn from(bytes: &[u8]) -> Self {
        bytes.to_vec().into()
    }
}

impl std::fmt::Debug for Bgr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bgr").field(&self.0.made.get().map(|bytes| bytes.len())).finish()
    }
}
