use ringfence_sdk::harness::{Findings, Harness, Random, Record};
use ringfence_sdk::{DAY, Finding, SECOND, Severity};

use super::*;

mod dial;
mod flood;
mod order;
mod people;
mod scan;

/// A Monday, 9:00 UTC.
const MONDAY: i64 = 1_772_442_000_000;

fn call(id: u64, user: &str, at: i64, number: u64, seconds: i64) -> Record {
    Record::at_millis(id, at)
        .set("user", user)
        .set("direction", "ORIGINATING")
        .set("called_number", format!("+{number}"))
        .set("called_class", "national")
        .talked(seconds)
}

/// A call from outside; `user` owns the number.
fn inbound(id: u64, user: &str, at: i64, from: u64, to: u64, seconds: i64) -> Record {
    Record::at_millis(id, at)
        .set("user", user)
        .set("direction", "TERMINATING")
        .set("calling_number", format!("+{from}"))
        .set("called_number", format!("+{to}"))
        .set("called_class", "internal")
        .set("called_ours", true)
        .talked(seconds)
}

fn run(records: &[Record]) -> Findings {
    Harness::new(MANIFEST).run::<MassDialing>(records)
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.values().next().unwrap()
}

fn worst(findings: &Findings) -> Option<Severity> {
    findings.values().map(|f| f.severity).max()
}

fn int(finding: &Finding, name: &str) -> i64 {
    match finding.attributes.iter().find(|(n, _)| n == name) {
        Some((_, ringfence_sdk::Value::Int(v))) => *v,
        other => panic!("{name}: {other:?}"),
    }
}

/// Between two numbers, both included.
fn between(random: &mut Random, from: i64, to: i64) -> i64 {
    from + random.below((to - from + 1) as u64) as i64
}

/// Talk of ordinary calls in seconds: a quarter unanswered, half of the answered ones below ten seconds.
fn talk(random: &mut Random, answered: u64) -> i64 {
    if random.below(100) >= answered {
        return 0;
    }
    match random.below(100) {
        0..50 => between(random, 1, 9),
        50..75 => between(random, 9, 60),
        75..90 => between(random, 60, 269),
        _ => between(random, 269, 661),
    }
}

/// Any number of a country, scattered.
fn anybody(random: &mut Random) -> u64 {
    34_600_000_000 + random.below(390_000_000)
}

#[test]
fn settings_are_checked() {
    let harness = Harness::new(MANIFEST).with("high_points", 3);
    let error = std::panic::catch_unwind(|| harness.runner::<MassDialing>().resident()).unwrap_err();
    assert!(error.downcast_ref::<String>().unwrap().contains("must ascend"));
}
