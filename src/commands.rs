//! What each command does; the only file that prints.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to the terminal")]

pub mod archive;
pub mod bench;
pub mod footage;
pub mod hold;
mod film;
pub mod drill;
pub mod analyze;
pub mod learn;
pub mod roster;
pub mod policy;
pub mod audit;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow, bail};
use tokio_util::sync::CancellationToken;

use crate::access::password;
use crate::camera::CameraId;
use crate::camera::gst::{Login, Mount, ProbeOptions, ServeOptions, kinds_told, probe, serve};
use crate::camera::probe::id_of;
use crate::clock::{Clock, RealClock, UnixMs};
use crate::config::{self, Config};
use crate::mqtt::broker::{DAEMON_USER, is_daemons};
use crate::report::{self, Form, Lang};
use crate::store::account::Account;
use crate::store::{Place, Store};
use crate::ticket::Role;
use crate::{app, demo};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    Html,
    Csv,
    Json,
    /// A workbook: the report, its charts, figures and tickets.
    Xlsx,
}

/// The exit code of a finished command; what went wrong is printed with its causes.
#[must_use]
pub fn exit_code(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gengfu: {}", told(&error));
            ExitCode::from(1)
        }
    }
}

/// The error and its causes; a cause that the text before it names already is not said twice.
fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Sends the log to standard error; `GENGFU_LOG` sets levels (default `info`, quiet libraries).
pub fn log_to_terminal() {
    let levels = std::env::var("GENGFU_LOG").unwrap_or_else(|_| {
        "info,mqtt5=warn,mqtt5::broker::storage::client_queue=error,ort=warn,sqlx=warn".into()
    });
    tracing_subscriber::fmt()
        .with_env_filter(levels)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// Runs the daemon until Ctrl-C or SIGTERM.
///
/// # Errors
/// What keeps it from starting.
pub fn run(file: &Path) -> anyhow::Result<()> {
    let config = config::load(file)?;
    block_on(async { app::run(config, on_signal()?).await })
}

/// Runs the demonstration.
///
/// # Errors
/// What keeps it from starting.
pub fn demo(data: &Path, port: u16, footage: &Path) -> anyhow::Result<()> {
    block_on(async {
        let stop = on_signal()?;
        let demo = demo::prepare(data, port, footage).await?;
        for line in &demo.lines {
            println!("{line}");
        }
        app::run(demo.config, stop).await
    })
}

/// Reports every fault of a configuration.
///
/// # Errors
/// The faults, all of them.
pub fn check_config(file: &Path) -> anyhow::Result<()> {
    let config = config::load(file)?;
    println!("{}: good, {} cameras", file.display(), config.camera.len());
    Ok(())
}

/// What can be wrong with a test camera, for `--help`.
#[must_use]
pub fn testcam_faults() -> String {
    format!("Kinds of faults:\n{}", kinds_told())
}

/// Serves test cameras until Ctrl-C or SIGTERM.
///
/// # Errors
/// A file cannot be served or the address is taken.
pub fn testcam(
    listen: &str,
    login: Option<(String, String)>,
    (mounts, faults): (&[String], &[String]),
) -> anyhow::Result<()> {
    let mut mounts: Vec<Mount> = mounts
        .iter()
        .map(|text| text.parse().map_err(|e| anyhow!("{e}")))
        .collect::<Result<_, _>>()?;
    for fault in faults {
        Mount::afflict(&mut mounts, fault).map_err(|e| anyhow!("{e}"))?;
    }
    let login = match login {
        Some((user, variable)) => Some(Login { user, password: secret(&variable)? }),
        None => None,
    };
    let names: Vec<String> = mounts.iter().map(|mount| mount.name.clone()).collect();
    let cameras = serve(ServeOptions { listen: listen.to_owned(), mounts, login })?;
    for name in names {
        println!("rtsp://{}/{name}", cameras.addr);
    }
    block_on(async {
        on_signal()?.cancelled().await;
        Ok(())
    })?;
    cameras.stop();
    Ok(())
}

/// Measures orders from the firing to the phones.
///
/// # Errors
/// What could not be measured, or was lost or doubled.
pub fn bench_dispatch(ask: &bench::dispatch::Dispatch) -> anyhow::Result<()> {
    block_on(bench::dispatch::dispatch(ask))
}

/// Measures a store with many tickets.
///
/// # Errors
/// What could not be measured.
pub fn bench_store(ask: &bench::many::Many) -> anyhow::Result<()> {
    block_on(bench::many::store(ask))
}

/// Measures the report of a busy week.
///
/// # Errors
/// What could not be measured.
pub fn bench_report(ask: &bench::weekly::Weekly) -> anyhow::Result<()> {
    block_on(bench::weekly::report(ask))
}

/// The phones of `bench_dispatch`, until Ctrl-C or SIGTERM.
///
/// # Errors
/// Their credentials cannot be read.
pub fn bench_phones(ask: &bench::phones::Crowding) -> anyhow::Result<()> {
    block_on(async { bench::phones::crowd(ask, on_signal()?).await })
}

/// Measures the daemon's whole path from the cameras to the disk and to motion.
///
/// # Errors
/// What could not be measured.
pub fn bench_ingest(ask: &bench::Ingest) -> anyhow::Result<()> {
    block_on(bench::ingest(ask))
}

/// See `bench::detect`.
///
/// # Errors
/// As there.
pub fn bench_detect(ask: &bench::Detect) -> anyhow::Result<()> {
    block_on(bench::detect(ask))
}

fn secret(variable: &str) -> anyhow::Result<String> {
    std::env::var(variable).with_context(|| format!("environment variable {variable} is not set"))
}

/// How a probed camera is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeForm {
    Text,
    Json,
}

/// Listens to a camera and prints what it sends. `login`: user and the password's variable.
///
/// # Errors
/// The camera cannot be heard, or what it sends cannot be used.
pub fn camera_probe(
    url: &str,
    login: Option<(String, String)>,
    seconds: u64,
    form: ProbeForm,
) -> anyhow::Result<()> {
    let id = CameraId::try_from(id_of(url).as_str()).map_err(|e| anyhow!(e))?;
    let (user, password_env) = login.unzip();
    let options = ProbeOptions {
        url: url.to_owned(),
        user,
        password: password_env.as_deref().map(secret).transpose()?.unwrap_or_default(),
        password_env,
        listen_for: std::time::Duration::from_secs(seconds),
    };
    let measured = probe(&options).map_err(|fault| anyhow!("{}", fault.message(&id)))?;
    let told = match form {
        ProbeForm::Text => measured.told(),
        ProbeForm::Json => format!("{:#}\n", measured.json()),
    };
    std::io::stdout().write_all(told.as_bytes())?;
    if !measured.is_usable() {
        bail!("camera {id} cannot be used as it is; see what is bad above");
    }
    Ok(())
}

/// Writes the report of a week to standard output.
///
/// # Errors
/// The week is not one, lies ahead, or the store cannot be read.
pub fn report_week(file: &Path, week: &str, how: (ReportFormat, &str)) -> anyhow::Result<()> {
    let (format, lang) = how;
    let config = config::load(file)?;
    let lang = Lang::parse(lang).with_context(|| format!("'{lang}' is not zh or en"))?;
    let week = report::Week::parse(week)?;
    block_on(async {
        let store = open(&config).await?;
        let clock = RealClock::new();
        let made = report::task::make(&store, &config, week, clock.now()).await?;
        let form = match format {
            ReportFormat::Html => Form::Html,
            ReportFormat::Csv => Form::Csv,
            ReportFormat::Json => Form::Json,
            ReportFormat::Xlsx => Form::Xlsx,
        };
        std::io::stdout().write_all(&report::render(&made, form, lang)?)?;
        store.close().await;
        Ok(())
    })
}

/// Adds an account and prints its first password.
///
/// # Errors
/// The role or the name is not possible, or the name is taken.
pub fn user_add(file: &Path, name: (&str, Option<&str>), role: &str) -> anyhow::Result<()> {
    let (name, display) = name;
    let config = config::load(file)?;
    let role = Role::parse(role).filter(|role| *role != Role::System).with_context(|| {
        format!("'{role}' is not operator, shift_leader, director, patrol_member, admin or wall")
    })?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
        bail!("the name '{name}' is not 1 to 32 of a-z, 0-9 and '-'");
    }
    let first = password::first_password();
    if is_daemons(name) {
        bail!("{DAEMON_USER} and {DAEMON_USER}-… are the daemon's own names; choose another");
    }
    let account = Account {
        name: name.to_owned(),
        display: display.unwrap_or(name).to_owned(),
        role,
        password_hash: password::hash(&first),
        active: true,
    };
    block_on(async {
        let store = open(&config).await?;
        let added = store.add_account(&account, RealClock::new().now()).await?;
        store.close().await;
        if !added {
            bail!("there is an account {name} already; choose another name");
        }
        println!("{name} ({}): first password {first}", role.as_str());
        Ok(())
    })
}

/// A moment of the command's text.
fn moment(text: &str) -> anyhow::Result<UnixMs> {
    let parsed = text.parse::<jiff::Timestamp>();
    let parsed = parsed.map(|moment| UnixMs(moment.as_millisecond()));
    parsed.map_err(|_| anyhow!("'{text}' is no moment; write 2026-11-23T08:00:00+08:00"))
}

pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    Ok(Store::open(&Place::of(config).map_err(|e| anyhow!(e))?).await?)
}

pub(crate) fn block_on(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    done
}

/// Cancelled by Ctrl-C or SIGTERM; a second signal ends the process at once.
fn on_signal() -> anyhow::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be heard")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let token = stop.clone();
    app::watch_signals(async move {
        for times in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if times > 0 {
                std::process::exit(1);
            }
            token.cancel();
        }
    });
    Ok(stop)
}
