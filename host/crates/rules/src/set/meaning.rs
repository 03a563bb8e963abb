//! What a document asks for, as text without spans, comments or order of keys: the same meaning gives the same text.
//!
//! Owns what "changed" means at a reload. Does not own hashing (`digest`).

use std::fmt::Write as _;

use super::link::Linked;
use crate::matching::Placeholders;
use crate::sigma::{Baseline, Correlation, Document, Item, Matcher, Ours, Rule, Search};

/// What decides which records match and which windows they fill, for a document and everything it stands on.
pub(super) fn of(linked: &Linked, at: usize, placeholders: &Placeholders) -> String {
    let mut out = String::new();
    write(linked, at, placeholders, &mut out);
    out
}

fn write(linked: &Linked, at: usize, placeholders: &Placeholders, out: &mut String) {
    match &*linked.documents[at] {
        Document::Rule(rule) => {
            write_rule(rule, placeholders, out);
            for filter in linked.filters(at) {
                searches(&filter.searches, placeholders, out);
                let _ = write!(out, "filter {:?};", filter.condition);
            }
        }
        Document::Correlation(correlation) => {
            write_correlation(correlation, out);
            for child in correlation.rules.iter().filter_map(|r| linked.find(r)) {
                out.push('(');
                write(linked, child, placeholders, out);
                out.push(')');
            }
        }
        Document::Filter(_) => {}
    }
}

fn write_rule(rule: &Rule, placeholders: &Placeholders, out: &mut String) {
    let _ = write!(out, "rule {:?} {:?};", rule.logsource, rule.condition);
    searches(&rule.searches, placeholders, out);
    write_ours(&rule.ours, out);
}

fn write_correlation(correlation: &Correlation, out: &mut String) {
    let names = |of: &[(String, crate::Span)]| of.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let _ = write!(
        out,
        "correlation {:?} {:?} {} {:?} {:?} {} {:?};",
        correlation.kind,
        names(&correlation.group_by),
        correlation.timespan,
        correlation.test.bounds,
        names(&correlation.test.fields),
        correlation.test.percentile,
        correlation.test.expression,
    );
    for alias in &correlation.aliases {
        for (rule, field) in &alias.fields {
            let _ = write!(out, "alias {:?} {:?} {:?};", alias.name, rule.name, field);
        }
    }
    write_ours(&correlation.ours, out);
}

fn write_ours(ours: &Ours, out: &mut String) {
    let when = ours.when.as_ref().map(|(text, _)| text);
    let subject = ours.subject.as_ref().map(|s| (s.kind, &s.field));
    let _ = write!(out, "{when:?} {:?} {:?} {:?} {subject:?} ", ours.window, ours.lateness, ours.zone);
    match ours.baseline.as_ref().map(|(baseline, _)| baseline) {
        None => {}
        Some(Baseline::NewValue { fields, days, after_days }) => {
            let fields: Vec<&String> = fields.iter().map(|(name, _)| name).collect();
            let _ = write!(out, "new {fields:?} {days} {after_days};");
        }
        Some(rate) => {
            let _ = write!(out, "{rate:?};");
        }
    }
}

fn searches(searches: &[(String, Search)], placeholders: &Placeholders, out: &mut String) {
    for (name, content) in searches {
        let _ = write!(out, "{name:?}:");
        search(content, placeholders, out);
    }
}

fn search(of: &Search, placeholders: &Placeholders, out: &mut String) {
    match of {
        Search::All(items) => {
            out.push('{');
            items.iter().for_each(|i| item(i, placeholders, out));
            out.push('}');
        }
        Search::Any(parts) => {
            out.push('[');
            parts.iter().for_each(|p| search(p, placeholders, out));
            out.push(']');
        }
    }
}

fn item(of: &Item, placeholders: &Placeholders, out: &mut String) {
    let Item { field, span: _, part, all, negate, matchers } = of;
    let _ = write!(out, "{field:?} {part:?} {all} {negate} {matchers:?};");
    for name in names_of_placeholders(of) {
        let _ = write!(out, "{name} = {:?};", placeholders.values(&name));
    }
}

/// Names of the placeholders in an item.
fn names_of_placeholders(item: &Item) -> Vec<String> {
    let pieces = item.matchers.iter().filter_map(|m| match m {
        Matcher::Placeholder { pieces, .. } => Some(pieces),
        _ => None,
    });
    let names = pieces.flatten().filter_map(|piece| match piece {
        crate::sigma::detection::Piece::Name(name) => Some(name.clone()),
        crate::sigma::detection::Piece::Pattern(_) => None,
    });
    names.collect()
}

/// Names of the placeholders in searches, each once.
pub(super) fn placeholders_in(searches: &[(String, Search)]) -> Vec<String> {
    fn walk(search: &Search, names: &mut Vec<String>) {
        match search {
            Search::All(items) => names.extend(items.iter().flat_map(names_of_placeholders)),
            Search::Any(parts) => parts.iter().for_each(|p| walk(p, names)),
        }
    }
    let mut names = Vec::new();
    searches.iter().for_each(|(_, search)| walk(search, &mut names));
    names.sort();
    names.dedup();
    names
}
