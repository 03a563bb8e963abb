//! Hours, holidays, shifts and clocks of the location.

use ringfence_sdk::harness::logged;

use super::*;

#[test]
fn holidays_and_weekends_are_days_off() {
    // Saturday the 21st and Monday the 23rd, a holiday, at 10:00.
    for (day, date) in [(19, "2026-03-21"), (21, "2026-03-23")] {
        let mut calls = office(3);
        calls.extend(burst(50_000, day, 600, "international", 4));
        let findings = harness().run::<AfterHours>(&calls);
        let finding = only(&findings);
        assert_eq!(finding.key, format!("after-hours/{date}"));
        assert!(finding.title.contains("on a day off"), "{finding:#?}");
        assert!(finding.explanation[0].contains("a day without business hours"), "{finding:#?}");
        assert!(finding.severity >= Severity::Medium);
    }
    assert_eq!(severities(burst(50_000, 22, 600, "international", 4)), [], "the day after the holiday");
}

#[test]
fn several_shifts_and_hours_past_midnight_are_open() {
    let harness = harness();
    // 6 to 14 and 18 to 2 past midnight; between the shifts nobody works.
    let hours = [open(0..5, 6, 14), open(0..5, 18, 26)].concat();
    set_place("Bogota", Place { hours, holidays: vec![], utc_offset: Some(-300) });
    let at = |day: i64, minute: i64| {
        let mut calls = office(3).into_iter().filter(|c| c.id().lo % 1440 < 700).collect::<Vec<_>>();
        calls.extend(burst(50_000, day, minute, "international", 5));
        harness.run::<AfterHours>(&calls).len()
    };
    assert_eq!(at(15, 60), 0, "Tuesday 1:00, Monday's late shift");
    assert_eq!(at(19, 60), 0, "Saturday 1:00, Friday's late shift");
    assert_eq!(at(20, 60), 1, "Sunday 1:00");
    assert_eq!(at(15, 240), 1, "Tuesday 4:00");
    assert_eq!(at(15, 960), 1, "Tuesday 16:00, between the shifts");
}

/// A call in Madrid at a moment in UTC, with the offset the zone has then.
fn madrid(id: u64, at: &str, offset: i64) -> Record {
    Record::at(id, at)
        .set("direction", "ORIGINATING")
        .set("user", "luz")
        .set("location", "Madrid")
        .set("local_offset", offset)
        .set("called_class", "international")
        .set("called_country", "LV")
        .set("called_number", format!("+3712000{id:04}"))
        .talked(60)
}

#[test]
fn clocks_that_change_move_the_hours() {
    let harness = Harness::new(MANIFEST);
    set_place("Madrid", Place { hours: open(0..5, 8, 20), holidays: vec![], utc_offset: None });
    let found = |times: [&str; 3], offset: i64| {
        let calls: Vec<Record> = (0..).zip(times).map(|(i, t)| madrid(i, t, offset)).collect();
        harness.run::<AfterHours>(&calls).len()
    };
    // 6:05 UTC is 7:05 in winter, in the margin, and 8:05 in summer, open.
    let early = ["2026-03-27T04:05:00Z", "2026-03-27T04:15:00Z", "2026-03-27T04:25:00Z"];
    assert_eq!(found(early, 60), 1, "5:05 on Friday before the clocks change");
    let late = ["2026-03-30T06:05:00Z", "2026-03-30T06:15:00Z", "2026-03-30T06:25:00Z"];
    assert_eq!(found(late, 120), 0, "8:05 on Monday after it");
    let evening = ["2026-03-30T21:35:00Z", "2026-03-30T21:45:00Z", "2026-03-30T21:55:00Z"];
    assert_eq!(found(evening, 120), 1, "23:35 on Monday after it");
}

#[test]
fn the_night_in_which_clocks_change_is_one_night() {
    let harness = Harness::new(MANIFEST);
    set_place("Madrid", Place { hours: open(0..5, 8, 20), holidays: vec![], utc_offset: None });
    // Spring: 1:59 is followed by 3:00. Autumn: 2:00 to 2:59 comes twice.
    for (before, after, offsets, date) in [
        ("2026-03-29T00:50:00Z", "2026-03-29T01:10:00Z", [60, 120], "2026-03-28"),
        ("2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z", [120, 60], "2026-10-24"),
    ] {
        let calls =
            [madrid(1, before, offsets[0]), madrid(2, after, offsets[1]), madrid(3, after, offsets[1])];
        let findings = harness.check_order::<AfterHours>(&calls, 7);
        let finding = only(&findings);
        assert_eq!((finding.key.as_str(), finding.evidence.len()), (&*format!("after-hours/{date}"), 3));
        let spring = "3 calls between 01:50 and 03:10 local time at Madrid, Saturday 2026-03-28";
        let autumn = "3 calls between 02:50 and 02:10 local time at Madrid, Saturday 2026-10-24";
        let why = &finding.explanation[0];
        assert!(why.starts_with(spring) || why.starts_with(autumn), "{why}");
    }
}

#[test]
fn without_business_hours_only_a_known_users_own_habits_tell() {
    let lima = |calls: Vec<Record>| -> Vec<Record> {
        calls.into_iter().map(|c| c.set("location", "Lima")).collect()
    };
    let harness = harness();
    assert!(harness.run::<AfterHours>(&lima(burst(1, 1, 180, "international", 9))).is_empty());
    let mut calls = lima(office(4));
    calls.extend(lima(burst(50_000, 22, 180, "international", 4)));
    assert_eq!(only(&harness.run::<AfterHours>(&calls)).severity, Severity::Medium);
    let lines = logged();
    let lima: Vec<_> = lines.iter().filter(|(_, l)| l.contains("'Lima' has no business hours")).collect();
    assert_eq!(lima.len(), 2, "once for each instance: {lines:#?}");
}
