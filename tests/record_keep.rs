//! The keeper with real rows and real files: what goes, what stays, and what is told of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gengfu::camera::CameraId;
use gengfu::clock::{SimClock, UnixMs};
use gengfu::config::{Camera, Config, Retention};
use gengfu::record::FaultKind;
use gengfu::record::hold::{Hold, HoldKind};
use gengfu::record::task::keeper::{KeeperTask, Pass};
use gengfu::store::{Place, Store};

use crate::support::footage::{record, row};

const DAY_MS: i64 = 86_400_000;
const NOW: UnixMs = UnixMs(1_000 * DAY_MS);

struct Cellar {
    keeper: KeeperTask,
    store: Arc<Store>,
    footage: PathBuf,
    _dir: tempfile::TempDir,
}

fn camera(id: &str) -> CameraId {
    CameraId::try_from(id).unwrap()
}

impl Cellar {
    /// `gate` is an ordinary camera, `vault` one of a key target.
    async fn open(footage: Option<&Path>, min_free_mib: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { url: String::new(), dir: dir.path().to_owned(), min_free_mib: 1 };
        let store = Arc::new(Store::open(&place).await.unwrap());
        let mut config = Config::default();
        let footage = footage.map_or_else(|| dir.path().join("footage"), Path::to_owned);
        std::fs::create_dir_all(&footage).unwrap();
        config.record.dir = footage.clone();
        config.record.min_free_mib = min_free_mib;
        let one = |id: &str, retention| Camera { id: id.into(), retention, ..Camera::default() };
        config.camera = vec![one("gate", Retention::Ordinary), one("vault", Retention::Key)];
        let keeper = KeeperTask {
            store: Arc::clone(&store),
            clock: Arc::new(SimClock::at(NOW)),
            config: Arc::new(config),
            disk_is_known: Arc::new(|| true),
        };
        keeper.remember().await.unwrap();
        Self { keeper, store, footage, _dir: dir }
    }

    /// A file of a camera that ended so many days ago.
    async fn aged(&self, id: &str, number: i64, days: i64) {
        self.filled(id, number, days, b"footage").await;
    }

    async fn filled(&self, id: &str, number: i64, days: i64, bytes: &[u8]) {
        let started = NOW.plus_ms(-days * DAY_MS - 60_001);
        record(&self.store, &self.footage, row(&camera(id), number, started, 60), bytes).await;
    }

    /// The numbers of the files that are there, which are those of the rows.
    async fn left(&self, id: &str) -> Vec<i64> {
        let rows = self.store.segments_after(&camera(id), 0, 10_000).await.unwrap();
        let there = |file: &String| self.footage.join(file).exists();
        assert!(rows.iter().all(|row| there(&row.file)), "a row has no file");
        let files = std::fs::read_dir(self.footage.join(id)).map_or(0, Iterator::count);
        assert_eq!(files, rows.len(), "a file has no row");
        rows.into_iter().map(|row| row.number).collect()
    }

    async fn rules(&self, id: &str) -> Vec<String> {
        let gone = self.store.deletions(&camera(id), UnixMs(0), NOW).await.unwrap();
        gone.into_iter().map(|deletion| deletion.rule).collect()
    }

    async fn faults(&self) -> Vec<FaultKind> {
        self.store.open_faults().await.unwrap().into_iter().map(|fault| fault.kind).collect()
    }

    async fn hold(&self, id: &str, days: (i64, i64), until: UnixMs) {
        let hold = Hold {
            id: format!("hold-{id}-{}", days.0),
            camera: camera(id),
            from: NOW.plus_ms(-days.0 * DAY_MS - 120_000),
            to: NOW.plus_ms(-days.1 * DAY_MS),
            kind: HoldKind::Legal,
            ticket: None,
            reason: "order 7".into(),
            placed_by: "chief".into(),
            placed: NOW,
            until: Some(until),
        };
        self.store.place_hold(&hold).await.unwrap();
    }
}

#[tokio::test]
async fn each_class_goes_at_its_ceiling_and_an_unconfigured_camera_too() {
    let cellar = Cellar::open(None, 0).await;
    for (number, days) in [(1, 95), (2, 89), (3, 31), (4, 29)] {
        cellar.aged("gate", number, days).await;
        cellar.aged("vault", number, days).await;
        cellar.aged("removed", number, days).await;
    }
    cellar.keeper.remember().await.unwrap();
    let pass = cellar.keeper.pass().await.unwrap();
    assert_eq!(pass, Pass { deleted: 7, freed: 49, short: 0 });
    assert_eq!(cellar.left("gate").await, [4]);
    assert_eq!(cellar.left("vault").await, [2, 3, 4]);
    assert_eq!(cellar.left("removed").await, [4]);
    assert_eq!(cellar.rules("gate").await, ["ceiling"; 3]);
    assert_eq!(cellar.keeper.pass().await.unwrap(), Pass::default());
    assert_eq!(cellar.faults().await, []);
}

#[tokio::test]
async fn held_footage_stays_until_the_review_of_its_hold() {
    let cellar = Cellar::open(None, 0).await;
    for number in 1..=200 {
        cellar.aged("gate", number, 400 - number).await;
    }
    // Held are files 1 to 100: more than a page of held files stands before the first free one.
    cellar.hold("gate", (399, 300), NOW.plus_ms(1)).await;
    cellar.keeper.pass().await.unwrap();
    assert_eq!(cellar.left("gate").await, (1..=100).collect::<Vec<_>>());
    let over = Cellar::open(None, 0).await;
    over.aged("gate", 1, 40).await;
    over.hold("gate", (41, 39), NOW).await;
    over.keeper.pass().await.unwrap();
    assert_eq!(over.left("gate").await, [0_i64; 0]);
}

#[tokio::test]
async fn nothing_goes_on_a_disk_that_is_not_the_known_one() {
    let mut cellar = Cellar::open(None, u64::MAX / (1024 * 1024)).await;
    cellar.aged("gate", 1, 95).await;
    cellar.keeper.disk_is_known = Arc::new(|| false);
    assert_eq!(cellar.keeper.pass().await.unwrap(), Pass::default());
    assert_eq!(cellar.left("gate").await, [1]);
}

#[tokio::test]
async fn a_file_that_cannot_go_keeps_its_row_and_one_that_is_gone_loses_it() {
    let cellar = Cellar::open(None, 0).await;
    cellar.aged("gate", 1, 95).await;
    cellar.aged("gate", 2, 94).await;
    // A pass that was killed between file and row.
    std::fs::remove_file(cellar.footage.join("gate/000000001.mp4")).unwrap();
    // What cannot be removed as a file: a folder in its place.
    let second = cellar.footage.join("gate/000000002.mp4");
    std::fs::remove_file(&second).unwrap();
    std::fs::create_dir(&second).unwrap();
    let error = cellar.keeper.pass().await.unwrap_err().to_string();
    assert!(error.contains("000000002.mp4") && error.contains("check the disk"), "{error}");
    assert_eq!(cellar.left("gate").await, [2]);
}

/// A small disk in memory, unmounted at the end.
struct Disk(tempfile::TempDir);

impl Disk {
    /// None where nobody may mount.
    fn mount(mib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(dir.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(dir))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let left = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(left.unwrap().success(), "the test's disk is left mounted");
    }
}

#[tokio::test]
async fn a_full_disk_gives_the_oldest_beyond_its_floor_first_and_then_tells_before_it_gives_more() {
    let Some(disk) = Disk::mount(32) else {
        eprintln!("not tested: only root may mount a small disk");
        return;
    };
    let mut cellar = Cellar::open(Some(disk.0.path()), 8).await;
    let config = Arc::get_mut(&mut cellar.keeper.config).unwrap();
    config.record.ordinary.ceiling_days = 60;
    let mib = vec![7_u8; 1024 * 1024];
    for number in 1..=14 {
        // Four files beyond their floor, ten below it.
        let days = if number <= 4 { 50 - number } else { 20 - number };
        cellar.filled("gate", number, days, &mib).await;
        cellar.filled("vault", number, 80 - number, &mib).await;
    }
    // 28 of 32 MiB are full; 8 are to be free: four files go, no fault.
    let pass = cellar.keeper.pass().await.unwrap();
    assert_eq!((pass.deleted, pass.short), (4, 0));
    assert_eq!(cellar.left("gate").await, (5..=14).collect::<Vec<_>>());
    assert_eq!(cellar.rules("gate").await, ["free_space"; 4]);
    assert_eq!(cellar.faults().await, []);
    // Until the disk is full to the last byte, as a recorder meets it.
    let ballast = disk.0.path().join("ballast");
    let full = std::fs::write(&ballast, vec![7_u8; 9 * 1024 * 1024]);
    assert_eq!(full.unwrap_err().raw_os_error(), Some(28), "ENOSPC");
    let pass = cellar.keeper.pass().await.unwrap();
    assert_eq!(pass.short, 0);
    assert!(pass.deleted >= 8, "{pass:?}");
    assert_eq!(cellar.left("gate").await.len(), 10, "the vault's are older");
    assert_eq!(cellar.rules("vault").await, vec!["below_floor"; pass.deleted]);
    assert_eq!(cellar.faults().await, [FaultKind::BelowFloor]);
    std::fs::write(disk.0.path().join("recording"), &mib).expect("recording goes on");
}

#[tokio::test]
async fn where_all_is_held_nothing_goes_and_a_fault_says_so() {
    let cellar = Cellar::open(None, u64::MAX / (1024 * 1024)).await;
    cellar.aged("gate", 1, 95).await;
    cellar.hold("gate", (96, 90), NOW.plus_ms(1)).await;
    let pass = cellar.keeper.pass().await.unwrap();
    assert!(pass.deleted == 0 && pass.short > 0);
    assert_eq!(cellar.left("gate").await, [1]);
    assert_eq!(cellar.faults().await, [FaultKind::OnlyHeld]);
}
