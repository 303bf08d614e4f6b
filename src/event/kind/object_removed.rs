//! A thing that stood in a zone is gone.
//!
//! Gone is what was seen to move away, or what is not found although nothing hides its place; a
//! passer-by, a truck in front or a picture in unrest hide it. Only what was found at nearly every
//! look before can be missed.

use super::super::Fact;
use super::super::Facts;
use super::super::memory::Notes;
use super::super::zone::{Polygon, foot};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms};
use crate::config;
use crate::detect::Search;
use crate::detect::standing::{Absence, Place};

/// How long a thing must have stood before it can be missed, ms (guess, revisit).
const STOOD_MS: i64 = 60_000;
/// Share of looks that must have found it: a thing that is found at every other look is missing
/// half of the time (guess, revisit).
const FOUND_SHARE: f32 = 0.8;
/// Looks in a row that show the place empty.
const EMPTY_LOOKS: u32 = 3;
/// Things that are missed at the same moment, ms, and how many of them are the light or the camera.
const AT_ONCE_MS: i64 = 2_000;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct ObjectRemoved {
    polygon: Polygon,
    filter: Filter,
    dwell_ms: i64,
}

impl ObjectRemoved {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        Some(Self {
            polygon: ground.polygon()?,
            filter: Filter::of(rule),
            dwell_ms: dwell_ms(rule),
        })
    }

    pub(super) fn look(&self, _: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.sighting.search == Search::Skipped || scene.armed == Armed::No {
            return Vec::new();
        }
        let places = scene.standing.places();
        let gone = places.iter().filter(|place| self.watches(place)).filter_map(|place| {
            let absence = place.absence()?;
            let gone_ms = scene.at.since_ms(absence.since);
            let sure = gone_ms >= self.dwell_ms && absence.looks >= EMPTY_LOOKS;
            (sure && !all_at_once(absence, places)).then_some((place, gone_ms))
        });
        gone.map(|(place, gone_ms)| found(place, gone_ms)).collect()
    }

    fn watches(&self, place: &Place) -> bool {
        self.filter.classes.contains(&place.class)
            && self.polygon.contains(foot(&place.area))
            && place.stood_ms() >= STOOD_MS
            && place.seen as f32 >= FOUND_SHARE * (place.looks.max(1) - place.missed()) as f32
    }
}

/// Whether everything that stood in the picture is missed since the same moment: then it is the
/// picture that has changed.
fn all_at_once(absence: Absence, places: &[Place]) -> bool {
    let missed_too = |place: &Place| {
        place.absence().is_some_and(|other| {
            other.looks != u32::MAX && (other.since.since_ms(absence.since)).abs() <= AT_ONCE_MS
        })
    };
    absence.looks != u32::MAX && places.len() > 1 && places.iter().all(missed_too)
}

fn found(place: &Place, gone_ms: i64) -> Found {
    Found {
        class: Some(place.class),
        score: 1.0,
        dwell_ms: gone_ms,
        facts: Facts::from([("stood_ms".to_owned(), Fact::Number(place.stood_ms() as f64))]),
        track: None,
        area: Some(place.area),
        place: Some(place.id),
    }
}
