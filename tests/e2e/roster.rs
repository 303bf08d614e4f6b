//! A roster from the terminal: a gap is named with its times and not published, a whole one holds.

use std::path::Path;

use super::centre::{Site, gengfu};

/// Exit code, standard output and standard error.
fn run(config: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = gengfu().args(arguments).arg("--config").arg(config).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_gap_is_named_and_a_whole_roster_holds() {
    let site = Site::new();
    let config = site.write("");
    for (name, role) in [
        ("li", "operator"),
        ("wang", "operator"),
        ("zhao", "shift_leader"),
        ("chen", "patrol_member"),
    ] {
        assert_eq!(run(&config, &["user", "add", name, "--role", role]).0, Some(0));
    }
    let file = site.dir.path().join("week.csv");
    let path = file.to_str().unwrap();
    // Far ahead, so that the day this runs on does not matter.
    let table = |second: &str| {
        format!(
            "date,line,from,until,account\n2099-12-07,duty,00:00,07:59,li\n\
             2099-12-07,duty,{second},24:00,wang\n2099-12-07,standby,00:00,24:00,zhao\n\
             2099-12-07,patrol,08:00,16:00,chen\n"
        )
    };
    std::fs::write(&file, table("08:01")).unwrap();
    let (code, told, said) = run(&config, &["roster", "check", path]);
    assert_eq!(code, Some(1), "{said}");
    assert!(told.contains("duty     1438 of 1440 min covered"), "{told}");
    assert!(said.contains("roster_gap") && said.contains("2099-12-07 07:59–08:01"), "{said}");
    let (code, _, said) = run(&config, &["roster", "publish", path, "--by", "zhao"]);
    assert!(code == Some(1) && said.contains("kept as draft"), "{said}");
    std::fs::write(&file, table("07:50")).unwrap();
    let (code, _, said) = run(&config, &["roster", "publish", path, "--by", "li"]);
    assert!(code == Some(1) && said.contains("operator may not make_roster"), "{said}");
    assert_eq!(run(&config, &["roster", "check", path]).0, Some(0), "two people may overlap");
    let (code, told, said) = run(&config, &["roster", "publish", path, "--by", "zhao"]);
    assert!(code == Some(0) && told.contains("version 1: 2099-12-07 00:00"), "{told}{said}");
    let (_, told, _) = run(&config, &["roster", "list"]);
    assert!(told.contains("version 1 by zhao") && told.contains("draft by zhao"), "{told}");
    std::fs::write(&file, "2099-12-07,night,00:00,08:00,li\n").unwrap();
    let (code, _, said) = run(&config, &["roster", "check", path]);
    assert!(code == Some(1) && said.contains("line 1: \"night\" is no line"), "{said}");
    let (code, _, said) = run(&config, &["roster", "publish", "week.txt", "--by", "zhao"]);
    assert!(code == Some(1) && said.contains("no id of a draft"), "{said}");
}
