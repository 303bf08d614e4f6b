//! `gengfu camera probe` and the words of `gengfu testcam --fault`, as a technician types them.

use std::process::Output;

use serde_json::Value;

use super::stand::{PASSWORD, USER, cameras, login};
use crate::e2e::centre::gengfu;

/// What the probe says of a camera that it may look at.
fn probed(url: &str, more: &[&str]) -> Output {
    let mut command = gengfu();
    command.args(["camera", "probe", url, "--seconds", "5"]).args(more);
    command.args(["--user", USER, "--password-env", "LAB_CAMERA"]).env("LAB_CAMERA", PASSWORD);
    command.output().unwrap()
}

fn told(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// The findings of a camera with this fault, and all figures.
fn findings(fault: &str) -> (String, Value) {
    let cameras = cameras([("yard", fault)].into_iter(), Some(login()));
    let output = probed(&format!("rtsp://{}/yard", cameras.addr), &["--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.success(), told["usable"] == true, "{output:?}");
    (told["findings"].to_string(), told)
}

#[test]
fn a_good_camera_is_described_and_its_lines_are_a_configuration() {
    let (found, told) = findings("");
    assert!(!found.contains("costly") && !found.contains("bad"), "{found}");
    assert_eq!((&told["codec"], &told["b_frames"]), (&"h264".into(), &false.into()), "{told}");
    assert_eq!((&told["width_px"], &told["height_px"]), (&384.into(), &288.into()), "{told}");
    assert_eq!(told["authentication"][0], "digest");
    let near = |name: &str, from: f64, to: f64| {
        let figure = told[name].as_f64().unwrap();
        assert!((from..=to).contains(&figure), "{name} is {figure}");
    };
    near("fps", 9.0, 11.0);
    near("key_distance_ms", 1_700.0, 2_300.0);
    near("clock_ms", -1_000.0, 1_000.0);
    let lines = told["config"].as_str().unwrap();
    assert!(lines.contains("password = { env = \"LAB_CAMERA\" }"), "{lines}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("site.toml");
    std::fs::write(&file, lines).unwrap();
    let checked =
        gengfu().arg("check-config").arg(&file).env("LAB_CAMERA", PASSWORD).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn an_odd_camera_is_told_what_to_change() {
    let words = [
        ("b-frames", "B-frames"),
        ("all-intra", "every picture is a key frame"),
        ("long-group=60", "smart encoding"),
        ("constant", "padding"),
        ("h265", "H.265"),
        ("no-sets", "no parameter sets"),
        ("clock=-77", "77.0 s behind"),
        // By how much, it says to a second or two: arrivals waver.
        ("jump=-9800@2", "its stamps jump by"),
        ("regress", "stand still or go back"),
        ("sound", "sound is offered and not used"),
        ("basic", "travels readable"),
    ];
    // Each takes five seconds, so they are heard at the same time.
    let heard =
        words.map(|(fault, word)| (fault, word, std::thread::spawn(move || findings(fault).0)));
    for (fault, word, heard) in heard {
        let found = heard.join().unwrap();
        assert!(found.contains(word), "{fault}: no '{word}' in {found}");
    }
}

#[test]
fn a_camera_that_cannot_be_heard_is_named_with_the_next_step() {
    let cameras = cameras([("yard", "")].into_iter(), Some(login()));
    let refused = |url: &str, words: &[&str]| {
        let output = probed(url, &[]);
        let said = told(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        assert!(!said.contains(PASSWORD), "{said}");
    };
    let address = &cameras.addr;
    refused(&format!("rtsp://{address}/nowhere"), &["nowhere", "404", "path"]);
    refused("rtsp://127.0.0.1:1/yard", &["does not answer", "port"]);
    refused("http://127.0.0.1/yard", &["rtsp://"]);
    let mut plain = gengfu();
    let output = plain.args(["camera", "probe", &format!("rtsp://{address}/yard")]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(told(&output.stderr).contains("401"), "{output:?}");
}

#[test]
fn a_fault_that_nobody_knows_is_refused_with_the_list() {
    let said = |fault: &str| {
        let output = gengfu().args(["testcam", "radio=:audio", "--fault", fault]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        told(&output.stderr)
    };
    assert!(said("radio:rain").contains("half-open"));
    assert!(said("gate:silence").contains("no camera 'gate'"));
    assert!(said("silence").contains("NAME:KIND"));
    let help = gengfu().args(["testcam", "--help"]).output().unwrap();
    assert!(told(&help.stdout).contains("long-group[=SECONDS]"), "{help:?}");
}
