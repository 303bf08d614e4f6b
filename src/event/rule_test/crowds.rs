//! Crowding, by number and by density.

use super::*;

/// People in rows, so that they do not hide each other.
fn people(count: usize) -> Vec<Detection> {
    let place = |i: usize| [0.06 + 0.08 * (i % 11) as f32, 0.5 + 0.22 * (i / 11) as f32];
    (0..count).map(|i| found(Class::Person, place(i))).collect()
}

fn at_most(people: u32) -> config::Rule {
    config::Rule { max_people: Some(people), ..rule(RuleKind::Crowding) }
}

#[test]
fn more_people_than_allowed_fire_once_after_the_dwell() {
    let seen = Watch::of(at_most(5)).see(0, 60_000, |_| people(6));
    seen.fires(&[10_200]);
    assert_eq!(seen.fact("count"), Some(&Fact::Number(6.0)));
    assert_eq!(seen.fact("limit"), Some(&Fact::Number(5.0)));
    assert_eq!(seen.fired[0].reason.class, Some(Class::Person));
}

#[test]
fn as_many_as_allowed_a_moment_of_more_and_other_classes_do_not_fire() {
    Watch::of(at_most(5)).see(0, 60_000, |_| people(5)).fires(&[]);
    let moment = |ms| people(if ms < 8_000 { 6 } else { 4 });
    Watch::of(at_most(5)).see(0, 60_000, moment).fires(&[]);
    let cars = |_| (0..4).map(|i| found(Class::Vehicle, [0.15 + 0.22 * i as f32, 0.8])).collect();
    Watch::of(at_most(2)).see(0, 60_000, cars).fires(&[]);
    // Beside the zone.
    let beside = |_| (0..8).map(|i| found(Class::Person, [0.1 + 0.1 * i as f32, 0.3])).collect();
    Watch::of(at_most(2)).see(0, 60_000, beside).fires(&[]);
}

#[test]
fn a_crowd_around_the_limit_is_one_crowd_and_a_later_one_another() {
    let around = |ms: i64| people(if (ms / 1000) % 5 < 2 { 5 } else { 6 });
    assert_eq!(Watch::of(at_most(5)).see(0, 300_000, around).fired.len(), 1);
    let two = |ms: i64| people(if (30_000..90_000).contains(&ms) { 3 } else { 6 });
    Watch::of(at_most(5)).see(0, 150_000, two).fires(&[10_200, 100_200]);
}

#[test]
fn density_is_counted_on_the_ground_of_the_zone() {
    // The yard has 100 m2.
    let dense = |most| config::Rule { max_density: Some(most), ..rule(RuleKind::Crowding) };
    let seen = Watch::of(dense(1.0)).see(0, 20_000, |_| people(12));
    seen.fires(&[10_200]);
    assert_eq!(seen.fact("density"), Some(&Fact::Number(1.2)));
    Watch::of(dense(1.2)).see(0, 20_000, |_| people(12)).fires(&[]);
}

#[test]
fn looks_that_did_not_search_say_nothing() {
    let mut watch = Watch::of(at_most(5));
    for ms in (0..30_000).step_by(LOOK_MS as usize) {
        // Everybody stands: objects are searched once a second.
        if ms % 1_000 == 0 {
            watch.look(ms, &people(6), Motion::default());
        } else {
            let sighting = Sighting {
                frame: frame(ms),
                motion: Motion::default(),
                search: Search::Skipped,
                tracks: Vec::new(),
                anomaly: None,
            };
            let fired = evaluate(&watch.rules, &mut watch.memory, &sighting, watch.local);
            assert_eq!(fired, []);
        }
    }
    watch.fires(&[11_000]);
}
