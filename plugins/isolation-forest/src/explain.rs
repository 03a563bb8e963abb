//! Which features made a score what it is.
//!
//! Every node knows the mean path length of the sample's rows that passed it. On a row's way down a tree, each cut changes that mean; the
//! change belongs to the feature cut. Over a path the changes add up exactly to `h(x) - mean at the root`; a feature's
//! part is the mean over all trees, counted positive when it shortened the path. The score is then shared out in the
//! same proportions: `base + Σ contributions = score`, where `base` is the score of the mean path.

use crate::{Error, Forest};

/// A score and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The anomaly score.
    pub score: f64,
    /// The score of a row of mean path length.
    pub base: f64,
    /// What each feature adds to `base`; positive makes the row more unusual. Sums to `score - base`.
    pub contributions: Vec<f64>,
}

impl Explanation {
    /// Features that made the row more unusual, most first.
    pub fn ranked(&self) -> Vec<usize> {
        let mut order: Vec<usize> =
            (0..self.contributions.len()).filter(|f| self.contributions[*f] > 0.0).collect();
        order.sort_by(|a, b| self.contributions[*b].total_cmp(&self.contributions[*a]).then(a.cmp(b)));
        order
    }
}

/// Below this difference in path length there is nothing to share out.
const NOTHING: f64 = 1e-9;

impl Forest {
    /// The score of a row with each feature's part in it.
    ///
    /// # Errors
    /// As [`Forest::score`].
    pub fn explain(&self, row: &[f64]) -> Result<Explanation, Error> {
        self.check(row)?;
        let trees = self.roots.len() as f64;
        let mut shorter = vec![0.0; self.features()];
        let mut mean = 0.0;
        let mut depth = 0.0;
        for root in &self.roots {
            let mut at = *root as usize;
            mean += f64::from(self.expected[at]);
            while let Some(next) = self.nodes[at].next(row) {
                shorter[self.nodes[at].feature()] +=
                    f64::from(self.expected[at]) - f64::from(self.expected[next]);
                at = next;
            }
            depth += self.nodes[at].path_length();
        }
        let (score, base) = (self.score_of(depth / trees), self.score_of(mean / trees));
        let total: f64 = shorter.iter().sum();
        let scale = if total.abs() < NOTHING { 0.0 } else { (score - base) / total };
        let contributions = shorter.into_iter().map(|s| s * scale).collect();
        let base = if scale == 0.0 { score } else { base };
        Ok(Explanation { score, base, contributions })
    }
}
