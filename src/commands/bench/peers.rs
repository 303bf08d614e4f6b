//! The other ways of doing the same, each as a process of its own on one camera, in turn.

use std::process::Command;
use std::time::Duration;

use serde::Serialize;

use super::processes::{Process, between};

/// Time for a program to open the camera before it is measured.
const OPENING: Duration = Duration::from_secs(5);

/// Shares of one core, or ratios to them; None where the program is not installed.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Peers {
    /// GStreamer: receive and parse.
    pub(super) receive: Option<f64>,
    /// GStreamer: receive, parse, decode key frames.
    pub(super) key_frames: Option<f64>,
    /// GStreamer: receive, parse, decode everything.
    pub(super) full_decode: Option<f64>,
    /// ffmpeg: decode everything, five pictures a second, scaled to 640.
    pub(super) ffmpeg: Option<f64>,
    /// Motion with its defaults (640 wide, 15 pictures a second), no pictures or films written.
    pub(super) motion: Option<f64>,
}

impl Peers {
    /// Measures each in turn for so long.
    ///
    /// # Errors
    /// A program that is installed does not run.
    pub(super) async fn measure(url: &str, during: Duration) -> anyhow::Result<Self> {
        let dir = tempfile_dir()?;
        let gst = |rest: &str| {
            let mut command = Command::new("gst-launch-1.0");
            let text = format!(
                "-q rtspsrc location={url} protocols=tcp latency=100 ! rtph264depay ! h264parse {rest} \
                 ! fakesink sync=false"
            );
            command.args(text.split_whitespace());
            command
        };
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-loglevel", "error", "-rtsp_transport", "tcp", "-i", url, "-an"]);
        ffmpeg.args(["-vf", "fps=5,scale=640:-2", "-f", "null", "-"]);
        let mut motion = Command::new("motion");
        let settings = dir.join("motion.conf");
        std::fs::write(&settings, motion_settings(url, &dir))?;
        motion.arg("-n").arg("-c").arg(&settings);
        let key_frames = "! identity drop-buffer-flags=delta-unit ! avdec_h264 max-threads=1";
        let peers = Self {
            receive: share("receive", gst(""), (&dir, during)).await?,
            key_frames: share("key_frames", gst(key_frames), (&dir, during)).await?,
            full_decode: share("full", gst("! avdec_h264 max-threads=1"), (&dir, during)).await?,
            ffmpeg: share("ffmpeg", ffmpeg, (&dir, during)).await?,
            motion: share("motion", motion, (&dir, during)).await?,
        };
        std::fs::remove_dir_all(&dir)?;
        Ok(peers)
    }

    /// `share` over each of these.
    pub(super) fn under(self, share: f64) -> Self {
        let over = |peer: Option<f64>| peer.filter(|peer| *peer > 0.0).map(|peer| share / peer);
        Self {
            receive: over(self.receive),
            key_frames: over(self.key_frames),
            full_decode: over(self.full_decode),
            ffmpeg: over(self.ffmpeg),
            motion: over(self.motion),
        }
    }

    /// Those that were measured, with a name for people.
    pub(super) fn named(&self) -> Vec<(&'static str, f64)> {
        let all = [
            ("receive, parse", self.receive),
            ("... and key frames", self.key_frames),
            ("... and everything", self.full_decode),
            ("ffmpeg, 5 fps, 640", self.ffmpeg),
            ("Motion", self.motion),
        ];
        all.into_iter().filter_map(|(name, share)| Some((name, share?))).collect()
    }
}

fn tempfile_dir() -> anyhow::Result<std::path::PathBuf> {
    let dir = std::env::temp_dir().join(format!("gengfu-peers-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    Ok(dir)
}

fn motion_settings(url: &str, dir: &std::path::Path) -> String {
    format!(
        "daemon off\nsetup_mode off\nlog_level 5\nnetcam_url {url}\nwidth 640\nheight 360\n\
         framerate 15\npicture_output off\nmovie_output off\nwebcontrol_port 0\nstream_port 0\n\
         target_dir {}\n",
        dir.display()
    )
}

/// None when there is no such program.
async fn share(
    name: &'static str,
    mut command: Command,
    (dir, during): (&std::path::Path, Duration),
) -> anyhow::Result<Option<f64>> {
    let installed = Command::new("sh")
        .args(["-c", &format!("command -v {}", command.get_program().to_string_lossy())])
        .output()?;
    if !installed.status.success() {
        return Ok(None);
    }
    let process = Process::start(name, &mut command, dir)?;
    tokio::time::sleep(OPENING).await;
    let before = process.usage()?;
    tokio::time::sleep(during).await;
    let after = process.usage()?;
    Ok(Some(between(before, after)))
}
