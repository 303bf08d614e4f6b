//! The life of one stream: open, watch, say how it is, close, wait, open again, for ever.
//!
//! Exactly one attempt is alive. Nothing a stream does ends its task, and nothing it does reaches
//! another stream, not even of the same camera: each has its own receiver, threads and locks, and
//! a panic counts as a failed attempt. The password is read at each attempt, so a changed one
//! needs no restart.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{Board, Turns};
use crate::camera::StreamFacts;
use crate::camera::gst::source::{Source, SourceSettings};
use crate::camera::health::{Expect, Health, Progress};
use crate::camera::intake::{Intake, StreamOutlets};
use crate::camera::pace::{LookRate, Rate};
use crate::camera::reconnect::Attempts;
use crate::camera::retina;
use crate::camera::status::{DecodeMode, ModeReason, Said, SourceFault};
use crate::config;

/// How often progress is looked at.
const TICK: Duration = Duration::from_millis(250);
/// So many looks from one publication of the facts to the next: a second.
const FACTS_EVERY: u32 = 4;
/// Longest time to free a source; a dead camera keeps its thread longer and is left behind.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);
/// Sources that may be left behind at the same time; no other attempt begins until one of them is
/// gone, because each holds threads and memory.
const LEFT_MAX: usize = 4;

/// The task of one stream.
pub(super) struct StreamTask {
    pub(super) config: config::Camera,
    pub(super) outlets: Arc<StreamOutlets>,
    pub(super) facts: watch::Sender<StreamFacts>,
    pub(super) board: Arc<Board>,
    pub(super) turns: Arc<Turns>,
    /// Sources that did not let go and are left behind.
    pub(super) left: Arc<AtomicUsize>,
}

/// How an attempt ended: with a fault, or without one because the daemon stops.
struct Ended {
    fault: Option<SourceFault>,
    good_media: Duration,
}

impl Ended {
    const fn before_media(fault: SourceFault) -> Self {
        Self { fault: Some(fault), good_media: Duration::ZERO }
    }
}

/// Rates of one attempt.
#[derive(Default)]
struct Rates {
    units: Rate,
    bytes: Rate,
    frames: Rate,
    looks: Rate,
    looked: LookRate,
    ticks: u32,
}

impl StreamTask {
    /// Keeps the stream open until `stop`.
    pub(super) async fn run(self, stop: CancellationToken) {
        let role = self.outlets.stream.role;
        let mut attempts = Attempts::default();
        while !stop.is_cancelled() {
            if !self.turn(&stop).await {
                break;
            }
            let attempt = AssertUnwindSafe(self.attempt(&stop)).catch_unwind().await;
            let ended = attempt.unwrap_or_else(|_| {
                Ended::before_media(SourceFault::Pipeline("the attempt panicked".into()))
            });
            let Some(fault) = ended.fault else {
                break;
            };
            attempts = attempts.ended(ended.good_media);
            let wait = attempts.wait(chance());
            let (camera, code) = (&self.outlets.id, fault.code());
            tracing::warn!(%camera, stream = role.word(), code, ?wait, "camera down");
            self.facts.send_modify(|facts| facts.down = Some(fault.code()));
            self.board.say(role, Said::Down(fault));
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = tokio::time::sleep(wait) => {}
            }
            self.board.count_reconnect();
        }
    }

    /// Waits until this stream may be opened; false when the daemon stops.
    async fn turn(&self, stop: &CancellationToken) -> bool {
        loop {
            let crowded = self.left.load(Ordering::Relaxed) >= LEFT_MAX;
            let wait = if crowded { CLOSE_WITHIN } else { self.turns.take() };
            tokio::select! {
                biased;
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(wait) => {}
            }
            if !crowded {
                return true;
            }
        }
    }

    /// One attempt from opening to closing.
    async fn attempt(&self, stop: &CancellationToken) -> Ended {
        let (intake, faults) = Intake::new(Arc::clone(&self.outlets));
        let settings = match self.settings() {
            Ok(settings) => settings,
            Err(fault) => return Ended::before_media(fault),
        };
        let fault = if retina::takes(&settings) {
            // Whatever ends first drops the other; the receiver says goodbye on its own.
            let fault = tokio::select! {
                biased;
                fault = self.watch(&intake, faults, stop) => fault,
                fault = retina::receive(&settings, &intake) => Some(fault),
            };
            intake.close();
            fault
        } else {
            self.attempt_by_gst(settings, (&intake, faults), stop).await
        };
        Ended { fault, good_media: intake.progress().good_media() }
    }

    async fn attempt_by_gst(
        &self,
        settings: SourceSettings,
        (intake, faults): (&Arc<Intake>, mpsc::Receiver<SourceFault>),
        stop: &CancellationToken,
    ) -> Option<SourceFault> {
        let source = match Source::open(settings, Arc::clone(intake)) {
            Ok(source) => source,
            Err(fault) => return Some(fault),
        };
        let fault = self.watch(intake, faults, stop).await;
        intake.close();
        self.close(source).await;
        fault
    }

    fn settings(&self) -> Result<SourceSettings, SourceFault> {
        Ok(SourceSettings {
            url: self.config.url.clone(),
            username: self.config.username.clone(),
            password: self.config.password.reveal().map_err(SourceFault::NoSecret)?,
            transport: self.config.transport,
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
        let looking = self.outlets.looking.is_some();
        let expect = if looking { Expect::Pictures } else { Expect::Units };
        let mut tick = tokio::time::interval(TICK);
        let mut rates = Rates::default();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                Some(fault) = faults.recv() => return Some(fault),
                _ = tick.tick() => {}
            }
            let now = self.outlets.clock.elapsed();
            let progress = intake.progress();
            let role = self.outlets.stream.role;
            match progress.health(expect, (opened, now), self.key_distance_ms()) {
                Health::Coming => {}
                Health::Live => self.board.say(role, self.live(progress, &mut rates, now)),
                Health::Blind(fault) => self.board.say(role, Said::Down(fault)),
                Health::Over(fault) => return Some(fault),
            }
            self.publish_facts(progress, &mut rates, now);
        }
    }

    fn live(&self, progress: Progress, rates: &mut Rates, now: Duration) -> Said {
        let Some(looking) = &self.outlets.looking else {
            return Said::Live { fps: 0.0, frame_at: None, frames_dropped: 0, slowed_to: None };
        };
        let fps = rates.frames.measure(now, looking.frames.load(Ordering::Relaxed));
        let looks = rates.looks.measure(now, looking.inbox.looks(&self.outlets.id));
        Said::Live {
            fps,
            frame_at: progress.frame_seen_at,
            frames_dropped: looking.inbox.dropped(&self.outlets.id),
            slowed_to: rates.looked.measure(now, fps, looks),
        }
    }

    fn publish_facts(&self, progress: Progress, rates: &mut Rates, now: Duration) {
        let units = self.outlets.units.load(Ordering::Relaxed);
        let bytes = self.outlets.bytes.load(Ordering::Relaxed);
        let fps = rates.units.measure(now, units);
        let kbit_per_s = rates.bytes.measure(now, bytes) / 125.0;
        rates.ticks += 1;
        let coming = progress.unit_at.is_some();
        let news = coming && self.facts.borrow().down.is_some();
        if !news && !rates.ticks.is_multiple_of(FACTS_EVERY) {
            return;
        }
        let (mode, reason, awake) = self.gate_state();
        let count = |of: fn(&crate::camera::intake::Looking) -> u64| {
            self.outlets.looking.as_ref().map_or(0, of)
        };
        let known = |of: &std::sync::atomic::AtomicI64| {
            Some(of.load(Ordering::Relaxed)).filter(|ms| *ms != i64::MIN)
        };
        let camera_clock_ms = known(&self.outlets.camera_clock_ms);
        let delay_ms = known(&self.outlets.delay_ms);
        let ring = self.outlets.stream.units.lock().expect("no panic happens in the ring");
        let (format, key_distance_ms) = (ring.format(), ring.key_distance_ms());
        drop(ring);
        self.facts.send_modify(|facts| {
            *facts = StreamFacts {
                format: format.or_else(|| facts.format.take()),
                fps,
                kbit_per_s,
                key_distance_ms,
                camera_clock_ms,
                delay_ms,
                mode,
                reason,
                awake,
                decoded: count(|l| l.decoded.load(Ordering::Relaxed)),
                broken: count(|l| l.broken.load(Ordering::Relaxed)),
                units,
                down: if coming { None } else { facts.down },
            };
        });
    }

    /// A stream that is only received is never decoded, because the configuration says so.
    fn gate_state(&self) -> (DecodeMode, ModeReason, bool) {
        let Some(looking) = &self.outlets.looking else {
            return (DecodeMode::Gated, ModeReason::Configured, false);
        };
        looking.gate.lock().expect("no panic happens while the gate is held").state()
    }

    /// Frees a source, but waits no longer than a dead camera deserves.
    async fn close(&self, source: Source) {
        let (done, closed) = oneshot::channel::<()>();
        let left = Arc::clone(&self.left);
        left.fetch_add(1, Ordering::Relaxed);
        let started = source.close(move || {
            left.fetch_sub(1, Ordering::Relaxed);
            // The end of `done` is the message, so nothing has to be sent.
            drop(done);
        });
        let ended = tokio::time::timeout(CLOSE_WITHIN, closed).await;
        if started.is_err() || ended.is_err() {
            let left = self.left.load(Ordering::Relaxed);
            tracing::warn!(camera = %self.outlets.id, left, "a camera did not let go, left behind");
        }
    }

    fn key_distance_ms(&self) -> Option<i64> {
        let ring = self.outlets.stream.units.lock();
        ring.expect("no panic happens while the ring is held").key_distance_ms()
    }
}

/// A fraction 0..1 that spreads the attempts of many cameras.
fn chance() -> f32 {
    // Without a source of chance all cameras wait the whole step, which is safe.
    getrandom::u32().map_or(1.0, |bits| bits as f32 / u32::MAX as f32)
}
