//! What the detector has done since it started, counted while it works.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the thread has done since it started.
#[derive(Debug, Default)]
pub struct DetectStats {
    pub(super) frames: AtomicU64,
    pub(super) inferences: AtomicU64,
    pub(super) milli_squares: AtomicU64,
    pub(super) odd: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) motion_us: AtomicU64,
    pub(super) scene_us: AtomicU64,
    pub(super) objects_us: AtomicU64,
    pub(super) tracks_us: AtomicU64,
}

/// `DetectStats` at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetectFigures {
    /// Frames whose motion was calculated.
    pub frames: u64,
    /// Frames in which objects were searched.
    pub inferences: u64,
    /// What those searches cost, in thousandths of a search of 416 x 416 px.
    pub milli_squares: u64,
    /// Proposals of the models dropped because a score or a side was no number.
    pub odd: u64,
    /// Frames given up because of a fault.
    pub failed: u64,
    /// Frames given up because of a panic.
    pub panics: u64,
    /// Time spent on motion, on scenes, on objects and on tracks, ms.
    pub motion_ms: u64,
    pub scene_ms: u64,
    pub objects_ms: u64,
    pub tracks_ms: u64,
}

impl DetectStats {
    /// The figures now.
    #[must_use]
    pub fn figures(&self) -> DetectFigures {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        DetectFigures {
            frames: get(&self.frames),
            inferences: get(&self.inferences),
            milli_squares: get(&self.milli_squares),
            odd: get(&self.odd),
            failed: get(&self.failed),
            panics: get(&self.panics),
            motion_ms: get(&self.motion_us) / 1000,
            scene_ms: get(&self.scene_us) / 1000,
            objects_ms: get(&self.objects_us) / 1000,
            tracks_ms: get(&self.tracks_us) / 1000,
        }
    }
}

/// Counts up.
pub(super) fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}
