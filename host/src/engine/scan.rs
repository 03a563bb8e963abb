//! Evaluates a finite input: read, order, detect, with everything but the spool in memory.
//!
//! Owns the way of records through `scan`. Does not own arguments or printing (`cli::scan`).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use model::{Event, Finding};
use rules::{RuleFailure, RuleSet};

use super::book::Book;
use super::detector::Parked;
use super::ledger::offline;
use super::memory::MemoryState;
use super::spool::{Chunk, Merge, Spool, SpoolError};
use super::{CHUNK_ROWS, Checkpoint, Engine, EngineError, Fate, Options};
use crate::config::Config;
use crate::plugin::{Plugin, Services};
use crate::source::{self, Input, ReadOptions, Record, Sink, SinkError};

/// Chunks between two checkpoints: 130,000 rows, 15 MB, which stay in memory so that a failed call can be repeated. A
/// checkpoint costs what changed: some milliseconds for a few thousand users.
const CHECKPOINT_CHUNKS: usize = 16;

/// What a scan saw and found.
#[derive(Debug)]
pub struct Scanned {
    /// Findings by time.
    pub findings: Vec<Finding>,
    /// What reading saw.
    pub read: source::Summary,
    /// Records delivered more than once.
    pub duplicates: u64,
    /// Records later than the allowed lateness.
    pub late: u64,
    /// Records that a detector failed on.
    pub parked: Vec<Parked>,
    /// What became of each detector.
    pub fates: BTreeMap<String, Fate>,
    /// Scripts of rules that failed, by rule.
    pub failures: BTreeMap<String, RuleFailure>,
}

/// A scan that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] source::ReadError),
    /// The temporary file failed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Reads `inputs` and evaluates them with `plugins` and `rules`.
///
/// # Errors
/// When an input cannot be opened, `strict` meets a bad record, or the temporary folder is full.
#[allow(clippy::too_many_arguments, reason = "each is a different part, joined here and nowhere else")]
pub fn scan(
    inputs: &[Input],
    strict: bool,
    plugins: &[Plugin],
    rules: Option<&Arc<RuleSet>>,
    config: &Config,
    services: &Services,
    state: Arc<MemoryState>,
    options: &Options,
    temp: &Path,
) -> Result<Scanned, ScanError> {
    let mut engine = Engine::start(plugins, rules, config, services, options)?;
    let layout = engine.layout().clone();
    let mut spools: Vec<Packer> =
        (0..options.workers).map(|_| Packer(Spool::new(layout.clone(), temp))).collect();
    let read_options = ReadOptions { wanted: layout.fields(), strict, ..ReadOptions::default() };
    let read = source::read_all(inputs, &read_options, &services.names, &services.directory, &mut spools)?;

    let mut merge = Merge::new(spools.into_iter().map(|p| p.0).collect())?;
    let mut ledger = Ledger { book: Book::default(), parked: Vec::new(), failures: BTreeMap::new(), state };
    let mut chunks = 0;
    loop {
        let mut chunk = Chunk::default();
        if !merge.fill(&mut chunk, CHUNK_ROWS)? {
            break;
        }
        engine.push(chunk)?;
        chunks += 1;
        if chunks % CHECKPOINT_CHUNKS == 0 {
            ledger.take(engine.checkpoint()?);
        }
    }
    ledger.take(engine.checkpoint()?);
    let (late, fates) = (engine.late(), engine.fates().clone());
    for (detector, fate) in &fates {
        let (rows, nanos) = (fate.usage.rows, fate.nanos_per_row());
        tracing::info!(detector, rows, nanos_per_row = nanos, "evaluated");
    }
    let records = fates.values().map(|fate| fate.usage.rows).max().unwrap_or_default();
    offline::warn(config, &fates, records, &ledger.state);
    engine.stop();
    let Ledger { book, parked, failures, .. } = ledger;
    let findings = book.into_findings();
    Ok(Scanned { findings, read, duplicates: merge.duplicates, late, parked, fates, failures })
}

/// What checkpoints amount to when nothing is kept.
struct Ledger {
    book: Book,
    parked: Vec<Parked>,
    failures: BTreeMap<String, RuleFailure>,
    state: Arc<MemoryState>,
}

impl Ledger {
    fn take(&mut self, checkpoint: Checkpoint) {
        self.book.take(checkpoint.outputs);
        self.parked.extend(checkpoint.parked);
        super::add_failures(&mut self.failures, checkpoint.failures);
        checkpoint.state.iter().for_each(|(detector, change)| self.state.apply(detector, change));
    }
}

/// Packs events into a worker's spool.
struct Packer(Spool);

impl Sink for Packer {
    fn event(&mut self, event: &Event, _record: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event).map_err(SinkError::from)
    }
}
