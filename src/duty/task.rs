//! The pass over duty, once a second: presence checks, and observations that nobody is there for.
//!
//! Everything it decides follows from rows, so that a restart continues where it stopped. Signing
//! on and off is written by whoever asks for it; this only hears of it and looks at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Line;
use super::attendance::{Attendance, Off};
use super::presence::{Check, Deed, Rhythm, Signs, forgot, step};
use super::unattended::{Alarm, Leader, told};
use crate::clock::Clock;
use crate::store::outbox::Outgoing;
use crate::store::{self, Store};

/// How often it looks: an observation is told of within a second (`domain` 4.2: at once).
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Who signs off whoever forgot to.
const ITSELF: &str = "gengfu";

/// How an alarm becomes messages.
pub type Encode = Arc<dyn Fn(&Alarm) -> Vec<Outgoing> + Send + Sync>;

/// The way to the pass, and what it has to tell. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Duty {
    bell: Arc<Notify>,
    changes: watch::Sender<u64>,
}

impl Default for Duty {
    fn default() -> Self {
        Self { bell: Arc::default(), changes: watch::Sender::new(0) }
    }
}

impl Duty {
    /// Says that a row of duty was written: the pass looks at once, and screens read again.
    pub fn changed(&self) {
        self.bell.notify_one();
        self.changes.send_modify(|count| *count += 1);
    }

    /// Counts up whenever something about duty changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// The pass's parts.
pub struct DutyTask {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub rhythm: Rhythm,
    pub encode: Encode,
    pub duty: Duty,
    /// Wakes the link when messages wait.
    pub outbox: Arc<Notify>,
}

impl DutyTask {
    /// Works until `stop`.
    ///
    /// # Errors
    /// None: what the database refuses is done at the next look.
    pub async fn run(self, stop: CancellationToken) -> Result<(), store::Error> {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = self.duty.bell.notified() => {}
                _ = look.tick() => {}
            }
            if let Err(error) = self.pass().await {
                tracing::error!(%error, "the pass over duty failed; the next one is in a second");
            }
        }
    }

    /// One look.
    ///
    /// # Errors
    /// What the database said.
    pub async fn pass(&self) -> Result<(), store::Error> {
        let present = self.store.signed_on().await?;
        let on_duty: Vec<&Attendance> =
            present.iter().filter(|row| row.line == Line::Duty).collect();
        for row in &on_duty {
            self.look_after(row).await?;
        }
        if on_duty.is_empty() {
            self.alarm().await?;
        }
        Ok(())
    }

    async fn look_after(&self, row: &Attendance) -> Result<(), store::Error> {
        let now = self.clock.now();
        let check = self.store.newest_check(&row.id).await?;
        let act = self.store.last_sign(&row.account, row.on).await?;
        let signs = Signs { on: row.on, act, check: check.as_ref() };
        match (step(signs, self.rhythm, now), check.as_ref()) {
            (Some(Deed::Ask { due }), _) => {
                let asked = Check {
                    id: uuid::Uuid::now_v7().to_string(),
                    attendance: row.id.clone(),
                    account: row.account.clone(),
                    asked: now,
                    due,
                    ended: None,
                };
                if self.store.ask_presence(&asked).await? {
                    self.tell();
                }
            }
            (Some(Deed::End { at, outcome }), Some(check)) => {
                if self.store.end_presence(&check.id, at, outcome).await? {
                    tracing::info!(account = %row.account, outcome = outcome.as_str(),
                        "a presence check ended");
                    self.tell();
                }
            }
            (Some(Deed::End { .. }) | None, _) => {}
        }
        if let Some(at) = forgot(signs, row.turn.map(|turn| turn.until), now) {
            let off = Off { at, by: ITSELF.into(), reason: String::new() };
            if self.store.sign_off(&row.id, &off).await? {
                tracing::info!(account = %row.account, "{} forgot to sign off", row.account);
                self.duty.changed();
            }
        }
        Ok(())
    }

    /// Tells the shift leader of every observation that waits and that this spell has not told of.
    async fn alarm(&self) -> Result<(), store::Error> {
        let waiting = self.store.untold().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let on_roster = self.store.on_duty(now).await?;
        let leader = |account: store::account::Account| Leader {
            on: on_roster
                .iter()
                .find(|shift| shift.account == account.name)
                .and_then(|shift| Line::parse(&shift.line)),
            account: account.name,
            role: account.role,
        };
        let accounts = self.store.accounts().await?.into_iter().filter(|one| one.active);
        let people: Vec<Leader> = accounts.map(leader).collect();
        let told = told(&people);
        let sent = self.store.tell_unattended((told, waiting), &*self.encode, now).await?;
        if let Some(alarm) = sent {
            let (count, whom) = (alarm.waiting.len(), alarm.told.join(", "));
            tracing::warn!(count, "nobody is signed on to duty: {whom} is told of {count}");
            self.outbox.notify_one();
            self.tell();
        }
        Ok(())
    }

    fn tell(&self) {
        self.duty.changes.send_modify(|count| *count += 1);
    }
}
