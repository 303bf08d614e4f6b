//! The JSON of screens that show the wall, and of rounds over the cameras.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::UnixMs;
use crate::store::screen;

#[derive(Debug, Deserialize, ToSchema)]
pub struct Beat {
    /// Made by the browser once.
    pub screen: String,
    /// The longest that it heard nothing of the daemon since its last beat, ms.
    pub silence_ms: i64,
}

/// A stretch in which a screen showed the wall.
#[derive(Debug, Serialize, ToSchema)]
pub struct Screen {
    pub screen: String,
    pub account: String,
    pub from_ms: i64,
    /// Its last beat.
    pub until_ms: i64,
    pub silence_ms: i64,
    /// Whether it is shown now.
    pub on: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct Look {
    pub camera: String,
}

/// What was looked at in a shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct Round {
    /// When the shift began.
    pub since_ms: i64,
    /// Every camera, in the order of the configuration.
    pub cameras: Vec<RoundCamera>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RoundCamera {
    pub camera: String,
    /// How often in this shift.
    pub looks: usize,
    /// The newest.
    pub at_ms: Option<i64>,
    pub by: Option<String>,
}

impl Round {
    /// From the looks of the shift, newest first.
    #[must_use]
    pub fn of<'a>(
        since: UnixMs,
        cameras: impl Iterator<Item = &'a str>,
        looks: &[screen::Look],
    ) -> Self {
        let of = |camera: &str| {
            let mut mine = looks.iter().filter(|look| look.camera == camera);
            let newest = mine.next();
            RoundCamera {
                camera: camera.to_owned(),
                looks: usize::from(newest.is_some()) + mine.count(),
                at_ms: newest.map(|look| look.at.0),
                by: newest.map(|look| look.account.clone()),
            }
        };
        Self { since_ms: since.0, cameras: cameras.map(of).collect() }
    }
}
