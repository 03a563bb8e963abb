//! Reading a number as it was dialled, shown or configured.
//!
//! Owns the order in which readings are tried. A reading that lands in a known range wins over one that only has a
//! possible length; a number that has neither stays the digits it is, so nothing is invented.

use super::home::{self, DialRules};
use super::plan::{self, Found};
use super::{Home, short};
use crate::Number;

/// Longest run of digits looked at: outside access (4), prefix for calls abroad (up to 5) and carrier code (up to
/// 5) before 15 digits.
const MAX_DIALLED: usize = 32;
/// Longest extension: dial plans with more digits are read as numbers first.
pub(super) const MAX_EXTENSION: usize = 6;
/// Shortest full international number taken unseen: Niue has four digits after a code of three. Shorter ones must
/// be in a known range, so that `+911` stays what was dialled.
const MIN_E164: usize = 7;
/// Longest full international number (ITU-T E.164).
const MAX_E164: usize = 15;

/// Reads a number. `+` makes it international; otherwise it is read in `home`: outside-access digits, the
/// country's prefix for calls abroad (or the common `00` and `011`), its trunk prefix. Extensions, service codes
/// (`*99`) and what fits no reading stay [`crate::NumberKind::Digits`]; SIP addresses and other text become
/// [`crate::NumberKind::Other`]. Never fails; blank text is absent.
pub fn parse(text: &str, home: &Home<'_>) -> Number {
    if let Some(number) = plain_e164(text) {
        return number;
    }
    let text = text.trim();
    let bare = text.strip_prefix("tel:").unwrap_or(text);
    let Some(dialled) = Dialled::read(bare) else { return Number::from_dialled(text) };
    let digits = dialled.digits();
    if digits.is_empty() || dialled.service_code {
        return Number::from_dialled(dialled.symbols());
    }
    let read = if dialled.plus {
        e164(digits).filter(|n| digits.len() >= MIN_E164 || Best::default().offer(Some(*n), false).is_some())
    } else if digits.len() <= MAX_EXTENSION || short::look_up(&values(digits), home.country).is_some() {
        None
    } else {
        dialled_in(digits, home)
    };
    read.unwrap_or_else(|| Number::from_dialled(dialled.symbols()))
}

/// `+` and 7 to 15 digits and nothing else: how nearly every number in a record stands.
fn plain_e164(text: &str) -> Option<Number> {
    let digits = text.as_bytes().strip_prefix(b"+")?;
    if !(MIN_E164..=MAX_E164).contains(&digits.len()) || digits[0] == b'0' {
        return None;
    }
    let mut value = 0u64;
    for b in digits {
        let digit = b.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Number::from_e164(value)
}

/// What was dialled, without separators.
struct Dialled {
    buffer: [u8; MAX_DIALLED + 1],
    length: usize,
    plus: bool,
    service_code: bool,
}

impl Dialled {
    /// `None` when the text holds anything but a dial string.
    fn read(text: &str) -> Option<Dialled> {
        let mut dialled =
            Dialled { buffer: [0; MAX_DIALLED + 1], length: 0, plus: false, service_code: false };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            // "+44 (0)20 …": a trunk prefix that is not dialled from abroad.
            if dialled.plus && rest.starts_with("(0)") {
                rest = &rest[3..];
                continue;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '0'..='9' => {}
                '+' if dialled.length == 0 => dialled.plus = true,
                '*' | '#' => dialled.service_code = true,
                ' ' | '\u{a0}' | '-' | '.' | '(' | ')' | '/' => continue,
                _ => return None,
            }
            *dialled.buffer.get_mut(dialled.length)? = c as u8;
            dialled.length += 1;
        }
        Some(dialled)
    }

    fn symbols(&self) -> &str {
        std::str::from_utf8(&self.buffer[..self.length]).unwrap_or_default()
    }

    fn digits(&self) -> &str {
        self.symbols().trim_start_matches('+')
    }
}

/// Characters to digit values.
pub(super) fn values(digits: &str) -> Vec<u8> {
    digits.bytes().map(|b| b.wrapping_sub(b'0')).collect()
}

fn e164(digits: &str) -> Option<Number> {
    if digits.len() > MAX_E164 || digits.starts_with('0') {
        return None;
    }
    Number::from_e164(digits.parse().ok()?)
}

/// The best reading met so far: the first valid one, else the first possible one.
#[derive(Default)]
struct Best {
    possible: Option<Number>,
}

impl Best {
    /// Offers a full number; returns it at once if it is valid.
    fn offer(&mut self, number: Option<Number>, keep_possible: bool) -> Option<Number> {
        let number = number?;
        let found: Found = plan::look_up(number.e164()?)?;
        if found.is_valid() {
            return Some(number);
        }
        if keep_possible && found.possible && self.possible.is_none() {
            self.possible = Some(number);
        }
        None
    }
}

/// Reads digits without `+`, as dialled from `home`.
fn dialled_in(digits: &str, home: &Home<'_>) -> Option<Number> {
    let rules = home::rules(home.country);
    let mut best = Best::default();
    // With a configured outside-access code what follows it is what the network saw; where that makes no sense the
    // digits are translated already and just happen to start the same.
    if let Some(outside) = home.outside_access
        && let Some(rest) = digits.strip_prefix(outside)
        && let Some(number) = read(rest, rules, &mut best)
    {
        return Some(number);
    }
    if let Some(number) = read(digits, rules, &mut best) {
        return Some(number);
    }
    // 9 is the usual outside-access code; believed unasked only before a prefix that leaves no doubt.
    if home.outside_access.is_none()
        && let Some(rest) = digits.strip_prefix('9')
    {
        let trunk = rules.and_then(|r| r.trunk_prefix.as_deref());
        if (rest.starts_with("00") || rest.starts_with("011") || trunk.is_some_and(|t| rest.starts_with(t)))
            && let Some(number) = read(rest, rules, &mut Best::default())
        {
            return Some(number);
        }
    }
    best.possible
}

fn read(digits: &str, rules: Option<&DialRules>, best: &mut Best) -> Option<Number> {
    let abroad = [
        rules.and_then(|r| r.after_international_prefix(digits)),
        digits.strip_prefix("00"),
        digits.strip_prefix("011"),
    ];
    for rest in abroad.into_iter().flatten() {
        // Unallocated ranges are kept when dialled with a prefix for calls abroad: fraud goes there.
        if let Some(number) = best.offer(e164(rest), true) {
            return Some(number);
        }
    }
    let rules = rules?;
    if let Some(national) = rules.without_trunk_prefix(digits)
        && let Some(number) = best.offer(e164(&format!("{}{national}", rules.code)), false)
    {
        return Some(number);
    }
    if let Some(number) = best.offer(e164(&format!("{}{digits}", rules.code)), false) {
        return Some(number);
    }
    // The country's own code without `+`, as some trunks deliver it.
    digits.starts_with(&rules.code.to_string()).then(|| best.offer(e164(digits), false)).flatten()
}
