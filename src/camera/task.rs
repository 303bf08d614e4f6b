//! The life of one camera: open, watch, say how it is, close, wait, open again, for ever.
//!
//! Exactly one attempt is alive. Nothing a camera does ends its task, and nothing it does reaches
//! another camera: each has its own pipeline, threads and locks, and a panic counts as a failed
//! attempt. The password is read at each attempt, so a changed one needs no restart.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::gst::source::{Source, SourceSettings};
use super::intake::{CameraOutlets, Intake, Progress};
use super::pace::Rate;
use super::reconnect::Attempts;
use super::status::{SourceFault, stalled_after};
use super::{
    AccessUnit, CameraId, CameraState, CameraStatus, Error, Frame, FrameInbox, Role, StreamFacts,
    UnitQueue, UnitRing, gst,
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

/// The task of one camera.
pub struct CameraTask {
    config: config::Camera,
    width_px: u32,
    outlets: Arc<CameraOutlets>,
    status: watch::Sender<CameraStatus>,
}

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(250);
/// Longest time to free a source; a dead camera keeps its thread longer and is left behind.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// Longest time from opening to the first unit: rtspsrc's own limit of 5 s for an answer, its
/// second attempt with a password, and the wait for a key frame. Guess, revisit.
const FIRST_UNIT_WITHIN: Duration = Duration::from_secs(12);
/// Longest time in which units come and no picture does; key frames may be minutes apart.
const PICTURE_WITHIN: Duration = Duration::from_secs(300);
/// Bytes of ring per second to keep, 16 Mbit/s: twice what a 4K camera usually sends.
const RING_BYTES_PER_S: usize = 2_000_000;
/// Bytes of ring beside that, for the group of pictures in which the time to keep begins.
const RING_BYTES_MORE: usize = 16_000_000;

/// Video that may wait for the disk: a minute at 4 Mbit/s.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// Units that a viewer may be behind: 4 s at 25 a second.
const LIVE_UNITS: usize = 100;

/// A camera's feed and the task that fills it. `keep_s`: seconds of encoded video to keep.
///
/// # Panics
/// When the camera's id was not validated.
#[must_use]
pub fn feed(
    config: &config::Camera,
    detect: &config::Detect,
    keep_s: u32,
    inbox: Arc<FrameInbox>,
    clock: Arc<dyn Clock>,
) -> (CameraFeed, CameraTask) {
    let id = CameraId::try_from(config.id.as_str()).expect("the configuration is validated");
    let bytes_max = RING_BYTES_MORE + keep_s as usize * RING_BYTES_PER_S;
    let units = Arc::new(Mutex::new(UnitRing::new(keep_s, bytes_max)));
    let (latest, latest_seen) = watch::channel(None);
    let (status, status_seen) = watch::channel(CameraStatus::connecting(id.clone(), clock.now()));
    let (_facts, facts_seen) = watch::channel(StreamFacts::default());
    let stream = StreamFeed {
        role: Role::Main,
        units,
        live: broadcast::channel(LIVE_UNITS).0,
        record: config.record.then(|| Arc::new(UnitQueue::new(QUEUE_BYTES))),
        facts: facts_seen,
    };
    let feed = CameraFeed {
        id: id.clone(),
        latest: latest_seen,
        status: status_seen,
        main: stream.clone(),
        sub: None,
    };
    let outlets = Arc::new(CameraOutlets {
        id,
        clock,
        stream,
        units: AtomicU64::new(0),
        sessions: AtomicU64::new(0),
        inbox,
        latest,
        frames: AtomicU64::new(0),
        fps: detect.fps,
    });
    let task = CameraTask { config: config.clone(), width_px: detect.width_px, outlets, status };
    (feed, task)
}

impl CameraTask {
    /// Keeps the camera open until `stop`.
    ///
    /// # Errors
    /// GStreamer does not start. Nothing about the camera is an error.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Error> {
        gst::start()?;
        let mut attempts = Attempts::default();
        while !stop.is_cancelled() {
            let attempt = AssertUnwindSafe(self.attempt(&stop)).catch_unwind().await;
            let ended = attempt.unwrap_or_else(|_| Ended::inside("the attempt panicked"));
            let Some(fault) = ended.fault else {
                break;
            };
            self.publish_down(&fault);
            attempts = attempts.ended(ended.good_media);
            let wait = attempts.wait(chance());
            tracing::warn!(camera = %self.outlets.id, code = fault.code(), ?wait, "camera down");
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait) => {}
            }
            self.status.send_modify(|status| status.reconnects += 1);
        }
        Ok(())
    }

    /// One attempt from opening to closing.
    async fn attempt(&self, stop: &CancellationToken) -> Ended {
        let (intake, faults) = Intake::new(Arc::clone(&self.outlets));
        let opened = self.settings().and_then(|s| Source::open(s, Arc::clone(&intake)));
        let source = match opened {
            Ok(source) => source,
            Err(fault) => {
                return Ended { fault: Some(fault), good_media: Duration::ZERO };
            }
        };
        let fault = self.watch(&intake, faults, stop).await;
        intake.close();
        self.close(source).await;
        Ended { fault, good_media: intake.progress().good_media() }
    }

    fn settings(&self) -> Result<SourceSettings, SourceFault> {
        Ok(SourceSettings {
            url: self.config.url.clone(),
            username: self.config.username.clone(),
            password: self.config.password.reveal().map_err(SourceFault::NoSecret)?,
            transport: self.config.transport,
            width_px: self.width_px,
        })
    }

    /// Publishes how the attempt goes until it fails (its fault) or `stop` (None).
    async fn watch(
        &self,
        intake: &Intake,
        mut faults: mpsc::Receiver<SourceFault>,
        stop: &CancellationToken,
    ) -> Option<SourceFault> {
        let opened = self.outlets.clock.elapsed();
        let mut tick = tokio::time::interval(TICK);
        let mut rate = Rate::default();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                Some(fault) = faults.recv() => return Some(fault),
                _ = tick.tick() => {}
            }
            let now = self.outlets.clock.elapsed();
            let progress = intake.progress();
            let limit = stalled_after(self.key_distance_ms());
            match progress.health(opened, now, limit) {
                Health::Coming => {}
                Health::Live => self.publish_live(progress, rate_of(&mut rate, self, now)),
                Health::Blind(fault) => self.publish_down(&fault),
                Health::Over(fault) => return Some(fault),
            }
        }
    }

    /// Frees a source, but waits no longer than a dead camera deserves.
    async fn close(&self, source: Source) {
        let (done, closed) = oneshot::channel::<()>();
        // The end of `done` is the message, so nothing has to be sent.
        let started = source.close(move || drop(done));
        let ended = tokio::time::timeout(CLOSE_WITHIN, closed).await;
        if started.is_err() || ended.is_err() {
            tracing::warn!(camera = %self.outlets.id, "a camera did not let go and was left behind");
        }
    }

    fn publish_live(&self, progress: Progress, fps: f32) {
        let now = self.outlets.clock.now();
        let frames_dropped = self.outlets.inbox.dropped(&self.outlets.id);
        self.status.send_modify(|status| {
            if status.state != CameraState::Live {
                (status.state, status.since) = (CameraState::Live, now);
                (status.code, status.message) = (None, None);
                tracing::info!(camera = %status.camera, "camera live");
            }
            status.fps = fps;
            status.frame_at = progress.frame_seen_at;
            status.frames_dropped = frames_dropped;
        });
    }

    fn publish_down(&self, fault: &SourceFault) {
        let now = self.outlets.clock.now();
        self.status.send_modify(|status| {
            if status.state != CameraState::Down {
                (status.state, status.since) = (CameraState::Down, now);
            }
            status.code = Some(fault.code());
            status.message = Some(fault.message(&status.camera));
            status.fps = 0.0;
        });
    }

    fn key_distance_ms(&self) -> Option<i64> {
        let ring = self.outlets.stream.units.lock();
        ring.expect("no panic happens while the ring is held").key_distance_ms()
    }
}

fn rate_of(rate: &mut Rate, task: &CameraTask, now: Duration) -> f32 {
    rate.measure(now, task.outlets.frames.load(Ordering::Relaxed))
}

/// How an attempt ended: with a fault, or without one because the daemon stops.
struct Ended {
    fault: Option<SourceFault>,
    good_media: Duration,
}

impl Ended {
    fn inside(what: &str) -> Self {
        Self { fault: Some(SourceFault::Pipeline(what.into())), good_media: Duration::ZERO }
    }
}

/// What an attempt's progress means.
#[derive(Debug, PartialEq, Eq)]
enum Health {
    /// Too early to say; whatever was said before stays.
    Coming,
    Live,
    /// Video without pictures: said, but the camera is kept open.
    Blind(SourceFault),
    /// The attempt is to be ended.
    Over(SourceFault),
}

impl Progress {
    fn good_media(self) -> Duration {
        let first = self.first_frame_at.unwrap_or_default();
        self.frame_at.unwrap_or_default().saturating_sub(first)
    }

    /// `limit`: silence that counts as a stall.
    fn health(self, opened: Duration, now: Duration, limit: Duration) -> Health {
        let Some(unit_at) = self.unit_at else {
            let late = now.saturating_sub(opened) > FIRST_UNIT_WITHIN;
            return if late { Health::Over(SourceFault::NoAnswer) } else { Health::Coming };
        };
        let silent = now.saturating_sub(unit_at);
        if silent > limit {
            return Health::Over(SourceFault::Stalled(silent.as_secs()));
        }
        let blind = unit_at.saturating_sub(self.frame_at.unwrap_or(opened));
        match (blind, self.frame_at) {
            (blind, _) if blind > PICTURE_WITHIN => Health::Over(SourceFault::NoPicture),
            (blind, _) if blind > limit => Health::Blind(SourceFault::NoPicture),
            (_, Some(_)) => Health::Live,
            (_, None) => Health::Coming,
        }
    }
}

/// A fraction 0..1 that spreads the attempts of many cameras.
fn chance() -> f32 {
    // Without a source of chance all cameras wait the whole step, which is safe.
    getrandom::u32().map_or(1.0, |bits| bits as f32 / u32::MAX as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds since opening at which the last unit and the last frame came, and now.
    #[track_caller]
    fn check(unit_s: Option<u64>, frame_s: Option<u64>, now_s: u64, expect: &Health) {
        let opened = Duration::from_secs(1_000);
        let at = |s| opened + Duration::from_secs(s);
        let progress = Progress {
            unit_at: unit_s.map(at),
            first_frame_at: None,
            frame_at: frame_s.map(at),
            frame_seen_at: None,
            camera_clock_ms: None,
        };
        assert_eq!(&progress.health(opened, at(now_s), Duration::from_secs(5)), expect);
    }

    #[test]
    fn a_camera_is_live_only_while_pictures_come() {
        check(None, None, 12, &Health::Coming);
        check(None, None, 13, &Health::Over(SourceFault::NoAnswer));
        check(Some(4), None, 4, &Health::Coming);
        check(Some(60), Some(58), 60, &Health::Live);
        check(Some(60), Some(50), 60, &Health::Blind(SourceFault::NoPicture));
        check(Some(60), None, 60, &Health::Blind(SourceFault::NoPicture));
        check(Some(400), Some(50), 400, &Health::Over(SourceFault::NoPicture));
        check(Some(60), Some(59), 65, &Health::Live);
        check(Some(60), Some(59), 66, &Health::Over(SourceFault::Stalled(6)));
    }
}
