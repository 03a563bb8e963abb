//! Placeholders: what an operator fills in (`|expand`).
//!
//! Owns putting values into patterns. A rule whose placeholder has no value is never matched silently: it is inactive and says so.

use std::collections::BTreeMap;

use super::bounds::MAX_MATCHERS;
use crate::sigma::detection::Piece;
use crate::sigma::{Part, Pattern};

/// Values by name. In a value `*` and `?` are wildcards as in a rule, and a backslash before them makes them plain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placeholders(BTreeMap<String, Vec<String>>);

impl Placeholders {
    /// The values of a name; empty if nobody set it.
    pub fn values(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Names that have at least one value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, values)| !values.is_empty()).map(|(name, _)| name.as_str())
    }
}

impl<N: Into<String>> FromIterator<(N, Vec<String>)> for Placeholders {
    fn from_iter<I: IntoIterator<Item = (N, Vec<String>)>>(values: I) -> Self {
        Placeholders(values.into_iter().map(|(name, values)| (name.into(), values)).collect())
    }
}

/// Why a value with placeholders is no list of patterns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotExpanded {
    /// Nobody set it.
    Missing(String),
    /// Every combination of values would be more than a line may have.
    TooMany,
}

/// The patterns that a value with placeholders stands for: every combination of the placeholders' values.
///
/// # Errors
/// See [`NotExpanded`].
pub(crate) fn expand(
    pieces: &[Piece],
    open: (bool, bool),
    values: &Placeholders,
) -> Result<Vec<Pattern>, NotExpanded> {
    let mut made = vec![Pattern(if open.0 { vec![Part::Any] } else { Vec::new() })];
    for piece in pieces {
        match piece {
            Piece::Pattern(pattern) => made.iter_mut().for_each(|p| append(p, pattern)),
            Piece::Name(name) => {
                let values = values.values(name);
                if values.is_empty() {
                    return Err(NotExpanded::Missing(name.clone()));
                }
                if made.len().saturating_mul(values.len()) > MAX_MATCHERS {
                    return Err(NotExpanded::TooMany);
                }
                let values: Vec<Pattern> = values.iter().map(|v| pattern(v)).collect();
                made = made
                    .iter()
                    .flat_map(|start| {
                        values.iter().map(|value| {
                            let mut joined = start.clone();
                            append(&mut joined, value);
                            joined
                        })
                    })
                    .collect();
            }
        }
    }
    if open.1 {
        made.iter_mut().for_each(|p| append(p, &Pattern(vec![Part::Any])));
    }
    Ok(made)
}

/// Joins patterns; literals that meet become one, `*` that meet too.
fn append(pattern: &mut Pattern, more: &Pattern) {
    for part in &more.0 {
        match (pattern.0.last_mut(), part) {
            (Some(Part::Literal(text)), Part::Literal(next)) => text.push_str(next),
            (Some(Part::Any), Part::Any) => {}
            (_, part) => pattern.0.push(part.clone()),
        }
    }
}

/// A value with wildcards as rules write them.
pub(crate) fn pattern(text: &str) -> Pattern {
    let mut made = Pattern::default();
    let literal = |made: &mut Pattern, c: char| append(made, &Pattern(vec![Part::Literal(c.to_string())]));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|c| matches!(c, '*' | '?' | '\\')) => {
                if let Some(next) = chars.next() {
                    literal(&mut made, next);
                }
            }
            '*' => append(&mut made, &Pattern(vec![Part::Any])),
            '?' => made.0.push(Part::One),
            c => literal(&mut made, c),
        }
    }
    made
}

/// A text such that [`pattern`] reads it as itself.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let wild = |c: Option<&char>| matches!(c, Some('*' | '?' | '\\'));
        if matches!(c, '*' | '?') || c == '\\' && (wild(chars.peek()) || chars.peek().is_none()) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    #[test]
    fn every_combination_becomes_a_pattern() {
        let values: Placeholders =
            [("a", vec!["1".to_owned(), "2*".to_owned()]), ("b", vec!["x".to_owned()])].into_iter().collect();
        let pieces = [
            Piece::Pattern(Pattern(vec![literal("+")])),
            Piece::Name("a".to_owned()),
            Piece::Name("b".to_owned()),
        ];
        let made = expand(&pieces, (false, true), &values).unwrap();
        assert_eq!(
            made,
            [
                Pattern(vec![literal("+1x"), Part::Any]),
                Pattern(vec![literal("+2"), Part::Any, literal("x"), Part::Any])
            ]
        );
    }

    #[test]
    fn what_nobody_set_is_missing_and_what_explodes_is_refused() {
        let name = || Piece::Name("a".to_owned());
        assert_eq!(
            expand(&[name()], (false, false), &Placeholders::default()),
            Err(NotExpanded::Missing("a".to_owned()))
        );
        let many: Placeholders =
            [("a", (0..100).map(|n| n.to_string()).collect::<Vec<_>>())].into_iter().collect();
        assert_eq!(expand(&[name(), name(), name()], (false, false), &many), Err(NotExpanded::TooMany));
    }

    #[test]
    fn escaping_keeps_a_text() {
        for text in [r"a*b", r"\\", r"\*\?", r"c:\dir\", r"\\\*"] {
            assert_eq!(pattern(&escaped(text)), Pattern(vec![literal(text)]), "{text}");
        }
    }

    #[test]
    fn values_may_have_wildcards_and_escapes() {
        assert_eq!(
            pattern(r"a*\*b?\c"),
            Pattern(vec![literal("a"), Part::Any, literal("*b"), Part::One, literal(r"\c")])
        );
    }
}
