//! A line of a rule in the words it was written with, as far as the syntax tree has kept them.
//!
//! Owns the text for explanations. Does not own excerpts of the file: spans lead there.

use std::fmt::Write as _;

use super::placeholders;
use super::scalar::Num;
use super::times;
use crate::sigma::detection::Piece;
use crate::sigma::{Flags, Item, Matcher, Part, Pattern, Relation};

/// Values of a line that are shown; the others are counted.
const MAX_VALUES: usize = 6;

/// Characters of one value that are shown.
const MAX_CHARS: usize = 80;

/// `called_number|startswith: ['+53', '+371']`.
pub(super) fn line(item: &Item) -> String {
    let mut out = item.field.clone().unwrap_or_else(|| "keywords".to_owned());
    if let Some(part) = item.part {
        let _ = write!(out, "|{}", times::part_name(part));
    }
    let modifier = item.matchers.first().map(modifiers).unwrap_or_default();
    // Values that ask in different ways are shown as patterns with wildcards.
    let same = item.matchers.iter().all(|m| modifiers(m) == modifier);
    if same {
        out.push_str(&modifier);
    }
    if item.all {
        out.push_str("|all");
    }
    if item.negate {
        out.push_str("|neq");
    }
    out.push_str(": ");
    let shown: Vec<String> = item.matchers.iter().take(MAX_VALUES).map(|m| value(m, same)).collect();
    let more = item.matchers.len().saturating_sub(shown.len());
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    match shown.as_slice() {
        [one] if more == 0 => out.push_str(one),
        many => {
            let _ = write!(out, "[{}]{rest}", many.join(", "));
        }
    }
    out
}

fn open_name(open: (bool, bool)) -> &'static str {
    match open {
        (false, false) => "",
        (false, true) => "|startswith",
        (true, false) => "|endswith",
        (true, true) => "|contains",
    }
}

fn open(pattern: &Pattern) -> (bool, bool) {
    match pattern.0.as_slice() {
        [Part::Literal(_), Part::Any] => (false, true),
        [Part::Any, Part::Literal(_)] => (true, false),
        [Part::Any, Part::Literal(_), Part::Any] => (true, true),
        _ => (false, false),
    }
}

fn modifiers(matcher: &Matcher) -> String {
    let cased = |cased: bool| if cased { "|cased" } else { "" };
    match matcher {
        Matcher::Text { pattern, cased: c } => format!("{}{}", open_name(open(pattern)), cased(*c)),
        Matcher::Regex { flags: Flags { insensitive, multi_line, dot_all }, .. } => {
            let flag = |set: bool, name: &'static str| if set { name } else { "" };
            format!("|re{}{}{}", flag(*insensitive, "|i"), flag(*multi_line, "|m"), flag(*dot_all, "|s"))
        }
        Matcher::Cidr(_) => "|cidr".to_owned(),
        Matcher::Exists(_) => "|exists".to_owned(),
        Matcher::Compare { relation, .. } => format!("|{}", relation_name(*relation)),
        Matcher::FieldRef { open, cased: c, .. } => format!("|fieldref{}{}", open_name(*open), cased(*c)),
        Matcher::Placeholder { open, cased: c, .. } => format!("|expand{}{}", open_name(*open), cased(*c)),
        Matcher::Number(_) | Matcher::Bool(_) | Matcher::Null => String::new(),
    }
}

fn relation_name(relation: Relation) -> &'static str {
    match relation {
        Relation::Lt => "lt",
        Relation::Lte => "lte",
        Relation::Gt => "gt",
        Relation::Gte => "gte",
    }
}

/// One value; `bare` if wildcards at its ends are said by a modifier already.
fn value(matcher: &Matcher, bare: bool) -> String {
    match matcher {
        Matcher::Text { pattern, .. } => quoted(&text(pattern, bare && open(pattern) != (false, false))),
        Matcher::Number(number) | Matcher::Compare { value: number, .. } => plain(*number),
        Matcher::Bool(value) | Matcher::Exists(value) => value.to_string(),
        Matcher::Null => "null".to_owned(),
        Matcher::Regex { source, .. } => quoted(source),
        Matcher::Cidr(network) => format!("{}/{}", network.address, network.prefix),
        Matcher::FieldRef { field, .. } => field.clone(),
        Matcher::Placeholder { pieces, .. } => {
            let pieces: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Pattern(pattern) => text(pattern, false),
                    Piece::Name(name) => format!("%{name}%"),
                })
                .collect();
            quoted(&pieces)
        }
    }
}

/// A pattern as a rule writes it, without wildcards if `literal`.
fn text(pattern: &Pattern, literal: bool) -> String {
    let mut out = String::new();
    for part in &pattern.0 {
        match part {
            Part::Literal(text) if literal => out.push_str(text),
            Part::Literal(text) => out.push_str(&placeholders::escaped(text)),
            Part::Any if literal => {}
            Part::Any => out.push('*'),
            Part::One => out.push('?'),
        }
    }
    out
}

/// A value in quotes, cut if it is long, with what a terminal cannot show escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for (at, c) in text.chars().enumerate() {
        if at == MAX_CHARS {
            out.push('…');
            break;
        }
        match c {
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}

/// A number without needless digits.
pub(super) fn plain(number: f64) -> String {
    let mut out = String::new();
    Num::Float(number).write(&mut out);
    out
}

/// A number with its thousands apart: `3,540`.
pub(super) fn thousands(number: f64) -> String {
    let text = plain(number);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.find(['.', 'e']).map_or((digits, ""), |at| digits.split_at(at));
    let mut out = String::from(sign);
    for (at, c) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out.push_str(fraction);
    out
}
