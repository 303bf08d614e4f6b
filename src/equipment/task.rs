//! News of the cameras' scenes become rows: faults with their pictures, and the usual views.
//!
//! The row of a fault is committed first, tried until the database takes it; its pictures follow as
//! evidence like any other. A picture that cannot be stored costs the picture, never the row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::words::sentence;
use crate::camera::{CameraId, Frame};
use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::detect::care::Care;
use crate::detect::scene::{SceneChange, Trouble};
use crate::detect::watch::SceneNews;
use crate::event::evidence;
use crate::store::evidence::NewEvidence;
use crate::store::{self, Store};

/// Pause before a row is tried again, while the database refuses. Guess, revisit.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The task's parts.
pub struct EquipmentTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub news: mpsc::Receiver<SceneNews>,
}

/// What the detector has to know of each camera: the configuration, the view that was usual when
/// the daemon ended, and the fault that was open then.
///
/// # Errors
/// What the database said.
pub async fn cares(
    store: &Store,
    config: &Config,
) -> Result<HashMap<CameraId, Care>, store::Error> {
    let open = store.open_faults().await?;
    let mut cares = HashMap::new();
    for camera in &config.camera {
        let Ok(id) = CameraId::try_from(camera.id.as_str()) else { continue };
        let view = store.view(&id).await?;
        let of_camera = open.iter().filter(|fault| fault.camera.as_ref() == Some(&id));
        let fault = of_camera
            .filter_map(|fault| Some((Trouble::parse(fault.kind.word())?, fault.since)))
            .next_back();
        cares.insert(id, Care::of(camera, &config.detect, (view.as_deref(), fault)));
    }
    Ok(cares)
}

impl EquipmentTask {
    /// Works until `stop`, or until no detector is left.
    ///
    /// # Errors
    /// None: what the database refuses is tried again.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        loop {
            tokio::select! {
                biased;
                news = self.news.recv() => match news {
                    Some(news) => self.take(news, &stop).await,
                    None => break,
                },
                () = stop.cancelled() => break,
            }
        }
        stop.cancelled().await;
        Ok(())
    }

    async fn take(&self, news: SceneNews, stop: &CancellationToken) {
        let failed = match news {
            SceneNews::View { camera, view, at } => self.store.keep_view(&camera, &view, at).await,
            SceneNews::Changed { camera, change, at, before, after } => match change {
                SceneChange::Opened(trouble) => {
                    let pictures = [("before", before), ("after", Some(after))];
                    self.open(&camera, trouble, at, stop).await;
                    self.keep(&camera, trouble, pictures).await
                }
                SceneChange::Closed(trouble) | SceneChange::Learned(trouble) => {
                    self.close(&camera, trouble, at, stop).await;
                    Ok(())
                }
            },
        };
        if let Err(error) = failed {
            tracing::error!(%error, "a view or a picture of a fault is not stored");
        }
    }

    async fn open(
        &self,
        camera: &CameraId,
        trouble: Trouble,
        at: UnixMs,
        stop: &CancellationToken,
    ) {
        let message = sentence(trouble, camera.as_str());
        tracing::warn!(camera.id = %camera, "{message}");
        while let Err(error) =
            self.store.raise_fault(Some(camera), trouble.fault(), &message, at).await
        {
            if again(&error, stop).await {
                return;
            }
        }
    }

    async fn close(
        &self,
        camera: &CameraId,
        trouble: Trouble,
        at: UnixMs,
        stop: &CancellationToken,
    ) {
        tracing::info!(camera.id = %camera, fault = trouble.fault().word(), "the view is well");
        while let Err(error) = self.store.end_fault(Some(camera), trouble.fault(), at).await {
            if again(&error, stop).await {
                return;
            }
        }
    }

    /// Stores the pictures of a fault that is open.
    async fn keep(
        &self,
        camera: &CameraId,
        trouble: Trouble,
        pictures: [(&'static str, Option<Arc<Frame>>); 2],
    ) -> Result<(), store::Error> {
        let Some(fault) = self.store.open_fault(camera, trouble.fault()).await? else {
            return Ok(());
        };
        for (kind, frame) in pictures {
            let Some(frame) = frame else { continue };
            let taken = frame.seen_at;
            let encode = move || evidence::still(&frame, None);
            let jpeg = match tokio::task::spawn_blocking(encode).await {
                Ok(Ok(jpeg)) => jpeg,
                Ok(Err(error)) => {
                    tracing::error!(%error, "a picture of a fault cannot be encoded");
                    continue;
                }
                Err(error) => {
                    tracing::error!(%error, "a picture of a fault cannot be encoded");
                    continue;
                }
            };
            let new = NewEvidence {
                event: None,
                ticket: None,
                kind: "fault",
                mime: "image/jpeg",
                taken,
                by: "gengfu",
            };
            let kept = self.store.keep_bytes(new, jpeg, self.clock.now()).await?;
            self.store.picture_fault(&fault, kind, &kept.id).await?;
        }
        Ok(())
    }
}

/// Says what went wrong and waits; whether the daemon stops meanwhile.
async fn again(error: &store::Error, stop: &CancellationToken) -> bool {
    tracing::error!(%error, "a fault of the equipment is not stored; tried again");
    tokio::select! {
        biased;
        () = stop.cancelled() => true,
        () = tokio::time::sleep(RETRY_AFTER) => false,
    }
}
