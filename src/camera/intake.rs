//! Where one attempt at one stream delivers: units to ring, recorder and viewers, first of all;
//! then, as the gate says, to a decoder, whose pictures come back here.
//!
//! Called by threads that receive or decode, so nothing here waits for anybody. An attempt that
//! was given up but whose threads still run finds its intake closed and delivers nothing more.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::change::Change;
use super::frame::Bgr;
use super::gate::{Gate, UnitSize, Verdict};
use super::grey::Grey;
use super::gst::Job;
use super::gst::decoders::{OwnDecoder, Stills};
use super::health::Progress;
use super::pace::Pace;
use super::status::SourceFault;
use super::task::StreamFeed;
use super::units::StreamFormat;
use super::{AccessUnit, CameraId, Codec, Error, Frame, FrameInbox, nal, rtcp};
use crate::clock::{Clock, UnixMs};

/// What all attempts at one stream share.
pub(super) struct StreamOutlets {
    pub(super) id: CameraId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stream: StreamFeed,
    /// Units and bytes since the daemon started.
    pub(super) units: AtomicU64,
    pub(super) bytes: AtomicU64,
    /// Attempts since the daemon started.
    pub(super) sessions: AtomicU64,
    /// The camera's clock minus ours, ms; the least number while nothing is known.
    pub(super) camera_clock_ms: AtomicI64,
    /// From the camera's stamp of the newest unit to its arrival, ms; the least number while
    /// nothing is known.
    pub(super) delay_ms: AtomicI64,
    /// None for a stream that is received only.
    pub(super) looking: Option<Looking>,
}

/// What is needed to look at a stream.
pub(super) struct Looking {
    pub(super) inbox: Arc<FrameInbox>,
    pub(super) latest: watch::Sender<Option<Arc<Frame>>>,
    pub(super) gate: Mutex<Gate>,
    pub(super) change: Mutex<Change>,
    pub(super) stills: Arc<Stills>,
    pub(super) width_px: u32,
    /// Frames a second to look at.
    pub(super) fps: u32,
    /// Frames handed out, pictures decoded, units that gave no picture, since the daemon started.
    pub(super) frames: AtomicU64,
    pub(super) decoded: AtomicU64,
    pub(super) broken: AtomicU64,
}

/// The end of the line for one attempt.
pub(crate) struct Intake {
    outlets: Arc<StreamOutlets>,
    session: AtomicU64,
    format: Mutex<Option<Arc<StreamFormat>>>,
    open: AtomicBool,
    progress: Mutex<Progress>,
    pace: Mutex<Pace>,
    /// The decoder while awake.
    own: Mutex<OwnDecoder>,
    /// One more than the `seq` of the newest unit whose picture was handed out or passed over.
    shown: AtomicU64,
    /// Pictures of units before this `seq` belong to a group that was caught up with.
    past_until: AtomicU64,
    faults: mpsc::Sender<SourceFault>,
}

/// One encoded picture as it leaves the parser.
pub(crate) struct RawUnit<'a> {
    pub(crate) codec: Codec,
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
    pub(crate) key: bool,
    /// Packets were lost before it.
    pub(crate) torn: bool,
    pub(crate) pts_us: i64,
    pub(crate) bytes: &'a [u8],
}

/// One decoded picture.
pub(crate) struct RawPicture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) grey: Grey,
    pub(crate) bgr: Bgr,
}

impl Intake {
    /// An intake and the fault that will end its attempt. One place: the first fault is the cause,
    /// whatever follows it are consequences.
    pub(super) fn new(outlets: Arc<StreamOutlets>) -> (Arc<Self>, mpsc::Receiver<SourceFault>) {
        let (faults, fault) = mpsc::channel(1);
        let (fps, width_px) = outlets.looking.as_ref().map_or((1, 1), |l| (l.fps, l.width_px));
        if let Some(looking) = &outlets.looking {
            lock(&looking.gate).restart();
        }
        let session = outlets.sessions.fetch_add(1, Ordering::Relaxed);
        let intake = Self {
            session: AtomicU64::new(session),
            format: Mutex::default(),
            open: AtomicBool::new(true),
            progress: Mutex::default(),
            pace: Mutex::new(Pace::new(fps)),
            own: Mutex::new(OwnDecoder::new(width_px, fps)),
            shown: AtomicU64::new(0),
            past_until: AtomicU64::new(0),
            faults,
            outlets,
        };
        (Arc::new(intake), fault)
    }

    /// Takes one encoded picture. Those before the first key frame cannot be decoded and end here.
    pub(crate) fn unit(self: &Arc<Self>, raw: &RawUnit<'_>) {
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
            session: self.session.load(Ordering::Relaxed),
            key: raw.key,
            pts_us: raw.pts_us,
            seen_at: self.outlets.clock.now(),
            at: now,
            format,
            bytes: Arc::from(raw.bytes),
        };
        self.outlets.bytes.fetch_add(raw.bytes.len() as u64, Ordering::Relaxed);
        self.outlets.stream.put(unit.clone());
        lock(&self.progress).key_or_good_unit(now);
        if let Some(looking) = &self.outlets.looking {
            if raw.torn && !raw.key {
                lock(&looking.gate).restart();
            }
            self.look(looking, &unit);
        }
    }

    /// Video was missing in front of the next unit, which is a key frame: the camera was opened
    /// anew within the attempt.
    pub(super) fn interrupted(&self) {
        let session = self.outlets.sessions.fetch_add(1, Ordering::Relaxed);
        self.session.store(session, Ordering::Relaxed);
        if let Some(looking) = &self.outlets.looking {
            lock(&looking.gate).restart();
        }
    }

    pub(super) fn camera(&self) -> &CameraId {
        &self.outlets.id
    }

    pub(super) fn now(&self) -> Duration {
        self.outlets.clock.elapsed()
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

    /// Asks the gate and decodes what it says.
    fn look(self: &Arc<Self>, looking: &Looking, unit: &AccessUnit) {
        let filler = nal::filler_bytes(unit.format.codec, &unit.bytes);
        let bytes = unit.bytes.len().saturating_sub(filler);
        let size = UnitSize { key: unit.key, bytes, filler, at: unit.at };
        let verdict = lock(&looking.gate).unit(size);
        let decoded = match verdict {
            Verdict::Skip => Ok(0),
            Verdict::Still => looking.stills.decode(unit, self).map(|room| u64::from(!room)),
            Verdict::Next => lock(&self.own).next(unit, self),
            Verdict::Group | Verdict::Past => {
                self.past_until.store(unit.seq, Ordering::Relaxed);
                let ring = lock(&self.outlets.stream.units);
                let past = verdict == Verdict::Past;
                let units = if past { ring.two_groups() } else { ring.group() };
                drop(ring);
                lock(&self.own).group(&units, self)
            }
        };
        if matches!(verdict, Verdict::Skip | Verdict::Still) {
            lock(&self.own).free();
        }
        match decoded {
            Ok(dropped) => drop(looking.broken.fetch_add(dropped, Ordering::Relaxed)),
            Err(error) => self.cannot_decode(&error),
        }
    }

    /// Receiving goes on: footage is worth having even where nobody can look at it.
    fn cannot_decode(&self, error: &Error) {
        if !lock(&self.progress).cannot_decode {
            tracing::error!(camera = %self.outlets.id, %error, "no decoder");
        }
        lock(&self.progress).cannot_decode = true;
    }

    /// A picture of the unit `seq`, which came `at`, was decoded: whether it is to be looked at.
    /// Pictures decoded a second time, by themselves and with their group, are not.
    pub(crate) fn wants_picture(&self, seq: u64, at: Duration) -> bool {
        let Some(looking) = self.outlets.looking.as_ref().filter(|_| self.is_open()) else {
            return false;
        };
        looking.decoded.fetch_add(1, Ordering::Relaxed);
        if seq < self.shown.load(Ordering::Relaxed) {
            return false;
        }
        lock(&self.pace).lets_through(at)
    }

    /// Takes one decoded picture.
    pub(crate) fn picture(&self, job: &Job, raw: RawPicture) {
        let Some(looking) = self.outlets.looking.as_ref().filter(|_| self.is_open()) else {
            return;
        };
        self.shown.fetch_max(job.seq + 1, Ordering::Relaxed);
        let luma: Arc<[u8]> = Arc::from(raw.grey.luma);
        let change = lock(&looking.change).take(&luma);
        lock(&looking.gate).picture(change, job.at);
        let frame = Arc::new(Frame {
            camera: self.outlets.id.clone(),
            seq: looking.frames.fetch_add(1, Ordering::Relaxed),
            session: self.session.load(Ordering::Relaxed),
            pts_ms: job.pts_us / 1_000,
            seen_at: job.seen_at,
            width: raw.width,
            height: raw.height,
            bgr: raw.bgr,
            grey_width: raw.grey.width,
            grey_height: raw.grey.height,
            grey: luma,
        });
        looking.latest.send_replace(Some(Arc::clone(&frame)));
        if job.seq < self.past_until.load(Ordering::Relaxed) {
            looking.inbox.put_past(frame);
        } else {
            looking.inbox.put(frame);
        }
        lock(&self.progress).frame(self.outlets.clock.elapsed(), job.seen_at);
    }

    /// A unit was decoded and gave no picture.
    pub(crate) fn count_broken(&self) {
        if let Some(looking) = &self.outlets.looking {
            looking.broken.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An RTCP packet came: a sender report says what time the camera has.
    pub(crate) fn rtcp(&self, packet: &[u8]) {
        if let Some(theirs) = rtcp::sent_at(packet)
            && self.is_open()
        {
            let ahead_ms = theirs.since_ms(self.outlets.clock.now());
            self.outlets.camera_clock_ms.store(ahead_ms, Ordering::Relaxed);
        }
    }

    /// The newest unit was stamped at this time of the camera's clock.
    pub(crate) fn stamped(&self, at: UnixMs) {
        let delay_ms = self.outlets.clock.now().since_ms(at);
        self.outlets.delay_ms.store(delay_ms, Ordering::Relaxed);
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
        lock(&self.own).free();
    }

    pub(super) fn progress(&self) -> Progress {
        *lock(&self.progress)
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic happens while a stream's parts are held")
}
