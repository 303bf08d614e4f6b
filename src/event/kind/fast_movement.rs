//! An object moves faster than usual on foot.
//!
//! Speed is counted in own heights per second, so that it means the same near and far: a walker of
//! 1.7 m makes 0.8, a runner 1.8 to 3.

use super::super::line::speed;
use super::super::memory::{Lasting, Notes, Sight};
use super::super::zone::Polygon;
use super::super::{Fact, Facts};
use super::{Armed, Filter, Found, Ground, SPEED_HITS, Scene, dwell_ms, stands_in};
use crate::config;

/// One slow look does not begin the dwell anew, ms (guess, revisit).
const GAP_MS: i64 = 300;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct FastMovement {
    polygon: Polygon,
    filter: Filter,
    lasting: Lasting,
    /// Heights per second.
    max_speed: f32,
}

impl FastMovement {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let lasting = Lasting { dwell_ms: dwell_ms(rule), gap_ms: GAP_MS };
        let max_speed = rule.max_speed?;
        Some(Self { polygon: ground.polygon()?, filter: Filter::of(rule), lasting, max_speed })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.visits.disarm();
        }
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let (speed, _) = speed(track, scene.aspect);
            let fast = track.hits >= SPEED_HITS && speed > self.max_speed;
            let sight = match fast && stands_in(&self.polygon, track) {
                true => self.filter.sight(track, scene),
                false => Sight::Outside,
            };
            let dwell_ms = notes.visits.note(track.id, sight, self.lasting, scene.at);
            found.extend(dwell_ms.map(|ms| Found::track(track, ms).with(self.facts(speed))));
        }
        found
    }

    fn facts(&self, speed: f32) -> Facts {
        let tenths = |value: f32| Fact::Number((f64::from(value) * 10.0).round() / 10.0);
        Facts::from([("speed".into(), tenths(speed)), ("limit".into(), tenths(self.max_speed))])
    }
}
