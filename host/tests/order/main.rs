//! The order in which records arrive does not matter: any order within the allowed lateness, with repeats, cut into any pieces, over
//! any number of workers, with restarts and lost work, ends in the findings of one scan in order. With the real
//! detectors, one more that counts and forgives nothing, rules with windows of every kind, and everything in memory.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../guests/build.rs"]
#[allow(dead_code, reason = "shared with the tests of the guests, which ask for their names")]
mod build;
mod delivery;
#[path = "../../../tests/crash/dice.rs"]
mod dice;
mod organisation;
mod rules;

use std::collections::BTreeSet;

use model::{Finding, RecordId};
use proptest::prelude::*;

use delivery::Machine;
use dice::Dice;
use organisation::{LATENESS, ORGANISATION, Organisation};

/// How records are delivered. Smaller is calmer: what fails shrinks to the calmest delivery that does.
#[derive(Clone, Debug)]
struct Delivery {
    seed: u64,
    /// The first so many by report time.
    records: usize,
    /// Of a hundred: held up, some of them as long as is allowed.
    held_up: u64,
    /// Of a hundred: delivered again, at once or later.
    repeated: u64,
    /// Most records between two checkpoints.
    stretch: usize,
    /// Most records handed to the engine at once.
    chunk: usize,
    /// Of a hundred stretches: ordered by report time first, as the log's reader does.
    sorted: u64,
    /// Of a hundred stretches: evaluated by an engine that ends before its checkpoint, then again.
    lost: u64,
    /// Of a hundred checkpoints: followed by a restart with another number of workers.
    restarts: u64,
    /// Most workers.
    workers: u64,
}

fn deliveries() -> impl Strategy<Value = Delivery> {
    let all = ORGANISATION.events.len();
    (
        any::<u64>(),
        all / 4..=all,
        0..=100u64,
        0..=30u64,
        1..1500usize,
        1..700usize,
        0..=100u64,
        0..=40u64,
        0..=60u64,
        1..=5u64,
    )
        .prop_map(
            |(seed, records, held_up, repeated, stretch, chunk, sorted, lost, restarts, workers)| Delivery {
                seed,
                records,
                held_up,
                repeated,
                // Short stretches over everything would take minutes.
                stretch: stretch.max(records / 150),
                chunk,
                sorted,
                lost,
                restarts,
                workers,
            },
        )
}

/// Everything in order, one worker, one checkpoint.
fn in_order(records: usize) -> Vec<Finding> {
    let mut machine = Machine::start(&ORGANISATION, 1);
    let rows: Vec<usize> = (0..records).collect();
    machine.push(&rows, true, records, &mut Dice::new(0));
    machine.checkpoint();
    machine.findings()
}

/// Indexes in the order of arrival: no record comes when one was seen that was reported more than the lateness after its start.
fn arrivals(delivery: &Delivery, organisation: &Organisation, dice: &mut Dice) -> Vec<usize> {
    let mut arrivals: Vec<(i64, u64, usize)> = organisation.events[..delivery.records]
        .iter()
        .enumerate()
        .map(|(index, event)| {
            let (start, report) = Organisation::times(event);
            let most = (start + LATENESS - report).max(0);
            let delay = match dice.percent(delivery.held_up) {
                false => 0,
                true if dice.percent(30) => most,
                true => dice.below(most as u64 + 1) as i64,
            };
            (report + delay, dice.next(), index)
        })
        .collect();
    arrivals.sort_unstable();
    let mut newest = i64::MIN;
    for (_, _, index) in &arrivals {
        let (start, report) = Organisation::times(&organisation.events[*index]);
        assert!(newest <= start + LATENESS, "the delivery is too late");
        newest = newest.max(report);
    }
    arrivals.into_iter().map(|(_, _, index)| index).collect()
}

fn deliver(delivery: &Delivery, organisation: &'static Organisation) -> Vec<Finding> {
    let mut dice = Dice::new(delivery.seed);
    let arrivals = arrivals(delivery, organisation, &mut dice);
    let mut log: BTreeSet<RecordId> = BTreeSet::new();
    let workers = |dice: &mut Dice| 1 + dice.below(delivery.workers) as usize;
    let mut machine = Machine::start(organisation, workers(&mut dice));
    let mut rest = &arrivals[..];
    while !rest.is_empty() {
        let (stretch, later) =
            rest.split_at(rest.len().min(1 + dice.below(delivery.stretch as u64) as usize));
        let done = arrivals.len() - rest.len();
        rest = later;
        let sorted = dice.percent(delivery.sorted);
        let mut rows = Vec::new();
        for index in stretch {
            rows.push(*index);
            if dice.percent(delivery.repeated) {
                rows.push(arrivals[dice.below((done + 1) as u64) as usize]);
            }
        }
        // The log keeps a record once; within a stretch that is ordered, the merge drops what is there twice.
        let before = log.clone();
        rows.retain(|index| {
            let id = organisation.events[*index].id;
            let first = log.insert(id);
            first || (sorted && !before.contains(&id))
        });
        machine.push(&rows, sorted, delivery.chunk, &mut dice);
        if dice.percent(delivery.lost) {
            machine = machine.restart(workers(&mut dice));
            machine.push(&rows, sorted, delivery.chunk, &mut dice);
        }
        machine.checkpoint();
        if dice.percent(delivery.restarts) {
            machine = machine.restart(workers(&mut dice));
        }
    }
    machine.findings()
}

/// All but what tells how records arrived, as bytes.
fn settled(findings: Vec<Finding>) -> Vec<String> {
    let calm = |f: Finding| serde_json::to_string(&Finding { revision: 0, raised_at: 0, ..f }).unwrap();
    findings.into_iter().map(calm).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_delivery_ends_in_the_findings_of_a_scan_in_order(delivery in deliveries()) {
        let wanted = settled(in_order(delivery.records));
        let found = settled(deliver(&delivery, &ORGANISATION));
        let missing: Vec<_> = wanted.iter().filter(|f| !found.contains(f)).collect();
        let extra: Vec<_> = found.iter().filter(|f| !wanted.contains(f)).collect();
        prop_assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nextra: {extra:#?}");
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn every_detector_finds_something_to_be_wrong_about() {
    let findings = in_order(ORGANISATION.events.len());
    let detectors: BTreeSet<&str> = findings.iter().map(|f| f.detector.as_str()).collect();
    let rules = ORGANISATION.rules.plans().iter().map(|plan| plan.detector.as_str());
    let wanted: BTreeSet<&str> = ORGANISATION.plugins.iter().map(|plugin| plugin.id()).chain(rules).collect();
    let silent: Vec<_> = wanted.difference(&detectors).collect();
    assert!(silent.is_empty(), "nothing was found by {silent:?}");
}
