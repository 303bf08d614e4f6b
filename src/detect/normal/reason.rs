//! Why something is not normal, in facts and in plain words.
//!
//! Only terms beyond 1 are named, the largest first: more than what the worst thing of a normal
//! frame in twenty shows. Looks alone never name a kind of thing. Pure.

use super::observe::Observation;
use super::usual::CLASSES;
use super::{Judged, Normal, Term};
use crate::detect::Class;
use crate::detect::candidate::Kind;

/// Body heights per second from which on a thing moves: a tenth of a stroll.
const MOVES: f32 = 0.1;
/// Terms that are named at most: an operator reads one line.
const NAMED_MAX: usize = 3;
/// Share of things below which a kind is said not to pass here: one in a hundred (guess, revisit).
const HARDLY: f32 = 0.01;
/// Likeness 0..1 below which no figure is given, only that it is a little like that kind.
pub const LIKE_MIN: f32 = 0.1;

/// One way in which a thing is unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unusual {
    /// So many times the usual speed, and body heights per second.
    Speed { times: f32, heights_per_s: f32 },
    /// Unlike all remembered examples.
    Looks { examples: usize },
    /// Like a vehicle, how much (0..1), and whether hardly any pass here.
    Kind { kind: Kind, likeness: f32, rare: Rare },
    /// Times the height and the width that are expected at this place.
    Size { high: f32, wide: f32 },
    /// Hardly anything goes this way here.
    Direction,
    /// Has stayed for so many seconds.
    Dwell { stayed_s: f32 },
    /// Hardly anything of this class is here, or at this hour.
    Place { class: Option<Class> },
    /// What a centre's own model says, and what it says at most of usual things, in hundredths of
    /// its range.
    Own { percent: f32, usual_percent: f32 },
}

/// Whether a kind of thing passes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rare {
    /// Hardly any.
    Hardly,
    /// Some do.
    Some,
}

/// What is unusual about a thing, the largest first; the largest term when none stands out alone.
#[must_use]
pub fn reasons(
    normal: &Normal,
    thing: &Observation,
    judged: &Judged,
    dwell_s: f32,
) -> Vec<Unusual> {
    let mut terms: Vec<(Term, f32)> = Term::ALL.into_iter().zip(judged.standard).collect();
    terms.sort_by(|a, b| b.1.total_cmp(&a.1));
    let out = terms.iter().take_while(|(_, z)| *z >= 1.0).count().clamp(1, NAMED_MAX);
    let fact = |(term, _): &(Term, f32)| fact(normal, thing, (judged, dwell_s), *term);
    once(terms.iter().take(out).map(fact).collect())
}

/// That hardly any vehicle passes is not said twice.
fn once(mut told: Vec<Unusual>) -> Vec<Unusual> {
    let is_said = |one: &Unusual| matches!(one, Unusual::Kind { rare: Rare::Hardly, .. });
    if told.iter().any(is_said) {
        told.retain(|one| {
            !matches!(one, Unusual::Place { class: Some(Class::Bicycle | Class::Vehicle) })
        });
    }
    told
}

fn fact(
    normal: &Normal,
    thing: &Observation,
    (judged, dwell_s): (&Judged, f32),
    term: Term,
) -> Unusual {
    let value = judged.values[term as usize].unwrap_or_default();
    match term {
        Term::Speed => {
            // Of what moves: where most things are parked, the usual speed is none.
            let usual = normal.spans.things[term as usize].median_above(MOVES).unwrap_or(value);
            Unusual::Speed { times: value / usual.max(f32::MIN_POSITIVE), heights_per_s: value }
        }
        Term::Looks => Unusual::Looks { examples: normal.memory.examples.len() },
        Term::Kind => {
            let (kind, likeness) = thing.kind;
            let rare = if vehicle_share(normal) < HARDLY { Rare::Hardly } else { Rare::Some };
            Unusual::Kind { kind, likeness, rare }
        }
        Term::Size => {
            let [high, wide] = thing.size(normal.heights.expected(thing)).map(f32::exp);
            Unusual::Size { high, wide }
        }
        Term::Direction => Unusual::Direction,
        Term::Dwell => Unusual::Dwell { stayed_s: dwell_s },
        Term::Place => Unusual::Place { class: thing.class },
        Term::Own => Unusual::Own {
            percent: value * 100.0,
            usual_percent: normal.scale(Term::Own).map_or(0.0, |scale| scale.high) * 100.0,
        },
    }
}

/// Share of all things that are bicycles or vehicles.
fn vehicle_share(normal: &Normal) -> f32 {
    let places = &normal.usual.places;
    let of_class = |class: Class| -> f32 {
        let at = Class::ALL.iter().position(|one| *one == class).unwrap_or_default();
        let length = places.len() / CLASSES;
        places[at * length..(at + 1) * length].iter().sum()
    };
    let all: f32 = places.iter().sum();
    (of_class(Class::Bicycle) + of_class(Class::Vehicle)) / all.max(1.0)
}

/// The language of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    Zh,
    En,
}

/// One sentence for all of it.
#[must_use]
pub fn told(reasons: &[Unusual], tongue: Tongue) -> String {
    let words = reasons.iter().map(|reason| match tongue {
        Tongue::Zh => zh(reason),
        Tongue::En => en(reason),
    });
    let words: Vec<String> = words.collect();
    words.join(match tongue {
        Tongue::Zh => "；",
        Tongue::En => "; ",
    })
}

fn zh(reason: &Unusual) -> String {
    match *reason {
        Unusual::Speed { times, .. } => format!("速度为平时的 {times:.1} 倍"),
        Unusual::Looks { examples } => format!("外观与记住的 {examples} 个目标都不像"),
        Unusual::Kind { kind, likeness, rare } => {
            let hardly = match rare {
                Rare::Hardly => "，而此处几乎没有车辆",
                Rare::Some => "",
            };
            match kind_zh(kind) {
                kind if likeness >= LIKE_MIN => {
                    format!("像{kind}（{:.0}%）{hardly}", likeness * 100.0)
                }
                kind => format!("有几分像{kind}{hardly}"),
            }
        }
        Unusual::Size { high, wide } if further(wide, high) => {
            format!("宽度为此处常见的 {wide:.1} 倍")
        }
        Unusual::Size { high, .. } => format!("高度为此处常见的 {high:.1} 倍"),
        Unusual::Direction => "此处很少有目标朝这个方向走".to_owned(),
        Unusual::Dwell { stayed_s } => format!("已停留 {stayed_s:.0} 秒，久于平时"),
        Unusual::Place { class } => format!("此处平时很少见到{}", class_zh(class)),
        Unusual::Own { percent, usual_percent } => {
            format!("自备异常模型评分 {percent:.0}，平时不超过 {usual_percent:.0}")
        }
    }
}

fn en(reason: &Unusual) -> String {
    match *reason {
        Unusual::Speed { times, .. } => format!("{times:.1} times the usual speed"),
        Unusual::Looks { examples } => format!("looks like none of {examples} remembered things"),
        Unusual::Kind { kind, likeness, rare } => {
            let hardly = match rare {
                Rare::Hardly => ", where hardly any vehicle passes",
                Rare::Some => "",
            };
            let kind = kind.as_str();
            if likeness >= LIKE_MIN {
                format!("like a {kind} ({:.0} %){hardly}", likeness * 100.0)
            } else {
                format!("a little like a {kind}{hardly}")
            }
        }
        Unusual::Size { high, wide } if further(wide, high) => {
            format!("{wide:.1} times as wide as expected here")
        }
        Unusual::Size { high, .. } => format!("{high:.1} times as tall as expected here"),
        Unusual::Direction => "hardly anything goes this way here".to_owned(),
        Unusual::Dwell { stayed_s } => format!("has stayed for {stayed_s:.0} s, longer than usual"),
        Unusual::Place { class } => {
            let class = class.map_or("other thing", Class::as_str);
            format!("hardly any {class} is usually seen here")
        }
        Unusual::Own { percent, usual_percent } => {
            format!("the centre's own model gives {percent:.0}, usually {usual_percent:.0} at most")
        }
    }
}

/// Whether a ratio is farther from 1 than another.
fn further(ratio: f32, other: f32) -> bool {
    ratio.ln().abs() > other.ln().abs()
}

const fn kind_zh(kind: Kind) -> &'static str {
    match kind {
        Kind::Bicycle => "自行车",
        Kind::Car => "汽车",
        Kind::Motorcycle => "摩托车",
        Kind::Bus => "客车",
        Kind::Truck => "货车",
        Kind::Skateboard => "滑板",
    }
}

const fn class_zh(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Person) => "行人",
        Some(Class::Bicycle) => "自行车",
        Some(Class::Vehicle) => "车辆",
        Some(Class::Animal) => "动物",
        Some(Class::Bag) => "包",
        None => "这类物体",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_hardly_any_vehicle_passes_is_said_once() {
        let like = |rare| Unusual::Kind { kind: Kind::Bicycle, likeness: 0.8, rare };
        let place = |class| Unusual::Place { class: Some(class) };
        let said = once(vec![like(Rare::Hardly), place(Class::Bicycle)]);
        let words = told(&said, Tongue::En);
        assert_eq!(words, "like a bicycle (80 %), where hardly any vehicle passes");
        let kept = vec![like(Rare::Some), place(Class::Bicycle)];
        assert_eq!(once(kept.clone()), kept);
        let kept = vec![like(Rare::Hardly), place(Class::Person)];
        assert_eq!(once(kept.clone()), kept);
    }
}
