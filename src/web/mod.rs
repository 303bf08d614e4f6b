//! Screens and interface: everything that speaks HTTP.
//!
//! A handler passes the door, asks the store or the desk, and answers a wire struct. It decides
//! nothing about a ticket's life; that is `ticket/lifecycle.rs`. Domain types never serialise
//! themselves: the `wire*` files are the only JSON.
//!
//! Reading order: who comes in (`login`, `attempts`, `session`), what is read (`site`, `tickets`,
//! `describe`), what is done (`observe`, `photo`), what is seen (`evidence`, `replay`, `footage`,
//! `stream`, `live`, `video`), what is broken and what rules are worth (`fault`, `rules`), who is
//! on duty and hands over (`duty`, `roster`, `handover`), who looks (`screens`), phones, calls to
//! the second channel, reports, screens, health.

pub mod error;
pub mod wire;
pub mod wire_site;
pub mod wire_ticket;
pub mod wire_crew;
pub mod wire_link;
mod wire_detail;
pub mod wire_act;
pub mod ask;
pub mod attempts;
pub mod session;
pub mod login;
pub mod site;
pub mod describe;
pub mod tickets;
pub mod observe;
pub mod evidence;
pub mod wire_replay;
pub mod replay;
pub mod wire_footage;
pub mod range;
pub mod playback;
pub mod footage;
pub mod hold;
pub mod fault;
pub mod member;
pub mod normal;
pub mod wire_duty;
pub mod duty;
pub mod roster;
pub mod handover;
pub mod wire_rules;
pub mod wire_screens;
pub mod screens;
pub mod policy;
pub mod rules;
pub mod photo;
pub mod stream;
pub mod picture;
pub mod live;
pub mod reel;
pub mod video;
pub mod phone;
pub mod pipe;
pub mod call;
pub mod drill;
pub mod report;
pub mod issue;
pub mod review;
pub mod assets;
pub mod health;
pub mod headers;
pub mod task;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::Door;
use crate::camera::{CameraId, CameraStatus, Frame, StreamFeed};
use crate::clock::Clock;
use crate::config::{Config, Zone};
use crate::detect::normal::board::Board;
use crate::detect::stats::DetectStats;
use crate::detect::watch::LearnViews;
use crate::duty::task::Duty;
use crate::store::{self, Store};
use crate::ticket::ranking::Ground;
use crate::ticket::task::Desk;

pub use error::Error;

/// A JSON body beyond this is no act of a person; notes are a few hundred characters.
const BODY_MAX: usize = 64 * 1024;
/// Password checks at once: each takes 19 MiB and a core for tens of milliseconds.
const HASHING_MAX: usize = 2;
/// Photos decoded at once: each may take the memory of its pixels.
const DECODING_MAX: usize = 2;
/// Phones piped at once; the broker takes as many clients.
const PIPES_MAX: usize = 5000;

/// Closes an account's connections to the broker, if the broker is ours.
pub type SignOut = Arc<dyn Fn(String) -> BoxFuture<'static, ()> + Send + Sync>;

/// Begins a drill; none when there is nobody to reach. The messages are not this module's business.
pub type BeginDrill = Arc<
    dyn Fn(
            store::drill::Wanted,
            crate::clock::UnixMs,
        ) -> BoxFuture<'static, Result<Option<store::drill::Drill>, store::Error>>
        + Send
        + Sync,
>;

/// A camera as the screens need it.
#[derive(Clone, Debug)]
pub struct CameraView {
    pub id: CameraId,
    pub name: String,
    pub place: String,
    pub zones: Vec<Zone>,
    /// The newest decoded frame.
    pub latest: watch::Receiver<Option<Arc<Frame>>>,
    pub status: watch::Receiver<CameraStatus>,
    /// The large stream.
    pub main: StreamFeed,
    /// The small one, if the camera has one.
    pub sub: Option<StreamFeed>,
}

/// What the web part works with.
#[derive(Clone)]
pub struct Parts {
    /// The MQTT contract, as JSON.
    pub asyncapi: String,
    pub drill: BeginDrill,
    pub store: Arc<Store>,
    pub desk: Desk,
    pub door: Door,
    pub clock: Arc<dyn Clock>,
    pub config: Arc<Config>,
    pub cameras: Arc<Vec<CameraView>>,
    /// What cameras have learnt to be normal.
    pub normals: Arc<Board>,
    /// What the detector has done.
    pub looked: Arc<DetectStats>,
    /// The MQTT port that `/mqtt` is piped to.
    pub broker: SocketAddr,
    /// Cameras whose present view is to be the usual one.
    pub learn: Arc<LearnViews>,
    /// Members whose phone is connected; `None` when the broker does not tell.
    pub phones: Option<watch::Receiver<HashSet<String>>>,
    /// The broker inside, to close the connections of whoever signs out; `None` with an outside
    /// one, which lets phones in by its own rules.
    pub phone_gate: Option<SignOut>,
    /// The pass over duty, told when a row was written.
    pub duty: Duty,
    /// Ends streams and sockets, which would otherwise never end by themselves.
    pub stop: CancellationToken,
}

/// The parts and what the web part remembers. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

struct Shared {
    parts: Parts,
    attempts: Mutex<attempts::Attempts>,
    hashing: Semaphore,
    decoding: Semaphore,
    pipes: Arc<Semaphore>,
    pictures: picture::Pictures,
    clips: playback::Clips,
    stocks: footage::Stocks,
    ground: Ground,
}

impl AppState {
    /// A state with nothing remembered yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let pictures = picture::Pictures::of(&parts.cameras);
        Self(Arc::new(Shared {
            ground: Ground::new(&parts.config),
            parts,
            attempts: Mutex::default(),
            hashing: Semaphore::new(HASHING_MAX),
            decoding: Semaphore::new(DECODING_MAX),
            pipes: Arc::new(Semaphore::new(PIPES_MAX)),
            pictures,
            clips: playback::Clips::default(),
            stocks: footage::Stocks::default(),
        }))
    }
}

impl AppState {
    /// Beats, ways and what members can do.
    #[must_use]
    pub fn ground(&self) -> &Ground {
        &self.0.ground
    }
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// All routes.
pub fn app(state: AppState) -> Router {
    let (api, mut described) = OpenApiRouter::new().nest("/api/v1", api()).split_for_parts();
    described.info.title = "Gengfu".into();
    described.info.version = env!("CARGO_PKG_VERSION").into();
    let described = serde_json::to_string(&described).expect("the description is plain JSON");
    let openapi =
        move || async move { ([("content-type", "application/json")], described.clone()) };
    Router::new()
        .merge(api)
        .route("/api/openapi.json", get(openapi))
        .route("/api/asyncapi.json", get(asyncapi))
        .route("/api/{*rest}", any(error::no_such_route))
        .route("/mqtt", any(pipe::mqtt))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(assets::page)
        .method_not_allowed_fallback(error::no_such_method)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(axum::middleware::from_fn(headers::guard))
        .with_state(state)
}

/// The MQTT contract.
async fn asyncapi(State(state): State<AppState>) -> impl IntoResponse {
    ([("content-type", "application/json")], state.asyncapi.clone())
}

/// Weeks, their versions, months, and reviews.
fn reports() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(report::weeks))
        .routes(routes!(report::week))
        .routes(routes!(issue::list, issue::draw_up))
        .routes(routes!(issue::sign))
        .routes(routes!(issue::publish))
        .routes(routes!(issue::outside))
        .routes(routes!(issue::month_page))
        .routes(routes!(issue::objections, issue::object))
        .routes(routes!(issue::answer))
        .routes(routes!(review::picks))
        .routes(routes!(review::second))
}

fn api() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(login::login))
        .routes(routes!(login::logout))
        .routes(routes!(login::me))
        .routes(routes!(site::site))
        .routes(routes!(site::cameras))
        .routes(routes!(site::duty))
        .routes(routes!(site::today))
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::one))
        .routes(routes!(tickets::act))
        .routes(routes!(member::suspend))
        .routes(routes!(member::restore))
        .routes(routes!(observe::observe))
        .routes(routes!(screens::list))
        .routes(routes!(screens::beat))
        .routes(routes!(screens::rounds))
        .routes(routes!(screens::look))
        .routes(routes!(drill::list))
        .routes(routes!(drill::begin))
        .routes(routes!(evidence::evidence))
        .routes(routes!(replay::replay))
        .routes(routes!(photo::photo))
        .routes(routes!(footage::list))
        .routes(routes!(footage::segment))
        .routes(routes!(footage::clip))
        .routes(routes!(footage::clip_info))
        .routes(routes!(footage::summary))
        .routes(routes!(fault::open))
        .routes(routes!(fault::past))
        .routes(routes!(fault::learn))
        .routes(routes!(hold::list, hold::place))
        .routes(routes!(hold::release))
        .routes(routes!(normal::summary))
        .routes(routes!(normal::reset))
        .routes(routes!(policy::versions))
        .routes(routes!(policy::propose))
        .routes(routes!(policy::decide))
        .routes(routes!(rules::quality))
        .routes(routes!(rules::ask))
        .routes(routes!(rules::approve))
        .routes(routes!(rules::refuse))
        .routes(routes!(rules::unshelve))
        .routes(routes!(duty::desk))
        .routes(routes!(duty::sign_on))
        .routes(routes!(duty::sign_off))
        .routes(routes!(duty::presence))
        .routes(routes!(roster::shown))
        .routes(routes!(roster::draft))
        .routes(routes!(roster::one))
        .routes(routes!(roster::publish))
        .routes(routes!(roster::ask_swap))
        .routes(routes!(roster::agree))
        .routes(routes!(roster::refuse))
        .routes(routes!(roster::approve))
        .routes(routes!(handover::list, handover::write))
        .routes(routes!(handover::one))
        .routes(routes!(handover::document))
        .routes(routes!(handover::signed))
        .routes(routes!(handover::enter))
        .routes(routes!(phone::link))
        .routes(routes!(phone::tickets))
        .merge(reports())
        .routes(routes!(stream::stream))
        .routes(routes!(live::live))
        .routes(routes!(video::video))
}
