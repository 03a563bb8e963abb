//! Finding a field's values in a JSON object.

use serde_json::Value;

use crate::matching::scalar::{Num, Scalar};

/// The values of a field; none if there is no such field. See the module above for what names and lists mean.
pub(super) fn values<'e>(event: &'e Value, name: &str) -> Option<Vec<Scalar<'e>>> {
    let mut found = Vec::new();
    find(event, name, &mut found).then_some(found)
}

/// Every value of the event, for keywords.
pub(super) fn leaves(event: &Value) -> Vec<Scalar<'_>> {
    let mut found = Vec::new();
    each(event, &mut found);
    found
}

/// Adds what the path leads to; false if it leads nowhere.
fn find<'e>(value: &'e Value, path: &str, found: &mut Vec<Scalar<'e>>) -> bool {
    match value {
        Value::Array(elements) => {
            elements.iter().map(|element| find(element, path, found)).collect::<Vec<bool>>().contains(&true)
        }
        Value::Object(fields) => {
            if let Some(value) = fields.get(path) {
                flatten(value, found);
                return true;
            }
            path.match_indices('.').any(|(at, _)| {
                fields.get(&path[..at]).is_some_and(|inner| find(inner, &path[at + 1..], found))
            })
        }
        _ => false,
    }
}

fn flatten<'e>(value: &'e Value, found: &mut Vec<Scalar<'e>>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|e| flatten(e, found)),
        other => found.push(scalar(other)),
    }
}

fn each<'e>(value: &'e Value, found: &mut Vec<Scalar<'e>>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|e| each(e, found)),
        Value::Object(fields) => fields.values().for_each(|v| each(v, found)),
        other => found.push(scalar(other)),
    }
}

fn scalar(value: &Value) -> Scalar<'_> {
    match value {
        Value::Null => Scalar::Null,
        Value::Bool(value) => Scalar::Bool(*value),
        Value::String(text) => Scalar::Text(text),
        Value::Number(number) => Scalar::Number(match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Num::Int(value),
            (None, Some(value)) => Num::Big(value),
            (None, None) => Num::Float(number.as_f64().unwrap_or(f64::MAX)),
        }),
        Value::Array(_) | Value::Object(_) => Scalar::Map,
    }
}
