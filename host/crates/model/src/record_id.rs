//! Identity of a record in 128 bits.
//!
//! Webex documents `Report ID` as a UUID. It is kept as its 128 bits; any other text up to 15 bytes is
//! packed losslessly, and longer text becomes a hash whose text the caller keeps (the raw record has it).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Identity of a record: equal for every delivery of the same record. Orders arbitrarily but stably.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub u128);

/// RFC 9562 reserves variant bits 111 (top of byte 8); canonical UUIDs that carry them are treated as text.
const VARIANT_SHIFT: u32 = 61;
const PACKED_TEXT: u128 = 0b111 << VARIANT_SHIFT;
/// Longest text packed without loss.
const INLINE_BYTES: usize = 15;

impl RecordId {
    /// Reads an identity. The second value is true when the text did not fit and must be kept elsewhere.
    pub fn from_text(text: &str) -> (RecordId, bool) {
        if let Some(bits) = canonical_uuid(text)
            && bits & PACKED_TEXT != PACKED_TEXT
        {
            return (RecordId(bits), false);
        }
        if text.len() <= INLINE_BYTES && !text.contains('\0') {
            let mut bytes = [0u8; 16];
            bytes[1..=text.len()].copy_from_slice(text.as_bytes());
            return (RecordId(spread(u128::from_be_bytes(bytes))), false);
        }
        let hash = hash125(text.as_bytes()) | (1 << 124);
        (RecordId(spread(hash)), true)
    }

    /// The original text, or `None` for a hashed identity.
    pub fn text(self) -> Option<String> {
        if self.0 & PACKED_TEXT != PACKED_TEXT {
            let b = self.0;
            return Some(format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                (b >> 96) as u32,
                (b >> 80) as u16,
                (b >> 64) as u16,
                (b >> 48) as u16,
                b & 0xffff_ffff_ffff
            ));
        }
        let packed = gather(self.0);
        if packed >> 124 != 0 {
            return None;
        }
        let bytes = packed.to_be_bytes();
        let end = bytes[1..].iter().position(|b| *b == 0).map_or(16, |p| p + 1);
        String::from_utf8(bytes[1..end].to_vec()).ok()
    }

    /// High and low halves, as plugins see them.
    pub fn halves(self) -> (u64, u64) {
        ((self.0 >> 64) as u64, self.0 as u64)
    }

    /// Joins the halves again.
    pub fn from_halves(hi: u64, lo: u64) -> RecordId {
        RecordId((u128::from(hi) << 64) | u128::from(lo))
    }
}

/// Moves 125 payload bits around the three variant bits.
fn spread(payload: u128) -> u128 {
    let low = payload & ((1 << VARIANT_SHIFT) - 1);
    let high = (payload >> VARIANT_SHIFT) << (VARIANT_SHIFT + 3);
    high | PACKED_TEXT | low
}

fn gather(bits: u128) -> u128 {
    let low = bits & ((1 << VARIANT_SHIFT) - 1);
    let high = bits >> (VARIANT_SHIFT + 3);
    (high << VARIANT_SHIFT) | low
}

/// Two FNV-1a passes with different offsets, 124 bits in all. Not secret: identity is only as unique as its source.
fn hash125(bytes: &[u8]) -> u128 {
    let fold = |seed: u64| {
        let hash = bytes.iter().fold(seed, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
        (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (hash >> 32)
    };
    let wide = (u128::from(fold(0xcbf2_9ce4_8422_2325)) << 64) | u128::from(fold(0x8422_2325_cbf2_9ce4));
    wide & ((1 << 124) - 1)
}

/// Value of a lower-case hexadecimal digit, or `NOT_HEX`.
const HEX: [u8; 256] = {
    let mut table = [NOT_HEX; 256];
    let mut value = 0;
    while value < 16 {
        table[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    table
};
const NOT_HEX: u8 = 0x10;

/// Lower-case `8-4-4-4-12` only: other spellings are text, so that what comes out is what came in.
fn canonical_uuid(text: &str) -> Option<u128> {
    let bytes: &[u8; 36] = text.as_bytes().try_into().ok()?;
    if [bytes[8], bytes[13], bytes[18], bytes[23]] != [b'-'; 4] {
        return None;
    }
    let mut bad = 0;
    let mut digits = |range: std::ops::Range<usize>| {
        bytes[range].iter().fold(0u64, |bits, b| {
            let value = HEX[*b as usize];
            bad |= value;
            (bits << 4) | u64::from(value & 0xf)
        })
    };
    let high = (digits(0..8) << 32) | (digits(9..13) << 16) | digits(14..18);
    let low = (digits(19..23) << 48) | digits(24..36);
    (bad & NOT_HEX == 0).then_some((u128::from(high) << 64) | u128::from(low))
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            Some(text) => f.write_str(&text),
            None => write!(f, "#{:032x}", self.0),
        }
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(hex) = text.strip_prefix('#').filter(|h| h.len() == 32)
            && let Ok(bits) = u128::from_str_radix(hex, 16)
        {
            return Ok(RecordId(bits));
        }
        Ok(RecordId::from_text(&text).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn uuids_and_short_text_come_back(bits: u128, text in "[ -~]{0,15}") {
            let uuid = RecordId(bits & !PACKED_TEXT).text().unwrap();
            let (id, hashed) = RecordId::from_text(&uuid);
            prop_assert!(!hashed);
            prop_assert_eq!(id.text().unwrap(), uuid);
            let (id, hashed) = RecordId::from_text(&text);
            prop_assert!(!hashed);
            prop_assert_eq!(id.text().unwrap(), text);
        }

        #[test]
        fn long_text_is_stable_and_flagged(a in ".{40,60}", b in ".{40,60}") {
            let (x, hashed) = RecordId::from_text(&a);
            prop_assert!(hashed && x.text().is_none());
            prop_assert_eq!(x, RecordId::from_text(&a).0);
            prop_assert_eq!(a == b, x == RecordId::from_text(&b).0);
            let (hi, lo) = x.halves();
            prop_assert_eq!(x, RecordId::from_halves(hi, lo));
        }
    }

    #[test]
    fn odd_uuids_keep_their_text() {
        let upper = "0A0C2EB7-F1F6-3326-86F9-565D2E11553D";
        assert!(RecordId::from_text(upper).1);
        let reserved_variant = "00000000-0000-0000-ffff-000000000000";
        assert!(RecordId::from_text(reserved_variant).1);
    }
}
