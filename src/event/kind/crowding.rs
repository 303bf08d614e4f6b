//! More people in a zone than it should hold: a number, or a density on its ground.
//!
//! It counts heads and nothing about who they are. A statue is not a head: what has stood for
//! hours is left out.

use super::super::memory::{Episode, Notes, Spell};
use super::super::zone::Polygon;
use super::super::{Fact, Facts};
use super::{Armed, Filter, Found, Ground, Scene, dwell_ms, stands_in};
use crate::config;
use crate::detect::{Box01, Class, Search, Track};

/// People are looked for once a second while all stand; two looks may miss one (guess, revisit).
const PAUSE_MS: i64 = 3_000;
/// A crowd whose number goes up and down around the limit is one crowd, ms (guess, revisit).
const END_MS: i64 = 30_000;
/// Standing for longer than this, ms, is no person (guess, revisit).
const FIXTURE_MS: i64 = 6 * 3_600_000;
/// The ground that a density is counted on, m2.
const PER_M2: f32 = 10.0;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct Crowding {
    polygon: Polygon,
    filter: Filter,
    spell: Spell,
    limit: Limit,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    People(u32),
    /// People per 10 m2, and the ground in m2.
    Density(f32, f32),
}

impl Crowding {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let Ground::Zone { polygon, area_m2 } = ground else { return None };
        let limit = match (rule.max_people, rule.max_density) {
            (Some(people), _) => Limit::People(people),
            (None, density) => Limit::Density(density?, area_m2.filter(|area| *area > 0.0)?),
        };
        let spell = Spell { dwell_ms: dwell_ms(rule), pause_ms: PAUSE_MS, end_ms: END_MS };
        Some(Self { polygon, filter: Filter::of(rule), spell, limit })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.episode = Episode::default();
            return Vec::new();
        }
        if scene.sighting.search == Search::Skipped {
            return Vec::new();
        }
        let counts = |track: &&Track| {
            let fixture = scene
                .standing
                .of_track(track.id)
                .is_some_and(|place| scene.at.since_ms(place.since) > FIXTURE_MS);
            track.score >= self.filter.min_score && stands_in(&self.polygon, track) && !fixture
        };
        let people: Vec<&Track> = self.filter.tracks(scene).filter(counts).collect();
        let Some(facts) = self.excess(people.len()) else { return Vec::new() };
        let dwell_ms = notes.episode.meet(self.spell, scene.at);
        let found = dwell_ms.map(|dwell_ms| Found {
            class: Some(Class::Person),
            score: people.iter().map(|track| track.score).fold(1.0, f32::min),
            dwell_ms,
            facts,
            track: None,
            area: around(&people),
            place: None,
        });
        found.into_iter().collect()
    }

    /// The figures, when this many people are too many.
    fn excess(&self, people: usize) -> Option<Facts> {
        let number = |value: f64| Fact::Number(value);
        let count = ("count".to_owned(), number(people as f64));
        match self.limit {
            Limit::People(most) => (people > most as usize)
                .then(|| Facts::from([count, ("limit".to_owned(), number(f64::from(most)))])),
            Limit::Density(most, area_m2) => {
                let density = people as f32 / area_m2 * PER_M2;
                let tenths = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
                (density > most).then(|| {
                    let density = ("density".to_owned(), number(tenths(density)));
                    let limit = ("density_limit".to_owned(), number(tenths(most)));
                    Facts::from([count, density, limit])
                })
            }
        }
    }
}

/// The box around all of them.
fn around(people: &[&Track]) -> Option<Box01> {
    people.iter().map(|track| track.area).reduce(|a, b| Box01 {
        x0: a.x0.min(b.x0),
        y0: a.y0.min(b.y0),
        x1: a.x1.max(b.x1),
        y1: a.y1.max(b.y1),
    })
}
