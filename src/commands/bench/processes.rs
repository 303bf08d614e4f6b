//! Other programs, and what the kernel says that they took.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, anyhow};

use crate::clock::{Clock, RealClock};

/// Clock ticks a second in `/proc`: fixed for programs at 100 on every Linux (proc(5), USER_HZ).
const TICKS_PER_S: f64 = 100.0;
/// Bytes of a page, as `/proc/PID/statm` counts them on x86-64 and arm64 Debian.
const PAGE_BYTES: f64 = 4096.0;
/// Longest time for an orderly end; the daemon itself waits 10 s for its tasks.
const END_WITHIN: Duration = Duration::from_secs(20);

/// What a process has taken so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// Processor time of all its threads, s.
    pub(super) cpu_s: f64,
    pub(super) rss_mib: f64,
    /// When this was read, by the monotone clock.
    pub(super) at: Duration,
}

/// Share of one core between two moments.
pub(super) fn between(before: Usage, after: Usage) -> f64 {
    (after.cpu_s - before.cpu_s) / after.at.saturating_sub(before.at).as_secs_f64().max(0.001)
}

/// What the process of this `/proc` folder has taken; none when it has ended.
fn usage(folder: &str, at: Duration) -> anyhow::Result<Option<Usage>> {
    let stat = std::fs::read_to_string(format!("{folder}/stat"))?;
    let statm = std::fs::read_to_string(format!("{folder}/statm"))?;
    // The name stands in brackets and may hold anything; fields 14 and 15 count from before it.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok());
    let pages = statm.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok());
    let (Some(user), Some(system), Some(pages)) = (ticks(11), ticks(12), pages) else {
        return Ok(None);
    };
    let rss_mib = pages * PAGE_BYTES / 1_048_576.0;
    Ok(Some(Usage { cpu_s: (user + system) / TICKS_PER_S, rss_mib, at }))
}

/// The most resident memory of a process so far, MiB, out of its `status`; 0 when it does not say.
fn peak(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
}

/// What this process has taken, by `clock`.
///
/// # Errors
/// The kernel does not say.
pub(super) fn own_usage(clock: &RealClock) -> anyhow::Result<Usage> {
    usage("/proc/self", clock.elapsed())?.ok_or_else(|| anyhow!("/proc/self cannot be read"))
}

/// A running program; killed when dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    said: PathBuf,
    clock: RealClock,
}

impl Process {
    /// Starts it; what it says goes into a file in `dir`.
    pub(super) fn start(
        name: &'static str,
        command: &mut Command,
        dir: &Path,
    ) -> anyhow::Result<Self> {
        let said = dir.join(format!("{name}.log"));
        let log = File::create(&said).with_context(|| said.display().to_string())?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self { name, child, said, clock: RealClock::new() })
    }

    /// All that it has said.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.said).unwrap_or_default()).into_owned()
    }

    /// Time since it was started.
    pub(super) fn age(&self) -> Duration {
        self.clock.elapsed()
    }

    /// What it has taken so far.
    ///
    /// # Errors
    /// It has ended; its last words are in the message.
    pub(super) fn usage(&self) -> anyhow::Result<Usage> {
        let usage = usage(&format!("/proc/{}", self.child.id()), self.clock.elapsed())?;
        usage.ok_or_else(|| anyhow!("{} has ended: {}", self.name, self.said()))
    }

    /// Waits until it has ended by itself: how long it ran, the most resident memory that it had
    /// (MiB), and how many bytes it said.
    ///
    /// # Errors
    /// It failed; its last words are in the message.
    pub(super) fn ended(mut self) -> anyhow::Result<(Duration, f64, usize)> {
        let status = format!("/proc/{}/status", self.child.id());
        let mut peak_mib = 0.0_f64;
        loop {
            // After its end there is nothing to read, and the last figure holds.
            peak_mib = peak_mib.max(peak(&std::fs::read_to_string(&status).unwrap_or_default()));
            if let Some(end) = self.child.try_wait()? {
                let took = self.age();
                if !end.success() {
                    return Err(anyhow!("{} failed: {}", self.name, self.said()));
                }
                return Ok((took, peak_mib, self.said().len()));
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Ends it in order and waits for that; all that it has said.
    ///
    /// # Errors
    /// It does not end in time.
    pub(super) fn said_at_end(mut self) -> anyhow::Result<String> {
        self.wait_for_end()?;
        Ok(self.said())
    }

    /// Ends it in order and waits for that.
    ///
    /// # Errors
    /// It does not end in time.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.wait_for_end()
    }

    fn wait_for_end(&mut self) -> anyhow::Result<()> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let asked = self.clock.elapsed();
        while self.child.try_wait()?.is_none() {
            if self.clock.elapsed().saturating_sub(asked) > END_WITHIN {
                return Err(anyhow!("{} did not end: {}", self.name, self.said()));
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
