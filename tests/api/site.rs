//! A centre in a temporary folder: store, desk, two cameras, people, and requests without a socket.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use gengfu::access::{Door, password};
use gengfu::camera::{
    CameraId, CameraState, CameraStatus, Frame, Role as StreamRole, StreamFacts, StreamFeed,
    UnitRing,
};
use gengfu::clock::{Clock, SimClock, UnixMs};
use gengfu::config::{Config, RuleKind, Zone};
use gengfu::detect::Class;
use gengfu::detect::watch::LearnViews;
use gengfu::duty::task::{Duty, DutyTask};
use gengfu::duty::unattended::Alarm;
use gengfu::event::{Fired, News, Reason};
use gengfu::store::account::Account;
use gengfu::store::event::Event;
use gengfu::store::evidence::NewEvidence;
use gengfu::store::outbox::Outgoing;
use gengfu::store::{Place, Store};
use gengfu::ticket::filing::Proposal;
use gengfu::ticket::ranking::Ground;
use gengfu::ticket::task::{Desk, DeskParts, desk};
use gengfu::ticket::{Effect, Policy, Role, Severity, Ticket};
use gengfu::web::{self, AppState, CameraView, Parts};
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

/// Monday 2026-11-23 14:00 in Shanghai.
pub(crate) const NOW: UnixMs = UnixMs(1_795_413_600_000);
/// A name that would break a page, a statement or a path if anybody forgot to quote it.
pub(crate) const HOSTILE: &str =
    "<script>alert('1')</script>\"; drop table ticket;-- ../../\u{202e}";

pub(crate) struct Site {
    pub(crate) app: Router,
    pub(crate) store: Arc<Store>,
    pub(crate) desk: Desk,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) stop: CancellationToken,
    pub(crate) latest: watch::Sender<Option<Arc<Frame>>>,
    /// The folder of the footage.
    pub(crate) footage: std::path::PathBuf,
    /// The camera's large stream; it has no small one.
    pub(crate) video: StreamFeed,
    /// Cameras whose view is to be learnt anew.
    pub(crate) learn: Arc<LearnViews>,
    /// The pass over duty; a test has it look when it wants.
    pub(crate) watching: DutyTask,
    /// Keeps the status and the list of phones alive.
    _status: watch::Sender<CameraStatus>,
    _phones: watch::Sender<HashSet<String>>,
    _stopped: DropGuard,
    _dir: tempfile::TempDir,
}

fn message(ticket: &Ticket, effect: &Effect, _: Option<&str>) -> Option<Outgoing> {
    match effect {
        Effect::SendOrder => Some(Outgoing {
            topic: "patrol/li/order".into(),
            kind: "order",
            retain: false,
            ticket: Some(ticket.id.0.clone()),
            body: json!({}),
            hold: None,
        }),
        Effect::WithdrawOrder { .. }
        | Effect::TellMember { .. }
        | Effect::SendSupport { .. }
        | Effect::TellSupport { .. }
        | Effect::Announce
        | Effect::Tell { .. } => None,
    }
}

fn unattended(alarm: &Alarm) -> Outgoing {
    let numbers: Vec<i64> = alarm.waiting.iter().map(|one| one.number).collect();
    Outgoing {
        topic: "unattended".into(),
        kind: "unattended",
        retain: false,
        ticket: None,
        body: json!({ "told": alarm.told, "numbers": numbers }),
        hold: None,
    }
}

fn config(footage: &Path) -> Config {
    let mut config = Config::default();
    config.policy.photo_max_bytes = 20_000;
    config.camera = vec![gate()];
    config.record.dir = footage.to_owned();
    config
}

impl Site {
    /// A centre with nothing in it yet but people and cameras.
    pub(crate) async fn open() -> Self {
        Self::with_broker(SocketAddr::from(([127, 0, 0, 1], 9))).await
    }

    pub(crate) async fn with_broker(broker: SocketAddr) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url: String::new(), dir: dir.path().to_owned(), min_free_mib: 1 };
        let store = Arc::new(Store::open(&place).await.unwrap());
        let clock = Arc::new(SimClock::at(NOW));
        people(&store).await;
        let footage = dir.path().join("footage");
        let config = config(&footage);
        let stop = CancellationToken::new();
        let (desk, work) = desk(DeskParts {
            store: store.clone(),
            clock: clock.clone(),
            policy: Policy::new(&config.policy),
            overlaps: Vec::new(),
            ground: Ground::default(),
            encode: Arc::new(message),
            encode_refusal: Arc::new(|_, _| None),
            outbox: Arc::new(Notify::new()),
        });
        tokio::spawn(work.run(stop.clone()));
        let (latest, status, camera) = camera();
        let video = camera.main.clone();
        let (phones, online) = watch::channel(HashSet::from(["li".to_owned()]));
        let learn = Arc::new(LearnViews::default());
        let duty = Duty::default();
        let watching = DutyTask {
            store: store.clone(),
            clock: clock.clone(),
            rhythm: (&config.duty).into(),
            encode: Arc::new(|alarm| vec![unattended(alarm)]),
            duty: duty.clone(),
            outbox: Arc::new(Notify::new()),
        };
        let parts = Parts {
            asyncapi: "{}".into(),
            drill: Arc::new(|_, _| Box::pin(async { Ok(None) })),
            store: store.clone(),
            desk: desk.clone(),
            door: Door { store: store.clone(), clock: clock.clone() },
            clock: clock.clone(),
            config: Arc::new(config),
            cameras: Arc::new(vec![camera]),
            normals: Arc::default(),
            looked: Arc::default(),
            broker,
            learn: Arc::clone(&learn),
            duty: duty.clone(),
            phones: Some(online),
            phone_gate: None,
            stop: stop.clone(),
        };
        Self {
            app: web::app(AppState::new(parts)),
            store,
            desk,
            clock,
            latest,
            footage,
            video,
            learn,
            watching,
            _status: status,
            _phones: phones,
            _stopped: stop.clone().drop_guard(),
            stop,
            _dir: dir,
        }
    }

    /// Signs in and gives the cookie.
    pub(crate) async fn cookie(&self, name: &str) -> String {
        let asked = post("/api/v1/login", None, &json!({ "name": name, "password": name }));
        let response = self.ask(asked).await;
        assert_eq!(response.status(), StatusCode::OK, "{name} signs in");
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    /// GET as somebody: status and JSON.
    pub(crate) async fn get(&self, path: &str, cookie: &str) -> (u16, Value) {
        read(self.ask(get(path, cookie)).await).await
    }

    /// An act as somebody on the version that stands.
    pub(crate) async fn act(&self, ticket: &str, cookie: &str, act: Value) -> (u16, Value) {
        let id = gengfu::ticket::TicketId(ticket.to_owned());
        let version = self.store.ticket(&id).await.unwrap().unwrap().version;
        self.act_on(ticket, cookie, (version, act)).await
    }

    pub(crate) async fn act_on(
        &self,
        ticket: &str,
        cookie: &str,
        act: (i64, Value),
    ) -> (u16, Value) {
        let body = json!({ "version": act.0, "act": act.1 });
        let path = format!("/api/v1/tickets/{ticket}/act");
        read(self.ask(post(&path, Some(cookie), &body)).await).await
    }

    /// A rule fires; gives the ticket's id once it is filed.
    pub(crate) async fn fire(&self, rule: &str) -> String {
        let event = event(rule);
        let mut changes = self.desk.changes();
        self.store.save_event(&event, self.clock.now()).await.unwrap();
        self.desk.hear(News::Saved);
        changes.recv().await.unwrap().id.0.clone()
    }

    /// A rule fires and its still is stored; gives the ids of ticket and still.
    pub(crate) async fn fire_with_still(&self, rule: &str) -> (String, String) {
        let ticket = self.fire(rule).await;
        let found = self.store.ticket(&gengfu::ticket::TicketId(ticket.clone())).await.unwrap();
        let new = NewEvidence {
            event: None,
            ticket: Some(&found.unwrap().id),
            kind: "snapshot",
            mime: "image/jpeg",
            taken: NOW,
            by: "gengfu",
        };
        let still = self.store.keep_bytes(new, b"0123456789".to_vec(), NOW).await.unwrap();
        (ticket, still.id)
    }

    /// A ticket that is offered to `li`: ids of the ticket, its still and the order.
    pub(crate) async fn offered(&self) -> (String, String, String) {
        let (ticket, still) = self.fire_with_still("fence").await;
        let op = self.cookie("op").await;
        for act in [
            json!({ "type": "confirm" }),
            json!({ "type": "classify", "category": "intrusion", "severity": "S2", "place": "east gate" }),
            json!({ "type": "dispatch", "member": "li" }),
        ] {
            let (status, body) = self.act(&ticket, &op, act).await;
            assert_eq!(status, 200, "{body}");
        }
        let found = self.store.ticket(&gengfu::ticket::TicketId(ticket.clone())).await.unwrap();
        let offer = found.unwrap().life.state.offer().unwrap().id.clone();
        (ticket, still, offer)
    }
}

/// The camera as it is configured: one rule at the fence.
fn gate() -> gengfu::config::Camera {
    let rule = gengfu::config::Rule {
        id: "fence".into(),
        name: "夜间入侵".into(),
        classes: vec!["person".into(), "animal".into()],
        ..Default::default()
    };
    gengfu::config::Camera {
        id: "gate".into(),
        name: "东门".into(),
        rule: vec![rule],
        ..Default::default()
    }
}

async fn people(store: &Store) {
    let people = [
        ("op", Role::Operator),
        ("op2", Role::Operator),
        ("chief", Role::ShiftLeader),
        ("director", Role::Director),
        ("li", Role::PatrolMember),
        ("zhao", Role::PatrolMember),
        ("admin", Role::Admin),
        ("wall", Role::Wall),
    ];
    for (name, role) in people {
        let account = Account {
            name: name.into(),
            display: if name == "zhao" { HOSTILE.into() } else { format!("{name} 员") },
            role,
            password_hash: password::hash(name),
            active: true,
        };
        assert!(store.add_account(&account, NOW).await.unwrap());
    }
    let shift = (NOW.plus_ms(-1000), NOW.plus_ms(8 * 3_600_000));
    store.add_shift("li", "patrol", shift).await.unwrap();
    store.add_shift("op", "duty", shift).await.unwrap();
    store.add_shift("op2", "duty", shift).await.unwrap();
    store.add_shift("chief", "standby", shift).await.unwrap();
}

type Made = (watch::Sender<Option<Arc<Frame>>>, watch::Sender<CameraStatus>, CameraView);

fn camera() -> Made {
    let id = CameraId::try_from("gate").unwrap();
    let (latest, newest) = watch::channel(None);
    let (status, stands) = watch::channel(CameraStatus {
        camera: id.clone(),
        state: CameraState::Live,
        since: NOW,
        code: None,
        message: None,
        fps: 5.0,
        frame_at: Some(NOW),
        frames_dropped: 3,
        slowed_to: Some(1.25),
        reconnects: 0,
    });
    let zone = Zone {
        id: "fence".into(),
        name: "东围栏".into(),
        polygon: vec![[0.0, 0.5]],
        area_m2: None,
    };
    let view = CameraView {
        id,
        name: "东门".into(),
        place: "东门外".into(),
        zones: vec![zone],
        latest: newest,
        status: stands,
        main: stream(),
        sub: None,
    };
    (latest, status, view)
}

/// A stream that nothing has come from.
fn stream() -> StreamFeed {
    StreamFeed {
        role: StreamRole::Main,
        units: Arc::new(Mutex::new(UnitRing::new(10, 1_000_000))),
        live: broadcast::channel(4).0,
        record: None,
        facts: watch::channel(StreamFacts::default()).1,
    }
}

pub(crate) fn event(rule: &str) -> Event {
    Event {
        id: format!("event-{rule}"),
        fired: Fired {
            camera: CameraId::try_from("gate").unwrap(),
            reason: Reason {
                rule: rule.into(),
                zone: "fence".into(),
                kind: RuleKind::ZoneObject,
                class: Some(Class::Person),
                score: 0.5,
                dwell_ms: 1500,
                armed: "22:00-06:00".into(),
                facts: Default::default(),
            },
            track: Some(1),
            area: None,
            at: NOW,
        },
        camera_name: "东门".into(),
        rule_name: "夜间入侵".into(),
        proposal: Proposal {
            severity: Severity::S2,
            category: "intrusion".into(),
            place: "东门外".into(),
        },
        coalesce_ms: 60_000,
        ticket: None,
    }
}

/// A grey picture of this size.
pub(crate) fn frame(seq: u64, width: u32) -> Arc<Frame> {
    Arc::new(Frame {
        camera: CameraId::try_from("gate").unwrap(),
        seq,
        session: 0,
        pts_ms: 0,
        seen_at: NOW,
        width,
        height: 36,
        bgr: vec![128; (width * 36 * 3) as usize].into(),
        grey_width: 0,
        grey_height: 0,
        grey: Vec::new().into(),
    })
}

pub(crate) fn get(path: &str, cookie: &str) -> Request<Body> {
    Request::get(path).header(header::COOKIE, cookie).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, cookie: Option<&str>, body: &Value) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    let request = match cookie {
        Some(cookie) => request.header(header::COOKIE, cookie),
        None => request,
    };
    request.body(Body::from(body.to_string())).unwrap()
}

pub(crate) async fn bytes(response: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(response.into_body(), 10_000_000).await.unwrap().to_vec()
}

/// Status and JSON; null when the body is none.
pub(crate) async fn read(response: Response<Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = bytes(response).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
