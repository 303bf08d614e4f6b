//! Something is not as it usually is here.

use super::*;
use crate::detect::Anomaly;
use crate::detect::candidate::Kind;
use crate::detect::normal::reason::{Rare, Unusual};

fn anomaly_rule() -> config::Rule {
    config::Rule { max_false_alarms_per_day: Some(2.0), ..rule(RuleKind::Anomaly) }
}

/// A cyclist whose feet are at a height of the picture, at a rarity in false alarms a day.
fn cyclist(y1: f32, alarms_per_day: Option<f32>) -> Anomaly {
    Anomaly {
        score: 3.0,
        alarms_per_day,
        area: Box01 { x0: 0.4, y0: y1 - 0.2, x1: 0.5, y1 },
        class: Some(Class::Bicycle),
        why: vec![
            Unusual::Kind { kind: Kind::Bicycle, likeness: 0.456, rare: Rare::Hardly },
            Unusual::Speed { times: 3.12, heights_per_s: 0.9 },
        ],
    }
}

/// Looks every 200 ms for five seconds.
fn see(minute: u16, story: impl Fn(i64) -> Option<Anomaly>) -> Watch {
    let mut watch = Watch::of(anomaly_rule()).at(minute);
    for ms in (0..5_000).step_by(LOOK_MS as usize) {
        let sighting = Sighting {
            frame: frame(ms),
            motion: Motion::default(),
            search: Search::Whole,
            tracks: Vec::new(),
            anomaly: story(ms),
        };
        let fired = evaluate(&watch.rules, &mut watch.memory, &sighting, watch.local);
        watch.fired.extend(fired);
    }
    watch
}

#[test]
fn what_is_rarer_than_allowed_fires_once_and_tells_why() {
    let seen = see(NIGHT, |_| Some(cyclist(0.8, Some(0.1))));
    seen.fires(&[400]);
    assert_eq!(seen.fact("terms"), Some(&Fact::Word("rare_kind,speed".into())));
    assert_eq!(seen.fact("percent"), Some(&Fact::Number(46.0)));
    assert_eq!(seen.fact("times"), Some(&Fact::Number(3.1)));
    assert_eq!(seen.fired[0].reason.class, Some(Class::Bicycle));
}

#[test]
fn nothing_fires_while_learning_below_the_limit_outside_or_for_a_moment() {
    see(NIGHT, |_| None).fires(&[]);
    see(NIGHT, |_| Some(cyclist(0.8, None))).fires(&[]);
    see(NIGHT, |_| Some(cyclist(0.8, Some(2.1)))).fires(&[]);
    see(NIGHT, |_| Some(cyclist(0.3, Some(0.1)))).fires(&[]);
    see(NIGHT, |ms| (ms % 1_000 == 0).then(|| cyclist(0.8, Some(0.1)))).fires(&[]);
}
