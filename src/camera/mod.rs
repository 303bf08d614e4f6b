//! camera -> decode: RTSP streams in, small frames and whole access units out.
//!
//! One `CameraTask` per camera opens it, watches it and opens it again for ever. Decoded frames go
//! through one slot per camera to the detector (newest wins, drops are counted); the camera's own
//! encoded pictures stay in a ring for evidence. Nothing here knows what a frame shows, and no
//! camera can hold up or end another.

pub mod frame;
pub mod grey;
pub mod inbox;
pub mod reconnect;
pub mod status;
pub mod units;
pub mod nal;
pub mod queue;
pub mod gate;
mod groups;
mod sizes;
pub mod change;
mod health;
mod rtcp;
pub mod restamp;
pub mod probe;
mod pace;
mod intake;
mod retina;
pub mod gst;
pub mod task;

pub use frame::Frame;
pub use gst::Error;
pub use gst::write_clip;
pub use inbox::FrameInbox;
pub use queue::UnitQueue;
pub use status::{CameraState, CameraStatus, DecodeMode, ModeReason, Role, StreamFacts};
pub use task::{CameraFeed, CameraTask, Seeing, StreamFeed, feed};
pub use units::{AccessUnit, Codec, StreamFormat, UnitRing};

/// A camera's id: 1 to 32 lower-case letters, digits and hyphens, as it stands in topics.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CameraId(String);

impl CameraId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for CameraId {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=32).contains(&text.len()) && text.chars().all(fits) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!("camera id '{text}' is not 1 to 32 of a-z, 0-9 and '-'"))
    }
}

impl std::fmt::Display for CameraId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
