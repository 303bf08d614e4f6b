//! The weekly report: totals are the ledger's, the same rows give the same bytes, a golden week.

#[path = "report/book.rs"]
pub(crate) mod book;
#[path = "report/case.rs"]
mod case;
#[path = "report/example.rs"]
mod example;
#[path = "report/golden.rs"]
pub(crate) mod golden;
#[path = "report/forms.rs"]
mod forms;
#[path = "report/scores.rs"]
mod scores;
#[path = "report/volume.rs"]
mod volume;

use std::collections::BTreeMap;

use gengfu::clock::UnixMs;
use gengfu::duty::attendance::{Attendance, Off};
use gengfu::duty::{Line, Turn};
use gengfu::regulation::Measure;
use gengfu::report::cover::DutyRows;
use gengfu::report::sheet::Block;
use gengfu::report::week_report;
use gengfu::report::{
    Lang, Reference, Rows, Week, WeekReport, render_csv, render_html, render_json,
};
use gengfu::ticket::act::Act;
use gengfu::ticket::ladder::{self, Due};
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{ClockName, Role, Severity};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use golden::seen;

use book::{
    Book, LEADER, OPERATOR, SECOND, SYSTEM, Seen, ack, classify, confirm, dispatch, on_scene,
    reply, review,
};

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
pub(crate) const WEEK: &str = "2026-W47";

fn zone() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

pub(crate) fn start() -> i64 {
    Week::parse(WEEK).unwrap().bounds(&zone()).0.0
}

/// Cut off `after_ms` after the week's end.
pub(crate) fn reference(after_ms: i64) -> Reference {
    let members = example::MEMBERS.iter().chain(&[("wang", "王值守"), ("zhao", "赵值守")]);
    Reference {
        site_name: "梧桐里社区综治中心".into(),
        time_zone: zone(),
        cut_off: Week::parse(WEEK).unwrap().bounds(&zone()).1.plus_ms(after_ms),
        people: members.map(|(name, display)| ((*name).into(), (*display).into())).collect(),
        cameras: BTreeMap::from([("east-square".into(), "07 东广场".into())]),
        duty: Default::default(),
        rows: Rows::default(),
    }
}

fn report(entries: &[LogEntry], previous: Option<&[LogEntry]>) -> WeekReport {
    week_report(entries, previous, &Week::parse(WEEK).unwrap(), &reference(0))
}

#[test]
fn the_golden_week_is_as_worked_out_by_hand() {
    let report = report(&golden::week(), None);
    let sum = &report.overview;
    let n = [
        sum.observations.n(),
        sum.confirmed.n(),
        sum.false_alarms.n(),
        sum.undetermined.n(),
        sum.waiting.n(),
        sum.tests.n(),
        sum.dispatched.n(),
        sum.closed.n(),
        sum.open.n(),
    ];
    assert_eq!(n, [6, 2, 1, 1, 1, 1, 2, 2, 2]);
    assert_eq!((sum.joined, sum.closed_in_time.n()), (1, 1));
    let row = report.overall(ClockName::Ack).unwrap();
    assert_eq!(
        (row.kept.n, row.kept.on_time, row.p50_ms, row.p90_ms),
        (2, 1, Some(30_000), Some(150_000))
    );
    let ack: Vec<usize> = report.distributions[0].buckets.iter().map(|b| b.n).collect();
    assert_eq!(ack, [1, 0, 0, 1, 0]);
    // Shown: 5 of 6 alarms within 2 s. Verified: late are 3 and 5; 6 still runs. Supervised: one of
    // eight runs late.
    let expect = [
        ("shown", Some(5.0 / 6.0)),
        ("verified", Some(3.0 / 5.0)),
        ("evidence", Some(1.0)),
        ("dispatched", Some(1.0)),
        ("supervised", Some(7.0 / 8.0)),
        ("fired", None),
        ("checked", Some(1.0)),
        ("reviewed", Some(0.5)),
    ];
    let shares: Vec<_> = report.findings.iter().map(|f| (f.check, f.share())).collect();
    assert_eq!(shares[..8], expect);
    let unmeasured = |f: &&gengfu::regulation::Finding| f.measure == Measure::NotMeasured;
    let unmeasured: Vec<_> = report.findings.iter().filter(unmeasured).map(|f| f.check).collect();
    let expect = ["fired", "reported", "available", "recorded", "maintained", "viewed", "exported"];
    assert_eq!(unmeasured, expect);
    let open: Vec<(i64, bool)> =
        report.open.iter().map(|r| (r.ticket.number, r.carried_over)).collect();
    assert_eq!(open, [(7, true), (5, false), (6, false)]);
    assert_eq!(report.members[0].score, Some(90.0));
    assert_eq!(report.hours.0[0][22].n() + report.hours.0[1][0].n() + report.hours.0[6][23].n(), 3);
    insta::assert_snapshot!("golden_week", render_json(&report));
}

#[test]
fn lines_at_the_cut_off_are_not_in_the_report() {
    let entries = golden::week();
    let at = entries.iter().find(|e| e.input == "check_pass").unwrap().at;
    let told = |cut_off: UnixMs| {
        let reference = Reference { cut_off, ..reference(0) };
        week_report(&entries, None, &Week::parse(WEEK).unwrap(), &reference).overview.closed.n()
    };
    assert_eq!((told(at), told(at.plus_ms(1))), (0, 1));
}

/// The week with li on duty all the time but two minutes, and nobody signed on to stand-by.
fn guarded() -> DutyRows {
    let monday = UnixMs(start());
    let week = monday.plus_ms(7 * 24 * HOUR);
    let at = |minutes: i64| monday.plus_ms(8 * HOUR + minutes * MINUTE);
    let turn = |line| Turn { account: "wang".into(), line, starts: monday, ends: week };
    let there = |on, off: Option<UnixMs>| Attendance {
        id: String::new(),
        account: "wang".into(),
        line: Line::Duty,
        on,
        via: "console".into(),
        turn: None,
        reason: String::new(),
        off: off.map(|at| Off { at, by: "wang".into(), reason: String::new() }),
    };
    DutyRows {
        begin: Some(monday),
        turns: vec![turn(Line::Duty), turn(Line::Standby)],
        attendance: vec![there(monday, Some(at(-1))), there(at(1), None)],
    }
}

#[test]
fn the_cover_of_duty_is_told_to_the_minute() {
    let reference = Reference { duty: guarded(), ..reference(0) };
    let week = Week::parse(WEEK).unwrap();
    let report = week_report(&golden::week(), None, &week, &reference);
    let duty = &report.duty[0];
    assert_eq!(duty.present.covered_ms() / MINUTE, 10_080 - 2);
    assert_eq!((duty.roster.gaps.len(), duty.present.gaps.len()), (0, 1));
    assert_eq!((duty.days[0].present_min, duty.days[1].present_min), (1438, 1440));
    let page = render_html(&report, Lang::Zh);
    assert!(page.contains("11-16 07:59–08:01（2 分）"), "the gap is named");
    assert!(page.contains("99.9%") && page.contains("10080 分"), "{page}");
    let page = render_html(&report, Lang::En);
    assert!(page.contains("11-16 07:59–08:01 (2 min)") && page.contains("stand-by"));
    sane(&page);
    let table = render_csv(&report);
    assert!(table.contains("duty,duty present,covered_min,10078"), "{table}");
    assert!(table.contains("duty,duty present,gap,2026-11-16 07:59–08:01"));
    let json: serde_json::Value = serde_json::from_str(&render_json(&report)).unwrap();
    assert_eq!(json["duty"][0]["present"]["gaps"][0]["from_ms"], start() + 8 * HOUR - MINUTE);
    assert_eq!(json["duty"][1]["present"]["share"], 0.0);
    let unknown = render_html(&self::report(&golden::week(), None), Lang::En);
    assert!(unknown.contains("somebody signed on to duty in every minute"));
    assert!(unknown.contains("not measured yet"), "without rows nothing is made up");
}

#[test]
fn a_week_without_data_says_so() {
    let report = report(&[], None);
    assert_eq!((report.basis.lines, report.ledger.len()), (0, 0));
    assert!(render_html(&report, Lang::Zh).contains("本周没有任何记录"));
    assert!(render_html(&report, Lang::En).contains("There is no data for this week"));
    sane(&render_html(&report, Lang::En));
    assert!(render_csv(&report).contains("clauses,VM-1 shown,share,no case,"));
    assert!(render_json(&report).contains("\"n\": 0"));
}

#[test]
fn texts_from_outside_are_never_markup_or_formulas() {
    let mut book = Book::new();
    let evil = "=cmd()<script>alert(1)</script>\"'";
    let mut t = book.open(Seen { place: evil, ..seen(1, Severity::S3, start() + HOUR) });
    book.act(&mut t, OPERATOR, start() + HOUR + 1000, &confirm());
    let report = report(&book.entries, None);
    let page = render_html(&report, Lang::Zh);
    sane(&page);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;"));
    assert!(render_csv(&report).contains("\"'=cmd()<script>alert(1)</script>\"\"'\""));
}

/// No words are missing, nothing comes from outside, every tag that opens closes.
fn sane(page: &str) {
    for bad in ["⟦", "{0}", "{1}", "<script", "http://", "https://", "url(/", "NaN"] {
        assert!(!page.contains(bad), "{bad} is on the page");
    }
    let body = &page[page.find("<body>").unwrap()..];
    let mut open: Vec<&str> = vec!["html"];
    for part in body.split('<').skip(1) {
        let tag = &part[..part.find('>').unwrap()];
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "closed in the wrong order"),
            (false, true) => {}
            (false, false) => open.push(name),
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "left open");
}

fn example_week() -> WeekReport {
    let mut dice = example::Dice(47);
    let (mut now, mut before) = (Book::new(), Book::new());
    example::week(&mut before, &mut dice, start() - 7 * 24 * HOUR, (1001, 58));
    example::week(&mut now, &mut dice, start(), (1059, 64));
    report(&now.entries, Some(&before.entries))
}

#[test]
fn a_full_week_prints_in_both_languages() {
    let report = example_week();
    for lang in [Lang::Zh, Lang::En] {
        let page = render_html(&report, lang);
        sane(&page);
        assert!(page.contains("<a href=\"/console?ticket=t-01059\" target=\"_top\">1059</a>"));
        // To look at the pages: GENGFU_REPORT_OUT=folder cargo test.
        if let Ok(folder) = std::env::var("GENGFU_REPORT_OUT") {
            std::fs::write(format!("{folder}/report-{}.html", lang.tag()), page).unwrap();
            std::fs::write(format!("{folder}/report.csv"), render_csv(&report)).unwrap();
            std::fs::write(format!("{folder}/report.json"), render_json(&report)).unwrap();
        }
    }
}

#[test]
fn a_member_is_not_named_for_what_the_centre_left_undone() {
    let report = example_week();
    let sheet = gengfu::report::page::sheet(&report, Lang::En);
    let appendix = |block: &Block| matches!(block, Block::Appendix(text) if text.contains("A ·"));
    let at = sheet.blocks.iter().position(appendix).unwrap();
    let Block::Table(table) = &sheet.blocks[at + 1] else { panic!("no table of violations") };
    let members: Vec<&str> = example::MEMBERS.iter().map(|(_, display)| *display).collect();
    let mut seen = 0;
    for row in &table.rows {
        let [clause, what, who] = [0, 5, 7].map(|at| row[at].words());
        let members_own =
            clause == "4 Supervise" && ["acknowledge", "arrive", "reply"].contains(&&*what);
        assert!(members_own || !members.contains(&&*who), "{clause}: {what} is laid to {who}");
        seen += usize::from(members_own && members.contains(&&*who));
    }
    assert!(seen > 0, "the week has late members");
    let equal = table.rows.windows(2).find(|rows| rows[0] == rows[1]);
    assert_eq!(equal, None, "equal rows are one that says how many they were");
}

#[test]
fn a_week_in_which_nothing_was_sent_has_no_empty_pictures() {
    let mut book = Book::new();
    book.open(seen(1, Severity::S3, start() + HOUR));
    let report = report(&book.entries, None);
    let page = render_html(&report, Lang::En);
    sane(&page);
    assert!(!page.contains("class=\"bars\"") && page.contains("Nothing was acknowledged"));
    assert!(page.contains("none is decided yet") && !page.contains("— of those decided"));
}

/// All forms that are text.
fn bytes(report: &WeekReport) -> [String; 3] {
    [render_html(report, Lang::En), render_csv(report), render_json(report)]
}

/// Acts of any kind at any moment by anybody; the life of a ticket refuses what does not fit.
fn any_acts(book: &mut Book, dice: &mut example::Dice, number: i64) {
    let severities = [Severity::S1, Severity::S2, Severity::S3, Severity::S4];
    let mut now = start() + i64::try_from(dice.below(8 * 24 * 3600)).unwrap() * 1000 - 12 * HOUR;
    let mut ticket = book.open(seen(number, severities[dice.below(4)], now));
    for turn in 0..dice.below(40) {
        now += i64::try_from(dice.below(400)).unwrap() * 1000;
        let offer = ticket.life.state.offer().map_or_else(String::new, |offer| offer.id.clone());
        let member =
            ticket.life.state.offer().map_or("chen", |offer| offer.member.as_str()).to_owned();
        let (who, act) = match dice.below(14) {
            0 => (SYSTEM, Act::Join),
            1 => (OPERATOR, Act::Claim),
            2 => (OPERATOR, Act::Undetermined { note: String::new() }),
            3 if dice.below(3) == 0 => (OPERATOR, Act::TestAlarm { note: String::new() }),
            4 if dice.below(3) == 0 => {
                (OPERATOR, Act::FalseAlarm { reason: "animal".into(), note: String::new() })
            }
            3..=5 => (OPERATOR, confirm()),
            6 => (OPERATOR, classify("fight", severities[dice.below(4)], "门口")),
            7 => {
                (OPERATOR, dispatch(&format!("o{number}-{turn}"), ["chen", "zhou"][dice.below(2)]))
            }
            8 => ((member.as_str(), Role::PatrolMember), ack(&offer)),
            9 => ((member.as_str(), Role::PatrolMember), on_scene(&offer)),
            10 => ((member.as_str(), Role::PatrolMember), reply(&offer, "unfounded")),
            11 if dice.below(2) == 0 => (SECOND, Act::CheckReturn { reason: "重拍".into() }),
            11 => (SECOND, Act::CheckPass { note: String::new() }),
            12 if dice.below(4) == 0 => (OPERATOR, Act::Withdraw { reason: "有误".into() }),
            12 => (LEADER, review(Some(0))),
            _ => {
                let due = ladder::due(&ticket.life, &book.policy, UnixMs(now));
                let Some(deadline) = due else { continue };
                (SYSTEM, Act::Due(Due { deadline, to: Vec::new() }))
            }
        };
        book.act(&mut ticket, who, now, &act);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn totals_are_the_ledgers_and_order_does_not_matter(seed in any::<u64>(), tickets in 0i64..30) {
        let (mut book, mut dice) = (Book::new(), example::Dice(seed));
        for number in 1..=tickets {
            any_acts(&mut book, &mut dice, number);
        }
        let told = report(&book.entries, None);
        totals(&told, &book.entries);
        let mut mixed = book.entries.clone();
        for n in (1..mixed.len()).rev() {
            mixed.swap(n, dice.below(n as u64 + 1));
        }
        prop_assert_eq!(bytes(&told), bytes(&report(&mixed, None)));
        sane(&render_html(&told, Lang::Zh));
    }
}

/// Every total against a count of its own over the log.
fn totals(report: &WeekReport, entries: &[LogEntry]) {
    let (start, end) = (report.basis.start, report.basis.end);
    let lines = || entries.iter().filter(|line| line.at < report.basis.cut_off);
    let opened: Vec<&LogEntry> =
        lines().filter(|line| line.input == "open" && (start..end).contains(&line.at)).collect();
    let ours = |line: &&LogEntry| opened.iter().any(|open| open.ticket == line.ticket);
    let with = |input: &str| lines().filter(ours).filter(|line| line.input == input).count();
    let sum = &report.overview;
    assert_eq!(sum.observations.n(), opened.len());
    assert_eq!(sum.joined as usize, with("join"));
    assert_eq!(sum.confirmed.n(), with("confirm"));
    assert_eq!(sum.false_alarms.n(), with("false_alarm"));
    assert_eq!(sum.tests.n(), with("test_alarm"));
    assert_eq!(sum.closed.n(), with("check_pass"));
    assert_eq!(report.members.iter().map(|m| m.orders).sum::<usize>(), with("dispatch"));
    assert_eq!(report.reviews.reviewed.n(), with("review"));
    let decided = sum.confirmed.n() + sum.false_alarms.n();
    let parts = decided + sum.undetermined.n() + sum.waiting.n() + sum.tests.n();
    assert_eq!(parts, sum.observations.n());
    assert_eq!(sum.open.n() + sum.closed.n() + sum.false_alarms.n() + sum.tests.n(), parts);
    let cells = report.hours.0.iter().flatten().map(|tally| tally.n()).sum::<usize>();
    assert_eq!(cells, opened.len());
    let kinds =
        report.categories.iter().flat_map(|row| &row.confirmed).map(|t| t.n()).sum::<usize>();
    assert_eq!(kinds, sum.confirmed.n());
    assert_eq!(report.places.iter().map(|row| row.observations.n()).sum::<usize>(), opened.len());
    assert_eq!(report.false_alarms.iter().map(|row| row.decided.n()).sum::<usize>(), decided);
    let acked = report.distributions[0].buckets.iter().map(|bucket| bucket.n).sum::<usize>();
    let met = report.overall(ClockName::Ack).map_or(0, |row| row.met);
    assert!(acked == met || report.overall(ClockName::Ack).is_none());
}
