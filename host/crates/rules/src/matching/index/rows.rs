//! Sets of programs as rows of bits, each distinct row kept once.
//!
//! Owns the rows. Does not own what they mean.

use rustc_hash::FxHashMap;

/// Rows by number.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    words: usize,
    bits: Vec<u64>,
    numbers: FxHashMap<Box<[u64]>, u32>,
}

impl Rows {
    /// No rows yet, of so many words each.
    pub(super) fn new(words: usize) -> Rows {
        Rows { words, bits: Vec::new(), numbers: FxHashMap::default() }
    }

    /// The number of a row, new or known.
    pub(super) fn number(&mut self, row: &[u64]) -> u32 {
        if let Some(known) = self.numbers.get(row) {
            return *known;
        }
        let number = self.numbers.len() as u32;
        self.bits.extend_from_slice(row);
        self.numbers.insert(row.into(), number);
        number
    }

    /// A row.
    #[inline]
    pub(super) fn get(&self, number: u32) -> &[u64] {
        &self.bits[number as usize * self.words..][..self.words]
    }

    /// Bytes taken.
    pub(super) fn bytes(&self) -> usize {
        2 * self.bits.len() * size_of::<u64>()
    }

    /// Forgets all rows from a number on.
    pub(super) fn truncate(&mut self, count: u32) {
        self.bits.truncate(count as usize * self.words);
        self.numbers.retain(|_, number| *number < count);
    }
}

/// Sets or clears a bit.
#[inline]
pub(super) fn put(row: &mut [u64], at: u32, value: bool) {
    let (word, bit) = (at as usize / 64, at % 64);
    row[word] = row[word] & !(1 << bit) | u64::from(value) << bit;
}
