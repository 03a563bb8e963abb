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
}

/// Draws samples without replacement from rows `0..count`.
pub(crate) struct Sampler {
    count: usize,
    /// One bit per row: already in the sample. All zero between draws.
    taken: Vec<u64>,
}

impl Sampler {
    pub(crate) fn new(count: usize) -> Sampler {
        Sampler { count, taken: vec![0; count.div_ceil(64)] }
    }

    /// `sample` different rows (Floyd's algorithm: one draw per row, however many there are).
    pub(crate) fn choose(&mut self, sample: usize, random: &mut Random, chosen: &mut Vec<u32>) {
        chosen.clear();
        for last in self.count - sample..self.count {
            let pick = random.below(last + 1);
            let pick = if self.take(pick) { pick } else { last };
            self.take(pick);
            chosen.push(pick as u32);
        }
        for row in chosen.iter() {
            self.taken[*row as usize / 64] = 0;
        }
    }

    /// Whether the row was still free.
    fn take(&mut self, row: usize) -> bool {
        let word = &mut self.taken[row / 64];
        let bit = 1 << (row % 64);
        let free = *word & bit == 0;
        *word |= bit;
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn samples_are_distinct(count in 2usize..2000, part in 1usize..2000, seed: u64) {
            let part = part.min(count);
            let mut random = Random::for_tree(seed, 0);
            let mut sampler = Sampler::new(count);
            let mut chosen = Vec::new();
            for _ in 0..3 {
                sampler.choose(part, &mut random, &mut chosen);
                prop_assert_eq!(chosen.len(), part);
                chosen.sort_unstable();
                chosen.dedup();
                prop_assert_eq!(chosen.len(), part);
                prop_assert!(chosen.iter().all(|c| (*c as usize) < count));
            }
        }
    }

    #[test]
    fn every_row_is_drawn_equally_often() {
        let mut random = Random::for_tree(3, 0);
        let mut sampler = Sampler::new(20);
        let (mut drawn, mut chosen) = ([0u32; 20], Vec::new());
        for _ in 0..20_000 {
            sampler.choose(5, &mut random, &mut chosen);
            chosen.iter().for_each(|c| drawn[*c as usize] += 1);
        }
        // 5,000 expected each, standard deviation 61.
        assert!(drawn.iter().all(|d| (4_700..5_300).contains(d)), "{drawn:?}");
    }

    #[test]
    fn the_stream_is_pinned() {
        let mut random = Random::for_tree(1, 2);
        let first = (random.next(), random.next());
        assert_eq!(first, (12_073_449_417_487_604_933, 10_608_680_860_914_214_891));
    }
}
