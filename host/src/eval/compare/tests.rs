use std::collections::BTreeMap;

use model::{Provenance, Subject};

use super::*;
use crate::demo::{Options, generate};

/// A finding with a hostile name, raised two minutes after it begins.
pub(crate) fn finding(
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

pub(crate) fn labels() -> Labels {
    generate(&Options { users: 60, days: 14, ..Options::default() }).unwrap().labels
}

pub(crate) fn attack<'a>(labels: &'a Labels, kind: &str) -> &'a Label {
    labels.attacks.iter().find(|l| l.kind == kind).unwrap()
}

#[test]
fn a_finding_belongs_by_subject_and_time_or_by_evidence() {
    let labels = labels();
    let burst = attack(&labels, "toll-fraud-burst");
    let (first, last) = (time(&burst.first).unwrap(), time(&burst.last).unwrap());
    let user = (SubjectKind::User, burst.users[0].as_str());
    let hit = finding("mass-dialing", Severity::High, user, (first + 1000, last));
    let elsewhen = finding("after-hours", Severity::High, user, (first - 900_000_000, first - 800_000_000));
    let mut by_evidence =
        finding("international-calls", Severity::Medium, (SubjectKind::Organisation, "org"), (first, last));
    by_evidence.evidence.push(RecordId::from_text(&burst.records[3]).0);
    let mut withdrawn = hit.clone();
    withdrawn.status = Status::Withdrawn;
    withdrawn.severity = Severity::Critical;
    let findings = [hit, elsewhen, by_evidence, withdrawn];
    let comparison = compare(&labels, &findings);
    let episode = comparison.attacks.iter().find(|e| e.label.kind == "toll-fraud-burst").unwrap();
    assert_eq!(episode.detectors(), ["international-calls", "mass-dialing"]);
    assert_eq!(episode.severity(), Some(Severity::High));
    assert_eq!(episode.delay(), Some(120_000));
    assert_eq!(comparison.others.len(), 1);
    assert_eq!(comparison.attacks.iter().filter(|e| e.is_found()).count(), 1);
    assert_eq!(comparison.user_days, 60 * 14);
}

#[test]
fn low_findings_do_not_count_as_found_nor_as_wrong() {
    let labels = labels();
    let trip = labels.lookalikes.iter().find(|l| l.kind == "business-trip").unwrap();
    let times = (time(&trip.first).unwrap(), time(&trip.last).unwrap());
    let user = (SubjectKind::User, trip.users[0].as_str());
    let low = [finding("after-hours", Severity::Low, user, times)];
    let comparison = compare(&labels, &low);
    assert!(comparison.lookalikes.iter().all(|e| !e.is_loud()) && comparison.others.is_empty());
    let high = [finding("after-hours", Severity::High, user, times)];
    let comparison = compare(&labels, &high);
    assert_eq!(comparison.lookalikes.iter().filter(|e| e.is_loud()).count(), 1);
}
