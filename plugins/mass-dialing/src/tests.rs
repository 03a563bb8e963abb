use proptest::prelude::*;
use ringfence_sdk::harness::{Findings, Harness, Random, Record};
use ringfence_sdk::{DAY, Finding, SECOND};

use super::*;

/// A Monday, 9:00 UTC.
const MONDAY: i64 = 1_772_442_000_000;

fn call(id: u64, user: &str, at: i64, number: u64, seconds: i64) -> Record {
    Record::at_millis(id, at)
        .set("user", user)
        .set("called_number", format!("+{number}"))
        .set("called_class", "national")
        .talked(seconds)
}

fn run(records: &[Record]) -> Findings {
    Harness::new(MANIFEST).run::<MassDialing>(records)
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.values().next().unwrap()
}

fn int(finding: &Finding, name: &str) -> i64 {
    match finding.attributes.iter().find(|(n, _)| n == name) {
        Some((_, ringfence_sdk::Value::Int(v))) => *v,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn an_autodialler_is_one_critical_finding() {
    let calls: Vec<Record> =
        (0..300).map(|i| call(i, "bot", MONDAY + i as i64 * 6 * SECOND, 34_600_000_000 + i, 3)).collect();
    let findings = run(&calls);
    let finding = only(&findings);
    assert_eq!((finding.severity, finding.kind.as_str()), (Severity::Critical, "mass-dialing"));
    assert_eq!((int(finding, "calls"), int(finding, "calls_in_window")), (300, 50));
    assert_eq!(int(finding, "distinct_numbers"), 300);
    assert!(
        finding.explanation[0]
            .starts_with("50 calls in 5 minutes at the busiest, 50 of them shorter than 10 s")
    );
    assert_eq!(finding.raised_at, MONDAY + 9 * 6 * SECOND + 3 * SECOND, "raised with the tenth call");
}

#[test]
fn two_waves_are_two_findings_and_evidence_is_bounded() {
    let mut calls = Vec::new();
    for wave in 0..2 {
        for i in 0..1200u64 {
            let at = MONDAY + wave * 6 * HOUR + i as i64 * 5 * SECOND;
            calls.push(call(wave as u64 * 5000 + i, "bot", at, 34_600_000_000 + i, 2));
        }
    }
    let findings = run(&calls);
    assert_eq!(findings.len(), 2);
    for finding in findings.values() {
        assert_eq!((finding.evidence.len(), int(finding, "records")), (1000, 1200));
    }
}

#[test]
fn office_traffic_is_silent() {
    let mut random = Random(7);
    let mut calls = Vec::new();
    for day in 0..20i64 {
        for user in 0..10 {
            // Nine calls in the busiest hour, fewer in the others.
            for (hour, count) in [(0, 3), (1, 9), (2, 4), (5, 6), (7, 2)] {
                for _ in 0..count {
                    let at = MONDAY + day * DAY + hour * HOUR + random.below(3_600_000) as i64;
                    let seconds = [0, 2, 4, 9, 60, 269][random.below(6) as usize];
                    let number = 34_910_000_000 + random.below(40);
                    calls.push(call(calls.len() as u64, &format!("user{user}"), at, number, seconds));
                }
            }
        }
    }
    assert!(run(&calls).is_empty());
}

#[test]
fn an_agent_has_a_normal_of_their_own() {
    let mut calls = Vec::new();
    let day = |day: i64, gap: i64, seconds: i64, calls: &mut Vec<Record>| {
        for i in 0..(3 * HOUR / gap) {
            let id = calls.len() as u64;
            calls.push(call(id, "agent", MONDAY + day * DAY + i * gap, 34_600_000_000 + id, seconds));
        }
    };
    // 9 calls in 5 minutes on ordinary days, then 14: more than anybody else's threshold, but not theirs.
    for d in 0..10 {
        day(d, 35 * SECOND, 20, &mut calls);
    }
    day(10, 22 * SECOND, 15, &mut calls);
    assert!(run(&calls).is_empty());
    day(11, 5 * SECOND, 2, &mut calls);
    let findings = run(&calls);
    assert_eq!(only(&findings).severity, Severity::Critical);
}

#[test]
fn calls_to_colleagues_and_redirected_legs_do_not_count() {
    let base = |i: u64| call(i, "ana", MONDAY + i as i64 * SECOND, 34_600_000_000 + i, 2);
    let ours: Vec<Record> = (0..60).map(|i| base(i).set("called_ours", true)).collect();
    assert!(run(&ours).is_empty());
    let legs: Vec<Record> = (0..60).map(|i| base(i).set("redirecting_number", "+34911111111")).collect();
    assert!(run(&legs).is_empty());
}

#[test]
fn settings_are_checked() {
    let harness = Harness::new(MANIFEST).with("burst_critical_calls", 3);
    let error = std::panic::catch_unwind(|| harness.runner::<MassDialing>().resident()).unwrap_err();
    assert!(error.downcast_ref::<String>().unwrap().contains("burst_critical_calls"));
}

/// Traffic of a few users with bursts in it.
fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut calls = Vec::new();
    for user in 0..4 {
        let mut at = MONDAY;
        for _ in 0..(20 + random.below(150)) {
            at += match random.below(12) {
                0 => HOUR * random.below(20) as i64,
                1..=3 => MINUTE * random.below(20) as i64,
                _ => SECOND * random.below(25) as i64,
            };
            let seconds = [0, 3, 8, 30, 400][random.below(5) as usize];
            let number = 34_600_000_000 + random.below(60);
            calls.push(call(calls.len() as u64, &format!("user{user}"), at, number, seconds));
        }
    }
    calls
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        Harness::new(MANIFEST).check_order::<MassDialing>(&traffic(traffic_seed), seed);
    }
}

#[test]
fn the_traffic_of_the_order_test_has_findings() {
    assert!((0..20).map(|s| run(&traffic(s)).len()).sum::<usize>() > 20);
}
