//! The configuration as a technician meets it: the example file, and a file full of faults.
//!
//! The example is the manual of the configuration, so it is held to the code from three sides:
//! it has no fault, it has every key, and what it calls a default is the default.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gengfu::config::{Config, Faults, RuleKind, codes, load, parse};
use toml::{Table, Value};

fn example() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/example.toml");
    std::fs::read_to_string(file).expect("config/example.toml")
}

fn faults(text: &str) -> Faults {
    match parse(text) {
        Ok(_) => Faults(Vec::new()),
        Err(faults) => faults,
    }
}

fn text_of(table: &Table) -> String {
    toml::to_string(table).expect("a table of plain values")
}

/// A step on the way to a table: a key, and the place in its list if it holds a list of tables.
type Step = (String, Option<usize>);

fn at<'a>(table: &'a mut Table, path: &[Step]) -> &'a mut Table {
    path.iter().fold(table, |table, (key, index)| {
        let value = table.get_mut(key).expect("a key of the example");
        let value = match index {
            Some(i) => value.get_mut(*i).expect("an entry of the example"),
            None => value,
        };
        value.as_table_mut().expect("a table of the example")
    })
}

fn tables(table: &Table, above: &[Step], found: &mut Vec<Vec<Step>>) {
    found.push(above.to_vec());
    let mut visit = |key: &str, index: Option<usize>, inner: &Table| {
        let mut path = above.to_vec();
        path.push((key.to_owned(), index));
        tables(inner, &path, found);
    };
    for (key, value) in table {
        if let Value::Table(inner) = value {
            visit(key, None, inner);
        }
        for (i, entry) in value.as_array().into_iter().flatten().enumerate() {
            if let Value::Table(inner) = entry {
                visit(key, Some(i), inner);
            }
        }
    }
}

#[test]
fn the_example_has_no_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let config = load(&folder.join("example.toml")).unwrap_or_else(|f| panic!("{f}"));
    let first = &config.camera[0];
    assert_eq!((config.camera.len(), first.zone.len(), first.line.len()), (2, 1, 1));
    let shown = |kind: &RuleKind| first.rule.iter().any(|rule| rule.kind == *kind);
    assert_eq!(RuleKind::ALL.iter().filter(|kind| !shown(kind)).count(), 0);
}

/// The code is asked for its keys: a key that cannot exist is put into each table in turn, and the
/// fault lists those that can. Of tables that repeat, each key must be in one of them: what a rule
/// may hold depends on its kind.
#[test]
fn the_example_has_every_key() {
    let example: Table = example().parse().expect("the example is TOML");
    let mut paths = Vec::new();
    tables(&example, &[], &mut paths);
    assert!(paths.len() > 25, "sections, cameras, rules, three secrets: {paths:?}");
    let mut missing: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for path in paths {
        let mut changed = example.clone();
        let table = at(&mut changed, &path);
        table.insert("no-such-key".into(), Value::Boolean(true));
        let found = faults(&text_of(&changed)).to_string();
        let (_, keys) = found.split_once("the keys here are: ").expect("the list of the keys");
        // A secret names one of its two ways or none; the head of the example explains both.
        if keys.trim() == "file, env" {
            continue;
        }
        let table = at(&mut changed, &path);
        let lacks = keys.trim().split(", ").filter(|key| !table.contains_key(*key));
        let lacks: BTreeSet<String> = lacks.map(str::to_owned).collect();
        let name: Vec<String> = path.iter().map(|(key, _)| key.clone()).collect();
        let entry = missing.entry(name).or_insert_with(|| lacks.clone());
        entry.retain(|key| lacks.contains(key));
    }
    missing.retain(|_, keys| !keys.is_empty());
    assert!(missing.is_empty(), "{missing:?}");
}

/// One `key = value` of the example, with the table it is in and the comment above it.
struct Line {
    table: Vec<Step>,
    key: String,
    comment: String,
}

fn lines(text: &str) -> Vec<Line> {
    let (mut lines, mut table, mut comment) = (Vec::new(), Vec::new(), String::new());
    // How often each list of tables has come below its present parent.
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix('#') {
            comment.push_str(words);
        } else if line.starts_with('[') {
            let keys: Vec<String> =
                line.trim_matches(['[', ']']).split('.').map(str::to_owned).collect();
            if line.starts_with("[[") {
                counts.retain(|list, _| list.len() <= keys.len() || !list.starts_with(&keys));
                *counts.entry(keys.clone()).or_default() += 1;
            }
            let index = |end: usize| counts.get(&keys[..end]).map(|count| count - 1);
            table = keys.iter().enumerate().map(|(i, key)| (key.clone(), index(i + 1))).collect();
            comment.clear();
        } else if let Some((key, _)) = line.split_once(" = ") {
            let comment = std::mem::take(&mut comment);
            lines.push(Line { table: table.clone(), key: key.into(), comment });
        }
    }
    lines
}

/// A default may be left out and nothing changes; a required key may not; a changed one changes.
#[test]
fn the_example_tells_the_truth_about_defaults() {
    let text = example();
    let whole = format!("{:?}", parse(&text).expect("no fault"));
    let table: Table = text.parse().expect("the example is TOML");
    let (mut defaults, mut others) = (0, 0);
    for line in lines(&text) {
        let mut without = table.clone();
        at(&mut without, &line.table).remove(&line.key).expect("the key");
        let after = parse(&text_of(&without));
        let place = format!("{:?} {}", line.table, line.key);
        if line.comment.ends_with("Default.") || line.comment.ends_with("Default: none.") {
            defaults += 1;
            assert_eq!(format!("{:?}", after.expect("no fault")), whole, "{place}");
        } else if line.comment.contains("Required") {
            others += 1;
            assert!(after.is_err(), "{place} is not required");
        } else {
            others += 1;
            assert!(line.comment.contains("Changed here."), "{place} says neither");
            let changed = after.map_or(String::new(), |config| format!("{config:?}"));
            assert_ne!(changed, whole, "{place} is the default");
        }
    }
    assert!(defaults > 50 && others > 12, "{defaults} defaults, {others} others were read");
}

#[test]
fn the_example_lists_every_category_and_class() {
    let text = example();
    for word in codes::CATEGORIES.iter().chain(codes::CLASSES).chain(codes::SEVERITIES) {
        assert!(text.contains(word), "{word}");
    }
}

#[test]
fn the_classes_of_rules_are_those_of_the_detector() {
    let detector: Vec<_> = gengfu::detect::Class::ALL.iter().map(|c| c.as_str()).collect();
    assert_eq!(codes::CLASSES, detector);
}

#[test]
fn paths_are_relative_to_the_folder_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("site.toml");
    std::fs::write(folder.path().join("secret"), "hunter2\n").expect("the secret");
    let text = "[data]\ndir = '/srv/gengfu'\n[store]\nurl = 'postgres://a@db/x'\n\
                password = { file = 'secret' }\n";
    std::fs::write(&file, text).expect("the file");
    let config: Config = load(&file).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(config.data.dir, PathBuf::from("/srv/gengfu"));
    assert_eq!(config.detect.models, folder.path().join("models"));
    assert_eq!(config.store.password.reveal().as_deref(), Ok("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let found = load(Path::new("no/such/site.toml")).expect_err("no file").to_string();
    assert!(found.starts_with("no/such/site.toml: cannot be read"), "{found}");
}

#[test]
fn ten_different_faults_are_told_at_once() {
    let text = r#"[site]
id = "East Gate"
timezone = "Asia/Shanghai"

[[camera]]
id = "gate-east"
name = "东门"
place = "东门岗亭"
url = "rtsp://admin:hunter2@192.0.2.11/stream1"

[[camera.zone]]
id = "passage"
name = "通道"
polygon = [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]

[[camera.rule]]
id = "night"
name = "夜间有人"
zone = "pasage"
classes = ["person", "car"]
armed = "22-6"
severity = "S5"
category = "petitioner"

[[camera]]
id = "gate-east"
name = "西门"
place = "西门"
url = "rtsp://192.0.2.12/stream1"
password = "hunter2"

[detect]
fps = "five"

[policy.s1]
arrive_s = 30

[mqtt]
embedded = false
"#;
    let found = faults(text);
    assert!(found.0.len() >= 10, "{found}");
    assert!(!found.to_string().contains("hunter2"));
    insta::assert_snapshot!("a_file_full_of_faults", found.to_string());
}

/// What a technician may get wrong about rules, one thing each.
const RULES: &str = r#"[calendar]
holidays = ["2027-02-30", "2027-01-01"]
working_days = ["2027-01-04", "2027-01-01"]

[[camera]]
id = "gate"
name = "东门"
place = "东门岗亭"
url = "rtsp://192.0.2.11/stream1"

[[camera.zone]]
id = "yard"
name = "院子"
polygon = []

[[camera.zone]]
id = "lane"
name = "消防通道"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]

[[camera.line]]
id = "fence"
name = "围栏"
points = [[0.1, 0.5], [1.4, 0.5]]

[[camera.line]]
id = "lane"
name = "通道线"
points = [[0.5, 0.5]]

[[camera.rule]]
id = "parked"
name = "占用消防通道"
kind = "vehicle_standing"
zone = "lane"
severity = "S3"

[[camera.rule]]
id = "parked-too"
name = "夜间占用消防通道"
kind = "vehicle_standing"
zone = "lane"
armed = "22:00-06:00"
severity = "S2"

[[camera.rule]]
id = "loiter"
name = "长时间停留"
kind = "loitering"
zone = "lane"

[[camera.rule]]
id = "against"
name = "逆行"
kind = "wrong_way"
zone = "lane"
classes = ["bag"]

[[camera.rule]]
id = "dense"
name = "人员密集"
kind = "crowding"
zone = "lane"
max_density = 12
max_speed = 2.0
days = ["mon", "holiday"]

[[camera.rule]]
id = "crossed"
name = "越线"
kind = "line_crossed"
zone = "lane"
line = "fense"
classes = ["person"]
crossing = "leftwards"

[[camera.rule]]
id = "left"
name = "遗留物品"
kind = "object_left"
zone = "lane"
dwell_ms = 500

[[overlap]]
cameras = ["gate", "gatte"]
within_s = 300
"#;

#[test]
fn rules_that_contradict_themselves_are_told_at_once() {
    let found = faults(RULES);
    insta::assert_snapshot!("rules_full_of_faults", found.to_string());
}

#[test]
fn a_rule_file_is_read_with_the_configuration_and_its_faults_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("site.toml");
    let told = |rules: &str, policy: &str| {
        std::fs::write(dir.path().join("rules.toml"), rules).unwrap();
        std::fs::write(&file, format!("[policy]\nfile = \"rules.toml\"\n{policy}")).unwrap();
        load(&file).map_or_else(
            |faults| faults.to_string(),
            |config| {
                let rules = config.policy.rules.expect("the rule file");
                rules.span("ack", "S2", None).to_string()
            },
        )
    };
    assert_eq!(told("[clocks.S2]\nack = \"90s\"\n", ""), "90s");
    let faults = told("[clocks.S2]\nack = \"90\"\n", "");
    assert!(
        faults.starts_with("line 2: policy.file: ") && faults.contains("line 2: \"90\""),
        "{faults}"
    );
    let both = told("", "[policy.s1]\nack_s = 50\n");
    assert!(both.contains("policy.s1: has no use while policy.file is given"), "{both}");
    std::fs::write(&file, "[policy]\nfile = \"nothing.toml\"\n").unwrap();
    let missing = load(&file).unwrap_err().to_string();
    assert!(missing.contains("nothing.toml cannot be read"), "{missing}");
}
