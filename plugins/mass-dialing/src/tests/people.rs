//! People who call much and are no machines.

use super::*;

#[test]
fn office_traffic_is_silent() {
    let mut random = Random(7);
    let mut calls = Vec::new();
    for day in 0..20i64 {
        for user in 0..10 {
            // Nine calls in the busiest hour, fewer in the others.
            for (hour, count) in [(0, 3), (1, 9), (2, 4), (5, 6), (7, 2)] {
                for _ in 0..count {
                    let at = MONDAY + day * DAY + hour * HOUR + random.below(3_600_000) as i64;
                    let seconds = talk(&mut random, 74);
                    let number = 34_910_000_000 + random.below(40) * 4_321;
                    calls.push(call(calls.len() as u64, &format!("user{user}"), at, number, seconds));
                }
            }
        }
    }
    assert!(run(&calls).is_empty());
}

/// Days of agents who work down a list; `pause` are the least and most seconds between two calls.
fn campaign(
    agents: u64,
    days: std::ops::Range<i64>,
    answered: u64,
    pause: (i64, i64),
    random: &mut Random,
) -> Vec<Record> {
    let mut calls = Vec::new();
    for agent in 0..agents {
        for day in days.clone() {
            let mut at = MONDAY + day * DAY + between(random, 0, 600) * SECOND;
            let end = MONDAY + day * DAY + 8 * HOUR;
            while at < end {
                let ring = between(random, 4, 28);
                let seconds = talk(random, answered);
                let number = anybody(random);
                calls.push(call(
                    (days.start as u64) << 32 | calls.len() as u64,
                    &format!("agent{agent}"),
                    at,
                    number,
                    seconds,
                ));
                at += (ring + seconds + between(random, pause.0, pause.1)) * SECOND;
            }
        }
    }
    calls
}

/// Findings per agent-day at medium or above, and whether one is high.
fn alarms(calls: &[Record], agent_days: f64) -> (f64, bool) {
    let findings = run(calls);
    let medium = findings.values().filter(|f| f.severity >= Severity::Medium).count();
    (medium as f64 / agent_days, worst(&findings) >= Some(Severity::High))
}

#[test]
fn campaigns_are_not_high_and_seldom_medium() {
    let mut random = Random(11);
    for (answered, pause) in [(45, (12, 150)), (74, (20, 300)), (30, (10, 120)), (55, (5, 90))] {
        let calls = campaign(20, 0..10, answered, pause, &mut random);
        let (medium, high) = alarms(&calls, 200.0);
        println!("answered {answered} %, pause {pause:?} s: {} calls, {medium:.3} medium", calls.len());
        assert!(!high, "answered {answered} %, pause {pause:?} s");
        assert!(medium <= 0.03, "answered {answered} %, pause {pause:?} s: {medium}");
    }
}

#[test]
fn a_campaign_day_of_people_who_seldom_call_is_not_high() {
    let mut random = Random(12);
    let mut calls = Vec::new();
    for day in 0..10 {
        for user in 0..20u64 {
            for _ in 0..10 {
                let at = MONDAY + day * DAY + between(&mut random, 0, 8 * 3600) * SECOND;
                let seconds = talk(&mut random, 70);
                calls.push(call(
                    calls.len() as u64,
                    &format!("agent{user}"),
                    at,
                    anybody(&mut random),
                    seconds,
                ));
            }
        }
    }
    // The same people on a later day.
    calls.extend(campaign(20, 14..15, 45, (12, 150), &mut random));
    let (medium, high) = alarms(&calls, 20.0);
    // A day of nothing but new numbers is worth a look, not an alarm.
    assert!(!high && medium <= 0.35, "{medium}");
}

#[test]
fn telling_everybody_after_an_outage_is_not_high() {
    let mut random = Random(13);
    for _ in 0..50 {
        let mut calls = Vec::new();
        let mut at = MONDAY;
        for i in 0..12 {
            let seconds = talk(&mut random, 75).min(60);
            calls.push(call(i, "ana", at, anybody(&mut random), seconds));
            at += (between(&mut random, 3, 20) + seconds + between(&mut random, 5, 40)) * SECOND;
        }
        let findings = run(&calls);
        assert!(worst(&findings) < Some(Severity::High), "{findings:?}");
    }
}

#[test]
fn a_busy_number_dialled_again_and_again_is_not_mass_dialling() {
    let calls: Vec<Record> =
        (0..15).map(|i| call(i, "ana", MONDAY + i as i64 * 12 * SECOND, 34_911_000_001 + i % 2, 0)).collect();
    assert!(run(&calls).is_empty());
}

#[test]
fn a_few_lines_of_one_firm_are_not_high() {
    let mut random = Random(14);
    let mut at = MONDAY;
    let mut calls = Vec::new();
    for i in 0..6u64 {
        let seconds = talk(&mut random, 60);
        calls.push(call(i, "ana", at, 34_911_000_100 + random.below(60), seconds));
        at += (seconds + between(&mut random, 10, 90)) * SECOND;
    }
    assert!(worst(&run(&calls)) < Some(Severity::High));
}
