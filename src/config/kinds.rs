//! Checks of what belongs to the kind of a rule: its place, classes, dwell and limits. Pure.
//!
//! A key that the kind does not use is a fault: it would be read as a promise that nothing keeps.

use super::codes::CLASSES;
use super::suggest::choices;
use super::validate::Found;
use super::{Camera, Rule, RuleKind};
use crate::clock::schedule::{Days, Hours};

/// Everything of a rule that its kind decides. The rule comes as it was written.
pub(super) fn kind(at: &str, rule: &Rule, camera: &Camera, found: &mut Found) {
    place(at, rule, camera, found);
    classes(at, rule, found);
    unused(at, rule, found);
    limits(at, &rule.settled(), camera, found);
}

fn place(at: &str, rule: &Rule, camera: &Camera, found: &mut Found) {
    let zones: Vec<&str> = camera.zone.iter().map(|zone| zone.id.as_str()).collect();
    let lines: Vec<&str> = camera.line.iter().map(|line| line.id.as_str()).collect();
    let word = rule.kind.as_str();
    if rule.kind == RuleKind::LineCrossed {
        if !rule.zone.is_empty() {
            let what = format!("has no use with kind = \"{word}\"; write line = \"ID\" instead");
            found.add(format!("{at}.zone"), what);
        }
        return listed(format!("{at}.line"), &rule.line, (&lines, "line"), found);
    }
    if !rule.line.is_empty() {
        let what = format!("has no use with kind = \"{word}\"; write zone = \"ID\" instead");
        found.add(format!("{at}.line"), what);
    }
    listed(format!("{at}.zone"), &rule.zone, (&zones, "zone"), found);
}

/// Notes a place of the camera that is not drawn.
fn listed(path: String, id: &str, (drawn, what): (&[&str], &str), found: &mut Found) {
    if drawn.is_empty() {
        let what = format!("\"{id}\" is not a {what} of this camera; it has none, draw one");
        found.add(path, what);
    } else if id.is_empty() {
        found.add(path, format!("missing: write one of: {}", drawn.join(", ")));
    } else if !drawn.contains(&id) {
        found.add(path, format!("\"{id}\" is not known; {}", choices(id, drawn)));
    }
}

fn classes(at: &str, rule: &Rule, found: &mut Found) {
    let (path, word, usable) = (format!("{at}.classes"), rule.kind.as_str(), rule.kind.classes());
    if usable.is_empty() && !rule.classes.is_empty() {
        let what = format!(
            "has no use with kind = \"{word}\", which sees no classes; leave it out or write kind \
             = \"zone_object\""
        );
        return found.add(path, what);
    }
    if usable.len() > 1 && rule.classes.is_empty() {
        found.add(path.clone(), format!("missing: write one or more of: {}", usable.join(", ")));
    }
    for (i, class) in rule.classes.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if !CLASSES.contains(&class.as_str()) {
            found.add(path, format!("\"{class}\" is not known; {}", choices(class, CLASSES)));
        } else if !usable.contains(&class.as_str()) {
            let usable = usable.join(", ");
            let what = format!("kind = \"{word}\" cannot use \"{class}\"; write one of: {usable}");
            found.add(path, what);
        }
    }
}

/// Keys that only some kinds use, whether they are written, and who uses them.
fn unused(at: &str, rule: &Rule, found: &mut Found) {
    use RuleKind::{Anomaly, Crowding, FastMovement, LineCrossed, Loitering, WrongWay};
    let keys = [
        ("crossing", rule.crossing.is_some(), LineCrossed),
        ("direction_deg", rule.direction_deg.is_some(), WrongWay),
        ("direction", rule.direction.is_some(), WrongWay),
        ("tolerance_deg", rule.tolerance_deg.is_some(), WrongWay),
        ("max_people", rule.max_people.is_some(), Crowding),
        ("max_density", rule.max_density.is_some(), Crowding),
        ("max_speed", rule.max_speed.is_some(), FastMovement),
        ("asset", rule.asset.is_some(), Loitering),
        ("max_false_alarms_per_day", rule.max_false_alarms_per_day.is_some(), Anomaly),
    ];
    for (key, written, user) in keys {
        if written && rule.kind != user {
            let (word, user) = (rule.kind.as_str(), user.as_str());
            let what = format!(
                "has no use with kind = \"{word}\"; leave it out or write kind = \"{user}\""
            );
            found.add(format!("{at}.{key}"), what);
        }
    }
}

fn limits(at: &str, rule: &Rule, camera: &Camera, found: &mut Found) {
    let (low, high) = rule.kind.dwell_limits_ms();
    found.within(format!("{at}.dwell_ms"), rule.dwell_ms.unwrap_or(low), low..=high, "ms");
    // A day of joining is another day's matter; guess, revisit.
    found.within(format!("{at}.coalesce_ms"), rule.coalesce_ms, 0..=86_400_000, "ms");
    found.within(format!("{at}.min_score"), rule.min_score, 0.0..=1.0, "");
    found.within(format!("{at}.min_motion"), rule.min_motion, 0.0..=1.0, "of the zone");
    match rule.kind {
        RuleKind::WrongWay => direction(at, rule, found),
        RuleKind::Crowding => crowding(at, rule, camera, found),
        // Below half a height a second everybody is fast; beyond ten nothing on the ground is.
        // Guesses, revisit.
        RuleKind::FastMovement => {
            let speed = rule.max_speed.unwrap_or_default();
            found.within(format!("{at}.max_speed"), speed, 0.5..=10.0, "heights a second");
        }
        RuleKind::Loitering => loitering(at, rule, found),
        // One in ten days is as rare as a fortnight can show; a hundred a day is no alarm any more.
        // Guesses, revisit.
        RuleKind::Anomaly => {
            let limit = rule.max_false_alarms_per_day.unwrap_or_default();
            let path = format!("{at}.max_false_alarms_per_day");
            found.within(path, limit, 0.1..=100.0, "a day");
        }
        RuleKind::ZoneObject
        | RuleKind::ZoneMotion
        | RuleKind::LineCrossed
        | RuleKind::ObjectLeft
        | RuleKind::ObjectRemoved
        | RuleKind::VehicleStanding => {}
    }
}

fn direction(at: &str, rule: &Rule, found: &mut Found) {
    let tolerance = rule.tolerance_deg.unwrap_or_default();
    found.within(format!("{at}.tolerance_deg"), tolerance, 5.0..=90.0, "degrees");
    match (rule.direction_deg, rule.direction) {
        (None, None) => found.add(
            format!("{at}.direction"),
            "missing: write the permitted direction as two points, such as direction = [[0.2, \
             0.8], [0.8, 0.4]], or as direction_deg = 0 to 360 (0 up, 90 to the right)",
        ),
        (Some(_), Some(_)) => found.add(
            format!("{at}.direction_deg"),
            "contradicts direction, which says the same in points; leave one of them out",
        ),
        (Some(degrees), None) => {
            found.within(format!("{at}.direction_deg"), degrees, 0.0..=360.0, "degrees");
        }
        (None, Some(points)) => points_fault(&points)
            .into_iter()
            .for_each(|what| found.add(format!("{at}.direction"), what)),
    }
}

/// What is wrong with a line or a direction from one point to another.
pub(super) fn points_fault(points: &[[f32; 2]]) -> Option<String> {
    let [from, to] = points else {
        let found = points.len();
        return Some(format!("has {found} points; write two, [[x, y], [x, y]]"));
    };
    if let Some(i) = points.iter().position(|p| !p.iter().all(|v| (0.0..=1.0).contains(v))) {
        let [x, y] = points[i];
        return Some(format!(
            "point {} [{x}, {y}] is outside the picture; write fractions 0 to 1 of width and \
             height, not pixels",
            i + 1
        ));
    }
    // Two hundredths of the picture are half a person far away; guess, revisit.
    let length = (from[0] - to[0]).hypot(from[1] - to[1]);
    (length < 0.02).then(|| "has no length; write two points that are further apart".to_owned())
}

fn crowding(at: &str, rule: &Rule, camera: &Camera, found: &mut Found) {
    let zone = camera.zone.iter().find(|zone| zone.id == rule.zone);
    match (rule.max_people, rule.max_density) {
        (None, None) => found.add(
            format!("{at}.max_people"),
            "missing: write how many people may be in the zone, or max_density for people per 10 \
             m2",
        ),
        (Some(_), Some(_)) => found.add(
            format!("{at}.max_density"),
            "contradicts max_people, which sets another limit; leave one of them out",
        ),
        // What the detector tells apart in one picture; guess, revisit.
        (Some(people), None) => {
            found.within(format!("{at}.max_people"), people, 1..=100, "people");
        }
        (None, Some(density)) => {
            // 40 people on 10 m2 is the density at which crowds crush (Fruin 1993).
            found.within(format!("{at}.max_density"), density, 0.1..=40.0, "people per 10 m2");
            if zone.is_some_and(|zone| zone.area_m2.is_none()) {
                let what = format!(
                    "needs the size of the ground; write area_m2 at the zone \"{}\", or max_people \
                     here",
                    rule.zone
                );
                found.add(format!("{at}.max_density"), what);
            }
        }
    }
}

/// Somebody who stays somewhere is no suspicion by itself; the product watches things.
fn loitering(at: &str, rule: &Rule, found: &mut Found) {
    let why = "staying somewhere is no suspicion by itself, so this kind is off unless it guards a \
               thing at certain hours";
    if rule.asset.as_deref().is_none_or(|asset| asset.trim().is_empty()) {
        let what = format!("missing: {why}; write the thing, such as asset = \"配电房\"");
        found.add(format!("{at}.asset"), what);
    }
    let hours = Hours::try_from(rule.armed.as_str()).is_ok_and(Hours::is_always);
    let days = Days::parse(&rule.days).is_ok_and(Days::is_always);
    if hours && days {
        let what = format!("is always: {why}; write hours, such as armed = \"22:00-06:00\"");
        found.add(format!("{at}.armed"), what);
    }
}
