//! Recording and how long footage is kept, as it stands in the configuration.
//!
//! A class of retention may be written in part: what is left out keeps its default, which differs
//! from class to class.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};

/// The retention class of a camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retention {
    #[default]
    Ordinary,
    Key,
}

/// Recording of footage and how long it is kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Record {
    /// Folder of the footage, best on a disk of its own; empty: `footage` in the data folder.
    pub dir: PathBuf,
    /// Length of a file in s, cut at key frames. Default 60.
    pub segment_s: u32,
    /// Video is written in pieces of this length, ms; what a power cut can lose. Default 400: with
    /// the time of writing it stays below one second.
    pub fragment_ms: u32,
    /// Free space in MiB that is kept on the disk of the footage: the oldest footage beyond its
    /// floor goes first. Default 2048.
    pub min_free_mib: u64,
    /// Video per camera in MiB that may wait for the disk; more is lost and counted. Default 32:
    /// a minute at 4 Mbit/s.
    pub queue_mib: u32,
    /// Cameras of class `ordinary`. Default 30 and 30 days (regulation on public video, article
    /// 17).
    #[serde(deserialize_with = "ordinary")]
    pub ordinary: KeepDays,
    /// Cameras of class `key`. Default 90 and 90 days (counter-terrorism law, article 32).
    #[serde(deserialize_with = "key")]
    pub key: KeepDays,
}

/// How long footage is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepDays {
    /// Before this age nothing is deleted without a fault being raised, days.
    pub floor_days: u32,
    /// From this age on it is deleted unless held, days; not less than the floor.
    pub ceiling_days: u32,
}

/// Days as they are written: each may be left out.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename = "KeepDays")]
struct KeepGiven {
    floor_days: Option<u32>,
    ceiling_days: Option<u32>,
}

fn ordinary<'de, D: Deserializer<'de>>(from: D) -> Result<KeepDays, D::Error> {
    Ok(Record::default().ordinary.with(&KeepGiven::deserialize(from)?))
}

fn key<'de, D: Deserializer<'de>>(from: D) -> Result<KeepDays, D::Error> {
    Ok(Record::default().key.with(&KeepGiven::deserialize(from)?))
}

impl KeepDays {
    fn with(self, given: &KeepGiven) -> Self {
        Self {
            floor_days: given.floor_days.unwrap_or(self.floor_days),
            ceiling_days: given.ceiling_days.unwrap_or(self.ceiling_days),
        }
    }
}

impl Record {
    /// How long footage of a class is kept.
    #[must_use]
    pub const fn keep(&self, class: Retention) -> KeepDays {
        match class {
            Retention::Ordinary => self.ordinary,
            Retention::Key => self.key,
        }
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            dir: PathBuf::new(),
            segment_s: 60,
            fragment_ms: 400,
            min_free_mib: 2048,
            queue_mib: 32,
            ordinary: KeepDays { floor_days: 30, ceiling_days: 30 },
            key: KeepDays { floor_days: 90, ceiling_days: 90 },
        }
    }
}
