//! Values of open enumerations: known ones in their one spelling, unknown ones as they are.
//!
//! Owns spellings: capitals, the specification's misspellings, and words that differ only in capitals between
//! enumerations.

use std::sync::{Arc, LazyLock};

use model::fields::{FIELD_COUNT, well_known};
use model::names::TooManyNames;
use model::{FieldId, Name, NameTable};
use rustc_hash::FxHashMap;

/// Longest unknown value kept: the longest known one has 48 bytes.
const MAX_ENUM_BYTES: usize = 96;
/// Values remembered per field; real enumerations have at most some forty.
const REMEMBERED: usize = 48;

/// Spellings seen that mean a known value.
const ALIASES: [(&str, &str); 7] = [
    ("CalllPark", "CallPark"),
    ("Unrecognised", "Unrecognized"),
    ("Customer Assist", "CustomerAssist"),
    ("Call Queue", "CallQueue"),
    ("noAnswer", "NoAnswer"),
    ("businessContinuity", "business-continuity"),
    ("business continuity", "business-continuity"),
];

static KNOWN: LazyLock<FxHashMap<String, Name>> = LazyLock::new(|| {
    let mut known = FxHashMap::default();
    // Values that differ only in capitals: the first listed wins here, `of_field` picks for the others.
    for value in well_known::VALUES {
        known.entry(value.to_ascii_lowercase()).or_insert(Name::known(value));
    }
    for (spelling, value) in ALIASES {
        known.entry(spelling.to_ascii_lowercase()).or_insert(Name::known(value));
    }
    known
});

/// Where the same word is a different value in another enumeration.
fn of_field(field: FieldId, text: &str) -> Option<Name> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    match field {
        FieldId::call_type => is("unknown").then_some(Name::known("UNKNOWN")),
        FieldId::call_outcome_reason => is("internal").then_some(Name::known("Internal")),
        FieldId::forward_mode => (is("noanswer") || is("no answer")).then_some(Name::known("no-answer")),
        _ => is("unknown").then_some(Name::known("Unknown")),
    }
}

/// Handles of enumeration values; one per thread.
#[derive(Debug)]
pub(super) struct Enums {
    /// By field.
    remembered: Vec<Vec<(Box<str>, Name)>>,
}

impl Default for Enums {
    fn default() -> Self {
        Enums { remembered: vec![Vec::new(); FIELD_COUNT] }
    }
}

impl Enums {
    pub(super) fn read(
        &mut self,
        names: &Arc<NameTable>,
        field: FieldId,
        text: &str,
    ) -> Result<Name, TooManyNames> {
        let remembered = &mut self.remembered[field as usize];
        if let Some((_, name)) = remembered.iter().find(|(t, _)| **t == *text) {
            return Ok(*name);
        }
        let known = || KNOWN.get(&text.to_ascii_lowercase()).copied();
        let name = match of_field(field, text).or_else(known) {
            Some(name) => name,
            None => names.intern(cut(text, MAX_ENUM_BYTES))?,
        };
        if remembered.len() < REMEMBERED {
            remembered.push((text.into(), name));
        }
        Ok(name)
    }
}

/// At most `limit` bytes of a text, cut between characters.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_have_one_spelling_and_unknown_ones_stay() {
        let names = Arc::new(NameTable::default());
        let mut enums = Enums::default();
        for (field, text, expected) in [
            (FieldId::direction, "originating", "ORIGINATING"),
            (FieldId::user_type, "VirtuaLline", "VirtualLine"),
            (FieldId::related_reason, "CalllPark", "CallPark"),
            (FieldId::redirect_reason, "Unrecognised", "Unrecognized"),
            (FieldId::queue_type, "Customer Assist", "CustomerAssist"),
            (FieldId::queue_type, "Call Queue", "CallQueue"),
            (FieldId::call_type, "Unknown", "UNKNOWN"),
            (FieldId::releasing_party, "UNKNOWN", "Unknown"),
            (FieldId::call_outcome_reason, "internal", "Internal"),
            (FieldId::forward_mode, "noAnswer", "no-answer"),
            (FieldId::forward_mode, "Always", "always"),
            (FieldId::call_type, "SIP_BRAND_NEW", "SIP_BRAND_NEW"),
            (FieldId::original_reason, "ExplicitId123", "ExplicitId123"),
        ] {
            for _ in 0..2 {
                let name = enums.read(&names, field, text).unwrap();
                assert_eq!(names.resolve(name).as_deref(), Some(expected), "{text}");
            }
        }
        let long = enums.read(&names, FieldId::call_type, &"ñ".repeat(500)).unwrap();
        assert_eq!(names.resolve(long).unwrap().len(), MAX_ENUM_BYTES);
    }

    #[test]
    fn every_known_value_means_itself_in_some_field() {
        for value in well_known::VALUES {
            let name = KNOWN[&value.to_ascii_lowercase()];
            let picked = [FieldId::call_type, FieldId::call_outcome_reason, FieldId::releasing_party]
                .into_iter()
                .filter_map(|f| of_field(f, value))
                .chain([name])
                .any(|n| n == Name::known(value));
            assert!(picked, "{value} cannot be reached");
        }
    }
}
