//! The paper's Algorithms 1 to 3, written down as they stand there, against the fast ones.

use super::*;
use crate::random::Sampler;

enum Tree {
    External { size: usize },
    Internal { left: Box<Tree>, right: Box<Tree>, feature: usize, value: f64 },
}

/// Algorithm 2, `iTree(X, e, l)`, with constant features redrawn.
fn itree(rows: &[&[f64]], height: u32, limit: u32, order: &mut [usize], random: &mut Random) -> Tree {
    let external = Tree::External { size: rows.len() };
    if height >= limit || rows.len() <= 1 {
        return external;
    }
    for drawn in 0..order.len() {
        let pick = drawn + random.below(order.len() - drawn);
        order.swap(drawn, pick);
        let feature = order[drawn];
        let low = rows.iter().map(|r| r[feature]).fold(f64::INFINITY, f64::min);
        let high = rows.iter().map(|r| r[feature]).fold(f64::NEG_INFINITY, f64::max);
        if low == high {
            continue;
        }
        let u = random.unit();
        let value = low * (1.0 - u) + high * u;
        let (left, right): (Vec<&[f64]>, Vec<&[f64]>) = rows.iter().partition(|r| r[feature] < value);
        let left = Box::new(itree(&left, height + 1, limit, order, random));
        let right = Box::new(itree(&right, height + 1, limit, order, random));
        return Tree::Internal { left, right, feature, value };
    }
    external
}

/// Algorithm 3, `PathLength(x, T, e)`.
fn path_length(row: &[f64], tree: &Tree, e: f64) -> f64 {
    match tree {
        Tree::External { size } => e + average_path(*size),
        Tree::Internal { left, right, feature, value } => {
            path_length(row, if row[*feature] < *value { left } else { right }, e + 1.0)
        }
    }
}

/// Algorithm 1 and the score, equation 2.
fn scores(rows: &[f64], features: usize, options: Options) -> Vec<f64> {
    let all: Vec<&[f64]> = rows.chunks(features).collect();
    let sample = (options.sample as usize).min(all.len());
    let limit = (sample as f64).log2().ceil() as u32;
    let mut sampler = Sampler::new(all.len());
    let forest: Vec<Tree> = (0..options.trees)
        .map(|tree| {
            let (mut random, mut chosen) = (Random::for_tree(options.seed, tree), Vec::new());
            sampler.choose(sample, &mut random, &mut chosen);
            let rows: Vec<&[f64]> = chosen.iter().map(|c| all[*c as usize]).collect();
            itree(&rows, 0, limit, &mut (0..features).collect::<Vec<_>>(), &mut random)
        })
        .collect();
    let score = |row: &&[f64]| {
        let mean = forest.iter().map(|t| path_length(row, t, 0.0)).sum::<f64>() / forest.len() as f64;
        2f64.powf(-mean / average_path(sample))
    };
    all.iter().map(score).collect()
}

proptest! {
    #[test]
    fn scores_are_the_papers(
        count in 2usize..400,
        features in 1usize..8,
        // Few different values make constant features and equal rows.
        levels in 1u32..40,
        trees in 1u32..12,
        sample in 2u32..300,
        seed: u64
    ) {
        let level = |v: f64| (v * f64::from(levels) / 6.0).round();
        let rows: Vec<f64> = cloud(count, features, seed).into_iter().map(level).collect();
        let options = Options { trees, sample, seed };
        let ours = Forest::fit(&rows, features, options).unwrap().scores(&rows).unwrap();
        for (ours, papers) in ours.iter().zip(scores(&rows, features, options)) {
            prop_assert!((ours - papers).abs() < 1e-12, "{} {}", ours, papers);
        }
    }
}
