//! Calls sent on, where no change is known.

use super::*;

#[test]
fn forwarded_calls_abroad_are_found_without_a_change() {
    let of = |count: u64| after_ten_days(legs(600, count, later(), 5, LATVIA, "international"));
    assert_eq!(only(&of(1)).severity, Severity::Medium);
    assert_eq!(only(&of(3)).severity, Severity::High);
    let findings = of(5);
    assert_eq!(
        (only(&findings).severity, only(&findings).kind.as_str()),
        (Severity::Critical, "forwarded-calls")
    );
    assert_eq!(only(&findings).title, "5 calls forwarded to Latvia");
    // Little is known of the user: a level less.
    assert_eq!(only(&run(&legs(0, 5, monday(), 5, LATVIA, "international"))).severity, Severity::High);
}

#[test]
fn long_talk_abroad_is_critical() {
    let long = |id: u64| leg(id, later() + id as i64 * MINUTE, LATVIA, "international").talked(1900);
    assert_eq!(only(&after_ten_days([long(1), long(2)])).severity, Severity::Critical);
}

#[test]
fn premium_numbers_are_high_from_the_first() {
    assert_eq!(only(&after_ten_days([leg(1, later(), "+34803000001", "premium")])).severity, Severity::High);
}

#[test]
fn ranges_in_no_plan_are_abroad() {
    let first =
        |number: &str| worst(&after_ten_days([leg(1, later(), number, "invalid").set("called_country", "")]));
    assert_eq!(first("+99912345678"), Some(Severity::Medium));
    assert_eq!(first("003712000000"), Some(Severity::Medium));
    assert_eq!(first("123456"), None);
}

#[test]
fn a_new_number_within_the_country_is_no_news() {
    let calls = (10..14).map(|d| leg(600 + d, monday() + d as i64 * DAY, MOBILE, "mobile"));
    assert!(after_ten_days(calls).is_empty());
}

#[test]
fn an_unusual_burst_within_the_country_is_medium() {
    let findings = after_ten_days(legs(600, 12, later(), 2, MOBILE, "mobile"));
    assert_eq!((only(&findings).severity, only(&findings).evidence.len()), (Severity::Medium, 12));
    let group =
        legs(600, 30, later(), 1, MOBILE, "mobile").into_iter().map(|r| r.set("user_type", "HuntGroup"));
    assert_eq!(worst(&after_ten_days(group)), Some(Severity::Low), "a queue overflows");
}

#[test]
fn a_new_number_that_is_called_all_night_is_medium() {
    let from = |hour: i64| after_ten_days(legs(600, 14, later() + hour * HOUR, 20, MOBILE, "mobile"));
    assert_eq!(only(&from(11)).severity, Severity::Medium);
    assert!(says(only(&from(11)), "14 calls to a number within the country were outside business hours"));
    assert!(from(0).is_empty(), "in business hours people forward calls to their mobile");
}

#[test]
fn a_line_that_is_always_forwarded_is_learned() {
    let days = |days: std::ops::Range<i64>, per_day: u64, number: &'static str, class: &'static str| {
        days.flat_map(move |d| legs(1000 + d as u64 * 100, per_day, monday() + d * DAY, 3, number, class))
    };
    // A queue from the beginning of records, and somebody's mobile.
    assert!(run(&days(0..30, 20, "+34911999999", "national").collect::<Vec<_>>()).is_empty());
    // To another number one day: as many as always.
    let mut records: Vec<Record> = days(0..20, 20, "+34911999999", "national").collect();
    records.extend(days(20..22, 20, MOBILE, "mobile"));
    assert!(run(&records).is_empty());
    // Abroad, a call or two a day: news once.
    let abroad = run(&days(0..30, 1, LATVIA, "international").collect::<Vec<_>>());
    assert!(abroad.values().all(|f| f.severity <= Severity::Medium) && abroad.len() <= 1, "{abroad:#?}");
}

#[test]
fn transfers_count_only_abroad_and_less() {
    let transfers =
        |count: u64, class: &str| {
            let calls = legs(600, count, later(), 5, LATVIA, class).into_iter();
            after_ten_days(calls.map(|r| {
                r.set("related_reason", "ConsultativeTransfer").set("redirect_reason", "Deflection")
            }))
        };
    assert!(transfers(20, "mobile").is_empty());
    assert_eq!(worst(&transfers(1, "international")), Some(Severity::Low));
    let three = transfers(3, "international");
    assert_eq!(
        (only(&three).severity, only(&three).title.as_str()),
        (Severity::Medium, "3 calls transferred to Latvia")
    );
}

#[test]
fn dialling_through_a_machine_is_suspicious_from_the_first() {
    for kind in ["AutomatedAttendantVideo", "VoiceMailRetrieval"] {
        let through = call(600, later(), LATVIA, "international").set("user_type", kind);
        let findings = after_ten_days([through.clone()]);
        assert_eq!(only(&findings).severity, Severity::High, "{kind}");
        assert_eq!(only(&findings).title, "1 call out through a line of no person: Latvia");
        let redirected =
            through.set("redirecting_number", "+34911000001").set("redirect_reason", "Deflection");
        assert_eq!(only(&after_ten_days([redirected])).severity, Severity::High);
    }
    let inland = call(600, later(), MOBILE, "mobile").set("user_type", "AutomatedAttendantVideo");
    assert!(after_ten_days([inland]).is_empty());
}

#[test]
fn other_calls_and_the_called_side_are_left_alone() {
    let mut records: Vec<Record> =
        (0..20).map(|i| call(i, later() + i as i64 * MINUTE, LATVIA, "international")).collect();
    records.push(leg(50, later(), LATVIA, "international").set("direction", "TERMINATING"));
    records.push(leg(51, later(), LATVIA, "international").set("called_ours", true));
    records.push(leg(52, later(), "2001", "internal"));
    assert!(after_ten_days(records).is_empty());
}
