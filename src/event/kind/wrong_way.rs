//! An object moves against the permitted direction.
//!
//! Only who moves has a direction, and only who moves along the way moves against it: who crosses
//! it is within the tolerance of neither.

use super::super::line::{bearing_deg, between_deg, in_heights, speed};
use super::super::memory::{Lasting, Notes, Sight};
use super::super::zone::Polygon;
use super::super::{Fact, Facts};
use super::{Armed, Filter, Found, Ground, SPEED_HITS, Scene, dwell_ms, stands_in};
use crate::config;
use crate::detect::Track;

/// Speed in own heights per second from which on a direction counts: a third of a walker's, six
/// times the jitter of a still box (`detect/kalman.rs`).
const MOVES: f32 = 0.3;
/// A step aside does not begin the dwell anew, ms (guess, revisit).
const GAP_MS: i64 = 600;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct WrongWay {
    polygon: Polygon,
    filter: Filter,
    lasting: Lasting,
    permitted: Way,
    tolerance_deg: f32,
}

/// The permitted direction: degrees as seen, or two points that become degrees with the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Degrees(f32),
    Points([[f32; 2]; 2]),
}

impl Way {
    fn degrees(self, aspect: f32) -> f32 {
        match self {
            Self::Degrees(degrees) => degrees,
            Self::Points([from, to]) => {
                bearing_deg(in_heights([to[0] - from[0], to[1] - from[1]], aspect))
            }
        }
    }
}

impl WrongWay {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let points = rule.direction.map(Way::Points);
        Some(Self {
            polygon: ground.polygon()?,
            filter: Filter::of(rule),
            lasting: Lasting { dwell_ms: dwell_ms(rule), gap_ms: GAP_MS },
            permitted: points.or(rule.direction_deg.map(Way::Degrees))?,
            tolerance_deg: rule.tolerance_deg?,
        })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.visits.disarm();
        }
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let against = self.against_deg(track, scene.aspect);
            let sight = match against.is_some() && stands_in(&self.polygon, track) {
                true => self.filter.sight(track, scene),
                false => Sight::Outside,
            };
            let dwell_ms = notes.visits.note(track.id, sight, self.lasting, scene.at);
            if let Some((ms, off)) = dwell_ms.zip(against) {
                let off = Fact::Number(f64::from(off.round()));
                found.push(Found::track(track, ms).with(Facts::from([("off_deg".into(), off)])));
            }
        }
        found
    }

    /// The angle between a track's way and the permitted one, when it moves against that.
    fn against_deg(&self, track: &Track, aspect: f32) -> Option<f32> {
        let (speed, way) = speed(track, aspect);
        let off = between_deg(bearing_deg(way), self.permitted.degrees(aspect));
        let against = off >= 180.0 - self.tolerance_deg;
        (track.hits >= SPEED_HITS && speed >= MOVES && against).then_some(off)
    }
}
