//! Values of a case's fields: repetitions numbered, kinds checked, times read.

use model::fields::{FieldType, edit_distance, well_known};
use model::finding::format_time;
use model::{FieldId, Millis};
use serde_json::Value;

use super::Target;

/// Longest number of a repetition written out, for `{n:09}`.
const MAX_DIGITS: usize = 9;

/// Whether a value can stand for its field.
pub(super) fn check(target: Target, value: &Value) -> Result<(), (String, String)> {
    let (Target::Key(field, _) | Target::Derived(field)) = target;
    let name = field.field().name;
    let wrong = |what: &str, help: &str| Err((format!("'{name}' {what}"), help.to_owned()));
    match value {
        Value::Null if matches!(target, Target::Derived(_)) => wrong(
            "cannot be taken away: it is made of other fields",
            "take away those: docs/fields.md says which",
        ),
        Value::Null => Ok(()),
        Value::String(text) if matches!(target, Target::Derived(_)) && !text.contains('{') => {
            known(field, text)
        }
        Value::Array(_) | Value::Object(_) => wrong(
            "takes one value, not a list or a map",
            "an event is one record: use `repeat` or another event",
        ),
        Value::Bool(_) if field.field().ty != FieldType::Bool => {
            wrong("is not true or false", "put the text in quotes if it is meant as a word")
        }
        Value::Number(_) if field.field().ty == FieldType::Bool => {
            wrong("is true or false, not a number", "write true or false")
        }
        Value::String(text) => match field.field().ty {
            FieldType::U32 | FieldType::Int | FieldType::Float
                if !text.contains('{') && text.trim().parse::<f64>().is_err() =>
            {
                wrong("is a number", "write it without a unit: durations of calls are in seconds")
            }
            FieldType::Bool if !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false") => {
                wrong("is true or false", "write true or false")
            }
            FieldType::Millis if time(text).is_none() && !text.contains('{') => {
                wrong("is a time", "write it like 2026-03-02T09:00:00Z")
            }
            _ => Ok(()),
        },
        Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Whether a derived field can have such a value: the normaliser only makes classes and countries that there are.
fn known(field: FieldId, text: &str) -> Result<(), (String, String)> {
    let name = field.field().name;
    let unknown = |kind: &str, near: Option<&&str>| {
        let help = near.map_or_else(String::new, |n| format!("did you mean '{n}'?"));
        Err((format!("'{name}' has no {kind} '{}'", text.escape_debug()), help))
    };
    let is_country = matches!(
        field,
        FieldId::country | FieldId::calling_country | FieldId::called_country | FieldId::forward_country
    );
    match field.field().ty {
        FieldType::Enum if !well_known::VALUES.contains(&text) => {
            unknown("value", well_known::VALUES.iter().min_by_key(|v| edit_distance(v, text)))
        }
        FieldType::Name if is_country && !well_known::COUNTRIES.contains(&text) => {
            let upper = text.to_ascii_uppercase();
            unknown("country", well_known::COUNTRIES.iter().find(|c| **c == upper))
        }
        FieldType::Bool if !text.eq_ignore_ascii_case("true") && !text.eq_ignore_ascii_case("false") => {
            Err((format!("'{name}' is true or false"), "write true or false".to_owned()))
        }
        FieldType::Int if text.trim().parse::<i64>().is_err() => {
            Err((format!("'{name}' is a number"), "write it without a unit".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The value with `{n}` replaced by the number of the repetition; `{n:03}` has three digits.
pub(super) fn expand(value: &Value, repetition: u32) -> Value {
    match value {
        Value::String(text) if text.contains("{n") => Value::String(numbered(text, repetition)),
        other => other.clone(),
    }
}

fn numbered(text: &str, n: u32) -> String {
    let mut out = String::with_capacity(text.len() + MAX_DIGITS);
    let mut rest = text;
    while let Some(at) = rest.find("{n") {
        out.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let Some(end) = inside.find('}') else {
            rest = &rest[at..];
            break;
        };
        let digits = match &inside[..end] {
            "" => Some(0),
            form => form.strip_prefix(":0").and_then(|w| w.parse().ok()).filter(|w| *w <= MAX_DIGITS),
        };
        match digits {
            Some(width) => out.push_str(&format!("{n:0width$}")),
            // Not ours: stays as it is.
            None => out.push_str(&rest[at..at + 2 + end + 1]),
        }
        rest = &inside[end + 1..];
    }
    out.push_str(rest);
    out
}

/// The value as a record holds it: times in RFC 3339. A number as a time is seconds after the event's start.
pub(super) fn for_record(field: FieldId, value: Value, at: Millis) -> Result<Value, (String, String)> {
    if field.field().ty != FieldType::Millis {
        return Ok(value);
    }
    let millis = match &value {
        Value::String(text) if text.trim().is_empty() => return Ok(value),
        Value::String(text) => time(text),
        Value::Number(seconds) => seconds.as_i64().and_then(|s| at.checked_add(s.checked_mul(1000)?)),
        _ => return Ok(value),
    };
    match millis {
        Some(millis) => Ok(Value::String(format_time(millis))),
        None => Err((
            format!("'{}' is a time", field.field().name),
            "write it like 2026-03-02T09:00:00Z".to_owned(),
        )),
    }
}

/// A time as records hold it.
pub(super) fn time(text: &str) -> Option<Millis> {
    chrono::DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| t.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_numbered() {
        for (text, n, wanted) in [
            ("+53555{n}", 7, "+535557"),
            ("+53555{n:03}", 7, "+53555007"),
            ("{n}-{n:02}", 12, "12-12"),
            ("{name} {n", 1, "{name} {n"),
            ("{n:99}", 1, "{n:99}"),
            ("ñ{n}ñ", 0, "ñ0ñ"),
        ] {
            assert_eq!(numbered(text, n), wanted);
        }
    }
}
