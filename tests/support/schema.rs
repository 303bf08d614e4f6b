//! Holds a JSON value against a JSON Schema, as far as the MQTT contract uses it. A keyword that is
//! not known here is a failure, so that nothing is passed over.

use serde_json::Value;

/// What does not hold, with its path; nothing if all does.
pub(crate) fn faults(document: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(keywords) = schema.as_object() else {
        return vec![format!("{path}: the schema is no object: {schema}")];
    };
    let mut found = Vec::new();
    for (keyword, of) in keywords {
        match keyword.as_str() {
            "description" | "format" | "example" | "examples" | "title" | "default" => {}
            "propertyNames" | "additionalProperties" if of.is_object() || of == true => {}
            "$ref" => {
                let pointer = of.as_str().unwrap().trim_start_matches('#');
                match document.pointer(pointer) {
                    Some(target) => found.extend(faults(document, target, value, path)),
                    None => found.push(format!("{path}: {of} leads nowhere")),
                }
            }
            "type" if !is_type(of, value) => found.push(format!("{path}: {value} is no {of}")),
            "const" if of != value => found.push(format!("{path}: {value} is not {of}")),
            "enum" if !of.as_array().unwrap().contains(value) => {
                found.push(format!("{path}: {value} is none of {of}"));
            }
            "type" | "const" | "enum" => {}
            "minimum" => {
                if value.as_f64().is_some_and(|number| number < of.as_f64().unwrap()) {
                    found.push(format!("{path}: {value} is below {of}"));
                }
            }
            "maxLength" | "minItems" | "maxItems" => {}
            "oneOf" | "anyOf" => {
                let fits = |one: &&Value| faults(document, one, value, path).is_empty();
                if !of.as_array().unwrap().iter().any(|one| fits(&one)) {
                    found.push(format!("{path}: {value} fits none of {of}"));
                }
            }
            "allOf" => {
                for one in of.as_array().unwrap() {
                    found.extend(faults(document, one, value, path));
                }
            }
            "required" => {
                for key in of.as_array().unwrap() {
                    if value.is_object() && value.get(key.as_str().unwrap()).is_none() {
                        found.push(format!("{path}: {key} is missing"));
                    }
                }
            }
            "properties" => {
                let known = of.as_object().unwrap();
                for (key, inner) in value.as_object().into_iter().flatten() {
                    match known.get(key) {
                        Some(one) => {
                            found.extend(faults(document, one, inner, &format!("{path}.{key}")));
                        }
                        None => found.push(format!("{path}.{key} is not in the contract")),
                    }
                }
            }
            "items" => {
                for (at, inner) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(document, of, inner, &format!("{path}[{at}]")));
                }
            }
            other => found.push(format!("{path}: the keyword {other} is not known here")),
        }
    }
    found
}

fn is_type(of: &Value, value: &Value) -> bool {
    if let Some(all) = of.as_array() {
        return all.iter().any(|one| is_type(one, value));
    }
    match of.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
