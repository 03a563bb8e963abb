//! Several columns of an entry, compared and hashed as one value without copying them.

use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

use super::{Datum, Entry};

static ABSENT: Datum = Datum::Absent;

/// See the module. A column that the entry does not have is absent.
#[derive(Clone, Copy)]
pub(super) struct Tuple<'a> {
    entry: &'a Entry,
    columns: &'a [usize],
}

impl<'a> Tuple<'a> {
    /// The columns for the entry's leaf, of lists by leaf.
    pub(super) fn of(entry: &'a Entry, by_leaf: &'a [Vec<usize>]) -> Tuple<'a> {
        let columns = by_leaf.get(usize::from(entry.leaf)).map_or(&[][..], Vec::as_slice);
        Tuple { entry, columns }
    }

    /// These columns.
    pub(super) fn new(entry: &'a Entry, columns: &'a [usize]) -> Tuple<'a> {
        Tuple { entry, columns }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = &'a Datum> {
        self.columns.iter().map(move |&c| self.entry.columns.get(c).unwrap_or(&ABSENT))
    }

    pub(super) fn is_empty(self) -> bool {
        self.columns.is_empty()
    }

    /// Whether every column has a value; false if there are none.
    pub(super) fn is_whole(self) -> bool {
        !self.is_empty() && self.iter().all(|datum| *datum != Datum::Absent)
    }

    pub(super) fn to_boxed(self) -> Box<[Datum]> {
        self.iter().cloned().collect()
    }
}

impl PartialEq for Tuple<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.columns.len() == other.columns.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Tuple<'_> {}

impl Hash for Tuple<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for datum in self.iter() {
            datum.hash(state);
        }
    }
}

/// A digest of values that stays the same across versions and machines.
pub(super) fn digest<'a>(values: impl Iterator<Item = &'a Datum>) -> u64 {
    let mut hasher = Sha256::new();
    for datum in values {
        match datum {
            Datum::Absent => hasher.update([0]),
            Datum::Bool(value) => hasher.update([1, u8::from(*value)]),
            Datum::Name(value) => {
                hasher.update([2]);
                hasher.update(value.to_le_bytes());
            }
            Datum::Phone(value) => {
                hasher.update([3]);
                hasher.update(value.to_le_bytes());
            }
            Datum::Int(value) => {
                hasher.update([4]);
                hasher.update(value.to_le_bytes());
            }
            Datum::Float(bits) => {
                hasher.update([5]);
                hasher.update(bits.to_le_bytes());
            }
            Datum::Text(text) => {
                hasher.update([6]);
                hasher.update((text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        }
    }
    first_eight(&hasher.finalize())
}

/// The first eight bytes of a digest.
pub(super) fn first_eight(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, byte| (value << 8) | u64::from(*byte))
}
