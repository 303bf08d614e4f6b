//! Whose phone is connected, as the broker inside the daemon sees it.
//!
//! A hint for dispatch and for the wall. No proof of anything: a phone may be gone for minutes
//! before its connection is missed.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use mqtt5::broker::events::{
    BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent, ClientSubscribeEvent,
};
use tokio::sync::{mpsc, watch};

/// Users who have begun to listen and whom nobody has looked after yet: a thousand phones that come
/// back at once. One that finds no room is looked after with the others, every ten seconds.
const LISTENERS_MAX: usize = 1024;

type Done<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Connected clients and the users behind them.
#[derive(Debug)]
pub(super) struct Presence {
    /// Client id -> user.
    inside: Mutex<BTreeMap<String, String>>,
    users: watch::Sender<HashSet<String>>,
    listeners: mpsc::Sender<String>,
}

/// What others see of it.
pub(super) struct Seen {
    /// Users with a connected client.
    pub(super) online: watch::Receiver<HashSet<String>>,
    /// Users who have just subscribed.
    pub(super) listeners: mpsc::Receiver<String>,
}

impl Presence {
    pub(super) fn new() -> (Self, Seen) {
        let (users, online) = watch::channel(HashSet::new());
        let (tell, listeners) = mpsc::channel(LISTENERS_MAX);
        (Self { inside: Mutex::default(), users, listeners: tell }, Seen { online, listeners })
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

    fn on_client_subscribe<'a>(&'a self, event: ClientSubscribeEvent) -> Done<'a> {
        let inside = self.inside.lock().expect("no panic happens while it is held");
        if let Some(user) = inside.get(&*event.client_id)
            && self.listeners.try_send(user.clone()).is_err()
        {
            tracing::debug!("many phones listen at once; open orders go with the next look");
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
