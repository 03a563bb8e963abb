//! What recognises each difference of the table: narrow enough that anything else is noticed.

use serde_json::{Value, json};

use crate::explain::{Case, everywhere, flatten};
use crate::lines::lines;

const TIME_PARTS: &[&str] = &["minute", "hour", "day", "week", "month", "year"];
const RELATIONS: &[&str] = &["lt", "lte", "gt", "gte"];
const PLACES: &[&str] = &["contains", "startswith", "endswith"];
const ENCODINGS: &[&str] = &["base64", "base64offset", "wide", "utf16", "utf16le", "utf16be"];
const DASHES: &[char] = &['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

fn is_text_line(case: &Case<'_>) -> bool {
    !case.line.has_one(&["re", "cidr", "exists", "fieldref", "expand"])
        && !case.line.has_one(RELATIONS)
        && !case.line.has_one(TIME_PARTS)
}

/// Every text of the event, for keywords; the field's otherwise.
fn texts<'e>(case: &Case<'e>) -> Vec<&'e str> {
    fn each<'e>(value: &'e Value, found: &mut Vec<&'e str>) {
        match value {
            Value::String(text) => found.push(text),
            Value::Array(list) => list.iter().for_each(|v| each(v, found)),
            Value::Object(map) => map.values().for_each(|v| each(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    match &case.line.field {
        None => each(case.event, &mut found),
        Some(name) => {
            everywhere(case.event, name, true).into_iter().for_each(|value| each(value, &mut found));
        }
    }
    found
}

fn wildcards(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' | '?' => return true,
            _ => {}
        }
    }
    false
}

fn wants_wildcards(case: &Case<'_>) -> bool {
    case.wants(|v| v.as_str().is_some_and(wildcards))
}

/// Their `exists` does not take a field that is null for one that is there.
pub fn exists_null(case: &Case<'_>) -> bool {
    let wanted = case.line.values.first() == Some(&json!(true));
    case.line.has("exists") && case.found() == [&Value::Null] && case.ours == wanted
}

/// Ours: an absent field differs from every value. Theirs: it differs from none.
pub fn neq_absent(case: &Case<'_>) -> bool {
    case.line.has("neq") && case.field().is_none() && case.ours
}

/// Null among several values: theirs does not look for an absent field then.
pub fn null_in_list(case: &Case<'_>) -> bool {
    case.line.values.len() > 1 && case.wants(Value::is_null) && case.field().is_none()
}

/// A list with null in it: one of its elements is null for us.
pub fn null_element(case: &Case<'_>) -> bool {
    case.wants(Value::is_null)
        && (case.field().is_some_and(Value::is_array) || case.found().len() > 1)
        && case.any(Value::is_null)
        && case.ours != case.line.has("neq")
}

/// Placeholders are the operator's values with us, fields of the event with them.
pub fn expand(case: &Case<'_>) -> bool {
    case.line.has("expand") && case.wants(|v| v.as_str().is_some_and(|t| t.contains('%')))
}

/// Theirs leaves the value as it is where UTF-16 is not followed by Base64.
pub fn utf16_alone(case: &Case<'_>) -> bool {
    case.line.has_one(&["wide", "utf16", "utf16le", "utf16be"])
        && !case.line.has_one(&["base64", "base64offset"])
}

/// Without `contains` the whole field is compared; theirs looks inside of it.
pub fn base64offset_whole(case: &Case<'_>) -> bool {
    case.line.has("base64offset") && !case.line.has("contains") && case.theirs != case.line.has("neq")
}

/// Theirs keeps the last character, some of whose bits belong to what follows.
pub fn base64offset_ends(case: &Case<'_>) -> bool {
    case.line.has("base64offset") && case.line.has("contains") && case.ours != case.line.has("neq")
}

/// Theirs replaces `-` only.
pub fn windash_dashes(case: &Case<'_>) -> bool {
    case.line.has("windash")
        && case.wants(|v| v.as_str().is_some_and(|t| t.contains(&DASHES[1..])))
        && case.ours != case.line.has("neq")
}

/// Theirs takes wildcards under `windash` for plain characters.
pub fn windash_wildcard(case: &Case<'_>) -> bool {
    case.line.has("windash") && wants_wildcards(case)
}

fn other_values<'e>(case: &Case<'e>) -> Vec<&'e Value> {
    let name = case.line.values.first().and_then(Value::as_str).unwrap_or_default();
    let mut found = Vec::new();
    everywhere(case.event, name, true).into_iter().for_each(|value| flatten(value, &mut found));
    found
}

/// A reference that has no value (null, an empty list, a map) is like nothing for us, like itself for them.
pub fn fieldref_empty(case: &Case<'_>) -> bool {
    let empty = |v: &Value| v.is_null() || v.is_object();
    case.line.has("fieldref")
        && case.theirs != case.line.has("neq")
        && (case.values().into_iter().all(empty) || case.values() == other_values(case))
}

/// Theirs compares types first, and a list only as a whole.
pub fn fieldref_types(case: &Case<'_>) -> bool {
    let (own, other) = (case.values(), other_values(case));
    let list = |found: Vec<&Value>| found.len() > 1 || found.iter().any(|v| v.is_array());
    let name = case.line.values.first().and_then(Value::as_str).unwrap_or_default();
    let lists = list(case.found()) || list(everywhere(case.event, name, true));
    let mixed = own.iter().any(|a| other.iter().any(|b| a.is_string() != b.is_string()));
    case.line.has("fieldref") && (lists || mixed) && case.ours != case.line.has("neq")
}

/// Theirs anchors `startswith` with wildcards at the end and `endswith` with wildcards at the beginning.
pub fn startswith_wildcard(case: &Case<'_>) -> bool {
    case.line.has_one(&["startswith", "endswith"]) && wants_wildcards(case) && is_text_line(case)
}

/// Theirs compares keywords with wildcards with whole values.
pub fn keyword_wildcard(case: &Case<'_>) -> bool {
    case.line.field.is_none() && wants_wildcards(case) && case.ours
}

/// Theirs compares the keywords of `|all` with whole values.
pub fn keyword_all(case: &Case<'_>) -> bool {
    case.line.key.starts_with('|') && case.line.field.is_none() && case.ours
}

/// Theirs looks for keywords in texts only, and never finds numbers.
pub fn keyword_number(case: &Case<'_>) -> bool {
    fn number(value: &Value) -> bool {
        match value {
            Value::Number(_) | Value::Bool(_) => true,
            Value::Array(list) => list.iter().any(number),
            Value::Object(map) => map.values().any(number),
            _ => false,
        }
    }
    case.line.field.is_none() && case.ours && (case.wants(|v| !v.is_string()) || number(case.event))
}

/// Their wildcards stop at the end of a line.
pub fn wildcard_newline(case: &Case<'_>) -> bool {
    is_text_line(case)
        && wants_wildcards(case)
        && texts(case).iter().any(|t| t.contains('\n'))
        && case.ours != case.line.has("neq")
}

/// Theirs reads every text that Rust can read as a number: `0112` is 112, `1e3` is 1000.
pub fn number_as_text(case: &Case<'_>) -> bool {
    is_text_line(case)
        && case.wants(Value::is_number)
        && case.any(|v| v.as_str().is_some_and(unusual_number))
        && case.theirs != case.line.has("neq")
}

/// The same for comparisons.
pub fn number_text(case: &Case<'_>) -> bool {
    case.line.has_one(RELATIONS)
        && !case.line.has_one(TIME_PARTS)
        && case.any(|v| v.as_str().is_some_and(unusual_number))
        && case.theirs != case.line.has("neq")
}

fn unusual_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let usual = digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !digits.starts_with('.')
        && !digits.ends_with('.')
        && (!digits.starts_with('0') || digits == "0" || digits.starts_with("0."));
    text.parse::<f64>().is_ok() && !usual
}

/// Whole numbers beyond 64 bits with a sign lose digits with them, and large ones are written without an exponent.
pub fn large_number(case: &Case<'_>) -> bool {
    let large = |v: &Value| v.is_u64() && !v.is_i64() || v.as_f64().is_some_and(|n| n.abs() >= 1e16);
    is_text_line(case) && case.any(|v| v.is_number() && large(v))
}

/// `1` and `yes` are true with them.
pub fn bool_text(case: &Case<'_>) -> bool {
    let words = ["1", "0", "yes", "no"];
    case.wants(Value::is_boolean)
        && case.any(|v| v.as_str().is_some_and(|t| words.contains(&t.to_lowercase().as_str())))
        && case.theirs != case.line.has("neq")
}

/// Theirs leaves `contains` and its like out where the value is a truth value.
pub fn bool_modifier(case: &Case<'_>) -> bool {
    case.wants(Value::is_boolean) && (case.line.has_one(PLACES) || case.line.has_one(ENCODINGS))
}

/// Characters whose other case is not one character, or depends on its neighbours.
pub fn capitals(case: &Case<'_>) -> bool {
    let odd = |t: &str| t.chars().any(|c| matches!(c, 'Σ' | 'ς' | 'σ' | 'İ' | 'ſ' | '\u{212a}'));
    !case.line.has("cased")
        && (case.wants(|v| v.as_str().is_some_and(odd)) || texts(case).iter().any(|t| odd(t)))
}

/// An IPv4 address written as IPv6 lies in IPv4 networks for us.
pub fn cidr_mapped(case: &Case<'_>) -> bool {
    let odd = |t: &str| t.to_ascii_lowercase().starts_with("::ffff:") || t.trim() != t;
    case.line.has("cidr") && case.any(|v| v.as_str().is_some_and(odd)) && case.ours != case.line.has("neq")
}

/// Forms of times that one side reads: without seconds, with a blank and a zone, numbers between the two scales.
pub fn time_form(case: &Case<'_>) -> bool {
    let both = |t: &str| {
        let t = t.trim();
        t.len() >= 19 && t.as_bytes()[10] == b'T' && chrono::DateTime::parse_from_rfc3339(t).is_ok()
    };
    case.line.has_one(TIME_PARTS)
        && case.any(|v| match v {
            Value::String(text) => !both(text),
            Value::Number(number) => {
                number.as_f64().is_some_and(|n| n < 0.0 || (1e11..=1e12).contains(&n) || n > 1e15)
            }
            _ => false,
        })
}

/// Theirs resolves `1 of …` of a filter among the searches of the rule.
pub fn filter_selector(section: &Value, filters: bool) -> bool {
    filters && conditions(section).iter().any(|c| c.contains(" of "))
}

/// `1 of *name` and its like: names that begin with an underscore are left out by us unless the pattern begins with one.
pub fn hidden_search(section: &Value, _: bool) -> bool {
    let hidden = section.as_object().is_some_and(|map| map.keys().any(|k| k.starts_with('_')));
    hidden && conditions(section).iter().any(|c| c.contains(" of *")) && !lines(section).is_empty()
}

/// A key with a dot below the first level: `{"n": {"y.z": 1}}` has `n.y.z` for us.
pub fn dotted_key(case: &Case<'_>) -> bool {
    let dotted = |name: &str| everywhere(case.event, name, true) != everywhere(case.event, name, false);
    let other = case.line.values.first().and_then(Value::as_str).filter(|_| case.line.has("fieldref"));
    case.line.field.as_deref().into_iter().chain(other).any(dotted)
}

/// A rule whose placeholder nobody set matches nothing with us.
pub fn expand_unset(section: &Value, _: bool) -> bool {
    // Between two percent signs that are not escaped stands a name.
    let unset = |value: &Value| {
        let plain = value.as_str().unwrap_or_default().replace("\\%", "");
        plain.split('%').skip(1).step_by(2).any(|name| name != "servers" && !name.is_empty())
    };
    lines(section).iter().any(|line| line.has("expand") && line.values.iter().any(unset))
}

fn conditions(section: &Value) -> Vec<&str> {
    match section.get("condition") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}
