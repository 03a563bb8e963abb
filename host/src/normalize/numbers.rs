//! Telephone numbers of a record: read, classed, and told apart from our own.
//!
//! Owns what a record adds to what the number itself says: whose number it is, and the call type where the number
//! alone cannot decide. Reading and classing themselves are `model::numbering`.

use model::numbering::{self, Home};
use model::{Name, Number, NumberKind};
use rustc_hash::FxHashMap;

/// Dialled texts remembered per thread: extensions and short codes repeat, and only they are kept, because a full
/// number is read faster than looked up. About 100 bytes each.
const REMEMBERED: usize = 16_384;

/// A number with its class and country, before it is known whether it is ours.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Read {
    pub number: Number,
    pub class: Name,
    pub country: Name,
}

/// Numbers read, one per thread.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    remembered: FxHashMap<Box<str>, Read>,
    key: String,
}

impl Numbers {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.remembered.clear();
    }

    /// Reads a text whose class nobody asks for.
    pub(super) fn number(&mut self, text: &str, home: &Home<'_>, place: usize) -> Number {
        if text.starts_with('+') { numbering::parse(text, home) } else { self.read(text, home, place).number }
    }

    /// Reads and classes a text; `place` tells dial plans apart.
    pub(super) fn read(&mut self, text: &str, home: &Home<'_>, place: usize) -> Read {
        let fresh = || {
            let number = numbering::parse(text, home);
            let (class, country) = numbering::classify(number, home, false);
            Read { number, class, country }
        };
        if text.starts_with('+') || text.len() > 40 {
            return fresh();
        }
        self.key.clear();
        for part in [home.country.0, place as u32] {
            // One character each: both are far below the surrogates' range.
            self.key.push(char::from_u32(part + 1).unwrap_or('?'));
        }
        self.key.push_str(text);
        if let Some(read) = self.remembered.get(self.key.as_str()) {
            return *read;
        }
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        let read = fresh();
        self.remembered.insert(self.key.as_str().into(), read);
        read
    }
}

const INTERNAL: Name = Name::known("internal");
const NATIONAL: Name = Name::known("national");
const MOBILE: Name = Name::known("mobile");
const INTERNATIONAL: Name = Name::known("international");
const INVALID: Name = Name::known("invalid");
const SHORT_CODE: Name = Name::known("short-code");
const EMERGENCY: Name = Name::known("emergency");

const SIP_ENTERPRISE: Name = Name::known("SIP_ENTERPRISE");
const SIP_SHORTCODE: Name = Name::known("SIP_SHORTCODE");
const SIP_PREMIUM: Name = Name::known("SIP_PREMIUM");
const SIP_EMERGENCY: Name = Name::known("SIP_EMERGENCY");

/// Class a call type stands for, used only where the number says nothing.
fn class_of(call_type: Name) -> Name {
    const CLASSES: [(Name, Name); 8] = [
        (Name::known("SIP_INTERNATIONAL"), INTERNATIONAL),
        (Name::known("SIP_NATIONAL"), NATIONAL),
        (Name::known("SIP_MOBILE"), MOBILE),
        (SIP_PREMIUM, Name::known("premium")),
        (Name::known("SIP_TOLLFREE"), Name::known("toll-free")),
        (SIP_ENTERPRISE, INTERNAL),
        (SIP_SHORTCODE, SHORT_CODE),
        (SIP_EMERGENCY, EMERGENCY),
    ];
    CLASSES.iter().find(|(t, _)| *t == call_type).map_or(Name::ABSENT, |(_, c)| *c)
}

/// The class of a record's number, given whether it is ours and the record's call type.
///
/// The number decides. Webex's word is taken in four cases: what it calls premium is, where the number has only an
/// ordinary class; a call it kept inside the organisation is internal
/// unless the number is premium, satellite or toll-free (it knows every extension and own number, the directory
/// maybe not); digits that could be an extension as well as a short or emergency number; and a number that has no
/// class of its own.
pub(super) fn class(read: Read, ours: bool, call_type: Name) -> Name {
    if ours {
        return INTERNAL;
    }
    let own = read.class;
    let full = read.number.kind() == NumberKind::E164;
    if call_type == SIP_ENTERPRISE
        && (if full { [NATIONAL, MOBILE, INTERNATIONAL, INVALID].contains(&own) } else { own == SHORT_CODE })
        && !is_service_code(read.number)
    {
        return INTERNAL;
    }
    if !full && own == INTERNAL && (call_type == SIP_SHORTCODE || call_type == SIP_EMERGENCY) {
        return class_of(call_type);
    }
    // Premium ranges are opened faster than metadata follows, and Webex is charged for them.
    if call_type == SIP_PREMIUM && (own == INTERNATIONAL || own == NATIONAL) {
        return class_of(call_type);
    }
    if own == INVALID || (!own.is_present() && read.number.is_present()) {
        let hint = class_of(call_type);
        if hint.is_present() {
            return hint;
        }
    }
    own
}

/// `*99` and the like, which act on Webex itself.
fn is_service_code(number: Number) -> bool {
    number.kind() == NumberKind::Digits && number.to_string().starts_with(['*', '#'])
}
