//! Isolation forest: points that random cuts separate early are unusual.
//!
//! F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008, as published: sub-samples of 256 without replacement,
//! 100 trees, height limit `ceil(log2 ψ)`, `c(n)` for what the limit left together, score `2^(-E(h)/c(ψ))`. A feature
//! that is constant in a node is redrawn; only a node in which all are is a leaf. Trees take their randomness from the seed
//! and their own number only, so the result does not depend on how they are spread over threads. `docs/algorithms/isolation-forest.md`
//! has formulas and figures. Owns no I/O.
//!
//! ```
//! use isolation_forest::{Forest, Options};
//! let mut rows: Vec<f64> = (0..200).map(|i| f64::from(i % 10)).collect();
//! rows.push(1000.0);
//! let forest = Forest::fit(&rows, 1, Options::default()).unwrap();
//! assert!(forest.score(&[1000.0]).unwrap() > 0.8 && forest.score(&[5.0]).unwrap() < 0.5);
//! ```

mod error;
mod explain;
mod grow;
mod random;
mod score;
mod stored;
mod threads;
mod tree;

pub use error::Error;
pub use explain::Explanation;

use error::check_finite;
use grow::Grower;
use serde::{Deserialize, Serialize};
use tree::{Trees, average_path};

/// Features per row at most; beyond, 100 trees of 256 rows would not look at most of them even once.
pub const MAX_FEATURES: usize = 4_096;
/// Trees at most; scores stop changing long before.
pub const MAX_TREES: usize = 10_000;
/// Rows per tree at most; the method lives on small samples.
pub const MAX_SAMPLE: usize = 65_536;
/// Nodes of a forest at most, 40 bytes each: the paper's forest has up to 51,100.
pub const MAX_NODES: usize = 1 << 23;

/// How a forest is grown; the defaults are the paper's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Number of trees.
    pub trees: u32,
    /// Rows per tree (ψ); fewer if there are fewer.
    pub sample: u32,
    /// Everything random comes from here.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { trees: 100, sample: 256, seed: 0 }
    }
}

/// A grown forest. Its stored form (serde) is checked when it is read back.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "stored::Stored")]
pub struct Forest {
    features: u32,
    /// Rows per tree.
    sample: u32,
    /// `1 / (trees * c(ψ))`: makes a sum of path lengths the score's exponent.
    scale: f64,
    trees: Trees,
}

/// Refuses forests that are too small to mean anything or too large to hold.
fn bounded(features: usize, trees: usize, sample: usize) -> Result<(), Error> {
    if features == 0 || trees == 0 || sample < 2 {
        return Err(Error::Empty);
    }
    let fits = features <= MAX_FEATURES
        && trees <= MAX_TREES
        && sample <= MAX_SAMPLE
        && trees * (2 * sample - 1) <= MAX_NODES;
    if fits { Ok(()) } else { Err(Error::TooLarge) }
}

impl Forest {
    /// Grows a forest over `rows`, row after row, each of `features` values.
    ///
    /// # Errors
    /// When the shape is wrong, there are too few rows, a value is NaN or infinite, or a bound of this crate is passed.
    pub fn fit(rows: &[f64], features: usize, options: Options) -> Result<Forest, Error> {
        Forest::fit_on(1, rows, features, options)
    }

    /// [`Forest::fit`] on so many threads: the same forest, sooner.
    ///
    /// # Errors
    /// As [`Forest::fit`].
    pub fn fit_on(threads: usize, rows: &[f64], features: usize, options: Options) -> Result<Forest, Error> {
        if features == 0 || options.sample < 2 {
            return Err(Error::Empty);
        }
        if !rows.len().is_multiple_of(features) {
            return Err(Error::Shape);
        }
        let count = rows.len() / features;
        if count < 2 {
            return Err(Error::TooFewRows);
        }
        if count > u32::MAX as usize {
            return Err(Error::TooLarge);
        }
        let sample = (options.sample as usize).min(count);
        let trees = options.trees as usize;
        bounded(features, trees, sample)?;
        check_finite(rows, features)?;
        let steps = threads::in_parts(trees, threads, |range| {
            let mut grower = Grower::new(rows, features, sample, options.seed);
            let mut steps = Vec::with_capacity(range.len() * (2 * sample - 1));
            range.for_each(|tree| grower.grow(tree as u32, &mut steps));
            steps
        })
        .concat();
        let trees = Trees::build(trees, features as u32, sample, &steps)?;
        Ok(Forest::of(features as u32, sample as u32, trees))
    }

    fn of(features: u32, sample: u32, trees: Trees) -> Forest {
        let scale = 1.0 / (trees.len() as f64 * average_path(sample as usize));
        Forest { features, sample, scale, trees }
    }

    /// Features per row.
    pub fn features(&self) -> usize {
        self.features as usize
    }

    /// The anomaly score of a row: near 1 is unusual, below 0.5 is usual.
    ///
    /// # Errors
    /// When the row has another number of features, or a value is NaN or infinite.
    pub fn score(&self, row: &[f64]) -> Result<f64, Error> {
        self.check(row)?;
        Ok(self.score_of(self.trees.iter().map(|tree| score::path_length(tree, row)).sum()))
    }

    /// Scores of rows that stand one after the other.
    ///
    /// # Errors
    /// As [`Forest::score`].
    pub fn scores(&self, rows: &[f64]) -> Result<Vec<f64>, Error> {
        self.scores_on(1, rows)
    }

    /// [`Forest::scores`] on so many threads: the same scores, sooner.
    ///
    /// # Errors
    /// As [`Forest::score`].
    pub fn scores_on(&self, threads: usize, rows: &[f64]) -> Result<Vec<f64>, Error> {
        let features = self.features();
        if !rows.len().is_multiple_of(features) {
            return Err(Error::Shape);
        }
        check_finite(rows, features)?;
        let parts = threads::in_parts(rows.len() / features, threads, |range| {
            let mut sums = vec![0.0; range.len()];
            let rows = &rows[range.start * features..range.end * features];
            score::path_sums(&self.trees, features, rows, &mut sums);
            sums.iter_mut().for_each(|sum| *sum = self.score_of(*sum));
            sums
        });
        Ok(parts.concat())
    }

    fn check(&self, row: &[f64]) -> Result<(), Error> {
        if row.len() != self.features() {
            return Err(Error::Shape);
        }
        check_finite(row, row.len())
    }

    /// `2^(-E(h)/c(ψ))` from the sum of the path lengths over all trees.
    fn score_of(&self, sum: f64) -> f64 {
        (-sum * self.scale).exp2()
    }
}

#[cfg(test)]
mod tests;
