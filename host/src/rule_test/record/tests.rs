use std::sync::Arc;

use model::{Event, FieldSet, Name, NameTable};
use serde_json::json;

use super::*;
use crate::directory::Directory;
use crate::normalize::Normalizer;
use crate::rule_test::place::config_of;
use crate::source::stored_record;

fn event(fields: serde_json::Value) -> CaseEvent {
    let serde_json::Value::Object(fields) = fields else { panic!("fields are an object") };
    let fields = fields.into_iter();
    CaseEvent {
        at: 60_000,
        late: 0,
        repeat: 1,
        every: 0,
        deliveries: 1,
        fields: fields.map(|(k, v)| (k, v, Span::default())).collect(),
        span: Span::default(),
    }
}

#[allow(clippy::needless_pass_by_value, reason = "callers write it out")]
fn case(events: Vec<CaseEvent>, locations: serde_json::Value) -> Case {
    Case {
        name: "c".to_owned(),
        span: Span::default(),
        start: None,
        locations: locations.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
        placeholders: Vec::new(),
        events,
        expect: Vec::new(),
    }
}

/// The events as detectors would see them.
fn seen(case: &Case, kind: Option<EventKind>) -> (Vec<Event>, Arc<NameTable>) {
    let (config, location) = config_of(case, "f").unwrap();
    let names = Arc::new(NameTable::default());
    let mut normalizer =
        Normalizer::new(names.clone(), Arc::new(Directory::from_config(&config)), FieldSet::ALL);
    let made = records(case, kind, location.as_deref(), "f").unwrap();
    let events = made
        .iter()
        .map(|record| {
            let json = serde_json::to_vec(&record.json).unwrap();
            let stored = stored_record(&json).unwrap();
            let mut event = Event::default();
            normalizer.normalize(&stored.record(), &mut event).unwrap_or_else(|f| panic!("{f}"));
            assert_eq!(event.int(FieldId::start_time), record.start);
            assert_eq!(event.int(FieldId::report_time), record.report);
            event
        })
        .collect();
    assert!(normalizer.take_unknown_keys().is_empty());
    (events, names)
}

#[test]
fn a_call_needs_next_to_nothing() {
    let (events, names) =
        seen(&case(vec![event(json!({"called_number": "+5355512345"}))], Value::Null), None);
    let call = &events[0];
    assert_eq!(call.kind, EventKind::Call);
    assert_eq!(call.int(FieldId::start_time), DEFAULT_START + 60_000);
    assert_eq!(call.int(FieldId::report_time), DEFAULT_START + 60_000 + 65_000);
    assert_eq!((call.u32(FieldId::duration), call.bool(FieldId::answered)), (60, true));
    assert_eq!(call.name(FieldId::direction), Name::known("ORIGINATING"));
    assert_eq!(names.resolve(call.name(FieldId::called_country)).as_deref(), Some("CU"));
    assert_eq!(call.name(FieldId::called_class), Name::known("international"));
    assert_eq!(names.resolve(call.name(FieldId::user)).as_deref(), Some("user-1"));
    assert!(call.has(FieldId::local_offset), "without a place local time is UTC");
}

#[test]
fn times_follow_from_each_other() {
    let mut late = event(json!({"duration": 600, "ring_duration": 10}));
    late.late = 3_600_000;
    (late.repeat, late.every) = (3, 20_000);
    let unanswered = event(json!({"Answered": false}));
    let at = event(json!({"start_time": "2026-03-01T00:00:00Z", "answer_time": 7}));
    let (events, _) = seen(&case(vec![late, unanswered, at], Value::Null), None);
    let start = |at: usize| events[at].int(FieldId::start_time);
    assert_eq!(start(2) - start(0), 40_000);
    assert_eq!(events[1].int(FieldId::report_time) - start(1), 610_000 + 3_600_000);
    assert_eq!((events[3].u32(FieldId::duration), events[3].has(FieldId::answer_time)), (0, false));
    assert_eq!(start(4), 1_772_323_200_000);
    assert_eq!(events[4].int(FieldId::answer_time), 1_772_442_000_000 + 60_000 + 7_000);
    let ids: std::collections::BTreeSet<_> = events.iter().map(|e| e.id).collect();
    assert_eq!(ids.len(), 5);
}

#[test]
fn events_that_are_no_calls_are_known_by_category_or_fields() {
    let kinds = |fields: serde_json::Value, kind| {
        let (events, names) = seen(&case(vec![event(fields)], Value::Null), kind);
        let user = names.resolve(events[0].name(FieldId::user)).map(|u| u.to_string());
        (events[0].kind, user)
    };
    let user = |name: &str| Some(name.to_owned());
    assert_eq!(
        kinds(json!({"forward_to": "+37120000000", "mode": "always"}), None),
        (EventKind::ForwardingChange, user("user-1"))
    );
    assert_eq!(kinds(json!({"success": false, "user": "ana"}), None), (EventKind::SignIn, user("ana")));
    assert_eq!(kinds(json!({"target_type": "USER"}), None).0, EventKind::AdminChange);
    assert_eq!(kinds(json!({"actor_ip": "198.51.100.7"}), Some(EventKind::SignIn)).0, EventKind::SignIn);
    assert_eq!(kinds(json!({"event": "sign_in"}), Some(EventKind::Call)).0, EventKind::SignIn);
    let ana = "47f0d0c2-f05a-44cc-870d-7a3daf859c6c";
    assert_eq!(kinds(json!({"target": ana, "category": "USERS"}), None), (EventKind::AdminChange, user(ana)));
    assert_eq!(kinds(json!({"actor": ana, "success": true}), None), (EventKind::SignIn, user(ana)));
}

#[test]
fn the_owner_is_on_the_side_that_the_direction_says() {
    let numbers = |fields: serde_json::Value| {
        let (events, _) = seen(&case(vec![event(fields)], Value::Null), None);
        (
            events[0].phone(FieldId::calling_number).to_string(),
            events[0].phone(FieldId::called_number).to_string(),
            events[0].bool(FieldId::called_ours),
        )
    };
    let own = "+34911234567";
    assert_eq!(
        numbers(json!({"user_number": own, "called_number": "+5355512345"})),
        (own.to_owned(), "+5355512345".to_owned(), false)
    );
    assert_eq!(
        numbers(json!({"direction": "TERMINATING", "user_number": own, "calling_number": "+5355512345"})),
        ("+5355512345".to_owned(), own.to_owned(), true)
    );
}

#[test]
fn places_are_the_first_locations_and_null_takes_a_default_away() {
    let places = json!({"Madrid": {"zone": "Europe/Madrid", "country": "ES"}});
    let (events, names) = seen(
        &case(
            vec![
                event(json!({"called_number": "807123456"})),
                event(json!({"Location": null, "user_uuid": null})),
            ],
            places,
        ),
        None,
    );
    assert_eq!(events[0].name(FieldId::called_class), Name::known("premium"));
    assert_eq!(events[0].int(FieldId::local_offset), 60);
    assert!(!events[1].has(FieldId::location));
    assert_eq!(names.resolve(events[1].name(FieldId::user)).unwrap_or_default().as_ref(), "");
}

#[test]
fn derived_fields_are_stated_apart() {
    let case =
        case(vec![event(json!({"called_class": "premium", "called_number": "+34911234567"}))], Value::Null);
    let made = records(&case, None, None, "f").unwrap();
    assert_eq!(
        made[0].stated,
        [(FieldId::called_class, json!("premium")), (FieldId::called_ours, json!(false))]
    );
    for (field, value, help) in [
        ("called_class", json!("premum"), "did you mean 'premium'?"),
        ("called_country", json!("cu"), "did you mean 'CU'?"),
        ("called_ours", json!("perhaps"), "write true or false"),
        ("zone", json!(null), "take away those: docs/fields.md says which"),
    ] {
        let problems = check(&super::tests::case(vec![event(json!({field: value}))], Value::Null), "f");
        assert_eq!(problems[0].help, help);
    }
}

#[test]
fn everything_wrong_is_said_at_once() {
    let case = case(
        vec![
            event(json!({"caled_number": "1", "local_hour": 3, "duration": "2m"})),
            event(json!({"answered": "maybe", "called_number": ["1"], "start_time": "monday", "user": true})),
        ],
        Value::Null,
    );
    let problems = check(&case, "f");
    let messages: Vec<&str> = problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(problems.len(), 7, "{messages:?}");
    assert!(problems.iter().any(|p| p.help == "did you mean 'called_number'?"), "{problems:?}");
    assert_eq!(records(&case, None, None, "f").unwrap_err(), problems);
    let mut many = event(json!({}));
    many.repeat = 20_001;
    assert!(check(&super::tests::case(vec![many], Value::Null), "f")[0].message.contains("20001 records"));
}
