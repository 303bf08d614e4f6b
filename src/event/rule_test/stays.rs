//! What stays or is missing: loitering, things left and removed, vehicles that stand; and what is
//! never new again.

use super::*;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60_000;

fn car(ms: i64) -> Vec<Detection> {
    vec![shaken(found(Class::Vehicle, [0.5, 0.8]), ms)]
}

/// A car that drives in from the left and stands from the third second on.
fn parks(ms: i64) -> Vec<Detection> {
    let way = (ms as f32 / 3_000.0).min(1.0);
    vec![shaken(found(Class::Vehicle, [0.1 + 0.4 * way, 0.8]), ms)]
}

fn nothing(_: i64) -> Vec<Detection> {
    Vec::new()
}

fn fire_lane() -> config::Rule {
    config::Rule { dwell_ms: Some(30_000), ..rule(RuleKind::VehicleStanding) }
}

fn intrusion() -> config::Rule {
    config::Rule { classes: words(&["person", "vehicle"]), ..rule(RuleKind::ZoneObject) }
}

#[test]
fn a_vehicle_that_stands_in_the_lane_is_told_once() {
    let told = Watch::of(fire_lane()).see(0, 10 * MINUTE_MS, parks);
    assert_eq!(told.fired.len(), 1);
    let at = told.fired[0].at.0 - START_MS;
    assert!((32_000..34_000).contains(&at), "{at}");
}

#[test]
fn who_drives_through_halts_or_is_no_vehicle_is_not_told() {
    let through = |ms: i64| vec![found(Class::Vehicle, [0.1 + 0.02 * ms as f32 / 1000.0, 0.8])];
    Watch::of(fire_lane()).see(0, 40 * SECOND_MS, through).fires(&[]);
    let halts = |ms: i64| if ms < 25_000 { car(ms) } else { through(ms) };
    Watch::of(fire_lane()).see(0, 40 * SECOND_MS, halts).fires(&[]);
    let stands = |_| vec![found(Class::Bicycle, [0.5, 0.8])];
    Watch::of(fire_lane()).see(0, 5 * MINUTE_MS, stands).fires(&[]);
    let beside = |_| vec![found(Class::Vehicle, [0.5, 0.3])];
    Watch::of(fire_lane()).see(0, 5 * MINUTE_MS, beside).fires(&[]);
}

#[test]
fn a_lane_is_not_told_twice_of_one_car_and_again_of_the_next() {
    let hidden = |ms: i64| if (60_000..90_000).contains(&ms) { nothing(ms) } else { car(ms) };
    Watch::of(fire_lane()).see(0, 5 * MINUTE_MS, hidden).fires(&[30_200]);
    let restarted = Watch::of(fire_lane()).see(0, MINUTE_MS, car).restarted();
    restarted.see(2 * MINUTE_MS, 4 * MINUTE_MS, car).fires(&[30_200]);
    // It drives away and another comes to the same place.
    let leaves = |ms: i64| {
        let way = (ms - MINUTE_MS) as f32 * 0.0002;
        vec![found(Class::Vehicle, [0.5 + way, 0.8])]
    };
    let next = Watch::of(fire_lane()).see(0, MINUTE_MS, car).see(MINUTE_MS, 62_400, leaves);
    let next = next.see(62_400, 70_000, nothing).see(70_000, 2 * MINUTE_MS, car);
    next.fires(&[30_200, 100_200]);
}

#[test]
fn hours_that_begin_find_the_vehicle_that_stands() {
    let night = config::Rule { armed: "22:00-06:00".into(), ..fire_lane() };
    let day = Watch::of(night).at(DAY).see(0, 2 * MINUTE_MS, car);
    day.at(NIGHT).see(2 * MINUTE_MS, 3 * MINUTE_MS, car).fires(&[2 * MINUTE_MS]);
}

#[test]
fn a_parked_car_is_new_once_and_never_again() {
    Watch::of(intrusion()).see(0, 5 * MINUTE_MS, parks).fires(&[1_200]);
    // Hidden, missed by the detector for a while, the camera away, the daemon restarted.
    for gone_ms in [3 * SECOND_MS, 30 * SECOND_MS, 5 * MINUTE_MS] {
        let again = Watch::of(intrusion()).see(0, MINUTE_MS, parks);
        let again = again.see(MINUTE_MS, MINUTE_MS + gone_ms, nothing);
        let from = MINUTE_MS + gone_ms;
        again.see(from, from + MINUTE_MS, parks).fires(&[1_200]);
    }
    let away = Watch::of(intrusion()).see(0, MINUTE_MS, parks);
    away.see(20 * MINUTE_MS, 21 * MINUTE_MS, parks).fires(&[1_200]);
    let restarted = Watch::of(intrusion()).see(0, MINUTE_MS, parks).restarted();
    restarted.see(2 * MINUTE_MS, 3 * MINUTE_MS, parks).fires(&[1_200]);
}

#[test]
fn a_car_that_moves_off_and_comes_back_is_new() {
    let drives = |ms: i64| {
        let way = ((ms - MINUTE_MS) as f32 * 0.0001).min(0.3);
        vec![found(Class::Vehicle, [0.5 + way, 0.8])]
    };
    let story = Watch::of(intrusion()).see(0, MINUTE_MS, car).see(MINUTE_MS, 64_000, drives);
    let story = story.see(64_000, 80_000, nothing).see(80_000, 90_000, car);
    // Of one track once, whether it stands or drives; the one that comes later is another.
    story.fires(&[1_200, 81_200]);
}

#[test]
fn a_statue_is_not_a_person_who_comes_and_a_person_beside_it_is() {
    let statue = |ms: i64| vec![shaken(found(Class::Person, [0.5, 0.8]), ms)];
    let known = Watch::of(intrusion()).see(0, 3 * MINUTE_MS, statue).restarted();
    // The detector misses it for seconds, again and again.
    let flickers = |ms: i64| if (ms / 1000) % 10 < 4 { nothing(ms) } else { statue(ms) };
    let known = known.see(4 * MINUTE_MS, 8 * MINUTE_MS, flickers);
    known.fires(&[1_200]);
    let from = 8 * MINUTE_MS;
    let passes = move |ms: i64| {
        let x = 0.1 + 0.09 * (ms - from) as f32 / 1000.0;
        [statue(ms), vec![found(Class::Person, [x, 0.9])]].concat()
    };
    let known = Watch::of(intrusion()).see(0, 3 * MINUTE_MS, statue).restarted();
    let known = known.see(4 * MINUTE_MS, from, flickers).see(from, from + 9_000, passes);
    known.see(from + 9_000, from + MINUTE_MS, statue).fires(&[1_200, from + 1_200]);
}

fn guarded() -> config::Rule {
    config::Rule {
        armed: "22:00-06:00".into(),
        asset: Some("配电房".into()),
        dwell_ms: Some(60_000),
        ..rule(RuleKind::Loitering)
    }
}

#[test]
fn who_stays_near_the_guarded_thing_fires_once() {
    let stays = |ms: i64| {
        let x = 0.5 + 0.05 * (ms as f32 / 3_000.0).sin();
        vec![found(Class::Person, [x, 0.7])]
    };
    let seen = Watch::of(guarded()).see(0, 5 * MINUTE_MS, stays);
    seen.fires(&[60_200]);
    assert_eq!(seen.fact("asset"), Some(&Fact::Word("配电房".into())));
    Watch::of(guarded()).at(DAY).see(0, 5 * MINUTE_MS, stays).fires(&[]);
}

#[test]
fn who_passes_or_comes_and_goes_does_not_loiter() {
    let passes = |ms: i64| vec![found(Class::Person, [0.1 + 0.02 * ms as f32 / 1000.0, 0.7])];
    Watch::of(guarded()).see(0, 40 * SECOND_MS, passes).fires(&[]);
    // Half a minute near it, half a minute away.
    let comes = |ms: i64| {
        let y = if (ms / 30_000) % 2 == 0 { 0.7 } else { 0.3 };
        vec![found(Class::Person, [0.5, y])]
    };
    Watch::of(guarded()).see(0, 5 * MINUTE_MS, comes).fires(&[]);
    let cars = |ms: i64| car(ms);
    Watch::of(guarded()).see(0, 5 * MINUTE_MS, cars).fires(&[]);
}

fn bag(ms: i64) -> Detection {
    shaken(found(Class::Bag, [0.5, 0.8]), ms)
}

fn luggage() -> config::Rule {
    config::Rule { dwell_ms: Some(20_000), ..rule(RuleKind::ObjectLeft) }
}

#[test]
fn a_bag_whose_owner_has_gone_fires_once() {
    let owner = |ms: i64| {
        let away = (ms - 15_000).max(0) as f32 * 0.00005;
        [vec![bag(ms)], vec![found(Class::Person, [0.52 + away, 0.8])]].concat()
    };
    let story = Watch::of(luggage()).see(0, 30_000, owner);
    let story = story.see(30_000, 3 * MINUTE_MS, |ms| vec![bag(ms)]);
    // A height and a half away after 15 s + 3 s, and then 20 s alone.
    assert_eq!(story.fired.len(), 1);
    let at = story.fired[0].at.0 - START_MS;
    assert!((36_000..40_000).contains(&at), "{at}");
    story.restarted().see(4 * MINUTE_MS, 6 * MINUTE_MS, |ms| vec![bag(ms)]);
}

#[test]
fn a_bag_with_somebody_near_or_that_is_carried_does_not_fire() {
    let beside = |ms: i64| vec![bag(ms), found(Class::Person, [0.56, 0.82])];
    Watch::of(luggage()).see(0, 3 * MINUTE_MS, beside).fires(&[]);
    // The owner is hidden now and then, but never for long.
    let hidden = |ms: i64| if (ms / 1000) % 15 < 10 { vec![bag(ms)] } else { beside(ms) };
    Watch::of(luggage()).see(0, 3 * MINUTE_MS, hidden).fires(&[]);
    let carried = |ms: i64| {
        let x = 0.1 + 0.02 * ms as f32 / 1000.0;
        vec![found(Class::Bag, [x, 0.75])]
    };
    Watch::of(luggage()).see(0, 40 * SECOND_MS, carried).fires(&[]);
    Watch::of(luggage()).see(0, 3 * MINUTE_MS, |_| vec![found(Class::Bag, [0.5, 0.3])]).fires(&[]);
}

fn missing() -> config::Rule {
    config::Rule {
        classes: words(&["bag", "bicycle"]),
        dwell_ms: Some(10_000),
        ..rule(RuleKind::ObjectRemoved)
    }
}

fn bicycle(ms: i64) -> Vec<Detection> {
    vec![shaken(found(Class::Bicycle, [0.5, 0.8]), ms)]
}

#[test]
fn a_thing_that_is_gone_fires_once() {
    let story = Watch::of(missing()).see(0, 2 * MINUTE_MS, bicycle);
    let story = story.see(2 * MINUTE_MS, 5 * MINUTE_MS, nothing);
    story.fires(&[130_000]);
    assert!(matches!(story.fact("stood_ms"), Some(Fact::Number(ms)) if *ms > 110_000.0));
    // Wheeled away before everybody's eyes.
    let wheeled = |ms: i64| {
        let way = (ms - 2 * MINUTE_MS) as f32 * 0.0001;
        vec![found(Class::Bicycle, [0.5 + way, 0.8])]
    };
    let story = Watch::of(missing()).see(0, 2 * MINUTE_MS, bicycle);
    let story = story.see(2 * MINUTE_MS, 124_000, wheeled).see(124_000, 150_000, nothing);
    assert_eq!(story.fired.len(), 1);
}

#[test]
fn a_thing_that_is_only_hidden_is_not_gone() {
    // Somebody stands in front of it for a minute, then goes.
    let hides = |_: i64| vec![found(Class::Person, [0.51, 0.85])];
    let story = Watch::of(missing()).see(0, 2 * MINUTE_MS, bicycle);
    let story = story.see(2 * MINUTE_MS, 3 * MINUTE_MS, hides);
    story.see(3 * MINUTE_MS, 4 * MINUTE_MS, bicycle).fires(&[]);
    // Missed for some seconds, or never found surely.
    let flickers = |ms: i64| if (ms / 1000) % 20 < 8 { nothing(ms) } else { bicycle(ms) };
    Watch::of(missing()).see(0, 10 * MINUTE_MS, flickers).fires(&[]);
    // It stood for a moment only.
    let story = Watch::of(missing()).see(0, 30 * SECOND_MS, bicycle);
    story.see(30 * SECOND_MS, 2 * MINUTE_MS, nothing).fires(&[]);
}

#[test]
fn everything_gone_at_once_is_the_picture_and_not_a_thief() {
    let two = |ms: i64| [bicycle(ms), vec![found(Class::Bicycle, [0.2, 0.8])]].concat();
    let story = Watch::of(missing()).see(0, 2 * MINUTE_MS, two);
    story.see(2 * MINUTE_MS, 5 * MINUTE_MS, nothing).fires(&[]);
    // One of two.
    let story = Watch::of(missing()).see(0, 2 * MINUTE_MS, two);
    story.see(2 * MINUTE_MS, 5 * MINUTE_MS, bicycle).fires(&[130_000]);
}
