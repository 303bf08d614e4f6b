//! Cameras' health as retained messages: whenever it changes, and again at every new connection,
//! because a broker may have lost what it retained.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::outgoing;
use super::task::LinkStatus;
use super::topic::SiteTopics;
use crate::camera::{CameraId, CameraState, CameraStatus};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::store::{self, Store};

/// How often health is compared with what was said last (guess, revisit).
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The task's parts.
pub struct HealthTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    pub topics: SiteTopics,
    pub cameras: Vec<watch::Receiver<CameraStatus>>,
    pub link: watch::Receiver<LinkStatus>,
    pub outbox: Arc<Notify>,
}

/// What readers of the feed care about: not every frame.
type Said = HashMap<CameraId, (CameraState, Option<&'static str>)>;

impl HealthTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what cannot be written is said at the next look.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut said = Said::new();
        let mut connection = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = look.tick() => {}
            }
            let now = connected_since(&self.link.borrow());
            if now.is_some() && now != connection {
                said.clear();
            }
            connection = now;
            if let Err(error) = self.say_changes(&mut said).await {
                tracing::error!(%error, "the health of cameras is not published");
            }
        }
    }

    async fn say_changes(&self, said: &mut Said) -> Result<(), store::Error> {
        for status in &self.cameras {
            let status = status.borrow().clone();
            let now = (status.state, status.code);
            if said.get(&status.camera) == Some(&now) {
                continue;
            }
            let named = self.config.camera.iter().find(|c| c.id == status.camera.as_str());
            let named = named.map_or(("", ""), |c| (c.name.as_str(), c.place.as_str()));
            let out = outgoing::of_camera(&self.topics, &status, named);
            self.store.send_state(&out, self.clock.now()).await?;
            self.outbox.notify_one();
            said.insert(status.camera, now);
        }
        Ok(())
    }
}

/// Which connection stands, if one does.
fn connected_since(link: &LinkStatus) -> Option<UnixMs> {
    match link {
        LinkStatus::Connected { since, .. } => Some(*since),
        LinkStatus::Connecting | LinkStatus::Down { .. } => None,
    }
}
