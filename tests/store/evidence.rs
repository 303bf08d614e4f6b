//! The file first, the row last; and never a row without its file.

use std::path::{Path, PathBuf};

use gengfu::record::clip::Part;
use gengfu::store::evidence::{Evidence, NewEvidence, sha256_hex};
use gengfu::store::trace::Damaged;
use gengfu::store::{Error, Place, Store};
use gengfu::ticket::TicketId;

use super::house::{House, START, event, second};

on_both!(
    a_still_is_a_file_and_a_row,
    a_clip_is_taken_where_it_lies,
    a_ticket_has_what_its_events_have,
    a_trace_is_replaced_as_a_whole,
    a_trace_that_was_touched_is_not_shown,
    a_clip_with_gaps_says_which_moments_it_shows,
    a_full_disk_takes_nothing,
    a_folder_that_cannot_be_written_is_named,
);

fn still() -> NewEvidence<'static> {
    NewEvidence {
        event: Some("e1"),
        ticket: None,
        kind: "snapshot",
        mime: "image/jpeg",
        taken: second(-3),
        by: "gate-1",
    }
}

/// Every file below the data folder that is not the database's.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.join("evidence")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

async fn rows(store: &Store) -> Vec<Evidence> {
    store.evidence_of(&TicketId("ticket-e1".into())).await.unwrap()
}

async fn a_still_is_a_file_and_a_row(house: House) {
    let kept = house.store.keep_bytes(still(), b"a picture".to_vec(), START).await.unwrap();
    let file = house.place.dir.join(&kept.path);
    assert_eq!(std::fs::read(&file).unwrap(), b"a picture");
    assert_eq!(files(&house.place.dir), [file]);
    // `printf 'a picture' | sha256sum`
    let sha256 = "92b2fa58028958317e408bd84ecfa70f5ee35b121991dbc232c49d166353708b";
    assert_eq!(kept.sha256, sha256);
    assert!(kept.path.starts_with("evidence/2025-11-23/"), "{}", kept.path);
    assert!(kept.path.ends_with(&format!("{}.jpg", kept.id)), "{}", kept.path);
    assert_eq!((kept.bytes, kept.taken), (9, second(-3)));
    let house = house.reopened().await;
    assert_eq!(house.store.evidence(&kept.id).await.unwrap(), Some(kept));
    assert_eq!(house.store.evidence("none").await.unwrap(), None);
}

async fn a_clip_is_taken_where_it_lies(house: House) {
    let clip = NewEvidence { kind: "clip", mime: "video/mp4", ..still() };
    let place = house.store.evidence_place("video/mp4", START).unwrap();
    std::fs::write(house.place.dir.join(&place.1), b"a film").unwrap();
    let kept = house.store.keep_file(clip.clone(), place, START).await.unwrap();
    assert_eq!((kept.sha256.as_str(), kept.bytes), (sha256_hex(b"a film").as_str(), 6));
    assert_eq!(house.store.evidence(&kept.id).await.unwrap(), Some(kept));

    let missing = house.store.evidence_place("video/mp4", START).unwrap();
    let id = missing.0.clone();
    let failed = house.store.keep_file(clip, missing, START).await;
    assert!(matches!(failed, Err(Error::File { .. })), "{failed:?}");
    assert_eq!(house.store.evidence(&id).await.unwrap(), None);
}

async fn a_ticket_has_what_its_events_have(house: House) {
    let ticket = house.filed(event("e1", "gate-1", START)).await;
    let one = house.store.keep_bytes(still(), b"1".to_vec(), second(1)).await.unwrap();
    let photo = NewEvidence {
        event: None,
        ticket: Some(&ticket.id),
        kind: "photo",
        mime: "image/png",
        ..still()
    };
    let two = house.store.keep_bytes(photo, b"2".to_vec(), second(2)).await.unwrap();
    let other = NewEvidence { event: Some("e9"), ..still() };
    house.store.keep_bytes(other, b"3".to_vec(), second(3)).await.unwrap();
    assert!(two.path.ends_with(".png"));
    assert_eq!(rows(&house.store).await, [one, two]);
}

fn trace() -> NewEvidence<'static> {
    NewEvidence { kind: "trace", mime: "application/json", by: "gengfu", ..still() }
}

async fn a_trace_is_replaced_as_a_whole(house: House) {
    house.filed(event("e1", "gate-1", START)).await;
    house.store.keep_trace(trace(), b"[1]".to_vec(), START).await.unwrap();
    let first = rows(&house.store).await.remove(0);
    assert_eq!(house.store.read_trace(&first).await.unwrap(), serde_json::json!([1]));
    let house = house.reopened().await;
    house.store.keep_trace(trace(), b"[1, 2]".to_vec(), second(5)).await.unwrap();
    let kept = house.store.evidence_of_event("e1").await.unwrap();
    assert_eq!((kept.len(), &kept[0].id, kept[0].bytes), (1, &first.id, 6));
    assert_eq!(kept[0].sha256, sha256_hex(b"[1, 2]"));
    assert_eq!(house.store.read_trace(&kept[0]).await.unwrap(), serde_json::json!([1, 2]));
    assert_eq!(files(&house.place.dir), [house.place.dir.join(&kept[0].path)]);
    let ticket = TicketId("ticket-e1".into());
    let events = house.store.events_of(&ticket).await.unwrap();
    assert_eq!(events.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["e1"]);
}

async fn a_trace_that_was_touched_is_not_shown(house: House) {
    house.filed(event("e1", "gate-1", START)).await;
    house.store.keep_trace(trace(), b"[1]".to_vec(), START).await.unwrap();
    let kept = rows(&house.store).await.remove(0);
    let file = house.place.dir.join(&kept.path);
    std::fs::write(&file, b"[2]").unwrap();
    let damaged = house.store.read_trace(&kept).await.unwrap_err();
    assert!(matches!(&damaged, Damaged::Changed(hash) if *hash == sha256_hex(b"[2]")), "{damaged}");
    std::fs::remove_file(&file).unwrap();
    let damaged = house.store.read_trace(&kept).await.unwrap_err();
    assert!(matches!(damaged, Damaged::Unreadable(_)), "{damaged}");
}

async fn a_clip_with_gaps_says_which_moments_it_shows(house: House) {
    let clip = NewEvidence { kind: "clip", mime: "video/mp4", ..still() };
    let kept = house.store.keep_bytes(clip, b"a film".to_vec(), START).await.unwrap();
    let part = |plays_ms, from, to| Part { plays_ms, from: second(from), to: second(to) };
    let parts = [part(0, -3, 1), part(4_000, 3, 5)];
    house.store.note_parts(&kept.id, &parts[..1]).await.unwrap();
    assert_eq!(house.store.parts_of(&kept.id).await.unwrap(), []);
    house.store.note_parts(&kept.id, &parts).await.unwrap();
    let house = house.reopened().await;
    assert_eq!(house.store.parts_of(&kept.id).await.unwrap(), parts);
}

async fn a_full_disk_takes_nothing(house: House) {
    house.filed(event("e1", "gate-1", START)).await;
    let full = Place { min_free_mib: u64::MAX, ..house.place.clone() };
    let store = Store::open(&full).await.unwrap();
    let failed = store.keep_bytes(still(), b"a picture".to_vec(), START).await.unwrap_err();
    let Error::Full { path, need_mib, .. } = &failed else { panic!("{failed}") };
    assert_eq!((path, *need_mib), (&house.place.dir, u64::MAX));
    assert!(store.evidence_place("video/mp4", START).is_err());
    assert!(files(&house.place.dir).is_empty());
    assert_eq!(rows(&store).await, []);
}

/// A file lies where the folder should be: that stops root, too.
async fn a_folder_that_cannot_be_written_is_named(house: House) {
    house.filed(event("e1", "gate-1", START)).await;
    let day = house.place.dir.join("evidence").join("2025-11-23");
    std::fs::write(&day, b"").unwrap();
    let failed = house.store.keep_bytes(still(), b"a picture".to_vec(), START).await.unwrap_err();
    assert!(matches!(&failed, Error::File { path, .. } if *path == day), "{failed}");
    assert!(failed.to_string().contains(&day.display().to_string()), "{failed}");
    assert_eq!(files(&house.place.dir), [day]);
    assert_eq!(rows(&house.store).await, []);

    let dir = house.place.dir.join("elsewhere");
    std::fs::write(&dir, b"").unwrap();
    let failed = Store::open(&Place { dir: dir.clone(), ..house.place.clone() }).await.unwrap_err();
    assert!(failed.to_string().contains(&dir.display().to_string()), "{failed}");
}
