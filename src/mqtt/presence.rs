//! Whose phone is connected, as the broker inside the daemon sees it.
//!
//! A hint for dispatch and for the wall. No proof of anything: a phone may be gone for minutes
//! before its connection is missed.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use mqtt5::broker::events::{BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent};
use tokio::sync::watch;

type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Connected clients and the users behind them.
#[derive(Debug)]
pub(super) struct Presence {
    /// Client id -> user.
    inside: Mutex<BTreeMap<String, String>>,
    users: watch::Sender<HashSet<String>>,
}

impl Presence {
    pub(super) fn new() -> (Self, watch::Receiver<HashSet<String>>) {
        let (users, seen) = watch::channel(HashSet::new());
        (Self { inside: Mutex::default(), users }, seen)
    }

    fn change(&self, with: impl FnOnce(&mut BTreeMap<String, String>)) {
        let mut inside = self.inside.lock().expect("no panic happens while it is held");
        with(&mut inside);
        let users: HashSet<String> = inside.values().cloned().collect();
        self.users.send_if_modified(|known| {
            let changed = *known != users;
            *known = users;
            changed
        });
    }
}

impl BrokerEventHandler for Presence {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Done<'a> {
        if let Some(user) = event.user_id {
            self.change(|inside| {
                inside.insert(event.client_id.to_string(), user.to_string());
            });
        }
        Box::pin(async {})
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Done<'a> {
        // Taken over: the same client id is already here again on another connection.
        if event.reason != mqtt5::protocol::v5::reason_codes::ReasonCode::SessionTakenOver {
            self.change(|inside| {
                inside.remove(&*event.client_id);
            });
        }
        Box::pin(async {})
    }
}
