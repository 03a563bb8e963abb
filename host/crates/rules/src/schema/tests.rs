use serde_json::Value;

use super::{schema, text};

const COMMITTED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../rules/schema/ringfence-rule.schema.json");

#[test]
fn the_committed_schema_is_the_generated_one() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == text(), "run `cargo run -p rules --example schema` and commit {COMMITTED}");
}

#[test]
fn the_text_is_the_schema() {
    let read: Value = serde_json::from_str(&text()).unwrap();
    assert_eq!(read, schema());
}

#[test]
fn every_reference_leads_somewhere_and_every_definition_is_used() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(target)) = map.get("$ref") {
                    found.push(target.clone());
                }
                map.values().for_each(|v| references(v, found));
            }
            Value::Array(items) => items.iter().for_each(|v| references(v, found)),
            _ => {}
        }
    }
    let schema = schema();
    let mut found = Vec::new();
    references(&schema, &mut found);
    for target in &found {
        assert!(schema.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
    }
    for name in schema["$defs"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/$defs/{name}")), "{name} is not used");
    }
}

#[test]
fn fields_of_calls_are_completed_with_modifiers_that_fit_them() {
    let schema = schema();
    let fields = schema["$defs"]["webex_search_map"]["properties"].as_object().unwrap();
    for name in
        ["called_number", "called_number|startswith", "duration|gte", "start_time|hour", "local_hour|lt"]
    {
        assert!(fields.contains_key(name), "{name}");
    }
    assert!(!fields.contains_key("duration|contains"));
    assert!(schema["$defs"]["search_map"].get("properties").is_none());
}
