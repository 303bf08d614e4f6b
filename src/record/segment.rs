//! The rows of footage: files, and what clocks did.
//!
//! A file has a row from the moment it is opened; what is known only at its end is filled in then.
//! Its name is the camera and a number that is never used twice, so that no clock can make one
//! file take another's place.

use crate::camera::{CameraId, Codec};
use crate::clock::UnixMs;

/// One file of footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// UUIDv7.
    pub id: String,
    pub camera: CameraId,
    /// Counts the files of the camera, never used twice.
    pub number: i64,
    /// Relative to the folder of the footage.
    pub file: String,
    /// Server's clock at the first picture.
    pub started: UnixMs,
    pub codec: Codec,
    pub width_px: u32,
    pub height_px: u32,
    /// None while it is written.
    pub end: Option<SegmentEnd>,
}

/// What is known when a file is finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEnd {
    /// End of the last picture by the server's clock as it stood at the beginning.
    pub ended: UnixMs,
    /// Length by the camera's clock.
    pub media_ms: i64,
    /// Length by our monotone clock.
    pub wall_ms: i64,
    pub bytes: i64,
    /// Encoded pictures.
    pub units: i64,
    pub key_frames: i64,
    /// Units known to be missing inside.
    pub lost: i64,
    /// Of the whole file, in hex.
    pub sha256: String,
}

/// What a clock did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockNote {
    /// None: the server's own clock.
    pub camera: Option<CameraId>,
    pub at: UnixMs,
    pub kind: NoteKind,
    /// How far, ms; above zero when the clock went ahead.
    pub by_ms: i64,
}

/// Which clock did what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// The server's wall clock was set.
    ServerStep,
    /// A camera's stamps jumped, or stood still (by 0).
    CameraStep,
    /// A camera's wall clock, by its sender reports, is this far from ours.
    CameraOffset,
    /// A camera's stamps and our monotone clock have come apart by this much.
    CameraDrift,
}

impl NoteKind {
    const ALL: [Self; 4] =
        [Self::ServerStep, Self::CameraStep, Self::CameraOffset, Self::CameraDrift];

    /// The word in rows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::ServerStep => "server_step",
            Self::CameraStep => "camera_step",
            Self::CameraOffset => "camera_offset",
            Self::CameraDrift => "camera_drift",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
