//! One writer at a time, and one sync of the disk for all that wait.
//!
//! A sync takes milliseconds, and a second has only so many of them. So writers share a
//! transaction: each has a savepoint of its own, gives its turn to the next, and the first who has
//! the turn again commits for all that wrote meanwhile. Nobody waits for company: alone, it is
//! its own next. Every writer is told of its success only after the sync, and what one of them
//! leaves half done is taken back without the others.
//!
//! The turns are a fair lock, and the lock is what makes it right: between two turns the connection
//! stands at the end of a whole writer's work, whose savepoint is still open; the next writer, or
//! the commit, releases it.
//!
//! # Why not sqlx's own transaction
//! SQLite ends a transaction by itself when the disk is full. sqlx then fails to roll back, still
//! counts it as open, and the connection is of no use for ever, also when there is space again
//! (seen with 0.9 on a full disk). Here a connection whose transaction did not end well is closed,
//! which undoes it on both databases.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Executor};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::task::TaskTracker;

use super::Error;

/// SQLite would else take its lock only at the first change, and might find it taken.
const BEGIN_SQLITE: &str = "begin immediate; savepoint w";
/// Two processes that take the rows of counters in a different order would wait for each other.
/// The number is this program's own.
const BEGIN_POSTGRESQL: &str = "begin; select pg_advisory_xact_lock(726737); savepoint w";
/// Each statement is a way to the database's thread and back, which costs more than these do: so
/// what one writer ends and the next begins goes together.
const NEXT: &str = "release savepoint w; savepoint w";

/// Who may write, and what is open.
#[derive(Debug)]
pub(super) struct Writer {
    group: Arc<Mutex<Group>>,
    /// Commits under way; one that has begun is brought to its end whoever still waits for it.
    commits: TaskTracker,
    /// Counts changes of who may be sent.
    crew_changes: AtomicU64,
    begin: &'static str,
}

/// The writers of one transaction.
#[derive(Debug, Default)]
struct Group {
    /// Where it is open.
    connection: Option<PoolConnection<Any>>,
    end: Arc<End>,
    /// The last writer left its work half done.
    left: bool,
    /// A statement that begins or ends something was begun and is not known to be done.
    unsure: bool,
}

/// How a group ended.
#[derive(Debug, Default)]
struct End {
    /// Empty, or why nothing of it has happened.
    outcome: OnceLock<Option<String>>,
    waiting: AtomicUsize,
}

/// One writer's turn; dropped without `commit`, nothing of it has happened.
pub(crate) struct Write<'a> {
    pub(crate) tx: Turn,
    /// Whether it changes who may be sent: accounts, turns, attendance, suspensions.
    pub(crate) changes_crew: bool,
    writer: &'a Writer,
}

/// The connection, for as long as the turn lasts.
pub(crate) struct Turn {
    /// None once the turn is given on.
    group: Option<OwnedMutexGuard<Group>>,
}

/// Somebody waits for the end of its group.
struct Waiting<'a> {
    end: Arc<End>,
    writer: &'a Writer,
}

impl Writer {
    pub(super) fn of_sqlite() -> Self {
        Self::new(BEGIN_SQLITE)
    }

    pub(super) fn of_postgresql() -> Self {
        Self::new(BEGIN_POSTGRESQL)
    }

    fn new(begin: &'static str) -> Self {
        let (group, commits) = (Arc::default(), TaskTracker::new());
        Self { group, commits, crew_changes: AtomicU64::new(0), begin }
    }

    /// Waits for the turn; the connection stands behind a savepoint then.
    pub(super) async fn begin(&self, pool: &AnyPool) -> Result<Write<'_>, Error> {
        let mut group = Arc::clone(&self.group).lock_owned().await;
        group.mend().await;
        if group.connection.is_none() {
            group.open(pool, self.begin).await?;
        } else {
            group.control(NEXT).await?;
        }
        let tx = Turn { group: Some(group) };
        Ok(Write { tx, changes_crew: false, writer: self })
    }

    pub(super) fn crew_changes(&self) -> u64 {
        self.crew_changes.load(Ordering::Acquire)
    }

    /// Waits for the commits that are under way; what a writer left that was dropped is undone, or
    /// the pool would wait for its connection for ever.
    pub(super) async fn close(&self) {
        self.commits.close();
        self.commits.wait().await;
        self.group.lock().await.tear("the store is closed");
    }
}

impl Write<'_> {
    /// Returns when it is on the disk.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let (writer, changes_crew) = (self.writer, self.changes_crew);
        let waiting = {
            let group = self.tx.group.take().expect("a turn is given on only once");
            group.end.waiting.fetch_add(1, Ordering::SeqCst);
            Waiting { end: Arc::clone(&group.end), writer }
        };
        let committed = waiting.until_committed().await;
        if changes_crew {
            writer.crew_changes.fetch_add(1, Ordering::Release);
        }
        committed
    }
}

impl Waiting<'_> {
    async fn until_committed(self) -> Result<(), Error> {
        // Whoever stands in the row now writes first.
        let mut group = Arc::clone(&self.writer.group).lock_owned().await;
        if self.end.outcome.get().is_none() {
            group.mend().await;
        }
        if self.end.outcome.get().is_none() {
            let commit = async move {
                group.finish().await;
            };
            // Only a panic of sqlx ends it early, and then there is no outcome.
            let done = self.writer.commits.spawn(commit).await;
            if let Err(error) = done {
                tracing::error!(%error, "a commit was interrupted");
            }
        }
        match self.end.outcome.get() {
            Some(None) => Ok(()),
            Some(Some(why)) => Err(Error::NotCommitted(why.clone())),
            None => Err(Error::NotCommitted("it was interrupted".into())),
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let last = self.end.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
        if !last || self.end.outcome.get().is_some() {
            return;
        }
        // Nobody is left to commit. Whoever has the turn now will; else it is undone, because an
        // open transaction keeps every other process from writing.
        if let Ok(mut group) = Arc::clone(&self.writer.group).try_lock_owned()
            && Arc::ptr_eq(&group.end, &self.end)
        {
            group.tear("whoever wrote has gone");
        }
    }
}

impl Group {
    async fn open(&mut self, pool: &AnyPool, begin: &'static str) -> Result<(), Error> {
        self.connection = Some(pool.acquire().await?);
        self.end = Arc::default();
        self.control(begin).await
    }

    /// A statement that begins or ends something; if it fails, nothing of the group has happened.
    async fn control(&mut self, statement: &'static str) -> Result<(), Error> {
        let Some(connection) = &mut self.connection else {
            return Err(Error::NotCommitted("there is no transaction".into()));
        };
        self.unsure = true;
        let done = (&mut **connection).execute(statement).await;
        self.unsure = false;
        if let Err(error) = &done {
            let why = error.to_string();
            self.tear(&why);
        }
        done.map(|_| ()).map_err(Error::from)
    }

    /// Makes the connection stand at the end of a whole writer's work again.
    async fn mend(&mut self) {
        if self.unsure {
            self.tear("a writer was interrupted");
        }
        // If SQLite has ended the transaction by itself, this fails, and all are told.
        if std::mem::take(&mut self.left)
            && let Err(error) = self.control("rollback to savepoint w").await
        {
            tracing::debug!(%error, "a group of writers is undone");
        }
    }

    /// Commits, and tells all that wait.
    async fn finish(&mut self) {
        // If it fails, `control` tells them.
        if self.control("commit").await.is_ok() {
            self.over(None);
            self.connection = None;
        }
    }

    /// Closes the connection, which undoes what is open, and tells all that wait.
    fn tear(&mut self, why: &str) {
        (self.left, self.unsure) = (false, false);
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
            self.over(Some(why.to_owned()));
        }
    }

    fn over(&self, outcome: Option<String>) {
        if self.end.outcome.set(outcome).is_err() {
            tracing::error!("a group of writers ended twice");
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(group) = &mut self.group else { return };
        group.left = true;
        if group.end.waiting.load(Ordering::SeqCst) == 0 {
            group.tear("nothing of it was to be kept");
        }
    }
}

impl Deref for Turn {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        let group = self.group.as_ref().expect("the turn lasts until its commit");
        group.connection.as_ref().expect("a turn begins with an open connection")
    }
}

impl DerefMut for Turn {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        let group = self.group.as_mut().expect("the turn lasts until its commit");
        group.connection.as_mut().expect("a turn begins with an open connection")
    }
}
