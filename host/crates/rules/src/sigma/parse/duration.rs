//! Durations: `90s`, `15m`, `24h`, `7d`, and several together (`1h30m`).

use model::Millis;

use super::reader::Reader;
use crate::yaml::Node;

/// The longest duration of a rule: windows beyond a year would keep state for ever.
pub const MAX_DURATION: Millis = 366 * DAY;

const SECOND: Millis = 1_000;
const DAY: Millis = 86_400 * SECOND;

/// Units of Sigma's timespans. Weeks, months and years are pySigma's: the last two are means of the Gregorian calendar.
const UNITS: [(char, Millis); 7] = [
    ('s', SECOND),
    ('m', 60 * SECOND),
    ('h', 3_600 * SECOND),
    ('d', DAY),
    ('w', 7 * DAY),
    ('M', 2_629_746 * SECOND),
    ('y', 31_556_952 * SECOND),
];

/// A number with a unit, or several. None if it is no duration.
fn parse(text: &str, several: bool, calendar: bool) -> Option<Millis> {
    let mut total: Millis = 0;
    let mut digits = String::new();
    let mut parts = 0;
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let (_, unit) = UNITS.iter().find(|(letter, _)| *letter == c)?;
        if !calendar && "My".contains(c) {
            return None;
        }
        let number: Millis = digits.parse().ok()?;
        total = total.checked_add(number.checked_mul(*unit)?)?;
        digits.clear();
        parts += 1;
    }
    (digits.is_empty() && parts > 0 && (several || parts == 1)).then_some(total)
}

/// A duration that is not empty.
pub(super) fn span(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<Millis> {
    let found = offset(reader, node, key)?;
    if found == 0 {
        reader.error(node.span, format!("'{key}' is empty"), "write a duration such as 15m");
        return None;
    }
    Some(found)
}

/// A duration from zero.
pub(super) fn offset(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<Millis> {
    let found = node.as_scalar().and_then(|text| parse(text, true, false));
    bounded(reader, node, key, found)
}

/// A correlation's timespan: one number and one letter by the specification.
pub(super) fn timespan(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<Millis> {
    let ours = reader.is_ours();
    let found = node.as_scalar().and_then(|text| parse(text, false, !ours));
    let found = bounded(reader, node, key, found)?;
    if found == 0 {
        reader.error(node.span, format!("'{key}' is empty"), "write a duration such as 15m");
        return None;
    }
    Some(found)
}

fn bounded(reader: &mut Reader<'_>, node: &Node, key: &str, found: Option<Millis>) -> Option<Millis> {
    match found {
        None => {
            reader.error(
                node.span,
                format!("'{key}' is not a duration"),
                "a number and a letter: 90s, 15m, 24h, 7d; a month or a year in days",
            );
            None
        }
        Some(found) if found > MAX_DURATION && reader.is_ours() => {
            reader.error(node.span, format!("'{key}' is longer than 366 days"), "write a shorter duration");
            None
        }
        found => found,
    }
}
