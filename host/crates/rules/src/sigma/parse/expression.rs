//! The condition language.
//!
//! ```text
//! or     = and { "or" and }
//! and    = not { "and" not }
//! not    = "not" not | primary
//! primary = "(" or ")" | ("1" | number | "any" | "all") "of" ("them" | pattern) | name
//! ```
//!
//! Words of the language in any capitals; several conditions in a list are joined by `or`. `any of` and numbers beyond 1 are
//! not in the specification but in pySigma. `them`, and patterns that do not begin with an underscore themselves, leave out
//! names that begin with one.

use super::reader::{Reader, short, suggestion};
use crate::Span;
use crate::sigma::{Condition, Quantifier};
use crate::yaml::{Node, Style, Value};

/// Bytes of one condition; the longest public one has under 500.
pub const MAX_CONDITION_BYTES: usize = 8 * 1024;
/// Parentheses and negations inside each other.
pub const MAX_CONDITION_DEPTH: usize = 64;
/// Names that a condition's patterns may stand for together.
const MAX_SELECTED: usize = 10_000;
/// Conditions in a list.
const MAX_CONDITIONS: usize = 256;

const CORRELATE: &str = "write a correlation rule: type event_count, value_count, value_sum or temporal (Sigma \
                         specification, correlation rules)";
/// Words of the aggregations of the first Sigma.
const AGGREGATIONS: [&str; 6] = ["count", "sum", "avg", "min", "max", "near"];

/// The place of characters within a scalar, as far as it is written on one line.
pub(super) fn within(node: &Node, offset: usize, len: usize) -> Span {
    let len_of_text = node.text.trim_end_matches('\n').chars().count();
    let one_line =
        !node.text.trim_end_matches('\n').contains('\n') && node.content.len as usize >= len_of_text;
    let (lines, column) = match node.style {
        Style::Literal => {
            // Lines of the text are lines of the file.
            let before: String = node.text.chars().take(offset).collect();
            let lines = before.matches('\n').count();
            (lines, before.chars().rev().take_while(|c| *c != '\n').count())
        }
        _ if one_line => (0, offset),
        _ => return node.span,
    };
    Span {
        line: node.content.line.saturating_add(lines as u32),
        column: node.content.column.saturating_add(column as u32),
        len: len.max(1) as u32,
    }
}

/// A condition or a list of them. `used` is set for the names that are used.
pub(super) fn conditions(
    reader: &mut Reader<'_>,
    node: &Node,
    names: &[&str],
    what: &str,
    used: &mut [bool],
) -> Option<Condition> {
    let Value::List(items) = &node.value else {
        return condition(reader, node, names, what, used);
    };
    if items.is_empty() || items.len() > MAX_CONDITIONS {
        reader.error(
            node.span,
            format!("a list of {} conditions", items.len()),
            "write one, or join them with 'or'",
        );
        return None;
    }
    let read: Vec<Option<Condition>> =
        items.iter().map(|item| condition(reader, item, names, what, used)).collect();
    let mut all: Vec<Condition> = read.into_iter().collect::<Option<_>>()?;
    if all.len() == 1 { all.pop() } else { Some(Condition::Or(all)) }
}

fn condition(
    reader: &mut Reader<'_>,
    node: &Node,
    names: &[&str],
    what: &str,
    used: &mut [bool],
) -> Option<Condition> {
    let Some(text) = node.as_scalar() else {
        reader.error(
            node.span,
            format!("a condition must be text, not {}", node.kind()),
            "write 'condition: selection'",
        );
        return None;
    };
    if text.len() > MAX_CONDITION_BYTES {
        reader.error(
            node.span,
            format!("a condition of more than {MAX_CONDITION_BYTES} bytes"),
            "use patterns such as '1 of selection_*'",
        );
        return None;
    }
    if let Some(at) = text.find('|') {
        reader.error(
            within(node, text[..at].chars().count(), 1),
            "aggregations behind '|' (count, sum, near …) are of the first Sigma and not in the specification any more",
            CORRELATE,
        );
        return None;
    }
    let tokens = tokens(text);
    let mut parser = Parser { reader, node, names, what, used, tokens, at: 0, depth: 0, selected: 0 };
    let condition = parser.or()?;
    if let Some(token) = parser.tokens.get(parser.at).copied() {
        let help = match token.text {
            ")" => "take the parenthesis away, or open one before",
            word if AGGREGATIONS.contains(&word) => CORRELATE,
            _ => "join it with 'and' or 'or'",
        };
        parser.fail(token, format!("'{}' is not expected here", short(token.text)), help);
        return None;
    }
    Some(condition)
}

#[derive(Clone, Copy)]
struct Token<'t> {
    text: &'t str,
    /// Characters before it.
    offset: usize,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut word: Option<(usize, usize)> = None;
    for (offset, (at, c)) in text.char_indices().enumerate() {
        if c.is_whitespace() || c == '(' || c == ')' {
            if let Some((start, offset)) = word.take() {
                tokens.push(Token { text: &text[start..at], offset });
            }
            if !c.is_whitespace() {
                tokens.push(Token { text: &text[at..at + 1], offset });
            }
        } else if word.is_none() {
            word = Some((at, offset));
        }
    }
    if let Some((start, offset)) = word {
        tokens.push(Token { text: &text[start..], offset });
    }
    tokens
}

struct Parser<'p, 'r, 't> {
    reader: &'p mut Reader<'r>,
    node: &'p Node,
    names: &'p [&'p str],
    what: &'p str,
    used: &'p mut [bool],
    tokens: Vec<Token<'t>>,
    at: usize,
    depth: usize,
    selected: usize,
}

impl<'t> Parser<'_, '_, 't> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(found);
        found
    }

    fn fail(&mut self, token: Token<'_>, message: impl Into<String>, help: impl Into<String>) {
        let span = within(self.node, token.offset, token.text.chars().count());
        self.reader.error(span, message, help);
    }

    fn or(&mut self) -> Option<Condition> {
        let mut all = vec![self.and()?];
        while self.take("or") {
            all.push(self.and()?);
        }
        if all.len() == 1 { all.pop() } else { Some(Condition::Or(all)) }
    }

    fn and(&mut self) -> Option<Condition> {
        let mut all = vec![self.not()?];
        while self.take("and") {
            all.push(self.not()?);
        }
        if all.len() == 1 { all.pop() } else { Some(Condition::And(all)) }
    }

    fn not(&mut self) -> Option<Condition> {
        let Some(token) = self.peek() else { return self.primary() };
        self.depth += 1;
        if self.depth > MAX_CONDITION_DEPTH {
            self.fail(
                token,
                format!("a condition nested more than {MAX_CONDITION_DEPTH} deep"),
                "use fewer parentheses and negations",
            );
            return None;
        }
        let found = if token.is("not") {
            self.at += 1;
            self.not().map(|inner| Condition::Not(Box::new(inner)))
        } else {
            self.primary()
        };
        self.depth -= 1;
        found
    }

    fn primary(&mut self) -> Option<Condition> {
        let Some(token) = self.peek() else {
            let end = self.node.text.trim_end().chars().count();
            let last = self.tokens.last().map_or(String::new(), |t| format!(" after '{}'", short(t.text)));
            let span = within(self.node, end.saturating_sub(1), 1);
            self.reader.error(span, format!("a {} is missing{last}", self.what), "name one");
            return None;
        };
        self.at += 1;
        if token.text == "(" {
            let inner = self.or()?;
            if !self.take(")") {
                self.fail(token, "a parenthesis that is not closed", "add ')'");
                return None;
            }
            return Some(inner);
        }
        if self.peek().is_some_and(|next| next.is("of")) {
            self.at += 1;
            return self.of(token);
        }
        if let Some(at) = self.names.iter().position(|name| *name == token.text) {
            self.used[at] = true;
            return Some(Condition::Search(token.text.to_owned()));
        }
        if [")", "and", "or", "not", "of", "them"].iter().any(|word| token.is(word)) {
            self.fail(token, format!("a {} is missing before '{}'", self.what, token.text), "name one");
        } else if token.text.contains('*') {
            let help = format!("write '1 of {}' or 'all of {}'", short(token.text), short(token.text));
            self.fail(token, "a pattern without '1 of' or 'all of' before it", help);
        } else {
            let aggregation = AGGREGATIONS.contains(&token.text);
            let help = if aggregation { CORRELATE.to_owned() } else { suggestion(token.text, self.names) };
            self.fail(token, format!("there is no {} '{}'", self.what, short(token.text)), help);
        }
        None
    }

    /// Behind `… of`.
    fn of(&mut self, quantity: Token<'t>) -> Option<Condition> {
        let quantifier = if quantity.is("all") {
            Quantifier::All
        } else if quantity.is("any") {
            Quantifier::AtLeast(1)
        } else if let Some(number) = quantity.text.parse::<u32>().ok().filter(|n| *n > 0) {
            Quantifier::AtLeast(number)
        } else {
            self.fail(
                quantity,
                format!("'{} of' is no quantity", short(quantity.text)),
                "write '1 of' or 'all of'",
            );
            return None;
        };
        let Some(target) = self.peek() else {
            self.fail(quantity, "nothing after 'of'", "write 'them' or a pattern such as 'selection_*'");
            return None;
        };
        self.at += 1;
        let them = target.is("them");
        let hidden = !them && target.text.starts_with('_');
        let mut chosen = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            let fits = if them { true } else { like(target.text, name) };
            if fits && (hidden || !name.starts_with('_')) {
                self.used[at] = true;
                chosen.push((*name).to_owned());
            }
        }
        if chosen.is_empty() {
            let help = if them || target.text == ")" {
                "write 'them' or a pattern such as 'selection_*'; names that begin with '_' are left out"
                    .to_owned()
            } else {
                suggestion(target.text.trim_matches('*'), self.names)
            };
            self.fail(target, format!("'{}' fits no {}", short(target.text), self.what), help);
            return None;
        }
        self.selected += chosen.len();
        if self.selected > MAX_SELECTED {
            self.fail(
                target,
                format!("patterns stand for more than {MAX_SELECTED} names"),
                "write a shorter condition",
            );
            return None;
        }
        if let Quantifier::AtLeast(number) = quantifier
            && number as usize > chosen.len()
        {
            let message = format!("{number} of {} can never hold", chosen.len());
            let span = within(self.node, quantity.offset, quantity.text.chars().count());
            self.reader.strict(span, message, "write a smaller number");
        }
        Some(Condition::Of(quantifier, chosen))
    }
}

/// Whether a name is like a pattern with `*` at any places.
fn like(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
