//! Values of a record's fields as entries carry them.
//!
//! Owns the reading by type. Does not own what they are compared with.

use std::hash::{Hash, Hasher};

use model::Name;
use model::fields::FieldType;

use crate::matching::{self, Derived};
use crate::record::{Field, Fields, Virtual, World};
use crate::window::Datum;

/// A field's value.
pub(crate) fn of<F: Fields>(field: Field, record: &F, world: &World) -> Datum {
    let id = match field {
        Field::Table(id) => id,
        Field::Virtual(field) => return derived(field, record, world),
    };
    if !record.present().contains(id) {
        return Datum::Absent;
    }
    let slot = record.slot(id);
    match id.field().ty {
        FieldType::Bool => Datum::Bool(slot != 0),
        FieldType::U32 | FieldType::Int | FieldType::Millis => Datum::Int(slot as i64),
        FieldType::Float => Datum::Float(slot),
        FieldType::Enum | FieldType::Name => Datum::Name(slot as u32),
        FieldType::Phone => Datum::Phone(slot),
        FieldType::Text => Datum::Text(cut(record.text(id)).into()),
        FieldType::Id => Datum::Text(record.id().to_string().into()),
    }
}

fn derived<F: Fields>(field: Virtual, record: &F, world: &World) -> Datum {
    match matching::derived(field, None, record, world) {
        None => Datum::Absent,
        Some(Derived::Number(number)) => Datum::Int(number),
        Some(Derived::Weekday(day)) => Datum::Text(day.into()),
        Some(Derived::Date(date)) => Datum::Text(String::from_utf8_lossy(&date).into()),
        Some(Derived::Flag(flag)) => Datum::Bool(flag),
    }
}

/// Hashes the same value without making it where that is cheap.
pub(super) fn hash<F: Fields>(field: Field, record: &F, world: &World, hasher: &mut impl Hasher) {
    match field {
        Field::Table(id) if !matches!(id.field().ty, FieldType::Text | FieldType::Id) => {
            hasher.write_u64(record.slot(id));
        }
        other => of(other, record, world).hash(hasher),
    }
}

/// Puts a name's text in the place of its handle.
pub(super) fn name(datum: &mut Datum, world: &World) {
    if let Datum::Name(handle) = datum {
        let text = world.names.resolve(Name(*handle));
        *datum = text.map_or(Datum::Absent, |text| Datum::Text(cut(&text).into()));
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(Datum::MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
