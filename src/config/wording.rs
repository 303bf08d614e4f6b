//! What the deserialiser says, in a technician's words. Pure.
//!
//! serde's messages speak of types; these speak of what to write. A value is never repeated where
//! it could be a secret. An unforeseen message passes through as it is.

use super::suggest::{choices, nearest};

/// A fault in words, and the known key that a mistyped one stands for.
pub(super) struct Wording {
    pub(super) what: String,
    pub(super) meant: Option<String>,
}

/// Puts the message about the key at `path` into plain words.
pub(super) fn plain(path: &str, message: &str) -> Wording {
    if message.starts_with("unknown field") {
        return unknown_key(message);
    }
    let what = if holds_secret(path) {
        "write { file = \"PATH\" } or { env = \"NAME\" }, never the secret itself".into()
    } else if message.starts_with("unknown variant") {
        unknown_variant(message)
    } else {
        wrong_kind(path, message)
    };
    Wording { what, meant: None }
}

fn unknown_key(message: &str) -> Wording {
    let mut words = quoted(message);
    let key = if words.is_empty() { "" } else { words.remove(0) };
    let near = nearest(key, &words);
    let hint = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    Wording {
        what: format!("unknown key; {hint}the keys here are: {}", words.join(", ")),
        meant: near.map(str::to_owned),
    }
}

fn unknown_variant(message: &str) -> String {
    let mut words = quoted(message);
    let found = if words.is_empty() { "" } else { words.remove(0) };
    format!("\"{found}\" is not known; {}", choices(found, &words))
}

/// `invalid type: string "5", expected u32` and its relatives.
fn wrong_kind(path: &str, message: &str) -> String {
    let parts = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .or_else(|| message.strip_prefix("invalid length "))
        .and_then(|rest| rest.rsplit_once(", expected "));
    let Some((found, expected)) = parts else {
        return message.to_owned();
    };
    if found == "map" && expected == "a sequence" {
        let header = unindexed(path);
        return format!("is a single table; write [[{header}]] with two brackets");
    }
    format!("found {}; write {}", found_words(found), expected_words(path, expected))
}

fn found_words(found: &str) -> String {
    let bare = found.replace('`', "");
    let kinds = [
        ("string ", "the text "),
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", "the value "),
    ];
    for (theirs, ours) in kinds {
        if let Some(value) = bare.strip_prefix(theirs) {
            return format!("{ours}{value}");
        }
    }
    match bare.as_str() {
        "map" => "a table".into(),
        "sequence" => "a list".into(),
        count if count.parse::<u32>().is_ok() => format!("{count} values"),
        other => other.into(),
    }
}

fn expected_words(path: &str, expected: &str) -> String {
    match expected {
        "u8" | "u16" | "u32" | "u64" => "a whole number from 0 up, without quotes".into(),
        "f32" | "f64" => "a number such as 0.5, without quotes".into(),
        "a boolean" => "true or false, without quotes".into(),
        "a string" | "path string" | "string or table" => "a text in quotes".into(),
        "a sequence" => "a list in square brackets".into(),
        "an array of length 2" => "a corner as two numbers [x, y]".into(),
        other if other.starts_with("struct ") => {
            format!("a table with keys, under the header [{}]", unindexed(path))
        }
        other => other.into(),
    }
}

/// Whether the value at this path could be a secret.
fn holds_secret(path: &str) -> bool {
    path.split('.').any(|key| key.starts_with("password"))
}

/// `camera[1].zone` as a header writes it: `camera.zone`.
fn unindexed(path: &str) -> String {
    path.split('.').map(|key| key.split('[').next().unwrap_or(key)).collect::<Vec<_>>().join(".")
}

/// The words between back ticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, message: &str, expect: &str) {
        assert_eq!(plain(path, message).what, expect);
    }

    #[test]
    fn an_unknown_key_is_told_its_neighbours() {
        check(
            "site.nam",
            "unknown field `nam`, expected one of `id`, `name`, `time_zone`",
            "unknown key; did you mean `name`? the keys here are: id, name, time_zone",
        );
        check(
            "detect.speed",
            "unknown field `speed`, expected `fps` or `width_px`",
            "unknown key; the keys here are: fps, width_px",
        );
    }

    #[test]
    fn a_wrong_kind_of_value_is_told_what_to_write() {
        let whole = "a whole number from 0 up, without quotes";
        let text = "invalid type: string \"5\", expected u32";
        check("detect.fps", text, &format!("found the text \"5\"; write {whole}"));
        let negative = "invalid value: integer `-5`, expected u32";
        check("detect.fps", negative, &format!("found the number -5; write {whole}"));
        let corner = "invalid length 3, expected an array of length 2";
        check("p[0]", corner, "found 3 values; write a corner as two numbers [x, y]");
        let single = "invalid type: map, expected a sequence";
        check(
            "camera[0].zone",
            single,
            "is a single table; write [[camera.zone]] with two brackets",
        );
        check("x", "something unforeseen", "something unforeseen");
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let message = "invalid type: string \"hunter2\", expected struct Secret";
        let what = plain("camera[0].password", message).what;
        assert!(!what.contains("hunter2"), "{what}");
    }
}
