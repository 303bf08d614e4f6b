//! What records and keeps: the parts of this stage that wait, and that touch files.
//!
//! One thread writes all footage; a task carries what it tells into the index. At start what a
//! crash has left is set right first, then every camera begins with a gap, and the rest of the
//! disk is compared with the index while recording runs.

pub mod check;
pub mod disk;
pub mod keeper;
pub mod mend;
pub mod shelf;
pub mod writer;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::disk::Disk;
use self::writer::Writer;
use super::cut::{Plan, STEP_MIN_MS};
use super::pulse::{HANGS, Pulse};
use super::{ClockNote, FaultKind, NoteKind};
use crate::camera::{CameraFeed, CameraId};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::store::segment::FootageChange;
use crate::store::{self, Store};

/// News between the writer and the index; the writer keeps what does not fit.
const NEWS_MAX: usize = 64;
/// Wait before the database is asked again. Guess, revisit.
const AGAIN: Duration = Duration::from_millis(500);
/// How often the server's wall clock is compared with its monotone one.
const LOOK: Duration = Duration::from_secs(1);

/// What the writer tells the index.
#[derive(Clone, Debug)]
pub enum News {
    Changes(Vec<FootageChange>),
    Broken(FaultKind, Option<CameraId>, String),
    Works(FaultKind, Option<CameraId>),
    /// The disk of the footage is there again: what was left undone can be done.
    DiskBack,
}

/// The recorder, ready to start.
pub struct Recorder {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    disk: Disk,
    numbers: HashMap<CameraId, i64>,
    /// The moment at which the records of the last run end and those of this one begin.
    begun: UnixMs,
    news: (mpsc::Sender<News>, mpsc::Receiver<News>),
}

/// The task that carries news into the index.
pub struct IndexTask {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    disk: Disk,
    news: mpsc::Receiver<News>,
    pulse: Pulse,
    /// The disk does not answer the writer.
    hangs: bool,
    /// Files that this run has begun: those are not left over.
    ours: HashSet<String>,
    /// Up to these numbers the files are from earlier runs.
    numbers: HashMap<CameraId, i64>,
    /// Cameras whose files are still to be compared with the index.
    unread: Vec<CameraId>,
}

impl Recorder {
    /// Opens the disk and sets right what the last run has left.
    ///
    /// # Errors
    /// What the database said. A disk that refuses is no error: it is tried again.
    pub async fn prepare(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        config: Arc<Config>,
    ) -> Result<Self, store::Error> {
        let known = store.footage_disks().await?;
        let dir = config.footage_dir();
        let opened = tokio::task::spawn_blocking(move || Disk::new(dir, known)).await;
        let (disk, new) = opened.expect("looking at a folder does not panic");
        if let Some(marker) = new {
            store.know_footage_disk(&marker, clock.now()).await?;
        }
        mend::leftovers(&store, &disk, &HashSet::new()).await?;
        let begun = clock.now();
        let mut numbers = HashMap::new();
        for camera in &config.camera {
            let id =
                CameraId::try_from(camera.id.as_str()).expect("the configuration is validated");
            let recorded = camera.record;
            mend::unknown(&store, &disk, &id).await?;
            mend::begin(&store, &id, begun).await?;
            if !recorded {
                mend::not_recorded(&store, &id, begun).await?;
            }
            numbers.insert(id.clone(), mend::last_number(&store, &disk, &id).await?);
        }
        let news = mpsc::channel(NEWS_MAX);
        Ok(Self { store, clock, config, disk, numbers, begun, news })
    }

    /// Whether the right disk is there, for whoever deletes.
    #[must_use]
    pub fn disk_is_known(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let disk = self.disk.clone();
        Arc::new(move || disk.check().is_ok())
    }

    /// The writer, which belongs on a thread of its own, and the task of the index. The writer is
    /// to end first.
    #[must_use]
    pub fn parts(self, feeds: &[CameraFeed]) -> (Writer, IndexTask) {
        let mut writer = Writer::new(self.disk.clone(), Arc::clone(&self.clock), self.news.0);
        let segment = Duration::from_secs(self.config.record.segment_s.into());
        let fragment = Duration::from_millis(self.config.record.fragment_ms.into());
        for feed in feeds {
            let last = self.numbers.get(&feed.id).copied().unwrap_or_default();
            writer.add(feed, Plan::new(&feed.id, segment, fragment), (last, self.begun));
        }
        let index = IndexTask {
            store: self.store,
            clock: self.clock,
            disk: self.disk,
            news: self.news.1,
            pulse: writer.pulse(),
            hangs: false,
            ours: HashSet::new(),
            unread: self.numbers.keys().cloned().collect(),
            numbers: self.numbers,
        };
        (writer, index)
    }
}

impl IndexTask {
    /// Works until the writer has ended and all it told is in the index.
    ///
    /// # Errors
    /// None: what the database refuses is tried again.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK);
        let mut skew_ms = self.skew_ms();
        loop {
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Some(news) => self.take(news, &stop).await,
                    None => break,
                },
                _ = look.tick() => {
                    skew_ms = self.mind_clock(skew_ms, &stop).await;
                    self.mind_writer().await;
                }
                // Old files have time; what is new must not wait for them.
                camera = std::future::ready(self.unread.last().cloned()), if !self.unread.is_empty() => {
                    self.unread.pop();
                    self.compare(camera).await;
                }
            }
        }
        // The writer ends before this stage is stopped; the stage waits for its own stop.
        stop.cancelled().await;
        Ok(())
    }

    async fn take(&mut self, news: News, stop: &CancellationToken) {
        match news {
            News::Changes(changes) => {
                for change in &changes {
                    match change {
                        FootageChange::Open(segment) => {
                            self.ours.insert(segment.id.clone());
                        }
                        FootageChange::Finish(id, _) | FootageChange::Forget(id) => {
                            self.ours.remove(id);
                        }
                        FootageChange::Gap(_)
                        | FootageChange::EndGap(..)
                        | FootageChange::Note(_) => {}
                    }
                }
                self.index(&changes, stop).await;
            }
            News::Broken(kind, camera, message) => {
                tracing::error!("{message}");
                let now = self.clock.now();
                let raised = self.store.raise_fault(camera.as_ref(), kind, &message, now).await;
                told(raised);
            }
            News::Works(kind, camera) => {
                let ended = self.store.end_fault(camera.as_ref(), kind, self.clock.now()).await;
                told(ended);
            }
            News::DiskBack => {
                tracing::info!("the disk of the footage is there again");
                told(mend::leftovers(&self.store, &self.disk, &self.ours).await);
                self.unread = self.numbers.keys().cloned().collect();
            }
        }
    }

    /// Brings changes into the index, however long the database needs. Those that it can never
    /// take are left out one by one.
    async fn index(&self, changes: &[FootageChange], stop: &CancellationToken) {
        let mut failed = 0_u32;
        loop {
            let error = match self.store.index_footage(changes).await {
                Ok(()) => return,
                Err(error) => error,
            };
            failed += 1;
            if error.is_lasting() || stop.is_cancelled() {
                tracing::error!(%error, "the index of footage does not take everything");
                break;
            }
            if failed.is_power_of_two() {
                tracing::warn!(%error, failed, "the index of footage waits for the database");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
        for change in changes {
            if let Err(error) = self.store.index_footage(std::slice::from_ref(change)).await {
                tracing::error!(%error, ?change, "a change of the index of footage is lost");
            }
        }
    }

    /// A camera's files of earlier runs against the disk, in both directions.
    async fn compare(&self, camera: Option<CameraId>) {
        let Some(camera) = camera.filter(|_| self.disk.check().is_ok()) else { return };
        let last = self.numbers.get(&camera).copied().unwrap_or_default();
        told(mend::compare(&self.store, &self.disk, (&camera, last), self.clock.now()).await);
    }

    /// Says that the disk hangs while the writer waits for it, and when that is over.
    async fn mind_writer(&mut self) {
        let hangs = self.pulse.silent(self.clock.elapsed()) >= HANGS;
        if hangs == std::mem::replace(&mut self.hangs, hangs) {
            return;
        }
        let (kind, now) = (FaultKind::DiskFailing, self.clock.now());
        if hangs {
            let dir = self.disk.dir().display();
            let message = format!(
                "the disk of the footage {dir} has not answered for {} s: check it and its cable;                  what comes meanwhile waits in memory, up to record.queue_mib a camera",
                HANGS.as_secs()
            );
            tracing::error!("{message}");
            told(self.store.raise_fault(None, kind, &message, now).await);
        } else {
            tracing::info!("the disk of the footage answers again");
            told(self.store.end_fault(None, kind, now).await);
        }
    }

    /// How far the wall clock is before the monotone one.
    fn skew_ms(&self) -> i64 {
        let elapsed = i64::try_from(self.clock.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.clock.now().since_ms(UnixMs(elapsed))
    }

    /// Notes a step of the server's own clock.
    async fn mind_clock(&self, before_ms: i64, stop: &CancellationToken) -> i64 {
        let now_ms = self.skew_ms();
        let by_ms = now_ms - before_ms;
        if by_ms.abs() < STEP_MIN_MS {
            // Slow corrections add up without being a step.
            return now_ms;
        }
        tracing::warn!(by_ms, "the clock of this machine was set");
        let at = self.clock.now();
        let note = ClockNote { camera: None, at, kind: NoteKind::ServerStep, by_ms };
        self.index(&[FootageChange::Note(note)], stop).await;
        now_ms
    }
}

/// Says what went wrong; the next start or the next turn tries again.
fn told<T>(done: Result<T, store::Error>) {
    if let Err(error) = done {
        tracing::error!(%error, "the index of footage is behind the disk");
    }
}
