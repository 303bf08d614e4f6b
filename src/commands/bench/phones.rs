//! The phones of `bench dispatch`, in a process of their own: `gengfu bench phones`.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::processes::Process;
use crate::mqtt::crowd::{Crowd, CrowdOptions, Habit, Phones};
use crate::mqtt::{Member, SiteTopics};

/// The line that says that all phones listen.
pub(super) const READY: &str = "ready";

/// Connects phones and tells what they saw when it is ended.
#[derive(Clone, Debug, clap::Args)]
pub struct Crowding {
    /// The broker, host:port.
    #[arg(long)]
    pub broker: String,
    /// Id of the site.
    #[arg(long)]
    pub site: String,
    /// File with a name and a token a line.
    #[arg(long)]
    pub credentials: PathBuf,
}

/// Names and tokens.
#[derive(Default)]
pub(super) struct Credentials(String);

impl Credentials {
    pub(super) fn add(&mut self, name: String, token: String) {
        self.0.push_str(&format!("{name} {token}\n"));
    }

    /// Writes them so that nobody else reads them.
    pub(super) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let mut options = std::fs::File::options();
        let mut out = options.create(true).write(true).truncate(true).mode(0o600).open(file)?;
        Ok(out.write_all(self.0.as_bytes())?)
    }

    fn read(file: &Path) -> anyhow::Result<Vec<(Member, String)>> {
        let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let one = |line: &str| {
            let (name, token) = line.split_once(' ').context("a line is not NAME TOKEN")?;
            Ok((Member::try_from(name)?, token.to_owned()))
        };
        text.lines().map(one).collect()
    }
}

/// What the phones told at their end.
pub(super) struct Report {
    pub(super) crowd: Crowd,
}

impl Report {
    /// Ends the phones and reads it.
    pub(super) fn of(phones: Process) -> anyhow::Result<Self> {
        let said = phones.said_at_end()?;
        let line = said.lines().rev().find(|line| line.starts_with('{'));
        let line = line.with_context(|| format!("the phones told nothing: {said}"))?;
        Ok(Self { crowd: serde_json::from_str(line)? })
    }
}

/// Runs the phones until `stop`.
///
/// # Errors
/// The credentials cannot be read.
pub async fn crowd(ask: &Crowding, stop: CancellationToken) -> anyhow::Result<()> {
    let (host, port) = ask.broker.rsplit_once(':').context("--broker is not HOST:PORT")?;
    let members = Credentials::read(&ask.credentials)?;
    let count = members.len();
    let phones = Phones::new(CrowdOptions {
        host: host.to_owned(),
        port: port.parse().context("the port of --broker is not a number")?,
        topics: SiteTopics::new(&ask.site)?,
        members,
        habit: Habit::Receive,
    });
    let mut listening = phones.listening();
    let say = async {
        if listening.wait_for(|listening| *listening == count).await.is_ok() {
            println!("{READY}");
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = phones.run(stop) => {}
        () = say => {}
    }
    println!("{}", serde_json::to_string(&phones.seen())?);
    Ok(())
}
