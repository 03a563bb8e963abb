//! The `ringfence:` section.

use model::{Severity, SubjectKind};

use super::{HEAD, read, rule, said};
use crate::Span;
use crate::sigma::{Baseline, Ours, SeverityBy, ZoneBy};

fn with(lines: &str) -> String {
    let indented: String = lines.lines().map(|l| format!("    {l}\n")).collect();
    format!("{HEAD}detection: {{sel: {{user: x}}, condition: sel}}\nringfence:\n{indented}")
}

fn ours(lines: &str) -> Ours {
    rule(&with(lines)).ours
}

fn complaint(lines: &str) -> String {
    let parsed = read(&with(lines));
    assert!(parsed.documents.is_empty(), "{lines}");
    said(&parsed)
}

#[test]
fn all_of_it() {
    let ours = ours(
        "when: 'minutes > 60 && !holiday'\nwindow: 24h\nlateness: 1h30m\nzone: Europe/Madrid\nsubject: called_number\n\
         severity: 'if count >= 20 { \"critical\" } else { \"high\" }'\nshadow: true\n\
         baseline: {new_value: [called_country], days: 60, after_days: 7}\nresponse:\n    - Block it\n    - Tell the user",
    );
    assert_eq!(
        ours.when,
        Some(("minutes > 60 && !holiday".to_owned(), Span { line: 5, column: 12, len: 24 }))
    );
    assert_eq!((ours.window, ours.lateness), (Some(86_400_000), Some(5_400_000)));
    assert_eq!(ours.zone, Some(ZoneBy::Zone("Europe/Madrid".to_owned())));
    let subject = ours.subject.unwrap();
    assert_eq!((subject.kind, subject.field.as_deref()), (SubjectKind::Number, Some("called_number")));
    assert!(matches!(ours.severity, Some(SeverityBy::Script(text, _)) if text.starts_with("if count")));
    assert!(ours.shadow && ours.response.len() == 2);
    let Some((Baseline::NewValue { fields, days: 60, after_days: 7 }, _)) = ours.baseline else { panic!() };
    assert_eq!(fields[0].0, "called_country");
}

#[test]
fn scripts_over_several_lines_know_where_they_begin() {
    let ours = ours("when: |\n    minutes > 60\n    && !holiday");
    assert_eq!(
        ours.when,
        Some(("minutes > 60\n&& !holiday\n".to_owned(), Span { line: 6, column: 9, len: 12 }))
    );
}

#[test]
fn the_forms_of_zone_severity_and_subject() {
    assert_eq!(ours("zone: location").zone, Some(ZoneBy::Location));
    assert_eq!(ours("zone: UTC").zone, Some(ZoneBy::Utc));
    assert_eq!(ours("severity: high").severity, Some(SeverityBy::Fixed(Severity::High)));
    for (text, kind, field) in [
        ("user", SubjectKind::User, Some("user")),
        ("organisation", SubjectKind::Organisation, None),
        ("location", SubjectKind::Location, Some("location")),
        ("Called number", SubjectKind::Number, Some("called_number")),
        ("{kind: number, field: called_number}", SubjectKind::Number, Some("called_number")),
        ("{kind: user}", SubjectKind::User, Some("user")),
        ("{kind: user, field: department}", SubjectKind::User, Some("department")),
        ("{kind: organisation}", SubjectKind::Organisation, None),
    ] {
        let subject = ours(&format!("subject: {text}")).subject.unwrap();
        assert_eq!((subject.kind, subject.field.as_deref()), (kind, field), "{text}");
    }
    let rate = ours("baseline: {rate: {per: 1h, factor: 5, at_least: 10}, days: 28}").baseline.unwrap().0;
    assert_eq!(rate, Baseline::Rate { per: 3_600_000, factor: 5.0, at_least: 10, days: 28, after_days: 7 });
    assert!(matches!(
        ours("baseline: {new_value: called_country}").baseline,
        Some((Baseline::NewValue { days: 60, after_days: 7, .. }, _))
    ));
}

#[test]
fn cases() {
    let ours = ours(
        "tests:\n    - name: ten calls\n      start: 2026-03-02T09:00:00+01:00\n      locations: {Madrid: {zone: Europe/Madrid, holidays: [2026-01-01]}}\n      \
         placeholders: {lines: ['+34911234567']}\n      events:\n        - {at: 0s, repeat: 10, every: 20s, fields: {called_number: '+5355512{n}', Duration: 5}}\n        \
         - {at: 5m, late: 3h, deliveries: 3, fields: {called_number: +0034911}}\n      \
         expect:\n        - {severity: high, subject: u1, count: 10, first: 0s, last: 3m, contains: Cuba, attributes: {called_country: CU}}\n    \
         - name: silent\n      events: [{fields: {user: x}}]\n      expect: []",
    );
    let [case, silent] = ours.tests.as_slice() else { panic!() };
    assert_eq!(case.start, Some(1_772_438_400_000));
    assert_eq!(case.locations[0].1["zone"], "Europe/Madrid");
    assert_eq!(case.placeholders, [("lines".to_owned(), vec!["+34911234567".to_owned()])]);
    let [first, second] = case.events.as_slice() else { panic!() };
    assert_eq!((first.at, first.repeat, first.every, first.deliveries), (0, 10, 20_000, 1));
    assert_eq!((second.at, second.late, second.deliveries), (300_000, 10_800_000, 3));
    assert_eq!(first.fields[1].1, serde_json::json!(5));
    assert_eq!(second.fields[0].1, serde_json::json!("+0034911"));
    let expected = &case.expect[0];
    assert_eq!(
        (expected.severity, expected.count, expected.last),
        (Some(Severity::High), Some(10), Some(180_000))
    );
    assert_eq!(
        (expected.subject.as_deref(), expected.contains.len(), expected.attributes.len()),
        (Some("u1"), 1, 1)
    );
    assert!(silent.expect.is_empty());
}

#[test]
fn wrong_sections_are_refused_with_the_remedy() {
    for (lines, part) in [
        ("wehn: 'x'", "unknown key 'wehn' in 'ringfence'; did you mean 'when'?"),
        ("when: ''", "'when' is empty"),
        ("when: {a: b}", "must be a Rhai expression, not a map"),
        ("window: 5", "'window' is not a duration"),
        ("window: 0s", "'window' is empty"),
        ("window: 400d", "longer than 366 days"),
        ("lateness: 1M", "a month or a year in days"),
        ("zone: Europe/Madird", "did you mean 'Europe/Madrid'?"),
        ("zone: madrid", "did you mean 'Europe/Madrid'?"),
        ("zone: [utc]", "unknown zone"),
        ("subject: caled_number", "did you mean 'called_number'"),
        ("subject: duration", "is no user, number or location"),
        ("subject: number", "which number?"),
        ("subject: 5", "takes text or a map"),
        ("subject: {kind: nubmer}", "did you mean 'number'?"),
        ("subject: {kind: number}", "which number?"),
        ("subject: {kind: number, field: user}", "'user' is no telephone number"),
        ("subject: {kind: user, field: called_number}", "is a telephone number"),
        ("subject: {field: user}", "no 'kind' in 'subject'"),
        ("subject: {kind: organisation, field: org}", "needs no field"),
        ("severity: hihg", "did you mean 'high'?"),
        ("severity: [a]", "must be a Rhai expression"),
        ("shadow: 'yes'", "takes true or false, not text"),
        ("shadow: yes", "takes true or false, not text"),
        ("baseline: 5", "'baseline' must be a map"),
        ("baseline: {}", "one of 'new_value' and 'rate'"),
        ("baseline: {new_value: [caled_country]}", "did you mean 'called_country'"),
        ("baseline: {new_value: []}", "one to 4 fields"),
        ("baseline: {new_value: [org], days: 0}", "from 1 to 90, not 0"),
        ("baseline: {new_value: [org], days: 7, after_days: 8}", "from 0 to 7, not 8"),
        ("baseline: {rate: {per: 2h, factor: 5}}", "an hour or a day"),
        ("baseline: {rate: {factor: 5}}", "no 'per'"),
        ("baseline: {rate: {per: 1h, factor: 0.5}}", "a number from 1"),
        ("baseline: {rate: {per: 1h}}", "a number from 1"),
        ("tests: {a: b}", "'tests' must be a list"),
        ("tests: [5]", "a case must be a map"),
        ("tests: [{events: [{fields: {user: x}}], expect: []}]", "a case without a name"),
        ("tests: [{name: x, expect: []}]", "a case without 'events'"),
        ("tests: [{name: x, events: [], expect: []}]", "without events shows nothing"),
        ("tests: [{name: x, events: [{fields: {user: x}}]}]", "write 'expect: []'"),
        ("tests: [{name: x, events: [{fields: {usr: x}}], expect: []}]", "unknown field 'usr'"),
        ("tests: [{name: x, events: [{fields: {user: [x]}}], expect: []}]", "cannot be a list"),
        ("tests: [{name: x, events: [{at: soon, fields: {user: x}}], expect: []}]", "'at' is not a duration"),
        (
            "tests: [{name: x, events: [{repeat: 5, fields: {user: x}}], expect: []}]",
            "'repeat' without 'every'",
        ),
        (
            "tests: [{name: x, events: [{repeat: 0, fields: {user: x}}], expect: []}]",
            "from 1 to 100000, not 0",
        ),
        (
            "tests: [{name: x, start: today, events: [{fields: {user: x}}], expect: []}]",
            "'start' is not a time",
        ),
        (
            "tests: [{name: x, events: [{fields: {user: x}}], expect: [{sverity: high}]}]",
            "did you mean 'severity'?",
        ),
        (
            "tests: [{name: x, events: [{fields: {user: x}}], expect: [{severity: hgh}]}]",
            "did you mean 'high'?",
        ),
        (
            "tests: [{name: x, events: [{fields: {user: x}}], expect: []}, {name: x, events: [{fields: {user: x}}], expect: []}]",
            "two cases",
        ),
    ] {
        let said = complaint(lines);
        assert!(said.contains(part), "{lines}: {said}");
    }
    let said =
        super::said(&read(&format!("{HEAD}detection: {{sel: {{user: x}}, condition: sel}}\nringfence: 5\n")));
    assert!(said.contains("'ringfence' must be a map, not a number"), "{said}");
}
