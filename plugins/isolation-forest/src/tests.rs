//! What a forest must do, seen from outside.

use proptest::prelude::*;

use super::*;
use crate::random::Random;
use crate::tree::Step;

mod explained;
mod paper;
mod restored;

/// Rows of roughly normal values.
fn cloud(count: usize, features: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::for_tree(seed, 7);
    (0..count * features).map(|_| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0).collect()
}

fn seeded(seed: u64) -> Options {
    Options { seed, ..Options::default() }
}

#[test]
fn a_planted_outlier_scores_highest() {
    let mut rows = cloud(1000, 4, 1);
    rows.extend([9.0, -9.0, 9.0, 9.0]);
    let forest = Forest::fit(&rows, 4, Options::default()).unwrap();
    let scores = forest.scores(&rows).unwrap();
    let highest = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap();
    assert_eq!(highest, 1000);
    assert!(scores[1000] > 0.7, "{}", scores[1000]);
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    assert!((0.4..0.5).contains(&mean), "{mean}");
}

#[test]
fn same_seed_same_forest_and_another_seed_another() {
    let rows = cloud(600, 3, 2);
    let fit = |seed| Forest::fit(&rows, 3, seeded(seed)).unwrap();
    assert_eq!(fit(5), fit(5));
    assert_ne!(fit(5), fit(6));
    // A stored forest is compared with a fresh one only if the same seed means the same forest in every version.
    let sum: f64 = fit(5).scores(&rows).unwrap().iter().sum();
    assert!((sum - SUM_OF_SCORES).abs() < 1e-6, "{sum:?}");
}

const SUM_OF_SCORES: f64 = 278.370_377_295_079_7;

#[test]
fn constant_features_are_redrawn_and_equal_rows_are_usual() {
    let rows: Vec<f64> = (0..100).flat_map(|i| [7.0, f64::from(i % 20), 7.0]).collect();
    let forest = Forest::fit(&rows, 3, Options::default()).unwrap();
    assert!(forest.trees.steps().iter().all(|s| !matches!(s, Step::Cut { feature: 0 | 2, .. })));
    let same = Forest::fit(&[4.0; 50], 1, Options::default()).unwrap();
    assert!((same.score(&[4.0]).unwrap() - 0.5).abs() < 1e-12, "h = c(ψ) for all");
}

#[test]
fn what_cannot_be_used_is_refused() {
    let fit = |rows: &[f64]| Forest::fit(rows, 2, Options::default()).unwrap_err();
    assert_eq!(fit(&[1.0, f64::NAN, 2.0, 3.0]), Error::NotFinite { row: 0, column: 1 });
    assert_eq!(fit(&[1.0, 1.0, f64::INFINITY, 2.0]), Error::NotFinite { row: 1, column: 0 });
    assert!(fit(&[1.0, 1.0, f64::INFINITY, 2.0]).to_string().starts_with("row 1, column 0"));
    assert_eq!((fit(&[1.0, 2.0, 3.0]), fit(&[1.0, 2.0])), (Error::Shape, Error::TooFewRows));
    let forest = Forest::fit(&[1.0, 2.0, 3.0, 4.0], 2, Options::default()).unwrap();
    assert_eq!(forest.score(&[1.0]), Err(Error::Shape));
    assert_eq!(forest.scores(&[1.0, 2.0, 3.0]), Err(Error::Shape));
    let odd = Error::NotFinite { row: 0, column: 1 };
    assert_eq!(forest.score(&[1.0, f64::NEG_INFINITY]), Err(odd));
    assert_eq!(forest.scores(&[0.0, 0.0, 1.0, f64::NAN]), Err(Error::NotFinite { row: 1, column: 1 }));
    assert_eq!(forest.explain(&[1.0, f64::NAN]), Err(odd));
}

#[test]
fn sizes_are_bounded() {
    let rows = cloud(10, 2, 0);
    let fit = |trees, sample| Forest::fit(&rows, 2, Options { trees, sample, seed: 0 }).map(|_| ());
    assert_eq!((fit(0, 256), fit(1, 1)), (Err(Error::Empty), Err(Error::Empty)));
    assert_eq!(Forest::fit(&[1.0, 2.0], 0, Options::default()), Err(Error::Empty));
    assert_eq!(fit(MAX_TREES as u32 + 1, 256), Err(Error::TooLarge));
    assert_eq!(fit(3, u32::MAX), Ok(()), "no more rows per tree than there are");
    let many = vec![0.0; MAX_SAMPLE + 1];
    let fit = |sample, trees| Forest::fit(&many, 1, Options { trees, sample, seed: 0 }).map(|_| ());
    assert_eq!((fit(u32::MAX, 1), fit(MAX_SAMPLE as u32, 1)), (Err(Error::TooLarge), Ok(())));
    assert_eq!(fit(MAX_SAMPLE as u32, 65), Err(Error::TooLarge), "in all");
    let wide = vec![0.0; 2 * (MAX_FEATURES + 1)];
    assert_eq!(Forest::fit(&wide, MAX_FEATURES + 1, Options::default()).unwrap_err(), Error::TooLarge);
}

proptest! {
    /// Threads, batches and single rows give the same bits; trees do not depend on how many there are.
    #[test]
    fn how_the_work_is_spread_does_not_matter(
        count in 2usize..700,
        features in 1usize..6,
        trees in 1u32..20,
        sample in 2u32..300,
        threads in 2usize..6,
        seed: u64
    ) {
        let rows = cloud(count, features, seed);
        let options = Options { trees, sample, seed };
        let forest = Forest::fit(&rows, features, options).unwrap();
        prop_assert_eq!(&Forest::fit_on(threads, &rows, features, options).unwrap(), &forest);
        let scores = forest.scores(&rows).unwrap();
        prop_assert_eq!(&forest.scores_on(threads, &rows).unwrap(), &scores);
        let alone: Vec<f64> = rows.chunks(features).map(|row| forest.score(row).unwrap()).collect();
        prop_assert_eq!(&alone, &scores);
        let more = Forest::fit(&rows, features, Options { trees: trees + 1, ..options }).unwrap();
        let (steps, all) = (forest.trees.steps(), more.trees.steps());
        prop_assert_eq!(&steps[..], &all[..steps.len()]);
    }
}
