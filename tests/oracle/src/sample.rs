//! Texts that a regular expression or a pattern is found in, and the dice that choose among them.

use regex_syntax::hir::{Class, Hir, HirKind};

/// A small generator of numbers: the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// True once in `of` times.
    pub fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// A text that the expression may be found in; empty if it cannot be read.
pub fn of_regex(source: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    if let Ok(hir) = regex_syntax::parse(source) {
        write(&hir, dice, &mut out);
    }
    out
}

fn write(hir: &Hir, dice: &mut Dice, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let ranges = class.ranges();
            if !ranges.is_empty() {
                let range = ranges[dice.below(ranges.len().min(3))];
                let usual =
                    ['a', '7', ' ', '/'].into_iter().find(|c| (range.start()..=range.end()).contains(c));
                out.push(usual.unwrap_or(range.start()));
            }
        }
        HirKind::Class(Class::Bytes(_)) => out.push('a'),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + 2).min(repetition.min + 2);
            let extra = dice.below((most - repetition.min) as usize + 1) as u32;
            // A repetition of repetitions grows fast; no text need be longer.
            for _ in 0..(repetition.min + extra).min(64) {
                write(&repetition.sub, dice, out);
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, dice, out),
        HirKind::Concat(all) => all.iter().for_each(|h| write(h, dice, out)),
        HirKind::Alternation(any) => write(dice.pick(any), dice, out),
    }
}

/// A text that a pattern with wildcards stands for.
pub fn of_pattern(pattern: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.push(chars.next_if(|n| matches!(n, '*' | '?' | '\\')).unwrap_or('\\')),
            '*' => out.push_str(dice.pick::<&str>(&["", "x", "a b", "\\", "\n"])),
            '?' => out.push(*dice.pick(&['x', '-', 'é'])),
            c => out.push(c),
        }
    }
    out
}

/// Base64 with the standard alphabet.
pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let sextet = (bits >> (18 - 6 * at) & 63) as usize;
            out.push(if at <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    out
}

/// UTF-16; with a byte order mark if asked.
pub fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
    let mark: &[u8] = if mark { &[0xff, 0xfe] } else { &[] };
    mark.iter().copied().chain(units).collect()
}
