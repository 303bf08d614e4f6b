//! The sheet of a case: what happened, in words that need no program.

use gengfu::clock::UnixMs;
use gengfu::report::case_facts::facts;
use gengfu::report::page_case::case_sheet;
use gengfu::report::render_html::html;
use gengfu::report::{Lang, WeekReport};
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{Role, TicketId};
use serde_json::{Value, json};

use super::{Book, DAY, any_acts, example, report, sane, start};

fn line(input: &str, detail: Value) -> LogEntry {
    LogEntry {
        ticket: TicketId("t".into()),
        number: 1,
        version: 2,
        at: UnixMs(start()),
        actor: "wang".into(),
        role: Role::Operator,
        input: input.into(),
        detail,
    }
}

fn check(detail: &Value, zh: &str, en: &str) {
    let report = report(&Book::new().entries, None);
    let line = line("act", detail.clone());
    assert_eq!(facts(&report, &line, Lang::Zh), zh);
    assert_eq!(facts(&report, &line, Lang::En).replace('\u{a0}', " "), en);
}

#[test]
fn facts_are_told_in_both_languages() {
    let due = start() + 90_000;
    check(
        &json!({ "category": "intrusion", "old_category": null, "severity": "S2",
            "old_severity": "S2", "place": "东门", "old_due_ms": 1 }),
        "地点：东门；类别：闯入；等级：S2",
        "place: 东门; category: intrusion; severity: S2",
    );
    check(
        &json!({ "offer": "o1", "member": "wang", "clock": "ack", "started_ms": start(),
            "due_ms": due, "ranking": [
                { "rank": 1, "member": "wang", "bar": null },
                { "rank": null, "member": "zhao", "bar": "off_shift" }] }),
        "队员：王值守；候选次序：1 王值守、赵值守（不在岗）；签收时限至 2026-11-16 00:01:30",
        "member: 王值守; who could be asked: 1 王值守, 赵值守 (off shift); \
         acknowledge due 2026-11-16 00:01:30",
    );
    check(
        &json!({ "wish": "park", "reason": "needs_funds", "note": "等采购", "asked": { "wish": "park",
            "by": "wang", "reason": "needs_funds", "note": "等采购", "clock": null, "for_ms": null } }),
        "原因：需经费；说明：等采购；申请：挂账",
        "reason: needs funds; note: 等采购; asked for: parking",
    );
    check(
        &json!({ "member": null, "asked": { "wish": "extend", "by": "wang", "reason": "路远",
            "note": "", "clock": "arrive", "for_ms": 600_000 } }),
        "申请：延期、到场、10 分、王值守、路远".replace("10 分", "10\u{a0}分").as_str(),
        "asked for: more time, arrive, 10 min, 王值守, 路远",
    );
    check(
        &json!({ "of": "reply", "from_ms": 1, "level": "director", "percent": 150,
            "fired_due_ms": 2, "to": ["zhao"] }),
        "时限：回复；步骤：升级到主任；已通知：赵值守",
        "clock: reply; step: Reached the director; told: 赵值守",
    );
    check(
        &json!({ "items": { "seen_in_time": "yes", "reply_answers": "no" }, "score": 50,
            "note": "", "member": "wang" }),
        "队员：王值守；不合格项：回复切题；得分 50",
        "member: 王值守; not in order: reply answers the question; score 50",
    );
}

#[test]
fn a_fact_of_a_newer_daemon_is_told_as_it_stands() {
    check(&json!({ "weather": "rain" }), "weather: \"rain\"", "weather: \"rain\"");
}

/// Weeks as they are, and acts of any kind at any moment.
fn lines() -> (Vec<LogEntry>, WeekReport) {
    let (mut book, mut dice) = (Book::new(), example::Dice(7));
    example::week(&mut book, &mut dice, start() + DAY, (1001, 64));
    for number in 1..=60 {
        any_acts(&mut book, &mut dice, number);
    }
    let report = report(&book.entries, None);
    (book.entries, report)
}

#[test]
fn no_code_and_no_json_stands_on_the_sheet_of_a_case() {
    let (lines, report) = lines();
    for line in &lines {
        for lang in [Lang::Zh, Lang::En] {
            let told = facts(&report, line, lang);
            for bad in ["{", "}", "[", "\"", "_", "null", "true", "⟦"] {
                assert!(!told.contains(bad), "{bad} in {told} of {}", line.detail);
            }
        }
    }
}

#[test]
fn the_sheet_of_a_case_links_its_evidence_and_names_who_did_what() {
    let (lines, report) = lines();
    let case = report.ledger.iter().find(|case| case.is_confirmed()).unwrap();
    let mine: Vec<&LogEntry> = lines.iter().filter(|line| line.ticket == case.id).collect();
    let files = ["01-snapshot.jpg".to_owned(), "02-clip.mp4".to_owned()];
    for (lang, words) in [
        (Lang::Zh, ["系统", "静图", "片段", "核查属实"]),
        (Lang::En, ["the system", "still", "clip", "confirmed"]),
    ] {
        let page = html(&case_sheet(&report, case, &mine, &files, lang), "1");
        sane(&page);
        assert!(page.contains("<a href=\"02-clip.mp4\">02-clip.mp4</a>"));
        for word in words {
            assert!(page.contains(word), "{word} is missing");
        }
    }
}
