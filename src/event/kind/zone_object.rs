//! An object of a class is in a zone: it has come, and it stays for the dwell.
//!
//! What stands there since before, a parked car or a statue, is not reported.

use super::super::memory::{Lasting, Notes, Sight};
use super::super::zone::Polygon;
use super::{Armed, Filter, Found, Ground, OUTSIDE_MS, Scene, dwell_ms, stands_in};
use crate::config;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct ZoneObject {
    polygon: Polygon,
    filter: Filter,
    lasting: Lasting,
}

impl ZoneObject {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let lasting = Lasting { dwell_ms: dwell_ms(rule), gap_ms: OUTSIDE_MS };
        Some(Self { polygon: ground.polygon()?, filter: Filter::of(rule), lasting })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.visits.disarm();
        }
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let counts = notes.visits.has(track.id) || scene.standing.is_new(track.id);
            let sight = match stands_in(&self.polygon, track) && counts {
                true => self.filter.sight(track, scene),
                false => Sight::Outside,
            };
            let dwell_ms = notes.visits.note(track.id, sight, self.lasting, scene.at);
            found.extend(dwell_ms.map(|dwell_ms| Found::track(track, dwell_ms)));
        }
        found
    }
}
