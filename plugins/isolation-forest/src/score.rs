//! Walking rows down the trees.
//!
//! Owns the order of the walk, which is what makes it fast: one tree for a whole block of rows while the tree is in the nearest cache,
//! and several rows at once because a single walk mostly waits for its own last step. Sums are taken tree by tree for
//! each row, so a row's score is the same bits alone, in a batch, or on any thread. Does not own scores' formula ([`crate::Forest`]).

use crate::tree::{Node, Tree, Trees};

/// Rows that walk down a tree side by side.
const LANES: usize = 8;

/// Rows that one tree is used for before the next: a tree has some 8 KiB, as many rows fill the rest of a 32 KiB cache.
const BLOCK: usize = 256;

/// Adds each row's path lengths over all trees to `sums`, one place per row.
pub(crate) fn path_sums(trees: &Trees, features: usize, rows: &[f64], sums: &mut [f64]) {
    for (rows, sums) in rows.chunks(BLOCK * features).zip(sums.chunks_mut(BLOCK)) {
        for tree in trees.iter() {
            let mut lanes = rows.chunks_exact(LANES * features);
            let mut places = sums.chunks_exact_mut(LANES);
            for (rows, sums) in lanes.by_ref().zip(places.by_ref()) {
                let leaves = walk_lanes(tree.nodes, features, trees.height, rows);
                for (sum, leaf) in sums.iter_mut().zip(leaves) {
                    *sum += tree.passed[leaf].path;
                }
            }
            let rest = lanes.remainder().chunks_exact(features);
            for (row, sum) in rest.zip(places.into_remainder()) {
                *sum += path_length(tree, row);
            }
        }
    }
}

/// The leaves that the rows fall into.
#[inline]
fn walk_lanes(nodes: &[Node], features: usize, height: u32, rows: &[f64]) -> [usize; LANES] {
    // The root is the same for all.
    let root = nodes[0];
    let mut at: [usize; LANES] =
        std::array::from_fn(|lane| next(&root, rows[lane * features + root.feature as usize]));
    for _ in 1..height {
        for (lane, at) in at.iter_mut().enumerate() {
            let node = &nodes[*at];
            *at = next(node, rows[lane * features + node.feature as usize]);
        }
    }
    at
}

/// Where this value goes.
#[inline]
pub(crate) fn next(node: &Node, value: f64) -> usize {
    node.left as usize + usize::from(value >= node.value)
}

/// The path length of one row in one tree.
#[inline]
pub(crate) fn path_length(tree: Tree<'_>, row: &[f64]) -> f64 {
    let mut at = 0;
    loop {
        let node = &tree.nodes[at];
        let to = next(node, row[node.feature as usize]);
        if to == at {
            return tree.passed[at].path;
        }
        at = to;
    }
}
