//! `gengfu bench dispatch`: orders from the rule's firing to the phone, through the whole daemon.
//!
//! The daemon runs in this process with everything it has but cameras; the phones run in another,
//! each member with a token and a session of its own. Rules and operators are played at the desk
//! and the door, with the same calls that `event/task.rs` and `web/tickets.rs` make. Losses and
//! doubles are what the phones and the tickets say afterwards.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::operator::{Operator, Sent};
use super::phones::{Credentials, Report};
use super::processes::{Process, between, own_usage};
use super::setting::{self, free_port};
use super::spread::Spread;
use crate::access::password;
use crate::app::{self, Inside};
use crate::clock::{Clock, RealClock};
use crate::config;
use crate::store::Store;
use crate::store::account::{Account, phone_token_key};
use crate::ticket::Role;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct Dispatch {
    /// Patrol members, each with a connected phone.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=4000))]
    pub members: u32,
    /// Tickets a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub rate: u32,
    /// For how long, s.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub seconds: u32,
    /// Folder for the measurement's data: the disk matters. A temporary one if left out.
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The models of the daemon.
    #[arg(long, default_value = "models")]
    pub models: PathBuf,
}

/// Name of the operator who does all the work.
pub(super) const OPERATOR: &str = "operator";
/// A turn on duty of a day holds for any measurement, ms.
const TURN_MS: i64 = 24 * 3_600_000;
/// Longest wait for the phones to connect.
const CONNECT_WITHIN: Duration = Duration::from_secs(120);
/// Longest wait for the last receipt, after the last dispatch.
const RECEIPTS_WITHIN: Duration = Duration::from_secs(15);
/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(50);

/// All figures of one call.
#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    version: &'static str,
    cores: usize,
    members: u32,
    rate: u32,
    seconds: u32,
    /// From the first connection to the last subscription, s.
    connected_within_s: f64,
    tickets: usize,
    /// Tickets a second that were really dispatched.
    dispatched_per_s: f64,
    /// Orders that no phone has.
    lost: usize,
    /// Orders whose receipt the centre does not have.
    receipts_lost: usize,
    /// Orders that a person would see twice.
    doubled: u32,
    /// Messages that came twice and were dropped by their id.
    again_on_the_wire: u32,
    /// Messages whose number was not the next.
    gaps: u64,
    /// From the desk's decision, before it is committed, to the phone, ms.
    decision_to_phone_ms: Spread,
    /// From the operator's wish to the phone, ms.
    wish_to_phone_ms: Spread,
    /// From the desk's decision until the receipt is a committed fact, ms.
    decision_to_receipt_ms: Spread,
    /// From the firing to the desk's decision to dispatch, ms.
    firing_to_decision_ms: Spread,
    /// Shares of one core while orders went out.
    daemon_cpu: f64,
    phones_cpu: f64,
    daemon_rss_mib: f64,
    phones_rss_mib: f64,
}

/// Measures and prints.
///
/// # Errors
/// The daemon does not start, phones do not connect, or an order is lost or doubled.
pub async fn dispatch(ask: &Dispatch) -> anyhow::Result<()> {
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
    if figures.lost + figures.receipts_lost > 0 || figures.doubled > 0 {
        bail!("orders were lost or doubled");
    }
    Ok(())
}

async fn measured(ask: &Dispatch, dir: &std::path::Path) -> anyhow::Result<Figures> {
    let mqtt = free_port()?;
    let text = format!(
        "[site]\nid = \"bench\"\nname = \"bench\"\n[data]\ndir = {:?}\nmin_free_mib = 16\n\
         [record]\nmin_free_mib = 64\n{}\
         [dispatch]\nbundle_s = 0\n[mqtt]\nlisten = \"127.0.0.1:{mqtt}\"\n[web]\nlisten = \"127.0.0.1:{}\"\n",
        dir.join("data"),
        setting::detect(&ask.models)?,
        free_port()?
    );
    let file = dir.join("site.toml");
    std::fs::write(&file, text)?;
    let config = config::load(&file)?;
    let (told, figures) = oneshot::channel();
    let (asked, folder) = (ask.clone(), dir.to_owned());
    let beside = move |inside: Inside| async move {
        let run = Run { ask: asked, dir: folder, mqtt, inside };
        if told.send(run.measure().await).is_err() {
            tracing::debug!("nobody waits for the figures any more");
        }
    };
    app::run_beside(config, CancellationToken::new(), beside).await?;
    figures.await.context("the daemon stopped before anything was measured")?
}

struct Run {
    ask: Dispatch,
    dir: PathBuf,
    mqtt: u16,
    inside: Inside,
}

impl Run {
    async fn measure(&self) -> anyhow::Result<Figures> {
        let file = self.people().await?;
        let phones = self.phones(&file)?;
        let connected_within_s = self.until_connected(&phones).await?;
        let clock = RealClock::new();
        let before = (own_usage(&clock)?, phones.usage()?);
        let operator = Operator::new(&self.inside, self.ask.members);
        let sent = operator.work(self.ask.rate, self.ask.seconds).await?;
        let lasted = clock.elapsed();
        let after = (own_usage(&clock)?, phones.usage()?);
        let receipts = self.receipts(&sent).await?;
        let report = Report::of(phones)?;
        let mut figures = Figures {
            kind: "dispatch",
            version: env!("CARGO_PKG_VERSION"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            members: self.ask.members,
            rate: self.ask.rate,
            seconds: self.ask.seconds,
            connected_within_s,
            tickets: sent.len(),
            #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
            dispatched_per_s: sent.len() as f64 / lasted.as_secs_f64(),
            lost: 0,
            receipts_lost: receipts.iter().filter(|receipt| receipt.is_none()).count(),
            doubled: report.crowd.orders.iter().map(|seen| seen.doubled).sum(),
            again_on_the_wire: report.crowd.orders.iter().map(|seen| seen.again).sum(),
            gaps: report.crowd.gaps,
            decision_to_phone_ms: Spread::default(),
            wish_to_phone_ms: Spread::default(),
            decision_to_receipt_ms: Spread::of(receipts.into_iter().flatten().collect()),
            firing_to_decision_ms: Spread::of(sent.iter().map(Sent::until_decided_ms).collect()),
            daemon_cpu: between(before.0, after.0),
            phones_cpu: between(before.1, after.1),
            daemon_rss_mib: after.0.rss_mib,
            phones_rss_mib: after.1.rss_mib,
        };
        compare(&sent, &report, &mut figures);
        Ok(figures)
    }

    /// Makes the accounts, their turns on duty and the members' tokens.
    async fn people(&self) -> anyhow::Result<PathBuf> {
        let (store, now) = (&self.inside.store, self.inside.clock.now());
        let turn = (now.plus_ms(-TURN_MS), now.plus_ms(TURN_MS));
        add(store, (OPERATOR, Role::Operator, "duty"), turn).await?;
        let mut credentials = Credentials::default();
        for at in 0..self.ask.members {
            let name = member(at);
            add(store, (&name, Role::PatrolMember, "patrol"), turn).await?;
            let token = password::secret();
            let keys = (phone_token_key(&token), "bench");
            store.open_phone_session((&keys.0, keys.1), &name, (now, turn.1)).await?;
            credentials.add(name, token);
        }
        let file = self.dir.join("credentials");
        credentials.write(&file)?;
        Ok(file)
    }

    fn phones(&self, credentials: &std::path::Path) -> anyhow::Result<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bench", "phones", "--site", "bench"]);
        command.arg("--broker").arg(format!("127.0.0.1:{}", self.mqtt));
        command.arg("--credentials").arg(credentials);
        Process::start("phones", &mut command, &self.dir)
    }

    async fn until_connected(&self, phones: &Process) -> anyhow::Result<f64> {
        while !phones.said().lines().any(|line| line == super::phones::READY) {
            phones.usage()?;
            if phones.age() > CONNECT_WITHIN {
                bail!("not all phones connected within {CONNECT_WITHIN:?}: {}", phones.said());
            }
            tokio::time::sleep(STEP).await;
        }
        Ok(phones.age().as_secs_f64())
    }

    /// From decision to committed receipt of each order, ms; waits for the last of them.
    async fn receipts(&self, sent: &[Sent]) -> anyhow::Result<Vec<Option<f64>>> {
        let clock = RealClock::new();
        loop {
            let mut all = Vec::with_capacity(sent.len());
            for one in sent {
                let ticket = self.inside.store.ticket(&one.ticket).await?;
                let ticket = ticket.context("a ticket has gone")?;
                let offer = ticket.life.state.offer().filter(|offer| offer.id == one.offer);
                let received = offer.and_then(|offer| Some((offer.at, offer.received?)));
                #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
                all.push(received.map(|(at, received)| received.since_ms(at) as f64));
            }
            if all.iter().all(Option::is_some) || clock.elapsed() > RECEIPTS_WITHIN {
                return Ok(all);
            }
            tokio::time::sleep(STEP).await;
        }
    }
}

/// Name of a member.
pub(super) fn member(at: u32) -> String {
    format!("m{at}")
}

async fn add(
    store: &Arc<Store>,
    who: (&str, Role, &str),
    turn: (crate::clock::UnixMs, crate::clock::UnixMs),
) -> anyhow::Result<()> {
    let (name, role, line) = who;
    let account = Account {
        name: name.to_owned(),
        display: name.to_owned(),
        role,
        // Nobody signs in with a password here.
        password_hash: String::new(),
        active: true,
    };
    store.add_account(&account, turn.0).await?;
    store.add_shift(name, line, turn).await.map_err(|e| anyhow!(e))
}

/// Puts together what the desk decided and what the phones saw.
fn compare(sent: &[Sent], report: &Report, figures: &mut Figures) {
    let seen: HashMap<&str, i64> =
        report.crowd.orders.iter().map(|seen| (seen.offer.as_str(), seen.at_us)).collect();
    let (mut decision, mut wish) = (Vec::new(), Vec::new());
    for one in sent {
        let Some(at_us) = seen.get(one.offer.as_str()) else {
            figures.lost += 1;
            continue;
        };
        #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
        let ms = |from_us: i64| (at_us - from_us) as f64 / 1_000.0;
        decision.push(ms(one.decided.0 * 1_000));
        wish.push(ms(one.wished_us));
    }
    figures.decision_to_phone_ms = Spread::of(decision);
    figures.wish_to_phone_ms = Spread::of(wish);
}

fn print(figures: &Figures) {
    let Figures { cores, members, rate, seconds, .. } = figures;
    println!("{members} phones, {rate} tickets a second for {seconds} s, on {cores} cores");
    println!("  all connected within    {:.1} s", figures.connected_within_s);
    println!("  dispatched              {:.1} a second", figures.dispatched_per_s);
    println!("  decision to phone       {}", figures.decision_to_phone_ms);
    println!("  wish to phone           {}", figures.wish_to_phone_ms);
    println!("  decision to receipt     {}", figures.decision_to_receipt_ms);
    println!("  firing to decision      {}", figures.firing_to_decision_ms);
    let Figures { tickets, lost, receipts_lost, doubled, again_on_the_wire, gaps, .. } = figures;
    println!(
        "  of {tickets} orders: {lost} lost, {receipts_lost} without receipt, {doubled} doubled, \
         {again_on_the_wire} came again and were dropped, {gaps} gaps"
    );
    println!(
        "  processor               {:.2} of a core, the phones {:.2}",
        figures.daemon_cpu, figures.phones_cpu
    );
}
