//! What is normal, learnt and kept while the daemon runs: files in a folder, the hours of the site,
//! and the open incidents from the store.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use crate::camera::{CameraId, Frame};
use crate::clock::{Local, UnixMs};
use crate::config::Config;
use crate::detect::Anomaly;
use crate::detect::flow;
use crate::detect::normal::board::{Board, Summary};
use crate::detect::normal::continuous::{Compared, Continuous, Turned};
use crate::detect::normal::reason::reasons;
use crate::detect::normal::usual::{Hour, WeekHour};
use crate::detect::normal::{Normal, file};
use crate::detect::onnx::Found;
use crate::detect::task::{DetectError, Detector};
use crate::store::{self, Store};

/// How often the open incidents are asked for; a block of learning is ten minutes.
const INCIDENTS_EVERY: Duration = Duration::from_secs(15);
/// How often a camera's summary is posted, ms.
const POST_EVERY_MS: i64 = 10_000;

/// Which cameras learn, and where it is kept. Shared by the detector's threads.
#[derive(Clone, Debug)]
pub struct Learning {
    pub board: Arc<Board>,
    pub cameras: BTreeSet<CameraId>,
    /// Folder of the files, one a camera.
    pub dir: PathBuf,
    pub zone: TimeZone,
    /// Hours of watching before a camera may alarm.
    pub settle_h: f32,
    /// Names the models that what is learnt belongs to.
    pub model: String,
    /// What each camera is being taught that nobody looks at just now.
    pub taught: Arc<Mutex<HashMap<CameraId, Taught>>>,
}

/// One camera being taught.
#[derive(Debug)]
pub struct Taught {
    learner: Continuous,
    posted: Option<UnixMs>,
}

/// The detectors of a configuration, one a thread; with the model of features where a camera
/// learns.
///
/// # Errors
/// As `Detector::load`; and the model of features is missing or another one.
pub fn detectors(
    config: &Config,
    board: &Arc<Board>,
    zone: TimeZone,
) -> Result<Vec<Detector>, DetectError> {
    let base = Path::new("");
    let threads = 0..config.detect.threads.max(1);
    let learning = config.camera.iter().filter(|camera| config.learns(&camera.id));
    // An id that is none was refused when the configuration was checked.
    let cameras: BTreeSet<CameraId> =
        learning.filter_map(|camera| CameraId::try_from(camera.id.as_str()).ok()).collect();
    if cameras.is_empty() {
        return threads.map(|_| Detector::load(&config.detect, base)).collect();
    }
    let learning = Learning {
        board: Arc::clone(board),
        cameras,
        dir: config.data.dir.join("normal"),
        zone,
        settle_h: config.detect.learn_h as f32,
        model: String::new(),
        taught: Arc::default(),
    };
    let detector = |_| {
        let detector = Detector::load_with_features(&config.detect, base)?;
        let model = detector.learns_with();
        Ok(detector.teaching(Learning { model, ..learning.clone() }))
    };
    threads.map(detector).collect()
}

impl Learning {
    /// Whether this camera learns.
    #[must_use]
    pub fn learns(&self, camera: &CameraId) -> bool {
        self.cameras.contains(camera)
    }

    /// Takes in what was found in a frame (`None`: not searched) and compares it.
    pub fn take(&mut self, frame: &Frame, found: Option<&mut Found>) -> Option<Anomaly> {
        let (camera, at) = (&frame.camera, frame.seen_at);
        let hour = self.hour(at);
        let known = self.lock().remove(camera);
        let mut taught = known.unwrap_or_else(|| self.begin(camera));
        if self.board.take_reset(camera) {
            taught =
                Taught { learner: Continuous::new(Normal::empty(), self.settle_h), posted: None };
            self.keep(camera, &taught.learner);
        }
        let incident = self.board.incident(camera);
        if taught.learner.turn(at, incident) == Turned::Learnt {
            self.keep(camera, &taught.learner);
        }
        let seen = found.and_then(|found| {
            let plane = flow::plane(&frame.bgr, (frame.width, frame.height))?;
            Some((plane, std::mem::take(&mut found.things)))
        });
        let compared = match seen {
            Some((plane, things)) => Some(taught.learner.look((at, hour), plane, things)),
            None => {
                taught.learner.quiet(at, hour);
                None
            }
        };
        let due = |last: UnixMs| !(0..POST_EVERY_MS).contains(&at.since_ms(last));
        if taught.posted.is_none_or(due) {
            taught.posted = Some(at);
            self.board.post(camera, Summary::of(&taught.learner, at, incident));
        }
        let anomaly = compared.and_then(|compared| anomaly(&taught.learner, &compared));
        self.lock().insert(camera.clone(), taught);
        anomaly
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CameraId, Taught>> {
        self.taught.lock().expect("no panic happens while what is taught is held")
    }

    fn hour(&self, at: UnixMs) -> Hour {
        let local = Local::of(at, &self.zone);
        let day = u8::try_from(local.date.weekday().to_monday_zero_offset()).ok()?;
        WeekHour::new(day, u8::try_from(local.minute / 60).ok()?)
    }

    fn path(&self, camera: &CameraId) -> PathBuf {
        self.dir.join(format!("{camera}.normal"))
    }

    /// Goes on with the camera's file; a file that cannot be used is said, and learning begins.
    fn begin(&self, camera: &CameraId) -> Taught {
        let path = self.path(camera);
        let normal = match std::fs::read(&path) {
            Ok(bytes) => file::read(&bytes, &self.model).unwrap_or_else(|error| {
                let path = path.display();
                tracing::error!(camera.id = %camera, %error, "{path} is not used, learning begins");
                Normal::empty()
            }),
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    let path = path.display();
                    tracing::error!(camera.id = %camera, %error, "{path} cannot be read");
                }
                Normal::empty()
            }
        };
        Taught { learner: Continuous::new(normal, self.settle_h), posted: None }
    }

    /// Writes a camera's file; the old one stays until the new one is whole.
    fn keep(&self, camera: &CameraId, learner: &Continuous) {
        let (path, new) = (self.path(camera), self.dir.join(format!("{camera}.new")));
        let bytes = file::write(learner.normal(), &self.model);
        let kept = std::fs::create_dir_all(&self.dir)
            .and_then(|()| std::fs::write(&new, bytes))
            .and_then(|()| std::fs::File::open(&new)?.sync_all())
            .and_then(|()| std::fs::rename(&new, &path));
        if let Err(error) = kept {
            let path = path.display();
            tracing::warn!(camera.id = %camera, %error, "what is normal is not kept in {path}");
        }
    }
}

fn anomaly(learner: &Continuous, compared: &Compared) -> Option<Anomaly> {
    let worst = compared.verdict.worst.as_ref()?;
    let thing = &compared.things[worst.index];
    Some(Anomaly {
        score: compared.verdict.causal,
        alarms_per_day: learner.alarms_per_day(compared.verdict.causal),
        area: thing.area,
        class: thing.class,
        why: reasons(learner.normal(), thing, &worst.judged, worst.dwell_s),
    })
}

/// Tells the board which cameras have an incident open.
pub struct Incidents {
    pub store: Arc<Store>,
    pub board: Arc<Board>,
}

impl Incidents {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: trouble with the store is logged, and then every camera counts as before.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut ticks = tokio::time::interval(INCIDENTS_EVERY);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = ticks.tick() => match self.store.cameras_with_incidents().await {
                    Ok(cameras) => self.board.set_incidents(cameras),
                    Err(error) => tracing::warn!(%error, "open incidents are not known"),
                },
            }
        }
    }
}
