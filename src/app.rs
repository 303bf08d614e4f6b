//! The only wiring: opens what has to be open, starts every task, waits, and stops in order.
//!
//! Stopping closes the mouths first (cameras, web, answers), then runs down the journey. A kill at
//! any moment is as safe: whatever was accepted is a committed row.

mod seeing;
mod tasks;
mod link;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::access::Door;
use crate::camera::task::{CameraFeed, CameraTask, Seeing, feed};
use crate::camera::{CameraId, FrameInbox};
use crate::clock::{Clock, RealClock};
use crate::config::Config;
use crate::detect::normal::board::Board;
use crate::detect::stats::DetectStats;
use crate::detect::task::Detector;
use crate::detect::task::learning::{self, Incidents};
use crate::detect::watch::LearnViews;
use crate::duty::task::{Duty, DutyTask};
use crate::equipment::task::{EquipmentTask, cares};
use crate::event::rule::RuleSet;
use crate::event::task::late::LateClips;
use crate::event::task::{EventTask, Watched};
use crate::mqtt::{BrokerHandle, SiteTopics, contract, outgoing};
use crate::record::task::Recorder;
use crate::record::task::keeper::KeeperTask;
use crate::report::task::drawer::Drawer;
use crate::store::{Place, Store};
use crate::ticket::Policy;
use crate::ticket::task::{Desk, DeskParts, desk};
use crate::web::{self, AppState, CameraView, Parts};
use tasks::{Stage, Tasks};

/// Sightings between the detector and the rules: two rounds of a dozen cameras, so that a commit
/// of some milliseconds does not stop the detector.
const SIGHTINGS_MAX: usize = 24;
/// News of scenes between the detector and the equipment: all cameras of a small centre that go
/// dark at once.
const SCENES_MAX: usize = 16;
/// Everything that several tasks share.
struct Shared {
    config: Arc<Config>,
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    door: Door,
    topics: SiteTopics,
    /// Rung when messages wait for the broker.
    outbox: Arc<Notify>,
    /// Cameras whose present view is to be the usual one.
    learn: Arc<LearnViews>,
    normals: Arc<Board>,
    duty: Duty,
    looked: Arc<DetectStats>,
}

/// The daemon as a measurement inside it sees it.
pub struct Inside {
    pub store: Arc<Store>,
    pub clock: Arc<dyn Clock>,
    pub desk: Desk,
    pub door: Door,
    /// Cancelled when the daemon stops.
    pub stop: CancellationToken,
}

/// Runs the daemon until `stop`.
///
/// # Errors
/// What keeps it from starting, or a task that cannot go on.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let until = |inside: Inside| async move { inside.stop.cancelled().await };
    run_beside(config, stop, until).await
}

/// Runs the daemon, and `beside` in it; it stops when either ends.
///
/// # Errors
/// As [`run`].
pub async fn run_beside<W>(
    config: Config,
    stop: CancellationToken,
    beside: impl FnOnce(Inside) -> W,
) -> anyhow::Result<()>
where
    W: Future<Output = ()> + Send + 'static,
{
    let clock: Arc<dyn Clock> = Arc::new(RealClock::new());
    let normals = Arc::new(Board::default());
    let zone = config.time_zone().map_err(|e| anyhow!(e))?;
    let detectors = learning::detectors(&config, &normals, zone)?;
    let listener = listen(&config.web.listen).await?;
    let store = Arc::new(Store::open(&Place::of(&config).map_err(|e| anyhow!(e))?).await?);
    let shared = Shared {
        topics: SiteTopics::new(&config.site.id)?,
        config: Arc::new(config),
        door: Door { store: Arc::clone(&store), clock: Arc::clone(&clock) },
        store,
        clock,
        outbox: Arc::new(Notify::new()),
        learn: Arc::default(),
        normals,
        duty: Duty::default(),
        looked: Arc::default(),
    };
    let mut tasks = Tasks::default();
    let link = link::start_mqtt(&shared, &mut tasks).await?;
    let desk = start_desk(&shared, &mut tasks);
    link::start_inbox(&shared, &mut tasks, &desk, link.answers);
    link::start_receipts(&shared, &mut tasks, &desk)?;
    start_duty(&shared, &mut tasks);
    let recorder = Recorder::prepare(
        Arc::clone(&shared.store),
        Arc::clone(&shared.clock),
        Arc::clone(&shared.config),
    );
    let recorder = recorder.await?;
    let cares = cares(&shared.store, &shared.config).await?;
    let detectors = detectors.into_iter().map(|one| one.with_cares(cares.clone())).collect();
    let feeds = start_cameras(&shared, &mut tasks, detectors, &desk)?;
    start_recording(&shared, &mut tasks, recorder, &feeds)?;
    link::start_integrator(&shared, &mut tasks, &desk, link.status.clone());
    link::start_health(&shared, &mut tasks, &feeds, link.status);
    let drawer = Drawer::new(&shared.store, &shared.clock, &shared.config);
    tasks.spawn(Stage::Journey, "reports", drawer.run(tasks.stop(Stage::Journey)));
    let closing = tasks.stop(Stage::Mouths);
    let broker = (link.broker, link.inside);
    let parts = web_parts(&shared, &desk, &feeds, broker, closing.clone());
    let screens = web::app(AppState::new(parts));
    tasks.spawn(Stage::Mouths, "web", web::task::serve(listener, screens, closing));
    tracing::info!("screens at http://{}/", shared.config.web.listen);
    let beside = beside(shared.inside(&desk, tasks.stop(Stage::Mouths)));
    let over = stop.clone();
    let beside = async move {
        beside.await;
        over.cancel();
        Ok::<_, anyhow::Error>(())
    };
    tasks.spawn(Stage::Mouths, "beside", beside);
    let done = tasks.until(&stop).await;
    shared.store.close().await;
    done
}

impl Shared {
    fn inside(&self, desk: &Desk, stop: CancellationToken) -> Inside {
        Inside {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            desk: desk.clone(),
            door: self.door.clone(),
            stop,
        }
    }
}

fn start_desk(shared: &Shared, tasks: &mut Tasks) -> Desk {
    let (topics, refusal_topics) = (shared.topics.clone(), shared.topics.clone());
    let config = Arc::clone(&shared.config);
    let parts = DeskParts {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        policy: Policy::configured(&shared.config),
        overlaps: shared.config.overlap.clone(),
        ground: crate::ticket::ranking::Ground::new(&shared.config),
        encode: Arc::new(move |ticket, effect, still| {
            let out = outgoing::of_effect(&topics, ticket, effect, still)?;
            Some(outgoing::with_instruction(out, &config.instruction))
        }),
        encode_refusal: Arc::new(move |order, rejected| {
            outgoing::of_order_refusal(&refusal_topics, order, rejected)
        }),
        outbox: Arc::clone(&shared.outbox),
    };
    let (desk, task) = desk(parts);
    tasks.spawn(Stage::Journey, "desk", task.run(tasks.stop(Stage::Journey)));
    desk
}

fn start_duty(shared: &Shared, tasks: &mut Tasks) {
    let topics = shared.topics.clone();
    let task = DutyTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        rhythm: (&shared.config.duty).into(),
        encode: Arc::new(move |alarm| vec![outgoing::of_unattended(&topics, alarm)]),
        duty: shared.duty.clone(),
        outbox: Arc::clone(&shared.outbox),
    };
    let stop = tasks.stop(Stage::Journey);
    tasks.spawn(Stage::Journey, "duty", task.run(stop));
}

fn start_cameras(
    shared: &Shared,
    tasks: &mut Tasks,
    detectors: Vec<Detector>,
    desk: &Desk,
) -> anyhow::Result<Vec<CameraFeed>> {
    let config = &shared.config;
    let frames = Arc::new(FrameInbox::default());
    let seeing = Seeing::new(config, Arc::clone(&frames), Arc::clone(&shared.clock));
    let (mut feeds, mut cameras) = (Vec::new(), HashMap::new());
    let calendar = config.calendar.days();
    for camera in &config.camera {
        let rules =
            RuleSet::compile(camera, &calendar).map_err(|faults| anyhow!(faults.join("; ")))?;
        let (feed, task): (CameraFeed, CameraTask) = feed(camera, &seeing);
        let units = Arc::clone(&feed.main.units);
        cameras.insert(feed.id.clone(), Watched { config: camera.clone(), rules, units });
        feeds.push(feed);
        let stop = tasks.stop(Stage::Mouths);
        tasks.spawn(Stage::Mouths, "camera", task.run(stop));
    }
    start_detection(shared, tasks, (frames, detectors), (cameras, desk))?;
    Ok(feeds)
}

fn start_recording(
    shared: &Shared,
    tasks: &mut Tasks,
    recorder: Recorder,
    feeds: &[CameraFeed],
) -> anyhow::Result<()> {
    let keeper = KeeperTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        config: Arc::clone(&shared.config),
        disk_is_known: recorder.disk_is_known(),
    };
    let stop = tasks.stop(Stage::Journey);
    tasks.spawn(Stage::Journey, "keeper", keeper.run(stop.clone()));
    let (writer, index) = recorder.parts(feeds);
    let closing = tasks.stop(Stage::Mouths);
    std::thread::Builder::new()
        .name("footage".into())
        .spawn(move || writer.run(&closing))
        .context("the thread that writes footage cannot start")?;
    tasks.spawn(Stage::Journey, "footage", index.run(stop));
    Ok(())
}

fn start_detection(
    shared: &Shared,
    tasks: &mut Tasks,
    (frames, detectors): (Arc<FrameInbox>, Vec<Detector>),
    judging: (HashMap<CameraId, Watched>, &Desk),
) -> anyhow::Result<()> {
    let (cameras, desk) = (judging.0, judging.1.clone());
    let (out, sightings) = mpsc::channel(SIGHTINGS_MAX);
    let (scenes, news) = mpsc::channel(SCENES_MAX);
    let equipment =
        EquipmentTask { store: Arc::clone(&shared.store), clock: Arc::clone(&shared.clock), news };
    tasks.spawn(Stage::Journey, "equipment", equipment.run(tasks.stop(Stage::Journey)));
    seeing::start(shared, tasks, (frames, detectors), (out, scenes))?;
    let incidents =
        Incidents { store: Arc::clone(&shared.store), board: Arc::clone(&shared.normals) };
    tasks.spawn(Stage::Journey, "incidents", incidents.run(tasks.stop(Stage::Journey)));
    let late_desk = desk.clone();
    let late = LateClips {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        config: Arc::clone(&shared.config),
        tell: Arc::new(move |news| late_desk.hear(news)),
    };
    tasks.spawn(Stage::Journey, "late clips", late.run(tasks.stop(Stage::Journey)));
    let events = EventTask {
        store: Arc::clone(&shared.store),
        clock: Arc::clone(&shared.clock),
        zone: shared.config.time_zone().map_err(|e| anyhow!(e))?,
        rolls: shared.config.event.clone(),
        cameras,
        sightings,
        tell: Arc::new(move |news| desk.hear(news)),
    };
    tasks.spawn(Stage::Journey, "events", events.run(tasks.stop(Stage::Journey)));
    Ok(())
}

async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("the screens cannot be served at {address}; free the port or set web.listen")
    })
}

fn web_parts(
    shared: &Shared,
    desk: &Desk,
    feeds: &[CameraFeed],
    link: (SocketAddr, Option<BrokerHandle>),
    stop: CancellationToken,
) -> Parts {
    let (broker, inside) = link;
    let view = |(feed, camera): (&CameraFeed, &crate::config::Camera)| CameraView {
        id: feed.id.clone(),
        name: camera.name.clone(),
        place: camera.place.clone(),
        zones: camera.drawn(),
        latest: feed.latest.clone(),
        status: feed.status.clone(),
        main: feed.main.clone(),
        sub: feed.sub.clone(),
    };
    Parts {
        store: Arc::clone(&shared.store),
        desk: desk.clone(),
        door: shared.door.clone(),
        clock: Arc::clone(&shared.clock),
        normals: Arc::clone(&shared.normals),
        looked: Arc::clone(&shared.looked),
        cameras: Arc::new(feeds.iter().zip(&shared.config.camera).map(view).collect()),
        config: Arc::clone(&shared.config),
        broker,
        learn: Arc::clone(&shared.learn),
        duty: shared.duty.clone(),
        asyncapi: contract::asyncapi(&shared.topics, env!("CARGO_PKG_VERSION")).to_string(),
        drill: link::drills(shared),
        phones: inside.as_ref().map(BrokerHandle::online),
        phone_gate: inside.map(link::sign_out),
        stop,
    }
}

/// Hears signals beside everything else.
pub fn watch_signals(listening: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(listening);
}
