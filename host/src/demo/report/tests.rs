use std::collections::BTreeMap;

use model::{Millis, Provenance, Status, Subject, SubjectKind};

use super::*;
use crate::demo::{Label, Labels, Options, generate};
use crate::eval::compare::compare;
use crate::eval::labels::time;

fn finding(
    detector: &str,
    severity: Severity,
    subject: (SubjectKind, &str),
    times: (Millis, Millis),
) -> Finding {
    Finding {
        id: format!("{detector}-{}", times.0),
        detector: detector.to_owned(),
        kind: "burst".to_owned(),
        severity,
        score: 0.9,
        subject: Subject {
            kind: subject.0,
            id: subject.1.to_owned(),
            name: "Ana \u{202e}gnp.oñoT\u{1b}[2J".to_owned(),
        },
        title: "40 calls in 5 minutes".to_owned(),
        explanation: vec!["usual: 2 a day".to_owned()],
        first_event: times.0,
        last_event: times.1,
        raised_at: times.0 + 120_000,
        revision: 1,
        status: Status::Open,
        evidence: Vec::new(),
        attributes: BTreeMap::new(),
        provenance: Provenance { generation: 1, digest: "sha256:0".to_owned() },
    }
}

fn labels() -> Labels {
    generate(&Options { users: 60, days: 14, ..Options::default() }).unwrap().labels
}

fn attack<'a>(labels: &'a Labels, kind: &str) -> &'a Label {
    labels.attacks.iter().find(|l| l.kind == kind).unwrap()
}

#[test]
fn the_printed_report_is_complete_and_harmless() {
    let labels = labels();
    let burst = attack(&labels, "toll-fraud-burst");
    let times = (time(&burst.first).unwrap(), time(&burst.last).unwrap());
    let stranger = (SubjectKind::User, "00000000-0000-4000-8000-000000000000");
    let findings = [
        finding("mass-dialing", Severity::Critical, (SubjectKind::User, burst.users[0].as_str()), times),
        finding("after-hours", Severity::Medium, stranger, times),
    ];
    let comparison = compare(&labels, &findings);
    let steps = [("ringfence findings list".to_owned(), "what was found")];
    for (colour, width) in [(false, 80), (false, 110), (true, 140)] {
        let mut out = Vec::new();
        print(&mut out, Style { colour, width }, &comparison, &steps).unwrap();
        let text = String::from_utf8(out).unwrap();
        for kind in
            ["toll-fraud-burst", "wangiri", "business-trip", "1 of 11 found", "False alarms: 1 finding"]
        {
            assert!(text.contains(kind), "{kind} is missing:\n{text}");
        }
        assert!(!text.contains('\u{202e}') && !text.contains("\u{1b}[2J"), "hostile text got through");
        assert_eq!(text.contains('\u{1b}'), colour);
        if !colour {
            let longest = text.lines().map(|l| l.chars().count()).max().unwrap();
            assert!(longest <= usize::from(width) + 40, "{longest} columns:\n{text}");
        }
    }
}
