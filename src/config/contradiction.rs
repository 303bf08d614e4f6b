//! Rules that contradict each other: the same sighting would be of two severities at once. Pure.
//!
//! Rules that differ in what makes them fire may differ in severity: more people, a longer stay or
//! other hours are another matter. Rules that cannot be told apart may not.

use super::rule::Rule;
use super::validate::Found;
use crate::clock::Schedule;
use crate::clock::schedule::{Days, Hours};

/// Notes every rule of a camera that contradicts an earlier one.
pub(super) fn contradictions(at: &str, rules: &[Rule], found: &mut Found) {
    let settled: Vec<Rule> = rules.iter().map(Rule::settled).collect();
    for (j, later) in settled.iter().enumerate() {
        let first = settled[..j].iter().find(|earlier| contradict(earlier, later));
        if let Some(first) = first {
            let what = format!(
                "\"{}\" contradicts the rule \"{}\", which fires at the same sighting and says \
                 \"{}\"; write one severity, or hours that do not overlap",
                later.severity, first.id, first.severity
            );
            found.add(format!("{at}.rule[{j}].severity"), what);
        }
    }
}

fn contradict(a: &Rule, b: &Rule) -> bool {
    let meets = schedule(a).zip(schedule(b)).is_some_and(|(a, b)| a.meets(b));
    let shares = a.classes.is_empty() || a.classes.iter().any(|class| b.classes.contains(class));
    a.severity != b.severity && meets && shares && conditions(a) == conditions(b)
}

fn schedule(rule: &Rule) -> Option<Schedule> {
    let hours = Hours::try_from(rule.armed.as_str()).ok()?;
    Some(Schedule { hours, days: Days::parse(&rule.days).ok()? })
}

/// What makes a rule fire, besides classes and hours.
fn conditions(rule: &Rule) -> Rule {
    Rule {
        id: String::new(),
        name: String::new(),
        classes: Vec::new(),
        armed: String::new(),
        days: Vec::new(),
        coalesce_ms: 0,
        severity: String::new(),
        category: String::new(),
        ..rule.clone()
    }
}
