//! The JSON Schema of the config, for editors; made from the table of keys.

use super::keys::{Key, Kind, Place, ROOT, SOURCE, STDIN, Shape};
use crate::app::dashboard::ACTIONS;
use serde_json::{Map, Value, json};

/// The schema, draft-07.
pub fn json_schema() -> Value {
    let mut schema = place(&ROOT);
    if let Value::Object(schema) = &mut schema {
        schema.insert(
            "$schema".to_owned(),
            json!("http://json-schema.org/draft-07/schema#"),
        );
        schema.insert("title".to_owned(), json!("taskpool-tui config"));
    }
    schema
}

fn place(place: &Place) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in place.keys {
        let mut value = kind(key.kind);
        if let Value::Object(value) = &mut value {
            value.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), value);
        if matches!(key.need, super::keys::Need::Required) {
            required.push(key.name);
        }
    }
    let mut schema = json!({
        "type": "object",
        "description": place.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if let Value::Object(schema) = &mut schema {
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        let rules = rules(place);
        if !rules.is_empty() {
            schema.insert("allOf".to_owned(), json!(rules));
        }
    }
    schema
}

/// Which keys go with which value of the place's switch, and which it needs.
fn rules(place: &Place) -> Vec<Value> {
    let Some(switch) = place.switch else {
        return Vec::new();
    };
    let Some(Kind::OneOf(values)) = place.key(switch).map(|key| key.kind) else {
        return Vec::new();
    };
    let rule = |value: &&str| {
        let fits = |key: &&Key| key.need.only().is_none_or(|only| only.contains(value));
        let foreign: Map<String, Value> = place
            .keys
            .iter()
            .filter(|key| !fits(key))
            .map(|key| (key.name.to_owned(), json!(false)))
            .collect();
        let needed: Vec<&str> = place
            .keys
            .iter()
            .filter(|key| matches!(key.need, super::keys::Need::RequiredWith(only) if only.contains(value)))
            .map(|key| key.name)
            .collect();
        // The first value is the one that an absent switch means; a required switch is never absent.
        let mut condition = json!({ "properties": { switch: { "const": value } } });
        if values.first() != Some(value) {
            condition["required"] = json!([switch]);
        }
        json!({ "if": condition, "then": { "properties": foreign, "required": needed } })
    };
    values.iter().map(rule).collect()
}

fn kind(kind: Kind) -> Value {
    let scalar = json!({ "type": ["string", "number", "boolean"] });
    match kind {
        Kind::Delimiter => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
        Kind::Text | Kind::Path | Kind::Func => json!({ "type": "string", "minLength": 1 }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::Words(words) => json!({ "type": "array", "items": { "enum": words }, "uniqueItems": true }),
        Kind::Command => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        Kind::Count(least) => json!({ "type": "integer", "minimum": least }),
        // `inf` is a number in TOML, and nothing in JSON.
        Kind::Size => json!({ "type": "number", "minimum": 0 }),
        Kind::Step => json!({ "type": "integer", "not": { "const": 0 } }),
        Kind::Duration { .. } => {
            json!({ "type": "string", "minLength": 2, "examples": ["30s", "1m 30s", "500ms"] })
        }
        Kind::Keys => bindings(),
        Kind::Switch => json!({ "type": "boolean" }),
        Kind::Named => json!({ "type": "object", "additionalProperties": scalar }),
        Kind::Args => json!({ "type": "array", "items": scalar }),
        Kind::Range => {
            json!({ "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 2 })
        }
        Kind::Source(shape) => {
            let element = match shape {
                Shape::One => scalar,
                Shape::Positional => json!({ "type": "array", "items": scalar }),
                Shape::Keyword => json!({ "type": "object", "additionalProperties": scalar }),
            };
            json!({ "anyOf": [{ "type": "array", "items": element }, place(&SOURCE)] })
        }
        Kind::Stdin => json!({ "anyOf": [{ "enum": ["line"] }, place(&STDIN)] }),
        Kind::Table(inner) => place(inner),
        Kind::Tables(inner) => json!({ "type": "array", "items": place(inner), "minItems": 1 }),
        Kind::ByName(inner) => json!({ "type": "object", "additionalProperties": place(inner) }),
    }
}

/// The keys of each action.
fn bindings() -> Value {
    let key = json!({ "type": "string", "minLength": 1, "examples": ["x", "Ctrl-x", "F1", "g g"] });
    let properties: Map<String, Value> = ACTIONS
        .iter()
        .map(|entry| {
            let keys = json!({
                "description": entry.doc,
                "anyOf": [key, { "type": "array", "items": key }],
                "default": entry.keys,
            });
            (entry.action.word(), keys)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_with_its_description() {
        let schema = json_schema().to_string();
        for place in super::super::keys::PLACES {
            for key in place.keys {
                assert!(schema.contains(&json!(key.doc).to_string()), "{}", key.name);
            }
        }
    }

    #[test]
    fn a_method_allows_its_own_keys_only() {
        let schema = json_schema();
        let group = &schema["properties"]["pool"]["items"]["properties"]["group"]["items"];
        let rules = group["allOf"].as_array().unwrap();
        let map = rules
            .iter()
            .find(|rule| rule["if"]["properties"]["method"]["const"] == "map")
            .unwrap();
        assert_eq!(map["then"]["required"], json!(["arg_iter"]));
        assert_eq!(map["then"]["properties"]["args_iter"], json!(false));
        assert_eq!(map["then"]["properties"].get("num_concurrent"), None);
    }
}
