//! The one thing that flows from a camera to the detector.

use std::sync::Arc;

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
    pub bgr: Arc<[u8]>,
    /// Width and height of `grey`, px.
    pub grey_width: u32,
    pub grey_height: u32,
    /// Luma 0..255, `grey_height * grey_width` bytes.
    pub grey: Arc<[u8]>,
}
