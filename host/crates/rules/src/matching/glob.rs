//! Patterns with `*` and `?` against texts.
//!
//! Owns their compiled form. Case is the caller's: a pattern that ignores capitals is made from lower case and given lower case.
//! Time is linear in the text for patterns without `?`; a piece with `?` is tried at every place (its length is bounded).

use super::bounds::{MAX_ONE_PIECE, MAX_PATTERN_BYTES};
use super::fold;
use crate::sigma::{Part, Pattern};

/// A compiled pattern. The commonest shapes are told apart: they are one comparison or one search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Glob {
    /// `*`.
    Any,
    /// Without wildcards.
    Exact(Box<str>),
    /// `text*`.
    Prefix(Box<str>),
    /// `*text`.
    Suffix(Box<str>),
    /// `*text*`.
    Contains(Box<str>),
    /// Anything else.
    Pieces(Box<Pieces>),
}

/// Pieces with `*` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces {
    /// Must stand at the beginning; empty if the pattern begins with `*`.
    first: Piece,
    /// Must come in this order.
    middle: Vec<Piece>,
    /// Must stand at the end; none if the pattern has no `*`.
    last: Option<Piece>,
}

/// Text in which some characters are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Piece {
    /// None is any one character.
    chars: Vec<Option<char>>,
    /// The text, if no character is open.
    literal: Option<Box<str>>,
}

impl Glob {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is too large, for people.
    pub(crate) fn new(pattern: &Pattern, cased: bool) -> Result<Glob, String> {
        let fold = |text: &str| if cased { text.to_owned() } else { fold::lowered(text) };
        let bytes: usize = pattern.0.iter().map(part_bytes).sum();
        if bytes > MAX_PATTERN_BYTES {
            return Err(format!("a pattern of {bytes} bytes is longer than {MAX_PATTERN_BYTES}"));
        }
        Ok(match pattern.0.as_slice() {
            [] => Glob::Exact("".into()),
            [Part::Any] => Glob::Any,
            [Part::Literal(text)] => Glob::Exact(fold(text).into()),
            [Part::Literal(text), Part::Any] => Glob::Prefix(fold(text).into()),
            [Part::Any, Part::Literal(text)] => Glob::Suffix(fold(text).into()),
            [Part::Any, Part::Literal(text), Part::Any] => Glob::Contains(fold(text).into()),
            parts if parts.iter().all(|p| *p == Part::Any) => Glob::Any,
            parts => Glob::Pieces(Box::new(Pieces::new(parts, &fold)?)),
        })
    }

    /// Whether the text is like this.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Glob::Any => true,
            Glob::Exact(wanted) => **wanted == *text,
            Glob::Prefix(wanted) => text.starts_with(&**wanted),
            Glob::Suffix(wanted) => text.ends_with(&**wanted),
            Glob::Contains(wanted) => text.contains(&**wanted),
            Glob::Pieces(pieces) => pieces.matches(text),
        }
    }

    /// The same pattern with `*` at both ends: for keywords, which are looked for inside of values.
    pub(crate) fn anywhere(pattern: &Pattern) -> Pattern {
        let mut parts = vec![Part::Any];
        parts.extend(pattern.0.iter().cloned());
        parts.push(Part::Any);
        Pattern(parts)
    }
}

fn part_bytes(part: &Part) -> usize {
    match part {
        Part::Literal(text) => text.len(),
        Part::Any | Part::One => 1,
    }
}

impl Pieces {
    fn new(parts: &[Part], fold: &dyn Fn(&str) -> String) -> Result<Pieces, String> {
        let mut pieces = vec![Vec::new()];
        for part in parts {
            match part {
                Part::Any => pieces.push(Vec::new()),
                Part::One => push(&mut pieces, [None]),
                Part::Literal(text) => push(&mut pieces, fold(text).chars().map(Some)),
            }
        }
        let count = pieces.len();
        let mut made = Vec::with_capacity(count);
        for (at, chars) in pieces.into_iter().enumerate() {
            let inner = at > 0 && at + 1 < count;
            if inner && chars.is_empty() {
                continue;
            }
            made.push(Piece::new(chars)?);
        }
        let last = if count > 1 { made.pop() } else { None };
        let first = made.remove(0);
        Ok(Pieces { first, middle: made, last })
    }

    fn matches(&self, text: &str) -> bool {
        let Some(mut rest) = self.first.at_start(text) else { return false };
        let Some(last) = &self.last else { return rest.is_empty() };
        let Some(end) = last.at_end(rest) else { return false };
        rest = end;
        self.middle.iter().all(|piece| match piece.find(rest) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        })
    }
}

fn push(pieces: &mut [Vec<Option<char>>], chars: impl IntoIterator<Item = Option<char>>) {
    if let Some(last) = pieces.last_mut() {
        last.extend(chars);
    }
}

impl Piece {
    fn new(chars: Vec<Option<char>>) -> Result<Piece, String> {
        let literal: Option<String> = chars.iter().copied().collect();
        if literal.is_none() && chars.len() > MAX_ONE_PIECE {
            return Err(format!("more than {MAX_ONE_PIECE} characters between two `*`, with `?` among them"));
        }
        Ok(match literal {
            Some(literal) => Piece { chars: Vec::new(), literal: Some(literal.into()) },
            None => Piece { chars, literal: None },
        })
    }

    /// What follows, if the text begins with this piece.
    fn at_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        if let Some(literal) = &self.literal {
            return text.strip_prefix(&**literal);
        }
        let mut rest = text.chars();
        for wanted in &self.chars {
            let c = rest.next()?;
            if wanted.is_some_and(|w| w != c) {
                return None;
            }
        }
        Some(rest.as_str())
    }

    /// What stands before, if the text ends with this piece.
    fn at_end<'t>(&self, text: &'t str) -> Option<&'t str> {
        if let Some(literal) = &self.literal {
            return text.strip_suffix(&**literal);
        }
        let mut rest = text.chars();
        for wanted in self.chars.iter().rev() {
            let c = rest.next_back()?;
            if wanted.is_some_and(|w| w != c) {
                return None;
            }
        }
        Some(rest.as_str())
    }

    /// What follows the first place where the text has this piece.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        if let Some(literal) = &self.literal {
            return text.find(&**literal).map(|at| &text[at + literal.len()..]);
        }
        let mut rest = text;
        loop {
            if let Some(after) = self.at_start(rest) {
                return Some(after);
            }
            let mut chars = rest.chars();
            chars.next()?;
            rest = chars.as_str();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The textbook definition, exponential but plainly right.
    fn plain(parts: &[Part], text: &[char]) -> bool {
        match parts.split_first() {
            None => text.is_empty(),
            Some((Part::Any, rest)) => (0..=text.len()).any(|at| plain(rest, &text[at..])),
            Some((Part::One, rest)) => !text.is_empty() && plain(rest, &text[1..]),
            Some((Part::Literal(literal), rest)) => {
                let literal: Vec<char> = literal.chars().collect();
                text.starts_with(&literal) && plain(rest, &text[literal.len()..])
            }
        }
    }

    fn part() -> impl Strategy<Value = Part> {
        prop_oneof![Just(Part::Any), Just(Part::One), "[abñ]{1,2}".prop_map(Part::Literal)]
    }

    proptest! {
        #[test]
        fn patterns_mean_what_the_definition_says(
            parts in proptest::collection::vec(part(), 0..7),
            text in "[abñ]{0,9}",
        ) {
            let chars: Vec<char> = text.chars().collect();
            let glob = Glob::new(&Pattern(parts.clone()), true).unwrap();
            prop_assert_eq!(glob.matches(&text), plain(&parts, &chars), "{:?} {:?}", parts, text);
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let long = Pattern(vec![Part::Literal("x".repeat(MAX_PATTERN_BYTES + 1))]);
        assert!(Glob::new(&long, true).is_err());
        let mut open = vec![Part::Any];
        open.extend(std::iter::repeat_n(Part::One, MAX_ONE_PIECE + 1));
        open.push(Part::Any);
        assert!(Glob::new(&Pattern(open), true).is_err());
    }
}
