//! The patrol link: broker, link, answers and what the broker keeps.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::sync::{Notify, mpsc, watch};

use super::{Shared, Stage, Tasks};
use crate::camera::task::CameraFeed;
use crate::mqtt::accounts::AccountGate;
use crate::mqtt::inbox::{InboxTask, Work};
use crate::mqtt::integrator::IntegratorTask;
use crate::mqtt::receipts::ReceiptTask;
use crate::mqtt::rows::StoreOutbox;
use crate::mqtt::task::INBOX_CAPACITY;
use crate::mqtt::upkeep::UpkeepTask;
use crate::mqtt::{
    Broker, BrokerHandle, BrokerOptions, LinkOptions, LinkSeams, LinkStatus, LinkTask, broker,
    drill, health,
};
use crate::ticket::task::Desk;
use crate::web;

/// The ends of the patrol link that others hold.
pub(super) struct Link {
    /// Where phones' bytes are piped to.
    pub(super) broker: SocketAddr,
    /// The broker inside, if it is that.
    pub(super) inside: Option<BrokerHandle>,
    pub(super) status: watch::Receiver<LinkStatus>,
    pub(super) answers: mpsc::Receiver<crate::mqtt::Incoming>,
}

pub(super) async fn start_mqtt(shared: &Shared, tasks: &mut Tasks) -> anyhow::Result<Link> {
    let resent = shared.store.resend_unreceived().await?;
    if resent > 0 {
        tracing::info!(resent, "{resent} orders that no phone has stored are sent again");
    }
    let (options, address, inside) = link_options(shared, tasks).await?;
    let (inside, listeners) = inside.unzip();
    // An outside broker tells nobody who listens.
    let listeners = listeners.unwrap_or_else(|| mpsc::channel(1).1);
    let (incoming, answers) = mpsc::channel(INBOX_CAPACITY);
    let (status, status_seen) = watch::channel(LinkStatus::Connecting);
    let seams = LinkSeams {
        outbox: Arc::new(StoreOutbox(Arc::clone(&shared.store))),
        bell: Arc::clone(&shared.outbox),
        inbox: incoming,
        status,
        clock: Arc::clone(&shared.clock),
    };
    let upkeep = UpkeepTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        outbox: Arc::clone(&shared.outbox),
        listeners,
    };
    let stop = tasks.stop(Stage::Ends);
    tasks.spawn(Stage::Ends, "upkeep", upkeep.run(stop.clone()));
    tasks.spawn(Stage::Ends, "link", LinkTask::new(options, seams).run(stop));
    Ok(Link { broker: address, inside, status: status_seen, answers })
}

/// The broker inside, and who begins to listen there.
type Inside = (BrokerHandle, mpsc::Receiver<String>);

/// Where the broker is; the inner one is started first.
async fn link_options(
    shared: &Shared,
    tasks: &mut Tasks,
) -> anyhow::Result<(LinkOptions, SocketAddr, Option<Inside>)> {
    let mqtt = &shared.config.mqtt;
    if mqtt.embedded {
        let (options, inside) = start_broker(shared, tasks).await?;
        return Ok((options, inside.0.address(), Some(inside)));
    }
    let (host, port) = mqtt.broker.rsplit_once(':').context("mqtt.broker is not host:port")?;
    let address = tokio::net::lookup_host(&mqtt.broker)
        .await
        .with_context(|| format!("mqtt.broker {} cannot be found", mqtt.broker))?
        .next()
        .with_context(|| format!("mqtt.broker {} has no address", mqtt.broker))?;
    let options = LinkOptions {
        host: host.to_owned(),
        port: port.parse().context("the port of mqtt.broker is not a number")?,
        client_id: format!("gengfu-{}", shared.config.site.id),
        username: mqtt.username.clone(),
        password: mqtt.password.reveal().map_err(|e| anyhow!(e))?,
        topics: shared.topics.clone(),
    };
    Ok((options, address, None))
}

async fn start_broker(shared: &Shared, tasks: &mut Tasks) -> anyhow::Result<(LinkOptions, Inside)> {
    let listen = &shared.config.mqtt.listen;
    let options = BrokerOptions {
        listen: listen.parse().with_context(|| format!("mqtt.listen {listen} is no address"))?,
        dir: shared.store.dir().join("broker"),
        topics: shared.topics.clone(),
        own_secret: broker::new_secret()?,
    };
    let link = own_link(&options, &shared.config.site.id);
    let gate = AccountGate::new(Arc::clone(&shared.store), Arc::clone(&shared.clock));
    let mut broker = Broker::start(options, Arc::new(gate), Arc::clone(&shared.clock)).await?;
    let handle = broker.handle();
    let listeners = broker.take_listeners();
    let link = LinkOptions { port: handle.address().port(), ..link };
    let stop = tasks.stop(Stage::Ends);
    tasks.spawn(Stage::Ends, "broker", broker.run(stop));
    Ok((link, (handle, listeners)))
}

/// The daemon as a client of its own broker.
fn own_link(options: &BrokerOptions, site: &str) -> LinkOptions {
    LinkOptions {
        host: options.listen.ip().to_string(),
        port: options.listen.port(),
        client_id: format!("{}-{site}", broker::DAEMON_USER),
        username: broker::DAEMON_USER.to_owned(),
        password: options.own_secret.clone(),
        topics: options.topics.clone(),
    }
}

pub(super) fn start_inbox(
    shared: &Shared,
    tasks: &mut Tasks,
    desk: &Desk,
    incoming: mpsc::Receiver<crate::mqtt::Incoming>,
) {
    let work = Work {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        door: shared.door.clone(),
        desk: desk.clone(),
        topics: shared.topics.clone(),
        outbox: Arc::clone(&shared.outbox),
    };
    let stop = tasks.stop(Stage::Mouths);
    tasks.spawn(Stage::Mouths, "answers", InboxTask { work, incoming }.run(stop));
}

/// Misses receipts, and calls the second channel if there is one.
pub(super) fn start_receipts(
    shared: &Shared,
    tasks: &mut Tasks,
    desk: &Desk,
) -> anyhow::Result<()> {
    let bell = Arc::new(Notify::new());
    let channel = shared.config.second_channel.clone();
    if channel.is_on() {
        let calls = web::call::CallTask {
            store: Arc::clone(&shared.store),
            clock: Arc::clone(&shared.clock),
            secret: channel.secret.reveal().map_err(|e| anyhow!(e))?,
            channel,
            bell: Arc::clone(&bell),
        };
        let stop = tasks.stop(Stage::Ends);
        tasks.spawn(Stage::Ends, "calls", calls.run(stop));
    }
    let receipts = ReceiptTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        config: Arc::clone(&shared.config),
        desk: desk.clone(),
        calls: bell,
    };
    let stop = tasks.stop(Stage::Journey);
    tasks.spawn(Stage::Journey, "receipts", receipts.run(stop));
    Ok(())
}

pub(super) fn start_health(
    shared: &Shared,
    tasks: &mut Tasks,
    feeds: &[CameraFeed],
    link: watch::Receiver<LinkStatus>,
) {
    let task = health::HealthTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        config: Arc::clone(&shared.config),
        topics: shared.topics.clone(),
        cameras: feeds.iter().map(|feed| feed.status.clone()).collect(),
        link,
        outbox: Arc::clone(&shared.outbox),
    };
    let stop = tasks.stop(Stage::Ends);
    tasks.spawn(Stage::Ends, "health", task.run(stop));
}

/// Tells integrators, if the configuration wants it.
pub(super) fn start_integrator(
    shared: &Shared,
    tasks: &mut Tasks,
    desk: &Desk,
    link: watch::Receiver<LinkStatus>,
) {
    let wanted = shared.config.integration;
    if !wanted.home_assistant && !wanted.frigate {
        return;
    }
    let integrator = IntegratorTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        config: Arc::clone(&shared.config),
        topics: shared.topics.clone(),
        desk: desk.clone(),
        link,
        outbox: Arc::clone(&shared.outbox),
    };
    let stop = tasks.stop(Stage::Ends);
    tasks.spawn(Stage::Ends, "integrators", integrator.run(stop));
}

/// Begins drills for the screens.
pub(super) fn drills(shared: &Shared) -> web::BeginDrill {
    let (store, config) = (Arc::clone(&shared.store), Arc::clone(&shared.config));
    let (topics, bell) = (shared.topics.clone(), Arc::clone(&shared.outbox));
    Arc::new(move |wanted, now| {
        let (store, config) = (Arc::clone(&store), Arc::clone(&config));
        let (topics, bell) = (topics.clone(), Arc::clone(&bell));
        Box::pin(async move {
            let begun = drill::begin(&store, (&config, &topics), &wanted, now).await;
            bell.notify_one();
            begun
        })
    })
}

/// Signing out in the browser reaches the broker too.
pub(super) fn sign_out(inside: BrokerHandle) -> web::SignOut {
    Arc::new(move |name| {
        let inside = inside.clone();
        Box::pin(async move { inside.sign_out(&name).await })
    })
}
