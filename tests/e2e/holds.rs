//! Holds at the command line, as a shift leader types them beside the daemon's database.

use std::path::PathBuf;
use std::process::Output;

use gengfu::clock::{Clock, RealClock, UnixMs};
use gengfu::store::hold::Rolls;
use serde_json::Value;

use super::centre::{Site, gengfu};
use super::kill::opened;

const CAMERA: &str = "[[camera]]\nid = \"yard\"\nname = \"yard\"\nplace = \"yard\"\n\
                      url = \"rtsp://127.0.0.1:9/yard\"\n";
const DAY_MS: i64 = 86_400_000;

/// A centre without a daemon: its configuration and who acts.
struct Counter {
    site: Site,
    config: PathBuf,
}

impl Counter {
    fn open() -> Self {
        let site = Site::new();
        let config = site.write(CAMERA);
        let counter = Self { site, config };
        for (name, role) in [("zhao", "shift_leader"), ("li", "operator"), ("root", "admin")] {
            counter.good(&["user", "add", name, "--role", role]);
        }
        counter
    }

    fn run(&self, arguments: &[&str]) -> Output {
        gengfu().args(arguments).arg("--config").arg(&self.config).output().unwrap()
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Refused with 1, with these words in what it says.
    #[track_caller]
    fn refused(&self, arguments: &[&str], words: &[&str]) {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{arguments:?}: '{said}' lacks '{word}'");
        }
    }
}

#[tokio::test]
async fn footage_is_held_released_and_listed_through_the_one_door() {
    let counter = Counter::open();
    let now = RealClock::new().now();
    let time = |days: i64| now.plus_ms(days * DAY_MS).rfc3339();
    let (from, to, until, far) = (time(-2), time(-1), time(30), time(181));
    let hold = |camera: &'static str, by: &'static str, until: &str, reason: &'static str| {
        let words = ["footage", "hold", camera, "--from", &from, "--to", &to, "--until", until];
        let words = [&words[..], &["--reason", reason, "--by", by]].concat();
        words.into_iter().map(str::to_owned).collect::<Vec<String>>()
    };
    let refused = |asked: Vec<String>, words: &[&str]| {
        counter.refused(&asked.iter().map(String::as_str).collect::<Vec<_>>(), words);
    };
    let passages = || async {
        let store = opened(&counter.site).await;
        let count = store.audit_count().await.unwrap();
        store.close().await;
        count
    };

    let reason = "letter 7 of the police station";
    refused(hold("yard", "nobody", &until, reason), &["no account nobody", "user add"]);
    refused(hold("barn", "zhao", &until, reason), &["no camera barn", "yard"]);
    assert_eq!(passages().await, 0, "who is nobody, and what is nothing, passes no door");
    refused(hold("yard", "li", &until, reason), &["operator", "hold_footage"]);
    refused(hold("yard", "root", &until, reason), &["admin"]);
    refused(hold("yard", "zhao", &until, "x"), &["no hold is placed", "why"]);
    refused(hold("yard", "zhao", &far, reason), &["180 days"]);
    assert_eq!(passages().await, 4);

    let asked = hold("yard", "zhao", &until, reason);
    let said = counter.good(&asked.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(said.contains("no footage of this time"), "{said}");
    let id = said.split_whitespace().next().unwrap().to_owned();
    let told = counter.good(&["footage", "holds", "--json", "--by", "li"]);
    let told: Value = serde_json::from_str(&told).unwrap();
    let expected = (&Value::from(id.clone()), &Value::from(reason), &Value::from("zhao"));
    assert_eq!((&told["id"], &told["reason"], &told["placed_by"]), expected);
    counter.refused(&["footage", "holds", "--by", "root"], &["admin", "view_footage"]);
    let store = opened(&counter.site).await;
    let rolls = Rolls { before_ms: 0, after_ms: 0 };
    let holds = store.holds(rolls, now).await.unwrap();
    store.close().await;
    let [held] = holds.as_slice() else { panic!("{holds:?}") };
    assert_eq!(
        (held.from, held.until),
        (now.plus_ms(-2 * DAY_MS), Some(UnixMs(now.0 + 30 * DAY_MS)))
    );

    counter.refused(&["footage", "release", &id, "--reason", " ", "--by", "zhao"], &["--reason"]);
    counter.refused(&["footage", "release", &id, "--reason", "over", "--by", "li"], &["operator"]);
    counter.good(&["footage", "release", &id, "--reason", "case is closed", "--by", "zhao"]);
    counter.refused(&["footage", "release", &id, "--reason", "over", "--by", "zhao"], &["no hold"]);
    assert_eq!(counter.good(&["footage", "holds", "--by", "li"]), "nothing is held\n");
    assert_eq!(passages().await, 12);
}
