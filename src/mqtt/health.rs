//! The states that the broker keeps: cameras' health and members' duty. Said whenever they change,
//! and again at every new connection, because a broker may have lost what it retained.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::outgoing;
use super::task::LinkStatus;
use super::topic::{Member, SiteTopics};
use crate::camera::{CameraId, CameraState, CameraStatus};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::store::shift::Shift;
use crate::store::{self, Store};

/// How often health is compared with what was said last (guess, revisit).
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the roster is looked at; shifts change by the hour.
const ROSTER_EVERY: u32 = 10;

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

/// What was said last.
#[derive(Default)]
struct Said {
    /// What readers of the feed care about: not every frame.
    cameras: HashMap<CameraId, (CameraState, Option<&'static str>)>,
    /// The end of each member's turn, if one is on.
    duty: HashMap<String, Option<UnixMs>>,
    looks: u32,
}

impl HealthTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what cannot be written is said at the next look.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut said = Said::default();
        let mut connection = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = look.tick() => {}
            }
            let now = connected_since(&self.link.borrow());
            if now.is_some() && now != connection {
                said = Said::default();
            }
            connection = now;
            if let Err(error) = self.say_changes(&mut said).await {
                tracing::error!(%error, "the health of cameras is not published");
            }
            if said.looks.is_multiple_of(ROSTER_EVERY)
                && let Err(error) = self.say_duty(&mut said).await
            {
                tracing::error!(%error, "the duty of members is not published");
            }
            said.looks = said.looks.wrapping_add(1);
        }
    }

    async fn say_changes(&self, said: &mut Said) -> Result<(), store::Error> {
        for status in &self.cameras {
            let status = status.borrow().clone();
            let now = (status.state, status.code);
            if said.cameras.get(&status.camera) == Some(&now) {
                continue;
            }
            let named = self.config.camera.iter().find(|c| c.id == status.camera.as_str());
            let named = named.map_or(("", ""), |c| (c.name.as_str(), c.place.as_str()));
            let out = outgoing::of_camera(&self.topics, &status, named);
            self.store.send_state(&out, self.clock.now()).await?;
            self.outbox.notify_one();
            said.cameras.insert(status.camera, now);
        }
        Ok(())
    }

    async fn say_duty(&self, said: &mut Said) -> Result<(), store::Error> {
        let now = self.clock.now();
        let turns = self.store.on_duty(now).await?;
        for member in self.store.candidates(now).await? {
            let turn = |shift: &&Shift| shift.line == "patrol" && shift.account == member.name;
            let until = turns.iter().filter(turn).map(|shift| shift.ends).max();
            if said.duty.get(&member.name) == Some(&until) {
                continue;
            }
            // Accounts whose name cannot stand in a topic are refused when they are made.
            let Ok(topic_name) = Member::try_from(member.name.as_str()) else { continue };
            let out = outgoing::of_duty(&self.topics, &topic_name, until);
            self.store.send_state(&out, now).await?;
            self.outbox.notify_one();
            said.duty.insert(member.name, until);
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
