//! The log rows of a report in one exact form, and their SHA-256.
//!
//! A report names the hash of the rows that it was made from, so that anybody with the log can
//! recompute it. **Form:** one line per row, sorted by ticket id (bytes), then version; each line
//! is a JSON array `[ticket, number, version, at_ms, actor, role, input, detail]` without spaces,
//! the keys of objects sorted by bytes, ended by a line feed (0x0A). The hash is over these bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::ticket::log::LogEntry;

/// Lower-case hexadecimal SHA-256 over the canonical form of `rows`, which must be sorted.
#[must_use]
pub fn sha256<'a>(rows: impl Iterator<Item = &'a LogEntry>) -> String {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(line(row));
        hash.update(b"\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One row in canonical form, without the line feed.
#[must_use]
pub fn line(row: &LogEntry) -> String {
    let fields = [
        Value::from(row.ticket.0.as_str()),
        Value::from(row.number),
        Value::from(row.version),
        Value::from(row.at.0),
        Value::from(row.actor.as_str()),
        Value::from(row.role.as_str()),
        Value::from(row.input.as_str()),
        row.detail.clone(),
    ];
    let mut out = String::new();
    write(&Value::Array(fields.to_vec()), &mut out);
    out
}

/// Sorted by hand, because another crate may switch serde_json's maps to insertion order.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (n, key) in keys.into_iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(&map[key], out);
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{line, sha256};
    use crate::clock::UnixMs;
    use crate::ticket::log::LogEntry;
    use crate::ticket::{Role, TicketId};

    #[test]
    fn a_row_has_one_form_and_a_known_hash() {
        let detail = serde_json::json!({ "note": "a \"b\"", "member": null, "count": 2 });
        let row = LogEntry {
            ticket: TicketId("t1".into()),
            number: 7,
            version: 3,
            at: UnixMs(1000),
            actor: "li".into(),
            role: Role::Operator,
            input: "join".into(),
            detail,
        };
        let expect =
            r#"["t1",7,3,1000,"li","operator","join",{"count":2,"member":null,"note":"a \"b\""}]"#;
        assert_eq!(line(&row), expect);
        // printf '%s\n' "$expect" | sha256sum
        assert_eq!(
            sha256([&row].into_iter()),
            "a058187f9a7da1b4f4de4b035ddc59cba60bc9ee0b18290311768e83bcc8aed2"
        );
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(std::iter::empty()), nothing);
    }
}
