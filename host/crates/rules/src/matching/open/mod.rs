//! Rules on open values: any rule on any JSON object. The readable reference of what matching means.
//!
//! Owns evaluating a rule on JSON. Rules of other products compile to this; call records are matched by
//! [`super::Program`], which a property test holds against this module.
//!
//! What the specification leaves open is decided here:
//! - A name with dots is a field of that name, else a path through maps. A list on the way or at the end stands for each of its
//!   elements, and one of them must match. A map is there (`exists`), but is like no value.
//! - Absent and null are one to `null`, but `exists` asks only whether the field is there. `''` is the empty text, and neither.
//! - Capitals do not count, character by character, unless `|cased`; in `|re` they count, unless `|i`.
//! - Numbers and texts meet: `4769` matches the text `4769`, and the text `'4769'` the number; a whole number has no point.
//! - `|neq` and `not` are the same: an absent field differs from every value. Comparisons with an absent field do not hold.
//! - Keywords are looked for inside of every value of the record, nested ones too, but not in the names of fields.
//! - Parts of times are those of UTC, unless `ringfence.zone` says otherwise; weeks are those of ISO 8601.

mod json;

use chrono::{Offset as _, TimeZone as _};
use chrono_tz::Tz;
use model::Millis;
use serde_json::Value;

use super::check::{self, Line, Scratch};
use super::lines::Lines;
use super::logic::{self, Logic, Placed};
use super::placeholders::Placeholders;
use super::scalar::{Num, Scalar};
use super::times;
use crate::Diagnostic;
use crate::sigma::{Filter, Item, Rule, TimePart, ZoneBy};

/// A rule that can be matched with JSON objects.
#[derive(Clone, Debug)]
pub struct OpenProgram {
    logic: Logic,
    items: Vec<OpenItem>,
    zone: Zone,
    missing: Vec<String>,
}

#[derive(Clone, Debug)]
struct OpenItem {
    /// None for keywords.
    field: Option<String>,
    part: Option<TimePart>,
    negate: bool,
    line: Line<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Zone {
    Utc,
    /// By the record's own `local_offset`.
    Location,
    Named(Tz),
}

/// Compiles a rule with whatever fields for JSON objects.
///
/// # Errors
/// What cannot be compiled, all of it: expressions that are none or need what a linear engine leaves out, and bounds.
pub fn compile_open(
    rule: &Rule,
    filters: &[&Filter],
    placeholders: &Placeholders,
) -> Result<OpenProgram, Vec<Diagnostic>> {
    let (logic, placed) = logic::build(rule, filters).map_err(|d| vec![d])?;
    let mut lines = Lines::new(placeholders);
    let items = placed.into_iter().map(|p| open_item(&mut lines, p)).collect();
    let zone = match &rule.ours.zone {
        None | Some(ZoneBy::Utc) => Zone::Utc,
        Some(ZoneBy::Location) => Zone::Location,
        Some(ZoneBy::Zone(name)) => match name.parse() {
            Ok(zone) => Zone::Named(zone),
            Err(_) => {
                lines.diagnostics.push(unknown_zone(rule, name));
                Zone::Utc
            }
        },
    };
    if lines.failed() {
        return Err(lines.diagnostics);
    }
    Ok(OpenProgram { logic, items, zone, missing: lines.missing.into_iter().collect() })
}

pub(super) fn unknown_zone(rule: &Rule, name: &str) -> Diagnostic {
    Diagnostic::error(
        &rule.meta.file,
        rule.meta.span,
        format!("there is no time zone '{name}'"),
        "write `location`, `utc` or an IANA name such as Europe/Madrid",
    )
}

fn open_item(lines: &mut Lines<'_>, placed: Placed<'_>) -> OpenItem {
    let Item { field, part, negate, matchers, .. } = placed.item;
    let line = lines.line(placed, matchers, &mut |_, name| Some(name.to_owned()));
    OpenItem { field: field.clone(), part: *part, negate: *negate, line }
}

impl OpenProgram {
    /// Placeholders that nobody set: with any, the rule is inactive and matches nothing.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Whether the rule's condition, and those of its filters, hold of the event.
    pub fn matches(&self, event: &Value) -> bool {
        let mut scratch = Scratch::default();
        self.missing.is_empty()
            && self.logic.holds(&mut |item| self.item_holds(&self.items[item as usize], event, &mut scratch))
    }

    fn item_holds(&self, item: &OpenItem, event: &Value, scratch: &mut Scratch) -> bool {
        let values = match &item.field {
            None => Some(json::leaves(event)),
            Some(name) => json::values(event, name),
        };
        let values = match item.part {
            None => values,
            Some(part) => values.and_then(|values| self.parts(&values, part, event)),
        };
        let held = item.line.holds(values.as_deref(), scratch, &mut |reference| {
            let others = json::values(event, &reference.field).unwrap_or_default();
            values.iter().flatten().any(|value| {
                others.iter().any(|other| check::alike(value, other, reference.open, reference.cased))
            })
        });
        held != item.negate
    }

    /// The parts of those values that are times; none if no value is one.
    fn parts(&self, values: &[Scalar<'_>], part: TimePart, event: &Value) -> Option<Vec<Scalar<'static>>> {
        let parts: Vec<Scalar<'static>> = values
            .iter()
            .filter_map(|value| times::part(part, self.local(times::read(value)?, event)?))
            .map(|number| Scalar::Number(Num::Int(number)))
            .collect();
        (!parts.is_empty()).then_some(parts)
    }

    fn local(&self, at: Millis, event: &Value) -> Option<Millis> {
        let minutes = match self.zone {
            Zone::Utc => 0,
            Zone::Location => event.get("local_offset")?.as_i64()?,
            Zone::Named(zone) => {
                let time = chrono::DateTime::from_timestamp_millis(at)?.naive_utc();
                i64::from(zone.offset_from_utc_datetime(&time).fix().local_minus_utc()) / 60
            }
        };
        at.checked_add(minutes.checked_mul(60_000)?)
    }
}

#[cfg(test)]
mod tests;
