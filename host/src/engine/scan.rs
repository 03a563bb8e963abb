//! Evaluates a finite input: read, order, detect, with everything but the spool in memory.
//!
//! Owns the way of records through `scan`. Does not own arguments or printing (`cli::scan`).

use std::path::Path;
use std::sync::Arc;

use model::{Event, FieldSet, Finding};

use super::layout::Layout;
use super::memory::MemoryState;
use super::spool::{Chunk, Merge, Spool, SpoolError};
use super::{CHUNK_ROWS, Engine, EngineError, Fate, Options};
use crate::config::Config;
use crate::plugin::{Plugin, Services};
use crate::source::{self, Input, ReadOptions, Record, Sink, SinkError};

/// Chunks between two checkpoints: about half a million rows. A checkpoint writes what changed, so that a failed
/// call has little to repeat; a detector's uncommitted rows stay below 60 MB.
const CHECKPOINT_CHUNKS: usize = 64;

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
    /// What became of each detector.
    pub fates: std::collections::BTreeMap<String, Fate>,
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

/// Reads `inputs` and evaluates them with `plugins`. `progress` is called with the rows evaluated so far.
///
/// # Errors
/// When an input cannot be opened, `strict` meets a bad record, or the temporary folder is full.
#[allow(clippy::too_many_arguments, reason = "each is a different part, joined here and nowhere else")]
pub fn scan(
    inputs: &[Input],
    strict: bool,
    plugins: &[Plugin],
    config: &Config,
    services: &Services,
    state: Arc<MemoryState>,
    options: &Options,
    temp: &Path,
) -> Result<Scanned, ScanError> {
    let mut engine = Engine::start(plugins, config, services, state, options)?;
    let layout = engine.layout().clone();
    let mut spools: Vec<Packer> =
        (0..options.workers).map(|_| Packer(Spool::new(layout.clone(), temp))).collect();
    let read_options = ReadOptions { wanted: wanted(&layout), strict, ..ReadOptions::default() };
    let read = source::read_all(inputs, &read_options, &services.names, &services.directory, &mut spools)?;

    let mut merge = Merge::new(spools.into_iter().map(|p| p.0).collect())?;
    let mut chunks = 0;
    loop {
        let mut chunk = Chunk::default();
        if !merge.fill(&mut chunk, CHUNK_ROWS)? {
            break;
        }
        engine.push(chunk)?;
        chunks += 1;
        if chunks % CHECKPOINT_CHUNKS == 0 {
            engine.checkpoint()?;
        }
    }
    engine.checkpoint()?;
    let findings = engine.findings();
    let (late, fates) = (engine.late(), engine.fates().clone());
    engine.stop();
    Ok(Scanned { findings, read, duplicates: merge.duplicates, late, fates })
}

/// The fields that reading must fill for a layout.
pub fn wanted(layout: &Layout) -> FieldSet {
    layout.fields()
}

/// Packs events into a worker's spool.
struct Packer(Spool);

impl Sink for Packer {
    fn event(&mut self, event: &Event, _record: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event).map_err(SinkError::new)
    }
}
