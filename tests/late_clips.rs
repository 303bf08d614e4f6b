//! Clips of events that could not be written in time, out of real footage.

use std::process::Command;
use std::sync::{Arc, Mutex};

use gengfu::camera::{CameraId, Codec};
use gengfu::clock::{SimClock, UnixMs};
use gengfu::config::Config;
use gengfu::event::News;
use gengfu::event::task::late::LateClips;
use gengfu::store::{Error, Place, Store};
use gengfu::ticket::TicketId;

use crate::store::house::{START, event};
use crate::support::footage::{file, record, row};

struct Room {
    late: LateClips,
    told: Arc<Mutex<Vec<News>>>,
    _dir: tempfile::TempDir,
}

impl Room {
    async fn open(min_free_mib: u64, now: UnixMs) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url: String::new(), dir: dir.path().to_owned(), min_free_mib };
        let mut config = Config::default();
        config.record.dir = dir.path().join("footage");
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let late = LateClips {
            store: Arc::new(Store::open(&place).await.unwrap()),
            clock: Arc::new(SimClock::at(now)),
            config: Arc::new(config),
            tell: Arc::new(move |news| hears.lock().unwrap().push(news)),
        };
        Self { late, told, _dir: dir }
    }

    /// Footage of eight seconds from three seconds before the event on.
    async fn footage(&self) {
        let gate = CameraId::try_from("gate").unwrap();
        let row = row(&gate, 1, START.plus_ms(-3_000), 8);
        let dir = self.late.config.footage_dir();
        record(&self.late.store, &dir, row, &file(Codec::H264, 0, 8)).await;
    }

    async fn fire(&self, id: &str) {
        self.late.store.save_event(&event(id, "gate", START), START).await.unwrap();
    }
}

#[tokio::test]
async fn an_event_that_the_daemon_died_over_gets_its_clip_out_of_the_footage() {
    let room = Room::open(1, START.plus_ms(5_000 + 60_001)).await;
    room.fire("e1").await;
    assert_eq!(room.late.pass().await.unwrap(), 0, "there is no footage yet");
    room.footage().await;
    assert_eq!(room.late.pass().await.unwrap(), 1);
    assert_eq!(room.late.pass().await.unwrap(), 0, "it has its clip");
    assert!(matches!(room.told.lock().unwrap().as_slice(), [News::Evidence(id)] if id == "e1"));
    let store = &room.late.store;
    let ticket = crate::store::house::file(store, event("e1", "gate", START)).await.unwrap();
    let clips = store.evidence_of(&TicketId(ticket.id.0)).await.unwrap();
    assert_eq!((clips.len(), clips[0].kind.as_str()), (1, "clip"));
    assert_eq!(clips[0].taken, START.plus_ms(-3_000), "what there is of the pre-roll");
    let path = store.dir().join(&clips[0].path);
    let decoded = Command::new("ffmpeg")
        .args(["-v", "error", "-xerror", "-i"])
        .arg(&path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    assert!(decoded.status.success() && decoded.stderr.is_empty(), "{decoded:?}");
    let left = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "no part of it is left over");
}

#[tokio::test]
async fn a_clip_with_a_gap_tells_which_moments_it_shows() {
    let room = Room::open(1, START.plus_ms(100_000)).await;
    room.fire("e1").await;
    let (gate, dir) = (CameraId::try_from("gate").unwrap(), room.late.config.footage_dir());
    let store = &room.late.store;
    for (number, from, seconds) in [(1, -3_000, 4), (2, 3_000, 8)] {
        let row = row(&gate, number, START.plus_ms(from), seconds);
        record(store, &dir, row, &file(Codec::H264, 0, seconds as usize)).await;
    }
    assert_eq!(room.late.pass().await.unwrap(), 1);
    let kept = store.evidence_of_event("e1").await.unwrap();
    let parts = store.parts_of(&kept[0].id).await.unwrap();
    let told: Vec<_> = parts
        .iter()
        .map(|part| (part.plays_ms, part.from.since_ms(START), part.to.since_ms(START)))
        .collect();
    assert_eq!(told, [(0, -3_000, 1_000), (4_000, 3_000, 5_000)]);
    assert_eq!(store.parts_of("none").await.unwrap(), []);
}

#[tokio::test]
async fn an_event_whose_own_task_is_still_at_its_clip_is_left_alone() {
    let room = Room::open(1, START.plus_ms(5_000 + 60_000)).await;
    room.fire("e1").await;
    room.footage().await;
    assert_eq!(room.late.pass().await.unwrap(), 0);
}

#[tokio::test]
async fn a_full_disk_is_tried_again() {
    let room = Room::open(u64::MAX, START.plus_ms(100_000)).await;
    room.fire("e1").await;
    room.footage().await;
    assert!(matches!(room.late.pass().await, Err(Error::Full { .. })));
    assert!(room.told.lock().unwrap().is_empty());
}
