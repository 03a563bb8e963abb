//! People who work, travel and stay late: what an analyst does not want to be told.

use super::*;

/// Calls of somebody in the night of some days, six of them from 23:00 on.
fn night_shift(user: &str, days: impl Iterator<Item = i64>, class: &str) -> Vec<Record> {
    days.flat_map(|day| (0..6).map(move |i| (day as u64 * 100 + i, day, 1380 + i as i64 * 50)))
        .map(|(id, day, minute)| call(id, day, minute, class).set("user", user))
        .collect()
}

#[test]
fn a_night_worker_is_no_alarm_and_a_day_worker_at_3_is() {
    let mut calls = night_shift("nadia", (0..28).filter(|d| d % 7 < 5), "national");
    assert!(harness().run::<AfterHours>(&calls).is_empty());
    calls.extend(office(4));
    calls.extend(burst(90_000, 24, 180, "national", 4));
    let findings = harness().run::<AfterHours>(&calls);
    let finding = only(&findings);
    assert_eq!((finding.severity, finding.key.as_str()), (Severity::Low, "after-hours/2026-03-25"));
    assert!(finding.explanation[1].contains("around that hour on 0 of 17 days"), "{finding:#?}");
}

#[test]
fn a_night_worker_calls_abroad_now_and_then() {
    let mut calls = night_shift("nadia", (0..28).filter(|d| d % 7 < 5), "national");
    calls.extend(burst(90_000, 24, 1450, "international", 3).into_iter().map(|c| c.set("user", "nadia")));
    assert!(harness().run::<AfterHours>(&calls).is_empty());
}

#[test]
fn a_new_hire_on_the_night_shift_is_at_most_worth_knowing() {
    let first_week = night_shift("new", 0..5, "national");
    let findings = harness().run::<AfterHours>(&first_week);
    assert!(findings.values().all(|f| f.severity <= Severity::Low), "{findings:#?}");
}

#[test]
fn rotating_shifts_are_no_alarm() {
    // A week of mornings, of evenings and of nights each, twice.
    let mut calls = Vec::new();
    for day in (0..42).filter(|d| d % 7 < 5) {
        let start = [420, 840, 1320][(day / 7 % 3) as usize];
        calls.extend((0..6).map(|i| call(day as u64 * 100 + i, day, start + i as i64 * 70, "mobile")));
    }
    let findings = harness().run::<AfterHours>(&calls);
    assert!(findings.values().all(|f| f.severity <= Severity::Low), "{findings:#?}");
    let later = findings.values().filter(|f| f.first_event > monday() + 28 * DAY).count();
    assert_eq!(later, 0, "the second turn of nights is known: {findings:#?}");
}

#[test]
fn an_on_call_technician_is_learned() {
    let mut calls = office(6);
    // Called out on two nights a week, at different hours, three or four calls each.
    for (i, (day, minute)) in
        [(7, 1500), (10, 1610), (15, 1460), (17, 1580), (22, 1530), (24, 1640), (29, 1500), (31, 1600)]
            .into_iter()
            .enumerate()
    {
        calls.extend(burst(50_000 + 100 * i as u64, day, minute, "mobile", 3 + i as u64 % 2));
    }
    let findings = harness().run::<AfterHours>(&calls);
    assert!(findings.values().all(|f| f.severity <= Severity::Low), "{findings:#?}");
    let last = findings.values().map(|f| f.last_event).max().unwrap_or_default();
    assert!(last < monday() + 16 * DAY, "after three nights it is known: {findings:#?}");
}

#[test]
fn month_end_is_no_alarm() {
    let mut calls = office(4);
    for colleague in ["ana", "eva", "luis", "rosa"] {
        calls.extend(office(4).into_iter().map(|c| c.set("user", colleague)));
        for day in [24, 25] {
            let id = 60_000 + day as u64 * 1000 + colleague.len() as u64 * 100;
            calls.extend(burst(id, day, 1220, "national", 9).into_iter().map(|c| c.set("user", colleague)));
        }
    }
    assert!(harness().run::<AfterHours>(&calls).is_empty());
}

#[test]
fn a_trip_is_not_high() {
    let mut calls = office(4);
    // Three days in Tokyo: home by mobile at its office hours, which are the night here, and local calls.
    for day in 21..24 {
        let id = 70_000 + day as u64 * 100;
        calls.extend(burst(id, day, 1210, "mobile", 4).into_iter().map(|c| c.set("os_type", "ios")));
        let hotel = burst(id + 50, day, 1290, "international", 2).into_iter();
        calls.extend(hotel.map(|c| c.set("os_type", "ios").set("called_country", "JP")));
    }
    let findings = harness().run::<AfterHours>(&calls);
    assert!(only(&findings).severity <= Severity::Medium, "{findings:#?}");
    assert!(only(&findings).explanation.iter().any(|e| e.contains("with a mobile client")));
}

#[test]
fn overtime_of_a_busy_agent_is_no_alarm() {
    let mut calls = Vec::new();
    for day in (0..28).filter(|d| d % 7 < 5) {
        calls.extend((0..60).map(|i| call(day as u64 * 100 + i, day, 500 + 8 * i as i64, "mobile")));
    }
    calls.extend((0..60).map(|i| call(80_000 + i, 26, 500 + 8 * i as i64, "mobile")));
    let findings = harness().run::<AfterHours>(&calls);
    assert!(findings.values().all(|f| f.severity <= Severity::Low), "{findings:#?}");
}

#[test]
fn who_works_on_saturdays_is_known_by_the_third() {
    let mut calls = office(5);
    for day in [5, 12, 19, 26] {
        calls.extend(burst(50_000 + day as u64 * 100, day, 600, "mobile", 5));
    }
    assert!(harness().run::<AfterHours>(&calls).is_empty());
    calls.extend(burst(90_000, 33, 600, "international", 3));
    let findings = harness().run::<AfterHours>(&calls);
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn in_the_first_days_every_country_is_new() {
    let night = |day: i64, count: u64| {
        let mut calls: Vec<Record> =
            office(2).into_iter().filter(|c| c.id().lo < day as u64 * 1440).collect();
        calls.extend(burst(50_000, day, 180, "international", count));
        harness().run::<AfterHours>(&calls).values().map(|f| f.severity).next()
    };
    assert_eq!(night(2, 2), None);
    assert_eq!(night(2, 3), Some(Severity::Low));
    assert_eq!(night(10, 2), Some(Severity::Medium));
    assert_eq!(night(2, 5), Some(Severity::Medium), "a burst on the second day is still seen");
}

#[test]
fn an_incident_at_night_is_less_than_an_attack() {
    let night = |colleagues: bool| {
        let mut calls = office(4);
        calls.extend(burst(50_000, 17, 160, "internal", u64::from(colleagues)));
        calls.extend(burst(60_000, 17, 180, "international", 5));
        only(&harness().run::<AfterHours>(&calls)).severity
    };
    assert_eq!((night(false), night(true)), (Severity::High, Severity::Medium));
}

#[test]
fn the_first_weekend_of_somebody_who_works_then_is_no_alarm() {
    let mut calls = office(1);
    calls.extend((0..90).map(|i| call(80_000 + i, 5, 500 + 5 * i as i64, "mobile")));
    let findings = harness().run::<AfterHours>(&calls);
    assert!(findings.values().all(|f| f.severity <= Severity::Low), "{findings:#?}");
}
