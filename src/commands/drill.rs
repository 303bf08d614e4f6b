//! `gengfu drill`: tries every way to every member, and says who was reached when.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};
use serde_json::json;

use super::{block_on, open};
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config;
use crate::mqtt::{SiteTopics, drill};
use crate::store::drill::{Reached, Wanted, Whom};

/// How often it is looked who answered.
const STEP: Duration = Duration::from_millis(500);

/// What to try.
#[derive(Clone, Debug, clap::Args)]
pub struct Drill {
    /// What members read.
    #[arg(long, default_value = "演练:收到请点确认 (drill: please confirm)")]
    pub text: String,
    /// Time to answer, s.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..=28_800))]
    pub within: u32,
    /// All active members, not only those on shift.
    #[arg(long)]
    pub everybody: bool,
    /// For programs.
    #[arg(long)]
    pub json: bool,
    #[arg(long, default_value = "site.toml")]
    pub config: PathBuf,
}

/// Begins a drill, waits for the answers and tells them. The daemon must run: it carries the
/// messages.
///
/// # Errors
/// Nobody is there to be reached, or somebody was not.
pub fn drill(ask: &Drill) -> anyhow::Result<()> {
    let config = config::load(&ask.config)?;
    block_on(async {
        let store = open(&config).await?;
        let clock = RealClock::new();
        let wanted = Wanted {
            by: "command line".into(),
            text: ask.text.clone(),
            within_ms: i64::from(ask.within) * 1_000,
            whom: if ask.everybody { Whom::Everybody } else { Whom::OnShift },
        };
        let topics = SiteTopics::new(&config.site.id)?;
        let begun = drill::begin(&store, (&config, &topics), &wanted, clock.now()).await?;
        let begun = begun.ok_or_else(|| {
            anyhow!(
                "no patrol member is on shift; add --everybody, or a turn with gengfu shift add"
            )
        })?;
        let mut reached = store.reached(&begun.id).await?;
        while clock.now() < begun.until && !reached.iter().all(|one| one.acked.is_some()) {
            tokio::time::sleep(STEP).await;
            reached = store.reached(&begun.id).await?;
        }
        store.close().await;
        tell(ask, begun.at, &reached);
        let missing = reached.iter().filter(|one| one.received.is_none()).count();
        if missing > 0 {
            bail!("{missing} of {} phones were not reached", reached.len());
        }
        Ok(())
    })
}

fn tell(ask: &Drill, from: UnixMs, reached: &[Reached]) {
    let after = |at: Option<UnixMs>| at.map(|at| at.since_ms(from));
    if ask.json {
        let one = |one: &Reached| {
            json!({
                "member": one.member,
                "published_after_ms": after(one.published),
                "received_after_ms": after(one.received),
                "acked_after_ms": after(one.acked),
                "call": one.call,
                "called_after_ms": after(one.called),
            })
        };
        let all: Vec<_> = reached.iter().map(one).collect();
        println!("{:#}", json!({ "kind": "drill", "members": all }));
        return;
    }
    let told = |at: Option<UnixMs>| {
        after(at)
            .map_or_else(|| "-".to_owned(), |ms| format!("{}.{} s", ms / 1_000, ms % 1_000 / 100))
    };
    println!("{:<20} {:>10} {:>10} {:>10}  second channel", "member", "broker", "phone", "person");
    for one in reached {
        let call = one
            .call
            .map_or_else(|| "none".to_owned(), |call| format!("{call} {}", told(one.called)));
        let (published, received) = (told(one.published), told(one.received));
        let name = &one.display;
        println!("{name:<20} {published:>10} {received:>10} {:>10}  {call}", told(one.acked));
    }
}
