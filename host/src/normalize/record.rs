//! One raw record as a source read it: keys and values as they came, borrowed from the block they stand in.
//!
//! Owns the raw form and its JSON. Does not own what the values mean.

use std::borrow::Cow;

use model::{FieldId, FieldSet};

use super::keys;

/// A key as it came, with the field it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Text of the key.
    pub name: Cow<'a, str>,
    /// The field; `None` for keys we do not know.
    pub field: Option<FieldId>,
}

impl<'a> Key<'a> {
    /// Looks the key up, whatever its capitals.
    pub fn new(name: impl Into<Cow<'a, str>>) -> Key<'a> {
        let name = name.into();
        let field = keys::look_up(&name);
        Key { name, field }
    }
}

/// A value as it came.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number, as written.
    Number(&'a str),
    /// A JSON string, or a CSV cell.
    Text(Cow<'a, str>),
    /// A JSON array or object, as written: no field has one.
    Nested(&'a str),
}

/// Most keys of a record: Webex sends 87 (September 2026) and adds a few a year.
pub const MAX_KEYS: usize = 512;

/// One raw record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    keys: &'a [Key<'a>],
    values: &'a [Value<'a>],
    line: u64,
}

impl<'a> Record<'a> {
    /// From keys and values of equal number; of a key that comes twice the last value counts.
    pub fn new(keys: &'a [Key<'a>], values: &'a [Value<'a>], line: u64) -> Record<'a> {
        debug_assert_eq!(keys.len(), values.len());
        Record { keys, values, line }
    }

    /// Line of the file on which it starts, from 1; 0 if it did not come from a file.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Keys and values in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a Value<'a>)> + use<'a> {
        self.keys.iter().map(|k| k.name.as_ref()).zip(self.values)
    }

    pub(super) fn keys(&self) -> &'a [Key<'a>] {
        self.keys
    }

    pub(super) fn values(&self) -> &'a [Value<'a>] {
        self.values
    }

    /// Appends the record as one JSON object, nothing lost: keys and values as they came, cells of a CSV file as
    /// strings, and of a key that came twice the last value.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        let repeats = self.repeats_keys();
        for (i, (key, value)) in self.iter().enumerate() {
            if repeats && self.keys[i + 1..].iter().any(|k| k.name == key) {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            write_string(key, out);
            out.push(b':');
            match value {
                Value::Null => out.extend_from_slice(b"null"),
                Value::Bool(true) => out.extend_from_slice(b"true"),
                Value::Bool(false) => out.extend_from_slice(b"false"),
                Value::Number(raw) | Value::Nested(raw) => out.extend_from_slice(raw.as_bytes()),
                Value::Text(text) => write_string(text, out),
            }
        }
        out.push(b'}');
    }
}

impl Record<'_> {
    /// Whether two keys may be equal: by the fields they stand for, and by name for unknown ones.
    fn repeats_keys(&self) -> bool {
        let mut seen = FieldSet::NONE;
        self.keys.iter().enumerate().any(|(i, key)| match key.field {
            Some(field) => {
                let again = seen.contains(field);
                seen.insert(field);
                again
            }
            None => self.keys[..i].iter().any(|k| k.name == key.name),
        })
    }
}

/// A JSON string, on one line: control characters are escaped.
fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut plain = 0;
    let bytes = text.as_bytes();
    for (i, b) in bytes.iter().enumerate() {
        if *b >= 0x20 && *b != b'"' && *b != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain..i]);
        plain = i + 1;
        match b {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *b]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&[HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]);
            }
        }
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}
