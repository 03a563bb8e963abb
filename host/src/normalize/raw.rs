//! A record's values by field, and their conversion with faults that name the field.
//!
//! Owns which value stands for a field. Does not own how a text is converted (`scalar`).

use model::fields::FIELD_COUNT;
use model::{FieldId, Millis};

use super::record::Value;
use super::scalar::{self, EARLIEST, LATEST, present};
use super::{Fault, FaultKind};

/// Positions of the fields' values in a record, plus one; 0 is absent.
pub(super) type Slots = [u16; FIELD_COUNT];

/// A value as text; JSON numbers count as their digits.
#[inline]
pub(super) fn text_of<'v>(field: FieldId, value: &'v Value<'_>) -> Result<Option<&'v str>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(present(text)),
        Value::Number(raw) => Ok(Some(raw)),
        Value::Bool(b) => Err(Fault::in_field(field, if *b { "true" } else { "false" }, FaultKind::NotText)),
        Value::Nested(raw) => Err(Fault::in_field(field, raw, FaultKind::NotText)),
    }
}

/// A record's values by field.
pub(super) struct Raw<'a> {
    pub slots: &'a Slots,
    pub values: &'a [Value<'a>],
}

impl<'a> Raw<'a> {
    #[inline]
    pub(super) fn value(&self, field: FieldId) -> Option<&'a Value<'a>> {
        let slot = self.slots[field as usize];
        self.values.get(usize::from(slot).wrapping_sub(1))
    }

    #[inline]
    pub(super) fn text(&self, field: FieldId) -> Result<Option<&'a str>, Fault> {
        self.value(field).map_or(Ok(None), |v| text_of(field, v))
    }

    pub(super) fn time(&self, field: FieldId) -> Result<Option<Millis>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let at = scalar::time(text).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotATime))?;
        if (EARLIEST..LATEST).contains(&at) {
            Ok(Some(at))
        } else {
            Err(Fault::in_field(field, text, FaultKind::TimeOutOfRange))
        }
    }

    pub(super) fn int(&self, field: FieldId) -> Result<Option<i64>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        scalar::whole(text).map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotAWholeNumber))
    }

    pub(super) fn u32(&self, field: FieldId) -> Result<Option<u32>, Fault> {
        let Some(value) = self.int(field)? else { return Ok(None) };
        u32::try_from(value)
            .map(Some)
            .map_err(|_| Fault::in_field(field, &value.to_string(), FaultKind::NotAWholeNumber))
    }

    pub(super) fn float(&self, field: FieldId) -> Result<Option<f64>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let value = text.parse().ok().filter(|f: &f64| f.is_finite());
        value.map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotANumber))
    }

    pub(super) fn boolean(&self, field: FieldId) -> Result<Option<bool>, Fault> {
        let Some(value) = self.value(field) else { return Ok(None) };
        if let Value::Bool(b) = value {
            return Ok(Some(*b));
        }
        let Some(text) = text_of(field, value)? else { return Ok(None) };
        scalar::boolean(text).map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotABoolean))
    }
}
