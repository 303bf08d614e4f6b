//! The parts of what is normal, on made-up streets.

use super::alarm::{Alarm, Blocks, Tail};
use super::file::{self, FileError};
use super::height::Heights;
use super::histogram::Histogram;
use super::lesson::{Notes, TooLittle};
use super::memory::Memory;
use super::observe::{Moved, Observation};
use super::reason::{Tongue, reasons, told};
use super::smooth::{Causal, Lagged};
use super::trail::Trails;
use super::usual::{Usual, WeekHour};
use super::watch::Watch;
use super::{Normal, Term};
use crate::clock::UnixMs;
use crate::detect::candidate::{Kind, Looks};
use crate::detect::{Box01, Class};

/// Somebody at a place, walking to the right at a body height a second.
fn walker(x: f32, y: f32, seed: u32) -> Observation {
    let height = 0.1 + 0.2 * y;
    // Looks of a length of about one: one part stands out, which one is the seed's choice of four.
    let looks = |length: usize| {
        let part = |at: usize| if at == (seed % 4) as usize { 100 } else { (seed % 7) as i8 };
        (0..length).map(part).collect()
    };
    Observation {
        area: Box01 { x0: x - height / 6.0, y0: y - height, x1: x + height / 6.0, y1: y },
        aspect: 1.0,
        score: 0.9,
        class: Some(Class::Person),
        kind: (Kind::Bicycle, 0.01),
        looks: Looks { near: looks(128), far: looks(256) },
        own: None,
        moved: Some(Moved { speed: height, right: height, down: 0.0 }),
    }
}

fn cyclist(x: f32, y: f32) -> Observation {
    let usual = walker(x, y, 0);
    let looks = |length: usize| (0..length).map(|at| if at == 60 { 120 } else { -5 }).collect();
    Observation {
        class: Some(Class::Bicycle),
        kind: (Kind::Bicycle, 0.46),
        looks: Looks { near: looks(128), far: looks(256) },
        moved: usual.moved.map(|moved| Moved { speed: 3.0 * moved.speed, ..moved }),
        ..usual
    }
}

/// Walkers on a street, three at a time, ten pictures a second, in eight files.
fn street() -> Notes {
    let mut notes = Notes::default();
    for file in 0..8_u32 {
        notes.begin_file();
        for at in 0..15_u32 {
            let who = |lane: u32| {
                let mut one = walker(0.1 + 0.048 * at as f32, 0.4 + 0.2 * lane as f32, file + lane);
                // Nobody walks like clockwork.
                let pace = 0.8 + 0.1 * ((at * 7 + lane * 3 + file) % 5) as f32;
                one.moved = one.moved.map(|moved| Moved { speed: pace * moved.speed, ..moved });
                (one, 0.1)
            };
            notes.add(UnixMs(i64::from(at) * 400), 0.4, (0..3).map(who).collect());
        }
    }
    notes
}

fn learnt() -> &'static Normal {
    static LEARNT: std::sync::OnceLock<Normal> = std::sync::OnceLock::new();
    LEARNT.get_or_init(|| street().learn().expect("enough"))
}

#[test]
fn a_cyclist_is_not_normal_and_the_reason_says_why() {
    let normal = learnt();
    let judge = |thing: &Observation| normal.judge(normal.terms(thing, 0.0, None));
    let (usual, other) = (judge(&walker(0.5, 0.6, 1)), judge(&cyclist(0.5, 0.6)));
    assert!(usual.score < 1.0 && other.score > 4.0, "{usual:?} {other:?}");
    let why = reasons(normal, &cyclist(0.5, 0.6), &other, 0.0);
    let (zh, en) = (told(&why, Tongue::Zh), told(&why, Tongue::En));
    assert!(en.contains("3.0 times the usual speed"), "{en}");
    assert!(en.contains("like a bicycle (46 %), where hardly any vehicle passes"), "{en}");
    assert!(zh.contains("速度为平时的 3.0 倍") && zh.contains("像自行车（46%）"), "{zh}");
}

#[test]
fn the_same_footage_teaches_the_same_and_too_little_teaches_nothing() {
    assert_eq!(street().learn().as_ref(), Ok(learnt()));
    let mut little = Notes::default();
    little.begin_file();
    little.add(UnixMs(0), 0.1, vec![(walker(0.5, 0.5, 0), 0.0)]);
    assert_eq!(little.learn(), Err(TooLittle { frames: 1 }));
}

#[test]
fn a_file_gives_back_what_was_written_and_refuses_what_was_changed() {
    let normal = learnt();
    let bytes = file::write(normal, "model");
    assert_eq!(file::read(&bytes, "model").expect("good"), *normal);
    assert!(matches!(file::read(&bytes, "other"), Err(FileError::Model)));
    assert!(matches!(file::read(b"{}", "model"), Err(FileError::Syntax(_))));
    let text = String::from_utf8(bytes).expect("text");
    let changed = text.replacen("\"seen\":", "\"seen\":1", 1);
    assert!(matches!(file::read(changed.as_bytes(), "model"), Err(FileError::Changed)));
    let later = text.replacen("\"version\":1", "\"version\":2", 1);
    let refusal = file::read(later.as_bytes(), "model").expect_err("later");
    assert!(refusal.to_string().contains("version 2"), "{refusal}");
    let cut = &text[..text.len() / 2];
    assert!(matches!(file::read(cut.as_bytes(), "model"), Err(FileError::Changed)));
}

#[test]
fn the_height_of_a_person_follows_the_ground() {
    let mut heights = Heights::default();
    let far = walker(0.5, 0.4, 0);
    assert!((heights.expected(&far) - far.height()).abs() < 1e-6, "its own before it is known");
    for at in 0..600 {
        heights.add(&walker(0.5, 0.3 + 0.6 * (at % 10) as f32 / 10.0, 0));
    }
    let (slope, begin) = heights.line().expect("600 boxes");
    assert!((slope - 0.2).abs() < 1e-3 && (begin - 0.1).abs() < 1e-3, "{slope} {begin}");
    let mut standing = Heights::default();
    (0..600).for_each(|_| standing.add(&walker(0.5, 0.5, 0)));
    let (slope, begin) = standing.line().expect("600 boxes");
    assert!(slope.abs() < 1e-6 && (begin - 0.2).abs() < 1e-3, "one line of feet has no slope");
}

#[test]
fn quantiles_are_those_of_the_values() {
    let mut histogram = Histogram::new(0.0, 10.0);
    assert_eq!(histogram.quantile(0.5), None);
    (0..1000).for_each(|at| histogram.add(at as f32 / 100.0));
    histogram.add(f32::NAN);
    for share in [0.1, 0.5, 0.95] {
        let value = histogram.quantile(share).expect("not empty");
        assert!((value - 10.0 * share).abs() < 0.05, "{share}: {value}");
    }
    let (excess, share) = histogram.excess(9.0).expect("above");
    assert!((excess - 0.5).abs() < 0.05 && (share - 0.1).abs() < 0.01, "{excess} {share}");
}

#[test]
fn a_full_memory_is_a_fair_sample_and_forgets() {
    let mut memory = Memory::with_room(100);
    let thing = |at: u32| walker(0.5, 0.5, at);
    (0..10_000).for_each(|at| memory.offer(&thing(at), 0.2 * (1.0 + (at / 1000) as f32)));
    assert_eq!(memory.examples.len(), 100);
    let late = |memory: &Memory, below: f32| {
        memory.examples.iter().filter(|example| example.size[0] < below).count()
    };
    // Heights in the second half of the time were at least six times the thing's own.
    let half = late(&memory, -(6.0_f32.ln()));
    assert!((30..=70).contains(&half), "{half} of the second half");
    let mut new = Memory::with_room(20);
    (0..1_000).for_each(|at| new.offer(&thing(at), 20.0));
    memory.merge(0.05, &new);
    let newest = late(&memory, -(50.0_f32.ln()));
    assert!((10..=20).contains(&newest), "{newest} of the newest");
}

#[test]
fn rare_places_directions_and_hours_stand_out() {
    let mut usual = Usual::default();
    let monday = |hour| WeekHour::new(0, hour);
    for at in 0..3_000_u32 {
        let hour = monday((at % 24) as u8);
        (0..20).for_each(|_| usual.watch(hour));
        if at % 24 >= 8 {
            usual.add(&walker(0.3, 0.5, 0), (1.0, 0.2), hour);
        }
    }
    let place = |x, hour| usual.place(&walker(x, 0.5, 0), hour).expect("enough");
    assert!(place(0.9, None) > place(0.3, None) + 3.0);
    assert!(place(0.3, monday(3)) > place(0.3, monday(12)) + 0.5);
    let left = Observation {
        moved: Some(Moved { speed: 0.2, right: -0.2, down: 0.0 }),
        ..walker(0.3, 0.5, 0)
    };
    let direction = |thing: &Observation| usual.direction(thing, 0.2).expect("moves");
    assert!(direction(&left) > direction(&walker(0.3, 0.5, 0)) + 3.0);
    assert_eq!(usual.direction(&Observation { moved: None, ..left }, 0.2), None);
    let dwell = |s| usual.dwell(&walker(0.3, 0.5, 0), s).expect("enough");
    assert!(dwell(1.0).abs() < 0.1 && dwell(60.0) > 3.0);
    assert_eq!(Usual::default().place(&walker(0.3, 0.5, 0), None), None);
}

#[test]
fn a_trail_smooths_along_a_thing_and_counts_how_long_it_stays() {
    let mut trails = Trails::default();
    let mut seen = Vec::new();
    for at in 0..20 {
        let things = [walker(0.1 + 0.02 * at as f32, 0.5, 0), walker(0.8, 0.9, 1)];
        let followed = trails.follow(&things, UnixMs(100 * at));
        let dwell_s = followed.dwell_s.clone();
        let jump = if at == 10 { 4.0 } else { 0.0 };
        seen.push((dwell_s, trails.smooth(followed, &[jump, 1.0])));
    }
    let (dwell_s, scores) = &seen[19];
    assert!(dwell_s[0] < 1.0 && (dwell_s[1] - 1.9).abs() < 1e-3, "{dwell_s:?}");
    assert!(scores[0] < 0.1 && (scores[1] - 1.0).abs() < 1e-6, "{scores:?}");
    assert!(seen[10].1[0] < 2.5 && seen[10].1[0] > 1.5, "{:?}", seen[10]);
}

#[test]
fn means_over_time_do_not_depend_on_the_rate_and_the_lagged_one_is_complete() {
    for every_ms in [40, 100, 200] {
        let (mut causal, mut lagged) = (Causal::default(), Lagged::default());
        let (mut means, mut told) = (Vec::new(), Vec::new());
        let frames = 4_000 / every_ms;
        for at in 0..frames {
            let (at, score) =
                (UnixMs(at * every_ms), if at * every_ms >= 2_000 { 1.0 } else { 0.0 });
            means.push(causal.add(at, score));
            told.extend(lagged.add(at, score));
        }
        told.extend(lagged.end());
        assert_eq!(told.len() as i64, frames);
        let at = |ms: i64| (ms / every_ms) as usize;
        assert!(means[at(2_600)] > 0.85 && means[at(1_960)].abs() < 1e-6, "{every_ms}");
        assert!((told[at(2_000)] - 0.5).abs() < 0.2 && told[at(2_800)] > 0.95, "{every_ms}");
    }
}

#[test]
fn a_threshold_costs_the_alarms_it_says() {
    let mut tail = Tail::default();
    assert_eq!(tail.threshold(1.0), None);
    // Exponential scores, ten days of them: -ln(u) of a fixed sequence.
    for at in 0..288_000_u32 {
        let share = (f64::from(at) + 0.5) / 288_000.0;
        tail.largest.add(-(share.ln()) as f32);
    }
    assert!(tail.is_calibrated());
    for per_day in [1.0, 100.0, 5_000.0] {
        let threshold = tail.threshold(per_day).expect("known");
        // 28,800 blocks a day: P(score > s) = exp(-s).
        let right = (28_800.0 / per_day).ln();
        assert!((threshold - right).abs() < 0.15, "{per_day}: {threshold}, {right}");
        let back = tail.alarms_per_day(threshold).expect("known");
        assert!((back / per_day - 1.0).abs() < 0.05, "{per_day}: {back}");
    }
}

#[test]
fn an_alarm_is_raised_once_per_rise() {
    let mut alarm = Alarm::default();
    let story = [(0, 0.0), (1, 2.0), (2, 2.0), (3, 0.5), (5, 2.0), (9, 0.0), (14, 2.0)];
    let begins = story.map(|(s, score)| alarm.begins(UnixMs(s * 1_000), score, 1.0));
    assert_eq!(begins, [false, true, false, false, false, false, true]);
    let mut blocks = Blocks::default();
    let largest: Vec<_> =
        (0..80).filter_map(|at| blocks.add(UnixMs(at * 100), (at % 7) as f32)).collect();
    assert_eq!(largest, [6.0, 6.0]);
}

#[test]
fn a_watch_judges_and_an_empty_frame_is_more_normal_than_any() {
    let normal = learnt();
    let mut watch = Watch::default();
    let nobody = watch.judge(normal, &[], (UnixMs(0), None));
    assert_eq!((nobody.score, nobody.worst), (-1.0, None));
    let things = [walker(0.5, 0.6, 1), cyclist(0.7, 0.6)];
    let verdict = watch.judge(normal, &things, (UnixMs(100), None));
    assert!(verdict.score > 4.0 && verdict.causal < verdict.score);
    assert_eq!(verdict.worst.expect("somebody").index, 1);
    assert!(normal.scale(Term::Speed).is_some() && normal.scale(Term::Kind).is_some());
}

mod continuous {
    use super::*;
    use crate::detect::candidate::Candidate;
    use crate::detect::motion::Plane;
    use crate::detect::normal::board::{Board, Summary};
    use crate::detect::normal::continuous::{Continuous, Incident, Turned};

    /// A picture with nothing in it but a person, every ten seconds.
    fn watched(
        learner: &mut Continuous,
        minutes: std::ops::Range<i64>,
        incident: Incident,
    ) -> Vec<Turned> {
        let mut turned = Vec::new();
        for at in (minutes.start * 6..minutes.end * 6).map(|at| UnixMs(at * 10_000)) {
            turned.push(learner.turn(at, incident));
            let plane = Plane { width: 64, height: 64, values: vec![9.0; 64 * 64] };
            let one = walker(0.2 + (at.0 / 10_000 % 7) as f32 / 10.0, 0.6, 3);
            let Observation { area, score, class, kind, looks, own, .. } = one;
            learner.look(
                (at, None),
                plane,
                vec![(Candidate { area, score, class, kind, own }, looks)],
            );
        }
        turned.retain(|turned| *turned != Turned::Goes);
        turned
    }

    #[test]
    fn a_block_is_learnt_when_it_is_over_and_not_while_an_incident_is_open() {
        let mut learner = Continuous::new(Normal::empty(), 1.0);
        assert_eq!(watched(&mut learner, 0..9, Incident::None), []);
        assert_eq!(learner.normal().learnt.things, 0, "nothing judges itself");
        assert_eq!(watched(&mut learner, 9..21, Incident::None), [Turned::Learnt; 2]);
        assert_eq!(learner.normal().learnt.things, 120);
        assert_eq!(watched(&mut learner, 21..41, Incident::Open), [Turned::Dropped; 2]);
        assert_eq!(learner.normal().learnt.things, 120);
        // The block in which the incident ended is thrown away too.
        let after = watched(&mut learner, 41..61, Incident::None);
        assert_eq!(after, [Turned::Dropped, Turned::Learnt]);
        assert_eq!(learner.normal().learnt.things, 180);
    }

    #[test]
    fn no_figure_is_given_before_it_has_settled_and_a_reset_is_asked_once() {
        let mut learner = Continuous::new(Normal::empty(), 1.0);
        watched(&mut learner, 0..21, Incident::None);
        assert_eq!(learner.alarms_per_day(9.0), None);
        let camera = crate::camera::CameraId::try_from("gate").expect("an id");
        let board = Board::default();
        assert_eq!(board.summary(&camera), None);
        board.post(&camera, Summary::of(&learner, UnixMs(0), board.incident(&camera)));
        let summary = board.summary(&camera).expect("posted");
        assert!(summary.hours_left.is_some_and(|left| left > 0.5), "{summary:?}");
        assert_eq!((summary.one_a_day, summary.incident), (None, Incident::None));
        board.set_incidents([camera.clone()].into());
        assert_eq!(board.incident(&camera), Incident::Open);
        board.ask_reset(&camera);
        assert!(board.take_reset(&camera) && !board.take_reset(&camera));
    }
}
