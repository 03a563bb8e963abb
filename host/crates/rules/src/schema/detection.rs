//! Search identifiers: fields, modifiers, values.

use model::{FieldId, FieldType};
use serde_json::{Map, Value, json};

use super::described;
use crate::Virtual;
use crate::sigma::parse::MODIFIERS;

pub(super) fn define(all: &mut Map<String, Value>) {
    let scalar = json!({"type": ["string", "number", "boolean", "null"]});
    all.insert(
        "value".into(),
        json!({"anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "minItems": 1, "items": {"type": ["string", "number", "boolean"]}},
        ]}),
    );
    all.insert(
        "number".into(),
        json!({"anyOf": [
            {"type": "number"},
            {"type": "array", "minItems": 1, "items": {"type": "number"}},
        ]}),
    );
    all.insert("truth".into(), json!({"type": "boolean"}));
    let modifiers = pattern();
    // Any field of any product, but only modifiers that there are.
    let fields = json!({
        "type": "object",
        "minProperties": 1,
        "patternProperties": {modifiers.as_str(): {"$ref": "#/$defs/value"}},
        "additionalProperties": false,
    });
    let mut webex = fields.clone();
    webex["properties"] = Value::Object(call_fields());
    for (name, map) in [("search", fields), ("webex_search", webex)] {
        all.insert(format!("{name}_map"), map);
        all.insert(
            name.into(),
            json!({"anyOf": [
                {"$ref": format!("#/$defs/{name}_map")},
                {"type": "array", "minItems": 1, "items": {"anyOf": [
                    {"$ref": format!("#/$defs/{name}_map")},
                    {"$ref": format!("#/$defs/{name}")},
                    scalar,
                ]}},
            ]}),
        );
    }
    let condition = described(
        json!({"$ref": "#/$defs/condition"}),
        "Over the search identifiers: and, or, not, parentheses, '1 of name_*', 'all of them'.",
    );
    for (name, search) in [("detection", "search"), ("webex_detection", "webex_search")] {
        all.insert(
            name.into(),
            json!({
                "type": "object",
                "required": ["condition"],
                "minProperties": 2,
                "properties": {"condition": condition},
                "additionalProperties": {"$ref": format!("#/$defs/{search}")},
            }),
        );
    }
    all.insert(
        "filter".into(),
        json!({
            "type": "object",
            "required": ["rules", "condition"],
            "properties": {
                "rules": described(json!({"$ref": "#/$defs/texts"}), "'any', or ids and names of rules."),
                "condition": described(
                    json!({"$ref": "#/$defs/condition"}),
                    "What is kept: to take something out write 'not selection'.",
                ),
            },
            "additionalProperties": {"$ref": "#/$defs/webex_search"},
        }),
    );
}

/// A field's name with modifiers that there are.
fn pattern() -> String {
    let names: Vec<&str> = MODIFIERS.iter().map(|m| m.name).collect();
    format!("^[^|]*(\\|({}))*$", names.join("|"))
}

/// Every field alone with its meaning, and with the modifiers that fit its type, so that editors complete them.
fn call_fields() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, doc: String, modifiers: &[(&str, &str)]| {
        all.insert(name.to_owned(), described(json!({"$ref": "#/$defs/value"}), &doc));
        for (modifier, value) in modifiers {
            all.insert(format!("{name}|{modifier}"), json!({"$ref": format!("#/$defs/{value}")}));
        }
        all.insert(format!("{name}|exists"), json!({"$ref": "#/$defs/truth"}));
    };
    for field in FieldId::all() {
        let key = field.webex_key.map(|key| format!(" Webex: {key}.")).unwrap_or_default();
        add(field.name, format!("{}{key}", field.doc), fitting(field.ty));
    }
    for derived in Virtual::ALL {
        let (doc, modifiers) = match derived {
            Virtual::LocalHour => ("Hour of the local day, 0 to 23.", NUMBER),
            Virtual::LocalMinute => ("Minute of the local day, 0 to 1439.", NUMBER),
            Virtual::LocalWeekday => ("Day of the local week, mon to sun.", NONE),
            Virtual::LocalDate => ("Local date, YYYY-MM-DD.", TEXT),
            Virtual::Holiday => ("Whether it is a holiday at the location.", NONE),
            Virtual::BusinessHours => ("Whether the location's business hours run.", NONE),
        };
        add(derived.name(), doc.to_owned(), modifiers);
    }
    all
}

/// Modifiers with the kind of value they take.
type Fitting = &'static [(&'static str, &'static str)];

const NONE: Fitting = &[];
const NUMBER: Fitting =
    &[("gt", "number"), ("gte", "number"), ("lt", "number"), ("lte", "number"), ("neq", "value")];
const TIME: Fitting = &[
    ("minute", "number"),
    ("hour", "number"),
    ("day", "number"),
    ("week", "number"),
    ("month", "number"),
    ("year", "number"),
    ("hour|gte", "number"),
    ("hour|lt", "number"),
];
const TEXT: Fitting = &[
    ("contains", "value"),
    ("startswith", "value"),
    ("endswith", "value"),
    ("re", "value"),
    ("neq", "value"),
    ("expand", "value"),
    ("fieldref", "value"),
];

fn fitting(ty: FieldType) -> Fitting {
    match ty {
        FieldType::Bool | FieldType::Id => NONE,
        FieldType::U32 | FieldType::Int | FieldType::Float => NUMBER,
        FieldType::Millis => TIME,
        FieldType::Enum | FieldType::Name | FieldType::Phone | FieldType::Text => TEXT,
    }
}
