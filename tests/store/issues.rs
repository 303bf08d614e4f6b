//! Versions of reports, second reviews, objections, volumes, and what reports read besides the log.

use std::collections::BTreeMap;

use gengfu::report::Week;
use gengfu::report::agreement::ReviewForm;
use gengfu::report::issue::{Change, Issue, Signature};
use gengfu::report::month::{Answer, Objection};
use gengfu::report::trend::Found;
use gengfu::store::issue::SecondReview;
use gengfu::store::volume::Volume;
use gengfu::ticket::TicketId;

use super::house::{House, START, event, second};

on_both!(
    an_issue_is_written_once_and_signed_once,
    a_second_review_is_kept_once_for_each_reviewer,
    an_objection_is_answered_once,
    a_volume_is_in_the_catalogue_with_its_last_check,
    past_observations_come_in_order_with_what_was_found,
);

fn issue(version: i64) -> Issue {
    Issue {
        id: format!("issue-{version}"),
        week: Week::parse("2025-W47").unwrap(),
        version,
        cut_off: second(10),
        made: second(11),
        made_by: "gengfu".into(),
        log_sha256: "ab".into(),
        changes: vec![Change {
            what: "ticket".into(),
            ticket: Some(7),
            before: "handled / 6".into(),
            after: "closed / 7".into(),
        }],
        leader: None,
        director: None,
        published: None,
    }
}

async fn an_issue_is_written_once_and_signed_once(house: House) {
    let store = &house.store;
    assert!(store.add_issue(&issue(1)).await.unwrap());
    let again = Issue { id: "other".into(), ..issue(1) };
    assert!(!store.add_issue(&again).await.unwrap(), "version 1 is there");
    assert!(store.add_issue(&issue(2)).await.unwrap());
    assert_eq!(store.issues().await.unwrap(), [issue(2), issue(1)]);
    let by = Signature { by: "wang".into(), at: second(20) };
    let signed = Issue { leader: Some(by), ..issue(2) };
    assert!(store.sign_issue(&issue(2), &signed).await.unwrap());
    assert!(!store.sign_issue(&issue(2), &signed).await.unwrap(), "somebody was faster");
    assert_eq!(store.issues().await.unwrap()[0], signed);
}

async fn a_second_review_is_kept_once_for_each_reviewer(house: House) {
    let review = |reviewer: &str| SecondReview {
        form: ReviewForm {
            ticket: TicketId("t".into()),
            reviewer: reviewer.into(),
            items: BTreeMap::from([("right_unit".into(), "yes".into())]),
            score: Some(100),
        },
        note: "好".into(),
        at: second(5),
    };
    assert!(house.store.add_second_review(&review("li")).await.unwrap());
    assert!(!house.store.add_second_review(&review("li")).await.unwrap());
    assert!(house.store.add_second_review(&review("wang")).await.unwrap());
    let kept = house.store.second_reviews(second(6)).await.unwrap();
    assert_eq!(kept, [review("li"), review("wang")]);
    assert_eq!(house.store.second_reviews(second(5)).await.unwrap(), []);
}

async fn an_objection_is_answered_once(house: House) {
    let objection = Objection {
        id: "o".into(),
        person: "chen".into(),
        about: "2025-11".into(),
        ticket: Some(7),
        text: "通道被堵，绕行".into(),
        at: second(1),
        answer: None,
    };
    house.store.add_objection(&objection).await.unwrap();
    let answer = Answer { by: "zhao".into(), at: second(2), text: "采纳".into() };
    assert!(house.store.answer_objection("o", &answer).await.unwrap());
    assert!(!house.store.answer_objection("o", &answer).await.unwrap());
    let kept = house.store.objections("2025-11").await.unwrap();
    assert_eq!(kept, [Objection { answer: Some(answer), ..objection }]);
    assert_eq!(house.store.objections("2025-10").await.unwrap(), []);
}

async fn a_volume_is_in_the_catalogue_with_its_last_check(house: House) {
    let store = &house.store;
    assert_eq!(store.next_volume(2025, "B").await.unwrap(), 1);
    assert_eq!(store.next_volume(2025, "B").await.unwrap(), 2);
    assert_eq!(store.next_volume(2026, "B").await.unwrap(), 1);
    let volume = Volume {
        code: "2025-B-0001".into(),
        class: "B".into(),
        about: "2025-W47".into(),
        made: second(1),
        made_by: "gengfu".into(),
        cut_off: second(1),
        log_sha256: "ab".into(),
        manifest_sha256: "cd".into(),
        place: "archive/2025-B-0001".into(),
        checked: None,
        faults: String::new(),
    };
    store.file_volume(&volume).await.unwrap();
    assert!(store.file_volume(&volume).await.is_err(), "the code is taken");
    store.volume_checked(&volume.code, "a.txt was changed", second(3)).await.unwrap();
    let kept = store.volumes().await.unwrap();
    let checked = Some(second(3));
    assert_eq!(kept, [Volume { checked, faults: "a.txt was changed".into(), ..volume }]);
}

async fn past_observations_come_in_order_with_what_was_found(house: House) {
    house.filed(event("b", "gate-2", START)).await;
    house.filed(event("a", "gate-1", START)).await;
    let past = house.store.past_observations((START, second(120)), second(600)).await.unwrap();
    let told: Vec<_> =
        past.iter().map(|one| (one.opened, one.camera.as_str(), one.found)).collect();
    assert_eq!(told, [(START, "gate-2", Found::Neither), (START, "gate-1", Found::Neither)]);
    assert!(house.store.photos_again(START, second(600)).await.unwrap().is_empty());
    assert!(house.store.views(START, second(600)).await.unwrap().is_empty());
    let rows = house.store.equipment_rows(START, second(600)).await.unwrap();
    assert_eq!(rows, Default::default());
}
