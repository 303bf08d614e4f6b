//! Cameras against a real RTSP server and against ports that misbehave.
//!
//! Footage: `vtest.avi` of OpenCV, whose path stands in `GENGFU_VTEST`; two seconds of it are
//! encoded once for all tests. Nothing sleeps: every wait is for a condition, with a limit.

#![allow(clippy::unwrap_used, reason = "a test may panic; the line says what was expected")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gengfu::camera::gst::{
    Login, Mount, MountSource, Scene, ServeOptions, TestCameras, encode_scene, quiet_scene, serve,
    write_clip,
};
use gengfu::camera::{
    AccessUnit, CameraFeed, CameraState, CameraStatus, Codec, Frame, FrameInbox, Seeing, feed,
};
use gengfu::clock::{RealClock, UnixMs};
use gengfu::config::{Camera, Config, Secret};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(20);
const PASSWORD: &str = "open sesame";

struct Footage {
    _dir: tempfile::TempDir,
    h264: PathBuf,
    h265: PathBuf,
}

fn vtest() -> PathBuf {
    let path = std::env::var("GENGFU_VTEST");
    PathBuf::from(path.expect("set GENGFU_VTEST to the path of OpenCV's vtest.avi"))
}

/// Two seconds (20 frames) of the street, in both encodings.
fn footage() -> &'static Footage {
    static FOOTAGE: OnceLock<Footage> = OnceLock::new();
    FOOTAGE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let encode = |codec, name: &str| {
            let out = dir.path().join(name);
            let scene = Scene { frames: Some(20), codec, ..Scene::default() };
            encode_scene(&vtest(), scene, &out).unwrap();
            out
        };
        let (h264, h265) = (encode(Codec::H264, "a.mp4"), encode(Codec::H265, "b.mp4"));
        Footage { _dir: dir, h264, h265 }
    })
}

fn serve_at(listen: &str, login: Option<Login>) -> TestCameras {
    let file = |name: &str, path: &Path| Mount {
        name: name.into(),
        source: MountSource::File(path.into()),
        faults: Vec::new(),
    };
    let mounts = vec![
        file("street", &footage().h264),
        file("yard", &footage().h265),
        "radio=:audio".parse().unwrap(),
    ];
    serve(ServeOptions { listen: listen.into(), mounts, login }).unwrap()
}

/// One camera under test, with its task running.
struct Rig {
    feed: CameraFeed,
    inbox: Arc<FrameInbox>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), gengfu::camera::Error>>,
}

impl Rig {
    fn open(url: &str) -> Self {
        Self::start(Camera { id: "gate".into(), url: url.into(), ..Camera::default() })
    }

    fn start(camera: Camera) -> Self {
        let inbox = Arc::new(FrameInbox::default());
        let clock = Arc::new(RealClock::new());
        let seeing = Seeing::new(&Config::default(), Arc::clone(&inbox), clock);
        let (feed, task) = feed(&camera, &seeing);
        let stop = CancellationToken::new();
        let task = tokio::spawn(task.run(stop.clone()));
        Self { feed, inbox, stop, task }
    }

    async fn until(&mut self, what: impl FnMut(&CameraStatus) -> bool) -> CameraStatus {
        let status = self.feed.status.clone();
        match tokio::time::timeout(LIMIT, self.feed.status.wait_for(what)).await {
            Ok(reached) => reached.unwrap().clone(),
            Err(_) => panic!("not reached; the camera says {:?}", status.borrow()),
        }
    }

    async fn live(&mut self) -> CameraStatus {
        self.until(|status| status.state == CameraState::Live).await
    }

    async fn frame(&mut self) -> Arc<Frame> {
        let latest = self.feed.latest.wait_for(Option::is_some);
        tokio::time::timeout(LIMIT, latest).await.unwrap().unwrap().clone().unwrap()
    }

    /// Waits until the ring spans so many ms and gives everything in it.
    async fn units(&mut self, span_ms: i64) -> Vec<AccessUnit> {
        loop {
            let units = self.feed.main.units.lock().unwrap().since(UnixMs(0));
            let ends = units.first().zip(units.last());
            if ends.is_some_and(|(a, b)| b.seen_at.since_ms(a.seen_at) >= span_ms) {
                return units;
            }
            tokio::time::timeout(LIMIT, self.feed.status.changed()).await.unwrap().unwrap();
        }
    }

    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// Opens `url` and expects the camera to go down for this reason.
async fn expect_down(camera: Camera, code: &str, word: &str) {
    let mut rig = Rig::start(camera);
    let status = rig.until(|status| status.code.is_some()).await;
    let message = status.message.unwrap();
    assert_eq!((status.state, status.code), (CameraState::Down, Some(code)), "{message}");
    assert!(message.contains("gate") && message.contains(word), "{message}");
    assert!(!message.contains(PASSWORD), "{message}");
    rig.end().await;
}

fn camera(url: String) -> Camera {
    Camera { id: "gate".into(), url, ..Camera::default() }
}

/// A camera that signs in as `watch` with the password in this file.
fn camera_with_login(url: String, password_file: &Path) -> Camera {
    let password = Secret { file: Some(password_file.into()), env: None };
    Camera { username: "watch".into(), password, ..camera(url) }
}

async fn expect_frames(mount: &str, codec: Codec) {
    let server = serve_at("127.0.0.1:0", None);
    let mut rig = Rig::open(&format!("rtsp://{}/{mount}", server.addr));
    let frame = rig.frame().await;
    assert_eq!((frame.width, frame.height), (640, 480));
    assert_eq!(frame.bgr.len(), 640 * 480 * 3);
    assert_eq!((frame.grey_width, frame.grey_height), (160, 120));
    assert_eq!(frame.grey.len(), 160 * 120);
    let (dark, bright) = (frame.grey.iter().min().unwrap(), frame.grey.iter().max().unwrap());
    assert!(bright - dark > 100, "a street has light and shade, not {dark}..{bright}");
    let status = rig.until(|s| s.state == CameraState::Live && s.fps > 0.0).await;
    assert!((3.0..=6.0).contains(&status.fps), "{} frames a second instead of 5", status.fps);
    assert!(status.frame_at.is_some() && status.code.is_none());
    assert!(rig.inbox.take(LIMIT).unwrap().seq > frame.seq);
    assert_eq!(rig.feed.main.units.lock().unwrap().codec(), Some(codec));
    rig.end().await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_an_h264_camera_arrive() {
    expect_frames("street", Codec::H264).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_an_h265_camera_arrive() {
    expect_frames("yard", Codec::H265).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_is_seen_with_its_password_and_not_without() {
    let login = Login { user: "watch".into(), password: PASSWORD.into() };
    let server = serve_at("127.0.0.1:0", Some(login));
    let url = || format!("rtsp://{}/street", server.addr);
    let dir = tempfile::tempdir().unwrap();
    let (right, wrong) = (dir.path().join("right"), dir.path().join("wrong"));
    std::fs::write(&right, format!("{PASSWORD}\n")).unwrap();
    std::fs::write(&wrong, format!("{PASSWORD}!\n")).unwrap();
    expect_down(camera_with_login(url(), &wrong), "unauthorised", "password").await;
    expect_down(camera(url()), "unauthorised", "username").await;
    expect_down(camera_with_login(url(), &dir.path().join("none")), "no_secret", "none").await;
    let mut rig = Rig::start(camera_with_login(url(), &right));
    rig.live().await;
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_path_and_a_camera_without_video_are_told_apart() {
    let server = serve_at("127.0.0.1:0", None);
    let url = |path: &str| format!("rtsp://{}/{path}", server.addr);
    expect_down(camera(url("nowhere")), "not_found", "path").await;
    expect_down(camera(url("radio")), "no_video", "video stream").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_never_answers_is_no_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("rtsp://{}/street", silent.local_addr().unwrap());
    expect_down(camera(url), "no_answer", "power").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_port_is_no_answer() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    expect_down(camera(format!("rtsp://{closed}/street")), "no_answer", "power").await;
    expect_down(camera("http://127.0.0.1/street".into()), "bad_address", "rtsp://").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_speaks_something_else_is_not_rtsp() {
    for answer in [&b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n"[..], &[0x9c; 4096], b"HTTP/1.1 200 OK\r\n\r\n"]
    {
        let port = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("rtsp://{}/street", port.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut client, _) = port.accept().unwrap();
            // The client may be gone already, which is its right.
            let _ = client.read(&mut [0; 1024]);
            let _ = client.write_all(answer);
            // An orderly end: closing with something unread is a reset, which may overtake it.
            let _ = client.shutdown(std::net::Shutdown::Write);
            let _ = client.read_to_end(&mut Vec::new());
        });
        expect_down(camera(url), "not_rtsp", "554").await;
        server.join().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_comes_back_is_live_again() {
    let server = serve_at("127.0.0.1:0", None);
    let addr = server.addr.clone();
    let mut rig = Rig::open(&format!("rtsp://{addr}/street"));
    rig.live().await;
    server.stop();
    let down = rig.until(|status| status.state == CameraState::Down).await;
    assert!(matches!(down.code, Some("ended" | "no_answer")), "{down:?}");
    let before = rig.frame().await.seq;
    let server = serve_at(&addr, None);
    let live = rig.live().await;
    assert!(live.reconnects >= 1 && live.code.is_none() && live.since > down.since);
    assert!(rig.frame().await.seq > before);
    rig.end().await;
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_hangs_is_stalled() {
    let server = serve_at("127.0.0.1:0", None);
    let mut rig = Rig::open(&format!("rtsp://{}/street", server.addr));
    rig.live().await;
    server.freeze();
    let down = rig.until(|status| status.state == CameraState::Down).await;
    assert_eq!(down.code, Some("stalled"), "{down:?}");
    assert_eq!(down.fps, 0.0);
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn footage_goes_round_without_a_seam_and_becomes_a_clip() {
    let server = serve_at("127.0.0.1:0", None);
    let mut rig = Rig::open(&format!("rtsp://{}/street", server.addr));
    let units = rig.units(6_200).await;
    for pair in units.windows(2) {
        let step = (pair[1].pts_us - pair[0].pts_us) / 1_000;
        assert!((80..=120).contains(&step), "a step of {step} ms at 10 frames a second");
    }
    assert!(units.iter().filter(|unit| unit.key).count() >= 3);
    let event_at = units.last().unwrap().seen_at.plus_ms(-2_000);
    let clip = rig.feed.main.units.lock().unwrap().since(event_at);
    let before = event_at.since_ms(clip[0].seen_at);
    assert!((0..=2_100).contains(&before), "the clip begins {before} ms before the event");
    rig.end().await;
    let dir = tempfile::tempdir().unwrap();
    expect_playable(Codec::H264, &clip, &dir.path().join("clip.mp4"));
    let late = &clip[1..19];
    assert!(write_clip(Codec::H264, late, &dir.path().join("none.mp4")).is_err());
    let names: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["clip.mp4"], "nothing is left beside the clip");
}

/// Writes a clip and has ffprobe and ffmpeg read it from end to end.
fn expect_playable(codec: Codec, units: &[AccessUnit], path: &Path) {
    let info = write_clip(codec, units, path).unwrap();
    assert_eq!(info.bytes, path.metadata().unwrap().len());
    let packets =
        tool("ffprobe", &["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0"], path);
    let first = packets.lines().next().unwrap();
    assert!(first.starts_with("0.000000,K"), "{first}");
    assert_eq!(packets.lines().count(), units.len());
    let length = tool("ffprobe", &["-show_entries", "format=duration", "-of", "csv=p=0"], path);
    let length_ms = (length.trim().parse::<f64>().unwrap() * 1000.0).round() as i64;
    assert!((length_ms - info.duration_ms).abs() <= 50, "{length_ms} ms, not {info:?}");
    let decoded = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(path)
        .args(["-f", "null", "-"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&decoded.stderr), "");
}

fn tool(name: &str, args: &[&str], path: &Path) -> String {
    let output = Command::new(name).args(["-v", "error"]).args(args).arg(path).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clip_of_an_h265_camera_with_jumping_stamps_is_playable() {
    let server = serve_at("127.0.0.1:0", None);
    let mut rig = Rig::open(&format!("rtsp://{}/yard", server.addr));
    let mut units = rig.units(1_500).await;
    rig.end().await;
    for (at, unit) in units.iter_mut().enumerate() {
        unit.pts_us += [0, -9_800_000_000, 37_600_000_000][at / 5 % 3];
    }
    let dir = tempfile::tempdir().unwrap();
    expect_playable(Codec::H265, &units, &dir.path().join("clip.mp4"));
}

#[test]
fn scenes_are_cropped_and_the_quiet_one_is_twenty_seconds_long() {
    let dir = tempfile::tempdir().unwrap();
    let part = dir.path().join("part.mp4");
    let area = [0.25, 0.5, 0.75, 1.0];
    encode_scene(&footage().h264, Scene { area, ..Scene::default() }, &part).unwrap();
    let entries = ["-show_entries", "stream=width,height,nb_frames", "-of", "csv=p=0"];
    assert_eq!(tool("ffprobe", &entries, &part).trim(), "384,288,20");
    let quiet = dir.path().join("quiet.mp4");
    quiet_scene(&footage().h264, &quiet).unwrap();
    assert_eq!(tool("ffprobe", &entries, &quiet).trim(), "768,576,200");
}
