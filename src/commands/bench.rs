//! `gengfu bench`: figures that anybody can measure again.
//!
//! `ingest` measures the whole daemon from outside, as its own processes: test cameras in one,
//! the daemon in another, and with `--compare` the other ways of doing the same in turn against the
//! same cameras. Shares of a core are processor time over elapsed time, from the kernel's own
//! accounting, so that a busy machine disturbs them little; ratios of one run are what counts.
//! `dispatch` sends orders to a thousand phones, `report` makes a week's report.
//! `detect` measures in this process what looking at pictures costs.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

mod detect;
mod overload;
mod peers;
mod processes;
mod setting;
pub mod dispatch;
pub mod many;
mod operator;
pub mod phones;
mod spread;
mod stages;
pub mod weekly;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use serde::Serialize;

pub use self::detect::{Detect, detect};
use self::peers::Peers;
use self::processes::{Process, Usage, between};
use self::setting::Setting;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Ingest {
    /// Cameras at once.
    #[arg(long, default_value_t = 4)]
    pub cameras: u32,
    /// MP4 file (H.264 or H.265) of a place where something moves.
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// MP4 file of a place where nothing moves; measured in a run of its own.
    #[arg(long)]
    pub quiet_file: Option<PathBuf>,
    /// MP4 file of a place where something stirs that is no object; measured in a run of its own.
    #[arg(long)]
    pub stirring_file: Option<PathBuf>,
    /// The small stream of the same cameras: every run is measured once more with it.
    #[arg(long)]
    pub sub_file: Option<PathBuf>,
    /// Length of each measurement, s.
    #[arg(long, default_value_t = 60)]
    pub seconds: u32,
    /// Time for learning what is usual before each measurement of the daemon, s.
    #[arg(long, default_value_t = 45)]
    pub settle: u32,
    /// Also measure GStreamer alone, ffmpeg and Motion, as far as they are installed.
    #[arg(long)]
    pub compare: bool,
    /// Search objects wherever something moves, as a centre does; without it the cost is that of
    /// receiving, recording, gate and motion.
    #[arg(long)]
    pub objects: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The models of the daemon.
    #[arg(long, default_value = "models")]
    pub models: PathBuf,
}

/// All figures of one call.
#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    version: &'static str,
    cores: usize,
    cameras: u32,
    seconds: u32,
    objects: bool,
    /// The daemon with no camera.
    base: Base,
    runs: Vec<Run>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Base {
    /// Of one core.
    cpu_share: f64,
    rss_mib: f64,
}

/// One kind of footage.
#[derive(Debug, Serialize)]
struct Run {
    footage: &'static str,
    sub_stream: bool,
    /// From the daemon's start until the last camera was live, s.
    live_after_s: f64,
    /// Of one core and per camera, recording included, less what the daemon takes without cameras.
    cpu_share: f64,
    /// Per camera over the daemon without cameras.
    rss_mib: f64,
    /// Of one core and per camera: what serving them took in the other process.
    testcam_share: f64,
    figures: setting::Told,
    footage_kept: setting::Kept,
    /// The others' shares of one core for one of these cameras.
    peers: Option<Peers>,
    /// The daemon's share over each of them.
    ratio: Option<Peers>,
}

/// Measures and prints.
///
/// # Errors
/// A program does not start, a camera does not come, or a figure cannot be read.
pub async fn ingest(ask: &Ingest) -> anyhow::Result<()> {
    let files = [("quiet", &ask.quiet_file), ("stirring", &ask.stirring_file), ("busy", &ask.file)];
    let runs: Vec<(&'static str, PathBuf)> =
        files.into_iter().filter_map(|(name, file)| Some((name, file.clone()?))).collect();
    if runs.is_empty() || ask.cameras == 0 {
        bail!(
            "nothing to measure: name --file, --quiet-file, --stirring-file or some of them, and at \
             least one camera"
        );
    }
    let mut figures = Figures {
        kind: "ingest",
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        cameras: ask.cameras,
        seconds: ask.seconds,
        objects: ask.objects,
        base: base(ask).await?,
        runs: Vec::new(),
    };
    for (name, file) in &runs {
        figures.runs.push(run(ask, (name, file, None), figures.base).await?);
        if let Some(sub) = &ask.sub_file {
            figures.runs.push(run(ask, (name, file, Some(sub)), figures.base).await?);
        }
    }
    if ask.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print(&figures);
    }
    Ok(())
}

/// The daemon with nothing to do.
async fn base(ask: &Ingest) -> anyhow::Result<Base> {
    let setting = Setting::new(ask)?;
    let daemon = setting.daemon("")?;
    setting.until_ready(&daemon).await?;
    let (before, after) = measured(&daemon, Duration::from_secs(10)).await?;
    daemon.end()?;
    Ok(Base { cpu_share: between(before, after), rss_mib: after.rss_mib })
}

type Footage<'a> = (&'static str, &'a PathBuf, Option<&'a PathBuf>);

async fn run(ask: &Ingest, footage: Footage<'_>, base: Base) -> anyhow::Result<Run> {
    let (name, file, sub) = footage;
    let setting = Setting::new(ask)?;
    let cameras = setting.cameras(file, sub)?;
    let address = setting.address_of(&cameras).await?;
    let daemon = setting.daemon(&setting::cameras(ask, &address, sub))?;
    let live_after_s = setting.until_live(&daemon, ask.cameras).await?;
    tokio::time::sleep(Duration::from_secs(ask.settle.into())).await;
    let before = (setting.told()?, cameras.usage()?);
    let (from, to) = measured(&daemon, Duration::from_secs(ask.seconds.into())).await?;
    let after = (setting.told()?, cameras.usage()?);
    daemon.end()?;
    let kept = setting.kept().await?;
    let each = f64::from(ask.cameras);
    let cpu_share = (between(from, to) - base.cpu_share).max(0.0) / each;
    let seconds = Duration::from_secs(ask.seconds.clamp(5, 30).into());
    let peers = if ask.compare && sub.is_none() {
        Some(Peers::measure(&format!("rtsp://{address}/main0"), seconds).await?)
    } else {
        None
    };
    cameras.end()?;
    Ok(Run {
        footage: name,
        sub_stream: sub.is_some(),
        live_after_s,
        cpu_share,
        rss_mib: (to.rss_mib - base.rss_mib) / each,
        testcam_share: between(before.1, after.1) / each,
        figures: after.0.since(&before.0),
        footage_kept: kept,
        ratio: peers.map(|peers| peers.under(cpu_share)),
        peers,
    })
}

/// Usage now and after a while.
async fn measured(process: &Process, during: Duration) -> anyhow::Result<(Usage, Usage)> {
    let before = process.usage()?;
    tokio::time::sleep(during).await;
    Ok((before, process.usage().context("it ended while it was measured")?))
}

fn print(figures: &Figures) {
    let Figures { cores, cameras, seconds, base, .. } = figures;
    println!("{cameras} cameras on {cores} cores, {seconds} s each; shares are of one core");
    println!("daemon without cameras: {:.4}, {:.0} MiB", base.cpu_share, base.rss_mib);
    for run in &figures.runs {
        let with = if run.sub_stream { " with a small stream" } else { "" };
        println!("\n{}{with}: all live after {:.1} s", run.footage, run.live_after_s);
        println!("  per camera            {:.4}   {:.1} MiB", run.cpu_share, run.rss_mib);
        println!("  serving it            {:.4}", run.testcam_share);
        println!("  {}", run.figures);
        println!("  {}", run.footage_kept);
        let shares = run.peers.iter().flat_map(|peers| peers.named());
        let ratios = run.ratio.iter().flat_map(|ratio| ratio.named());
        for ((name, share), (_, ratio)) in shares.zip(ratios) {
            println!("  {name:<21} {share:.4}   the daemon takes {ratio:.2} of it");
        }
    }
}
