//! The durable line: sightings in, event rows out.
//!
//! When a rule fires, its row is committed before anything else happens, and nothing is taken from
//! the detector until it is: then cameras drop frames, and count them. The still and what was seen
//! up to then follow at once, the clip and what was seen since when its post-roll is over.

pub mod late;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::evidence::{self, PendingClip};
use super::rule::{self, Memory, RuleSet};
use super::trace::{Look, Reach, Recent, Shape, Trace};
use super::{Fired, News, Proposal, Severity};
use crate::camera::units::UnitRing;
use crate::camera::{CameraId, Frame, write_clip};
use crate::clock::{Clock, Local, UnixMs};
use crate::config;
use crate::detect::Sighting;
use crate::detect::standing::Standing;
use crate::store::event::Event;
use crate::store::evidence::NewEvidence;
use crate::store::{self, Store};

/// How often clips are looked at; their post-roll is seconds.
const CLIPS_EVERY: Duration = Duration::from_millis(500);
/// Pause before an event row is tried again, while the database refuses.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often it is kept what stands in the pictures: a minute of it may be lost (guess, revisit).
const STANDING_EVERY: Duration = Duration::from_secs(60);
/// Clips written at once: writing copies, it does not encode (guess, revisit).
const CLIPS_MAX: usize = 4;

/// Who is told of news, without waiting.
pub type Tell = Arc<dyn Fn(News) + Send + Sync>;

/// One camera as this task needs it.
pub struct Watched {
    pub config: config::Camera,
    pub rules: RuleSet,
    pub units: Arc<Mutex<UnitRing>>,
}

/// The task's parts.
pub struct EventTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub zone: TimeZone,
    pub rolls: config::Event,
    pub cameras: HashMap<CameraId, Watched>,
    pub sightings: mpsc::Receiver<Sighting>,
    pub tell: Tell,
}

/// What the loop remembers besides.
#[derive(Default)]
struct Work {
    memories: HashMap<CameraId, Memory>,
    /// What was last seen by each camera.
    recent: HashMap<CameraId, Recent>,
    pending: Vec<PendingClip>,
    writing: JoinSet<()>,
}

impl EventTask {
    /// Works until `stop` or until no detector is left.
    ///
    /// # Errors
    /// None: trouble with the store is tried again, and logged.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut work = Work { memories: self.memories().await, ..Work::default() };
        let mut clips = tokio::time::interval(CLIPS_EVERY);
        let mut standing = tokio::time::interval(STANDING_EVERY);
        standing.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        standing.reset();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = clips.tick() => self.write_clips(&mut work),
                _ = standing.tick() => self.keep_standing(&mut work).await,
                sighting = self.sightings.recv() => match sighting {
                    Some(sighting) => self.look(sighting, &mut work, &stop).await,
                    None => break,
                },
            }
        }
        self.keep_standing(&mut work).await;
        self.finish(work).await;
        Ok(())
    }

    /// What stood in the pictures when the daemon last ran.
    async fn memories(&self) -> HashMap<CameraId, Memory> {
        let kept = match self.store.standing().await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(%error, "what stood in the pictures is not known; it is new again");
                return HashMap::new();
            }
        };
        let known = kept.into_iter().filter_map(|(camera, places)| {
            let camera = CameraId::try_from(camera.as_str()).ok()?;
            self.cameras.contains_key(&camera).then(|| {
                tracing::debug!(camera.id = %camera, "{} things stood here before", places.len());
                (camera, Memory::with(Standing::restored(places)))
            })
        });
        known.collect()
    }

    /// Keeps what stands in the pictures. It is tried again in a minute when it fails.
    async fn keep_standing(&self, work: &mut Work) {
        for (camera, memory) in &mut work.memories {
            if memory.standing.take_changed() {
                self.keep_places(camera, memory).await;
            }
        }
    }

    async fn keep_places(&self, camera: &CameraId, memory: &Memory) {
        if let Err(error) = self.store.keep_standing(camera, memory.standing.places()).await {
            tracing::warn!(camera.id = %camera, %error, "what stands in the picture is not kept");
        }
    }

    /// What was seen is kept, if only with a shorter post-roll.
    async fn finish(&self, mut work: Work) {
        for clip in &mut work.pending {
            clip.until = clip.until.min(self.clock.now());
        }
        while !work.pending.is_empty() || !work.writing.is_empty() {
            self.write_clips(&mut work);
            work.writing.join_next().await;
        }
    }

    async fn look(&self, sighting: Sighting, work: &mut Work, stop: &CancellationToken) {
        let camera = sighting.frame.camera.clone();
        let Some(watched) = self.cameras.get(&camera) else { return };
        let look = Arc::new(Look::of(&sighting));
        for clip in work.pending.iter_mut().filter(|clip| clip.camera == camera) {
            clip.trace.follow(&look);
        }
        let recent = work.recent.entry(camera.clone()).or_default();
        recent.push(look, i64::from(self.rolls.pre_roll_s) * 1000);
        let memory = work.memories.entry(camera.clone()).or_default();
        let local = Local::of(sighting.frame.seen_at, &self.zone);
        let moment = Moment { frame: &sighting.frame, recent };
        for fired in rule::evaluate(&watched.rules, memory, &sighting, local) {
            if let Some(clip) = self.keep(watched, fired, moment, stop).await {
                work.pending.push(clip);
            }
        }
        // What a rule has told of is kept at once: after a restart it is not told again.
        if memory.standing.take_told() {
            self.keep_places(&camera, memory).await;
        }
    }

    /// Commits the event, then its still and what was seen so far. `None` when the daemon stops
    /// before it is committed.
    async fn keep(
        &self,
        watched: &Watched,
        fired: Fired,
        Moment { frame, recent }: Moment<'_>,
        stop: &CancellationToken,
    ) -> Option<PendingClip> {
        let event = self.event(watched, fired);
        let post_roll_ms = i64::from(self.rolls.post_roll_s) * 1000;
        let shape = Shape::of(&watched.config, &event.fired.reason.zone);
        let trace = Trace::begin(&event.fired, shape, recent, post_roll_ms);
        self.commit(&event, stop).await?;
        let still = Still { store: Arc::clone(&self.store), now: self.clock.now() };
        let unkept = match still.keep(&event.id, frame).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(event.id = %event.id, %error, "a still is not stored; tried again");
                Some(Arc::clone(frame))
            }
        };
        (self.tell)(News::Saved);
        // Before the post-roll, so that a restart within it loses only what would have followed.
        keep_trace(&self.store, (&event.id, &trace, Reach::Firing), self.clock.now()).await;
        let at = event.fired.at;
        Some(PendingClip {
            event: event.id,
            camera: event.fired.camera,
            unkept,
            trace,
            from: at.plus_ms(-i64::from(self.rolls.pre_roll_s) * 1000),
            until: at.plus_ms(post_roll_ms),
        })
    }

    /// Tries until the event is stored. A shelved rule loses nothing: its events are kept and
    /// counted, and only the desk does not file them.
    async fn commit(&self, event: &Event, stop: &CancellationToken) -> Option<()> {
        let rule = &event.fired.reason.rule;
        loop {
            match self.store.save_event(event, self.clock.now()).await {
                Ok(None) => return Some(()),
                Ok(Some(shelf)) => {
                    let camera = &event.fired.camera;
                    tracing::info!(camera.id = %camera, rule.id = %rule, event.id = %event.id,
                        request.id = %shelf, "rule {rule} is shelved; its event is kept unfiled");
                    return Some(());
                }
                Err(error) => {
                    tracing::error!(event.id = %event.id, %error,
                        "an event is not stored; tried again");
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(RETRY_AFTER) => {}
            }
        }
    }

    fn event(&self, watched: &Watched, fired: Fired) -> Event {
        let camera = &watched.config;
        let named = camera.rule.iter().find(|rule| rule.id == fired.reason.rule);
        let rule = named.expect("only rules of the configuration fire");
        tracing::info!(camera.id = %camera.id, rule.id = %rule.id, "rule {} fired", rule.id);
        Event {
            id: uuid::Uuid::now_v7().to_string(),
            fired,
            camera_name: camera.name.clone(),
            rule_name: rule.name.clone(),
            proposal: Proposal {
                severity: Severity::parse(&rule.severity).expect("the configuration is validated"),
                category: rule.category.clone(),
                place: camera.place.clone(),
            },
            coalesce_ms: i64::from(rule.coalesce_ms),
            ticket: None,
        }
    }

    /// Starts writing the clips whose post-roll is over, a few at a time.
    fn write_clips(&self, work: &mut Work) {
        while work.writing.try_join_next().is_some() {}
        let room = CLIPS_MAX.saturating_sub(work.writing.len());
        for clip in evidence::complete(&mut work.pending, self.clock.now(), room) {
            let Some(watched) = self.cameras.get(&clip.camera) else { continue };
            let writer = ClipWriter {
                store: Arc::clone(&self.store),
                units: Arc::clone(&watched.units),
                now: self.clock.now(),
                tell: Arc::clone(&self.tell),
            };
            work.writing.spawn(writer.write(clip));
        }
    }
}

fn of_event<'a>(event: &'a str, kind: &'static str, of: (&'static str, UnixMs)) -> NewEvidence<'a> {
    let (mime, taken) = of;
    NewEvidence { event: Some(event), ticket: None, kind, mime, taken, by: "gengfu" }
}

/// Keeps what was seen around an event. It is written at the firing and again at the end of the
/// post-roll, which also makes up for a first writing that failed.
async fn keep_trace(store: &Store, of: (&str, &Trace, Reach), now: UnixMs) {
    let (event, trace, reach) = of;
    let new = of_event(event, "trace", ("application/json", trace.begins()));
    if let Err(error) = store.keep_trace(new, trace.to_json(reach), now).await {
        tracing::error!(event.id = %event, %error, "what was seen around an event is not stored");
    }
}

/// What there is at the moment of a firing.
#[derive(Clone, Copy)]
struct Moment<'a> {
    frame: &'a Arc<Frame>,
    recent: &'a Recent,
}

/// Stores the picture of an event.
struct Still {
    store: Arc<Store>,
    now: UnixMs,
}

impl Still {
    async fn keep(&self, event: &str, frame: &Arc<Frame>) -> Result<(), Trouble> {
        let (picture, seen_at) = (Arc::clone(frame), frame.seen_at);
        let encode = move || evidence::still(&picture, None);
        let jpeg = tokio::task::spawn_blocking(encode).await??;
        let new = of_event(event, "snapshot", ("image/jpeg", seen_at));
        self.store.keep_bytes(new, jpeg, self.now).await?;
        Ok(())
    }
}

/// Why a piece of evidence is missing.
type Trouble = Box<dyn std::error::Error + Send + Sync>;

struct ClipWriter {
    store: Arc<Store>,
    units: Arc<Mutex<UnitRing>>,
    now: UnixMs,
    tell: Tell,
}

impl ClipWriter {
    async fn write(self, clip: PendingClip) {
        if let Some(frame) = &clip.unkept {
            let still = Still { store: Arc::clone(&self.store), now: self.now };
            if let Err(error) = still.keep(&clip.event, frame).await {
                tracing::error!(event.id = %clip.event, %error, "an event has no still");
            }
        }
        keep_trace(&self.store, (&clip.event, &clip.trace, Reach::PostRoll), self.now).await;
        match self.try_write(&clip).await {
            Ok(()) => (self.tell)(News::Evidence(clip.event)),
            Err(error) => {
                tracing::error!(event.id = %clip.event, %error, "an event has no clip");
            }
        }
    }

    async fn try_write(&self, clip: &PendingClip) -> Result<(), Trouble> {
        let (codec, units) = {
            let ring = self.units.lock().expect("no panic happens while the ring is held");
            (ring.codec(), ring.since(clip.from))
        };
        let codec = codec.ok_or("the camera has sent no video")?;
        let units: Vec<_> = units.into_iter().filter(|unit| unit.seen_at <= clip.until).collect();
        let taken = units.first().map_or(clip.from, |unit| unit.seen_at);
        let place = self.store.evidence_place("video/mp4", self.now)?;
        let file: PathBuf = self.store.dir().join(&place.1);
        tokio::task::spawn_blocking(move || write_clip(codec, &units, &file)).await??;
        let new = of_event(&clip.event, "clip", ("video/mp4", taken));
        self.store.keep_file(new, place, self.now).await?;
        Ok(())
    }
}
