//! What is wrong with a rule file whose types are right.

use super::{CLOCKS, Rules, Span, Times, step};
use crate::config::codes;
use crate::config::suggest::choices;
use crate::config::{Fault, validate::Found};

/// The longest clock, ms: thirty days. What takes longer is parked.
const LONGEST_MS: i64 = 30 * 86_400_000;
/// A ladder ends at ten times the clock; what nobody has answered by then is a matter for people
/// (guess, revisit).
const PERCENT_MAX: u32 = 1_000;

pub(super) fn faults(rules: &Rules) -> Vec<Fault> {
    let mut found = Found::default();
    for (severity, times) in &rules.clocks {
        known(format!("clocks.{severity}"), severity, codes::SEVERITIES, &mut found);
        clocks(&format!("clocks.{severity}"), times, &mut found);
    }
    for (category, times) in &rules.category {
        known(format!("category.{category}"), category, codes::CATEGORIES, &mut found);
        lengths(&format!("category.{category}"), times, &mut found);
    }
    reminders(&rules.reminders, &mut found);
    for (clock, steps) in &rules.ladder {
        let at = format!("ladder.{clock}");
        known(at.clone(), clock, &CLOCKS, &mut found);
        for (severity, steps) in steps {
            let at = format!("{at}.{severity}");
            let severities = [codes::SEVERITIES, &["all"][..]].concat();
            known(at.clone(), severity, &severities, &mut found);
            ladder(&at, (clock, steps), &mut found);
        }
    }
    for (i, severity) in rules.dispatch_before_verify.iter().enumerate() {
        known(format!("dispatch_before_verify[{i}]"), severity, codes::SEVERITIES, &mut found);
    }
    limits(rules, &mut found);
    tables(rules, &mut found);
    found.into_faults()
}

fn known(path: String, word: &str, known: &[&str], found: &mut Found) {
    if !known.contains(&word) {
        found.add(path, format!("\"{word}\" is unknown; {}", choices(word, known)));
    }
}

fn lengths(at: &str, times: &Times, found: &mut Found) {
    for clock in CLOCKS {
        let Some(span) = times.of(clock) else { continue };
        if !(1_000..=LONGEST_MS).contains(&span.ms()) {
            found.add(format!("{at}.{clock}"), format!("{span} is out of limits; write 1s to 30d"));
        }
    }
}

/// Every clock runs, and a later step is not due before an earlier one.
fn clocks(at: &str, times: &Times, found: &mut Found) {
    lengths(at, times, found);
    for pair in ["ack", "arrive", "reply", "close"].windows(2) {
        let (Some(sooner), Some(later)) = (times.of(pair[0]), times.of(pair[1])) else { continue };
        if later.ms() < sooner.ms() {
            let what = format!("{later} is before {} = {sooner}; write {sooner} or more", pair[0]);
            found.add(format!("{at}.{}", pair[1]), what);
        }
    }
}

fn reminders(percents: &[u32], found: &mut Found) {
    if percents.len() > 2 {
        found.add("reminders", "a clock reminds twice at most; leave the others out");
    }
    for (i, percent) in percents.iter().enumerate() {
        found.within(format!("reminders[{i}]"), *percent, 1..=99, "percent");
        if i > 0 && percents[i - 1] >= *percent {
            found.add(format!("reminders[{i}]"), "write the earlier reminder first");
        }
    }
}

/// Steps come in the order of their time, and each thing happens once.
fn ladder(at: &str, (clock, steps): (&str, &[String]), found: &mut Found) {
    let mut before: Vec<(u32, &str)> = Vec::new();
    for (i, text) in steps.iter().enumerate() {
        let path = format!("{at}[{i}]");
        let Some((percent, word)) = step(text) else {
            found.add(path, format!("\"{text}\" is no step; write it as \"150% director\""));
            continue;
        };
        known(path.clone(), word, codes::LADDER_STEPS, found);
        found.within(path.clone(), percent, 1..=PERCENT_MAX, "percent");
        if before.last().is_some_and(|(earlier, _)| *earlier > percent) {
            found.add(path.clone(), "write the steps in the order of their time");
        }
        if before.iter().any(|(_, other)| *other == word) {
            found.add(path.clone(), format!("{word} stands here twice; leave one out"));
        }
        let of_clock =
            [("reoffer", "ack"), ("second_unit", "arrive"), ("second_operator", "verify")];
        if let Some((_, mine)) =
            of_clock.iter().find(|(step, mine)| *step == word && *mine != clock)
        {
            found.add(path, format!("{word} belongs to ladder.{mine}"));
        }
        if word == "reoffer" && percent < 100 {
            found.add(
                format!("{at}[{i}]"),
                "an order is not taken back in its time; write 100% or more",
            );
        }
        before.push((percent, word));
    }
    if !before.iter().any(|(_, word)| codes::LADDER_PEOPLE.contains(word)) {
        let what = "nobody is told that this clock ran out; write \"100% shift_leader\" or another";
        found.add(at, what);
    }
}

fn limits(rules: &Rules, found: &mut Found) {
    found.within("extension.max".into(), rules.extension.max, 0..=3, "times");
    found.within("extension.max_percent".into(), rules.extension.max_percent, 1..=100, "percent");
    let spans = [
        ("suspension.max", rules.suspension.max, 5 * 7 * 86_400_000),
        ("parking.review_every", rules.parking.review_every, LONGEST_MS),
        ("reopen_within", rules.reopen_within, LONGEST_MS),
    ];
    for (path, span, longest) in spans {
        if !(60_000..=longest).contains(&span.ms()) {
            let longest = Span::Ms(longest);
            found.add(path, format!("{span} is out of limits; write 1m to {longest}"));
        }
    }
    found.within("reply.photos_min".into(), rules.reply.photos_min, 0..=10, "photos");
    found.within("reply.text_min".into(), rules.reply.text_min, 0..=500, "characters");
}

/// Tables may leave codes out and add none: categories name situations, never kinds of people.
fn tables(rules: &Rules, found: &mut Found) {
    let tables = [
        ("suspension.reasons", &rules.suspension.reasons, codes::SUSPEND_REASONS),
        ("parking.reasons", &rules.parking.reasons, codes::PARK_REASONS),
        ("codes.categories", &rules.codes.categories, codes::CATEGORIES),
        ("codes.false_alarm", &rules.codes.false_alarm, codes::FALSE_ALARM_REASONS),
        ("codes.disposition", &rules.codes.disposition, codes::DISPOSITIONS),
        ("codes.refuse", &rules.codes.refuse, codes::REFUSE_REASONS),
    ];
    for (path, given, table) in tables {
        if given.is_empty() {
            found.add(path, "is empty; write the codes that the centre uses, or leave it out");
        }
        for (i, code) in given.iter().enumerate() {
            known(format!("{path}[{i}]"), code, table, found);
            if given[..i].contains(code) {
                found.add(format!("{path}[{i}]"), format!("{code} stands twice; leave one out"));
            }
        }
    }
}
