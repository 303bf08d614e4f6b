//! Ways: over a line, against a direction, too fast.

use super::*;
use crate::config::Crossing;

/// Who walks to the right at 0.8 heights a second, from the left third; negative speeds walk left.
fn walker(ms: i64, from: f32, heights_per_s: f32) -> Vec<Detection> {
    let per_s = heights_per_s * 0.2 / (16.0 / 9.0);
    vec![shaken(found(Class::Person, [from + per_s * ms as f32 / 1000.0, 0.8]), ms)]
}

fn line(crossing: Crossing) -> config::Rule {
    config::Rule {
        classes: words(&["person"]),
        crossing: Some(crossing),
        ..rule(RuleKind::LineCrossed)
    }
}

#[test]
fn who_passes_the_line_fires_once_and_only_in_the_watched_way() {
    let right = |ms| walker(ms, 0.3, 0.8);
    let left = |ms| walker(ms, 0.7, -0.8);
    let check = |crossing, story: &dyn Fn(i64) -> Vec<Detection>, expect: &[i64]| {
        Watch::of(line(crossing)).see(0, 5_000, story).fires(expect);
    };
    check(Crossing::Both, &right, &[2_400]);
    check(Crossing::Both, &left, &[2_400]);
    check(Crossing::LeftToRight, &right, &[2_400]);
    check(Crossing::LeftToRight, &left, &[]);
    check(Crossing::RightToLeft, &left, &[2_400]);
    check(Crossing::RightToLeft, &right, &[]);
}

#[test]
fn the_way_is_told() {
    let seen = Watch::of(line(Crossing::Both)).see(0, 5_000, |ms| walker(ms, 0.3, 0.8));
    assert_eq!(seen.fact("way"), Some(&Fact::Word("left_to_right".into())));
}

#[test]
fn who_wavers_on_the_line_fires_once() {
    // To the line, then to and fro over it by half a height, for a minute.
    let wavers = |ms: i64| {
        let reach = if ms < 2_200 { 0.0 } else { 0.06 * ((ms - 2_200) as f32 / 900.0).sin() };
        let x = (0.3 + 0.09 * ms as f32 / 1000.0).min(0.5) + reach;
        vec![shaken(found(Class::Person, [x, 0.8]), ms)]
    };
    Watch::of(line(Crossing::Both)).see(0, 60_000, wavers).fires(&[2_400]);
    // On the line itself, with the detector's jitter only, nobody has passed.
    let stands = |ms| vec![shaken(found(Class::Person, [0.5, 0.8]), ms)];
    Watch::of(line(Crossing::Both)).see(0, 60_000, stands).fires(&[]);
}

#[test]
fn who_goes_round_the_line_or_turns_before_it_does_not_fire() {
    // Above the upper end of the line.
    let round = |ms: i64| {
        let x = 0.3 + 0.09 * ms as f32 / 1000.0;
        vec![found(Class::Person, [x, 0.3])]
    };
    Watch::of(line(Crossing::Both)).see(0, 5_000, round).fires(&[]);
    let turns = |ms: i64| walker(if ms < 2_000 { ms } else { 4_000 - ms }, 0.3, 0.8);
    Watch::of(line(Crossing::Both)).see(0, 4_000, turns).fires(&[]);
}

#[test]
fn a_line_is_not_crossed_by_other_classes_or_outside_the_hours() {
    let dog = |ms: i64| vec![found(Class::Animal, [0.3 + 0.09 * ms as f32 / 1000.0, 0.8])];
    Watch::of(line(Crossing::Both)).see(0, 5_000, dog).fires(&[]);
    let night = config::Rule { armed: "22:00-06:00".into(), ..line(Crossing::Both) };
    Watch::of(night.clone()).at(DAY).see(0, 5_000, |ms| walker(ms, 0.3, 0.8)).fires(&[]);
    // Who crossed before the hours has not crossed in them.
    let crossed = Watch::of(night).at(DAY).see(0, 3_000, |ms| walker(ms, 0.3, 0.8));
    crossed.at(NIGHT).see(3_000, 5_000, |ms| walker(ms, 0.3, 0.8)).fires(&[]);
}

#[test]
fn with_a_dwell_who_comes_back_has_not_passed() {
    let stays = config::Rule { dwell_ms: Some(1_000), ..line(Crossing::Both) };
    Watch::of(stays.clone()).see(0, 6_000, |ms| walker(ms, 0.3, 0.8)).fires(&[3_400]);
    let returns = |ms: i64| walker(if ms < 2_800 { ms } else { 5_600 - ms }, 0.3, 0.8);
    Watch::of(stays).see(0, 5_600, returns).fires(&[]);
}

fn one_way() -> config::Rule {
    config::Rule {
        classes: words(&["person", "bicycle"]),
        direction: Some([[0.2, 0.8], [0.8, 0.8]]),
        ..rule(RuleKind::WrongWay)
    }
}

#[test]
fn who_walks_against_the_direction_fires_after_the_dwell() {
    // The direction is believed after five detections, 800 ms.
    Watch::of(one_way()).see(0, 8_000, |ms| walker(ms, 0.9, -0.8)).fires(&[1_800]);
    let right = config::Rule { direction: None, direction_deg: Some(90.0), ..one_way() };
    Watch::of(right.clone()).see(0, 8_000, |ms| walker(ms, 0.9, -0.8)).fires(&[1_800]);
    Watch::of(right).see(0, 8_000, |ms| walker(ms, 0.1, 0.8)).fires(&[]);
}

#[test]
fn who_walks_along_across_or_not_at_all_is_not_wrong() {
    Watch::of(one_way()).see(0, 8_000, |ms| walker(ms, 0.1, 0.8)).fires(&[]);
    // Straight towards the camera.
    let across = |ms: i64| vec![found(Class::Person, [0.5, 0.5 + 0.1 * ms as f32 / 1000.0])];
    Watch::of(one_way()).see(0, 4_000, across).fires(&[]);
    Watch::of(one_way()).see(0, 60_000, |ms| walker(ms, 0.5, 0.0)).fires(&[]);
    // A slow drift of the box is no way.
    Watch::of(one_way()).see(0, 20_000, |ms| walker(ms, 0.9, -0.1)).fires(&[]);
}

#[test]
fn a_step_back_is_not_the_wrong_way_and_the_angle_is_told() {
    let step = |ms: i64| {
        let back = if (3_000..3_800).contains(&ms) { -2.0 * (ms - 3_000) as f32 } else { 0.0 };
        walker(ms + back as i64, 0.2, 0.8)
    };
    Watch::of(one_way()).see(0, 6_000, step).fires(&[]);
    let seen = Watch::of(one_way()).see(0, 8_000, |ms| walker(ms, 0.9, -0.8));
    let Some(Fact::Number(off)) = seen.fact("off_deg") else { panic!("no angle") };
    assert!((175.0..=180.0).contains(off), "{off}");
}

fn no_running() -> config::Rule {
    config::Rule { classes: words(&["person"]), ..rule(RuleKind::FastMovement) }
}

#[test]
fn a_runner_fires_and_walkers_do_not() {
    Watch::of(no_running()).see(0, 3_000, |ms| walker(ms, 0.1, 2.6)).fires(&[1_400]);
    Watch::of(no_running()).see(0, 8_000, |ms| walker(ms, 0.1, 0.8)).fires(&[]);
    Watch::of(no_running()).see(0, 5_000, |ms| walker(ms, 0.1, 1.4)).fires(&[]);
    Watch::of(no_running()).see(0, 9_000, |ms| walker(ms, 0.5, 0.0)).fires(&[]);
}

#[test]
fn one_leap_is_not_running_and_the_speed_is_told() {
    // A box that jumps by its own height once, as when two people are taken for one.
    let leap = |ms: i64| {
        let by = if ms == 2_000 { 0.06 } else { 0.0 };
        vec![found(Class::Person, [0.4 + by, 0.8])]
    };
    Watch::of(no_running()).see(0, 6_000, leap).fires(&[]);
    let seen = Watch::of(no_running()).see(0, 3_000, |ms| walker(ms, 0.1, 2.6));
    let Some(Fact::Number(speed)) = seen.fact("speed") else { panic!("no speed") };
    assert!((2.2..3.0).contains(speed), "{speed}");
    assert_eq!(seen.fact("limit"), Some(&Fact::Number(2.0)));
}
