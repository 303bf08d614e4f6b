//! The rules of the centre from the command line: check a file, list and show versions, propose
//! one, decide about one. Who acts is an account of the centre and proves it by its password.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::block_on;
use crate::access::{self, Verb, password};
use crate::clock::{Clock, RealClock};
use crate::config;
use crate::config::policy::Rules;
use crate::store::Store;
use crate::store::account::Account;
use crate::store::audit::Passage;
use crate::store::policy::{Decision, Proposed, Undecided, Version};

#[derive(Subcommand)]
pub enum Policy {
    /// Check a rule file and report all its faults.
    Check { file: PathBuf },
    /// Every version, the newest first, and which one holds.
    List {
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
    /// The rule file of a version.
    Show {
        number: i64,
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
    /// Propose a rule file as the next version. The password is read from standard input.
    Propose {
        file: PathBuf,
        /// What changes, and why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        who: Who,
    },
    /// Approve a version that somebody else has proposed; it holds from now on.
    Approve {
        number: i64,
        #[command(flatten)]
        who: Who,
    },
}

#[derive(Args)]
pub struct Who {
    /// The account that acts: a shift leader or the director.
    #[arg(long)]
    by: String,
    #[arg(long, default_value = "site.toml")]
    config: PathBuf,
}

/// Does it.
///
/// # Errors
/// What is wrong with the file or the account, or what the store said.
pub fn policy(ask: &Policy) -> anyhow::Result<()> {
    match ask {
        Policy::Check { file } => check(file),
        Policy::List { config, json } => block_on(async {
            let store = opened(config).await?;
            let versions = store.policy_versions().await?;
            store.close().await;
            if *json {
                list_json(&versions)
            } else {
                list(&versions)
            }
            Ok(())
        }),
        Policy::Show { number, config } => block_on(async {
            let store = opened(config).await?;
            let version = store.policy_version(*number).await?;
            store.close().await;
            print!("{}", version.with_context(|| format!("there is no version {number}"))?.text);
            Ok(())
        }),
        Policy::Propose { file, reason, who } => propose(file, reason, who),
        Policy::Approve { number, who } => approve(*number, who),
    }
}

async fn opened(file: &Path) -> anyhow::Result<Store> {
    super::open(&config::load(file)?).await
}

fn read(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    Rules::parse(&text).with_context(|| format!("{} has faults", file.display()))?;
    Ok(text)
}

fn check(file: &Path) -> anyhow::Result<()> {
    read(file)?;
    println!("{}: good", file.display());
    Ok(())
}

const fn standing(version: &Version) -> &'static str {
    match &version.decision {
        None => "proposed",
        Some(decision) if decision.approved => "approved",
        Some(_) => "refused",
    }
}

fn list(versions: &[Version]) {
    if versions.is_empty() {
        println!("no version yet: what the configuration says holds");
    }
    for version in versions {
        let by = version.decision.as_ref().map_or(String::new(), |one| format!(" by {}", one.by));
        println!(
            "{:>3}  {:<8}{by}  from {}  proposed by {}: {}",
            version.number,
            standing(version),
            version.starts,
            version.author,
            version.reason
        );
    }
}

fn list_json(versions: &[Version]) {
    for version in versions {
        let line = serde_json::json!({
            "number": version.number,
            "standing": standing(version),
            "sha256": version.sha256,
            "reason": version.reason,
            "author": version.author,
            "proposed_ms": version.proposed.0,
            "starts_ms": version.starts.0,
            "decided_by": version.decision.as_ref().map(|one| &one.by),
        });
        println!("{line}");
    }
}

fn propose(file: &Path, reason: &str, who: &Who) -> anyhow::Result<()> {
    let text = read(file)?;
    if reason.trim().is_empty() {
        bail!("--reason says what changes, and why");
    }
    let password = typed(&who.by)?;
    block_on(async {
        let store = opened(&who.config).await?;
        let account = proven(&store, &who.by, &password, Verb::ProposePolicy).await?;
        let now = RealClock::new().now();
        let proposed = Proposed { text: &text, reason: reason.trim(), starts: now };
        let number = store.propose_policy(proposed, &account.actor(), now).await?;
        store.close().await;
        println!("version {number} is proposed; somebody else approves it");
        Ok(())
    })
}

fn approve(number: i64, who: &Who) -> anyhow::Result<()> {
    let password = typed(&who.by)?;
    block_on(async {
        let store = opened(&who.config).await?;
        let account = proven(&store, &who.by, &password, Verb::DecidePolicy).await?;
        let at = RealClock::new().now();
        let decision = Decision { approved: true, by: account.name, at, why: String::new() };
        let decided = store.decide_policy(number, &decision).await?;
        store.close().await;
        match decided {
            Ok(()) => println!("version {number} holds from now on"),
            Err(Undecided::Unknown) => bail!("there is no version {number}"),
            Err(Undecided::Own) => bail!("who proposed it does not approve it"),
            Err(Undecided::Decided) => bail!("somebody has decided about it"),
        }
        Ok(())
    })
}

/// The password of an account, one line of standard input.
fn typed(name: &str) -> anyhow::Result<String> {
    eprint!("password of {name}: ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password was typed")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The account, if it is who it says and may do this; either way the audit has a line.
async fn proven(store: &Store, name: &str, typed: &str, verb: Verb) -> anyhow::Result<Account> {
    let account = store.account(name).await?.filter(|account| account.active);
    let account = account.with_context(|| format!("there is no account {name}"))?;
    let right = password::matches(typed, &account.password_hash);
    let may = access::permit(&account.actor(), verb);
    let outcome = if right && may.is_ok() { "allowed" } else { "refused" };
    let passage = Passage {
        actor: &account.actor(),
        verb: verb.as_str(),
        object: "policy",
        reason: "command line",
        outcome,
    };
    store.audit(passage, RealClock::new().now()).await?;
    if !right {
        bail!("the password is not right");
    }
    may?;
    Ok(account)
}
