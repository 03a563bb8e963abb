//! Growing isolation trees into one flat array of nodes.
//!
//! Owns splits, leaves and `c(n)`. Does not own sampling ([`crate::random`]) or scores ([`crate::Forest`]).

use serde::{Deserialize, Serialize};

use crate::random::Random;

/// Euler and Mascheroni's constant, for the harmonic number's estimate.
const EULER: f64 = 0.577_215_664_901_532_9;

/// `c(n)`: the mean path length of an unsuccessful search among `n` rows.
pub(crate) fn average_path(n: usize) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let less = (n - 1) as f64;
            2.0 * (less.ln() + EULER) - 2.0 * less / n as f64
        }
    }
}

/// Marks a leaf.
const LEAF: u32 = u32::MAX;

/// A cut, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Node {
    /// Values below go left; at a leaf, the path length there, `c(n)` included.
    value: f64,
    /// The feature cut, or [`LEAF`].
    feature: u32,
    /// The left child; the right one is next to it.
    left: u32,
}

impl Node {
    /// The child for this row; `None` at a leaf.
    #[inline]
    pub(crate) fn next(&self, row: &[f64]) -> Option<usize> {
        let value = row.get(self.feature as usize)?;
        Some(self.left as usize + usize::from(*value >= self.value))
    }

    /// The path length at a leaf.
    #[inline]
    pub(crate) fn path_length(&self) -> f64 {
        self.value
    }

    /// The feature cut here.
    #[inline]
    pub(crate) fn feature(&self) -> usize {
        self.feature as usize
    }
}

/// Grows trees over the same rows.
pub(crate) struct Grower<'a> {
    rows: &'a [f64],
    features: usize,
    height: u32,
    nodes: Vec<Node>,
    expected: Vec<f32>,
    /// Features not yet found constant in the current node.
    candidates: Vec<u32>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(rows: &'a [f64], features: usize, sample: usize) -> Grower<'a> {
        Grower {
            rows,
            features,
            height: sample.next_power_of_two().ilog2(),
            nodes: Vec::new(),
            expected: Vec::new(),
            candidates: (0..features as u32).collect(),
        }
    }

    pub(crate) fn finish(self) -> (Vec<Node>, Vec<f32>) {
        (self.nodes, self.expected)
    }

    /// Grows one tree over the rows chosen; gives its root.
    pub(crate) fn grow(&mut self, chosen: &mut [u32], random: &mut Random) -> u32 {
        let root = self.reserve(1);
        self.fill(root, chosen, 0, random);
        root
    }

    fn reserve(&mut self, count: usize) -> u32 {
        let at = self.nodes.len();
        self.nodes.resize(at + count, Node { value: 0.0, feature: LEAF, left: 0 });
        self.expected.resize(at + count, 0.0);
        at as u32
    }

    /// Makes the node over these rows; gives the sum of their path lengths. Recursion is bounded by the height limit.
    fn fill(&mut self, at: u32, rows: &mut [u32], depth: u32, random: &mut Random) -> f64 {
        let cut = if rows.len() > 1 && depth < self.height { self.cut(rows, random) } else { None };
        let Some((feature, value)) = cut else {
            let length = f64::from(depth) + average_path(rows.len());
            self.nodes[at as usize] = Node { value: length, feature: LEAF, left: 0 };
            self.expected[at as usize] = length as f32;
            return length * rows.len() as f64;
        };
        let mut border = 0;
        for i in 0..rows.len() {
            if self.rows[rows[i] as usize * self.features + feature as usize] < value {
                rows.swap(i, border);
                border += 1;
            }
        }
        let left = self.reserve(2);
        self.nodes[at as usize] = Node { value, feature, left };
        let count = rows.len() as f64;
        let (below, above) = rows.split_at_mut(border);
        let total = self.fill(left, below, depth + 1, random) + self.fill(left + 1, above, depth + 1, random);
        self.expected[at as usize] = (total / count) as f32;
        total
    }

    /// A random feature that is not constant here, and a random value between its extremes that leaves rows on both sides.
    fn cut(&mut self, rows: &[u32], random: &mut Random) -> Option<(u32, f64)> {
        for tried in 0..self.features {
            let pick = tried + random.below(self.features - tried);
            self.candidates.swap(tried, pick);
            let feature = self.candidates[tried];
            let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
            for row in rows {
                let value = self.rows[*row as usize * self.features + feature as usize];
                low = low.min(value);
                high = high.max(value);
            }
            if low < high {
                let u = random.unit();
                let value = low * (1.0 - u) + high * u;
                return Some((feature, if value > low && value <= high { value } else { high }));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_paths_are_the_papers() {
        assert_eq!((average_path(1), average_path(2)), (0.0, 1.0));
        assert!((average_path(256) - 10.244770920119917).abs() < 1e-12);
    }
}
