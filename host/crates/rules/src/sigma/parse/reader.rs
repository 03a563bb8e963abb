//! What all parts of the reading share: saying what is wrong, and taking values of a known type.

use model::fields::edit_distance;

use super::Strictness;
use crate::yaml::{MAX_DIAGNOSTICS, Node, Value};
use crate::{Diagnostic, Span};

/// State of reading one file.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    diagnostics: Vec<Diagnostic>,
    /// How strict the document at hand is read.
    strictness: Strictness,
    /// The document at hand has an error.
    failed: bool,
    /// Matchers of the document at hand, for its bound.
    pub(super) matchers: usize,
    /// Bytes of the values that modifiers have made in this file.
    pub(super) expanded: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a str, diagnostics: Vec<Diagnostic>) -> Reader<'a> {
        Reader { file, diagnostics, strictness: Strictness::Ours, failed: false, matchers: 0, expanded: 0 }
    }

    /// Starts a document.
    pub(super) fn begin(&mut self, strictness: Strictness) {
        self.strictness = strictness;
        self.failed = false;
        self.matchers = 0;
    }

    /// The rest of the document is somebody else's.
    pub(super) fn relax(&mut self) {
        self.strictness = Strictness::Foreign;
    }

    pub(super) fn is_ours(&self) -> bool {
        self.strictness == Strictness::Ours
    }

    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        // Aliases and merged documents read the same place twice.
        self.diagnostics.sort_by(|a, b| {
            (a.span.line, a.span.column, a.level).cmp(&(b.span.line, b.span.column, b.level))
        });
        self.diagnostics.dedup();
        self.diagnostics
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Nothing more will be said: suggestions need not be looked for.
    pub(super) fn full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    /// An error in every file.
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.failed = true;
        self.say(Diagnostic::error(self.file, span, message, help));
    }

    /// An error in files of ours, tolerated in others.
    pub(super) fn strict(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.is_ours() {
            self.error(span, message, help);
        }
    }

    /// A warning in files of ours.
    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        if self.is_ours() {
            self.say(Diagnostic::warning(self.file, span, message, help));
        }
    }

    /// Text under a key; a number counts as its text. Another type is an error in files of ours and nothing in others.
    pub(super) fn text(&mut self, map: &Node, key: &str) -> Option<String> {
        let node = map.get(key)?;
        if node.value == Value::Null {
            return None;
        }
        if let Some(text) = node.as_scalar() {
            return Some(text.to_owned());
        }
        self.strict(
            node.span,
            format!("'{key}' must be text, not {}", node.kind()),
            format!("write '{key}: …'"),
        );
        None
    }

    /// A list of texts under a key; one text counts as a list of one.
    pub(super) fn texts(&mut self, map: &Node, key: &str) -> Vec<String> {
        self.spanned(map, key).into_iter().map(|(text, _)| text).collect()
    }

    /// A list of texts under a key with their places.
    pub(super) fn spanned(&mut self, map: &Node, key: &str) -> Vec<(String, Span)> {
        map.get(key).map(|node| self.text_items(node, key)).unwrap_or_default()
    }

    /// The texts of a node that is a text or a list of them.
    pub(super) fn text_items(&mut self, node: &Node, key: &str) -> Vec<(String, Span)> {
        match &node.value {
            Value::Null => Vec::new(),
            Value::List(items) => {
                let mut texts = Vec::with_capacity(items.len());
                for item in items {
                    match item.as_scalar() {
                        Some(text) => texts.push((text.to_owned(), item.span)),
                        None => self.strict(
                            item.span,
                            format!("'{key}' is a list of texts, but here stands {}", item.kind()),
                            "put the value in quotation marks",
                        ),
                    }
                }
                texts
            }
            Value::Map(_) => {
                self.strict(
                    node.span,
                    format!("'{key}' must be a list of texts, not a map"),
                    "write one text a line, each behind '- '",
                );
                Vec::new()
            }
            _ => vec![(node.text.clone(), node.span)],
        }
    }

    /// Tells keys of a map that are not among `known`, with the nearest right name.
    pub(super) fn known_keys(&mut self, map: &Node, known: &[&str], what: &str) {
        for (key, _) in map.as_map().unwrap_or_default() {
            if !known.contains(&key.text.as_str()) {
                if self.full() {
                    self.failed = true;
                    return;
                }
                let help = match nearest(&key.text, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("keys here: {}", known.join(", ")),
                };
                self.error(key.span, format!("unknown key '{}' in {what}", short(&key.text)), help);
            }
        }
    }
}

/// The name that resembles `name` most, if one does.
pub(super) fn nearest<'n>(name: &str, names: &[&'n str]) -> Option<&'n str> {
    // Distances of very long names cost much and say nothing.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase().replace(['-', ' '], "_");
    names
        .iter()
        .map(|n| (edit_distance(&lower, &n.to_lowercase().replace('-', "_")), *n))
        .filter(|(distance, n)| *distance <= 1 + n.len() / 4)
        .min()
        .map(|(_, n)| n)
}

/// Remedy for an unknown name: the nearest, else all.
pub(super) fn suggestion(name: &str, names: &[&str]) -> String {
    match nearest(name, names) {
        Some(near) => format!("did you mean '{near}'?"),
        None if names.len() <= 40 => format!("one of: {}", names.join(", ")),
        None => String::new(),
    }
}

/// Text of a rule for a message: bounded.
pub(super) fn short(text: &str) -> String {
    const SHOWN: usize = 80;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}
