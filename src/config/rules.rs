//! Checks of cameras, their zones and their rules. Pure.
//!
//! Words for classes, severities and categories come from the closed tables in `codes.rs`.

use super::codes::{CATEGORIES, SCENE_CHECKS, SEVERITIES};
use super::suggest::choices;
use super::validate::{Found, is_host};
use super::{Camera, Line, Rule, RuleKind, Zone, contradiction, kinds, people, polygon};
use crate::clock::schedule::{DAY_WORDS, Days, Hours};

pub(super) fn cameras(cameras: &[Camera], found: &mut Found) {
    found.unique("camera", cameras.iter().map(|c| c.id.as_str()));
    for (i, camera) in cameras.iter().enumerate() {
        let at = format!("camera[{i}]");
        found.id(format!("{at}.id"), &camera.id);
        found.text(format!("{at}.name"), &camera.name, "the camera's name for the screens");
        let place = "the place it watches, in words a patrol member finds it by";
        found.text(format!("{at}.place"), &camera.place, place);
        if let Some(what) = url_fault(&camera.url) {
            found.add(format!("{at}.url"), what);
        }
        if let Some(what) = url_fault(&camera.sub_url).filter(|_| !camera.sub_url.is_empty()) {
            found.add(format!("{at}.sub_url"), what);
        }
        if camera.password.is_named() && camera.username.is_empty() {
            let what = "missing: a password is named, write the user it belongs to";
            found.add(format!("{at}.username"), what);
        }
        found.unique(&format!("{at}.zone"), camera.zone.iter().map(|z| z.id.as_str()));
        found.unique(&format!("{at}.line"), camera.line.iter().map(|l| l.id.as_str()));
        found.unique(&format!("{at}.rule"), camera.rule.iter().map(|r| r.id.as_str()));
        for (j, zone) in camera.zone.iter().enumerate() {
            self::zone(&format!("{at}.zone[{j}]"), zone, found);
        }
        for (j, line) in camera.line.iter().enumerate() {
            self::line(&format!("{at}.line[{j}]"), line, &camera.zone, found);
        }
        for (j, word) in camera.scene_checks.iter().enumerate() {
            listed(format!("{at}.scene_checks[{j}]"), word, SCENE_CHECKS, found);
        }
        for (j, mask) in camera.mask.iter().enumerate() {
            if let Some(what) = polygon::fault(&mask.polygon) {
                found.add(format!("{at}.mask[{j}].polygon"), what);
            }
        }
        for (j, rule) in camera.rule.iter().enumerate() {
            self::rule(&format!("{at}.rule[{j}]"), rule, camera, found);
        }
        contradiction::contradictions(&at, &camera.rule, found);
    }
}

/// Notes rules that cannot work because no objects are searched.
pub(super) fn without_objects(cameras: &[Camera], found: &mut Found) {
    for (i, camera) in cameras.iter().enumerate() {
        for (j, rule) in camera.rule.iter().enumerate() {
            if rule.kind != RuleKind::ZoneMotion {
                let what = format!(
                    "\"{}\" needs objects, which are not searched; write detect.objects = true, or \
                     kind = \"zone_motion\"",
                    rule.kind.as_str()
                );
                found.add(format!("camera[{i}].rule[{j}].kind"), what);
            }
        }
    }
}

/// The address is not repeated: it could hold a password.
fn url_fault(url: &str) -> Option<&'static str> {
    if url.is_empty() {
        return Some("missing: write rtsp://HOST:PORT/PATH of the camera's stream");
    }
    let rest = url.strip_prefix("rtsp://").or_else(|| url.strip_prefix("rtsps://"));
    let Some(rest) = rest else {
        return Some(
            "does not begin with rtsp:// or rtsps://; write rtsp://HOST:PORT/PATH of the camera's \
             stream",
        );
    };
    if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("holds a space or a line break; take it out");
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') || (!is_host(authority) && rest.contains('@')) {
        return Some(
            "holds a user or password; take them out and write username = \"USER\" and \
             password = { file = \"PATH\" }",
        );
    }
    let what = "the host or the port is not right; write rtsp://HOST:PORT/PATH";
    (!is_host(authority)).then_some(what)
}

fn zone(at: &str, zone: &Zone, found: &mut Found) {
    found.id(format!("{at}.id"), &zone.id);
    found.text(format!("{at}.name"), &zone.name, "the zone's name for the screens");
    if let Some(what) = polygon::fault(&zone.polygon) {
        found.add(format!("{at}.polygon"), what);
    }
    if let Some(area) = zone.area_m2 {
        // Half a parking place to a large square. Guess, revisit.
        found.within(format!("{at}.area_m2"), area, 5.0..=10_000.0, "m2");
    }
}

fn line(at: &str, line: &Line, zones: &[Zone], found: &mut Found) {
    found.id(format!("{at}.id"), &line.id);
    found.text(format!("{at}.name"), &line.name, "the line's name for the screens");
    if zones.iter().any(|zone| zone.id == line.id) {
        let what = format!("\"{}\" is the id of a zone too; give each its own id", line.id);
        found.add(format!("{at}.id"), what);
    }
    if let Some(what) = kinds::points_fault(&line.points) {
        found.add(format!("{at}.points"), what);
    }
}

fn rule(at: &str, rule: &Rule, camera: &Camera, found: &mut Found) {
    found.id(format!("{at}.id"), &rule.id);
    found.text(format!("{at}.name"), &rule.name, "the rule's name for the screens");
    let asset = rule.asset.clone().unwrap_or_default();
    for (key, text) in [("id", &rule.id), ("name", &rule.name), ("asset", &asset)] {
        if let Some(word) = people::refused_word(text) {
            let what = format!(
                "\"{word}\" names people or their recognition, which no rule watches for; name the \
                 situation and the place"
            );
            found.add(format!("{at}.{key}"), what);
        }
    }
    listed(format!("{at}.severity"), &rule.severity, SEVERITIES, found);
    listed(format!("{at}.category"), &rule.category, CATEGORIES, found);
    kinds::kind(at, rule, camera, found);
    if let Err(what) = Hours::try_from(rule.armed.as_str()) {
        found.add(format!("{at}.armed"), what);
    }
    days(&format!("{at}.days"), &rule.days, found);
}

fn days(at: &str, words: &[String], found: &mut Found) {
    if words.is_empty() {
        found.add(at, format!("missing: write one or more of: {}", DAY_WORDS.join(", ")));
    }
    if let Err(i) = Days::parse(words) {
        let word = &words[i];
        found.add(
            format!("{at}[{i}]"),
            format!("\"{word}\" is no day; {}", choices(word, &DAY_WORDS)),
        );
    }
}

/// Notes a word that is not in its list.
fn listed(path: String, word: &str, list: &[&str], found: &mut Found) {
    if word.is_empty() {
        found.add(path, format!("missing: write one of: {}", list.join(", ")));
    } else if !list.contains(&word) {
        found.add(path, format!("\"{word}\" is not known; {}", choices(word, list)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_scheme_and_host_and_no_secrets() {
        let check = |url, expect: &str| {
            let found = url_fault(url).unwrap_or("good");
            assert!(found.contains(expect), "{url}: {found}");
        };
        check("rtsp://10.0.0.5:554/stream1?x=1", "good");
        check("rtsps://gate.example/live", "good");
        check("rtsp://[fe80::1]:554/a", "good");
        check("rtsp://cam/@left", "good");
        check("", "missing");
        check("http://cam/a", "does not begin with");
        check("rtsp:///a", "host or the port");
        check("rtsp://cam:0/a", "host or the port");
        check("rtsp://cam:99999/a", "host or the port");
        check("rtsp://cam/a b", "space");
        check("rtsp://user:pass@cam/a", "user or password");
        check("rtsp://user@cam/a", "user or password");
        check("rtsp://user:pa/ss@cam/a", "user or password");
    }

    fn faults(camera: Camera) -> Vec<String> {
        let config = crate::config::Config { camera: vec![camera], ..Default::default() };
        super::super::validate::validate(&config).iter().map(ToString::to_string).collect()
    }

    fn good() -> Camera {
        let zone = Zone {
            id: "yard".into(),
            name: "院子".into(),
            polygon: vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]],
            area_m2: None,
        };
        let rule = Rule {
            id: "night".into(),
            name: "夜间有人进入".into(),
            zone: "yard".into(),
            classes: vec!["person".into()],
            ..Rule::default()
        };
        Camera {
            id: "gate-1".into(),
            name: "东门".into(),
            place: "东门岗亭".into(),
            url: "rtsp://cam/1".into(),
            zone: vec![zone],
            rule: vec![rule],
            ..Camera::default()
        }
    }

    fn check(change: impl Fn(&mut Camera), expect: &[&str]) {
        let mut camera = good();
        change(&mut camera);
        let found = faults(camera);
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.contains(expect), "{found} does not contain {expect}");
        }
    }

    #[test]
    fn every_word_of_a_camera_is_checked() {
        check(|_| (), &[]);
        check(|c| c.id = "Gate 1".into(), &["camera[0].id: \"Gate 1\" cannot be an id"]);
        check(|c| c.place = " ".into(), &["camera[0].place: missing"]);
        check(
            |c| c.zone.push(c.zone[0].clone()),
            &["camera[0].zone[1].id: \"yard\" is used twice"],
        );
        check(
            |c| c.rule.push(c.rule[0].clone()),
            &["camera[0].rule[1].id: \"night\" is used twice"],
        );
        check(
            |c| c.rule[0].zone = "yart".into(),
            &["rule[0].zone: \"yart\" is not known; did you"],
        );
        check(|c| c.zone.clear(), &["rule[0].zone: \"yard\" is not a zone of this camera"]);
        check(
            |c| c.rule[0].severity = "s1".into(),
            &["severity: \"s1\" is not known; did you mean"],
        );
        check(|c| c.rule[0].classes = vec!["car".into()], &["classes[0]: \"car\" is not known"]);
        check(|c| c.rule[0].classes.clear(), &["classes: missing"]);
        check(|c| c.rule[0].kind = RuleKind::ZoneMotion, &["classes: has no use"]);
        check(|c| c.rule[0].min_score = f32::NAN, &["min_score: NaN is out of limits"]);
        check(
            |c| c.mask.push(crate::config::Mask { polygon: vec![[0.0, 0.0], [9.0, 0.0]] }),
            &["camera[0].mask[0].polygon: has 2 corners"],
        );
        check(|c| c.rule[0].name = "上访人员".into(), &["rule[0].name: \"上访\" names people"]);
    }
}
