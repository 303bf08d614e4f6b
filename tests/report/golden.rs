//! A week whose figures were worked out by hand; each line says what it adds.

use gengfu::ticket::act::Act;
use gengfu::ticket::log::LogEntry;
use gengfu::ticket::{Role, Severity};

use super::book::{
    Book, LEADER, OPERATOR, SECOND, SYSTEM, Seen, ack, classify, confirm, dispatch, on_scene,
    reply, review,
};
use super::{HOUR, MINUTE, start};

/// An observation of one rule of one camera.
pub(crate) fn seen(number: i64, severity: Severity, at: i64) -> Seen {
    Seen {
        number,
        camera: ("east-square", "东广场（旧名）"),
        rule: Some(("night", "夜间闯入")),
        place: "东广场喷泉旁",
        severity,
        category: "intrusion",
        at,
        lag_ms: 500,
    }
}

const CHEN: (&str, Role) = ("chen", Role::PatrolMember);

/// Seven tickets.
pub(crate) fn week() -> Vec<LogEntry> {
    let mut book = Book::new();
    let monday = start();
    // 1: S2, everything on time, one firing joined, closed, scored 90.
    let at = monday + 22 * HOUR;
    let mut t = book.open(seen(1, Severity::S2, at));
    book.act(&mut t, SYSTEM, at + 5_000, &Act::Join);
    book.act(&mut t, OPERATOR, at + 10_000, &Act::Claim);
    book.act(&mut t, OPERATOR, at + 30_000, &confirm()); // verify 30 s
    book.act(&mut t, OPERATOR, at + 40_000, &classify("intrusion", Severity::S2, "东广场"));
    book.act(&mut t, OPERATOR, at + 50_000, &dispatch("o1", "chen")); // dispatch 20 s
    book.act(&mut t, CHEN, at + 80_000, &ack("o1")); // ack 30 s: on the first bucket's edge
    book.act(&mut t, CHEN, at + 80_000 + 6 * MINUTE, &on_scene("o1")); // arrive 6 min
    book.act(&mut t, CHEN, at + 50_000 + 20 * MINUTE, &reply("o1", "advice_given")); // reply 20 min
    book.act(&mut t, SECOND, at + HOUR, &Act::CheckPass { note: String::new() });
    book.act(&mut t, LEADER, at + 2 * HOUR, &review(Some(3))); // 9 of 10
    // 2: S1, acknowledged after 150 s of 60 s (late, far over), closed, not reviewed.
    let at = monday + 24 * HOUR;
    let mut t = book.open(seen(2, Severity::S1, at));
    book.act(&mut t, OPERATOR, at + 20_000, &confirm());
    book.act(&mut t, OPERATOR, at + 30_000, &classify("fire_smoke", Severity::S1, "东广场"));
    book.act(&mut t, OPERATOR, at + 40_000, &dispatch("o2", "chen"));
    book.act(&mut t, CHEN, at + 190_000, &ack("o2"));
    book.act(&mut t, CHEN, at + 250_000, &on_scene("o2")); // arrive 60 s
    book.act(&mut t, CHEN, at + 400_000, &reply("o2", "handed_to_119"));
    book.act(&mut t, SECOND, at + 30 * MINUTE, &Act::CheckPass { note: String::new() });
    // 3: false alarm after 3 min of 2 min: a late verdict.
    let at = monday + 30 * HOUR;
    let mut t = book.open(seen(3, Severity::S2, at));
    let animal = Act::FalseAlarm { reason: "animal".into(), note: String::new() };
    book.act(&mut t, OPERATOR, at + 3 * MINUTE, &animal);
    // 4: a test. 5: nobody could tell, its clock of 5 min ran over.
    // 6: nobody has looked; filed late.
    let mut t = book.open(seen(4, Severity::S3, monday + 31 * HOUR));
    book.act(&mut t, OPERATOR, monday + 31 * HOUR + 9_000, &Act::TestAlarm { note: "x".into() });
    let at = monday + 32 * HOUR;
    let mut t = book.open(seen(5, Severity::S3, at));
    book.act(&mut t, OPERATOR, at + 5_000, &Act::Claim);
    book.act(&mut t, OPERATOR, at + 9_000, &Act::Undetermined { note: "雾".into() });
    book.open(Seen { lag_ms: 2_500, ..seen(6, Severity::S4, monday + 7 * 24 * HOUR - MINUTE) });
    // 7: the last millisecond of the week before: in no figure of this week.
    book.open(Seen { lag_ms: 0, ..seen(7, Severity::S3, monday - 1) });
    book.entries
}
