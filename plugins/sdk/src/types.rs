//! The small values that cross the boundary: names, numbers, record identities, subjects.
//!
//! Owns their native form, the same for a component and for a native test. Does not own their meaning: the host
//! interns names and packs numbers (`model`), and the two must agree, which the tests here pin.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z; 0 is absent.
pub type Millis = i64;

/// One second in [`Millis`].
pub const SECOND: Millis = 1_000;
/// One minute in [`Millis`].
pub const MINUTE: Millis = 60 * SECOND;
/// One hour in [`Millis`].
pub const HOUR: Millis = 60 * MINUTE;
/// One day in [`Millis`].
pub const DAY: Millis = 24 * HOUR;

/// Handle of an interned text; equal texts have equal handles. [`crate::names::resolve`] gives the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name(pub u32);

impl Name {
    /// No name.
    pub const ABSENT: Name = Name(0);

    /// Whether there is a name.
    #[inline]
    pub fn is_present(self) -> bool {
        self.0 != 0
    }
}

/// A telephone number; prints as `+34911234567` or as dialled.
///
/// ```
/// use ringfence_sdk::Number;
///
/// let number = Number::from_e164(37_128_101_234).unwrap();
/// assert!(number.has_prefix(371));
/// assert_eq!(number.to_string(), "+37128101234");
/// assert_eq!(number.range(4).unwrap().to_string(), "+3712810xxxx");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "Turned", from = "Turned")]
pub struct Number(pub u64);

/// A number with its kind in the lowest bits: short numbers are stored short then.
#[derive(Serialize, Deserialize)]
struct Turned(u64);

impl From<Number> for Turned {
    fn from(number: Number) -> Turned {
        Turned(number.0.rotate_left(64 - KIND_SHIFT))
    }
}

impl From<Turned> for Number {
    fn from(turned: Turned) -> Number {
        Number(turned.0.rotate_right(64 - KIND_SHIFT))
    }
}

const KIND_SHIFT: u32 = 60;
const PAYLOAD: u64 = (1 << KIND_SHIFT) - 1;
/// Characters of a packed dial string.
const DIALLED: u32 = 15;

impl Number {
    /// No number.
    pub const ABSENT: Number = Number(0);

    /// Whether there is a number.
    #[inline]
    pub fn is_present(self) -> bool {
        self.0 != 0
    }

    /// Digits of a full international number, without `+`.
    #[inline]
    pub fn e164(self) -> Option<u64> {
        (self.0 >> KIND_SHIFT == 1).then_some(self.0 & PAYLOAD)
    }

    /// Whether a full international number starts with these digits, e.g. `371` or `1809`.
    pub fn has_prefix(self, prefix: u64) -> bool {
        let Some(mut digits) = self.e164() else { return false };
        while digits > prefix {
            digits /= 10;
        }
        digits == prefix && prefix > 0
    }

    /// The range of a full international number: all that share it but for the last `dropped` digits (at most 9).
    /// Shown as `+3712810xxxx`.
    pub fn range(self, dropped: u32) -> Option<Number> {
        let dropped = dropped.min(9);
        let digits = self.e164()? / 10u64.pow(dropped);
        (digits > 0).then_some(Number((4 << KIND_SHIFT) | (digits << 4) | u64::from(dropped)))
    }

    /// From an international number's digits without `+`.
    pub fn from_e164(digits: u64) -> Option<Number> {
        (digits > 0 && digits < 1_000_000_000_000_000).then_some(Number((1 << KIND_SHIFT) | digits))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = self.0 & PAYLOAD;
        match self.0 >> KIND_SHIFT {
            1 => write!(f, "+{payload}"),
            2 => {
                for shift in (0..DIALLED).rev() {
                    match (payload >> (shift * 4)) & 0xf {
                        0 => {}
                        s @ 1..=10 => write!(f, "{}", s - 1)?,
                        11 => f.write_str("*")?,
                        12 => f.write_str("#")?,
                        _ => f.write_str("+")?,
                    }
                }
                Ok(())
            }
            3 => write!(f, "other:{payload:015x}"),
            4 => write!(f, "+{}{}", payload >> 4, "x".repeat((payload & 15) as usize)),
            _ => Ok(()),
        }
    }
}

/// Identity of a record, equal for every delivery of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
// Random bits: as numbers of variable length they would be stored longer than they are.
#[serde(into = "[u8; 16]", from = "[u8; 16]")]
pub struct RecordId {
    /// High half.
    pub hi: u64,
    /// Low half.
    pub lo: u64,
}

impl RecordId {
    pub(crate) fn to_bytes(self) -> [u8; 16] {
        ((u128::from(self.hi) << 64) | u128::from(self.lo)).to_le_bytes()
    }

    pub(crate) fn from_bytes(bytes: [u8; 16]) -> RecordId {
        let id = u128::from_le_bytes(bytes);
        RecordId { hi: (id >> 64) as u64, lo: id as u64 }
    }
}

impl From<RecordId> for [u8; 16] {
    fn from(id: RecordId) -> [u8; 16] {
        id.to_bytes()
    }
}

impl From<[u8; 16]> for RecordId {
    fn from(bytes: [u8; 16]) -> RecordId {
        RecordId::from_bytes(bytes)
    }
}

/// Sigma's levels, lowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Worth knowing.
    #[default]
    Informational,
    /// Worth a look when there is time.
    Low,
    /// Worth a look today.
    Medium,
    /// Look now.
    High,
    /// Act now: fraud in progress.
    Critical,
}

/// Whom a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Subject {
    /// A user, workspace, queue or other owner of records.
    User(Name),
    /// A telephone number.
    Number(Number),
    /// A location.
    Location(Name),
    /// The whole organisation.
    Organisation,
}

impl Subject {
    /// Whether it names nobody: nothing can be found about it.
    pub(crate) fn is_absent(self) -> bool {
        match self {
            Subject::User(name) | Subject::Location(name) => name.0 == 0,
            Subject::Number(number) => number.0 == 0,
            Subject::Organisation => false,
        }
    }

    /// The key under which its state is stored. Handles survive restarts, so they may stand in it.
    pub(crate) fn state_key(self) -> String {
        match self {
            Subject::User(name) => format!("u/{}", name.0),
            Subject::Number(number) => format!("n/{:x}", number.0),
            Subject::Location(name) => format!("l/{}", name.0),
            Subject::Organisation => "o".to_owned(),
        }
    }

    /// The subject's identity in words: for messages, and for seeds, which must not depend on handles.
    pub fn text(self) -> String {
        match self {
            Subject::User(name) | Subject::Location(name) => crate::names::resolve(name).to_string(),
            Subject::Number(number) => number.to_string(),
            Subject::Organisation => "organisation".to_owned(),
        }
    }
}

/// Type of a field's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Record identity.
    Id,
    /// True or false.
    Bool,
    /// Unsigned number.
    U32,
    /// Signed number.
    Int,
    /// Real number.
    Float,
    /// Milliseconds UTC.
    Millis,
    /// Handle of an open enumeration's value.
    Enum,
    /// Handle of a name.
    Name,
    /// Telephone number.
    Phone,
    /// Nearly unique text.
    Text,
}

/// Why a call did not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A setting makes no sense: says which one and what is allowed.
    InvalidSettings(String),
    /// The batch cannot be read.
    InvalidBatch(String),
    /// Stored state cannot be read by this version.
    InvalidState(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidSettings(text) => write!(f, "invalid settings: {text}"),
            Error::InvalidBatch(text) => write!(f, "invalid batch: {text}"),
            Error::InvalidState(text) => write!(f, "invalid state: {text}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_the_host_packs_them() {
        assert_eq!(Number::from_e164(34_911_234_567).unwrap().to_string(), "+34911234567");
        assert_eq!(Number((2 << 60) | 0xbaa).to_string(), "*99");
        assert_eq!(Number::ABSENT.to_string(), "");
        let number = Number::from_e164(37_128_101_234).unwrap();
        assert_eq!(number.range(4).unwrap().to_string(), "+3712810xxxx");
        assert_eq!(Number((2 << 60) | 0xbaa).range(4), None);
    }

    #[test]
    fn prefixes_are_arithmetic() {
        let number = Number::from_e164(18_095_551_234).unwrap();
        assert!(number.has_prefix(1809) && number.has_prefix(1) && !number.has_prefix(809));
    }
}
