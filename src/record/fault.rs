//! What of the equipment is broken: one open row per kind and camera, with the next step in words.
//!
//! A fault is raised when it is seen and ended when it is over; raising it again changes nothing
//! but its message.

use crate::camera::CameraId;
use crate::clock::UnixMs;

/// What kind of thing is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The disk of the footage is full.
    DiskFull,
    DiskReadOnly,
    /// The folder of the footage is not there, or another disk stands in its place.
    DiskMissing,
    /// The disk refuses for another reason.
    DiskFailing,
    /// The disk is too slow for a camera: footage was lost.
    QueueOverflow,
    /// Files that the index knows are gone.
    FootageMissing,
    /// Files lie in the folder that nobody can read; they were put aside.
    FootageStrange,
    /// Free space can only be made by deleting footage younger than its floor.
    BelowFloor,
    /// Free space can be made no more: all footage is held.
    OnlyHeld,
    /// The camera's view is hidden.
    Covered,
    /// Glare leaves nothing to see.
    Blinded,
    Defocused,
    /// The camera was moved or turned.
    Moved,
    /// Too dark to see anything.
    TooDark,
    /// The same picture again and again.
    Frozen,
    /// A film is shown in place of the scene.
    Looped,
    /// A uniform picture or a test pattern.
    LostSignal,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::DiskFull,
        Self::DiskReadOnly,
        Self::DiskMissing,
        Self::DiskFailing,
        Self::QueueOverflow,
        Self::FootageMissing,
        Self::FootageStrange,
        Self::BelowFloor,
        Self::OnlyHeld,
        Self::Covered,
        Self::Blinded,
        Self::Defocused,
        Self::Moved,
        Self::TooDark,
        Self::Frozen,
        Self::Looped,
        Self::LostSignal,
    ];

    /// The word in rows and at the interfaces.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::DiskReadOnly => "disk_readonly",
            Self::DiskMissing => "disk_missing",
            Self::DiskFailing => "disk_failing",
            Self::QueueOverflow => "queue_overflow",
            Self::FootageMissing => "footage_missing",
            Self::FootageStrange => "footage_strange",
            Self::BelowFloor => "below_floor",
            Self::OnlyHeld => "only_held",
            Self::Covered => "covered",
            Self::Blinded => "blinded",
            Self::Defocused => "defocused",
            Self::Moved => "moved",
            Self::TooDark => "too_dark",
            Self::Frozen => "frozen",
            Self::Looped => "looped",
            Self::LostSignal => "lost_signal",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A fault of the equipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// UUIDv7.
    pub id: String,
    /// None: the centre itself.
    pub camera: Option<CameraId>,
    pub kind: FaultKind,
    /// What is wrong and what to do, for people.
    pub message: String,
    pub since: UnixMs,
    /// None while it lasts.
    pub until: Option<UnixMs>,
    /// Evidence: the last good picture and the first one with the fault; of faults of the view.
    pub before: Option<String>,
    pub after: Option<String>,
}
