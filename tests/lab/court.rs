//! One daemon with all the faulty cameras, and what it says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gengfu::camera::gst::TestCameras;
use gengfu::clock::{Clock, RealClock};

use super::stand::{PASSWORD, USER, cameras, login};
use crate::e2e::centre::{Site, gengfu};
use crate::e2e::person::{Person, agent};
use crate::e2e::process::{Process, until};

/// A camera and its fault.
pub(super) struct Case {
    pub(super) camera: &'static str,
    /// What is wrong from the beginning, kind by kind.
    pub(super) first: &'static str,
    /// What goes wrong later, kind by kind.
    pub(super) later: &'static str,
    pub(super) course: Course,
}

/// What the fault may do to its camera.
pub(super) enum Course {
    /// Live all the time.
    Untouched,
    /// Down for one of these reasons while the fault holds.
    Down(&'static [&'static str]),
}

impl Case {
    /// Whether it is live before anything goes wrong later.
    pub(super) fn first_is_live(&self) -> bool {
        !(matches!(self.course, Course::Down(_)) && self.later.is_empty())
    }
}

/// What the daemon says of a camera.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    state: String,
    pub(super) since_ms: i64,
    pub(super) frame_ms: i64,
    pub(super) reconnects: u64,
    /// All reasons that were given so far.
    pub(super) codes: BTreeSet<String>,
}

impl Seen {
    pub(super) fn is_live(&self) -> bool {
        self.state == "live"
    }
}

/// A time from and to, ms, and the cause of its gap.
pub(super) type Stretch = (i64, i64, Option<String>);

/// The daemon at work, with cameras that misbehave.
pub(super) struct Court {
    cases: &'static [Case],
    cameras: TestCameras,
    daemon: Process,
    person: Person,
    seen: BTreeMap<&'static str, Seen>,
    _site: Site,
}

/// Longest wait for all cameras: a camera that failed some times is tried again after half a
/// minute, on a busy machine (guess, revisit).
const LIMIT: Duration = Duration::from_secs(75);

impl Court {
    pub(super) fn open(cases: &'static [Case]) -> Self {
        let cameras = cameras(cases.iter().map(|case| (case.camera, case.first)), Some(login()));
        let site = Site::new();
        std::fs::write(site.dir.path().join("secret"), PASSWORD).unwrap();
        let config = site.write(&configured(cases, &cameras.addr));
        look_seldom(&config);
        let mut add = gengfu();
        add.args(["user", "add", "li", "--role", "operator", "--config"]).arg(&config);
        let added = String::from_utf8(add.output().unwrap().stdout).unwrap();
        let password = added.trim().rsplit(' ').next().unwrap();
        let mut daemon = site.start(&config);
        let base = format!("http://127.0.0.1:{}", site.web);
        let (ready, agent) = (format!("{base}/readyz"), agent());
        until("readyz", || {
            assert!(daemon.ended().is_none(), "{}", daemon.said());
            agent.get(&ready).call().ok().filter(|answer| answer.status() == 200)
        });
        let person = Person::sign_in(&base, "li", password);
        Self { cases, cameras, daemon, person, seen: BTreeMap::new(), _site: site }
    }

    /// What the daemon says now.
    pub(super) fn see(&mut self) -> BTreeMap<&'static str, Seen> {
        let told = self.person.get("cameras");
        for camera in told.as_array().unwrap() {
            let id = camera["id"].as_str().unwrap();
            let case = self.cases.iter().find(|case| case.camera == id).unwrap();
            let seen = self.seen.entry(case.camera).or_default();
            seen.state = camera["state"].as_str().unwrap().to_owned();
            seen.since_ms = camera["since_ms"].as_i64().unwrap();
            seen.frame_ms = camera["frame_at_ms"].as_i64().unwrap_or_default();
            seen.reconnects = camera["reconnects"].as_u64().unwrap();
            seen.codes.extend(camera["code"].as_str().map(str::to_owned));
        }
        self.seen.clone()
    }

    /// Waits until this holds for every camera; names those for which it does not.
    #[track_caller]
    pub(super) fn until_all(&mut self, what: &str, holds: impl Fn(&Case, &Seen) -> bool) {
        let clock = RealClock::new();
        loop {
            let seen = self.see();
            let missing: Vec<_> = self
                .cases
                .iter()
                .filter(|case| !holds(case, &seen[case.camera]))
                .map(|case| format!("{}: {:?}", case.camera, seen[case.camera]))
                .collect();
            if missing.is_empty() {
                return;
            }
            assert!(clock.elapsed() < LIMIT, "not within {LIMIT:?} {what}: {missing:#?}");
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    /// Lets go wrong what goes wrong later; the wall time after it, ms.
    pub(super) fn afflict(&self) -> i64 {
        for case in self.cases {
            for fault in case.later.split_whitespace() {
                self.cameras.afflict(case.camera, fault.parse().unwrap());
            }
        }
        RealClock::new().now().0
    }

    /// Ends all faults; the wall time after it, ms.
    pub(super) fn mend(&self) -> i64 {
        self.cases.iter().for_each(|case| self.cameras.mend(case.camera));
        RealClock::new().now().0
    }

    /// What is there of a camera's footage in a time, and what is missing why: starts and ends must
    /// meet. None stands for footage.
    pub(super) fn footage(&self, camera: &str, (from_ms, to_ms): (i64, i64)) -> Vec<Stretch> {
        let path = format!("footage?camera={camera}&from_ms={from_ms}&to_ms={to_ms}&reason=lab");
        let told = self.person.get(&path);
        let mut all = Vec::new();
        for (list, cause) in [("segments", None), ("gaps", Some("cause"))] {
            for one in told[list].as_array().unwrap() {
                let time = |name: &str| one[name].as_i64().unwrap();
                let cause = cause.map(|name| one[name].as_str().unwrap().to_owned());
                all.push((time("start_ms"), time("end_ms"), cause));
            }
        }
        all.sort();
        let ends = (all.first().map(|one| one.0), all.last().map(|one| one.1));
        assert_eq!(ends, (Some(from_ms), Some(to_ms)), "{camera}: {all:?}");
        assert!(all.windows(2).all(|two| two[0].1 == two[1].0), "{camera}: {all:?}");
        all
    }

    /// What the daemon has said.
    pub(super) fn said(&self) -> String {
        self.daemon.said()
    }

    /// The daemon ends in good order, whatever the cameras did.
    pub(super) fn close(self) {
        let exit = self.daemon.terminate();
        assert!(exit.success(), "{exit}");
    }
}

/// The lab is about receiving and recording; two looks a second leave the processor to that.
fn look_seldom(config: &std::path::Path) {
    let text = std::fs::read_to_string(config).unwrap();
    let seldom = text.replacen("[detect]\n", "[detect]\nfps = 2\n", 1);
    assert_ne!(text, seldom);
    std::fs::write(config, seldom).unwrap();
}

fn configured(cases: &[Case], address: &str) -> String {
    let camera = |case: &Case| {
        let id = case.camera;
        let transport = if id.ends_with("-udp") { "udp" } else { "tcp" };
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplace = \"{id}\"\n\
             url = \"rtsp://{address}/{id}\"\nusername = \"{USER}\"\n\
             password = {{ file = \"secret\" }}\ntransport = \"{transport}\"\n\
             scene_checks = []\n"
        )
    };
    cases.iter().map(camera).collect()
}
