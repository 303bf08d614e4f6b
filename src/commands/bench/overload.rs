//! Cameras that want more than the machine can do: how many frames are shed, and whether every one
//! keeps its share of the looks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::detect::Detect;
use crate::camera::status::PROMISED_PER_S;
use crate::camera::{CameraId, Frame, FrameInbox};
use crate::clock::{Clock, RealClock};
use crate::config;
use crate::detect::Sighting;
use crate::detect::task::{DetectLoop, Detector, Eyes};

/// How often it is seen to that due frames are put.
const STEP: Duration = Duration::from_millis(2);
/// Sightings under way, as in the daemon.
const SIGHTINGS_MAX: usize = 24;
/// Share of its share that a camera must get: looks are whole, and the first round learns.
const KEPT: f64 = 0.9;

/// What became of the cameras.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Overload {
    pub(super) cameras: u32,
    pub(super) threads: u32,
    pub(super) seconds: f64,
    pub(super) asked_per_s: f64,
    pub(super) looks_per_s: f64,
    /// Frames replaced by newer ones before anybody looked.
    pub(super) frames_shed: u64,
    /// Looks a second of the camera that got the fewest, and of the one that got the most.
    pub(super) least_per_s: f64,
    pub(super) most_per_s: f64,
    /// What each can have: all looks shared out, and no more than it asked for.
    pub(super) share_per_s: f64,
    /// Longest time between two looks at one camera, ms.
    pub(super) longest_ms: f64,
    /// Whether every camera got its share.
    pub(super) share_kept: bool,
    /// Such cameras that this machine can look at as often as every camera is promised.
    pub(super) cameras_promised: u32,
}

/// What was seen of one camera.
#[derive(Clone, Copy, Debug)]
struct Seen {
    looks: u32,
    last: Duration,
    longest: Duration,
}

impl Overload {
    /// Has cameras play the pictures, each from another one on, into the detector's own loop.
    ///
    /// # Errors
    /// A model is missing or another one.
    pub(super) async fn measure(
        ask: &Detect,
        settings: &config::Detect,
        pictures: &[Frame],
    ) -> anyhow::Result<Self> {
        let fps = ask.fps.unwrap_or(settings.fps).max(1);
        let inbox = Arc::new(FrameInbox::default());
        let (out, sightings) = mpsc::channel(SIGHTINGS_MAX);
        let stop = CancellationToken::new();
        let clock: Arc<dyn Clock> = Arc::new(RealClock::new());
        let eyes = Eyes::default();
        let mut threads = Vec::new();
        for _ in 0..ask.threads.max(1) {
            let looking = DetectLoop {
                inbox: Arc::clone(&inbox),
                detector: Detector::load(settings, Path::new(""))?,
                clock: Arc::clone(&clock),
                eyes: eyes.clone(),
                out: out.clone(),
                scenes: None,
                learn: Arc::default(),
                stats: Arc::default(),
                stop: stop.clone(),
            };
            threads.push(tokio::task::spawn_blocking(move || looking.run()));
        }
        drop(out);
        let cameras = (0..ask.cameras).map(|at| CameraId::try_from(format!("c{at}").as_str()));
        let cameras: Vec<CameraId> =
            cameras.collect::<Result<_, _>>().map_err(|error| anyhow!(error))?;
        let crowd = Crowd { cameras, pictures, fps, inbox: &inbox, clock: &*clock };
        let during = Duration::from_secs(ask.seconds.into());
        let (asked, seen) = crowd.play(sightings, during).await;
        let shed = crowd.cameras.iter().map(|camera| inbox.dropped(camera)).sum();
        stop.cancel();
        inbox.close();
        for thread in threads {
            thread.await.context("a thread of the detector panicked")?;
        }
        Ok(Self { threads: ask.threads, ..Self::of((asked, shed), &seen, during) })
    }

    fn of((asked, frames_shed): (u32, u64), seen: &[Seen], during: Duration) -> Self {
        let seconds = during.as_secs_f64();
        let rate = |looks: u32| f64::from(looks) / seconds;
        let counts = || seen.iter().map(|camera| camera.looks);
        let cameras = seen.len().max(1) as f64;
        let looks_per_s = rate(counts().sum());
        let asked_per_s = rate(asked);
        let share_per_s = looks_per_s.min(asked_per_s) / cameras;
        let least_per_s = rate(counts().min().unwrap_or_default());
        let longest = seen.iter().map(|camera| camera.longest).max().unwrap_or_default();
        Self {
            cameras: seen.len() as u32,
            threads: 1,
            seconds,
            asked_per_s,
            looks_per_s,
            frames_shed,
            least_per_s,
            most_per_s: rate(counts().max().unwrap_or_default()),
            share_per_s,
            longest_ms: longest.as_secs_f64() * 1_000.0,
            share_kept: least_per_s >= KEPT * share_per_s,
            cameras_promised: (looks_per_s / f64::from(PROMISED_PER_S)) as u32,
        }
    }
}

/// The cameras of a measurement.
struct Crowd<'a> {
    cameras: Vec<CameraId>,
    pictures: &'a [Frame],
    fps: u32,
    inbox: &'a FrameInbox,
    clock: &'a dyn Clock,
}

impl Crowd<'_> {
    /// Plays for so long; the number of frames put, and what was seen of each camera.
    async fn play(
        &self,
        mut sightings: mpsc::Receiver<Sighting>,
        during: Duration,
    ) -> (u32, Vec<Seen>) {
        let (began, interval) = (self.clock.elapsed(), Duration::from_secs(1) / self.fps);
        let mut seen: BTreeMap<CameraId, Seen> = BTreeMap::new();
        let idle = Seen { looks: 0, last: began, longest: Duration::ZERO };
        seen.extend(self.cameras.iter().map(|camera| (camera.clone(), idle)));
        let mut asked = 0;
        let mut ticks = tokio::time::interval(STEP);
        loop {
            let now = self.clock.elapsed();
            let passed = now.saturating_sub(began);
            if passed >= during {
                let ended = |mut camera: Seen| {
                    camera.longest = camera.longest.max(now.saturating_sub(camera.last));
                    camera
                };
                return (asked, seen.into_values().map(ended).collect());
            }
            tokio::select! {
                biased;
                Some(sighting) = sightings.recv() => {
                    if let Some(camera) = seen.get_mut(&sighting.frame.camera) {
                        let now = self.clock.elapsed();
                        camera.looks += 1;
                        camera.longest = camera.longest.max(now.saturating_sub(camera.last));
                        camera.last = now;
                    }
                }
                _ = ticks.tick() => asked += self.put(asked, (passed, interval)),
            }
        }
    }

    /// Puts what is due after so long, each camera a little later than the one before it; gives how
    /// many frames that were. `put` have been.
    fn put(&self, put: u32, (passed, interval): (Duration, Duration)) -> u32 {
        let cameras = self.cameras.len() as u32;
        let due = (passed.as_secs_f64() / interval.as_secs_f64() * f64::from(cameras)) as u32;
        for number in put..due.max(put) {
            let (at, round) = (number % cameras, number / cameras);
            // Each plays the pictures from another one on.
            let picture = (at as usize * self.pictures.len() / cameras as usize + round as usize)
                % self.pictures.len();
            self.inbox.put(Arc::new(Frame {
                camera: self.cameras[at as usize].clone(),
                seq: round.into(),
                seen_at: self.clock.now(),
                ..self.pictures[picture].clone()
            }));
        }
        due.saturating_sub(put)
    }
}
