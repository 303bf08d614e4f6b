//! A disk that hangs, that becomes read-only under open files, that returns errors, that is gone
//! while files are open: recording goes on by itself, the gaps tell the truth, and everything that
//! is not the disk of the footage lives on. A disk that hangs loses nothing but what fits into no
//! memory; what of it is not written yet when it breaks is told with the cause of that.
//!
//! The disk is a small ext4 on a loop device, because only a real file system breaks like one; as
//! in `disk.rs` the test says so and ends where mounting is refused.

use std::path::{Path, PathBuf};

use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::record::task::check::check;
use gengfu::record::{Cause, FaultKind, Gap};

use super::centre::{Site, gengfu};
use super::disk::{AFTER_MS, BEFORE_MS, Index, Trouble, recording, run, trouble};
use super::kill::cameras;
use super::person::{Person, agent};
use super::process::{LIMIT, until};

const CAMERAS: usize = 3;
/// Two minutes of three test cameras, and what ext4 needs.
const BYTES: u64 = 96 << 20;

/// An ext4 in a file, mounted where the daemon finds it; it goes with this.
struct Ext4 {
    image: PathBuf,
    seen: PathBuf,
}

impl Ext4 {
    /// None where this user may not mount one.
    fn new(dir: &Path) -> Option<Self> {
        let disk = Self { image: dir.join("image"), seen: dir.join("footage") };
        std::fs::create_dir_all(&disk.seen).unwrap();
        std::fs::File::create(&disk.image).unwrap().set_len(BYTES).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", &disk.image.display().to_string()]);
        (made && disk.mount()).then_some(disk)
    }

    fn mount(&self) -> bool {
        let (image, seen) = (self.image.display().to_string(), self.seen.display().to_string());
        run("mount", &["-t", "ext4", "-o", "loop", &image, &seen])
    }

    fn at(&self, program: &str, arguments: &[&str]) -> bool {
        let seen = self.seen.display().to_string();
        run(program, &[arguments, &[&seen]].concat())
    }

    /// The kernel gives up writing, as after an error of the medium.
    fn abort(&self) {
        assert!(self.at("mount", &["-o", "remount,abort"]));
    }

    /// From now on every access is an error, as of a disk whose cable is out: FS_IOC_SHUTDOWN,
    /// without writing what waits.
    fn shut_down(&self) {
        let call = "my $how = pack('L', 2); open(my $at, '<', $ARGV[0]) or die $!; \
                    ioctl($at, 0x8004587d, $how) or die $!";
        assert!(self.at("perl", &["-e", call]));
    }

    /// Gone from its folder while files on it are open.
    fn pull(&self) {
        assert!(self.at("umount", &["-l"]));
    }

    /// Mounts it anew; while files are open it is busy.
    fn renew(&self) {
        until("the end of all files of the broken disk", || self.at("umount", &[]).then_some(()));
        self.back();
    }

    fn back(&self) {
        until("the disk mounted again", || self.mount().then_some(()));
    }

    fn freeze(&self) -> Frozen<'_> {
        assert!(self.at("fsfreeze", &["-f"]));
        Frozen(self)
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        // What is not mounted any more needs no unmounting.
        let _ = self.at("umount", &["-l"]);
    }
}

/// A disk that answers no write; a program that waits for it cannot even be killed.
struct Frozen<'a>(&'a Ext4);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        assert!(self.0.at("fsfreeze", &["-u"]));
    }
}

#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_hangs_or_breaks_under_open_files_is_survived_and_told() {
    let site = Site::new();
    let Some(disk) = Ext4::new(site.dir.path()) else {
        eprintln!("left out: no ext4 can be made and mounted here; run it as root, with e2fsprogs");
        return;
    };
    let (_cameras, address) = cameras(&site, CAMERAS);
    let (mut daemon, index) = recording(&site, &disk.seen, (&address, CAMERAS)).await;

    hangs(&site, &index, &disk).await;
    let mut troubles = Vec::new();
    let renew = || disk.renew();
    troubles.push(trouble(&index, Cause::DiskReadOnly, || disk.abort(), renew).await);
    troubles.push(trouble(&index, Cause::DiskFailing, || disk.shut_down(), renew).await);
    troubles.push(trouble(&index, Cause::DiskMissing, || disk.pull(), || disk.back()).await);

    assert!(daemon.ended().is_none(), "{}", daemon.said());
    assert!(daemon.terminate().success());
    for camera in &index.cameras {
        tells_the_truth(&index.gaps(camera).await, &troubles);
    }
    let found = check(&index.store, &disk.seen, RealClock::new().now()).await.unwrap();
    assert_eq!((found.faults, found.doubled_ms), (Vec::<String>::new(), 0));
}

/// No write is answered until it is told; all else goes on, and no footage is lost.
async fn hangs(site: &Site, index: &Index, disk: &Ext4) {
    let config = site.dir.path().join("site.toml");
    let person = operator(site, &config);
    let frames = |person: &Person| -> Vec<i64> {
        let told = person.get("cameras");
        let told = told.as_array().unwrap().iter();
        told.map(|camera| camera["frame_at_ms"].as_i64().unwrap()).collect()
    };
    let frozen = disk.freeze();
    let from = RealClock::new().now();
    let clock = RealClock::new();
    let told = loop {
        let faults = index.store.open_faults().await.unwrap();
        if let Some(fault) = faults.into_iter().find(|one| one.kind == FaultKind::DiskFailing) {
            break fault;
        }
        assert!(clock.elapsed() < LIMIT, "nobody says that the disk hangs");
        std::thread::park_timeout(std::time::Duration::from_millis(100));
    };
    assert!(told.message.contains("has not answered for 10 s"), "{told:?}");
    // Cameras are seen, people sign in, the database is written: ten seconds into the hang.
    assert!(frames(&person).iter().all(|ms| *ms > from.0), "{:?}", frames(&person));
    assert_eq!(index.store.open_gaps().await.unwrap(), []);
    operator_called(site, &config, "wang");
    drop(frozen);
    index.until("mended", None).await;
    let to = RealClock::new().now();
    // What waited is written before anything newer: a file that begins now comes after it.
    for camera in &index.cameras {
        let clock = RealClock::new();
        while index.store.segments_after(camera, 0, 10_000).await.unwrap().last().unwrap().started
            <= to
        {
            assert!(clock.elapsed() < LIMIT, "{camera} records nothing new");
            std::thread::park_timeout(std::time::Duration::from_millis(100));
        }
    }
    for camera in &index.cameras {
        let gaps = index.store.gaps(camera, from, to).await.unwrap();
        assert_eq!(gaps, [], "what waited in memory was not written");
    }
}

fn operator(site: &Site, config: &Path) -> Person {
    operator_called(site, config, "li")
}

/// A new account signs in.
fn operator_called(site: &Site, config: &Path, name: &str) -> Person {
    let mut add = gengfu();
    add.args(["user", "add", name, "--role", "operator", "--config"]).arg(config);
    let added = String::from_utf8(add.output().unwrap().stdout).unwrap();
    let password = added.trim().rsplit(' ').next().unwrap();
    let base = format!("http://127.0.0.1:{}", site.web);
    let ready = format!("{base}/healthz");
    assert_eq!(agent().get(&ready).call().unwrap().status(), 200);
    Person::sign_in(&base, name, password)
}

/// Each trouble is covered by gaps from its beginning to its end, the first with its own cause;
/// while a broken disk is taken out and put back it is truly missing.
fn tells_the_truth(gaps: &[Gap], troubles: &[Trouble]) {
    let mut told = 2;
    for (cause, from, to) in troubles {
        let near = |gap: &&Gap| gap.started.since_ms(*from) >= -BEFORE_MS && gap.started <= *to;
        let first = gaps.iter().find(near);
        let first = first.unwrap_or_else(|| panic!("{cause:?} from {from:?} to {to:?}: {gaps:?}"));
        assert_eq!(&first.cause, cause, "{gaps:?}");
        let mut end: UnixMs = first.ended.unwrap();
        told += 1;
        while let Some(next) = gaps.iter().find(|gap| gap.started == end) {
            assert_eq!(next.cause, Cause::DiskMissing, "{gaps:?}");
            end = next.ended.unwrap();
            told += 1;
        }
        let late_ms = end.since_ms(*to);
        assert!((0..=AFTER_MS).contains(&late_ms), "{cause:?} ended {late_ms} ms later: {gaps:?}");
    }
    assert_eq!(gaps.len(), told, "connecting and stopped beside them: {gaps:?}");
}
