//! Search identifiers: maps, lists of maps, keywords, and all of them nested.

use super::modifiers::{self, Plan};
use super::reader::{Reader, short};
use super::values;
use super::{expression, modifiers::Test};
use crate::Span;
use crate::sigma::{Condition, Item, Matcher, Search};
use crate::yaml::{Node, Value};

/// Search identifiers of one rule. The largest public rule has some thirty.
pub const MAX_SEARCHES: usize = 512;
/// Matchers of one rule, permutations included. The largest public rule has some three thousand.
pub const MAX_MATCHERS: usize = 50_000;

/// The searches and the condition of a `detection` or `filter` section. `beside` are keys that are neither.
pub(super) fn section(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &str,
    beside: &[&str],
) -> Option<(Vec<(String, Search)>, Condition)> {
    let Some(entries) = node.as_map() else {
        reader.error(
            node.span,
            format!("'{what}' must be a map, not {}", node.kind()),
            "write search identifiers and 'condition:' under it",
        );
        return None;
    };
    let mut names: Vec<(&str, Span)> = Vec::new();
    let mut searches = Vec::new();
    let mut whole = true;
    for (key, value) in entries {
        let name = key.text.as_str();
        if name == "condition" || beside.contains(&name) {
            continue;
        }
        if name == "timeframe" && value.as_map().is_none() && value.as_list().is_none() {
            reader.strict(
                key.span,
                "'timeframe' belongs to the aggregations of the first Sigma",
                "write a correlation rule (Sigma specification, correlation rules) with 'timespan'",
            );
            continue;
        }
        names.push((name, key.span));
        if names.len() > MAX_SEARCHES {
            reader.error(key.span, format!("more than {MAX_SEARCHES} search identifiers"), "split the rule");
            return None;
        }
        match search(reader, value) {
            Some(search) => searches.push((name.to_owned(), search)),
            None => whole = false,
        }
    }
    if names.is_empty() {
        reader.error(
            node.span,
            format!("no search identifier in '{what}'"),
            "add one, for instance 'selection:'",
        );
        return None;
    }
    let condition = condition(reader, node, what, &names);
    if !whole {
        return None;
    }
    Some((searches, condition?))
}

fn condition(reader: &mut Reader<'_>, node: &Node, what: &str, names: &[(&str, Span)]) -> Option<Condition> {
    let Some(condition) = node.get("condition") else {
        reader.error(
            node.span,
            format!("no 'condition' in '{what}'"),
            format!("add 'condition: {}'", short(names.first().map_or("selection", |(name, _)| name))),
        );
        return None;
    };
    let plain: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let mut used = vec![false; plain.len()];
    let condition = expression::conditions(reader, condition, &plain, "search identifier", &mut used)?;
    for ((name, span), used) in names.iter().zip(used) {
        if !used {
            reader.warn(
                *span,
                format!("search identifier '{}' is not used in the condition", short(name)),
                "use it, or take it away",
            );
        }
    }
    Some(condition)
}

/// One search identifier's content.
fn search(reader: &mut Reader<'_>, node: &Node) -> Option<Search> {
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => {
            let mut items = Vec::new();
            let mut whole = true;
            for (key, value) in entries {
                match line(reader, key, value) {
                    Some(some) => items.extend(some),
                    None => whole = false,
                }
            }
            whole.then_some(Search::All(items))
        }
        Value::List(values) if !values.is_empty() => {
            if values.iter().all(|v| !matches!(v.value, Value::List(_) | Value::Map(_))) {
                return keywords(reader, values, node.span);
            }
            let mut searches = Vec::new();
            let mut whole = true;
            for value in values {
                let one = match &value.value {
                    Value::List(_) | Value::Map(_) => search(reader, value),
                    _ => keywords(reader, std::slice::from_ref(value), value.span),
                };
                match one {
                    Some(one) => searches.push(one),
                    None => whole = false,
                }
            }
            whole.then_some(Search::Any(searches))
        }
        Value::Null | Value::List(_) | Value::Map(_) => {
            reader.error(
                node.span,
                "a search identifier without content",
                "write 'field: value' under it, or take it away",
            );
            None
        }
        _ => {
            reader.warn(
                node.span,
                "a single keyword is not in the specification",
                "write it as a list: '- keyword'",
            );
            keywords(reader, std::slice::from_ref(node), node.span)
        }
    }
}

/// Keywords: each is looked for anywhere in every value.
fn keywords(reader: &mut Reader<'_>, values: &[Node], span: Span) -> Option<Search> {
    let items = item(reader, None, span, values, &Plan { open: (true, true), ..Plan::plain() })?;
    Some(Search::All(items))
}

/// One line of a map.
fn line(reader: &mut Reader<'_>, key: &Node, value: &Node) -> Option<Vec<Item>> {
    let mut parts = key.text.split('|');
    let field = parts.next().unwrap_or_default();
    let mut offset = field.chars().count();
    let mut names = Vec::new();
    for part in parts {
        let len = part.chars().count();
        names.push((part, expression::within(key, offset + 1, len)));
        offset += len + 1;
    }
    if field.trim() != field {
        reader.strict(key.span, "a field's name with space around it", "take the space away");
    }
    let span = expression::within(key, 0, field.chars().count().max(1));
    let mut plan = modifiers::read(reader, &names, key.span, field.is_empty())?;
    let single = std::slice::from_ref(value);
    let values = value.as_list().unwrap_or(single);
    if values.is_empty() {
        reader.error(
            value.span,
            "a field without a value",
            "write a value; '' is empty text and null an absent field",
        );
        return None;
    }
    if plan.all && values.len() == 1 {
        reader.strict(
            key.span,
            "'all' with a single value, which the specification does not allow",
            "take 'all' away; to ask a field for two things use two lines or search identifiers",
        );
        plan.all = false;
    }
    if field.is_empty() && matches!(plan.test, Test::Text | Test::Expand) && plan.open == (false, false) {
        plan.open = (true, true);
    }
    let field = (!field.is_empty()).then_some(field);
    item(reader, field, span, values, &plan)
}

/// The items of a line: one, or one for each value where `all` asks for all of them and one value has become several.
fn item(
    reader: &mut Reader<'_>,
    field: Option<&str>,
    span: Span,
    values: &[Node],
    plan: &Plan,
) -> Option<Vec<Item>> {
    let mut several: Vec<Vec<Matcher>> = Vec::with_capacity(values.len());
    for value in values {
        let matchers = values::matchers(reader, value, plan, values.len() > 1);
        reader.matchers += matchers.len();
        if reader.matchers > MAX_MATCHERS {
            reader.error(
                value.span,
                format!("more than {MAX_MATCHERS} values in one rule"),
                "split the rule",
            );
            return None;
        }
        several.push(matchers);
    }
    if several.iter().any(Vec::is_empty) {
        return None;
    }
    let new = |matchers: Vec<Matcher>, all: bool| Item {
        field: field.map(str::to_owned),
        span,
        part: plan.part,
        all,
        negate: plan.negate,
        matchers,
    };
    // A placeholder may have several values, too.
    let expands = |m: &Vec<Matcher>| m.len() > 1 || matches!(m.as_slice(), [Matcher::Placeholder { .. }]);
    if plan.all && several.iter().any(expands) {
        return Some(several.into_iter().map(|matchers| new(matchers, false)).collect());
    }
    Some(vec![new(several.into_iter().flatten().collect(), plan.all)])
}
