//! Bounds under floods.

use super::*;
use crate::Span;
use crate::sigma::{Baseline, Bound, Comparison};

const HOUR: Millis = 3_600_000;
/// Two thirds more than the largest that a full cell of these entries has.
const MAX_BYTES: usize = 8 << 20;

fn at_least(value: f64) -> Vec<Bound> {
    vec![Bound { comparison: Comparison::Gte, value }]
}

/// Gives entries as the evaluator does: evaluated when full, and every 5,000. Gives what was given up.
fn flood(cell: &mut Cell, spec: &Spec, entries: impl Iterator<Item = Entry>) -> (u64, usize) {
    let (mut saturated, mut largest, mut late) = (0, 0, 0);
    for (n, entry) in entries.enumerate() {
        let mut inserted = cell.insert(spec, entry.clone());
        if inserted == Inserted::Full || n % 5_000 == 0 {
            largest = largest.max(cell.bytes());
            saturated += cell.evaluate(spec, Millis::MIN, None).saturated;
            cell.tell();
        }
        if inserted == Inserted::Full {
            inserted = cell.insert(spec, entry);
        }
        assert_ne!(inserted, Inserted::Full);
        late += usize::from(inserted == Inserted::TooLate);
    }
    saturated += cell.evaluate(spec, Millis::MIN, None).saturated;
    assert!(largest < MAX_BYTES, "{largest}");
    assert!(cell.entries.len() <= Cell::MAX_ENTRIES);
    (saturated, late)
}

#[test]
fn a_hundred_thousand_entries_in_one_window() {
    let root = node(NodeKind::EventCount(at_least(10.0)), vec![Node::Leaf(0)], HOUR, vec![vec![]]);
    let spec = spec(root, HOUR);
    let mut cell = Cell::default();
    let (saturated, late) =
        flood(&mut cell, &spec, (0..100_000).map(|n| entry(n * 20, n as u128, 0, &[1, n])));
    assert_eq!((saturated, late), (100_000 - Cell::MAX_ENTRIES as u64, 0));
    let episodes: Vec<&Episode> = cell.episodes().collect();
    assert_eq!(episodes.len(), 1);
    assert_eq!((episodes[0].figures.count, episodes[0].evidence.len()), (100_000, Episode::MAX_EVIDENCE));
    assert_eq!(episodes[0].key, "0");
    assert!(cell.encode().len() < 1 << 20);
}

#[test]
fn a_few_records_from_the_future_do_not_settle_the_present() {
    let spec = spec(Node::Leaf(0), HOUR);
    let mut cell = Cell::default();
    let future = (0..500).map(|n| entry(1_000_000_000_000 + n, 1_000_000 + n as u128, 0, &[]));
    let present = (0..50_000).map(|n| entry(n * 20, n as u128, 0, &[]));
    let (saturated, late) = flood(&mut cell, &spec, future.chain(present));
    assert!(saturated > 30_000);
    assert_eq!(late, 0);
}

#[test]
fn groups_within_a_cell_are_bounded() {
    let root = node(NodeKind::EventCount(at_least(1.0)), vec![Node::Leaf(0)], HOUR, vec![vec![0]]);
    let spec = spec(root, 24 * HOUR);
    let mut cell = Cell::default();
    let mut given_up = 0;
    for n in 0..20_000_i64 {
        assert_eq!(cell.insert(&spec, entry(n * 1_000, n as u128, 0, &[n])), Inserted::Taken);
        if n % 500 == 0 {
            given_up += cell.evaluate(&spec, n * 1_000 - HOUR / 2, None).saturated;
            cell.tell();
            assert!(cell.bytes() < 24 << 20, "{}", cell.bytes());
        }
    }
    assert!(given_up > 10_000);
}

#[test]
fn values_of_a_history_are_bounded() {
    let mut spec = spec(Node::Leaf(0), HOUR);
    spec.baseline = Some((
        Baseline::NewValue { fields: vec![("f".into(), Span::default())], days: 60, after_days: 1 },
        vec![0],
    ));
    let mut cell = Cell::default();
    flood(&mut cell, &spec, (0..100_000).map(|n| entry(n * 1_000, n as u128, 0, &[n])));
    assert!(cell.history.bytes() < 1 << 20);
}

#[test]
fn entries_of_one_instant_and_chains_take_no_square_of_time() {
    // All at once, three rules deep, every record matching every rule: slow would be minutes.
    let leaves = || vec![Node::Leaf(0), Node::Leaf(1), Node::Leaf(2)];
    let group = || vec![vec![0]; 3];
    let inner = || node(NodeKind::TemporalOrdered(Vec::new()), leaves(), HOUR, group());
    let middle = node(NodeKind::EventCount(at_least(2.0)), vec![inner(), Node::Leaf(1)], HOUR, group());
    let spec =
        spec(node(NodeKind::Temporal(Vec::new(), None), vec![middle, inner()], HOUR, vec![vec![]; 3]), HOUR);
    for spread in [0, 1, 1_000] {
        let mut cell = Cell::default();
        let entries =
            (0..16_000_i64).map(|n| entry(n / 3 * spread, (n / 3) as u128, (n % 3) as u16, &[n % 5]));
        let (saturated, _) = flood(&mut cell, &spec, entries);
        assert_eq!((saturated, cell.episodes().count()), (0, 1));
    }
}
