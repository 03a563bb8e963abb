//! How good the detectors are, measured against labelled folders.
//!
//! Owns the form of labels, the rule by which findings belong to what was planted, the figures and their floors. Does
//! not own detection: the records of a folder take the way of `scan`. Knows nothing of how a set is made, so that sets
//! of others are scored as the demo's are.

mod cases;
pub mod compare;
mod days;
mod facts;
pub mod floor;
pub mod folder;
pub mod labels;
pub mod report;
pub mod style;
mod table;
pub mod text;

use std::path::Path;
use std::sync::Arc;

use model::NameTable;
use rules::RuleSet;

use crate::config::Config;
use crate::directory::Directory;
use crate::engine::Options;
use crate::engine::memory::MemoryState;
use crate::engine::scan::{ScanError, Scanned, scan};
use crate::plugin::{Plugin, Services};
use crate::source::{Input, ReadError};

pub use cases::{Case, Findings};
pub use days::Wrong;
pub use floor::Floors;
pub use labels::{Label, Labels, Set};
pub use report::{Report, Score, SetSummary};
pub use table::print;

use facts::Facts;

/// Why a folder cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The folder holds no records or cannot be read.
    #[error("{0}")]
    Folder(String),
    /// `labels.json` is missing or broken.
    #[error("{0}")]
    Labels(String),
    /// The floor file is missing or broken.
    #[error("{0}")]
    Floor(String),
    /// The scan failed.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The second reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// What is evaluated and with what.
#[derive(Debug)]
pub struct Work<'a> {
    /// The labelled folder.
    pub folder: &'a Path,
    /// Its record and event files.
    pub inputs: &'a [Input],
    /// Its labels.
    pub labels: &'a Labels,
    /// The configuration.
    pub config: &'a Config,
    /// The detectors.
    pub plugins: &'a [Plugin],
    /// The rules, if any.
    pub rules: Option<&'a Arc<RuleSet>>,
    /// Worker threads; figures do not depend on it.
    pub workers: usize,
}

/// Scans a folder's records and scores the findings. What the scan saw is returned for its summary.
///
/// # Errors
/// When the scan fails, or labels and records are of different sets.
pub fn evaluate(work: &Work<'_>) -> Result<(Score, Scanned), EvalError> {
    let names = Arc::new(NameTable::default());
    let directory = Arc::new(Directory::from_config(work.config));
    let state = Arc::new(MemoryState::default());
    let services = Services { names: names.clone(), directory: directory.clone(), state: state.clone() };
    let options = Options { workers: work.workers, lateness: work.config.lateness(), generation: 1 };
    let temp = std::env::temp_dir();
    let scanned =
        scan(work.inputs, false, work.plugins, work.rules, work.config, &services, state, &options, &temp)?;
    let facts = Facts::read(work.inputs, work.labels, &scanned.findings, &names, &directory)?;
    let score = score(work, &scanned, &facts, &names)?;
    Ok((score, scanned))
}

fn score(work: &Work<'_>, scanned: &Scanned, facts: &Facts, names: &NameTable) -> Result<Score, EvalError> {
    let folder = work.folder.display().to_string();
    let comparison = compare::compare(work.labels, &scanned.findings);
    let (attacks, lookalikes) = cases::cases(&folder, &comparison, facts);
    let (labelled, missing) = attacks
        .iter()
        .chain(&lookalikes)
        .fold((0, 0), |(all, missing), case| (all + case.records, missing + case.records_missing));
    if labelled > 0 && labelled == missing {
        return Err(EvalError::Labels(format!(
            "{}: none of its {labelled} records is in the files of the folder: labels and records are of different sets",
            work.folder.join(labels::FILE).display()
        )));
    }
    let (days, wrong) = days::count(work.labels, &scanned.findings, facts, names);
    let set = SetSummary {
        folder,
        seed: work.labels.set.seed,
        records: scanned.read.records.saturating_sub(scanned.duplicates),
        set_aside: scanned.read.rejected,
        findings: scanned.findings.len() as u64,
    };
    Ok(Score { set, attacks, lookalikes, days, wrong })
}

#[cfg(test)]
mod tests;
