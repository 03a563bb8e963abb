//! Correlation rules.

use super::reader::{Reader, short, suggestion};
use super::{duration, expression, filter, metadata, ours};
use crate::Span;
use crate::sigma::{Alias, Bound, Comparison, Correlation, CorrelationKind, CorrelationTest, Reference};
use crate::yaml::{Node, Value};

/// Types of correlations.
pub(crate) const KINDS: &[(&str, CorrelationKind, &str)] = &[
    ("event_count", CorrelationKind::EventCount, "Counts records."),
    ("value_count", CorrelationKind::ValueCount, "Counts distinct values of `field`."),
    ("temporal", CorrelationKind::Temporal, "All rules match, in any order."),
    ("temporal_ordered", CorrelationKind::TemporalOrdered, "All rules match, in the order of `rules`."),
    ("value_sum", CorrelationKind::ValueSum, "Adds a number field up."),
    ("value_avg", CorrelationKind::ValueAvg, "Takes the mean of a number field."),
    ("value_percentile", CorrelationKind::ValuePercentile, "Takes a percentile of a number field."),
];

/// Comparisons of a condition.
pub(crate) const COMPARISONS: &[(&str, Comparison)] = &[
    ("gt", Comparison::Gt),
    ("gte", Comparison::Gte),
    ("lt", Comparison::Lt),
    ("lte", Comparison::Lte),
    ("eq", Comparison::Eq),
    ("neq", Comparison::Neq),
];

/// Rules of one correlation: each is evaluated for each record.
const MAX_RULES: usize = 64;
/// Fields of one group: they make the key under which state is kept.
const MAX_GROUP_FIELDS: usize = 8;

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Correlation> {
    metadata::keys(reader, node, "correlation");
    let meta = metadata::read(reader, node);
    let ours = ours(reader, node);
    let section = node.get("correlation")?;
    if section.as_map().is_none() {
        reader.error(
            section.span,
            format!("'correlation' must be a map, not {}", section.kind()),
            "write 'type:' under it",
        );
        return None;
    }
    const KNOWN: [&str; 8] =
        ["type", "rules", "group-by", "timespan", "timeframe", "condition", "aliases", "generate"];
    reader.known_keys(section, &KNOWN, "'correlation'");
    let kind = kind(reader, section);
    let rules = rules(reader, section);
    let group_by = reader.spanned(section, "group-by");
    if group_by.len() > MAX_GROUP_FIELDS {
        reader.error(
            group_by[MAX_GROUP_FIELDS].1,
            format!("more than {MAX_GROUP_FIELDS} fields in 'group-by'"),
            "use fewer",
        );
    }
    let timespan = timespan(reader, section);
    let aliases = aliases(reader, section, &rules, &group_by);
    let generate = generate(reader, node, section);
    let kind = kind?;
    let test = test(reader, section, kind, &rules);
    if let Some((_, span)) = &ours.baseline {
        reader.error(*span, "'baseline' in a correlation", "put it in the rule that the correlation names");
    }
    if kind == CorrelationKind::TemporalOrdered && rules.len() == 1 {
        reader.warn(
            section.span,
            "an order of one rule",
            "name the rules in their order, or use event_count",
        );
    }
    Some(Correlation {
        meta,
        kind,
        rules,
        group_by,
        timespan: timespan?,
        test: test?,
        aliases,
        generate,
        ours,
    })
}

fn kind(reader: &mut Reader<'_>, section: &Node) -> Option<CorrelationKind> {
    let names: Vec<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
    let Some(node) = section.get("type") else {
        reader.error(section.span, "a correlation without 'type'", format!("one of: {}", names.join(", ")));
        return None;
    };
    let found = KINDS.iter().find(|(name, ..)| node.as_text() == Some(name)).map(|(_, kind, _)| *kind);
    if found.is_none() {
        reader.error(
            node.span,
            format!("unknown type of correlation '{}'", short(&node.text)),
            suggestion(&node.text, &names),
        );
    }
    found
}

fn rules(reader: &mut Reader<'_>, section: &Node) -> Vec<Reference> {
    let rules =
        section.get("rules").map(|node| filter::references(reader, node, "rules")).unwrap_or_default();
    let at = section.get("rules").map_or(section.span, |node| node.span);
    if rules.is_empty() {
        reader.error(
            at,
            "a correlation without rules",
            "name the rules whose matches it takes under 'rules:'",
        );
    } else if rules.len() > MAX_RULES {
        reader.error(
            at,
            format!("more than {MAX_RULES} rules in a correlation"),
            "chain several correlations",
        );
    }
    rules
}

fn timespan(reader: &mut Reader<'_>, section: &Node) -> Option<i64> {
    if let Some(node) = section.get("timespan") {
        return duration::timespan(reader, node, "timespan");
    }
    if let Some(node) = section.get("timeframe") {
        reader.strict(node.span, "'timeframe' is not in the specification", "write 'timespan'");
        return duration::timespan(reader, node, "timeframe");
    }
    reader.error(section.span, "a correlation without 'timespan'", "add for instance 'timespan: 1h'");
    None
}

/// The schema has it beside `correlation`; the first versions had it within.
fn generate(reader: &mut Reader<'_>, node: &Node, section: &Node) -> bool {
    match node.get("generate").or_else(|| section.get("generate")) {
        None => false,
        Some(Node { value: Value::Bool(value), .. }) => *value,
        Some(other) => {
            reader.strict(other.span, "'generate' must be true or false", "write true or false");
            false
        }
    }
}

fn aliases(
    reader: &mut Reader<'_>,
    section: &Node,
    rules: &[Reference],
    group_by: &[(String, Span)],
) -> Vec<Alias> {
    let Some(node) = section.get("aliases") else { return Vec::new() };
    let Some(entries) = node.as_map() else {
        reader.error(
            node.span,
            "'aliases' must be a map",
            "write the alias, and under it 'rule: field' for each rule",
        );
        return Vec::new();
    };
    let known: Vec<&str> = rules.iter().map(|r| r.name.as_str()).collect();
    let mut aliases = Vec::new();
    for (key, value) in entries {
        let Some(fields) = value.as_map().filter(|m| !m.is_empty()) else {
            reader.error(
                value.span,
                format!("alias '{}' must be a map", short(&key.text)),
                "write 'rule: field' for each rule",
            );
            continue;
        };
        let mut alias = Alias { name: key.text.clone(), fields: Vec::new() };
        for (rule, field) in fields {
            if !known.contains(&rule.text.as_str()) {
                let message = format!("'{}' is not among the rules of the correlation", short(&rule.text));
                reader.strict(rule.span, message, suggestion(&rule.text, &known));
            }
            match field.as_scalar() {
                Some(text) => {
                    let rule = Reference { name: rule.text.clone(), span: rule.span };
                    alias.fields.push((rule, text.to_owned()));
                }
                None => reader.error(field.span, "a field's name must be text", "write 'rule: field'"),
            }
        }
        if !group_by.iter().any(|(name, _)| *name == alias.name) {
            reader.warn(
                key.span,
                format!("alias '{}' is not used in 'group-by'", short(&key.text)),
                "use it, or take it away",
            );
        }
        aliases.push(alias);
    }
    aliases
}

fn test(
    reader: &mut Reader<'_>,
    section: &Node,
    kind: CorrelationKind,
    rules: &[Reference],
) -> Option<CorrelationTest> {
    use CorrelationKind::{EventCount, Temporal, TemporalOrdered, ValueCount};
    let temporal = matches!(kind, Temporal | TemporalOrdered);
    let Some(node) = section.get("condition") else {
        if !temporal {
            reader.error(
                section.span,
                "a correlation without 'condition'",
                "add for instance 'condition: {gte: 10}'",
            );
            return None;
        }
        return Some(CorrelationTest { percentile: 50.0, ..CorrelationTest::default() });
    };
    if node.as_text().is_some() {
        if !temporal {
            reader.error(
                node.span,
                "the condition must be a map for this type",
                "write for instance 'gte: 10' under it",
            );
            return None;
        }
        let names: Vec<&str> = rules.iter().map(|r| r.name.as_str()).collect();
        let mut used = vec![false; names.len()];
        let expression = expression::conditions(reader, node, &names, "rule of the correlation", &mut used)?;
        for (rule, used) in rules.iter().zip(used) {
            if !used {
                let message = format!("rule '{}' is not used in the condition", short(&rule.name));
                reader.warn(rule.span, message, "use it, or take it away");
            }
        }
        return Some(CorrelationTest {
            percentile: 50.0,
            expression: Some(expression),
            ..CorrelationTest::default()
        });
    }
    let Some(entries) = node.as_map() else {
        reader.error(
            node.span,
            format!("the condition must be a map, not {}", node.kind()),
            "write for instance 'gte: 10' under it",
        );
        return None;
    };
    let mut known: Vec<&str> = COMPARISONS.iter().map(|(name, _)| *name).collect();
    known.extend(["field", "percentile"]);
    reader.known_keys(node, &known, "the condition");
    let mut test = CorrelationTest {
        fields: reader.spanned(node, "field"),
        percentile: percentile(reader, node, kind),
        ..CorrelationTest::default()
    };
    let whole = matches!(kind, EventCount | ValueCount | Temporal | TemporalOrdered);
    for (key, value) in entries {
        if let Some((_, comparison)) = COMPARISONS.iter().find(|(name, _)| *name == key.text)
            && let Some(value) = bound(reader, value, whole)
        {
            test.bounds.push(Bound { comparison: *comparison, value });
        }
    }
    if test.bounds.is_empty() && !reader.failed() {
        reader.error(node.span, "the condition compares with nothing", "add for instance 'gte: 10'");
    }
    fields(reader, node, kind, &test);
    never(reader, node, kind, rules, &test);
    Some(test)
}

fn bound(reader: &mut Reader<'_>, node: &Node, whole: bool) -> Option<f64> {
    let number = match node.value {
        Value::Int(n) if n >= 0 || !whole => Some(n as f64),
        Value::Float(n) if n.is_finite() && !whole => Some(n),
        _ => None,
    };
    if number.is_none() {
        let what = if whole { "a whole number from 0" } else { "a number" };
        reader.error(
            node.span,
            format!("a comparison takes {what}, not {}", short(node.as_scalar().unwrap_or(node.kind()))),
            format!("write {what}"),
        );
    }
    number
}

fn percentile(reader: &mut Reader<'_>, node: &Node, kind: CorrelationKind) -> f64 {
    let Some(given) = node.get("percentile") else { return 50.0 };
    let number = match given.value {
        Value::Int(n) => Some(n as f64),
        Value::Float(n) => Some(n),
        _ => None,
    };
    if kind != CorrelationKind::ValuePercentile {
        reader.error(
            given.span,
            "'percentile' is for value_percentile only",
            "take it away, or change the type",
        );
    } else if !number.is_some_and(|n| (0.0..=100.0).contains(&n)) {
        reader.error(given.span, "'percentile' takes a number from 0 to 100", "50 is the median");
    }
    number.unwrap_or(50.0)
}

fn fields(reader: &mut Reader<'_>, node: &Node, kind: CorrelationKind, test: &CorrelationTest) {
    use CorrelationKind::{EventCount, Temporal, TemporalOrdered, ValueCount};
    match kind {
        EventCount | Temporal | TemporalOrdered => {
            if let Some((_, span)) = test.fields.first() {
                reader.strict(
                    *span,
                    "'field' is for the types that begin with 'value'",
                    "take it away, or use value_count",
                );
            }
        }
        _ if test.fields.is_empty() => {
            reader.error(
                node.span,
                "this type needs a 'field' in its condition",
                "add 'field: …', the field whose values are taken",
            );
        }
        ValueCount => {}
        _ if test.fields.len() > 1 => {
            reader.error(
                test.fields[1].1,
                "several fields for one figure",
                "name one field; several are for value_count",
            );
        }
        _ => {}
    }
}

/// Conditions that hold always or never: nobody means them.
fn never(
    reader: &mut Reader<'_>,
    node: &Node,
    kind: CorrelationKind,
    rules: &[Reference],
    test: &CorrelationTest,
) {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    for bound in &test.bounds {
        match bound.comparison {
            Comparison::Gt | Comparison::Gte => low = low.max(bound.value),
            Comparison::Lt | Comparison::Lte => high = high.min(bound.value),
            Comparison::Eq => (low, high) = (low.max(bound.value), high.min(bound.value)),
            Comparison::Neq => {}
        }
    }
    if low > high {
        reader.strict(node.span, "no number fits these bounds", "check gt, gte, lt and lte");
    }
    let temporal = matches!(kind, CorrelationKind::Temporal | CorrelationKind::TemporalOrdered);
    if temporal && low.is_finite() && low > rules.len() as f64 {
        reader.strict(
            node.span,
            "more matching rules asked for than there are rules",
            "write a smaller number",
        );
    }
}
