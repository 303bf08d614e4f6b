//! What the detector's thread and the rest of the daemon tell each other about learning.
//!
//! The thread owns what is learnt; here it posts a summary of each camera, and reads which cameras
//! have an incident open and which are to begin anew. A lock is held for a few lines only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::continuous::{Continuous, Incident};
use super::{Scale, Term};
use crate::camera::CameraId;
use crate::clock::UnixMs;

/// What has been learnt of one camera, in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// When this was written.
    pub at: UnixMs,
    pub frames: u64,
    pub things: u64,
    /// Time watched since it began, h.
    pub hours: f64,
    /// Hours still to be watched before anything is alarmed on; `None` when it has settled.
    pub hours_left: Option<f32>,
    pub examples: usize,
    /// Height of a person in frame heights: at the top edge, and at the bottom edge.
    pub person: Option<[f32; 2]>,
    /// The usual and the high value of each term that is known.
    pub scales: Vec<(Term, Scale)>,
    /// Score at which one false alarm a day is expected; `None` before it has settled.
    pub one_a_day: Option<f32>,
    /// Nothing is learnt while an incident is open.
    pub incident: Incident,
}

impl Summary {
    /// What a camera has learnt by now.
    #[must_use]
    pub fn of(learner: &Continuous, at: UnixMs, incident: Incident) -> Self {
        let normal = learner.normal();
        let hours_left = learner.hours_left();
        let one_a_day = normal.tail.threshold(1.0).filter(|_| hours_left.is_none());
        let line = normal.heights.line();
        Self {
            at,
            frames: normal.learnt.frames,
            things: normal.learnt.things,
            hours: normal.learnt.seconds / 3600.0,
            hours_left,
            examples: normal.memory.examples.len(),
            person: line.map(|(slope, begin)| [begin as f32, (begin + slope) as f32]),
            scales: Term::ALL.into_iter().filter_map(|t| Some((t, normal.scale(t)?))).collect(),
            one_a_day,
            incident,
        }
    }
}

/// What is posted.
#[derive(Debug, Default)]
pub struct Board(Mutex<Posted>);

#[derive(Debug, Default)]
struct Posted {
    summaries: BTreeMap<CameraId, Summary>,
    incidents: BTreeSet<CameraId>,
    resets: BTreeSet<CameraId>,
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Posted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts what a camera has learnt.
    pub fn post(&self, camera: &CameraId, summary: Summary) {
        self.lock().summaries.insert(camera.clone(), summary);
    }

    /// What a camera has learnt; `None` if it does not learn, or has not begun.
    #[must_use]
    pub fn summary(&self, camera: &CameraId) -> Option<Summary> {
        self.lock().summaries.get(camera).cloned()
    }

    /// Says which cameras have an incident open, in place of those said before.
    pub fn set_incidents(&self, cameras: BTreeSet<CameraId>) {
        self.lock().incidents = cameras;
    }

    /// Whether a camera has an incident open.
    #[must_use]
    pub fn incident(&self, camera: &CameraId) -> Incident {
        if self.lock().incidents.contains(camera) { Incident::Open } else { Incident::None }
    }

    /// Asks that a camera begins to learn anew.
    pub fn ask_reset(&self, camera: &CameraId) {
        let mut posted = self.lock();
        posted.resets.insert(camera.clone());
        posted.summaries.remove(camera);
    }

    /// Whether a camera is to begin anew; asking takes the wish away.
    pub fn take_reset(&self, camera: &CameraId) -> bool {
        self.lock().resets.remove(camera)
    }
}
