//! The index of footage: files, gaps, notes of clocks, faults.

use gengfu::camera::{CameraId, Codec};
use gengfu::clock::UnixMs;
use gengfu::record::{Cause, ClockNote, FaultKind, Gap, NoteKind, Segment, SegmentEnd};
use gengfu::store::segment::FootageChange;

use super::house::{House, camera, second};

on_both!(
    a_file_is_known_while_it_is_written_and_complete_afterwards,
    a_time_finds_the_files_and_gaps_that_touch_it,
    changes_of_the_index_come_together_or_not_at_all,
    a_gap_without_length_is_none,
    numbers_are_never_used_twice,
    a_fault_is_open_once_per_kind_and_camera,
    notes_of_clocks_are_kept_per_camera,
    a_disk_is_known_by_its_marker,
);

fn segment(id: &str, at: &CameraId, number: i64, started_s: i64) -> Segment {
    Segment {
        id: id.into(),
        camera: at.clone(),
        number,
        file: format!("{at}/{number:09}.mp4"),
        started: second(started_s),
        codec: Codec::H265,
        width_px: 1920,
        height_px: 1080,
        end: None,
    }
}

fn end(ended_s: i64) -> SegmentEnd {
    SegmentEnd {
        ended: second(ended_s),
        media_ms: 60_000,
        wall_ms: 60_003,
        bytes: 5_000_000_000,
        units: 1_500,
        key_frames: 30,
        lost: 2,
        sha256: "ab".repeat(32),
    }
}

fn gap(id: &str, at: &CameraId, started_s: i64, ended_s: Option<i64>) -> Gap {
    Gap {
        id: id.into(),
        camera: at.clone(),
        started: second(started_s),
        ended: ended_s.map(second),
        cause: Cause::Camera("no_answer".into()),
        detail: "摄像机没有应答".into(),
    }
}

async fn a_file_is_known_while_it_is_written_and_complete_afterwards(house: House) {
    let gate = camera("gate");
    let new = segment("s1", &gate, 1, 0);
    house.store.index_footage(&[FootageChange::Open(new.clone())]).await.unwrap();
    house.store.index_footage(&[FootageChange::Open(new.clone())]).await.unwrap();
    assert_eq!(house.store.unfinished_segments().await.unwrap(), std::slice::from_ref(&new));
    let finish = FootageChange::Finish("s1".into(), end(60));
    house.store.index_footage(&[finish]).await.unwrap();
    let house = house.reopened().await;
    let whole = Segment { end: Some(end(60)), ..new };
    assert_eq!(house.store.segment("s1").await.unwrap(), Some(whole));
    assert!(house.store.unfinished_segments().await.unwrap().is_empty());
    assert_eq!(house.store.segment("s2").await.unwrap(), None);
}

async fn a_time_finds_the_files_and_gaps_that_touch_it(house: House) {
    let (gate, yard) = (camera("gate"), camera("yard"));
    let whole = |id, number, from| Segment {
        end: Some(end(from + 60)),
        ..segment(id, &gate, number, from)
    };
    let changes = [
        FootageChange::Open(whole("a", 1, 0)),
        FootageChange::Open(whole("b", 2, 60)),
        FootageChange::Open(segment("c", &gate, 3, 150)),
        FootageChange::Open(segment("d", &yard, 1, 0)),
        FootageChange::Gap(gap("g", &gate, 120, Some(150))),
        FootageChange::Gap(gap("h", &yard, 10, None)),
    ];
    house.store.index_footage(&changes).await.unwrap();
    let find = async |from, to| -> String {
        let (from, to) = (second(from), second(to));
        let segments = house.store.segments(&gate, from, to).await.unwrap();
        let gaps = house.store.gaps(&gate, from, to).await.unwrap();
        let ids = segments.iter().map(|s| &s.id).chain(gaps.iter().map(|g| &g.id));
        ids.map(String::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(find(0, 60).await, "a");
    assert_eq!(find(59, 61).await, "a b");
    assert_eq!(find(119, 151).await, "b c g");
    assert_eq!(find(120, 150).await, "g");
    assert_eq!(find(900, 901).await, "c");
    assert_eq!(find(-5, 0).await, "");
    let open = house.store.open_gaps().await.unwrap();
    assert_eq!(open, [gap("h", &yard, 10, None)]);
    assert_eq!(house.store.recorded_cameras().await.unwrap(), [gate.clone(), yard.clone()]);
    assert_eq!(house.store.accounted_until(&gate).await.unwrap(), Some(second(150)));
    assert_eq!(house.store.accounted_until(&yard).await.unwrap(), None);
    let later = house.store.segments_after(&gate, 1, 1).await.unwrap();
    assert_eq!(later.iter().map(|s| s.number).collect::<Vec<_>>(), [2]);
}

async fn changes_of_the_index_come_together_or_not_at_all(house: House) {
    let gate = camera("gate");
    let first = FootageChange::Open(segment("a", &gate, 1, 0));
    house.store.index_footage(&[first]).await.unwrap();
    // The second one takes a number that is taken.
    let changes = [
        FootageChange::Finish("a".into(), end(60)),
        FootageChange::Open(segment("b", &gate, 1, 60)),
    ];
    assert!(house.store.index_footage(&changes).await.is_err());
    assert_eq!(house.store.unfinished_segments().await.unwrap().len(), 1);
}

async fn a_gap_without_length_is_none(house: House) {
    let gate = camera("gate");
    let change = |change| async { house.store.index_footage(&[change]).await.unwrap() };
    change(FootageChange::Gap(gap("g", &gate, 0, None))).await;
    change(FootageChange::EndGap("g".into(), second(0))).await;
    change(FootageChange::Gap(gap("h", &gate, 5, None))).await;
    change(FootageChange::EndGap("h".into(), second(7))).await;
    change(FootageChange::EndGap("h".into(), second(9))).await;
    let gaps = house.store.gaps(&gate, UnixMs(0), second(100)).await.unwrap();
    assert_eq!(gaps, [gap("h", &gate, 5, Some(7))]);
}

async fn numbers_are_never_used_twice(house: House) {
    let gate = camera("gate");
    assert_eq!(house.store.last_segment_number(&gate).await.unwrap(), 0);
    let open = FootageChange::Open(segment("a", &gate, 7, 0));
    house.store.index_footage(&[open]).await.unwrap();
    assert_eq!(house.store.last_segment_number(&gate).await.unwrap(), 7);
    assert_eq!(house.store.last_segment_number(&camera("yard")).await.unwrap(), 0);
    house.store.index_footage(&[FootageChange::Forget("a".into())]).await.unwrap();
    assert_eq!(house.store.segment("a").await.unwrap(), None);
}

async fn a_fault_is_open_once_per_kind_and_camera(house: House) {
    let (store, gate) = (&house.store, camera("gate"));
    let full = FaultKind::DiskFull;
    assert!(store.raise_fault(None, full, "full", second(0)).await.unwrap());
    assert!(!store.raise_fault(None, full, "fuller", second(5)).await.unwrap());
    let slow = FaultKind::QueueOverflow;
    assert!(store.raise_fault(Some(&gate), slow, "slow", second(6)).await.unwrap());
    let open = store.open_faults().await.unwrap();
    let told: Vec<_> = open.iter().map(|f| (f.kind.word(), f.message.as_str(), f.since)).collect();
    assert_eq!(told, [("disk_full", "fuller", second(0)), ("queue_overflow", "slow", second(6))]);
    assert!(!store.end_fault(None, slow, second(7)).await.unwrap());
    assert!(store.end_fault(Some(&gate), slow, second(7)).await.unwrap());
    assert!(store.end_fault(None, full, second(8)).await.unwrap());
    assert!(store.open_faults().await.unwrap().is_empty());
    assert!(store.raise_fault(None, full, "again", second(9)).await.unwrap());
}

async fn notes_of_clocks_are_kept_per_camera(house: House) {
    let gate = camera("gate");
    let note = |camera: Option<&CameraId>, kind, by_ms| ClockNote {
        camera: camera.cloned(),
        at: second(3),
        kind,
        by_ms,
    };
    let of_gate = note(Some(&gate), NoteKind::CameraStep, -9_800_000);
    let of_server = note(None, NoteKind::ServerStep, 3_600_000);
    let changes = [of_gate.clone(), of_server.clone()].map(FootageChange::Note);
    house.store.index_footage(&changes).await.unwrap();
    let (from, to) = (second(0), second(9));
    assert_eq!(house.store.clock_notes(Some(&gate), from, to).await.unwrap(), [of_gate]);
    assert_eq!(house.store.clock_notes(None, from, to).await.unwrap(), [of_server]);
    assert!(house.store.clock_notes(None, to, second(99)).await.unwrap().is_empty());
}

async fn a_disk_is_known_by_its_marker(house: House) {
    assert!(house.store.footage_disks().await.unwrap().is_empty());
    house.store.know_footage_disk("m1", second(1)).await.unwrap();
    house.store.know_footage_disk("m1", second(2)).await.unwrap();
    assert_eq!(house.store.footage_disks().await.unwrap(), ["m1"]);
}
