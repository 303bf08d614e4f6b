//! What a line of a ticket's log says beside its act, in words.
//!
//! The sheet of a case is read in ten years by somebody without the daemon, so neither codes nor
//! JSON stand on it. What only machines need (ids, the beginnings of clocks) stays in the file
//! `case.jsonl` beside the sheet. A fact that this version does not know, of a newer daemon, is
//! told as it stands rather than left out.

use serde_json::{Map, Value};

use super::figures::WeekReport;
use super::sheet::{fill_text, span};
use super::week::full_time;
use super::words::{Lang, code};
use crate::clock::UnixMs;
use crate::ticket::log::LogEntry;

/// How a fact is said.
#[derive(Clone, Copy)]
enum Kind {
    /// As it stands.
    Text,
    /// A code of this table.
    Code(&'static str),
    /// A code of any table of reasons, or free words.
    Reason,
    Person,
    People,
    /// How many there are.
    Count,
    Time,
    Span,
    /// It is so.
    Yes,
    /// The clock that the line started, and when it runs out.
    Clock,
    /// The same of a clock beside it.
    Beside,
    /// What was asked of a ticket's time.
    Wish,
    /// Who could have been asked, in which order, and what stood against the others.
    Ranking,
    /// The items of a reviewer's form that are not in order.
    Items,
}

/// Facts in the order in which they are told; the words of each are `fact.` and its key.
const FACTS: [(&str, Kind); 37] = [
    ("source", Kind::Code("source")),
    ("camera_name", Kind::Text),
    ("place", Kind::Text),
    ("rule_name", Kind::Text),
    ("class", Kind::Code("class")),
    ("seen_ms", Kind::Time),
    ("fired_ms", Kind::Time),
    ("why", Kind::Code("why")),
    ("count", Kind::Text),
    ("from", Kind::Person),
    ("evidence", Kind::Text),
    ("category", Kind::Code("category")),
    ("old_category", Kind::Code("category")),
    ("severity", Kind::Text),
    ("old_severity", Kind::Text),
    ("member", Kind::Person),
    ("old_member", Kind::Person),
    ("support", Kind::Yes),
    ("ahead", Kind::Yes),
    ("disposition", Kind::Code("disposition")),
    ("reason", Kind::Reason),
    ("text", Kind::Text),
    ("note", Kind::Text),
    ("photos", Kind::Count),
    ("named", Kind::Text),
    ("verdict", Kind::Code("verdict")),
    ("code", Kind::Code("false")),
    ("asked", Kind::Wish),
    ("of", Kind::Code("clock")),
    ("level", Kind::Code("level")),
    ("to", Kind::People),
    ("items", Kind::Items),
    ("score", Kind::Text),
    ("stood_ms", Kind::Span),
    ("since_ms", Kind::Time),
    ("ranking", Kind::Ranking),
    ("clock", Kind::Clock),
];

/// The last one, told apart because a clock that has stopped is null.
const BESIDE: (&str, Kind) = ("beside", Kind::Beside);

/// Facts for machines alone, or told with another one.
const MACHINES: [&str; 20] = [
    "camera",
    "rule",
    "zone",
    "policy",
    "event",
    "offer",
    "old_offer",
    "new_ticket",
    "old_ticket",
    "started_ms",
    "due_ms",
    "chain_ms",
    "moved_ms",
    "old_due_ms",
    "from_ms",
    "percent",
    "fired_due_ms",
    "overdue",
    "overdue_ms",
    "wish",
];

/// Tables in which a reason may stand.
const REASONS: [&str; 5] = ["false", "refuse", "taken_back", "suspend", "park"];

/// The facts of `line` as one text; empty where the act says everything.
#[must_use]
pub fn facts(report: &WeekReport, line: &LogEntry, lang: Lang) -> String {
    let Value::Object(detail) = &line.detail else { return String::new() };
    let teller = Teller { report, detail, lang };
    let mut told: Vec<String> =
        FACTS.iter().chain([&BESIDE]).filter_map(|fact| teller.fact(*fact)).collect();
    let known = |key: &str| {
        MACHINES.contains(&key) || FACTS.iter().chain([&BESIDE]).any(|(fact, _)| *fact == key)
    };
    let strange = detail.iter().filter(|(key, _)| !known(key));
    told.extend(strange.map(|(key, value)| format!("{key}: {value}")));
    told.join(lang.semicolon())
}

struct Teller<'a> {
    report: &'a WeekReport,
    detail: &'a Map<String, Value>,
    lang: Lang,
}

impl Teller<'_> {
    /// `None` when the line does not tell it, or tells it with another fact.
    fn fact(&self, (key, kind): (&str, Kind)) -> Option<String> {
        let value = self.detail.get(key)?;
        let same = key.strip_prefix("old_").is_some_and(|new| self.detail.get(new) == Some(value));
        if same {
            return None;
        }
        let said = match kind {
            Kind::Text => text(value)?,
            Kind::Code(table) => self.code(table, value)?,
            Kind::Reason => self.reason(&text(value)?),
            Kind::Person => self.person(value)?,
            Kind::People => self.people(value)?,
            Kind::Count => value.as_array().filter(|list| !list.is_empty())?.len().to_string(),
            Kind::Time => self.time(value)?,
            Kind::Span => span(value.as_i64()?, self.lang),
            Kind::Yes => value.as_bool().filter(|yes| *yes).map(|_| String::new())?,
            Kind::Clock => self.clock(self.detail)?,
            Kind::Beside => self.clock(value.as_object()?)?,
            Kind::Wish => self.wish(value.as_object()?)?,
            Kind::Ranking => self.ranking(value.as_array()?)?,
            Kind::Items => self.items(value.as_object()?)?,
        };
        Some(fill_text(self.lang, &format!("fact.{key}"), &[said]))
    }

    fn code(&self, table: &str, value: &Value) -> Option<String> {
        value.as_str().map(|word| code(self.lang, table, word))
    }

    fn reason(&self, word: &str) -> String {
        let known = REASONS.map(|table| code(self.lang, table, word));
        known.into_iter().find(|words| words != word).unwrap_or_else(|| word.to_owned())
    }

    fn person(&self, value: &Value) -> Option<String> {
        let account = value.as_str().filter(|name| !name.is_empty())?;
        Some(self.report.display(account).to_owned())
    }

    fn people(&self, value: &Value) -> Option<String> {
        let names: Vec<String> =
            value.as_array()?.iter().filter_map(|name| self.person(name)).collect();
        (!names.is_empty()).then(|| names.join(self.lang.comma()))
    }

    fn time(&self, value: &Value) -> Option<String> {
        value.as_i64().map(|at| full_time(UnixMs(at), &self.report.basis.zone))
    }

    fn clock(&self, facts: &Map<String, Value>) -> Option<String> {
        let name = self.code("clock", facts.get("clock")?)?;
        let due = self.time(facts.get("due_ms")?)?;
        Some(fill_text(self.lang, "fact.due", &[name, due]))
    }

    fn wish(&self, asked: &Map<String, Value>) -> Option<String> {
        // Who asks says reason and note in the line itself.
        let own = |key: &str| self.detail.get(key) == asked.get(key);
        let of = |key: &str| asked.get(key).filter(|_| !own(key)).and_then(text);
        let other = !self.detail.contains_key("wish");
        let long = asked.get("for_ms").and_then(Value::as_i64);
        let parts = [
            asked.get("wish").and_then(|wish| self.code("wish", wish)),
            asked.get("clock").and_then(|clock| self.code("clock", clock)),
            long.map(|ms| span(ms, self.lang)),
            asked.get("by").filter(|_| other).and_then(|by| self.person(by)),
            of("reason").map(|reason| self.reason(&reason)),
            of("note"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(self.lang.comma()))
    }

    fn ranking(&self, list: &[Value]) -> Option<String> {
        let one = |placed: &Value| {
            let name = self.person(&placed["member"])?;
            Some(match (placed["rank"].as_i64(), placed["bar"].as_str()) {
                (_, Some(bar)) => {
                    fill_text(self.lang, "fact.barred", &[name, code(self.lang, "bar", bar)])
                }
                (Some(rank), None) => format!("{rank} {name}"),
                (None, None) => name,
            })
        };
        let names: Vec<String> = list.iter().filter_map(one).collect();
        (!names.is_empty()).then(|| names.join(self.lang.comma()))
    }

    fn items(&self, items: &Map<String, Value>) -> Option<String> {
        let wrong: Vec<String> = items
            .iter()
            .filter(|(_, answer)| *answer == "no")
            .map(|(item, _)| code(self.lang, "review", item))
            .collect();
        (!wrong.is_empty()).then(|| wrong.join(self.lang.comma()))
    }
}

/// A text or a number; `None` for nothing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
