use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn names() -> Arc<NameTable> {
    let names = NameTable::default();
    names.intern("alice").unwrap();
    Arc::new(names)
}

fn context(names: &NameTable) -> Context<'_> {
    let provenance = Provenance { generation: 3, digest: "sha256:00".to_owned() };
    Context { detector: "probe", names, provenance }
}

fn finding(names: &NameTable) -> types::Finding {
    types::Finding {
        key: "2026-03-01".to_owned(),
        kind: "burst".to_owned(),
        severity: types::Severity::High,
        score: 0.5,
        subject: types::Subject::User(names.find("alice").unwrap().0),
        title: "Forty calls".to_owned(),
        explanation: vec!["40 calls in 10 minutes".to_owned()],
        first_event: 1,
        last_event: 2,
        raised_at: 3,
        evidence: vec![types::RecordId { hi: 1, lo: 2 }],
        attributes: vec![("calls".to_owned(), types::Value::Integer(40))],
    }
}

fn raised(output: Output) -> Finding {
    match output {
        Output::Raise(finding) => *finding,
        Output::Withdraw { .. } => panic!("a withdrawal"),
    }
}

#[test]
fn a_finding_and_its_withdrawal_have_the_same_id() {
    let names = names();
    let given = finding(&names);
    let (key, subject) = (given.key.clone(), given.subject);
    let raised = raised(context(&names).output(types::Output::Raise(given)).unwrap());
    assert_eq!(raised.subject.id, "alice");
    assert_eq!(raised.evidence, [RecordId::from_halves(1, 2)]);
    assert_eq!((raised.revision, raised.provenance.generation), (0, 3));
    let withdrawn =
        context(&names).output(types::Output::Withdraw(types::Withdrawal { key, subject })).unwrap();
    assert_eq!(withdrawn, Output::Withdraw { id: raised.id });
}

#[test]
fn what_the_plugin_chooses_must_be_right() {
    let names = names();
    type Change = fn(&mut types::Finding);
    let cases: [(Change, &str); 13] = [
        (|f| f.subject = types::Subject::User(999_999), "handle 999999, which names nothing"),
        (|f| f.subject = types::Subject::Location(0), "subject location is absent"),
        (|f| f.subject = types::Subject::Number(0), "subject number is absent"),
        (|f| f.key = String::new(), "key must be 1 to 128"),
        (|f| f.key = "k".repeat(129), "it has 129"),
        (|f| f.kind = "Burst!".to_owned(), "kind 'Burst!'"),
        (|f| f.score = f64::NAN, "score is NaN"),
        (|f| f.first_event = 9, "after last-event"),
        (|f| f.title = " \n".to_owned(), "title is empty"),
        (|f| f.attributes = vec![("a".to_owned(), types::Value::Real(f64::INFINITY))], "must be finite"),
        (|f| f.attributes = vec![("a".to_owned(), types::Value::Time(i64::MAX))], "milliseconds since 1970"),
        (|f| f.attributes = vec![("a".to_owned(), types::Value::Boolean(true)); 2], "twice"),
        (|f| f.attributes = vec![("a b".to_owned(), types::Value::Name(0))], "attribute 'a b'"),
    ];
    for (change, expected) in cases {
        let mut given = finding(&names);
        change(&mut given);
        let message = context(&names).output(types::Output::Raise(given)).unwrap_err();
        assert!(message.contains(expected), "{message:?} lacks {expected:?}");
    }
}

#[test]
fn times_are_shown_in_utc() {
    let names = names();
    let shown = |at| {
        let given =
            types::Finding { attributes: vec![("at".to_owned(), types::Value::Time(at))], ..finding(&names) };
        raised(context(&names).output(types::Output::Raise(given)).unwrap()).attributes["at"].clone()
    };
    assert_eq!(shown(1_772_359_200_000), attribute::Value::Text("2026-03-01T10:00:00Z".to_owned()));
    assert_eq!(shown(1_772_359_200_007), attribute::Value::Text("2026-03-01T10:00:00.007Z".to_owned()));
    assert_eq!(shown(0), attribute::Value::Text(String::new()));
}

proptest! {
    #[test]
    fn text_from_outside_is_cut_and_cleaned_never_refused(text in "\\PC{0,400}", control in "[\\x00-\\x1f]{1,3}", n in 0usize..2000) {
        let names = names();
        let hostile = format!("x{text}{control}{text}");
        let mut given = finding(&names);
        given.title = hostile.clone();
        given.explanation = vec![hostile.clone(); n.min(60)];
        given.evidence = vec![types::RecordId { hi: 0, lo: 1 }; n];
        given.score = n as f64;
        given.attributes = vec![("t".to_owned(), types::Value::Text(hostile))];
        let finding = raised(context(&names).output(types::Output::Raise(given)).unwrap());
        prop_assert!(finding.title.chars().count() <= 200 && !finding.title.chars().any(char::is_control));
        prop_assert!(finding.explanation.len() <= 20);
        prop_assert!(finding.explanation.iter().all(|l| l.chars().count() <= 300 && !l.chars().any(char::is_control)));
        prop_assert_eq!(finding.evidence.len(), n.min(Finding::MAX_EVIDENCE));
        prop_assert_eq!(finding.attributes.contains_key("records"), n > Finding::MAX_EVIDENCE);
        prop_assert!((0.0..=1.0).contains(&finding.score));
        let json = serde_json::to_string(&finding).unwrap();
        prop_assert!(!json.contains("\\u0000"));
    }
}
