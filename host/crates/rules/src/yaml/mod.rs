//! YAML as a tree whose every node knows where it stands, with bounds.
//!
//! Owns reading bytes into documents: the parser's events become nodes, plain scalars get their type by the core schema of
//! YAML 1.2, aliases are copied within a budget, and what is not allowed is told with its line and a remedy. Does not own what
//! the documents mean (`sigma`).

mod read;
mod scalar;

use crate::{Diagnostic, Span};

/// Bytes of one file. The largest public rule has a third of it; a file beyond is no rule file.
pub const MAX_FILE_BYTES: usize = 1 << 20;
/// Depth of collections. Rules need about six; the reading and everything behind it is recursive.
pub const MAX_DEPTH: usize = 48;
/// Nodes of one file, copies by aliases included.
pub const MAX_NODES: usize = 200_000;
/// Documents of one file.
pub const MAX_DOCUMENTS: usize = 2_000;
/// Nodes of one file that aliases have copied: what a "billion laughs" file would multiply.
pub const MAX_ALIASED_NODES: usize = 10_000;
/// Things said about one file. A file with more wrong than this is not a rule file, and nobody reads on.
pub const MAX_DIAGNOSTICS: usize = 200;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// A scalar's text after YAML's own escapes, also where it reads as a number; empty for collections.
    pub text: String,
    /// The node; for a collection, where it begins.
    pub span: Span,
    /// Where a scalar's text begins: behind a quotation mark, or in the line under `|` or `>`.
    pub content: Span,
    /// How it is written.
    pub style: Style,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// Text: see [`Node::text`].
    Text,
    /// A list.
    List(Vec<Node>),
    /// Keys and values in the order of the file; no key stands twice.
    Map(Vec<(Node, Node)>),
}

/// How a node is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotation marks.
    Plain,
    /// In quotation marks.
    Quoted,
    /// Under `|`: its lines are lines of the file.
    Literal,
    /// Under `>`: its lines are joined.
    Folded,
    /// A list or map.
    Collection,
}

/// The documents of a file that can be read, and what is wrong with the others.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// Documents in order; empty ones are left out.
    pub documents: Vec<Node>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all documents of a file. `file` is its name for diagnostics.
pub fn read(file: &str, bytes: &[u8]) -> Stream {
    read::read(file, bytes)
}

impl Node {
    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        matches!(self.value, Value::Text).then_some(self.text.as_str())
    }

    /// A scalar's text as written, whatever its type; none for collections and null.
    pub fn as_scalar(&self) -> Option<&str> {
        match self.value {
            Value::Null | Value::List(_) | Value::Map(_) => None,
            _ => Some(&self.text),
        }
    }

    /// The entries, if it is a map.
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements, if it is a list.
    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value under a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.iter().find(|(k, _)| k.as_scalar() == Some(key)).map(|(_, v)| v)
    }

    /// For messages: "a list", "a number".
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Float(_) => "a number",
            Value::Text => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// As JSON. Numbers that JSON does not know are text.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(n) => (*n).into(),
            Value::Float(n) => serde_json::Number::from_f64(*n)
                .map_or_else(|| self.text.clone().into(), serde_json::Value::Number),
            Value::Text => self.text.clone().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(k, v)| (k.text.clone(), v.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }
}

#[cfg(test)]
mod tests;
