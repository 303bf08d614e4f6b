//! Starts that must not succeed: the daemon ends with 1 and names the thing and the next step.

use std::net::TcpListener;
use std::path::Path;

use super::centre::{Site, gengfu};
use super::process::until;

/// Starts the site and expects it to end with 1, saying all the words.
#[track_caller]
fn expect_refused(site: &Site, words: &[&str]) {
    let config = site.write("");
    let mut daemon = site.start(&config);
    let exit = until(&format!("the end of a start without {words:?}"), || daemon.ended());
    let said = daemon.said();
    assert_eq!(exit.code(), Some(1), "{said}");
    let last = said.lines().rfind(|line| line.starts_with("gengfu: ")).unwrap_or_default();
    for word in words {
        assert!(last.contains(word), "'{last}' lacks '{word}'");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// The models with one byte of the motion model changed.
fn spoiled(models: &Path, into: &Path) {
    std::fs::create_dir_all(into.join("fetched")).unwrap();
    for file in ["models.toml", "motion.onnx", "fetched/yolox_nano_features.onnx"] {
        std::fs::copy(models.join(file), into.join(file)).unwrap();
    }
    let file = into.join("motion.onnx");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn a_model_with_another_hash_is_refused_by_name() {
    let site = Site::new();
    let models = site.dir.path().join("models");
    spoiled(&site.models, &models);
    let site = Site { models, ..site };
    expect_refused(&site, &["motion.onnx", "sha256", "models/fetch"]);
}

#[test]
fn a_missing_runtime_is_refused_by_name() {
    let site = Site::new();
    let runtime = site.dir.path().join("libnothing.so");
    let site = Site { runtime, ..site };
    expect_refused(&site, &["libnothing.so", "models/fetch", "detect.runtime"]);
}

#[test]
fn a_web_port_in_use_is_refused_by_name() {
    let site = Site::new();
    let taken = TcpListener::bind(("127.0.0.1", site.web)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    expect_refused(&site, &[&address, "web.listen"]);
}

#[test]
fn a_broker_port_in_use_is_refused_by_name() {
    let site = Site::new();
    let taken = TcpListener::bind(("127.0.0.1", site.mqtt)).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    expect_refused(&site, &[&address, "mqtt.listen"]);
}

#[test]
fn a_file_in_the_place_of_the_data_folder_is_refused_by_name() {
    let site = Site::new();
    std::fs::write(&site.data, "not a folder").unwrap();
    expect_refused(&site, &[site.data.to_str().unwrap(), "data.dir"]);
}

#[test]
fn a_camera_server_says_which_file_or_address_is_wrong() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = |arguments: &[&str]| {
        let output = gengfu().arg("testcam").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(said(&["--listen", "127.0.0.1:0", "yard=no-such.mp4"]).contains("no-such.mp4"));
    assert!(said(&["--listen", &address, "radio=:audio"]).contains(&address));
}

#[test]
fn a_turn_on_duty_needs_an_account_whose_role_takes_the_line() {
    let site = Site::new();
    let config = site.write("");
    let run = |arguments: &str| {
        let mut command = gengfu();
        command.args(arguments.split(' ')).arg("--config").arg(&config);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let turn = "--from 2026-11-23T08:00:00+08:00 --to 2026-11-23T16:00:00+08:00";
    let (code, said) = run(&format!("shift add chen --line patrol {turn}"));
    assert!(code == Some(1) && said.contains("gengfu user add"), "{said}");
    assert_eq!(run("user add chen --role patrol_member").0, Some(0));
    assert_eq!(run(&format!("shift add chen --line patrol {turn}")).0, Some(0));
    let (code, said) = run(&format!("shift add chen --line duty {turn}"));
    assert!(code == Some(1) && said.contains("patrol_member"), "{said}");
    let (code, said) = run("shift add chen --line patrol --from today --to tomorrow");
    assert!(code == Some(1) && said.contains("'today'"), "{said}");
}
