//! Starts the threads that look at frames.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::sync::mpsc::Sender;

use super::{Shared, Stage, Tasks};
use crate::camera::FrameInbox;
use crate::detect::Sighting;
use crate::detect::task::{DetectLoop, Detector, Eyes};
use crate::detect::watch::SceneNews;

/// Starts one thread a detector; they share the frames and what is remembered of the cameras.
pub(super) fn start(
    shared: &Shared,
    tasks: &Tasks,
    (frames, detectors): (Arc<FrameInbox>, Vec<Detector>),
    (out, scenes): (Sender<Sighting>, Sender<SceneNews>),
) -> anyhow::Result<()> {
    let eyes = Eyes::default();
    for detector in detectors {
        let looking = DetectLoop {
            inbox: Arc::clone(&frames),
            detector,
            clock: Arc::clone(&shared.clock),
            eyes: eyes.clone(),
            out: out.clone(),
            scenes: Some(scenes.clone()),
            learn: Arc::clone(&shared.learn),
            stats: Arc::clone(&shared.looked),
            stop: tasks.stop(Stage::Mouths),
        };
        std::thread::Builder::new()
            .name("detect".into())
            .spawn(move || looking.run())
            .context("a thread of the detector cannot start")?;
    }
    Ok(())
}
