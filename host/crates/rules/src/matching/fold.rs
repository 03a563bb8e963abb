//! Capitals: what "whatever capitals" means for texts.
//!
//! Owns the one mapping used for patterns and for values: a character's lower case where that is one character, else the
//! character itself. So a text keeps its number of characters, and `?` means the same before and after.

/// A character's lower case.
pub(crate) fn lower_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(only), None) => only,
        _ => c,
    }
}

/// The text in lower case; `scratch` is used only if something changes.
pub(crate) fn lower<'a>(text: &'a str, scratch: &'a mut String) -> &'a str {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return text;
    }
    scratch.clear();
    if text.is_ascii() {
        scratch.push_str(text);
        scratch.make_ascii_lowercase();
    } else {
        scratch.extend(text.chars().map(lower_char));
    }
    scratch
}

/// The text in lower case, owned.
pub(crate) fn lowered(text: &str) -> String {
    text.chars().map(lower_char).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree_and_keep_the_count_of_characters(text in ".{0,30}") {
            let mut scratch = String::new();
            let shown = lower(&text, &mut scratch).to_owned();
            prop_assert_eq!(&shown, &lowered(&text));
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert_eq!(lowered(&shown), shown);
        }
    }

    #[test]
    fn capitals_outside_ascii_count() {
        assert_eq!(lowered("ÑANDÚ Ω"), "ñandú ω");
        assert_eq!(lowered("İ"), "İ", "its lower case is two characters");
    }
}
