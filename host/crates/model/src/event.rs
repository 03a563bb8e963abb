//! A normalised input: one slot per field of the table, plus a small arena for its texts.
//!
//! Owns the in-memory form. Does not own parsing (`normalize`) or what a plugin sees (`plugin`). An event is
//! meant to be reused: `clear` and fill again costs no allocation.

use crate::fields::{FIELD_COUNT, FieldId, FieldSet, FieldType};
use crate::{Millis, Name, Number, RecordId};

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// One leg of a call, from a call detail record.
    #[default]
    Call = 0,
    /// A user's or feature's forwarding was changed.
    ForwardingChange = 1,
    /// An administrator changed something.
    AdminChange = 2,
    /// Somebody signed in, or failed to.
    SignIn = 3,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [EventKind; 4] =
        [EventKind::Call, EventKind::ForwardingChange, EventKind::AdminChange, EventKind::SignIn];

    /// The name used in manifests, rules and input.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Call => "call",
            EventKind::ForwardingChange => "forwarding-change",
            EventKind::AdminChange => "admin-change",
            EventKind::SignIn => "sign-in",
        }
    }

    /// Handle of the kind's name.
    pub const fn handle(self) -> Name {
        const HANDLES: [Name; 4] = [
            Name::known("call"),
            Name::known("forwarding-change"),
            Name::known("admin-change"),
            Name::known("sign-in"),
        ];
        HANDLES[self as usize]
    }

    /// Looks a kind up by its name.
    pub fn from_name(name: &str) -> Option<EventKind> {
        EventKind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// One normalised input.
#[derive(Clone, Debug)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// Identity, equal for every delivery.
    pub id: RecordId,
    present: FieldSet,
    slots: [u64; FIELD_COUNT],
    texts: String,
}

impl Default for Event {
    fn default() -> Self {
        Event {
            kind: EventKind::Call,
            id: RecordId::default(),
            present: FieldSet::NONE,
            slots: [0; FIELD_COUNT],
            texts: String::new(),
        }
    }
}

impl Event {
    /// Makes the event empty for reuse.
    pub fn clear(&mut self) {
        self.kind = EventKind::Call;
        self.id = RecordId::default();
        self.present = FieldSet::NONE;
        self.slots = [0; FIELD_COUNT];
        self.texts.clear();
    }

    /// The fields that have a value.
    pub fn present(&self) -> FieldSet {
        self.present
    }

    /// Whether the field has a value.
    #[inline]
    pub fn has(&self, field: FieldId) -> bool {
        self.present.contains(field)
    }

    /// The slot as stored, 0 if absent; its reading depends on the field's type.
    #[inline]
    pub fn slot(&self, field: FieldId) -> u64 {
        self.slots[field as usize]
    }

    #[inline]
    fn set(&mut self, field: FieldId, ty: FieldType, value: u64) {
        debug_assert_eq!(field.field().ty, ty, "{}", field.field().name);
        self.slots[field as usize] = value;
        self.present.insert(field);
    }

    /// Sets a [`FieldType::Bool`] field.
    pub fn set_bool(&mut self, field: FieldId, value: bool) {
        self.set(field, FieldType::Bool, u64::from(value));
    }

    /// Sets a [`FieldType::U32`] field.
    pub fn set_u32(&mut self, field: FieldId, value: u32) {
        self.set(field, FieldType::U32, u64::from(value));
    }

    /// Sets a [`FieldType::Int`] field.
    pub fn set_int(&mut self, field: FieldId, value: i64) {
        self.set(field, FieldType::Int, value as u64);
    }

    /// Sets a [`FieldType::Float`] field.
    pub fn set_float(&mut self, field: FieldId, value: f64) {
        self.set(field, FieldType::Float, value.to_bits());
    }

    /// Sets a [`FieldType::Millis`] field.
    pub fn set_millis(&mut self, field: FieldId, value: Millis) {
        self.set(field, FieldType::Millis, value as u64);
    }

    /// Sets a [`FieldType::Enum`] field; an absent name leaves the field absent.
    pub fn set_enum(&mut self, field: FieldId, value: Name) {
        if value.is_present() {
            self.set(field, FieldType::Enum, u64::from(value.0));
        }
    }

    /// Sets a [`FieldType::Name`] field; an absent name leaves the field absent.
    pub fn set_name(&mut self, field: FieldId, value: Name) {
        if value.is_present() {
            self.set(field, FieldType::Name, u64::from(value.0));
        }
    }

    /// Sets a [`FieldType::Phone`] field; an absent number leaves the field absent.
    pub fn set_phone(&mut self, field: FieldId, value: Number) {
        if value.is_present() {
            self.set(field, FieldType::Phone, value.0);
        }
    }

    /// Sets a [`FieldType::Text`] field; empty text leaves it absent. Setting twice keeps both copies in the arena.
    pub fn set_text(&mut self, field: FieldId, value: &str) {
        if !value.is_empty() {
            let start = self.texts.len() as u64;
            self.texts.push_str(value);
            self.set(field, FieldType::Text, (start << 32) | value.len() as u64);
        }
    }

    /// Reads a [`FieldType::Bool`] field.
    #[inline]
    pub fn bool(&self, field: FieldId) -> bool {
        self.slot(field) != 0
    }

    /// Reads a [`FieldType::U32`] field.
    #[inline]
    pub fn u32(&self, field: FieldId) -> u32 {
        self.slot(field) as u32
    }

    /// Reads a [`FieldType::Int`] or [`FieldType::Millis`] field.
    #[inline]
    pub fn int(&self, field: FieldId) -> i64 {
        self.slot(field) as i64
    }

    /// Reads a [`FieldType::Float`] field.
    #[inline]
    pub fn float(&self, field: FieldId) -> f64 {
        f64::from_bits(self.slot(field))
    }

    /// Reads a [`FieldType::Name`] or [`FieldType::Enum`] field.
    #[inline]
    pub fn name(&self, field: FieldId) -> Name {
        Name(self.slot(field) as u32)
    }

    /// Reads a [`FieldType::Phone`] field.
    #[inline]
    pub fn phone(&self, field: FieldId) -> Number {
        Number(self.slot(field))
    }

    /// Reads a [`FieldType::Text`] field.
    pub fn text(&self, field: FieldId) -> &str {
        debug_assert_eq!(field.field().ty, FieldType::Text);
        let slot = self.slot(field);
        let start = (slot >> 32) as usize;
        &self.texts[start..start + (slot as u32) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_clear_forgets_them() {
        let mut event = Event::default();
        event.set_text(FieldId::call_id, "SSE1@host");
        event.set_text(FieldId::correlation_id, "ñandú");
        event.set_int(FieldId::local_offset, -300);
        event.set_float(FieldId::caller_reputation_score, 3.5);
        event.set_name(FieldId::location, Name::ABSENT);
        assert_eq!(event.text(FieldId::correlation_id), "ñandú");
        assert_eq!(event.text(FieldId::call_id), "SSE1@host");
        assert_eq!(event.int(FieldId::local_offset), -300);
        assert_eq!(event.float(FieldId::caller_reputation_score), 3.5);
        assert!(!event.has(FieldId::location));
        event.clear();
        assert_eq!(event.present(), FieldSet::NONE);
        assert_eq!(event.text(FieldId::call_id), "");
    }

    #[test]
    fn kinds_have_names() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_name(kind.name()), Some(kind));
            assert_eq!(kind.handle(), Name::known(kind.name()));
        }
    }
}
