//! What is done to a camera is found within ten seconds and named; five nights in which nothing is
//! done bring no fault. `cargo test --test tests tamper:: -- --nocapture` prints the tables.
//!
//! The pictures are of our own making: the empty square of vtest.avi in three lights and two drawn
//! places (`tamper/place.rs`), eight deeds (`tamper/deed.rs`), five nights (`tamper/night.rs`).
//! They come as a quiet camera's key frames do, one in two or four seconds, and once five a second.

mod deed;
mod night;
mod place;

use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::detect::motion::Seen;
use gengfu::detect::scene::{Scene, SceneChange, SceneSettings, Trouble};

use self::deed::Shown;
use self::night::Night;
use self::place::Place;
use crate::support::stage::{Noise, Stage};

/// Within this time a deed must be found, ms.
const WITHIN_MS: i64 = 10_000;
/// For so long nothing is wrong before, and again afterwards, ms.
const WELL_MS: i64 = 40_000;
const AGAIN_MS: i64 = 24_000;

/// Deeds that are looked at five times a second: one of each way to judge.
const OFTEN: [Trouble; 3] = [Trouble::Moved, Trouble::Frozen, Trouble::LostSignal];

/// When the fault opened and closed, ms after the deed was done and undone.
#[derive(Debug)]
struct Found {
    opened: Option<(Trouble, i64)>,
    closed_ms: Option<i64>,
    /// Faults at any other time.
    wrong: Vec<(SceneChange, i64)>,
}

fn look(scene: &mut Scene, grey: &[u8], at: i64) -> Option<SceneChange> {
    let stage = Stage::tiny();
    scene.take(grey, (stage.width, stage.height), Seen { at: UnixMs(at), session: 0 })
}

/// One deed at one place, a picture every `step_ms`.
fn found(place: Place, deed: Trouble, step_ms: i64) -> Found {
    let mut scene = Scene::new(SceneSettings::default(), None, None);
    let mut shown = Shown::new(Stage::tiny(), place);
    let mut found = Found { opened: None, closed_ms: None, wrong: Vec::new() };
    let done_at = WELL_MS / step_ms * step_ms;
    let undone_at = done_at + 14_000 / step_ms * step_ms;
    let mut since = 0;
    for at in (0..undone_at + AGAIN_MS).step_by(step_ms as usize) {
        let during = (done_at..undone_at).contains(&at);
        let grey = if during { shown.after(deed, since) } else { shown.well() };
        since += usize::from(during);
        // The deed may have been done right after the picture before.
        let passed_ms = |from: i64| at - from + step_ms;
        match look(&mut scene, &grey, at) {
            None => {}
            Some(SceneChange::Opened(trouble)) if during && found.opened.is_none() => {
                found.opened = Some((trouble, passed_ms(done_at)));
            }
            Some(SceneChange::Closed(_)) if at >= undone_at && found.closed_ms.is_none() => {
                found.closed_ms = Some(passed_ms(undone_at));
            }
            Some(change) => found.wrong.push((change, at - done_at)),
        }
    }
    found
}

#[test]
fn every_deed_is_found_within_ten_seconds_and_named_and_is_over_when_undone() {
    println!("| deed | {} |", Place::ALL.map(|place| format!("{place:?}")).join(" | "));
    let mut wrong = Vec::new();
    for deed in Trouble::ALL {
        let mut cells = Vec::new();
        for place in Place::ALL {
            let found = found(place, deed, 2_000);
            let named = found.opened.is_some_and(|(name, ms)| name == deed && ms <= WITHIN_MS);
            if !named || found.closed_ms.is_none() || !found.wrong.is_empty() {
                wrong.push(format!("{deed:?} at {place:?}: {found:?}"));
            }
            let seconds = |ms: i64| format!("{:.0} s", ms as f32 / 1000.0);
            cells.push(found.opened.map_or("-".into(), |(_, ms)| seconds(ms)));
        }
        println!("| {:10} | {} |", deed.fault().word(), cells.join(" | "));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn key_frames_four_seconds_apart_and_five_pictures_a_second_suffice_as_well() {
    let mut wrong = Vec::new();
    for deed in Trouble::ALL {
        for (place, step_ms) in [(Place::Yard, 4_000), (Place::Square, 200)] {
            if step_ms == 200 && !OFTEN.contains(&deed) {
                continue;
            }
            let found = found(place, deed, step_ms);
            let named = found.opened.is_some_and(|(name, ms)| name == deed && ms <= WITHIN_MS);
            if !named {
                wrong.push(format!("{deed:?} every {step_ms} ms: {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_found_in_five_nights_in_which_nothing_is_done() {
    let stage = Stage::tiny();
    let mut wrong = Vec::new();
    for night in Night::ALL {
        let mut scene = Scene::new(SceneSettings::default(), None, None);
        let mut noise = Noise(99);
        let (mut pictures, mut changes) = (0, Vec::new());
        for shot in night.shots(stage) {
            let grey = stage.sensed(&shot.picture, shot.deviation, &mut noise);
            pictures += 1;
            changes.extend(look(&mut scene, &grey, shot.at_ms).map(|c| (c, shot.at_ms / 1000)));
        }
        println!(
            "| {:8} | {pictures} pictures | {} changes |",
            format!("{night:?}"),
            changes.len()
        );
        if !changes.is_empty() {
            wrong.push(format!("{night:?}: {changes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_supervisor_or_time_makes_a_new_view_the_usual_one() {
    for by_hand in [Some(()), None] {
        let settings = SceneSettings { learn_after_ms: Some(60_000), ..SceneSettings::default() };
        let mut scene = Scene::new(settings, None, None);
        let mut shown = Shown::new(Stage::tiny(), Place::Square);
        let mut changes = Vec::new();
        for at in (0..200_000).step_by(2_000) {
            let moved = at >= WELL_MS;
            let grey = if moved { shown.after(Trouble::Moved, 0) } else { shown.well() };
            changes.extend(look(&mut scene, &grey, at));
            if at == 60_000 && by_hand.is_some() {
                changes.extend(scene.learn());
            }
        }
        let moved = Trouble::Moved;
        assert_eq!(changes, [SceneChange::Opened(moved), SceneChange::Learned(moved)]);
    }
}

#[test]
fn a_camera_that_was_moved_while_nobody_looked_is_found_by_the_stored_view() {
    let mut shown = Shown::new(Stage::tiny(), Place::Yard);
    let mut scene = Scene::new(SceneSettings::default(), None, None);
    for at in (0..WELL_MS).step_by(2_000) {
        assert_eq!(look(&mut scene, &shown.well(), at), None);
    }
    let stored = scene.view().map(gengfu::detect::scene::view::View::to_bytes).expect("a view");
    let view = gengfu::detect::scene::view::View::from_bytes(&stored);
    let mut scene = Scene::new(SceneSettings::default(), view, None);
    let changes: Vec<SceneChange> = (0..10)
        .filter_map(|n| look(&mut scene, &shown.after(Trouble::Moved, 0), 100_000 + n * 2_000))
        .collect();
    assert_eq!(changes, [SceneChange::Opened(Trouble::Moved)]);
    // And the fault of before the restart ends when the view is back.
    let view = gengfu::detect::scene::view::View::from_bytes(&stored);
    let open = Some((Trouble::Moved, UnixMs(0)));
    let mut scene = Scene::new(SceneSettings::default(), view, open);
    let changes: Vec<SceneChange> =
        (0..10).filter_map(|n| look(&mut scene, &shown.well(), 200_000 + n * 2_000)).collect();
    assert_eq!(changes, [SceneChange::Closed(Trouble::Moved)]);
}

/// What a look costs, in this build; a release build gives the figures of the README.
#[test]
fn scene_health_costs_little() {
    let mut shown = Shown::new(Stage::tiny(), Place::Square);
    let pictures: Vec<Vec<u8>> = (0..60).map(|_| shown.well()).collect();
    let mut scene = Scene::new(SceneSettings::default(), None, None);
    let clock = RealClock::new();
    for (picture, at) in pictures.iter().zip(0..) {
        assert_eq!(look(&mut scene, picture, at * 2_000), None);
    }
    println!("scene health: {:?} a picture of 160 x 120", clock.elapsed() / 60);
}
