//! Texts for a terminal: hostile characters made visible, lengths of time in words.

use model::Millis;

/// The text with every control character and every character that changes direction or is invisible written as an
/// escape, cut to `width` characters. Names in call records are chosen by whoever calls.
pub fn visible(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for symbol in text.chars() {
        let shown = if is_hostile(symbol) { symbol.escape_default().to_string() } else { symbol.to_string() };
        length += shown.chars().count();
        if length > width {
            // Room for the mark is made by dropping what was written last.
            while out.chars().count() + 1 > width {
                out.pop();
            }
            out.push('…');
            return out;
        }
        out.push_str(&shown);
    }
    out
}

fn is_hostile(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A length of time as a person says it.
pub fn span(millis: Millis) -> String {
    let seconds = millis / 1000;
    match seconds {
        i64::MIN..0 => format!("-{}", span(-millis)),
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// The text in lines of at most `width` characters, broken between words where it can be.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `26 Mar 03:12`, from RFC 3339 in UTC.
pub fn moment(text: &str) -> String {
    chrono::DateTime::parse_from_rfc3339(text).map_or(String::new(), |t| t.format("%d %b %H:%M").to_string())
}

/// `1 finding`, `2 findings`.
pub fn number_of(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_visible() {
        assert_eq!(visible("Ana \u{202e}x", 40), "Ana \\u{202e}x");
        assert_eq!(visible("a\nb\u{1b}", 40), "a\\nb\\u{1b}");
        assert_eq!(visible("Muñoz", 40), "Muñoz");
        assert_eq!(visible("abcdefgh", 5), "abcd…");
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(span(90_000), "90 s");
        assert_eq!(span(3 * 3_600_000), "3 h");
    }
}
