//! Whether a day as a whole is unusual for its user: an isolation forest over daily figures.
//!
//! The forest is grown over the user's earlier days and the day in question, because a forest cannot extrapolate: a day beyond
//! all it was grown over would take the path of the largest. Earlier days are final in event time: a late record for one
//! of them makes the SDK step again. The seed comes from the subject's text, so nothing depends on handles, order or
//! machine. Owns the asking; the algorithm is in `isolation-forest`.

use std::hash::Hasher;

use isolation_forest::{Forest, Options};
use ringfence_sdk::Subject;

use crate::history::{Day, FEATURES};

/// A day's score and what made it so.
#[derive(Clone, Debug, PartialEq)]
pub struct Unusual {
    /// Isolation score.
    pub score: f64,
    /// Positions in [`FEATURES`], most important first.
    pub reasons: Vec<usize>,
}

/// Scores `today` among `days`; `None` if there is nothing to compare.
pub fn judge(subject: Subject, days: &[Day], today: &Day) -> Option<Unusual> {
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(subject.text().as_bytes());
    let row = today.features();
    let mut rows: Vec<f64> = days.iter().flat_map(|d| d.features()).collect();
    rows.extend(row);
    let options = Options { seed: hasher.finish(), ..Options::default() };
    // Figures are counts and shares: finite by construction; too few rows mean there is nothing to say.
    let forest = Forest::fit(&rows, FEATURES.len(), options).ok()?;
    let explanation = forest.explain(&row).ok()?;
    Some(Unusual { score: explanation.score, reasons: explanation.ranked() })
}
