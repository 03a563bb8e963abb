//! What detectors said so far: one finding per identity, with revisions.
//!
//! Owns the rule of revisions: between two checkpoints a finding gets at most one, however often it changed, so that
//! batches and workers, whose cuts are accidental, show nowhere; one that says the same again gets none; the first raise
//! decides `raised_at`. Does not own storage (`store::checkpoint` keeps the same rule there).

use std::collections::BTreeMap;

use model::{Finding, Status};

use crate::plugin::Output;

/// Findings by identity.
#[derive(Debug, Default)]
pub struct Book {
    findings: BTreeMap<String, Finding>,
}

impl Book {
    /// Takes what was said since the last checkpoint, in order for each finding.
    pub fn take(&mut self, outputs: impl IntoIterator<Item = Output>) {
        let mut now: BTreeMap<String, Finding> = BTreeMap::new();
        for output in outputs {
            match output {
                Output::Raise(mut finding) => {
                    if let Some(known) = now.get(&finding.id).or_else(|| self.findings.get(&finding.id)) {
                        finding.raised_at = known.raised_at;
                    }
                    now.insert(finding.id.clone(), *finding);
                }
                Output::Withdraw { id } => {
                    if let Some(known) = now.get(&id).or_else(|| self.findings.get(&id)) {
                        let withdrawn = Finding { status: Status::Withdrawn, ..known.clone() };
                        now.insert(id, withdrawn);
                    }
                }
            }
        }
        for (id, mut finding) in now {
            match self.findings.get(&id) {
                Some(known) if known.same_content(&finding) => continue,
                known => finding.revision = known.map_or(1, |k| k.revision + 1),
            }
            self.findings.insert(id, finding);
        }
    }

    /// The findings that stand, by first event, detector and identity.
    pub fn into_findings(self) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.findings.into_values().filter(|f| f.status != Status::Withdrawn).collect();
        findings
            .sort_by(|a, b| (a.first_event, &a.detector, &a.id).cmp(&(b.first_event, &b.detector, &b.id)));
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Provenance, Severity, Subject, SubjectKind};

    fn raise(title: &str, raised_at: i64) -> Output {
        Output::Raise(Box::new(Finding {
            id: "f".to_owned(),
            detector: "d".to_owned(),
            kind: "k".to_owned(),
            severity: Severity::Low,
            score: 0.1,
            subject: Subject { kind: SubjectKind::User, id: "u".to_owned(), name: "u".to_owned() },
            title: title.to_owned(),
            explanation: Vec::new(),
            first_event: 1,
            last_event: 1,
            raised_at,
            revision: 0,
            status: Status::Open,
            evidence: Vec::new(),
            attributes: BTreeMap::new().into_iter().collect(),
            provenance: Provenance { generation: 1, digest: String::new() },
        }))
    }

    fn withdraw() -> Output {
        Output::Withdraw { id: "f".to_owned() }
    }

    #[test]
    fn how_often_a_finding_changes_between_checkpoints_does_not_show() {
        let mut fine = Book::default();
        fine.take([raise("one", 5), raise("two", 6), withdraw(), raise("three", 7)]);
        let mut coarse = Book::default();
        coarse.take([raise("three", 5)]);
        assert_eq!(fine.findings, coarse.findings);
        fine.take([raise("four", 8), raise("three", 9)]);
        assert_eq!(fine.findings, coarse.findings);
        fine.take([raise("four", 8)]);
        assert_eq!((fine.findings["f"].revision, fine.findings["f"].raised_at), (2, 5));
    }

    #[test]
    fn what_was_taken_back_is_no_finding() {
        let mut book = Book::default();
        book.take([withdraw(), raise("one", 5)]);
        book.take([withdraw()]);
        assert!(book.into_findings().is_empty());
    }
}
