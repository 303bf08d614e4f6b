//! The rule file as a shift leader meets it: the one that is delivered, and one full of faults.

use super::{Rules, Span};
use crate::config;

const DELIVERED: &str = include_str!("../../../config/policy.toml");

#[test]
fn the_delivered_rule_file_writes_down_the_defaults() {
    let rules = Rules::parse(DELIVERED).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(rules, Rules::default());
    assert_eq!(Rules::parse("").unwrap(), Rules::default());
    assert_eq!(Rules::of(&config::Policy::default()), Rules::default());
}

#[test]
fn a_part_keeps_the_rest_and_a_category_goes_before_the_severity() {
    let rules =
        Rules::parse("[clocks.S2]\nack = \"90s\"\n[ladder.reply]\nall = [\"90% director\"]\n");
    let rules = rules.unwrap();
    let check = |clock: &str, severity: &str, category: Option<&str>, expect: &str| {
        assert_eq!(rules.span(clock, severity, category).to_string(), expect, "{clock} {severity}");
    };
    check("ack", "S2", None, "90s");
    check("arrive", "S2", None, "10m");
    check("arrive", "S2", Some("fire_smoke"), "3m");
    check("arrive", "S2", Some("intrusion"), "10m");
    check("close", "S4", None, "3wd");
    assert_eq!(rules.steps("reply", "S3"), ["90% director"]);
    assert_eq!(rules.steps("ack", "S4"), ["100% reoffer", "400% shift_leader"]);
    assert_eq!(rules.span("reply", "S4", None), Span::WorkingDays(1));
}

/// The text has exactly these faults, in any order.
fn check(text: &str, expect: &[&str]) {
    let told = match Rules::parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
    };
    assert_eq!(told.len(), expect.len(), "{text}: {told:#?}");
    for part in expect {
        assert!(told.iter().any(|fault| fault.contains(part)), "{part}: {told:#?}");
    }
}

#[test]
fn every_fault_is_named_with_what_to_write_instead() {
    check("[clocks.S5]\n", &["clocks.S5: \"S5\" is unknown"]);
    check("[clocks.S1]\nack = \"five\"\n", &["line 2: \"five\" is not a time"]);
    check("[clocks.S1]\nacknowledge = \"5m\"\n", &["line 2: unknown field `acknowledge`"]);
    check("[clocks.S1]\nack = \"10m\"\n", &["clocks.S1.arrive: 5m is before ack = 10m"]);
    check("[clocks.S1]\nverify = \"0s\"\n", &["clocks.S1.verify: 0s is out of limits"]);
    check(
        "[category.strangers]\nack = \"1m\"\n",
        &["category.strangers: \"strangers\" is unknown"],
    );
    check("reminders = [80, 50]\n", &["reminders[1]: write the earlier reminder first"]);
    check("reminders = [10, 20, 30]\n", &["reminders: a clock reminds twice at most"]);
    check(
        "[ladder.ack]\nall = [\"soon director\"]\n",
        &["ladder.ack.all[0]: \"soon director\" is no step", "ladder.ack.all: nobody is told"],
    );
    check(
        "[ladder.ack]\nall = [\"100% mayor\"]\n",
        &["ladder.ack.all[0]: \"mayor\" is unknown", "ladder.ack.all: nobody is told"],
    );
    check(
        "[ladder.close]\nall = [\"100% reoffer\", \"100% director\"]\n",
        &["reoffer belongs to ladder.ack"],
    );
    check(
        "[ladder.ack]\nall = [\"200% director\", \"100% shift_leader\", \"200% director\"]\n",
        &[
            "ladder.ack.all[1]: write the steps in the order of their time",
            "ladder.ack.all[2]: director stands here twice",
        ],
    );
    check("dispatch_before_verify = [\"s1\"]\n", &["did you mean \"S1\"?"]);
    check("[suspension]\nmax = \"60d\"\n", &["suspension.max: 60d is out of limits"]);
    check("[extension]\nmax = 9\n", &["extension.max: 9 is out of limits"]);
    check(
        "[codes]\ncategories = [\"petitioners\"]\n",
        &["codes.categories[0]: \"petitioners\" is unknown"],
    );
    check("[codes]\nrefuse = []\n", &["codes.refuse: is empty"]);
}
