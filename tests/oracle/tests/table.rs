//! The table in code and the one for readers are the same.

use std::collections::BTreeMap;

use oracle::differences::{DIFFERENCES, IN_CORRELATIONS, REFUSALS, Right};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules/differences.md");

#[test]
fn readers_are_told_every_difference() {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let told: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            Some((cells.next()?.trim_end_matches('`'), cells.last()?.trim_end_matches(" |")))
        })
        .collect();
    let word = |right: Right| match right {
        Right::Ours => "we",
        Right::Theirs => "they",
        Right::Open => "open",
    };
    let table: BTreeMap<&str, &str> = DIFFERENCES
        .iter()
        .map(|d| (d.name, word(d.right)))
        .chain(REFUSALS.iter().map(|r| (r.name, word(r.right))))
        .collect();
    for (name, right) in &table {
        assert_eq!(told.get(name), Some(right), "{name} in docs/rules/differences.md");
    }
    for name in IN_CORRELATIONS {
        assert!(told.contains_key(name), "{name} in docs/rules/differences.md");
    }
    let unknown: Vec<_> =
        told.keys().filter(|name| !table.contains_key(*name) && !IN_CORRELATIONS.contains(name)).collect();
    assert!(unknown.is_empty(), "told, but in no table: {unknown:?}");
}
