//! Somebody stays near a guarded thing, at hours when nobody has business there.
//!
//! Off by default, bound to a named thing and to hours (`config/kinds.rs` refuses anything else):
//! staying somewhere is no suspicion by itself. It counts time in a zone and nothing about who it
//! is.

use super::super::memory::{Lasting, Notes, Sight};
use super::super::zone::Polygon;
use super::super::{Fact, Facts};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms, stands_in};
use crate::config;

/// How long somebody may be out of the zone and still stay there, ms: three steps aside and back
/// (guess, revisit).
const ASIDE_MS: i64 = 10_000;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct Loitering {
    polygon: Polygon,
    filter: Filter,
    lasting: Lasting,
    asset: String,
}

impl Loitering {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let lasting = Lasting { dwell_ms: dwell_ms(rule), gap_ms: ASIDE_MS };
        let asset = rule.asset.clone().filter(|asset| !asset.trim().is_empty())?;
        Some(Self { polygon: ground.polygon()?, filter: Filter::of(rule), lasting, asset })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.visits.disarm();
        }
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let sight = match stands_in(&self.polygon, track) {
                true => self.filter.sight(track, scene),
                false => Sight::Outside,
            };
            let dwell_ms = notes.visits.note(track.id, sight, self.lasting, scene.at);
            let facts = || Facts::from([("asset".to_owned(), Fact::Word(self.asset.clone()))]);
            found.extend(dwell_ms.map(|ms| Found::track(track, ms).with(facts())));
        }
        found
    }
}
