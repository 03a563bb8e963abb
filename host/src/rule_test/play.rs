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
    let options = Options {
        workers: order.workers,
        lateness: i64::from(config.lateness_hours) * 3_600_000,
        generation: 1,
    };
    let start = || Engine::start(&[], Some(set), config, &services, &options);
    let mut engine = start()?;
    let mut reader = Reader::new(&services, engine.layout().fields());
    let (mut book, mut played) = (Book::default(), Played::default());
    for (number, step) in order.steps.iter().enumerate() {
        let mut chunk = Chunk::default();
        for at in step {
            chunk.push_event(engine.layout(), reader.read(&records[*at])?);
        }
        engine.push(chunk)?;
        take(engine.checkpoint()?, &state, &mut book, &mut played);
        if order.restarts && number + 1 < order.steps.len() {
            let watermark = engine.watermark().clone();
            played.late += engine.late();
            engine.stop();
            engine = start()?;
            engine.set_watermark(watermark);
        }
    }
    played.late += engine.late();
    engine.stop();
    played.findings = book.into_findings();
    Ok(played)
}

fn take(checkpoint: Checkpoint, state: &MemoryState, book: &mut Book, played: &mut Played) {
    checkpoint.state.iter().for_each(|(detector, change)| state.apply(detector, change));
    book.take(checkpoint.outputs);
    for failure in checkpoint.failures {
        if !played.failures.iter().any(|known| known.rule == failure.rule) {
            played.failures.push(failure);
        }
    }
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
