//! Raw record to event, by the field table.
//!
//! Owns what a value means: absence, conversion, open enumerations, derived fields, and which records are bad. Does
//! not own where records come from (`source`) nor reading numbers as such (`model::numbering`). A normaliser is
//! used by one thread: it remembers names, places and extensions it has met.

mod codes;
mod derive;
mod enums;
mod fault;
mod keys;
mod numbers;
mod place;
mod raw;
mod record;
mod scalar;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::fields::FIELD_COUNT;
use model::{Event, EventKind, FieldId, FieldSet, FieldType, Millis, Name, NameTable, RecordId};
use rustc_hash::FxHashMap;

use crate::directory::Directory;
use enums::{Enums, cut};
use numbers::Numbers;
use place::Places;
use raw::{Raw, Slots, text_of};

pub(crate) use fault::shorten;
pub use fault::{Fault, FaultKind};
pub use keys::{look_up as field_of_key, record_key};
pub use record::{Key, MAX_KEYS, Record, Value};

/// Names remembered per thread: users, devices, locations of a large organisation; some 100 bytes each.
const REMEMBERED_NAMES: usize = 262_144;
/// Longest text kept in an event: SIP identities have at most some 300 bytes. The raw record keeps everything.
const MAX_TEXT_BYTES: usize = 4096;
/// Distinct unknown keys counted by name; more are counted together under [`OTHER_KEYS`].
pub const MAX_UNKNOWN_KEYS: usize = 200;
/// The name under which unknown keys beyond the limit are counted.
pub const OTHER_KEYS: &str = "…";
/// How far a release may lie before the start: clocks of two systems differ by seconds, never by a day.
const MAX_BACKWARDS: Millis = 24 * 3_600_000;

/// Makes events of records; one per thread.
#[derive(Debug)]
pub struct Normalizer {
    names: Arc<NameTable>,
    directory: Arc<Directory>,
    wanted: FieldSet,
    /// Fields copied from one key, in the order of conversion.
    copied: Vec<(FieldId, FieldType)>,
    /// Telephone numbers copied from one key.
    phones: Vec<FieldId>,
    /// Whether any field that depends on the location is wanted.
    needs_place: bool,
    known: FxHashMap<Box<str>, Name>,
    enums: Enums,
    places: Places,
    numbers: Numbers,
    unknown_keys: FxHashMap<Box<str>, u64>,
    scratch: String,
}

/// The fields whose values in a record decide on `wanted`, for readers who know that the rest is sound, because it was
/// normalised before. A record of which only these are read gives the same event.
pub fn sources(wanted: FieldSet) -> FieldSet {
    derive::SOURCES.into_iter().collect::<FieldSet>().union(wanted)
}

impl Normalizer {
    /// `wanted` are the fields events get; identity, start and report time always.
    pub fn new(names: Arc<NameTable>, directory: Arc<Directory>, wanted: FieldSet) -> Normalizer {
        // Times, numbers and booleans are always checked, so that a record is good or bad whoever looks at it.
        let checked = |ty| {
            matches!(
                ty,
                FieldType::U32 | FieldType::Int | FieldType::Float | FieldType::Bool | FieldType::Millis
            )
        };
        let handled = [
            FieldId::record_id,
            FieldId::start_time,
            FieldId::report_time,
            FieldId::release_time,
            FieldId::event,
            FieldId::calling_number,
            FieldId::called_number,
            FieldId::forward_to,
        ];
        let (phones, copied): (Vec<_>, Vec<_>) = FieldId::all()
            .filter(|f| f.webex_key.is_some() || keys::is_event_key(f.id))
            .filter(|f| !handled.contains(&f.id))
            .filter(|f| wanted.contains(f.id) || checked(f.ty))
            .map(|f| (f.id, f.ty))
            .partition(|(_, ty)| *ty == FieldType::Phone);
        let needs_place = wanted.iter().any(|id| {
            id.field().ty == FieldType::Phone
                || matches!(id, FieldId::user | FieldId::country | FieldId::zone | FieldId::local_offset)
                || matches!(id, FieldId::forward_class | FieldId::forward_country)
                || [derive::CALLING, derive::CALLED]
                    .iter()
                    .any(|p| [p.class, p.country, p.ours].contains(&id))
        });
        Normalizer {
            names,
            directory,
            wanted,
            copied,
            phones: phones.into_iter().map(|(id, _)| id).collect(),
            needs_place,
            known: FxHashMap::default(),
            enums: Enums::default(),
            places: Places::default(),
            numbers: Numbers::default(),
            unknown_keys: FxHashMap::default(),
            scratch: String::new(),
        }
    }

    /// The fields that events get.
    pub fn wanted(&self) -> FieldSet {
        self.wanted
    }

    /// Unknown keys met so far and in how many records, which are forgotten.
    pub fn take_unknown_keys(&mut self) -> BTreeMap<String, u64> {
        self.unknown_keys.drain().map(|(key, count)| (key.into(), count)).collect()
    }

    /// Fills `event`, whatever was in it, from a record.
    ///
    /// # Errors
    /// When the record cannot be used; the event is then incomplete.
    pub fn normalize(&mut self, record: &Record<'_>, event: &mut Event) -> Result<(), Fault> {
        event.clear();
        let slots = self.slots(record);
        let raw = Raw { slots: &slots, values: record.values() };
        event.kind = match raw.text(FieldId::event)? {
            None => EventKind::Call,
            Some(text) => EventKind::from_name(&text.to_ascii_lowercase())
                .ok_or_else(|| Fault::in_field(FieldId::event, text, FaultKind::UnknownEvent))?,
        };
        if event.kind == EventKind::Call {
            self.count_event_keys(record);
        }
        let id = raw
            .text(FieldId::record_id)?
            .ok_or_else(|| Fault::in_field(FieldId::record_id, "", FaultKind::Missing))?;
        event.id = RecordId::from_text(id).0;
        self.times(&raw, event)?;
        self.copy(&raw, event)?;
        if self.wanted.contains(FieldId::event) {
            event.set_enum(FieldId::event, event.kind.handle());
        }
        if self.needs_place {
            self.derive(&raw, event)?;
        }
        Ok(())
    }

    fn slots(&mut self, record: &Record<'_>) -> Slots {
        let mut slots = [0; FIELD_COUNT];
        for (i, key) in record.keys().iter().enumerate() {
            match key.field {
                // The last of equal keys wins.
                Some(field) => slots[field as usize] = u16::try_from(i + 1).unwrap_or(0),
                None => self.count_unknown(&key.name),
            }
        }
        slots
    }

    fn count_event_keys(&mut self, record: &Record<'_>) {
        for key in record.keys() {
            if key.field.is_some_and(|f| f >= FieldId::forward_mode) {
                self.count_unknown(&key.name);
            }
        }
    }

    fn count_unknown(&mut self, key: &str) {
        if let Some(count) = self.unknown_keys.get_mut(key) {
            *count += 1;
            return;
        }
        let key =
            if self.unknown_keys.len() < MAX_UNKNOWN_KEYS { shorten(key) } else { OTHER_KEYS.to_owned() };
        *self.unknown_keys.entry(key.into()).or_default() += 1;
    }

    fn times(&self, raw: &Raw<'_>, event: &mut Event) -> Result<(), Fault> {
        let start = raw
            .time(FieldId::start_time)?
            .ok_or_else(|| Fault::in_field(FieldId::start_time, "", FaultKind::Missing))?;
        let release = raw.time(FieldId::release_time)?;
        if let Some(release) = release {
            if release < start - MAX_BACKWARDS {
                let text = raw.text(FieldId::release_time)?.unwrap_or_default();
                return Err(Fault::in_field(FieldId::release_time, text, FaultKind::ReleasedBeforeStart));
            }
            if self.wanted.contains(FieldId::release_time) {
                event.set_millis(FieldId::release_time, release);
            }
        }
        let report = match (raw.time(FieldId::report_time)?, release) {
            (Some(report), _) => report,
            (None, Some(release)) => release,
            (None, None) => {
                start + raw.u32(FieldId::duration)?.map_or(0, |seconds| i64::from(seconds) * 1000)
            }
        };
        event.set_millis(FieldId::start_time, start);
        event.set_millis(FieldId::report_time, report);
        Ok(())
    }

    /// Fields that are one value converted.
    fn copy(&mut self, raw: &Raw<'_>, event: &mut Event) -> Result<(), Fault> {
        for i in 0..self.copied.len() {
            let (field, ty) = self.copied[i];
            let Some(value) = raw.value(field) else { continue };
            let wanted = self.wanted.contains(field);
            match ty {
                FieldType::Bool => {
                    if let Some(value) = raw.boolean(field)?.filter(|_| wanted) {
                        event.set_bool(field, value);
                    }
                }
                FieldType::U32 => {
                    if let Some(value) = raw.u32(field)?.filter(|_| wanted) {
                        event.set_u32(field, value);
                    }
                }
                FieldType::Int => {
                    if let Some(value) = raw.int(field)?.filter(|_| wanted) {
                        event.set_int(field, value);
                    }
                }
                FieldType::Float => {
                    if let Some(value) = raw.float(field)?.filter(|_| wanted) {
                        event.set_float(field, value);
                    }
                }
                FieldType::Millis => {
                    if let Some(value) = raw.time(field)?.filter(|_| wanted) {
                        event.set_millis(field, value);
                    }
                }
                FieldType::Enum => {
                    if let Some(text) = text_of(field, value)? {
                        let name = self.enums.read(&self.names, field, text);
                        event.set_enum(field, name.map_err(|_| full(field, text))?);
                    }
                }
                FieldType::Name => {
                    if let Some(text) = text_of(field, value)? {
                        let name = self.name(field, text)?;
                        event.set_name(field, name);
                    }
                }
                FieldType::Text => {
                    if let Some(text) = text_of(field, value)? {
                        event.set_text(field, cut(text, MAX_TEXT_BYTES));
                    }
                }
                // Telephone numbers need the place, and the identity is no slot.
                FieldType::Phone | FieldType::Id => {}
            }
        }
        Ok(())
    }

    fn name(&mut self, field: FieldId, text: &str) -> Result<Name, Fault> {
        if let Some(name) = self.known.get(text) {
            return Ok(*name);
        }
        let name = self.names.intern(text).map_err(|_| full(field, text))?;
        if self.known.len() >= REMEMBERED_NAMES {
            self.known.clear();
        }
        self.known.insert(text.into(), name);
        Ok(name)
    }
}

fn full(field: FieldId, text: &str) -> Fault {
    Fault::in_field(field, text, FaultKind::TooManyNames)
}
