//! The `ringfence:` section.
//!
//! Owns its keys and their values. Does not own what scripts in it mean (`script`).

mod baseline;
mod cases;
mod subject;

use std::str::FromStr;

use chrono_tz::{TZ_VARIANTS, Tz};
use model::Severity;

use super::duration;
use super::reader::{Reader, nearest, short, suggestion};
use crate::Span;
use crate::sigma::{Ours, SeverityBy, ZoneBy};
use crate::yaml::{Node, Value};

/// Keys of the section: name, and what it is for.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("when", "A Rhai expression over the record's fields, evaluated last; the record counts if it is true."),
    ("window", "How long after its last match a finding stays open: 90s, 15m, 24h, 7d."),
    ("lateness", "How late a record may be and still count."),
    ("zone", "What local time means: `location`, `utc` or an IANA zone."),
    ("subject", "Whom the finding is about: `user`, `organisation`, a field, or {kind, field}."),
    ("severity", "A level, or a Rhai expression that gives one."),
    ("shadow", "Evaluate and record, but raise nothing."),
    ("baseline", "Compare with what is usual: `new_value` or `rate`."),
    ("response", "What to do when it is found, one step a line."),
    ("tests", "Cases that the rule must pass."),
];

/// Bytes of a script in a rule; longer ones belong to a module in `rules/lib`.
const MAX_SCRIPT: usize = 16 * 1024;
/// Steps of advice.
const MAX_STEPS: usize = 64;

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Ours {
    let mut ours = Ours::default();
    if node.value == Value::Null {
        return ours;
    }
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("'ringfence' must be a map, not {}", node.kind()),
            "write its keys under it",
        );
        return ours;
    }
    let known: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
    reader.known_keys(node, &known, "'ringfence'");
    ours.when = node.get("when").and_then(|when| script(reader, when, "when"));
    ours.window = node.get("window").and_then(|n| duration::span(reader, n, "window"));
    ours.lateness = node.get("lateness").and_then(|n| duration::offset(reader, n, "lateness"));
    ours.zone = node.get("zone").and_then(|n| zone(reader, n));
    ours.subject = node.get("subject").and_then(|n| subject::read(reader, n));
    ours.severity = node.get("severity").and_then(|n| severity(reader, n));
    ours.shadow = node.get("shadow").is_some_and(|n| truth(reader, n, "shadow"));
    ours.baseline = node.get("baseline").and_then(|n| baseline::read(reader, n).map(|b| (b, n.span)));
    ours.response = reader.texts(node, "response");
    if ours.response.len() > MAX_STEPS
        && let Some(at) = node.get("response")
    {
        reader.error(at.span, format!("more than {MAX_STEPS} steps"), "shorten the advice");
    }
    ours.tests = node.get("tests").map(|n| cases::read(reader, n)).unwrap_or_default();
    ours
}

fn script(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<(String, Span)> {
    match node.as_scalar() {
        Some(text) if text.trim().is_empty() => {
            reader.error(
                node.span,
                format!("'{key}' is empty"),
                "write a Rhai expression, or take the line away",
            );
            None
        }
        Some(text) if text.len() > MAX_SCRIPT => {
            let help = "move it to a module in rules/lib";
            reader.error(node.span, format!("'{key}' has more than {MAX_SCRIPT} bytes"), help);
            None
        }
        Some(text) => Some((text.to_owned(), node.content)),
        None => {
            let help = "write a Rhai expression in single quotation marks";
            reader.error(node.span, format!("'{key}' must be a Rhai expression, not {}", node.kind()), help);
            None
        }
    }
}

fn zone(reader: &mut Reader<'_>, node: &Node) -> Option<ZoneBy> {
    let text = node.as_text().unwrap_or_default();
    if text.eq_ignore_ascii_case("location") {
        return Some(ZoneBy::Location);
    }
    if text.eq_ignore_ascii_case("utc") {
        return Some(ZoneBy::Utc);
    }
    match Tz::from_str(text) {
        Ok(zone) => Some(ZoneBy::Zone(zone.name().to_owned())),
        Err(_) => {
            let names: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
            // Cities are remembered, continents are not.
            let city =
                names.iter().find(|n| n.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(text)));
            let help = match city.copied().or_else(|| nearest(text, &names)) {
                Some(near) => format!("did you mean '{near}'?"),
                None => "write location, utc or a name such as Europe/Madrid".to_owned(),
            };
            reader.error(node.span, format!("unknown zone '{}'", short(text)), help);
            None
        }
    }
}

fn severity(reader: &mut Reader<'_>, node: &Node) -> Option<SeverityBy> {
    let (text, span) = script(reader, node, "severity")?;
    let word = text.trim();
    if let Ok(severity) = Severity::from_str(word) {
        return Some(SeverityBy::Fixed(severity));
    }
    // A single word can be no expression that gives a level.
    if word.chars().all(|c| c.is_alphanumeric() || c == '_') {
        let names = Severity::ALL.map(Severity::name);
        reader.error(node.span, format!("unknown severity '{}'", short(word)), suggestion(word, &names));
        return None;
    }
    Some(SeverityBy::Script(text, span))
}

/// True or false.
fn truth(reader: &mut Reader<'_>, node: &Node, key: &str) -> bool {
    match node.value {
        Value::Bool(value) => value,
        _ => {
            reader.error(
                node.span,
                format!("'{key}' takes true or false, not {}", node.kind()),
                "write true or false",
            );
            false
        }
    }
}

/// A whole number within bounds.
fn whole(reader: &mut Reader<'_>, node: &Node, key: &str, low: u32, high: u32) -> Option<u32> {
    let found = match node.value {
        Value::Int(n) => u32::try_from(n).ok().filter(|n| (low..=high).contains(n)),
        _ => None,
    };
    if found.is_none() {
        let message = format!(
            "'{key}' takes a whole number from {low} to {high}, not {}",
            short(node.as_scalar().unwrap_or(node.kind()))
        );
        reader.error(node.span, message, "write a number in these bounds, without quotation marks");
    }
    found
}

/// A field of call records, for its name as written.
fn field(reader: &mut Reader<'_>, name: &str, span: Span) -> Option<crate::Field> {
    let found = crate::Field::from_name(name);
    if found.is_none() {
        // The distance to a very long name costs much and says nothing.
        let close = name.len() <= 64 && !reader.full();
        let mut near = if close { model::FieldId::near_misses(name) } else { Vec::new() };
        near.extend(crate::Virtual::ALL.iter().map(|v| v.name()).filter(|n| nearest(name, &[n]).is_some()));
        let help = match near.as_slice() {
            [] => "the fields are listed in docs/fields.md".to_owned(),
            near => format!("did you mean '{}'?", near.join("' or '")),
        };
        reader.error(span, format!("unknown field '{}'", short(name)), help);
    }
    found
}
