//! Proofs over what is written down. Exit 1 when something does not fit.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::Subcommand;
use serde_json::json;

use super::block_on;
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config;
use crate::regulation::deadlines::{Audit as Found, Fault};
use crate::ticket::{Policies, Policy};

#[derive(Subcommand)]
pub enum Audit {
    /// Prove from the log that every due time fired once and in its time, and name any that did
    /// not.
    Deadlines {
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
        /// For programs: one fault a line, then the sum.
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
///
/// # Errors
/// Something does not fit, or the store cannot be read.
pub fn audit(ask: &Audit) -> anyhow::Result<()> {
    match ask {
        Audit::Deadlines { config, json: false } => deadlines(config, tell),
        Audit::Deadlines { config, json: true } => deadlines(config, tell_json),
    }
}

fn deadlines(file: &Path, tell: fn(&Found, UnixMs)) -> anyhow::Result<()> {
    let config = config::load(file)?;
    block_on(async {
        let store = super::open(&config).await?;
        let mut policies = Policies::new(Policy::configured(&config));
        policies.approved(store.approved_rules().await?);
        let now = RealClock::new().now();
        let mut found = Found::default();
        let mut after = 0;
        while let Some((number, lines)) = store.next_log(after).await? {
            after = number;
            found.add(&lines, &policies, now);
        }
        store.close().await;
        tell(&found, now);
        if !found.faults.is_empty() {
            bail!("{} due times are not as they should be", found.faults.len());
        }
        Ok(())
    })
}

fn tell(found: &Found, now: UnixMs) {
    for fault in &found.faults {
        let Fault { number, deadline, wrong, at, .. } = fault;
        println!(
            "T-{number}: {} {} of the clock {} ({}%, due {}), seen {at}",
            wrong.as_str(),
            deadline.level.as_str(),
            deadline.clock.as_str(),
            deadline.percent,
            deadline.due,
        );
    }
    println!(
        "{} tickets as of {now}: {} due times fired once, the longest {} ms after its time; {} \
         wait; {} faults; {} tickets are older than the ladders",
        found.tickets,
        found.fired,
        found.longest_ms,
        found.waiting,
        found.faults.len(),
        found.older,
    );
}

fn tell_json(found: &Found, now: UnixMs) {
    for fault in &found.faults {
        let line = json!({
            "kind": "fault",
            "ticket": fault.ticket.0,
            "number": fault.number,
            "wrong": fault.wrong.as_str(),
            "clock": fault.deadline.clock.as_str(),
            "level": fault.deadline.level.as_str(),
            "percent": fault.deadline.percent,
            "due_ms": fault.deadline.due.0,
            "at_ms": fault.at.0,
        });
        println!("{line}");
    }
    let sum = json!({
        "kind": "summary",
        "at_ms": now.0,
        "tickets": found.tickets,
        "older": found.older,
        "fired": found.fired,
        "waiting": found.waiting,
        "longest_ms": found.longest_ms,
        "faults": found.faults.len(),
    });
    println!("{sum}");
}
