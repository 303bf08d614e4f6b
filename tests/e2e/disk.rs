//! The disk of the footage is full, becomes read-only, is pulled: recording goes on by itself when
//! it can, the gaps tell what was wrong and when, and nothing is pruned.
//!
//! A small tmpfs is the disk; where mounting is not allowed the test says so and ends.

use std::path::{Path, PathBuf};
use std::process::Command;

use gengfu::camera::CameraId;
use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::record::hold::{Hold, HoldKind};
use gengfu::record::task::check::check;
use gengfu::record::{Cause, FaultKind, Gap};
use gengfu::store::Store;

use super::centre::Site;
use super::kill::{cameras, configured, opened};
use super::process::{LIMIT, Process, until};

const CAMERAS: usize = 2;
/// The disk takes a minute of two test cameras and what fills it.
const SIZE: &str = "size=48m";
/// A gap may begin this much before a fault, with pictures that waited for their piece to be whole.
pub(super) const BEFORE_MS: i64 = 2_000;
/// It ends at the first key frame after the next attempt, this much after the fault, on a busy
/// machine (guess, revisit).
pub(super) const AFTER_MS: i64 = 15_000;

/// A tmpfs, and the folder where the daemon finds it; both go with this.
struct Plug {
    disk: PathBuf,
    seen: PathBuf,
}

impl Plug {
    /// None where this user may not mount.
    fn new(dir: &Path) -> Option<Self> {
        let plug = Self { disk: dir.join("disk"), seen: dir.join("footage") };
        std::fs::create_dir_all(&plug.disk).unwrap();
        std::fs::create_dir_all(&plug.seen).unwrap();
        let disk = plug.disk.display().to_string();
        let mounted = run("mount", &["-t", "tmpfs", "-o", SIZE, "gengfu-test", &disk]);
        (mounted && plug.bind()).then_some(plug)
    }

    /// Makes the disk seen, once more where it is.
    fn bind(&self) -> bool {
        let (disk, seen) = (self.disk.display().to_string(), self.seen.display().to_string());
        run("mount", &["--bind", &disk, &seen])
    }

    /// From the next file on nothing can be written.
    fn freeze(&self) {
        assert!(self.bind());
        let seen = self.seen.display().to_string();
        assert!(run("mount", &["-o", "remount,bind,ro", &seen]));
    }

    /// Takes away what was mounted last.
    fn pull(&self) {
        assert!(run("umount", &["-l", &self.seen.display().to_string()]));
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        for place in [&self.seen, &self.seen, &self.disk] {
            // What is not mounted any more needs no unmounting.
            let _ = run("umount", &["-l", &place.display().to_string()]);
        }
    }
}

pub(super) fn run(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

/// What the daemon's index says while it runs.
pub(super) struct Index {
    pub(super) store: Store,
    pub(super) cameras: Vec<CameraId>,
}

impl Index {
    pub(super) async fn gaps(&self, camera: &CameraId) -> Vec<Gap> {
        self.store.gaps(camera, UnixMs(0), RealClock::new().now()).await.unwrap()
    }

    /// Holds all footage: the keeper would make room on a full disk with the files that ended, and
    /// the test would see nothing of it.
    pub(super) async fn hold(&self) {
        for camera in &self.cameras {
            let hold = Hold {
                id: uuid::Uuid::now_v7().to_string(),
                camera: camera.clone(),
                from: UnixMs(0),
                to: RealClock::new().now().plus_ms(86_400_000),
                kind: HoldKind::Legal,
                ticket: None,
                reason: "a disk is tried".to_owned(),
                placed_by: "test".to_owned(),
                placed: RealClock::new().now(),
                until: None,
            };
            self.store.place_hold(&hold).await.unwrap();
        }
    }

    /// Files of all cameras in the index in which pictures are.
    pub(super) async fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for camera in &self.cameras {
            let rows = self.store.segments_after(camera, 0, 10_000).await.unwrap();
            files.extend(rows.into_iter().filter(|row| row.end.is_some()).map(|row| row.file));
        }
        files
    }

    /// Whether every camera is in a gap of this cause and its fault is open, or there is neither.
    async fn is(&self, cause: Option<&Cause>) -> bool {
        let kind = cause.and_then(|cause| FaultKind::parse(cause.word()));
        let faults = self.store.open_faults().await.unwrap();
        // The keeper says besides that it has nothing to delete, and that the test cameras show a
        // film again and again is true.
        let kinds = faults.iter().map(|fault| fault.kind);
        let besides = [FaultKind::OnlyHeld, FaultKind::Looped];
        let disk: Vec<_> = kinds.filter(|kind| !besides.contains(kind)).collect();
        let open = self.store.open_gaps().await.unwrap();
        let in_gap = open.iter().filter(|gap| Some(&gap.cause) == cause).count();
        let expected = if cause.is_some() { self.cameras.len() } else { 0 };
        disk == Vec::from_iter(kind) && open.len() == expected && in_gap == expected
    }

    pub(super) async fn until(&self, what: &str, cause: Option<&Cause>) {
        let clock = RealClock::new();
        while !self.is(cause).await {
            let open = self.store.open_gaps().await.unwrap();
            let faults = self.store.open_faults().await.unwrap();
            assert!(clock.elapsed() < LIMIT, "not {what}: {open:?} {faults:?}");
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
    }
}

/// The daemon, recording so many cameras at that address on the disk at `seen`, with a file done.
pub(super) async fn recording(
    site: &Site,
    seen: &Path,
    (address, count): (&str, usize),
) -> (Process, Index) {
    let text = configured(address, count);
    let config =
        site.write(&format!("[record]\ndir = {seen:?}\nsegment_s = 10\nmin_free_mib = 1\n{text}"));
    let mut daemon = site.start(&config);
    until("the marker of the disk", || seen.join("gengfu-footage").exists().then_some(()));
    let names = (0..count).map(|at| format!("c{at}"));
    let cameras = names.map(|id| CameraId::try_from(id.as_str()).unwrap()).collect();
    let index = Index { store: opened(site).await, cameras };
    index.hold().await;
    index.until("recording", None).await;
    while index.files().await.is_empty() {
        assert!(daemon.ended().is_none(), "{}", daemon.said());
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    }
    (daemon, index)
}

/// A fault, from its first moment to its last one.
pub(super) type Trouble = (Cause, UnixMs, UnixMs);

/// Lets the disk fail and mends it; recording must stop and go on.
pub(super) async fn trouble(
    index: &Index,
    cause: Cause,
    fail: impl FnOnce(),
    mend: impl FnOnce(),
) -> Trouble {
    let from = RealClock::new().now();
    fail();
    index.until("stopped", Some(&cause)).await;
    let to = RealClock::new().now();
    mend();
    index.until("resumed", None).await;
    (cause, from, to)
}

#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_read_only_or_pulled_leaves_gaps_that_tell_the_truth() {
    let site = Site::new();
    let Some(plug) = Plug::new(site.dir.path()) else {
        eprintln!("left out: this user may not mount a tmpfs; run it as root");
        return;
    };
    let (_cameras, address) = cameras(&site, CAMERAS);
    let seen = &plug.seen;
    let (mut daemon, index) = recording(&site, seen, (&address, CAMERAS)).await;

    let filling = plug.disk.join("filling");
    let mut troubles = Vec::new();
    let fill = || {
        let zeros = std::fs::File::open("/dev/zero").unwrap();
        let mut out = std::fs::File::create(&filling).unwrap();
        let full = std::io::copy(&mut std::io::BufReader::new(zeros), &mut out).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    };
    let empty = || std::fs::remove_file(&filling).unwrap();
    troubles.push(trouble(&index, Cause::DiskFull, fill, empty).await);
    troubles.push(trouble(&index, Cause::DiskReadOnly, || plug.freeze(), || plug.pull()).await);
    let before = index.files().await;
    let back = || assert!(plug.bind());
    troubles.push(trouble(&index, Cause::DiskMissing, || plug.pull(), back).await);

    assert!(daemon.ended().is_none(), "{}", daemon.said());
    assert!(daemon.terminate().success());
    let files = index.files().await;
    assert!(before.iter().all(|file| files.contains(file)), "{before:?} became {files:?}");
    tells_the_truth(&index, &troubles).await;
    let found = check(&index.store, seen, RealClock::new().now()).await.unwrap();
    assert_eq!(found.faults, Vec::<String>::new());
    assert_eq!(found.doubled_ms, 0);
}

/// One gap for each trouble, as long as it was.
async fn tells_the_truth(index: &Index, troubles: &[Trouble]) {
    for camera in &index.cameras {
        let gaps = index.gaps(camera).await;
        for (cause, from, to) in troubles {
            let of_disk: Vec<_> = gaps.iter().filter(|gap| gap.cause == *cause).collect();
            let [gap] = of_disk.as_slice() else { panic!("{camera}, {cause:?}: {gaps:?}") };
            let began_ms = gap.started.since_ms(*from);
            let ended_ms = gap.ended.unwrap().since_ms(*to);
            assert!(began_ms >= -BEFORE_MS && gap.started <= *to, "{gap:?} began {began_ms} ms");
            assert!((0..=AFTER_MS).contains(&ended_ms), "{gap:?} ended {ended_ms} ms later");
        }
        assert_eq!(gaps.len(), troubles.len() + 2, "connecting and stopped: {gaps:?}");
    }
}
