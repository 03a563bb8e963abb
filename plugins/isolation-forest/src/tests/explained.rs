//! Contributions.

use super::*;

/// Among `count` rows, plants one that is odd in one feature only; gives the first feature named for it.
fn first_named(count: usize, features: usize, odd: usize, far: f64, rest: f64, seed: u64) -> Option<usize> {
    let mut rows = cloud(count, features, seed);
    let mut row: Vec<f64> = cloud(1, features, !seed).iter().map(|v| v * rest).collect();
    row[odd] = far;
    rows.extend(&row);
    let forest = Forest::fit(&rows, features, seeded(seed)).unwrap();
    forest.explain(&row).unwrap().ranked().first().copied()
}

proptest! {
    #[test]
    fn contributions_sum_to_the_score(
        rows in proptest::collection::vec(-1e300f64..1e300, 6..300),
        row in proptest::array::uniform3(-1e300f64..1e300),
        seed: u64
    ) {
        let rows = &rows[..rows.len() / 3 * 3];
        let forest = Forest::fit(rows, 3, Options { trees: 20, ..seeded(seed) }).unwrap();
        let e = forest.explain(&row).unwrap();
        prop_assert!((0.0..=1.0).contains(&e.score));
        prop_assert!((e.base + e.contributions.iter().sum::<f64>() - e.score).abs() < 1e-12);
        prop_assert!((e.shares().iter().sum::<f64>() - e.score).abs() < 1e-12);
        prop_assert_eq!(e.score, forest.score(&row).unwrap());
    }

    /// Odd in one feature, ordinary in the others: that feature comes first.
    #[test]
    fn an_anomaly_in_one_feature_names_it_first(
        count in 12usize..600,
        features in 1usize..13,
        odd in 0usize..13,
        far in prop_oneof![-1e6f64..-6.0, 6.0f64..1e6, Just(-6.0), Just(6.0)],
        seed: u64
    ) {
        let odd = odd % features;
        prop_assert_eq!(first_named(count, features, odd, far, 0.4, seed), Some(odd));
    }

    /// What no tree looked at cannot have made the score.
    #[test]
    fn constant_features_contribute_nothing(seed: u64, value in -1e9f64..1e9) {
        let rows: Vec<f64> = cloud(100, 1, seed).into_iter().flat_map(|v| [v, 5.0]).collect();
        let e = Forest::fit(&rows, 2, seeded(seed)).unwrap().explain(&[value, 7.0]).unwrap();
        prop_assert_eq!(e.contributions[1], 0.0);
    }
}

/// The other features are drawn like everyone's, so now and then one of them is odd as well.
#[test]
fn among_random_features_the_planted_one_is_nearly_always_first() {
    let right = (0..200).filter(|seed| {
        let odd = *seed as usize % 12;
        first_named(256, 12, odd, 8.0, 1.0, *seed) == Some(odd)
    });
    let right = right.count();
    assert!(right >= 195, "{right} of 200");
}
