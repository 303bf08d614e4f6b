//! From file to `Config`, with every fault, its line and its path.
//!
//! The deserialiser stops at its first fault, so it is asked again and again, each time without the
//! value it refused, until the rest passes; then `validate` looks at the rest. What only follows
//! from a fault already named is left out, so that a technician mends one thing once.

use std::path::Path;

use serde_path_to_error::Segment;
use toml::de::DeTable;
use toml::{Table, Value};

use super::policy::Rules;
use super::{Config, Fault, Faults, Policy, Rule, validate, wording};

/// Reads and checks a file, without opening anything but its secrets.
///
/// Relative paths (`data.dir`, `detect.models`, `detect.runtime` and every secret's `file`) are
/// relative to the folder of the configuration file, also where the default is used; they come
/// back joined to it.
///
/// # Errors
/// All faults of the file together.
pub fn load(file: &Path) -> Result<Config, Faults> {
    let text = std::fs::read_to_string(file).map_err(|e| {
        Faults(vec![Fault::at(file.display().to_string(), format!("cannot be read: {e}"))])
    })?;
    check(&text, file.parent().unwrap_or(Path::new("")))
}

/// Checks a configuration text. Relative paths stay relative to the working folder.
///
/// # Errors
/// All faults of the text together.
pub fn parse(text: &str) -> Result<Config, Faults> {
    check(text, Path::new(""))
}

fn check(text: &str, folder: &Path) -> Result<Config, Faults> {
    let document = DeTable::parse(text).map_err(|e| Faults(vec![syntax(text, &e)]))?;
    let table = text.parse::<Table>().map_err(|e| Faults(vec![syntax(text, &e)]))?;
    let Typed { mut config, mut faults, refused } = typed(table);
    resolve(&mut config, folder);
    faults.extend(rule_file(&mut config.policy));
    let seen = validate::validate(&config).into_iter().chain(secrets(&config));
    faults.extend(seen.filter(|fault| !follows(&fault.path, &refused)));
    config.camera.iter_mut().flat_map(|camera| &mut camera.rule).for_each(Rule::settle);
    for fault in &mut faults {
        fault.line = line_of(text, document.get_ref(), &fault.path);
    }
    faults.sort_by_key(|fault| fault.line);
    if faults.is_empty() { Ok(config) } else { Err(Faults(faults)) }
}

/// A text that is not TOML. The message never repeats the line: it could hold a secret.
fn syntax(text: &str, error: &toml::de::Error) -> Fault {
    let at = error.span().map_or(0, |span| span.start);
    let before = &text.as_bytes()[..at.min(text.len())];
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
    Fault {
        line: Some(line_at(text, at)),
        path: String::new(),
        what: format!("column {column}: this is not TOML: {}", error.message()),
    }
}

/// What could be read, what could not, and which paths were left out.
struct Typed {
    config: Config,
    faults: Vec<Fault>,
    refused: Vec<String>,
}

fn typed(mut table: Table) -> Typed {
    let (mut faults, mut refused) = (Vec::new(), Vec::new());
    loop {
        let error = match serde_path_to_error::deserialize::<_, Config>(table.clone()) {
            Ok(config) => {
                return Typed { config, faults, refused };
            }
            Err(error) => error,
        };
        let path: Vec<Segment> = error
            .path()
            .iter()
            .take_while(|s| matches!(s, Segment::Map { .. } | Segment::Seq { .. }))
            .cloned()
            .collect();
        let name = name(&path);
        let words = wording::plain(&name, error.inner().message());
        if let Some(meant) = words.meant {
            refused.push(sibling(&name, &meant));
        }
        faults.push(Fault::at(name, words.what));
        match remove(&mut table, &path) {
            Some(gone) => refused.push(gone),
            // Nothing to leave out: the rest cannot be read, and is not blamed.
            None => {
                return Typed { config: Config::default(), faults, refused };
            }
        }
    }
}

/// `camera[1].zone[0].polygon`.
fn name(path: &[Segment]) -> String {
    let mut name = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => name.push_str(&format!("[{index}]")),
            Segment::Map { key } if name.is_empty() => name.push_str(key),
            Segment::Map { key } => name.push_str(&format!(".{key}")),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    name
}

fn sibling(path: &str, key: &str) -> String {
    path.rsplit_once('.').map_or_else(|| key.to_owned(), |(above, _)| format!("{above}.{key}"))
}

/// Takes the nearest key at or above `path` out of the table and names it. A whole list goes, not
/// one of its entries: the others would change their numbers.
fn remove(table: &mut Table, path: &[Segment]) -> Option<String> {
    let last = path.iter().rposition(|s| matches!(s, Segment::Map { .. }))?;
    let Segment::Map { key } = &path[last] else {
        return None;
    };
    let gone = match last {
        0 => table.remove(key),
        _ => entry(table, &path[..last])?.as_table_mut()?.remove(key),
    };
    gone.map(|_| name(&path[..=last]))
}

/// The value at a path of at least one segment.
fn entry<'a>(table: &'a mut Table, path: &[Segment]) -> Option<&'a mut Value> {
    let (Segment::Map { key }, rest) = path.split_first()? else {
        return None;
    };
    rest.iter().try_fold(table.get_mut(key)?, |value, segment| match segment {
        Segment::Map { key } => value.as_table_mut()?.get_mut(key),
        Segment::Seq { index } => value.as_array_mut()?.get_mut(*index),
        Segment::Enum { .. } | Segment::Unknown => None,
    })
}

/// Keys that are judged by another one: not blamed when that one was refused.
/// (key blamed, key refused), both below the same table.
const JUDGED_BY: [(&str, &str); 16] = [
    ("classes", "kind"),
    ("zone", "kind"),
    ("line", "kind"),
    ("crossing", "kind"),
    ("direction", "kind"),
    ("direction_deg", "kind"),
    ("tolerance_deg", "kind"),
    ("max_people", "kind"),
    ("max_density", "kind"),
    ("max_speed", "kind"),
    ("asset", "kind"),
    ("direction", "direction_deg"),
    ("broker", "embedded"),
    ("listen", "embedded"),
    ("password", "username"),
    ("username", "embedded"),
];

/// Whether a fault at `path` only follows from the values that were refused.
fn follows(path: &str, refused: &[String]) -> bool {
    refused.iter().any(|gone| {
        let below = path.strip_prefix(gone.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            || JUDGED_BY
                .iter()
                .any(|(key, by)| path.ends_with(&format!(".{key}")) && sibling(path, by) == *gone)
            || place_of_rule(path).is_some_and(|places| gone.starts_with(&places))
    })
}

/// For `camera[1].rule[0].zone`: the list of zones it must be in, `camera[1].zone`; so for a line.
fn place_of_rule(path: &str) -> Option<String> {
    let (camera, rest) = path.split_once(".rule[")?;
    let key = rest.split_once("].")?.1;
    matches!(key, "zone" | "line").then(|| format!("{camera}.{key}"))
}

fn resolve(config: &mut Config, folder: &Path) {
    for path in [&mut config.data.dir, &mut config.detect.models, &mut config.detect.runtime] {
        *path = folder.join(&*path);
    }
    if !config.policy.file.as_os_str().is_empty() {
        config.policy.file = folder.join(&config.policy.file);
    }
    config.store.password.resolve(folder);
    config.mqtt.password.resolve(folder);
    config.second_channel.secret.resolve(folder);
    for camera in &mut config.camera {
        camera.password.resolve(folder);
    }
}

/// Reads the rule file; its faults name it.
fn rule_file(policy: &mut Policy) -> Vec<Fault> {
    if policy.file.as_os_str().is_empty() {
        return Vec::new();
    }
    let name = policy.file.display().to_string();
    let at = |what: String| Fault::at("policy.file", what);
    let text = match std::fs::read_to_string(&policy.file) {
        Ok(text) => text,
        Err(error) => return vec![at(format!("{name} cannot be read: {error}"))],
    };
    match Rules::parse(&text) {
        Ok(rules) => {
            policy.rules = Some(Box::new(rules));
            policy.text = text;
            Vec::new()
        }
        Err(faults) => faults.0.iter().map(|fault| at(format!("{name}: {fault}"))).collect(),
    }
}

/// Secrets that cannot be read.
fn secrets(config: &Config) -> Vec<Fault> {
    let mut named = vec![
        ("store.password".to_owned(), &config.store.password),
        ("mqtt.password".to_owned(), &config.mqtt.password),
        ("second_channel.secret".to_owned(), &config.second_channel.secret),
    ];
    for (i, camera) in config.camera.iter().enumerate() {
        named.push((format!("camera[{i}].password"), &camera.password));
    }
    named.into_iter().filter_map(|(at, secret)| Some(Fault::at(at, secret.fault()?))).collect()
}

/// The line of the key at `path`, or of the nearest table above it that is in the file.
fn line_of(text: &str, document: &DeTable<'_>, path: &str) -> Option<usize> {
    let mut line = None;
    let mut at: Option<&DeTable<'_>> = Some(document);
    for step in path.split('.') {
        let (key, indices) = step.split_once('[').unwrap_or((step, ""));
        let found = at.and_then(|table| table.iter().find(|(k, _)| k.get_ref() == key));
        let Some((key, mut value)) = found else {
            return line;
        };
        let mut start = key.span().start;
        for index in indices.split(['[', ']']).filter_map(|i| i.parse::<usize>().ok()) {
            let inner = value.get_ref().as_array().and_then(|entries| entries.get(index));
            let Some(inner) = inner else { break };
            (value, start) = (inner, inner.span().start);
        }
        line = Some(line_at(text, start));
        at = value.get_ref().as_table();
    }
    line
}

/// The line, from 1, of a byte of the text.
fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        parse(text).map_or_else(|f| f.0.iter().map(Fault::to_string).collect(), |_| Vec::new())
    }

    fn check(text: &str, expect: &[&str]) {
        let found = faults(text);
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, expect) in found.iter().zip(expect) {
            assert!(found.contains(expect), "{found} does not contain {expect}");
        }
    }

    #[test]
    fn an_empty_text_is_the_default() {
        let config = parse("").unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn all_refused_values_are_reported_with_their_lines() {
        let text = "[site]\nnam = 'x'\n[detect]\nfps = 'five'\n[[camera]]\nidd = 'a'\n";
        check(
            text,
            &[
                "line 2: site.nam: unknown key; did you mean `name`?",
                "line 4: detect.fps: found the text \"five\"",
                "line 5: camera[0].name: missing",
                "line 5: camera[0].place: missing",
                "line 5: camera[0].url: missing",
                "line 6: camera[0].idd: unknown key; did you mean `id`?",
            ],
        );
    }

    #[test]
    fn a_text_that_is_not_toml_is_one_fault_with_line_and_column() {
        check("[site]\nid = \n", &["line 2: column 6: this is not TOML"]);
        check("[site]\nid = 'a'\nid = 'b'\n", &["line 3: column 1: this is not TOML"]);
    }

    #[test]
    fn a_section_that_is_no_table_and_a_list_that_is_no_list_are_faults() {
        check("site = 5", &["line 1: site: found the number 5; write a table with keys"]);
        check("[camera]\nid = 'a'", &["camera: is a single table; write [[camera]]"]);
        check("camera = [1, 2]", &["camera[0]: found the number 1"]);
    }

    #[test]
    fn a_part_of_the_clocks_keeps_the_rest_and_a_bad_part_is_named() {
        let config = parse("[policy.s1]\nack_s = 45\n").unwrap();
        let s1 = Config::default().policy.s1;
        assert_eq!(config.policy.s1, crate::config::Clocks { ack_s: 45, ..s1 });
        check("[policy.s1]\nack_s = '45'\nclose = 9", &["policy.s1.ack_s", "policy.s1.close"]);
    }

    #[test]
    fn a_secret_never_appears_in_a_fault() {
        let texts = [
            "[mqtt]\npassword = 'hunter2'",
            "[mqtt]\npassword = { env = 'hunter2' }",
            "[mqtt]\npassword = { value = 'hunter2' }",
            "[mqtt]\npassword = hunter2",
            "[store]\nurl = 'postgres://a:hunter2@db/x'",
            "[[camera]]\nurl = 'rtsp://a:hunter2@cam/x'",
        ];
        for text in texts {
            let found = faults(text).join("\n");
            assert!(!found.is_empty() && !found.contains("hunter2"), "{text}: {found}");
        }
    }
}
