//! The detector's threads: frames in, sightings out, cameras in turn.
//!
//! Each has its own sessions; what is remembered of a camera goes to whoever looks at it next, and
//! nobody else looks at it meanwhile, so its sightings stay in order. Plain threads, because
//! inference is pure processor work and must not hold an asynchronous runtime's thread. It is lossy
//! on purpose: what there is no time for was dropped and counted by the `FrameInbox` before. A
//! fault or panic in one frame costs that frame and is counted; the thread goes on. It never stores
//! anything and never decides whether something is an event.

pub mod learning;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio_util::sync::CancellationToken;

use self::learning::Learning;
use super::candidate;
use super::care::{Care, Wish};
use super::input::Picture;
use super::look::{self, Due, Moves, Searched, Stir};
use super::models::{self, ModelsError};
use super::motion::{MotionState, Plane, Seen};
use super::onnx::{
    AnomalyModel, FeatureModel, Found, Looked, MotionModel, ObjectModel, OnnxError, Runtime,
};
use super::stats::{DetectStats, add};
use super::track::Tracker;
use super::watch::{LearnViews, SceneNews, Watch};
use super::{Box01, Detection, Motion, Search, Sighting, Track};
use crate::camera::{CameraId, Frame, FrameInbox};
use crate::clock::{Clock, UnixMs};

/// How long the thread waits for a frame before it looks whether it should stop.
const WAIT: Duration = Duration::from_millis(250);

/// Things of a frame that a centre's own model sees, the likeliest first: at 2 ms each they cost as
/// much as the search itself (guess, revisit).
const OWN_MAX: usize = 16;

/// Why the detector cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    #[error(transparent)]
    Models(#[from] ModelsError),
    #[error(transparent)]
    Onnx(#[from] OnnxError),
}

/// Both models and the thresholds that belong to them.
#[derive(Debug)]
pub struct Detector {
    motion: MotionModel,
    /// None where the configuration has no objects searched.
    objects: Option<ObjectModel>,
    /// Loaded only where something learns what is normal.
    features: Option<FeatureModel>,
    /// A centre's own model of what is unusual; loaded with `features`, where one is listed.
    own: Option<AnomalyModel>,
    /// What cameras learn, where any does.
    learning: Option<Learning>,
    min_score: f32,
    track_score: f32,
    /// Share 0..1 of the picture that must move before objects are searched.
    min_motion: f32,
    /// What has to be known of each camera.
    cares: HashMap<CameraId, Care>,
}

impl Detector {
    /// Loads the runtime and the models of the configuration; relative paths start at `base`.
    ///
    /// # Errors
    /// A file is missing, is another one than listed, or does not load; says what to do.
    pub fn load(config: &crate::config::Detect, base: &Path) -> Result<Self, DetectError> {
        let models = models::load(&base.join(&config.models))?;
        let runtime = Runtime::open(&base.join(&config.runtime))?;
        Ok(Self {
            motion: MotionModel::load(&runtime, &models)?,
            objects: config.objects.then(|| ObjectModel::load(&runtime, &models)).transpose()?,
            features: None,
            own: None,
            learning: None,
            min_score: models.objects.min_score,
            track_score: models.objects.track_score,
            min_motion: config.min_motion,
            cares: HashMap::new(),
        })
    }

    /// Knows this about the cameras; what is not named has no masks and is watched by default.
    #[must_use]
    pub fn with_cares(mut self, cares: HashMap<CameraId, Care>) -> Self {
        self.cares = cares;
        self
    }

    /// The same with the inner features of the objects' model, for learning what is normal.
    ///
    /// # Errors
    /// As `load`, and for the model of features.
    pub fn load_with_features(
        config: &crate::config::Detect,
        base: &Path,
    ) -> Result<Self, DetectError> {
        let loaded = Self::load(config, base)?;
        let models = models::load(&base.join(&config.models))?;
        let runtime = Runtime::open(&base.join(&config.runtime))?;
        let features = Some(FeatureModel::load(&runtime, &models)?);
        Ok(Self { features, own: AnomalyModel::load(&runtime, &models)?, ..loaded })
    }

    /// Has cameras learn what is normal; needs `load_with_features`.
    #[must_use]
    pub fn teaching(self, learning: Learning) -> Self {
        Self { learning: Some(learning), ..self }
    }

    /// What names the models that a normal belongs to: the SHA-256 of the model of features, and
    /// that of a centre's own model of what is unusual; empty when they are not loaded.
    #[must_use]
    pub fn learns_with(&self) -> String {
        let features = self.features.as_ref().map(FeatureModel::sha256);
        let own = self.own.as_ref().map(AnomalyModel::sha256);
        features.into_iter().chain(own).collect::<Vec<_>>().join("+")
    }

    /// What moves in a frame.
    ///
    /// # Errors
    /// The frame's bytes do not match its size, or the runtime failed.
    pub fn motion(&mut self, eye: &mut Eye, frame: &Frame) -> Result<Motion, OnnxError> {
        let plane = Plane::shrunk(&frame.grey, frame.grey_width, frame.grey_height).ok_or(
            OnnxError::Picture {
                width: frame.grey_width,
                height: frame.grey_height,
                bytes: frame.grey.len(),
            },
        )?;
        let seen = Seen { at: frame.seen_at, session: frame.session };
        self.motion.run(&mut eye.motion, &plane, seen)
    }

    /// Objects in the whole of a frame, also weak ones that may only continue a track; none where
    /// none are searched.
    ///
    /// # Errors
    /// The frame's bytes do not match its size, or the runtime failed.
    pub fn objects(&mut self, frame: &Frame) -> Result<Vec<Detection>, OnnxError> {
        match &mut self.objects {
            Some(model) => Ok(model.whole(&colours(frame), self.min_score)?.found),
            None => Ok(Vec::new()),
        }
    }

    /// Searched what a plan says; none where nothing is due.
    ///
    /// # Errors
    /// As `objects`.
    pub fn search(&mut self, frame: &Frame, plan: &Plan) -> Result<Option<Looked>, OnnxError> {
        let Some(model) = &mut self.objects else { return Ok(None) };
        match plan.due {
            Due::Nothing => Ok(None),
            Due::Whole => model.whole(&colours(frame), self.min_score).map(Some),
            Due::Parts => model.parts(&colours(frame), &plan.wanted, self.min_score).map(Some),
        }
    }

    /// The same, and whatever stands out with its looks, from one run of the model of features;
    /// nothing stands out where that is not loaded.
    ///
    /// # Errors
    /// As `objects`.
    pub fn things(&mut self, frame: &Frame) -> Result<Found, OnnxError> {
        let Some(model) = &mut self.features else {
            return Ok(Found { objects: self.objects(frame)?, ..Found::default() });
        };
        let picture = colours(frame);
        let mut found = model.run(&picture, self.min_score)?;
        if let Some(own) = &mut self.own {
            for (thing, _) in found.things.iter_mut().take(OWN_MAX) {
                thing.own = own.score(&picture, &thing.area)?;
            }
        }
        Ok(found)
    }

    /// What of a frame seen `at`, in which this moves, is worth a search.
    #[must_use]
    pub fn plan(&self, eye: &mut Eye, motion: &Motion, at: UnixMs) -> Plan {
        eye.tracker.expire(at);
        let followed = eye.tracker.expected(at);
        let moving = motion.fraction >= self.min_motion;
        let regions = if moving { motion.regions() } else { Vec::new() };
        let unknown = look::unknown(&regions, &followed);
        let moves = match (regions.is_empty(), unknown.is_empty()) {
            (true, _) => Moves::Nothing,
            (false, true) => Moves::Followed,
            (false, false) => Moves::Unknown,
        };
        let settling = eye.motion.is_settling();
        let stir = Stir { moves, settling, tracks: eye.tracker.liveliness() };
        let due = match eye.wish {
            Wish::Objects => eye.searched.due(stir, at),
            Wish::MotionOnly => Due::Nothing,
        };
        Plan { due, wanted: [followed, regions].concat(), unknown }
    }

    /// The memory of a camera that has not been seen yet.
    #[must_use]
    pub fn eye(&self, camera: &CameraId) -> Eye {
        let care = self.cares.get(camera).cloned().unwrap_or_default();
        Eye {
            wish: care.wish,
            motion: MotionState::new(care.ignored),
            watch: Watch::new(care.scene),
            tracker: Tracker::new(self.track_score),
            searched: Searched::default(),
            failed: 0,
        }
    }
}

/// What is remembered of one camera between frames.
#[derive(Clone, Debug)]
pub struct Eye {
    wish: Wish,
    motion: MotionState,
    watch: Watch,
    tracker: Tracker,
    searched: Searched,
    /// Frames given up one after the other.
    failed: u64,
}

/// The picture of a frame with its colours, which are made here unless somebody has asked before:
/// where nothing is searched they would cost as much as the search for motion.
fn colours(frame: &Frame) -> Picture<'_> {
    Picture { bgr: &frame.bgr, width: frame.width, height: frame.height }
}

/// What the search of a whole frame with its inner features costs, in searches of 416 x 416 px.
fn things_cost(frame: &Frame) -> f32 {
    let size = Picture { bgr: &[], width: frame.width, height: frame.height };
    candidate::input_size(&size).cost()
}

/// What of a frame is to be searched.
#[derive(Clone, Debug)]
pub struct Plan {
    pub due: Due,
    /// Where something moves or is followed.
    wanted: Vec<Box01>,
    /// Where something moves that is not followed.
    unknown: Vec<Box01>,
}

impl Eye {
    /// Takes detections of the frame seen `at` in and returns the confirmed tracks among them.
    /// What stands in a mask is left out.
    pub fn track(&mut self, mut detections: Vec<Detection>, at: UnixMs) -> Vec<Track> {
        detections.retain(|found| !self.motion.ignores(found.area.foot()));
        self.tracker.update(&detections, at)
    }

    /// The same for what a search by a plan found, which bears on when to search next.
    pub fn searched(&mut self, plan: &Plan, found: Vec<Detection>, at: UnixMs) -> Vec<Track> {
        self.searched.done((plan.due, at), &plan.unknown, &found);
        self.track(found, at)
    }
}

/// What is remembered of the cameras that nobody looks at just now; shared by the threads.
#[derive(Clone, Debug, Default)]
pub struct Eyes(Arc<Mutex<HashMap<CameraId, Eye>>>);

impl Eyes {
    fn lock(&self) -> MutexGuard<'_, HashMap<CameraId, Eye>> {
        self.0.lock().expect("no panic happens while the eyes are held")
    }
}

/// A thread's work; everything it needs.
pub struct DetectLoop {
    pub inbox: Arc<FrameInbox>,
    pub detector: Detector,
    pub clock: Arc<dyn Clock>,
    pub eyes: Eyes,
    /// Where sightings go. The thread waits when it is full.
    pub out: Sender<Sighting>,
    /// Where news of the cameras' scenes go; `None` where nobody wants them.
    pub scenes: Option<Sender<SceneNews>>,
    /// Cameras whose view is to be learnt anew.
    pub learn: Arc<LearnViews>,
    pub stats: Arc<DetectStats>,
    pub stop: CancellationToken,
}

impl DetectLoop {
    /// The work of a thread of its own; returns when `stop` is cancelled, the inbox is closed or
    /// nobody takes sightings any more.
    pub fn run(mut self) {
        let inbox = Arc::clone(&self.inbox);
        while !self.stop.is_cancelled() && !inbox.is_closed() {
            let Some(taken) = inbox.take(WAIT) else {
                continue;
            };
            let frame: &Arc<Frame> = &taken;
            let known = self.eyes.lock().remove(&frame.camera);
            let mut eye = known.unwrap_or_else(|| self.detector.eye(&frame.camera));
            let looked = catch_unwind(AssertUnwindSafe(|| self.look(&mut eye, frame)));
            match looked {
                Ok(Ok(sighting)) => {
                    eye.failed = 0;
                    self.eyes.lock().insert(frame.camera.clone(), eye);
                    if self.out.blocking_send(sighting).is_err() {
                        tracing::debug!("nobody takes sightings any more, the detector ends");
                        return;
                    }
                }
                Ok(Err(error)) => {
                    add(&self.stats.failed, 1);
                    eye.failed += 1;
                    // The first, second, fourth ...: a broken camera fails five times a second.
                    if eye.failed.is_power_of_two() {
                        let (camera, frames) = (&frame.camera, eye.failed);
                        tracing::warn!(camera.id = %camera, frames, %error, "frames given up");
                    }
                    self.eyes.lock().insert(frame.camera.clone(), eye);
                }
                // The camera's memory may be half written; it begins anew.
                Err(_) => {
                    add(&self.stats.panics, 1);
                    tracing::error!(camera.id = %frame.camera, "panic, frame given up");
                }
            }
        }
    }

    /// Everything about one frame.
    fn look(&mut self, eye: &mut Eye, frame: &Arc<Frame>) -> Result<Sighting, OnnxError> {
        let at = frame.seen_at;
        let began = self.clock.elapsed();
        let motion = self.detector.motion(eye, frame)?;
        add(&self.stats.frames, 1);
        self.spent(&self.stats.motion_us, began);
        self.watch(&mut eye.watch, frame);
        let (mut tracks, mut search) = (Vec::new(), Search::Skipped);
        let learns = self.detector.learning.as_ref().is_some_and(|l| l.learns(&frame.camera));
        let plan = self.detector.plan(eye, &motion, at);
        let began = self.clock.elapsed();
        let (mut found, mut cost) = (None, 0.0);
        if learns && plan.due != Due::Nothing {
            (found, cost) = (Some(self.detector.things(frame)?), things_cost(frame));
            search = Search::Whole;
        } else if let Some(looked) = self.detector.search(frame, &plan)? {
            (search, cost) = (looked.search, looked.cost);
            found = Some(Found { objects: looked.found, odd: looked.odd, things: Vec::new() });
        }
        if let Some(seen) = &mut found {
            add(&self.stats.inferences, 1);
            add(&self.stats.milli_squares, (cost * 1000.0) as u64);
            add(&self.stats.odd, seen.odd as u64);
            self.spent(&self.stats.objects_us, began);
            let began = self.clock.elapsed();
            seen.things.retain(|(thing, _)| !eye.motion.ignores(thing.area.foot()));
            tracks = eye.searched(&plan, std::mem::take(&mut seen.objects), at);
            self.spent(&self.stats.tracks_us, began);
        }
        let learning = self.detector.learning.as_mut().filter(|_| learns);
        let anomaly = learning.and_then(|learning| learning.take(frame, found.as_mut()));
        Ok(Sighting { frame: Arc::clone(frame), motion, search, tracks, anomaly })
    }

    /// Whether the camera still sees its scene.
    fn watch(&self, watch: &mut Watch, frame: &Arc<Frame>) {
        let Some(scenes) = &self.scenes else { return };
        let began = self.clock.elapsed();
        let mut news = watch.take(frame);
        if self.learn.take(&frame.camera) {
            news.extend(watch.learn(frame));
        }
        self.spent(&self.stats.scene_us, began);
        for one in news {
            if scenes.blocking_send(one).is_err() {
                tracing::debug!("nobody takes news of scenes any more");
            }
        }
    }

    fn spent(&self, counter: &AtomicU64, began: Duration) {
        let us = self.clock.elapsed().saturating_sub(began).as_micros();
        add(counter, u64::try_from(us).unwrap_or(u64::MAX));
    }
}

impl std::fmt::Debug for DetectLoop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetectLoop").field("stats", &self.stats).finish_non_exhaustive()
    }
}
