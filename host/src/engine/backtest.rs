//! Evaluates rules over the past: over files, or over what the log holds of a period.
//!
//! Owns the way of records through `rules backtest` and `rules diff`: read side by side, of each record only what the rules ask
//! for, ordered by report time, then shown to one engine per set of rules. State and findings are in memory; nothing stored is
//! touched. Does not own arguments or what is printed (`cli::rules`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{Event, EventKind, FieldSet, Finding, Millis, NameTable};
use rules::evaluator::Cost;
use rules::{RuleFailure, RuleSet};
use tokio::runtime::Handle;

use super::book::Book;
use super::layout::Layout;
use super::memory::MemoryState;
use super::spool::{Chunk, Merge, Spool, SpoolError};
use super::{CHUNK_ROWS, Checkpoint, Engine, EngineError, Options};
use crate::config::Config;
use crate::directory::Directory;
use crate::normalize::{Normalizer, Record, sources};
use crate::plugin::Services;
use crate::source::{self, Input, ReadError, ReadOptions, Sink, SinkError, StoredReader};
use crate::store::{Store, StoreError, Sweep};

/// Chunks between two checkpoints, as in `engine::scan`.
const CHECKPOINT_CHUNKS: usize = 16;

/// A backtest that cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
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

/// Where records come from.
#[derive(Clone, Debug)]
pub enum Records {
    /// Files.
    Files(Vec<Input>),
    /// The log, read through `runtime`.
    Log(Store, Handle),
}

/// What to evaluate.
#[derive(Debug)]
pub struct Backtest {
    /// Zones, hours and lateness.
    pub config: Config,
    /// Sets of rules, each evaluated by itself over the same records.
    pub sets: Vec<Arc<RuleSet>>,
    /// Where records come from.
    pub records: Records,
    /// Records reported at or after this time are evaluated.
    pub read_from: Millis,
    /// Findings whose latest event is at or after this time count: what is evaluated before it makes windows and histories what they
    /// would have been.
    pub from: Millis,
    /// Records reported before this time are evaluated.
    pub to: Millis,
    /// Worker threads.
    pub workers: usize,
    /// Ends the backtest.
    pub stop: Arc<AtomicBool>,
    /// Where rows wait to be ordered.
    pub temp: PathBuf,
}

/// What one set of rules would have found.
#[derive(Debug, Default)]
pub struct Tested {
    /// Findings by time, those of rules on trial too.
    pub findings: Vec<Finding>,
    /// What each detection of the set cost.
    pub costs: Vec<Cost>,
    /// Scripts that failed, by rule.
    pub failures: BTreeMap<String, RuleFailure>,
    /// Time in the rules, over all workers.
    pub time: Duration,
}

/// What a backtest saw and found.
#[derive(Debug, Default)]
pub struct Backtested {
    /// By set.
    pub sets: Vec<Tested>,
    /// Records read.
    pub records: u64,
    /// Records delivered more than once.
    pub duplicates: u64,
    /// Records later than the allowed lateness, seen in the order of report times.
    pub late: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Time for reading and ordering.
    pub reading: Duration,
    /// Time for evaluating.
    pub evaluating: Duration,
}

impl Backtest {
    /// Evaluates. Blocks: with the log it must have a thread of its own.
    ///
    /// # Errors
    /// When a file or the database cannot be read, the temporary folder is full, a worker ends, or a stop is asked for.
    pub fn run(&self) -> Result<Backtested, BacktestError> {
        let begun = Instant::now();
        let names = Arc::new(NameTable::default());
        let directory = Arc::new(Directory::from_config(&self.config));
        let wanted = self.sets.iter().fold(FieldSet::NONE, |all, set| all.union(set.fields()));
        let options = Options { workers: self.workers, lateness: self.config.lateness(), generation: 0 };
        let mut courts = Vec::new();
        for set in &self.sets {
            let state = Arc::new(MemoryState::default());
            let services =
                Services { names: names.clone(), directory: directory.clone(), state: state.clone() };
            let engine = Engine::start_with(&[], Some(set), wanted, &self.config, &services, &options)?;
            engine.measure_rules()?;
            courts.push(Court { engine, state, book: Book::default(), tested: Tested::default() });
        }
        let Some(layout) = courts.first().map(|court| court.engine.layout().clone()) else {
            return Ok(Backtested::default());
        };
        let mut done = Backtested::default();
        let reading = Reading { test: self, names, directory, layout };
        let spools = match &self.records {
            Records::Files(inputs) => reading.files(inputs, &mut done)?,
            Records::Log(store, runtime) => reading.log(store, runtime, &mut done)?,
        };
        let mut merge = Merge::new(spools)?;
        done.reading = begun.elapsed();
        let begun = Instant::now();
        let mut chunks = 0;
        loop {
            let mut chunk = Chunk::default();
            let more = merge.fill(&mut chunk, CHUNK_ROWS)?;
            self.check_stop()?;
            chunks += 1;
            for court in &mut courts {
                if more {
                    court.engine.push(chunk.clone())?;
                }
                if !more || chunks % CHECKPOINT_CHUNKS == 0 {
                    court.checkpoint()?;
                }
            }
            if !more {
                break;
            }
        }
        done.duplicates = merge.duplicates;
        done.late = courts.first().map_or(0, |court| court.engine.late());
        done.sets = courts.into_iter().map(|court| court.close(self.from)).collect();
        done.evaluating = begun.elapsed();
        Ok(done)
    }

    fn check_stop(&self) -> Result<(), StoreError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(StoreError::Ended("a stop was asked for".to_owned()));
        }
        Ok(())
    }

    fn has(&self, event: &Event) -> bool {
        (self.read_from..self.to).contains(&event.int(model::FieldId::report_time))
    }
}

/// One set of rules at work.
struct Court {
    engine: Engine,
    state: Arc<MemoryState>,
    book: Book,
    tested: Tested,
}

impl Court {
    fn checkpoint(&mut self) -> Result<(), EngineError> {
        let Checkpoint { outputs, state, failures, .. } = self.engine.checkpoint()?;
        self.book.take(outputs);
        state.iter().for_each(|(detector, change)| self.state.apply(detector, change));
        super::add_failures(&mut self.tested.failures, failures);
        Ok(())
    }

    fn close(self, from: Millis) -> Tested {
        let mut tested = self.tested;
        tested.costs = self.engine.rule_costs().to_vec();
        tested.time = self.engine.fates().values().map(|fate| fate.usage.time).sum();
        tested.findings = self.book.into_findings();
        tested.findings.retain(|finding| finding.last_event >= from);
        self.engine.stop();
        tested
    }
}

/// Reads records into spools.
struct Reading<'a> {
    test: &'a Backtest,
    names: Arc<NameTable>,
    directory: Arc<Directory>,
    layout: Arc<Layout>,
}

/// Packs the events of the period.
struct Packer<'a> {
    test: &'a Backtest,
    spool: Spool,
}

impl Sink for Packer<'_> {
    fn event(&mut self, event: &Event, _record: &Record<'_>) -> Result<(), SinkError> {
        if self.test.has(event) { self.spool.push(event).map_err(SinkError::from) } else { Ok(()) }
    }
}

/// What the readers of the log share.
struct Queue {
    sweep: Sweep,
    failed: bool,
}

/// What one reader of the log did.
struct Read {
    spool: Spool,
    unreadable: u64,
}

impl Reading<'_> {
    fn spool(&self) -> Spool {
        Spool::new(self.layout.clone(), &self.test.temp)
    }

    fn files(&self, inputs: &[Input], done: &mut Backtested) -> Result<Vec<Spool>, BacktestError> {
        let mut packers: Vec<Packer<'_>> =
            (0..self.test.workers).map(|_| Packer { test: self.test, spool: self.spool() }).collect();
        let options = ReadOptions { wanted: self.layout.fields(), ..ReadOptions::default() };
        let read = source::read_all(inputs, &options, &self.names, &self.directory, &mut packers)?;
        done.unreadable = read.rejected;
        let spools: Vec<Spool> = packers.into_iter().map(|packer| packer.spool).collect();
        done.records = spools.iter().map(|spool| spool.taken).sum();
        Ok(spools)
    }

    fn log(
        &self,
        store: &Store,
        runtime: &Handle,
        done: &mut Backtested,
    ) -> Result<Vec<Spool>, BacktestError> {
        let kinds = self.test.sets.iter().map(|set| set.kinds());
        let kinds = kinds.fold([false; EventKind::ALL.len()], |mut all, kinds| {
            all.iter_mut().zip(kinds).for_each(|(one, other)| *one |= other);
            all
        });
        let sweep = runtime.block_on(store.sweep(self.test.read_from, self.test.to, kinds))?;
        let whole = sweep.clone();
        let queue = Mutex::new(Queue { sweep, failed: false });
        let reads: Vec<Result<Read, BacktestError>> = std::thread::scope(|scope| {
            let readers: Vec<_> = (0..self.test.workers)
                .map(|_| scope.spawn(|| self.read_parts(store, runtime, &whole, &queue)))
                .collect();
            let ended = || StoreError::Ended("a reading thread ended unexpectedly".to_owned());
            readers.into_iter().map(|reader| reader.join().unwrap_or_else(|_| Err(ended().into()))).collect()
        });
        let mut spools = Vec::new();
        for read in reads {
            let read = read?;
            done.records += read.spool.taken + read.unreadable;
            done.unreadable += read.unreadable;
            spools.push(read.spool);
        }
        Ok(spools)
    }

    /// Reads parts until none is left.
    fn read_parts(
        &self,
        store: &Store,
        runtime: &Handle,
        whole: &Sweep,
        queue: &Mutex<Queue>,
    ) -> Result<Read, BacktestError> {
        let done = self.read_some(store, runtime, whole, queue);
        if done.is_err() {
            queue.lock().unwrap_or_else(PoisonError::into_inner).failed = true;
        }
        done
    }

    fn read_some(
        &self,
        store: &Store,
        runtime: &Handle,
        whole: &Sweep,
        queue: &Mutex<Queue>,
    ) -> Result<Read, BacktestError> {
        let next = || {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            if queue.failed { None } else { queue.sweep.next_part() }
        };
        let fields = self.layout.fields();
        let mut normalizer = Normalizer::new(self.names.clone(), self.directory.clone(), fields);
        let mut reader = StoredReader::new(sources(fields));
        let mut read = Read { spool: self.spool(), unreadable: 0 };
        let mut event = Event::default();
        let mut connection = runtime.block_on(store.sweep_connection())?;
        while let Some(part) = next() {
            self.test.check_stop()?;
            let each = |text: &str| -> Result<(), BacktestError> {
                match reader.read(text, |record| normalizer.normalize(record, &mut event)) {
                    Ok(Ok(())) => read.spool.push(&event)?,
                    _ => read.unreadable += 1,
                }
                Ok(())
            };
            runtime.block_on(connection.read_part(whole, &part, each))?;
        }
        Ok(read)
    }
}
