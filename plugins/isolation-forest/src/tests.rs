use proptest::prelude::*;

use super::*;
use crate::random::Random;
use crate::tree::Step;

/// Rows of roughly normal values.
fn cloud(count: usize, features: usize, seed: u64) -> Vec<f64> {
    let mut random = Random::for_tree(seed, 7);
    (0..count * features).map(|_| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0).collect()
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
fn an_anomaly_in_one_feature_names_it_first() {
    for feature in 0..6 {
        let mut rows = cloud(500, 6, feature as u64);
        let mut odd = vec![0.1; 6];
        odd[feature] = 8.0;
        rows.extend(&odd);
        let forest = Forest::fit(&rows, 6, Options::default()).unwrap();
        let explanation = forest.explain(&odd).unwrap();
        assert_eq!(explanation.ranked().first(), Some(&feature), "{explanation:?}");
        assert!(explanation.contributions[feature] > 2.0 * (explanation.score - explanation.base) / 6.0);
    }
}

#[test]
fn same_seed_same_forest_and_another_seed_another() {
    let rows = cloud(600, 3, 2);
    let fit = |seed| Forest::fit(&rows, 3, Options { seed, ..Options::default() }).unwrap();
    assert_eq!(fit(5), fit(5));
    assert_ne!(fit(5), fit(6));
    // Trees do not depend on how many there are: they could be grown anywhere.
    let few = Forest::fit(&rows, 3, Options { trees: 10, seed: 5, ..Options::default() }).unwrap();
    assert_eq!(few.trees.steps()[..], fit(5).trees.steps()[..few.trees.steps().len()]);
}

#[test]
fn forests_come_back_from_storage() {
    let rows = cloud(100, 2, 3);
    let forest = Forest::fit(&rows, 2, Options::default()).unwrap();
    let bytes = postcard::to_allocvec(&forest).unwrap();
    assert_eq!(postcard::from_bytes::<Forest>(&bytes).unwrap(), forest);
}

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
    assert_eq!(fit(&[1.0, 1.0, 2.0, f64::INFINITY]), Error::NotFinite { row: 1, column: 1 });
    assert_eq!((fit(&[1.0, 2.0, 3.0]), fit(&[1.0, 2.0])), (Error::Shape, Error::TooFewRows));
    let forest = Forest::fit(&[1.0, 2.0, 3.0, 4.0], 2, Options::default()).unwrap();
    assert_eq!(forest.score(&[1.0]), Err(Error::Shape));
    assert_eq!(forest.score(&[1.0, f64::NEG_INFINITY]), Err(Error::NotFinite { row: 0, column: 1 }));
    assert_eq!(Forest::fit(&[1.0, 2.0], 0, Options::default()), Err(Error::Empty));
}

proptest! {
    #[test]
    fn contributions_sum_to_the_score(
        rows in proptest::collection::vec(-1e300f64..1e300, 6..300),
        row in proptest::array::uniform3(-1e300f64..1e300),
        seed: u64
    ) {
        let rows = &rows[..rows.len() / 3 * 3];
        let forest = Forest::fit(rows, 3, Options { seed, trees: 20, ..Options::default() }).unwrap();
        let e = forest.explain(&row).unwrap();
        prop_assert!((0.0..=1.0).contains(&e.score));
        prop_assert!((e.base + e.contributions.iter().sum::<f64>() - e.score).abs() < 1e-9);
        prop_assert_eq!(e.score, forest.score(&row).unwrap());
    }
}
