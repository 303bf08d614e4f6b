//! A made-up but plausible week: about sixty tickets from a small generator with a fixed seed.

use gengfu::ticket::act::Act;
use gengfu::ticket::{Severity, Ticket};

use super::book::{
    Book, LEADER, OPERATOR, SECOND, SYSTEM, Seen, ack, classify, confirm, dispatch, on_scene,
    reply, review,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

const CAMERAS: [(&str, &str, &str); 6] = [
    ("east-square", "07 东广场", "东广场喷泉旁"),
    ("fire-lane", "08 消防通道", "3 号楼消防通道"),
    ("north-path", "02 北步道", "北步道中段"),
    ("south-gate", "03 南门", "南门岗亭"),
    ("bike-shed", "16 车棚", "非机动车棚"),
    ("roof-5", "21 五号楼顶", "五号楼顶平台"),
];
const RULES: [(&str, &str); 3] =
    [("night-intrusion", "夜间闯入"), ("loitering", "徘徊"), ("left-object", "遗留物品")];
const KINDS: [(&str, Severity); 8] = [
    ("intrusion", Severity::S2),
    ("suspicious_situation", Severity::S3),
    ("object_left", Severity::S3),
    ("fire_lane_blocked", Severity::S3),
    ("fire_smoke", Severity::S1),
    ("environment_disorder", Severity::S4),
    ("person_down", Severity::S1),
    ("facility_damage", Severity::S4),
];
pub(super) const MEMBERS: [(&str, &str); 5] =
    [("chen", "陈建国"), ("zhou", "周敏"), ("wu", "吴强"), ("sun", "孙丽华"), ("he", "何勇")];
const ENDS: [&str; 6] = [
    "resolved_on_scene",
    "advice_given",
    "gone_on_arrival",
    "unfounded",
    "handed_to_department",
    "needs_follow_up",
];
const FALSE: [&str; 5] = ["animal", "light_shadow", "vegetation", "weather", "rule_wrong"];

/// Numbers that look random and never change (constants of Knuth's MMIX generator).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n).unwrap()
    }

    fn ms(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from).unwrap())).unwrap()
    }
}

/// `n` tickets from `start` on over seven days.
pub(super) fn week(book: &mut Book, dice: &mut Dice, start: i64, (first, n): (i64, i64)) {
    for number in first..first + n {
        let camera = CAMERAS[dice.below(3).min(dice.below(6))];
        let (kind, severity) = KINDS[dice.below(8)];
        let evening = if dice.below(3) > 0 { 16 } else { 4 };
        let day = i64::try_from(dice.below(7)).unwrap();
        let at = start + day * 24 * HOUR + (evening + dice.ms(0, 8)) * HOUR + dice.ms(0, HOUR);
        let manual = dice.below(9) == 0;
        let mut ticket = book.open(Seen {
            number,
            camera: (camera.0, camera.1),
            rule: (!manual).then(|| RULES[dice.below(3)]),
            place: camera.2,
            severity,
            category: kind,
            at,
            lag_ms: if dice.below(25) == 0 { 3400 } else { dice.ms(80, 900) },
        });
        live(book, dice, &mut ticket, at);
    }
}

fn live(book: &mut Book, dice: &mut Dice, ticket: &mut Ticket, at: i64) {
    let mut now = at + dice.ms(8_000, 20_000);
    for _ in 0..dice.below(4) {
        book.act(ticket, SYSTEM, now, &Act::Join);
        now += dice.ms(1_000, 9_000);
    }
    if dice.below(30) == 0 {
        return;
    }
    book.act(ticket, OPERATOR, now, &Act::Claim);
    now += dice.ms(4_000, 70_000);
    match dice.below(20) {
        0 => book.act(ticket, OPERATOR, now, &Act::Undetermined { note: "看不清".into() }),
        1 => book.act(ticket, OPERATOR, now, &Act::TestAlarm { note: String::new() }),
        2..=8 => {
            let reason = FALSE[dice.below(3).min(dice.below(5))].to_owned();
            book.act(ticket, OPERATOR, now, &Act::FalseAlarm { reason, note: String::new() })
        }
        _ => {
            book.act(ticket, OPERATOR, now, &confirm());
            order(book, dice, ticket, now);
            true
        }
    };
}

fn order(book: &mut Book, dice: &mut Dice, ticket: &mut Ticket, confirmed: i64) {
    let life = ticket.life.clone();
    let mut now = confirmed + dice.ms(2_000, 9_000);
    book.act(ticket, OPERATOR, now, &classify(&life.proposed_category, life.severity, &life.place));
    now += dice.ms(2_000, 24_000);
    let member = MEMBERS[dice.below(5).min(dice.below(5))].0;
    let who = (member, gengfu::ticket::Role::PatrolMember);
    let mut offer = format!("o-{}", ticket.number);
    book.act(ticket, OPERATOR, now, &dispatch(&offer, member));
    if dice.below(12) == 0 {
        let refuse = Act::Refuse { offer: offer.clone(), reason: "busy_higher_priority".into() };
        book.act(ticket, who, now + 20_000, &refuse);
        offer += "b";
        now += 40_000;
        book.act(ticket, OPERATOR, now, &dispatch(&offer, member));
    }
    if dice.below(25) == 0 {
        return;
    }
    now += dice.ms(9_000, 70_000) * if dice.below(8) == 0 { 3 } else { 1 };
    book.act(ticket, who, now, &ack(&offer));
    now += dice.ms(90_000, 330_000) * if dice.below(9) == 0 { 2 } else { 1 };
    book.act(ticket, who, now, &on_scene(&offer));
    now += dice.ms(3 * MINUTE, 14 * MINUTE);
    book.act(ticket, who, now, &reply(&offer, ENDS[dice.below(6).min(dice.below(6))]));
    if dice.below(14) == 0 {
        now += 5 * MINUTE;
        book.act(ticket, SECOND, now, &Act::CheckReturn { reason: "照片看不清".into() });
        now += 9 * MINUTE;
        book.act(ticket, who, now, &reply(&offer, "resolved_on_scene"));
    }
    now += dice.ms(5 * MINUTE, 50 * MINUTE);
    book.act(ticket, SECOND, now, &Act::CheckPass { note: String::new() });
    if dice.below(3) == 0 {
        let no = (dice.below(2) == 0).then(|| dice.below(10));
        book.act(ticket, LEADER, now + 8 * HOUR, &review(no));
    }
}
