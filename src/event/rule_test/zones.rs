//! The two kinds that were first: an object in a zone, and motion in a zone.

use super::*;

fn camera(kind: RuleKind) -> config::Camera {
    let corners = vec![[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]];
    let zone =
        config::Zone { id: "yard".into(), name: "院子".into(), polygon: corners, area_m2: None };
    let rule = config::Rule {
        id: "night".into(),
        zone: "yard".into(),
        kind,
        classes: if kind == RuleKind::ZoneObject { words(&["person", "vehicle"]) } else { vec![] },
        armed: "22:00-06:00".into(),
        min_motion: 0.1,
        ..config::Rule::default()
    };
    config::Camera { id: "gate".into(), zone: vec![zone], rule: vec![rule], ..Default::default() }
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

/// Nothing at all, by night.
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
    let frame = frame(seen.ms);
    let track = seen.track.map(|(id, class, score, inside)| {
        let y1 = if inside { 0.75 } else { 0.25 };
        let area = Box01 { x0: 0.7, y0: 0.1, x1: 0.8, y1 };
        Track { id, class, score, area, velocity: [0.0; 2], age_ms: 0, hits: 2 }
    });
    // 20 x 20 cells, the zone is the lower right quarter: 10 rows of 10.
    let mut mask = vec![false; 400];
    for cell in 0..(seen.motion.0 * 100.0).round() as usize {
        mask[(10 + cell / 10) * 20 + 10 + cell % 10] = true;
    }
    let motion = Motion { fraction: seen.motion.1, mask_width: 20, mask_height: 20, mask };
    Sighting {
        frame,
        motion,
        search: Search::Whole,
        tracks: track.into_iter().collect(),
        anomaly: None,
    }
}

/// Feeds a camera and compares the moments of firing.
fn check(kind: RuleKind, story: &[Seen], expect: &[i64]) {
    let rules = RuleSet::compile(&camera(kind), &Calendar::default()).expect("good rules");
    let mut memory = Memory::default();
    let mut fired = Vec::new();
    for seen in story {
        let events = evaluate(&rules, &mut memory, &sighting(seen), on_friday(seen.minute));
        fired.extend(events.iter().map(|event| event.at.0 - START_MS));
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
    let passing = [every(0, 800, person), every(800, 4_000, outside), every(4_000, 4_800, person)];
    check_object(&passing, &[]);
}

#[test]
fn a_moment_outside_does_not_begin_the_dwell_anew() {
    let hidden = [every(0, 400, person), every(400, 1_000, outside), every(1_000, 2_000, person)];
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
    let short = [every(0, 2_000, moving), every(2_000, 4_400, quiet), every(4_400, 9_000, moving)];
    check_motion(&short, &[1_000]);
    let long = [every(0, 2_000, moving), every(2_000, 5_400, quiet), every(5_400, 9_000, moving)];
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
    let rules =
        RuleSet::compile(&camera(RuleKind::ZoneMotion), &Calendar::default()).expect("good rules");
    let mut memory = Memory::default();
    let story = [every(-2_000, 0, |ms| Seen { ms, ..NOBODY }), every(0, 1_200, moving)].concat();
    let mut fired = Vec::new();
    for seen in &story {
        fired.extend(evaluate(&rules, &mut memory, &sighting(seen), on_friday(seen.minute)));
    }
    let area = Box01 { x0: 0.5, y0: 0.5, x1: 1.0, y1: 0.6 };
    assert_eq!(fired.len(), 1);
    assert_eq!((fired[0].area, fired[0].track), (Some(area), None));
    let reason = &fired[0].reason;
    assert_eq!((reason.score, reason.dwell_ms), (0.2, 1_000));
    assert_eq!([&reason.rule, &reason.zone, &reason.armed], ["night", "yard", "22:00-06:00"]);
}
