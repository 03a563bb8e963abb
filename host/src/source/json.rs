//! One JSON object to a raw record.
//!
//! Owns parsing; keys and values are borrowed from the text wherever they hold no escapes. The grammar is
//! serde_json's.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::normalize::{Fault, FaultKind, Key, MAX_KEYS, Record, Value};

/// Parses objects one after another, and keeps the keys of the last: records of one source have the same ones.
#[derive(Debug, Default)]
pub(super) struct ObjectParser<'a> {
    keys: Vec<Key<'a>>,
    values: Vec<Value<'a>>,
}

impl<'a> ObjectParser<'a> {
    /// Parses one object.
    pub(super) fn parse(&mut self, text: &'a str, line: u64) -> Result<Record<'_>, Fault> {
        self.values.clear();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let count = deserializer
            .deserialize_map(Entries { keys: &mut self.keys, values: &mut self.values })
            .and_then(|count| deserializer.end().map(|()| count))
            .map_err(|e| fault(text, &e))?;
        Ok(Record::new(&self.keys[..count], &self.values, line))
    }
}

fn fault(text: &str, error: &serde_json::Error) -> Fault {
    let is_object = text.trim_start().starts_with('{');
    let kind = match error.classify() {
        _ if !is_object && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => {
            FaultKind::NotAnObject
        }
        _ if error.to_string().starts_with(TOO_MANY_KEYS) => FaultKind::TooLong,
        _ => FaultKind::MalformedJson,
    };
    let detail = match kind {
        FaultKind::NotAnObject => String::new(),
        // The parser's text may quote the value, which is shown shortened already: only the position is new.
        _ => format!("at character {}", error.column()),
    };
    Fault::of_record(text.trim(), kind, detail)
}

const TOO_MANY_KEYS: &str = "too many keys";

struct Entries<'p, 'a> {
    keys: &'p mut Vec<Key<'a>>,
    values: &'p mut Vec<Value<'a>>,
}

impl<'a> Visitor<'a> for Entries<'_, 'a> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<usize, M::Error> {
        let mut count = 0;
        while let Some(Text(key)) = map.next_key()? {
            if count == MAX_KEYS {
                return Err(serde::de::Error::custom(TOO_MANY_KEYS));
            }
            // The same key as in the record before needs no look-up.
            match self.keys.get_mut(count) {
                Some(known) if known.name == key => {}
                Some(other) => *other = Key::new(key),
                None => self.keys.push(Key::new(key)),
            }
            let raw: &'a RawValue = map.next_value()?;
            self.values.push(value(raw.get()).map_err(serde::de::Error::custom)?);
            count += 1;
        }
        Ok(count)
    }
}

/// A string, borrowed where it holds no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'a> serde::Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'a> Visitor<'a> for Borrowing {
            type Value = Text<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

fn value(raw: &str) -> Result<Value<'_>, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => match raw.get(1..raw.len() - 1).filter(|inner| !inner.contains('\\')) {
            Some(inner) => Value::Text(Cow::Borrowed(inner)),
            None => Value::Text(Text::deserialize(&mut serde_json::Deserializer::from_str(raw))?.0),
        },
        Some(b'{' | b'[') => Value::Nested(raw),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(raw),
    })
}

/// A record parsed back from what [`Record::write_json`] wrote.
#[derive(Debug)]
pub struct StoredRecord<'a> {
    parser: ObjectParser<'a>,
    count: usize,
}

impl StoredRecord<'_> {
    /// The record.
    pub fn record(&self) -> Record<'_> {
        Record::new(&self.parser.keys[..self.count], &self.parser.values, 0)
    }
}

/// Parses a record as it is kept in the log: one JSON object.
///
/// # Errors
/// When it is not one JSON object in UTF-8.
pub fn stored_record(json: &[u8]) -> Result<StoredRecord<'_>, Fault> {
    let text = std::str::from_utf8(json)
        .map_err(|e| Fault::of_record("", FaultKind::InvalidUtf8, format!("at byte {}", e.valid_up_to())))?;
    let mut parser = ObjectParser::default();
    let count = parser.parse(text, 0)?.iter().count();
    Ok(StoredRecord { parser, count })
}
