//! Settings read: the JSON object that the host hands over, into the detector's own type.
//!
//! A reader of its own, because a general one is a fifth of a small component: this one knows what is asked for and has nothing to
//! do with what is not, and code for real numbers is in a component only if it has settings that are. Does not own what the settings
//! are: the host has completed and checked them against the manifest.

use std::fmt::Display;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, Unexpected, Visitor};

/// What does not fit, with the name of the setting before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(String);

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: Display>(message: T) -> Wrong {
        Wrong(message.to_string())
    }

    // What was found instead would need all of the formatting of numbers.
    fn invalid_type(_found: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong(format!("is not {expected}"))
    }

    fn invalid_value(_found: Unexpected<'_>, expected: &dyn Expected) -> Wrong {
        Wrong(format!("is not {expected}"))
    }
}

/// Reads one JSON value and nothing behind it.
///
/// # Errors
/// When the text is no JSON or does not fit the type.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Wrong> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.wrong("the end")),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    #[cold]
    fn wrong(&self, expected: &str) -> Wrong {
        Wrong(format!("no JSON: {expected} expected at byte {}", self.at))
    }

    /// The next byte that is no white space, which stays.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let space = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at += space;
        rest.get(space).copied()
    }

    /// Takes the byte if it is the next.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn take(&mut self, byte: u8, called: &str) -> Result<(), Wrong> {
        if self.takes(byte) { Ok(()) } else { Err(self.wrong(called)) }
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> &'a str {
        self.peek();
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn string(&mut self) -> Result<String, Wrong> {
        self.take(b'"', "a text")?;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(plain) = rest.bytes().position(|b| matches!(b, b'"' | b'\\')) else {
                return Err(self.wrong("the end of a text"));
            };
            out.push_str(&rest[..plain]);
            let escaped = rest.as_bytes()[plain] == b'\\';
            self.at += plain + 1;
            if !escaped {
                return Ok(out);
            }
            out.push(self.escape()?);
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, Wrong> {
        let kind = self.text.as_bytes().get(self.at).copied();
        self.at += usize::from(kind.is_some_and(|b| b.is_ascii()));
        match kind {
            Some(b'n') => Ok('\n'),
            Some(b't') => Ok('\t'),
            Some(b'r') => Ok('\r'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b @ (b'"' | b'\\' | b'/')) => Ok(char::from(b)),
            Some(b'u') => {
                let unit = self.unit()?;
                let code = match unit {
                    // The first half of a character beyond the first plane: the other must follow.
                    0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        let low = self.unit()?.wrapping_sub(0xdc00);
                        if low < 0x400 { 0x10000 + ((unit - 0xd800) << 10) + low } else { unit }
                    }
                    _ => unit,
                };
                char::from_u32(code).ok_or_else(|| self.wrong("a character"))
            }
            _ => Err(self.wrong("an escape")),
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit =
            digits.and_then(|d| u32::from_str_radix(d, 16).ok()).ok_or_else(|| self.wrong("four digits"))?;
        self.at += 4;
        Ok(unit)
    }

    /// Passes over a value nobody asked for.
    fn skip(&mut self) -> Result<(), Wrong> {
        let mut open = 0u32;
        loop {
            match self.peek() {
                Some(b'"') => drop(self.string()?),
                Some(b'{' | b'[') => (open, self.at) = (open + 1, self.at + 1),
                Some(b'}' | b']') if open > 0 => (open, self.at) = (open - 1, self.at + 1),
                Some(b',' | b':') if open > 0 => self.at += 1,
                _ if !self.word().is_empty() => {}
                _ => return Err(self.wrong("a value")),
            }
            if open == 0 {
                return Ok(());
            }
        }
    }
}

macro_rules! whole {
    ($($call:ident $visit:ident $ty:ty, $name:literal;)*) => {$(
        fn $call<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let value: $ty = self.word().parse().map_err(|_| Wrong($name.to_owned()))?;
            visitor.$visit(value)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = Wrong;

    whole! {
        deserialize_i8 visit_i64 i64, "is not a whole number";
        deserialize_i16 visit_i64 i64, "is not a whole number";
        deserialize_i32 visit_i64 i64, "is not a whole number";
        deserialize_i64 visit_i64 i64, "is not a whole number";
        deserialize_u8 visit_u64 u64, "is not a whole number of 0 or more";
        deserialize_u16 visit_u64 u64, "is not a whole number of 0 or more";
        deserialize_u32 visit_u64 u64, "is not a whole number of 0 or more";
        deserialize_u64 visit_u64 u64, "is not a whole number of 0 or more";
        deserialize_f32 visit_f64 f64, "is not a number";
        deserialize_f64 visit_f64 f64, "is not a number";
        deserialize_bool visit_bool bool, "is not true or false";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.peek() {
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'"') => self.deserialize_string(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => self.deserialize_unit(visitor),
            _ => {
                let word = self.word();
                match word.parse::<i64>() {
                    Ok(whole) => visitor.visit_i64(whole),
                    Err(_) => visitor.visit_f64(word.parse().map_err(|_| self.wrong("a value"))?),
                }
            }
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_string(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.word() == "null" { visitor.visit_unit() } else { Err(self.wrong("null")) }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.peek() == Some(b'n') {
            self.word();
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.take(b'[', "a list")?;
        let value = visitor.visit_seq(Items { reader: self, first: true })?;
        self.take(b']', "the end of a list")?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.take(b'{', "an object")?;
        let value = visitor.visit_map(Entries { reader: self, first: true, key: String::new() })?;
        self.take(b'}', "the end of an object")?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.deserialize_map(visitor)
    }

    /// Variants without contents, by name: that is all a setting can hold.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let name: StringDeserializer<Wrong> = self.string()?.into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { i128 u128 bytes byte_buf unit_struct tuple_struct }
}

struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
}

impl<'de> de::SeqAccess<'de> for Items<'_, 'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        if self.reader.peek() == Some(b']') {
            return Ok(None);
        }
        if !std::mem::replace(&mut self.first, false) {
            self.reader.take(b',', "a comma")?;
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

struct Entries<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    /// Of the value that comes next, for messages.
    key: String,
}

impl<'de> de::MapAccess<'de> for Entries<'_, 'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        if self.reader.peek() == Some(b'}') {
            return Ok(None);
        }
        if !std::mem::replace(&mut self.first, false) {
            self.reader.take(b',', "a comma")?;
        }
        self.key = self.reader.string()?;
        let key: StringDeserializer<Wrong> = self.key.clone().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        self.reader.take(b':', "a colon")?;
        let value = seed.deserialize(&mut *self.reader);
        value.map_err(|Wrong(message)| Wrong(format!("{}: {message}", self.key)))
    }
}

#[cfg(test)]
mod tests;
