//! Anything moves in a zone. Needs no model and sees no classes.

use super::super::Facts;
use super::super::memory::{Episode, Notes, Spell};
use super::super::zone::Polygon;
use super::{Armed, Found, Ground, Scene, dwell_ms};
use crate::config;

/// Moving share 0..1 of the whole picture above which it is the light or the camera itself.
const WHOLE_PICTURE: f32 = 0.6;
/// Quiet time that ends an episode of motion, ms.
const EPISODE_END_MS: i64 = 3_000;
/// Quiet time that begins the dwell of motion anew before it has fired, ms: a branch that stirs
/// every two seconds does not add up.
const PAUSE_MS: i64 = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct ZoneMotion {
    polygon: Polygon,
    /// Least moving share 0..1 of the zone.
    min_motion: f32,
    spell: Spell,
}

impl ZoneMotion {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let spell = Spell { dwell_ms: dwell_ms(rule), pause_ms: PAUSE_MS, end_ms: EPISODE_END_MS };
        Some(Self { polygon: ground.polygon()?, min_motion: rule.min_motion, spell })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.episode = Episode::default();
            return Vec::new();
        }
        let motion = &scene.sighting.motion;
        let share = notes.raster.moving(&self.polygon, motion);
        let moves = share >= self.min_motion && motion.fraction < WHOLE_PICTURE;
        if !moves || scene.motion_counts == Armed::No {
            return Vec::new();
        }
        let dwell_ms = notes.episode.meet(self.spell, scene.at);
        let found = dwell_ms.map(|dwell_ms| Found {
            class: None,
            score: share,
            dwell_ms,
            facts: Facts::default(),
            track: None,
            area: notes.raster.moving_area(motion),
            place: None,
        });
        found.into_iter().collect()
    }
}
