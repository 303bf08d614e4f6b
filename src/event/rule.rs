//! From what is seen to what is an event: the rules of one camera.
//!
//! Pure: the configuration is compiled once, `evaluate` takes a sighting and a minute of the local
//! day and says which rules fire. Whether a firing joins an observation that is open already is
//! decided when it is filed, not here. Nothing here knows who somebody is, only that an object of a
//! class stays in a zone, or that something moves there.

use std::collections::{BTreeSet, HashMap};

use super::zone::{Armed, Polygon, Raster, foot};
use super::{Fired, Reason};
use crate::clock::UnixMs;
use crate::config::{self, RuleKind};
use crate::detect::{Box01, Class, Sighting, Track};

/// How long an object may seem to be outside before its dwell begins anew, ms: a foot hidden by a
/// low wall lifts the foot point for a moment (guess, revisit).
const OUTSIDE_MS: i64 = 1_000;
/// Visits are forgotten when their track has been gone this long, ms. Tracks live 2 s without a
/// detection and their ids never come again.
const FORGET_MS: i64 = 10_000;
/// Quiet time that ends an episode of motion, ms.
const EPISODE_END_MS: i64 = 3_000;
/// Quiet time that begins the dwell of motion anew before it has fired, ms: a branch that stirs
/// every two seconds does not add up.
const PAUSE_MS: i64 = 1_000;
/// Moving share 0..1 of the whole picture above which it is the light or the camera itself.
const WHOLE_PICTURE: f32 = 0.6;
/// A pause of sightings that is a reconnect, and the time after it in which motion does not count,
/// ms: the first pictures are grey or torn (motion#1852).
const RECONNECT_MS: i64 = 5_000;
const AFTER_RECONNECT_MS: i64 = 1_000;

/// The rules of one camera, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet(Vec<Rule>);

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    id: String,
    zone: String,
    polygon: Polygon,
    look: Look,
    armed: Armed,
    /// As configured, for the reason.
    armed_text: String,
    dwell_ms: i64,
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq)]
enum Look {
    Objects {
        classes: Vec<Class>,
        min_score: f32,
    },
    /// Least moving share of the zone.
    Motion {
        min_motion: f32,
    },
}

impl RuleSet {
    /// Checks the zones and rules of a camera.
    ///
    /// # Errors
    /// Every fault, each naming its zone or rule.
    pub fn compile(camera: &config::Camera) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let mut zones = HashMap::new();
        for zone in &camera.zone {
            match Polygon::try_from(&zone.polygon[..]) {
                Err(fault) => faults.push(format!("zone '{}' {fault}", zone.id)),
                Ok(polygon) => {
                    if zones.insert(zone.id.as_str(), polygon).is_some() {
                        faults.push(format!("zone '{}' is drawn twice", zone.id));
                    }
                }
            }
        }
        let faulty = |id: &str| camera.zone.iter().any(|zone| zone.id == id);
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for rule in &camera.rule {
            if !ids.insert(rule.id.as_str()) {
                faults.push(format!("rule '{}' is written twice", rule.id));
            }
            let mut fault = |text: String| faults.push(format!("rule '{}' {text}", rule.id));
            match zones.get(rule.zone.as_str()) {
                Some(polygon) => rules.extend(compile_rule(rule, polygon, &mut fault)),
                // A zone with a fault of its own was named already.
                None if faulty(&rule.zone) => {}
                None => fault(format!("watches zone '{}', which is not drawn", rule.zone)),
            }
        }
        if faults.is_empty() { Ok(Self(rules)) } else { Err(faults) }
    }
}

fn compile_rule(
    rule: &config::Rule,
    polygon: &Polygon,
    fault: &mut impl FnMut(String),
) -> Option<Rule> {
    let armed = Armed::try_from(rule.armed.as_str()).map_err(&mut *fault).ok();
    let look = match rule.kind {
        RuleKind::ZoneObject => {
            if !(0.0..=1.0).contains(&rule.min_score) {
                fault(format!("has min_score {}; it is a share 0 to 1", rule.min_score));
            }
            if rule.classes.is_empty() {
                fault("has no classes; name at least one".to_owned());
            }
            Look::Objects { classes: classes(rule, fault), min_score: rule.min_score }
        }
        RuleKind::ZoneMotion => {
            if !(rule.min_motion > 0.0 && rule.min_motion <= 1.0) {
                fault(format!("has min_motion {}; it is a share above 0 to 1", rule.min_motion));
            }
            Look::Motion { min_motion: rule.min_motion }
        }
    };
    Some(Rule {
        id: rule.id.clone(),
        zone: rule.zone.clone(),
        polygon: polygon.clone(),
        look,
        armed: armed?,
        armed_text: rule.armed.clone(),
        dwell_ms: i64::from(rule.dwell_ms),
    })
}

fn classes(rule: &config::Rule, fault: &mut impl FnMut(String)) -> Vec<Class> {
    let mut known = Vec::new();
    for word in &rule.classes {
        match Class::parse(word) {
            Some(class) => known.push(class),
            None => {
                let words = Class::ALL.map(Class::as_str).join(", ");
                fault(format!("has the class '{word}'; classes are {words}"));
            }
        }
    }
    known
}

/// What is remembered of one camera between sightings. Belongs to one `RuleSet`.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// By the rule's place in the set and the track.
    visits: HashMap<(usize, u64), Visit>,
    /// By the rule's place in the set.
    episodes: HashMap<usize, Episode>,
    rasters: HashMap<usize, Raster>,
    last_at: Option<UnixMs>,
    /// Motion counts from here on.
    motion_from: Option<UnixMs>,
}

/// One track in the zone of one rule.
#[derive(Clone, Copy, Debug)]
struct Visit {
    entered: UnixMs,
    inside_at: UnixMs,
    seen_at: UnixMs,
    fired: bool,
}

/// Motion in the zone of one rule.
#[derive(Clone, Copy, Debug)]
struct Episode {
    began: UnixMs,
    moving_at: UnixMs,
    fired: bool,
}

/// The rules that fire at this sighting. `local_minute` is the minute 0..1440 of the day at the
/// site.
pub fn evaluate(
    rules: &RuleSet,
    memory: &mut Memory,
    sighting: &Sighting,
    local_minute: u16,
) -> Vec<Fired> {
    memory.begin(sighting.frame.seen_at);
    let mut fired = Vec::new();
    for (place, rule) in rules.0.iter().enumerate() {
        let armed = rule.armed.at(local_minute);
        match &rule.look {
            Look::Objects { classes, min_score } => {
                if !armed {
                    memory.visits.retain(|&(of, _), visit| of != place || visit.fired);
                }
                for track in sighting.tracks.iter().filter(|track| classes.contains(&track.class)) {
                    let strong = track.score >= *min_score && armed;
                    let visit = memory.visit(place, rule, track, strong);
                    fired.extend(visit.map(|ms| rule.object(sighting, track, ms)));
                }
            }
            Look::Motion { .. } if !armed => drop(memory.episodes.remove(&place)),
            Look::Motion { min_motion } => {
                let raster = memory.rasters.entry(place).or_default();
                let share = raster.moving(&rule.polygon, &sighting.motion);
                let area = raster.moving_area(&sighting.motion);
                let moving = share >= *min_motion && sighting.motion.fraction < WHOLE_PICTURE;
                let dwell_ms = memory.stir(place, rule, moving);
                fired.extend(dwell_ms.map(|ms| rule.motion(sighting, share, area, ms)));
            }
        }
    }
    fired
}

impl Memory {
    /// A new sighting: forget what is over, and see whether the camera was away.
    fn begin(&mut self, at: UnixMs) {
        let passed_ms = self.last_at.map_or(0, |last| at.since_ms(last));
        if passed_ms < 0 {
            // The clock was set back: what is counted in time begins anew, what has fired stays so.
            self.episodes.clear();
            self.visits.retain(|_, visit| visit.fired);
            self.visits.values_mut().for_each(|visit| visit.seen_at = at);
            self.motion_from = None;
        }
        if self.last_at.is_none() || passed_ms > RECONNECT_MS {
            self.motion_from = Some(at.plus_ms(AFTER_RECONNECT_MS));
        }
        self.last_at = Some(at);
        self.visits.retain(|_, visit| at.since_ms(visit.seen_at) <= FORGET_MS);
        self.episodes.retain(|_, episode| {
            let quiet_ms = at.since_ms(episode.moving_at);
            quiet_ms <= if episode.fired { EPISODE_END_MS } else { PAUSE_MS }
        });
    }

    /// Notes where a track is; the dwell in ms when the rule fires. `strong`: this sighting may
    /// begin a visit or fire, others only continue one.
    fn visit(&mut self, place: usize, rule: &Rule, track: &Track, strong: bool) -> Option<i64> {
        let at = self.last_at?;
        let inside = rule.polygon.contains(foot(&track.area));
        let key = (place, track.id);
        if inside && strong {
            let new = Visit { entered: at, inside_at: at, seen_at: at, fired: false };
            self.visits.entry(key).or_insert(new);
        }
        let visit = self.visits.get_mut(&key)?;
        visit.seen_at = at;
        if inside {
            visit.inside_at = at;
        } else if !visit.fired && at.since_ms(visit.inside_at) > OUTSIDE_MS {
            self.visits.remove(&key);
            return None;
        }
        let dwell_ms = at.since_ms(visit.entered);
        let fires = inside && strong && !visit.fired && dwell_ms >= rule.dwell_ms;
        visit.fired |= fires;
        fires.then_some(dwell_ms)
    }

    /// Notes whether a zone moves; the dwell in ms when the rule fires.
    fn stir(&mut self, place: usize, rule: &Rule, moving: bool) -> Option<i64> {
        let at = self.last_at?;
        if !moving || self.motion_from.is_some_and(|from| at < from) {
            return None;
        }
        let new = Episode { began: at, moving_at: at, fired: false };
        let episode = self.episodes.entry(place).or_insert(new);
        episode.moving_at = at;
        let dwell_ms = at.since_ms(episode.began);
        let fires = !episode.fired && dwell_ms >= rule.dwell_ms;
        episode.fired |= fires;
        fires.then_some(dwell_ms)
    }
}

impl Rule {
    fn object(&self, sighting: &Sighting, track: &Track, dwell_ms: i64) -> Fired {
        Fired {
            camera: sighting.frame.camera.clone(),
            reason: Reason {
                rule: self.id.clone(),
                zone: self.zone.clone(),
                kind: RuleKind::ZoneObject,
                class: Some(track.class),
                score: track.score,
                dwell_ms,
                armed: self.armed_text.clone(),
            },
            track: Some(track.id),
            area: Some(track.area),
            at: sighting.frame.seen_at,
        }
    }

    fn motion(&self, sighting: &Sighting, share: f32, area: Option<Box01>, dwell_ms: i64) -> Fired {
        Fired {
            camera: sighting.frame.camera.clone(),
            reason: Reason {
                rule: self.id.clone(),
                zone: self.zone.clone(),
                kind: RuleKind::ZoneMotion,
                class: None,
                score: share,
                dwell_ms,
                armed: self.armed_text.clone(),
            },
            track: None,
            area,
            at: sighting.frame.seen_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::camera::{CameraId, Frame};
    use crate::detect::Motion;

    const NIGHT: u16 = 23 * 60;
    const DAY: u16 = 12 * 60;

    fn camera(kind: RuleKind) -> config::Camera {
        let corners = vec![[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]];
        let zone = config::Zone { id: "yard".into(), name: "院子".into(), polygon: corners };
        let rule = config::Rule {
            id: "night".into(),
            zone: "yard".into(),
            kind,
            classes: vec!["person".into(), "vehicle".into()],
            armed: "22:00-06:00".into(),
            min_motion: 0.1,
            ..config::Rule::default()
        };
        config::Camera {
            id: "gate".into(),
            zone: vec![zone],
            rule: vec![rule],
            ..Default::default()
        }
    }

    /// What is seen at a moment, in short.
    #[derive(Clone, Copy)]
    struct Seen {
        ms: i64,
        minute: u16,
        /// Track, class, score, and whether its feet are in the zone.
        track: Option<(u64, Class, f32, bool)>,
        /// Moving share of the zone, and of the whole picture.
        motion: (f32, f32),
    }

    const NOBODY: Seen = Seen { ms: 0, minute: NIGHT, track: None, motion: (0.0, 0.0) };

    fn person(ms: i64) -> Seen {
        Seen { ms, track: Some((7, Class::Person, 0.8, true)), ..NOBODY }
    }

    fn outside(ms: i64) -> Seen {
        Seen { ms, track: Some((7, Class::Person, 0.8, false)), ..NOBODY }
    }

    fn weak(ms: i64) -> Seen {
        Seen { ms, track: Some((7, Class::Person, 0.2, true)), ..NOBODY }
    }

    fn moving(ms: i64) -> Seen {
        Seen { ms, motion: (0.2, 0.05), ..NOBODY }
    }

    fn sighting(seen: &Seen) -> Sighting {
        let frame = Frame {
            camera: CameraId::try_from("gate").expect("an id"),
            seq: 0,
            pts_ms: 0,
            seen_at: UnixMs(1_000_000 + seen.ms),
            width: 0,
            height: 0,
            bgr: Arc::from([]),
            grey_width: 0,
            grey_height: 0,
            grey: Arc::from([]),
        };
        let track = seen.track.map(|(id, class, score, inside)| {
            let y1 = if inside { 0.75 } else { 0.25 };
            let area = Box01 { x0: 0.7, y0: 0.1, x1: 0.8, y1 };
            Track { id, class, score, area, age_ms: 0, hits: 2 }
        });
        // 20 x 20 cells, the zone is the lower right quarter: 10 rows of 10.
        let mut mask = vec![false; 400];
        for cell in 0..(seen.motion.0 * 100.0).round() as usize {
            mask[(10 + cell / 10) * 20 + 10 + cell % 10] = true;
        }
        let motion = Motion { fraction: seen.motion.1, mask_width: 20, mask_height: 20, mask };
        Sighting { frame: Arc::new(frame), motion, tracks: track.into_iter().collect() }
    }

    /// Feeds a camera and compares the moments of firing.
    fn check(kind: RuleKind, story: &[Seen], expect: &[i64]) {
        let rules = RuleSet::compile(&camera(kind)).expect("good rules");
        let mut memory = Memory::default();
        let mut fired = Vec::new();
        for seen in story {
            let events = evaluate(&rules, &mut memory, &sighting(seen), seen.minute);
            fired.extend(events.iter().map(|event| event.at.0 - 1_000_000));
        }
        assert_eq!(fired, expect);
    }

    /// A sighting every 200 ms in `from..until`.
    fn every(from: i64, until: i64, seen: fn(i64) -> Seen) -> Vec<Seen> {
        (from..until).step_by(200).map(seen).collect()
    }

    fn check_object(story: &[Vec<Seen>], expect: &[i64]) {
        check(RuleKind::ZoneObject, &story.concat(), expect);
    }

    /// The camera is on for 2 s before the story begins.
    fn check_motion(story: &[Vec<Seen>], expect: &[i64]) {
        let quiet = every(-2_000, 0, |ms| Seen { ms, ..NOBODY });
        check(RuleKind::ZoneMotion, &[quiet, story.concat()].concat(), expect);
    }

    #[test]
    fn a_person_who_stays_in_the_zone_fires_once() {
        check_object(&[every(0, 60_000, person)], &[1_000]);
    }

    #[test]
    fn who_only_passes_or_stands_beside_the_zone_does_not_fire() {
        check_object(&[every(0, 1_000, person), every(1_000, 9_000, outside)], &[]);
        check_object(&[every(0, 9_000, outside)], &[]);
        let passing =
            [every(0, 800, person), every(800, 4_000, outside), every(4_000, 4_800, person)];
        check_object(&passing, &[]);
    }

    #[test]
    fn a_moment_outside_does_not_begin_the_dwell_anew() {
        let hidden =
            [every(0, 400, person), every(400, 1_000, outside), every(1_000, 2_000, person)];
        check_object(&hidden, &[1_000]);
    }

    #[test]
    fn another_class_and_weak_scores_do_not_fire() {
        let animal = |ms| Seen { track: Some((7, Class::Animal, 0.9, true)), ..person(ms) };
        check_object(&[every(0, 5_000, animal)], &[]);
        check_object(&[every(0, 5_000, weak)], &[]);
        check_object(
            &[every(0, 600, person), every(600, 1_400, weak), every(1_400, 2_000, person)],
            &[1_400],
        );
    }

    #[test]
    fn each_track_fires_for_itself() {
        let other = |ms| Seen { track: Some((8, Class::Vehicle, 0.9, true)), ..person(ms) };
        check_object(&[every(0, 3_000, person), every(3_000, 6_000, other)], &[1_000, 4_000]);
    }

    #[test]
    fn nothing_fires_outside_the_armed_hours_and_dwell_begins_with_them() {
        let day = |ms| Seen { minute: DAY, ..person(ms) };
        check_object(&[every(0, 5_000, day)], &[]);
        check_object(&[every(0, 5_000, day), every(5_000, 9_000, person)], &[6_000]);
        check_object(
            &[every(0, 3_000, person), every(3_000, 20_000, day), every(20_000, 23_000, person)],
            &[1_000],
        );
        check_motion(&[every(0, 5_000, |ms| Seen { minute: DAY, ..moving(ms) })], &[]);
    }

    #[test]
    fn motion_fires_once_per_episode() {
        check_motion(&[every(0, 10_000, moving)], &[1_000]);
        let quiet = |ms| Seen { ms, ..NOBODY };
        let short =
            [every(0, 2_000, moving), every(2_000, 4_400, quiet), every(4_400, 9_000, moving)];
        check_motion(&short, &[1_000]);
        let long =
            [every(0, 2_000, moving), every(2_000, 5_400, quiet), every(5_400, 9_000, moving)];
        check_motion(&long, &[1_000, 6_400]);
    }

    #[test]
    fn little_short_or_flickering_motion_does_not_fire() {
        check_motion(&[every(0, 9_000, |ms| Seen { motion: (0.09, 0.02), ..moving(ms) })], &[]);
        check_motion(&[every(0, 1_000, moving)], &[]);
        let branch = |ms| {
            if ms % 2_000 == 0 { moving(ms) } else { Seen { ms, ..NOBODY } }
        };
        check_motion(&[every(0, 20_000, branch)], &[]);
    }

    #[test]
    fn a_change_of_light_does_not_fire() {
        check_motion(&[every(0, 9_000, |ms| Seen { motion: (1.0, 0.9), ..moving(ms) })], &[]);
    }

    #[test]
    fn the_first_second_after_a_reconnect_does_not_count() {
        check(RuleKind::ZoneMotion, &every(0, 1_800, moving), &[]);
        check(RuleKind::ZoneMotion, &every(0, 4_000, moving), &[2_000]);
        check_motion(&[every(60_000, 61_000, moving), every(61_000, 65_000, moving)], &[62_000]);
    }

    #[test]
    fn a_clock_set_back_begins_the_dwell_anew_and_does_not_fire_twice() {
        check_object(&[every(0, 600, person), every(-9_000, -7_000, person)], &[-8_000]);
        check_object(&[every(0, 2_000, person), every(-9_000, -7_000, person)], &[1_000]);
    }

    #[test]
    fn the_reason_tells_what_was_seen() {
        let rules = RuleSet::compile(&camera(RuleKind::ZoneMotion)).expect("good rules");
        let mut memory = Memory::default();
        let story =
            [every(-2_000, 0, |ms| Seen { ms, ..NOBODY }), every(0, 1_200, moving)].concat();
        let mut fired = Vec::new();
        for seen in &story {
            fired.extend(evaluate(&rules, &mut memory, &sighting(seen), seen.minute));
        }
        let area = Box01 { x0: 0.5, y0: 0.5, x1: 1.0, y1: 0.6 };
        assert_eq!(fired.len(), 1);
        assert_eq!((fired[0].area, fired[0].track), (Some(area), None));
        let reason = &fired[0].reason;
        assert_eq!((reason.score, reason.dwell_ms), (0.2, 1_000));
        assert_eq!([&reason.rule, &reason.zone, &reason.armed], ["night", "yard", "22:00-06:00"]);
    }

    #[test]
    fn all_faults_of_a_camera_are_named_together() {
        let mut faulty = camera(RuleKind::ZoneObject);
        faulty.zone.push(config::Zone { id: "line".into(), ..Default::default() });
        faulty.rule[0].classes = vec!["dog".into()];
        faulty.rule[0].armed = "always".into();
        let other = config::Rule { id: "b".into(), zone: "pool".into(), ..Default::default() };
        faulty.rule.extend([other.clone(), other]);
        let faults = RuleSet::compile(&faulty).expect_err("faulty");
        assert_eq!(
            faults,
            [
                "zone 'line' has 0 corners; at least 3 are needed",
                "rule 'night' armed hours 'always' are not like \"22:00-06:00\"",
                "rule 'night' has the class 'dog'; classes are person, bicycle, vehicle, animal, bag",
                "rule 'b' watches zone 'pool', which is not drawn",
                "rule 'b' is written twice",
                "rule 'b' watches zone 'pool', which is not drawn",
            ]
        );
    }
}
