//! A centre in a temporary folder: test cameras in one process, the daemon in another.

use std::fmt::{Display, Formatter};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::Serialize;

use super::Ingest;
use super::processes::Process;
use crate::camera::CameraId;
use crate::clock::UnixMs;
use crate::config;
use crate::store::{Place, Store};

/// Longest wait for a program or for the last of the cameras.
const READY_WITHIN: Duration = Duration::from_secs(90);
/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(100);

/// The folder and the ports; the folder goes when this is dropped.
pub(super) struct Setting {
    dir: PathBuf,
    models: PathBuf,
    web: u16,
    mqtt: u16,
    /// Whether objects are searched.
    objects: bool,
    cameras: u32,
}

/// What the daemon says of itself, summed over its cameras.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Told {
    /// Encoded pictures received.
    units: f64,
    /// Pictures decoded.
    decoded: f64,
    /// Pictures that nobody had time to look at.
    frames_dropped: f64,
    reconnects: f64,
    /// Longest time between a picture's capture by the camera's clock and its arrival, ms.
    latency_ms: Option<f64>,
}

impl Told {
    /// What came since `before`.
    pub(super) fn since(&self, before: &Self) -> Self {
        Self {
            units: self.units - before.units,
            decoded: self.decoded - before.decoded,
            frames_dropped: self.frames_dropped - before.frames_dropped,
            reconnects: self.reconnects - before.reconnects,
            latency_ms: self.latency_ms,
        }
    }
}

impl Display for Told {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { units, decoded, frames_dropped, reconnects, .. } = self;
        write!(
            f,
            "{units} units received, {decoded} decoded, {frames_dropped} pictures not looked at, \
             {reconnects} reconnects"
        )
    }
}

/// What stands in the index of the footage when the daemon has stopped, over all cameras.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Kept {
    files: usize,
    /// Encoded pictures in them.
    units: i64,
    /// Pictures known to be missing inside.
    lost: i64,
    /// Time without footage between the first file of a camera and its last, ms.
    missing_ms: i64,
    mib: f64,
}

impl Display for Kept {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { files, units, lost, missing_ms, mib } = self;
        write!(
            f,
            "footage: {units} units in {files} files ({mib:.0} MiB), {lost} lost inside, \
             {missing_ms} ms without footage between them"
        )
    }
}

impl Setting {
    /// What was recorded; the daemon has stopped.
    pub(super) async fn kept(&self) -> anyhow::Result<Kept> {
        let config = config::load(&self.dir.join("site.toml"))?;
        let store = Store::open(&Place::of(&config).map_err(|e| anyhow!(e))?).await?;
        let mut kept = Kept::default();
        for camera in &config.camera {
            let id = CameraId::try_from(camera.id.as_str()).map_err(|e| anyhow!(e))?;
            let files = store.segments(&id, UnixMs(0), UnixMs(i64::MAX)).await?;
            for end in files.iter().filter_map(|file| file.end.as_ref()) {
                kept.files += 1;
                kept.units += end.units;
                kept.lost += end.lost;
                #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
                let mib = end.bytes as f64 / 1_048_576.0;
                kept.mib += mib;
            }
            let gaps = files.windows(2).filter_map(|pair| {
                Some(pair[1].started.since_ms(pair[0].end.as_ref()?.ended).max(0))
            });
            kept.missing_ms += gaps.sum::<i64>();
        }
        store.close().await;
        Ok(kept)
    }

    pub(super) fn new(ask: &Ingest) -> anyhow::Result<Self> {
        let dir = std::env::temp_dir().join(format!("gengfu-bench-{}", std::process::id()));
        if dir.exists() {
            std::fs::remove_dir_all(&dir)?;
        }
        std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
        let models = ask.models.canonicalize().with_context(|| {
            format!(
                "there are no models at {}; name their folder with --models",
                ask.models.display()
            )
        })?;
        let (web, mqtt) = (free_port()?, free_port()?);
        Ok(Self { dir, models, web, mqtt, objects: ask.objects, cameras: ask.cameras })
    }

    /// Starts the test cameras: `main0` ... and, with a small file, `sub0` ...
    pub(super) fn cameras(&self, file: &Path, sub: Option<&PathBuf>) -> anyhow::Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["testcam", "--listen", "127.0.0.1:0"]);
        for number in 0..self.cameras {
            command.arg(format!("main{number}={}", file.display()));
            if let Some(sub) = sub {
                command.arg(format!("sub{number}={}", sub.display()));
            }
        }
        Process::start("cameras", &mut command, &self.dir)
    }

    /// `host:port` of the test cameras.
    pub(super) async fn address_of(&self, cameras: &Process) -> anyhow::Result<String> {
        let last = format!("/main{}", self.cameras - 1);
        until(cameras, || {
            let said = cameras.said();
            let line = said.lines().find(|line| line.starts_with("rtsp") && line.ends_with(&last));
            Ok(line
                .map(|line| line.trim_start_matches("rtsp://").trim_end_matches(&last).to_owned()))
        })
        .await
    }

    /// Starts the daemon with these cameras.
    pub(super) fn daemon(&self, cameras: &str) -> anyhow::Result<Process> {
        let file = self.dir.join("site.toml");
        std::fs::write(&file, self.configuration(cameras))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("run").arg("--config").arg(&file);
        command.env("GENGFU_LOG", "warn,mqtt5=error");
        Process::start("daemon", &mut command, &self.dir)
    }

    fn configuration(&self, cameras: &str) -> String {
        let Self { dir, models, web, mqtt, objects, .. } = self;
        let runtime = models.join("runtime/libonnxruntime.so");
        format!(
            "[site]\nid = \"bench\"\nname = \"bench\"\n[data]\ndir = {:?}\nmin_free_mib = 16\n\
             [record]\nmin_free_mib = 64\n\
             [detect]\nmodels = {models:?}\nruntime = {runtime:?}\nobjects = {objects}\n\
             [mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[web]\nlisten = \"127.0.0.1:{web}\"\n{cameras}",
            dir.join("data"),
        )
    }

    /// Waits until the daemon can work.
    pub(super) async fn until_ready(&self, daemon: &Process) -> anyhow::Result<()> {
        until(daemon, || Ok(self.get("/readyz").ok().filter(|text| text.contains("ready"))))
            .await?;
        Ok(())
    }

    /// Waits until all cameras are live; how long that took, s.
    pub(super) async fn until_live(&self, daemon: &Process, cameras: u32) -> anyhow::Result<f64> {
        let live = |text: &String| sum(text, "gengfu_camera_live") >= f64::from(cameras);
        until(daemon, || Ok(self.get("/metrics").ok().filter(live))).await?;
        Ok(daemon.age().as_secs_f64())
    }

    /// What the daemon says of itself now.
    pub(super) fn told(&self) -> anyhow::Result<Told> {
        let text = self.get("/metrics")?;
        Ok(Told {
            units: sum(&text, "gengfu_units_total"),
            decoded: sum(&text, "gengfu_pictures_decoded_total"),
            frames_dropped: sum(&text, "gengfu_frames_dropped_total"),
            reconnects: sum(&text, "gengfu_camera_reconnects_total"),
            latency_ms: largest(&text, "gengfu_stream_latency_ms"),
        })
    }

    fn get(&self, path: &str) -> anyhow::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.web))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{path}: {}", head.lines().next().unwrap_or_default());
        }
        Ok(body.to_owned())
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            tracing::warn!(folder = %self.dir.display(), %error, "a folder is left behind");
        }
    }
}

/// The `[detect]` of a daemon without cameras; it loads its models all the same.
pub(super) fn detect(models: &Path) -> anyhow::Result<String> {
    let models = models.canonicalize().with_context(|| {
        format!("there are no models at {}; name their folder with --models", models.display())
    })?;
    let runtime = models.join("runtime/libonnxruntime.so");
    Ok(format!("[detect]\nmodels = {models:?}\nruntime = {runtime:?}\nobjects = false\n"))
}

/// Cameras of a configuration, each with a zone and a rule that looks at all of its picture.
pub(super) fn cameras(ask: &Ingest, address: &str, sub: Option<&PathBuf>) -> String {
    // A dwell that nothing reaches: what an event costs is not measured here.
    let rule = if ask.objects {
        "classes = [\"person\"]"
    } else {
        "kind = \"zone_motion\", dwell_ms = 3600000"
    };
    let camera = |at: u32| {
        let small = format!("sub_url = \"rtsp://{address}/sub{at}\"\n");
        format!(
            "[[camera]]\nid = \"c{at}\"\nname = \"c{at}\"\nplace = \"c{at}\"\n\
             url = \"rtsp://{address}/main{at}\"\n{}\
             zone = [{{ id = \"all\", name = \"all\", \
             polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]] }}]\n\
             rule = [{{ id = \"r\", name = \"r\", zone = \"all\", {rule}, \
             coalesce_ms = 600000 }}]\n",
            if sub.is_some() { small.as_str() } else { "" }
        )
    };
    (0..ask.cameras).map(camera).collect()
}

/// What `look` finds as soon as it finds it.
async fn until<T>(
    process: &Process,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let start = process.age();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        process.usage()?;
        if process.age().saturating_sub(start) > READY_WITHIN {
            return Err(anyhow!("not ready within {READY_WITHIN:?}: {}", process.said()));
        }
        tokio::time::sleep(STEP).await;
    }
}

/// A figure of `/metrics`, one value per camera.
fn values<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = f64> + 'a {
    text.lines().filter_map(move |line| {
        let rest = line.strip_prefix(name)?;
        let value =
            rest.strip_prefix('{').map_or(Some(rest), |labels| Some(labels.split_once('}')?.1));
        value?.trim().parse().ok()
    })
}

fn sum(text: &str, name: &str) -> f64 {
    values(text, name).sum()
}

fn largest(text: &str, name: &str) -> Option<f64> {
    values(text, name).reduce(f64::max)
}

pub(super) fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::{largest, sum};

    #[test]
    fn figures_are_read_from_the_metrics() {
        let text = "# TYPE gengfu_a counter\ngengfu_a_total{camera=\"x\"} 3\n\
                    gengfu_a_total{camera=\"y\",stream=\"main\"} 4.5\ngengfu_a_total_b 9\n";
        assert_eq!(sum(text, "gengfu_a_total"), 7.5);
        assert_eq!(largest(text, "gengfu_a_total"), Some(4.5));
        assert_eq!(largest(text, "gengfu_c"), None);
    }
}
