//! The demo's set as others see it: files, labels, rhythm, numbers.

#![allow(clippy::unwrap_used, reason = "a test may panic; helpers are not recognised as tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use ringfence::config::Config;
use ringfence::demo::{Demo, Labels, Options, Parts, generate};
use serde_json::Value;

fn options() -> Options {
    Options { seed: 7, users: 120, days: 35, ..Options::default() }
}

static DEMO: LazyLock<Demo> = LazyLock::new(|| generate(&options()).unwrap());

/// Records and events in order of arrival.
static FEED: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut bytes = Vec::new();
    DEMO.write_ndjson(&mut bytes).unwrap();
    let lines = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.map(|l| serde_json::from_slice(l).unwrap()).collect()
});

fn text<'a>(record: &'a Value, key: &str) -> &'a str {
    record[key].as_str().unwrap_or_else(|| panic!("{key} is not text in {record}"))
}

fn calls() -> impl Iterator<Item = &'static Value> {
    FEED.iter().filter(|r| r.get("event").is_none())
}

fn distinct_calls() -> impl Iterator<Item = &'static Value> {
    let mut seen = BTreeSet::new();
    calls().filter(move |r| seen.insert(text(r, "Report ID")))
}

/// Files of a folder by their path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn same_seed_same_bytes_whatever_was_there() {
    let parts = Parts { feed: true, ..Parts::default() };
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    DEMO.write(one.path(), parts).unwrap();
    // An older, longer set in the folder must leave nothing behind.
    std::fs::create_dir(two.path().join("pages")).unwrap();
    std::fs::write(two.path().join("pages/page-9999.json"), "old").unwrap();
    generate(&options()).unwrap().write(two.path(), parts).unwrap();
    let (first, second) = (files(one.path()), files(two.path()));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(bytes == &second[name], "{name} differs");
    }
    let other = generate(&Options { seed: 8, ..options() }).unwrap();
    assert_ne!(other.labels.attacks[0].records, DEMO.labels.attacks[0].records);
}

#[test]
fn report_and_pages_hold_the_same_records_and_the_configuration_loads() {
    let folder = tempfile::tempdir().unwrap();
    DEMO.write(folder.path(), Parts::default()).unwrap();
    let files = files(folder.path());
    let csv = files["records.csv"].strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(csv);
    let headers = reader.headers().unwrap().clone();
    assert_eq!(headers.len(), 83);
    let place = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let places = ["Report ID", "Answered", "Called number", "User"].map(place);
    let from_csv: Vec<[String; 4]> =
        reader.records().map(|r| r.unwrap()).map(|r| places.map(|i| r[i].to_owned())).collect();
    let mut from_pages: Vec<[String; 4]> = Vec::new();
    for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with("pages/page-")) {
        let page: Value = serde_json::from_slice(bytes).unwrap();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 5000);
        for r in items {
            let value = |key| Some(text(r, key)).filter(|t| !t.is_empty()).unwrap_or("NA").to_owned();
            let answered = text(r, "Answered").to_uppercase();
            from_pages.push([value("Report ID"), answered, value("Called number"), value("User")]);
        }
    }
    assert!(from_csv == from_pages, "report and pages differ");
    assert_eq!(from_csv.len(), calls().count());
    assert_eq!(
        files["events.ndjson"].iter().filter(|b| **b == b'\n').count(),
        FEED.iter().filter(|r| r.get("event").is_some()).count()
    );
    let config = Config::load(&folder.path().join("ringfence.yaml")).unwrap();
    assert_eq!(config.locations.len(), 4);
    assert_eq!(config.locations["Madrid"].holidays, DEMO.config().locations["Madrid"].holidays);
    assert_eq!(config.numbers, DEMO.config().numbers);
    let labels: Labels = serde_json::from_slice(&files["labels.json"]).unwrap();
    assert_eq!(labels.attacks.len(), DEMO.labels.attacks.len());
}

#[test]
fn the_sample_configuration_has_the_demos_three_cities() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../ringfence.sample.yaml");
    let sample = Config::load(Path::new(path)).unwrap();
    let demo = DEMO.config();
    for city in ["Bogota", "Mexico City", "Madrid"] {
        let sample = serde_json::to_value(&sample.locations[city]).unwrap();
        assert_eq!(sample, serde_json::to_value(&demo.locations[city]).unwrap(), "{city}");
    }
    assert_eq!(sample.numbers, demo.numbers[..3]);
}

#[test]
fn every_labelled_record_exists_and_belongs_where_it_is_said_to() {
    let by_id: BTreeMap<&str, &Value> = FEED.iter().map(|r| (text(r, "Report ID"), r)).collect();
    let labels = &DEMO.labels;
    let kinds: BTreeSet<&str> = labels.attacks.iter().map(|l| l.kind.as_str()).collect();
    assert_eq!(kinds.len(), 11);
    let mut attacked = BTreeSet::new();
    for label in labels.attacks.iter().chain(&labels.lookalikes) {
        assert!(!label.records.is_empty(), "{} has no records", label.id);
        assert_eq!(label.users.len(), label.names.len());
        for id in &label.records {
            let record = by_id.get(id.as_str()).unwrap_or_else(|| panic!("{}: {id} is missing", label.id));
            let at = text(record, "Start time");
            assert!(*label.first <= *at && *at <= *label.last, "{}: {at}", label.id);
            assert!(label.users.iter().any(|u| u == text(record, "User UUID")), "{}: {record}", label.id);
        }
    }
    for label in &labels.attacks {
        assert!(label.records.iter().all(|id| attacked.insert(id)), "{} shares records", label.id);
    }
    let shared = labels.lookalikes.iter().flat_map(|l| &l.records).filter(|id| attacked.contains(id));
    assert_eq!(shared.count(), 0, "look-alikes hold records of attacks");
}

#[test]
fn records_are_as_live_ones() {
    let (mut answered, mut at_once, mut unanswered) = (0, 0, 0);
    let mut types = BTreeMap::new();
    for record in distinct_calls() {
        assert_eq!(record.as_object().unwrap().len(), 87);
        assert!(record["Duration"].is_u64() && record["Ring duration"].is_string());
        let time = |key| DateTime::parse_from_rfc3339(text(record, key)).unwrap();
        let released = time("Release time");
        assert_eq!(text(record, "Report time"), text(record, "Release time"));
        if text(record, "Answered") == "true" {
            let talk = (released - time("Answer time")).num_seconds();
            assert_eq!(record["Duration"].as_i64(), Some(talk));
            answered += 1;
            at_once += i32::from(talk == 0);
        } else {
            assert_eq!(text(record, "Answer time"), "");
            assert_eq!(record["Duration"], 0);
            unanswered += 1;
        }
        assert!(time("Start time") <= released);
        let gateway = text(record, "User type") == "LocalGateway";
        assert_eq!(text(record, "User UUID").is_empty(), gateway);
        *types.entry(text(record, "Call type")).or_insert(0) += 1;
    }
    let share = f64::from(unanswered) / f64::from(answered + unanswered);
    assert!((0.22..0.34).contains(&share), "unanswered: {share}");
    let at_once = f64::from(at_once) / f64::from(answered);
    assert!((0.015..0.045).contains(&at_once), "answered with duration 0: {at_once}");
    for wanted in [
        "SIP_INBOUND",
        "SIP_MOBILE",
        "SIP_ENTERPRISE",
        "SIP_NATIONAL",
        "UNKNOWN",
        "SIP_TOLLFREE",
        "SIP_INTERNATIONAL",
        "SIP_PREMIUM",
    ] {
        assert!(types.contains_key(wanted), "no {wanted}: {types:?}");
    }
}

#[test]
fn the_two_sides_of_a_leg_find_each_other() {
    let key = |r: &'static Value, id| (text(r, "Correlation ID"), text(r, id));
    let by_local: BTreeMap<_, _> = distinct_calls().map(|r| (key(r, "Local call ID"), r)).collect();
    let mut sides = 0;
    let one_of_two =
        |r: &&Value| text(r, "Call type") == "SIP_ENTERPRISE" && !text(r, "Remote call ID").is_empty();
    for record in distinct_calls().filter(one_of_two) {
        let other = by_local[&key(record, "Remote call ID")];
        assert_eq!(text(other, "Network call ID"), text(record, "Network call ID"));
        assert_ne!(text(other, "Direction"), text(record, "Direction"));
        assert_eq!(text(other, "Calling number"), text(record, "Calling number"));
        assert_eq!(text(other, "Remote call ID"), text(record, "Local call ID"));
        sides += 1;
    }
    assert!(sides > 1000, "{sides}");
}

#[test]
fn arrival_is_roughly_by_report_time_with_late_and_repeated_records() {
    let mut ids = BTreeSet::new();
    let repeated = calls().filter(|r| !ids.insert(text(r, "Report ID"))).count();
    let share = repeated as f64 / ids.len() as f64;
    assert!((0.003..0.008).contains(&share), "repeated: {share}");
    let (mut newest, mut late, mut latest) = (0, 0, 0);
    for record in calls() {
        let at = DateTime::parse_from_rfc3339(text(record, "Report time")).unwrap().timestamp_millis();
        late += i32::from(newest - at > 60_000);
        latest = latest.max(newest - at);
        newest = newest.max(at);
    }
    let late = f64::from(late) / calls().count() as f64;
    assert!((0.01..0.06).contains(&late), "late: {late}");
    assert!((3_600_000..24 * 3_600_000).contains(&latest), "the latest is {latest} ms late");
}

/// Local date and hour of a record, by the offset in it.
fn local(record: &Value) -> (NaiveDate, u32) {
    let offset: i64 = text(record, "Site timezone").parse().unwrap();
    let utc = DateTime::parse_from_rfc3339(text(record, "Start time")).unwrap().naive_utc();
    let at = utc + chrono::Duration::minutes(offset);
    (at.date(), at.hour())
}

#[test]
fn weeks_and_days_have_their_rhythm_and_clocks_change() {
    let mut by_day: BTreeMap<(&str, NaiveDate), u32> = BTreeMap::new();
    let mut by_hour = [0u32; 24];
    let mut offsets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in distinct_calls().filter(|r| text(r, "Direction") == "ORIGINATING") {
        let (day, hour) = local(record);
        *by_day.entry((text(record, "Location"), day)).or_default() += 1;
        by_hour[hour as usize] += 1;
        offsets.entry(text(record, "Location")).or_default().insert(text(record, "Site timezone"));
    }
    assert!(by_hour[10] > 10 * by_hour[4], "{by_hour:?}");
    assert!(by_hour[14] < by_hour[11], "no lunch: {by_hour:?}");
    // Before the attacks begin.
    let holiday = NaiveDate::from_ymd_opt(2026, 3, 23).unwrap();
    let mean = |wanted: fn(u32) -> bool| {
        let at = |(place, day): &(&str, NaiveDate)| {
            *place == "Bogota" && *day < holiday && wanted(day.weekday().num_days_from_monday())
        };
        let days: Vec<u32> = by_day.iter().filter(|(key, _)| at(key)).map(|(_, n)| *n).collect();
        f64::from(days.iter().sum::<u32>()) / days.len() as f64
    };
    let weekday = mean(|d| d < 5);
    assert!(mean(|d| d == 6) < weekday * 0.2, "{weekday}");
    assert!(mean(|d| d == 5) < weekday * 0.4, "{weekday}");
    let on_holiday = by_day.get(&("Bogota", holiday)).copied().unwrap_or(0);
    assert!(f64::from(on_holiday) < weekday * 0.4, "{on_holiday} on a holiday, {weekday} else");
    assert_eq!(offsets["Madrid"].iter().copied().collect::<Vec<_>>(), ["120", "60"]);
    assert_eq!(offsets["Bogota"].iter().copied().collect::<Vec<_>>(), ["-300"]);
    assert_eq!(offsets["Mexico City"].iter().copied().collect::<Vec<_>>(), ["-360"]);
    assert_eq!(offsets["New York"].iter().copied().collect::<Vec<_>>(), ["-240", "-300"]);
}

#[test]
fn numbers_are_valid_by_libphonenumber() {
    let mut numbers = BTreeSet::new();
    for record in distinct_calls() {
        for key in ["Calling number", "Called number", "User number", "Redirecting number"] {
            numbers.extend(Some(text(record, key)).filter(|n| n.starts_with('+')));
        }
    }
    let mut wrong = Vec::new();
    for number in &numbers {
        let parsed = phonenumber::parse(None, number).unwrap_or_else(|e| panic!("{number}: {e}"));
        if !phonenumber::is_valid(&parsed) {
            wrong.push(*number);
        }
    }
    assert!(numbers.len() > 2000);
    assert!(
        wrong.is_empty(),
        "{} of {} invalid: {:?}",
        wrong.len(),
        numbers.len(),
        &wrong[..wrong.len().min(20)]
    );
}

#[test]
fn sizes_are_as_promised() {
    let default = generate(&Options::default()).unwrap();
    let per_day = default.records() as f64 / f64::from(200 * 35);
    assert!(default.records() <= 60_000, "{}", default.records());
    // Weekends and holidays are a third of the days: 8 to 12 a working day.
    assert!((5.5..8.5).contains(&per_day), "{per_day}");
    let wrong = [
        Options { users: 10, ..options() },
        Options { days: 3, ..options() },
        Options { users: 20_000, days: 400, ..options() },
    ];
    for wrong in wrong {
        assert!(generate(&wrong).unwrap_err().contains("must be"));
    }
}

#[test]
fn every_size_can_be_made() {
    for (users, days) in [(Options::MIN_USERS, Options::MIN_DAYS), (41, 15), (260, 20), (1100, 14)] {
        for seed in 0..3 {
            let demo = generate(&Options { seed, users, days, ..Options::default() }).unwrap();
            let empty =
                demo.labels.attacks.iter().chain(&demo.labels.lookalikes).find(|l| l.records.is_empty());
            assert!(empty.is_none(), "{users} users, {days} days, seed {seed}: {empty:?}");
        }
    }
}

#[test]
fn one_more_person_leaves_a_scenario_alone() {
    let more = generate(&Options { users: 121, ..options() }).unwrap();
    let flood = |demo: &Demo| {
        let label = demo.labels.attacks.iter().find(|l| l.kind == "inbound-flood").unwrap();
        label.records.clone()
    };
    assert_eq!(flood(&more), flood(&DEMO));
}
