//! `when`: whether a record counts.
//!
//! Owns the way from a record, or an entry of a window, to the variables of a script. Entries carry their values in columns:
//! those are read as if they were a record's, so that both go the same way.

use std::cell::RefCell;
use std::sync::Arc;

use model::fields::{FIELD_COUNT, FieldType};
use model::{EventKind, FieldId, FieldSet, Millis, RecordId};
use rhai::Dynamic;

use super::context;
use super::error::{ErrorKind, ScriptError};
use super::program::Program;
use super::value::type_name;
use super::variable::{self, Variable};
use super::window::{Site, Sliding};
use crate::record::{Field, Fields, World};
use crate::sigma::ZoneBy;
use crate::window::{Datum, Entry, Predicate, PredicateError};

/// A predicate over records.
#[derive(Debug)]
pub struct When {
    pub(super) program: Program,
    pub(super) variables: Vec<Variable>,
    pub(super) zone: ZoneBy,
    pub(super) fields: FieldSet,
    pub(super) sites: Vec<Arc<Site>>,
    /// Whether helpers ask for the record.
    pub(super) asks: bool,
    /// Whether a helper asks for local time.
    pub(super) is_clocked: bool,
}

impl When {
    /// Lines of the field table that it reads.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Whether it asks for counts over its group: then [`When::predicate`] decides, not [`When::holds`].
    pub fn uses_window(&self) -> bool {
        !self.sites.is_empty()
    }

    /// How far back its window functions look, in milliseconds; 0 if it has none.
    pub fn looks_back(&self) -> Millis {
        self.sites.iter().map(|site| site.window).max().unwrap_or(0)
    }

    /// What entries must carry for [`When::predicate`]. Derived fields are worked out from these.
    pub fn columns(&self) -> Vec<Field> {
        // An entry has its times and identity besides its columns.
        let has = [FieldId::start_time, FieldId::report_time, FieldId::record_id];
        self.fields.iter().filter(|id| !has.contains(id)).map(Field::Table).collect()
    }

    /// Whether the record counts.
    ///
    /// # Errors
    /// When the script fails: the record does not count, and the rule is reported.
    pub fn holds(&self, record: &impl Fields, world: &World) -> Result<bool, ScriptError> {
        if self.asks {
            context::write(|c| c.windows.clear());
        }
        self.evaluate(record, world)
    }

    fn evaluate(&self, record: &impl Fields, world: &World) -> Result<bool, ScriptError> {
        let local = if self.is_clocked { variable::local(record, world, &self.zone) } else { None };
        if self.asks {
            context::write(|c| c.fill(record, local));
        }
        let result = self.program.run(|at, texts| match self.variables.get(at) {
            Some(variable) => variable::read(*variable, record, world, &self.zone, texts),
            None => Dynamic::UNIT,
        })?;
        result.as_bool().map_err(|_| {
            let message = format!("the script gives {}, not true or false", type_name(&result));
            ScriptError::new(ErrorKind::Type, message, &self.program.place)
        })
    }

    /// The same over entries of a window that carry `columns`.
    pub fn predicate<'a>(&'a self, columns: &[Field], world: &'a World) -> EntryPredicate<'a> {
        let sliding = self.sites.iter().map(|_| Sliding::default()).collect();
        EntryPredicate { when: self, world, columns: Columns::new(columns), sliding: RefCell::new(sliding) }
    }
}

/// [`When`] over entries of a window.
#[derive(Debug)]
pub struct EntryPredicate<'a> {
    when: &'a When,
    world: &'a World,
    columns: Columns,
    sliding: RefCell<Vec<Sliding>>,
}

impl Predicate for EntryPredicate<'_> {
    fn holds(&self, entries: &[Entry], at: usize) -> Result<bool, PredicateError> {
        let Some(entry) = entries.get(at) else { return Ok(false) };
        context::write(|c| {
            c.windows.clear();
            for (site, sliding) in self.when.sites.iter().zip(self.sliding.borrow_mut().iter_mut()) {
                let column = site.field().and_then(|field| self.columns.place(field));
                c.windows.push((site.clone(), sliding.answer(site, column, entries, at)));
            }
        });
        let view = View::new(&self.columns, &entry.columns, entry.time, entry.report, entry.id);
        let held = self.when.evaluate(&view, self.world);
        held.map_err(|error| PredicateError { message: error.to_string(), record: entry.id })
    }
}

/// Where each field stands among an entry's columns.
#[derive(Debug)]
pub(super) struct Columns {
    places: [Option<usize>; FIELD_COUNT],
    fields: Vec<(FieldId, usize)>,
}

impl Columns {
    pub(super) fn new(columns: &[Field]) -> Columns {
        let mut made = Columns { places: [None; FIELD_COUNT], fields: Vec::new() };
        for (at, column) in columns.iter().enumerate() {
            if let Field::Table(id) = column {
                made.places[*id as usize] = Some(at);
                made.fields.push((*id, at));
            }
        }
        made
    }

    fn place(&self, field: FieldId) -> Option<usize> {
        self.places.get(field as usize).copied().flatten()
    }
}

/// An entry as a record.
pub(super) struct View<'a> {
    columns: &'a Columns,
    values: &'a [Datum],
    present: FieldSet,
    time: Millis,
    report: Millis,
    id: RecordId,
}

impl<'a> View<'a> {
    pub(super) fn new(
        columns: &'a Columns,
        values: &'a [Datum],
        time: Millis,
        report: Millis,
        id: RecordId,
    ) -> View<'a> {
        let here =
            columns.fields.iter().filter(|(_, at)| values.get(*at).is_some_and(|v| *v != Datum::Absent));
        let own = [FieldId::start_time, FieldId::report_time, FieldId::record_id];
        let present = here.map(|(field, _)| *field).chain(own).collect();
        View { columns, values, present, time, report, id }
    }

    fn datum(&self, field: FieldId) -> &Datum {
        static ABSENT: Datum = Datum::Absent;
        self.columns.place(field).and_then(|at| self.values.get(at)).unwrap_or(&ABSENT)
    }
}

impl Fields for View<'_> {
    /// Which kind it was is in the field `event`: no script sees this.
    fn kind(&self) -> EventKind {
        EventKind::Call
    }

    fn id(&self) -> RecordId {
        self.id
    }

    fn present(&self) -> FieldSet {
        self.present
    }

    fn slot(&self, field: FieldId) -> u64 {
        match (field, self.datum(field)) {
            (FieldId::start_time, _) => self.time as u64,
            (FieldId::report_time, _) => self.report as u64,
            (_, Datum::Bool(value)) => u64::from(*value),
            (_, Datum::Name(value)) => u64::from(*value),
            (_, Datum::Phone(value)) => *value,
            (_, Datum::Int(value)) => *value as u64,
            (_, Datum::Float(bits)) => *bits,
            (_, Datum::Absent | Datum::Text(_)) => 0,
        }
    }

    fn text(&self, field: FieldId) -> &str {
        match self.datum(field) {
            Datum::Text(text) if field.field().ty == FieldType::Text => text,
            _ => "",
        }
    }
}
