//! Records for tests, made by field name.

use std::collections::BTreeMap;

use crate::calendar::day_from_date;
use crate::fields::{KINDS, NAMES};
use crate::harness::manifest::Manifest;
use crate::row::{Batch, Column};
use crate::types::{DAY, HOUR, Kind, MINUTE, Millis, Number, RecordId, SECOND};

/// A value given for a field; it is read by the field's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Text: a name, a number as `+34…` or dialled, a time, or text.
    Text(String),
    /// Whole number.
    Int(i64),
    /// Real number.
    Real(f64),
    /// True or false.
    Bool(bool),
}

impl From<&str> for Given {
    fn from(v: &str) -> Given {
        Given::Text(v.to_owned())
    }
}

impl From<String> for Given {
    fn from(v: String) -> Given {
        Given::Text(v)
    }
}

impl From<i64> for Given {
    fn from(v: i64) -> Given {
        Given::Int(v)
    }
}

impl From<i32> for Given {
    fn from(v: i32) -> Given {
        Given::Int(i64::from(v))
    }
}

impl From<f64> for Given {
    fn from(v: f64) -> Given {
        Given::Real(v)
    }
}

impl From<bool> for Given {
    fn from(v: bool) -> Given {
        Given::Bool(v)
    }
}

/// A record with some fields set, by their names in `docs/fields.md`; the others are absent.
///
/// ```
/// use ringfence_sdk::harness::{Record, time};
///
/// let call = Record::at(1, "2026-03-01T10:00:00Z").set("user", "ana").set("called_number", "+5355512345").talked(90);
/// assert_eq!(call.start(), time("2026-03-01T10:00:00Z"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    id: RecordId,
    fields: BTreeMap<usize, Given>,
}

impl Record {
    /// A record that starts and is reported at `start`, e.g. `2026-03-01T10:00:00Z`, of kind `call`.
    pub fn at(id: u64, start: &str) -> Record {
        Record::at_millis(id, time(start))
    }

    /// A record that starts and is reported at this moment, of kind `call`.
    pub fn at_millis(id: u64, start: Millis) -> Record {
        // Identities are random in life; their order must not follow time.
        let mixed = id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let record = Record { id: RecordId { hi: mixed, lo: id }, fields: BTreeMap::new() };
        record.set("start_time", start).set("report_time", start).set("event", "call")
    }

    /// Sets a field.
    ///
    /// # Panics
    /// If there is no such field.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Given>) -> Record {
        let index = NAMES.iter().position(|n| *n == field);
        let index = index.unwrap_or_else(|| panic!("there is no field '{field}'"));
        self.fields.insert(index, value.into());
        self
    }

    /// Answered for this many seconds, and reported at the end.
    #[must_use]
    pub fn talked(self, seconds: i64) -> Record {
        let end = self.start() + seconds * SECOND;
        self.set("duration", seconds).set("answered", seconds > 0).set("report_time", end)
    }

    /// Its identity.
    pub fn id(&self) -> RecordId {
        self.id
    }

    fn millis(&self, field: &str) -> Millis {
        let index = NAMES.iter().position(|n| *n == field).unwrap_or(usize::MAX);
        match self.fields.get(&index) {
            Some(Given::Int(v)) => *v,
            Some(Given::Text(text)) => time(text),
            _ => 0,
        }
    }

    /// When it starts.
    pub fn start(&self) -> Millis {
        self.millis("start_time")
    }

    pub(crate) fn report(&self) -> Millis {
        self.millis("report_time")
    }

    fn int(&self, field: usize) -> i64 {
        match self.fields.get(&field) {
            None => 0,
            Some(Given::Int(v)) => *v,
            Some(Given::Bool(v)) => i64::from(*v),
            Some(Given::Text(text)) => match KINDS[field] {
                Kind::Millis => time(text),
                Kind::Enum | Kind::Name => i64::from(crate::names::intern(text).0),
                kind => panic!("'{text}' cannot be a value of '{}' ({kind:?})", NAMES[field]),
            },
            Some(other) => panic!("{other:?} cannot be a value of '{}'", NAMES[field]),
        }
    }

    fn real(&self, field: usize) -> f64 {
        match self.fields.get(&field) {
            Some(Given::Real(v)) => *v,
            _ => self.int(field) as f64,
        }
    }

    fn number(&self, field: usize) -> u64 {
        match self.fields.get(&field) {
            Some(Given::Text(text)) => number(text).0,
            _ => self.int(field) as u64,
        }
    }

    fn text(&self, field: usize) -> String {
        match self.fields.get(&field) {
            Some(Given::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }
}

/// Packs a number as the host does: `+34…` or up to 15 dialled characters.
fn number(text: &str) -> Number {
    if let Some(digits) = text.strip_prefix('+').and_then(|d| d.parse().ok()) {
        return Number::from_e164(digits).unwrap_or_default();
    }
    let symbol = |b: u8| match b {
        b'0'..=b'9' => u64::from(b - b'0' + 1),
        b'*' => 11,
        b'#' => 12,
        _ => 13,
    };
    assert!(text.len() <= 15, "'{text}' is too long for a test");
    match text.is_empty() {
        true => Number::ABSENT,
        false => Number(text.bytes().fold(0, |acc, b| (acc << 4) | symbol(b)) | (2 << 60)),
    }
}

/// `2026-03-01T10:00:00Z` in milliseconds.
///
/// # Panics
/// If it is not a time in that form.
pub fn time(text: &str) -> Millis {
    let part = |range: std::ops::Range<usize>| -> Option<i64> { text.get(range)?.parse().ok() };
    let parts = || {
        let day = day_from_date(part(0..4)? as i32, part(5..7)? as u32, part(8..10)? as u32);
        let clock = part(11..13)? * HOUR + part(14..16)? * MINUTE + part(17..19)? * SECOND;
        Some(i64::from(day) * DAY + clock)
    };
    parts().unwrap_or_else(|| panic!("'{text}' is not a time: write it like 2026-03-01T10:00:00Z"))
}

/// The columns the manifest asks for, filled from the records.
pub(crate) fn batch(manifest: &Manifest, records: &[&Record]) -> Batch {
    let column = |name: &String| {
        if name == crate::row::CONTEXT {
            // Every instance gets every row: a detector must look for itself.
            return Column::U32(vec![7; records.len()]);
        }
        let field = NAMES.iter().position(|n| n == name);
        let field = field.unwrap_or_else(|| panic!("plugin.toml: there is no column '{name}'"));
        let each = records.iter();
        match KINDS[field] {
            Kind::Id => Column::Id(each.flat_map(|r| [r.id.hi, r.id.lo]).collect()),
            Kind::Bool => Column::U8(each.map(|r| r.int(field) as u8).collect()),
            Kind::U32 | Kind::Enum | Kind::Name => Column::U32(each.map(|r| r.int(field) as u32).collect()),
            Kind::Int | Kind::Millis => Column::I64(each.map(|r| r.int(field)).collect()),
            Kind::Float => Column::F64(each.map(|r| r.real(field)).collect()),
            Kind::Phone => Column::U64(each.map(|r| r.number(field)).collect()),
            Kind::Text => Column::Text(each.map(|r| r.text(field)).collect()),
        }
    };
    Batch {
        rows: records.len(),
        horizon: Millis::MIN,
        columns: manifest.columns.iter().map(column).collect(),
    }
}
