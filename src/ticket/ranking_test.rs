//! Who comes before whom and why, as a table; and what no order of rows may change.

use proptest::prelude::*;

use super::*;

/// 23:00 of the first test night.
const NOW: UnixMs = UnixMs(1_763_910_000_000);

fn minutes_ago(minutes: i64) -> Option<UnixMs> {
    Some(NOW.plus_ms(-minutes * 60_000))
}

/// Posts 100 m apart on a line; camera `gate` lies in `east` beside its post.
fn ground() -> Ground {
    let text = r#"
        [[camera]]
        id = "gate"
        name = "东门"
        place = "东门"
        url = "rtsp://cam/1"
        beat = "east"
        at_m = [0.0, 0.0]
        [[beat]]
        id = "east"
        name = "东片"
        post_m = [80.0, 0.0]
        [[beat]]
        id = "west"
        name = "西片"
        post_m = [400.0, 0.0]
        [[beat]]
        id = "north"
        name = "北片"
        post_m = [0.0, 90.0]
        [[member]]
        account = "an"
        beats = ["east"]
        capabilities = ["灭火"]
        [[member]]
        account = "bo"
        beats = ["east"]
        [[member]]
        account = "chu"
        beats = ["west"]
        capabilities = ["灭火"]
        [[member]]
        account = "du"
        beats = ["north"]
        [[dispatch.need]]
        category = "fire_smoke"
        capability = "灭火"
    "#;
    Ground::new(&config::parse(text).unwrap())
}

fn member(name: &str) -> Candidate {
    Candidate {
        name: name.into(),
        display: name.into(),
        on_shift: true,
        signed_on: true,
        ..Candidate::default()
    }
}

fn job(severity: Severity, category: &str) -> Job<'_> {
    Job { severity, category, camera: "gate", now: NOW }
}

/// `an, bo: name, chu: way`: names with what put each behind the one before.
fn told(ranked: &[Placed]) -> String {
    let place = |placed: &Placed| {
        let name = placed.candidate.name.clone();
        match (placed.bar, placed.decided) {
            (Some(bar), _) => format!("{name}! {}", bar.as_str()),
            (None, None) => name,
            (None, Some(decided)) => format!("{name}: {}", decided.as_str()),
        }
    };
    ranked.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn check(job: Job, candidates: Vec<Candidate>, expect: &str) {
    assert_eq!(told(&ground().rank(job, candidates)), expect);
}

const S1: fn() -> Job<'static> = || job(Severity::S1, "fight");
const S3: fn() -> Job<'static> = || job(Severity::S3, "fight");

#[test]
fn equal_candidates_come_by_workload_then_rest_then_name() {
    check(S3(), vec![member("bo"), member("an")], "an, bo: name");
    let busy = Candidate { open_work: 1, ..member("an") };
    check(S3(), vec![busy, member("bo")], "bo, an: open_work");
    let worked = Candidate { jobs: 2, ..member("an") };
    check(S3(), vec![worked, Candidate { jobs: 1, ..member("bo") }], "bo, an: jobs");
    let lately = Candidate { last_job: minutes_ago(20), ..member("an") };
    let longer = Candidate { last_job: minutes_ago(40), ..member("bo") };
    check(S3(), vec![lately.clone(), longer], "bo, an: last_job");
    check(S3(), vec![lately, member("bo")], "bo, an: last_job");
}

#[test]
fn whoever_ended_an_order_just_now_rests_but_not_in_an_emergency() {
    let tired = Candidate { last_job: minutes_ago(9), ..member("an") };
    check(S3(), vec![tired.clone(), member("chu")], "chu, an: rest");
    check(S1(), vec![tired, member("chu")], "an, chu: travel");
    let rested = Candidate { last_job: minutes_ago(10), ..member("an") };
    check(S3(), vec![rested, member("chu")], "an, chu: beat");
}

#[test]
fn the_own_beat_goes_first_and_in_an_emergency_the_nearest() {
    // du is 117 m away in another beat, an 104 m in the own one: the same minute.
    let busy = Candidate { open_work: 1, ..member("an") };
    check(S3(), vec![busy.clone(), member("du")], "an, du: beat");
    check(S1(), vec![busy.clone(), member("du")], "du, an: open_work");
    check(S1(), vec![busy, member("chu")], "an, chu: travel");
}

#[test]
fn whoever_is_not_on_the_list_comes_after_those_whose_way_is_known() {
    check(S3(), vec![member("guest"), member("an")], "an, guest: travel");
    let mut unplaced = ground();
    unplaced.cameras.clear();
    let ranked = unplaced.rank(S3(), vec![member("guest"), member("chu"), member("an")]);
    assert_eq!(told(&ranked), "an, chu: name, guest: name");
}

#[test]
fn who_may_not_be_asked_comes_last_with_the_reason() {
    let fire = job(Severity::S1, "fire_smoke");
    check(fire, vec![member("bo"), member("chu")], "chu, bo! not_capable");
    check(fire, vec![member("guest")], "guest! not_capable");
    let off = Candidate { on_shift: false, ..member("an") };
    let suspended = Candidate { suspended: true, ..member("chu") };
    let refused = Candidate { tried: Some(Tried::Refused), ..member("du") };
    check(S3(), vec![off, suspended, refused], "an! off_shift, du! tried_refused, chu! suspended");
}

#[test]
fn whoever_has_signed_on_goes_first_and_where_it_is_demanded_nobody_else_goes() {
    let unsigned = || Candidate { signed_on: false, ..member("an") };
    check(S1(), vec![unsigned(), member("chu")], "chu, an: signed_on");
    check(S3(), vec![unsigned()], "an");
    let mut strict = ground();
    strict.dispatch.need_sign_on = true;
    let ranked = strict.rank(S1(), vec![unsigned(), member("chu")]);
    assert_eq!(told(&ranked), "chu, an! not_signed_on");
    assert!(first(&strict.rank(S3(), vec![unsigned()])).is_none());
}

#[test]
fn every_place_is_kept_with_its_facts() {
    let busy = Candidate { open_work: 2, jobs: 3, last_job: minutes_ago(5), ..member("bo") };
    let ranked = ground().rank(S3(), vec![busy, Candidate { on_shift: false, ..member("chu") }]);
    let kept = to_json(&ranked);
    assert_eq!((&kept[0]["member"], &kept[0]["rank"]), (&json!("bo"), &json!(1)));
    assert_eq!((&kept[0]["way_m"], &kept[0]["travel_s"]), (&json!(104), &json!(78)));
    assert_eq!((&kept[0]["own_beat"], &kept[0]["rested"]), (&json!(true), &json!(false)));
    assert_eq!((&kept[0]["open_work"], &kept[0]["jobs"]), (&json!(2), &json!(3)));
    assert_eq!((&kept[1]["bar"], &kept[1]["decided"]), (&json!("off_shift"), &json!("bar")));
    assert_eq!(kept[1]["rank"], json!(null));
}

fn anybody() -> impl Strategy<Value = Candidate> {
    let name = prop::sample::select(["an", "bo", "chu", "du", "guest"].as_slice());
    let tried = prop::sample::select(
        [None, None, None, Some(Tried::Refused), Some(Tried::Expired), Some(Tried::Asked)]
            .as_slice(),
    );
    let facts = (any::<[bool; 3]>(), 0_u32..3, 0_u32..3, prop::option::of(0_i64..40), tried);
    (name, facts).prop_map(|(name, (flags, open_work, jobs, ago, tried))| Candidate {
        on_shift: flags[0],
        signed_on: flags[1],
        suspended: flags[2],
        open_work,
        jobs,
        last_job: ago.and_then(minutes_ago),
        tried,
        ..member(name)
    })
}

/// Members have one name each.
fn shifts() -> impl Strategy<Value = Vec<Candidate>> {
    prop::collection::vec(anybody(), 0..6).prop_map(|mut all| {
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        all
    })
}

proptest! {
    #[test]
    fn whoever_may_not_go_is_never_first_and_the_order_of_the_rows_is_nothing(
        rows in shifts().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        severity in prop::sample::select(vec![Severity::S1, Severity::S3]),
        category in prop::sample::select(vec!["fire_smoke", "fight"]),
        strict in any::<bool>(),
    ) {
        let mut ground = ground();
        ground.dispatch.need_sign_on = strict;
        let ranked = ground.rank(job(severity, category), rows.0.clone());
        prop_assert_eq!(&ranked, &ground.rank(job(severity, category), rows.1));
        prop_assert_eq!(ranked.len(), rows.0.len());
        if let Some(chosen) = first(&ranked) {
            let who = &chosen.candidate;
            prop_assert!(who.on_shift && !who.suspended && who.tried.is_none());
            prop_assert!(who.signed_on || !ground.dispatch.need_sign_on);
            prop_assert!(category != "fire_smoke" || ["an", "chu"].contains(&who.name.as_str()));
        } else {
            prop_assert!(ranked.iter().all(|placed| placed.bar.is_some()));
        }
        for pair in ranked.windows(2) {
            prop_assert!(pair[0].bar.is_none() || pair[1].bar.is_some());
            prop_assert!(pair[1].decided.is_some());
        }
    }
}
