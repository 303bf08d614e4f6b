//! What only some kinds of rules have to tell: a count, a limit, a way. Pure.
//!
//! Facts travel under their names through rows and messages to the screens, which put them into
//! words; so a new kind needs no new column and no new key.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A fact of a rule.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// In the unit that the name says, or none.
    Number(f64),
    Word(String),
}

/// Facts by their names, which are those of the screens' texts.
pub type Facts = BTreeMap<String, Fact>;

/// Facts as a JSON object; what is no number is left out, JSON has no word for it.
#[must_use]
pub fn to_json(facts: &Facts) -> Map<String, Value> {
    let value = |fact: &Fact| match fact {
        Fact::Number(number) => serde_json::Number::from_f64(*number).map(Value::Number),
        Fact::Word(word) => Some(Value::String(word.clone())),
    };
    facts.iter().filter_map(|(name, fact)| Some((name.clone(), value(fact)?))).collect()
}

/// Facts out of a JSON object; values of other kinds than ours are left out.
#[must_use]
pub fn of_json(json: &Map<String, Value>) -> Facts {
    let fact = |value: &Value| match value {
        Value::Number(number) => number.as_f64().map(Fact::Number),
        Value::String(word) => Some(Fact::Word(word.clone())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    json.iter().filter_map(|(name, value)| Some((name.clone(), fact(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_come_back_as_they_were() {
        let facts = Facts::from([
            ("count".to_owned(), Fact::Number(7.0)),
            ("way".to_owned(), Fact::Word("left_to_right".into())),
        ]);
        let json = to_json(&facts);
        assert_eq!(
            Value::Object(json.clone()).to_string(),
            r#"{"count":7.0,"way":"left_to_right"}"#
        );
        assert_eq!(of_json(&json), facts);
    }

    #[test]
    fn what_is_no_fact_is_left_out() {
        let nan = Facts::from([("speed".to_owned(), Fact::Number(f64::NAN))]);
        assert!(to_json(&nan).is_empty());
        let strange = serde_json::json!({ "a": null, "b": [1], "c": true });
        assert_eq!(of_json(strange.as_object().expect("an object")), Facts::new());
    }
}
