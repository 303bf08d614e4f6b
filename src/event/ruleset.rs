//! The rules of one camera, checked once and made ready to be evaluated for every frame.
//!
//! Pure. All faults are found together, each naming its zone or rule, so that `check-config` and
//! the start can show the whole list.

use std::collections::{BTreeSet, HashMap};

use super::kind::{Ground, Kind};
use super::line::Line;
use super::zone::Polygon;
use crate::clock::schedule::{Days, Hours};
use crate::clock::{Calendar, Schedule};
use crate::config;

/// The rules of one camera, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet {
    pub(super) rules: Vec<Rule>,
    pub(super) calendar: Calendar,
}

/// One rule, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) id: String,
    /// Id of its zone or line.
    pub(super) zone: String,
    pub(super) word: config::RuleKind,
    pub(super) kind: Kind,
    pub(super) schedule: Schedule,
    /// As configured, for the reason.
    pub(super) armed: String,
}

impl RuleSet {
    /// Checks the zones, lines and rules of a camera. What the configuration's own check refuses
    /// in better words is only said to be there.
    ///
    /// # Errors
    /// Every fault, each naming its zone, line or rule.
    pub fn compile(camera: &config::Camera, calendar: &Calendar) -> Result<Self, Vec<String>> {
        let mut faults = Vec::new();
        let grounds = grounds(camera, &mut faults);
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for rule in &camera.rule {
            if !ids.insert(rule.id.as_str()) {
                faults.push(format!("rule '{}' is written twice", rule.id));
            }
            match compile_rule(rule, camera, &grounds) {
                Ok(good) => rules.extend(good),
                Err(fault) => faults.push(format!("rule '{}' {fault}", rule.id)),
            }
        }
        let calendar = calendar.clone();
        if faults.is_empty() { Ok(Self { rules, calendar }) } else { Err(faults) }
    }
}

/// Everything that is drawn in the picture, by its id.
fn grounds<'a>(camera: &'a config::Camera, faults: &mut Vec<String>) -> HashMap<&'a str, Ground> {
    let mut grounds = HashMap::new();
    let mut twice = Vec::new();
    for zone in &camera.zone {
        match Polygon::try_from(&zone.polygon[..]) {
            Err(fault) => faults.push(format!("zone '{}' {fault}", zone.id)),
            Ok(polygon) => {
                let ground = Ground::Zone { polygon, area_m2: zone.area_m2 };
                if grounds.insert(zone.id.as_str(), ground).is_some() {
                    twice.push(format!("zone '{}' is drawn twice", zone.id));
                }
            }
        }
    }
    for line in &camera.line {
        let [from, to] = line.points[..] else {
            faults.push(format!("line '{}' has {} points, not 2", line.id, line.points.len()));
            continue;
        };
        if grounds.insert(line.id.as_str(), Ground::Line(Line { from, to })).is_some() {
            twice.push(format!("line '{}' has the id of another line or zone", line.id));
        }
    }
    faults.extend(twice);
    grounds
}

/// The rule; `None` when its zone or line has a fault of its own, which was named already.
fn compile_rule(
    rule: &config::Rule,
    camera: &config::Camera,
    grounds: &HashMap<&str, Ground>,
) -> Result<Option<Rule>, String> {
    let hours = Hours::try_from(rule.armed.as_str())
        .map_err(|fault| format!("has armed hours that are none: {fault}"))?;
    let days = Days::parse(&rule.days)
        .map_err(|i| format!("has the day '{}', which is none", rule.days[i]))?;
    let zone = if rule.kind == config::RuleKind::LineCrossed { &rule.line } else { &rule.zone };
    let Some(ground) = grounds.get(zone.as_str()) else {
        let drawn = camera.zone.iter().map(|zone| &zone.id);
        if drawn.chain(camera.line.iter().map(|line| &line.id)).any(|id| id == zone) {
            return Ok(None);
        }
        return Err(format!("watches '{zone}', which is not drawn"));
    };
    let word = rule.kind.as_str();
    let kind = Kind::of(rule, ground.clone())
        .ok_or_else(|| format!("of kind {word} lacks what this kind needs; see check-config"))?;
    Ok(Some(Rule {
        id: rule.id.clone(),
        zone: zone.clone(),
        word: rule.kind,
        kind,
        schedule: Schedule { hours, days },
        armed: rule.armed.clone(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> config::Camera {
        let corners = vec![[0.5, 0.5], [1.0, 0.5], [1.0, 1.0], [0.5, 1.0]];
        let zone = config::Zone {
            id: "yard".into(),
            name: "院子".into(),
            polygon: corners,
            area_m2: None,
        };
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
        faulty.line.push(config::Line { id: "fence".into(), ..Default::default() });
        faulty.rule[0].armed = "always".into();
        let other = config::Rule { id: "b".into(), zone: "pool".into(), ..Default::default() };
        faulty.rule.extend([other.clone(), other]);
        let crowd = config::RuleKind::Crowding;
        let crowd = config::Rule { id: "c".into(), kind: crowd, ..faulty.rule[0].clone() };
        faulty.rule.push(config::Rule { armed: "22:00-06:00".into(), ..crowd });
        let faults = RuleSet::compile(&faulty, &Calendar::default()).expect_err("faulty");
        assert_eq!(
            faults,
            [
                "zone 'line' has 0 corners; at least 3 are needed",
                "line 'fence' has 0 points, not 2",
                "rule 'night' has armed hours that are none: \"always\" is not a time of day; write \
                 HH:MM-HH:MM, such as 22:00-06:00, or 00:00-24:00 for always",
                "rule 'b' watches 'pool', which is not drawn",
                "rule 'b' is written twice",
                "rule 'b' watches 'pool', which is not drawn",
                "rule 'c' of kind crowding lacks what this kind needs; see check-config",
            ]
        );
    }
}
