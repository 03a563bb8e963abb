//! Telephone numbers compared by arithmetic, where a rule asks for whole numbers and prefixes.
//!
//! Owns the lowered form. It agrees with comparing the texts that [`model::Number`] shows: `+34…`, or what was dialled.

use model::{Number, NumberKind};

use super::super::check::Check;
use super::super::glob::Glob;

/// Room for a number's text.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    short: [u8; 16],
    long: String,
}

/// The text of a number, as its `Display` has it.
pub(crate) fn text(number: Number, buffer: &mut Buffer) -> &str {
    let short = &mut buffer.short;
    let start = match number.e164() {
        Some(mut digits) => {
            let mut at = short.len();
            while digits > 0 && at > 1 {
                at -= 1;
                short[at] = b'0' + (digits % 10) as u8;
                digits /= 10;
            }
            at -= 1;
            short[at] = b'+';
            at
        }
        None => {
            buffer.long = number.to_string();
            return &buffer.long;
        }
    };
    std::str::from_utf8(&buffer.short[start..]).unwrap_or("")
}

/// Whole numbers and prefixes, of which one must fit.
#[derive(Clone, Debug)]
pub(crate) struct Phones {
    /// Whole numbers, in order.
    whole: Box<[u64]>,
    /// Prefixes of international numbers.
    full: Prefixes,
    /// Prefixes of what was dialled; packed as [`Number`] packs it.
    dialled: Prefixes,
    /// Any international number (`+*`).
    any_full: bool,
}

/// Prefixes by their length, each list in order.
#[derive(Clone, Debug, Default)]
struct Prefixes(Vec<(u32, Vec<u64>)>);

/// Most digits of a packed number.
const MAX_DIGITS: usize = 15;

const PAYLOAD: u64 = (1 << 60) - 1;

const TENS: [u64; 20] = {
    let mut tens = [1u64; 20];
    let mut at = 1;
    while at < tens.len() {
        tens[at] = tens[at - 1] * 10;
        at += 1;
    }
    tens
};

impl Phones {
    /// The lowered form of these checks, of which one must hold; none if they ask for anything but numbers and prefixes.
    pub(crate) fn lower(checks: &[Check], exact: impl Iterator<Item = impl AsRef<str>>) -> Option<Phones> {
        let mut whole = Vec::new();
        let (mut full, mut dialled) = (Prefixes::default(), Prefixes::default());
        let mut any_full = false;
        for text in exact {
            add_whole(text.as_ref(), &mut whole)?;
        }
        for check in checks {
            match check {
                Check::Text { glob: Glob::Exact(text), .. } => add_whole(text, &mut whole)?,
                Check::Text { glob: Glob::Prefix(text), .. } => {
                    is_dialable(text).then_some(())?;
                    if let Some(digits) = text.strip_prefix('+') {
                        any_full |= digits.is_empty();
                        if let Some(number) = full_digits(digits) {
                            full.add(digits.len() as u32, number);
                        }
                    }
                    if text.len() <= MAX_DIGITS {
                        dialled.add(text.len() as u32, Number::from_dialled(text).0 & PAYLOAD);
                    }
                }
                _ => return None,
            }
        }
        whole.sort_unstable();
        whole.dedup();
        full.sort();
        dialled.sort();
        Some(Phones { whole: whole.into(), full, dialled, any_full })
    }

    /// Whether a number fits.
    pub(crate) fn holds(&self, number: Number) -> bool {
        if !self.whole.is_empty() && self.whole.binary_search(&number.0).is_ok() {
            return true;
        }
        match number.kind() {
            NumberKind::E164 => {
                let digits = number.0 & PAYLOAD;
                let count = digits.checked_ilog10().map_or(0, |log| log + 1);
                self.any_full || self.full.holds(count, |cut| digits / TENS[cut as usize])
            }
            NumberKind::Digits => {
                let packed = number.0 & PAYLOAD;
                let count = (64 - packed.leading_zeros()).div_ceil(4);
                self.dialled.holds(count, |cut| packed >> (4 * cut))
            }
            // Their texts begin with a letter, and a range is never in a record.
            NumberKind::Absent | NumberKind::Other | NumberKind::Range => false,
        }
    }
}

impl Phones {
    /// Whether it fits the number with this text, or, if it has not ended, one that begins so and then goes on as no value of
    /// ours does. The text has symbols of telephone numbers only.
    pub(crate) fn holds_text(&self, text: &str, ended: bool) -> bool {
        let short = &text[..text.len().min(MAX_DIGITS)];
        let packed = Number::from_dialled(short).0 & PAYLOAD;
        let begins = self.dialled.holds(short.len() as u32, |cut| packed >> (4 * cut))
            || text.strip_prefix('+').is_some_and(|digits| {
                self.any_full
                    || full_digits(digits)
                        .is_some_and(|n| self.full.holds(digits.len() as u32, |cut| n / TENS[cut as usize]))
            });
        let mut whole = Vec::new();
        begins
            || ended
                && add_whole(text, &mut whole).is_some()
                && whole.iter().any(|number| self.whole.binary_search(number).is_ok())
    }
}

impl Prefixes {
    fn add(&mut self, length: u32, prefix: u64) {
        match self.0.iter_mut().find(|(l, _)| *l == length) {
            Some((_, list)) => list.push(prefix),
            None => self.0.push((length, vec![prefix])),
        }
    }

    fn sort(&mut self) {
        for (_, list) in &mut self.0 {
            list.sort_unstable();
            list.dedup();
        }
        self.0.sort_unstable_by_key(|(length, _)| *length);
    }

    /// `cut` drops the last so many of `count` digits.
    fn holds(&self, count: u32, cut: impl Fn(u32) -> u64) -> bool {
        self.0
            .iter()
            .take_while(|(length, _)| *length <= count)
            .any(|(length, list)| list.binary_search(&cut(count - length)).is_ok())
    }
}

fn is_dialable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'*' | b'#' | b'+'))
}

/// Digits of an international number or its beginning.
fn full_digits(digits: &str) -> Option<u64> {
    let plain =
        !digits.starts_with('0') && digits.len() <= MAX_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// The numbers whose text this is: an international number and the same as dialled.
fn add_whole(text: &str, whole: &mut Vec<u64>) -> Option<()> {
    is_dialable(text).then_some(())?;
    if let Some(number) = text.strip_prefix('+').and_then(full_digits).and_then(Number::from_e164) {
        whole.push(number.0);
    }
    if text.len() <= MAX_DIGITS {
        whole.push(Number::from_dialled(text).0);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = Number> {
        prop_oneof![
            (1u64..1_000_000_000_000_000).prop_map(|n| Number::from_e164(n).unwrap()),
            (1u64..10_000).prop_map(|n| Number::from_e164(n).unwrap()),
            "[0-9*#+]{1,15}".prop_map(|t| Number::from_dialled(&t)),
            "[a-z@]{1,20}".prop_map(|t| Number::from_dialled(&t)),
        ]
    }

    proptest! {
        #[test]
        fn the_text_is_what_the_number_shows(number in number()) {
            let mut buffer = Buffer::default();
            prop_assert_eq!(text(number, &mut buffer), number.to_string());
        }

        #[test]
        fn arithmetic_agrees_with_texts(number in number(), cut in 0usize..17, wrong in "[0-9*#+]{1,4}", is_prefix: bool) {
            let shown = number.to_string();
            for literal in [shown[..cut.min(shown.len())].to_owned(), wrong] {
                let glob = if is_prefix { Glob::Prefix(literal.clone().into()) } else { Glob::Exact(literal.clone().into()) };
                let check = Check::Text { glob: glob.clone(), cased: false };
                if let Some(phones) = Phones::lower(&[check], std::iter::empty::<&str>()) {
                    prop_assert_eq!(phones.holds(number), glob.matches(&shown), "{} {}", literal, shown);
                }
            }
        }
    }
}
