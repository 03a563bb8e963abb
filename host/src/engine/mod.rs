//! Joins records and detectors.
//!
//! Owns order, batches, partitions over worker threads, horizons, and what becomes of the detectors' output. Does not
//! own reading (`source`), detection (`plugin`) or keeping (`store`). `scan`, `demo`, `run` and backtests use this one
//! engine; they differ in where rows come from and where findings go.

pub mod account;
pub mod backtest;
pub mod book;
mod clock;
pub mod detector;
pub mod fit;
pub mod layout;
pub mod ledger;
pub mod log;
pub mod memory;
mod people;
pub mod replay;
pub mod route;
mod rule_share;
pub mod scan;
pub mod scope;
pub mod service;
mod settle;
pub mod spool;
mod swap;
mod usage;
pub mod watermark;
pub mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::rules::evaluator::Cost;
use ::rules::{RuleFailure, RuleSet};
use model::{FieldId, FieldSet, Finding, Millis, NameTable, RecordId, SubjectKind};
use rustc_hash::FxHashSet;

use crate::config::Config;
use crate::plugin::{Output, Plugin, Services, StateChange};
use crate::store::Person;
use account::Account;
use detector::{Detector, Parked, Usage};
use layout::{Layout, Row};
use people::People;
use route::Route;
use rule_share::RuleShare;
use watermark::Watermark;
use worker::{Work, Worker, WorkerGone};

pub use settle::{Collected, Left};
pub use swap::{Next, Swapped};

/// Rows handed to the workers at once.
pub const CHUNK_ROWS: usize = 8192;

/// Beginning of the keys that every worker's instance of a detector writes, all with the same values: what it learned from
/// the rows that all of them get. One is kept.
const SHARED_STATE: &str = "habits";

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
    /// Detectors' stored state cannot be read.
    #[error("{0}")]
    State(String),
}

/// Detectors and rules at work on one ordered source.
pub struct Engine {
    layout: Arc<Layout>,
    rules: Option<Arc<RuleSet>>,
    generation: u64,
    /// What each detection of the rules cost up to the last checkpoint.
    costs: Vec<Cost>,
    workers: Vec<Worker>,
    names: Arc<NameTable>,
    people: People,
    watermark: Watermark,
    late: u64,
    late_records: Vec<RecordId>,
    lateness: Millis,
    left_out: Option<Arc<LeftOut>>,
    fates: BTreeMap<String, Fate>,
    accounts: BTreeMap<String, Arc<Account>>,
}

/// Records that a detector must not see, by detector.
pub type LeftOut = BTreeMap<String, FxHashSet<RecordId>>;

/// What became of one detector.
#[derive(Clone, Debug, Default)]
pub struct Fate {
    /// What it did, over all workers.
    pub usage: Usage,
    /// Why it does not run any more.
    pub quarantined: Option<String>,
    /// Memory of its instances after the last checkpoint, bytes.
    pub memory: u64,
    /// Memory of the largest of them.
    pub largest_memory: u64,
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
    /// Records that came too late, at most [`MAX_LATE_NOTED`].
    pub late: Vec<RecordId>,
    /// Display names that are new.
    pub people: Vec<Person>,
    /// Detectors that were stopped, with the reason; nothing of theirs since the last checkpoint is in here.
    pub quarantined: Vec<(String, String)>,
    /// Detectors that were too slow for the main group and are gone from it.
    pub left: Vec<Left>,
    /// Scripts of rules that failed, each rule once.
    pub failures: Vec<RuleFailure>,
}

/// Most late records noted one by one between two checkpoints; a back-fill of months is only counted.
pub const MAX_LATE_NOTED: usize = 100_000;

impl Engine {
    /// Starts the workers with one instance of every plugin each, and a share of the rules.
    ///
    /// # Errors
    /// When a thread cannot be started or the name table is full.
    pub fn start(
        plugins: &[Plugin],
        rules: Option<&Arc<RuleSet>>,
        config: &Config,
        services: &Services,
        options: &Options,
    ) -> Result<Engine, EngineError> {
        Engine::start_with(plugins, rules, FieldSet::NONE, config, services, options)
    }

    /// The same; rows hold `fields` besides.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn start_with(
        plugins: &[Plugin],
        rules: Option<&Arc<RuleSet>>,
        fields: FieldSet,
        config: &Config,
        services: &Services,
        options: &Options,
    ) -> Result<Engine, EngineError> {
        let mut routes = Vec::new();
        let least = People::FIELDS.into_iter().chain([FieldId::start_time]).collect::<FieldSet>();
        let mut fields = fields.union(least);
        for plugin in plugins {
            let settings = config.plugins.get(plugin.id()).cloned().unwrap_or_default();
            let route = Route::new(plugin.manifest(), &settings, config, &services.names)?;
            fields = fields.union(route.fields());
            routes.push((route, settings));
        }
        let layout = Arc::new(swap::layout(fields, rules));
        let account = |(plugin, (_, settings)): (&Plugin, &(Route, crate::config::PluginConfig))| {
            (plugin.id().to_owned(), Arc::new(Account::new(&settings.budget)))
        };
        let accounts: BTreeMap<String, Arc<Account>> = plugins.iter().zip(&routes).map(account).collect();
        let workers = (0..options.workers)
            .map(|index| {
                let detectors = plugins.iter().zip(&routes).map(|(plugin, (route, settings))| {
                    let (generation, lateness) = (options.generation, options.lateness);
                    let detector = Detector::new(
                        plugin.clone(),
                        settings.clone(),
                        services.clone(),
                        generation,
                        route.clone(),
                        lateness,
                    );
                    match accounts.get(plugin.id()) {
                        Some(account) => detector.with_account(account.clone()),
                        None => detector,
                    }
                });
                let rules = rules.map(|set| RuleShare::new(set, services, index, options.workers));
                Worker::start(index, options.workers, layout.clone(), detectors.collect(), rules)
            })
            .collect::<Result<_, _>>()?;
        Ok(Engine {
            layout,
            rules: rules.cloned(),
            generation: options.generation,
            costs: Vec::new(),
            workers,
            names: services.names.clone(),
            people: People::default(),
            watermark: Watermark::default(),
            late: 0,
            late_records: Vec::new(),
            lateness: options.lateness,
            left_out: None,
            fates: BTreeMap::new(),
            accounts,
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

    /// The watermark, to be kept with the position in the log.
    pub fn watermark(&self) -> &Watermark {
        &self.watermark
    }

    /// Goes on from a watermark that was kept.
    pub fn set_watermark(&mut self, watermark: Watermark) {
        self.watermark = watermark;
    }

    /// From now on these records are kept from these detectors. They count for the watermark.
    pub fn leave_out(&mut self, records: LeftOut) {
        self.left_out = (!records.is_empty()).then(|| Arc::new(records));
    }

    /// Whether an event that started then would come too late now.
    pub fn is_late(&self, start: Millis) -> bool {
        start < self.watermark.at() - self.lateness
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
            let late = self.is_late(row.u64(FieldId::start_time) as Millis);
            if late {
                self.late += 1;
                if self.late_records.len() < MAX_LATE_NOTED {
                    self.late_records.push(row.id());
                }
            }
            // Decided here, by position in the log: left to a detector, it would depend on batches and restarts.
            watermarks.push(if late { worker::LATE } else { self.watermark.at() });
            self.watermark.note(row.report_time());
        }
        self.hand_out(Work { chunk, watermarks, only: None, left_out: self.left_out.clone() })
    }

    /// Takes rows for one detector that it failed on before. They do not count for the watermark, which knows them.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn push_again(&mut self, chunk: spool::Chunk, detector: &str) -> Result<(), EngineError> {
        let watermarks = vec![self.watermark.at(); chunk.len()];
        self.hand_out(Work { chunk, watermarks, only: Some(detector.to_owned()), left_out: None })
    }

    fn hand_out(&self, work: Work) -> Result<(), EngineError> {
        let work = Arc::new(work);
        for worker in &self.workers {
            worker.take(work.clone())?;
        }
        Ok(())
    }

    /// Waits until everything pushed is evaluated, and collects what happened since the last checkpoint. Detectors that
    /// failed for good are retired, on all workers.
    ///
    /// # Errors
    /// When a worker is gone, or stored state could not be read: then the engine must be started anew.
    pub fn checkpoint(&mut self) -> Result<Checkpoint, EngineError> {
        let collected = self.collect()?;
        self.settle(collected, Vec::new())
    }

    /// The first half of [`Engine::checkpoint`]: waits until everything pushed is evaluated.
    ///
    /// # Errors
    /// As [`Engine::checkpoint`].
    pub fn collect(&mut self) -> Result<Collected, EngineError> {
        let answers = self.workers.iter().map(Worker::checkpoint).collect::<Result<Vec<_>, _>>()?;
        let mut reports = Vec::new();
        for answer in answers {
            reports.extend(answer.recv().map_err(|_| WorkerGone)?);
        }
        if let Some(reason) = reports.iter().find_map(|r| r.unavailable.clone()) {
            return Err(EngineError::State(reason));
        }
        Ok(Collected(reports))
    }

    /// The second half of [`Engine::checkpoint`]. Detectors in `over` are stopped too, for the reasons there.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn settle(
        &mut self,
        collected: Collected,
        over: Vec<(String, String)>,
    ) -> Result<Checkpoint, EngineError> {
        let Collected(reports) = collected;
        let mut checkpoint = Checkpoint { quarantined: over, ..Checkpoint::default() };
        for report in &reports {
            let known = |q: &(String, String)| q.0 == report.detector;
            if let Some(reason) = &report.quarantined
                && !checkpoint.quarantined.iter().any(known)
            {
                checkpoint.quarantined.push((report.detector.clone(), reason.clone()));
            }
        }
        let mut shared: FxHashSet<(String, String)> = FxHashSet::default();
        checkpoint.left = self.left(&reports, &checkpoint.quarantined);
        let mut totals: BTreeMap<String, Fate> = BTreeMap::new();
        swap::add_up(&mut self.costs, &reports);
        let mut failures: BTreeMap<String, RuleFailure> = BTreeMap::new();
        for report in reports {
            let total = totals.entry(report.detector.clone()).or_default();
            total.usage.add(&report.usage);
            total.memory += report.memory;
            total.largest_memory = total.largest_memory.max(report.memory);
            let is_gone = |left: &Left| left.detector == report.detector && !left.is_level;
            if checkpoint.quarantined.iter().any(|(detector, _)| *detector == report.detector)
                || checkpoint.left.iter().any(is_gone)
            {
                continue;
            }
            // A row that every worker learns from may be parked by each.
            let is_new = |p: &Parked, parked: &[Parked]| {
                !parked.iter().any(|known| known.detector == p.detector && known.record == p.record)
            };
            for parked in report.step.parked {
                if is_new(&parked, &checkpoint.parked) {
                    checkpoint.parked.push(parked);
                }
            }
            add_failures(&mut failures, report.failures);
            checkpoint.outputs.extend(report.step.outputs);
            let detector = report.detector;
            for change in report.step.state {
                if !change.key.starts_with(SHARED_STATE)
                    || shared.insert((detector.clone(), change.key.clone()))
                {
                    checkpoint.state.push((detector.clone(), change));
                }
            }
        }
        for (detector, total) in totals {
            let fate = self.fates.entry(detector).or_default();
            *fate = Fate { quarantined: fate.quarantined.take(), ..total };
        }
        for left in &checkpoint.left {
            for worker in &self.workers {
                worker.retire(&left.detector)?;
            }
        }
        for (detector, reason) in &checkpoint.quarantined {
            for worker in &self.workers {
                worker.retire(detector)?;
            }
            self.fates.entry(detector.clone()).or_default().quarantined = Some(reason.clone());
        }
        for output in &mut checkpoint.outputs {
            if let Output::Raise(finding) = output {
                finding.provenance.generation = self.generation;
                self.name_subject(finding);
            }
        }
        checkpoint.failures = failures.into_values().collect();
        checkpoint.late = std::mem::take(&mut self.late_records);
        checkpoint.people = self.people.take_changed(&self.names);
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

/// Adds failures to those of the same rule.
fn add_failures(known: &mut BTreeMap<String, RuleFailure>, more: Vec<RuleFailure>) {
    for failure in more {
        let count = failure.count;
        known.entry(failure.rule.clone()).or_insert(RuleFailure { count: 0, ..failure }).count += count;
    }
}

impl Fate {
    /// Nanoseconds per row, for people.
    pub fn nanos_per_row(&self) -> u64 {
        let Usage { rows, time, .. } = self.usage;
        (time.max(Duration::ZERO).as_nanos() / u128::from(rows.max(1))) as u64
    }
}
