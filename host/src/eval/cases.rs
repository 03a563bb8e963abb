//! Each planted episode with what became of it.
//!
//! Owns the figures of one episode: found or not, by whom, after how long and how many records. Does not own sums over
//! episodes (`report`).

use std::collections::BTreeMap;

use model::Severity;
use serde::Serialize;

use super::compare::{Comparison, Episode, FOUND};
use super::facts::Facts;

/// How many findings of one detector an episode has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Whatever their severity.
    pub any: u64,
    /// At medium and above.
    pub medium: u64,
    /// Most about one subject: an attack over several accounts has findings about each.
    pub about_one: u64,
}

/// One planted episode, attack or look-alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Case {
    /// The folder it is in.
    pub folder: String,
    /// Identity of the label.
    pub id: String,
    /// Kind of episode.
    pub kind: String,
    /// Whether a finding at medium or above belongs to it.
    pub found: bool,
    /// Highest severity of its findings.
    pub severity: Option<Severity>,
    /// Minutes of event time from the start of its first record until a finding that is medium or above was raised.
    pub delay_minutes: Option<f64>,
    /// Its records that had started by then.
    pub records_started: Option<u64>,
    /// Its records that had been reported by then, that is, those that a detector could know.
    pub records_reported: Option<u64>,
    /// Findings by detector.
    pub findings: BTreeMap<String, Findings>,
    /// Its labelled records.
    pub records: u64,
    /// Its labelled records that are in none of the files.
    pub records_missing: u64,
    /// What happens, in the words of who made the set.
    pub note: String,
}

/// Cases of attacks and of look-alikes.
pub(super) fn cases(folder: &str, comparison: &Comparison<'_>, facts: &Facts) -> (Vec<Case>, Vec<Case>) {
    let of = |episodes: &[Episode<'_>]| episodes.iter().map(|episode| case(folder, episode, facts)).collect();
    (of(&comparison.attacks), of(&comparison.lookalikes))
}

fn case(folder: &str, episode: &Episode<'_>, facts: &Facts) -> Case {
    let label = episode.label;
    let records = facts.of_label(label);
    let first = records.first().map(|fact| fact.start).or_else(|| super::labels::time(&label.first));
    let raised = episode.raised_at();
    let mut findings: BTreeMap<String, Findings> = BTreeMap::new();
    let mut subjects: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for finding in &episode.findings {
        let about = subjects.entry((&finding.detector, &finding.subject.id)).or_default();
        *about += 1;
        let counts = findings.entry(finding.detector.clone()).or_default();
        counts.any += 1;
        counts.medium += u64::from(finding.severity >= FOUND);
        counts.about_one = counts.about_one.max(*about);
    }
    Case {
        folder: folder.to_owned(),
        id: label.id.clone(),
        kind: label.kind.clone(),
        found: episode.is_found(),
        severity: episode.severity(),
        // A finding that stood before the first record counts as one without delay.
        delay_minutes: raised.zip(first).map(|(at, first)| (at - first).max(0) as f64 / 60_000.0),
        records_started: raised.map(|at| records.iter().filter(|fact| fact.start < at).count() as u64),
        records_reported: raised.map(|at| records.iter().filter(|fact| fact.report <= at).count() as u64),
        findings,
        records: label.records.len() as u64,
        records_missing: (label.records.len() - records.len()) as u64,
        note: label.note.clone(),
    }
}
