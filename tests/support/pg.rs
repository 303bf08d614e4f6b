//! A PostgreSQL server of our own for tests: a private folder, a unix socket, no port.
//!
//! One server per test process, one database per test. The server is watched by a small shell
//! (`pg.guard.sh`) that reads from a pipe of ours: when this process ends, even by SIGKILL, the
//! pipe closes and the shell stops the server and removes the folder. It never touches a server
//! that runs on the machine.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

const GUARD: &str = include_str!("pg.guard.sh");

/// A running server and the shell that watches it.
struct Server {
    dir: PathBuf,
    programs: PathBuf,
    /// Its standard input is the pipe; to close it is to stop the server.
    guard: Child,
}

/// A new, empty database: the URL that `store.url` takes.
pub(crate) fn database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let server = SERVER.get_or_init(Server::start);
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    server.psql("postgres", &format!("create database {name}"));
    server.url(&name)
}

impl Server {
    /// Returns when the server answers.
    fn start() -> Self {
        let programs = programs();
        // The path of a unix socket may have 107 bytes; a folder in /tmp is short enough.
        let dir = tempfile::Builder::new().prefix("gengfu-pg-").tempdir_in("/tmp").unwrap().keep();
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "pg.guard"]).arg(&programs).arg(&dir);
        if dir.metadata().unwrap().uid() == 0 {
            let (user, group) = unprivileged();
            chown(&dir, Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut guard = command.spawn().unwrap();
        let mut told = BufReader::new(guard.stdout.take().unwrap());
        let mut line = String::new();
        told.read_line(&mut line).unwrap();
        if line != "ready\n" {
            told.read_to_string(&mut line).unwrap();
            panic!("PostgreSQL did not start: {line}");
        }
        Self { dir, programs, guard }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.dir.display())
    }

    /// What `psql` prints for one statement, without head and frame.
    fn psql(&self, database: &str, statement: &str) -> String {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--no-psqlrc", "--tuples-only", "--no-align", "--dbname"]);
        let told = command.arg(self.url(database)).args(["--command", statement]).output().unwrap();
        assert!(told.status.success(), "{statement}: {}", String::from_utf8_lossy(&told.stderr));
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    }
}

/// Where `initdb`, `pg_ctl` and `psql` are: Debian keeps them beside their version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok().into_iter().flatten();
    let folders = versions.map(|version| version.unwrap().path().join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let mut all: Vec<PathBuf> = folders.chain(std::env::split_paths(&on_path)).collect();
    all.retain(|folder| folder.join("initdb").exists());
    all.first().cloned().expect("PostgreSQL is missing: run deploy/setup tests")
}

/// PostgreSQL refuses to run as root: the account of its package, or else `nobody`.
fn unprivileged() -> (u32, u32) {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let ids = |name: &str| {
        let account = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let fields: Vec<&str> = account.split(':').collect();
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
    };
    ids("postgres").or_else(|| ids("nobody")).unwrap_or((65_534, 65_534))
}

/// Whether a process still has `dir` in its command line.
fn somebody_serves(dir: &Path) -> bool {
    let needle = dir.to_str().unwrap().as_bytes().to_vec();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.into_iter().any(|line| line.windows(needle.len()).any(|part| part == needle))
}

#[test]
fn a_fresh_database_is_empty_and_its_own() {
    let (one, two) = (database(), database());
    let say = |url: &str, statement: &str| {
        let told =
            Command::new("psql").args(["-XAt", "-d", url, "-c", statement]).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(
        say(&one, "create table t (a bigint); insert into t values (7)"),
        "CREATE TABLE\nINSERT 0 1"
    );
    assert_eq!(say(&one, "select a from t"), "7");
    assert_eq!(say(&two, "select count(*) from pg_tables where tablename = 't'"), "0");
}

#[test]
fn the_server_goes_with_the_process_that_asked_for_it() {
    let mut server = Server::start();
    assert_eq!(server.psql("postgres", "select 1"), "1");
    assert!(somebody_serves(&server.dir));
    drop(server.guard.stdin.take());
    server.guard.wait().unwrap();
    assert!(!server.dir.exists(), "{} is left", server.dir.display());
    assert!(!somebody_serves(&server.dir), "a server is left");
}
