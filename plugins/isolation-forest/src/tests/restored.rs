//! Forests read back from bytes that may be anything.

use super::*;

fn bytes(count: usize, features: usize, seed: u64) -> Vec<u8> {
    let options = Options { trees: 3, sample: 32, seed };
    postcard::to_allocvec(&Forest::fit(&cloud(count, features, seed), features, options).unwrap()).unwrap()
}

/// Whatever was read must be refused or work like any other forest.
fn refused_or_sound(bytes: &[u8]) -> Result<bool, TestCaseError> {
    let Ok(forest) = postcard::from_bytes::<Forest>(bytes) else { return Ok(false) };
    for value in [f64::MIN, -1.0, 0.0, 1.0, f64::MAX] {
        let row = vec![value; forest.features()];
        let e = forest.explain(&row).unwrap();
        prop_assert!(e.score > 0.0 && e.score <= 1.0);
        prop_assert!((e.base + e.contributions.iter().sum::<f64>() - e.score).abs() < 1e-9);
        prop_assert_eq!(forest.scores(&row.repeat(9)).unwrap(), vec![e.score; 9]);
    }
    let again = postcard::to_allocvec(&forest).unwrap();
    prop_assert_eq!(postcard::from_bytes::<Forest>(&again).unwrap(), forest);
    Ok(true)
}

#[test]
fn forests_come_back_from_storage() {
    let forest = Forest::fit(&cloud(1000, 2, 3), 2, Options::default()).unwrap();
    let bytes = postcard::to_allocvec(&forest).unwrap();
    assert_eq!(postcard::from_bytes::<Forest>(&bytes).unwrap(), forest);
    let constant = Forest::fit(&[1.0; 9], 1, Options::default()).unwrap();
    let bytes = postcard::to_allocvec(&constant).unwrap();
    assert_eq!(postcard::from_bytes::<Forest>(&bytes).unwrap(), constant);
}

#[test]
fn announced_lengths_are_not_believed() {
    // Features, sample, trees, then a list that claims to have 2^60 steps.
    let head = |features: u32, sample: u32, trees: u32| {
        let mut bytes = postcard::to_allocvec(&(features, sample, trees)).unwrap();
        bytes.extend([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]);
        bytes
    };
    assert!(postcard::from_bytes::<Forest>(&head(1, 2, 1)).is_err());
    // Sizes are refused however few steps there are.
    for (features, sample, trees) in [
        (0, 2, 1),
        (1, 1, 1),
        (1, 2, 0),
        (u32::MAX, 2, 1),
        (1, u32::MAX, 1),
        (1, 2, u32::MAX),
        (1, 65_536, 10_000),
    ] {
        let bytes = postcard::to_allocvec(&(features, sample, trees, Vec::<Step>::new())).unwrap();
        assert!(postcard::from_bytes::<Forest>(&bytes).is_err(), "{features} {sample} {trees}");
    }
}

proptest! {
    #[test]
    fn damaged_bytes_never_make_a_broken_forest(
        count in 2usize..60,
        features in 1usize..4,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        seed: u64
    ) {
        let mut bytes = bytes(count, features, seed);
        prop_assert!(refused_or_sound(&bytes)?);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        refused_or_sound(&bytes)?;
    }

    #[test]
    fn cut_off_bytes_are_refused(count in 2usize..60, keep: prop::sample::Index, seed: u64) {
        let bytes = bytes(count, 2, seed);
        prop_assert!(!refused_or_sound(&bytes[..keep.index(bytes.len())])?);
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(0u8..6, 0..60)) {
        refused_or_sound(&bytes)?;
    }
}
