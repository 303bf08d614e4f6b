//! A vehicle stands in a zone that must be free, such as a fire lane.
//!
//! The time runs from when it stood still, whether or not the rule was armed then; it is told of
//! once for as long as it stands there, also after a restart.

use super::super::memory::Notes;
use super::super::zone::{Polygon, foot};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms};
use crate::config;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct VehicleStanding {
    polygon: Polygon,
    filter: Filter,
    dwell_ms: i64,
}

impl VehicleStanding {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        Some(Self {
            polygon: ground.polygon()?,
            filter: Filter::of(rule),
            dwell_ms: dwell_ms(rule),
        })
    }

    pub(super) fn look(&self, _: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            return Vec::new();
        }
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let Some(place) = scene.standing.of_track(track.id) else { continue };
            let stood_ms = scene.at.since_ms(place.since);
            let fires = stood_ms >= self.dwell_ms
                && track.score >= self.filter.min_score
                && self.polygon.contains(foot(&place.area));
            if fires {
                found.push(Found::track(track, stood_ms).at_place(place.id));
            }
        }
        found
    }
}
