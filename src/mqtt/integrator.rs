//! Tells integrators: Home Assistant of every entity at each new connection, Frigate's readers of
//! each change of an observation.
//!
//! A change that comes while this task is behind is told with the next one of its ticket; nothing
//! here may hold up an order.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::integration;
use super::task::LinkStatus;
use super::topic::SiteTopics;
use crate::camera::CameraId;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{self, Store};
use crate::ticket::task::Desk;
use crate::ticket::{Ticket, TicketId};

/// How often it is looked for a new connection (guess, revisit).
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The task's parts.
pub struct IntegratorTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    pub topics: SiteTopics,
    pub desk: Desk,
    pub link: watch::Receiver<LinkStatus>,
    pub outbox: Arc<Notify>,
}

impl IntegratorTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what cannot be written is told with the next change.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut changes = self.desk.changes();
        let mut known = self.open().await;
        let mut connection = None;
        loop {
            let done = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                change = changes.recv() => match change {
                    Ok(ticket) => self.changed(&mut known, &ticket).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => self.catch_up(&mut known).await,
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                },
                _ = look.tick() => {
                    let since = connected(&self.link.borrow());
                    let new = since.is_some() && since != connection;
                    connection = since;
                    if new { self.discovery().await } else { Ok(()) }
                }
            };
            if let Err(error) = done {
                tracing::error!(%error, "integrators are not told");
            }
        }
    }

    async fn open(&self) -> HashMap<TicketId, Ticket> {
        let open = self.store.open_tickets().await.unwrap_or_else(|error| {
            tracing::error!(%error, "open tickets cannot be read; each is told as new");
            Vec::new()
        });
        open.into_iter().map(|ticket| (ticket.id.clone(), ticket)).collect()
    }

    /// Some changes were missed: what is open is compared, and what has ended is told.
    async fn catch_up(&self, known: &mut HashMap<TicketId, Ticket>) -> Result<(), store::Error> {
        if !self.config.integration.frigate {
            return Ok(());
        }
        let open = self.store.open_tickets().await?;
        let gone = known.keys().filter(|id| !open.iter().any(|ticket| ticket.id == **id));
        let gone: Vec<TicketId> = gone.cloned().collect();
        for id in &gone {
            match self.store.ticket(id).await? {
                Some(ticket) => self.changed(known, &ticket).await?,
                None => drop(known.remove(id)),
            }
        }
        for ticket in &open {
            self.changed(known, ticket).await?;
        }
        Ok(())
    }

    async fn changed(
        &self,
        known: &mut HashMap<TicketId, Ticket>,
        ticket: &Ticket,
    ) -> Result<(), store::Error> {
        if !self.config.integration.frigate {
            return Ok(());
        }
        let out = integration::frigate(known.get(&ticket.id), ticket);
        if ticket.life.state.is_open() {
            known.insert(ticket.id.clone(), ticket.clone());
        } else {
            known.remove(&ticket.id);
        }
        let Some(out) = out else { return Ok(()) };
        self.store.send(&[out], self.clock.now()).await?;
        self.outbox.notify_one();
        Ok(())
    }

    /// A broker, or Home Assistant's own storage, may have lost what was retained.
    async fn discovery(&self) -> Result<(), store::Error> {
        if !self.config.integration.home_assistant {
            return Ok(());
        }
        let site = (self.config.site.id.as_str(), self.config.site.name.as_str());
        let mut all = vec![integration::observations(&self.topics, site)];
        for camera in &self.config.camera {
            // The configuration was checked for ids that are none.
            let Ok(id) = CameraId::try_from(camera.id.as_str()) else { continue };
            all.push(integration::camera(&self.topics, site, (&id, &camera.name)));
        }
        for out in &all {
            self.store.send_state(out, self.clock.now()).await?;
        }
        self.outbox.notify_one();
        Ok(())
    }
}

fn connected(link: &LinkStatus) -> Option<crate::clock::UnixMs> {
    match link {
        LinkStatus::Connected { since, .. } => Some(*since),
        LinkStatus::Connecting | LinkStatus::Down { .. } => None,
    }
}
