//! Words: whether an audit event speaks of something, and lengths of time as people say them.
//!
//! Owns the comparison of texts in any capitals and with or without accents. Does not own the lists: they are settings.

use ringfence_sdk::{MINUTE, Millis};

/// Shorter words must match whole: `pin` is not meant by `shipping` nor by `pinned`.
const WHOLE: usize = 4;
/// Longest text looked at: descriptions are sentences.
const MAX_TEXT: usize = 400;

/// Words of a text in small letters without accents.
pub fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars().take(MAX_TEXT).flat_map(char::to_lowercase).map(plain) {
        match (c.is_alphanumeric(), words.last_mut()) {
            (true, Some(word)) => word.push(c),
            (_, last) => {
                if last.is_none_or(|w| !w.is_empty()) {
                    words.push(String::new());
                }
            }
        }
    }
    words.retain(|w| !w.is_empty());
    words
}

/// A letter without the accents that names in mail addresses lose.
fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ś' | 'š' | 'ş' => 's',
        'ź' | 'ž' | 'ż' => 'z',
        'ğ' => 'g',
        'ł' => 'l',
        'ř' => 'r',
        'ď' | 'đ' => 'd',
        'ť' => 't',
        other => other,
    }
}

/// Which entry of a list the text speaks of: all words of the entry occur in it, as beginnings of words.
pub fn entry(list: &[String], text: &[String]) -> Option<usize> {
    let occurs = |word: &String| {
        text.iter().any(|w| if word.len() < WHOLE { w == word } else { w.starts_with(word.as_str()) })
    };
    list.iter().position(|entry| {
        let entry = words(entry);
        !entry.is_empty() && entry.iter().all(occurs)
    })
}

/// `12 min`, `3 h 10 min`.
pub fn span(length: Millis) -> String {
    match (length / MINUTE).max(0) {
        minutes @ 0..60 => format!("{minutes} min"),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// `1 call`, `5 calls`.
pub fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|e| (*e).to_owned()).collect()
    }

    #[test]
    fn entries_match_by_the_beginnings_of_words() {
        let entries = list(&["password", "pin", "device added"]);
        let of = |text: &str| entry(&entries, &words(text));
        assert_eq!(of("User's Passwords were reset"), Some(0));
        assert_eq!(of("Voicemail PIN reset by admin"), Some(1));
        assert_eq!(of("A shipping address was pinned"), None);
        assert_eq!(of("Device was added to the user"), Some(2));
        assert_eq!(of("Device was renamed"), None);
        assert_eq!(of(""), None);
        assert_eq!(entry(&list(&["", " - "]), &words("anything")), None, "an empty entry means nothing");
    }

    #[test]
    fn accents_and_capitals_do_not_count() {
        assert_eq!(words("José-María Núñez"), ["jose", "maria", "nunez"]);
    }

    #[test]
    fn lengths_are_said_as_people_do() {
        assert_eq!([span(0), span(59 * MINUTE), span(120 * MINUTE)], ["0 min", "59 min", "2 h"]);
        assert_eq!(span(190 * MINUTE), "3 h 10 min");
    }
}
