//! The rules of one camera, checked once and made ready to be evaluated for every frame.
//!
//! Pure. All faults are found together, each naming its zone or rule, so that `check-config` and
//! the start can show the whole list.

use std::collections::{BTreeSet, HashMap};

use super::zone::{Armed, Polygon};
use crate::config::{self, RuleKind};
use crate::detect::Class;

/// The rules of one camera, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet(pub(super) Vec<Rule>);

/// One rule, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) zone: String,
    pub(super) polygon: Polygon,
    pub(super) look: Look,
    pub(super) armed: Armed,
    /// As configured, for the reason.
    pub(super) armed_text: String,
    pub(super) dwell_ms: i64,
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Look {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> config::Camera {
        let corners = vec![[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]];
        let zone = config::Zone { id: "yard".into(), name: "院子".into(), polygon: corners };
        let rule = config::Rule {
            id: "night".into(),
            zone: "yard".into(),
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

    #[test]
    fn all_faults_of_a_camera_are_named_together() {
        let mut faulty = camera();
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
                "rule 'night' has the class 'dog'; \
                 classes are person, bicycle, vehicle, animal, bag",
                "rule 'b' watches zone 'pool', which is not drawn",
                "rule 'b' is written twice",
                "rule 'b' watches zone 'pool', which is not drawn",
            ]
        );
    }
}
