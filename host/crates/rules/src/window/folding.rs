//! A fast keyed hash for numbering tuples while a cell is worked out.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use super::tuple::Tuple;

/// Numbers for tuples, in memory only.
pub(super) type Numbers<'a> = HashMap<Tuple<'a>, u32, Folding>;

/// Hashes by folded multiplication with a secret of this process: some ten times faster than SipHash for the few words of a
/// tuple, and who chooses the values still cannot choose collisions. Nothing depends on the order of a map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folding {
    secret: u64,
}

impl Default for Folding {
    fn default() -> Self {
        static SECRET: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0_u8) | 1);
        Folding { secret: *SECRET }
    }
}

impl BuildHasher for Folding {
    type Hasher = FoldingHasher;

    fn build_hasher(&self) -> FoldingHasher {
        FoldingHasher { state: self.secret, secret: self.secret }
    }
}

/// See [`Folding`].
pub(super) struct FoldingHasher {
    state: u64,
    secret: u64,
}

impl Hasher for FoldingHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        self.write_u64(bytes.len() as u64);
    }

    fn write_u64(&mut self, word: u64) {
        let product =
            u128::from(self.state ^ word) * u128::from(self.secret.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15);
        self.state = (product as u64) ^ ((product >> 64) as u64) ^ self.secret;
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}
