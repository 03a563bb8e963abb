//! Telephone numbers in 64 bits: exact, without allocation, prefix tests by arithmetic.
//!
//! Owns the packing only. Which country or class a number has is decided in `numbering`.

use std::fmt;

/// What a [`Number`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// Nothing.
    Absent,
    /// Full international number: up to 15 digits (ITU-T E.164).
    E164,
    /// What was dialled or an extension: up to 15 characters of `0-9 * # +`.
    Digits,
    /// Anything else (SIP address, garbage, longer strings), as a 60-bit hash; the raw record has the text.
    Other,
    /// A range of full international numbers: those that share all but the last digits. Only findings are about ranges.
    Range,
}

/// A telephone number. The top four bits hold the kind, the rest the payload; zero is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Number(pub u64);

const KIND_SHIFT: u32 = 60;
const PAYLOAD: u64 = (1 << KIND_SHIFT) - 1;
const E164: u64 = 1 << KIND_SHIFT;
const DIGITS: u64 = 2 << KIND_SHIFT;
const OTHER: u64 = 3 << KIND_SHIFT;
const RANGE: u64 = 4 << KIND_SHIFT;
/// Longest E.164 number and longest packed dial string.
const MAX_DIGITS: usize = 15;

impl Number {
    /// No number.
    pub const ABSENT: Number = Number(0);

    /// From an international number's digits without `+`: 1 to 15 digits, not starting with 0.
    pub fn from_e164(digits: u64) -> Option<Number> {
        (digits > 0 && digits < 1_000_000_000_000_000).then_some(Number(E164 | digits))
    }

    /// From text as dialled; never fails: what cannot be packed is hashed. Empty text is absent.
    /// Separators (space, `-`, `.`, parentheses) must already be gone.
    pub fn from_dialled(text: &str) -> Number {
        if text.is_empty() {
            return Number::ABSENT;
        }
        if text.len() <= MAX_DIGITS
            && let Some(packed) =
                text.bytes().try_fold(0u64, |acc, b| Some((acc << 4) | u64::from(symbol(b)?)))
        {
            return Number(DIGITS | packed);
        }
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Number(OTHER | ((hash ^ (hash >> 60)) & PAYLOAD))
    }

    /// The range of a full international number: all that share it but for the last `dropped` digits (at most 9).
    pub fn range(self, dropped: u32) -> Option<Number> {
        let dropped = dropped.min(9);
        let digits = self.e164()? / 10u64.pow(dropped);
        (digits > 0).then_some(Number(RANGE | (digits << 4) | u64::from(dropped)))
    }

    /// What it holds.
    #[inline]
    pub fn kind(self) -> NumberKind {
        match self.0 >> KIND_SHIFT {
            1 => NumberKind::E164,
            2 => NumberKind::Digits,
            3 => NumberKind::Other,
            4 => NumberKind::Range,
            _ => NumberKind::Absent,
        }
    }

    /// Digits of an E.164 number, without `+`.
    #[inline]
    pub fn e164(self) -> Option<u64> {
        (self.0 >> KIND_SHIFT == 1).then_some(self.0 & PAYLOAD)
    }

    /// Whether there is a number at all.
    #[inline]
    pub fn is_present(self) -> bool {
        self.0 != 0
    }

    /// Whether an E.164 number starts with the digits of `prefix` (no leading zeros in E.164).
    pub fn has_prefix(self, prefix: u64) -> bool {
        let Some(mut digits) = self.e164() else { return false };
        while digits > prefix {
            digits /= 10;
        }
        digits == prefix && prefix > 0
    }
}

fn symbol(b: u8) -> Option<u8> {
    Some(match b {
        b'0'..=b'9' => b - b'0' + 1,
        b'*' => 11,
        b'#' => 12,
        b'+' => 13,
        _ => return None,
    })
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            NumberKind::Absent => Ok(()),
            NumberKind::E164 => write!(f, "+{}", self.0 & PAYLOAD),
            NumberKind::Digits => {
                let packed = self.0 & PAYLOAD;
                for shift in (0..MAX_DIGITS as u32).rev() {
                    match (packed >> (shift * 4)) & 0xf {
                        0 => {}
                        s @ 1..=10 => write!(f, "{}", s - 1)?,
                        11 => f.write_str("*")?,
                        12 => f.write_str("#")?,
                        _ => f.write_str("+")?,
                    }
                }
                Ok(())
            }
            NumberKind::Range => {
                let (digits, dropped) = ((self.0 & PAYLOAD) >> 4, (self.0 & 0xf) as usize);
                write!(f, "+{digits}{}", "x".repeat(dropped))
            }
            NumberKind::Other => write!(f, "other:{:015x}", self.0 & PAYLOAD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_range_shows_what_it_leaves_open() {
        let range = Number::from_e164(37_128_101_234).unwrap().range(4).unwrap();
        assert_eq!((range.kind(), range.to_string()), (NumberKind::Range, "+3712810xxxx".to_owned()));
        assert!(range.is_present() && range.e164().is_none());
    }

    proptest! {
        #[test]
        fn dialled_strings_come_back(text in "[0-9*#+]{1,15}") {
            prop_assert_eq!(Number::from_dialled(&text).to_string(), text);
        }

        #[test]
        fn any_text_is_taken(a in ".{1,40}") {
            prop_assert!(Number::from_dialled(&a).is_present());
        }

        #[test]
        fn prefixes_agree_with_text(digits in 1u64..1_000_000_000_000_000, cut in 1usize..15) {
            let text = digits.to_string();
            let prefix = &text[..cut.min(text.len())];
            let number = Number::from_e164(digits).unwrap();
            prop_assert!(number.has_prefix(prefix.parse().unwrap()));
            prop_assert!(!number.has_prefix(prefix.parse::<u64>().unwrap() + 1));
        }
    }

    #[test]
    fn prefix_longer_than_number_does_not_match() {
        assert!(!Number::from_e164(34).unwrap().has_prefix(346));
        assert!(!Number::from_dialled("809").has_prefix(809));
    }
}
