//! A record's field as a value: the general way, when no quicker one fits.
//!
//! Owns how slots read as values; `docs/rules.md` describes it to authors. Times are milliseconds UTC, telephone numbers the text
//! that [`model::Number`] shows, names and enumerations their text. A record's identity and kind are always there.

use model::{FieldId, FieldType, Name, Number};

use super::super::scalar::{Num, Scalar};
use super::local::{self, Derived};
use super::phones;
use crate::sigma::{TimePart, ZoneBy};
use crate::{Field, Fields, Virtual, World};

/// What kind of value a field has, as far as comparing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// A time.
    Time,
    /// A text among few, named by a handle.
    Enum,
    /// A text, named by a handle.
    Name,
    /// A telephone number.
    Phone,
    /// A text.
    Text,
}

/// The shape of a field.
pub(crate) fn shape(field: Field) -> Shape {
    match field {
        Field::Table(id) => match id.field().ty {
            FieldType::Bool => Shape::Bool,
            FieldType::U32 | FieldType::Int | FieldType::Float => Shape::Number,
            FieldType::Millis => Shape::Time,
            FieldType::Enum => Shape::Enum,
            FieldType::Name => Shape::Name,
            FieldType::Phone => Shape::Phone,
            FieldType::Id | FieldType::Text => Shape::Text,
        },
        Field::Virtual(Virtual::LocalHour | Virtual::LocalMinute) => Shape::Number,
        Field::Virtual(Virtual::Holiday | Virtual::BusinessHours) => Shape::Bool,
        Field::Virtual(Virtual::LocalWeekday | Virtual::LocalDate) => Shape::Text,
    }
}

/// Whether a line of the table has a value.
#[inline]
pub(crate) fn is_present(id: FieldId, record: &impl Fields) -> bool {
    matches!(id, FieldId::record_id | FieldId::event) || record.present().contains(id)
}

/// The handle of a name or enumeration; none if absent.
#[inline]
pub(crate) fn name(id: FieldId, record: &impl Fields) -> Option<Name> {
    if id == FieldId::event {
        return Some(record.kind().handle());
    }
    record.present().contains(id).then(|| Name(record.slot(id) as u32))
}

/// A field that is a number, a time or a part of one, as a number; none if absent.
#[inline]
pub(crate) fn number(
    field: Field,
    part: Option<TimePart>,
    zone: Option<&ZoneBy>,
    record: &impl Fields,
    world: &World,
) -> Option<Num> {
    let id = match field {
        Field::Table(id) => id,
        Field::Virtual(field) => {
            return match local::derived(field, zone, record, world)? {
                Derived::Number(number) => Some(Num::Int(number)),
                Derived::Weekday(_) | Derived::Date(_) | Derived::Flag(_) => None,
            };
        }
    };
    if !record.present().contains(id) {
        return None;
    }
    let slot = record.slot(id);
    let number = match id.field().ty {
        FieldType::Float => Num::Float(f64::from_bits(slot)),
        _ => Num::Int(slot as i64),
    };
    match (part, number) {
        (None, Num::Float(value)) => value.is_finite().then_some(number),
        (None, _) => Some(number),
        (Some(part), _) => local::part(part, zone, slot as i64, record, world).map(Num::Int),
    }
}

/// Calls `take` with the field's value; none if absent.
pub(crate) fn with<T>(
    field: Field,
    part: Option<TimePart>,
    zone: Option<&ZoneBy>,
    record: &impl Fields,
    world: &World,
    take: impl FnOnce(Option<Scalar<'_>>) -> T,
) -> T {
    let shape = shape(field);
    if matches!(shape, Shape::Number | Shape::Time) {
        return take(number(field, part, zone, record, world).map(Scalar::Number));
    }
    let id = match field {
        Field::Table(id) if is_present(id, record) => id,
        Field::Table(_) => return take(None),
        Field::Virtual(field) => {
            return match local::derived(field, zone, record, world) {
                None => take(None),
                Some(Derived::Number(number)) => take(Some(Scalar::Number(Num::Int(number)))),
                Some(Derived::Weekday(day)) => take(Some(Scalar::Text(day))),
                Some(Derived::Flag(flag)) => take(Some(Scalar::Bool(flag))),
                Some(Derived::Date(text)) => {
                    take(Some(Scalar::Text(std::str::from_utf8(&text).unwrap_or(""))))
                }
            };
        }
    };
    match shape {
        Shape::Bool => take(Some(Scalar::Bool(record.slot(id) != 0))),
        Shape::Enum | Shape::Name => {
            let text = name(id, record).and_then(|handle| world.names.resolve(handle));
            take(Some(Scalar::Text(text.as_deref().unwrap_or(""))))
        }
        Shape::Phone => {
            take(Some(Scalar::Text(phones::text(Number(record.slot(id)), &mut phones::Buffer::default()))))
        }
        Shape::Text if id == FieldId::record_id => take(Some(Scalar::Text(&record.id().to_string()))),
        Shape::Text | Shape::Number | Shape::Time => take(Some(Scalar::Text(record.text(id)))),
    }
}
