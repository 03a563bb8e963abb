use proptest::prelude::*;
use ringfence_sdk::harness::{Findings, Harness, Random, Record};
use ringfence_sdk::{Finding, SECOND, Subject};

use super::*;
use crate::{InternationalCalls, MANIFEST};

/// A Monday, 9:00 UTC.
const MONDAY: i64 = 1_772_442_000_000;
const LATVIA: u64 = 37_120_000_000;
const GERMANY: u64 = 49_301_234_500;

fn row(id: u64, at: i64, user: u64) -> Record {
    Record::at_millis(id, at).set("user", format!("user {user}")).set("location", "Madrid")
}

fn ring(id: u64, at: i64, user: u64, number: u64, seconds: i64) -> Record {
    row(id, at, user)
        .set("direction", "TERMINATING")
        .set("calling_number", format!("+{number}"))
        .set("calling_class", "international")
        .set("calling_country", country(number))
        .set("ring_duration", seconds)
        .talked(0)
}

fn country(number: u64) -> &'static str {
    if number < 40_000_000_000 { "LV" } else { "DE" }
}

fn out(id: u64, at: i64, user: u64, number: u64, seconds: i64) -> Record {
    row(id, at, user)
        .set("direction", "ORIGINATING")
        .set("called_number", format!("+{number}"))
        .set("called_class", "international")
        .set("called_country", country(number))
        .talked(seconds)
}

/// One ring at each of so many users, one a minute.
fn wave(users: u64, number: u64) -> Vec<Record> {
    (0..users).map(|i| ring(i, MONDAY + i as i64 * MINUTE, i, number + i % 2, 3)).collect()
}

fn run(records: &[Record]) -> Findings {
    Harness::new(MANIFEST).run::<InternationalCalls>(records)
}

/// Findings about ranges.
fn ranges(records: &[Record]) -> Vec<Finding> {
    run(records).into_values().filter(|f| matches!(f.subject, Subject::Number(_))).collect()
}

fn severity(records: &[Record]) -> Option<Severity> {
    let found = ranges(records);
    assert!(found.len() <= 1, "{found:#?}");
    found.first().map(|f| f.severity)
}

#[test]
fn a_wave_of_rings_is_found_and_a_call_back_makes_it_worse() {
    assert_eq!(severity(&wave(4, LATVIA)), None);
    assert_eq!(severity(&wave(6, LATVIA)), Some(Severity::Low));
    assert_eq!(severity(&wave(12, LATVIA)), Some(Severity::Medium));
    let mut back = wave(12, LATVIA);
    back.push(out(100, MONDAY + 2 * HOUR, 3, LATVIA, 40));
    assert_eq!(severity(&back), Some(Severity::High));
    back.push(out(101, MONDAY + 3 * HOUR, 4, LATVIA + 1, 1_200));
    let found = ranges(&back);
    assert_eq!((found.len(), found[0].severity), (1, Severity::Critical));
    assert_eq!(found[0].title, "12 users rung for a moment from +3712000xxxx in Latvia, 2 called back");
    assert_eq!(found[0].evidence.len(), 14);
    for reason in [
        "12 rings without an answer at 12 users in 11 min, 3.0 s long on average; 12 users within the busiest window",
        "2 calls to the range by 2 users (2 answered, 21 min in all); 2 of them had been rung before",
        "numbers: +37120000000, +37120000001",
    ] {
        assert!(found[0].explanation.iter().any(|e| e == reason), "{reason}: {:#?}", found[0].explanation);
    }
}

#[test]
fn what_rings_long_or_is_answered_or_passed_on_is_no_wave() {
    let long: Vec<Record> = (0..12).map(|i| ring(i, MONDAY + i as i64 * MINUTE, i, LATVIA, 20)).collect();
    assert_eq!(severity(&long), None);
    let answered: Vec<Record> = wave(12, LATVIA).into_iter().map(|r| r.talked(30)).collect();
    assert_eq!(severity(&answered), None);
    let queue: Vec<Record> =
        wave(12, LATVIA).into_iter().map(|r| r.set("redirecting_number", "+34911000000")).collect();
    assert_eq!(severity(&queue), None);
    let at_once: Vec<Record> = (0..12).map(|i| ring(i, MONDAY + i as i64 * 9, i, LATVIA, 3)).collect();
    assert_eq!(severity(&at_once), None, "one call offered to a group");
    let one_user: Vec<Record> = (0..12).map(|i| ring(i, MONDAY + i as i64 * MINUTE, 1, LATVIA, 3)).collect();
    assert_eq!(severity(&one_user), None);
}

#[test]
fn who_is_talked_to_all_the_time_may_ring() {
    let mut calls: Vec<Record> = (0..20)
        .map(|i| ring(1_000 + i, MONDAY - (20 - i as i64) * DAY, i % 7, GERMANY, 5).talked(200))
        .collect();
    calls.extend(wave(9, GERMANY));
    assert_eq!(severity(&calls), None);
}

#[test]
fn several_users_who_call_back_a_rare_number() {
    let mut calls = Vec::new();
    for i in 0..3_u64 {
        let at = MONDAY + i as i64 * HOUR;
        calls.push(ring(i, at, i, LATVIA, 4));
        calls.push(out(100 + i, at + 10 * MINUTE, i, LATVIA, 300));
    }
    let found = ranges(&calls);
    assert_eq!((found.len(), found[0].kind.as_str()), (1, SHARED_RANGE));
    assert!(found[0].severity >= Severity::Medium);
    assert_eq!(found[0].title, "3 users called the rare range +3712000xxxx in Latvia");
}

#[test]
fn colleagues_with_a_new_customer_and_a_conference_are_no_alarm() {
    let customer = [out(1, MONDAY, 1, GERMANY, 200), out(2, MONDAY + HOUR, 2, GERMANY + 3, 100)];
    assert_eq!(severity(&customer), None);
    let mut bridge = Vec::new();
    for day in 0..10_u64 {
        for user in 0..5 {
            let at = MONDAY + day as i64 % 5 * DAY + day as i64 / 5 * 7 * DAY + user as i64 * SECOND;
            bridge.push(out(day * 10 + user, at, user, GERMANY, 3_000));
        }
    }
    assert!(severity(&bridge) <= Some(Severity::Low), "{:#?}", ranges(&bridge));
}

#[test]
fn who_calls_a_lot_is_judged_alone() {
    let calls: Vec<Record> =
        (0..40).map(|i| out(i, MONDAY + i as i64 * MINUTE, i % 2, LATVIA + i % 3, 300)).collect();
    let found = run(&calls);
    let users = found.values().filter(|f| matches!(f.subject, Subject::User(_))).count();
    assert_eq!(users, 2);
    assert!(severity(&calls) < Some(Severity::High));
}

fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut at = MONDAY;
    (0..60 + random.below(90))
        .map(|id| {
            at += match random.below(12) {
                0 => DAY * random.below(4) as i64,
                1 => HOUR * random.below(20) as i64,
                _ => SECOND * random.below(400) as i64,
            };
            let number = [LATVIA, LATVIA, GERMANY][random.below(3) as usize] + random.below(12_000);
            let user = random.below(14);
            match random.below(5) {
                0 => out(id, at, user, number, random.below(700) as i64).set("local_offset", 60),
                1 => ring(id, at, user, number, 5).talked(100),
                _ => ring(id, at, user, number, random.below(10) as i64),
            }
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_does_not_matter_across_users(traffic_seed: u64, seed: u64) {
        Harness::new(MANIFEST).with("warm_days", 1).check_order::<InternationalCalls>(&traffic(traffic_seed), seed);
    }
}

#[test]
fn the_traffic_of_the_order_test_has_every_kind() {
    let mut kinds: Vec<String> =
        (0..40).flat_map(|s| ranges(&traffic(s)).into_iter().map(|f| f.kind)).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, [SHARED_RANGE, WANGIRI]);
}
