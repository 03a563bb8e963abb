//! One value of a record as matching sees it: nothing, a truth value, a number or a text.
//!
//! Owns how numbers read as texts and texts as numbers. Does not own where values come from.

use std::fmt::Write as _;

/// A value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    /// Null: there, but nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Num),
    /// A text.
    Text(&'a str),
    /// A map: it is there, and like nothing.
    Map,
}

/// A number that keeps its text where it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Num {
    /// Whole.
    Int(i64),
    /// Whole, beyond that.
    Big(u64),
    /// Any other; finite.
    Float(f64),
}

/// Whole numbers below this have one text as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Num {
    /// For comparing.
    pub(crate) fn value(self) -> f64 {
        match self {
            Num::Int(value) => value as f64,
            Num::Big(value) => value as f64,
            Num::Float(value) => value,
        }
    }

    /// Its text is appended: whole numbers without a point, whatever they are kept as.
    pub(crate) fn write(self, out: &mut String) {
        // Writing to a String does not fail.
        let _ = match self {
            Num::Int(value) => write!(out, "{value}"),
            Num::Big(value) => write!(out, "{value}"),
            Num::Float(value) if value.fract() == 0.0 && value.abs() < EXACT => {
                write!(out, "{}", value as i64)
            }
            Num::Float(value) => match serde_json::Number::from_f64(value) {
                Some(number) => write!(out, "{number}"),
                None => write!(out, "{value}"),
            },
        };
    }
}

impl<'a> Scalar<'a> {
    /// The value as text, if it has one; numbers are written to `buffer`.
    pub(crate) fn text<'b>(&'b self, buffer: &'b mut String) -> Option<&'b str> {
        match self {
            Scalar::Null | Scalar::Map => None,
            Scalar::Bool(true) => Some("true"),
            Scalar::Bool(false) => Some("false"),
            Scalar::Text(text) => Some(text),
            Scalar::Number(number) => {
                buffer.clear();
                number.write(buffer);
                Some(buffer)
            }
        }
    }

    /// The value as a number.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Scalar::Number(number) => Some(number.value()),
            Scalar::Text(text) => number(text),
            Scalar::Null | Scalar::Bool(_) | Scalar::Map => None,
        }
    }
}

/// A text that reads as a number: an optional `-`, digits without needless zeros before, perhaps a point and digits. So `0112`,
/// which somebody dialled, is not 112, and `+34…` is no sum.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (digits, None),
    };
    let all = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let plain = all(whole) && (whole.len() == 1 || !whole.starts_with('0')) && fraction.is_none_or(all);
    // A hundred digits are no number that anybody compares, and reading them costs.
    (plain && text.len() <= 64).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_one_text() {
        let text = |n: Num| {
            let mut out = String::new();
            n.write(&mut out);
            out
        };
        assert_eq!(text(Num::Float(3.0)), "3");
        assert_eq!(text(Num::Float(-0.5)), "-0.5");
        assert_eq!(text(Num::Int(i64::MIN)), "-9223372036854775808");
        assert_eq!(text(Num::Big(u64::MAX)), "18446744073709551615");
    }

    #[test]
    fn texts_read_as_numbers_only_if_written_as_such() {
        assert_eq!(number("4769"), Some(4769.0));
        assert_eq!(number("-1.50"), Some(-1.5));
        assert_eq!(number("0"), Some(0.0));
        for other in ["", "-", "0112", "+34", "1e3", " 5", "5.", ".5", "inf", "NaN", "0x10"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
