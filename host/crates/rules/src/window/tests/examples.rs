//! What cells are for, case by case.

use super::*;
use crate::sigma::{Bound, Comparison};

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

fn at_least(value: f64) -> Vec<Bound> {
    vec![Bound { comparison: Comparison::Gte, value }]
}

fn count(least: f64, timespan: Millis) -> Spec {
    let root = node(NodeKind::EventCount(at_least(least)), vec![Node::Leaf(0)], timespan, vec![vec![]]);
    spec(root, timespan)
}

fn put(cell: &mut Cell, spec: &Spec, entries: &[Entry]) {
    for entry in entries {
        assert_eq!(cell.insert(spec, entry.clone()), Inserted::Taken);
    }
}

/// Evaluates and tells: keys raised with their count, and keys withdrawn.
fn told(cell: &mut Cell, spec: &Spec, horizon: Millis) -> (Vec<(String, u64)>, Vec<String>) {
    cell.evaluate(spec, horizon, None);
    let (mut raised, mut withdrawn) = (Vec::new(), Vec::new());
    for change in cell.tell() {
        match change {
            Change::Raise(episode) => raised.push((episode.key, episode.figures.count)),
            Change::Withdraw(key) => withdrawn.push(key),
        }
    }
    (raised, withdrawn)
}

#[test]
fn a_late_record_amends_and_a_repeated_one_changes_nothing() {
    let spec = count(3.0, 5 * MINUTE);
    let mut cell = Cell::default();
    put(&mut cell, &spec, &[entry(0, 1, 0, &[]), entry(2 * MINUTE, 2, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![], vec![]));
    put(&mut cell, &spec, &[entry(5 * MINUTE, 3, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![("0".into(), 3)], vec![]));
    put(&mut cell, &spec, &[entry(3 * MINUTE, 4, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![("0".into(), 4)], vec![]));
    assert_eq!(cell.insert(&spec, entry(3 * MINUTE, 4, 0, &[])), Inserted::Duplicate);
    assert_eq!(told(&mut cell, &spec, MINUTE), (vec![], vec![]));
    assert_eq!(cell.insert(&spec, entry(MINUTE - 1, 5, 0, &[])), Inserted::TooLate);
}

#[test]
fn the_window_holds_both_its_ends() {
    let spec = count(2.0, 5 * MINUTE);
    let mut cell = Cell::default();
    put(&mut cell, &spec, &[entry(0, 1, 0, &[]), entry(5 * MINUTE + 1, 2, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![], vec![]));
    put(&mut cell, &spec, &[entry(1, 3, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![("0".into(), 3)], vec![]));
}

#[test]
fn a_late_record_that_joins_two_episodes_withdraws_the_second() {
    let spec = spec(Node::Leaf(0), HOUR);
    let mut cell = Cell::default();
    put(&mut cell, &spec, &[entry(0, 1, 0, &[]), entry(2 * HOUR, 2, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0).0.len(), 2);
    put(&mut cell, &spec, &[entry(HOUR, 3, 0, &[])]);
    assert_eq!(told(&mut cell, &spec, 0), (vec![("0".into(), 3)], vec![(2 * HOUR).to_string()]));
}

#[test]
fn identities_never_decide_within_an_instant() {
    for (exactly, fires) in [(2.0, false), (3.0, true)] {
        let bounds = vec![Bound { comparison: Comparison::Eq, value: exactly }];
        let root = node(NodeKind::EventCount(bounds), vec![Node::Leaf(0)], HOUR, vec![vec![]]);
        let spec = spec(root, HOUR);
        let mut cell = Cell::default();
        put(&mut cell, &spec, &[entry(0, 9, 0, &[]), entry(0, 1, 0, &[]), entry(0, 5, 0, &[])]);
        cell.evaluate(&spec, 0, None);
        assert_eq!(
            cell.episodes().map(|e| e.figures.firings).collect::<Vec<_>>(),
            vec![3; usize::from(fires)]
        );
    }
}

#[test]
fn a_record_that_matches_two_rules_counts_once_and_fills_one_place() {
    let both = |id| [entry(10, id, 0, &[]), entry(10, id, 1, &[])];
    let leaves = || vec![Node::Leaf(0), Node::Leaf(1)];
    let group = || vec![vec![], vec![]];
    let counted = spec(node(NodeKind::EventCount(at_least(2.0)), leaves(), HOUR, group()), HOUR);
    let ordered = spec(node(NodeKind::TemporalOrdered(Vec::new()), leaves(), HOUR, group()), HOUR);
    for spec in [counted, ordered] {
        let mut cell = Cell::default();
        put(&mut cell, &spec, &both(1));
        assert_eq!(told(&mut cell, &spec, 0).0, vec![]);
        put(&mut cell, &spec, &both(2));
        assert_eq!(told(&mut cell, &spec, 0).0, vec![("10".into(), 2)]);
    }
}

#[test]
fn what_goes_on_for_weeks_is_told_every_week() {
    let spec = spec(Node::Leaf(0), DAY);
    let mut cell = Cell::default();
    let mut keys = std::collections::BTreeMap::new();
    for n in 0..30_i64 {
        let now = n * 20 * HOUR;
        put(&mut cell, &spec, &[entry(now, n as u128, 0, &[])]);
        // Nothing but the summary is left of what is older than a day.
        cell = Cell::decode(&spec, &{
            told_into(&mut cell, &spec, now - DAY, &mut keys);
            cell.encode()
        })
        .unwrap();
        assert!(cell.entries.len() <= 3);
    }
    let weeks: Vec<(String, u64)> =
        [0, 9, 18, 27].iter().map(|n| (n * 20 * HOUR).to_string()).zip([9, 9, 9, 3]).collect();
    let mut told: Vec<(String, u64)> = keys.into_iter().collect();
    told.sort_by_key(|(key, _)| key.parse::<Millis>().unwrap());
    assert_eq!(told, weeks);
}

fn told_into(
    cell: &mut Cell,
    spec: &Spec,
    horizon: Millis,
    keys: &mut std::collections::BTreeMap<String, u64>,
) {
    let (raised, withdrawn) = told(cell, spec, horizon);
    keys.extend(raised);
    withdrawn.iter().for_each(|key| {
        keys.remove(key);
    });
}

/// Counts how often it is asked.
struct Asked(std::cell::Cell<usize>);

impl Predicate for Asked {
    fn holds(&self, _: &[Entry], _: usize) -> Result<bool, PredicateError> {
        self.0.set(self.0.get() + 1);
        Ok(true)
    }
}

#[test]
fn a_predicate_is_asked_again_only_where_something_came_before() {
    let mut spec = spec(Node::Leaf(0), HOUR);
    (spec.has_predicate, spec.looks_back) = (true, 10 * MINUTE);
    let asked = Asked(std::cell::Cell::new(0));
    let mut cell = Cell::default();
    for n in 0..50 {
        put(&mut cell, &spec, &[entry(n * 5 * MINUTE, n as u128, 0, &[])]);
        cell.evaluate(&spec, 0, Some(&asked));
    }
    assert_eq!(asked.0.get(), 50);
    put(&mut cell, &spec, &[entry(11 * MINUTE, 90, 0, &[])]);
    cell.evaluate(&spec, 0, Some(&asked));
    assert_eq!(asked.0.get(), 50 + 3, "itself, and those 4 and 9 minutes after it");
}

/// Always fails.
struct Broken;

impl Predicate for Broken {
    fn holds(&self, entries: &[Entry], at: usize) -> Result<bool, PredicateError> {
        Err(PredicateError { message: "too many operations".into(), record: entries[at].id })
    }
}

#[test]
fn failures_of_a_predicate_are_counted_and_told_once() {
    let mut spec = spec(Node::Leaf(0), HOUR);
    spec.has_predicate = true;
    let mut cell = Cell::default();
    let entries: Vec<Entry> = (0..50).map(|n| entry(n, n as u128, 0, &[])).collect();
    put(&mut cell, &spec, &entries);
    let evaluated = cell.evaluate(&spec, 0, Some(&Broken));
    assert_eq!((evaluated.failed, evaluated.errors.len()), (50, Evaluated::MAX_ERRORS));
    assert_eq!(cell.episodes().count(), 0);
    put(&mut cell, &spec, &[entry(60, 60, 0, &[])]);
    assert_eq!(cell.evaluate(&spec, 0, Some(&Broken)).failed, 1);
}

#[test]
fn damaged_states_are_refused_by_reason() {
    let spec = count(2.0, HOUR);
    let mut cell = Cell::default();
    put(&mut cell, &spec, &[entry(5, 1, 0, &[3]), entry(9, 2, 0, &[4])]);
    cell.evaluate(&spec, 0, None);
    let bytes = cell.encode();
    assert!(Cell::decode(&spec, &bytes).is_ok());
    assert_eq!(Cell::decode(&spec, &[7]).unwrap_err(), DecodeError::Version { found: 7 });
    for damaged in [&bytes[..bytes.len() - 1], &[], &[1], &[&bytes[..], &[0]].concat()] {
        assert!(matches!(Cell::decode(&spec, damaged), Err(DecodeError::Damaged { .. })));
    }
    let other = Spec {
        root: Node::Correlation {
            kind: NodeKind::EventCount(Vec::new()),
            children: Vec::new(),
            timespan: 0,
            group: Vec::new(),
        },
        ..spec
    };
    let error = Cell::decode(&other, &bytes).unwrap_err().to_string();
    assert_eq!(
        error,
        "window state is damaged (an entry belongs to no rule of this plan): let the rule begin anew"
    );
}

#[test]
fn the_stored_form_is_compact() {
    let spec = count(10.0, HOUR);
    let mut cell = Cell::default();
    for n in 0..1_000_i64 {
        let mut entry =
            entry(1_790_000_000_000 + n * 1_000, (n as u128) << 90 | 77, 0, &[34_911_000_000, n % 7]);
        entry.report = entry.time + 120_000;
        put(&mut cell, &spec, &[entry]);
    }
    // 16 of them are the identity.
    assert!(cell.encode().len() < 1_000 * 28, "{}", cell.encode().len());
}

#[test]
fn texts_that_are_too_long_are_cut_between_characters() {
    let spec = spec(Node::Leaf(0), HOUR);
    let mut cell = Cell::default();
    let mut long = entry(5, 1, 0, &[1]);
    long.columns[0] = Datum::Text("ä".repeat(5_000).into());
    put(&mut cell, &spec, &[long]);
    cell.evaluate(&spec, 0, None);
    assert_eq!(cell.entries[0].columns[0], Datum::Text("ä".repeat(64).into()));
    assert!(Cell::decode(&spec, &cell.encode()).is_ok());
}
