//! Whom an order goes to: beats and posts on the plan, what members can do, what is done without a
//! person.
//!
//! Places are metres on a plan of the site, from any corner of it: only distances are reckoned.

use serde::Deserialize;

use super::codes::{CATEGORIES, SEVERITIES};
use super::suggest::choices;
use super::validate::Found;
use super::{Camera, Config};

/// How members are chosen and told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dispatch {
    /// Severities whose classified tickets are offered to the first candidate at once, without a
    /// person. Default none: an operator presses the key.
    pub auto: Vec<String>,
    /// Whether only members are asked who have signed on for their turn. Default false: those who
    /// have come before those who have not, because a phone that is switched on late is no reason
    /// to send nobody.
    pub need_sign_on: bool,
    /// Pace in metres a minute by which the way is reckoned. Default 80: a brisk walk.
    pub pace_m_per_min: u32,
    /// Ways that differ by less than this, in s, count as equally far. Default 60: a minute more
    /// does not outweigh that somebody else is free.
    pub travel_step_s: u32,
    /// Whoever ended an order less than this many minutes ago comes after the rested, but for S1.
    /// Default 10.
    pub rest_min: u32,
    /// Orders for one member within this time, in s, ring once, with a list; S1 rings at once. 0
    /// for never. Default 10.
    pub bundle_s: u32,
    /// What a category asks of a member.
    pub need: Vec<Need>,
}

/// A category that not every member can handle.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Need {
    /// A category of the code table.
    pub category: String,
    /// What a member must be able to do; a word of the centre's own.
    pub capability: String,
}

/// A part of the site that somebody walks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Beat {
    /// Id; cameras and members name it.
    pub id: String,
    /// Name on screens.
    pub name: String,
    /// Where whoever walks it usually is, `[x, y]` in metres on the plan. Default unknown.
    pub post_m: Option<[f64; 2]>,
}

/// A patrol member, as dispatch needs to know him.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Member {
    /// Name of the account.
    pub account: String,
    /// Beats that this member walks. Default none: he is equally far from everywhere.
    pub beats: Vec<String>,
    /// What this member can do, in words of the centre's own. Default none.
    pub capabilities: Vec<String>,
}

impl Default for Dispatch {
    fn default() -> Self {
        Self {
            auto: Vec::new(),
            need_sign_on: false,
            pace_m_per_min: 80,
            travel_step_s: 60,
            rest_min: 10,
            bundle_s: 10,
            need: Vec::new(),
        }
    }
}

pub(super) fn dispatch(config: &Config, found: &mut Found) {
    let of = &config.dispatch;
    for (i, word) in of.auto.iter().enumerate() {
        one_of(&format!("dispatch.auto[{i}]"), (word, "a severity"), SEVERITIES, found);
    }
    // Guesses, revisit: from a slow walk to a motorcycle; half an hour of rest empties a small
    // shift; a minute of waiting is as long as an S1 may take to be answered.
    found.within("dispatch.pace_m_per_min".into(), of.pace_m_per_min, 30..=600, "m a minute");
    found.within("dispatch.travel_step_s".into(), of.travel_step_s, 1..=600, "s");
    found.within("dispatch.rest_min".into(), of.rest_min, 0..=30, "minutes");
    found.within("dispatch.bundle_s".into(), of.bundle_s, 0..=60, "s");
    beats(config, found);
    members(config, found);
    needs(config, found);
}

fn beats(config: &Config, found: &mut Found) {
    found.unique("beat", config.beat.iter().map(|beat| beat.id.as_str()));
    for (i, beat) in config.beat.iter().enumerate() {
        found.id(format!("beat[{i}].id"), &beat.id);
        found.text(format!("beat[{i}].name"), &beat.name, "the beat's name for the screens");
        place(&format!("beat[{i}].post_m"), beat.post_m, found);
    }
    let known: Vec<&str> = config.beat.iter().map(|beat| beat.id.as_str()).collect();
    for (i, Camera { beat, at_m, .. }) in config.camera.iter().enumerate() {
        if !beat.is_empty() {
            one_of(&format!("camera[{i}].beat"), (beat, "a beat"), &known, found);
        }
        place(&format!("camera[{i}].at_m"), *at_m, found);
    }
}

/// A plan is a neighbourhood, not a county.
fn place(path: &str, at: Option<[f64; 2]>, found: &mut Found) {
    for value in at.into_iter().flatten() {
        found.within(path.to_owned(), value, -100_000.0..=100_000.0, "m");
    }
}

fn members(config: &Config, found: &mut Found) {
    let known: Vec<&str> = config.beat.iter().map(|beat| beat.id.as_str()).collect();
    for (i, member) in config.member.iter().enumerate() {
        let at = format!("member[{i}]");
        let purpose = "the name of a patrol member's account";
        found.text(format!("{at}.account"), &member.account, purpose);
        if config.member[..i].iter().any(|before| before.account == member.account) {
            let what = format!("\"{}\" is named twice; leave one out", member.account);
            found.add(format!("{at}.account"), what);
        }
        for (j, beat) in member.beats.iter().enumerate() {
            one_of(&format!("{at}.beats[{j}]"), (beat, "a beat"), &known, found);
        }
        for (j, word) in member.capabilities.iter().enumerate() {
            found.text(format!("{at}.capabilities[{j}]"), word, "what the member can do");
        }
    }
}

/// A capability that nobody has would send every such ticket to the shift leader.
fn needs(config: &Config, found: &mut Found) {
    let can = config.member.iter().flat_map(|member| &member.capabilities);
    let known: Vec<&str> = can.map(String::as_str).collect();
    for (i, need) in config.dispatch.need.iter().enumerate() {
        let at = format!("dispatch.need[{i}]");
        one_of(&format!("{at}.category"), (&need.category, "a category"), CATEGORIES, found);
        if need.capability.trim().is_empty() {
            found.text(format!("{at}.capability"), "", "what a member must be able to do");
        } else if !known.contains(&need.capability.as_str()) {
            let what = format!(
                "\"{}\" is what no member can do, so nobody could be sent; write it into \
                 capabilities of a [[member]], or leave this out",
                need.capability
            );
            found.add(format!("{at}.capability"), what);
        }
    }
}

fn one_of(path: &str, (word, kind): (&str, &str), known: &[&str], found: &mut Found) {
    if word.is_empty() || !known.contains(&word) {
        let what = format!("\"{word}\" is not {kind}; {}", choices(word, known));
        found.add(path, what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl Fn(&mut Config), expect: &[&str]) {
        let mut config = Config {
            beat: vec![Beat { id: "east".into(), name: "东片".into(), post_m: Some([0.0, 0.0]) }],
            member: vec![Member {
                account: "chen".into(),
                beats: vec!["east".into()],
                capabilities: vec!["灭火".into()],
            }],
            ..Config::default()
        };
        change(&mut config);
        let found: Vec<String> =
            super::super::validate::validate(&config).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.contains(expect), "{found} does not contain {expect}");
        }
    }

    #[test]
    fn every_word_of_dispatch_is_checked() {
        let need = |category: &str, capability: &str| Need {
            category: category.into(),
            capability: capability.into(),
        };
        check(|_| (), &[]);
        check(|c| c.dispatch.auto = vec!["S5".into()], &["dispatch.auto[0]: \"S5\" is not"]);
        check(|c| c.dispatch.bundle_s = 61, &["dispatch.bundle_s: 61 is out of limits"]);
        check(|c| c.dispatch.need = vec![need("fire_smoke", "灭火")], &[]);
        check(|c| c.dispatch.need = vec![need("fire", "灭火")], &["[0].category: \"fire\" is not"]);
        check(
            |c| c.dispatch.need = vec![need("fire_smoke", "潜水")],
            &["[0].capability: \"潜水\" is what no member can do"],
        );
        check(|c| c.member[0].beats[0] = "west".into(), &["member[0].beats[0]: \"west\" is not"]);
        check(|c| c.member[0].account = String::new(), &["member[0].account: missing"]);
        check(|c| c.member.push(c.member[0].clone()), &["member[1].account: \"chen\" is named"]);
        check(|c| c.beat[0].post_m = Some([1e6, 0.0]), &["beat[0].post_m: 1000000 is out of"]);
    }
}
