//! What the wall says about a camera.

use super::CameraId;
use crate::clock::UnixMs;

/// Whether pictures come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraState {
    Connecting,
    Live,
    Down,
}

/// A camera's health at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraStatus {
    pub camera: CameraId,
    pub state: CameraState,
    pub since: UnixMs,
    pub code: Option<&'static str>,
    pub message: Option<String>,
    pub fps: f32,
    pub frame_at: Option<UnixMs>,
    pub frames_dropped: u64,
    pub reconnects: u64,
}
