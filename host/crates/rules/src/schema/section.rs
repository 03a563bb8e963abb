//! The `ringfence:` section.

use serde_json::{Map, Value, json};

use super::described;
use crate::sigma::parse::SECTION_KEYS;

pub(super) fn define(all: &mut Map<String, Value>) {
    let mut properties = Map::new();
    for (name, doc) in SECTION_KEYS {
        properties.insert((*name).to_owned(), described(property(name), doc));
    }
    all.insert(
        "ringfence".into(),
        json!({"type": "object", "properties": properties, "additionalProperties": false}),
    );
    all.insert("baseline".into(), baseline());
    all.insert("case".into(), case());
    all.insert("case_event".into(), event());
    all.insert("expectation".into(), json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "severity": {"$ref": "#/$defs/level"},
            "subject": described(json!({"type": ["string", "number"]}), "Identity of the subject."),
            "count": described(json!({"type": "integer", "minimum": 0}), "Records counted."),
            "first": described(json!({"$ref": "#/$defs/duration"}), "First record, from the case's start."),
            "last": described(json!({"$ref": "#/$defs/duration"}), "Last record, from the case's start."),
            "contains": described(json!({"$ref": "#/$defs/texts"}), "Text in the title or explanation."),
            "attributes": {"type": "object"},
        },
    }));
}

fn property(name: &str) -> Value {
    match name {
        "when" => json!({"type": "string", "minLength": 1, "examples": ["minutes > 60 && !holiday"]}),
        "window" | "lateness" => json!({"$ref": "#/$defs/duration"}),
        "zone" => json!({"type": "string", "examples": ["location", "utc", "Europe/Madrid"]}),
        "subject" => json!({"anyOf": [
            {"type": "string", "examples": ["user", "organisation", "called_number"]},
            {
                "type": "object",
                "required": ["kind"],
                "additionalProperties": false,
                "properties": {
                    "kind": {"enum": ["user", "number", "location", "organisation"]},
                    "field": {"type": "string"},
                },
            },
        ]}),
        "severity" => json!({"anyOf": [{"$ref": "#/$defs/level"}, {"type": "string", "minLength": 1}]}),
        "shadow" => json!({"type": "boolean"}),
        "baseline" => json!({"$ref": "#/$defs/baseline"}),
        "response" => json!({"$ref": "#/$defs/texts"}),
        _ => json!({"type": "array", "items": {"$ref": "#/$defs/case"}}),
    }
}

fn baseline() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "oneOf": [{"required": ["new_value"]}, {"required": ["rate"]}],
        "properties": {
            "new_value": described(json!({"$ref": "#/$defs/texts"}), "Fields whose values are new for the subject."),
            "rate": {
                "type": "object",
                "required": ["per", "factor"],
                "additionalProperties": false,
                "properties": {
                    "per": {"enum": ["1h", "1d"]},
                    "factor": described(json!({"type": "number", "minimum": 1}), "How many times the usual."),
                    "at_least": {"type": "integer", "minimum": 1},
                },
            },
            "days": described(json!({"type": "integer", "minimum": 1, "maximum": 90}), "How far back."),
            "after_days": described(
                json!({"type": "integer", "minimum": 0, "maximum": 90}),
                "Days of history before anything counts as unusual.",
            ),
        },
    })
}

fn case() -> Value {
    json!({
        "type": "object",
        "required": ["name", "events", "expect"],
        "additionalProperties": false,
        "properties": {
            "name": described(json!({"type": "string", "minLength": 1}), "What the case shows."),
            "start": described(json!({"type": "string", "format": "date-time"}), "When 'at: 0s' is."),
            "locations": described(json!({"type": "object"}), "Locations as in the configuration."),
            "placeholders": {"type": "object", "additionalProperties": {"$ref": "#/$defs/texts"}},
            "events": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/case_event"}},
            "expect": described(
                json!({"type": "array", "items": {"$ref": "#/$defs/expectation"}}),
                "Findings, each exactly once and no others; [] must stay silent.",
            ),
        },
    })
}

fn event() -> Value {
    let fields: Map<String, Value> = model::FieldId::all()
        .map(|f| {
            (f.name.to_owned(), described(json!({"type": ["string", "number", "boolean", "null"]}), f.doc))
        })
        .collect();
    json!({
        "type": "object",
        "required": ["fields"],
        "additionalProperties": false,
        "properties": {
            "at": described(json!({"$ref": "#/$defs/duration"}), "Start, from the case's start."),
            "late": described(json!({"$ref": "#/$defs/duration"}), "Delivered so long after its end."),
            "repeat": described(json!({"type": "integer", "minimum": 1, "maximum": 100000}), "How many of it; {n} in texts is the number, from 0."),
            "every": described(json!({"$ref": "#/$defs/duration"}), "Distance of the repetitions."),
            "deliveries": described(json!({"type": "integer", "minimum": 1, "maximum": 100}), "How often the same record is delivered."),
            "fields": {"type": "object", "minProperties": 1, "properties": fields},
        },
    })
}
