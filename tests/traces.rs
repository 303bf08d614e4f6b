//! What the event's task keeps of what was seen around a firing, also when it dies over it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gengfu::camera::{CameraId, Frame, UnitRing};
use gengfu::clock::{Calendar, SimClock, UnixMs};
use gengfu::config::{self, Config};
use gengfu::detect::{Box01, Class, Motion, Search, Sighting, Track};
use gengfu::event::rule::RuleSet;
use gengfu::event::task::{EventTask, Watched};
use gengfu::store::{Place, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::store::house::START;

struct Room {
    store: Arc<Store>,
    sightings: mpsc::Sender<Sighting>,
    task: tokio::task::JoinHandle<Result<(), gengfu::store::Error>>,
    _dir: tempfile::TempDir,
}

fn gate() -> CameraId {
    CameraId::try_from("gate").unwrap()
}

/// One camera with a zone and a rule that fires as soon as a person is in it.
fn camera() -> config::Camera {
    let polygon = vec![[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]];
    config::Camera {
        id: "gate".into(),
        zone: vec![config::Zone {
            id: "yard".into(), name: "院子".into(), polygon, area_m2: None
        }],
        rule: vec![
            config::Rule {
                id: "night".into(),
                zone: "yard".into(),
                classes: vec!["person".into()],
                dwell_ms: Some(0),
                ..config::Rule::default()
            }
            .settled(),
        ],
        ..config::Camera::default()
    }
}

/// A person at a place across the picture, `ms` after the beginning.
fn person(ms: i64, x: f32) -> Sighting {
    let (wide, high) = (64, 36);
    let frame = Frame {
        camera: gate(),
        seq: 0,
        session: 0,
        pts_ms: ms,
        seen_at: START.plus_ms(ms),
        width: wide,
        height: high,
        bgr: vec![128; (wide * high * 3) as usize].into(),
        grey_width: 0,
        grey_height: 0,
        grey: Arc::from([]),
    };
    let track = Track {
        id: 7,
        class: Class::Person,
        score: 0.9,
        area: Box01 { x0: x, y0: 0.4, x1: x + 0.1, y1: if x > 0.3 { 0.8 } else { 0.45 } },
        velocity: [0.1, 0.0],
        age_ms: 2_000,
        hits: 10,
    };
    let motion = Motion { fraction: 0.02, ..Motion::default() };
    let (frame, tracks) = (Arc::new(frame), vec![track]);
    Sighting { frame, motion, search: Search::Whole, tracks, anomaly: None }
}

impl Room {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url: String::new(), dir: dir.path().to_owned(), min_free_mib: 1 };
        let store = Arc::new(Store::open(&place).await.unwrap());
        let watched = Watched {
            rules: RuleSet::compile(&camera(), &Calendar::default()).unwrap(),
            config: camera(),
            units: Arc::new(Mutex::new(UnitRing::new(10, 1_000))),
        };
        let (sightings, seen) = mpsc::channel(4);
        let task = EventTask {
            store: Arc::clone(&store),
            clock: Arc::new(SimClock::at(START)),
            zone: jiff::tz::TimeZone::UTC,
            rolls: Config::default().event,
            cameras: HashMap::from([(gate(), watched)]),
            sightings: seen,
            tell: Arc::new(|_| ()),
        };
        let task = tokio::spawn(task.run(CancellationToken::new()));
        Self { store, sightings, task, _dir: dir }
    }

    async fn see(&self, ms: i64, x: f32) {
        self.sightings.send(person(ms, x)).await.unwrap();
    }

    /// Comes from outside the zone for two seconds and is in it from then on, until `until`.
    async fn walk(&self, until: i64) {
        for ms in (0..=until).step_by(200) {
            self.see(ms, if ms < 2_000 { 0.1 } else { 0.5 }).await;
        }
    }
}

/// The trace of the only event, once it is there.
async fn trace(store: &Store) -> Option<Value> {
    let event = store.unfiled_events().await.unwrap().into_iter().next()?;
    let kept = store.evidence_of_event(&event.id).await.unwrap();
    let trace = kept.iter().find(|one| one.kind == "trace")?;
    assert_eq!(trace.taken, START);
    Some(store.read_trace(trace).await.unwrap())
}

fn span(trace: &Value) -> (i64, i64) {
    let looks = trace["looks"].as_array().unwrap();
    let at = |look: &Value| UnixMs(look["at_ms"].as_i64().unwrap()).since_ms(START);
    (at(&looks[0]), at(&looks[looks.len() - 1]))
}

#[tokio::test]
async fn what_was_seen_before_and_after_is_kept_with_the_event() {
    let room = Room::open().await;
    room.walk(9_000).await;
    let Room { store, sightings, task, _dir, .. } = room;
    // No detector is left: the task ends by itself and writes down what it has.
    drop(sightings);
    task.await.unwrap().unwrap();
    let trace = trace(&store).await.expect("a trace");
    assert_eq!((&trace["complete"], &trace["track"]), (&json!(true), &json!(7)));
    assert_eq!(trace["fired_ms"], START.0 + 2_000);
    assert_eq!(span(&trace), (0, 7_000), "the post-roll is five seconds");
    assert_eq!((&trace["shape"]["id"], &trace["shape"]["name"]), (&json!("yard"), &json!("院子")));
    assert_eq!(trace["looks"][0]["tracks"][0]["box"], json!([0.1, 0.4, 0.2, 0.45]));
    assert_eq!(trace["looks"][0]["moving"], 0.02);
}

#[tokio::test]
async fn a_daemon_that_dies_in_the_post_roll_leaves_what_led_to_the_firing() {
    let room = Room::open().await;
    room.walk(2_000).await;
    let trace = loop {
        if let Some(trace) = trace(&room.store).await {
            break trace;
        }
        tokio::task::yield_now().await;
    };
    room.task.abort();
    assert_eq!(trace["complete"], false);
    assert_eq!(span(&trace), (0, 2_000));
}
