//! JSON Schema (draft 2020-12) of rule files, for editors.
//!
//! Made from the tables that the parser reads by: keys, statuses, levels, modifiers, correlation types, and the field table.
//! Editors complete and check with it; what a schema cannot say (conditions, scripts, combinations of modifiers) the command
//! `rules check` says. Owns the schema's text. Does not own where it is written: the example `schema` does.

mod detection;
mod section;

use model::Severity;
use serde_json::{Map, Value, json};

use crate::sigma::parse::{COMPARISONS, KEYS, KINDS, STATUSES};

/// The schema.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for (name, doc) in KEYS {
        properties.insert((*name).to_owned(), described(property(name), doc));
    }
    let webex = json!({
        "properties": {"logsource": {
            "properties": {"product": {"const": "webex"}},
            "required": ["product"],
        }},
        "required": ["logsource"],
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://ringfence.invalid/schema/ringfence-rule.schema.json",
        "title": "Ringfence rule",
        "description": "A document of a rule file: Sigma 2.1.0 with what is Ringfence's under 'ringfence:'.",
        "type": "object",
        "required": ["title"],
        "properties": properties,
        "oneOf": [
            {"required": ["detection", "logsource"]},
            {"required": ["correlation"]},
            {"required": ["filter", "logsource"]},
        ],
        "allOf": [
            {"if": webex, "then": {"properties": {
                "logsource": {"$ref": "#/$defs/webex_logsource"},
                "detection": {"$ref": "#/$defs/webex_detection"},
            }}},
        ],
        "$defs": definitions(),
    })
}

/// The schema as a file: keys sorted, two spaces, a line end at the end.
pub fn text() -> String {
    let mut out = String::new();
    write(&schema(), 0, &mut out);
    out.push('\n');
    out
}

fn definitions() -> Map<String, Value> {
    let mut all = Map::new();
    detection::define(&mut all);
    section::define(&mut all);
    all.insert(
        "texts".into(),
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    );
    all.insert(
        "date".into(),
        json!({"type": "string", "pattern": "^\\d{4}-(0[1-9]|1[012])-(0[1-9]|[12][0-9]|3[01])$"}),
    );
    all.insert(
        "duration".into(),
        json!({"type": "string", "pattern": "^([0-9]+[smhdw])+$", "examples": ["90s", "15m", "24h", "7d"]}),
    );
    all.insert("condition".into(), json!({
        "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "minItems": 1, "items": {"type": "string"}}],
        "examples": ["selection", "selection and not 1 of filter_*"],
    }));
    all.insert("level".into(), json!({"enum": Severity::ALL.map(Severity::name)}));
    all.insert("correlation".into(), correlation());
    all.insert("webex_logsource".into(), json!({
        "type": "object",
        "properties": {
            "product": {"const": "webex"},
            "service": {"const": "calling"},
            "category": {"enum": ["call", "forwarding", "admin", "sign_in"], "description": "All of them if there is none."},
            "definition": {"type": "string"},
        },
    }));
    all
}

fn property(name: &str) -> Value {
    match name {
        "title" => json!({"type": "string", "minLength": 1, "maxLength": 256}),
        "id" => json!({"type": "string", "format": "uuid"}),
        "name" => json!({"type": "string", "maxLength": 256, "pattern": "^[A-Za-z0-9_.-]+$"}),
        "description" => json!({"type": "string", "maxLength": 65535}),
        "status" => json!({"enum": STATUSES.iter().map(|(name, _)| *name).collect::<Vec<_>>()}),
        "level" => json!({"$ref": "#/$defs/level"}),
        "date" | "modified" => json!({"$ref": "#/$defs/date"}),
        "author" | "references" | "fields" | "falsepositives" | "scope" => json!({"$ref": "#/$defs/texts"}),
        "tags" => json!({"type": "array", "uniqueItems": true, "items": {
            "type": "string", "pattern": "^[a-z0-9_-]+\\.[a-z0-9._-]+$", "examples": ["attack.t1496"],
        }}),
        "related" => json!({"type": "array", "items": {
            "type": "object",
            "required": ["id", "type"],
            "properties": {
                "id": {"type": "string"},
                "type": {"enum": ["derived", "obsolete", "merged", "renamed", "similar"]},
            },
        }}),
        "logsource" => json!({"type": "object", "properties": {
            "product": {"type": "string", "examples": ["webex"]},
            "service": {"type": "string"},
            "category": {"type": "string"},
            "definition": {"type": "string"},
        }}),
        "detection" => json!({"$ref": "#/$defs/detection"}),
        "correlation" => json!({"$ref": "#/$defs/correlation"}),
        "filter" => json!({"$ref": "#/$defs/filter"}),
        "generate" => json!({"type": "boolean"}),
        "ringfence" => json!({"$ref": "#/$defs/ringfence"}),
        "action" => json!({"deprecated": true}),
        "custom_attributes" => json!({}),
        _ => json!({"type": "string"}),
    }
}

fn correlation() -> Value {
    let kinds: Vec<Value> =
        KINDS.iter().map(|(name, _, doc)| json!({"const": name, "description": doc})).collect();
    let mut test = Map::new();
    for (name, _) in COMPARISONS {
        test.insert((*name).to_owned(), json!({"type": "number"}));
    }
    test.insert(
        "field".into(),
        described(json!({"$ref": "#/$defs/texts"}), "Whose values are counted or added."),
    );
    test.insert("percentile".into(), json!({"type": "number", "minimum": 0, "maximum": 100}));
    let value_kinds: Vec<&str> = KINDS.iter().map(|(n, ..)| *n).filter(|n| n.starts_with("value")).collect();
    json!({
        "type": "object",
        "required": ["type", "rules", "timespan"],
        "additionalProperties": false,
        "properties": {
            "type": {"oneOf": kinds},
            "rules": described(json!({"$ref": "#/$defs/texts"}), "Ids or names of rules and correlations."),
            "group-by": described(json!({"$ref": "#/$defs/texts"}), "Fields or aliases; none is one group for all."),
            "timespan": {"type": "string", "pattern": "^[0-9]+[smhdw]$", "examples": ["5m", "1h", "7d"]},
            "aliases": {"type": "object", "additionalProperties": {
                "type": "object", "additionalProperties": {"type": "string"},
            }},
            "condition": {"anyOf": [
                {"type": "object", "minProperties": 1, "additionalProperties": false, "properties": test},
                {"type": "string", "description": "Temporal types: a condition over the rules' names."},
            ]},
            "generate": {"type": "boolean"},
        },
        "allOf": [
            {
                "if": {"properties": {"type": {"enum": value_kinds}}, "required": ["type"]},
                "then": {"required": ["condition"], "properties": {"condition": {"type": "object", "required": ["field"]}}},
            },
            {
                "if": {"properties": {"type": {"const": "event_count"}}, "required": ["type"]},
                "then": {"required": ["condition"], "properties": {"condition": {"type": "object"}}},
            },
        ],
    })
}

/// A schema with a description beside what it says.
fn described(mut schema: Value, doc: &str) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert("description".into(), doc.into());
    }
    schema
}

/// Written here and not by `serde_json`: its order of keys depends on a feature that other crates of a build may turn on.
fn write(value: &Value, depth: usize, out: &mut String) {
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                out.push_str(&format!("{}: ", Value::from(key.as_str())));
                write(&map[key], depth + 1, out);
            }
            indent(out, depth);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                write(item, depth + 1, out);
            }
            indent(out, depth);
            out.push(']');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests;
