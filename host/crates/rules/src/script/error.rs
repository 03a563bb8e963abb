//! A script that failed while running, said without a word of the record.
//!
//! Rhai's messages quote values, and a record's values are an attacker's text; so messages are made anew from what the
//! script's author wrote: kinds, types, names of functions. Owns that and the place in the rule's file.

use std::fmt;

use rhai::{EvalAltResult, Position};

use super::place::Place;
use super::value::Fault;
use crate::Span;

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// It went over a limit: operations, depth, sizes, wall time.
    Limit,
    /// Values of the wrong type met.
    Type,
    /// There is no such function for these types, variable, property or element.
    Missing,
    /// The script threw an error itself.
    Thrown,
    /// Anything else: overflow, division by zero.
    Other,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// What kind of failure it was.
    pub kind: ErrorKind,
    /// What happened; nothing of the record is in it.
    pub message: String,
    /// The file: the rule's, or one of `rules/lib`.
    pub file: String,
    /// Where in that file.
    pub span: Span,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.message, self.file)?;
        if self.span.line > 0 {
            write!(f, ":{}:{}", self.span.line, self.span.column)?;
        }
        f.write_str(")")
    }
}

impl std::error::Error for ScriptError {}

impl ScriptError {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>, place: &Place) -> ScriptError {
        let span = place.span(Position::NONE);
        ScriptError { kind, message: message.into(), file: place.file.clone(), span }
    }

    /// From Rhai's. `said` tells whether a thrown text stands in a script.
    pub(super) fn from_rhai(
        error: &EvalAltResult,
        place: &Place,
        said: &dyn Fn(&str) -> bool,
    ) -> ScriptError {
        let (mut error, mut file, mut function) = (error, None::<&str>, None);
        while let EvalAltResult::ErrorInFunctionCall(name, source, inner, _) = error {
            error = inner;
            if !name.contains('$') {
                function = Some(name.as_str());
            }
            if !source.is_empty() {
                file = Some(source);
            }
        }
        let (kind, mut message) = describe(error, said);
        if let Some(name) = function {
            message = format!("in {name}: {message}");
        }
        match file.filter(|file| *file != place.file) {
            Some(module) => {
                let file = super::engine::file(module);
                let span = Place::whole(&file).span(error.position());
                ScriptError { kind, message, file, span }
            }
            None => {
                ScriptError { kind, message, file: place.file.clone(), span: place.span(error.position()) }
            }
        }
    }
}

fn describe(error: &EvalAltResult, said: &dyn Fn(&str) -> bool) -> (ErrorKind, String) {
    use EvalAltResult as E;
    let (kind, message) = match error {
        E::ErrorTooManyOperations(_) => (ErrorKind::Limit, "the script takes too many operations".to_owned()),
        E::ErrorTerminated(..) => (ErrorKind::Limit, "the script takes too long".to_owned()),
        E::ErrorStackOverflow(_) => (ErrorKind::Limit, "functions call each other too deeply".to_owned()),
        E::ErrorDataTooLarge(what, _) => {
            let what = if what.contains("string") { "text" } else { "list or map" };
            (ErrorKind::Limit, format!("a {what} becomes too large"))
        }
        E::ErrorTooManyVariables(_) => (ErrorKind::Limit, "the script has too many variables".to_owned()),
        E::ErrorTooManyModules(_) => (ErrorKind::Limit, "the script uses too many modules".to_owned()),
        E::ErrorRuntime(value, _) => match (value.read_lock::<Fault>(), value.as_immutable_string_ref()) {
            (Some(fault), _) => (ErrorKind::Type, fault.0.clone()),
            (None, Ok(text)) if said(&text) => (ErrorKind::Thrown, format!("the script threw '{}'", *text)),
            _ => (ErrorKind::Thrown, "the script threw an error".to_owned()),
        },
        E::ErrorFunctionNotFound(signature, _) => (ErrorKind::Missing, not_found(signature)),
        E::ErrorMismatchDataType(wanted, found, _) | E::ErrorMismatchOutputType(wanted, found, _) => {
            (ErrorKind::Type, format!("expected {}, found {}", plain(wanted), plain(found)))
        }
        E::ErrorIndexingType(..) => (ErrorKind::Type, "a value of this type has no elements".to_owned()),
        E::ErrorFor(_) => (ErrorKind::Type, "'for' needs a list, a range or a text".to_owned()),
        E::ErrorPropertyNotFound(..) | E::ErrorDotExpr(..) => {
            (ErrorKind::Missing, "the value has no such property".to_owned())
        }
        E::ErrorIndexNotFound(..) | E::ErrorArrayBounds(..) | E::ErrorStringBounds(..) => {
            (ErrorKind::Missing, "there is no element at this position".to_owned())
        }
        E::ErrorVariableNotFound(..) | E::ErrorModuleNotFound(..) | E::ErrorUnboundThis(_) => {
            (ErrorKind::Missing, "a name in it is not known".to_owned())
        }
        E::ErrorArithmetic(..) => {
            (ErrorKind::Other, "arithmetic failed: division by zero, overflow, or not a number".to_owned())
        }
        _ => (ErrorKind::Other, "the script failed".to_owned()),
    };
    (kind, message)
}

/// `country (bool, string)` in words. The name stands in the script: functions cannot be made from texts.
fn not_found(signature: &str) -> String {
    let (name, types) = signature.split_once(" (").unwrap_or((signature, ")"));
    let types: Vec<&str> = types.trim_end_matches(')').split(", ").map(plain).collect();
    if name.starts_with(|c: char| c.is_alphabetic() || c == '_') && !name.contains('$') {
        format!("there is no function '{name}' for ({})", types.join(", "))
    } else {
        let name = name.strip_prefix("get$").unwrap_or(name);
        format!("'{name}' does not work on {}", types.join(" and "))
    }
}

/// Rhai's name of a type in words.
fn plain(name: &str) -> &str {
    match name {
        "i64" | "f64" | "int" | "float" => "number",
        "string" | "char" | "&str" | "ImmutableString" => "text",
        "bool" => "true or false",
        "()" => "nothing",
        "array" => "list",
        other => other,
    }
}
