//! The broker inside the daemon: `mqtt5`, behind this file only.
//!
//! It was chosen for asking our own code about every login, publish and subscription, and for
//! sessions that survive a restart. Its queue is written behind: a kill can lose what came in the
//! last 0.3 s, which is why an order stays open in the store until it is answered. The crate is
//! young and pinned; nothing outside this file may name it.
//!
//! The listener is plain TCP for the loopback: phones come in over the daemon's own HTTPS.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mqtt5::broker::auth::AuthResult;
use mqtt5::broker::config::{BrokerConfig, StorageBackend, StorageConfig};
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::{AuthProvider, MqttBroker};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::acl::{self, Principal};
use super::attempts::Attempts;
use super::presence::Presence;
use super::topic::{Member, SiteTopics};
use crate::clock::Clock;

/// The daemon's own name at the broker; no account may have it.
pub const DAEMON_USER: &str = "gengfu";

/// Whether this name, or client id, is the daemon's: its own or one that begins with it and a
/// hyphen, as the client ids of daemons do.
#[must_use]
pub fn is_daemons(name: &str) -> bool {
    name.strip_prefix(DAEMON_USER).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// How long an absent phone's session is kept: one day, over the longest shift.
const SESSION_EXPIRY: Duration = Duration::from_secs(24 * 3600);
/// Largest packet, bytes: four times the largest answer.
const PACKET_MAX_BYTES: usize = 256 * 1024;
/// Orders kept for one absent phone; the oldest is dropped first (measured 2026-09).
const QUEUED_MAX: usize = 1000;
/// Connections at once. 1,000 phones were measured at 43 MB.
const CLIENTS_MAX: usize = 5000;
/// A member needs two subscriptions, the daemon one.
const SUBSCRIPTIONS_MAX: usize = 8;
/// How often expired sessions are removed.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(60);
/// Client ids remembered per user, for signing him out everywhere. Guess: phones, tablet, tests.
const CLIENTS_PER_USER_MAX: usize = 16;

/// A future of an answer that the broker waits for.
pub type Answering<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who may come in: asked by the broker, answered by the accounts.
pub trait Gate: Send + Sync + 'static {
    /// Whether this is a token of the member `user`. Asked first and at every login: a look-up,
    /// no slow hash. Tokens are random, so nobody guesses them and no lock is needed.
    fn token<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool>;

    /// Whether this is the password of the member `user`. Slow hashes belong on a blocking
    /// thread, a few at a time.
    fn password<'a>(&'a self, user: &'a str, given: &'a str) -> Answering<'a, bool>;

    /// Whether an account has this name, so that nobody else uses it as his client id.
    fn exists<'a>(&'a self, user: &'a str) -> Answering<'a, bool>;
}

/// Why the broker does not run.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    #[error(
        "the broker cannot listen on {listen}: {source}; free the port or set mqtt.listen to another"
    )]
    Listen { listen: SocketAddr, source: std::io::Error },
    #[error("the broker's folder {} cannot be made: {source}", dir.display())]
    Folder { dir: PathBuf, source: std::io::Error },
    #[error("no secret for the daemon's own account: the system gives no random bytes: {0}")]
    Random(String),
    #[error("the broker failed: {0}")]
    Broker(String),
}

/// What the broker needs to know.
#[derive(Clone)]
pub struct BrokerOptions {
    pub listen: SocketAddr,
    /// Folder for sessions and queues, made if it is not there.
    pub dir: PathBuf,
    pub topics: SiteTopics,
    /// Password of the daemon's own account: `new_secret()`, once per process.
    pub own_secret: String,
}

/// A broker that is bound and not yet running.
pub struct Broker {
    inner: MqttBroker,
    handle: BrokerHandle,
    listeners: mpsc::Receiver<String>,
}

/// What others may do to a running broker.
#[derive(Clone)]
pub struct BrokerHandle {
    address: SocketAddr,
    router: Arc<MessageRouter>,
    door: Arc<Door>,
    online: watch::Receiver<HashSet<String>>,
}

impl Broker {
    /// Opens the sessions and the port.
    ///
    /// # Errors
    /// When the folder or the port cannot be had.
    pub async fn start(
        options: BrokerOptions,
        gate: Arc<dyn Gate>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BrokerError> {
        make_folder(&options.dir)?;
        try_port(options.listen).await?;
        let door = Arc::new(Door {
            topics: options.topics.clone(),
            secret: options.own_secret.clone(),
            gate,
            clock,
            guests: Mutex::default(),
        });
        let (presence, seen) = Presence::new();
        let configuration = configuration(&options).with_event_handler(Arc::new(presence));
        let inner = MqttBroker::with_config(configuration)
            .await
            .map_err(|e| BrokerError::Broker(e.to_string()))?
            .with_auth_provider(Arc::clone(&door) as Arc<dyn AuthProvider>);
        let address = inner.local_addr().unwrap_or(options.listen);
        let online = seen.online;
        let handle = BrokerHandle { address, router: inner.router(), door, online };
        Ok(Self { inner, handle, listeners: seen.listeners })
    }

    /// A handle that stays good while the broker runs.
    #[must_use]
    pub fn handle(&self) -> BrokerHandle {
        self.handle.clone()
    }

    /// Users who have just subscribed; what their session had may be lost. To be taken before it
    /// runs.
    #[must_use]
    pub fn take_listeners(&mut self) -> mpsc::Receiver<String> {
        std::mem::replace(&mut self.listeners, mpsc::channel(1).1)
    }

    /// Serves until `stop`, then writes its queues.
    ///
    /// # Errors
    /// When the stored sessions cannot be read or the listener fails.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), BrokerError> {
        let shutdown = self.inner.shutdown_handle();
        let mut ready = self.inner.ready_receiver();
        let stopping = async {
            stop.cancelled().await;
            // A signal before it listens for one would be lost; an error means it has ended.
            if ready.wait_for(|ready| *ready).await.is_ok() {
                shutdown.shutdown();
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = self.inner.run() => ended.map_err(|e| BrokerError::Broker(e.to_string())),
            () = stopping => Ok(()),
        }
    }
}

impl BrokerHandle {
    /// Users with a connected client.
    #[must_use]
    pub fn online(&self) -> watch::Receiver<HashSet<String>> {
        self.online.clone()
    }

    /// Where it listens; the port that was given by the system where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes the connection of one client. Its session stays.
    pub async fn disconnect(&self, client_id: &str) {
        self.router.disconnect_client(client_id).await;
    }

    /// Closes all connections of an account and lets it do nothing more until it logs in again.
    pub async fn sign_out(&self, user: &str) {
        for client_id in self.door.forget(user) {
            self.router.disconnect_client(&client_id).await;
        }
    }
}

fn configuration(options: &BrokerOptions) -> BrokerConfig {
    let storage = StorageConfig::new()
        .with_backend(StorageBackend::File)
        .with_base_dir(options.dir.clone())
        .with_cleanup_interval(CLEANUP_INTERVAL)
        .with_max_queued_messages_per_client(QUEUED_MAX);
    BrokerConfig::default()
        .with_bind_address(options.listen)
        .with_max_clients(CLIENTS_MAX)
        .with_max_packet_size(PACKET_MAX_BYTES)
        .with_max_subscriptions_per_client(SUBSCRIPTIONS_MAX)
        .with_session_expiry(SESSION_EXPIRY)
        .with_sys_topics_enabled(false)
        .with_storage(storage)
}

fn make_folder(dir: &Path) -> Result<(), BrokerError> {
    std::fs::create_dir_all(dir)
        .map_err(|source| BrokerError::Folder { dir: dir.to_owned(), source })
}

/// Binds and lets go again: the crate's own message does not name the key to change.
async fn try_port(listen: SocketAddr) -> Result<(), BrokerError> {
    match tokio::net::TcpListener::bind(listen).await {
        Ok(listener) => {
            drop(listener);
            Ok(())
        }
        Err(source) => Err(BrokerError::Listen { listen, source }),
    }
}

/// A password that nobody can guess, for the daemon's own account: 128 random bits in hex.
///
/// # Errors
/// When the system gives no random bytes.
pub fn new_secret() -> Result<String, BrokerError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| BrokerError::Random(e.to_string()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Our answers to the broker's questions.
struct Door {
    topics: SiteTopics,
    secret: String,
    gate: Arc<dyn Gate>,
    clock: Arc<dyn Clock>,
    guests: Mutex<Guests>,
}

/// Who is in, and who tried.
#[derive(Default)]
struct Guests {
    attempts: Attempts,
    inside: HashMap<String, Guest>,
}

struct Guest {
    principal: Principal,
    client_ids: BTreeSet<String>,
}

/// Why somebody stays outside.
enum Turned {
    BadCredentials,
    BadClientId,
    TooManyAttempts,
}

impl Door {
    async fn admit(&self, connect: &ConnectPacket) -> Result<Member, Turned> {
        let name = connect.username.as_deref().unwrap_or_default();
        let password = connect.password.as_deref().and_then(|p| std::str::from_utf8(p).ok());
        let (Ok(user), Some(password)) = (Member::try_from(name), password) else {
            return Err(Turned::BadCredentials);
        };
        let principal = self.login(&user, password).await?;
        self.check_client_id(&connect.client_id, &user).await?;
        self.let_in(&user, principal, &connect.client_id);
        Ok(user)
    }

    async fn login(&self, user: &Member, password: &str) -> Result<Principal, Turned> {
        let name = user.as_str();
        if name == DAEMON_USER {
            // Hashes are compared, so that the time taken tells nothing of the secret.
            let right = Sha256::digest(password) == Sha256::digest(&self.secret);
            return right.then_some(Principal::Daemon).ok_or(Turned::BadCredentials);
        }
        if self.gate.token(name, password).await {
            return Ok(Principal::Member);
        }
        // Counted before the hash: a flood starts no more hashes than one by one would.
        if !self.guests().attempts.begin(name, self.clock.now()) {
            return Err(Turned::TooManyAttempts);
        }
        if !self.gate.password(name, password).await {
            return Err(Turned::BadCredentials);
        }
        self.guests().attempts.succeeded(name);
        Ok(Principal::Member)
    }

    async fn check_client_id(&self, client_id: &str, user: &Member) -> Result<(), Turned> {
        if !acl::client_fits(client_id, user) {
            return Err(Turned::BadClientId);
        }
        let daemons = is_daemons(client_id);
        if daemons && user.as_str() == DAEMON_USER {
            return Ok(());
        }
        if daemons {
            return Err(Turned::BadClientId);
        }
        for owner in acl::longer_owners(client_id, user) {
            if self.gate.exists(&owner).await {
                return Err(Turned::BadClientId);
            }
        }
        Ok(())
    }

    fn let_in(&self, user: &Member, principal: Principal, client_id: &str) {
        let mut guests = self.guests();
        let empty = || Guest { principal, client_ids: BTreeSet::new() };
        let guest = guests.inside.entry(user.as_str().to_owned()).or_insert_with(empty);
        guest.principal = principal;
        if guest.client_ids.len() >= CLIENTS_PER_USER_MAX && !guest.client_ids.contains(client_id) {
            guest.client_ids.pop_first();
        }
        guest.client_ids.insert(client_id.to_owned());
    }

    fn forget(&self, user: &str) -> BTreeSet<String> {
        self.guests().inside.remove(user).map(|guest| guest.client_ids).unwrap_or_default()
    }

    fn may(&self, user: Option<&str>, rule: Rule, topic: &str) -> bool {
        let Some(user) = user.and_then(|name| Member::try_from(name).ok()) else {
            return false;
        };
        let principal = self.guests().inside.get(user.as_str()).map(|guest| guest.principal);
        principal.is_some_and(|who| rule(&self.topics, who, &user, topic))
    }

    fn guests(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().expect("no panic happens while the guests are held")
    }
}

/// A function of `acl.rs`.
type Rule = fn(&SiteTopics, Principal, &Member, &str) -> bool;

impl AuthProvider for Door {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _address: SocketAddr,
    ) -> Answering<'a, mqtt5::Result<AuthResult>> {
        Box::pin(async move {
            let client_id = &connect.client_id;
            Ok(match self.admit(connect).await {
                Ok(user) => AuthResult::success_with_user(user.as_str()),
                Err(Turned::BadCredentials) => {
                    tracing::warn!(client.id = client_id, "broker: wrong user name or password");
                    AuthResult::fail(ReasonCode::BadUsernameOrPassword)
                }
                Err(Turned::BadClientId) => {
                    tracing::warn!(client.id = client_id, "broker: client id is not the user's");
                    AuthResult::fail(ReasonCode::ClientIdentifierNotValid)
                }
                Err(Turned::TooManyAttempts) => {
                    tracing::warn!(client.id = client_id, "broker: too many failed logins");
                    AuthResult::fail(ReasonCode::ConnectionRateExceeded)
                }
            })
        })
    }

    fn authorize_publish<'a>(
        &'a self,
        _client_id: &str,
        user: Option<&'a str>,
        topic: &'a str,
    ) -> Answering<'a, bool> {
        Box::pin(async move { self.may(user, acl::may_publish, topic) })
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _client_id: &str,
        user: Option<&'a str>,
        filter: &'a str,
    ) -> Answering<'a, bool> {
        Box::pin(async move { self.may(user, acl::may_subscribe, filter) })
    }
}
