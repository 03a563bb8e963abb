//! Records as the log keeps them, of which only some keys are wanted.
//!
//! Owns a reader of the one form that [`Record::write_json`] writes: no blanks between its parts, keys of one source in one order.
//! So a key is recognised by the place it had in the record before, and a value nobody wants is stepped over without being
//! looked at. Anything else goes to the ordinary parser. Does not own what the values mean.

use std::borrow::Cow;

use model::FieldSet;

use super::json::stored_record;
use crate::normalize::{Fault, Key, MAX_KEYS, Record, Value, field_of_key};

/// Key texts remembered; a record has at most this many.
const MAX_KNOWN: usize = MAX_KEYS;

/// Reads stored records one after another.
#[derive(Debug)]
pub struct StoredReader {
    wanted: FieldSet,
    /// Keys of the last record in their order.
    known: Vec<Known>,
    /// Keys of the record at hand that are wanted.
    keys: Vec<Key<'static>>,
    /// Room for the values of the next.
    spare: Vec<Value<'static>>,
}

#[derive(Debug)]
struct Known {
    /// As it stands between the quotes.
    text: Box<[u8]>,
    /// Without its name, which nobody needs of a field that is known; none if it is not wanted.
    key: Option<Key<'static>>,
}

impl StoredReader {
    /// Reads the keys of `wanted`, and none that stands for no field.
    pub fn new(wanted: FieldSet) -> StoredReader {
        StoredReader { wanted, known: Vec::new(), keys: Vec::new(), spare: Vec::new() }
    }

    /// Gives the wanted part of a stored record to `then`.
    ///
    /// # Errors
    /// When it is not one JSON object.
    pub fn read<T>(&mut self, text: &str, then: impl FnOnce(&Record<'_>) -> T) -> Result<T, Fault> {
        let mut values = recycled(std::mem::take(&mut self.spare));
        self.keys.clear();
        if self.quick(text, &mut values).is_none() {
            self.keys.clear();
            values.clear();
            self.slow(text, &mut values)?;
        }
        let done = then(&Record::new(&self.keys, &values, 0));
        self.spare = recycled(values);
        Ok(done)
    }

    /// None if the text is not quite of the form that we write.
    fn quick<'a>(&mut self, text: &'a str, values: &mut Vec<Value<'a>>) -> Option<()> {
        let mut rest = text.strip_prefix('{')?;
        if rest == "}" {
            return Some(());
        }
        for at in 0..MAX_KNOWN {
            let (key, after) = string(rest)?;
            rest = after.strip_prefix(':')?;
            let known = self.recognise(at, key)?;
            let wanted = known.is_some();
            if let Some(key) = known {
                self.keys.push(key);
            }
            let (value, after) = value(rest, wanted)?;
            if let Some(value) = value {
                values.push(value);
            }
            match after.as_bytes() {
                [b',', ..] => rest = &after[1..],
                b"}" => return Some(()),
                _ => return None,
            }
        }
        None
    }

    /// The key at its place; none inside if it is not wanted, none at all if its text is escaped.
    fn recognise(&mut self, at: usize, text: &str) -> Option<Option<Key<'static>>> {
        match self.known.get(at) {
            Some(known) if *known.text == *text.as_bytes() => return Some(known.key.clone()),
            _ if text.as_bytes().contains(&b'\\') => return None,
            _ => {}
        }
        let field = field_of_key(text).filter(|field| self.wanted.contains(*field));
        let key = field.map(|field| Key { name: Cow::Borrowed(""), field: Some(field) });
        self.known.truncate(at);
        self.known.push(Known { text: text.as_bytes().into(), key: key.clone() });
        Some(key)
    }

    fn slow<'a>(&mut self, text: &'a str, values: &mut Vec<Value<'a>>) -> Result<(), Fault> {
        let stored = stored_record(text.as_bytes())?;
        for (name, value) in stored.record().iter() {
            let Some(field) = field_of_key(name).filter(|field| self.wanted.contains(*field)) else {
                continue;
            };
            self.keys.push(Key { name: Cow::Borrowed(""), field: Some(field) });
            values.push(owned(value));
        }
        Ok(())
    }
}

/// The same room for values that borrow from another text.
fn recycled<'a>(mut values: Vec<Value<'_>>) -> Vec<Value<'a>> {
    values.clear();
    // Nothing is left to convert; the standard library collects into the room there is.
    values.into_iter().map(|_| Value::Null).collect()
}

/// A value that does not borrow from its parser. Numbers and nested values become texts, as which they read the same: a nested
/// one is never wanted.
fn owned(value: &Value<'_>) -> Value<'static> {
    match value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(*value),
        Value::Number(raw) | Value::Nested(raw) => Value::Text(Cow::Owned((*raw).to_owned())),
        Value::Text(text) => Value::Text(Cow::Owned(text.clone().into_owned())),
    }
}

/// A string that begins here: what stands between its quotes, and the rest.
fn string(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let bytes = inner.as_bytes();
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'"', b'\\', &bytes[at..])?;
        if bytes[at] == b'"' {
            return Some((&inner[..at], &inner[at + 1..]));
        }
        at += 2;
        if at >= bytes.len() {
            return None;
        }
    }
}

/// A value that begins here, if it is wanted, and the rest.
fn value(text: &str, wanted: bool) -> Option<(Option<Value<'_>>, &str)> {
    match text.as_bytes().first()? {
        b'"' => {
            let (inner, rest) = string(text)?;
            if !wanted {
                return Some((None, rest));
            }
            let value = if inner.as_bytes().contains(&b'\\') {
                let quoted = &text[..inner.len() + 2];
                Cow::Owned(serde_json::from_str(quoted).ok()?)
            } else {
                Cow::Borrowed(inner)
            };
            Some((Some(Value::Text(value)), rest))
        }
        // Seldom, and not worth a scanner of its own.
        b'{' | b'[' => None,
        _ => {
            let end = memchr::memchr2(b',', b'}', text.as_bytes())?;
            let (raw, rest) = text.split_at(end);
            let value = match raw {
                "null" => Value::Null,
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                raw if raw.bytes().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) => {
                    Value::Number(raw)
                }
                _ => return None,
            };
            Some((wanted.then_some(value), rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use crate::normalize::{Normalizer, sources};
    use model::{Event, FieldId, NameTable};
    use proptest::prelude::*;
    use std::sync::Arc;

    /// A record with keys of fields and others, some escaped, as `write_json` writes it.
    fn stored() -> impl Strategy<Value = String> {
        let keys: Vec<&'static str> = FieldId::all().filter_map(|f| f.webex_key).collect();
        let key = prop_oneof![
            8 => prop::sample::select(keys),
            1 => Just("Brand new"),
            1 => Just("with \"quotes\" and \\"),
            1 => Just("event"),
        ];
        let value = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(serde_json::Value::from),
            (-100_000i64..100_000).prop_map(serde_json::Value::from),
            "[ -~ñ\n\"\\\\]{0,12}".prop_map(serde_json::Value::from),
            Just(serde_json::json!("+34911234567")),
            Just(serde_json::json!("ORIGINATING")),
            Just(serde_json::json!("2026-03-02T07:13:32.004Z")),
            Just(serde_json::json!({"a": ["}", {"b": 1}]})),
        ];
        let fixed = [("Report ID", "r1"), ("Start time", "2026-03-02T07:13:32Z")];
        prop::collection::vec((key, value), 0..30).prop_map(move |mut pairs| {
            pairs.extend(fixed.map(|(k, v)| (k, serde_json::Value::from(v))));
            let (keys, texts): (Vec<_>, Vec<_>) =
                pairs.iter().map(|(k, v)| (Key::new(*k), v.to_string())).unzip();
            let values: Vec<Value<'_>> = pairs
                .iter()
                .zip(&texts)
                .map(|((_, value), text)| match value {
                    serde_json::Value::Null => Value::Null,
                    serde_json::Value::Bool(b) => Value::Bool(*b),
                    serde_json::Value::Number(_) => Value::Number(text),
                    serde_json::Value::String(s) => Value::Text(Cow::Borrowed(s)),
                    _ => Value::Nested(text),
                })
                .collect();
            let mut out = Vec::new();
            Record::new(&keys, &values, 0).write_json(&mut out);
            String::from_utf8(out).unwrap()
        })
    }

    proptest! {
        #[test]
        fn what_is_wanted_is_what_the_whole_record_gives(
            records in prop::collection::vec(stored(), 1..6), wanted in any::<u128>(),
        ) {
            let wanted = FieldSet::from_bits(wanted);
            let names = Arc::new(NameTable::default());
            let directory = Arc::new(Directory::default());
            let mut whole = Normalizer::new(names.clone(), directory.clone(), wanted);
            let mut part = Normalizer::new(names, directory, wanted);
            let mut reader = StoredReader::new(sources(wanted));
            let (mut one, mut other) = (Event::default(), Event::default());
            for json in &records {
                let stored = stored_record(json.as_bytes()).unwrap();
                // What cannot be read is not in the log.
                if whole.normalize(&stored.record(), &mut one).is_err() {
                    continue;
                }
                reader.read(json, |record| part.normalize(record, &mut other)).unwrap().unwrap();
                prop_assert_eq!(one.present(), other.present(), "{}", json);
                for field in one.present().iter() {
                    if field.field().ty == model::fields::FieldType::Text {
                        prop_assert_eq!(one.text(field), other.text(field));
                    } else {
                        prop_assert_eq!(one.slot(field), other.slot(field), "{}", field.field().name);
                    }
                }
            }
        }

        #[test]
        fn any_text_ends_in_a_record_or_a_fault(text in "[{}\\[\\]\":,\\\\a1 n\n-]{0,40}") {
            let read = StoredReader::new(FieldSet::ALL).read(&text, |_| ()).is_ok();
            prop_assert!(read || stored_record(text.as_bytes()).is_err());
        }
    }
}
