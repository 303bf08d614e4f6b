//! The only SQL: one file per noun, each statement beside the function that needs it.
//!
//! One set of statements serves SQLite (inside the data folder, the default) and PostgreSQL,
//! through sqlx's `Any` driver. Change, log line and outgoing messages commit together.
//!
//! # Why not checked macros
//! They check against one kind of database at build time; the same text has to run on two. The
//! tests run every function on both instead.

pub mod account;
pub mod answer;
pub mod audit;
pub mod event;
pub mod evidence;
pub mod trace;
pub mod log;
pub mod outbox;
pub mod held;
pub mod offer;
pub mod receipt;
pub mod call;
pub mod phone;
pub mod drill;
pub mod shift;
pub mod roster;
pub mod attendance;
pub mod presence;
pub mod unattended;
pub mod swap;
pub mod screen;
pub mod outage;
pub mod handover;
pub mod ticket;
pub mod deadline;
pub mod policy;
pub mod picture;
pub mod standing;
pub mod incident;
pub mod segment;
pub mod gap;
pub mod clock_note;
pub mod fault;
pub mod scene;
pub mod footage;
pub mod clip;
pub mod hold;
pub mod today;
pub mod load;
pub mod verdict;
pub mod rule_request;
pub mod week;
pub mod fill;
pub mod ledger;
pub mod volume;
pub mod issue;
mod ticket_row;
mod ticket_pause;
mod row;
mod write;

use std::path::{Path, PathBuf};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, Executor};

pub(crate) use write::Write;
use write::Writer;

use crate::config::Config;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

/// Readers at once; the wall, consoles and reports each hold one for milliseconds (guess, revisit).
const READERS_MAX: u32 = 8;

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the database {place} cannot be opened: {source}; check store.url and data.dir")]
    Open { place: String, source: sqlx::Error },
    #[error("the database {place} cannot be brought up to date: {source}")]
    Migrate { place: String, source: sqlx::migrate::MigrateError },
    #[error("the database refused: {0}")]
    Sql(#[from] sqlx::Error),
    #[error("{what} in the database is not valid: {value}")]
    Decode { what: &'static str, value: String },
    #[error(
        "the data folder {} cannot be used: {source}; set data.dir to a folder that gengfu may write",
        path.display()
    )]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the file {path} cannot be written: {source}; check the disk and its free space")]
    File { path: PathBuf, source: std::io::Error },
    #[error("only {free_mib} MiB are free under {path}, {need_mib} needed; free some space")]
    Full { path: PathBuf, free_mib: u64, need_mib: u64 },
    #[error("ticket {ticket} was changed by somebody else; it is now at version {version}")]
    Conflict { ticket: String, version: i64 },
    #[error("nothing was written: {0}")]
    NotCommitted(String),
    #[error("the desk is busy")]
    Busy,
}

impl Error {
    /// Whether the same write would fail again for ever: the database does not take the values
    /// themselves. A double key is not among them, because it may be a race.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        let Self::Sql(error) = self else { return matches!(self, Self::Decode { .. }) };
        error.as_database_error().is_some_and(|error| {
            let bounds = error.is_check_violation() || error.is_foreign_key_violation();
            // PostgreSQL's class 22: data exceptions, such as a NUL in a text.
            bounds || error.code().is_some_and(|code| code.len() == 5 && code.starts_with("22"))
        })
    }
}

/// The open database and the evidence folder.
#[derive(Debug)]
pub struct Store {
    pool: AnyPool,
    /// SQLite takes one writer at a time; waiting here is fair, waiting in SQLite is polling.
    writer: Writer,
    dir: PathBuf,
    min_free_mib: u64,
}

impl Place {
    /// Where the store of a configuration lives.
    ///
    /// # Errors
    /// The password of the database cannot be read.
    pub fn of(config: &Config) -> Result<Self, String> {
        let password = config.store.password.reveal()?;
        Ok(Self {
            url: with_password(&config.store.url, &password),
            dir: config.data.dir.clone(),
            min_free_mib: config.data.min_free_mib,
        })
    }
}

/// Where a store lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// `postgres://…`, or empty for SQLite in `dir`.
    pub url: String,
    /// The data folder.
    pub dir: PathBuf,
    /// Free MiB under `dir` below which no evidence is written.
    pub min_free_mib: u64,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// Names the place when it cannot be opened or migrated.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        std::fs::create_dir_all(place.dir.join("evidence"))
            .map_err(|source| Error::Folder { path: place.dir.clone(), source })?;
        let sqlite = place.url.is_empty();
        let url = if sqlite { sqlite_url(&place.dir) } else { place.url.clone() };
        let settings = sqlite.then_some(SQLITE_SETTINGS);
        let name = if sqlite { url.clone() } else { without_password(&url) };
        let opened = |source| Error::Open { place: name.clone(), source };
        let options: AnyConnectOptions = url.parse().map_err(opened)?;
        let pool = AnyPoolOptions::new()
            .max_connections(READERS_MAX)
            // A file does not go away between two questions; a server may.
            .test_before_acquire(!sqlite)
            .after_connect(move |connection, _| Box::pin(prepare(connection, settings)))
            .connect_with(options)
            .await
            .map_err(|source| Error::Open { place: name.clone(), source })?;
        MIGRATIONS
            .run(&pool)
            .await
            .map_err(|source| Error::Migrate { place: name.clone(), source })?;
        Ok(Self {
            pool,
            writer: if sqlite { Writer::of_sqlite() } else { Writer::of_postgresql() },
            dir: place.dir.clone(),
            min_free_mib: place.min_free_mib,
        })
    }

    /// The data folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Closes every connection, so that nothing is left to be written.
    pub async fn close(&self) {
        self.writer.close().await;
        self.pool.close().await;
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// What the database said.
    pub async fn ping(&self) -> Result<(), Error> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// How often this process has changed who may be sent: accounts, turns, attendance,
    /// suspensions.
    #[must_use]
    pub fn crew_changes(&self) -> u64 {
        self.writer.crew_changes()
    }

    pub(crate) async fn write(&self) -> Result<Write<'_>, Error> {
        self.writer.begin(&self.pool).await
    }
}

/// The next number of a counter, taken inside the transaction that uses it.
pub(crate) async fn next_number(tx: &mut AnyConnection, name: &str) -> Result<i64, Error> {
    let number: (i64,) = sqlx::query_as(
        "insert into counter (name, value) values ($1, 1)
         on conflict (name) do update set value = counter.value + 1
         returning value",
    )
    .bind(name)
    .fetch_one(tx)
    .await?;
    Ok(number.0)
}

/// What every connection is told first.
const SQLITE_SETTINGS: &str = "pragma journal_mode = wal; pragma synchronous = full; \
    pragma foreign_keys = on; pragma busy_timeout = 5000;";

async fn prepare(
    connection: &mut AnyConnection,
    settings: Option<&'static str>,
) -> Result<(), sqlx::Error> {
    if let Some(settings) = settings {
        connection.execute(settings).await?;
    }
    Ok(())
}

fn sqlite_url(dir: &Path) -> String {
    format!("sqlite://{}?mode=rwc", dir.join("gengfu.sqlite").display())
}

/// Puts the password after the user of an address that names none.
fn with_password(url: &str, password: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))) {
        Some((scheme, (user, host))) if !password.is_empty() && !user.contains(':') => {
            let escaped: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
            format!("{scheme}://{user}:{escaped}@{host}")
        }
        _ => url.to_owned(),
    }
}

/// The address without what stands between `user:` and `@`, for messages.
fn without_password(url: &str) -> String {
    let Some((head, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let user = head.rsplit_once(':').filter(|(scheme, _)| scheme.contains("//"));
    format!("{}@{host}", user.map_or(head, |(before, _)| before))
}

#[cfg(test)]
mod tests {
    use super::{with_password, without_password};

    #[test]
    fn a_password_never_stands_in_a_message() {
        assert_eq!(without_password("postgres://a:secret@h/db"), "postgres://a@h/db");
        assert_eq!(without_password("postgres://a@h/db"), "postgres://a@h/db");
        assert_eq!(without_password("postgres://h/db"), "postgres://h/db");
    }

    #[test]
    fn a_password_is_put_behind_the_user_and_escaped() {
        assert_eq!(with_password("postgres://a@h/d", "p@"), "postgres://a:%70%40@h/d");
        assert_eq!(with_password("postgres://a:x@h/d", "p"), "postgres://a:x@h/d");
        assert_eq!(with_password("", "p"), "");
    }
}
