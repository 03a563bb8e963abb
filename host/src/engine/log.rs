//! Evaluates the log in PostgreSQL, from where the last checkpoint left off.
//!
//! Owns the pace: how much is read at once, and when a checkpoint moves state, findings and cursor together. Does not
//! own leadership or retries (the service around it does).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Event, NameTable};
use tokio::runtime::Handle;

use super::detector::Parked;
use super::spool::{Chunk, Merge, Spool, SpoolError};
use super::{CHUNK_ROWS, Checkpoint, Engine, EngineError};
use crate::directory::Directory;
use crate::normalize::Normalizer;
use crate::plugin::{Output, StateError, StateReader};
use crate::source;
use crate::store::{self, Change, CursorMove, Position, StateWrite, Store, StoreError};

/// The consumer whose cursor the engine moves.
pub const CONSUMER: &str = "engine";

/// Most records evaluated as one stretch, between two checkpoints; a restart repeats at most this many.
const STRETCH_RECORDS: u64 = 1_000_000;

/// Version of the form in which state is stored; the SDK puts the detector's own before its bytes.
const SCHEMA_VERSION: u32 = 1;

/// Detectors' state in the database; read when a key is first touched.
pub struct StoredState {
    store: Store,
    runtime: Handle,
}

impl StoredState {
    /// Reads with `runtime`; must not be used on its threads.
    pub fn new(store: Store, runtime: Handle) -> StoredState {
        StoredState { store, runtime }
    }
}

impl StateReader for StoredState {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        let state = self.runtime.block_on(self.store.state(plugin, key));
        state.map(|s| s.map(|s| s.value)).map_err(|e| StateError(e.to_string()))
    }
}

/// A log that cannot be evaluated further.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The temporary file failed.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What was done so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Records evaluated.
    pub records: u64,
    /// Records that came later than the allowed lateness; no detector saw them.
    pub late: u64,
    /// Records of the log that this version cannot read; they are skipped.
    pub unreadable: u64,
    /// New findings.
    pub new: usize,
    /// Findings revised.
    pub revised: usize,
    /// Findings withdrawn.
    pub withdrawn: usize,
    /// Rows that a detector failed on.
    pub parked: Vec<Parked>,
}

/// An engine at work on the log.
pub struct LogRun<'a> {
    store: &'a Store,
    runtime: &'a Handle,
    engine: &'a mut Engine,
    names: &'a Arc<NameTable>,
    names_stored: usize,
    normalizer: Normalizer,
    generation: u64,
    committed: Position,
    read: Position,
    progress: Progress,
}

impl<'a> LogRun<'a> {
    /// Starts where the last checkpoint left off. `names` must be the table the store restored.
    ///
    /// # Errors
    /// When the position cannot be read.
    pub fn start(
        store: &'a Store,
        runtime: &'a Handle,
        engine: &'a mut Engine,
        names: &'a Arc<NameTable>,
        directory: &Arc<Directory>,
        generation: u64,
        names_stored: usize,
    ) -> Result<LogRun<'a>, LogError> {
        let position = runtime.block_on(store.position(CONSUMER))?;
        let normalizer = Normalizer::new(names.clone(), directory.clone(), engine.layout().fields());
        Ok(LogRun {
            store,
            runtime,
            engine,
            names,
            names_stored,
            normalizer,
            generation,
            committed: position,
            read: position,
            progress: Progress::default(),
        })
    }

    /// Evaluates everything that is in the log now, or less when `stop` is set. `tell` is called after each checkpoint.
    ///
    /// What is new is taken as one stretch in the order of report times: writers commit in any order, and a file of last
    /// month's records is not late only because two of them shared it.
    ///
    /// # Errors
    /// When the database, the temporary folder or a worker fails; what was committed stays, the rest is evaluated again
    /// next time.
    pub fn drain(&mut self, stop: &AtomicBool, mut tell: impl FnMut(&Progress)) -> Result<(), LogError> {
        while !stop.load(Ordering::Relaxed) {
            let spool = self.read_stretch(stop)?;
            if self.read == self.committed {
                break;
            }
            let mut merge = Merge::new(vec![spool])?;
            loop {
                let mut chunk = Chunk::default();
                if !merge.fill(&mut chunk, CHUNK_ROWS)? {
                    break;
                }
                self.engine.push(chunk)?;
            }
            self.checkpoint()?;
            tell(&self.progress);
        }
        Ok(())
    }

    fn read_stretch(&mut self, stop: &AtomicBool) -> Result<Spool, LogError> {
        let mut event = Event::default();
        let mut spool = Spool::new(self.engine.layout().clone(), &std::env::temp_dir());
        let mut records = 0;
        while records < STRETCH_RECORDS && !stop.load(Ordering::Relaxed) {
            let rows = self.runtime.block_on(self.store.read_log(self.read, CHUNK_ROWS as u32))?;
            let Some(last) = rows.last() else { break };
            self.read = last.position;
            records += rows.len() as u64;
            for row in &rows {
                let record = source::stored_record(row.raw.as_bytes());
                let readable =
                    record.is_ok_and(|r| self.normalizer.normalize(&r.record(), &mut event).is_ok());
                if readable {
                    spool.push(&event)?;
                } else {
                    self.progress.unreadable += 1;
                }
            }
        }
        self.progress.records += records;
        Ok(spool)
    }

    /// What was done so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    fn checkpoint(&mut self) -> Result<(), LogError> {
        let Checkpoint { outputs, state, parked } = self.engine.checkpoint()?;
        let findings = outputs
            .into_iter()
            .map(|output| match output {
                Output::Raise(finding) => Change::Raise(finding),
                Output::Withdraw { id } => Change::Withdraw { id },
            })
            .collect();
        let state = state
            .into_iter()
            .map(|(plugin, change)| StateWrite {
                plugin,
                key: change.key,
                value: change.value,
                schema_version: SCHEMA_VERSION,
            })
            .collect();
        let checkpoint = store::Checkpoint {
            findings,
            state,
            names: self.names.since(self.names_stored),
            cursor: Some(CursorMove { consumer: CONSUMER.to_owned(), from: self.committed, to: self.read }),
            generation: self.generation,
        };
        let done = self.runtime.block_on(self.store.commit(&checkpoint))?;
        self.names_stored += checkpoint.names.len();
        self.committed = self.read;
        self.progress.late = self.engine.late();
        self.progress.new += done.new;
        self.progress.revised += done.revised;
        self.progress.withdrawn += done.withdrawn;
        self.progress.parked.extend(parked);
        Ok(())
    }
}
