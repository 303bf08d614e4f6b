//! `gengfu bench store`: the wall's questions to a store with many tickets, and a start with many
//! open deadlines.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::setting::{self, free_port};
use super::spread::Spread;
use crate::app::{self, Inside};
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::{self, Config};
use crate::store::fill::Filling;
use crate::store::{Place, Store};
use crate::ticket::TicketId;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Many {
    /// Tickets that are over.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(0..=100_000_000))]
    pub tickets: i64,
    /// Open tickets for the wall's questions.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub open: i64,
    /// Open deadlines for the start, half of them run out.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(0..=1_000_000))]
    pub deadlines: i64,
    /// How often each question is asked.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub times: u32,
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

/// A year and a half of a centre with two thousand observations a day, ms.
const PAST_MS: i64 = 550 * 24 * 3_600_000;
/// Longest wait for the run out deadlines.
const MARKED_WITHIN: Duration = Duration::from_secs(120);

/// All figures of one call.
#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    version: &'static str,
    cores: usize,
    database: &'static str,
    tickets: i64,
    open: i64,
    filled_within_s: f64,
    /// Each question of the wall, ms.
    questions_ms: Vec<Question>,
    /// The largest p99 of them, ms.
    worst_p99_ms: f64,
    deadlines: i64,
    /// From the call of the program's start to the moment when screens, phones and the desk are
    /// served, s.
    started_within_s: f64,
    /// From there until every deadline that had run out was marked, s.
    marked_within_s: f64,
}

#[derive(Debug, Serialize)]
struct Question {
    name: &'static str,
    #[serde(flatten)]
    spread: Spread,
}

/// Measures and prints.
///
/// # Errors
/// The store cannot be filled or asked.
pub async fn store(ask: &Many) -> anyhow::Result<()> {
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
    } else {
        print(&figures);
    }
    Ok(())
}

async fn measured(ask: &Many, dir: &Path) -> anyhow::Result<Figures> {
    let config = configuration((&ask.url, &ask.models), dir)?;
    let place = Place::of(&config).map_err(|e| anyhow!(e))?;
    let clock = RealClock::new();
    let store = Store::open(&place).await?;
    if !store.open_tickets().await?.is_empty() || store.ticket_with_number(1).await?.is_some() {
        bail!("this store has tickets already; name an empty database");
    }
    let filling = Filling { over: ask.tickets, open: ask.open, overdue: 0, past_ms: PAST_MS };
    fill(&store, filling, clock.now()).await?;
    let filled_within_s = clock.elapsed().as_secs_f64();
    let questions_ms = questions(&store, ask, &clock).await?;
    let worst_p99_ms = questions_ms.iter().map(|q| q.spread.p99).fold(0.0, f64::max);
    store.fill_more(ask.deadlines, ask.deadlines / 2, clock.now()).await?;
    store.close().await;
    let (started_within_s, marked_within_s) = start(config).await?;
    Ok(Figures {
        kind: "store",
        version: env!("CARGO_PKG_VERSION"),
        cores: std::thread::available_parallelism().map_or(0, usize::from),
        database: if ask.url.is_empty() { "sqlite" } else { "postgresql" },
        tickets: ask.tickets,
        open: ask.open,
        filled_within_s,
        questions_ms,
        worst_p99_ms,
        deadlines: ask.deadlines,
        started_within_s,
        marked_within_s,
    })
}

/// A site without cameras, with its data in `dir` or at `url`.
pub(super) fn configuration((url, models): (&str, &Path), dir: &Path) -> anyhow::Result<Config> {
    let text = format!(
        "[site]\nid = \"bench\"\nname = \"bench\"\n[data]\ndir = {:?}\nmin_free_mib = 16\n\
         [store]\nurl = {:?}\n[record]\nmin_free_mib = 64\n{}\
         [mqtt]\nlisten = \"127.0.0.1:{}\"\n[web]\nlisten = \"127.0.0.1:{}\"\n",
        dir.join("data"),
        url,
        setting::detect(models)?,
        free_port()?,
        free_port()?
    );
    let file = dir.join("site.toml");
    std::fs::write(&file, text)?;
    Ok(config::load(&file)?)
}

async fn fill(store: &Store, filling: Filling, now: UnixMs) -> anyhow::Result<()> {
    let bar = indicatif::ProgressBar::new((filling.over + filling.open).unsigned_abs());
    store.fill(filling, now, |done| bar.set_position(done.unsigned_abs())).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Asks each question of the wall again and again; they take turns, as on a wall.
async fn questions(store: &Store, ask: &Many, clock: &RealClock) -> anyhow::Result<Vec<Question>> {
    let now = clock.now();
    let day = (now.plus_ms(-24 * 3_600_000), now);
    let recent = store.recent_tickets(50).await?;
    let recent: Vec<&TicketId> = recent.iter().map(|ticket| &ticket.id).collect();
    let one = recent.first().context("there is no ticket; fill some")?;
    let mut times: Vec<(&'static str, Vec<f64>)> = Vec::new();
    for _ in 0..ask.times {
        let mut at = 0;
        let mut note = |name: &'static str, from: Duration| {
            let took = clock.elapsed().saturating_sub(from).as_secs_f64() * 1_000.0;
            if at == times.len() {
                times.push((name, Vec::new()));
            }
            times[at].1.push(took);
            at += 1;
        };
        macro_rules! time {
            ($name:literal, $question:expr) => {{
                let from = clock.elapsed();
                $question.await?;
                note($name, from);
            }};
        }
        time!("open tickets", store.open_tickets());
        time!("recent tickets", store.recent_tickets(50));
        time!("not reviewed", store.unreviewed_tickets());
        time!("pictures of 50", store.pictures_of(&recent));
        time!("figures of the day", store.today(day, now));
        time!("open by state", store.open_by_state());
        time!("waiting messages", store.waiting_count());
        time!("missing receipts", store.missing_receipts());
        time!("one ticket", store.ticket(one));
        time!("its log", store.log_of_ticket(one));
        time!("its evidence", store.evidence_of(one));
        time!("a camera's undecided", store.undecided("c7", day.0));
        time!("a member's orders", store.tickets_of_member("m7"));
        time!("tickets with a step due", store.tickets_due(now, 1_000));
        time!("waiting firings", store.unfiled_events());
        time!("ticket of an order", store.ticket_of_offer("0193a000-0000-7000-8000-000000000000"));
    }
    let questions = times.into_iter();
    Ok(questions.map(|(name, ms)| Question { name, spread: Spread::of(ms) }).collect())
}

/// Starts the daemon: how long until it serves, and from there until the deadlines are marked.
async fn start(config: Config) -> anyhow::Result<(f64, f64)> {
    let clock = Arc::new(RealClock::new());
    let (told, figures) = oneshot::channel();
    let watch = Arc::clone(&clock);
    let beside = move |inside: Inside| async move {
        let started = watch.elapsed().as_secs_f64();
        let marked = marked(&inside, &watch).await.map(|()| watch.elapsed().as_secs_f64());
        if told.send(marked.map(|marked| (started, marked - started))).is_err() {
            tracing::debug!("nobody waits for the figures any more");
        }
    };
    app::run_beside(config, CancellationToken::new(), beside).await?;
    figures.await.context("the daemon stopped before anything was measured")?
}

async fn marked(inside: &Inside, clock: &RealClock) -> anyhow::Result<()> {
    loop {
        let left = inside.store.tickets_due(inside.clock.now(), 1_000).await?;
        if left.is_empty() {
            return Ok(());
        }
        if clock.elapsed() > MARKED_WITHIN {
            bail!("{} deadlines are not marked within {MARKED_WITHIN:?}", left.len());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn print(figures: &Figures) {
    let Figures { database, tickets, open, cores, .. } = figures;
    println!("{tickets} tickets and {open} open ones in {database}, {cores} cores");
    println!("  filled within {:.0} s", figures.filled_within_s);
    for Question { name, spread } in &figures.questions_ms {
        println!("  {name:<22} {spread}");
    }
    println!(
        "start with {} open deadlines: {:.2} s, half of them marked as run out after {:.2} s more",
        figures.deadlines, figures.started_within_s, figures.marked_within_s
    );
}
