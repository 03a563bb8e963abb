//! From bytes to documents, with everything that is wrong said at once.
//!
//! Owns reading: which keys there are, what values they take, what a document of each kind needs. A document with an error is
//! left out; its neighbours stay. Does not own names across documents (`set`) or fields of records (`matching`).

mod correlation;
mod duration;
mod encode;
mod expression;
mod filter;
mod merge;
mod metadata;
mod modifiers;
mod pattern;
mod reader;
mod rule;
mod searches;
mod section;
mod values;

pub use duration::MAX_DURATION;
pub use expression::{MAX_CONDITION_BYTES, MAX_CONDITION_DEPTH};
pub use modifiers::{MODIFIERS, ModifierDoc};
pub use searches::{MAX_MATCHERS, MAX_SEARCHES};
pub use values::MAX_EXPANSIONS;

pub(crate) use correlation::{COMPARISONS, KINDS};
pub(crate) use metadata::{KEYS, STATUSES};
pub(crate) use section::KEYS as SECTION_KEYS;

use super::{Document, Ours};
use crate::{Diagnostic, yaml};
use reader::Reader;

/// How much is asked of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// A rule of this installation: doubtful things are errors or warnings.
    #[default]
    Ours,
    /// A rule of the public corpus: only what cannot be understood is an error.
    Foreign,
}

/// How to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// How much is asked.
    pub strictness: Strictness,
}

/// What a file has.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// Documents without errors, in order.
    pub documents: Vec<Document>,
    /// What is wrong, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a file. `file` is its name for diagnostics.
pub fn parse(file: &str, text: &[u8], options: &ParseOptions) -> Parsed {
    let stream = yaml::read(file, text);
    let mut reader = Reader::new(file, stream.diagnostics);
    let mut documents = Vec::new();
    let nodes = merge::actions(&mut reader, stream.documents, options.strictness);
    for node in &nodes {
        reader.begin(options.strictness);
        let document = document(&mut reader, node);
        if let Some(document) = document
            && !reader.failed()
        {
            documents.push(document);
        }
    }
    Parsed { documents, diagnostics: reader.finish() }
}

fn document(reader: &mut Reader<'_>, node: &yaml::Node) -> Option<Document> {
    if node.as_map().is_none() {
        reader.error(
            node.span,
            format!("a document must be a map with 'title' and 'detection', not {}", node.kind()),
            "begin with 'title: …'",
        );
        return None;
    }
    let kinds: Vec<&str> =
        ["detection", "correlation", "filter"].into_iter().filter(|k| node.get(k).is_some()).collect();
    match kinds.as_slice() {
        ["detection"] => rule::read(reader, node).map(|rule| Document::Rule(Box::new(rule))),
        ["correlation"] => correlation::read(reader, node).map(|rule| Document::Correlation(Box::new(rule))),
        ["filter"] => filter::read(reader, node).map(|rule| Document::Filter(Box::new(rule))),
        [] => {
            metadata::keys(reader, node, "detection");
            reader.error(
                node.span,
                "neither 'detection', 'correlation' nor 'filter' in this document",
                "add what the rule looks for under 'detection:'",
            );
            None
        }
        several => {
            reader.error(
                node.span,
                format!("'{}' in one document", several.join("' and '")),
                "put each in a document of its own, with '---' between them",
            );
            None
        }
    }
}

/// The `ringfence:` section, or what stands for it where there is none.
fn ours(reader: &mut Reader<'_>, node: &yaml::Node) -> Ours {
    node.get("ringfence").map(|section| section::read(reader, section)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
