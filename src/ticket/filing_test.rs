//! Which firings are one incident and which are not, as a table.

use super::*;
use crate::camera::CameraId;
use crate::config::Policy as Clocks;
use crate::detect::Class;
use crate::event::Reason;
use crate::ticket::{Source, TicketId};

const COALESCE_MS: i64 = 60_000;

/// A firing in short.
#[derive(Clone)]
struct Short {
    camera: &'static str,
    rule: &'static str,
    kind: RuleKind,
    class: Option<Class>,
    track: Option<u64>,
    /// Where the feet are.
    foot: [f32; 2],
    severity: Severity,
    category: &'static str,
    s: i64,
}

fn person(s: i64) -> Short {
    Short {
        camera: "gate",
        rule: "night",
        kind: RuleKind::ZoneObject,
        class: Some(Class::Person),
        track: Some(7),
        foot: [0.3, 0.8],
        severity: Severity::S3,
        category: "intrusion",
        s,
    }
}

fn motion(s: i64) -> Short {
    let kind = RuleKind::ZoneMotion;
    let class = None;
    let category = "suspicious_situation";
    Short { rule: "moves", kind, class, track: None, category, ..person(s) }
}

fn fired(short: &Short) -> Fired {
    let [x, y] = short.foot;
    Fired {
        camera: CameraId::try_from(short.camera).expect("an id"),
        reason: Reason {
            rule: short.rule.into(),
            zone: "yard".into(),
            kind: short.kind,
            class: short.class,
            score: 0.8,
            dwell_ms: 1_000,
            armed: "22:00-06:00".into(),
            facts: Default::default(),
        },
        track: short.track,
        area: Some(Box01 { x0: x - 0.03, y0: y - 0.2, x1: x + 0.03, y1: y }),
        at: UnixMs(10_000_000 + short.s * 1_000),
    }
}

fn proposal(short: &Short) -> Proposal {
    Proposal { severity: short.severity, category: short.category.into(), place: "东门".into() }
}

fn ticket(number: i64, first: &Short) -> Ticket {
    let fired = fired(first);
    let origin = Origin {
        source: Source::VideoAlarm,
        camera: fired.camera.clone(),
        camera_name: String::new(),
        rule_name: String::new(),
        reason: Some(fired.reason.clone()),
        text: None,
        area: fired.area,
        at: fired.at,
    };
    let life = open(&origin, &proposal(first), &Policy::new(&Clocks::default()));
    Ticket { id: TicketId(number.to_string()), number, version: 1, origin, life }
}

/// Whether and why `next` joins the observation of `before`.
fn joined(before: &[Short], next: &Short) -> Option<Why> {
    let overlaps = [Overlap { cameras: vec!["gate".into(), "inside".into()], within_s: 10 }];
    let ticket = ticket(1, &before[0]);
    let firings: Vec<Fired> = before.iter().map(fired).collect();
    let proposal = proposal(next);
    let fired = fired(next);
    let firing = Firing { fired: &fired, proposal: &proposal, coalesce_ms: COALESCE_MS };
    joins(firing, Candidate { ticket: &ticket, firings: &firings }, &overlaps)
}

fn check(before: &[Short], next: Short, expect: Option<Why>) {
    let found = joined(before, &next);
    assert_eq!(found, expect, "{} {:?} at {} s", next.rule, next.track, next.s);
}

#[test]
fn the_same_track_is_one_incident_for_ten_minutes() {
    check(&[person(0)], person(5), Some(Why::SameTrack));
    check(&[person(0)], person(599), Some(Why::SameTrack));
    check(&[person(0)], person(601), None);
    // The same id at the other end of the zone, minutes later: the daemon has started anew.
    check(&[person(0)], Short { foot: [0.9, 0.8], ..person(300) }, None);
}

#[test]
fn another_track_near_by_joins_within_the_cool_down_and_not_after() {
    let other = |s| Short { track: Some(8), ..person(s) };
    check(&[person(0)], other(10), Some(Why::SameRule));
    check(&[person(0)], other(60), Some(Why::SameRule));
    check(&[person(0)], other(61), None);
    // Firings that joined move the cool-down on, up to ten times.
    let passing: Vec<Short> =
        (0..20).map(|i| Short { track: Some(100 + i as u64), ..person(i * 50) }).collect();
    check(&passing[..8], other(400), Some(Why::SameRule));
    check(&passing[..13], other(650), None);
}

#[test]
fn another_place_of_the_zone_is_another_event() {
    let other = |x| Short { track: Some(8), foot: [x, 0.8], ..person(10) };
    check(&[person(0)], other(0.55), Some(Why::SameRule));
    check(&[person(0)], other(0.65), None);
    // Who has walked there in the meantime is followed.
    let walked = [person(0), Short { foot: [0.5, 0.8], ..person(5) }];
    check(&walked, other(0.75), Some(Why::SameRule));
}

#[test]
fn another_rule_joins_for_the_same_object_and_matter_and_never_when_it_is_more_urgent() {
    let line = Short { rule: "line", kind: RuleKind::LineCrossed, ..person(10) };
    check(&[person(0)], line.clone(), Some(Why::SameObject));
    check(&[person(0)], Short { severity: Severity::S4, ..line.clone() }, Some(Why::SameObject));
    check(&[person(0)], Short { severity: Severity::S2, ..line.clone() }, None);
    check(&[person(0)], Short { category: "fight", ..line.clone() }, None);
    check(&[person(0)], Short { track: Some(8), ..line.clone() }, None);
    check(&[person(0)], Short { s: 61, ..line }, None);
}

#[test]
fn motion_joins_the_object_that_makes_it_and_an_object_never_joins_motion() {
    check(&[person(0)], motion(5), Some(Why::Motion));
    check(&[person(0)], Short { foot: [0.6, 0.8], ..motion(5) }, None);
    check(&[person(0)], Short { severity: Severity::S2, ..motion(5) }, None);
    check(&[motion(0)], person(5), None);
    check(&[motion(0)], motion(30), Some(Why::SameRule));
}

#[test]
fn a_camera_that_sees_the_same_place_joins_within_seconds() {
    let inside = |s| Short { camera: "inside", rule: "in", track: Some(3), ..person(s) };
    check(&[person(0)], inside(4), Some(Why::Overlap));
    check(&[person(0)], inside(10), Some(Why::Overlap));
    check(&[person(0)], inside(11), None);
    check(&[person(0)], Short { severity: Severity::S2, ..inside(4) }, None);
    check(&[person(0)], Short { category: "fight", ..inside(4) }, None);
    check(&[person(0)], Short { class: Some(Class::Vehicle), ..inside(4) }, None);
    check(&[person(0)], Short { camera: "far", ..inside(4) }, None);
}

#[test]
fn what_somebody_has_decided_about_takes_nothing_more() {
    let (first, next) = (person(0), person(5));
    let mut decided = ticket(1, &first);
    let clock = decided.life.state.clock().expect("a new ticket's clock runs");
    let (firings, proposal, fired) = ([fired(&first)], proposal(&next), fired(&next));
    let firing = Firing { fired: &fired, proposal: &proposal, coalesce_ms: COALESCE_MS };
    let state = |state| {
        joins(
            firing,
            Candidate {
                ticket: &Ticket { life: Life { state, ..decided.life.clone() }, ..decided.clone() },
                firings: &firings,
            },
            &[],
        )
    };
    assert_eq!(state(State::Verifying { by: "li".into(), clock }), Some(Why::SameTrack));
    let verified = crate::ticket::life::Verified { by: "li".into(), at: UnixMs(0) };
    assert_eq!(state(State::Confirmed { verified, clock }), None);
    decided.life.count = 2;
}

#[test]
fn the_surest_reason_is_taken_and_then_the_newest() {
    let old = ticket(1, &person(0));
    let new = ticket(2, &Short { track: Some(8), ..person(20) });
    let (old_firings, new_firings) =
        ([fired(&person(0))], [fired(&Short { track: Some(8), ..person(20) })]);
    let candidates = [
        Candidate { ticket: &old, firings: &old_firings },
        Candidate { ticket: &new, firings: &new_firings },
    ];
    let chosen = |next: Short| {
        let (fired, proposal) = (fired(&next), proposal(&next));
        let firing = Firing { fired: &fired, proposal: &proposal, coalesce_ms: COALESCE_MS };
        choose(firing, &candidates, &[]).map(|(ticket, why)| (ticket.number, why))
    };
    assert_eq!(chosen(person(30)), Some((1, Why::SameTrack)));
    assert_eq!(chosen(Short { track: Some(9), ..person(30) }), Some((2, Why::SameRule)));
    assert_eq!(chosen(Short { track: Some(9), ..person(300) }), None);
}

#[test]
fn neighbours_are_those_that_share_a_place() {
    let overlap = |cameras: &[&str], within_s| Overlap {
        cameras: cameras.iter().map(|id| (*id).to_owned()).collect(),
        within_s,
    };
    let overlaps = [overlap(&["a", "b"], 5), overlap(&["b", "c", "d"], 20)];
    assert_eq!(neighbours("a", &overlaps), [("b", 5_000)]);
    assert_eq!(neighbours("b", &overlaps), [("a", 5_000), ("c", 20_000), ("d", 20_000)]);
    assert_eq!(neighbours("e", &overlaps), []);
}

#[test]
fn firings_of_one_place_stay_together_and_in_order() {
    let overlap =
        |cameras: [&str; 2]| Overlap { cameras: cameras.map(Into::into).into(), within_s: 5 };
    let overlaps = [overlap(["a", "b"]), overlap(["b", "c"])];
    let check = |firings: &str, expect: &[&str]| {
        let apart = apart(firings.split(' ').collect(), |firing: &&str| &firing[..1], &overlaps);
        let told: Vec<String> = apart.iter().map(|together| together.join(" ")).collect();
        assert_eq!(told, expect, "{firings}");
    };
    check("a1 x1 c1 y1 b1 x2", &["a1 c1 b1", "x1 x2", "y1"]);
    check("z1", &["z1"]);
}
