//! Regular expressions: linear time whatever the text, with bounds, and with words for what this engine leaves out.
//!
//! Owns compiling them. The specification's metacharacters are all there; look-around and back references, which PCRE has and
//! which cannot be had in linear time, are refused with what to write instead.

use regex::{Regex, RegexBuilder};

use super::bounds::{MAX_REGEX_NESTING, REGEX_BYTES, REGEX_CACHE_BYTES};
use crate::sigma::Flags;

/// What is wrong with an expression, and what to do.
#[derive(Debug)]
pub(crate) struct Wrong {
    /// What.
    pub(crate) message: String,
    /// The remedy.
    pub(crate) help: String,
}

/// An expression and what it counts for.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The expression.
    pub(crate) regex: Regex,
    /// Bytes it may take: one of [`REGEX_BYTES`].
    pub(crate) bytes: usize,
}

/// Compiles an expression.
///
/// # Errors
/// If it is no regular expression, needs what this engine leaves out, or is too large.
pub(crate) fn compile(source: &str, flags: Flags) -> Result<Compiled, Wrong> {
    match sized(source, flags) {
        Ok(compiled) => Ok(compiled),
        // Reading it otherwise would not make it smaller.
        Err(first @ regex::Error::CompiledTooBig(_)) => Err(explain(source, &first)),
        // PCRE takes a backslash before any character and a lone brace as they are.
        Err(first) => sized(&lenient(source), flags).map_err(|_| explain(source, &first)),
    }
}

fn sized(source: &str, flags: Flags) -> Result<Compiled, regex::Error> {
    let build = |bytes: usize| {
        RegexBuilder::new(source)
            .case_insensitive(flags.insensitive)
            .multi_line(flags.multi_line)
            .dot_matches_new_line(flags.dot_all)
            .size_limit(bytes)
            .dfa_size_limit(REGEX_CACHE_BYTES)
            .nest_limit(MAX_REGEX_NESTING)
            .build()
            .map(|regex| Compiled { regex, bytes })
    };
    let mut made = build(REGEX_BYTES[0]);
    for bytes in &REGEX_BYTES[1..] {
        if let Err(regex::Error::CompiledTooBig(_)) = made {
            made = build(*bytes);
        }
    }
    made
}

/// The expression with needless backslashes gone and lone braces escaped, as PCRE reads them.
fn lenient(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 8);
    let mut chars = source.char_indices().peekable();
    let mut in_class = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                // What the engine does not know after a backslash stands for itself in PCRE.
                Some((_, next)) if !next.is_ascii_alphanumeric() && !next.is_ascii() => out.push(next),
                Some((
                    _,
                    next @ ('_' | '"' | '\'' | '`' | '!' | '%' | ',' | ';' | ':' | '=' | '@' | '/' | '<'
                    | '>' | ' '),
                )) => {
                    out.push(next);
                }
                // A character by its octal code, and the escapes that stand for themselves.
                Some((_, 'Z')) => out.push_str("\\z"),
                Some((_, 'h')) => out.push_str(if in_class { " \\t" } else { "[ \\t]" }),
                Some((_, 'e')) => out.push_str("\\x1B"),
                Some((_, next)) => out.extend(['\\', next]),
                None => out.push_str("\\\\"),
            },
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if chars.peek().is_some_and(|(_, c)| *c == '^') {
                    chars.next();
                    out.push('^');
                }
                if chars.peek().is_some_and(|(_, c)| *c == ']') {
                    chars.next();
                    out.push_str("\\]");
                }
            }
            // Inside of a class a bracket, `&&` and the like are characters to PCRE, but operators here.
            '[' => out.push_str("\\["),
            '&' | '~' if in_class => out.extend(['\\', c]),
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '{' if !in_class
                && !is_count(&source[at..])
                && !source[..at].ends_with(['p', 'P', 'x', 'u', 'U']) =>
            {
                out.push_str("\\{");
            }
            c => out.push(c),
        }
    }
    out
}

/// Whether `{…}` says how often.
fn is_count(text: &str) -> bool {
    text.find('}').is_some_and(|end| {
        let inner = &text[1..end];
        inner.starts_with(|c: char| c.is_ascii_digit())
            && inner.bytes().all(|b| b.is_ascii_digit() || b == b',')
    })
}

fn explain(source: &str, error: &regex::Error) -> Wrong {
    let has = |texts: &[&str]| texts.iter().any(|t| source.contains(t));
    let help = if let regex::Error::CompiledTooBig(_) = error {
        format!("shorten it or count less often in `{{…}}`: compiled it may take {} bytes", REGEX_BYTES[2])
    } else if has(&["(?=", "(?!"]) {
        "this engine has no look-ahead: put what must also hold, or must not, into a line or search of its own (`and not …`)".to_owned()
    } else if has(&["(?<=", "(?<!"]) {
        "this engine has no look-behind: write what stands before into the expression, or exclude it by `and not …`".to_owned()
    } else if has(&["(?>", "*+", "++", "?+"]) {
        "this engine has no atomic groups and possessive counts, and needs none: it never tries twice; leave them out".to_owned()
    } else if source.as_bytes().windows(2).any(|w| w[0] == b'\\' && w[1].is_ascii_digit() && w[1] != b'0') {
        "this engine has no back references: list the texts that may repeat, or use |fieldref to compare fields".to_owned()
    } else {
        "a backslash, bracket or count may need another backslash before it to stand for itself".to_owned()
    };
    // The engine's message is several lines with a drawing; its last line says what is wrong.
    let text = error.to_string();
    let last = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("not understood");
    let short = last.trim().trim_start_matches("error: ").trim_end_matches('.').to_owned();
    Wrong { message: format!("the regular expression cannot be used: {short}"), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(source: &str) -> Wrong {
        compile(source, Flags::default()).unwrap_err()
    }

    #[test]
    fn what_is_left_out_names_the_remedy() {
        assert!(wrong("a(?!b)").help.contains("and not"));
        assert!(wrong("(?<=a)b").help.contains("look-behind"));
        assert!(wrong(r"(a)\1").help.contains("back references"));
        assert!(wrong("(((a{1000}){1000}){1000})").help.contains("compiled"));
        assert!(wrong("(a").message.contains("unclosed group"), "{}", wrong("(a").message);
    }

    #[test]
    fn what_pcre_takes_as_it_is_is_taken() {
        let matches =
            |source: &str, text: &str| compile(source, Flags::default()).unwrap().regex.is_match(text);
        assert!(matches(r"\/a\_b\:", "/a_b:"));
        assert!(matches(r"\$\{x", "${x"));
        assert!(matches("a{b", "a{b"));
        assert!(matches("^a{2}$", "aa") && !matches("^a{2}$", "a{2}"));
        assert!(matches(r"[[\]]", "["));
    }

    #[test]
    fn flags_do_what_they_say() {
        let with =
            |flags: Flags, source: &str, text: &str| compile(source, flags).unwrap().regex.is_match(text);
        assert!(with(Flags { insensitive: true, ..Flags::default() }, "abc", "xABCx"));
        assert!(!with(Flags::default(), "abc", "ABC"));
        assert!(with(Flags { multi_line: true, ..Flags::default() }, "^b$", "a\nb\nc"));
        assert!(with(Flags { dot_all: true, ..Flags::default() }, "a.c", "a\nc"));
    }
}
