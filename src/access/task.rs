//! The door itself: checks, and writes down who came through and who did not.

use std::sync::Arc;

use super::{Denied, Verb, permit};
use crate::clock::Clock;
use crate::store::audit::Passage;
use crate::store::{self, Store};
use crate::ticket::Actor;

/// Why somebody did not come through.
#[derive(Debug, thiserror::Error)]
pub enum Shut {
    #[error(transparent)]
    Denied(#[from] Denied),
    /// What cannot be written down is not allowed.
    #[error("the audit cannot be written: {0}")]
    Store(#[from] store::Error),
}

/// The one door.
#[derive(Clone)]
pub struct Door {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
}

impl Door {
    /// Lets an actor through and writes it down, or writes down the refusal.
    ///
    /// # Errors
    /// `Denied`, or the audit could not be written.
    pub async fn pass(&self, actor: &Actor, verb: Verb, object: &str) -> Result<(), Shut> {
        self.pass_for(actor, verb, (object, "")).await
    }

    /// As `pass`, for an object and with the reason that is given for it.
    ///
    /// # Errors
    /// As `pass`.
    pub async fn pass_for(
        &self,
        actor: &Actor,
        verb: Verb,
        (object, reason): (&str, &str),
    ) -> Result<(), Shut> {
        let permitted = permit(actor, verb);
        let outcome = if permitted.is_ok() { "allowed" } else { "refused" };
        let passage = Passage { actor, verb: verb.as_str(), object, reason, outcome };
        self.store.audit(passage, self.clock.now()).await?;
        Ok(permitted?)
    }
}
