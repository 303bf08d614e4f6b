//! Days of a rule: what fires on Friday need not on Saturday.

use super::*;

fn fires_on(days: &[&str], calendar: &config::Calendar, day: i8, minute: u16) -> bool {
    let rule = config::Rule {
        classes: words(&["person"]),
        armed: "22:00-06:00".into(),
        days: words(days),
        ..rule(RuleKind::ZoneObject)
    };
    let rules = RuleSet::compile(&watching(rule.clone()), &calendar.days()).expect("good");
    let mut watch = Watch { rules, ..Watch::of(rule) };
    watch.local = Local { date: jiff::civil::date(2026, 11, day), minute };
    !watch.see(0, 3_000, |_| vec![found(Class::Person, [0.5, 0.8])]).fired.is_empty()
}

#[test]
fn a_rule_is_armed_on_its_days() {
    // Friday the 27th; Monday the 30th is a holiday, made up for on Saturday the 28th.
    let calendar =
        config::Calendar { holidays: words(&["2026-11-30"]), working_days: words(&["2026-11-28"]) };
    let check = |days: &[&str], day, minute, expect| {
        assert_eq!(fires_on(days, &calendar, day, minute), expect, "{days:?} {day} {minute}");
    };
    let (evening, morning) = (23 * 60, 5 * 60);
    check(&["all"], 27, evening, true);
    check(&["working"], 27, evening, true);
    check(&["working"], 28, evening, true);
    check(&["working"], 29, evening, false);
    check(&["working"], 30, evening, false);
    check(&["off"], 30, evening, true);
    check(&["off"], 27, evening, false);
    // The small hours belong to the evening before.
    check(&["fri"], 28, morning, true);
    check(&["fri"], 27, morning, false);
    check(&["off"], 28, morning, false);
}
