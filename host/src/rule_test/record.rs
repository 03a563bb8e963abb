//! The records of a case: what the author wrote, completed to what Webex would have sent.
//!
//! Owns the defaults: identity, times, owner, side of the call. Fields that the normaliser makes (`called_class` and the
//! like) come from it, unless the case states them; those are set afterwards. Does not own the way to the engine (`play`).

mod defaults;
mod value;

pub(super) use defaults::kind_of;

use model::{EventKind, FieldId, Millis};
use rules::sigma::{Case, CaseEvent};
use rules::{Diagnostic, Span, Virtual};
use serde_json::{Map, Value};

use crate::normalize::{field_of_key, record_key};

/// Most records of one case. A case is read by a person; a baseline of a year with a call an hour has 8,760.
pub const MAX_RECORDS: usize = 20_000;

/// Most times that one record is delivered.
pub const MAX_DELIVERIES: u32 = 100;

/// A Monday morning, 2026-03-02T09:00:00Z: working hours nearly everywhere that has a Webex data centre.
pub const DEFAULT_START: Millis = 1_772_442_000_000;

/// A record of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// As Webex would send it.
    pub json: Map<String, Value>,
    /// Derived fields that the case states itself.
    pub stated: Vec<(FieldId, Value)>,
    /// When it happened.
    pub start: Millis,
    /// When it was reported, which is when it is delivered.
    pub report: Millis,
    /// Position among the case's events.
    pub event: usize,
    /// Number of the repetition, from 0.
    pub repetition: u32,
    /// How many times it is delivered.
    pub deliveries: u32,
    /// Where its event stands.
    pub span: Span,
}

/// Whether a case's fields can be read, without making its records.
pub fn check(case: &Case, file: &str) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for event in &case.events {
        for (name, value, span) in &event.fields {
            if let Err((message, help)) = target_of(name).and_then(|t| value::check(t, value)) {
                problems.push(Diagnostic::error(file, *span, message, help));
            }
        }
    }
    let count: u64 = case.events.iter().map(|e| u64::from(e.repeat.max(1))).sum();
    if count > MAX_RECORDS as u64 {
        problems.push(Diagnostic::error(
            file,
            case.span,
            format!("the case '{}' has {count} records; at most {MAX_RECORDS} are allowed", case.name),
            "repeat less often, or with a greater distance",
        ));
    }
    for event in case.events.iter().filter(|e| e.deliveries > MAX_DELIVERIES) {
        problems.push(Diagnostic::error(
            file,
            event.span,
            format!("{} deliveries of one record; at most {MAX_DELIVERIES} are allowed", event.deliveries),
            "three show the same",
        ));
    }
    problems
}

/// When `at: 0s` is.
pub fn start_of(case: &Case) -> Millis {
    case.start.unwrap_or(DEFAULT_START)
}

/// The records of a case in the order written. `kind` is what events are that do not say it; `location` is whose they are.
///
/// # Errors
/// Everything that is wrong with the case's events.
pub fn records(
    case: &Case,
    kind: Option<EventKind>,
    location: Option<&str>,
    file: &str,
) -> Result<Vec<Made>, Vec<Diagnostic>> {
    let mut problems = check(case, file);
    let mut made = Vec::new();
    if problems.is_empty() {
        let start = start_of(case);
        for (position, event) in case.events.iter().enumerate() {
            for repetition in 0..event.repeat.max(1) {
                match one(event, (position, repetition), start, kind, location, file) {
                    Ok(record) => made.push(record),
                    Err(problem) => {
                        problems.push(problem);
                        // The other repetitions have the same fault.
                        break;
                    }
                }
            }
        }
    }
    if problems.is_empty() { Ok(made) } else { Err(problems) }
}

fn one(
    event: &CaseEvent,
    (position, repetition): (usize, u32),
    start: Millis,
    kind: Option<EventKind>,
    location: Option<&str>,
    file: &str,
) -> Result<Made, Diagnostic> {
    let at =
        start.saturating_add(event.at).saturating_add(event.every.saturating_mul(Millis::from(repetition)));
    let mut json = Map::new();
    let mut stated = Vec::new();
    for (name, value, span) in &event.fields {
        let wrong = |(message, help): (String, String)| Diagnostic::error(file, *span, message, help);
        let target = target_of(name).map_err(wrong)?;
        let value = value::expand(value, repetition);
        match target {
            Target::Key(field, key) => {
                json.insert(key.to_owned(), value::for_record(field, value, at).map_err(wrong)?);
            }
            Target::Derived(field) => stated.push((field, value)),
        }
    }
    agree(&mut stated);
    let given = defaults::Given { at, late: event.late, position, repetition, kind, location };
    let (start, report) = defaults::complete(&mut json, &mut stated, &given).map_err(|message| {
        Diagnostic::error(file, event.span, message, "times are written like 2026-03-02T09:00:00Z")
    })?;
    Ok(Made {
        json,
        stated,
        start,
        report,
        event: position,
        repetition,
        deliveries: event.deliveries.max(1),
        span: event.span,
    })
}

/// A class that is stated says whose number it is, and the other way round, as in the normaliser.
fn agree(stated: &mut Vec<(FieldId, Value)>) {
    for (class, ours) in
        [(FieldId::called_class, FieldId::called_ours), (FieldId::calling_class, FieldId::calling_ours)]
    {
        let of = |field| stated.iter().find(|(f, _)| *f == field).map(|(_, value)| value.clone());
        match (of(class), of(ours)) {
            (Some(said), None) => stated.push((ours, Value::Bool(said == "internal"))),
            (None, Some(Value::Bool(true))) => stated.push((class, Value::from("internal"))),
            _ => {}
        }
    }
}

/// Where a field of a case goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// Into the record, under this key.
    Key(FieldId, &'static str),
    /// Into the event, instead of what the normaliser would make.
    Derived(FieldId),
}

/// By the field's name, else by the key that records hold it under.
fn target_of(name: &str) -> Result<Target, (String, String)> {
    if let Some(made) = Virtual::ALL.into_iter().find(|v| v.name() == name) {
        return Err((
            format!("'{}' cannot be set: it is made of the start and the location", made.name()),
            "set the case's `start` or the event's `at`, and the location's zone, hours or holidays under `locations`".to_owned(),
        ));
    }
    match FieldId::from_name(name).or_else(|| field_of_key(name)) {
        Some(field) => Ok(record_key(field).map_or(Target::Derived(field), |key| Target::Key(field, key))),
        None => {
            let near = FieldId::near_misses(name);
            let help = match near.split_first() {
                Some((best, _)) => format!("did you mean '{best}'?"),
                None => "docs/fields.md lists all fields".to_owned(),
            };
            Err((format!("there is no field '{}'", name.escape_debug()), help))
        }
    }
}

#[cfg(test)]
mod tests;
