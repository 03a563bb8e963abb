use proptest::prelude::*;
use ringfence_sdk::harness::{Findings, Harness, Random, Record};
use ringfence_sdk::{Finding, HOUR, Severity};

use super::*;

/// A Monday, 9:00 UTC.
const MONDAY: i64 = 1_772_442_000_000;

fn call(id: u64, at: i64, country: &str, number: u64, seconds: i64) -> Record {
    Record::at_millis(id, at)
        .set("user", "ana")
        .set("called_number", format!("+{number}"))
        .set("called_class", "international")
        .set("called_country", country)
        .talked(seconds)
}

/// Two calls to France on each of these days, and one home.
fn ordinary(days: i64) -> Vec<Record> {
    let mut calls = Vec::new();
    for day in 0..days {
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

#[test]
fn a_known_country_is_silent_and_a_first_call_is_no_alarm() {
    assert!(run(&ordinary(20)).is_empty());
    let mut calls = ordinary(20);
    calls.push(call(900, MONDAY + 20 * DAY, "LV", 37_120_000_000, 60));
    let findings = run(&calls);
    let latvia = only(&findings);
    assert_eq!((latvia.severity, latvia.kind.as_str()), (Severity::Low, "new-country"));
    assert_eq!(latvia.explanation[0], "first call to Latvia by this user in 20 days of records");
    assert_eq!(
        latvia.explanation[1],
        "1 call (1 answered, 1 min in all); usual 2 a day on 20 earlier days with international calls"
    );
}

#[test]
fn toll_fraud_is_one_critical_finding() {
    let mut calls = ordinary(20);
    let night = MONDAY + 20 * DAY + 17 * HOUR;
    for i in 0..14 {
        let country = if i % 7 == 6 { "CU" } else { "LV" };
        calls.push(call(900 + i, night + i as i64 * 4 * MINUTE, country, 37_120_000_000 + i % 3, 600));
    }
    let findings = run(&calls);
    let fraud: Vec<_> = findings.values().filter(|f| f.severity > Severity::Low).collect();
    assert_eq!(fraud.len(), 1, "{findings:#?}");
    assert_eq!((fraud[0].severity, fraud[0].evidence.len()), (Severity::Critical, 14));
    assert_eq!(fraud[0].title, "14 calls to Latvia and Cuba, new for this user");
    assert!(
        fraud[0]
            .explanation
            .iter()
            .any(|e| e == "14 calls to 3 numbers within 60 minutes at the busiest, 140 min talked")
    );
    assert!(
        fraud[0].explanation.iter().any(|e| e == "3 calls at the same time"),
        "{:?}",
        fraud[0].explanation
    );
}

#[test]
fn many_new_countries_at_once_are_one_finding_also_without_a_history() {
    const COUNTRIES: [&str; 10] = ["CU", "LV", "SO", "GM", "SL", "MV", "TN", "LT", "EE", "AL"];
    let night = MONDAY + 20 * DAY + 17 * HOUR;
    let attack = (0..20).map(|i| {
        let at = night + i as i64 * 2 * MINUTE;
        call(900 + i, at, COUNTRIES[i as usize % 10], 37_120_000_000 + i, 60)
    });
    let alone = run(&attack.clone().collect::<Vec<_>>());
    assert_eq!((only(&alone).severity, only(&alone).evidence.len()), (Severity::Critical, 20));
    let mut calls = ordinary(20);
    calls.extend(attack.clone());
    let known = run(&calls);
    assert_eq!((only(&known).severity, only(&known).evidence.len()), (Severity::Critical, 20));
    // Two calls to each of three countries are no attack while all countries are new.
    assert!(run(&attack.step_by(4).take(5).collect::<Vec<_>>()).is_empty());
}

#[test]
fn a_second_wave_has_all_its_calls() {
    let mut calls = ordinary(20);
    for wave in 0..2 {
        for i in 0..9 {
            let at = MONDAY + (20 + 3 * wave as i64) * DAY + i as i64 * MINUTE;
            let country = ["CU", "LV", "SO"][i as usize % 3];
            calls.push(call(900 + wave * 100 + i, at, country, 37_120_000_000 + i, 60));
        }
    }
    let evidence: Vec<usize> = run(&calls).values().map(|f| f.evidence.len()).collect();
    assert_eq!(evidence, [9, 9]);
}

#[test]
fn premium_calls_rise() {
    let premium = |i: u64, gap: i64| {
        call(i, MONDAY + i as i64 * gap, "GB", 44_909_000_000 + i, 300).set("called_class", "premium")
    };
    let severity = |count: u64, gap: i64| {
        let calls: Vec<Record> = (0..count).map(|i| premium(i, gap)).collect();
        only(&run(&calls)).severity
    };
    assert_eq!(severity(1, HOUR), Severity::Low);
    assert_eq!(severity(2, 5 * HOUR), Severity::Medium);
    assert_eq!(severity(3, 10 * MINUTE), Severity::High);
    assert_eq!(severity(6, 8 * MINUTE), Severity::Critical);
    let satellite: Vec<Record> = (0..2)
        .map(|i| premium(i, HOUR).set("called_class", "satellite").set("called_country", "001"))
        .collect();
    assert_eq!(only(&run(&satellite)).kind, "premium");
}

#[test]
fn a_burst_to_a_known_country_is_found_once() {
    let mut few = ordinary(8);
    for i in 0..16 {
        few.push(call(900 + i, MONDAY + 8 * DAY + i as i64 * 90_000, "FR", 33_140_000_000 + i, 70));
    }
    let findings = run(&few);
    assert_eq!((only(&findings).kind.as_str(), only(&findings).severity), ("burst", Severity::High));
    assert!(only(&findings).explanation[0].contains("the busiest hour before had 1"), "{findings:#?}");
    let mut calls = ordinary(20);
    for i in 0..30 {
        calls.push(call(900 + i, MONDAY + 20 * DAY + i as i64 * 90_000, "FR", 33_140_000_000 + i, 70));
    }
    let findings = run(&calls);
    let found: Vec<_> = findings.values().filter(|f| f.severity > Severity::Informational).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].kind.as_str(), found[0].severity), ("unusual-day", Severity::Critical));
    assert!(
        found[0].explanation.iter().any(|e| e.starts_with("30 calls to 30 numbers within 60")),
        "{found:#?}"
    );
}

#[test]
fn the_forest_finds_a_day_without_a_burst() {
    let mut calls = ordinary(20);
    for i in 0..9 {
        let number = 33_140_001_000 + i;
        calls.push(call(900 + i, MONDAY + 20 * DAY + i as i64 * HOUR, "FR", number, 1800));
    }
    let findings = run(&calls);
    let day = findings.values().find(|f| f.kind == "unusual-day").unwrap();
    assert_eq!(day.severity, Severity::Medium);
    assert!(day.score > 0.7 && day.explanation[0].contains("earlier days"), "{day:#?}");
}

#[test]
fn own_numbers_and_redirected_legs_are_left_out() {
    let at = |i: u64| call(i, MONDAY + i as i64 * MINUTE, "LV", 37_120_000_000, 60);
    let ours: Vec<Record> = (0..10).map(|i| at(i).set("called_ours", true)).collect();
    let legs: Vec<Record> = (0..10).map(|i| at(i).set("redirecting_number", "+34911000000")).collect();
    assert!(run(&ours).is_empty() && run(&legs).is_empty());
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
            let number = 33_140_000_000 + random.below(30);
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
        Harness::new(MANIFEST).with("forest_score", 0.6).check_order::<InternationalCalls>(&traffic(traffic_seed), seed);
    }
}

#[test]
fn the_traffic_of_the_order_test_has_every_kind() {
    let mut kinds: Vec<String> = (0..40)
        .flat_map(|s| Harness::new(MANIFEST).with("forest_score", 0.6).run::<InternationalCalls>(&traffic(s)))
        .map(|(_, f)| f.kind)
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, ["burst", "new-country", "premium", "unusual-day"]);
}
