//! What a record is compared with.

use super::{duration, field, whole};
use crate::sigma::Baseline;
use crate::sigma::parse::reader::Reader;
use crate::yaml::{Node, Value};

/// Days of history: state grows with them.
const MAX_DAYS: u32 = 90;
/// Days of history by default, for new values and for rates.
const NEW_VALUE_DAYS: u32 = 60;
const RATE_DAYS: u32 = 28;
/// Days of history that a group must have by default: one week shows a working week and a weekend.
const AFTER_DAYS: u32 = 7;
/// Fields of a new value.
const MAX_FIELDS: usize = 4;

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Baseline> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("'baseline' must be a map, not {}", node.kind()),
            "write {new_value: [called_country], days: 60} or {rate: {per: 1h, factor: 5}, days: 28}",
        );
        return None;
    }
    reader.known_keys(node, &["new_value", "rate", "days", "after_days"], "'baseline'");
    let given = match (node.get("new_value"), node.get("rate")) {
        (Some(fields), None) => Ok(fields),
        (None, Some(rate)) => Err(rate),
        _ => {
            reader.error(
                node.span,
                "'baseline' needs one of 'new_value' and 'rate'",
                "write one; two rules can have one each",
            );
            return None;
        }
    };
    let default = if given.is_ok() { NEW_VALUE_DAYS } else { RATE_DAYS };
    let days = node.get("days").map_or(Some(default), |n| whole(reader, n, "days", 1, MAX_DAYS))?;
    let after = AFTER_DAYS.min(days);
    let after_days =
        node.get("after_days").map_or(Some(after), |n| whole(reader, n, "after_days", 0, days))?;
    match given {
        Ok(node) => {
            let fields = reader.text_items(node, "new_value");
            if fields.is_empty() || fields.len() > MAX_FIELDS {
                reader.error(
                    node.span,
                    format!("'new_value' takes one to {MAX_FIELDS} fields"),
                    "name the field whose values are to be new",
                );
                return None;
            }
            let mut known = Vec::with_capacity(fields.len());
            for (name, span) in fields {
                known.push((field(reader, &name, span)?.name().to_owned(), span));
            }
            Some(Baseline::NewValue { fields: known, days, after_days })
        }
        Err(node) => rate(reader, node, days, after_days),
    }
}

fn rate(reader: &mut Reader<'_>, node: &Node, days: u32, after_days: u32) -> Option<Baseline> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("'rate' must be a map, not {}", node.kind()),
            "write {per: 1h, factor: 5, at_least: 10}",
        );
        return None;
    }
    reader.known_keys(node, &["per", "factor", "at_least"], "'rate'");
    let per = match node.get("per") {
        Some(per) => {
            let found = duration::span(reader, per, "per")?;
            if found != 3_600_000 && found != 86_400_000 {
                reader.error(per.span, "'per' is an hour or a day", "write 1h or 1d");
                return None;
            }
            found
        }
        None => {
            reader.error(node.span, "no 'per' in 'rate'", "add 'per: 1h' or 'per: 1d'");
            return None;
        }
    };
    let factor = match node.get("factor").map(|n| (&n.value, n.span)) {
        Some((Value::Int(n), _)) if (1..=1_000_000).contains(n) => *n as f64,
        Some((Value::Float(n), _)) if (1.0..=1e6).contains(n) => *n,
        other => {
            let at = other.map_or(node.span, |(_, span)| span);
            reader.error(
                at,
                "'factor' takes a number from 1",
                "how many times the usual, for instance 'factor: 5'",
            );
            return None;
        }
    };
    let at_least = node.get("at_least").map_or(Some(1), |n| whole(reader, n, "at_least", 1, 1_000_000))?;
    Some(Baseline::Rate { per, factor, at_least, days, after_days })
}
