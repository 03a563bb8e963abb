//! Text with wildcards: reading by the specification's section "Escape Character", and writing it back.

use std::fmt;

use crate::sigma::detection::Piece;
use crate::sigma::{Part, Pattern};

impl Pattern {
    /// Reads `*`, `?` and backslashes. A backslash makes a wildcard or another backslash plain; before anything else, and at
    /// the end, it is plain itself. So `\\*` is a backslash and a wildcard, `\\\*` a backslash and an asterisk, and three or four
    /// backslashes are two.
    pub fn parse(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\\' => {
                    let escaped = chars.next_if(|next| matches!(next, '*' | '?' | '\\'));
                    literal.push(escaped.unwrap_or('\\'));
                }
                '*' | '?' => {
                    pattern.push_literal(&std::mem::take(&mut literal));
                    pattern.push(if c == '*' { Part::Any } else { Part::One });
                }
                c => literal.push(c),
            }
        }
        pattern.push_literal(&literal);
        pattern
    }

    /// Text without wildcards.
    pub fn literal(text: impl Into<String>) -> Pattern {
        let mut pattern = Pattern::default();
        pattern.push_literal(&text.into());
        pattern
    }

    /// The text, if it has no wildcards.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// With wildcards around it: (before, after).
    pub fn opened(self, open: (bool, bool)) -> Pattern {
        let mut pattern = Pattern::default();
        if open.0 {
            pattern.push(Part::Any);
        }
        for part in self.0 {
            pattern.push(part);
        }
        if open.1 {
            pattern.push(Part::Any);
        }
        pattern
    }

    /// Adds a part at the end; literals are joined, and two `*` are one.
    pub fn push(&mut self, part: Part) {
        match part {
            Part::Literal(text) => self.push_literal(&text),
            Part::Any if self.0.last() == Some(&Part::Any) => {}
            part => self.0.push(part),
        }
    }

    fn push_literal(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.0.push(Part::Literal(text.to_owned())),
        }
    }
}

/// As a rule would say it; reading it gives the same pattern.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Any => f.write_str("*")?,
                Part::One => f.write_str("?")?,
                Part::Literal(text) => {
                    for c in text.chars() {
                        if matches!(c, '*' | '?' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Pieces of a value under `|expand`: `%name%` is a placeholder, `\%` a percent sign, and so is one that begins no name.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut raw = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => match rest.chars().next() {
                Some('%') => {
                    raw.push('%');
                    rest = &rest[1..];
                }
                Some(next) => {
                    raw.push(c);
                    raw.push(next);
                    rest = &rest[next.len_utf8()..];
                }
                None => raw.push(c),
            },
            '%' => match rest.split_once('%') {
                Some((name, after)) if is_name(name) => {
                    if !raw.is_empty() {
                        pieces.push(Piece::Pattern(Pattern::parse(&std::mem::take(&mut raw))));
                    }
                    pieces.push(Piece::Name(name.to_owned()));
                    rest = after;
                }
                _ => raw.push(c),
            },
            c => raw.push(c),
        }
    }
    if !raw.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Pattern(Pattern::parse(&raw)));
    }
    pieces
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
