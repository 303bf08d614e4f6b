//! Something is not as it usually is here: its speed, looks, kind, size, way, stay or place.
//!
//! What is normal is learnt elsewhere (`detect/normal/`), and so is what a score means: the rule
//! fires where no more false alarms a day are to be expected than it allows. While the camera is
//! still being learnt, it never fires.

use super::super::memory::{Episode, Notes, Spell};
use super::super::zone::{Polygon, foot};
use super::super::{Fact, Facts};
use super::{Armed, Found, Ground, Scene, dwell_ms};
use crate::config;
use crate::detect::normal::reason::{LIKE_MIN, Rare, Unusual};

/// Quiet time that ends an episode, ms (guess, revisit).
const EPISODE_END_MS: i64 = 3_000;
/// Quiet time that begins the dwell anew before it has fired, ms: two looks at five a second.
const PAUSE_MS: i64 = 450;

#[derive(Clone, Debug, PartialEq)]
pub(in crate::event) struct Anomaly {
    polygon: Polygon,
    max_false_alarms_per_day: f32,
    spell: Spell,
}

impl Anomaly {
    pub(super) fn of(rule: &config::Rule, ground: Ground) -> Option<Self> {
        let spell = Spell { dwell_ms: dwell_ms(rule), pause_ms: PAUSE_MS, end_ms: EPISODE_END_MS };
        let max_false_alarms_per_day = rule.max_false_alarms_per_day?;
        Some(Self { polygon: ground.polygon()?, max_false_alarms_per_day, spell })
    }

    pub(super) fn look(&self, notes: &mut Notes, scene: &Scene) -> Vec<Found> {
        if scene.armed == Armed::No {
            notes.episode = Episode::default();
            return Vec::new();
        }
        let Some(anomaly) = &scene.sighting.anomaly else { return Vec::new() };
        let allowed = |per_day: f32| per_day <= self.max_false_alarms_per_day;
        if !anomaly.alarms_per_day.is_some_and(allowed)
            || !self.polygon.contains(foot(&anomaly.area))
        {
            return Vec::new();
        }
        let Some(dwell_ms) = notes.episode.meet(self.spell, scene.at) else { return Vec::new() };
        let shared = |track: &&crate::detect::Track| track.area.overlap(&anomaly.area) >= SAME;
        let track = scene.sighting.tracks.iter().find(shared);
        vec![Found {
            class: anomaly.class,
            score: anomaly.score,
            dwell_ms,
            facts: facts(&anomaly.why),
            track: track.map(|track| track.id),
            area: Some(anomaly.area),
            place: None,
        }]
    }
}

/// Overlap from which a track is the thing: half, as the usual match of boxes counts it.
const SAME: f32 = 0.5;

/// What is unusual, as facts: `terms` names them, the largest first.
fn facts(why: &[Unusual]) -> Facts {
    let mut facts = Facts::new();
    let mut terms = Vec::new();
    let tenths = |value: f32| Fact::Number((f64::from(value) * 10.0).round() / 10.0);
    for one in why {
        let (term, values) = match *one {
            Unusual::Speed { times, .. } => ("speed", vec![("times", tenths(times))]),
            Unusual::Looks { examples } => {
                ("looks", vec![("examples", Fact::Number(examples as f64))])
            }
            Unusual::Kind { kind, likeness, rare } => {
                let term = match (rare, likeness >= LIKE_MIN) {
                    (Rare::Hardly, true) => "rare_kind",
                    (Rare::Some, true) => "kind",
                    (Rare::Hardly, false) => "rare_alike",
                    (Rare::Some, false) => "alike",
                };
                let percent = Fact::Number(f64::from((likeness * 100.0).round()));
                let kind = Fact::Word(kind.as_str().to_owned());
                (term, vec![("like", kind), ("percent", percent)])
            }
            Unusual::Size { high, wide } if wide.ln().abs() > high.ln().abs() => {
                ("wide", vec![("wide", tenths(wide))])
            }
            Unusual::Size { high, .. } => ("high", vec![("high", tenths(high))]),
            Unusual::Direction => ("direction", vec![]),
            Unusual::Dwell { stayed_s } => {
                ("stay", vec![("stayed_ms", Fact::Number(f64::from((stayed_s * 1000.0).round())))])
            }
            Unusual::Place { .. } => ("place", vec![]),
            Unusual::Own { percent, usual_percent } => {
                let whole = |value: f32| Fact::Number(f64::from(value.round()));
                ("own", vec![("own", whole(percent)), ("own_usual", whole(usual_percent))])
            }
        };
        terms.push(term);
        facts.extend(values.into_iter().map(|(name, fact)| (name.to_owned(), fact)));
    }
    facts.insert("terms".to_owned(), Fact::Word(terms.join(",")));
    facts
}
