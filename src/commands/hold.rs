//! Holds on recorded footage at the command line: placed, released, listed.
//!
//! Whoever acts is an account with its role, and passes the one door as on the screens: what the
//! role may not do is refused, and both leave a line in the audit, which says that it came from
//! here. The daemon may run meanwhile; it reads the holds at each pass of its keeper.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use serde_json::json;

use super::{block_on, moment, open};
use crate::access::{Door, Verb};
use crate::camera::CameraId;
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::{self, Config};
use crate::record::hold::{Hold, HoldKind};
use crate::store::Store;
use crate::store::hold::Rolls;
use crate::ticket::{Actor, TicketId};

/// Who acts, and where.
#[derive(Clone, Debug, clap::Args)]
pub struct Who {
    /// The account in whose name this is done: shift leader or director, to look also operator.
    #[arg(long, value_name = "ACCOUNT")]
    by: String,
    #[arg(long, default_value = "site.toml")]
    config: PathBuf,
}

/// What is to be held.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// The camera's id.
    camera: String,
    /// First moment, such as 2026-11-23T08:00:00+08:00.
    #[arg(long)]
    from: String,
    /// First moment after it.
    #[arg(long)]
    to: String,
    /// When somebody looks at the hold again; it ends then unless it is placed anew. At most 180
    /// days ahead.
    #[arg(long)]
    until: String,
    /// Why, such as the number of an authority's letter.
    #[arg(long)]
    reason: String,
    /// Id of the ticket that needs it; without one it is a legal hold.
    #[arg(long)]
    ticket: Option<String>,
    #[command(flatten)]
    who: Who,
}

/// What is no longer to be held.
#[derive(Clone, Debug, clap::Args)]
pub struct Release {
    /// The hold's id, as `gengfu footage holds` has it.
    id: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    who: Who,
}

/// How holds are listed.
#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// For programs: one object a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    who: Who,
}

/// Somebody at the open store.
struct Desk {
    config: Config,
    door: Door,
    actor: Actor,
    now: UnixMs,
}

impl Desk {
    async fn open(who: &Who) -> anyhow::Result<Self> {
        let config = config::load(&who.config)?;
        let store = Arc::new(open(&config).await?);
        let account = store.account(&who.by).await?.filter(|account| account.active);
        let account = account.with_context(|| {
            let name = &who.by;
            format!("there is no account {name}; name one that gengfu user add has made")
        })?;
        let actor = Actor { name: account.name, role: account.role };
        let clock = Arc::new(RealClock::new());
        let now = clock.now();
        Ok(Self { config, door: Door { store, clock }, actor, now })
    }

    fn store(&self) -> &Store {
        &self.door.store
    }

    /// Through the door; what is refused is written down, too.
    async fn pass(&self, verb: Verb, (object, reason): (&str, &str)) -> anyhow::Result<()> {
        let object = format!("{object} (command line)");
        self.door.pass_for(&self.actor, verb, (&object, reason)).await.map_err(|shut| anyhow!(shut))
    }

    /// A camera of the configuration, or one that was recorded once.
    async fn camera(&self, id: &str) -> anyhow::Result<CameraId> {
        let known: Vec<&str> = self.config.camera.iter().map(|camera| camera.id.as_str()).collect();
        if let Ok(camera) = CameraId::try_from(id)
            && (known.contains(&id) || self.store().first_recorded(&camera).await?.is_some())
        {
            return Ok(camera);
        }
        bail!("there is no camera {id}; there are {}", known.join(", "))
    }

    async fn holds(&self) -> anyhow::Result<Vec<Hold>> {
        Ok(self.store().holds(Rolls::of(&self.config.event), self.now).await?)
    }
}

/// Holds the footage of a camera, and says what of it is there.
///
/// # Errors
/// The hold cannot be placed, or not by this account.
pub fn place(ask: &Place) -> anyhow::Result<()> {
    let (from, to, until) = (moment(&ask.from)?, moment(&ask.to)?, moment(&ask.until)?);
    block_on(async {
        let desk = Desk::open(&ask.who).await?;
        let camera = desk.camera(&ask.camera).await?;
        let object = format!("{camera}/{}-{}", from.0, to.0);
        desk.pass(Verb::HoldFootage, (&object, &ask.reason)).await?;
        if let Some(ticket) = &ask.ticket {
            let found = desk.store().ticket(&TicketId(ticket.clone())).await?;
            found.with_context(|| format!("there is no ticket {ticket}"))?;
        }
        let hold = Hold {
            id: uuid::Uuid::now_v7().to_string(),
            camera,
            from,
            to,
            kind: if ask.ticket.is_some() { HoldKind::Ticket } else { HoldKind::Legal },
            ticket: ask.ticket.clone(),
            reason: ask.reason.clone(),
            placed_by: desk.actor.name.clone(),
            placed: desk.now,
            until: Some(until),
        };
        hold.check(desk.now).context("no hold is placed")?;
        desk.store().place_hold(&hold).await?;
        println!("{}", told(&hold));
        println!("{}", stock(&desk, &hold).await?);
        desk.store().close().await;
        Ok(())
    })
}

/// What of a held time there is: who holds nothing should know it at once.
async fn stock(desk: &Desk, hold: &Hold) -> anyhow::Result<String> {
    let files = desk.store().segments(&hold.camera, hold.from, hold.to).await?;
    Ok(match files.len() {
        0 if hold.from > desk.now => "nothing of this time is recorded yet".to_owned(),
        0 => {
            "there is no footage of this time; gengfu footage check tells what is there".to_owned()
        }
        count => format!("{count} files of this time are there and stay"),
    })
}

/// Ends a hold that somebody has placed.
///
/// # Errors
/// There is no such hold, or it is not for this account to end it.
pub fn release(ask: &Release) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&ask.who).await?;
        desk.pass(Verb::HoldFootage, (&ask.id, &ask.reason)).await?;
        if ask.reason.trim().is_empty() {
            bail!("say with --reason why the hold is released");
        }
        let released = desk.store().release_hold(&ask.id, &desk.actor.name, desk.now).await?;
        let open = desk.holds().await?;
        desk.store().close().await;
        if released {
            println!("{} is released", ask.id);
            return Ok(());
        }
        match open.iter().find(|hold| hold.id == ask.id) {
            Some(hold) => bail!("{}: it ends by itself when that is over", hold.reason),
            None => bail!("there is no hold {} that lasts; see gengfu footage holds", ask.id),
        }
    })
}

/// Lists every hold that lasts: those that people placed, and open tickets.
///
/// # Errors
/// The account may not see it.
pub fn list(ask: &List) -> anyhow::Result<()> {
    block_on(async {
        let desk = Desk::open(&ask.who).await?;
        desk.pass(Verb::ViewFootage, ("holds", "")).await?;
        let holds = desk.holds().await?;
        desk.store().close().await;
        for hold in &holds {
            println!("{}", if ask.json { for_programs(hold) } else { told(hold) });
        }
        if holds.is_empty() && !ask.json {
            println!("nothing is held");
        }
        Ok(())
    })
}

fn told(hold: &Hold) -> String {
    let Hold { id, camera, from, to, reason, placed_by, .. } = hold;
    let until = hold.until.map_or_else(|| "that is over".to_owned(), |until| until.to_string());
    let kind = hold.kind.word();
    format!("{id}  {camera}  {from} to {to}  {kind}, by {placed_by}, until {until}: {reason}")
}

/// The same fields as `GET /api/v1/footage/holds` has.
fn for_programs(hold: &Hold) -> String {
    json!({
        "id": hold.id,
        "camera": hold.camera.as_str(),
        "from_ms": hold.from.0,
        "to_ms": hold.to.0,
        "kind": hold.kind.word(),
        "ticket": hold.ticket,
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_ms": hold.placed.0,
        "until_ms": hold.until.map(|until| until.0),
    })
    .to_string()
}
