//! Scans of a block of numbers.

use super::*;

const FIRST: u64 = 34_911_230_100;
const CALLER: u64 = 34_688_123_456;

fn probe(id: u64, from: u64, to: u64, seconds: i64) -> Record {
    inbound(id, &format!("user{to}"), MONDAY + id as i64 * 7 * SECOND, from, to, seconds)
}

#[test]
fn one_caller_down_the_block_is_one_finding() {
    let calls: Vec<Record> = (0..45).map(|i| probe(i, CALLER, FIRST + i, (i % 3) as i64)).collect();
    let findings = run(&calls);
    let finding = only(&findings);
    assert_eq!((finding.kind.as_str(), finding.severity), ("war-dialling", Severity::Critical));
    assert_eq!(finding.subject.text(), "+34911230xxx");
    assert_eq!(
        finding.title,
        "45 of our numbers called for moments within 6 minutes by +34688123456 or its neighbours"
    );
    assert!(finding.explanation[0].contains("between +34911230100 and +34911230144"), "{finding:?}");
    assert_eq!(int(finding, "records"), 45);
}

#[test]
fn callers_in_turn_are_given_away_by_the_order() {
    let mut random = Random(31);
    let calls: Vec<Record> = (0..30).map(|i| probe(i, anybody(&mut random), FIRST + 2 * i, 0)).collect();
    assert_eq!(only(&run(&calls)).severity, Severity::High);
}

#[test]
fn unassigned_numbers_tell_in_any_order() {
    let calls: Vec<Record> = (0..14)
        .map(|i| {
            let reason = if i % 4 == 0 { "UnassignedNumber" } else { "NoAnswer" };
            probe(i, CALLER, FIRST + i * 37 % 101, 0).set("call_outcome_reason", reason)
        })
        .collect();
    assert_eq!(only(&run(&calls)).severity, Severity::Medium);
}

#[test]
fn ordinary_short_calls_to_many_are_silent() {
    let mut random = Random(32);
    let mut calls = Vec::new();
    for i in 0..4000u64 {
        let at = MONDAY + between(&mut random, 0, 8 * 3600) * SECOND;
        // A partner's switchboard shows one number for all its people.
        let from = if random.below(40) == 0 { CALLER } else { anybody(&mut random) };
        let to = FIRST - 100 + random.below(400);
        calls.push(inbound(i, &format!("user{to}"), at, from, to, talk(&mut random, 74)));
    }
    assert!(run(&calls).is_empty());
}

#[test]
fn calls_put_through_and_calls_that_last_are_no_probes() {
    let through: Vec<Record> =
        (0..40).map(|i| probe(i, CALLER, FIRST + i, 0).set("redirect_reason", "Deflection")).collect();
    assert!(run(&through).is_empty());
    let notice: Vec<Record> = (0..40).map(|i| probe(i, CALLER, FIRST + i, 25)).collect();
    assert!(run(&notice).is_empty());
}
