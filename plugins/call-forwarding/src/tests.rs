use proptest::prelude::*;
use ringfence_sdk::calendar::day_from_date;
use ringfence_sdk::directory::Hours;
use ringfence_sdk::harness::{Findings, Harness, Place, Random, Record, set_place};
use ringfence_sdk::{DAY, Finding, Severity};

use super::*;

/// Monday 2 March 2026, 10:00 UTC.
fn monday() -> i64 {
    i64::from(day_from_date(2026, 3, 2)) * DAY + 10 * HOUR
}

fn harness() -> Harness {
    let harness = Harness::new(MANIFEST);
    let hours = (0..5).map(|weekday| Hours { weekday, start: 480, to: 1080 }).collect();
    set_place("Madrid", Place { hours, ..Place::default() });
    harness
}

fn leg(id: u64, at: i64, number: &str, class: &str) -> Record {
    Record::at_millis(id, at)
        .set("user", "ana")
        .set("location", "Madrid")
        .set("called_number", number)
        .set("called_class", class)
        .set("called_country", if class == "international" { "LV" } else { "ES" })
        .set("redirecting_number", "+34911000001")
        .set("related_reason", "CallForwardAlways")
        .set("redirect_reason", "Unconditional")
        .talked(300)
}

fn change(id: u64, at: i64, to: &str, class: &str) -> Record {
    Record::at_millis(id, at)
        .set("event", "forwarding-change")
        .set("user", "ana")
        .set("location", "Madrid")
        .set("forward_enabled", true)
        .set("forward_to", to)
        .set("forward_class", class)
        .set("forward_country", if class == "international" { "LV" } else { "ES" })
        .set("actor", "ana")
}

/// A call a day, so that the user is known.
fn known(days: i64) -> Vec<Record> {
    let call = |d: i64| {
        Record::at_millis(d as u64, monday() + d * DAY)
            .set("user", "ana")
            .set("called_number", "+34911222333")
            .set("called_class", "national")
            .talked(60)
    };
    (0..days).map(call).collect()
}

fn run(records: &[Record]) -> Findings {
    harness().run::<CallForwarding>(records)
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.values().next().unwrap()
}

#[test]
fn a_change_and_the_calls_after_it_are_one_finding() {
    let mut records = known(10);
    let at = monday() + 10 * DAY;
    records.push(change(500, at, "+37120000001", "international").set("actor", "admin@example.org"));
    for i in 0..5 {
        records.push(leg(600 + i, at + HOUR + i as i64 * 10 * MINUTE, "+37120000001", "international"));
    }
    let findings = run(&records);
    let finding = only(&findings);
    assert_eq!((finding.kind.as_str(), finding.severity), ("forwarding-change", Severity::Critical));
    assert_eq!((finding.evidence.len(), finding.title.as_str()), (6, "Forwarding set to Latvia"));
    assert_eq!(
        finding.explanation,
        [
            "forwarding was switched on to +37120000001, Latvia",
            "it was made by admin@example.org, not by the owner",
            "no call of this user was forwarded to +37120000001 before, in 10 days of records",
            "5 calls forwarded, 5 within 60 minutes at the busiest, 25 min talked"
        ]
    );
}

#[test]
fn severity_of_a_change_follows_destination_and_hour() {
    let severity = |hours: i64, class: &str, on: bool| {
        let mut records = known(10);
        let to = if class == "internal" { "2001" } else { "+34600000001" };
        records.push(change(500, monday() + 10 * DAY + hours * HOUR, to, class).set("forward_enabled", on));
        run(&records).values().map(|f| f.severity).next()
    };
    // The tenth day is a Thursday.
    assert_eq!(severity(0, "mobile", true), Some(Severity::Medium));
    assert_eq!(severity(11, "mobile", true), Some(Severity::High));
    assert_eq!(severity(0, "premium", true), Some(Severity::Critical));
    assert_eq!(severity(0, "international", false), None);
    assert_eq!(severity(0, "internal", true), None);
}

#[test]
fn forwarded_calls_abroad_are_found_without_a_change() {
    let legs = |count: u64| -> Vec<Record> {
        (0..count)
            .map(|i| leg(i, monday() + i as i64 * 5 * MINUTE, "+37120000001", "international"))
            .collect()
    };
    assert_eq!(only(&run(&legs(1))).severity, Severity::High);
    let findings = run(&legs(4));
    assert_eq!(
        (only(&findings).severity, only(&findings).kind.as_str()),
        (Severity::Critical, "forwarded-calls")
    );
    assert_eq!(only(&findings).title, "4 calls forwarded to Latvia");
}

#[test]
fn a_new_mobile_is_low_and_a_usual_one_is_silent() {
    let mut records = known(10);
    records.extend((10..14).map(|d| leg(600 + d, monday() + d as i64 * DAY, "+34600000001", "mobile")));
    let findings = run(&records);
    assert!(findings.values().all(|f| f.severity == Severity::Low) && !findings.is_empty(), "{findings:#?}");
    // From the beginning of records it is no news, and later it is usual.
    let always: Vec<Record> =
        (0..30).map(|d| leg(600 + d, monday() + d as i64 * DAY, "+34600000001", "mobile")).collect();
    assert!(run(&always).is_empty());
}

#[test]
fn transfers_count_only_abroad() {
    let transfer = |class: &str| {
        let record = leg(1, monday(), "+37120000001", class).set("related_reason", "ConsultativeTransfer");
        run(&[record.set("redirect_reason", "Deflection")])
    };
    assert!(transfer("mobile").is_empty());
    assert!(only(&transfer("international")).explanation[1].contains("1 of them transferred"));
}

fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut records = Vec::new();
    for user in 0..3 {
        let mut at = monday();
        for _ in 0..(5 + random.below(80)) {
            at += match random.below(6) {
                0 => DAY * random.below(5) as i64,
                1 => HOUR * random.below(12) as i64,
                _ => MINUTE * random.below(15) as i64,
            };
            let number = format!("+3712000000{}", random.below(4));
            let class = ["international", "mobile", "national", "premium"][random.below(4) as usize];
            let id = records.len() as u64;
            let record = match random.below(6) {
                0 => change(id, at, &number, class),
                1 => leg(id, at, &number, class).set("related_reason", "Deflection"),
                2 => leg(id, at, "2001", "internal"),
                _ => leg(id, at, &number, class),
            };
            records.push(record.set("user", format!("user{user}")));
        }
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        harness().check_order::<CallForwarding>(&traffic(traffic_seed), seed);
    }
}
