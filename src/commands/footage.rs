//! What the commands about recorded footage do.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::Path;

use anyhow::{Context as _, bail};

use super::{block_on, open};
use crate::clock::{Clock as _, RealClock};
use crate::config;
use crate::record::task::{check as checking, disk};

/// Compares the index of footage with the disk and prints what differs.
///
/// # Errors
/// The database cannot be read, or anything differs.
pub fn check(file: &Path) -> anyhow::Result<()> {
    let config = config::load(file)?;
    block_on(async {
        let store = open(&config).await?;
        let now = RealClock::new().now();
        let found = checking::check(&store, &config.footage_dir(), now).await?;
        store.close().await;
        for fault in &found.faults {
            println!("{fault}");
        }
        println!(
            "{} files, {} bytes, {} s of footage, {} s of gaps, {} ms told twice",
            found.files,
            found.bytes,
            found.footage_ms / 1_000,
            found.gap_ms / 1_000,
            found.doubled_ms,
        );
        if !found.faults.is_empty() {
            bail!("{} things are not as the index says", found.faults.len());
        }
        Ok(())
    })
}

/// Marks the disk at the folder of the footage as one of ours.
///
/// # Errors
/// The disk or the database refuses.
pub fn new_disk(file: &Path) -> anyhow::Result<()> {
    let config = config::load(file)?;
    let dir = config.footage_dir();
    block_on(async {
        let store = open(&config).await?;
        let marker = disk::mark_new(&dir)
            .with_context(|| format!("{} cannot be written; mount the disk", dir.display()))?;
        store.know_footage_disk(&marker, RealClock::new().now()).await?;
        store.close().await;
        println!("{} is a disk of the footage now; restart the daemon", dir.display());
        Ok(())
    })
}
