//! Evaluates the log in PostgreSQL for detectors and rules that stand at the same place in it.
//!
//! Owns the pace: how much is read at once, and when a checkpoint moves state, findings and cursors together. Does not
//! own leadership, retries, or which detectors run together (`engine::service`).

mod commit;
mod state;
mod stretch;
mod weigh;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::{Event, Millis, NameTable};
use rules::RuleSet;
use tokio::runtime::Handle;

use super::account::{Lane, Pace};
use super::detector::Usage;
use super::layout::report_time;
use super::ledger::Ledger;
use super::spool::{Chunk, Merge, SpoolError};
use super::watermark::Watermark;
use super::{CHUNK_ROWS, Engine, EngineError, Next, Options, Swapped};
use crate::config::Config;
use crate::directory::Directory;
use crate::normalize::Normalizer;
use crate::plugin::{Plugin, Services};
use crate::source;
use crate::store::{Cursor, ParkedWrite, Position, RULES, Store, StoreError};
use crate::telemetry::Metrics;

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
    /// Ends what was begun in this term.
    pub halt: Arc<AtomicBool>,
    /// Figures for monitoring.
    pub metrics: Metrics,
    /// What each plugin uses.
    pub ledger: Ledger,
    /// What the lanes share.
    pub pace: Arc<Pace>,
    /// The lane, of a plugin that runs outside the main group.
    pub lane: Option<Lane>,
}

impl Shared {
    /// What detectors use: state as it is stored.
    pub fn services(&self) -> Services {
        let state = Arc::new(StoredState::new(self.store.clone(), self.runtime.clone()));
        Services { names: self.names.clone(), directory: self.directory.clone(), state }
    }

    /// Whether work must end.
    pub fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.halt.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shared(fence {:?})", self.fence)
    }
}

/// Who reads the log together.
#[derive(Clone, Default)]
pub struct Readers {
    /// Detectors.
    pub plugins: Vec<Plugin>,
    /// The rules, if they are here.
    pub rules: Option<Arc<RuleSet>>,
}

impl Readers {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.plugins.is_empty() && self.rules.is_none()
    }

    /// Their names as consumers of the log.
    fn ids(&self) -> Vec<String> {
        let rules = self.rules.as_ref().map(|_| RULES.to_owned());
        self.plugins.iter().map(|plugin| plugin.id().to_owned()).chain(rules).collect()
    }
}

/// Detectors and rules at work on the log.
pub struct LogRun {
    shared: Shared,
    engine: Engine,
    readers: Readers,
    normalizer: Normalizer,
    /// Most records of a stretch.
    stretch: u64,
    /// How many of the names are stored for certain.
    names_stored: usize,
    committed: Position,
    read: Position,
    progress: Progress,
    /// Records that each detection of the rules matched up to the last checkpoint.
    matched: Vec<u64>,
    /// What each reader had used at the last checkpoint.
    weighed_usage: BTreeMap<String, Usage>,
    /// Records evaluated up to the last checkpoint.
    weighed_records: u64,
    /// Where the log's clock stood at the last checkpoint; 0 if too few records were seen.
    log_at: Millis,
    /// Report time of the first record of this stretch.
    stretch_begin: Millis,
    /// Plugins that were too slow for the main group, until somebody asks.
    left: Vec<Plugin>,
}

impl LogRun {
    /// Starts readers whose cursors all stand at `cursor`; `stretch` bounds the records between two checkpoints.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        shared: &Shared,
        readers: Readers,
        cursor: &Cursor,
        stretch: u64,
    ) -> Result<LogRun, LogError> {
        let services = shared.services();
        let (plugins, rules) = (&readers.plugins, readers.rules.as_ref());
        let mut engine = Engine::start(plugins, rules, &shared.config, &services, &shared.options)?;
        engine.set_watermark(Watermark::restore(cursor.watermark.clone()));
        let fields = engine.layout().fields();
        let normalizer = Normalizer::new(shared.names.clone(), shared.directory.clone(), fields);
        let log_at = engine.watermark().at();
        let run = LogRun {
            shared: shared.clone(),
            engine,
            readers,
            normalizer,
            stretch,
            names_stored: shared.names_stored,
            committed: cursor.position,
            read: cursor.position,
            progress: Progress::default(),
            matched: Vec::new(),
            weighed_usage: BTreeMap::new(),
            weighed_records: 0,
            log_at,
            stretch_begin: 0,
            left: Vec::new(),
        };
        run.set_up_accounts();
        Ok(run)
    }

    /// Evaluates everything that is in the log now, up to `end` if there is one, or less when a stop is asked for. `between` is
    /// called after each checkpoint and may end it with false. Says which detectors were stopped.
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
        mut between: impl FnMut(&mut LogRun) -> Result<bool, LogError>,
    ) -> Result<Vec<Plugin>, LogError> {
        let mut stopped = Vec::new();
        while !self.readers.is_empty() && !self.stops() {
            let before = self.progress.records;
            let spool = self.read_stretch(end)?;
            if self.read == self.committed {
                break;
            }
            let length = self.progress.records - before;
            let mut merge = Merge::new(vec![spool])?;
            self.stretch_begin = 0;
            loop {
                let mut chunk = Chunk::default();
                if !merge.fill(&mut chunk, CHUNK_ROWS)? {
                    break;
                }
                if self.stretch_begin == 0 {
                    self.stretch_begin = chunk.rows().next().map_or(0, report_time);
                }
                if self.stops() && length > SHORT_STRETCH {
                    return Ok(stopped);
                }
                self.engine.push(chunk)?;
                self.shared.metrics.alive();
            }
            stopped.extend(self.commit(Vec::new(), Vec::new())?);
            if !between(self)? {
                break;
            }
        }
        Ok(stopped)
    }

    /// Tries parked records again that somebody asked for. Says which detectors were stopped over it.
    ///
    /// # Errors
    /// As [`LogRun::drain`].
    pub fn retry_parked(&mut self) -> Result<Vec<Plugin>, LogError> {
        if self.stops() {
            // A stretch may have been given up half way: nothing must be committed any more.
            return Ok(Vec::new());
        }
        let ids = self.readers.ids();
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

    /// Where the log's clock stands.
    pub fn log_time(&self) -> Millis {
        self.engine.watermark().at()
    }

    /// Who reads here.
    pub fn reader_ids(&self) -> Vec<String> {
        self.readers.ids()
    }

    /// Plugins that were too slow for the main group and have left it since this was asked last.
    pub fn take_left(&mut self) -> Vec<Plugin> {
        std::mem::take(&mut self.left)
    }

    /// From now on findings belong to `generation`.
    pub fn set_generation(&mut self, generation: u64) {
        self.shared.options.generation = generation;
        self.engine.set_generation(generation);
    }

    fn stops(&self) -> bool {
        self.shared.stops()
    }

    /// What was done so far.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Everything up to here is evaluated and committed.
    pub fn position(&self) -> Position {
        self.committed
    }

    /// Whether no reader is left.
    pub fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// Goes on with other rules and detectors, and in another generation: see [`Engine::swap`]. Between two checkpoints only. A
    /// detector that is new here must stand where the others do.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn swap(&mut self, next: Next) -> Result<Swapped, LogError> {
        self.shared.options.generation = next.generation;
        let plugins = &mut self.readers.plugins;
        plugins.retain(|plugin| !next.gone.iter().any(|id| id == plugin.id()));
        for fitted in &next.fitted {
            match plugins.iter_mut().find(|plugin| plugin.id() == fitted.plugin().id()) {
                Some(place) => *place = fitted.plugin().clone(),
                None => plugins.push(fitted.plugin().clone()),
            }
        }
        if let (Some(known), Some(rules)) = (&mut self.readers.rules, &next.rules) {
            self.matched.clear();
            let old = std::mem::replace(known, rules.clone());
            // Thousands of compiled rules take a while to go; if there is no thread for it, they go here.
            let _ = std::thread::Builder::new().name("old-rules".to_owned()).spawn(move || drop(old));
        }
        // Detectors that are new count from zero.
        for fitted in &next.fitted {
            self.weighed_usage.remove(fitted.plugin().id());
        }
        let swapped = self.engine.swap(next)?;
        self.set_up_accounts();
        if swapped.is_layout_new {
            let (names, directory) = (self.shared.names.clone(), self.shared.directory.clone());
            self.normalizer = Normalizer::new(names, directory, self.engine.layout().fields());
        }
        Ok(swapped)
    }

    /// Whether it evaluates for a detector.
    pub fn has(&self, detector: &str) -> bool {
        self.readers.plugins.iter().any(|plugin| plugin.id() == detector)
    }

    /// Ends the engine's threads.
    pub fn stop(self) {
        self.engine.stop();
    }
}
