//! What is wrong with a rule, said so that its author can mend it.
//!
//! Owns the form of errors and warnings and their excerpt for people. Does not own finding them.

use std::fmt::Write as _;

use serde::Serialize;

/// A place in a text: line and column count from 1, in characters; `len` is at least 1 and does not go past the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// Line, from 1; 0 if the place is not known.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Characters.
    pub len: u32,
}

/// Whether a file can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is refused.
    Error,
    /// The rule works, but most likely not as meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// Where in it.
    #[serde(flatten)]
    pub span: Span,
    /// Whether it refuses the rule.
    pub level: Level,
    /// What is wrong, lower case, without a full stop.
    pub message: String,
    /// What to do about it; may be empty.
    pub help: String,
}

impl Diagnostic {
    /// An error.
    pub fn error(file: &str, span: Span, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: file.to_owned(),
            span,
            level: Level::Error,
            message: harmless(message.into()),
            help: harmless(help.into()),
        }
    }

    /// A warning.
    pub fn warning(
        file: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { level: Level::Warning, ..Diagnostic::error(file, span, message, help) }
    }

    /// Whether it refuses the rule.
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }

    /// For people: message, place, the source line with the span marked, and the remedy. `source` is the file's text.
    pub fn excerpt(&self, source: &str) -> String {
        let word = if self.is_error() { "error" } else { "warning" };
        let mut out = format!("{word}: {}\n", self.message);
        let line = (self.span.line as usize).checked_sub(1).and_then(|at| lines(source).nth(at));
        let gutter = self.span.line.to_string().len();
        let _ = writeln!(out, "{:gutter$}--> {}:{}:{}", "", self.file, self.span.line, self.span.column);
        if let Some(line) = line {
            // Attacker or editor: what cannot be shown in a terminal is escaped, and very long lines are cut.
            let (shown, before) = show(line, self.span.column);
            let marks = "^".repeat((self.span.len.max(1) as usize).min(MAX_SHOWN));
            let _ = writeln!(
                out,
                "{:gutter$} |\n{} | {shown}\n{:gutter$} | {:before$}{marks}",
                "", self.span.line, "", ""
            );
        }
        if !self.help.is_empty() {
            let _ = writeln!(out, "{:gutter$} = help: {}", "", self.help);
        }
        out
    }
}

/// Lines as YAML counts them: a carriage return alone ends one too.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r']) else { return rest.take() };
        let next = if text[end..].starts_with("\r\n") { end + 2 } else { end + 1 };
        rest = Some(&text[next..]).filter(|text| !text.is_empty());
        Some(&text[..end])
    })
}

/// Messages quote the rule's text, and a terminal would obey what stands in it.
fn harmless(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Characters of a source line shown around a span.
const MAX_SHOWN: usize = 160;

/// The line made harmless, and how many characters stand before the span.
fn show(line: &str, column: u32) -> (String, usize) {
    let column = (column.max(1) - 1) as usize;
    let start = column.saturating_sub(MAX_SHOWN / 2);
    let mut shown = String::new();
    let mut before = 0;
    for (at, c) in line.chars().enumerate().skip(start).take(MAX_SHOWN) {
        if at == column {
            before = shown.chars().count();
        }
        match c {
            '\t' => shown.push(' '),
            c if c.is_control() => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    (shown, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_yaml_has_it() {
        let all: Vec<&str> = lines("a\rb\r\nc\n\nd").collect();
        assert_eq!(all, ["a", "b", "c", "", "d"]);
        assert_eq!(lines("").count() + lines("a\n").count(), 1);
    }

    #[test]
    fn an_excerpt_marks_the_span_and_says_what_to_do() {
        let span = Span { line: 2, column: 5, len: 3 };
        let error = Diagnostic::error("a.yml", span, "unknown field 'foo'", "did you mean 'for'?");
        let text = error.excerpt("first\nthe foo\tx\u{1b}[0m\n");
        assert!(text.contains("2 | the foo x\\u{1b}[0m\n  |     ^^^\n"), "{text}");
        let quoting = Diagnostic::error("a.yml", span, "unknown field '\u{1b}[0m'", "");
        assert_eq!(quoting.message, "unknown field '\\u{1b}[0m'");
        assert!(text.contains("--> a.yml:2:5") && text.contains("= help: did you mean 'for'?"), "{text}");
    }
}
