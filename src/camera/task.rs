//! One camera: what the rest of the daemon sees of it, and the tasks of its streams.
//!
//! A camera has a large stream, and perhaps a small one, which is then the one that is looked at.
//! Each stream has a task of its own (`task/stream.rs`); here their words become one status.

mod stream;

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use self::stream::StreamTask;
use super::change::Change;
use super::gate::{Gate, GateSettings};
use super::gst::decoders::Stills;
use super::intake::{Looking, StreamOutlets};
use super::reconnect::TokenBucket;
use super::status::{Faults, Said, Speaker};
use super::{
    AccessUnit, CameraId, CameraStatus, Error, Frame, FrameInbox, Role, StreamFacts, UnitQueue,
    UnitRing, gst,
};
use crate::clock::Clock;
use crate::config;

/// What the rest of the daemon sees of a camera.
#[derive(Clone, Debug)]
pub struct CameraFeed {
    pub id: CameraId,
    /// The newest decoded frame; stays when the camera goes down.
    pub latest: watch::Receiver<Option<Arc<Frame>>>,
    /// Published at least four times a second.
    pub status: watch::Receiver<CameraStatus>,
    /// The large stream.
    pub main: StreamFeed,
    /// The small stream, if the camera has one.
    pub sub: Option<StreamFeed>,
}

impl CameraFeed {
    /// The stream that is looked at.
    #[must_use]
    pub fn looked_at(&self) -> &StreamFeed {
        self.sub.as_ref().unwrap_or(&self.main)
    }
}

/// What the rest of the daemon sees of one stream. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StreamFeed {
    pub role: Role,
    /// The encoded pictures of the last seconds.
    pub units: Arc<Mutex<UnitRing>>,
    /// Every unit as it comes, for viewers: who is too slow misses some and begins anew at a key
    /// frame. Take the group out of `units` first, then go on behind its last `seq`.
    pub live: broadcast::Sender<AccessUnit>,
    /// Every unit as it comes, for the recorder; nothing is put in while it is `None`.
    pub record: Option<Arc<UnitQueue>>,
    /// Published at least once a second.
    pub facts: watch::Receiver<StreamFacts>,
}

impl StreamFeed {
    /// Hands a unit to all who want it, without waiting.
    pub(super) fn put(&self, unit: AccessUnit) {
        if let Some(queue) = &self.record {
            queue.push(&unit);
        }
        if self.live.receiver_count() > 0 && self.live.send(unit.clone()).is_err() {
            tracing::trace!("the last viewer has just gone");
        }
        self.units.lock().expect("no panic happens while the ring is held").push(unit);
    }
}

/// What all cameras of the daemon share.
#[derive(Clone)]
pub struct Seeing {
    /// Where frames to look at go.
    pub inbox: Arc<FrameInbox>,
    pub clock: Arc<dyn Clock>,
    pub detect: config::Detect,
    /// Seconds of encoded video to keep in memory.
    pub keep_s: u32,
    /// Video per camera in MiB that may wait for the disk.
    pub queue_mib: u32,
    turns: Arc<Turns>,
    stills: Arc<Stills>,
}

impl Seeing {
    /// The parts that come from the configuration.
    #[must_use]
    pub fn new(config: &config::Config, inbox: Arc<FrameInbox>, clock: Arc<dyn Clock>) -> Self {
        Self {
            turns: Arc::new(Turns { bucket: Mutex::default(), clock: Arc::clone(&clock) }),
            stills: Arc::new(Stills::new(config.detect.width_px)),
            inbox,
            clock,
            keep_s: config.event.pre_roll_s + config.event.post_roll_s + RING_SPARE_S,
            queue_mib: config.record.queue_mib,
            detect: config.detect.clone(),
        }
    }
}

impl std::fmt::Debug for Seeing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seeing").field("keep_s", &self.keep_s).finish_non_exhaustive()
    }
}

/// Who may open a stream when: so many a second over all cameras.
struct Turns {
    bucket: Mutex<TokenBucket>,
    clock: Arc<dyn Clock>,
}

impl Turns {
    /// Takes the next turn and says how long to wait for it.
    fn take(&self) -> Duration {
        let now = self.clock.elapsed();
        self.bucket.lock().expect("no panic happens while the bucket is held").take(now)
    }
}

/// The status of a camera, out of what its streams say.
struct Board {
    status: watch::Sender<CameraStatus>,
    faults: Mutex<Faults>,
    has_sub: bool,
    clock: Arc<dyn Clock>,
}

impl Board {
    fn say(&self, role: Role, said: Said) {
        let now = self.clock.now();
        let speaker = Speaker { role, has_sub: self.has_sub };
        let mut faults = self.faults.lock().expect("no panic happens while the faults are held");
        self.status.send_modify(|status| status.hear(&mut faults, speaker, said, now));
    }

    fn count_reconnect(&self) {
        self.status.send_modify(|status| status.reconnects += 1);
    }
}

/// The task of one camera.
pub struct CameraTask {
    streams: Vec<StreamTask>,
}

/// The ring keeps this much more than the rolls need, because writing a clip may wait.
const RING_SPARE_S: u32 = 10;
/// Bytes of ring per second to keep, 16 Mbit/s: twice what a 4K camera usually sends.
const RING_BYTES_PER_S: usize = 2_000_000;
/// Bytes of ring beside that, for the group of pictures in which the time to keep begins.
const RING_BYTES_MORE: usize = 16_000_000;
/// Units that a viewer may be behind: 4 s at 25 a second.
const LIVE_UNITS: usize = 100;

/// A camera's feed and the task that fills it.
///
/// # Panics
/// When the camera's id was not validated.
#[must_use]
pub fn feed(config: &config::Camera, seeing: &Seeing) -> (CameraFeed, CameraTask) {
    let id = CameraId::try_from(config.id.as_str()).expect("the configuration is validated");
    let has_sub = !config.sub_url.is_empty();
    let (latest, latest_seen) = watch::channel(None);
    let first = CameraStatus::connecting(id.clone(), seeing.clock.now());
    let (status, status_seen) = watch::channel(first);
    let board = Arc::new(Board {
        status,
        faults: Mutex::default(),
        has_sub,
        clock: Arc::clone(&seeing.clock),
    });
    let (mut main_looks, mut sub_looks) = (Some(latest), None);
    if has_sub {
        std::mem::swap(&mut main_looks, &mut sub_looks);
    }
    let make = |role, latest: Option<watch::Sender<_>>| {
        let looking = latest.map(|latest| looking(config, seeing, latest));
        stream_of(config, seeing, (&id, role, looking), &board)
    };
    let (main, main_task) = make(Role::Main, main_looks);
    let mut streams = vec![main_task];
    let sub = has_sub.then(|| {
        let (sub, mut task) = make(Role::Sub, sub_looks);
        task.config.url.clone_from(&config.sub_url);
        streams.push(task);
        sub
    });
    let feed = CameraFeed { id, latest: latest_seen, status: status_seen, main, sub };
    (feed, CameraTask { streams })
}

fn looking(
    config: &config::Camera,
    seeing: &Seeing,
    latest: watch::Sender<Option<Arc<Frame>>>,
) -> Looking {
    let settings = GateSettings {
        full: config.decode == config::Decode::Full,
        look_every: Duration::from_secs(seeing.detect.look_every_s.into()),
    };
    Looking {
        inbox: Arc::clone(&seeing.inbox),
        latest,
        gate: Mutex::new(Gate::new(settings)),
        change: Mutex::new(Change::default()),
        stills: Arc::clone(&seeing.stills),
        width_px: seeing.detect.width_px,
        fps: seeing.detect.fps,
        frames: AtomicU64::new(0),
        decoded: AtomicU64::new(0),
        broken: AtomicU64::new(0),
    }
}

fn stream_of(
    config: &config::Camera,
    seeing: &Seeing,
    (id, role, looking): (&CameraId, Role, Option<Looking>),
    board: &Arc<Board>,
) -> (StreamFeed, StreamTask) {
    let bytes_max = RING_BYTES_MORE + seeing.keep_s as usize * RING_BYTES_PER_S;
    let (facts, facts_seen) = watch::channel(StreamFacts::default());
    let recorded = config.record && role == Role::Main;
    let queue_bytes = seeing.queue_mib as usize * 1024 * 1024;
    let stream = StreamFeed {
        role,
        units: Arc::new(Mutex::new(UnitRing::new(seeing.keep_s, bytes_max))),
        live: broadcast::channel(LIVE_UNITS).0,
        record: recorded.then(|| Arc::new(UnitQueue::new(queue_bytes))),
        facts: facts_seen,
    };
    let outlets = Arc::new(StreamOutlets {
        id: id.clone(),
        clock: Arc::clone(&seeing.clock),
        stream: stream.clone(),
        units: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        sessions: AtomicU64::new(0),
        camera_clock_ms: AtomicI64::new(i64::MIN),
        delay_ms: AtomicI64::new(i64::MIN),
        looking,
    });
    let task = StreamTask {
        config: config.clone(),
        outlets,
        facts,
        board: Arc::clone(board),
        turns: Arc::clone(&seeing.turns),
        left: Arc::new(AtomicUsize::new(0)),
    };
    (stream, task)
}

impl CameraTask {
    /// Keeps the camera's streams open until `stop`.
    ///
    /// # Errors
    /// GStreamer does not start. Nothing about the camera is an error.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        gst::start()?;
        let streams = self.streams.into_iter().map(|stream| stream.run(stop.clone()));
        futures_util::future::join_all(streams).await;
        Ok(())
    }
}
