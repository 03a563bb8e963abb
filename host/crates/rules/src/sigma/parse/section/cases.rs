//! Cases under `tests:`.

use std::str::FromStr;

use chrono::DateTime;
use model::{Millis, Severity};

use super::{duration, field, whole};
use crate::sigma::parse::reader::{Reader, short, suggestion};
use crate::sigma::{Case, CaseEvent, Expectation};
use crate::yaml::{Node, Value};

/// Cases of one rule.
const MAX_CASES: usize = 200;
/// Lines of events or expectations of one case.
const MAX_LINES: usize = 1_000;
/// Repetitions of one event.
const MAX_REPEAT: u32 = 100_000;
/// Deliveries of one record.
const MAX_DELIVERIES: u32 = 100;

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Vec<Case> {
    let Some(items) = node.as_list() else {
        reader.error(
            node.span,
            format!("'tests' must be a list, not {}", node.kind()),
            "begin each case with '- name: …'",
        );
        return Vec::new();
    };
    if items.len() > MAX_CASES {
        reader.error(
            node.span,
            format!("more than {MAX_CASES} cases"),
            "keep those that show something different",
        );
        return Vec::new();
    }
    let mut cases: Vec<Case> = Vec::new();
    for item in items {
        if let Some(case) = case(reader, item) {
            if cases.iter().any(|earlier| earlier.name == case.name) {
                reader.error(item.span, format!("two cases are named '{}'", short(&case.name)), "rename one");
            }
            cases.push(case);
        }
    }
    cases
}

fn case(reader: &mut Reader<'_>, node: &Node) -> Option<Case> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("a case must be a map, not {}", node.kind()),
            "begin it with 'name:'",
        );
        return None;
    }
    reader.known_keys(node, &["name", "start", "locations", "placeholders", "events", "expect"], "a case");
    let name = reader.text(node, "name").unwrap_or_default();
    if name.trim().is_empty() {
        reader.error(node.span, "a case without a name", "add 'name:', what the case shows");
    }
    let start = node.get("start").and_then(|n| start(reader, n));
    let locations = match node.get("locations").map(|n| (n.as_map(), n.span)) {
        None => Vec::new(),
        Some((Some(entries), _)) => entries.iter().map(|(k, v)| (k.text.clone(), v.to_json())).collect(),
        Some((None, span)) => {
            reader.error(span, "'locations' must be a map", "write it as in the configuration, by name");
            Vec::new()
        }
    };
    let placeholders = placeholders(reader, node);
    let events = list(reader, node, "events", "events").iter().filter_map(|n| event(reader, n)).collect();
    let expect =
        list(reader, node, "expect", "expectations").iter().filter_map(|n| expectation(reader, n)).collect();
    Some(Case { name, span: node.span, start, locations, placeholders, events, expect })
}

/// The elements under a key that must be there.
fn list<'n>(reader: &mut Reader<'_>, node: &'n Node, key: &str, what: &str) -> &'n [Node] {
    let Some(found) = node.get(key) else {
        let help = if key == "expect" {
            "write 'expect: []' if the rule must stay silent"
        } else {
            "add the records"
        };
        reader.error(node.span, format!("a case without '{key}'"), help);
        return &[];
    };
    match found.as_list() {
        Some(items) if items.len() <= MAX_LINES => {
            if items.is_empty() && key == "events" {
                reader.error(found.span, "a case without events shows nothing", "add the records");
            }
            items
        }
        Some(_) => {
            reader.error(found.span, format!("more than {MAX_LINES} {what}"), "use 'repeat' and 'every'");
            &[]
        }
        None => {
            reader.error(
                found.span,
                format!("'{key}' must be a list, not {}", found.kind()),
                "begin each line with '- '",
            );
            &[]
        }
    }
}

fn start(reader: &mut Reader<'_>, node: &Node) -> Option<Millis> {
    match DateTime::parse_from_rfc3339(node.as_scalar().unwrap_or_default()) {
        Ok(time) => Some(time.timestamp_millis()),
        Err(_) => {
            reader.error(node.span, "'start' is not a time", "write it as 2026-03-02T09:00:00Z");
            None
        }
    }
}

fn placeholders(reader: &mut Reader<'_>, node: &Node) -> Vec<(String, Vec<String>)> {
    let Some(given) = node.get("placeholders") else { return Vec::new() };
    let Some(entries) = given.as_map() else {
        reader.error(given.span, "'placeholders' must be a map", "write the name, and under it its values");
        return Vec::new();
    };
    entries
        .iter()
        .map(|(name, values)| {
            let values = reader.text_items(values, &name.text).into_iter().map(|(text, _)| text).collect();
            (name.text.clone(), values)
        })
        .collect()
}

fn event(reader: &mut Reader<'_>, node: &Node) -> Option<CaseEvent> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("an event must be a map, not {}", node.kind()),
            "write {at: 0s, fields: {…}}",
        );
        return None;
    }
    reader.known_keys(node, &["at", "late", "repeat", "every", "deliveries", "fields"], "an event");
    let time = |reader: &mut Reader<'_>, key: &str| match node.get(key) {
        Some(n) => duration::offset(reader, n, key),
        None => Some(0),
    };
    let at = time(reader, "at");
    let late = time(reader, "late");
    let every = time(reader, "every");
    let repeat = node.get("repeat").map_or(Some(1), |n| whole(reader, n, "repeat", 1, MAX_REPEAT));
    let deliveries =
        node.get("deliveries").map_or(Some(1), |n| whole(reader, n, "deliveries", 1, MAX_DELIVERIES));
    if repeat.is_some_and(|n| n > 1) && node.get("every").is_none() {
        reader.error(node.span, "'repeat' without 'every'", "add 'every: 20s'; 0s for all at once");
    }
    let mut fields = Vec::new();
    match node.get("fields").map(|n| (n.as_map(), n.span)) {
        Some((Some(entries), _)) => {
            for (key, value) in entries {
                if matches!(value.value, Value::List(_) | Value::Map(_)) {
                    reader.error(
                        value.span,
                        format!("a field's value cannot be {}", value.kind()),
                        "write one value",
                    );
                } else if field(reader, &key.text, key.span).is_some() {
                    fields.push((key.text.clone(), case_value(value), key.span));
                }
            }
        }
        Some((None, span)) => reader.error(span, "'fields' must be a map", "write 'field: value' under it"),
        None => {
            reader.error(node.span, "an event without 'fields'", "add 'fields:' with what the record says")
        }
    }
    Some(CaseEvent {
        at: at?,
        late: late?,
        repeat: repeat?,
        every: every?,
        deliveries: deliveries?,
        fields,
        span: node.span,
    })
}

/// A number that is not written as numbers are (`+34911…`, `0034…`) is meant as text: digits must not get lost.
fn case_value(node: &Node) -> serde_json::Value {
    match node.value {
        Value::Int(n) if n.to_string() != node.text => node.text.clone().into(),
        _ => node.to_json(),
    }
}

fn expectation(reader: &mut Reader<'_>, node: &Node) -> Option<Expectation> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("an expectation must be a map, not {}", node.kind()),
            "write {severity: high, count: 10}",
        );
        return None;
    }
    const KNOWN: [&str; 7] = ["severity", "subject", "count", "first", "last", "contains", "attributes"];
    reader.known_keys(node, &KNOWN, "an expectation");
    let severity = reader.text(node, "severity").and_then(|text| {
        let found = Severity::from_str(&text).ok();
        if found.is_none()
            && let Some(at) = node.get("severity")
        {
            let names = Severity::ALL.map(Severity::name);
            reader.error(at.span, format!("unknown severity '{}'", short(&text)), suggestion(&text, &names));
        }
        found
    });
    let count = node.get("count").and_then(|n| whole(reader, n, "count", 0, u32::MAX)).map(u64::from);
    let attributes = match node.get("attributes").map(|n| (n.as_map(), n.span)) {
        None => Vec::new(),
        Some((Some(entries), _)) => entries.iter().map(|(k, v)| (k.text.clone(), case_value(v))).collect(),
        Some((None, span)) => {
            reader.error(span, "'attributes' must be a map", "write 'name: value' under it");
            Vec::new()
        }
    };
    Some(Expectation {
        severity,
        subject: reader.text(node, "subject"),
        count,
        first: node.get("first").and_then(|n| duration::offset(reader, n, "first")),
        last: node.get("last").and_then(|n| duration::offset(reader, n, "last")),
        contains: reader.texts(node, "contains"),
        attributes,
        span: node.span,
    })
}
