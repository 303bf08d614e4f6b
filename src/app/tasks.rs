//! The running tasks by stage, and how they stop: what comes in first, what sends it out last.

use std::time::Duration;

use anyhow::anyhow;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Time that each stage has to end; then the late tasks are counted. Web gives requests under way
/// 5 s, a camera's source 3 s.
const GRACE: Duration = Duration::from_secs(6);

/// When a task stops, in this order: what comes in, what works on it, what sends it out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// Cameras, the detector, web, answers.
    Mouths,
    /// Events, the desk.
    Journey,
    /// Link, broker, health.
    Ends,
}

/// The running tasks by stage, each stage with its own stop.
#[derive(Default)]
pub(super) struct Tasks {
    sets: [JoinSet<(&'static str, anyhow::Result<()>)>; 3],
    stops: [CancellationToken; 3],
}

impl Tasks {
    /// The stop of a stage.
    pub(super) fn stop(&self, stage: Stage) -> CancellationToken {
        self.stops[stage as usize].clone()
    }

    pub(super) fn spawn<E>(
        &mut self,
        stage: Stage,
        name: &'static str,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) where
        E: Into<anyhow::Error> + Send + 'static,
    {
        self.sets[stage as usize].spawn(async move { (name, work.await.map_err(Into::into)) });
    }

    /// Waits for the stop, or for a task that ends before it; then stops stage after stage.
    pub(super) async fn until(&mut self, stop: &CancellationToken) -> anyhow::Result<()> {
        let [mouths, journey, ends] = &mut self.sets;
        let done = tokio::select! {
            // A task that ends because of the stop has not ended by itself.
            biased;
            () = stop.cancelled() => Ok(()),
            Some(ended) = mouths.join_next() => early(ended),
            Some(ended) = journey.join_next() => early(ended),
            Some(ended) = ends.join_next() => early(ended),
        };
        for (set, stop) in self.sets.iter_mut().zip(&self.stops) {
            stop.cancel();
            let rest = async {
                while let Some(ended) = set.join_next().await {
                    if let Ok((name, Err(error))) = ended {
                        tracing::error!(%error, "task '{name}' ended badly");
                    }
                }
            };
            if tokio::time::timeout(GRACE, rest).await.is_err() {
                tracing::warn!("{} tasks did not end within {GRACE:?}", set.len());
                set.abort_all();
            }
        }
        done
    }
}

/// A task that ended although nobody asked it to.
fn early(
    ended: Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>,
) -> anyhow::Result<()> {
    match ended {
        Ok((name, Ok(()))) => Err(anyhow!("the task '{name}' ended by itself")),
        Ok((name, Err(error))) => Err(error.context(format!("task '{name}'"))),
        Err(panic) => Err(anyhow!("a task panicked: {panic}")),
    }
}
