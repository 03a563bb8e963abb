//! Raw record to event, by the field table.
//!
//! Owns what a value means: absence, conversion, open enumerations, derived fields, and which records are bad. Does
//! not own where records come from (`source`) nor reading numbers as such (`model::numbering`). A normaliser is
//! used by one thread: it remembers names, places and extensions it has met.

mod enums;
mod fault;
mod keys;
mod numbers;
mod place;
mod record;
mod scalar;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use model::fields::FIELD_COUNT;
use model::{Event, EventKind, FieldId, FieldSet, FieldType, Millis, Name, NameTable, NumberKind, RecordId};
use rustc_hash::FxHashMap;

use crate::directory::Directory;
use enums::{Enums, cut};
use numbers::{Numbers, Read};
use place::Places;
use scalar::{EARLIEST, LATEST, present};

pub(crate) use fault::shorten;
pub use fault::{Fault, FaultKind};
pub use keys::look_up as field_of_key;
pub use record::{Key, MAX_KEYS, Record, Value};

/// Names remembered per thread: users, devices, locations of a large organisation; some 100 bytes each.
const REMEMBERED_NAMES: usize = 262_144;
/// Longest text kept in an event: SIP identities have at most some 300 bytes. The raw record keeps everything.
const MAX_TEXT_BYTES: usize = 4096;
/// Distinct unknown keys counted by name; more are counted together under [`OTHER_KEYS`].
pub const MAX_UNKNOWN_KEYS: usize = 200;
/// The name under which unknown keys beyond the limit are counted.
pub const OTHER_KEYS: &str = "…";
/// Largest believable offset from UTC in minutes: Kiribati has 14 hours.
const MAX_OFFSET: i64 = 18 * 60;
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

/// Positions of the fields' values in a record, plus one; 0 is absent.
type Slots = [u16; FIELD_COUNT];

/// Derived fields of one of the two parties.
struct Party {
    number: FieldId,
    class: FieldId,
    country: FieldId,
    ours: FieldId,
    /// Direction of records in which this party is the record's owner.
    own_side: Name,
}

const CALLING: Party = Party {
    number: FieldId::calling_number,
    class: FieldId::calling_class,
    country: FieldId::calling_country,
    ours: FieldId::calling_ours,
    own_side: Name::known("ORIGINATING"),
};
const CALLED: Party = Party {
    number: FieldId::called_number,
    class: FieldId::called_class,
    country: FieldId::called_country,
    ours: FieldId::called_ours,
    own_side: Name::known("TERMINATING"),
};

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
                || [CALLING, CALLED].iter().any(|p| [p.class, p.country, p.ours].contains(&id))
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
            event.set_enum(FieldId::event, Name::known(event.kind.name()));
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

    /// Fields that depend on the place, and those made of several others.
    fn derive(&mut self, raw: &Raw<'_>, event: &mut Event) -> Result<(), Fault> {
        let wants = |field| self.wanted.contains(field);
        let location = raw.text(FieldId::location)?.unwrap_or_default();
        let at = self
            .places
            .find(location, &self.directory, &self.names)
            .map_err(|_| full(FieldId::location, location))?;
        let place = self.places.get(at);

        if wants(FieldId::zone) {
            event.set_name(FieldId::zone, place.zone);
        }
        if wants(FieldId::local_offset) {
            let offset = place.utc_offset(event.int(FieldId::start_time)).map(i64::from);
            let stated = raw.int(FieldId::site_offset)?.filter(|m| m.abs() <= MAX_OFFSET);
            if let Some(minutes) = offset.or(stated) {
                event.set_int(FieldId::local_offset, minutes);
            }
        }
        let mut fallback = Name::ABSENT;
        if !place.country.is_present() {
            for field in [FieldId::site_main_number, FieldId::user_number] {
                if let Some(text) = raw.text(field)?.filter(|t| !fallback.is_present() && t.starts_with('+'))
                {
                    fallback = country_of(text);
                }
            }
        }
        let home = place.home(fallback);
        if wants(FieldId::country) {
            event.set_name(FieldId::country, home.country);
        }

        let numbers = &mut self.numbers;
        for field in &self.phones {
            if let Some(text) = raw.text(*field)? {
                event.set_phone(*field, numbers.number(text, &home, at));
            }
        }
        let owner = raw
            .text(FieldId::user_number)?
            .map_or(model::Number::ABSENT, |text| numbers.number(text, &home, at));
        let mut read = |field| -> Result<Read, Fault> {
            Ok(raw.text(field)?.map_or_else(Read::default, |text| numbers.read(text, &home, at)))
        };
        let mut enumeration = |field| -> Result<Name, Fault> {
            match raw.text(field)? {
                None => Ok(Name::ABSENT),
                Some(text) => self.enums.read(&self.names, field, text).map_err(|_| full(field, text)),
            }
        };
        for party in [&CALLING, &CALLED] {
            if ![party.number, party.class, party.country, party.ours].into_iter().any(wants) {
                continue;
            }
            let seen = read(party.number)?;
            if wants(party.number) {
                event.set_phone(party.number, seen.number);
            }
            if !seen.number.is_present() {
                continue;
            }
            let own_side = seen.number == owner
                && owner.kind() == NumberKind::E164
                && enumeration(FieldId::direction)? == party.own_side;
            let ours = own_side || self.directory.is_ours(seen.number);
            let class = numbers::class(seen, ours, enumeration(FieldId::call_type)?);
            if wants(party.class) {
                event.set_enum(party.class, class);
            }
            if wants(party.country) {
                event.set_name(party.country, seen.country);
            }
            if wants(party.ours) {
                event.set_bool(party.ours, class == Name::known("internal"));
            }
        }
        if [FieldId::forward_to, FieldId::forward_class, FieldId::forward_country].into_iter().any(wants) {
            let seen = read(FieldId::forward_to)?;
            let ours = self.directory.is_ours(seen.number);
            if wants(FieldId::forward_to) {
                event.set_phone(FieldId::forward_to, seen.number);
            }
            if wants(FieldId::forward_class) {
                event.set_enum(FieldId::forward_class, numbers::class(seen, ours, Name::ABSENT));
            }
            if wants(FieldId::forward_country) {
                event.set_name(FieldId::forward_country, seen.country);
            }
        }
        if wants(FieldId::user) {
            let user = self.user(raw, owner)?;
            event.set_name(FieldId::user, user);
        }
        Ok(())
    }

    /// The subject of user findings: the owner's identity, else the best stand-in the record has.
    fn user(&mut self, raw: &Raw<'_>, number: model::Number) -> Result<Name, Fault> {
        use std::fmt::Write as _;
        if let Some(uuid) = raw.text(FieldId::user_uuid)? {
            return self.name(FieldId::user, uuid);
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        let trunk = || -> Result<Option<&str>, Fault> {
            let gateway =
                raw.text(FieldId::user_type)?.is_some_and(|t| t.eq_ignore_ascii_case("LocalGateway"));
            if !gateway {
                return Ok(None);
            }
            Ok(raw.text(FieldId::inbound_trunk)?.or(raw.text(FieldId::outbound_trunk)?))
        };
        if number.is_present() {
            // Writing to a string cannot fail.
            let _ = write!(text, "number:{number}");
        } else if let Some(trunk) = trunk()? {
            text.push_str("trunk:");
            text.push_str(trunk);
        } else if let Some(display) = raw.text(FieldId::user_name)? {
            text.push_str("name:");
            text.push_str(display);
        }
        let name = self.name(FieldId::user, &text);
        self.scratch = text;
        name
    }
}

fn full(field: FieldId, text: &str) -> Fault {
    Fault::in_field(field, text, FaultKind::TooManyNames)
}

fn country_of(text: &str) -> Name {
    let number = model::numbering::parse(text, &model::numbering::Home::default());
    model::numbering::describe(number).0
}

/// A value as text; JSON numbers count as their digits.
#[inline]
fn text_of<'v>(field: FieldId, value: &'v Value<'_>) -> Result<Option<&'v str>, Fault> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(present(text)),
        Value::Number(raw) => Ok(Some(raw)),
        Value::Bool(b) => Err(Fault::in_field(field, if *b { "true" } else { "false" }, FaultKind::NotText)),
        Value::Nested(raw) => Err(Fault::in_field(field, raw, FaultKind::NotText)),
    }
}

/// A record's values by field.
struct Raw<'a> {
    slots: &'a Slots,
    values: &'a [Value<'a>],
}

impl<'a> Raw<'a> {
    #[inline]
    fn value(&self, field: FieldId) -> Option<&'a Value<'a>> {
        let slot = self.slots[field as usize];
        self.values.get(usize::from(slot).wrapping_sub(1))
    }

    #[inline]
    fn text(&self, field: FieldId) -> Result<Option<&'a str>, Fault> {
        self.value(field).map_or(Ok(None), |v| text_of(field, v))
    }

    fn time(&self, field: FieldId) -> Result<Option<Millis>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let at = scalar::time(text).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotATime))?;
        if (EARLIEST..LATEST).contains(&at) {
            Ok(Some(at))
        } else {
            Err(Fault::in_field(field, text, FaultKind::TimeOutOfRange))
        }
    }

    fn int(&self, field: FieldId) -> Result<Option<i64>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        scalar::whole(text).map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotAWholeNumber))
    }

    fn u32(&self, field: FieldId) -> Result<Option<u32>, Fault> {
        let Some(value) = self.int(field)? else { return Ok(None) };
        u32::try_from(value)
            .map(Some)
            .map_err(|_| Fault::in_field(field, &value.to_string(), FaultKind::NotAWholeNumber))
    }

    fn float(&self, field: FieldId) -> Result<Option<f64>, Fault> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        let value = text.parse().ok().filter(|f: &f64| f.is_finite());
        value.map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotANumber))
    }

    fn boolean(&self, field: FieldId) -> Result<Option<bool>, Fault> {
        let Some(value) = self.value(field) else { return Ok(None) };
        if let Value::Bool(b) = value {
            return Ok(Some(*b));
        }
        let Some(text) = text_of(field, value)? else { return Ok(None) };
        scalar::boolean(text).map(Some).ok_or_else(|| Fault::in_field(field, text, FaultKind::NotABoolean))
    }
}
