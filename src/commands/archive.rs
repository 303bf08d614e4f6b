//! `gengfu archive`: files the volume of a week, and verifies volumes off-line.

#![allow(clippy::print_stdout, reason = "commands talk to the terminal")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::{block_on, open};
use crate::clock::{Clock as _, RealClock};
use crate::config;
use crate::report::Lang;
use crate::report::Week;
use crate::report::task::volume::{Order, file_week, verify as verify_volume};

/// What is asked of the archive.
#[derive(Debug, clap::Subcommand)]
pub enum Archive {
    /// Make the volume of an ISO week that is over, as a folder of its own.
    Week {
        week: String,
        /// Folder in which the volume's folder is made.
        #[arg(long, default_value = "archive")]
        into: PathBuf,
        /// zh or en.
        #[arg(long, default_value = "zh")]
        lang: String,
        #[arg(long, default_value = "site.toml")]
        config: PathBuf,
    },
    /// Compare a volume with its manifest; needs neither daemon nor database. Exit 1 when they
    /// differ; each changed, missing or strange file is named.
    Verify {
        path: PathBuf,
        /// For programs.
        #[arg(long)]
        json: bool,
    },
}

/// Does it.
///
/// # Errors
/// What could not be made, or what is wrong with a volume.
pub fn archive(ask: &Archive) -> anyhow::Result<()> {
    match ask {
        Archive::Week { week, into, lang, config } => file(config, week, (into, lang)),
        Archive::Verify { path, json } => verify(path, if *json { Told::Json } else { Told::Text }),
    }
}

#[derive(Clone, Copy)]
enum Told {
    Text,
    Json,
}

fn file(file: &Path, week: &str, (into, lang): (&Path, &str)) -> anyhow::Result<()> {
    let config = config::load(file)?;
    let lang = Lang::parse(lang).with_context(|| format!("'{lang}' is not zh or en"))?;
    let week = Week::parse(week)?;
    block_on(async {
        let store = open(&config).await?;
        let order = Order { by: "gengfu", now: RealClock::new().now(), into, lang };
        let filed = file_week(&store, &config, week, &order).await;
        store.close().await;
        let (volume, manifest) = filed?;
        println!(
            "{}: {} files, sealed {}",
            volume.place,
            manifest.files.len(),
            volume.manifest_sha256
        );
        for (number, lacks) in &manifest.incomplete {
            println!("ticket {number} lacks: {}", lacks.join(", "));
        }
        Ok(())
    })
}

fn verify(path: &Path, shape: Told) -> anyhow::Result<()> {
    let (manifest, sha256, faults) = verify_volume(path)?;
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    match shape {
        Told::Json => println!(
            "{:#}",
            json!({ "code": manifest.code, "about": manifest.about, "files": manifest.files.len(),
                "manifest_sha256": sha256, "faults": told })
        ),
        Told::Text => {
            for fault in &told {
                println!("{fault}");
            }
            if told.is_empty() {
                println!(
                    "{}: {} files as they were sealed, {sha256}",
                    manifest.code,
                    manifest.files.len()
                );
            }
        }
    }
    if !faults.is_empty() {
        bail!("{} is not as it was sealed; see above", path.display());
    }
    Ok(())
}
