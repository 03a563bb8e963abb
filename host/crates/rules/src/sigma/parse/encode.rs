//! Encodings of values: UTF-16, Base64 and the dashes of Windows.
//!
//! Bytes that are no text (UTF-16 without Base64) are kept as text whose characters are the bytes, U+0000 to U+00FF: that is
//! how a log that does not decode them shows them.

use crate::sigma::{Part, Pattern};

/// One step of a value's way, in the order of the modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Windash,
    Base64,
    Base64Offset,
    Utf16le,
    Utf16be,
    /// Little-endian with a byte order mark before it.
    Utf16,
}

/// Bytes of all permutations of one value: those of a command line of 300 characters with five dashes.
const MAX_PERMUTED_BYTES: usize = 1 << 20;

/// Why a value cannot be encoded: what, and what to do.
pub(super) type Refused = (String, &'static str);

/// A value on its way.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) pattern: Pattern,
    /// Characters of the literals are bytes.
    bytes: bool,
}

impl Encoded {
    pub(super) fn new(pattern: Pattern) -> Encoded {
        Encoded { pattern, bytes: false }
    }

    /// What the step makes of it: one or several values. `limit` bounds the permutations.
    pub(super) fn step(self, step: Step, limit: usize) -> Result<Vec<Encoded>, Refused> {
        match step {
            Step::Windash => self.windash(limit),
            Step::Base64 => Ok(vec![Encoded::new(Pattern::literal(base64(&self.raw()?)))]),
            Step::Base64Offset => {
                let raw = self.raw()?;
                if raw.len() < 2 {
                    return Err((
                        "a value of less than two bytes leaves nothing to look for under 'base64offset'"
                            .to_owned(),
                        "use a longer value",
                    ));
                }
                Ok(offsets(&raw).into_iter().map(|text| Encoded::new(Pattern::literal(text))).collect())
            }
            Step::Utf16le | Step::Utf16be | Step::Utf16 => self.utf16(step).map(|e| vec![e]),
        }
    }

    /// The bytes of a value without wildcards.
    fn raw(&self) -> Result<Vec<u8>, Refused> {
        let Some(text) = self.pattern.as_literal() else {
            return Err((
                "a value with wildcards cannot be encoded as Base64".to_owned(),
                "write '|contains' and its like after the encoding, and '\\*' or '\\?' for plain characters",
            ));
        };
        Ok(if self.bytes { text.chars().map(|c| c as u32 as u8).collect() } else { text.as_bytes().to_vec() })
    }

    fn utf16(self, step: Step) -> Result<Encoded, Refused> {
        if self.bytes {
            return Err((
                "a value in UTF-16 cannot be encoded so again".to_owned(),
                "name one of utf16, utf16le, utf16be",
            ));
        }
        let mut pattern = Pattern::default();
        if step == Step::Utf16 {
            pattern.push(Part::Literal("\u{ff}\u{fe}".to_owned()));
        }
        for part in self.pattern.0 {
            pattern.push(match part {
                Part::Literal(text) => {
                    Part::Literal(
                        text.encode_utf16()
                            .flat_map(|unit| {
                                if step == Step::Utf16be { unit.to_be_bytes() } else { unit.to_le_bytes() }
                            })
                            .map(char::from)
                            .collect(),
                    )
                }
                part => part,
            });
        }
        Ok(Encoded { pattern, bytes: true })
    }

    /// Every dash of the five becomes every other: by the specification all permutations of all occurrences, not only those at
    /// the beginning of words (as pySigma) or of `-` (as others).
    fn windash(self, limit: usize) -> Result<Vec<Encoded>, Refused> {
        const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
        let texts = self.pattern.0.iter().map(|part| match part {
            Part::Literal(text) => text.as_str(),
            _ => "",
        });
        let dashes = texts.flat_map(str::chars).filter(|c| DASHES.contains(c)).count();
        let permutations = u32::try_from(dashes).ok().and_then(|n| DASHES.len().checked_pow(n));
        let bytes: usize =
            self.pattern.0.iter().map(|p| if let Part::Literal(t) = p { t.len() } else { 1 }).sum();
        let fits = |n: &usize| *n <= limit && (*n == 1 || n.saturating_mul(bytes) <= MAX_PERMUTED_BYTES);
        let Some(permutations) = permutations.filter(fits) else {
            return Err((
                format!(
                    "'windash' makes more than {limit} values, or {MAX_PERMUTED_BYTES} bytes, of one with {dashes} dashes"
                ),
                "use shorter values, or '|re' with a class such as [-/]",
            ));
        };
        Ok((0..permutations)
            .map(|mut number| {
                let mut pattern = Pattern::default();
                for part in &self.pattern.0 {
                    pattern.push(match part {
                        Part::Literal(text) => Part::Literal(
                            text.chars()
                                .map(|c| {
                                    let Some(own) = DASHES.iter().position(|d| *d == c) else { return c };
                                    // Number 0 is the value as written.
                                    let dash = DASHES[(own + number) % DASHES.len()];
                                    number /= DASHES.len();
                                    dash
                                })
                                .collect(),
                        ),
                        part => part.clone(),
                    });
                }
                Encoded { pattern, bytes: self.bytes }
            })
            .collect())
    }
}

/// The parts of the three encodings that do not depend on what stands before and after.
fn offsets(raw: &[u8]) -> Vec<String> {
    (0..3)
        .map(|shift: usize| {
            let padded: Vec<u8> = std::iter::repeat_n(b' ', shift).chain(raw.iter().copied()).collect();
            let encoded = base64(&padded);
            // Of the first characters some bits are the bytes before; of the last ones, bits are the bytes after.
            let start = [0, 2, 3][shift];
            let end = encoded.len() - [0, 3, 2][padded.len() % 3];
            encoded.get(start..end).unwrap_or_default().to_owned()
        })
        .collect()
}

/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
pub(super) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            if at <= chunk.len() {
                out.push(char::from(ALPHABET[(group >> (18 - 6 * at) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}
