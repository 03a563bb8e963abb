//! Joins records and detectors.
//!
//! Owns order, batches, partitions over worker threads, horizons, and what becomes of the detectors' output. Does not
//! own reading (`source`), detection (`plugin`) or keeping (`store`). `scan`, `demo`, `run` and backtests use this one
//! engine; they differ in where rows come from and where findings go.

pub mod book;
pub mod detector;
pub mod layout;
pub mod log;
pub mod memory;
pub mod route;
pub mod scan;
pub mod spool;
pub mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{Finding, Millis, NameTable, SubjectKind};

use crate::config::Config;
use crate::plugin::{Output, Plugin, Services, StateChange};
use detector::{Detector, Parked, Usage};
use layout::{Layout, Row};
use route::{People, Route};
use worker::{Work, Worker, WorkerGone};

/// Rows handed to the workers at once.
pub const CHUNK_ROWS: usize = 8192;

/// How the engine runs.
#[derive(Clone, Debug)]
pub struct Options {
    /// Worker threads.
    pub workers: usize,
    /// How late an event may be and still count.
    pub lateness: Millis,
    /// Generation of the policy.
    pub generation: u64,
}

/// An engine that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The name table is full.
    #[error(transparent)]
    Names(#[from] model::names::TooManyNames),
    /// A thread cannot be started.
    #[error("cannot start a worker thread: {0}")]
    Thread(#[from] std::io::Error),
    /// A thread is gone.
    #[error(transparent)]
    Worker(#[from] WorkerGone),
}

/// Detectors at work on one ordered source.
pub struct Engine {
    layout: Arc<Layout>,
    workers: Vec<Worker>,
    names: Arc<NameTable>,
    people: People,
    watermark: Millis,
    late: u64,
    lateness: Millis,
    fates: BTreeMap<String, Fate>,
}

/// What became of one detector.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// What it did, over all workers.
    pub usage: Usage,
    /// Why it does not run any more.
    pub quarantined: Option<String>,
}

/// What happened up to a checkpoint, to be kept in one transaction.
#[derive(Debug, Default)]
pub struct Checkpoint {
    /// Findings and withdrawals, in order for each finding; subjects have their names.
    pub outputs: Vec<Output>,
    /// State that changed, with its detector.
    pub state: Vec<(String, StateChange)>,
    /// Rows set aside.
    pub parked: Vec<Parked>,
}

impl Engine {
    /// Starts the workers with one instance of every plugin each.
    ///
    /// # Errors
    /// When a thread cannot be started or the name table is full.
    pub fn start(
        plugins: &[Plugin],
        config: &Config,
        services: &Services,
        options: &Options,
    ) -> Result<Engine, EngineError> {
        let mut routes = Vec::new();
        let mut fields = People::FIELDS.into_iter().collect::<model::FieldSet>();
        for plugin in plugins {
            let route = Route::new(plugin.manifest(), &services.names)?;
            fields = fields.union(route.fields());
            routes.push(route);
        }
        let layout = Arc::new(Layout::new(fields));
        let workers = (0..options.workers)
            .map(|index| {
                let detectors = plugins.iter().zip(&routes).map(|(plugin, route)| {
                    let settings = config.plugins.get(&plugin.manifest().id).cloned().unwrap_or_default();
                    let (generation, lateness) = (options.generation, options.lateness);
                    Detector::new(
                        plugin.clone(),
                        settings,
                        services.clone(),
                        generation,
                        route.clone(),
                        lateness,
                    )
                });
                Worker::start(index, options.workers, layout.clone(), detectors.collect())
            })
            .collect::<Result<_, _>>()?;
        Ok(Engine {
            layout,
            workers,
            names: services.names.clone(),
            people: People::default(),
            watermark: 0,
            late: 0,
            lateness: options.lateness,
            fates: BTreeMap::new(),
        })
    }

    /// How rows must be packed.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Events that came later than the allowed lateness.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Takes rows in the order of the log.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn push(&mut self, chunk: spool::Chunk) -> Result<(), EngineError> {
        let mut watermarks = Vec::with_capacity(chunk.len());
        for bytes in chunk.rows() {
            let row = Row { layout: &self.layout, bytes };
            self.people.note(row);
            let late = (row.u64(model::FieldId::start_time) as Millis) < self.watermark - self.lateness;
            self.late += u64::from(late);
            // Decided here, by position in the log: left to a detector, it would depend on batches and restarts.
            watermarks.push(if late { worker::LATE } else { self.watermark });
            self.watermark = self.watermark.max(row.report_time());
        }
        let work = Arc::new(Work { chunk, watermarks });
        for worker in &self.workers {
            worker.take(work.clone())?;
        }
        Ok(())
    }

    /// Waits until everything pushed is evaluated, and collects what happened since the last checkpoint.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, EngineError> {
        let answers = self.workers.iter().map(Worker::checkpoint).collect::<Result<Vec<_>, _>>()?;
        let mut checkpoint = Checkpoint::default();
        let mut usage: BTreeMap<String, Usage> = BTreeMap::new();
        for answer in answers {
            for report in answer.recv().map_err(|_| WorkerGone)? {
                let total = usage.entry(report.detector.clone()).or_default();
                total.rows += report.usage.rows;
                total.failures += report.usage.failures;
                total.time += report.usage.time;
                let fate = self.fates.entry(report.detector.clone()).or_default();
                fate.quarantined = fate.quarantined.take().or(report.quarantined);
                checkpoint.parked.extend(report.step.parked);
                checkpoint.outputs.extend(report.step.outputs);
                let detector = report.detector;
                checkpoint.state.extend(report.step.state.into_iter().map(|c| (detector.clone(), c)));
            }
        }
        for output in &mut checkpoint.outputs {
            if let Output::Raise(finding) = output {
                self.name_subject(finding);
            }
        }
        for (detector, total) in usage {
            self.fates.entry(detector).or_default().usage = total;
        }
        Ok(checkpoint)
    }

    fn name_subject(&self, finding: &mut Finding) {
        if finding.subject.kind == SubjectKind::User
            && let Some(user) = self.names.find(&finding.subject.id)
            && let Some(name) = self.people.name(user)
            && let Some(text) = self.names.resolve(name)
        {
            finding.subject.name = text.to_string();
        }
    }

    /// What became of each detector.
    pub fn fates(&self) -> &BTreeMap<String, Fate> {
        &self.fates
    }

    /// Ends the workers.
    pub fn stop(self) {
        self.workers.into_iter().for_each(Worker::stop);
    }
}

impl Fate {
    /// Nanoseconds per row, for people.
    pub fn nanos_per_row(&self) -> u64 {
        let Usage { rows, time, .. } = self.usage;
        (time.max(Duration::ZERO).as_nanos() / u128::from(rows.max(1))) as u64
    }
}
