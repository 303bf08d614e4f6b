//! The archive volume: made from a store, verified off-line, and no changed byte goes unnoticed.

use std::path::Path;

use gengfu::config;
use gengfu::report::task::drawer;
use gengfu::report::task::volume::{Order, VolumeError, file_week, verify};
use gengfu::report::{Lang, Week};
use gengfu::store::deadline::Marks;
use gengfu::store::ticket::Change;
use gengfu::ticket::Ticket;
use gengfu::ticket::log::LogEntry;

use crate::store::house::{self, House, START, event, second};

/// A site of one camera.
fn site(dir: &Path) -> gengfu::config::Config {
    let file = dir.join("site.toml");
    let text = std::fs::read_to_string("config/example.toml").unwrap();
    std::fs::write(&file, text).unwrap();
    config::load(&file).unwrap()
}

fn week() -> Week {
    Week::of(START, &jiff::tz::TimeZone::get("Asia/Shanghai").unwrap())
}

/// After the week's end and its report's due time.
fn later() -> gengfu::clock::UnixMs {
    second(14 * 86_400)
}

async fn filed(house: &House, into: &Path) -> std::path::PathBuf {
    house.filed(event("a", "gate-1", START)).await;
    let order = Order { by: "gengfu", now: later(), into, lang: Lang::Zh };
    let config = site(into);
    let (volume, manifest) = file_week(&house.store, &config, week(), &order).await.unwrap();
    assert_eq!(manifest.about, week().to_string());
    volume.place.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_is_verified_and_every_changed_file_is_named() {
    let house = House::sqlite().await;
    let dir = tempfile::tempdir().unwrap();
    let folder = filed(&house, dir.path()).await;
    let (manifest, _, faults) = verify(&folder).unwrap();
    assert_eq!(faults, []);
    for name in ["report.html", "report.json", "log.jsonl", "index.html"] {
        assert!(manifest.files.contains_key(name), "{name} is not in the volume");
    }
    for name in manifest.files.keys() {
        let path = folder.join(name);
        let good = std::fs::read(&path).unwrap();
        // The first, the middle and the last byte.
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, bad).unwrap();
            let told: Vec<String> =
                verify(&folder).unwrap().2.iter().map(ToString::to_string).collect();
            assert_eq!(told, [format!("{name} was changed")]);
        }
        std::fs::write(&path, good).unwrap();
    }
    std::fs::write(folder.join("more.txt"), "x").unwrap();
    let told = verify(&folder).unwrap().2;
    assert_eq!(told[0].to_string(), "more.txt does not belong to the volume");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_archived_once_until_its_log_grows() {
    let house = House::sqlite().await;
    let dir = tempfile::tempdir().unwrap();
    filed(&house, dir.path()).await;
    let config = site(dir.path());
    let order = Order { by: "gengfu", now: later(), into: dir.path(), lang: Lang::En };
    let again = file_week(&house.store, &config, week(), &order).await;
    assert!(matches!(again, Err(VolumeError::Archived { .. })));
    let early = Order { now: START, ..order };
    let early = file_week(&house.store, &config, week(), &early).await;
    assert!(matches!(early, Err(VolumeError::NotOver(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_reports_are_made_up_once_and_a_changed_log_makes_a_version() {
    let house = House::sqlite().await;
    let dir = tempfile::tempdir().unwrap();
    let config = site(dir.path());
    let ticket = house.filed(event("a", "gate-1", START)).await;
    let made = drawer::make_up(&house.store, &config, later()).await.unwrap();
    assert_eq!(made.iter().map(|issue| issue.week).collect::<Vec<_>>()[0], week());
    let twice = drawer::make_up(&house.store, &config, later()).await.unwrap();
    assert!(twice.is_empty(), "doing it twice changes nothing");
    let by = ("zhao", later());
    let same = drawer::draw_up(&house.store, &config, week(), by).await.unwrap();
    assert_eq!(same, None);
    let after = Ticket { version: ticket.version + 1, ..ticket.clone() };
    let line = LogEntry { at: second(10 * 86_400), ..house::line(&after, "join") };
    let change = Change {
        before: &ticket,
        after: &after,
        line: &line,
        messages: &[],
        answer: None,
        event: None,
        marks: Marks::default(),
    };
    house.store.commit(change, line.at).await.unwrap();
    let new = drawer::draw_up(&house.store, &config, week(), by).await.unwrap().unwrap();
    assert_eq!(new.version, 2);
    assert!(new.changes.iter().any(|change| change.ticket == Some(ticket.number)));
    let issues = house.store.issues().await.unwrap();
    let (_, as_then) = drawer::again(&house.store, &config, &issues[0]).await.unwrap();
    assert!(as_then, "the log gives what it gave");
}
