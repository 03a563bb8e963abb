//! Floods of one line, and lines that are only busy.

use super::*;

const MAIN: u64 = 34_911_230_000;

/// Days of a main number with so many calls in its busy hours.
fn busy_days(days: i64, an_hour: i64, random: &mut Random) -> Vec<Record> {
    let mut calls = Vec::new();
    for day in 0..days {
        for hour in 0..8 {
            for _ in 0..an_hour {
                let at = MONDAY + day * DAY + hour * HOUR + between(random, 0, 3599) * SECOND;
                let seconds = talk(random, 85);
                calls.push(inbound(calls.len() as u64, "main", at, anybody(random), MAIN, seconds));
            }
        }
    }
    calls
}

fn wave(
    calls: &mut Vec<Record>,
    at: i64,
    count: i64,
    minutes: i64,
    random: &mut Random,
    seconds: fn(&mut Random) -> i64,
) {
    for _ in 0..count {
        let at = at + between(random, 0, minutes * 60) * SECOND;
        let id = calls.len() as u64;
        let seconds = seconds(random);
        calls.push(inbound(id, "main", at, anybody(random), MAIN, seconds));
    }
}

#[test]
fn a_flood_of_unanswered_calls_is_one_critical_finding() {
    let mut random = Random(21);
    let mut calls = busy_days(8, 20, &mut random);
    wave(&mut calls, MONDAY + 8 * DAY, 300, 10, &mut random, |_| 0);
    let findings = run(&calls);
    let finding = only(&findings);
    assert_eq!((finding.kind.as_str(), finding.severity), ("inbound-flood", Severity::Critical));
    assert_eq!(finding.title, "300 calls from outside within 10 minutes to the number ending in 0000");
    assert!(finding.explanation.iter().any(|e| e.starts_with("100 % of them unanswered")), "{finding:?}");
}

#[test]
fn a_flood_held_for_the_same_time_is_critical() {
    let mut random = Random(22);
    let mut calls = Vec::new();
    wave(&mut calls, MONDAY, 250, 8, &mut random, |r| if r.below(10) < 6 { between(r, 28, 31) } else { 0 });
    assert_eq!(only(&run(&calls)).severity, Severity::Critical);
}

#[test]
fn one_caller_who_floods_is_high() {
    let mut random = Random(23);
    let mut calls = Vec::new();
    for i in 0..80 {
        let at = MONDAY + i as i64 * 5 * SECOND;
        calls.push(inbound(i, "boss", at, 34_622_000_007, 34_911_230_044, talk(&mut random, 60)));
    }
    let findings = run(&calls);
    assert!(only(&findings).severity >= Severity::High);
}

#[test]
fn a_small_flood_of_empty_calls_is_medium_and_the_same_calls_answered_are_nothing() {
    let mut random = Random(26);
    let mut calls = busy_days(8, 3, &mut random);
    let before = calls.len();
    wave(&mut calls, MONDAY + 8 * DAY, 22, 4, &mut random, |_| 0);
    assert_eq!(only(&run(&calls)).severity, Severity::Medium);
    calls.truncate(before);
    wave(&mut calls, MONDAY + 8 * DAY, 22, 4, &mut random, |r| between(r, 20, 300));
    assert!(run(&calls).is_empty());
}

#[test]
fn a_busy_main_number_is_silent() {
    let mut random = Random(24);
    assert!(run(&busy_days(15, 150, &mut random)).is_empty());
}

#[test]
fn a_wave_of_callers_who_talk_is_not_high() {
    let mut random = Random(25);
    for count in [100, 200, 400] {
        let mut calls = busy_days(8, 60, &mut random);
        wave(&mut calls, MONDAY + 8 * DAY, count, 30, &mut random, |r| talk(r, 85));
        let findings = run(&calls);
        assert!(worst(&findings) < Some(Severity::High), "{count}: {findings:?}");
    }
}

#[test]
fn agents_rung_by_a_flooded_queue_are_not_flooded() {
    let mut calls = Vec::new();
    for i in 0..200 {
        let at = MONDAY + i as i64 * SECOND;
        calls.push(inbound(3 * i, "queue", at, 34_600_000_000 + i * 977, MAIN, 0));
        let rung = |id| inbound(id, "agent", at, 34_600_000_000 + i * 977, MAIN + 7, 0);
        calls.push(rung(3 * i + 1).set("redirecting_number", format!("+{MAIN}")));
        calls.push(rung(3 * i + 2).set("redirect_reason", "CallQueue"));
    }
    let findings = run(&calls);
    assert_eq!(only(&findings).subject.text(), "queue");
}

#[test]
fn calls_from_colleagues_do_not_flood() {
    let calls: Vec<Record> = (0..100)
        .map(|i| {
            inbound(i, "main", MONDAY + i as i64 * SECOND, 34_911_230_100 + i, MAIN, 0)
                .set("calling_ours", true)
        })
        .collect();
    assert!(run(&calls).is_empty());
}
