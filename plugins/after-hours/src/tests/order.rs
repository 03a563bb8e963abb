//! What must hold for any records in any order.

use proptest::prelude::*;
use ringfence_sdk::harness::{Random, stored};

use super::*;

/// Days and nights of three people, at places with and without business hours, with clocks that change.
fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut calls = Vec::new();
    for user in 0..3 {
        let mut minute = 0;
        for _ in 0..(10 + random.below(120)) {
            minute += match random.below(8) {
                0 => 1440 * random.below(4) as i64,
                1..=2 => 60 * random.below(14) as i64,
                _ => random.below(50) as i64,
            };
            let class =
                ["national", "mobile", "international", "premium", "internal"][random.below(5) as usize];
            let mut record = call(calls.len() as u64, 0, minute, class).set("user", format!("user{user}"));
            match random.below(12) {
                0 => record = record.set("location", "Lima"),
                1 => record = record.set("local_offset", -240),
                2 => record = record.set("os_type", "ios").talked(0),
                3 => record = record.set("called_number", "+37120000001").set("called_country", "LV"),
                _ => {}
            }
            calls.push(record);
        }
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        harness().check_order::<AfterHours>(&traffic(traffic_seed), seed);
    }
}

#[test]
fn the_traffic_of_the_order_test_has_findings() {
    assert!((0..20).map(|s| harness().run::<AfterHours>(&traffic(s)).len()).sum::<usize>() > 20);
}

#[test]
fn what_is_stored_of_a_user_is_bounded() {
    let harness = harness();
    let mut calls = Vec::new();
    for user in 0..20u64 {
        for day in 0..60i64 {
            for i in 0..12u64 {
                let minute = 480 + ((user + i * 7 + day as u64) % 10) as i64 * 60;
                let class = if i % 4 == 0 { "international" } else { "mobile" };
                let record = call(user * 100_000 + day as u64 * 100 + i, day, minute, class);
                calls.push(
                    record.set("user", format!("user{user}")).set("called_country", format!("X{}", i + user)),
                );
            }
        }
    }
    // A checkpoint a week after the last call, as of people on holiday: nothing waits to become final.
    let mut runner = harness.runner::<AfterHours>();
    let rows: Vec<&Record> = calls.iter().collect();
    let mut batch = ringfence_sdk::harness::batch_of(MANIFEST, &rows);
    runner.process(&batch).unwrap();
    batch = ringfence_sdk::harness::batch_of(MANIFEST, &[]);
    batch.horizon = monday() + 70 * DAY;
    runner.process(&batch).unwrap();
    runner.checkpoint().unwrap();
    // What is known of the organisation is stored beside, and counted here too.
    let (bytes, _) = stored();
    assert!(bytes / 20 <= 350, "{} bytes for a user", bytes / 20);
}
