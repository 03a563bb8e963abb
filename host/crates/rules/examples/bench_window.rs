//! Entries a second through cells: 500 groups, evaluated and told at every checkpoint.
//!
//! `cargo run --release -p rules --example bench_window [entries]`. Every case prints what one core does in one run, and the
//! ratio to counting only: a count of distinct values must not cost many times what a count of entries costs.

use std::time::Instant;

use model::{Millis, RecordId};
use rules::sigma::{Bound, Comparison};
use rules::window::{Cell, Datum, Entry, Inserted, Node, NodeKind, Spec};

const GROUPS: usize = 500;
/// Distinct values in each group's window.
const VALUES: u64 = 1_800;
const HOUR: Millis = 3_600_000;
/// Records of a checkpoint.
const BATCH: usize = 10_000;

fn at_least(value: f64) -> Vec<Bound> {
    vec![Bound { comparison: Comparison::Gte, value }]
}

fn spec(kind: NodeKind, children: u16) -> Spec {
    let children: Vec<Node> = (0..children).map(Node::Leaf).collect();
    let group = vec![Vec::new(); children.len()];
    let root = Node::Correlation { kind, children, timespan: HOUR, group };
    Spec { root, gap: HOUR, baseline: None, has_predicate: false, looks_back: 0, lateness: HOUR }
}

/// Entries a second.
fn run(spec: &Spec, entries: usize, leaves: u16, bytes: &mut usize) -> f64 {
    let mut cells: Vec<Cell> = vec![Cell::default(); GROUPS];
    let step = HOUR as f64 / (GROUPS as f64 * VALUES as f64);
    let mut told = 0;
    let began = Instant::now();
    for first in (0..entries).step_by(BATCH) {
        let last = entries.min(first + BATCH);
        let time = |n: usize| (n as f64 * step) as Millis;
        for n in first..last {
            let turn = (n / GROUPS) as u64;
            let entry = Entry {
                time: time(n),
                id: RecordId((n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
                leaf: (turn % u64::from(leaves)) as u16,
                report: time(n) + 60_000,
                columns: Box::new([
                    Datum::Name((n % GROUPS) as u32),
                    Datum::Phone(34_911_000_000 + turn % VALUES),
                ]),
            };
            if cells[n % GROUPS].insert(spec, entry) != Inserted::Taken {
                eprintln!("an entry was not taken");
            }
        }
        for cell in &mut cells {
            cell.evaluate(spec, time(last) - spec.lateness, None);
            told += cell.tell().len();
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    *bytes = cells.iter().map(Cell::bytes).sum::<usize>() / GROUPS;
    std::hint::black_box(told);
    entries as f64 / seconds
}

fn main() {
    let entries = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(2_000_000);
    let values = vec![vec![1]; 3];
    let cases = [
        ("event_count >= 10", spec(NodeKind::EventCount(at_least(10.0)), 1), 1),
        ("event_count >= 100,000 (silent)", spec(NodeKind::EventCount(at_least(100_000.0)), 1), 1),
        ("value_count, 1,800 distinct", spec(NodeKind::ValueCount(at_least(10.0), values.clone()), 1), 1),
        ("temporal, 3 rules", spec(NodeKind::Temporal(Vec::new(), None), 3), 3),
        ("temporal_ordered, 3 rules", spec(NodeKind::TemporalOrdered(Vec::new()), 3), 3),
        ("value_percentile 95", spec(NodeKind::Percentile(95.0, at_least(1.0), values), 1), 1),
    ];
    let mut first = None;
    for (name, spec, leaves) in cases {
        let mut bytes = 0;
        let rate = run(&spec, entries, leaves, &mut bytes);
        let base = *first.get_or_insert(rate);
        println!(
            "{name:34} {rate:>11.0} entries/s  {:>5.2} of counting  {bytes:>8} bytes a cell",
            rate / base
        );
    }
}
