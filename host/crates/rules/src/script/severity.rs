//! `severity`: how bad an episode is.
//!
//! Owns the figures that such a script sees and the reading of its answer. Besides them it sees the fields of the episode's
//! first record.

use model::{FieldId, FieldSet, Millis, RecordId, Severity};
use rhai::Dynamic;

use super::check::Type;
use super::context;
use super::error::{ErrorKind, ScriptError};
use super::program::Program;
use super::value::{Time, type_name};
use super::variable::{self, Variable};
use super::when::{Columns, View};
use crate::record::{Field, World};
use crate::sigma::ZoneBy;
use crate::window::Datum;

/// What is known of an episode.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Entries that took part.
    pub count: u64,
    /// The root's count, sum, mean or percentile.
    pub value: f64,
    /// Firings.
    pub firings: u64,
    /// Time of the first entry.
    pub first: Millis,
    /// Time of the last firing.
    pub last: Millis,
    /// Fields that the first entry carries.
    pub columns: &'a [Field],
    /// Their values.
    pub values: &'a [Datum],
}

/// A variable of a severity script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    Count,
    Value,
    Firings,
    First,
    Last,
    /// Between the first entry and the last firing.
    Minutes,
    Record(Variable),
}

impl Fact {
    pub(super) const NAMES: [(&'static str, Fact); 6] = [
        ("count", Fact::Count),
        ("value", Fact::Value),
        ("firings", Fact::Firings),
        ("first", Fact::First),
        ("last", Fact::Last),
        ("minutes", Fact::Minutes),
    ];

    pub(super) fn find(name: &str) -> Option<Fact> {
        let own = Fact::NAMES.iter().find(|(n, _)| *n == name).map(|(_, fact)| *fact);
        own.or_else(|| Variable::find(name).map(Fact::Record))
    }

    pub(super) fn ty(self) -> Type {
        match self {
            Fact::Count | Fact::Value | Fact::Firings | Fact::Minutes => Type::Number,
            Fact::First | Fact::Last => Type::Time,
            Fact::Record(variable) => variable.ty(),
        }
    }

    pub(super) fn sources(self) -> FieldSet {
        match self {
            Fact::Record(variable) => variable.sources(),
            _ => FieldSet::NONE,
        }
    }
}

/// A script that gives a severity's name.
#[derive(Debug)]
pub struct SeverityScript {
    pub(super) program: Program,
    pub(super) variables: Vec<Fact>,
    pub(super) fields: FieldSet,
    pub(super) zone: ZoneBy,
    pub(super) asks: bool,
}

impl SeverityScript {
    /// Fields that entries must carry for it.
    pub fn columns(&self) -> Vec<Field> {
        let has = [FieldId::start_time, FieldId::report_time, FieldId::record_id];
        self.fields.iter().filter(|id| !has.contains(id)).map(Field::Table).collect()
    }

    /// Severity of an episode.
    ///
    /// # Errors
    /// When the script fails or gives something else than a severity's name.
    pub fn of(&self, facts: &Facts<'_>, world: &World) -> Result<Severity, ScriptError> {
        let columns = Columns::new(facts.columns);
        let view = View::new(&columns, facts.values, facts.first, facts.last, RecordId::default());
        if self.asks {
            let local = variable::local(&view, world, &self.zone);
            context::write(|c| {
                c.windows.clear();
                c.fill(&view, local);
            });
        }
        let result = self.program.run(|at, texts| match self.variables.get(at) {
            Some(Fact::Count) => whole(facts.count),
            Some(Fact::Value) => facts.value.into(),
            Some(Fact::Firings) => whole(facts.firings),
            Some(Fact::First) => Dynamic::from(Time(facts.first)),
            Some(Fact::Last) => Dynamic::from(Time(facts.last)),
            Some(Fact::Minutes) => (facts.last.saturating_sub(facts.first) as f64 / 60_000.0).into(),
            Some(Fact::Record(variable)) => variable::read(*variable, &view, world, &self.zone, texts),
            None => Dynamic::UNIT,
        })?;
        let wrong = |message: String| ScriptError::new(ErrorKind::Type, message, &self.program.place);
        let Ok(name) = result.as_immutable_string_ref() else {
            return Err(wrong(format!("the script gives {}, not a severity's name", type_name(&result))));
        };
        severity(&name)
            .ok_or_else(|| wrong(format!("the script gives a text that is no severity: use {}", names())))
    }
}

fn whole(count: u64) -> Dynamic {
    i64::try_from(count).unwrap_or(i64::MAX).into()
}

pub(super) fn severity(name: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|s| s.name() == name)
}

/// The right names.
pub(super) fn names() -> String {
    Severity::ALL.map(Severity::name).join(", ")
}
