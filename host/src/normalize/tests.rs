mod events;

use std::sync::Arc;

use model::{Event, FieldId, FieldSet, Name, NameTable};
use proptest::prelude::*;

use super::*;
use crate::config::{Config, LocationConfig};
use crate::source::stored_record;

/// A normaliser with the three sample locations.
fn normalizer(wanted: FieldSet) -> Normalizer {
    let mut config = Config::default();
    for (name, country, zone) in [
        ("Bogota", "CO", "America/Bogota"),
        ("Mexico City", "MX", "America/Mexico_City"),
        ("Madrid", "ES", "Europe/Madrid"),
        ("Dallas", "US", "America/Chicago"),
    ] {
        let location = LocationConfig {
            country: Some(country.to_owned()),
            zone: Some(zone.to_owned()),
            outside_access: Some("9".to_owned()),
            ..LocationConfig::default()
        };
        config.locations.insert(name.to_owned(), location);
    }
    config.numbers = vec!["+34911550*".to_owned()];
    let directory = Directory::from_config(&config);
    Normalizer::new(Arc::new(NameTable::default()), Arc::new(directory), wanted)
}

/// A good record with some keys replaced or added; JSON values as written.
fn json(changes: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(&str, &str)> = vec![
        ("Report ID", r#""0a0c2eb7-f1f6-3326-86f9-565d2e11553d""#),
        ("Start time", r#""2026-03-01T10:00:00.000Z""#),
        ("Report time", r#""2026-03-01T10:01:00.000Z""#),
        ("Location", r#""Madrid""#),
        ("Direction", r#""ORIGINATING""#),
        ("User UUID", r#""47f0d0c2-f05a-44cc-870d-7a3daf859c6c""#),
        ("User number", r#""+34911550001""#),
        ("Calling number", r#""+34911550001""#),
        ("Called number", r#""+34612345678""#),
    ];
    for (key, value) in changes {
        match pairs.iter_mut().find(|(k, _)| k == key) {
            Some(pair) => pair.1 = value,
            None => pairs.push((key, value)),
        }
    }
    let body: Vec<String> =
        pairs.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("\"{k}\": {v}")).collect();
    format!("{{{}}}", body.join(", "))
}

fn event_of(changes: &[(&str, &str)]) -> (Event, Normalizer) {
    let mut normalizer = normalizer(FieldSet::ALL);
    let mut event = Event::default();
    let text = json(changes);
    let stored = stored_record(text.as_bytes()).unwrap();
    normalizer.normalize(&stored.record(), &mut event).unwrap_or_else(|f| panic!("{f}"));
    (event, normalizer)
}

/// A name or enumeration as text.
fn name_of(changes: &[(&str, &str)], field: FieldId) -> Option<String> {
    let (event, normalizer) = event_of(changes);
    normalizer.names.resolve(event.name(field)).map(|t| t.to_string())
}

fn fault_of(changes: &[(&str, &str)]) -> Fault {
    let text = json(changes);
    let stored = stored_record(text.as_bytes()).unwrap();
    normalizer(FieldSet::NONE).normalize(&stored.record(), &mut Event::default()).unwrap_err()
}

fn millis(text: &str) -> Millis {
    scalar::time(text).unwrap()
}

/// Webex's own example, as its API description gives it.
const OFFICIAL: &str = include_str!("official_example.json");

#[test]
fn the_official_example_is_read() {
    let page: serde_json::Value = serde_json::from_str(OFFICIAL).unwrap();
    let text = page["items"][0].to_string();
    let stored = stored_record(text.as_bytes()).unwrap();
    let mut normalizer = normalizer(FieldSet::ALL);
    let mut event = Event::default();
    normalizer.normalize(&stored.record(), &mut event).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(event.id.to_string(), "0a0c2eb7-f1f6-3326-86f9-565d2e11553d");
    // Written without T and Z there, and years after the start, as documentation is.
    assert_eq!(event.int(FieldId::release_time), millis("2023-10-12T21:22:32.621Z"));
    assert_eq!((event.u32(FieldId::duration), event.u32(FieldId::ring_duration)), (36, 23));
    assert!(event.bool(FieldId::answered));
    assert_eq!(event.int(FieldId::site_offset), -300);
    // The location is not in the directory: the record's own offset counts, and the country of its main number.
    assert_eq!(event.int(FieldId::local_offset), -300);
    assert_eq!(event.name(FieldId::country), Name::known("US"));
    assert_eq!(event.phone(FieldId::called_number).to_string(), "2002");
    assert_eq!(event.name(FieldId::called_class), Name::known("internal"));
    assert!(!event.has(FieldId::os_type));
    assert!(normalizer.take_unknown_keys().is_empty());
}

#[test]
fn every_webex_key_fills_its_field() {
    let value = |field: &model::Field| match field.ty {
        FieldType::U32 | FieldType::Int | FieldType::Float => "\"3\"",
        FieldType::Bool => "\"TRUE\"",
        FieldType::Millis => "\"2026-03-01T10:00:00.000Z\"",
        FieldType::Phone => "\"+34911550001\"",
        _ => "\"Some-value\"",
    };
    let pairs: Vec<String> = FieldId::all()
        .filter_map(|f| f.webex_key.map(|k| format!("\"{}\": {}", k.to_uppercase(), value(f))))
        .collect();
    let text = format!("{{{}}}", pairs.join(","));
    let stored = stored_record(text.as_bytes()).unwrap();
    let mut event = Event::default();
    let mut normalizer = normalizer(FieldSet::ALL);
    normalizer.normalize(&stored.record(), &mut event).unwrap_or_else(|f| panic!("{f}"));
    for field in FieldId::all().filter(|f| f.webex_key.is_some() && f.id != FieldId::record_id) {
        assert!(event.has(field.id), "{}", field.name);
    }
    assert!(normalizer.take_unknown_keys().is_empty());
}

#[test]
fn empty_and_na_are_absent_and_unknown_keys_are_counted() {
    let (event, mut normalizer) = event_of(&[
        ("Model", "\"NA\""),
        ("OS type", "\"na\""),
        ("Call type", "\"\""),
        ("Answer time", "\"\""),
        ("Device MAC", "null"),
        ("Quantum state", "\"NA\""),
        ("Mode", "\"not an event's\""),
    ]);
    for field in
        [FieldId::model, FieldId::os_type, FieldId::call_type, FieldId::answer_time, FieldId::device_mac]
    {
        assert!(!event.has(field), "{}", field.field().name);
    }
    let unknown: Vec<_> = normalizer.take_unknown_keys().into_iter().collect();
    assert_eq!(unknown, [("Mode".to_owned(), 1), ("Quantum state".to_owned(), 1)]);
}

#[test]
fn numbers_come_as_numbers_or_strings() {
    for value in ["23", "\"23\"", "\"23.0\"", "23.0"] {
        assert_eq!(event_of(&[("Ring duration", value)]).0.u32(FieldId::ring_duration), 23, "{value}");
    }
    for value in ["true", "\"true\"", "\"TRUE\"", "\"Yes\""] {
        assert!(event_of(&[("Answered", value)]).0.bool(FieldId::answered), "{value}");
    }
    let (event, _) = event_of(&[("Called number", "34612345678")]);
    assert_eq!(event.phone(FieldId::called_number).to_string(), "+34612345678");
    let (event, _) = event_of(&[("Answered", "\"true\""), ("Duration", "0")]);
    assert!(event.bool(FieldId::answered) && event.has(FieldId::duration));
}

#[test]
fn the_last_of_equal_keys_wins() {
    let (event, _) = event_of(&[("Duration", "1"), ("DURATION", "2")]);
    assert_eq!(event.u32(FieldId::duration), 2);
}

#[test]
fn report_time_falls_back() {
    let report = |changes: &[(&str, &str)]| {
        let mut all = vec![("Report time", "\"NA\"")];
        all.extend(changes);
        event_of(&all).0.int(FieldId::report_time)
    };
    let start = millis("2026-03-01T10:00:00Z");
    assert_eq!(report(&[("Release time", "\"2026-03-01 10:00:09.5\""), ("Duration", "5")]), start + 9500);
    assert_eq!(report(&[("Duration", "\"60\"")]), start + 60_000);
    assert_eq!(report(&[]), start);
}

#[test]
fn bad_records_say_what_is_wrong() {
    for (key, value, reason) in [
        ("Report ID", "", "Report ID: missing"),
        ("Report ID", "\"NA\"", "Report ID: missing"),
        ("Start time", "", "Start time: missing"),
        ("Start time", "\"yesterday\"", "Start time: not a time"),
        ("Start time", "\"1970-01-01T00:00:00Z\"", "Start time: before 2000 or after 2100"),
        ("Report time", "\"2126-01-01T00:00:00Z\"", "Report time: before 2000 or after 2100"),
        ("Answer time", "\"soon\"", "Answer time: not a time"),
        ("Duration", "\"abc\"", "Duration: not a whole number"),
        ("Duration", "-1", "Duration: not a whole number"),
        ("Duration", "4294967296", "Duration: not a whole number"),
        ("Site timezone", "\"Europe/Madrid\"", "Site timezone: not a whole number"),
        ("Answered", "\"perhaps\"", "Answered: not true or false"),
        ("Caller Reputation Score", "\"good\"", "Caller Reputation Score: not a number"),
        ("Release time", "\"2026-02-27T10:00:00Z\"", "Release time: more than a day before the start"),
        ("Report ID", "{\"a\":1}", "Report ID: not text"),
        ("event", "\"earthquake\"", "event: unknown kind of event"),
    ] {
        assert_eq!(fault_of(&[(key, value)]).reason(), reason, "{key}: {value}");
    }
    let fault = fault_of(&[("Duration", &format!("\"{}\"", "x".repeat(500)))]);
    assert_eq!(fault.value.chars().count(), 41);
    // A release somewhat before the start is two clocks, and an unknown direction an open enumeration.
    event_of(&[("Release time", "\"2026-03-01T09:59:58Z\"")]);
    assert_eq!(name_of(&[("Direction", "\"SIDEWAYS\"")], FieldId::direction).as_deref(), Some("SIDEWAYS"));
}

#[test]
fn the_user_has_stand_ins() {
    let user = |changes: &[(&str, &str)]| {
        let mut all = vec![("User UUID", "\"\""), ("User number", "\"\"")];
        all.extend(changes);
        name_of(&all, FieldId::user)
    };
    assert_eq!(name_of(&[], FieldId::user).as_deref(), Some("47f0d0c2-f05a-44cc-870d-7a3daf859c6c"));
    let gateway = [("User type", "\"LocalGateway\""), ("Inbound trunk", "\"T1\""), ("User", "\"Gate\"")];
    assert_eq!(user(&[("User number", "\"911550001\"")]).as_deref(), Some("number:+34911550001"));
    assert_eq!(user(&[("User number", "\"2001\"")]).as_deref(), Some("number:2001"));
    assert_eq!(user(&gateway).as_deref(), Some("trunk:T1"));
    assert_eq!(user(&[("User", "\"Ana Ñáñez\"")]).as_deref(), Some("name:Ana Ñáñez"));
    assert_eq!(
        user(&[("User type", "\"LocalGateway\""), ("User", "\"Gate\"")]).as_deref(),
        Some("name:Gate")
    );
    assert_eq!(user(&[]), None);
}

#[test]
fn local_time_follows_the_zone_and_its_changes() {
    let offset = |location: &str, start: &str| {
        let (location, start) = (format!("\"{location}\""), format!("\"{start}\""));
        let (event, _) = event_of(&[
            ("Location", &location),
            ("Start time", &start),
            ("Report time", "\"NA\""),
            ("Site timezone", "\"-300\""),
        ]);
        event.int(FieldId::local_offset)
    };
    assert_eq!(offset("Madrid", "2026-03-29T00:59:59.999Z"), 60);
    assert_eq!(offset("Madrid", "2026-03-29T01:00:00.000Z"), 120);
    assert_eq!(offset("Madrid", "2026-10-25T00:59:59.999Z"), 120);
    assert_eq!(offset("madrid", "2026-10-25T01:00:00.000Z"), 60);
    for month in 1..=12 {
        assert_eq!(offset("Bogota", &format!("2026-{month:02}-15T12:00:00Z")), -300);
        assert_eq!(offset("Mexico City", &format!("2026-{month:02}-15T12:00:00Z")), -360);
    }
    // Unknown place: the record's own offset.
    assert_eq!(offset("Elsewhere", "2026-07-01T00:00:00Z"), -300);
    assert_eq!(name_of(&[], FieldId::zone).as_deref(), Some("Europe/Madrid"));
}

#[test]
fn classes_are_decided_by_the_number_in_the_country_of_the_location() {
    let class = |location: &str, number: &str, call_type: &str| {
        let (location, number, call_type) =
            (format!("\"{location}\""), format!("\"{number}\""), format!("\"{call_type}\""));
        let changes = [("Location", &*location), ("Called number", &*number), ("Call type", &*call_type)];
        let (event, normalizer) = event_of(&changes);
        let text = |f| normalizer.names.resolve(event.name(f)).map_or(String::new(), |t| t.to_string());
        format!("{} {}", text(FieldId::called_class), text(FieldId::called_country))
    };
    for (location, number, call_type, expected) in [
        ("Dallas", "+18095551234", "SIP_NATIONAL", "international DO"),
        ("Dallas", "918095551234", "SIP_NATIONAL", "international DO"),
        ("Dallas", "+18885551234", "SIP_INTERNATIONAL", "toll-free US"),
        ("Dallas", "809", "SIP_ENTERPRISE", "internal "),
        ("Bogota", "+979123456789", "SIP_INTERNATIONAL", "premium 001"),
        ("Bogota", "+870773111632", "SIP_INTERNATIONAL", "satellite 001"),
        ("Madrid", "900937120000000", "UNKNOWN", "invalid "),
        ("Bogota", "900937120000000", "UNKNOWN", "international LV"),
        ("Madrid", "803123456", "SIP_NATIONAL", "premium ES"),
        ("Madrid", "+34612345678", "SIP_MOBILE", "mobile ES"),
        ("Madrid", "+34911550123", "SIP_NATIONAL", "internal ES"),
        ("Madrid", "*99", "UNKNOWN", "short-code "),
        ("Madrid", "*99", "SIP_ENTERPRISE", "short-code "),
        ("Madrid", "112", "SIP_EMERGENCY", "emergency "),
        ("Bogota", "123", "SIP_SHORTCODE", "emergency "),
        ("Bogota", "9123", "SIP_EMERGENCY", "emergency "),
        // Digits that may be either: Webex knows.
        ("Madrid", "1004", "SIP_SHORTCODE", "short-code "),
        ("Madrid", "1004", "SIP_ENTERPRISE", "internal "),
        ("Madrid", "012", "SIP_ENTERPRISE", "internal "),
        ("Madrid", "80012345", "SIP_ENTERPRISE", "internal "),
        // A colleague elsewhere whom the directory does not list.
        ("Madrid", "+576015551234", "SIP_ENTERPRISE", "internal CO"),
        ("Madrid", "+34803123456", "SIP_ENTERPRISE", "premium ES"),
        // What Webex is charged for as premium, in a range that the metadata does not have.
        ("Madrid", "+39895555123456", "SIP_PREMIUM", "premium IT"),
        ("Madrid", "+39895555123456", "SIP_INTERNATIONAL", "international IT"),
        ("Madrid", "+34612345678", "SIP_PREMIUM", "mobile ES"),
    ] {
        assert_eq!(class(location, number, call_type), expected, "{number} from {location}");
    }
}

#[test]
fn more_locations_than_are_remembered_change_nothing() {
    let mut normalizer = normalizer(FieldSet::ALL);
    let mut event = Event::default();
    for i in 0..9000 {
        for location in [format!("Place {i}"), "Madrid".to_owned()] {
            let text = json(&[("Location", &format!("\"{location}\"")), ("Called number", "\"911550123\"")]);
            normalizer.normalize(&stored_record(text.as_bytes()).unwrap().record(), &mut event).unwrap();
        }
        assert_eq!(event.phone(FieldId::called_number).to_string(), "+34911550123");
        assert_eq!(event.int(FieldId::local_offset), 60);
    }
}

#[test]
fn the_stated_country_stands_in_for_one_that_cannot_be_read() {
    let stated = |number: &str| {
        name_of(&[("Called number", number), ("International country", "\"lv\"")], FieldId::called_country)
    };
    assert_eq!(stated("\"99999999\"").as_deref(), Some("LV"));
    assert_eq!(stated("\"+5358123456\"").as_deref(), Some("CU"));
}

#[test]
fn own_numbers_are_known_by_directory_and_by_owner() {
    let (event, _) = event_of(&[]);
    assert!(event.bool(FieldId::calling_ours) && !event.bool(FieldId::called_ours));
    let (event, _) = event_of(&[
        ("Location", "\"Bogota\""),
        ("Direction", "\"TERMINATING\""),
        ("User number", "\"+576015550001\""),
        ("Calling number", "\"+37120000000\""),
        ("Called number", "\"+576015550001\""),
    ]);
    assert!(event.bool(FieldId::called_ours) && !event.bool(FieldId::calling_ours));
    assert_eq!(event.name(FieldId::called_class), Name::known("internal"));
    assert_eq!(event.name(FieldId::calling_class), Name::known("international"));
    assert_eq!(event.name(FieldId::calling_country), Name::known("LV"));
}

#[test]
fn only_wanted_fields_are_set() {
    let wanted: FieldSet = [FieldId::user, FieldId::called_class].into_iter().collect();
    let text = json(&[("Duration", "5")]);
    let stored = stored_record(text.as_bytes()).unwrap();
    let mut event = Event::default();
    normalizer(wanted).normalize(&stored.record(), &mut event).unwrap();
    let set: Vec<FieldId> = event.present().iter().collect();
    assert_eq!(set, [FieldId::report_time, FieldId::start_time, FieldId::user, FieldId::called_class]);
}

proptest! {
    #[test]
    fn values_of_any_kind_never_stop_it(
        key in 0..model::fields::FIELD_COUNT,
        text in "\\PC{0,60}",
        number in any::<f64>(),
        which in 0..5usize,
    ) {
        let field = FieldId::all().nth(key).unwrap();
        let value = match which {
            0 => serde_json::Value::from(text),
            1 => serde_json::Value::from(number),
            2 => serde_json::Value::Null,
            3 => serde_json::Value::from(vec![text]),
            _ => serde_json::Value::from(true),
        };
        let value = value.to_string();
        let text = json(&[(field.webex_key.unwrap_or("event"), &value)]);
        let stored = stored_record(text.as_bytes()).unwrap();
        let mut normalizer = normalizer(FieldSet::ALL);
        let mut event = Event::default();
        let _ = normalizer.normalize(&stored.record(), &mut event);
    }

    #[test]
    fn a_stored_record_makes_the_same_event(
        pairs in proptest::collection::vec((0..model::fields::FIELD_COUNT, "\\PC{0,20}"), 0..20),
        unknown in "\\PC{0,10}",
    ) {
        let mut object = serde_json::Map::new();
        for (index, text) in pairs {
            let field = FieldId::all().nth(index).unwrap();
            if matches!(field.ty, FieldType::Text | FieldType::Name | FieldType::Phone | FieldType::Enum) {
                object.insert(field.webex_key.unwrap_or(&unknown).to_owned(), text.into());
            }
        }
        object.insert("Report ID".to_owned(), "r1".into());
        object.insert("Start time".to_owned(), "2026-03-01T10:00:00Z".into());
        object.insert("Duration".to_owned(), 7.into());
        let first = serde_json::to_vec(&object).unwrap();
        let stored = stored_record(&first).unwrap();
        let mut written = Vec::new();
        stored.record().write_json(&mut written);
        let back: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&written).unwrap();
        prop_assert_eq!(&back, &object);
        let again = stored_record(&written).unwrap();
        let mut normalizer = normalizer(FieldSet::ALL);
        let (mut a, mut b) = (Event::default(), Event::default());
        let first = normalizer.normalize(&stored.record(), &mut a);
        let second = normalizer.normalize(&again.record(), &mut b);
        prop_assert_eq!(first, second);
        prop_assert_eq!(a.id, b.id);
        for field in FieldId::all() {
            prop_assert_eq!(a.slot(field.id), b.slot(field.id), "{}", field.name);
        }
    }
}
