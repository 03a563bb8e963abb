//! `action: global | repeat | reset` of the first Sigma.
//!
//! The specification 2.x has dropped it and pySigma still reads it, so it is read here, too, with its old meaning: a global
//! document is laid under every document after it, `repeat` lays a document over the one before, `reset` forgets the global one.

use super::{Reader, Strictness};
use crate::yaml::{MAX_NODES, Node, Value};

/// Documents after merging.
pub(super) fn actions(reader: &mut Reader<'_>, documents: Vec<Node>, strictness: Strictness) -> Vec<Node> {
    if documents.iter().all(|d| d.get("action").is_none()) {
        return documents;
    }
    let mut global: Option<Node> = None;
    let mut previous: Option<Node> = None;
    let mut merged = Vec::new();
    let mut copied = 0;
    for mut document in documents {
        reader.begin(strictness);
        let action = document.get("action").cloned();
        if let Value::Map(entries) = &mut document.value {
            entries.retain(|(key, _)| key.text != "action");
        }
        let base = match &action {
            None => &global,
            Some(action) => {
                reader.warn(
                    action.span,
                    "'action' is from the first Sigma; the specification 2.x has no such key",
                    "write each rule out as a document of its own",
                );
                match action.text.as_str() {
                    "global" => {
                        global = Some(document);
                        continue;
                    }
                    "reset" => {
                        global = None;
                        continue;
                    }
                    "repeat" => &previous,
                    _ => {
                        reader.error(
                            action.span,
                            "'action' must be global, repeat or reset",
                            "write each rule out as a document of its own",
                        );
                        continue;
                    }
                }
            }
        };
        if let Some(base) = base {
            copied += size(base);
            // A large global document under many small ones multiplies like aliases do.
            if copied > MAX_NODES {
                reader.error(
                    document.span,
                    format!("global documents copy more than {MAX_NODES} values"),
                    "write each rule out as a document of its own",
                );
                break;
            }
            let mut under = base.clone();
            under.span = document.span;
            lay_over(&mut under, document);
            document = under;
        }
        previous = Some(document.clone());
        merged.push(document);
    }
    merged
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(_, v)| 1 + size(v)).sum(),
        _ => 0,
    }
}

/// Maps are merged key by key, everything else is replaced.
fn lay_over(under: &mut Node, over: Node) {
    match (&mut under.value, over.value) {
        (Value::Map(below), Value::Map(above)) => {
            for (key, value) in above {
                match below.iter_mut().find(|(k, _)| k.text == key.text) {
                    Some((_, old)) => lay_over(old, value),
                    None => below.push((key, value)),
                }
            }
        }
        (_, value) => *under = Node { value, ..over },
    }
}
