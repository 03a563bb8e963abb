//! Changes of the setting.

use super::*;

#[test]
fn a_change_and_the_calls_after_it_are_one_finding() {
    let at = later();
    let mut records = vec![
        change(500, at, LATVIA, "international")
            .set("actor", "admin@example.org")
            .set("forward_from", MOBILE),
    ];
    records.extend(legs(600, 5, at + HOUR, 10, LATVIA, "international"));
    let findings = after_ten_days(records);
    let finding = only(&findings);
    assert_eq!((finding.kind.as_str(), finding.severity), ("forwarding-change", Severity::Critical));
    assert_eq!(
        (finding.evidence.len(), finding.title.as_str()),
        (6, "Forwarding set to Latvia, 5 calls followed")
    );
    assert_eq!(
        finding.explanation,
        [
            "forwarding (always) was switched on to +37120000001, Latvia on 2026-03-12 at 10:00 local time; before, it led to +34600000001",
            "it was made by admin@example.org, not by the owner",
            "no call of this user was forwarded to +37120000001 before, in 10 days of records; they called Latvia not at all of late, the organisation did not",
            "5 calls forwarded, 5 within 60 minutes at the busiest (usually none), 25 min talked"
        ]
    );
}

/// The severity of one change, made so many hours after ten in the morning.
fn severity(hours: i64, class: &str, with: impl Fn(Record) -> Record) -> Option<Severity> {
    let to = match class {
        "internal" => "2001",
        "international" | "premium" => LATVIA,
        _ => MOBILE,
    };
    worst(&after_ten_days([with(change(500, later() + hours * HOUR, to, class))]))
}

#[test]
fn severity_of_a_change_follows_destination_hour_and_hand() {
    let own = |record: Record| record;
    let other = |record: Record| record.set("actor", "admin@example.org");
    assert_eq!(severity(0, "mobile", own), Some(Severity::Low));
    assert_eq!(severity(0, "mobile", other), Some(Severity::Medium));
    assert_eq!(severity(12, "mobile", own), Some(Severity::Medium));
    assert_eq!(severity(12, "mobile", other), Some(Severity::High));
    assert_eq!(severity(0, "international", own), Some(Severity::High));
    assert_eq!(severity(12, "international", own), Some(Severity::Critical));
    assert_eq!(severity(0, "premium", own), Some(Severity::Critical));
    assert_eq!(severity(0, "satellite", own), Some(Severity::Critical));
    assert_eq!(severity(12, "internal", other), None);
    assert_eq!(severity(0, "international", |r| r.set("forward_enabled", false)), None);
}

#[test]
fn people_who_stay_on_are_not_outside_business_hours() {
    let own = |record: Record| record;
    assert_eq!(severity(9, "mobile", own), Some(Severity::Low), "19:00, an hour after closing");
    // Saturday at noon.
    assert_eq!(severity(50, "mobile", own), Some(Severity::Medium));
    // Without business hours only the night counts.
    let elsewhere = |record: Record| record.set("location", "Nowhere");
    assert_eq!(severity(50, "mobile", elsewhere), Some(Severity::Low));
    assert_eq!(severity(14, "mobile", elsewhere), Some(Severity::Medium));
}

#[test]
fn the_owner_is_recognised_by_any_name() {
    let by = |actor: &'static str| severity(0, "mobile", |record| record.set("actor", actor));
    assert_eq!(by("ana.garcia@example.org"), Some(Severity::Low));
    assert_eq!(by("u00012@example.org"), Some(Severity::Low), "that may be anybody");
    assert_eq!(by("8f0c8cf2-3c1d-4f3a-9b57-0123456789ab"), Some(Severity::Medium));
    let mut records = vec![event(400, later() - DAY, "sign-in").set("success", true)];
    records[0] = records[0].clone().set("actor", "boss@example.org");
    records.push(change(500, later(), MOBILE, "mobile").set("actor", "boss@example.org"));
    assert_eq!(worst(&after_ten_days(records)), Some(Severity::Low), "they sign in under that name");
}

#[test]
fn own_mobile_forwarding_is_never_more_than_low() {
    for calls in [0, 3, 9] {
        let mut records = vec![change(500, later(), MOBILE, "mobile")];
        records.extend(legs(600, calls, later() + 5 * MINUTE, 20, MOBILE, "mobile"));
        records.push(change(700, later() + 6 * HOUR, "", "").set("forward_enabled", false));
        assert_eq!(worst(&after_ten_days(records)), Some(Severity::Low), "{calls} calls");
    }
}

#[test]
fn many_calls_to_a_suspicious_new_number_are_high() {
    let mut records = vec![change(500, later() + 12 * HOUR, MOBILE, "mobile")];
    records.extend(legs(600, 12, later() + 13 * HOUR, 3, MOBILE, "mobile"));
    let findings = after_ten_days(records);
    assert_eq!((only(&findings).severity, only(&findings).evidence.len()), (Severity::High, 13));
}

#[test]
fn switching_off_ends_an_episode_and_a_second_wave_is_new() {
    let wave = |id: u64, at: i64| {
        let mut records = vec![change(id, at, LATVIA, "international")];
        records.extend(legs(id + 1, 4, at + 10 * MINUTE, 10, LATVIA, "international"));
        records.push(change(id + 9, at + 2 * HOUR, "", "").set("forward_enabled", false));
        records
    };
    let night = later() + 12 * HOUR;
    let once = after_ten_days(wave(500, night));
    assert!(says(only(&once), "it was switched off on 2026-03-13 at 00:00"), "{once:#?}");
    let mut soon = wave(500, night);
    soon.extend(wave(600, night + 3 * HOUR));
    assert_eq!(after_ten_days(soon).len(), 1, "on again in the same night");
    for gap in [20 * HOUR, 3 * DAY] {
        let mut twice = wave(500, night);
        twice.extend(wave(600, night + gap));
        let findings = after_ten_days(twice);
        assert_eq!(findings.len(), 2);
        assert!(findings.values().all(|f| f.severity == Severity::Critical), "{findings:#?}");
    }
}

#[test]
fn a_change_noticed_after_the_first_calls_joins_them() {
    let mut records = legs(600, 4, later(), 10, LATVIA, "international");
    records.push(change(500, later() + 35 * MINUTE, LATVIA, "international"));
    let findings = after_ten_days(records);
    assert_eq!((only(&findings).evidence.len(), only(&findings).severity), (5, Severity::Critical));
}

#[test]
fn countries_that_the_user_calls_are_not_news() {
    let calls = (0..4).map(|d| call(100 + d, monday() + d as i64 * DAY, "+37120000099", "international"));
    let mut records: Vec<Record> = calls.collect();
    records.push(change(500, later(), LATVIA, "international"));
    let findings = after_ten_days(records);
    assert_eq!(only(&findings).severity, Severity::Low);
    assert!(says(only(&findings), "they called Latvia on 4 days"), "{findings:#?}");
}

#[test]
fn countries_that_the_organisation_calls_are_less_news() {
    let severity = |people: u64, days: u64| {
        let calls = (0..people).flat_map(|who| {
            (0..days).map(move |d| {
                call(1000 + 100 * who + d, monday() + d as i64 * DAY, "+37120000099", "international")
                    .set("user", format!("user{who}"))
            })
        });
        let change = change(500, later(), LATVIA, "international");
        let findings = after_ten_days(calls.chain([change]));
        assert!(
            people == 0
                || says(only(&findings), &format!("{people} people of the organisation on {days} days"))
        );
        only(&findings).severity
    };
    assert_eq!(severity(4, 6), Severity::Medium);
    assert_eq!(severity(2, 6), Severity::High, "two are not everybody");
    assert_eq!(severity(4, 3), Severity::High, "three days are no habit");
}

#[test]
fn a_usual_destination_is_silent() {
    let mut records: Vec<Record> =
        (0..5).map(|d| leg(100 + d, monday() + d as i64 * DAY, MOBILE, "mobile")).collect();
    records.push(change(500, later(), MOBILE, "mobile"));
    records.extend(legs(600, 5, later() + HOUR, 10, MOBILE, "mobile"));
    assert!(after_ten_days(records).is_empty());
}

#[test]
fn settings_are_checked() {
    let fails = |harness: Harness| std::panic::catch_unwind(|| harness.run::<CallForwarding>(&[])).is_err();
    assert!(fails(harness().with("codes", vec!["72"])) && fails(harness().with("abroad_hour", 9)));
    assert!(fails(harness().with("reset_words", vec!["word"; 65])));
    assert!(!fails(harness().with("codes", vec!["*99"])));
}
