//! What is found does not depend on the order of arrival.

use proptest::prelude::*;

use super::*;

/// Traffic of a few owners with bursts, runs, floods and scans in it.
fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut calls = Vec::new();
    for user in 0..4 {
        let mut at = MONDAY;
        let mut mode = 0;
        for _ in 0..(20 + random.below(150)) {
            at += match random.below(12) {
                0 => HOUR * random.below(20) as i64,
                1 => MINUTE * random.below(20) as i64,
                _ => SECOND * random.below(25) as i64,
            };
            if random.below(25) == 0 {
                mode = random.below(4);
            }
            let seconds = [0, 3, 8, 30, 400][random.below(if mode == 0 { 5 } else { 3 }) as usize];
            let id = calls.len() as u64;
            let name = format!("user{user}");
            calls.push(match mode {
                0 => call(id, &name, at, 34_600_000_000 + random.below(60) * 5_003, seconds),
                1 => call(id, &name, at, 34_910_000_000 + id, seconds),
                2 => inbound(id, &name, at, anybody(&mut random), 34_911_000_001 + user, seconds),
                _ => inbound(id, &name, at, 34_688_000_001, 34_911_000_000 + id, seconds),
            });
        }
    }
    calls
}

fn harness() -> Harness {
    Harness::new(MANIFEST).with("flood_calls", 8).with("scan_numbers", 4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        let calls = traffic(traffic_seed);
        harness().check_order::<MassDialing>(&calls, seed);
    }
}

#[test]
fn the_traffic_of_the_order_test_has_findings_of_all_kinds() {
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for seed in 0..20 {
        let calls = traffic(seed);
        for finding in harness().run::<MassDialing>(&calls).values() {
            *kinds.entry(finding.kind.clone()).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert!(kinds.values().all(|n| *n >= 5), "{kinds:?}");
}
