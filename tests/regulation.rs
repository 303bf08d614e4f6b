//! The nine clauses: for each a violation is forced, and found in the report, by name.

use std::collections::BTreeMap;

use gengfu::camera::CameraId;
use gengfu::clock::UnixMs;
use gengfu::record::{Cause, Fault, FaultKind, Gap};
use gengfu::regulation::analyse::DueReport;
use gengfu::regulation::confide::View;
use gengfu::regulation::{Finding, Measure};
use gengfu::report::{Lang, Reference, Rows, Week, WeekReport, render_html, week_report};
use gengfu::ticket::act::Act;
use gengfu::ticket::ladder::{self, Due};
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{Policies, Role, Severity};

use crate::report::book::{
    Book, OPERATOR, SECOND, SYSTEM, Seen, ack, classify, confirm, dispatch, on_scene, reply,
};
use crate::report::golden::seen;
use crate::report::{HOUR, MINUTE, WEEK, reference, start};

const CHEN: (&str, Role) = ("chen", Role::PatrolMember);

fn told(entries: &[LogEntry], rows: Rows) -> WeekReport {
    let reference = Reference { rows, ..reference(0) };
    week_report(entries, None, &Week::parse(WEEK).unwrap(), &reference)
}

fn found<'a>(report: &'a WeekReport, check: &str) -> &'a Finding {
    report.findings.iter().find(|finding| finding.check == check).unwrap()
}

/// The check has exactly this violation, and the page names it in both languages.
fn violated(report: &WeekReport, check: &str, (what, subject): (&str, Option<&str>), words: &str) {
    let finding = found(report, check);
    let told: Vec<(&str, Option<&str>)> =
        finding.violations.iter().map(|v| (v.what.as_str(), v.subject.as_deref())).collect();
    assert_eq!(told, [(what, subject)], "{check}");
    assert_eq!(finding.is_met(), Some(false), "{check}");
    let page = render_html(report, Lang::Zh);
    assert!(page.contains(words), "{check}: {words} is not on the page");
    assert!(!render_html(report, Lang::En).contains('⟦'));
}

/// A ticket that is handled by `chen`, `scale` times as slowly as a quick one.
fn handled(book: &mut Book, number: i64, scale: i64) -> gengfu::ticket::Ticket {
    let at = start() + HOUR;
    let mut ticket = book.open(seen(number, Severity::S2, at));
    book.act(&mut ticket, OPERATOR, at + 20_000, &confirm());
    let class = classify("intrusion", Severity::S2, "东广场");
    book.act(&mut ticket, OPERATOR, at + 30_000, &class);
    book.act(&mut ticket, OPERATOR, at + 40_000, &dispatch("o", "chen"));
    book.act(&mut ticket, CHEN, at + 40_000 + 30_000 * scale, &ack("o"));
    book.act(&mut ticket, CHEN, at + 40_000 + 60_000 * scale, &on_scene("o"));
    book.act(&mut ticket, CHEN, at + 40_000 + 2 * MINUTE * scale, &reply("o", "unfounded"));
    ticket
}

#[test]
fn vm_1_an_alarm_that_is_shown_late_is_named() {
    let mut book = Book::new();
    book.open(Seen { lag_ms: 2_500, ..seen(1, Severity::S3, start() + HOUR) });
    violated(&told(&book.entries, Rows::default()), "shown", ("shown", None), "建单晚于 2 秒");
}

#[test]
fn vm_2_a_late_verdict_and_one_without_evidence_are_named() {
    let mut book = Book::new();
    let mut ticket = book.open(seen(1, Severity::S2, start() + HOUR));
    book.act(&mut ticket, OPERATOR, start() + HOUR + 3 * MINUTE, &confirm());
    let report = told(&book.entries, Rows::default());
    violated(&report, "verified", ("verify", None), "核查");
    let mut entries = book.entries.clone();
    entries.last_mut().unwrap().detail["evidence"] = 0.into();
    let report = told(&entries, Rows::default());
    violated(&report, "evidence", ("no_evidence", None), "无图像证据");
}

#[test]
fn vm_3_an_order_that_is_sent_late_is_named() {
    let mut book = Book::new();
    let at = start() + HOUR;
    let mut ticket = book.open(seen(1, Severity::S2, at));
    book.act(&mut ticket, OPERATOR, at + 20_000, &confirm());
    book.act(&mut ticket, OPERATOR, at + 30_000, &classify("fight", Severity::S2, "门口"));
    book.act(&mut ticket, OPERATOR, at + 5 * MINUTE, &dispatch("o", "chen"));
    violated(&told(&book.entries, Rows::default()), "dispatched", ("dispatch", None), "派单");
}

#[test]
fn vm_4_a_late_answer_and_a_check_by_the_same_person_are_named() {
    let mut book = Book::new();
    let mut ticket = handled(&mut book, 1, 5);
    let at = start() + HOUR + 30 * MINUTE;
    book.act(&mut ticket, SECOND, at, &Act::CheckPass { note: String::new() });
    let report = told(&book.entries, Rows::default());
    violated(&report, "supervised", ("ack", None), "签收");
    assert_eq!(found(&report, "checked").is_met(), Some(true));
    // The life of a ticket refuses this; the check does not take its word for it.
    let mut entries = book.entries.clone();
    entries.last_mut().unwrap().actor = "chen".into();
    violated(&told(&entries, Rows::default()), "checked", ("own_check", None), "自办自查");
}

/// The rules that the book's tickets are born with.
fn rules(book: &Book) -> Rows {
    Rows { policies: Some(Policies::new(book.policy.clone())), ..Rows::default() }
}

/// A ticket that nobody looks at, with every step of its ladders until `until`.
fn alone(book: &mut Book, until: UnixMs) {
    let mut ticket = book.open(seen(1, Severity::S2, start() + HOUR));
    while let Some(deadline) = ladder::due(&ticket.life, &book.policy, until) {
        let step = Act::Due(Due { deadline, to: Vec::new() });
        assert!(book.act(&mut ticket, SYSTEM, deadline.due.0, &step), "{deadline:?}");
    }
}

#[test]
fn vm_4_a_step_of_a_ladder_that_did_not_fire_is_named() {
    let mut book = Book::new();
    alone(&mut book, UnixMs(start() + 7 * 24 * HOUR));
    let whole = told(&book.entries, rules(&book));
    assert_eq!(found(&whole, "fired").is_met(), Some(true));
    assert!(!whole.supervision.levels.is_empty());
    let at = book.entries.iter().rposition(|line| line.input == "escalate").unwrap();
    let mut entries = book.entries.clone();
    entries.remove(at);
    violated(&told(&entries, rules(&book)), "fired", ("step_missing", None), "到时未触发");
    let unknown = told(&book.entries, Rows::default());
    assert_eq!(found(&unknown, "fired").measure, Measure::NotMeasured);
}

#[test]
fn vm_5_a_closed_ticket_that_was_picked_and_not_reviewed_is_named() {
    let mut book = Book::new();
    let mut ticket = handled(&mut book, 1, 1);
    let at = start() + HOUR + 30 * MINUTE;
    book.act(&mut ticket, SECOND, at, &Act::CheckPass { note: String::new() });
    violated(&told(&book.entries, Rows::default()), "reviewed", ("sample", None), "抽中未查");
}

#[test]
fn vm_6_a_report_that_was_late_or_never_made_is_named() {
    let due = UnixMs(start() + 10 * HOUR);
    let report = |made| DueReport { about: "2026-W46".into(), due, made };
    let rows = |made| Rows { due: Some(vec![report(made)]), ..Rows::default() };
    let entries = handled_week();
    let late = rows(Some(due.plus_ms(HOUR)));
    let subject = Some("2026-W46");
    violated(&told(&entries, late), "reported", ("report_late", subject), "报告迟于时限");
    let never = told(&entries, rows(None));
    violated(&never, "reported", ("report_missing", subject), "报告缺期");
    let good = told(&entries, rows(Some(due)));
    assert_eq!(found(&good, "reported").is_met(), Some(true));
}

fn handled_week() -> Vec<LogEntry> {
    let mut book = Book::new();
    handled(&mut book, 1, 1);
    book.entries
}

fn gate() -> CameraId {
    CameraId::try_from("east-square").unwrap()
}

/// One camera that was known all the week.
fn rows() -> Rows {
    let mut rows = Rows::default();
    rows.equipment.since = BTreeMap::from([(gate(), UnixMs(start() - HOUR))]);
    rows
}

#[test]
fn vm_7_an_interruption_is_named_with_its_camera_and_cause() {
    let mut rows = rows();
    rows.equipment.gaps.push(Gap {
        id: "g".into(),
        camera: gate(),
        started: UnixMs(start() + HOUR),
        ended: Some(UnixMs(start() + 6 * HOUR)),
        cause: Cause::Camera("no_answer".into()),
        detail: String::new(),
    });
    let report = told(&handled_week(), rows);
    violated(&report, "available", ("no_answer", Some("east-square")), "无应答");
    // 5 of 168 hours.
    let expect = Measure::Share { good: 163 * 60, n: 168 * 60, limit: 0.98 };
    assert_eq!(found(&report, "available").measure, expect);
    assert_eq!(found(&report, "recorded").is_met(), Some(false));
    let unknown = told(&handled_week(), Rows::default());
    assert_eq!(found(&unknown, "available").measure, Measure::NotMeasured);
}

#[test]
fn vm_8_a_fault_that_lasts_beyond_its_time_is_named() {
    let mut rows = rows();
    rows.equipment.faults.push(Fault {
        id: "f".into(),
        camera: Some(gate()),
        kind: FaultKind::Covered,
        message: String::new(),
        since: UnixMs(start() + HOUR),
        until: None,
        before: None,
        after: None,
    });
    let report = told(&handled_week(), rows);
    violated(&report, "repaired", ("covered", Some("east-square")), "被遮挡");
    assert_eq!(found(&report, "maintained").measure, Measure::NotMeasured);
}

#[test]
fn vm_9_a_view_without_a_reason_is_named_with_the_person() {
    let view = |reason: &str, allowed| View {
        seq: 1,
        at: UnixMs(start() + HOUR),
        actor: "wang".into(),
        verb: "view_footage".into(),
        object: "east-square/1-2".into(),
        reason: reason.into(),
        allowed,
    };
    let views = vec![view("", true), view("工单 1", true), view("", false)];
    let report = told(&handled_week(), Rows { views: Some(views), ..rows() });
    violated(&report, "viewed", ("no_reason", Some("wang")), "查阅未填事由");
    let register = report.register.as_ref().unwrap();
    assert_eq!((register.by_person["wang"], register.refused), (2, 1));
}
