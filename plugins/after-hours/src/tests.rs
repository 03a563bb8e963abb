use proptest::prelude::*;
use ringfence_sdk::Finding;
use ringfence_sdk::calendar::day_from_date;
use ringfence_sdk::directory::Hours as Open;
use ringfence_sdk::harness::{Findings, Harness, Place, Random, Record, logged, set_place};

use super::*;

/// Monday 2 March 2026, 0:00 UTC.
fn monday() -> i64 {
    i64::from(day_from_date(2026, 3, 2)) * DAY
}

/// Bogota: Monday to Friday, 8 to 18, five hours behind UTC; Monday 23 March is a holiday.
fn harness() -> Harness {
    let harness = Harness::new(MANIFEST);
    let hours = (0..5).map(|weekday| Open { weekday, start: 480, to: 1080 }).collect();
    let holidays = vec![day_from_date(2026, 3, 23)];
    set_place("Bogota", Place { hours, holidays, utc_offset: Some(-300) });
    harness
}

/// A call at a local time: days and minutes after that Monday.
fn call(id: u64, day: i64, minute: i64, class: &str) -> Record {
    let at = monday() + day * DAY + (minute + 300) * MINUTE;
    Record::at_millis(id, at)
        .set("user", "ana")
        .set("location", "Bogota")
        .set("local_offset", -300)
        .set("called_class", class)
        .set("called_country", if class == "international" { "LV" } else { "CO" })
        .talked(120)
}

/// Calls at 10 and 15 on working days.
fn office(weeks: i64) -> Vec<Record> {
    let days = (0..weeks * 7).filter(|d| d % 7 < 5);
    days.flat_map(|d| [600, 900].map(|m| call((d * 1440 + m) as u64, d, m, "mobile"))).collect()
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.values().next().unwrap()
}

#[test]
fn a_night_across_midnight_is_one_finding() {
    let mut calls = office(2);
    for (i, minute) in [1400, 1430, 1450, 1500, 1560].into_iter().enumerate() {
        calls.push(call(50_000 + i as u64, 14, minute, "international"));
    }
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!(finding.key, "after-hours/2026-03-16");
    assert_eq!((finding.severity, finding.evidence.len()), (Severity::Medium, 5));
    assert_eq!(
        finding.explanation[0],
        "5 calls between 23:20 and 02:00 local time at Bogota, Monday 2026-03-16: outside business hours; 10 min talked"
    );
    assert!(finding.explanation[1].contains("5 of them abroad"), "{finding:#?}");
}

#[test]
fn severity_follows_destination_and_count() {
    let severity = |count: u64, class: &str| {
        let mut calls = office(2);
        calls.extend((0..count).map(|i| call(50_000 + i, 14, 1300 + i as i64, class)));
        harness().run::<AfterHours>(&calls).values().map(|f| f.severity).next()
    };
    assert_eq!(severity(2, "international"), None);
    assert_eq!(severity(3, "national"), Some(Severity::Low));
    assert_eq!(severity(10, "national"), Some(Severity::Medium));
    assert_eq!(severity(6, "international"), Some(Severity::High));
    assert_eq!(severity(3, "premium"), Some(Severity::High));
    assert_eq!(severity(15, "international"), Some(Severity::Critical));
    assert_eq!(severity(30, "toll-free"), None);
}

#[test]
fn office_hours_and_their_margin_are_silent() {
    let mut calls = office(3);
    calls.extend((0..30).map(|i| call(50_000 + i, 16, 1080 + i as i64, "international")));
    calls.extend((0..30).map(|i| call(60_000 + i, 17, 430 + i as i64, "international")));
    assert!(harness().run::<AfterHours>(&calls).is_empty());
}

#[test]
fn holidays_and_weekends_are_days_off() {
    let mut calls = office(3);
    calls.extend((0..4).map(|i| call(50_000 + i, 19, 600 + i as i64, "international")));
    calls.extend((0..4).map(|i| call(60_000 + i, 21, 600 + i as i64, "international")));
    let findings = harness().run::<AfterHours>(&calls);
    let keys: Vec<&str> = findings.keys().map(|(_, k)| k.as_str()).collect();
    assert_eq!(keys, ["after-hours/2026-03-21", "after-hours/2026-03-23"]);
    assert!(findings.values().all(|f| f.title.contains("on a day off")));
}

#[test]
fn a_night_worker_is_no_alarm_and_a_day_worker_at_3_is() {
    let mut calls: Vec<Record> = Vec::new();
    for day in (0..21).filter(|d| d % 7 < 5) {
        calls.extend(
            (0..6).map(|i| {
                call(day as u64 * 100 + i, day, 1380 + i as i64 * 40, "national").set("user", "night")
            }),
        );
    }
    assert!(harness().run::<AfterHours>(&calls).is_empty());
    calls.extend(office(3));
    calls.extend((0..4).map(|i| call(90_000 + i, 17, 180 + i as i64, "national")));
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!((finding.severity, finding.key.as_str()), (Severity::Low, "after-hours/2026-03-18"));
    assert!(finding.explanation[1].contains("no calls around that hour"), "{finding:#?}");
}

#[test]
fn without_a_history_it_takes_more_calls_within_the_country() {
    let night = |national: u64, abroad: u64| {
        let calls: Vec<Record> = (0..national + abroad)
            .map(|i| call(i, 1, 180 + i as i64, if i < national { "mobile" } else { "international" }))
            .collect();
        harness().run::<AfterHours>(&calls).values().map(|f| (f.severity, f.evidence.len())).next()
    };
    assert_eq!(night(7, 0), None);
    assert_eq!(night(8, 0), Some((Severity::Low, 8)));
    assert_eq!(night(30, 0), Some((Severity::Low, 30)));
    assert_eq!(night(5, 2), None);
    assert_eq!(night(5, 3), Some((Severity::Medium, 8)));
    assert_eq!(night(0, 3), Some((Severity::Medium, 3)));
}

#[test]
fn a_location_without_hours_is_said_once() {
    let harness = harness();
    let calls: Vec<Record> =
        (0..9).map(|i| call(i, 0, 180 + i as i64, "international").set("location", "Lima")).collect();
    assert!(harness.run::<AfterHours>(&calls).is_empty());
    let lines = logged();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].1.contains("'Lima' has no business hours"));
}

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
            let class = ["national", "mobile", "international", "premium"][random.below(4) as usize];
            calls.push(call(calls.len() as u64, 0, minute, class).set("user", format!("user{user}")));
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
