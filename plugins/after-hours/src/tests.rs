//! Whole stories of records, fed as a host would. Owns what they share; the stories stand beside by theme.

mod calendar;
mod order;
mod people;
mod severity;

use ringfence_sdk::calendar::day_from_date;
use ringfence_sdk::directory::Hours as Open;
use ringfence_sdk::harness::{Findings, Harness, Place, Record, set_place};
use ringfence_sdk::{DAY, Finding};

use super::*;

/// Monday 2 March 2026, 0:00 UTC.
fn monday() -> i64 {
    i64::from(day_from_date(2026, 3, 2)) * DAY
}

/// Opening hours on some weekdays, in hours of the day.
fn open(weekdays: std::ops::Range<u8>, from: u16, end: u16) -> Vec<Open> {
    weekdays.map(|weekday| Open { weekday, start: from * 60, end: end * 60 }).collect()
}

/// Bogota: Monday to Friday, 8 to 18, five hours behind UTC; Monday 23 March is a holiday.
fn harness() -> Harness {
    let harness = Harness::new(MANIFEST);
    let holidays = vec![day_from_date(2026, 3, 23)];
    set_place("Bogota", Place { hours: open(0..5, 8, 18), holidays, utc_offset: Some(-300) });
    harness
}

/// A call of Ana's at a local time: days and minutes after that Monday.
fn call(id: u64, day: i64, minute: i64, class: &str) -> Record {
    let at = monday() + day * DAY + (minute + 300) * MINUTE;
    let (number, country) = match class {
        "international" => (format!("+3712{:07}", id % 10_000_000), "LV"),
        "premium" => (format!("+571900{:07}", id % 10_000_000), "CO"),
        _ => (format!("+57310{:07}", id % 10_000_000), "CO"),
    };
    Record::at_millis(id, at)
        .set("direction", "ORIGINATING")
        .set("user", "ana")
        .set("location", "Bogota")
        .set("local_offset", -300)
        .set("called_class", class)
        .set("called_country", country)
        .set("called_number", number)
        .talked(120)
}

/// So many calls of one class, some minutes apart, from a local time on.
fn burst(id: u64, day: i64, minute: i64, class: &str, count: u64) -> Vec<Record> {
    (0..count).map(|i| call(id + i, day, minute + 3 * i as i64, class)).collect()
}

/// Calls at 9, 10, 15 and 17 on working days.
fn office(weeks: i64) -> Vec<Record> {
    let days = (0..weeks * 7).filter(|d| d % 7 < 5);
    let at = [540, 620, 900, 1030];
    days.flat_map(|d| at.map(|m| call((d * 1440 + m) as u64, d, m, "mobile"))).collect()
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.values().next().unwrap()
}

/// The severities that the extra calls of somebody with office hours get.
fn severities(extra: Vec<Record>) -> Vec<Severity> {
    let mut calls = office(4);
    calls.extend(extra);
    harness().run::<AfterHours>(&calls).values().map(|f| f.severity).collect()
}
