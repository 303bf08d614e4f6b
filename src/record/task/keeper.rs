//! The keeper: deletes footage that is old enough, and makes room on a full disk, by the rules of
//! `retention.rs`.
//!
//! It works from rows, a bounded number of files a pass, and never on a disk that is not the known
//! one. The file goes before its row: a crash between the two leaves a row without a file, which
//! the next pass finishes. Nothing goes below its floor before the fault that says so is stored.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::camera::CameraId;
use crate::clock::{Clock, UnixMs};
use crate::config::{Config, Record, Retention};
use crate::record::hold::{Held, Hold};
use crate::record::retention::{self, Aged, ClassSince, Rule};
use crate::record::{FaultKind, Segment};
use crate::store::hold::Rolls;
use crate::store::{self, Store};

/// How often it looks: 32 cameras at 4 Mbit/s write 480 MB in that time, a quarter of the room that
/// is kept free (guess, revisit).
const EVERY: Duration = Duration::from_secs(30);
/// Files of one camera that are looked at in a round, and files that go in one.
const PAGE: usize = 32;
const GOES_MAX: usize = 256;
/// Rounds in a pass: with the above, 2048 files, an hour of 32 cameras (guess, revisit).
const ROUNDS_MAX: usize = 8;
/// Pages of held files that are passed over for one camera in a round (guess, revisit).
const HELD_PAGES_MAX: usize = 64;
/// A disk that had to give footage below its floor is too small until it has done without for this
/// long (guess, revisit).
const RELIEVED_MS: i64 = 86_400_000;
const DAY_MS: i64 = 86_400_000;
const MIB: u64 = 1024 * 1024;

/// Whether the disk under the footage is the one that the index speaks of.
pub type DiskIsKnown = Arc<dyn Fn() -> bool + Send + Sync>;

/// The keeper's parts.
pub struct KeeperTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    /// Asked before each pass, and on its thread: it reads the disk.
    pub disk_is_known: DiskIsKnown,
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// Files that went.
    pub deleted: usize,
    /// Bytes that went.
    pub freed: u64,
    /// Bytes that the disk still lacks.
    pub short: u64,
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("footage at {} cannot be deleted: {source}; check the disk", path.display())]
    Disk { path: PathBuf, source: std::io::Error },
}

/// What a pass knows before it begins.
struct Rules {
    holds: Vec<Hold>,
    classes: Vec<(CameraId, Vec<ClassSince>)>,
    now: UnixMs,
}

impl KeeperTask {
    /// Keeps until `stop`.
    ///
    /// # Errors
    /// None: trouble is logged, and the next pass tries again.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut remembered = false;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = every.tick() => {}
            }
            if !remembered {
                remembered = self.told(self.remember().await.map_err(Trouble::Store)).is_some();
            }
            // Without the classes footage of a key target might count as ordinary.
            if remembered && let Some(pass) = self.told(self.pass().await) {
                tracing::debug!(pass.deleted, pass.freed, pass.short, "footage was looked through");
            }
        }
    }

    fn told<T>(&self, done: Result<T, Trouble>) -> Option<T> {
        done.inspect_err(|error| tracing::error!(%error, "footage is not looked through")).ok()
    }

    /// Notes the class of every configured camera, and of every camera that has footage but is not
    /// configured and was never noted.
    ///
    /// # Errors
    /// What the database said.
    pub async fn remember(&self) -> Result<(), store::Error> {
        let now = self.clock.now();
        let known = self.store.classes().await?;
        for camera in &self.config.camera {
            let Ok(id) = CameraId::try_from(camera.id.as_str()) else { continue };
            // The first class is that of all its footage.
            let since = if known.contains_key(&id) { now } else { UnixMs(0) };
            self.store.remember_class(&id, camera.retention, since).await?;
        }
        let known = self.store.classes().await?;
        for id in self.store.recorded_cameras().await? {
            if !known.contains_key(&id) {
                self.store.remember_class(&id, Retention::Ordinary, UnixMs(0)).await?;
            }
        }
        Ok(())
    }

    /// Looks once through all footage and deletes what has to go.
    ///
    /// # Errors
    /// The database or the disk refuses; what was decided before stays decided.
    pub async fn pass(&self) -> Result<Pass, Trouble> {
        let mut pass = Pass::default();
        if !self.disk_is_known().await {
            tracing::debug!("the disk of the footage is not the known one; nothing is deleted");
            return Ok(pass);
        }
        let now = self.clock.now();
        let holds = self.store.holds(Rolls::of(&self.config.event), now).await?;
        let classes = self.store.classes().await?.into_iter().collect();
        let rules = Rules { holds, classes, now };
        for _ in 0..ROUNDS_MAX {
            let before = pass.deleted;
            self.round(&rules, &mut pass).await?;
            if pass.deleted == before {
                break;
            }
        }
        self.tell(pass, now).await?;
        Ok(pass)
    }

    async fn disk_is_known(&self) -> bool {
        let asked = Arc::clone(&self.disk_is_known);
        tokio::task::spawn_blocking(move || asked()).await.unwrap_or(false)
    }

    async fn round(&self, rules: &Rules, pass: &mut Pass) -> Result<(), Trouble> {
        let missing = self.missing().await?;
        let files = self.oldest(rules, missing).await?;
        let aged: Vec<Aged> = files
            .iter()
            .enumerate()
            .filter_map(|(place, (file, classes))| {
                aged(place, (file, classes), &self.config.record)
            })
            .collect();
        let round = retention::round(&aged, missing, (rules.now, GOES_MAX));
        pass.short = round.short;
        if round.goes.iter().any(|(_, rule)| *rule == Rule::BelowFloor) {
            self.store
                .raise_fault(None, FaultKind::BelowFloor, &below_floor(missing), rules.now)
                .await?;
        }
        for (place, rule) in round.goes {
            let file = files[place].0.clone();
            let bytes = file.end.as_ref().and_then(|end| u64::try_from(end.bytes).ok());
            self.delete(file, rule, rules.now).await?;
            pass.deleted += 1;
            pass.freed += bytes.unwrap_or_default();
        }
        Ok(())
    }

    /// Bytes that are missing to the room that is kept free.
    async fn missing(&self) -> Result<u64, Trouble> {
        let (dir, need) = (self.config.footage_dir(), self.config.record.min_free_mib * MIB);
        let asked = dir.clone();
        let free = tokio::task::spawn_blocking(move || fs4::available_space(&asked));
        let free = free.await.map_err(std::io::Error::other).flatten();
        let free = free.map_err(|source| Trouble::Disk { path: dir, source })?;
        Ok(need.saturating_sub(free))
    }

    /// The oldest files of each camera that no hold covers.
    async fn oldest<'a>(
        &self,
        rules: &'a Rules,
        missing: u64,
    ) -> Result<Vec<(Segment, &'a [ClassSince])>, Trouble> {
        let record = &self.config.record;
        let least = record.ordinary.ceiling_days.min(record.key.ceiling_days);
        let ended_by = match missing {
            0 => rules.now.plus_ms(-i64::from(least) * DAY_MS),
            _ => rules.now,
        };
        let mut oldest = Vec::new();
        for (camera, classes) in &rules.classes {
            let held = Held::of(&rules.holds, camera, rules.now);
            let mut after = UnixMs(i64::MIN);
            for _ in 0..HELD_PAGES_MAX {
                let asked = (after, ended_by);
                let page = self.store.finished_segments(camera, asked, PAGE).await?;
                let (free, next) = retention::unheld(page, times, &held, PAGE);
                let found = !free.is_empty();
                oldest.extend(free.into_iter().map(|file| (file, classes.as_slice())));
                match next {
                    Some(next) if !found => after = next,
                    _ => break,
                }
            }
        }
        Ok(oldest)
    }

    /// The file, then its row.
    async fn delete(&self, file: Segment, rule: Rule, now: UnixMs) -> Result<(), Trouble> {
        let path = self.config.footage_dir().join(&file.file);
        match tokio::fs::remove_file(&path).await {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(Trouble::Disk { path, source });
            }
            // Gone: a pass before this one came no further.
            Ok(()) | Err(_) => {}
        }
        self.store.delete_footage(&file, rule, now).await?;
        let (camera, number) = (&file.camera, file.number);
        tracing::info!(camera.id = %camera, number, rule = rule.word(), "footage was deleted");
        Ok(())
    }

    /// Raises and ends the faults of a disk that is too small.
    async fn tell(&self, pass: Pass, now: UnixMs) -> Result<(), store::Error> {
        if pass.short > 0 && pass.deleted == 0 {
            let message = only_held(pass.short);
            self.store.raise_fault(None, FaultKind::OnlyHeld, &message, now).await?;
        } else {
            self.store.end_fault(None, FaultKind::OnlyHeld, now).await?;
        }
        let last = self.store.last_deletion(Rule::BelowFloor).await?;
        if pass.short == 0 && last.is_none_or(|last| now.since_ms(last) >= RELIEVED_MS) {
            self.store.end_fault(None, FaultKind::BelowFloor, now).await?;
        }
        Ok(())
    }
}

fn times(file: &Segment) -> (UnixMs, UnixMs) {
    (file.started, file.end.as_ref().map_or(file.started, |end| end.ended))
}

fn aged(place: usize, (file, classes): (&Segment, &[ClassSince]), record: &Record) -> Option<Aged> {
    let end = file.end.as_ref()?;
    Some(Aged {
        place,
        started: file.started,
        ended: end.ended,
        bytes: u64::try_from(end.bytes).unwrap_or_default(),
        keep: retention::keep(classes, file.started, record),
        held: false,
    })
}

fn below_floor(missing: u64) -> String {
    format!(
        "the disk of the footage lacks {} MiB, and all footage that may go is younger than its \
         floor; the oldest of it is deleted now. Add disk space, record fewer cameras, or lower \
         record.ordinary.floor_days where the law allows it",
        missing.div_ceil(MIB)
    )
}

fn only_held(missing: u64) -> String {
    format!(
        "the disk of the footage lacks {} MiB, and all that is left is held or being written; \
         nothing is deleted. Add disk space, or release holds that are no longer needed",
        missing.div_ceil(MIB)
    )
}
