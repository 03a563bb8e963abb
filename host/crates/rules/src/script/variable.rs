//! Variables of scripts: the field table, derived fields, and what is worked out from them.
//!
//! Owns names, types and the reading of a record. An absent field is `()`, but a field that is true or false is false when
//! absent, as in plugin columns: `!answered` would be an error otherwise. `present("answered")` tells the difference.

use std::sync::Arc;

use model::fields::FieldType;
use model::{FieldId, FieldSet, Millis, Name, NameTable, Number};
use rhai::{Dynamic, ImmutableString};

use super::check::Type;
use super::value::{Phone, Time, reserved};
use crate::matching::{self, Derived as Made, local_time};
use crate::record::{Field, Fields, Virtual, World};
use crate::sigma::ZoneBy;

/// A variable that is not a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derived {
    Minutes,
    Weekday,
    Weekend,
    OutsideHours,
}

impl Derived {
    const ALL: [(Derived, &'static str); 4] = [
        (Derived::Minutes, "minutes"),
        (Derived::Weekday, "weekday"),
        (Derived::Weekend, "weekend"),
        (Derived::OutsideHours, "outside_hours"),
    ];
}

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Field(Field),
    Derived(Derived),
}

impl Variable {
    pub(super) fn find(name: &str) -> Option<Variable> {
        if let Some(id) = FieldId::from_name(name) {
            return Some(Variable::Field(Field::Table(id)));
        }
        if let Some(derived) = Virtual::ALL.into_iter().find(|v| v.name() == name) {
            return Some(Variable::Field(Field::Virtual(derived)));
        }
        Derived::ALL.iter().find(|(_, n)| *n == name).map(|(derived, _)| Variable::Derived(*derived))
    }

    /// Every name there is.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        let fields = FieldId::all().map(|f| f.name);
        fields.chain(Virtual::ALL.map(Virtual::name)).chain(Derived::ALL.map(|(_, name)| name))
    }

    pub(super) fn ty(self) -> Type {
        match self {
            Variable::Field(Field::Table(id)) => match id.field().ty {
                FieldType::Bool => Type::Bool,
                FieldType::U32 | FieldType::Int | FieldType::Float => Type::Number,
                FieldType::Millis => Type::Time,
                FieldType::Id | FieldType::Enum | FieldType::Name | FieldType::Text => Type::Text,
                FieldType::Phone => Type::Phone,
            },
            Variable::Field(Field::Virtual(derived)) => match derived {
                Virtual::LocalHour | Virtual::LocalMinute => Type::Number,
                Virtual::LocalWeekday | Virtual::LocalDate => Type::Text,
                Virtual::Holiday | Virtual::BusinessHours => Type::Bool,
            },
            Variable::Derived(Derived::Minutes) => Type::Number,
            Variable::Derived(Derived::Weekday) => Type::Text,
            Variable::Derived(Derived::Weekend | Derived::OutsideHours) => Type::Bool,
        }
    }

    /// Lines of the field table that it reads.
    pub(super) fn sources(self) -> FieldSet {
        match self {
            Variable::Field(field) => field.sources(),
            Variable::Derived(Derived::Minutes) => [FieldId::duration].into_iter().collect(),
            Variable::Derived(Derived::Weekday | Derived::Weekend) => Virtual::LocalWeekday.sources(),
            Variable::Derived(Derived::OutsideHours) => Virtual::BusinessHours.sources(),
        }
    }
}

/// Local time of a record in a rule's zone, in milliseconds; none if it is not known.
pub(super) fn local(record: &impl Fields, world: &World, zone: &ZoneBy) -> Option<Millis> {
    let has_start = record.present().contains(FieldId::start_time);
    if has_start { local_time(zone, record.start(), record, world) } else { None }
}

/// Texts of names seen lately: a rule meets the same few over and over, and the table behind a lock is shared by all threads.
#[derive(Default)]
pub(super) struct Texts {
    table: Option<Arc<NameTable>>,
    seen: Vec<(Name, ImmutableString)>,
}

/// Places of [`Texts`]; a power of two.
const TEXTS: usize = 64;

impl Texts {
    fn get(&mut self, name: Name, names: &Arc<NameTable>) -> Dynamic {
        if let Some(text) = reserved(name) {
            return text.into();
        }
        if !self.table.as_ref().is_some_and(|table| Arc::ptr_eq(table, names)) {
            self.table = Some(names.clone());
            self.seen.clear();
            self.seen.resize(TEXTS, (Name::ABSENT, ImmutableString::new()));
        }
        let slot = name.0 as usize & (TEXTS - 1);
        match self.seen.get(slot) {
            Some((seen, text)) if *seen == name => text.clone().into(),
            _ => match names.resolve(name) {
                Some(text) => {
                    let text = ImmutableString::from(&*text);
                    if let Some(place) = self.seen.get_mut(slot) {
                        *place = (name, text.clone());
                    }
                    text.into()
                }
                None => Dynamic::UNIT,
            },
        }
    }
}

/// Value of a variable. `zone` is the rule's.
pub(super) fn read(
    variable: Variable,
    record: &impl Fields,
    world: &World,
    zone: &ZoneBy,
    texts: &mut Texts,
) -> Dynamic {
    let made = |field| matching::derived(field, Some(zone), record, world);
    match variable {
        Variable::Field(Field::Table(id)) => table(id, record, world, texts),
        Variable::Field(Field::Virtual(field @ (Virtual::Holiday | Virtual::BusinessHours))) => {
            (made(field) == Some(Made::Flag(true))).into()
        }
        Variable::Field(Field::Virtual(field)) => made(field).map_or(Dynamic::UNIT, value),
        Variable::Derived(Derived::Minutes) if record.present().contains(FieldId::duration) => {
            (record.slot(FieldId::duration) as f64 / 60.0).into()
        }
        Variable::Derived(Derived::Minutes) => Dynamic::UNIT,
        Variable::Derived(Derived::Weekday) => made(Virtual::LocalWeekday).map_or(Dynamic::UNIT, value),
        Variable::Derived(Derived::Weekend) => {
            matches!(made(Virtual::LocalWeekday), Some(Made::Weekday("sat" | "sun"))).into()
        }
        Variable::Derived(Derived::OutsideHours) => {
            (made(Virtual::BusinessHours) == Some(Made::Flag(false))).into()
        }
    }
}

fn value(made: Made) -> Dynamic {
    match made {
        Made::Number(number) => number.into(),
        Made::Weekday(day) => day.into(),
        Made::Date(date) => std::str::from_utf8(&date).map_or(Dynamic::UNIT, |date| date.to_owned().into()),
        Made::Flag(flag) => flag.into(),
    }
}

fn table(id: FieldId, record: &impl Fields, world: &World, texts: &mut Texts) -> Dynamic {
    let (slot, ty) = (record.slot(id), id.field().ty);
    match ty {
        FieldType::Bool => (slot != 0).into(),
        FieldType::Id => record.id().to_string().into(),
        _ if !record.present().contains(id) => Dynamic::UNIT,
        FieldType::U32 | FieldType::Int => (slot as i64).into(),
        FieldType::Float => f64::from_bits(slot).into(),
        FieldType::Millis => Dynamic::from(Time(slot as i64)),
        FieldType::Enum | FieldType::Name => texts.get(Name(slot as u32), &world.names),
        FieldType::Phone => Dynamic::from(Phone(Number(slot))),
        FieldType::Text => record.text(id).into(),
    }
}
