//! What the parser makes of rules, by topic; helpers here.

mod bad;
mod conditions;
mod correlations;
mod documents;
mod modifiers;
mod section;
mod values;

use super::{ParseOptions, Parsed, Strictness, parse};
use crate::sigma::{Document, Item, Matcher, Rule, Search};

pub(super) const HEAD: &str = "title: t\nlogsource: {product: webex}\n";

pub(super) fn read(text: &str) -> Parsed {
    parse("a.yml", text.as_bytes(), &ParseOptions::default())
}

pub(super) fn foreign(text: &str) -> Parsed {
    parse("a.yml", text.as_bytes(), &ParseOptions { strictness: Strictness::Foreign })
}

/// What is said: "error 3:5 message; help" a line.
pub(super) fn said(parsed: &Parsed) -> String {
    parsed
        .diagnostics
        .iter()
        .map(|d| {
            let word = if d.is_error() { "error" } else { "warning" };
            format!("{word} {}:{}+{} {}; {}\n", d.span.line, d.span.column, d.span.len, d.message, d.help)
        })
        .collect()
}

/// The rule of a text about which nothing is said.
pub(super) fn rule(text: &str) -> Rule {
    let parsed = read(text);
    assert_eq!(said(&parsed), "", "{text}");
    only(parsed)
}

pub(super) fn only(parsed: Parsed) -> Rule {
    let said = said(&parsed);
    match <[Document; 1]>::try_from(parsed.documents) {
        Ok([Document::Rule(rule)]) => *rule,
        other => panic!("{other:?}\n{said}"),
    }
}

/// A rule with one search identifier, for its lines.
pub(super) fn with_lines(lines: &str) -> String {
    let indented: String = lines.lines().map(|l| format!("        {l}\n")).collect();
    format!("{HEAD}detection:\n    sel:\n{indented}    condition: sel\n")
}

pub(super) fn items(text: &str) -> Vec<Item> {
    match rule(text).searches.remove(0).1 {
        Search::All(items) => items,
        other => panic!("{other:?}"),
    }
}

/// The item of a line about which nothing is said.
pub(super) fn item(line: &str) -> Item {
    let mut items = items(&with_lines(line));
    assert_eq!(items.len(), 1, "{line}");
    items.remove(0)
}

/// Its matchers in short: patterns as rules would say them.
pub(super) fn shown(item: &Item) -> Vec<String> {
    item.matchers
        .iter()
        .map(|matcher| match matcher {
            Matcher::Text { pattern, cased } => format!("{pattern}{}", if *cased { " (cased)" } else { "" }),
            other => format!("{other:?}"),
        })
        .collect()
}

/// Everything that is said about a rule of one line.
pub(super) fn complaint(line: &str) -> String {
    said(&read(&with_lines(line)))
}
