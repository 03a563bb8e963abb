//! From the value of a line to matchers.

use std::net::IpAddr;

use super::encode::Encoded;
use super::modifiers::{Plan, Test};
use super::pattern;
use super::reader::{Reader, short};
use crate::sigma::detection::Piece;
use crate::sigma::{Matcher, Network, Part, Pattern, TimePart};
use crate::yaml::{Node, Style, Value};

/// Values that one may become by `windash`: five dashes of five kinds.
pub const MAX_EXPANSIONS: usize = 3_125;
/// Bytes that encodings and permutations may make in one file: memory that a small file must not be able to ask for.
const MAX_EXPANDED_BYTES: usize = 16 << 20;
/// Whole numbers up to here are exact as floating point.
const EXACT: i64 = 1 << 53;

/// The matchers of one value; empty if it is wrong.
pub(super) fn matchers(reader: &mut Reader<'_>, node: &Node, plan: &Plan, in_list: bool) -> Vec<Matcher> {
    if let Some(part) = plan.part {
        return number(reader, node, "a part of a time").map_or_else(Vec::new, |value| {
            range(reader, node, part, value);
            match plan.test {
                Test::Compare(relation) => vec![Matcher::Compare { relation, value }],
                _ => vec![Matcher::Number(value)],
            }
        });
    }
    match plan.test {
        Test::Text => text(reader, node, plan, in_list),
        Test::Exists => exists(reader, node),
        Test::Compare(relation) => number(reader, node, "lt, lte, gt and gte")
            .map_or_else(Vec::new, |value| vec![Matcher::Compare { relation, value }]),
        Test::Regex(flags) => {
            scalar(reader, node, "re").map_or_else(Vec::new, |source| vec![Matcher::Regex { source, flags }])
        }
        Test::Cidr => cidr(reader, node),
        Test::FieldRef => field_ref(reader, node, plan),
        Test::Expand => expand(reader, node, plan),
    }
}

fn text(reader: &mut Reader<'_>, node: &Node, plan: &Plan, in_list: bool) -> Vec<Matcher> {
    let changed = plan.open != (false, false) || !plan.steps.is_empty();
    let pattern = match &node.value {
        Value::Null => {
            if in_list {
                reader.strict(
                    node.span,
                    "null in a list of values (specification, \"Special Field Values\")",
                    "give it a search identifier of its own and join them in the condition",
                );
            } else if changed {
                reader.strict(
                    node.span,
                    "a text modifier with null",
                    "take the modifier away, or write '' for empty text",
                );
            }
            return vec![Matcher::Null];
        }
        Value::List(_) | Value::Map(_) => {
            reader.error(
                node.span,
                format!("a field's value must be text, a number, true, false or null, not {}", node.kind()),
                "write the values as one list; for a list of maps give it a search identifier of its own",
            );
            return Vec::new();
        }
        Value::Bool(value) if !changed => return vec![Matcher::Bool(*value)],
        Value::Int(value) if !changed && value.abs_diff(0) <= EXACT.unsigned_abs() => {
            unusual_number(reader, node, *value);
            return vec![Matcher::Number(*value as f64)];
        }
        Value::Float(value) if !changed && value.is_finite() && value.abs() <= EXACT as f64 => {
            return vec![Matcher::Number(*value)];
        }
        Value::Text => Pattern::parse(&node.text),
        _ => Pattern::literal(&*node.text),
    };
    let mut values = vec![Encoded::new(pattern)];
    for step in &plan.steps {
        let mut next = Vec::new();
        for value in values {
            match value.step(*step, MAX_EXPANSIONS) {
                Ok(several) => next.extend(several),
                Err((message, help)) => {
                    reader.error(node.span, message, help);
                    return Vec::new();
                }
            }
        }
        // `windash` thrice over by `base64offset` is the most that steps multiply.
        if next.len() > 3 * MAX_EXPANSIONS {
            reader.error(node.span, "the modifiers make too many values of this one", "use fewer modifiers");
            return Vec::new();
        }
        values = next;
        reader.expanded += values.iter().map(|v| size(&v.pattern)).sum::<usize>();
        if reader.expanded > MAX_EXPANDED_BYTES {
            let message =
                format!("the modifiers of this file make more than {MAX_EXPANDED_BYTES} bytes of values");
            reader.error(node.span, message, "use shorter values, or '|re'");
            return Vec::new();
        }
    }
    values
        .into_iter()
        .map(|value| Matcher::Text { pattern: value.pattern.opened(plan.open), cased: plan.cased })
        .collect()
}

fn size(pattern: &Pattern) -> usize {
    pattern.0.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 1 }).sum()
}

/// `+34911…` and `0034…` are numbers in YAML and lose what stands before their first digit that counts.
fn unusual_number(reader: &mut Reader<'_>, node: &Node, value: i64) {
    if node.style == Style::Plain && node.text != value.to_string() {
        reader.warn(
            node.span,
            format!("YAML reads this as the number {value}"),
            format!("write '{}' in quotation marks if the text is meant", short(&node.text)),
        );
    }
}

fn exists(reader: &mut Reader<'_>, node: &Node) -> Vec<Matcher> {
    let value = match (&node.value, node.text.as_str()) {
        (Value::Bool(value), _) => Some(*value),
        (Value::Text, "true") if !reader.is_ours() => Some(true),
        (Value::Text, "false") if !reader.is_ours() => Some(false),
        _ => None,
    };
    match value {
        Some(value) => vec![Matcher::Exists(value)],
        None => {
            reader.error(
                node.span,
                format!("'exists' takes true or false, not {}", node.kind()),
                "write true or false",
            );
            Vec::new()
        }
    }
}

fn number(reader: &mut Reader<'_>, node: &Node, what: &str) -> Option<f64> {
    let found = match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) if value.is_finite() => Some(*value),
        Value::Text if !reader.is_ours() => node.text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    };
    if found.is_none() {
        let quoted = node.style == Style::Quoted && node.text.parse::<f64>().is_ok();
        let help = if quoted { "take the quotation marks away" } else { "write a number" };
        reader.error(node.span, format!("{what} take a number, not {}", node.kind()), help);
    }
    found
}

fn range(reader: &mut Reader<'_>, node: &Node, part: TimePart, value: f64) {
    let (low, high) = match part {
        TimePart::Minute => (0.0, 59.0),
        TimePart::Hour => (0.0, 23.0),
        TimePart::Day => (1.0, 31.0),
        TimePart::Week => (1.0, 53.0),
        TimePart::Month => (1.0, 12.0),
        TimePart::Year => (1970.0, 9999.0),
    };
    if value < low || value > high || value.fract() != 0.0 {
        reader.strict(
            node.span,
            format!("no such part of a time: {value}"),
            format!("a whole number from {low} to {high}"),
        );
    }
}

/// A scalar's text as written.
fn scalar(reader: &mut Reader<'_>, node: &Node, modifier: &str) -> Option<String> {
    let text = node.as_scalar().filter(|text| !text.is_empty());
    if text.is_none() {
        reader.error(
            node.span,
            format!(
                "'{modifier}' takes text, not {}",
                if node.as_scalar().is_some() { "empty text" } else { node.kind() }
            ),
            "write the value in single quotation marks",
        );
    }
    text.map(str::to_owned)
}

fn cidr(reader: &mut Reader<'_>, node: &Node) -> Vec<Matcher> {
    let Some(text) = scalar(reader, node, "cidr") else { return Vec::new() };
    let Some((network, exact)) = network(&text) else {
        reader.error(
            node.span,
            format!("'{}' is not a network", short(&text)),
            "write an address, a slash and the number of bits: 10.0.0.0/8, fd00::/8",
        );
        return Vec::new();
    };
    if !exact {
        reader.warn(
            node.span,
            format!("bits are set after the first {}", network.prefix),
            format!("write {}/{}", network.address, network.prefix),
        );
    }
    vec![Matcher::Cidr(network)]
}

/// A network, and whether no bit was set after its prefix.
fn network(text: &str) -> Option<(Network, bool)> {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
    let address: IpAddr = address.parse().ok()?;
    let bits: u8 = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        None => bits,
        Some(p) if p.len() <= 3 && p.bytes().all(|b| b.is_ascii_digit()) => {
            p.parse().ok().filter(|p| *p <= bits)?
        }
        Some(_) => return None,
    };
    let first: IpAddr = match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(u32::from(128 - prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & mask).into())
        }
    };
    Some((Network { address: first, prefix }, first == address))
}

fn field_ref(reader: &mut Reader<'_>, node: &Node, plan: &Plan) -> Vec<Matcher> {
    let Some(text) = scalar(reader, node, "fieldref") else { return Vec::new() };
    let pattern = Pattern::parse(&text);
    let Some(field) = pattern.as_literal() else {
        reader.error(
            node.span,
            "wildcards in a field's name",
            "name one field; '|fieldref|contains' opens its value",
        );
        return Vec::new();
    };
    vec![Matcher::FieldRef { field: field.to_owned(), open: plan.open, cased: plan.cased }]
}

fn expand(reader: &mut Reader<'_>, node: &Node, plan: &Plan) -> Vec<Matcher> {
    let Some(text) = scalar(reader, node, "expand") else { return Vec::new() };
    let mut pieces = pattern::pieces(&text);
    if let [Piece::Pattern(pattern)] = pieces.as_mut_slice() {
        reader.warn(
            node.span,
            "'expand' without a placeholder in the value",
            "write %name%, or take the modifier away",
        );
        let pattern = std::mem::take(pattern);
        return vec![Matcher::Text { pattern: pattern.opened(plan.open), cased: plan.cased }];
    }
    vec![Matcher::Placeholder { pieces, open: plan.open, cased: plan.cased }]
}
