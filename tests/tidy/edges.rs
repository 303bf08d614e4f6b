//! Who may use whom: imports point upstream only, libraries live in their own files.
//!
//! The order of `STAGES` is a frame's journey. It is also the order in which the folders could
//! become crates one day.

use super::source::{Named, Source};
use super::{Fault, catches, hold};

/// A stage may use the stages before it, never one after.
const STAGES: [&str; 10] = [
    "camera",
    "record",
    "detect",
    "event",
    "ticket",
    "duty",
    "equipment",
    "regulation",
    "report",
    "access",
];
/// They import nothing of ours but each other, clock first.
const LEAVES: [&str; 2] = ["clock", "config"];
/// They may import everything; nothing imports them.
const WIRING: [&str; 4] = ["app", "main", "demo", "commands"];
/// Outside libraries and the one place of each.
const HOMES: [(&str, &[&str]); 6] = [
    ("gstreamer", &["src/camera/gst/", "src/record/gst/"]),
    ("ort", &["src/detect/onnx.rs", "src/detect/onnx/"]),
    ("sqlx", &["src/store/"]),
    ("rumqttc", &["src/mqtt/"]),
    ("mqtt5", &["src/mqtt/"]),
    ("axum", &["src/web/"]),
];
/// What a pure file may not touch: waiting, files, sockets, threads, the clock, chance.
const IMPURE: [&str; 14] = [
    "tokio",
    "tokio_util",
    "tokio_stream",
    "futures_util",
    "ureq",
    "getrandom",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tower_http",
];

/// Impure by their nature, each for one reason.
const EXCUSED: [(&str, &str); 2] = [
    // GStreamer's threads hand frames over to the camera's task here, by channels.
    ("src/camera/intake.rs", "tokio"),
    // A salt and a first password are chance.
    ("src/access/password.rs", "getrandom"),
];

/// How a file of the crate stands to the others.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Leaf,
    Pure(usize),
    Shell(usize),
    Store,
    Mqtt,
    Web,
    Wiring,
    Unknown,
}

/// The part that `a::b::c` inside the crate belongs to.
fn part(module: &[String]) -> Part {
    let name = |at: usize| module.get(at).map_or("", String::as_str);
    let stage = STAGES.iter().position(|stage| *stage == name(0));
    match (name(0), stage) {
        (_, Some(rank)) if is_shell(name(1), name(0)) => Part::Shell(rank),
        (_, Some(rank)) => Part::Pure(rank),
        ("store", None) => Part::Store,
        ("mqtt", None) => Part::Mqtt,
        ("web", None) => Part::Web,
        (leaf, None) if LEAVES.contains(&leaf) => Part::Leaf,
        (wiring, None) if WIRING.contains(&wiring) => Part::Wiring,
        (_, None) => Part::Unknown,
    }
}

/// Files of a stage that wait, or that call a library: the names say so.
fn is_shell(file: &str, stage: &str) -> bool {
    // The receiver over TCP waits for the network; the intake stands between those who receive or
    // decode and the camera's task, and serves both.
    let receives = stage == "camera" && matches!(file, "intake" | "retina");
    receives || matches!((stage, file), (_, "task" | "gst") | ("detect", "onnx" | "models"))
}

/// Whether a file of part `from` may use something of part `to`.
fn may_use(from: Part, to: Part, named: &[String]) -> bool {
    let second = named.get(2).map_or("", String::as_str);
    let rank = |stage: &str| STAGES.iter().position(|s| *s == stage);
    match (from, to) {
        (_, Part::Unknown) | (Part::Leaf, _) => to == Part::Leaf && from == Part::Leaf,
        (Part::Wiring, _) | (_, Part::Leaf) => true,
        (_, Part::Wiring) => false,
        (Part::Pure(mine), Part::Pure(other)) => other <= mine,
        // The one door: the desk asks `access` about every act.
        (Part::Shell(mine), Part::Pure(other)) => other <= mine || Some(other) == rank("access"),
        (Part::Shell(mine), Part::Shell(other)) => mine == other,
        (Part::Shell(_), Part::Store) => true,
        (Part::Store | Part::Web, Part::Pure(_)) => true,
        (Part::Store, Part::Store) | (Part::Mqtt, Part::Mqtt | Part::Store) => true,
        (Part::Mqtt, Part::Pure(other)) => {
            let known = ["event", "ticket", "duty", "access"];
            known.contains(&STAGES[other]) || (STAGES[other] == "camera" && is_status(second))
        }
        (Part::Web, Part::Web | Part::Store) => true,
        // The desk's handle, by which phones and screens act on tickets.
        (Part::Web | Part::Mqtt, Part::Shell(other)) if Some(other) == rank("ticket") => true,
        // A report is read from the store by its own stage, for the terminal as for the browser;
        // the pass over duty is told when a row was written.
        (Part::Web, Part::Shell(other)) => {
            Some(other) == rank("report") || Some(other) == rank("duty")
        }
        (Part::Pure(_) | Part::Store, _) | (Part::Shell(_) | Part::Web | Part::Mqtt, _) => false,
        (Part::Unknown, _) => false,
    }
}

/// What the public health topic of a camera tells.
fn is_status(name: &str) -> bool {
    matches!(name, "status" | "CameraStatus" | "CameraState" | "CameraId")
}

fn points_upstream(source: &Source) -> Vec<Fault> {
    let from = part(&source.module());
    if !is_crate_file(source) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    if from == Part::Unknown && !source.module().is_empty() {
        faults.push((1, "this module has no place in the map of tests/tidy/edges.rs".to_owned()));
    }
    for named in own_paths(source) {
        let to = part(&named.segments[1..]);
        if from != Part::Unknown && !may_use(from, to, &named.segments) {
            let what = format!("`{}` does not lie upstream of here", named.segments.join("::"));
            faults.push((named.line, what));
        }
    }
    faults
}

/// Paths into the crate; the map itself (`lib.rs`) and tests of a file are not held to the order.
fn own_paths(source: &Source) -> impl Iterator<Item = Named> {
    let paths = source.paths().into_iter();
    paths.filter(|n| n.segments.len() > 1 && n.segments[0] == "crate" && !n.in_test)
}

fn keeps_libraries_at_home(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for named in source.paths() {
        let library = family(&named.segments[0]);
        let home = HOMES.iter().find(|(name, _)| *name == library);
        if let Some((name, places)) = home
            && is_crate_file(source)
            && !places.iter().any(|place| source.path.starts_with(place))
        {
            faults.push((named.line, format!("{name} is called only in {}", places.join(", "))));
        }
    }
    faults
}

/// Crates that come as a set are one library.
fn family(library: &str) -> &str {
    match library {
        "tower" | "tower_http" | "utoipa_axum" | "axum_extra" => "axum",
        set if set.starts_with("gstreamer") => "gstreamer",
        alone => alone,
    }
}

fn keeps_decisions_pure(source: &Source) -> Vec<Fault> {
    if !is_crate_file(source) || !matches!(part(&source.module()), Part::Pure(_)) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for named in source.paths().into_iter().filter(|n| !n.in_test) {
        let path = named.segments.join("::");
        let inside = |thing: &&&str| path == **thing || path.starts_with(&format!("{thing}::"));
        let excused = |thing: &&str| EXCUSED.contains(&(source.path.as_str(), thing));
        if let Some(thing) = IMPURE.iter().find(inside).filter(|thing| !excused(thing)) {
            faults.push((named.line, format!("a pure file does not touch {thing}")));
        }
    }
    faults
}

fn is_crate_file(source: &Source) -> bool {
    source.path.starts_with("src/") && !source.path.ends_with("/build.rs")
}

#[test]
fn imports_point_upstream_only() {
    hold("house style 3", points_upstream);
}

#[test]
fn an_import_from_downstream_is_caught() {
    let uses = |path: &str, what: &str, lines: &[usize]| {
        catches(points_upstream, path, &format!("//! x\nuse crate::{what};\n"), lines);
    };
    uses("src/camera/frame.rs", "detect::Track", &[2]);
    uses("src/detect/track.rs", "camera::Frame", &[]);
    uses("src/detect/track.rs", "{clock::UnixMs, ticket::Ticket}", &[2]);
    uses("src/detect/track.rs", "camera::task::Camera", &[2]);
    uses("src/ticket/verify.rs", "store::Store", &[2]);
    uses("src/ticket/task.rs", "store::Store", &[]);
    uses("src/store/ticket.rs", "ticket::task::Desk", &[2]);
    uses("src/store/ticket.rs", "web::login", &[2]);
    uses("src/mqtt/wire.rs", "camera::CameraStatus", &[]);
    uses("src/mqtt/wire.rs", "camera::Frame", &[2]);
    uses("src/web/wall.rs", "mqtt::task", &[2]);
    uses("src/web/wall.rs", "ticket::task::Desk", &[]);
    uses("src/web/wall.rs", "duty::task::Duty", &[]);
    uses("src/web/wall.rs", "equipment::task::EquipmentTask", &[2]);
    uses("src/duty/roster.rs", "report::Week", &[2]);
    uses("src/web/wall.rs", "detect::onnx::Session", &[2]);
    uses("src/clock.rs", "config::Config", &[]);
    uses("src/config/load.rs", "camera::CameraId", &[2]);
    uses("src/web/wall.rs", "app::Parts", &[2]);
    uses("src/tools/mod.rs", "clock::UnixMs", &[1]);
}

#[test]
fn a_library_is_called_in_one_place() {
    hold("house style 2", keeps_libraries_at_home);
}

#[test]
fn a_library_away_from_home_is_caught() {
    let text = "//! x\nuse gstreamer_app::AppSink;\nfn f() { sqlx::query(\"\"); }\n";
    catches(keeps_libraries_at_home, "src/camera/task.rs", text, &[2, 3]);
    catches(keeps_libraries_at_home, "src/camera/gst/rtsp.rs", text, &[3]);
}

#[test]
fn decisions_are_pure() {
    hold("house style 2", keeps_decisions_pure);
}

#[test]
fn an_impure_decision_is_caught() {
    let text = "//! x\nuse std::time::{Duration, Instant};\nfn f() { std::fs::read(\"\"); }\n\
                #[cfg(test)]\nmod tests { use std::fs; }\n";
    catches(keeps_decisions_pure, "src/ticket/verify.rs", text, &[2, 3]);
    catches(keeps_decisions_pure, "src/ticket/task.rs", text, &[]);
}
