//! Who may come in at the broker: patrol members, with their password or the token of their
//! browser's session.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::broker::{Answering, Gate};
use crate::access::password;
use crate::clock::Clock;
use crate::store::account::phone_token_key;
use crate::store::{Error, Store};
use crate::ticket::Role;

/// Password checks at once: each takes 19 MiB and a core for tens of milliseconds.
const HASHING_MAX: usize = 2;

/// The accounts of one store.
pub struct AccountGate {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    hashing: Semaphore,
}

impl AccountGate {
    /// A gate before the accounts of `store`.
    #[must_use]
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, hashing: Semaphore::new(HASHING_MAX) }
    }

    async fn is_token(&self, user: &str, given: &str) -> Result<bool, Error> {
        let token = phone_token_key(given);
        let holder = self.store.session(&token, self.clock.now()).await?;
        Ok(holder.is_some_and(|who| who.name == user && who.role == Role::PatrolMember))
    }

    async fn is_password(&self, user: &str, given: &str) -> Result<bool, Error> {
        let Some(account) = self.store.account(user).await? else { return Ok(false) };
        if !account.active || account.role != Role::PatrolMember {
            return Ok(false);
        }
        // Never closed, so there is always a turn; without one nobody comes in.
        let Ok(_turn) = self.hashing.acquire().await else { return Ok(false) };
        let given = given.to_owned();
        let checked =
            tokio::task::spawn_blocking(move || password::matches(&given, &account.password_hash));
        Ok(checked.await.unwrap_or(false))
    }
}

impl Gate for AccountGate {
    fn token<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool> {
        Box::pin(async move { or_nobody(self.is_token(user, given).await) })
    }

    fn password<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool> {
        Box::pin(async move { or_nobody(self.is_password(user, given).await) })
    }

    fn exists<'a>(&'a self, user: &'a str) -> Answering<'a, bool> {
        Box::pin(
            async move { self.store.account(user).await.map_or(true, |account| account.is_some()) },
        )
    }
}

fn or_nobody(checked: Result<bool, Error>) -> bool {
    checked.unwrap_or_else(|error| {
        tracing::error!(%error, "accounts cannot be read; nobody is let in");
        false
    })
}
