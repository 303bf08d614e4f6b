//! A centre as a technician sets one up: test cameras, a configuration, accounts, turns on duty,
//! and the daemon. Everything lies in one temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use gengfu::camera::gst::{Scene, encode_scene};
use gengfu::clock::{Clock, RealClock};

use super::person::{Person, agent};
use super::phone::Phone;
use super::process::{Process, free_port, until};

/// What the cameras ask for.
const CAMERA_PASSWORD: &str = "open sesame";
/// Pictures of the street that go round: 20 s at 10 frames a second.
const FRAMES: u32 = 200;

/// The real street, encoded once for all tests.
pub(crate) fn street() -> &'static Path {
    static STREET: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = STREET.get_or_init(|| {
        let vtest = std::env::var("GENGFU_VTEST");
        let vtest =
            PathBuf::from(vtest.expect("set GENGFU_VTEST to the path of OpenCV's vtest.avi"));
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("street.mp4");
        let scene = Scene { frames: Some(FRAMES), ..Scene::default() };
        encode_scene(&vtest, scene, &file).unwrap();
        (dir, file)
    });
    file
}

/// The program under proof; GENGFU_BIN names another build of it.
pub(crate) fn gengfu() -> Command {
    let built = env!("CARGO_BIN_EXE_gengfu").to_owned();
    Command::new(std::env::var("GENGFU_BIN").unwrap_or(built))
}

/// A folder with a configuration; nothing runs yet.
pub(crate) struct Site {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) web: u16,
    pub(crate) mqtt: u16,
    /// Folder of the models.
    pub(crate) models: PathBuf,
    /// The ONNX Runtime library.
    pub(crate) runtime: PathBuf,
    /// The data folder.
    pub(crate) data: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        Self {
            data: dir.path().join("data"),
            runtime: models.join("runtime/libonnxruntime.so"),
            models,
            web: free_port(),
            mqtt: free_port(),
            dir,
        }
    }

    /// Writes the configuration with these cameras.
    pub(crate) fn write(&self, cameras: &str) -> PathBuf {
        let Self { dir, web, mqtt, models, runtime, data } = self;
        let file = dir.path().join("site.toml");
        let text = format!(
            "[site]\nid = \"e2e\"\nname = \"端到端\"\n[data]\ndir = {data:?}\nmin_free_mib = 16\n\
             [detect]\nmodels = {models:?}\nruntime = {runtime:?}\n\
             [event]\npre_roll_s = 2\npost_roll_s = 2\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[web]\nlisten = \"127.0.0.1:{web}\"\n{cameras}"
        );
        std::fs::write(&file, text).unwrap();
        file
    }

    pub(crate) fn start(&self, config: &Path) -> Process {
        let mut command = gengfu();
        command.arg("run").arg("--config").arg(config);
        Process::start("gengfu", command, self.dir.path())
    }
}

/// A centre at work. The programs go before the folder.
pub(crate) struct Centre {
    daemon: Option<Process>,
    _cameras: Process,
    config: PathBuf,
    pub(crate) site: Site,
}

/// The people of every centre here: name, role, line of duty.
const PEOPLE: [(&str, &str, &str); 5] = [
    ("li", "operator", "duty"),
    ("wang", "operator", "duty"),
    ("zhao", "shift_leader", "standby"),
    ("chen", "patrol_member", "patrol"),
    ("zhou", "patrol_member", "patrol"),
];

/// First passwords by name.
pub(crate) type Passwords = std::collections::HashMap<&'static str, String>;

impl Centre {
    /// Sets it up with its people and starts everything.
    pub(crate) fn open() -> (Self, Passwords) {
        let site = Site::new();
        for (file, secret) in [("camera", CAMERA_PASSWORD), ("wrong", "sesame open")] {
            std::fs::write(site.dir.path().join(file), secret).unwrap();
        }
        let cameras = serve_street(site.dir.path());
        let config = site.write(&configured(&address(&cameras)));
        let mut centre = Self { site, config, daemon: None, _cameras: cameras };
        let passwords = centre.people();
        centre.start();
        (centre, passwords)
    }

    fn people(&self) -> Passwords {
        let now = RealClock::new().now();
        let (from, to) = (now.plus_ms(-60_000).rfc3339(), now.plus_ms(3_600_000).rfc3339());
        let add = |(name, role, line): (&'static str, &str, &str)| {
            let said = self.told(&["user", "add", name, "--role", role]);
            let password = said.trim().rsplit(' ').next().unwrap().to_owned();
            self.told(&["shift", "add", name, "--line", line, "--from", &from, "--to", &to]);
            (name, password)
        };
        PEOPLE.into_iter().map(add).collect()
    }

    /// What a command of the program does with this configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        gengfu().args(arguments).arg("--config").arg(&self.config).output().unwrap()
    }

    /// What it prints, where it must go through.
    #[track_caller]
    pub(crate) fn told(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Starts the daemon and waits until it is ready.
    pub(crate) fn start(&mut self) {
        let mut daemon = self.site.start(&self.config);
        let (ready, agent) = (format!("{}/readyz", self.base()), agent());
        until("readyz", || {
            assert!(daemon.ended().is_none(), "{}", daemon.said());
            agent.get(&ready).call().ok().filter(|answer| answer.status() == 200)
        });
        self.daemon = Some(daemon);
    }

    /// The daemon dies at this moment.
    pub(crate) fn crash(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    /// The daemon ends as a service manager ends it.
    pub(crate) fn stop(&mut self) {
        let exit = self.daemon.take().unwrap().terminate();
        assert!(exit.success(), "{exit}");
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.site.web)
    }

    pub(crate) fn person(&self, name: &str, passwords: &Passwords) -> Person {
        Person::sign_in(&self.base(), name, &passwords[name])
    }

    pub(crate) fn phone(&self, name: &str, passwords: &Passwords) -> Phone {
        Phone::open(name, &passwords[name], self.site.mqtt, self.site.dir.path())
    }
}

/// Two cameras that play the street and ask for a login by digest.
fn serve_street(dir: &Path) -> Process {
    let mut command = gengfu();
    command.args(["testcam", "--listen", "127.0.0.1:0", "--user", "watch"]);
    command.args(["--password-env", "GENGFU_CAMERA"]).env("GENGFU_CAMERA", CAMERA_PASSWORD);
    for name in ["yard", "walk"] {
        command.arg(format!("{name}={}", street().display()));
    }
    Process::start("cameras", command, dir)
}

/// `host:port` that the cameras listen on.
fn address(cameras: &Process) -> String {
    let line = until("the cameras' addresses", || {
        cameras.said().lines().find(|line| line.ends_with("/walk")).map(str::to_owned)
    });
    line.trim_start_matches("rtsp://").trim_end_matches("/walk").to_owned()
}

/// Three cameras: people in the yard, motion on the walk, and one with a wrong password. Each
/// rule fires once: what comes later joins.
fn configured(address: &str) -> String {
    let zone = "zone = [{ id = \"all\", name = \"全部\", \
                polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] }]";
    let camera = |id: &str, path: &str, secret: &str, rule: &str| {
        format!(
            "[[camera]]\nid = \"{id}\"\nname = \"{id}\"\nplace = \"东门 {id}\"\n\
             url = \"rtsp://{address}/{path}\"\nusername = \"watch\"\n\
             password = {{ file = \"{secret}\" }}\n{zone}\n\
             rule = [{{ zone = \"all\", coalesce_ms = 600000, {rule} }}]\n"
        )
    };
    let people = "id = \"people\", name = \"围栏区有人\", classes = [\"person\"], \
                  dwell_ms = 4000, severity = \"S2\", category = \"intrusion\"";
    let motion = "id = \"motion\", name = \"步道移动\", kind = \"zone_motion\", \
                  dwell_ms = 1500, min_motion = 0.003";
    camera("yard", "yard", "camera", people)
        + &camera("walk", "walk", "camera", motion)
        + &camera("gate", "yard", "wrong", motion)
}
