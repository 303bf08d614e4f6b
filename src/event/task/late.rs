//! Clips that could not be written in time, out of the footage: the disk was full, the daemon died
//! during the post-roll, or the ring had lost the beginning.
//!
//! Works from rows: whatever event of the last day has no clip gets one as soon as the footage of
//! its time can be read and there is room for it. It never competes with the clip that the event's
//! own task is about to write.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Tell, of_event};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::event::News;
use crate::store::clip::plan_clip;
use crate::store::event::Event;
use crate::store::hold::Rolls;
use crate::store::{self, Store};

/// How often events without a clip are looked for.
const EVERY: Duration = Duration::from_secs(60);
/// An event is no longer looked at after this time; its footage can still be fetched by hand.
const YOUNG_MS: i64 = 86_400_000;
/// Time that the event's own task has for its clip after the post-roll (guess, revisit).
const PATIENCE_MS: i64 = 60_000;
/// Events that are read at once, and clips that are written in a pass (guess, revisit).
const PAGE: i64 = 50;
const CLIPS_MAX: usize = 16;

/// The task's parts.
pub struct LateClips {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    pub tell: Tell,
}

impl LateClips {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: trouble is logged, and the next pass tries again.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = every.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::warn!(%error, "late clips are tried again in {EVERY:?}");
            }
        }
    }

    /// Gives every young event without a clip the clip of its time; how many.
    ///
    /// # Errors
    /// The database refuses, or there is no room.
    pub async fn pass(&self) -> Result<usize, store::Error> {
        let (now, rolls) = (self.clock.now(), Rolls::of(&self.config.event));
        let before = now.plus_ms(-rolls.after_ms - PATIENCE_MS);
        let mut after = (now.plus_ms(-YOUNG_MS), String::new());
        let mut written = 0;
        while written < CLIPS_MAX {
            let asked = ((after.0, after.1.as_str()), before);
            let events = self.store.events_without_clip(asked, PAGE).await?;
            let Some(last) = events.last() else { break };
            after = (last.fired.at, last.id.clone());
            for event in &events {
                written += usize::from(self.catch_up(event, rolls).await?);
            }
        }
        Ok(written)
    }

    /// Writes the clip of an event, if there is footage of it. Whether it did.
    async fn catch_up(&self, event: &Event, rolls: Rolls) -> Result<bool, store::Error> {
        let at = event.fired.at;
        let time = (at.plus_ms(-rolls.before_ms), at.plus_ms(rolls.after_ms));
        let files = self.store.segments(&event.fired.camera, time.0, time.1).await?;
        let dir = self.config.footage_dir();
        let files: Vec<(PathBuf, _)> =
            files.into_iter().map(|file| (dir.join(&file.file), file)).collect();
        if files.is_empty() {
            return Ok(false);
        }
        let planned = tokio::task::spawn_blocking(move || plan_clip(&files, time)).await;
        let planned = planned.expect("looking through files does not panic");
        let Ok(clip) = planned.clip else { return Ok(false) };
        self.keep(event, (clip.clip.from, clip)).await?;
        tracing::info!(event.id = %event.id, "an event has got its clip late, out of the footage");
        (self.tell)(News::Evidence(event.id.clone()));
        Ok(true)
    }

    async fn keep(
        &self,
        event: &Event,
        (taken, clip): (UnixMs, store::clip::ClipFiles),
    ) -> Result<(), store::Error> {
        let now = self.clock.now();
        let place = self.store.evidence_place("video/mp4", now)?;
        let file = self.store.dir().join(&place.1);
        let parts = clip.clip.parts.clone();
        let written = tokio::task::spawn_blocking(move || clip.write_to(&file)).await;
        written.expect("writing a file does not panic")?;
        let new = of_event(&event.id, "clip", ("video/mp4", taken));
        let kept = self.store.keep_file(new, place, now).await?;
        self.store.note_parts(&kept.id, &parts).await
    }
}
