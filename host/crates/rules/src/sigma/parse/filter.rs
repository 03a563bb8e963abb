//! Filters.
//!
//! What a filter's condition describes is left open by the specification: its prose speaks of suppressing, and its example
//! selects what shall be suppressed, while its schema names `selection` and `not selection` as examples. pySigma and the tools
//! after it join the condition to the rule's by `and`. That is done here as well, so that filters mean the same everywhere: the
//! condition says what is kept, and a filter that takes something out says `not selection`.

use super::reader::{Reader, short};
use super::{metadata, searches};
use crate::sigma::{Filter, FilterRules, Reference};
use crate::yaml::{Node, Value};

pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Filter> {
    metadata::keys(reader, node, "filter");
    let meta = metadata::read(reader, node);
    let logsource = metadata::log_source(reader, node);
    if logsource.is_none() {
        reader.strict(
            node.span,
            "a filter without a log source",
            "add 'logsource:' with 'product: webex' under it",
        );
    }
    if let Some(section) = node.get("ringfence") {
        reader.error(section.span, "'ringfence' means nothing in a filter", "write it in the rules");
    }
    let filter = node.get("filter")?;
    let rules = rules(reader, filter);
    let (searches, condition) = searches::section(reader, filter, "filter", &["rules"])?;
    Some(Filter { meta, logsource: logsource.unwrap_or_default(), rules: rules?, searches, condition })
}

fn rules(reader: &mut Reader<'_>, filter: &Node) -> Option<FilterRules> {
    let Some(node) = filter.get("rules") else {
        reader.strict(
            filter.span,
            "no 'rules' in the filter",
            "write 'rules: any', or a list of ids and names",
        );
        return Some(FilterRules::Any);
    };
    if node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("any")) {
        return Some(FilterRules::Any);
    }
    let named = references(reader, node, "rules");
    if named.is_empty() {
        reader.error(
            node.span,
            "the filter is for no rule",
            "write 'rules: any', or a list of ids and names",
        );
        return None;
    }
    Some(FilterRules::Named(named))
}

/// Ids and names of rules, each once.
pub(super) fn references(reader: &mut Reader<'_>, node: &Node, key: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    if let Value::Map(_) = node.value {
        reader.error(
            node.span,
            format!("'{key}' must be a list of ids and names"),
            "write one a line, each behind '- '",
        );
        return found;
    }
    for (name, span) in reader.text_items(node, key) {
        if found.iter().any(|earlier| earlier.name == name) {
            reader.strict(span, format!("rule '{}' twice", short(&name)), "name each rule once");
        } else {
            found.push(Reference { name, span });
        }
    }
    found
}
