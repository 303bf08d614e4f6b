//! Rosters and turns from the terminal: check, draft and publish a file, put somebody on a line.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;

use super::{block_on, moment, open};
use crate::access::{Door, Verb};
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::{self, Config};
use crate::duty::file::{Form, Sheet, parse};
use crate::duty::roster::{Fault, Roster, covers, told};
use crate::duty::span::MINUTE_MS;
use crate::duty::splice::beside;
use crate::duty::{Line, Span};
use crate::store::Store;
use crate::store::account::Account;
use crate::store::roster::Published;
use crate::ticket::Actor;

/// What to do with a roster.
#[derive(Subcommand)]
pub enum RosterDeed {
    /// Check a file: gaps and overlaps are named with their times. Exit 1 when it has any.
    Check(RosterFile),
    /// Keep a file as a draft; a draft may have gaps.
    Draft {
        #[command(flatten)]
        file: RosterFile,
        /// Account of who drafts: a shift leader or the director.
        #[arg(long)]
        by: String,
    },
    /// Publish a file, or a draft by its id: its turns hold from now on. One with a gap or an
    /// overlap is refused.
    Publish {
        #[command(flatten)]
        file: RosterFile,
        /// Account of who publishes: a shift leader or the director.
        #[arg(long)]
        by: String,
    },
    /// List the newest rosters.
    List {
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
}

/// A roster's file.
#[derive(Args)]
pub struct RosterFile {
    /// roster.toml or roster.csv (columns date,line,from,until,account), or the id of a draft.
    file: PathBuf,
    #[arg(long, default_value = "site.toml")]
    config: PathBuf,
}

/// A line from the command's text.
///
/// # Errors
/// It is none.
pub fn line(text: &str) -> Result<Line, String> {
    Line::parse(text).ok_or_else(|| "write duty, standby or patrol".to_owned())
}

/// Does what is asked of a roster.
///
/// # Errors
/// The faults, or what keeps it from being done.
pub fn roster(deed: &RosterDeed) -> anyhow::Result<()> {
    match deed {
        RosterDeed::Check(file) => with(&file.config, async |site| {
            let roster = site.read(&file.file, "").await?;
            site.tell(&roster).await
        }),
        RosterDeed::Draft { file, by } => with(&file.config, async |site| {
            let roster = site.read(&file.file, by).await?;
            let actor = site.actor(by).await?;
            site.door().pass(&actor, Verb::MakeRoster, &roster.id).await?;
            site.store.draft_roster(&roster).await?;
            #[allow(clippy::print_stdout, reason = "commands talk to the terminal")]
            {
                println!("draft {}", roster.id);
            }
            // A draft may have faults: they are told, and it is kept.
            if let Err(faults) = site.tell(&roster).await {
                tracing::warn!("{faults}");
            }
            Ok(())
        }),
        RosterDeed::Publish { file, by } => {
            with(&file.config, async |site| site.publish(&file.file, by).await)
        }
        RosterDeed::List { config } => with(config, async |site| site.list().await),
    }
}

/// An opened centre.
struct Site {
    store: std::sync::Arc<Store>,
    zone: TimeZone,
}

fn with(file: &Path, work: impl AsyncFnOnce(&Site) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let config: Config = config::load(file)?;
    let zone = config.time_zone().map_err(|e| anyhow!(e))?;
    block_on(async {
        let site = Site { store: std::sync::Arc::new(open(&config).await?), zone };
        let done = work(&site).await;
        site.store.close().await;
        done
    })
}

#[allow(clippy::print_stdout, reason = "commands talk to the terminal")]
impl Site {
    fn door(&self) -> Door {
        let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(RealClock::new());
        Door { store: std::sync::Arc::clone(&self.store), clock }
    }

    async fn actor(&self, name: &str) -> anyhow::Result<Actor> {
        let account = self.store.account(name).await?.filter(|account| account.active);
        let account = account.with_context(|| format!("there is no account {name}"))?;
        Ok(Account::actor(&account))
    }

    /// A file as a new roster, or a draft that is stored.
    async fn read(&self, file: &Path, by: &str) -> anyhow::Result<Roster> {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let Some(form) = Form::parse(ending) else {
            let id = file.to_str().unwrap_or_default();
            let stored = self.store.roster(id).await?;
            return stored.with_context(|| {
                format!("{id} is no roster.toml, no roster.csv and no id of a draft")
            });
        };
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        let sheet = parse(&text, form, &self.zone)
            .with_context(|| format!("{} is no roster", file.display()))?;
        Ok(new_roster(sheet, by, RealClock::new().now()))
    }

    /// Prints what a roster gives; its faults are the error.
    async fn tell(&self, roster: &Roster) -> anyhow::Result<()> {
        let now = RealClock::new().now();
        println!("{}, {} turns", told(roster.period, &self.zone), roster.turns.len());
        let beside = beside(&self.store.turns(roster.period).await?, roster);
        for (line, cover) in covers(roster, &beside) {
            println!(
                "{:8} {} of {} min covered, {} min by one alone",
                line.as_str(),
                cover.covered_ms() / MINUTE_MS,
                cover.period.ms() / MINUTE_MS,
                cover.single_ms / MINUTE_MS
            );
        }
        self.good(&self.store.roster_faults(roster, now).await?)
    }

    fn good(&self, faults: &[Fault]) -> anyhow::Result<()> {
        if faults.is_empty() {
            return Ok(());
        }
        let all: Vec<String> = faults
            .iter()
            .map(|fault| format!("{}: {}", fault.code(), fault.told(&self.zone)))
            .collect();
        bail!("{} faults\n{}", all.len(), all.join("\n"))
    }

    async fn publish(&self, file: &Path, by: &str) -> anyhow::Result<()> {
        let actor = self.actor(by).await?;
        let roster = self.read(file, by).await?;
        self.door().pass(&actor, Verb::MakeRoster, &roster.id).await?;
        if self.store.roster(&roster.id).await?.is_none() {
            self.store.draft_roster(&roster).await?;
        }
        match self.store.publish_roster(&roster.id, by, RealClock::new().now()).await? {
            Published::Done(version) => {
                println!("version {version}: {}", told(roster.period, &self.zone));
                Ok(())
            }
            Published::Faulty(faults) => self
                .good(&faults)
                .with_context(|| format!("not published, kept as draft {}", roster.id)),
            Published::Before => bail!("{} is published already; draft a new one", roster.id),
            Published::Unknown => bail!("there is no roster {}", roster.id),
        }
    }

    /// The newest first.
    async fn list(&self) -> anyhow::Result<()> {
        // As many as fit on a screen.
        const MOST: u32 = 20;
        for roster in self.store.rosters(MOST).await? {
            let state = match &roster.published {
                Some((version, by, at)) => format!("version {version} by {by} at {at}"),
                None => format!("draft by {} at {}", roster.drafted_by, roster.drafted),
            };
            println!("{}  {}  {state}", roster.id, told(roster.period, &self.zone));
        }
        Ok(())
    }
}

/// A roster that nobody has stored yet.
#[must_use]
pub fn new_roster(sheet: Sheet, by: &str, now: UnixMs) -> Roster {
    Roster {
        id: uuid::Uuid::now_v7().to_string(),
        period: sheet.period,
        note: sheet.note,
        turns: sheet.turns,
        drafted_by: by.to_owned(),
        drafted: now,
        published: None,
    }
}

/// Puts an account on a line of duty.
///
/// # Errors
/// The times do not make a turn, there is no such account, or the line is not for its role.
#[allow(clippy::print_stdout, reason = "commands talk to the terminal")]
pub fn shift_add(file: &Path, who: (&str, Line), time: (&str, &str)) -> anyhow::Result<()> {
    let (name, line) = who;
    let span = turn(time.0, time.1)?;
    with(file, async |site| {
        let account = site.store.account(name).await?.filter(|account| account.active);
        let account = account
            .with_context(|| format!("there is no account {name}; add it with gengfu user add"))?;
        if !line.takes(account.role) {
            let (line, role) = (line.as_str(), account.role.as_str());
            bail!("{name} is {role} and cannot take the line {line}; choose another line");
        }
        site.store.add_shift(name, line.as_str(), (span.from, span.until)).await?;
        println!("{name}: {} from {} to {}", line.as_str(), span.from, span.until);
        Ok(())
    })
}

/// The two ends of a turn.
fn turn(from: &str, to: &str) -> anyhow::Result<Span> {
    let (from, to) = (moment(from)?, moment(to)?);
    if to <= from {
        bail!("the turn ends at {to}, which is not after its beginning at {from}");
    }
    Ok(Span { from, until: to })
}
