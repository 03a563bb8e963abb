//! Which features made a score what it is.
//!
//! Every node knows the mean path length of the sample's rows that passed it. On a row's way down a tree, each cut changes that mean; the
//! change belongs to the feature cut. Over a path the changes add up exactly to `h(x) - mean at the root`; a feature's
//! part is the sum over all trees, counted positive when it shortened the path. The score is then shared out in the
//! same proportions: `base + Σ contributions = score`, where `base` is the score of the mean path.

use crate::score::next;
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

    /// The contributions with the base shared out evenly among the features: these alone sum to the score.
    pub fn shares(&self) -> Vec<f64> {
        let even = self.base / self.contributions.len() as f64;
        self.contributions.iter().map(|c| c + even).collect()
    }
}

impl Forest {
    /// The score of a row with each feature's part in it.
    ///
    /// # Errors
    /// As [`Forest::score`].
    pub fn explain(&self, row: &[f64]) -> Result<Explanation, Error> {
        self.check(row)?;
        let mut shorter = vec![0.0; self.features()];
        let (mut mean, mut length) = (0.0, 0.0);
        for tree in self.trees.iter() {
            let mut at = 0;
            mean += tree.passed[0].path;
            loop {
                let node = &tree.nodes[at];
                let to = next(node, row[node.feature as usize]);
                if to == at {
                    break;
                }
                shorter[node.feature as usize] += tree.passed[at].path - tree.passed[to].path;
                at = to;
            }
            length += tree.passed[at].path;
        }
        let base = self.score_of(mean);
        // `score - base` is what a path shorter by `total` makes of the base; where changes cancel out, its slope.
        let total: f64 = shorter.iter().sum();
        let slope = self.scale * std::f64::consts::LN_2;
        let scale = base * if total == 0.0 { slope } else { (total * slope).exp_m1() / total };
        let contributions = shorter.into_iter().map(|s| s * scale).collect();
        Ok(Explanation { score: self.score_of(length), base, contributions })
    }
}
