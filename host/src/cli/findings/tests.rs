use super::*;
use model::{Provenance, RecordId, Subject, SubjectKind};

fn finding() -> Finding {
    Finding {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        detector: "mass-dialing".to_owned(),
        kind: "burst".to_owned(),
        severity: Severity::High,
        score: 0.9,
        subject: Subject { kind: SubjectKind::User, id: "u-1".to_owned(), name: "\u{1b}[2JAna".to_owned() },
        title: "60 calls".to_owned(),
        explanation: vec!["much".to_owned()],
        first_event: 0,
        last_event: 1_772_359_200_000,
        raised_at: 0,
        revision: 1,
        status: Status::Open,
        evidence: vec![RecordId(1); 12],
        attributes: [("calls".to_owned(), attribute::Value::Int(60))].into(),
        provenance: Provenance { generation: 1, digest: "sha256:0".to_owned() },
    }
}

#[test]
fn since_is_a_date_a_time_or_a_length() {
    assert_eq!(parse_since("1970-01-02"), Ok(86_400_000));
    assert_eq!(parse_since("1970-01-01T01:00:00+01:00"), Ok(0));
    let hour = Utc::now().timestamp_millis() - parse_since("1h").unwrap();
    assert!((3_600_000..3_660_000).contains(&hour));
    for wrong in ["", "h", "yesterday", "-3d", "99999999999d", "3ñ"] {
        assert!(parse_since(wrong).unwrap_err().contains("24h"), "{wrong}");
    }
}

#[test]
fn every_format_prints_and_none_obeys_hostile_text() {
    let findings = [finding()];
    for format in [Format::Table, Format::Json, Format::Ndjson] {
        let text = render(&findings, format).unwrap();
        assert!(text.contains("60 calls") && !text.contains('\u{1b}'), "{text}");
    }
    assert_eq!(render(&findings, Format::Ndjson).unwrap().lines().count(), 1);
    assert_eq!(render(&[], Format::Json).unwrap(), "[]\n");
    let text = describe(&finding());
    assert!(text.contains("and 2 more") && text.contains("calls = 60") && !text.contains('\u{1b}'), "{text}");
}
