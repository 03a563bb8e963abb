use proptest::prelude::*;
use ringfence_sdk::harness::{Findings, Harness, Random, Record};
use ringfence_sdk::{Finding, HOUR, Severity};

use super::*;

/// A Monday, 9:00 UTC.
const MONDAY: i64 = 1_772_442_000_000;

fn call(id: u64, at: i64, country: &str, number: u64, seconds: i64) -> Record {
    Record::at_millis(id, at)
        .set("user", "ana")
        .set("direction", "ORIGINATING")
        .set("location", "Madrid")
        .set("called_number", format!("+{number}"))
        .set("called_class", "international")
        .set("called_country", country)
        .talked(seconds)
}

fn weekday(day: i64) -> bool {
    day % 7 < 5
}

/// On working days two calls to France, and one home.
fn ordinary(days: i64) -> Vec<Record> {
    let mut calls = Vec::new();
    for day in (0..days).filter(|d| weekday(*d)) {
        let at = MONDAY + day * DAY;
        let id = day as u64 * 10;
        calls.push(call(id, at, "FR", 33_140_000_000, 200 + day % 5 * 60));
        calls.push(call(id + 1, at + HOUR, "FR", 33_140_000_001 + id % 30, 90));
        calls.push(call(id + 2, at + 2 * HOUR, "ES", 34_911_000_000, 60).set("called_class", "national"));
    }
    calls
}

fn run(records: &[Record]) -> Findings {
    Harness::new(MANIFEST).run::<InternationalCalls>(records)
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.values().next().unwrap()
}

/// Severity after these calls on top of an ordinary month; `None` if there is no finding.
fn after_a_month(attack: &[Record]) -> Option<Severity> {
    let mut calls = ordinary(28);
    calls.extend_from_slice(attack);
    let findings = run(&calls);
    assert!(findings.len() <= 1, "{findings:#?}");
    findings.values().next().map(|f| f.severity)
}

#[test]
fn a_known_country_is_silent_and_a_first_call_is_no_alarm() {
    assert!(run(&ordinary(28)).is_empty());
    let single = [call(900, MONDAY + 28 * DAY, "DE", 49_301_234_567, 200)];
    assert!(after_a_month(&single) <= Some(Severity::Low));
    let other_range = [call(900, MONDAY + 28 * DAY, "FR", 33_199_999_999, 200)];
    assert_eq!(after_a_month(&other_range), None);
}

#[test]
fn toll_fraud_is_one_critical_finding_that_says_why() {
    let mut calls = ordinary(28);
    let night = MONDAY + 28 * DAY + 17 * HOUR;
    for i in 0..14 {
        let country = if i % 7 == 6 { "CU" } else { "LV" };
        calls.push(call(900 + i, night + i as i64 * 4 * MINUTE, country, 37_120_000_000 + i % 3, 600));
    }
    let findings = run(&calls);
    let fraud = only(&findings);
    assert_eq!((fraud.severity, fraud.evidence.len()), (Severity::Critical, 14));
    assert_eq!(fraud.title, "14 calls to Latvia and Cuba, new for this user and this organisation");
    for reason in [
        "first call to Latvia and Cuba by this user and this organisation (29 days of records)",
        "14 calls in 52 min (14 answered, 140 min in all); usual 0-2 a day (20 days with such calls in 30)",
        "3 calls overlapping",
        "14 calls to 3 numbers within 60 minutes at the busiest, 140 min talked; usual busiest hour 1",
        "3 neighbouring numbers, alike but for the last digits",
    ] {
        assert!(fraud.explanation.iter().any(|e| e == reason), "{reason}: {:#?}", fraud.explanation);
    }
}

/// Two test calls, then long ones to neighbouring numbers every four minutes.
fn burst(at: i64, country: &str, first: u64, calls: u64) -> Vec<Record> {
    (0..calls)
        .map(|i| {
            let (offset, seconds) = if i < 2 { (i as i64 * 3, 12) } else { (30 + i as i64 * 4, 400) };
            call(900 + i, at + offset * MINUTE, country, first + i * 7 % 5, seconds)
        })
        .collect()
}

#[test]
fn a_burst_is_medium_by_its_fifth_call() {
    let (day, night) = (MONDAY + 28 * DAY, MONDAY + 28 * DAY + 17 * HOUR);
    for (what, at, country, first) in [
        ("new country, day", day, "LV", 37_120_000_000),
        ("new country, night", night, "DE", 49_301_234_500),
        ("known country, night", night, "FR", 33_899_000_000),
        ("known country, day", day, "FR", 33_899_000_000),
    ] {
        let severity = after_a_month(&burst(at, country, first, 5));
        assert!(severity >= Some(Severity::Medium), "{what}: {severity:?}");
        let severity = after_a_month(&burst(at, country, first, 25));
        assert!(severity >= Some(Severity::High), "{what}: {severity:?}");
    }
}

#[test]
fn a_slow_drip_is_found_within_days_and_is_one_finding() {
    let drip = |days: i64, country: &str, number: u64| -> Vec<Record> {
        (0..days)
            .map(|d| {
                call(900 + d as u64, MONDAY + (28 + d) * DAY + 3 * HOUR, country, number + d as u64 % 2, 300)
            })
            .collect()
    };
    assert!(after_a_month(&drip(3, "LV", 37_120_000_000)) >= Some(Severity::Medium));
    assert!(after_a_month(&drip(10, "LV", 37_120_000_000)) >= Some(Severity::High));
    let premium: Vec<Record> =
        drip(2, "001", 97_912_345_678).into_iter().map(|c| c.set("called_class", "premium")).collect();
    assert!(after_a_month(&premium) >= Some(Severity::Medium));
}

#[test]
fn a_business_trip_is_no_alarm() {
    let home: Vec<Record> = (0..12)
        .map(|i| {
            let at = MONDAY + (28 + i as i64 / 4) * DAY + [2, 9, 14, 20][i as usize % 4] * HOUR;
            let number = [49_301_234_567, 49_891_112_222, 49_402_223_333][i as usize % 3];
            call(900 + i, at - 6 * HOUR, "DE", number, 60 + i as i64 * 20)
        })
        .collect();
    assert!(after_a_month(&home) <= Some(Severity::Medium));
    // A slow drip looks like a trip's second day; its first calls are no alarm.
    assert!(after_a_month(&home[..3]) <= Some(Severity::Low));
}

#[test]
fn many_new_countries_at_once_are_one_finding_also_without_a_history() {
    const COUNTRIES: [&str; 10] = ["CU", "LV", "SO", "GM", "SL", "MV", "TN", "LT", "EE", "AL"];
    let night = MONDAY + 28 * DAY + 17 * HOUR;
    let attack: Vec<Record> = (0..20)
        .map(|i| {
            let at = night + i as i64 * 2 * MINUTE;
            call(900 + i, at, COUNTRIES[i as usize % 10], 37_120_000_000 + i * 3_000_000, 60)
        })
        .collect();
    let alone = run(&attack);
    assert!(only(&alone).severity >= Severity::Medium);
    assert!(after_a_month(&attack) >= Some(Severity::High));
    // A few calls to three countries are no attack while all countries are new.
    let few: Vec<Record> = attack.into_iter().step_by(4).take(5).collect();
    assert!(run(&few).values().all(|f| f.severity < Severity::Medium));
}

#[test]
fn a_second_wave_has_all_its_calls() {
    let mut calls = ordinary(28);
    for wave in 0..2 {
        for i in 0..9 {
            let at = MONDAY + (28 + 4 * wave as i64) * DAY + 12 * HOUR + i as i64 * MINUTE;
            let country = ["CU", "LV", "SO"][i as usize % 3];
            calls.push(call(900 + wave * 100 + i, at, country, 37_120_000_000 + i, 60));
        }
    }
    let evidence: Vec<usize> = run(&calls).values().map(|f| f.evidence.len()).collect();
    assert_eq!(evidence, [9, 9]);
}

#[test]
fn premium_calls_rise() {
    let severity = |count: u64, gap: i64| {
        let calls: Vec<Record> = (0..count)
            .map(|i| {
                let at = MONDAY + 28 * DAY + i as i64 * gap;
                call(900 + i, at, "ES", 34_803_000_000 + i, 300).set("called_class", "premium")
            })
            .collect();
        after_a_month(&calls)
    };
    assert_eq!(severity(1, HOUR), Some(Severity::Low));
    assert_eq!(severity(2, 5 * HOUR), Some(Severity::Medium));
    assert_eq!(severity(2, DAY), Some(Severity::Medium));
    assert_eq!(severity(8, 8 * MINUTE), Some(Severity::High));
    let satellite: Vec<Record> = (0..2)
        .map(|i| {
            call(i, MONDAY + i as i64 * HOUR, "001", 881_612_345_678, 100).set("called_class", "satellite")
        })
        .collect();
    assert_eq!(only(&run(&satellite)).kind, "premium");
    let code: Vec<Record> =
        (0..2).map(|i| call(i, MONDAY + i as i64 * HOUR, "001", 88_299_912_345, 100)).collect();
    assert_eq!(only(&run(&code)).kind, "premium", "a code of no country");
}

#[test]
fn a_burst_to_usual_numbers_is_found() {
    let many: Vec<Record> = (0..30)
        .map(|i| call(900 + i, MONDAY + 28 * DAY + i as i64 * 90_000, "FR", 33_140_000_000 + i, 70))
        .collect();
    assert!(after_a_month(&many) >= Some(Severity::Medium));
}

#[test]
fn who_always_calls_much_is_silent() {
    let mut calls = Vec::new();
    for day in (0..40).filter(|d| weekday(*d)) {
        for i in 0..24_u64 {
            let country = ["FR", "DE", "IT", "PT", "GB", "NL"][(i % 6) as usize];
            let number = 33_140_000_000 + (i * 7_919 + day as u64 * 104_729) % 50 * 20_000;
            let at = MONDAY + day * DAY + i as i64 * 19 * MINUTE;
            calls.push(call(day as u64 * 100 + i, at, country, number, 60 + i as i64 * 13));
        }
    }
    let loud: Vec<Finding> =
        run(&calls).into_values().filter(|f| f.severity > Severity::Informational).collect();
    assert!(loud.is_empty(), "{loud:#?}");
}

#[test]
fn a_night_worker_calls_a_new_customer() {
    let mut calls = Vec::new();
    for day in 0..28 {
        let at = MONDAY + day * DAY + 14 * HOUR;
        calls.push(call(day as u64, at, "ES", 34_911_000_000, 60).set("called_class", "national"));
    }
    let at = MONDAY + 28 * DAY + 14 * HOUR;
    calls.push(call(900, at, "DE", 49_301_234_567, 100));
    calls.push(call(901, at + HOUR, "DE", 49_301_234_567, 100));
    assert!(run(&calls).values().all(|f| f.severity <= Severity::Low));
}

#[test]
fn own_numbers_redirected_legs_and_calls_in_are_left_out() {
    let at = |i: u64| call(i, MONDAY + i as i64 * MINUTE, "LV", 37_120_000_000, 60);
    let ours: Vec<Record> = (0..10).map(|i| at(i).set("called_ours", true)).collect();
    let legs: Vec<Record> = (0..10).map(|i| at(i).set("redirecting_number", "+34911000000")).collect();
    let calls_in: Vec<Record> = (0..10).map(|i| at(i).set("direction", "TERMINATING")).collect();
    assert!(run(&ours).is_empty() && run(&legs).is_empty() && run(&calls_in).is_empty());
}

fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut calls = Vec::new();
    for user in 0..3 {
        let mut at = MONDAY;
        for _ in 0..(10 + random.below(90)) {
            at += match random.below(10) {
                0 => DAY * random.below(9) as i64,
                1..=4 => HOUR * random.below(20) as i64,
                _ => MINUTE * random.below(12) as i64,
            };
            let country = ["FR", "FR", "FR", "DE", "LV", "CU"][random.below(6) as usize];
            let class = ["international", "international", "national", "premium"][random.below(4) as usize];
            let number = 33_140_000_000 + random.below(4) * 10_000 + random.below(30);
            calls.push(
                call(calls.len() as u64, at, country, number, random.below(900) as i64)
                    .set("user", format!("user{user}"))
                    .set("called_class", class)
                    .set("local_offset", 60),
            );
        }
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        Harness::new(MANIFEST).check_order::<InternationalCalls>(&traffic(traffic_seed), seed);
    }
}
