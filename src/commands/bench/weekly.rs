//! `gengfu bench report`: a week's report over the logs of many tickets, as its user calls it.
//!
//! The tickets are made up, their logs are not: every line is written by the life of a ticket, and
//! steps of the ladders fire where somebody is late. Time and memory are those of
//! `gengfu report week` as a process of its own, from its start to its end.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

mod story;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use self::story::Stories;
use super::many;
use super::processes::Process;
use crate::clock::UnixMs;
use crate::report::Week;
use crate::store::{Place, Store};

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Weekly {
    /// Tickets of the week; the week before has as many.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub tickets: i64,
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub cameras: i64,
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub members: i64,
    /// PostgreSQL with an empty database, postgres://…; SQLite if left out.
    #[arg(long, default_value = "")]
    pub url: String,
    /// Folder for the measurement's data. A folder for temporary files if left out.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The models of the daemon.
    #[arg(long, default_value = "models")]
    pub models: PathBuf,
}

/// A week that is over for good, so that every run measures the same one.
const WEEK: &str = "2026-W30";

#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    version: &'static str,
    cores: usize,
    database: &'static str,
    tickets: i64,
    cameras: i64,
    members: i64,
    log_lines: usize,
    forms: Vec<Form>,
}

/// One call of `gengfu report week`.
#[derive(Debug, Serialize)]
struct Form {
    form: &'static str,
    took_s: f64,
    /// The most resident memory that the process had, MiB.
    peak_mib: f64,
    bytes: usize,
}

/// Measures and prints.
///
/// # Errors
/// The store cannot be filled, or a report is not made.
pub async fn report(ask: &Weekly) -> anyhow::Result<()> {
    let parent = ask.dir.clone().unwrap_or_else(std::env::temp_dir);
    let dir = parent.join(format!("gengfu-bench-{}", std::process::id()));
    std::fs::create_dir_all(&dir).with_context(|| dir.display().to_string())?;
    let figures = measured(ask, &dir).await;
    if let Err(error) = std::fs::remove_dir_all(&dir) {
        tracing::warn!(folder = %dir.display(), %error, "a folder is left behind");
    }
    let figures = figures?;
    if ask.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
        return Ok(());
    }
    let Figures { tickets, cameras, members, log_lines, forms, .. } = &figures;
    println!("{tickets} tickets of a week and as many of the one before, {log_lines} lines of the");
    println!("log, {cameras} cameras, {members} members");
    for Form { form, took_s, peak_mib, bytes } in forms {
        println!("{form}: {took_s:.2} s, at most {peak_mib:.0} MiB, {bytes} bytes");
    }
    Ok(())
}

async fn measured(ask: &Weekly, dir: &Path) -> anyhow::Result<Figures> {
    let config = many::configuration((&ask.url, &ask.models), dir)?;
    let zone = jiff::tz::TimeZone::get(&config.site.time_zone)?;
    let week = Week::parse(WEEK)?;
    let (begin, end) = (week.previous().bounds(&zone).0, week.bounds(&zone).1);
    let log_lines = filled(ask, &Place::of(&config).map_err(|e| anyhow!(e))?, (begin, end)).await?;
    let mut forms = Vec::new();
    for form in ["html", "csv", "json", "xlsx"] {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["report", "week", WEEK, "--format", form, "--config"]);
        command.arg(dir.join("site.toml"));
        let (took, peak_mib, bytes) = Process::start(form, &mut command, dir)?.ended()?;
        forms.push(Form { form, took_s: took.as_secs_f64(), peak_mib, bytes });
    }
    Ok(Figures {
        kind: "report",
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        database: if ask.url.is_empty() { "sqlite" } else { "postgresql" },
        tickets: ask.tickets,
        cameras: ask.cameras,
        members: ask.members,
        log_lines,
        forms,
    })
}

/// Writes the tickets of two weeks; how many lines the log has.
async fn filled(
    ask: &Weekly,
    place: &Place,
    (begin, end): (UnixMs, UnixMs),
) -> anyhow::Result<usize> {
    let store = Store::open(place).await?;
    let n = ask.tickets * 2;
    let apart_ms = end.since_ms(begin) / n;
    let mut stories = Stories::new((ask.cameras, ask.members));
    for number in 1..=n {
        stories.tell(number, begin.plus_ms(number * apart_ms));
    }
    store.fill_stories((begin, apart_ms), n, &stories.lines).await?;
    store.close().await;
    Ok(stories.lines.len())
}
