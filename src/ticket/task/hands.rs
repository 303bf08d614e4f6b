//! The desk's hands: several wishes at once, so that they share one sync of the disk.
//!
//! The desk is still the one writer of tickets. What two wishes must not do at the same time has a
//! lock of its own: choosing a member for an order (`sending`), and looking which observation takes
//! a firing (`filing`). Two wishes about one ticket meet at its version: the second is worked out
//! again from what the first left.

use std::pin::Pin;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{DeskTask, PASS_EVERY, Refusal, Wish};
use crate::event::News;
use crate::store;
use crate::ticket::Act;

/// Wishes at once: as many as one sync of the disk can well serve (measured with `bench dispatch`:
/// at 100 tickets a second about ten are under way).
const HANDS_MAX: usize = 32;
/// How often a wish is worked out again because something else changed its ticket meanwhile.
const TRIES_MAX: u32 = 8;

/// What a hand has done.
enum Done {
    Wish,
    Filing,
    Pass,
}

type Work<'a> = Pin<Box<dyn Future<Output = Done> + Send + 'a>>;

impl DeskTask {
    /// Works until `stop`; what was accepted before is committed.
    ///
    /// # Errors
    /// None: trouble with the store is shown to whoever wished, and logged.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), store::Error> {
        self.begin().await;
        let mut pass = tokio::time::interval(PASS_EVERY);
        pass.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut wishes = std::mem::replace(&mut self.wishes, mpsc::channel(1).1);
        let desk = &self;
        let mut hands: FuturesUnordered<Work> = FuturesUnordered::new();
        let (mut passing, mut filing, mut file_again) = (false, false, false);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = hands.next(), if !hands.is_empty() => match done {
                    Done::Wish => {}
                    Done::Pass => passing = false,
                    Done::Filing => filing = false,
                },
                wish = wishes.recv(), if hands.len() < HANDS_MAX => match wish {
                    Some(Wish::Hear(News::Saved)) => file_again = true,
                    Some(wish) => hands.push(Box::pin(async move {
                        desk.grant(wish).await;
                        Done::Wish
                    })),
                    None => break,
                },
                _ = pass.tick(), if !passing => {
                    passing = true;
                    hands.push(Box::pin(async move {
                        desk.pass().await;
                        Done::Pass
                    }));
                },
            }
            // However many firings were told of, one look finds them all.
            if file_again && !filing {
                (file_again, filing) = (false, true);
                hands.push(Box::pin(async move {
                    desk.file_waiting().await;
                    Done::Filing
                }));
            }
        }
        while hands.next().await.is_some() {}
        Ok(())
    }

    /// Does `work` again as long as something else changed the ticket meanwhile.
    pub(super) async fn until_undisturbed<T, W>(
        &self,
        mut work: impl FnMut() -> W,
    ) -> Result<T, Refusal>
    where
        W: Future<Output = Result<T, Refusal>>,
    {
        for _ in 1..TRIES_MAX {
            match work().await {
                Err(Refusal::Store(store::Error::Conflict { .. })) => {}
                other => return other,
            }
        }
        work().await
    }
}

/// Whether a member may be chosen and sent an order in the course of this act. Acts that only move
/// a ticket on are named; whatever is new waits for the lock until it is known not to need it.
pub(super) const fn may_send(act: &Act) -> bool {
    !matches!(
        act,
        Act::Join
            | Act::Separate { .. }
            | Act::Claim
            | Act::Confirm { .. }
            | Act::FalseAlarm { .. }
            | Act::Undetermined { .. }
            | Act::TestAlarm { .. }
            | Act::Classify { .. }
            | Act::Received { .. }
            | Act::Ack { .. }
            | Act::OnScene { .. }
            | Act::Reply { .. }
            | Act::CheckPass { .. }
            | Act::Review { .. }
            | Act::Correct { .. }
            | Act::Reopen { .. }
            | Act::Ask { .. }
            | Act::Grant
            | Act::Deny { .. }
            | Act::Acknowledge { .. }
            | Act::Due(_)
    )
}
