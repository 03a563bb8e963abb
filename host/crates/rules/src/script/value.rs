//! Values that scripts see besides numbers, texts and lists, and the texts that are known beforehand.
//!
//! Owns telephone numbers and times as types of their own, so that comparing one with the other is an error and not a
//! silent false. Does not own reading them from a record (`variable`).

use std::fmt;
use std::sync::LazyLock;

use model::fields::well_known;
use model::{Millis, Name, Number, NumberKind};
use rhai::{Dynamic, ImmutableString};

/// A telephone number; shows as its text, and compares with texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phone(pub Number);

/// A time; `time - time` gives seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Time(pub Millis);

/// An error of ours inside Rhai's: its text is shown as it is, so it must hold nothing of the record.
#[derive(Clone, Debug)]
pub(super) struct Fault(pub String);

impl Phone {
    /// From what a script's author writes: `+34911234567`, `112`, `*72`.
    pub(super) fn from_text(text: &str) -> Phone {
        let international = text.strip_prefix('+').filter(|d| !d.starts_with('0') && is_digits(d));
        let number = international.and_then(|digits| digits.parse().ok()).and_then(Number::from_e164);
        Phone(number.unwrap_or_else(|| Number::from_dialled(text)))
    }

    /// Whether it is the number of that text.
    pub(super) fn is(self, text: &str) -> bool {
        self.0.is_present() && (self == Phone::from_text(text) || self.0 == Number::from_dialled(text))
    }

    /// Whether it begins with `prefix`: `+53` for international numbers, digits for what was dialled without `+`.
    pub(super) fn has_prefix(self, prefix: &str) -> bool {
        match self.0.kind() {
            NumberKind::E164 => prefix
                .strip_prefix('+')
                .filter(|digits| is_digits(digits))
                .and_then(|digits| digits.parse().ok())
                .is_some_and(|digits| self.0.has_prefix(digits)),
            NumberKind::Digits => !prefix.is_empty() && self.0.to_string().starts_with(prefix),
            NumberKind::Absent | NumberKind::Other | NumberKind::Range => false,
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match chrono::DateTime::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

static RESERVED: LazyLock<Vec<ImmutableString>> = LazyLock::new(|| {
    let mut texts = vec![ImmutableString::new(); well_known::FIRST_DYNAMIC as usize];
    for (handle, text) in well_known::all() {
        if let Some(slot) = texts.get_mut(handle as usize) {
            *slot = text.into();
        }
    }
    texts
});

/// Text of a name whose handle is fixed: values of enumerations and countries.
pub(super) fn reserved(name: Name) -> Option<ImmutableString> {
    RESERVED.get(name.0 as usize).filter(|text| !text.is_empty()).cloned()
}

/// The same as a script's value; absent where there is none.
pub(super) fn reserved_value(name: Name) -> Dynamic {
    reserved(name).map_or(Dynamic::UNIT, Dynamic::from)
}

const DAY: Millis = 86_400_000;

/// Minute of the local day.
pub(super) fn minute_of_day(local: Millis) -> i64 {
    local.rem_euclid(DAY) / 60_000
}

/// What people call a value's type.
pub(super) fn type_name(value: &Dynamic) -> &'static str {
    if value.is_unit() {
        "nothing"
    } else if value.is_bool() {
        "true or false"
    } else if value.is_int() || value.is_float() {
        "number"
    } else if value.is_string() || value.is_char() {
        "text"
    } else if value.is::<Phone>() {
        "telephone number"
    } else if value.is::<Time>() {
        "time"
    } else if value.is_array() {
        "list"
    } else if value.is_map() {
        "map"
    } else {
        "something else"
    }
}
