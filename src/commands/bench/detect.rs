//! `gengfu bench detect`: what looking costs on this machine, stage by stage, and what becomes of
//! cameras that want more than it can do.
//!
//! The pictures of a file are decoded first and kept, so that decoding (`bench ingest` measures it)
//! does not count. Then one and two sessions search whole pictures; the daemon's own path runs over
//! the pictures one after the other, timed stage by stage; and at last so many cameras, each
//! playing the file from another place at its own pace, feed the detector's own loop.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::super::analyze::Models;
use super::super::film::{Film, More};
use super::overload::Overload;
use super::stages::Stages;
use crate::camera::Frame;
use crate::clock::{Clock as _, RealClock};
use crate::config;
use crate::detect::task::Detector;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Detect {
    /// Video file of a place where something moves.
    #[arg(long)]
    pub file: PathBuf,
    /// What is normal there, made by `gengfu learn`: measures the anomaly score too.
    #[arg(long, value_name = "NORMAL")]
    pub model: Option<PathBuf>,
    /// Cameras that play the file at once.
    #[arg(long, default_value_t = 16)]
    pub cameras: u32,
    /// Threads that look at them, as detect.threads of the daemon.
    #[arg(long, default_value_t = 1)]
    pub threads: u32,
    /// Looks a second that each of them asks for; the default is the daemon's.
    #[arg(long)]
    pub fps: Option<u32>,
    /// Length of each measurement, s.
    #[arg(long, default_value_t = 15)]
    pub seconds: u32,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub models: Models,
}

/// Pictures kept: 16 s at five a second, 45 MiB at 640 x 360.
const PICTURES_MAX: usize = 80;

/// All figures of one call.
#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    version: &'static str,
    cores: usize,
    width_px: u32,
    height_px: u32,
    /// Searches of whole pictures, by one session and by two at once.
    sessions: Vec<Sessions>,
    stages: Stages,
    overload: Overload,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sessions {
    sessions: usize,
    searches_per_s: f64,
    ms_per_search: f64,
}

/// Measures and prints.
///
/// # Errors
/// A model or the file cannot be used; or a camera was looked at less than its share.
pub async fn detect(ask: &Detect) -> anyhow::Result<()> {
    if ask.cameras == 0 || ask.seconds == 0 {
        bail!("nothing to measure: at least one camera and one second");
    }
    let settings = ask.models.settings();
    let pictures = pictures(ask, &settings)?;
    let first = pictures.first().context("there is no picture in the file")?;
    let (width_px, height_px) = (first.width, first.height);
    let during = Duration::from_secs(ask.seconds.into());
    let figures = Figures {
        kind: "detect",
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        width_px,
        height_px,
        sessions: [1, 2]
            .into_iter()
            .map(|sessions| searched(sessions, (&settings, &pictures), during))
            .collect::<anyhow::Result<_>>()?,
        stages: Stages::measure(ask.model.as_deref(), &settings, &pictures)?,
        overload: Overload::measure(ask, &settings, &pictures).await?,
    };
    if ask.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print(&figures);
    }
    if !figures.overload.share_kept {
        bail!("a camera was looked at less often than its share");
    }
    Ok(())
}

/// The first pictures of the file, as many a second as are looked at.
fn pictures(ask: &Detect, settings: &config::Detect) -> anyhow::Result<Vec<Frame>> {
    let film = Film { file: &ask.file, width_px: settings.width_px };
    let every_ms = 1_000 / i64::from(settings.fps.max(1));
    let mut pictures: Vec<Frame> = Vec::new();
    film.play_until(|frame| {
        let due = pictures.len() as i64 * every_ms;
        if frame.seen_at.0 >= due {
            pictures.push(frame);
        }
        Ok(if pictures.len() < PICTURES_MAX { More::Wanted } else { More::Enough })
    })?;
    Ok(pictures)
}

/// Searches whole pictures with so many sessions at once, each on a thread of its own.
fn searched(
    sessions: usize,
    (settings, pictures): (&config::Detect, &[Frame]),
    during: Duration,
) -> anyhow::Result<Sessions> {
    let clock = RealClock::new();
    let work = || -> anyhow::Result<(u32, Duration)> {
        let mut detector = Detector::load(settings, Path::new(""))?;
        // The first run finds its memory.
        detector.objects(&pictures[0])?;
        let (began, mut searches) = (clock.elapsed(), 0);
        for picture in pictures.iter().cycle() {
            if clock.elapsed().saturating_sub(began) >= during {
                break;
            }
            detector.objects(picture)?;
            searches += 1;
        }
        Ok((searches, clock.elapsed().saturating_sub(began)))
    };
    let done: Vec<anyhow::Result<(u32, Duration)>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sessions).map(|_| scope.spawn(work)).collect();
        let ended = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| bail!("a thread panicked"))
        };
        threads.into_iter().map(ended).collect()
    });
    let (mut per_s, mut spent_s, mut all) = (0.0, 0.0, 0.0);
    for done in done {
        let (searches, took) = done?;
        per_s += f64::from(searches) / took.as_secs_f64();
        spent_s += took.as_secs_f64();
        all += f64::from(searches);
    }
    Ok(Sessions { sessions, searches_per_s: per_s, ms_per_search: spent_s * 1_000.0 / all })
}

fn print(figures: &Figures) {
    let Figures { cores, width_px, height_px, stages, overload, .. } = figures;
    println!("{cores} cores, pictures of {width_px} x {height_px} px");
    for one in &figures.sessions {
        println!(
            "{} session(s): {:.1} searches of whole pictures a second, {:.1} ms each",
            one.sessions, one.searches_per_s, one.ms_per_search
        );
    }
    println!(
        "\n{} looks, {} with a search, which cost {:.2} of a search of 416 x 416 px; ms each:",
        stages.looks, stages.searches, stages.squares_per_look
    );
    for (name, ms) in stages.named() {
        println!("  {name:<32} {ms:7.3}");
    }
    println!(
        "\n{} cameras ask {} thread(s) for {:.1} looks a second: {:.1} done, {} frames shed in \
         {:.0} s",
        overload.cameras,
        overload.threads,
        overload.asked_per_s,
        overload.looks_per_s,
        overload.frames_shed,
        overload.seconds
    );
    println!(
        "  a camera was looked at {:.2} to {:.2} times a second (its share: {:.2}), at the longest \
         after {:.0} ms",
        overload.least_per_s, overload.most_per_s, overload.share_per_s, overload.longest_ms
    );
    if overload.frames_shed > 0 {
        let cameras = overload.cameras_promised;
        println!("  up to {cameras} such cameras are looked at once a second or more, as promised");
    }
}
