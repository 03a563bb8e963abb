//! Isolation forest: points that random cuts separate early are unusual.
//!
//! F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008, as published: sub-samples of 256 without replacement,
//! 100 trees, height limit `ceil(log2 ψ)`, `c(n)` for what the limit left together, score `2^(-E(h)/c(ψ))`. A feature
//! that is constant in a node is redrawn. Trees take their randomness from the seed and their own number only, so
//! the result does not depend on how they are spread over threads. Depends on nothing; owns no I/O.
//!
//! ```
//! use isolation_forest::{Forest, Options};
//! let mut rows: Vec<f64> = (0..200).map(|i| f64::from(i % 10)).collect();
//! rows.push(1000.0);
//! let forest = Forest::fit(&rows, 1, Options::default()).unwrap();
//! assert!(forest.score(&[1000.0]).unwrap() > 0.8 && forest.score(&[5.0]).unwrap() < 0.5);
//! ```

mod explain;
mod random;
mod tree;

pub use explain::Explanation;

use random::Random;
use serde::{Deserialize, Serialize};
use tree::{Grower, Node, average_path};

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

/// Why a forest cannot be grown or asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// At least two rows are needed to tell them apart.
    TooFewRows,
    /// No features, no trees or a sample below two.
    Empty,
    /// The length is not a multiple of, or is not equal to, the number of features.
    Shape,
    /// NaN or infinity at this position.
    NotFinite(usize),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::TooFewRows => f.write_str("an isolation forest needs at least two rows"),
            Error::Empty => f.write_str("features and trees must be at least 1, sample at least 2"),
            Error::Shape => f.write_str("the number of values does not fit the number of features"),
            Error::NotFinite(at) => write!(f, "value {at} is NaN or infinite"),
        }
    }
}

impl std::error::Error for Error {}

/// A grown forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    features: u32,
    /// `c(ψ)`.
    normal: f64,
    /// First node of each tree.
    roots: Vec<u32>,
    nodes: Vec<Node>,
    /// Mean path length of the sample's rows that pass a node; parallel to `nodes`, only for explanations.
    expected: Vec<f32>,
}

fn check_finite(values: &[f64]) -> Result<(), Error> {
    match values.iter().position(|v| !v.is_finite()) {
        Some(at) => Err(Error::NotFinite(at)),
        None => Ok(()),
    }
}

impl Forest {
    /// Grows a forest over `rows`, row after row, each of `features` values.
    ///
    /// # Errors
    /// When the shape is wrong, there are too few rows, or a value is NaN or infinite.
    pub fn fit(rows: &[f64], features: usize, options: Options) -> Result<Forest, Error> {
        if features == 0 || options.trees == 0 || options.sample < 2 {
            return Err(Error::Empty);
        }
        if !rows.len().is_multiple_of(features) {
            return Err(Error::Shape);
        }
        check_finite(rows)?;
        let count = rows.len() / features;
        if count < 2 {
            return Err(Error::TooFewRows);
        }
        let sample = (options.sample as usize).min(count);
        let mut grower = Grower::new(rows, features, sample);
        let mut roots = Vec::with_capacity(options.trees as usize);
        let mut chosen = Vec::with_capacity(sample);
        for tree in 0..options.trees {
            let mut random = Random::for_tree(options.seed, tree);
            random.choose(count, sample, &mut chosen);
            roots.push(grower.grow(&mut chosen, &mut random));
        }
        let (nodes, expected) = grower.finish();
        Ok(Forest { features: features as u32, normal: average_path(sample), roots, nodes, expected })
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
        Ok(self.score_of(self.depth(row)))
    }

    /// Scores of rows that stand one after the other.
    ///
    /// # Errors
    /// As [`Forest::score`].
    pub fn scores(&self, rows: &[f64]) -> Result<Vec<f64>, Error> {
        if !rows.len().is_multiple_of(self.features()) {
            return Err(Error::Shape);
        }
        check_finite(rows)?;
        Ok(rows.chunks_exact(self.features()).map(|row| self.score_of(self.depth(row))).collect())
    }

    fn check(&self, row: &[f64]) -> Result<(), Error> {
        if row.len() != self.features() {
            return Err(Error::Shape);
        }
        check_finite(row)
    }

    /// `E(h(x))`.
    fn depth(&self, row: &[f64]) -> f64 {
        let mut total = 0.0;
        for root in &self.roots {
            let mut node = &self.nodes[*root as usize];
            while let Some(next) = node.next(row) {
                node = &self.nodes[next];
            }
            total += node.path_length();
        }
        total / self.roots.len() as f64
    }

    fn score_of(&self, depth: f64) -> f64 {
        (-depth / self.normal).exp2()
    }
}

#[cfg(test)]
mod tests;
