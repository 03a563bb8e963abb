//! One detector on one worker: batches, checkpoints, and what happens when it fails.
//!
//! Owns the instance and the rows since its last checkpoint. A failed call costs the instance: a new one starts
//! from the checkpoint and sees the same rows again; a row that fails twice alone is parked; a detector that fails
//! too often is quarantined, and the others never notice. Does not own threads or where state is kept.

mod held;

use std::sync::Arc;
use std::time::{Duration, Instant};

use held::{Held, HeldRow};
use model::Millis;

use super::account::{Account, CallCost};
use super::clock::thread_time;
use super::layout::{Layout, Row};
use super::route::Route;
pub use super::usage::{Parked, Usage};
use super::worker::{LATE, Work};
use crate::config::PluginConfig;
use crate::plugin::{Batch, Instance, Output, Plugin, PluginError, Services, StateChange};

/// Rows per call. Measured: 64 to 4096 cost the same per row (`reference/wasm-boundary.md` section 1).
pub const BATCH_ROWS: usize = 512;

/// How far the watermark may come within one batch of a detector that learns the organisation's habits. A batch has one
/// horizon, that of its first row; what was learned counts three days later, which leaves a day for records that are late and
/// must leave more than a batch's span.
const MAX_BATCH_SPAN: Millis = 12 * 3_600_000;

/// Rows parked between two checkpoints before the detector is quarantined: more is a defect of the detector, not of
/// the rows.
pub const MAX_PARKED: usize = 8;

/// Failed calls between two checkpoints before the detector is quarantined. Finding [`MAX_PARKED`] rows takes three each.
const MAX_FAILURES: usize = 3 * MAX_PARKED;

/// Time in failed calls between two checkpoints before the detector is quarantined: the others of its worker wait for it.
const MAX_FAILED_TIME: Duration = Duration::from_secs(5);

/// A detector with its rows since the last checkpoint.
pub struct Detector {
    plugin: Plugin,
    settings: PluginConfig,
    services: Services,
    generation: u64,
    route: Route,
    lateness: Millis,
    /// The latest watermark it was shown, with rows of its own or without.
    latest: Millis,
    instance: Option<Instance>,
    held: Held,
    batch: Batch,
    fresh: Vec<Output>,
    parked: Vec<Parked>,
    failures: usize,
    failed_time: Duration,
    /// Why it does not run any more.
    pub quarantined: Option<String>,
    /// It was too slow for the main group with rows still before it: nothing since the last checkpoint counts.
    pub leaves: bool,
    account: Arc<Account>,
    /// Stored state could not be read: that is not its fault, and nothing since the last checkpoint counts.
    pub unavailable: Option<String>,
    /// What it did.
    pub usage: Usage,
}

/// What happened since the last checkpoint.
#[derive(Debug, Default)]
pub struct Step {
    /// Findings and withdrawals in order.
    pub outputs: Vec<Output>,
    /// State that changed.
    pub state: Vec<StateChange>,
    /// Rows set aside.
    pub parked: Vec<Parked>,
}

impl Detector {
    /// A detector that starts with its first row.
    pub fn new(
        plugin: Plugin,
        settings: PluginConfig,
        services: Services,
        generation: u64,
        route: Route,
        lateness: Millis,
    ) -> Detector {
        let batch = route.batch();
        let account = Arc::new(Account::new(&settings.budget));
        Detector {
            plugin,
            settings,
            services,
            generation,
            route,
            lateness,
            latest: 0,
            instance: None,
            held: Held::default(),
            batch,
            fresh: Vec::new(),
            parked: Vec::new(),
            failures: 0,
            failed_time: Duration::ZERO,
            quarantined: None,
            leaves: false,
            account,
            unavailable: None,
            usage: Usage::default(),
        }
    }

    /// The same with an account that it shares with the other workers' instances of its plugin.
    #[must_use]
    pub fn with_account(self, account: Arc<Account>) -> Detector {
        Detector { account, ..self }
    }

    /// Gives it an instance that was made ahead.
    pub(super) fn put_in(&mut self, instance: Instance) {
        self.instance = Some(instance);
    }

    /// Takes its instance away; another one is made with its first row.
    pub(super) fn take_out(&mut self) {
        self.instance = None;
    }

    /// Goes on where another one was at a checkpoint, or where the watermark is.
    pub(super) fn follow(&mut self, before: Option<&Detector>, watermark: Millis) {
        self.latest = before.map_or(watermark, |before| before.latest);
    }

    /// Its identity.
    pub fn id(&self) -> &str {
        &self.plugin.manifest().id
    }

    /// Memory of its instance, bytes.
    pub fn memory(&self) -> u64 {
        self.instance.as_ref().map_or(0, |i| i.memory_bytes() as u64)
    }

    fn is_running(&self) -> bool {
        self.quarantined.is_none() && self.unavailable.is_none() && !self.leaves
    }

    /// Takes the rows of a chunk that it wants and that belong to this worker.
    pub fn take(&mut self, layout: &Arc<Layout>, work: &Arc<Work>, worker: usize, workers: usize) {
        if !self.is_running() || work.only.as_ref().is_some_and(|only| only != self.id()) {
            return;
        }
        let chunk = self.held.chunks.len() as u32;
        self.held.chunks.push(work.clone());
        let left_out = work.left_out.as_ref().and_then(|records| records.get(self.id()));
        let before = self.held.rows.len();
        for (index, (bytes, watermark)) in work.chunk.rows().zip(&work.watermarks).enumerate() {
            if *watermark == LATE {
                continue;
            }
            self.latest = *watermark;
            let row = Row { layout, bytes };
            let taken = self.route.take(row, worker, workers);
            if taken != 0 && left_out.is_none_or(|records| !records.contains(&row.id())) {
                self.usage.rows += 1;
                self.held.rows.push(HeldRow { chunk, index: index as u32, taken });
            }
        }
        self.account.grant(work.chunk.len(), self.held.rows.len() - before, workers);
        // In this order: one that was given up holds no rows, and what it was fed says nothing any more.
        while self.is_running() && self.is_batch_due() {
            self.feed_batch(layout);
        }
    }

    fn is_batch_due(&self) -> bool {
        let waiting = self.held.rows.len() - self.held.fed;
        waiting >= BATCH_ROWS
            || (waiting > 0
                && self.route.is_shared()
                && self.latest - self.held.watermark(self.held.fed) > MAX_BATCH_SPAN)
    }

    /// End of the batch that begins at row `start`, at most `end`.
    fn batch_end(&self, start: usize, end: usize) -> usize {
        let end = end.min(start + BATCH_ROWS);
        if !self.route.is_shared() || start >= end {
            return end;
        }
        let last = self.held.watermark(start) + MAX_BATCH_SPAN;
        // The watermark never falls.
        let rows = &self.held.rows[start..end];
        start + rows.partition_point(|row| self.held.watermark_of(*row) <= last)
    }

    fn feed_batch(&mut self, layout: &Arc<Layout>) {
        if self.account.leaves() {
            // Whoever is slow, here or on another worker: with rows left it cannot end this stretch in the main group.
            self.leaves = true;
            self.drop_all();
            return;
        }
        if self.account.ends() {
            self.unavailable = Some("a stop was asked for".to_owned());
            self.drop_all();
            return;
        }
        let range = self.held.fed..self.batch_end(self.held.fed, self.held.rows.len());
        match self.call(layout, range.clone()) {
            Ok(()) => self.held.fed = range.end,
            Err(error) => self.recover(layout, range, &error),
        }
    }

    /// Feeds what is left and collects everything since the last checkpoint.
    pub fn checkpoint(&mut self, layout: &Arc<Layout>) -> Step {
        self.feed_rest(layout);
        let state = match self.finish() {
            Ok(state) => state,
            // Like any failed call: once more, on a new instance that has seen the same rows.
            Err(error) => {
                tracing::warn!(detector = self.id(), %error, "a checkpoint failed; starting again from the last one");
                let again = self.replay(layout, self.held.fed, &error).and_then(|()| self.finish());
                again.unwrap_or_else(|error| {
                    self.give_up(&error);
                    Vec::new()
                })
            }
        };
        self.held.clear();
        self.failures = 0;
        self.failed_time = Duration::ZERO;
        Step { outputs: std::mem::take(&mut self.fresh), state, parked: std::mem::take(&mut self.parked) }
    }

    fn feed_rest(&mut self, layout: &Arc<Layout>) {
        while self.held.fed < self.held.rows.len() && self.is_running() {
            self.feed_batch(layout);
        }
    }

    /// What is left to say at a checkpoint, and what is to be kept.
    fn finish(&mut self) -> Result<Vec<StateChange>, PluginError> {
        if self.instance.is_none() {
            return Ok(Vec::new());
        }
        if self.route.is_shared() {
            // Judged by habits that are final only now: without rows of its own a batch would never come.
            self.batch.clear();
            self.batch.horizon = self.latest - self.lateness;
            let outputs = self.counted(|instance, batch| instance.process(batch))?;
            self.fresh.extend(outputs);
        }
        self.counted(|instance, _| instance.checkpoint())
    }

    /// Makes a call on the instance, or on a new one, and counts what it costs.
    fn counted<T>(
        &mut self,
        call: impl FnOnce(&mut Instance, &Batch) -> Result<T, PluginError>,
    ) -> Result<T, PluginError> {
        let (before, clock) = (thread_time(), Instant::now());
        let instance = match &mut self.instance {
            Some(instance) => instance,
            none => match self.plugin.instantiate(&self.services, &self.settings, self.generation) {
                Ok(instance) => none.insert(instance),
                Err(error) => {
                    self.failed_time += clock.elapsed();
                    return Err(error);
                }
            },
        };
        // A start is bounded by its own deadline: it is counted, but not charged.
        let start = clock.elapsed();
        self.account.rest(thread_time().saturating_sub(before));
        let (begun, clock) = (thread_time(), Instant::now());
        instance.allow_lines(self.account.lines_left());
        let done = call(instance, &self.batch);
        let calls = instance.imports_used();
        let processor = thread_time().saturating_sub(begun);
        self.usage.time += (begun - before) + processor + calls.waited;
        self.usage.log_lines += calls.log_lines;
        self.usage.log_lines_lost += calls.log_lines_lost;
        // What failed of its deadline took that long for the others, however busy the machine was.
        let mut charged = processor;
        if done.as_ref().is_err_and(|error| !error.is_unavailable()) {
            self.failed_time += start + clock.elapsed();
            charged = charged.max(clock.elapsed());
        }
        self.account.use_lines(calls.log_lines);
        self.account.charge(CallCost { processor: charged, waited: calls.waited, reads: calls.reads });
        done
    }

    fn call(&mut self, layout: &Arc<Layout>, range: std::ops::Range<usize>) -> Result<(), PluginError> {
        if !self.is_running() {
            // It was given up while it was shown rows again; there are none left.
            return Ok(());
        }
        let horizon = self.held.watermark(range.start) - self.lateness;
        self.batch.clear();
        self.batch.horizon = horizon;
        for index in range {
            if !self.held.skip.contains(&index) {
                let row = Row { layout, bytes: self.held.row(index) };
                self.route.gather(row, self.held.rows[index].taken, &mut self.batch);
            }
        }
        self.counted(|instance, batch| instance.process(batch)).map(|outputs| self.fresh.extend(outputs))
    }

    /// A new instance from the checkpoint sees the rows again; if the same batch fails again, row by row.
    fn recover(&mut self, layout: &Arc<Layout>, range: std::ops::Range<usize>, error: &PluginError) {
        if error.is_unavailable() {
            self.give_up(error);
            return;
        }
        tracing::warn!(detector = self.id(), %error, "a call failed; starting again from the checkpoint");
        let again = self.replay(layout, range.start, error).and_then(|()| self.call(layout, range.clone()));
        let Err(error) = again else {
            self.held.fed = range.end;
            return;
        };
        let mut last = error;
        let mut next = range.start;
        let mut fresh_instance = false;
        while next < range.end && self.is_running() {
            if !fresh_instance {
                if let Err(error) = self.replay(layout, next, &last) {
                    self.give_up(&error);
                    return;
                }
                fresh_instance = true;
            }
            match self.call(layout, next..next + 1) {
                Ok(()) => {}
                Err(error) if error.is_unavailable() => self.give_up(&error),
                Err(error) => {
                    self.park(layout, next, &error);
                    last = error;
                    fresh_instance = false;
                }
            }
            next += 1;
        }
        self.held.fed = next;
        if !fresh_instance
            && self.is_running()
            && let Err(error) = self.replay(layout, next, &last)
        {
            self.give_up(&error);
        }
    }

    /// Starts a new instance and shows it the rows before `end` again.
    fn replay(&mut self, layout: &Arc<Layout>, end: usize, cause: &PluginError) -> Result<(), PluginError> {
        self.instance = None;
        self.fresh.clear();
        self.failures += 1;
        self.usage.failures += 1;
        if self.account.leaves() {
            self.leaves = true;
            self.drop_all();
            return Ok(());
        }
        if self.failures > MAX_FAILURES || self.failed_time > MAX_FAILED_TIME {
            self.give_up(cause);
            return Ok(());
        }
        let mut at = 0;
        while at < end {
            let upto = self.batch_end(at, end);
            self.call(layout, at..upto)?;
            at = upto;
        }
        Ok(())
    }

    fn park(&mut self, layout: &Arc<Layout>, index: usize, error: &PluginError) {
        let row = Row { layout, bytes: self.held.row(index) };
        let parked = Parked {
            detector: self.id().to_owned(),
            record: row.id(),
            report_time: row.report_time(),
            digest: self.plugin.digest().to_owned(),
            reason: error.to_string(),
        };
        self.held.skip.push(index);
        self.parked.push(parked);
        if self.parked.len() > MAX_PARKED {
            self.give_up(error);
        }
    }

    /// Nothing since the last checkpoint counts.
    fn drop_all(&mut self) {
        self.instance = None;
        self.held.clear();
        self.fresh.clear();
        self.parked.clear();
    }

    /// Stops: for good if the detector failed, until the next start if its state cannot be read.
    fn give_up(&mut self, error: &PluginError) {
        self.drop_all();
        if error.is_unavailable() {
            self.unavailable = Some(error.to_string());
        } else if self.quarantined.is_none() {
            self.quarantined = Some(error.to_string());
        }
    }
}
