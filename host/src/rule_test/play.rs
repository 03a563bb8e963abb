//! One run of a case: records through normaliser, packed rows and engine, to findings.
//!
//! Owns nothing of the way but its beginning and end: the engine is that of `run` and `scan`, with its state in memory.
//! Names are interned anew for each run, in the order of delivery, so that nothing may depend on handles.

use std::sync::Arc;

use model::fields::FieldType;
use model::names::TooManyNames;
use model::{Event, FieldId, FieldSet, Finding, NameTable};
use rules::{RuleFailure, RuleSet};
use serde_json::Value;

use super::order::Order;
use super::record::Made;
use crate::config::Config;
use crate::directory::Directory;
use crate::engine::book::Book;
use crate::engine::memory::MemoryState;
use crate::engine::spool::Chunk;
use crate::engine::{Checkpoint, Engine, EngineError, Options};
use crate::normalize::Normalizer;
use crate::plugin::Services;
use crate::source::stored_record;

/// What a run gave.
#[derive(Debug, Default)]
pub struct Played {
    /// Findings that stand.
    pub findings: Vec<Finding>,
    /// Records that came later than the allowed lateness.
    pub late: u64,
    /// Scripts that failed.
    pub failures: Vec<RuleFailure>,
}

/// A run that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    /// The case makes a record that would be set aside.
    #[error("{reason}")]
    Refused {
        /// Position of the event in the case.
        event: usize,
        /// Why.
        reason: String,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<TooManyNames> for PlayError {
    fn from(error: TooManyNames) -> PlayError {
        PlayError::Engine(error.into())
    }
}

/// The parts that see names, new for each run.
pub(super) fn services(config: &Config, state: &Arc<MemoryState>) -> Services {
    Services {
        names: Arc::new(NameTable::default()),
        directory: Arc::new(Directory::from_config(config)),
        state: state.clone(),
    }
}

struct NoPlaces;
impl rules::Places for NoPlaces {
    fn is_holiday(&self, _: model::Name, _: model::Millis) -> bool {
        false
    }
    fn is_business_hour(&self, _: model::Name, _: model::Millis) -> Option<bool> {
        None
    }
    fn offset_minutes(&self, _: &str, _: model::Millis) -> Option<i64> {
        None
    }
}

/// Delivers the records in one order.
///
/// # Errors
/// When a record would be refused, or the engine fails.
pub fn play(
    set: &Arc<RuleSet>,
    config: &Config,
    records: &[Made],
    order: &Order,
) -> Result<Played, PlayError> {
    let state = Arc::new(MemoryState::default());
    let services = services(config, &state);
    let lateness = i64::from(config.lateness_hours) * 3_600_000;
    let world = rules::World { names: services.names.clone(), places: Arc::new(NoPlaces) };
    let start = || {
        (0..order.workers)
            .map(|worker| {
                rules::Evaluator::new(
                    set.clone(),
                    world.clone(),
                    rules::Share { worker, workers: order.workers },
                )
            })
            .collect::<Vec<_>>()
    };
    let mut evaluators = start();
    let mut reader = Reader::new(&services, FieldSet::ALL);
    let (mut book, mut played) = (Book::default(), Played::default());
    let mut watermark = crate::engine::watermark::Watermark::default();
    for step in &order.steps {
        for at in step {
            let event = reader.read(&records[*at])?;
            if records[*at].start < watermark.at() - lateness {
                played.late += 1;
            } else {
                evaluators.iter_mut().for_each(|e| e.take(event, watermark.at()));
            }
            watermark.note(records[*at].report);
        }
        for e in &mut evaluators {
            let values = e
                .keys_wanted()
                .iter()
                .map(|k| crate::plugin::StateReader::get(&*state, "rules", k).unwrap())
                .collect();
            e.settle(values).unwrap();
            let step = e.checkpoint();
            for (key, value) in step.state {
                state.apply("rules", &crate::plugin::StateChange { key, value });
            }
            book.take(step.outputs.into_iter().map(|o| match o {
                rules::Output::Raise(r) => crate::plugin::Output::Raise(Box::new(r.finding)),
                rules::Output::Withdraw { id } => crate::plugin::Output::Withdraw { id },
            }));
            for failure in step.failures {
                if !played.failures.iter().any(|k: &RuleFailure| k.rule == failure.rule) {
                    played.failures.push(failure);
                }
            }
        }
        if order.restarts {
            evaluators = start();
        }
    }
    played.findings = book.into_findings();
    Ok(played)
}

/// Makes events of records.
pub(super) struct Reader {
    normalizer: Normalizer,
    names: Arc<NameTable>,
    wanted: FieldSet,
    event: Event,
}

impl Reader {
    pub(super) fn new(services: &Services, wanted: FieldSet) -> Reader {
        Reader {
            normalizer: Normalizer::new(services.names.clone(), services.directory.clone(), wanted),
            names: services.names.clone(),
            wanted,
            event: Event::default(),
        }
    }

    /// The event of a record, with what the case states itself.
    pub(super) fn read(&mut self, record: &Made) -> Result<&Event, PlayError> {
        let refused = |reason: String| PlayError::Refused { event: record.event, reason };
        let json = serde_json::to_vec(&record.json).map_err(|e| refused(e.to_string()))?;
        let stored = stored_record(&json).map_err(|fault| refused(fault.to_string()))?;
        self.normalizer
            .normalize(&stored.record(), &mut self.event)
            .map_err(|fault| refused(fault.to_string()))?;
        for (field, value) in record.stated.iter().filter(|(field, _)| self.wanted.contains(*field)) {
            state(&mut self.event, *field, value, &self.names)?;
        }
        Ok(&self.event)
    }
}

/// Sets a derived field. Its value was checked with the case; one that does not fit leaves the field as it is.
fn state(event: &mut Event, field: FieldId, value: &Value, names: &NameTable) -> Result<(), TooManyNames> {
    let text = value.as_str();
    match field.field().ty {
        FieldType::Enum => event.set_enum(field, names.intern(text.unwrap_or_default())?),
        FieldType::Name => event.set_name(field, names.intern(text.unwrap_or_default())?),
        FieldType::Bool => {
            let truth = value.as_bool().or_else(|| text.map(|t| t.eq_ignore_ascii_case("true")));
            event.set_bool(field, truth.unwrap_or_default());
        }
        FieldType::Int => {
            let number = value.as_i64().or_else(|| text.and_then(|t| t.trim().parse().ok()));
            if let Some(number) = number {
                event.set_int(field, number);
            }
        }
        // No derived field is of these types.
        FieldType::U32
        | FieldType::Float
        | FieldType::Millis
        | FieldType::Phone
        | FieldType::Text
        | FieldType::Id => {}
    }
    Ok(())
}
