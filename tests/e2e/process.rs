//! Other programs as outside parties: started here, ended here by their id, also when a test fails.
//!
//! What a program says goes into a file of the test's folder, which is read as often as needed.
//! Nothing sleeps: every wait is for a condition, with a limit.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use gengfu::clock::{Clock, RealClock};

/// How often a condition is looked at.
const STEP: Duration = Duration::from_millis(50);
/// Longest wait for anything that does not say otherwise: a busy machine with two cores (guess,
/// revisit).
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// What `look` finds, as soon as it finds it.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let clock = RealClock::new();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(clock.elapsed() < LIMIT, "not within {LIMIT:?}: {what}");
        std::thread::park_timeout(STEP);
    }
}

/// A running program.
pub(crate) struct Process {
    name: String,
    child: Child,
    said: PathBuf,
}

impl Process {
    /// Starts `command`; its output goes to `NAME.log` in `dir`, behind what stands there.
    pub(crate) fn start(name: &str, mut command: Command, dir: &Path) -> Self {
        let said = dir.join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&said).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self { name: name.to_owned(), child, said }
    }

    /// All that it has said.
    pub(crate) fn said(&self) -> String {
        // In a failing test the folder may go before the program.
        String::from_utf8_lossy(&std::fs::read(&self.said).unwrap_or_default()).into_owned()
    }

    /// Its exit, if it has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// SIGTERM, as a service manager ends it.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let name = self.name.clone();
        until(&format!("the end of {name}"), || self.ended())
    }

    /// SIGKILL: as if the power went.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    #[allow(clippy::print_stderr, reason = "whoever reads a failed test wants the other side too")]
    fn drop(&mut self) {
        // It may have ended already, and a test that ends has nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().collect();
            let last = &lines[lines.len().saturating_sub(40)..];
            eprintln!("---- the last words of {}\n{}", self.name, last.join("\n"));
        }
    }
}

/// A port of 127.0.0.1 that nobody has just now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
