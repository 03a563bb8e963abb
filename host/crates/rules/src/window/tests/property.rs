//! Whatever the order, the cuts and the repetitions: what was told in the end is what the reference makes of all entries.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::reference;
use super::*;
use crate::Span;
use crate::sigma::{Baseline, Bound, Comparison, Condition, Quantifier};

const HOUR: Millis = 3_600_000;
const LEAVES: usize = 3;
const COLUMNS: usize = 3;

fn bound() -> impl Strategy<Value = Bound> {
    let comparison = prop_oneof![
        3 => Just(Comparison::Gte),
        1 => Just(Comparison::Gt),
        1 => Just(Comparison::Lte),
        1 => Just(Comparison::Lt),
        1 => Just(Comparison::Eq),
        1 => Just(Comparison::Neq),
    ];
    (comparison, 0_u8..5).prop_map(|(comparison, value)| Bound { comparison, value: f64::from(value) })
}

fn bounds() -> impl Strategy<Value = Vec<Bound>> {
    prop::collection::vec(bound(), 1..=2)
}

/// Columns for each leaf: none, or the same number of columns.
fn by_leaf(lengths: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Vec<usize>>> {
    lengths.prop_flat_map(|n| prop::collection::vec(prop::collection::vec(0..COLUMNS, n), LEAVES))
}

fn condition(children: usize) -> impl Strategy<Value = Condition> {
    let name = (0..children).prop_map(|c| c.to_string());
    let search = name.clone().prop_map(Condition::Search);
    let names = prop::collection::vec(name, 1..=children);
    let leaf = prop_oneof![
        3 => search,
        1 => names.clone().prop_map(|names| Condition::Of(Quantifier::All, names)),
        1 => (0_u32..3, names).prop_map(|(n, names)| Condition::Of(Quantifier::AtLeast(n), names)),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 1..3).prop_map(Condition::Or),
            inner.prop_map(|c| Condition::Not(Box::new(c))),
        ]
    })
}

fn kind(children: usize) -> impl Strategy<Value = NodeKind> {
    prop_oneof![
        4 => bounds().prop_map(NodeKind::EventCount),
        2 => (bounds(), by_leaf(1..=2)).prop_map(|(b, c)| NodeKind::ValueCount(b, c)),
        2 => (prop_oneof![Just(Vec::new()), bounds()], prop::option::of(condition(children)))
            .prop_map(|(b, e)| NodeKind::Temporal(b, e)),
        3 => prop_oneof![Just(Vec::new()), bounds()].prop_map(NodeKind::TemporalOrdered),
        1 => (bounds(), by_leaf(1..=1)).prop_map(|(b, c)| NodeKind::Sum(b, c)),
        1 => (bounds(), by_leaf(1..=1)).prop_map(|(b, c)| NodeKind::Avg(b, c)),
        1 => (0.0..100.0, bounds(), by_leaf(1..=1)).prop_map(|(p, b, c)| NodeKind::Percentile(p, b, c)),
    ]
}

fn leaf() -> impl Strategy<Value = Node> {
    (0..LEAVES as u16).prop_map(Node::Leaf)
}

fn correlation(child: BoxedStrategy<Node>) -> impl Strategy<Value = Node> {
    (prop::collection::vec(child, 1..=3), 0_i64..40, by_leaf(0..=1)).prop_flat_map(
        |(children, span, group)| {
            kind(children.len()).prop_map(move |kind| node(kind, children.clone(), span, group.clone()))
        },
    )
}

fn tree() -> impl Strategy<Value = Node> {
    let flat = correlation(leaf().boxed()).boxed();
    let below = prop_oneof![1 => leaf().boxed(), 2 => flat.clone()].boxed();
    let deep = correlation(below).boxed();
    let deeper = correlation(prop_oneof![leaf().boxed(), deep.clone()].boxed());
    prop_oneof![1 => leaf().boxed(), 4 => flat, 4 => deep, 2 => deeper.boxed()]
}

/// An entry, how late it is, and whether it is delivered again. Equal identities have equal times and reports, and with
/// equal leaves equal columns: deliveries of one record.
fn entries(times: i64, leaves: u16) -> impl Strategy<Value = Vec<(Entry, Millis, bool)>> {
    let one = (
        0..times,
        0_u128..40,
        0..leaves,
        prop::collection::vec(-1_i64..3, COLUMNS),
        0_i64..=LATENESS,
        any::<bool>(),
        0_i64..100,
    );
    prop::collection::vec(one, 0..60).prop_map(move |list| {
        let mut known = BTreeMap::new();
        list.into_iter()
            .map(|(time, id, leaf, columns, late, again, report)| {
                let (time, mut columns, report) = known.entry(id).or_insert((time, columns, report)).clone();
                columns.rotate_left(usize::from(leaf));
                let mut entry = entry(time, id, leaf, &columns);
                entry.report = time + report;
                (entry, late, again)
            })
            .collect()
    })
}

const LATENESS: Millis = 30;

/// What happens between two entries.
#[derive(Clone, Copy, Debug)]
struct Cut {
    evaluate: bool,
    tell: bool,
    store: bool,
    behind: Millis,
}

fn cuts() -> impl Strategy<Value = Vec<Cut>> {
    let cut = (prop::bool::weighted(0.4), any::<bool>(), prop::bool::weighted(0.3), 0_i64..50);
    let cut = cut.prop_map(|(evaluate, tell, store, behind)| Cut { evaluate, tell, store, behind });
    prop::collection::vec(cut, 80)
}

/// Receives what is told.
#[derive(Default)]
struct Receiver(BTreeMap<String, Episode>);

impl Receiver {
    fn take(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Raise(episode) => {
                    assert_ne!(self.0.get(&episode.key), Some(&*episode), "told without a change");
                    self.0.insert(episode.key.clone(), *episode);
                }
                Change::Withdraw(key) => {
                    assert!(self.0.remove(&key).is_some(), "withdrawn, but not told: {key}");
                }
            }
        }
    }
}

/// Gives entries to a cell as they arrive, `scale` milliseconds to a unit of time, and compares.
fn check(
    spec: &Spec,
    entries: &[(Entry, Millis, bool)],
    cuts: &[Cut],
    scale: Millis,
    predicate: Option<&dyn Predicate>,
) {
    let mut arrivals: Vec<(Millis, Entry)> = Vec::new();
    for (entry, late, again) in entries {
        arrivals.push((entry.time + late * scale, entry.clone()));
        if *again {
            arrivals.push((entry.time + (late + 7) * scale, entry.clone()));
        }
    }
    arrivals.sort_by_key(|(arrival, _)| *arrival);
    let mut cell = Cell::default();
    let mut receiver = Receiver::default();
    let mut all: Vec<Entry> = Vec::new();
    for ((arrival, entry), cut) in arrivals.iter().zip(cuts.iter().cycle()) {
        let is_known = all.iter().any(|e| (e.id, e.leaf) == (entry.id, entry.leaf));
        let inserted = cell.insert(spec, entry.clone());
        assert!(inserted != Inserted::Full);
        if !is_known {
            assert_eq!(inserted, Inserted::Taken);
            all.push(entry.clone());
        }
        if cut.evaluate {
            let horizon = arrival - (LATENESS + cut.behind) * scale;
            let evaluated = cell.evaluate(spec, horizon, predicate);
            assert_eq!(evaluated.saturated, 0);
        }
        if cut.tell {
            receiver.take(cell.tell());
        }
        if cut.store {
            cell = Cell::decode(spec, &cell.encode()).expect("what was encoded is read");
        }
    }
    cell.evaluate(spec, Millis::MIN, predicate);
    receiver.take(cell.tell());
    let mut expected = reference::episodes(spec, &all, predicate);
    expected.sort_by(|a, b| a.key.cmp(&b.key));
    let told: Vec<Episode> = receiver.0.values().cloned().collect();
    assert_eq!(told, expected);
    // Nothing more comes when everything is settled, and little is kept.
    let last = all.iter().map(|e| e.time).max().unwrap_or(0);
    cell.evaluate(spec, last + 400 * 24 * HOUR * scale.max(1), predicate);
    assert!(cell.tell().is_empty());
    cell.evaluate(spec, last + 800 * 24 * HOUR * scale.max(1), predicate);
    assert!(cell.tell().is_empty());
    assert!(cell.is_empty() || spec.baseline.is_some());
}

fn leaves_of(node: &Node, leaves: &mut Vec<u16>) {
    match node {
        Node::Leaf(leaf) => leaves.push(*leaf),
        Node::Correlation { children, .. } => children.iter().for_each(|child| leaves_of(child, leaves)),
    }
}

fn scaled(spec: &mut Spec, entries: &mut [(Entry, Millis, bool)], scale: Millis) {
    fn scale_node(node: &mut Node, scale: Millis) {
        if let Node::Correlation { timespan, children, .. } = node {
            *timespan *= scale;
            children.iter_mut().for_each(|c| scale_node(c, scale));
        }
    }
    scale_node(&mut spec.root, scale);
    spec.gap *= scale;
    spec.looks_back *= scale;
    for (entry, ..) in entries {
        entry.time *= scale;
        entry.report *= scale;
    }
}

/// Holds when an odd number of entries of the leaf lies in the window up to the entry; fails for some.
struct Odd(Millis);

impl Predicate for Odd {
    fn holds(&self, entries: &[Entry], at: usize) -> Result<bool, PredicateError> {
        let now = entries[at].time;
        if entries[at].id.0 % 7 == 3 {
            return Err(PredicateError { message: "no".into(), record: entries[at].id });
        }
        Ok(entries[..=at].iter().filter(|e| now - e.time <= self.0).count() % 2 == 1)
    }
}

fn baseline() -> impl Strategy<Value = Baseline> {
    prop_oneof![
        (1_u32..12, 0_u32..6).prop_map(|(days, after_days)| Baseline::NewValue {
            fields: vec![("f".into(), Span::default())],
            days,
            after_days
        }),
        (prop_oneof![Just(HOUR), Just(24 * HOUR)], 0.5..3.0, 0_u32..4, 2_u32..12, 0_u32..6).prop_map(
            |(per, factor, at_least, days, after_days)| Baseline::Rate {
                per,
                factor,
                at_least,
                days,
                after_days
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_any_correlation(
        root in tree(),
        gap in 0_i64..50,
        entries in entries(150, 3),
        cuts in cuts(),
        days in any::<bool>(),
    ) {
        let (mut spec, mut entries) = (spec(root, gap), entries);
        let mut leaves = Vec::new();
        leaves_of(&spec.root, &mut leaves);
        entries.retain(|(entry, ..)| leaves.contains(&entry.leaf));
        // With six hours to a unit the entries span more weeks than an episode may.
        let scale = if days { 6 * HOUR } else { 1 };
        scaled(&mut spec, &mut entries, scale);
        check(&spec, &entries, &cuts, scale, None);
    }

    #[test]
    fn any_order_with_a_predicate(
        gap in 0_i64..50,
        looks_back in 0_i64..40,
        entries in entries(150, 1),
        cuts in cuts(),
    ) {
        let mut spec = spec(Node::Leaf(0), gap);
        (spec.has_predicate, spec.looks_back) = (true, looks_back);
        check(&spec, &entries, &cuts, 1, Some(&Odd(looks_back)));
    }

    #[test]
    fn any_order_with_a_baseline(
        baseline in baseline(),
        column in 0..COLUMNS,
        counted in prop::option::of((0_i64..40, bounds())),
        gap in 0_i64..50,
        entries in entries(300, 1),
        cuts in cuts(),
        scale in prop_oneof![Just(HOUR / 4), Just(HOUR), Just(5 * HOUR)],
    ) {
        let root = match counted {
            Some((span, bounds)) => node(NodeKind::EventCount(bounds), vec![Node::Leaf(0)], span, vec![vec![]]),
            None => Node::Leaf(0),
        };
        let mut spec = spec(root, gap);
        spec.baseline = Some((baseline, vec![column]));
        let mut entries = entries;
        scaled(&mut spec, &mut entries, scale);
        check(&spec, &entries, &cuts, scale, None);
    }

    #[test]
    fn any_bytes_are_refused_or_work(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        root in tree(),
        entries in entries(150, 3),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut spec = spec(root, 10);
        let mut versioned = vec![1];
        versioned.extend(&bytes);
        let mut cell = Cell::default();
        for (entry, ..) in &entries {
            let _ = cell.insert(&spec, entry.clone());
        }
        cell.evaluate(&spec, 60, None);
        let mut damaged = cell.encode();
        for (at, byte) in flips {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        spec.baseline = Some((Baseline::NewValue { fields: Vec::new(), days: 3, after_days: 1 }, vec![0]));
        for bytes in [bytes, versioned, damaged] {
            if let Ok(mut cell) = Cell::decode(&spec, &bytes) {
                for (entry, ..) in &entries {
                    let _ = cell.insert(&spec, entry.clone());
                }
                cell.evaluate(&spec, 100, None);
                cell.tell();
                let again = Cell::decode(&spec, &cell.encode());
                prop_assert!(again.is_ok());
            }
        }
    }
}
