//! The fault lab: every misbehaviour that test cameras know, against the built daemon.
//!
//! All faulty cameras hang on one daemon at once, beside healthy ones: that nothing a camera does
//! reaches another is the same test. Nothing sleeps: every wait is for a condition, with a limit.

mod court;
mod probe;
mod stand;

use std::collections::BTreeSet;

use court::{Case, Course, Court};

/// A camera for each fault. What stands in `later` begins when all are live, and ends together.
const CASES: [Case; 24] = [
    Case { camera: "control", first: "", later: "", course: Course::Untouched },
    Case { camera: "control-udp", first: "", later: "", course: Course::Untouched },
    Case { camera: "b-frames", first: "b-frames", later: "", course: Course::Untouched },
    Case { camera: "basic", first: "basic", later: "", course: Course::Untouched },
    Case { camera: "h265", first: "h265", later: "", course: Course::Untouched },
    Case { camera: "all-intra", first: "all-intra", later: "", course: Course::Untouched },
    Case { camera: "constant", first: "constant", later: "", course: Course::Untouched },
    // Longer than the test: there is one key frame.
    Case { camera: "long-group", first: "long-group=300", later: "", course: Course::Untouched },
    Case { camera: "garbage", first: "", later: "garbage", course: Course::Untouched },
    Case { camera: "regress", first: "", later: "regress", course: Course::Untouched },
    Case { camera: "equal-stamps", first: "", later: "equal-stamps", course: Course::Untouched },
    Case { camera: "loss", first: "", later: "loss=1", course: Course::Untouched },
    Case { camera: "drift", first: "", later: "drift=500", course: Course::Untouched },
    Case { camera: "jump-on", first: "", later: "jump=37600", course: Course::Untouched },
    Case { camera: "jump-back", first: "", later: "jump=-9800", course: Course::Untouched },
    Case { camera: "resize", first: "resize@999", later: "resize", course: Course::Untouched },
    Case { camera: "nonce", first: "nonce", later: "", course: Course::Untouched },
    Case { camera: "nonce-udp", first: "nonce", later: "", course: Course::Untouched },
    Case {
        camera: "no-sets",
        first: "no-sets",
        later: "",
        course: Course::Down(&["no_picture", "no_answer", "no_video"]),
    },
    Case {
        camera: "unauthorised",
        first: "",
        later: "unauthorised",
        course: Course::Down(&["unauthorised"]),
    },
    Case {
        camera: "half-open",
        first: "",
        later: "half-open",
        course: Course::Down(&["stalled", "no_answer"]),
    },
    Case { camera: "silence", first: "", later: "silence", course: Course::Down(&["stalled"]) },
    Case {
        camera: "restart",
        first: "",
        later: "restart",
        course: Course::Down(&["ended", "no_answer"]),
    },
    Case {
        camera: "hang",
        first: "",
        later: "hang silence",
        course: Course::Down(&["stalled", "no_answer"]),
    },
];

/// How long healthy cameras are watched beside the faulty ones, ms of their own pictures.
const WATCHED_MS: i64 = 15_000;

#[test]
fn every_fault_is_survived_and_touches_no_other_camera() {
    let mut court = Court::open(&CASES);
    court.until_all("live before anything is wrong", |case, seen| {
        seen.is_live() || !case.first_is_live()
    });
    let before = court.see();
    let afflicted_ms = court.afflict();
    court.until_all("said to be down, with the reason", |case, seen| match case.course {
        Course::Down(codes) => seen.codes.iter().any(|code| codes.contains(&code.as_str())),
        Course::Untouched => true,
    });
    court.until_all("watched", |case, seen| {
        !matches!(case.course, Course::Untouched)
            || seen.frame_ms - before[case.camera].frame_ms > WATCHED_MS
    });
    let mended_ms = court.mend();
    court.until_all("live when nothing is wrong any more", |_, seen| {
        seen.is_live() && seen.frame_ms > mended_ms
    });
    let after = court.see();
    footage_adds_up(&court, (afflicted_ms, mended_ms));
    let untouched = CASES.iter().filter(|case| matches!(case.course, Course::Untouched));
    let gone: BTreeSet<_> = untouched
        .filter(|case| {
            let (was, is) = (&before[case.camera], &after[case.camera]);
            // Where packets are lost or spoilt, some key frames in a row may be, too: then it is
            // truly said that no picture comes. The connection stays all the same.
            let spoilt = ["loss", "garbage"].iter().any(|kind| case.later.starts_with(kind));
            let blind = !spoilt && (was.since_ms != is.since_ms || !is.codes.is_empty());
            blind || is.reconnects > 0
        })
        .map(|case| format!("{}: {:?}", case.camera, after[case.camera]))
        .collect();
    assert!(gone.is_empty(), "not live all the time: {gone:#?}");
    let said = court.said();
    let anew = said.lines().filter(|line| line.contains("signed in to anew"));
    assert!(anew.clone().count() > 0, "the nonce changed and nobody noticed");
    assert!(
        anew.clone().all(|line| line.contains("camera=nonce")),
        "{:?}",
        anew.collect::<Vec<_>>()
    );
    court.close();
}

/// Every moment of every camera is footage or a gap with its cause; cameras that stayed live have
/// no gap, the others have one that says what was wrong.
fn footage_adds_up(court: &Court, time: (i64, i64)) {
    for case in &CASES {
        let all = court.footage(case.camera, time);
        let causes: BTreeSet<_> = all.iter().filter_map(|one| one.2.as_deref()).collect();
        let told = format!("{}: {all:?}", case.camera);
        assert!(!causes.contains("unexplained"), "{told}");
        match case.course {
            Course::Untouched if case.later.starts_with("loss") => {}
            Course::Untouched => assert!(causes.is_empty(), "{told}"),
            Course::Down(_) => assert!(!causes.is_empty(), "{told}"),
        }
    }
}
