//! The memory of what stands, beside what rules make of it (`event/rule_test/stays.rs`).

use std::sync::Arc;

use super::*;
use crate::camera::{CameraId, Frame};

/// What is seen at a moment: a car at a place, with its track.
fn sighting(ms: i64, tracks: &[(u64, Class, f32)], motion: Motion) -> Sighting {
    let frame = Frame {
        camera: CameraId::try_from("gate").expect("an id"),
        seq: 0,
        session: 0,
        pts_ms: 0,
        seen_at: UnixMs(ms),
        width: 0,
        height: 0,
        bgr: Vec::new().into(),
        grey_width: 0,
        grey_height: 0,
        grey: Arc::from([]),
    };
    let tracks = tracks.iter().map(|&(id, class, x)| {
        let area = Box01 { x0: x, y0: 0.5, x1: x + 0.2, y1: 0.7 };
        Track { id, class, score: 0.8, area, velocity: [0.0; 2], age_ms: 0, hits: 2 }
    });
    Sighting {
        frame: Arc::new(frame),
        motion,
        search: Search::Whole,
        tracks: tracks.collect(),
        anomaly: None,
    }
}

/// Sees the same every second in `from..until`, s.
fn see(standing: &mut Standing, (from, until): (i64, i64), tracks: &[(u64, Class, f32)]) {
    for second in from..until {
        standing.update(&sighting(second * 1_000, tracks, Motion::default()));
    }
}

const CAR: (u64, Class, f32) = (1, Class::Vehicle, 0.4);

#[test]
fn things_stand_after_ten_seconds_and_beings_after_two_minutes() {
    let check = |class, seconds, expect: usize| {
        let mut standing = Standing::default();
        see(&mut standing, (0, seconds), &[(1, class, 0.4)]);
        assert_eq!(standing.places().len(), expect, "{class:?} {seconds}");
    };
    check(Class::Vehicle, 10, 0);
    check(Class::Vehicle, 11, 1);
    check(Class::Bag, 11, 1);
    check(Class::Person, 120, 0);
    check(Class::Person, 121, 1);
}

#[test]
fn two_that_change_their_ids_in_passing_stay_what_they_are() {
    let mut standing = Standing::default();
    see(&mut standing, (0, 20), &[CAR, (2, Class::Vehicle, 0.0)]);
    // Track 1 goes on as the one that passes, track 3 is at the old place.
    see(&mut standing, (20, 22), &[(1, Class::Vehicle, 0.7), (3, Class::Vehicle, 0.4)]);
    see(&mut standing, (22, 30), &[(3, Class::Vehicle, 0.4)]);
    assert!(!standing.is_new(3) && standing.is_new(1));
    assert!(
        standing.places().iter().any(|place| place.area.x0 > 0.35 && place.absence().is_none())
    );
}

#[test]
fn a_car_beside_a_parked_one_is_new() {
    let mut standing = Standing::default();
    see(&mut standing, (0, 20), &[CAR]);
    see(&mut standing, (30, 32), &[(2, Class::Vehicle, 0.28), (3, Class::Vehicle, 0.41)]);
    assert!(standing.is_new(2) && !standing.is_new(3));
}

#[test]
fn a_person_where_a_car_stood_is_new_and_a_motorcycle_where_a_bicycle_stood_is_not() {
    let mut standing = Standing::default();
    see(&mut standing, (0, 20), &[CAR]);
    see(&mut standing, (30, 32), &[(2, Class::Person, 0.4)]);
    assert!(standing.is_new(2));
    let mut standing = Standing::default();
    see(&mut standing, (0, 20), &[(1, Class::Bicycle, 0.4)]);
    see(&mut standing, (30, 32), &[(2, Class::Vehicle, 0.4)]);
    assert!(!standing.is_new(2));
}

#[test]
fn a_place_is_empty_only_where_it_is_seen() {
    let mut standing = Standing::default();
    see(&mut standing, (0, 20), &[CAR]);
    let absent = |standing: &Standing| standing.places()[0].absence().is_some();
    // Something is in front, something stirs there, the whole picture is in unrest.
    see(&mut standing, (20, 25), &[(9, Class::Person, 0.45)]);
    assert!(!absent(&standing));
    let stirs = Motion { fraction: 0.1, mask_width: 10, mask_height: 10, mask: vec![true; 100] };
    standing.update(&sighting(26_000, &[], stirs.clone()));
    assert!(!absent(&standing));
    let unrest = Motion { fraction: 0.9, mask: vec![false; 100], ..stirs };
    standing.update(&sighting(27_000, &[], unrest));
    assert!(!absent(&standing));
    see(&mut standing, (28, 31), &[]);
    let absence = standing.places()[0].absence().expect("it is seen to be empty");
    assert_eq!((absence.since, absence.looks), (UnixMs(28_000), 3));
}

#[test]
fn an_empty_place_is_remembered_as_long_as_it_was_taken() {
    let check = |stood_s: i64, empty_s: i64, expect: bool| {
        let mut standing = Standing::default();
        see(&mut standing, (0, stood_s), &[CAR]);
        see(&mut standing, (stood_s, stood_s + empty_s), &[]);
        let back = stood_s + empty_s;
        see(&mut standing, (back, back + 2), &[(2, Class::Vehicle, 0.4)]);
        assert_eq!(standing.is_new(2), expect, "{stood_s} {empty_s}");
    };
    check(60, 500, false);
    check(60, 700, true);
    check(3_000, 2_900, false);
    check(3_000, 3_100, true);
}

#[test]
fn what_a_rule_has_told_of_is_kept_at_once_and_the_rest_now_and_then() {
    let mut standing = Standing::default();
    see(&mut standing, (0, 5), &[CAR]);
    assert!(!standing.take_changed());
    see(&mut standing, (5, 20), &[CAR]);
    assert!(standing.take_changed() && !standing.take_changed() && !standing.take_told());
    let place = standing.places()[0].id;
    standing.tell(place, "lane");
    assert!(standing.take_told() && !standing.take_told());
    standing.tell(place, "lane");
    assert!(!standing.take_told());
}
