use std::collections::BTreeMap;

use model::{Provenance, Severity, Status, Subject, SubjectKind};
use serde_json::json;

use super::*;

fn finding(subject: &str, count: i64) -> Finding {
    Finding {
        id: format!("{subject}-{count}"),
        detector: "rule:r".to_owned(),
        kind: "r".to_owned(),
        severity: Severity::High,
        score: 0.5,
        subject: Subject { kind: SubjectKind::User, id: subject.to_owned(), name: "Ana".to_owned() },
        title: "Calls to Cuba".to_owned(),
        explanation: vec!["10 calls in 5 minutes".to_owned()],
        first_event: 1_000,
        last_event: 181_000,
        raised_at: 0,
        revision: 1,
        status: Status::Open,
        evidence: Vec::new(),
        attributes: BTreeMap::from([
            ("records".to_owned(), attribute::Value::Int(count)),
            ("share".to_owned(), attribute::Value::Float(0.25)),
            ("called_country".to_owned(), attribute::Value::Text("CU".to_owned())),
        ]),
        provenance: Provenance { generation: 1, digest: String::new() },
    }
}

fn case(expect: Vec<Expectation>) -> Case {
    Case {
        name: "c".to_owned(),
        span: Span { line: 7, column: 1, len: 1 },
        start: None,
        locations: Vec::new(),
        placeholders: Vec::new(),
        events: Vec::new(),
        expect,
    }
}

#[test]
fn what_is_said_is_compared_and_nothing_else() {
    let full = Expectation {
        severity: Some(Severity::High),
        subject: Some("u1".to_owned()),
        count: Some(10),
        first: Some(0),
        last: Some(180_000),
        contains: vec!["Cuba".to_owned(), "5 minutes".to_owned()],
        attributes: vec![
            ("called_country".to_owned(), json!("CU")),
            ("share".to_owned(), json!(0.25)),
            ("gone".to_owned(), Value::Null),
        ],
        span: Span::default(),
    };
    assert_eq!(compare(&case(vec![full.clone()]), 1_000, &[finding("u1", 10)]), []);
    let wrong = compare(&case(vec![full]), 0, &[finding("u2", 9)]);
    assert_eq!(wrong.len(), 1);
    assert_eq!(
        wrong[0].differs,
        [
            "subject is 'u2', expected 'u1'",
            "count is 9, expected 10",
            "first is 1s, expected 0s",
            "last is 3m1s, expected 3m"
        ]
    );
    assert_eq!(compare(&case(vec![Expectation::default()]), 0, &[finding("u9", 1)]), []);
}

#[test]
fn each_finding_is_expected_once() {
    let any = Expectation::default();
    let ten = Expectation { count: Some(10), ..Expectation::default() };
    // The one that says little must leave the first finding to the other.
    assert_eq!(compare(&case(vec![any.clone(), ten.clone()]), 0, &[finding("u1", 10), finding("u2", 3)]), []);
    let missing = compare(&case(vec![any.clone(), ten]), 0, &[finding("u1", 10)]);
    assert_eq!((missing.len(), missing[0].found.as_str()), (1, ""));
    let surplus = compare(&case(vec![any]), 0, &[finding("u1", 10), finding("u2", 3)]);
    assert_eq!((surplus.len(), surplus[0].expected.as_str(), surplus[0].line), (1, "", 7));
    let silent = compare(&case(Vec::new()), 0, &[finding("u1", 10)]);
    assert!(silent[0].found.contains("subject 'u1'"), "{silent:?}");
    assert_eq!(compare(&case(Vec::new()), 0, &[]), []);
}

#[test]
fn spans_are_written_as_cases_write_them() {
    for (millis, text) in
        [(0, "0s"), (90_000, "1m30s"), (86_400_000, "1d"), (-5_400_000, "-1h30m"), (1_001, "1s1ms")]
    {
        assert_eq!(span_text(millis), text);
    }
}
