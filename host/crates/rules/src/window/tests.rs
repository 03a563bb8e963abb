//! Cells against a plain reference, and their bounds.

mod chains;
mod examples;
mod flood;
mod property;
mod reference;
mod usual;

use model::{Millis, RecordId};

use super::*;

/// An entry with numbers as columns; a negative one is absent.
fn entry(time: Millis, id: u128, leaf: u16, columns: &[i64]) -> Entry {
    let datum = |&n: &i64| if n < 0 { Datum::Absent } else { Datum::Int(n) };
    Entry { time, id: RecordId(id), leaf, report: time + 1_000, columns: columns.iter().map(datum).collect() }
}

fn spec(root: Node, gap: Millis) -> Spec {
    Spec { root, gap, baseline: None, has_predicate: false, looks_back: 0, lateness: 0 }
}

fn node(kind: NodeKind, children: Vec<Node>, timespan: Millis, group: Vec<Vec<usize>>) -> Node {
    Node::Correlation { kind, children, timespan, group }
}

/// A thousand, or what `PROPTEST_CASES` asks for.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1_000)
}
