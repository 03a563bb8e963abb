//! What was found against what is expected: each expectation is one finding, and no finding is left over.
//!
//! Owns the comparison and its words. What an expectation does not say is not compared.

use model::finding::attribute;
use model::{Finding, Millis};
use rules::Span;
use rules::sigma::{Case, Expectation};
use serde::Serialize;
use serde_json::Value;

/// Attribute that holds how many records an episode has; cases say `count`.
const COUNT: &str = "records";

/// One way in which a case did not come out as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// Line of the rule's file.
    pub line: u32,
    /// What was expected; empty for a finding that nobody expected.
    pub expected: String,
    /// What was found instead; empty for nothing.
    pub found: String,
    /// The parts that differ, each in words.
    pub differs: Vec<String>,
}

/// Compares; empty if the case came out as expected.
pub fn compare(case: &Case, start: Millis, findings: &[Finding]) -> Vec<Mismatch> {
    let differences: Vec<Vec<Vec<String>>> =
        case.expect.iter().map(|e| findings.iter().map(|f| differences(e, f, start)).collect()).collect();
    let pairs = pair(&differences, findings.len());
    let mut left: Vec<usize> = (0..findings.len()).filter(|f| !pairs.contains(&Some(*f))).collect();
    let mut mismatches = Vec::new();
    for (at, expected) in case.expect.iter().enumerate().filter(|(at, _)| pairs[*at].is_none()) {
        // The nearest of those that nobody else wanted.
        let nearest = (0..left.len()).min_by_key(|i| differences[at][left[*i]].len()).map(|i| left.remove(i));
        mismatches.push(Mismatch {
            line: line_of(expected.span, case.span),
            expected: describe(expected),
            found: nearest.map_or_else(String::new, |f| shown(&findings[f], start)),
            differs: nearest.map_or_else(Vec::new, |f| differences[at][f].clone()),
        });
    }
    for finding in left {
        mismatches.push(Mismatch {
            line: case.span.line,
            expected: String::new(),
            found: shown(&findings[finding], start),
            differs: Vec::new(),
        });
    }
    mismatches
}

fn line_of(span: Span, other: Span) -> u32 {
    if span.line > 0 { span.line } else { other.line }
}

/// Pairs expectations with findings that fulfil them, as many as can be: an expectation that says little may have to leave a
/// finding to one that says more.
fn pair(differences: &[Vec<Vec<String>>], findings: usize) -> Vec<Option<usize>> {
    let mut owner: Vec<Option<usize>> = vec![None; findings];
    for expectation in 0..differences.len() {
        let mut seen = vec![false; findings];
        take(expectation, differences, &mut owner, &mut seen);
    }
    let mut pairs = vec![None; differences.len()];
    for (finding, owner) in owner.into_iter().enumerate() {
        if let Some(expectation) = owner {
            pairs[expectation] = Some(finding);
        }
    }
    pairs
}

fn take(
    expectation: usize,
    differences: &[Vec<Vec<String>>],
    owner: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for finding in 0..owner.len() {
        if seen[finding] || !differences[expectation][finding].is_empty() {
            continue;
        }
        seen[finding] = true;
        let free = match owner[finding] {
            None => true,
            Some(other) => take(other, differences, owner, seen),
        };
        if free {
            owner[finding] = Some(expectation);
            return true;
        }
    }
    false
}

/// In which parts a finding is not what is expected.
fn differences(expected: &Expectation, finding: &Finding, start: Millis) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = |name: &str, wanted: String, found: String| {
        if wanted != found {
            parts.push(format!("{name} is {found}, expected {wanted}"));
        }
    };
    if let Some(severity) = expected.severity {
        part("severity", severity.to_string(), finding.severity.to_string());
    }
    if let Some(subject) = &expected.subject {
        part("subject", quoted(subject), quoted(&finding.subject.id));
    }
    if let Some(count) = expected.count {
        let found = finding.attributes.get(COUNT).map_or_else(|| "not given".to_owned(), text_of);
        part("count", count.to_string(), found);
    }
    if let Some(first) = expected.first {
        part("first", span_text(first), span_text(finding.first_event - start));
    }
    if let Some(last) = expected.last {
        part("last", span_text(last), span_text(finding.last_event - start));
    }
    for text in &expected.contains {
        let said = std::iter::once(&finding.title)
            .chain(&finding.explanation)
            .any(|line| line.contains(text.as_str()));
        if !said {
            parts.push(format!("neither title nor explanation has {}", quoted(text)));
        }
    }
    for (name, wanted) in &expected.attributes {
        match finding.attributes.get(name) {
            Some(found) if is_equal(wanted, found) => {}
            Some(found) => parts.push(format!("attribute {name} is {}, expected {wanted}", text_of(found))),
            None if wanted.is_null() => {}
            None => {
                let names: Vec<&str> = finding.attributes.keys().map(String::as_str).collect();
                parts.push(format!("there is no attribute {name}; there are {}", names.join(", ")));
            }
        }
    }
    parts
}

/// Whether a value written in YAML is the attribute's.
fn is_equal(wanted: &Value, found: &attribute::Value) -> bool {
    match (wanted, found) {
        (Value::Bool(a), attribute::Value::Bool(b)) => a == b,
        (Value::Number(a), attribute::Value::Int(b)) => {
            a.as_i64().map_or_else(|| a.as_f64() == Some(*b as f64), |a| a == *b)
        }
        // Written with a few digits, computed with all of them.
        (Value::Number(a), attribute::Value::Float(b)) => {
            a.as_f64().is_some_and(|a| (a - b).abs() <= 1e-9 * a.abs().max(1.0))
        }
        (Value::String(a), attribute::Value::Text(b)) => a == b,
        // A number that YAML read as one, or a text that it did not.
        (Value::Number(a), attribute::Value::Text(b)) => a.to_string() == *b,
        (Value::Array(a), attribute::Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        }
        _ => false,
    }
}

fn text_of(value: &attribute::Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.escape_debug())
}

/// An expectation in words.
fn describe(e: &Expectation) -> String {
    let mut parts = Vec::new();
    parts.extend(e.severity.map(|s| format!("severity {s}")));
    parts.extend(e.subject.as_deref().map(|s| format!("subject {}", quoted(s))));
    parts.extend(e.count.map(|c| format!("count {c}")));
    parts.extend(e.first.map(|t| format!("first {}", span_text(t))));
    parts.extend(e.last.map(|t| format!("last {}", span_text(t))));
    parts.extend(e.contains.iter().map(|t| format!("contains {}", quoted(t))));
    parts.extend(e.attributes.iter().map(|(name, value)| format!("{name} {value}")));
    if parts.is_empty() { "any finding".to_owned() } else { parts.join(", ") }
}

/// A finding in words, in the order of `describe`.
pub fn shown(f: &Finding, start: Millis) -> String {
    let count = f.attributes.get(COUNT).map(|c| format!("count {}, ", text_of(c))).unwrap_or_default();
    format!(
        "severity {}, subject {}, {count}first {}, last {}: {}",
        f.severity,
        quoted(&f.subject.id),
        span_text(f.first_event - start),
        span_text(f.last_event - start),
        f.title.escape_debug()
    )
}

/// A span of time as cases write it: `90s`, `15m`, `1h30m`.
pub fn span_text(millis: Millis) -> String {
    const UNITS: [(Millis, &str); 5] =
        [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut text = if millis < 0 { "-".to_owned() } else { String::new() };
    let mut rest = millis.abs();
    for (unit, name) in UNITS {
        if rest >= unit {
            text.push_str(&format!("{}{name}", rest / unit));
            rest %= unit;
        }
    }
    text
}

#[cfg(test)]
mod tests;
