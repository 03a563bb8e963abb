//! Whether a line asks of a field what its type can answer.
//!
//! Owns the errors and warnings about types and values, and the rewriting of values that mean the same in the field's type.

use std::fmt::Write as _;

use super::super::glob::Glob;
use super::super::lines::Lines;
use super::super::logic::Placed;
use super::super::scalar::{self, Num};
use super::super::{fold, times};
use super::suggest::{self, Values};
use super::value::{Shape, shape};
use crate::sigma::{Matcher, Part, Pattern, TimePart};
use crate::{Field, Virtual};

/// Times from here on are milliseconds; what is smaller was meant as seconds.
const MILLIS_FROM: f64 = 1e11;

/// The line's matchers as the field's type takes them; errors and warnings are noted.
pub(super) fn check(lines: &mut Lines<'_>, placed: Placed<'_>, field: Field) -> Vec<Matcher> {
    let matchers = lines.expanded(placed.item);
    let shape = shape(field);
    if let Some(part) = placed.item.part
        && shape != Shape::Time
    {
        lines.error(
            placed,
            format!("|{} takes a part of a time, but {} is {}", times::part_name(part), field.name(), article(shape)),
            "times are start_time, answer_time, release_time, report_time and call_transfer_time; local_hour is the hour at the caller's place",
        );
        return Vec::new();
    }
    let mut made = Vec::with_capacity(matchers.len());
    for matcher in matchers {
        let fits = match shape {
            Shape::Bool => boolean(field, &matcher),
            Shape::Number => number(field, None, &matcher),
            Shape::Time => match placed.item.part {
                Some(part) => number(field, Some(part), &matcher),
                None => time(field, &matcher),
            },
            Shape::Enum | Shape::Name | Shape::Phone | Shape::Text => text(field, shape, &matcher),
        };
        match fits {
            Fits::Yes => {}
            Fits::Doubtful(message, help) => lines.warn(placed, message, help),
            Fits::No(message, help) => {
                lines.error(placed, message, help);
                continue;
            }
        }
        rewrite(shape, placed, matcher, &mut made);
    }
    made
}

/// Whether one value fits.
enum Fits {
    Yes,
    Doubtful(String, String),
    No(String, String),
}

fn no(message: String, help: impl Into<String>) -> Fits {
    Fits::No(message, help.into())
}

fn article(shape: Shape) -> &'static str {
    match shape {
        Shape::Bool => "true or false",
        Shape::Number => "a number",
        Shape::Time => "a time",
        Shape::Enum => "an enumeration",
        Shape::Name => "a name",
        Shape::Phone => "a telephone number",
        Shape::Text => "a text",
    }
}

fn boolean(field: Field, matcher: &Matcher) -> Fits {
    match matcher {
        Matcher::Bool(_)
        | Matcher::Null
        | Matcher::Exists(_)
        | Matcher::FieldRef { open: (false, false), .. } => Fits::Yes,
        Matcher::Text { pattern, cased } if accepts(pattern, *cased, &["true", "false"]) => Fits::Yes,
        other => no(
            format!("{} is true or false, so {} never fits", field.name(), shown(other)),
            format!("write `{}: true` or `{}: false`", field.name(), field.name()),
        ),
    }
}

fn number(field: Field, part: Option<TimePart>, matcher: &Matcher) -> Fits {
    let what = match part {
        Some(part) => format!("the {} of {}", times::part_name(part), field.name()),
        None => field.name().to_owned(),
    };
    let value = match matcher {
        Matcher::Null | Matcher::Exists(_) => return Fits::Yes,
        Matcher::FieldRef { open: (false, false), .. } => return Fits::Yes,
        Matcher::Number(value) | Matcher::Compare { value, .. } => *value,
        Matcher::Text { pattern, .. } => match literal(pattern).and_then(scalar::number) {
            Some(value) => value,
            None if pattern.0 == [Part::Any] => return Fits::Yes,
            None => {
                return no(
                    format!("{what} is a number, so {} never fits", shown(matcher)),
                    "compare numbers by value, |gt, |gte, |lt or |lte",
                );
            }
        },
        other => {
            return no(
                format!("{what} is a number and cannot be compared with {}", shown(other)),
                "compare numbers by value, |gt, |gte, |lt or |lte",
            );
        }
    };
    let Some((least, most)) = range(field, part) else { return Fits::Yes };
    if (least..=most).contains(&value) || matches!(matcher, Matcher::Compare { .. }) && value == most + 1.0 {
        return Fits::Yes;
    }
    Fits::Doubtful(format!("{what} is never {value}"), format!("it is between {least} and {most}"))
}

/// What a number can be.
fn range(field: Field, part: Option<TimePart>) -> Option<(f64, f64)> {
    Some(match (field, part) {
        (_, Some(TimePart::Minute)) => (0.0, 59.0),
        (_, Some(TimePart::Hour)) | (Field::Virtual(Virtual::LocalHour), _) => (0.0, 23.0),
        (_, Some(TimePart::Day)) => (1.0, 31.0),
        (_, Some(TimePart::Week)) => (1.0, 53.0),
        (_, Some(TimePart::Month)) => (1.0, 12.0),
        (_, Some(TimePart::Year)) => (1970.0, 9999.0),
        (Field::Virtual(Virtual::LocalMinute), None) => (0.0, 1439.0),
        (Field::Table(id), None) if id.field().ty == model::FieldType::U32 => (0.0, f64::from(u32::MAX)),
        _ => return None,
    })
}

fn time(field: Field, matcher: &Matcher) -> Fits {
    let name = field.name();
    match matcher {
        Matcher::Null | Matcher::Exists(_) | Matcher::FieldRef { open: (false, false), .. } => Fits::Yes,
        Matcher::Number(value) | Matcher::Compare { value, .. } if value.abs() < MILLIS_FROM => {
            Fits::Doubtful(
                format!("{name} is in milliseconds since 1970, and {value} lies in its first years"),
                "write a time in milliseconds, or compare a part of it: |hour, |day, |month …".to_owned(),
            )
        }
        Matcher::Number(_) | Matcher::Compare { .. } => Fits::Yes,
        other => no(
            format!("{name} is a time and cannot be compared with {}", shown(other)),
            "compare a part of it (|hour, |day, |week, |month, |year), local_date or local_hour, or write milliseconds since 1970",
        ),
    }
}

fn text(field: Field, shape: Shape, matcher: &Matcher) -> Fits {
    let name = field.name();
    match matcher {
        Matcher::Null | Matcher::Exists(_) | Matcher::Regex { .. } | Matcher::FieldRef { .. } => Fits::Yes,
        Matcher::Placeholder { .. } => Fits::Yes,
        Matcher::Text { pattern, cased } => known_value(field, shape, pattern, *cased, matcher),
        Matcher::Number(_) | Matcher::Bool(_) if matches!(shape, Shape::Name | Shape::Text) => Fits::Yes,
        Matcher::Number(_) if shape == Shape::Phone => Fits::Yes,
        Matcher::Number(_) | Matcher::Bool(_) => Fits::Doubtful(
            format!("{name} is {}, and {} is hardly one of its values", article(shape), shown(matcher)),
            "put the value in quotes if it is a text".to_owned(),
        ),
        Matcher::Compare { .. }
            if matches!(field, Field::Table(_)) && matches!(shape, Shape::Name | Shape::Text) =>
        {
            Fits::Yes
        }
        Matcher::Compare { .. } => no(
            format!("{name} is {}: it has no order for |gt, |gte, |lt and |lte", article(shape)),
            if shape == Shape::Phone {
                "use |startswith with the international prefix, such as '+53'"
            } else {
                "list the values instead"
            },
        ),
        Matcher::Cidr(_) if shape == Shape::Text && matches!(field, Field::Table(_)) => Fits::Yes,
        Matcher::Cidr(_) => no(
            format!("{name} is {} and holds no addresses for |cidr", article(shape)),
            "addresses stand in actor_ip, public_calling_ip and public_called_ip",
        ),
    }
}

/// Whether the field ever has such a value, as far as its values are known.
fn known_value(field: Field, shape: Shape, pattern: &Pattern, cased: bool, matcher: &Matcher) -> Fits {
    let name = field.name();
    if shape == Shape::Phone {
        return phone(name, pattern);
    }
    match suggest::values(field) {
        Values::Closed(values) if !accepts(pattern, cased, &values) => Fits::Doubtful(
            format!("{name} is never {}", shown(matcher)),
            suggest::value(literal(pattern).unwrap_or_default(), &values),
        ),
        Values::Open(values) if !accepts(pattern, cased, values) => match literal(pattern) {
            Some(text) if typing_error(text, values) => {
                Fits::Doubtful(format!("'{text}' is no known value of {name}"), suggest::value(text, values))
            }
            _ => Fits::Yes,
        },
        _ => Fits::Yes,
    }
}

/// A value that differs from a known one by a letter or two was most likely meant to be that one.
fn typing_error(text: &str, values: &[&str]) -> bool {
    let text = text.to_lowercase();
    text.len() >= 4 && values.iter().any(|v| model::fields::edit_distance(&v.to_lowercase(), &text) <= 2)
}

/// Numbers stand without separators.
fn phone(name: &str, pattern: &Pattern) -> Fits {
    let separated = pattern.0.iter().find_map(|part| match part {
        Part::Literal(text) if text.contains([' ', '-', '(', ')', '.', '/']) => Some(text.clone()),
        _ => None,
    });
    match separated {
        None => Fits::Yes,
        Some(text) if !text.chars().any(|c| c.is_ascii_digit()) => Fits::Yes,
        Some(text) => {
            let bare: String =
                text.chars().filter(|c| c.is_ascii_digit() || matches!(c, '+' | '*' | '#')).collect();
            Fits::Doubtful(
                format!("{name} holds digits only, so '{text}' never fits"),
                format!("write '{bare}'"),
            )
        }
    }
}

/// Whether one of the values is like the pattern.
fn accepts(pattern: &Pattern, cased: bool, values: &[&str]) -> bool {
    Glob::new(pattern, cased).is_ok_and(|glob| {
        values
            .iter()
            .any(|value| if cased { glob.matches(value) } else { glob.matches(&fold::lowered(value)) })
    })
}

/// The text of a pattern without wildcards.
fn literal(pattern: &Pattern) -> Option<&str> {
    match pattern.0.as_slice() {
        [] => Some(""),
        [Part::Literal(text)] => Some(text),
        _ => None,
    }
}

/// A value for messages.
fn shown(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Text { pattern, .. } => {
            let mut text = String::from("'");
            for part in &pattern.0 {
                match part {
                    Part::Literal(literal) => text.push_str(literal),
                    Part::Any => text.push('*'),
                    Part::One => text.push('?'),
                }
            }
            text.push('\'');
            text
        }
        Matcher::Number(number) => number.to_string(),
        Matcher::Bool(value) => value.to_string(),
        Matcher::Null => "null".to_owned(),
        Matcher::Exists(_) => "|exists".to_owned(),
        Matcher::Regex { .. } => "a regular expression".to_owned(),
        Matcher::Cidr(network) => format!("the network {}/{}", network.address, network.prefix),
        Matcher::Compare { .. } => "|gt, |gte, |lt or |lte".to_owned(),
        Matcher::FieldRef { .. } => "a part of another field".to_owned(),
        Matcher::Placeholder { .. } => "a placeholder".to_owned(),
    }
}

/// The matcher in the field's type, where that means the same and is quicker.
fn rewrite(shape: Shape, placed: Placed<'_>, matcher: Matcher, made: &mut Vec<Matcher>) {
    match (shape, &matcher) {
        (Shape::Number | Shape::Time, Matcher::Text { pattern, .. }) => {
            let canonical = literal(pattern).and_then(|text| {
                let number = scalar::number(text)?;
                let mut again = String::new();
                Num::Float(number).write(&mut again);
                (again == text).then_some(number)
            });
            made.push(canonical.map_or(matcher, Matcher::Number));
        }
        // YAML reads `+34911234567` without quotes as a number: meant is the telephone number, or what was dialled.
        (Shape::Phone, Matcher::Number(number))
            if !placed.item.all && number.fract() == 0.0 && *number >= 0.0 =>
        {
            for sign in ["", "+"] {
                let mut text = String::from(sign);
                let _ = write!(text, "{number:.0}");
                made.push(Matcher::Text { pattern: Pattern(vec![Part::Literal(text)]), cased: false });
            }
        }
        _ => made.push(matcher),
    }
}
