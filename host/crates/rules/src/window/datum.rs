//! A value that an entry carries: to separate groups, to be counted or summed, or to be shown.

use serde::{Deserialize, Serialize};

/// See the module. Equality is exact; floats compare by their bits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Datum {
    /// The field is absent.
    #[default]
    Absent,
    /// True or false.
    Bool(bool),
    /// Handle of a name (`model::Name`), stable across restarts.
    Name(u32),
    /// Telephone number (`model::Number`).
    Phone(u64),
    /// Whole number, or milliseconds UTC.
    Int(i64),
    /// Bits of a floating point number.
    Float(u64),
    /// Text, cut to [`Datum::MAX_TEXT`] bytes.
    Text(Box<str>),
}

impl Datum {
    /// Longest text kept, in bytes: what tells groups apart fits, and a 10 KB name cannot fill memory.
    pub const MAX_TEXT: usize = 128;

    /// Cuts a text that is too long, between characters.
    pub(super) fn cut(&mut self) {
        if let Datum::Text(text) = self
            && text.len() > Self::MAX_TEXT
        {
            *text = text[..text.floor_char_boundary(Self::MAX_TEXT)].into();
        }
    }

    /// As a number, for sums and percentiles: whole numbers, floats, texts that read as numbers.
    pub fn number(&self) -> Option<f64> {
        match self {
            Datum::Int(value) => Some(*value as f64),
            Datum::Float(bits) => Some(f64::from_bits(*bits)),
            Datum::Text(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            Datum::Absent | Datum::Bool(_) | Datum::Name(_) | Datum::Phone(_) => None,
        }
    }
}
