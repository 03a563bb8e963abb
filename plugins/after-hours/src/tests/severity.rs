//! Destination, number and hour decide how bad it is.

use Severity::{Critical, High, Low, Medium};

use super::*;

/// Thursday of the third week, at this minute.
fn night(minute: i64, class: &str, count: u64) -> Vec<Severity> {
    severities(burst(50_000, 17, minute, class, count))
}

#[test]
fn a_night_across_midnight_is_one_finding_and_says_why() {
    let mut calls = office(3);
    for (i, minute) in [1400, 1430, 1450, 1500, 1560].into_iter().enumerate() {
        calls.push(call(50_000 + i as u64, 14, minute, "international"));
    }
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!(finding.key, "after-hours/2026-03-16");
    assert_eq!((finding.severity, finding.evidence.len()), (High, 5));
    assert_eq!(finding.title, "5 calls at night, 5 to countries new to this user");
    assert_eq!(
        finding.explanation,
        [
            "5 calls between 23:20 and 02:00 local time at Bogota, Monday 2026-03-16: business hours that day 08:00 to 18:00; 10 min talked",
            "5 of them abroad or to premium-rate or satellite numbers: 5 to countries this user does not usually call: Latvia",
            "this user called around that hour on 0 of 10 days with calls in the last 28 days (14 days of records): a chance of 0.3 % together with what is usual at that hour",
            "5 such calls in one night; on a usual day this user makes 4.0",
        ]
    );
}

#[test]
fn abroad_at_night_is_told_by_the_second_call_and_high_by_the_fifth() {
    assert_eq!(night(180, "international", 1), [Low]);
    assert_eq!(night(180, "international", 2), [Medium]);
    assert_eq!(night(180, "international", 5), [High]);
    assert_eq!(night(180, "international", 12), [Critical]);
    assert_eq!(night(180, "premium", 1), [Low]);
    assert_eq!(night(180, "premium", 2), [Medium]);
    assert_eq!(night(180, "premium", 3), [High]);
}

#[test]
fn an_evening_is_less_than_a_night() {
    assert_eq!(night(1230, "international", 1), []);
    assert_eq!(night(1230, "international", 2), [Low]);
    assert_eq!(night(1230, "international", 4), [Medium]);
    assert_eq!(night(1230, "mobile", 12), []);
}

#[test]
fn calls_within_the_country_are_told_by_their_number() {
    assert_eq!(night(180, "national", 2), []);
    assert_eq!(night(180, "national", 3), [Low]);
    assert_eq!(night(180, "national", 7), [Low]);
    assert_eq!(night(180, "national", 14), [Medium]);
    assert_eq!(night(180, "national", 60), [High]);
    assert_eq!(night(180, "toll-free", 60), []);
    assert_eq!(night(180, "internal", 60), []);
}

#[test]
fn office_hours_are_silent_and_in_their_margin_only_a_series_abroad_is_not() {
    assert_eq!(night(600, "international", 30), []);
    assert_eq!(night(450, "mobile", 20), []);
    assert_eq!(night(1090, "international", 2), []);
    assert_eq!(severities(burst(50_000, 17, 430, "international", 10)), [High]);
}

#[test]
fn usual_destinations_weigh_little() {
    let mut calls = office(4);
    // Two customers in Latvia, by day, in the first two weeks.
    let customer = |id: u64, day: i64, minute: i64, which: u64| {
        call(id, day, minute, "international").set("called_number", format!("+3712000000{which}"))
    };
    for day in [0, 2, 4, 8, 10] {
        calls.extend((0..2).map(|c| customer(40_000 + day as u64 * 10 + c, day, 640, c)));
    }
    let with = |extra: Vec<Record>| {
        let calls: Vec<Record> = calls.iter().cloned().chain(extra).collect();
        harness().run::<AfterHours>(&calls).values().map(|f| f.severity).max()
    };
    let ten = (0..10).map(|i| customer(60_000 + i, 17, 180 + 3 * i as i64, i % 2)).collect();
    assert_eq!(with(ten), Some(Low), "ten to usual contacts");
    let three: Vec<Record> = burst(60_000, 17, 180, "international", 3)
        .into_iter()
        .map(|r| r.set("called_country", "SO").set("called_number", "+252615806017"))
        .collect();
    assert_eq!(with(three), Some(Medium), "three to a country never called");
}

#[test]
fn who_does_not_get_through_tries_again() {
    let tries: Vec<Record> = burst(50_000, 17, 1230, "international", 4)
        .into_iter()
        .map(|r| r.set("called_number", "+37120000001").talked(0))
        .collect();
    assert_eq!(severities(tries), [Low]);
}

#[test]
fn nights_in_a_row_are_one_finding_that_grows_and_days_later_is_another() {
    let mut drip: Vec<Record> =
        (0..4).map(|n| call(50_000 + n, 14 + n as i64, 1500, "international")).collect();
    let mut calls = office(5);
    calls.extend(drip.clone());
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!((finding.severity, finding.evidence.len()), (Medium, 4));
    assert!(finding.explanation.iter().any(|e| e == "over 4 nights"), "{finding:#?}");
    drip.extend(burst(60_000, 24, 1500, "international", 6));
    let mut calls = office(5);
    calls.extend(drip);
    let findings = harness().run::<AfterHours>(&calls);
    let keys: Vec<&str> = findings.keys().map(|(_, k)| k.as_str()).collect();
    assert_eq!(keys, ["after-hours/2026-03-16", "after-hours/2026-03-26"]);
}

#[test]
fn an_attack_does_not_make_itself_usual() {
    // Ten nights with calls abroad and, from the third on, by the dozen within the country.
    let nights = 8..18;
    let mut calls = office(5);
    for day in nights {
        calls.extend(burst(50_000 + day as u64 * 100, day, 1500, "international", 4));
        calls.extend(burst(50_040 + day as u64 * 100, day, 1530, "national", 30));
    }
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!((finding.severity, finding.evidence.len()), (High, 340));
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let config = harness().with("medium_points", 50.0);
    let runner = std::panic::catch_unwind(|| config.runner::<AfterHours>());
    let why = runner.err().and_then(|e| e.downcast_ref::<String>().cloned()).unwrap_or_default();
    assert!(why.contains("points must rise from low to critical"), "{why}");
}

#[test]
fn what_the_organisation_calls_is_less_and_what_nobody_calls_is_more() {
    let tuesday = |country: &str| {
        let mut calls = office(4);
        for user in ["eva", "luis"] {
            for day in [1, 2, 3, 8] {
                let id = 40_000 + day as u64 * 10 + user.len() as u64;
                let known = call(id, day, 650, "international").set("called_country", "PE");
                calls.push(known.set("user", user));
            }
        }
        // At night nobody teaches, however many.
        for user in ["eva", "luis"] {
            let id = 45_000 + 100 * user.len() as u64;
            calls.extend(burst(id, 9, 200, "international", 3).into_iter().map(|c| c.set("user", user)));
        }
        let night = burst(60_000, 17, 180, "international", 5).into_iter();
        calls.extend(night.map(|c| c.set("called_country", country)));
        let findings = harness().run::<AfterHours>(&calls);
        let ana = findings.into_values().find(|f| f.subject.text() == "ana");
        ana.map(|f| (f.severity, f.explanation[1].contains("nor did anybody here")))
    };
    assert_eq!(tuesday("PE"), Some((Medium, false)));
    assert_eq!(tuesday("SO"), Some((High, true)));
    assert_eq!(tuesday("LV"), Some((High, true)));
}
