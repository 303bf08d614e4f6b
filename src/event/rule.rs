//! From what is seen to what is an event: the rules of one camera.
//!
//! Pure: the configuration is compiled once, `evaluate` takes a sighting and the wall clock of the
//! site and says which rules fire; what each kind looks for is in `kind/`. Whether a firing joins
//! an observation that is open already is decided when it is filed, not here. Nothing here knows
//! who somebody is, only that an object of a class does something at a place, or that something
//! moves there.

use super::kind::{Armed, Found, Scene};
use super::ruleset::Rule;
use super::{Fired, Reason};
use crate::clock::Local;
use crate::detect::Sighting;

pub use super::memory::Memory;
pub use super::ruleset::RuleSet;

/// Width by height of a frame that does not tell its own: nearly all cameras.
const USUAL_ASPECT: f32 = 16.0 / 9.0;

/// The rules that fire at this sighting; `local` is what the clock of the site shows.
pub fn evaluate(
    rules: &RuleSet,
    memory: &mut Memory,
    sighting: &Sighting,
    local: Local,
) -> Vec<Fired> {
    let at = sighting.frame.seen_at;
    memory.begin(at, rules.rules.len());
    memory.standing.update(sighting);
    let motion_counts = if memory.motion_counts(at) { Armed::Yes } else { Armed::No };
    let mut fired = Vec::new();
    let mut told = Vec::new();
    for (rule, notes) in rules.rules.iter().zip(&mut memory.notes) {
        let armed = if rule.schedule.at(local, &rules.calendar) { Armed::Yes } else { Armed::No };
        let aspect = aspect(sighting);
        let standing = &memory.standing;
        let scene = Scene { sighting, at, aspect, armed, motion_counts, standing };
        let places = standing.places();
        let known = |id: u64| places.iter().any(|p| p.id == id && p.told.contains(&rule.id));
        for found in rule.kind.look(notes, &scene) {
            if found.place.is_some_and(known) {
                continue;
            }
            told.extend(found.place.map(|place| (place, &rule.id)));
            fired.push(rule.fired(sighting, found));
        }
    }
    for (place, rule) in told {
        memory.standing.tell(place, rule);
    }
    fired
}

fn aspect(sighting: &Sighting) -> f32 {
    let (width, height) = (sighting.frame.width, sighting.frame.height);
    if width > 0 && height > 0 { width as f32 / height as f32 } else { USUAL_ASPECT }
}

impl Rule {
    fn fired(&self, sighting: &Sighting, found: Found) -> Fired {
        Fired {
            camera: sighting.frame.camera.clone(),
            reason: Reason {
                rule: self.id.clone(),
                zone: self.zone.clone(),
                kind: self.word,
                class: found.class,
                score: found.score,
                dwell_ms: found.dwell_ms,
                armed: self.armed.clone(),
                facts: found.facts,
            },
            track: found.track,
            area: found.area,
            at: sighting.frame.seen_at,
        }
    }
}

#[cfg(test)]
#[path = "rule_test/mod.rs"]
mod test;
