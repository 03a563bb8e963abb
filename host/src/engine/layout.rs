//! Packed rows: the fields some detector asked for, and nothing else.
//!
//! Owns the byte form in which events wait between reading and detection: about 100 bytes instead of the
//! 1 KB of an [`Event`], so that a chunk stays in cache and a spill file stays small. Does not own order or files.

use model::fields::FIELD_COUNT;
use model::{Event, EventKind, FieldId, FieldSet, FieldType, Millis, RecordId};
use rules::Fields;

/// Where each field lies in a packed row.
#[derive(Clone, Debug)]
pub struct Layout {
    fields: FieldSet,
    /// Byte offset of a field, or `ABSENT`.
    offsets: [u16; FIELD_COUNT],
    packed: Vec<(FieldId, u16)>,
    /// Bytes before the texts.
    stride: usize,
    /// Whether rows say which fields are absent.
    has_presence: bool,
}

const ABSENT: u16 = u16::MAX;
/// Every row starts with report time, identity and kind: what ordering and routing need.
const REPORT_AT: usize = 0;
const ID_AT: usize = 8;
const KIND_AT: usize = 24;
const HEADER: usize = 25;
/// After the header, in rows for rules: a bit for each field that has a value. To a plugin absent and 0 are one.
const PRESENCE_AT: usize = HEADER;
const PRESENCE: usize = 16;

impl Layout {
    /// A layout that holds `fields`, and the header in any case.
    pub fn new(fields: FieldSet) -> Layout {
        Layout::make(fields, false)
    }

    /// The same, with which fields have a value: for [`Fields`].
    pub fn with_presence(fields: FieldSet) -> Layout {
        Layout::make(fields, true)
    }

    fn make(fields: FieldSet, has_presence: bool) -> Layout {
        let stride = HEADER + if has_presence { PRESENCE } else { 0 };
        let mut layout =
            Layout { fields, offsets: [ABSENT; FIELD_COUNT], packed: Vec::new(), stride, has_presence };
        for field in fields.iter() {
            if matches!(field, FieldId::record_id | FieldId::report_time) {
                continue;
            }
            layout.offsets[field as usize] = layout.stride as u16;
            layout.packed.push((field, layout.stride as u16));
            layout.stride += width(field.field().ty);
        }
        layout
    }

    /// The fields it holds.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Appends the event's packed row to `out`.
    pub fn pack(&self, event: &Event, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.stride, 0);
        let mut text_at = 0u32;
        for (field, offset) in &self.packed {
            let at = start + *offset as usize;
            match field.field().ty {
                FieldType::Bool => out[at] = event.slot(*field) as u8,
                FieldType::U32 | FieldType::Enum | FieldType::Name => {
                    out[at..at + 4].copy_from_slice(&(event.slot(*field) as u32).to_le_bytes());
                }
                FieldType::Text => {
                    let text = event.text(*field);
                    out[at..at + 4].copy_from_slice(&text_at.to_le_bytes());
                    out[at + 4..at + 8].copy_from_slice(&(text.len() as u32).to_le_bytes());
                    out.extend_from_slice(text.as_bytes());
                    text_at += text.len() as u32;
                }
                FieldType::Id => {}
                FieldType::Int | FieldType::Float | FieldType::Millis | FieldType::Phone => {
                    out[at..at + 8].copy_from_slice(&event.slot(*field).to_le_bytes());
                }
            }
        }
        let row = &mut out[start..];
        row[REPORT_AT..REPORT_AT + 8].copy_from_slice(&event.int(FieldId::report_time).to_le_bytes());
        row[ID_AT..ID_AT + 16].copy_from_slice(&event.id.0.to_le_bytes());
        row[KIND_AT] = event.kind as u8;
        if self.has_presence {
            let present = event.present().bits() & self.fields.bits();
            row[PRESENCE_AT..PRESENCE_AT + PRESENCE].copy_from_slice(&present.to_le_bytes());
        }
    }
}

fn width(ty: FieldType) -> usize {
    match ty {
        FieldType::Bool => 1,
        FieldType::U32 | FieldType::Enum | FieldType::Name => 4,
        FieldType::Id => 0,
        FieldType::Int | FieldType::Float | FieldType::Millis | FieldType::Phone | FieldType::Text => 8,
    }
}

/// One packed row with the layout that reads it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// How it is packed.
    pub layout: &'a Layout,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// When the record was made.
    #[inline]
    pub fn report_time(self) -> Millis {
        report_time(self.bytes)
    }

    /// Identity of the record.
    #[inline]
    pub fn id(self) -> RecordId {
        record_id(self.bytes)
    }

    /// What happened.
    #[inline]
    pub fn kind(self) -> EventKind {
        EventKind::ALL.get(self.bytes[KIND_AT] as usize).copied().unwrap_or_default()
    }

    #[inline]
    fn at(self, field: FieldId) -> Option<usize> {
        let offset = self.layout.offsets[field as usize];
        (offset != ABSENT).then_some(offset as usize)
    }

    /// Reads a boolean; false if absent or not in the layout.
    #[inline]
    pub fn bool(self, field: FieldId) -> bool {
        self.at(field).is_some_and(|at| self.bytes[at] != 0)
    }

    /// Reads a number, name or enumeration; 0 if absent or not in the layout.
    #[inline]
    pub fn u32(self, field: FieldId) -> u32 {
        self.at(field).map_or(0, |at| u32::from_le_bytes(array(&self.bytes[at..at + 4])))
    }

    /// Reads an eight-byte value; 0 if absent or not in the layout.
    #[inline]
    pub fn u64(self, field: FieldId) -> u64 {
        if field == FieldId::report_time {
            return self.report_time() as u64;
        }
        self.at(field).map_or(0, |at| u64::from_le_bytes(array(&self.bytes[at..at + 8])))
    }

    /// Reads a text; empty if absent or not in the layout.
    pub fn text(self, field: FieldId) -> &'a str {
        let Some(at) = self.at(field) else { return "" };
        let start = u32::from_le_bytes(array(&self.bytes[at..at + 4])) as usize;
        let len = u32::from_le_bytes(array(&self.bytes[at + 4..at + 8])) as usize;
        let texts = &self.bytes[self.layout.stride..];
        texts.get(start..start + len).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("")
    }
}

impl Fields for Row<'_> {
    #[inline]
    fn kind(&self) -> EventKind {
        Row::kind(*self)
    }

    #[inline]
    fn id(&self) -> RecordId {
        Row::id(*self)
    }

    /// Fields of the layout that have a value; none in a layout without presence.
    #[inline]
    fn present(&self) -> FieldSet {
        if !self.layout.has_presence {
            return FieldSet::NONE;
        }
        let bits = array(&self.bytes[PRESENCE_AT..PRESENCE_AT + PRESENCE]);
        FieldSet::from_bits(u128::from_le_bytes(bits))
    }

    #[inline]
    fn slot(&self, field: FieldId) -> u64 {
        match width(field.field().ty) {
            1 => u64::from(self.bool(field)),
            4 => u64::from(self.u32(field)),
            8 => self.u64(field),
            _ => 0,
        }
    }

    fn text(&self, field: FieldId) -> &str {
        Row::text(*self, field)
    }
}

/// Report time of a packed row.
#[inline]
pub fn report_time(bytes: &[u8]) -> Millis {
    i64::from_le_bytes(array(&bytes[REPORT_AT..REPORT_AT + 8]))
}

/// Identity of a packed row.
#[inline]
pub fn record_id(bytes: &[u8]) -> RecordId {
    RecordId(u128::from_le_bytes(array(&bytes[ID_AT..ID_AT + 16])))
}

#[inline]
fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Name, Number};
    use proptest::prelude::*;

    fn event_with(present: u128, value: u64) -> Event {
        let mut event = Event::default();
        event.id = RecordId(u128::from(value));
        for field in FieldSet::from_bits(present).iter() {
            match field.field().ty {
                FieldType::Id => {}
                FieldType::Bool => event.set_bool(field, value % 2 == 1),
                FieldType::U32 => event.set_u32(field, value as u32),
                FieldType::Int => event.set_int(field, value as i64),
                FieldType::Float => event.set_float(field, f64::from_bits(value)),
                FieldType::Millis => event.set_millis(field, value as i64),
                FieldType::Enum => event.set_enum(field, Name(value as u32)),
                FieldType::Name => event.set_name(field, Name(value as u32)),
                FieldType::Phone => event.set_phone(field, Number(value)),
                FieldType::Text => event.set_text(field, &value.to_string()),
            }
        }
        event
    }

    proptest! {
        #[test]
        fn to_rules_a_row_is_what_the_event_was(
            wanted in any::<u128>(), present in any::<u128>(), value in prop_oneof![Just(0), any::<u64>()],
        ) {
            let event = event_with(present, value);
            let layout = Layout::with_presence(FieldSet::from_bits(wanted));
            let mut bytes = Vec::new();
            layout.pack(&event, &mut bytes);
            let row = Row { layout: &layout, bytes: &bytes };
            prop_assert_eq!(Fields::present(&row).bits(), event.present().bits() & layout.fields().bits());
            for field in layout.fields().iter() {
                if field.field().ty == FieldType::Text {
                    prop_assert_eq!(Fields::text(&row, field), event.text(field));
                } else {
                    prop_assert_eq!(row.slot(field), event.slot(field), "{}", field.field().name);
                }
            }
        }
    }

    #[test]
    fn rows_give_back_what_was_packed() {
        let fields = [
            FieldId::record_id,
            FieldId::start_time,
            FieldId::answered,
            FieldId::user,
            FieldId::called_number,
            FieldId::call_id,
            FieldId::calling_line_id,
            FieldId::duration,
            FieldId::report_time,
        ];
        let layout = Layout::new(fields.into_iter().collect());
        let mut event = Event::default();
        event.kind = EventKind::SignIn;
        event.id = RecordId(7 << 90);
        event.set_millis(FieldId::report_time, -5);
        event.set_millis(FieldId::start_time, 1_700_000_000_000);
        event.set_bool(FieldId::answered, true);
        event.set_name(FieldId::user, Name(4711));
        event.set_phone(FieldId::called_number, Number::from_e164(34_911_234_567).unwrap());
        event.set_text(FieldId::calling_line_id, "ñ");
        event.set_text(FieldId::call_id, "abc");
        let mut bytes = vec![1, 2, 3];
        layout.pack(&event, &mut bytes);
        let row = Row { layout: &layout, bytes: &bytes[3..] };
        assert_eq!((row.report_time(), row.id(), row.kind()), (-5, RecordId(7 << 90), EventKind::SignIn));
        assert_eq!(row.u64(FieldId::report_time) as i64, -5);
        assert_eq!(row.u64(FieldId::start_time), 1_700_000_000_000);
        assert!(row.bool(FieldId::answered));
        assert_eq!(row.u32(FieldId::user), 4711);
        assert_eq!(Number(row.u64(FieldId::called_number)).e164(), Some(34_911_234_567));
        assert_eq!((row.text(FieldId::call_id), row.text(FieldId::calling_line_id)), ("abc", "ñ"));
        assert_eq!(row.u32(FieldId::duration), 0);
        assert_eq!(row.u32(FieldId::location), 0, "not in the layout");
    }
}
