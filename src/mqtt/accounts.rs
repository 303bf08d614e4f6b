//! Who may come in at the broker: patrol members, with their password or the token of their
//! browser's session.

use std::sync::Arc;

use super::Principal;
use super::broker::{Answering, Gate};
use crate::access::password;
use crate::clock::Clock;
use crate::store::Store;
use crate::store::account::phone_token_key;
use crate::ticket::Role;

/// The accounts of one store.
pub struct AccountGate {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
}

impl AccountGate {
    async fn check(&self, user: &str, given: &str) -> Result<bool, crate::store::Error> {
        let token = phone_token_key(given);
        if let Some(account) = self.store.session(&token, self.clock.now()).await? {
            return Ok(account.name == user && account.role == Role::PatrolMember);
        }
        let Some(account) = self.store.account(user).await? else { return Ok(false) };
        if !account.active || account.role != Role::PatrolMember {
            return Ok(false);
        }
        let given = given.to_owned();
        let checked =
            tokio::task::spawn_blocking(move || password::matches(&given, &account.password_hash));
        Ok(checked.await.unwrap_or(false))
    }
}

impl Gate for AccountGate {
    fn login<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, Option<Principal>> {
        Box::pin(async move {
            match self.check(user, given).await {
                Ok(right) => right.then_some(Principal::Member),
                Err(error) => {
                    tracing::error!(%error, "accounts cannot be read; nobody is let in");
                    None
                }
            }
        })
    }

    fn exists<'a>(&'a self, user: &'a str) -> Answering<'a, bool> {
        Box::pin(
            async move { self.store.account(user).await.map_or(true, |account| account.is_some()) },
        )
    }
}
