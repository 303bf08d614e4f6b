//! Where one attempt at a camera delivers: units to the ring, frames to the inbox, its fault.
//!
//! Called by GStreamer's threads, so nothing here waits for anybody. An attempt that was given up
//! but whose threads still run finds its intake closed and delivers nothing more.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::grey::{GREY_WIDTH_PX, shrink_to_grey};
use super::pace::Pace;
use super::status::SourceFault;
use super::task::StreamFeed;
use super::units::StreamFormat;
use super::{AccessUnit, CameraId, Codec, Frame, FrameInbox, nal};
use crate::clock::{Clock, UnixMs};

/// What all attempts at one camera share.
pub(super) struct CameraOutlets {
    pub(super) id: CameraId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stream: StreamFeed,
    /// Units since the daemon started.
    pub(super) units: AtomicU64,
    /// Attempts since the daemon started.
    pub(super) sessions: AtomicU64,
    pub(super) inbox: Arc<FrameInbox>,
    pub(super) latest: watch::Sender<Option<Arc<Frame>>>,
    /// Decoded frames since the daemon started.
    pub(super) frames: AtomicU64,
    /// Frames a second to look at.
    pub(super) fps: u32,
}

/// The end of the line for one attempt.
pub(crate) struct Intake {
    outlets: Arc<CameraOutlets>,
    session: u64,
    format: Mutex<Option<Arc<StreamFormat>>>,
    open: AtomicBool,
    progress: Mutex<Progress>,
    pace: Mutex<Pace>,
    faults: mpsc::Sender<SourceFault>,
}

/// How far an attempt has come, in the clock's elapsed time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    pub(super) unit_at: Option<Duration>,
    pub(super) first_frame_at: Option<Duration>,
    pub(super) frame_at: Option<Duration>,
    pub(super) frame_seen_at: Option<UnixMs>,
    /// Clock of the camera minus ours, by its last sender report, ms.
    pub(super) camera_clock_ms: Option<i64>,
}

/// One encoded picture as it leaves the parser.
pub(crate) struct RawUnit<'a> {
    pub(crate) codec: Codec,
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
    pub(crate) key: bool,
    /// Something was lost before it or inside it.
    pub(crate) torn: bool,
    pub(crate) pts_us: i64,
    pub(crate) bytes: &'a [u8],
}

/// One decoded picture, packed BGR.
pub(crate) struct RawPicture {
    pub(crate) pts_ms: i64,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bgr: Arc<[u8]>,
}

impl Intake {
    /// An intake and the fault that will end its attempt. One place: the first fault is the cause,
    /// whatever follows it are consequences.
    pub(super) fn new(outlets: Arc<CameraOutlets>) -> (Arc<Self>, mpsc::Receiver<SourceFault>) {
        let (faults, fault) = mpsc::channel(1);
        let pace = Mutex::new(Pace::new(outlets.fps));
        let open = AtomicBool::new(true);
        let progress = Mutex::default();
        let session = outlets.sessions.fetch_add(1, Ordering::Relaxed);
        let format = Mutex::default();
        (Arc::new(Self { outlets, session, format, open, progress, pace, faults }), fault)
    }

    /// Takes one encoded picture. Those before the first key frame cannot be decoded and end here.
    pub(crate) fn unit(&self, raw: &RawUnit<'_>) {
        if !self.is_open() {
            return;
        }
        let now = self.outlets.clock.elapsed();
        lock(&self.progress).unit_at = Some(now);
        let Some(format) = self.format_of(raw) else {
            return;
        };
        let unit = AccessUnit {
            seq: self.outlets.units.fetch_add(1, Ordering::Relaxed),
            session: self.session,
            key: raw.key,
            pts_us: raw.pts_us,
            seen_at: self.outlets.clock.now(),
            at: now,
            format,
            bytes: Arc::from(raw.bytes),
        };
        self.outlets.stream.put(unit);
    }

    /// The format that a unit has: the one before, unless a key frame brings another.
    fn format_of(&self, raw: &RawUnit<'_>) -> Option<Arc<StreamFormat>> {
        let mut known = lock(&self.format);
        if raw.key {
            let fresh = StreamFormat {
                codec: raw.codec,
                width_px: raw.width_px,
                height_px: raw.height_px,
                sets: nal::parameter_sets(raw.codec, raw.bytes),
            };
            if known.as_deref() != Some(&fresh) {
                *known = Some(Arc::new(fresh));
            }
        }
        known.clone()
    }

    /// Whether the picture that was just decoded is to be looked at.
    pub(crate) fn wants_picture(&self) -> bool {
        self.is_open() && lock(&self.pace).lets_through(self.outlets.clock.elapsed())
    }

    /// Takes one decoded picture.
    pub(crate) fn picture(&self, raw: RawPicture) {
        if !self.is_open() {
            return;
        }
        let grey = shrink_to_grey(&raw.bgr, (raw.width, raw.height), GREY_WIDTH_PX);
        let seen_at = self.outlets.clock.now();
        let frame = Arc::new(Frame {
            camera: self.outlets.id.clone(),
            seq: self.outlets.frames.fetch_add(1, Ordering::Relaxed),
            session: self.session,
            pts_ms: raw.pts_ms,
            seen_at,
            width: raw.width,
            height: raw.height,
            bgr: raw.bgr,
            grey_width: grey.width,
            grey_height: grey.height,
            grey: Arc::from(grey.luma),
        });
        self.outlets.latest.send_replace(Some(Arc::clone(&frame)));
        self.outlets.inbox.put(frame);
        let now = self.outlets.clock.elapsed();
        let mut progress = lock(&self.progress);
        progress.first_frame_at.get_or_insert(now);
        progress.frame_at = Some(now);
        progress.frame_seen_at = Some(seen_at);
    }

    /// Takes what time it is at the camera just now, Unix ms.
    pub(crate) fn camera_time(&self, unix_ms: i64) {
        let ahead_ms = unix_ms.saturating_sub(self.outlets.clock.now().0);
        lock(&self.progress).camera_clock_ms = Some(ahead_ms);
    }

    /// Ends the attempt.
    pub(crate) fn fault(&self, fault: SourceFault) {
        if self.is_open() {
            // Full means that an earlier fault is waiting, closed that the attempt is over: in
            // both cases this one says nothing new.
            drop(self.faults.try_send(fault));
        }
    }

    /// From now on nothing is delivered.
    pub(super) fn close(&self) {
        self.open.store(false, Ordering::Release);
    }

    pub(super) fn progress(&self) -> Progress {
        *lock(&self.progress)
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().expect("no panic happens while a camera's parts are held")
}
