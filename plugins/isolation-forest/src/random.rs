//! Randomness that is specified: xoshiro256++ seeded by SplitMix64 (Blackman and Vigna).
//!
//! A library generator may change its stream between versions; a forest must not.

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Random([u64; 4]);

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Random {
    /// The generator of one tree.
    pub(crate) fn for_tree(seed: u64, tree: u32) -> Random {
        let mut state = seed;
        let mixed = split_mix(&mut state);
        let mut state = mixed ^ u64::from(tree).wrapping_mul(0xd6e8_feb8_6659_fd93);
        Random(std::array::from_fn(|_| split_mix(&mut state)))
    }

    fn next(&mut self) -> u64 {
        let s = &mut self.0;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in `0..bound`; the bias of at most `bound / 2^64` does not matter here.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }

    /// Uniform in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// `sample` different numbers below `count` (Floyd's algorithm; for more than half, a partial shuffle).
    pub(crate) fn choose(&mut self, count: usize, sample: usize, chosen: &mut Vec<u32>) {
        chosen.clear();
        if sample * 2 >= count {
            chosen.extend(0..count as u32);
            for i in 0..sample {
                let j = i + self.below(count - i);
                chosen.swap(i, j);
            }
            chosen.truncate(sample);
            return;
        }
        let mut seen = std::collections::BTreeSet::new();
        for last in count - sample..count {
            let pick = self.below(last + 1) as u32;
            let pick = if seen.insert(pick) { pick } else { last as u32 };
            seen.insert(pick);
            chosen.push(pick);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn samples_are_distinct(count in 2usize..2000, part in 1usize..400, seed: u64) {
            let mut chosen = Vec::new();
            Random::for_tree(seed, 0).choose(count, part.min(count), &mut chosen);
            prop_assert_eq!(chosen.len(), part.min(count));
            chosen.sort_unstable();
            chosen.dedup();
            prop_assert_eq!(chosen.len(), part.min(count));
            prop_assert!(chosen.iter().all(|c| (*c as usize) < count));
        }
    }

    #[test]
    fn the_stream_is_pinned() {
        let mut random = Random::for_tree(1, 2);
        let first = (random.next(), random.next());
        assert_eq!(first, (12_073_449_417_487_604_933, 10_608_680_860_914_214_891));
    }
}
