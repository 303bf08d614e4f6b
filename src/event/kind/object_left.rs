//! A bag stands in a zone and nobody has been near it for the dwell.
//!
//! It is about what stands, not about who put it there: the time runs from when the bag stood still
//! and the last person was near, and begins anew when somebody comes near.

use super::super::line::in_heights;
use super::super::memory::Notes;
use super::super::zone::{Polygon, foot};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms};
use crate::clock::UnixMs;
use crate::config;
use crate::detect::standing::Place;
use crate::detect::{Class, Search, Track};

/// Who is within this many of the own heights of a bag is near it: about two and a half metres
/// (guess, revisit).
const NEAR: f32 = 1.5;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct ObjectLeft {
    polygon: Polygon,
    filter: Filter,
    dwell_ms: i64,
}

impl ObjectLeft {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        Some(Self {
            polygon: ground.polygon()?,
            filter: Filter::of(rule),
            dwell_ms: dwell_ms(rule),
        })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.sighting.search == Search::Skipped {
            return Vec::new();
        }
        notes.attended.retain(|id, _| scene.standing.places().iter().any(|p| p.id == *id));
        let mut found = Vec::new();
        for track in self.filter.tracks(scene) {
            let Some(place) = scene.standing.of_track(track.id) else { continue };
            let alone_ms = scene.at.since_ms(self.alone_since(notes, place, scene));
            let fires = scene.armed == Armed::Yes
                && self.polygon.contains(foot(&place.area))
                && track.score >= self.filter.min_score
                && alone_ms >= self.dwell_ms;
            if fires {
                found.push(Found::track(track, alone_ms).at_place(place.id));
            }
        }
        found
    }

    /// Since when it stands and nobody is near.
    fn alone_since(&self, notes: &mut Notes, place: &Place, scene: &Scene) -> UnixMs {
        let attended = notes.attended.entry(place.id).or_insert(place.since);
        let people = scene.sighting.tracks.iter().filter(|track| track.class == Class::Person);
        if people.into_iter().any(|person| is_near(person, place, scene.aspect)) {
            *attended = scene.at;
        }
        (*attended).max(place.since)
    }
}

/// Distance between feet in the person's own heights; upright is half of it, because the ground
/// lies foreshortened in the picture.
fn is_near(person: &Track, place: &Place, aspect: f32) -> bool {
    let (a, b) = (in_heights(foot(&person.area), aspect), in_heights(foot(&place.area), aspect));
    let height = (person.area.y1 - person.area.y0).max(f32::EPSILON);
    (a[0] - b[0]).hypot(2.0 * (a[1] - b[1])) / height <= NEAR
}
