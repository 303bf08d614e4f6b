//! The shape of the tree: folders, names, sizes, first lines.

use super::source::{self, Source};
use super::{Fault, catches, hold};

/// House style 9: at the stop, a file is split by noun.
const MAX_LINES: usize = 500;
/// House style 12; `rustfmt` leaves strings and comments alone, so it is counted here.
const MAX_COLUMNS: usize = 100;
/// House style 4: a shared thing has an owner, and the owner has a name.
const NOBODYS_NAMES: [&str; 14] = [
    "util", "utils", "common", "misc", "shared", "helper", "helpers", "type", "types", "manager",
    "managers", "service", "services", "core",
];
/// The top level as the design fixes it.
const TOP: [&str; 11] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "models",
    "config",
    "tests",
    "deploy",
    "README.md",
    "README.zh-CN.md",
    "CHANGELOG.md",
    "LICENSE",
];
/// Made on the machine, hidden from git.
const MADE_HERE: [&str; 5] = ["target", "data", "shots", "site.toml", "proptest-regressions"];

fn starts_with_its_purpose(source: &Source) -> Vec<Fault> {
    let first = source.text.lines().next().unwrap_or("");
    if first.len() > "//! ".len() && first.starts_with("//! ") {
        return Vec::new();
    }
    vec![(1, "the first line is not `//! what this file is`".to_owned())]
}

fn is_short(source: &Source) -> Vec<Fault> {
    let lines = source.text.lines().count();
    if lines <= MAX_LINES {
        return Vec::new();
    }
    vec![(lines, format!("{lines} lines, {MAX_LINES} at most: split it by noun"))]
}

fn is_narrow(source: &Source) -> Vec<Fault> {
    // rustfmt answers for code and cannot break a long text; a table's row cannot be broken either.
    let prose =
        |line: &str| line.trim_start().starts_with("//") && !line.trim_start().starts_with("//! |");
    let lines = source.text.lines().enumerate().filter(|(_, line)| prose(line));
    lines
        .map(|(at, line)| (at + 1, line.chars().count()))
        .filter(|(_, columns)| *columns > MAX_COLUMNS)
        .map(|(at, columns)| (at, format!("{columns} columns, {MAX_COLUMNS} at most")))
        .collect()
}

fn has_an_owners_name(source: &Source) -> Vec<Fault> {
    let mut faults = Vec::new();
    for part in source.path.trim_end_matches(".rs").split('/') {
        if NOBODYS_NAMES.contains(&part) {
            faults.push((1, format!("`{part}` says nothing about what is inside")));
        }
    }
    for pair in source.tokens.windows(2) {
        if pair[0].text == "mod" && NOBODYS_NAMES.contains(&pair[1].text.as_str()) {
            faults.push((pair[1].line, format!("`mod {}` says nothing", pair[1].text)));
        }
    }
    faults
}

fn strangers(names: &[String]) -> Vec<&String> {
    let known = |name: &str| name.starts_with('.') || TOP.contains(&name);
    names.iter().filter(|name| !known(name) && !MADE_HERE.contains(&name.as_str())).collect()
}

#[test]
fn every_file_says_first_what_it_is() {
    hold("house style 11", starts_with_its_purpose);
}

#[test]
fn a_file_without_purpose_is_caught() {
    catches(starts_with_its_purpose, "src/clock.rs", "use std::fmt;\n//! Time.\n", &[1]);
    catches(starts_with_its_purpose, "src/clock.rs", "//! Time.\n", &[]);
}

#[test]
fn no_file_is_longer_than_a_sitting() {
    hold("house style 9", is_short);
}

#[test]
fn a_long_file_is_caught() {
    catches(is_short, "src/clock.rs", &"//! x\n".repeat(500), &[]);
    catches(is_short, "src/clock.rs", &"//! x\n".repeat(501), &[501]);
}

#[test]
fn no_comment_is_wider_than_100_columns() {
    hold("house style 12", is_narrow);
}

#[test]
fn a_wide_line_is_caught() {
    catches(
        is_narrow,
        "src/clock.rs",
        &format!("//! {}\n//! {}", "更".repeat(96), "x".repeat(97)),
        &[2],
    );
}

#[test]
fn no_module_has_a_name_that_fits_everything() {
    hold("house style 4", has_an_owners_name);
}

#[test]
fn a_name_that_fits_everything_is_caught() {
    catches(has_an_owners_name, "src/store/util.rs", "//! x\n", &[1]);
    catches(has_an_owners_name, "src/lib.rs", "//! x\nmod clock;\nmod common;\n", &[3]);
}

#[test]
fn the_top_level_is_as_the_design_fixes_it() {
    let entries = std::fs::read_dir(source::top()).unwrap();
    let names: Vec<String> =
        entries.map(|e| e.unwrap().file_name().to_str().unwrap().to_owned()).collect();
    let strangers = strangers(&names);
    assert!(strangers.is_empty(), "not in the design's top level: {strangers:?}");
}

#[test]
fn a_new_top_level_folder_is_caught() {
    let names = ["src", ".ci", "scripts", "target"].map(str::to_owned);
    assert_eq!(strangers(&names), ["scripts"]);
}
