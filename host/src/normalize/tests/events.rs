//! Events that are not calls, and calls that change a setting.

use super::*;

#[test]
fn forwarding_changes_are_events() {
    let text = r#"{"event":"forwarding-change","Report ID":"f-1","Start time":"2026-03-01T10:00:00.000Z",
        "User UUID":"u1","User":"Ana","User number":"+576015550001","Location":"Bogota","mode":"noAnswer",
        "enabled":true,"from":"+573101234567","to":"009 371 2000 0000","actor":"admin@example.org"}"#;
    let stored = stored_record(text.as_bytes()).unwrap();
    let mut event = Event::default();
    let mut normalizer = normalizer(FieldSet::ALL);
    normalizer.normalize(&stored.record(), &mut event).unwrap_or_else(|f| panic!("{f}"));
    assert_eq!(event.kind, EventKind::ForwardingChange);
    assert_eq!(event.name(FieldId::event), Name::known("forwarding-change"));
    assert_eq!(event.int(FieldId::report_time), event.int(FieldId::start_time));
    assert_eq!(event.name(FieldId::forward_mode), Name::known("no-answer"));
    assert!(event.bool(FieldId::forward_enabled));
    assert_eq!(event.phone(FieldId::forward_from).to_string(), "+573101234567");
    assert_eq!(event.phone(FieldId::forward_to).to_string(), "+37120000000");
    assert_eq!(event.name(FieldId::forward_class), Name::known("international"));
    assert_eq!(event.name(FieldId::forward_country), Name::known("LV"));
    assert!(normalizer.take_unknown_keys().is_empty());
}

#[test]
fn digits_after_a_forwarding_code_are_its_destination() {
    let to = |called: &str, dialled: &str| {
        let (called, dialled) = (format!("\"{called}\""), format!("\"{dialled}\""));
        let (event, normalizer) = event_of(&[("Called number", &called), ("Dialed digits", &dialled)]);
        let name = |field| normalizer.names.resolve(event.name(field)).unwrap_or_default().to_string();
        (
            event.phone(FieldId::forward_to).to_string(),
            name(FieldId::forward_class),
            name(FieldId::forward_country),
        )
    };
    let found =
        |number: &str, class: &str, country: &str| (number.to_owned(), class.to_owned(), country.to_owned());
    assert_eq!(to("*720037120000001", ""), found("+37120000001", "international", "LV"));
    assert_eq!(to("*21*600000001#", ""), found("+34600000001", "mobile", "ES"));
    assert_eq!(to("*72", "*72900371 2000 0001"), found("+37120000001", "international", "LV"));
    assert_eq!(to("*722001", ""), found("2001", "internal", ""));
    assert_eq!(to("*72", "*72"), found("", "", ""));
    assert_eq!(to("+34600000001", "600000001"), found("", "", ""));
}

#[test]
fn audit_events_meet_the_calls_of_whom_they_are_about() {
    let user = |event: &str, actor: &str, target: &str| {
        let quoted = [event, actor, target].map(|text| format!("\"{text}\""));
        let changes = [
            ("event", quoted[0].as_str()),
            ("actor", &quoted[1]),
            ("target", &quoted[2]),
            ("User UUID", ""),
            ("User number", ""),
        ];
        name_of(&changes, FieldId::user)
    };
    let (ana, admin) = ("47f0d0c2-f05a-44cc-870d-7a3daf859c6c", "8f0c8cf2-3c1d-4f3a-9b57-0123456789ab");
    assert_eq!(user("sign-in", ana, "ana@example.org").as_deref(), Some(ana));
    assert_eq!(user("sign-in", "ana@example.org", ana).as_deref(), Some(ana));
    assert_eq!(user("admin-change", admin, ana).as_deref(), Some(ana));
    assert_eq!(user("forwarding-change", admin, ana).as_deref(), Some(ana));
    assert_eq!(user("admin-change", admin, "An org setting"), None);
    assert_eq!(user("call", admin, ana), None);
}
