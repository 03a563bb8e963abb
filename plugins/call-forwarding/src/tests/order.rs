//! Findings do not depend on the order of arrival, whatever the kinds of events; state stays small.

use proptest::prelude::*;
use ringfence_sdk::harness::{Random, batch_of, stored};

use super::*;

fn traffic(seed: u64) -> Vec<Record> {
    let mut random = Random(seed);
    let mut records: Vec<Record> = Vec::new();
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
            let record = match random.below(14) {
                0 => change(id, at, &number, class),
                1 => change(id, at, &number, class).set("forward_enabled", false),
                2 => leg(id, at, &number, class).set("related_reason", "Deflection"),
                3 => leg(id, at, "2001", "internal"),
                4 => event(id, at, "sign-in").set("actor", format!("name{}", random.below(3))),
                5 => event(id, at, "sign-in")
                    .set("success", true)
                    .set("actor", format!("name{}", random.below(3))),
                6 => event(id, at, "admin-change").set("description", "Password reset").set("actor", "admin"),
                7 => event(id, at, "admin-change").set("description", "Call forwarding was changed"),
                8 => {
                    let code = ["*72", "*73", "*21*600", "#21#"][random.below(4) as usize];
                    call(id, at, code, "short-code")
                }
                9 => {
                    let abroad = ["LV", "FR", "MA", "DE", "IT", "PT", "GB", "SE"][random.below(8) as usize];
                    call(id, at, &number, "international").set("called_country", abroad)
                }
                10 => change(id, at, &number, class).set("actor", format!("name{}", random.below(3))),
                _ => leg(id, at, &number, class),
            };
            let kind = ["User", "HuntGroup", "AutomatedAttendantVideo"][user];
            let record = record.set("user_type", kind).set("local_offset", 60 * random.below(3) as i64);
            records.push(record.set("user", format!("user{user}")));
        }
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_of_arrival_does_not_matter(traffic_seed: u64, seed: u64) {
        // Habits that matter after a single day, so that they are seen to matter in the same way.
        let harness = harness().with("organisation_days", 1).with("organisation_users", 1);
        harness.check_order::<CallForwarding>(&traffic(traffic_seed), seed);
    }
}

#[test]
fn a_change_that_arrives_late_is_in_its_place() {
    let mut records = known(10);
    records.push(change(500, later(), LATVIA, "international"));
    records.extend(legs(600, 8, later() + 5 * MINUTE, 7, LATVIA, "international"));
    let findings = (1..40).map(|seed| harness().check_order::<CallForwarding>(&records, seed));
    assert!(findings.into_iter().all(|f| f.len() == 1));
}

#[test]
fn an_ordinary_user_takes_little_room() {
    let mut records = known(40);
    for d in 0..40 {
        let at = monday() + d * DAY;
        let mobile = ["+34600000001", "+34600000002"][(d % 7 == 0) as usize];
        records.push(leg(1000 + d as u64, at + HOUR, mobile, "mobile"));
        records.push(
            event(2000 + d as u64, at - HOUR, "sign-in").set("success", true).set("actor", "ana@x.org"),
        );
        if d % 10 == 3 {
            records
                .push(call(3000 + d as u64, at, "+33100000001", "international").set("called_country", "FR"));
            records.push(event(4000 + d as u64, at - HOUR, "sign-in").set("actor", "ana@x.org"));
        }
    }
    let harness = harness();
    let mut runner = harness.runner::<CallForwarding>();
    records.sort_by_key(Record::start);
    for day in records.chunks(20) {
        let mut batch = batch_of(MANIFEST, &day.iter().collect::<Vec<_>>());
        batch.horizon = day[0].start() - DAY;
        runner.process(&batch).unwrap();
    }
    // Another user's call, by which all the others are final.
    let last = call(9000, monday() + 45 * DAY, "+34911222333", "national").set("user", "");
    let mut batch = batch_of(MANIFEST, &[&last]);
    batch.horizon = monday() + 44 * DAY;
    runner.process(&batch).unwrap();
    runner.checkpoint().unwrap();
    // The user, and the organisation's habits: folded days, and one that is not.
    let (bytes, keys) = stored();
    assert!(keys == 3 && bytes <= 250, "{bytes} bytes in {keys} values");
}
