//! What rules read: the fields of a call record, and what its time means at its place.
//!
//! Owns the view that the host gives of a record. Does not own records (`model`) or the directory (the host's).

use std::fmt;
use std::sync::Arc;

use model::{EventKind, FieldId, FieldSet, Millis, Name, NameTable, RecordId};

/// A record as rules see it. Slots hold what `model::Event` holds: see there for the reading by type.
pub trait Fields {
    /// What happened.
    fn kind(&self) -> EventKind;
    /// Identity, equal for every delivery.
    fn id(&self) -> RecordId;
    /// Fields that have a value.
    fn present(&self) -> FieldSet;
    /// A field's slot, 0 if absent.
    fn slot(&self, field: FieldId) -> u64;
    /// A [`model::fields::FieldType::Text`] field; empty if absent.
    fn text(&self, field: FieldId) -> &str;

    /// When it happened.
    fn start(&self) -> Millis {
        self.slot(FieldId::start_time) as i64
    }

    /// When it was reported.
    fn report(&self) -> Millis {
        self.slot(FieldId::report_time) as i64
    }
}

impl Fields for model::Event {
    fn kind(&self) -> EventKind {
        self.kind
    }

    fn id(&self) -> RecordId {
        self.id
    }

    fn present(&self) -> FieldSet {
        model::Event::present(self)
    }

    fn slot(&self, field: FieldId) -> u64 {
        model::Event::slot(self, field)
    }

    fn text(&self, field: FieldId) -> &str {
        model::Event::text(self, field)
    }
}

/// What the directory knows of a location's time. `local` is local time in milliseconds since 1970-01-01T00:00 there.
pub trait Places: Send + Sync {
    /// Whether the local day is a holiday; false if the location is not known.
    fn is_holiday(&self, location: Name, local: Millis) -> bool;
    /// Whether business hours run; none if the location's hours are not known.
    fn is_business_hour(&self, location: Name, local: Millis) -> Option<bool>;
    /// Minutes to add to a UTC time for local time in an IANA zone; none if there is no such zone.
    fn offset_minutes(&self, zone: &str, at: Millis) -> Option<i64>;
}

/// A directory that knows no location.
impl Places for () {
    fn is_holiday(&self, _: Name, _: Millis) -> bool {
        false
    }

    fn is_business_hour(&self, _: Name, _: Millis) -> Option<bool> {
        None
    }

    fn offset_minutes(&self, _: &str, _: Millis) -> Option<i64> {
        None
    }
}

/// What a record's handles stand for, and what is known of its places: the same for all records while a policy lasts.
#[derive(Clone)]
pub struct World {
    /// Texts of names.
    pub names: Arc<NameTable>,
    /// Times at locations.
    pub places: Arc<dyn Places>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("names", &self.names.len()).finish_non_exhaustive()
    }
}

/// A field that is made from others when a rule asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Virtual {
    /// Hour of the local day, 0 to 23.
    LocalHour,
    /// Minute of the local day, 0 to 1439.
    LocalMinute,
    /// Day of the week, `mon` to `sun`.
    LocalWeekday,
    /// Local date, `2026-11-23`.
    LocalDate,
    /// Whether it is a holiday at the location.
    Holiday,
    /// Whether the location's business hours run; absent if they are not known.
    BusinessHours,
}

impl Virtual {
    /// All of them.
    pub const ALL: [Virtual; 6] = [
        Virtual::LocalHour,
        Virtual::LocalMinute,
        Virtual::LocalWeekday,
        Virtual::LocalDate,
        Virtual::Holiday,
        Virtual::BusinessHours,
    ];

    /// Its name in rules and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Virtual::LocalHour => "local_hour",
            Virtual::LocalMinute => "local_minute",
            Virtual::LocalWeekday => "local_weekday",
            Virtual::LocalDate => "local_date",
            Virtual::Holiday => "holiday",
            Virtual::BusinessHours => "business_hours",
        }
    }

    /// The fields it is made from.
    pub fn sources(self) -> FieldSet {
        let mut fields = FieldSet::NONE;
        fields.insert(FieldId::start_time);
        fields.insert(FieldId::local_offset);
        if matches!(self, Virtual::Holiday | Virtual::BusinessHours) {
            fields.insert(FieldId::location);
        }
        fields
    }
}

/// A field that a rule about calls may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// A line of the field table.
    Table(FieldId),
    /// A derived one.
    Virtual(Virtual),
}

impl Field {
    /// By its name in the field table, a Webex key (`Called number`, whatever its capitals), or a derived field's name.
    pub fn from_name(name: &str) -> Option<Field> {
        if let Some(id) = FieldId::from_name(name) {
            return Some(Field::Table(id));
        }
        if let Some(derived) = Virtual::ALL.into_iter().find(|v| v.name() == name) {
            return Some(Field::Virtual(derived));
        }
        FieldId::all()
            .find(|f| f.webex_key.is_some_and(|key| key.eq_ignore_ascii_case(name)))
            .map(|f| Field::Table(f.id))
    }

    /// Its name in the field table.
    pub fn name(self) -> &'static str {
        match self {
            Field::Table(id) => id.field().name,
            Field::Virtual(derived) => derived.name(),
        }
    }

    /// Lines of the field table that it reads.
    pub fn sources(self) -> FieldSet {
        match self {
            Field::Table(id) => [id].into_iter().collect(),
            Field::Virtual(derived) => derived.sources(),
        }
    }
}
