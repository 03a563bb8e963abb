//! Evaluates the log in PostgreSQL for detectors that stand at the same place in it.
//!
//! Owns the pace: how much is read at once, and when a checkpoint moves state, findings and cursors together. Does not
//! own leadership, retries, or which detectors run together (`engine::service`).

mod state;
mod stretch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use model::{Event, NameTable};
use tokio::runtime::Handle;

use super::spool::{Chunk, Merge, SpoolError};
use super::watermark::Watermark;
use super::{CHUNK_ROWS, Engine, EngineError, Options};
use crate::config::Config;
use crate::directory::Directory;
use crate::normalize::Normalizer;
use crate::plugin::{Output, Plugin, Services};
use crate::source;
use crate::store::{
    self, Change, Cursor, CursorMove, ParkedWrite, Position, QuarantineWrite, StateWrite, Store, StoreError,
};
use crate::telemetry::{DetectorFigures, Metrics};

pub use state::StoredState;

/// Most records evaluated as one stretch, between two checkpoints; a restart repeats at most this many.
pub const STRETCH_RECORDS: u64 = 1_000_000;

/// A stretch longer than this is given up when the process is asked to stop: its rest and its checkpoint may take longer
/// than the five seconds in which the process must end, and nothing of it is lost.
const SHORT_STRETCH: u64 = 100_000;

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
    /// Records parked.
    pub parked: usize,
}

/// What every run on the log shares while this process evaluates.
#[derive(Clone)]
pub struct Shared {
    /// The database.
    pub store: Store,
    /// For the store's work; runs block on threads of their own.
    pub runtime: Handle,
    /// The configuration.
    pub config: Arc<Config>,
    /// Zones, hours, own numbers.
    pub directory: Arc<Directory>,
    /// The table the store restored.
    pub names: Arc<NameTable>,
    /// How many of its names were stored then.
    pub names_stored: usize,
    /// How engines run.
    pub options: Options,
    /// Epoch of the lease.
    pub fence: Option<i64>,
    /// Ends work early.
    pub stop: Arc<AtomicBool>,
    /// Figures for monitoring.
    pub metrics: Metrics,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared(fence {:?})", self.fence)
    }
}

/// Detectors at work on the log.
pub struct LogRun {
    shared: Shared,
    engine: Engine,
    detectors: Vec<Plugin>,
    normalizer: Normalizer,
    /// Most records of a stretch.
    stretch: u64,
    /// How many of the names are stored for certain.
    names_stored: usize,
    committed: Position,
    read: Position,
    progress: Progress,
}

impl LogRun {
    /// Starts detectors whose cursors all stand at `cursor`; `stretch` bounds the records between two checkpoints.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        shared: &Shared,
        detectors: Vec<Plugin>,
        cursor: &Cursor,
        stretch: u64,
    ) -> Result<LogRun, LogError> {
        let state = Arc::new(StoredState::new(shared.store.clone(), shared.runtime.clone()));
        let services = Services { names: shared.names.clone(), directory: shared.directory.clone(), state };
        let mut engine = Engine::start(&detectors, &shared.config, &services, &shared.options)?;
        engine.set_watermark(Watermark::restore(cursor.watermark.clone()));
        let fields = engine.layout().fields();
        let normalizer = Normalizer::new(shared.names.clone(), shared.directory.clone(), fields);
        Ok(LogRun {
            shared: shared.clone(),
            engine,
            detectors,
            normalizer,
            stretch,
            names_stored: shared.names_stored,
            committed: cursor.position,
            read: cursor.position,
            progress: Progress::default(),
        })
    }

    /// Evaluates everything that is in the log now, up to `end` if there is one, or less when a stop is asked for. `tell` is
    /// called after each checkpoint. Says which detectors were stopped.
    ///
    /// What is new is taken as one stretch in the order of report times: writers commit in any order, and a file of last
    /// month's records is not late only because two of them shared it.
    ///
    /// # Errors
    /// When the database, the temporary folder or a worker fails; what was committed stays, the rest is evaluated again
    /// by the next run.
    pub fn drain(
        &mut self,
        end: Option<Position>,
        mut tell: impl FnMut(&Progress),
    ) -> Result<Vec<Plugin>, LogError> {
        let mut stopped = Vec::new();
        while !self.detectors.is_empty() && !self.stops() {
            let before = self.progress.records;
            let spool = self.read_stretch(end)?;
            if self.read == self.committed {
                break;
            }
            let length = self.progress.records - before;
            let mut merge = Merge::new(vec![spool])?;
            loop {
                let mut chunk = Chunk::default();
                if !merge.fill(&mut chunk, CHUNK_ROWS)? {
                    break;
                }
                if self.stops() && length > SHORT_STRETCH {
                    return Ok(stopped);
                }
                self.engine.push(chunk)?;
                self.shared.metrics.alive();
            }
            stopped.extend(self.checkpoint(Vec::new())?);
            tell(&self.progress);
        }
        Ok(stopped)
    }

    /// Tries parked records again that somebody asked for. Says which detectors were stopped over it.
    ///
    /// # Errors
    /// As [`LogRun::drain`].
    pub fn retry_parked(&mut self) -> Result<Vec<Plugin>, LogError> {
        let ids: Vec<String> = self.ids().collect();
        let retries = self.shared.runtime.block_on(self.shared.store.retries(&ids))?;
        if retries.is_empty() {
            return Ok(Vec::new());
        }
        let mut tried = Vec::new();
        let mut refused = Vec::new();
        let mut event = Event::default();
        for retry in retries {
            let mut refuse = |reason: &str| {
                refused.push(ParkedWrite {
                    detector: retry.detector.clone(),
                    record: retry.record,
                    report_time: retry.report_time,
                    reason: reason.to_owned(),
                    digest: String::new(),
                });
            };
            let Some(raw) = &retry.raw else {
                refuse("the log does not hold the record any more: drop it");
                continue;
            };
            let record = source::stored_record(raw.as_bytes());
            if !record.is_ok_and(|r| self.normalizer.normalize(&r.record(), &mut event).is_ok()) {
                refuse("the record in the log cannot be read by this version");
            } else if self.engine.is_late(event.int(model::FieldId::start_time)) {
                refuse(
                    "it is too late for another try, what it would change is final: 'ringfence state reset DETECTOR --rewind' \
                     evaluates the whole log again",
                );
            } else {
                let mut chunk = Chunk::default();
                chunk.push_event(self.engine.layout(), &event);
                self.engine.push_again(chunk, &retry.detector)?;
                tried.push((retry.detector, retry.record));
            }
        }
        self.commit(refused, tried)
    }

    fn stops(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.detectors.iter().map(|d| d.manifest().id.clone())
    }

    /// What was done so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Everything up to here is evaluated and committed.
    pub fn position(&self) -> Position {
        self.committed
    }

    /// Whether no detector is left.
    pub fn is_empty(&self) -> bool {
        self.detectors.is_empty()
    }

    fn checkpoint(&mut self, refused: Vec<ParkedWrite>) -> Result<Vec<Plugin>, LogError> {
        self.commit(refused, Vec::new())
    }

    fn commit(
        &mut self,
        refused: Vec<ParkedWrite>,
        tried: Vec<(String, model::RecordId)>,
    ) -> Result<Vec<Plugin>, LogError> {
        let begun = Instant::now();
        let made = self.engine.checkpoint()?;
        let is_stopped = |plugin: &Plugin| made.quarantined.iter().any(|(id, _)| *id == plugin.manifest().id);
        let (stopped, running): (Vec<Plugin>, Vec<Plugin>) =
            std::mem::take(&mut self.detectors).into_iter().partition(is_stopped);
        self.detectors = running;
        let schema = |id: &str| {
            let plugin = self.detectors.iter().find(|p| p.manifest().id == id);
            plugin.map_or(0, |p| p.manifest().state_schema)
        };
        let state: Vec<StateWrite> = made
            .state
            .into_iter()
            .map(|(plugin, change)| StateWrite {
                schema_version: schema(&plugin),
                plugin,
                key: change.key,
                value: change.value,
            })
            .collect();
        let keys = state.len() as u64;
        let findings = made.outputs.into_iter().map(|output| match output {
            Output::Raise(finding) => Change::Raise(finding),
            Output::Withdraw { id } => Change::Withdraw { id },
        });
        let parked = made.parked.into_iter().map(|p| ParkedWrite {
            detector: p.detector,
            record: p.record,
            report_time: p.report_time,
            reason: p.reason,
            digest: p.digest,
        });
        let stops = stopped.iter().map(|plugin| QuarantineWrite::Stop {
            detector: plugin.manifest().id.clone(),
            digest: plugin.digest().to_owned(),
            reason: made
                .quarantined
                .iter()
                .find(|(id, _)| *id == plugin.manifest().id)
                .map_or_else(String::new, |(_, reason)| reason.clone()),
        });
        let checkpoint = store::Checkpoint {
            findings: findings.collect(),
            state,
            names: self.shared.names.since(self.names_stored),
            cursor: Some(CursorMove {
                consumers: self.ids().collect(),
                from: self.committed,
                to: self.read,
                watermark: self.engine.watermark().times().to_vec(),
            }),
            fence: self.shared.fence,
            parked: refused.into_iter().chain(parked).collect(),
            tried,
            late: made.late,
            people: made.people,
            quarantine: stops.collect(),
            generation: self.shared.options.generation,
        };
        let done = self.shared.runtime.block_on(self.shared.store.commit(&checkpoint))?;
        self.names_stored += checkpoint.names.len();
        self.committed = self.read;
        self.note(&done, checkpoint.parked.len());
        self.shared.metrics.checkpoint(begun.elapsed(), keys);
        Ok(stopped)
    }

    /// Counts what a checkpoint did.
    fn note(&mut self, done: &store::Committed, parked: usize) {
        let late = self.engine.late() - self.progress.late;
        self.progress.late += late;
        self.progress.new += done.new;
        self.progress.revised += done.revised;
        self.progress.withdrawn += done.withdrawn;
        self.progress.parked += parked;
        let metrics = &self.shared.metrics;
        metrics.evaluated(0, late, 0);
        metrics.findings(done.new as u64, done.revised as u64, done.withdrawn as u64);
        for (id, fate) in self.engine.fates() {
            let figures = DetectorFigures {
                rows: fate.usage.rows,
                time: fate.usage.time,
                failures: fate.usage.failures,
                memory_bytes: fate.memory,
                quarantined: fate.quarantined.is_some(),
                ..DetectorFigures::default()
            };
            metrics.detector(id, &figures);
        }
    }

    /// Ends the engine's threads.
    pub fn stop(self) {
        self.engine.stop();
    }
}
