//! Scorecards, the month, sampling and hints: figures worked out by hand, and what must not count.

use std::collections::{BTreeMap, BTreeSet};

use gengfu::report::month::{Month, MonthReport, MonthRows, month_report};
use gengfu::report::scorecard::{Dimension, RUBRIC};
use gengfu::report::{Lang, page_month, render_html};
use gengfu::ticket::act::Act;
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{Role, Severity};

use super::book::{Book, OPERATOR, SECOND, ack, classify, confirm, dispatch, on_scene, reply};
use super::golden::{self, seen};
use super::{HOUR, MINUTE, example_week, reference, sane, start, zone};

fn month(entries: &[LogEntry]) -> MonthReport {
    let reference = reference(0);
    let month = Month::parse_begun("2026-11", reference.cut_off, &zone()).unwrap();
    month_report(entries, month, &reference, &MonthRows::default())
}

#[test]
fn the_card_of_the_golden_week_is_as_worked_out_by_hand() {
    let report = month(&golden::week());
    let card = &report.members[0];
    assert_eq!((card.person.as_str(), card.rubric), ("chen", RUBRIC.version));
    let share = |dimension| card.rates[&dimension].share().unwrap();
    // Of S2 (weight 3) in time and S1 (weight 4) late.
    assert!((share(Dimension::Ack) - 3.0 / 7.0).abs() < 1e-9);
    for whole in [Dimension::Arrive, Dimension::Complete, Dimension::Reply, Dimension::NoRework] {
        assert!((share(whole) - 1.0).abs() < 1e-9, "{whole:?}");
    }
    assert!((share(Dimension::Quality) - 0.9).abs() < 1e-9);
    let expect = 15.0 * 3.0 / 7.0 + 25.0 + 20.0 + 15.0 + 15.0 * 0.9 + 10.0;
    assert!((card.score.unwrap() - expect).abs() < 1e-9);
    assert_eq!(card.band, None, "two tickets are too few for a band");
    assert_eq!(card.rates[&Dimension::Ack].against.n(), 1, "the late one is behind the figure");
}

#[test]
fn a_late_order_of_the_centre_is_not_the_members_fault() {
    let mut book = Book::new();
    let at = start() + HOUR;
    let mut ticket = book.open(seen(1, Severity::S2, at));
    book.act(&mut ticket, OPERATOR, at + 20_000, &confirm());
    book.act(&mut ticket, OPERATOR, at + 30_000, &classify("fight", Severity::S2, "门口"));
    let sent = at + 40 * MINUTE;
    book.act(&mut ticket, OPERATOR, sent, &dispatch("o", "chen"));
    let chen = ("chen", Role::PatrolMember);
    book.act(&mut ticket, chen, sent + 30_000, &ack("o"));
    book.act(&mut ticket, chen, sent + 5 * MINUTE, &on_scene("o"));
    book.act(&mut ticket, chen, sent + 9 * MINUTE, &reply("o", "unfounded"));
    let report = month(&book.entries);
    assert_eq!(report.members[0].rates[&Dimension::Ack].share(), Some(1.0));
    assert_eq!(report.members[0].rates[&Dimension::Reply].share(), Some(1.0));
    let sender = report.operators.iter().find(|card| card.person == OPERATOR.0).unwrap();
    assert_eq!(sender.rates[&Dimension::Dispatch].share(), Some(0.0));
}

#[test]
fn a_reply_that_was_sent_back_costs_the_rework_and_not_the_acknowledgement() {
    let mut book = Book::new();
    let at = start() + HOUR;
    let mut ticket = book.open(seen(1, Severity::S2, at));
    book.act(&mut ticket, OPERATOR, at + 20_000, &confirm());
    book.act(&mut ticket, OPERATOR, at + 30_000, &classify("fight", Severity::S2, "门口"));
    book.act(&mut ticket, OPERATOR, at + 40_000, &dispatch("o", "chen"));
    let chen = ("chen", Role::PatrolMember);
    book.act(&mut ticket, chen, at + 60_000, &ack("o"));
    book.act(&mut ticket, chen, at + 5 * MINUTE, &on_scene("o"));
    book.act(&mut ticket, chen, at + 9 * MINUTE, &reply("o", "unfounded"));
    book.act(&mut ticket, SECOND, at + 12 * MINUTE, &Act::CheckReturn { reason: "重拍".into() });
    book.act(&mut ticket, chen, at + 15 * MINUTE, &reply("o", "unfounded"));
    book.act(&mut ticket, SECOND, at + 20 * MINUTE, &Act::CheckPass { note: String::new() });
    let report = month(&book.entries);
    let card = &report.members[0];
    assert_eq!(card.rates[&Dimension::NoRework].share(), Some(0.0));
    assert_eq!(card.rates[&Dimension::Ack].share(), Some(1.0));
}

#[test]
fn the_order_of_the_rows_changes_no_score() {
    let entries = golden::week();
    let mut turned = entries.clone();
    turned.reverse();
    assert_eq!(month(&entries), month(&turned));
}

#[test]
fn a_month_prints_in_both_languages_also_when_it_is_empty() {
    for entries in [golden::week(), Vec::new()] {
        let report = month(&entries);
        for lang in [Lang::Zh, Lang::En] {
            let page = render_html::html(&page_month::month_sheet(&report, lang), "2026-11");
            sane(&page);
        }
    }
}

#[test]
fn the_lot_is_the_same_for_everybody_and_takes_every_s1() {
    let report = example_week();
    let picked: BTreeSet<i64> = report.picks.iter().map(|pick| pick.ticket.number).collect();
    let closed: Vec<_> = report.ledger.iter().filter(|case| case.closed.is_some()).collect();
    for case in closed.iter().filter(|case| case.severity == Severity::S1) {
        assert!(picked.contains(&case.number), "S1 {} was not picked", case.number);
    }
    assert!(picked.len() > closed.len().div_ceil(50).max(5).min(closed.len()) - 1);
    assert_eq!(report.picks, example_week().picks);
    let twice = report.picks.iter().filter(|pick| pick.twice).count();
    assert_eq!(twice, report.picks.len().div_ceil(10));
}

#[test]
fn verdicts_sooner_than_a_clip_can_be_seen_are_hinted_at() {
    let mut book = Book::new();
    for number in 1..=4 {
        let at = start() + number * HOUR;
        let mut ticket = book.open(seen(number, Severity::S3, at));
        book.act(&mut ticket, OPERATOR, at + 5_000, &Act::Claim);
        book.act(&mut ticket, OPERATOR, at + 6_000, &confirm());
    }
    let report = month(&book.entries);
    let told: Vec<_> =
        report.hints.iter().map(|h| (h.person.as_str(), h.what, h.tickets.n())).collect();
    assert_eq!(told, [(OPERATOR.0, "quick_verdicts", 4)]);
    let photos = BTreeMap::from([("ab".to_owned(), vec!["t-00001".into(), "t-00002".into()])]);
    assert!(gengfu::report::hints::hints(&[], &photos).is_empty(), "nobody's ticket");
}
