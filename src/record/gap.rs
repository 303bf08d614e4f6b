//! Time without footage, and why: with the files, gaps cover every moment of a camera.
//!
//! A cause is a word for programs; the sentence for people is the row's detail, or stands in the
//! texts of the screens. Faults of a camera keep the word that the wall shows for them.

use crate::camera::CameraId;
use crate::clock::UnixMs;

/// Why there is no footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The camera sends nothing; its fault's word, such as `no_answer` or `stalled`.
    Camera(String),
    /// The camera is being opened, or its first key frame is awaited.
    Connecting,
    /// Units were lost on the way from the camera.
    Lost,
    /// The disk was too slow, and the queue in front of it was full.
    QueueOverflow,
    DiskFull,
    DiskReadOnly,
    /// The folder of the footage is not there, or another disk stands in its place.
    DiskMissing,
    /// The disk refuses for another reason.
    DiskFailing,
    /// The daemon was stopped in order.
    DaemonStopped,
    /// The daemon or the machine died.
    DaemonKilled,
    /// The configuration says that the camera is not recorded.
    NotRecorded,
    /// The server's clock was set forward over this time.
    ClockStep,
    /// A file that the index knows is gone.
    FootageMissing,
}

impl Cause {
    /// The word in rows.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Camera(code) => code,
            Self::Connecting => "connecting",
            Self::Lost => "lost",
            Self::QueueOverflow => "queue_overflow",
            Self::DiskFull => "disk_full",
            Self::DiskReadOnly => "disk_readonly",
            Self::DiskMissing => "disk_missing",
            Self::DiskFailing => "disk_failing",
            Self::DaemonStopped => "daemon_stopped",
            Self::DaemonKilled => "daemon_killed",
            Self::NotRecorded => "not_recorded",
            Self::ClockStep => "clock_step",
            Self::FootageMissing => "footage_missing",
        }
    }

    /// The cause of a word; a word that is none of ours is a camera's fault.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        let ours = [
            Self::Connecting,
            Self::Lost,
            Self::QueueOverflow,
            Self::DiskFull,
            Self::DiskReadOnly,
            Self::DiskMissing,
            Self::DiskFailing,
            Self::DaemonStopped,
            Self::DaemonKilled,
            Self::NotRecorded,
            Self::ClockStep,
            Self::FootageMissing,
        ];
        let known = ours.into_iter().find(|cause| cause.word() == word);
        known.unwrap_or_else(|| Self::Camera(word.to_owned()))
    }
}

/// A time without footage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// UUIDv7.
    pub id: String,
    pub camera: CameraId,
    pub started: UnixMs,
    /// None while it lasts.
    pub ended: Option<UnixMs>,
    pub cause: Cause,
    /// The sentence for people; may be empty.
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn every_word_comes_back_as_its_cause() {
        for word in ["no_answer", "disk_full", "daemon_killed", "footage_missing", "lost"] {
            assert_eq!(Cause::parse(word).word(), word);
        }
        assert_eq!(Cause::parse("stalled"), Cause::Camera("stalled".into()));
        assert_eq!(Cause::parse("disk_missing"), Cause::DiskMissing);
    }
}
