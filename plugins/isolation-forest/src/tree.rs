//! Isolation trees in memory: flat arrays of nodes, built from steps in pre-order.
//!
//! Owns the nodes' layout, `c(n)`, the height limit, and what makes a sequence of steps a tree: a freshly grown forest and one read
//! back take the same way in. Does not own growing ([`crate::grow`]) or walking ([`crate::score`]).

use serde::{Deserialize, Serialize};

use crate::Error;

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

/// `ceil(log2 ψ)`.
pub(crate) fn height_limit(sample: usize) -> u32 {
    sample.next_power_of_two().ilog2()
}

/// A node of a tree in pre-order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Step {
    /// So many rows of the sample stayed together.
    Leaf(u32),
    /// Values of the feature below `value` go left. The left subtree follows, then the right one.
    Cut {
        /// Which feature.
        feature: u32,
        /// Where.
        value: f64,
    },
}

/// A cut, or a leaf: a cut that sends every finite value back to itself, so that a walk need not ask which it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Node {
    /// Values below go left; infinity at a leaf.
    pub(crate) value: f64,
    /// The feature cut; any at a leaf.
    pub(crate) feature: u32,
    /// The left child within the tree, the right one is next to it; the leaf itself at a leaf.
    pub(crate) left: u32,
}

/// What a node knows about the sample's rows that passed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Passed {
    /// Their mean path length; at a leaf, the path length there, `c(n)` included.
    pub(crate) path: f64,
    /// How many.
    pub(crate) rows: u32,
}

/// Trees one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Trees {
    /// First node of each tree, and the end of the last.
    starts: Vec<u32>,
    nodes: Vec<Node>,
    /// Parallel to `nodes`, apart from them because a walk needs it once only.
    passed: Vec<Passed>,
    /// Length of the longest way down.
    pub(crate) height: u32,
}

/// One tree.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    pub(crate) nodes: &'a [Node],
    pub(crate) passed: &'a [Passed],
}

impl Trees {
    /// Builds trees from their steps.
    pub(crate) fn build(trees: usize, features: u32, sample: usize, steps: &[Step]) -> Result<Trees, Error> {
        let mut built = Trees {
            starts: Vec::with_capacity(trees + 1),
            nodes: Vec::with_capacity(steps.len()),
            passed: Vec::with_capacity(steps.len()),
            height: 0,
        };
        let mut steps = steps.iter();
        for _ in 0..trees {
            built.add(features, sample, &mut steps)?;
        }
        built.starts.push(built.nodes.len() as u32);
        if steps.next().is_some() {
            Err(Error::Malformed("steps are left over after the last tree"))
        } else {
            Ok(built)
        }
    }

    /// Adds the tree with which the steps begin.
    fn add(
        &mut self,
        features: u32,
        sample: usize,
        steps: &mut std::slice::Iter<'_, Step>,
    ) -> Result<(), Error> {
        let start = self.nodes.len();
        let limit = height_limit(sample);
        self.starts.push(start as u32);
        self.reserve(1);
        let mut open = vec![(0, 0)];
        while let Some((at, depth)) = open.pop() {
            self.height = self.height.max(depth);
            match *steps.next().ok_or(Error::Malformed("a tree ends early"))? {
                Step::Leaf(0) => return Err(Error::Malformed("a leaf without rows")),
                Step::Leaf(rows) => {
                    let path = f64::from(depth) + average_path(rows as usize);
                    self.nodes[start + at as usize].left = at;
                    self.passed[start + at as usize] = Passed { path, rows };
                }
                Step::Cut { feature, value } => {
                    if depth == limit {
                        return Err(Error::Malformed("a tree is higher than the height limit"));
                    }
                    if feature >= features || !value.is_finite() {
                        return Err(Error::Malformed(
                            "a cut needs a feature of the forest and a finite value",
                        ));
                    }
                    let left = (self.nodes.len() - start) as u32;
                    self.nodes[start + at as usize] = Node { value, feature, left };
                    self.reserve(2);
                    open.push((left + 1, depth + 1));
                    open.push((left, depth + 1));
                }
            }
        }
        self.sum_up(start, sample)
    }

    fn reserve(&mut self, count: usize) {
        let end = self.nodes.len() + count;
        self.nodes.resize(end, Node { value: f64::INFINITY, feature: 0, left: 0 });
        self.passed.resize(end, Passed { path: 0.0, rows: 0 });
    }

    /// What passed a cut is what passed its children, which stand behind it.
    fn sum_up(&mut self, start: usize, sample: usize) -> Result<(), Error> {
        let nodes = &self.nodes[start..];
        let passed = &mut self.passed[start..];
        for (at, node) in nodes.iter().enumerate().rev() {
            let left = node.left as usize;
            if left != at {
                let (below, above) = (passed[left], passed[left + 1]);
                let rows =
                    below.rows.checked_add(above.rows).ok_or(Error::Malformed("too many rows in a tree"))?;
                let total = below.path * f64::from(below.rows) + above.path * f64::from(above.rows);
                passed[at] = Passed { path: total / f64::from(rows), rows };
            }
        }
        if passed[0].rows as usize == sample {
            Ok(())
        } else {
            Err(Error::Malformed("a tree's leaves do not add up to the sample"))
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Each tree.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Tree<'_>> {
        self.starts.windows(2).map(|bounds| {
            let range = bounds[0] as usize..bounds[1] as usize;
            Tree { nodes: &self.nodes[range.clone()], passed: &self.passed[range] }
        })
    }

    /// The steps from which the trees can be built again.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::with_capacity(self.nodes.len());
        for tree in self.iter() {
            let mut open = vec![0u32];
            while let Some(at) = open.pop() {
                let node = &tree.nodes[at as usize];
                if node.left == at {
                    steps.push(Step::Leaf(tree.passed[at as usize].rows));
                } else {
                    steps.push(Step::Cut { feature: node.feature, value: node.value });
                    open.extend([node.left + 1, node.left]);
                }
            }
        }
        steps
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

    #[test]
    fn height_limits_round_up() {
        assert_eq!([2, 3, 4, 5, 256, 257].map(height_limit), [1, 2, 2, 3, 8, 9]);
    }

    #[test]
    fn steps_that_are_no_tree_are_refused() {
        let cut = Step::Cut { feature: 0, value: 1.0 };
        let build = |steps: &[Step]| Trees::build(1, 1, 2, steps).map(|t| t.steps());
        assert_eq!(build(&[cut, Step::Leaf(1), Step::Leaf(1)]), Ok(vec![cut, Step::Leaf(1), Step::Leaf(1)]));
        for (steps, why) in [
            (vec![], "early"),
            (vec![cut, Step::Leaf(1)], "early"),
            (vec![cut, Step::Leaf(2), Step::Leaf(0)], "without rows"),
            (vec![cut, Step::Leaf(1), Step::Leaf(2)], "add up"),
            (vec![cut, Step::Leaf(u32::MAX), Step::Leaf(3)], "too many"),
            (vec![cut, cut, Step::Leaf(1), Step::Leaf(1), Step::Leaf(1)], "height"),
            (vec![Step::Leaf(2), Step::Leaf(2)], "left over"),
            (vec![Step::Cut { feature: 1, value: 1.0 }, Step::Leaf(1), Step::Leaf(1)], "finite"),
            (vec![Step::Cut { feature: 0, value: f64::NAN }, Step::Leaf(1), Step::Leaf(1)], "finite"),
        ] {
            let refused = build(&steps).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused} for {steps:?}");
        }
    }
}
