//! What the detector finds, pattern by pattern and look-alike by look-alike.

mod account;
mod calls;
mod changes;
mod order;

use ringfence_sdk::calendar::day_from_date;
use ringfence_sdk::directory::Hours;
use ringfence_sdk::harness::{Findings, Harness, Place, Record, set_place};
use ringfence_sdk::{DAY, Finding, HOUR, MINUTE, Severity};

use super::*;

/// Monday 2 March 2026, 10:00 UTC.
fn monday() -> i64 {
    i64::from(day_from_date(2026, 3, 2)) * DAY + 10 * HOUR
}

/// A Thursday when the user has been known for ten days, 10:00.
fn later() -> i64 {
    monday() + 10 * DAY
}

fn harness() -> Harness {
    let harness = Harness::new(MANIFEST);
    let hours = (0..5).map(|weekday| Hours { weekday, start: 480, end: 1080 }).collect();
    set_place("Madrid", Place { hours, ..Place::default() });
    harness
}

fn country(class: &str) -> &str {
    if class == "international" { "LV" } else { "ES" }
}

fn event(id: u64, at: i64, kind: &str) -> Record {
    Record::at_millis(id, at)
        .set("event", kind)
        .set("user", "ana")
        .set("user_uuid", "ana")
        .set("user_name", "Ana García")
        .set("user_type", "User")
        .set("location", "Madrid")
        .set("country", "ES")
}

fn call(id: u64, at: i64, number: &str, class: &str) -> Record {
    event(id, at, "call")
        .set("direction", "ORIGINATING")
        .set("called_number", number)
        .set("called_class", class)
        .set("called_country", country(class))
        .talked(300)
}

fn leg(id: u64, at: i64, number: &str, class: &str) -> Record {
    call(id, at, number, class)
        .set("redirecting_number", "+34911000001")
        .set("related_reason", "CallForwardAlways")
        .set("redirect_reason", "Unconditional")
}

/// Calls sent on, one every `minutes`.
fn legs(id: u64, count: u64, at: i64, minutes: i64, number: &str, class: &str) -> Vec<Record> {
    (0..count).map(|i| leg(id + i, at + i as i64 * minutes * MINUTE, number, class)).collect()
}

fn change(id: u64, at: i64, to: &str, class: &str) -> Record {
    event(id, at, "forwarding-change")
        .set("forward_mode", "always")
        .set("forward_enabled", true)
        .set("forward_to", to)
        .set("forward_class", class)
        .set("forward_country", country(class))
        .set("actor", "ana")
}

/// A call a day, so that the user is known.
fn known(days: i64) -> Vec<Record> {
    (0..days).map(|d| call(d as u64, monday() + d * DAY, "+34911222333", "national")).collect()
}

/// The ten days before [`later`], and then these.
fn after_ten_days(records: impl IntoIterator<Item = Record>) -> Findings {
    let mut all = known(10);
    all.extend(records);
    run(&all)
}

fn run(records: &[Record]) -> Findings {
    harness().run::<CallForwarding>(records)
}

fn only(findings: &Findings) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.values().next().unwrap()
}

/// The worst severity found.
fn worst(findings: &Findings) -> Option<Severity> {
    findings.values().map(|f| f.severity).max()
}

fn says(finding: &Finding, words: &str) -> bool {
    finding.explanation.iter().any(|line| line.contains(words))
}

const LATVIA: &str = "+37120000001";
const MOBILE: &str = "+34600000001";
