//! What detectors said so far: one finding per identity, with revisions.
//!
//! Owns the rule of revisions: a finding that says the same again is no revision; the first raise decides
//! `raised_at`. Does not own storage.

use std::collections::BTreeMap;

use model::{Finding, Status};

use crate::plugin::Output;

/// Findings by identity.
#[derive(Debug, Default)]
pub struct Book {
    findings: BTreeMap<String, Finding>,
}

impl Book {
    /// Takes what a call said, in order.
    pub fn take(&mut self, outputs: impl IntoIterator<Item = Output>) {
        for output in outputs {
            match output {
                Output::Raise(finding) => self.raise(*finding),
                Output::Withdraw { id } => {
                    if let Some(finding) = self.findings.get_mut(&id)
                        && finding.status != Status::Withdrawn
                    {
                        finding.status = Status::Withdrawn;
                        finding.revision += 1;
                    }
                }
            }
        }
    }

    fn raise(&mut self, mut finding: Finding) {
        match self.findings.get_mut(&finding.id) {
            None => {
                finding.revision = 1;
                self.findings.insert(finding.id.clone(), finding);
            }
            Some(known) if !known.same_content(&finding) => {
                finding.revision = known.revision + 1;
                finding.raised_at = known.raised_at;
                *known = finding;
            }
            Some(_) => {}
        }
    }

    /// The findings by first event, detector and identity.
    pub fn into_findings(self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.findings.into_values().collect();
        findings
            .sort_by(|a, b| (a.first_event, &a.detector, &a.id).cmp(&(b.first_event, &b.detector, &b.id)));
        findings
    }
}
