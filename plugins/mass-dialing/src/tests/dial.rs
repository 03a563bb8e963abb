//! Machines that dial.

use super::*;

/// What a dialler does.
struct Robot {
    gap: i64,
    jitter: i64,
    calls: u64,
    sequential: bool,
    id: u64,
}

impl Robot {
    /// Its calls from `at` on.
    fn dial(&self, user: &str, at: i64, random: &mut Random) -> Vec<Record> {
        let first = 34_910_000_000 + random.below(900) * 10_000;
        let one = |i: u64| {
            let at = at + i as i64 * self.gap + between(random, -self.jitter, self.jitter);
            let number = if self.sequential { first + i } else { anybody(random) };
            let seconds = if random.below(10) < 4 { 0 } else { between(random, 1, 6) };
            call(self.id + i, user, at, number, seconds)
        };
        (0..self.calls).map(one).collect()
    }
}

/// Days of an agent who calls all day long.
fn agent_days(user: &str, days: i64, random: &mut Random) -> Vec<Record> {
    let mut calls = Vec::new();
    for day in (0..days).filter(|d| d % 7 < 5) {
        let mut at = MONDAY + day * DAY;
        while at < MONDAY + day * DAY + 8 * HOUR {
            let seconds = talk(random, 55);
            calls.push(call((day as u64) << 20 | calls.len() as u64, user, at, anybody(random), seconds));
            at += (between(random, 4, 25) + seconds + between(random, 12, 150)) * SECOND;
        }
    }
    calls
}

/// How long after the attack began its finding was raised; nothing if it is none or only low.
fn found_after(calls: &[Record], begun: i64) -> Option<i64> {
    let findings = run(calls);
    let found = findings.values().filter(|f| f.severity >= Severity::Medium && f.last_event >= begun);
    found.map(|f| f.raised_at - begun).min()
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
    assert!(finding.explanation[0].contains("one every 6.0 s with gaps that vary by 0 %"), "{finding:?}");
    assert_eq!(finding.raised_at, MONDAY + 4 * 6 * SECOND + 3 * SECOND, "raised with the fifth call");
}

#[test]
fn sequential_diallers_are_found_within_three_minutes_behind_an_agents_calls() {
    let mut random = Random(3);
    for (seed, gap) in (0..).zip([4, 7, 12, 20, 30, 40]) {
        random.0 += seed;
        let mut calls = agent_days("agent", 12, &mut random);
        let begun = MONDAY + 11 * DAY + 3 * HOUR;
        let robot = Robot { gap: gap * SECOND, jitter: gap * 50, calls: 60, sequential: true, id: 1 << 40 };
        calls.extend(robot.dial("agent", begun, &mut random));
        let after = found_after(&calls, begun);
        assert!(after.is_some_and(|s| s <= 180 * SECOND), "gap {gap} s: found after {after:?}");
    }
}

#[test]
fn diallers_of_random_numbers_are_found_within_three_minutes() {
    let mut random = Random(4);
    for gap in [4, 7, 12, 20, 25] {
        let robot = Robot { gap: gap * SECOND, jitter: gap * 40, calls: 60, sequential: false, id: 1 << 40 };
        let calls = robot.dial("office", MONDAY, &mut random);
        let after = found_after(&calls, MONDAY);
        assert!(after.is_some_and(|s| s <= 180 * SECOND), "gap {gap} s: found after {after:?}");
    }
}

#[test]
fn a_slow_even_dialler_is_found_in_time() {
    let mut random = Random(5);
    let robot = Robot { gap: 110 * SECOND, jitter: 8 * SECOND, calls: 40, sequential: false, id: 1 << 40 };
    let findings = run(&robot.dial("office", MONDAY, &mut random));
    assert!(worst(&findings) >= Some(Severity::Medium), "{findings:?}");
}

#[test]
fn an_agents_own_calls_are_no_evidence_against_a_sequential_dialler() {
    let mut random = Random(6);
    let mut calls = agent_days("agent", 12, &mut random);
    let begun = MONDAY + 11 * DAY + 3 * HOUR;
    let robot = Robot { gap: 8 * SECOND, jitter: 300, calls: 120, sequential: true, id: 1 << 40 };
    calls.extend(robot.dial("agent", begun, &mut random));
    let findings = run(&calls);
    let finding = only(&findings);
    assert_eq!(finding.severity, Severity::Critical);
    assert_eq!(int(finding, "records"), 120);
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
fn a_lunch_break_does_not_end_an_episode() {
    let mut random = Random(7);
    let robot = Robot { gap: 8 * SECOND, jitter: 300, calls: 100, sequential: true, id: 1 << 40 };
    let mut calls = robot.dial("bot", MONDAY, &mut random);
    calls.extend(Robot { id: 1 << 41, ..robot }.dial("bot", MONDAY + 100 * MINUTE, &mut random));
    assert_eq!(int(only(&run(&calls)), "records"), 200);
}

#[test]
fn calls_to_colleagues_codes_and_redirected_legs_do_not_count() {
    let base = |i: u64| call(i, "ana", MONDAY + i as i64 * SECOND, 34_600_000_000 + i, 2);
    for (field, value) in [
        ("called_ours", true.into()),
        ("redirecting_number", ringfence_sdk::harness::Given::from("+34911111111")),
        ("called_class", "internal".into()),
        ("called_class", "emergency".into()),
        ("called_class", "short-code".into()),
    ] {
        let calls: Vec<Record> = (0..60).map(|i| base(i).set(field, value.clone())).collect();
        assert!(run(&calls).is_empty(), "{field}");
    }
}
