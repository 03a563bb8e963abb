//! Text that comes from a plugin: made harmless before anything else sees it.
//!
//! Owns cutting and escaping. A plugin's words may hold text an attacker chose (a display name, a user agent), so
//! too long is cut rather than refused: nobody may silence a detector by a long name.

/// At most `max` characters on one line; control characters become spaces, what is cut is marked.
pub(super) fn one_line(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max * 4));
    for (count, c) in text.chars().enumerate() {
        if count + 1 >= max && text.chars().nth(max).is_some() {
            out.push('…');
            break;
        }
        out.push(if c.is_control() || is_direction_control(c) { ' ' } else { c });
    }
    out
}

/// Marks that reorder text on a screen: with them a line can show other words than it holds.
fn is_direction_control(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// At most `max` bytes with control characters written out (`\n`, `\u{1b}`), for logs and messages.
pub(super) fn escaped(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for c in text.chars() {
        let before = out.len();
        if c.is_control() || is_direction_control(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        if out.len() > max {
            out.truncate(before);
            out.push('…');
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_are_bounded_and_clean(text in "\\PC{0,60}[\\x00-\\x1f]{0,3}\\PC{0,60}", max in 1usize..80) {
            let line = one_line(&text, max);
            prop_assert!(line.chars().count() <= max);
            prop_assert!(!line.chars().any(char::is_control));
            let escaped = escaped(&text, max);
            prop_assert!(escaped.len() <= max + '…'.len_utf8());
            prop_assert!(!escaped.chars().any(char::is_control));
        }
    }

    #[test]
    fn what_fits_stays_and_what_is_cut_is_marked() {
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("abcd", 3), "ab…");
        assert_eq!(one_line("a\nb", 9), "a b");
        assert_eq!(escaped("a\nb\u{1b}[31m", 99), "a\\nb\\u{1b}[31m");
        assert_eq!(escaped("abc\u{202e}", 99), "abc\\u{202e}");
    }
}
