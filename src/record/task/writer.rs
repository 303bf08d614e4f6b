//! The thread that writes: it empties every camera's queue several times a second.
//!
//! Nothing a camera does waits for it, and it waits for nobody but the disk. What the index is to
//! know goes over a bounded channel; while the database does not answer, it is kept here, up to a
//! limit, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_util::sync::CancellationToken;

use super::News;
use super::disk::{Disk, fault};
use super::shelf::CameraShelf;
use crate::camera::{CameraFeed, CameraState, UnitQueue};
use crate::clock::{Clock, UnixMs};
use crate::record::cut::Plan;
use crate::record::pulse::Pulse;
use crate::record::track::{Shelf as _, Track};
use crate::record::{Cause, FaultKind, NoteKind};

/// How often queues are emptied: with the length of a piece it bounds what a power cut takes.
const ROUND: Duration = Duration::from_millis(100);
/// How often the marker of the disk is looked at. Guess, revisit.
const CHECK_EVERY: Duration = Duration::from_secs(2);
/// A camera that is said to be down is believed when it has been silent for this long: units may
/// still come while its pictures cannot be decoded. Guess, revisit.
const SILENT: Duration = Duration::from_secs(3);
/// Changes of the index that wait for the database: a day of 64 cameras at two a minute is 184,000.
const BACKLOG_MAX: usize = 200_000;
/// A change of a camera's wall clock below this is noise of its reports. Guess, revisit.
const OFFSET_MIN_MS: i64 = 500;
/// How long no unit may be dropped before the disk counts as fast enough again. Guess, revisit.
const CALM: Duration = Duration::from_secs(60);

/// One camera, as the writer knows it.
#[derive(Debug)]
struct Camera {
    feed: CameraFeed,
    queue: Arc<UnitQueue>,
    track: Track,
    shelf: CameraShelf,
    heard: Duration,
    offset_ms: Option<i64>,
    overflown: Option<Duration>,
}

/// The writer and all it holds.
pub struct Writer {
    disk: Disk,
    clock: Arc<dyn Clock>,
    news: mpsc::Sender<News>,
    pulse: Pulse,
    cameras: Vec<Camera>,
    backlog: VecDeque<News>,
    /// Entries of the index that were given up.
    given_up: u64,
    checked: Option<Duration>,
    fault: Option<FaultKind>,
    was_missing: bool,
}

impl Writer {
    /// A writer without cameras.
    #[must_use]
    pub fn new(disk: Disk, clock: Arc<dyn Clock>, news: mpsc::Sender<News>) -> Self {
        let pulse = Pulse::new(clock.elapsed());
        Self {
            disk,
            clock,
            news,
            pulse,
            cameras: Vec::new(),
            backlog: VecDeque::new(),
            given_up: 0,
            checked: None,
            fault: None,
            was_missing: false,
        }
    }

    /// By which it is seen from outside that it works.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Takes a camera, whose last file has the number `last` and whose record goes on at `begun`.
    /// One without a queue is not recorded.
    pub fn add(&mut self, feed: &CameraFeed, plan: Plan, (last, begun): (i64, UnixMs)) {
        let Some(queue) = feed.main.record.clone() else { return };
        let mut shelf = CameraShelf::new(self.disk.clone(), feed.id.clone(), last);
        let track = Track::begin(plan, Cause::Connecting, begun, &mut shelf);
        let heard = self.clock.elapsed();
        let feed = feed.clone();
        let (offset_ms, overflown) = (None, None);
        self.cameras.push(Camera { feed, queue, track, shelf, heard, offset_ms, overflown });
    }

    /// Works until `stop`, then writes what is there and ends every file.
    pub fn run(mut self, stop: &CancellationToken) {
        loop {
            let stopping = stop.is_cancelled();
            self.round();
            self.pulse.beat(self.clock.elapsed());
            if stopping {
                break;
            }
            std::thread::park_timeout(ROUND);
        }
        let now = self.clock.now();
        for camera in &mut self.cameras {
            camera.track.end(&Cause::DaemonStopped, now, &mut camera.shelf);
        }
        self.collect();
        for news in self.backlog.drain(..) {
            // The index has ended before us: what it does not know, the next start finds.
            if self.news.blocking_send(news).is_err() {
                break;
            }
        }
    }

    fn round(&mut self) {
        let now = (self.clock.now(), self.clock.elapsed());
        let lost = self.disk_lost(now.1);
        for camera in &mut self.cameras {
            camera.round(now, lost.as_ref(), &mut self.backlog);
        }
        self.tell_fault();
        self.collect();
        self.send();
    }

    /// Why the disk cannot be used, looked at now and then.
    fn disk_lost(&mut self, now: Duration) -> Option<Cause> {
        if self.checked.is_some_and(|at| now.saturating_sub(at) < CHECK_EVERY) {
            return None;
        }
        self.checked = Some(now);
        let lost = self.disk.check().err();
        if self.was_missing && lost.is_none() {
            self.backlog.push_back(News::DiskBack);
        }
        self.was_missing = lost.is_some();
        lost
    }

    /// Raises or ends the fault of the disk, as the cameras' gaps have it.
    fn tell_fault(&mut self) {
        let now = self.cameras.iter().find_map(|camera| camera.track.gap().and_then(fault));
        if now == self.fault {
            return;
        }
        if let Some(over) = self.fault {
            self.backlog.push_back(News::Works(over, None));
        }
        if let Some(kind) = now {
            self.backlog.push_back(News::Broken(kind, None, self.disk.message(kind)));
        }
        self.fault = now;
    }

    /// What all cameras have to tell, as one change of the index.
    fn collect(&mut self) {
        let told: Vec<_> =
            self.cameras.iter_mut().flat_map(|camera| camera.shelf.told.drain(..)).collect();
        if !told.is_empty() {
            self.backlog.push_back(News::Changes(told));
        }
    }

    fn send(&mut self) {
        while let Some(news) = self.backlog.pop_front() {
            match self.news.try_send(news) {
                Ok(()) => {}
                Err(TrySendError::Full(news) | TrySendError::Closed(news)) => {
                    self.backlog.push_front(news);
                    break;
                }
            }
        }
        while self.backlog.len() > BACKLOG_MAX {
            self.backlog.pop_front();
            self.given_up += 1;
            if self.given_up.is_power_of_two() {
                let given_up = self.given_up;
                tracing::error!(given_up, "the database takes nothing; the index has holes");
            }
        }
    }
}

impl Camera {
    fn round(&mut self, now: (UnixMs, Duration), lost: Option<&Cause>, news: &mut VecDeque<News>) {
        if let Some(cause) = lost {
            self.track.disk_lost(cause, now, &mut self.shelf);
        }
        let drained = self.queue.drain();
        self.track.overflow(drained.lost);
        self.mind_overflow(drained.lost, now.1, news);
        if !drained.units.is_empty() {
            self.heard = now.1;
        }
        for unit in drained.units {
            self.track.push(unit, &mut self.shelf);
        }
        if let Some(cause) = self.silence(now.1) {
            self.track.down(&cause, now.0, &mut self.shelf);
        }
        self.track.tick(now.1, &mut self.shelf);
        self.mind_offset(now.0);
    }

    /// Why nothing comes from the camera; None while units come or may yet come.
    fn silence(&self, now: Duration) -> Option<Cause> {
        if self.heard == now {
            return None;
        }
        if let Some(code) = self.feed.main.facts.borrow().down {
            return Some(Cause::Camera(code.to_owned()));
        }
        let status = self.feed.status.borrow();
        let silent = now.saturating_sub(self.heard) >= SILENT;
        let down = status.state == CameraState::Down && silent;
        let code = status.code.filter(|_| down)?;
        Some(Cause::Camera(code.to_owned()))
    }

    fn mind_overflow(&mut self, lost: u64, now: Duration, news: &mut VecDeque<News>) {
        let camera = Some(self.feed.id.clone());
        if lost > 0 {
            if self.overflown.replace(now).is_none() {
                let message = format!(
                    "footage of camera {} was lost because the disk is too slow: check the disk, \
                     or raise record.queue_mib",
                    self.feed.id
                );
                news.push_back(News::Broken(FaultKind::QueueOverflow, camera, message));
            }
        } else if self.overflown.is_some_and(|at| now.saturating_sub(at) >= CALM) {
            self.overflown = None;
            news.push_back(News::Works(FaultKind::QueueOverflow, camera));
        }
    }

    /// Notes that the camera's wall clock has moved against ours.
    fn mind_offset(&mut self, now: UnixMs) {
        let Some(offset_ms) = self.feed.main.facts.borrow().camera_clock_ms else { return };
        let moved_ms = offset_ms - self.offset_ms.unwrap_or_default();
        if moved_ms.abs() > OFFSET_MIN_MS {
            self.offset_ms = Some(offset_ms);
            self.shelf.note(now, NoteKind::CameraOffset, offset_ms);
        }
    }
}
