//! Proposals from made-up verdicts: which change, at which cost, and when none.

use proptest::prelude::*;
use serde_json::json;

use super::super::change::Change;
use super::*;
use crate::camera::CameraId;
use crate::config::{Rule, RuleKind, codes};
use crate::detect::Class;
use crate::event::Reason;
use crate::ticket::{Role, TicketId};

/// Monday 2026-11-23 14:00 in Shanghai.
const NOW: UnixMs = UnixMs(1_795_413_600_000);

/// An observation: verdict ("" confirmed, "?" none, else the reason of a false alarm), hours before
/// now, class, score, how long it lasted.
#[derive(Clone, Debug)]
struct Seen(&'static str, i64, Class, f32, i64);

fn history(seen: &[Seen]) -> Vec<Judged> {
    let (mut lines, mut firings) = (Vec::new(), Vec::new());
    for (number, Seen(verdict, ago_h, class, score, dwell_ms)) in (1_i64..).zip(seen) {
        let (at, id) = (NOW.plus_ms(-ago_h * 3_600_000), format!("t{number}"));
        let detail = json!({ "camera": "gate", "rule": "fence", "seen_ms": at.0, "clock": "verify",
            "started_ms": at.0, "due_ms": at.0 + 60_000, "severity": "S3" });
        let line = |version, input: &str, detail| LogEntry {
            ticket: TicketId(id.clone()),
            number,
            version,
            at,
            actor: "li".into(),
            role: Role::Operator,
            input: input.into(),
            detail,
        };
        lines.push(line(1, "open", detail));
        match *verdict {
            "?" => {}
            "" => lines.push(line(2, "confirm", json!({}))),
            reason => lines.push(line(2, "false_alarm", json!({ "reason": reason }))),
        }
        let reason = Reason {
            rule: "fence".into(),
            zone: "yard".into(),
            kind: RuleKind::ZoneObject,
            class: Some(*class),
            score: *score,
            dwell_ms: *dwell_ms,
            armed: "00:00-24:00".into(),
            facts: crate::event::Facts::default(),
        };
        let camera = CameraId::try_from("gate").unwrap();
        firings.push((id, Fired { camera, reason, track: Some(1), area: None, at }));
    }
    judged(&lines, firings, NOW)
}

fn camera(rule: Rule) -> Vec<Camera> {
    let classes = vec!["person".into(), "animal".into()];
    let rule = Rule { id: "fence".into(), classes, ..rule };
    vec![Camera { id: "gate".into(), rule: vec![rule], ..Camera::default() }]
}

fn told(seen: &[Seen], rule: Rule) -> RuleQuality {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let mut rows = rules(&history(seen), &camera(rule), &zone, NOW);
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// `n` of the same, an hour apart, beginning so many hours ago.
fn some(n: i64, of: &Seen) -> Vec<Seen> {
    (0..n).map(|i| Seen(of.0, of.1 + i, of.2, of.3, of.4)).collect()
}

#[test]
fn nothing_is_proposed_before_it_is_certain() {
    let check = |confirmed, wrong, expect| {
        assert_eq!(is_too_low(confirmed, wrong), expect, "{confirmed} right, {wrong} wrong");
    };
    check(0, 0, false);
    check(0, 9, false);
    check(0, 10, true);
    check(4, 6, true);
    check(5, 5, false);
    check(7, 3, false);
    check(30, 30, true);
    check(62, 38, false);
    check(60, 40, true);
}

#[test]
fn each_reason_has_its_change_and_its_cost() {
    use Class::{Animal, Person};
    let right = |score, dwell| some(4, &Seen("", 30, Person, score, dwell));
    let check =
        |wrong: Seen, right: Vec<Seen>, expect: (&str, usize, usize), lines: Option<&str>| {
            let all: Vec<Seen> = some(12, &wrong).into_iter().chain(right).collect();
            let proposal = told(&all, Rule::default()).proposal.expect("too low");
            let trial = &proposal.trial;
            assert_eq!(proposal.reason, wrong.0);
            let found = (trial.change.as_str(), trial.avoided.n(), trial.missed.n());
            assert_eq!(found, expect, "{wrong:?}: {:?}", trial.change);
            assert_eq!(proposal.lines.as_deref(), lines, "{wrong:?}");
        };
    let dog = Seen("animal", 1, Animal, 0.8, 1_000);
    let classes = "classes = [\"person\"]  # was [\"person\", \"animal\"]";
    check(dog.clone(), right(0.8, 1_000), ("drop_class", 12, 0), Some(classes));
    let shadow = Seen("light_shadow", 1, Person, 0.52, 1_400);
    let score = "min_score = 0.55  # was 0.4";
    check(shadow.clone(), right(0.8, 1_400), ("min_score", 12, 0), Some(score));
    let dwell = "dwell_ms = 2000  # was 1000";
    check(shadow.clone(), right(0.5, 9_000), ("dwell_ms", 12, 0), Some(dwell));
    // Nothing tells them apart: no threshold is worth its cost.
    check(shadow, right(0.52, 1_400), ("shelve", 12, 4), None);
    check(Seen("camera_fault", 1, Person, 0.8, 1), right(0.8, 1), ("tend_camera", 0, 0), None);
    check(Seen("rule_wrong", 1, Person, 0.8, 1), right(0.8, 1), ("shelve", 12, 4), None);
    check(Seen("other", 1, Person, 0.8, 1), right(0.8, 1), ("shelve", 12, 4), None);
}

#[test]
fn hours_leave_out_the_time_in_which_it_is_allowed() {
    // Now is 14:00. Deliveries from 7 to 12 o'clock; confirmed at 22:00 and 5:00.
    let mut all = Vec::new();
    for day in 0..3 {
        let delivery = |ago| Seen("authorised_activity", ago + day * 24, Class::Person, 0.8, 1_000);
        all.extend((2..=7).map(delivery));
        all.extend([9, 16].map(|ago| Seen("", ago + day * 24, Class::Person, 0.8, 1_000)));
    }
    let proposal = told(&all, Rule::default()).proposal.expect("too low");
    assert_eq!(proposal.lines.as_deref(), Some("armed = \"13:00-07:00\"  # was \"00:00-24:00\""));
    assert_eq!((proposal.trial.avoided.n(), proposal.trial.missed.n()), (18, 0));
    let night = Rule { armed: "20:00-12:00".into(), ..Rule::default() };
    let proposal = told(&all, night).proposal.expect("too low");
    assert_eq!(proposal.lines.as_deref(), Some("armed = \"20:00-07:00\"  # was \"20:00-12:00\""));
    assert_eq!((proposal.trial.avoided.n(), proposal.trial.missed.n()), (18, 0));
}

#[test]
fn a_duplicate_within_the_longer_time_would_have_joined() {
    let near = Rule { coalesce_ms: 3_000_000, ..Rule::default() };
    let proposal = told(&some(12, &Seen("duplicate", 1, Class::Person, 0.8, 1)), near).proposal;
    assert_eq!(proposal.unwrap().trial.change, Change::Shelve, "ten times of it is beyond limits");
    let near = Rule { coalesce_ms: 1_800_000, ..Rule::default() };
    let proposal = told(&some(12, &Seen("duplicate", 1, Class::Person, 0.8, 1)), near).proposal;
    let trial = proposal.unwrap().trial;
    assert_eq!((trial.change, trial.avoided.n()), (Change::CoalesceMs(3_600_000), 11));
}

#[test]
fn verdicts_count_for_a_week_and_costs_for_four() {
    let person = |verdict, ago| Seen(verdict, ago, Class::Person, 0.8, 1);
    let mut all = some(12, &person("rule_wrong", 1));
    all.extend([person("", 7 * 24 + 1), person("", 27 * 24), person("", 29 * 24), person("?", 3)]);
    let row = told(&all, Rule::default());
    assert_eq!((row.confirmed.n(), row.false_alarms.n(), row.waiting.n()), (0, 12, 1));
    assert_eq!(row.precision, Some(0.0));
    let trial = row.proposal.unwrap().trial;
    assert_eq!((trial.confirmed.n(), trial.missed.n()), (2, 2));
}

#[test]
fn a_rule_that_is_gone_has_figures_and_no_proposal() {
    let judged = history(&some(12, &Seen("rule_wrong", 1, Class::Person, 0.8, 1)));
    let rows = rules(&judged, &[], &TimeZone::UTC, NOW);
    assert_eq!((rows.len(), rows[0].configured, &rows[0].proposal), (1, false, &None));
    assert_eq!(rows[0].false_alarms.n(), 12);
}

proptest! {
    #[test]
    fn a_proposal_never_stands_on_few_verdicts_and_its_cost_is_a_part_of_what_there_is(
        seen in proptest::collection::vec(
            (0..codes::FALSE_ALARM_REASONS.len() + 4, 0_i64..800, 0.0_f32..1.0, 0_i64..90_000),
            0..40,
        ),
    ) {
        let verdict = |of: usize| match codes::FALSE_ALARM_REASONS.get(of) {
            Some(reason) => *reason,
            None if of.is_multiple_of(4) => "?",
            None => "",
        };
        let class = |of: usize| if of.is_multiple_of(2) { Class::Animal } else { Class::Person };
        let seen: Vec<Seen> = seen
            .into_iter()
            .map(|(of, ago, score, dwell)| Seen(verdict(of), ago, class(of), score, dwell))
            .collect();
        let row = told(&seen, Rule::default());
        let decided = row.confirmed.n() + row.false_alarms.n();
        let wrong: usize = row.reasons.values().map(Tally::n).sum();
        prop_assert_eq!(wrong, row.false_alarms.n());
        if let Some(Proposal { trial, lines, .. }) = row.proposal {
            prop_assert!(decided >= VERDICTS_MIN && row.interval.unwrap().1 < PRECISION_MIN);
            let among = |some: &Tally, all: &Tally| {
                some.tickets().iter().all(|ticket| all.tickets().contains(ticket))
            };
            prop_assert!(among(&trial.missed, &trial.confirmed));
            prop_assert!(among(&trial.avoided, &trial.false_alarms));
            prop_assert!(among(&row.confirmed, &trial.confirmed));
            let stays = matches!(trial.change, Change::TendCamera | Change::Shelve);
            prop_assert_eq!(lines.is_none(), stays);
        }
    }
}
