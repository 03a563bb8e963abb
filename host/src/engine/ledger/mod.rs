//! What each plugin used, and whether that is within its budget.
//!
//! Owns the figures from the start of a service on, in whichever group or lane a plugin runs, the warnings at 80 % (once until
//! the use falls again), and the judgement of a checkpoint before it is committed. Does not own the fair share of time, which is
//! decided in the midst of a stretch (`engine::account`), nor what becomes of a plugin that is over (it is stopped like one
//! that failed: nothing of the stretch counts, and it catches up later, so that no finding is lost over it).
//!
//! ## Clocks
//! Findings are counted by the hour of the *log* (its watermark): a plugin that catches up with a month in a minute says what it
//! would have said within the month, and is judged alike in both. Log lines are counted by the clock on the *wall*: what they
//! take is an operator's attention and disk, now. Neither changes what is found, only when.

mod entry;
mod hourly;
pub mod offline;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use model::Millis;

pub use entry::Step;
use entry::{Entry, Use};

use super::Fate;
use super::detector::Usage;
use crate::config::{Budget, Config};
use crate::plugin::Plugin;
use crate::store::{PluginUsage, RULES, StateSize};

/// Part of a budget from which on there is a warning.
const WARN: f64 = 0.8;

/// Part below which the warning is over: it comes again when the use rises again.
const CALM: f64 = 0.7;

/// See the module. Clones are the same ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    inner: Arc<Mutex<Inner>>,
    began: Instant,
}

#[derive(Debug, Default)]
struct Inner {
    /// Of the policy that it holds.
    generation: Option<u64>,
    entries: BTreeMap<String, Entry>,
}

impl Default for Ledger {
    fn default() -> Self {
        Ledger { inner: Arc::default(), began: Instant::now() }
    }
}

/// From one checkpoint to the next on the clock of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where the log stood.
    pub since: Millis,
    /// Where it stands.
    pub until: Millis,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time on the wall. It starts with the ledger and never goes back.
    fn clock(&self) -> Millis {
        Millis::try_from(self.began.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    /// What is known of stored state may be wrong: somebody else may have evaluated, or it was reset.
    pub fn forget_state(&self) {
        let mut inner = self.lock();
        inner.generation = None;
        inner.entries.values_mut().for_each(|entry| entry.digest.clear());
    }

    /// Whether it holds the policy of that generation.
    pub fn follows(&self, generation: u64) -> bool {
        self.lock().generation == Some(generation)
    }

    /// Whether it holds exactly these plugins, and so knows how large their state is.
    pub fn knows(&self, plugins: &[Plugin]) -> bool {
        let inner = self.lock();
        plugins.iter().all(|p| inner.entries.get(p.id()).is_some_and(|entry| entry.digest == p.digest()))
    }

    /// What is in force, and how large the stored state of each is, as far as it was not known. Plugins that are not in force any
    /// more lose their lines, another plugin under a known id keeps the line's totals.
    pub fn begin(
        &self,
        generation: u64,
        plugins: &[Plugin],
        config: &Config,
        sizes: &BTreeMap<String, StateSize>,
    ) {
        let mut inner = self.lock();
        inner.generation = Some(generation);
        let entries = &mut inner.entries;
        entries.retain(|id, entry| entry.budget.is_none() || plugins.iter().any(|p| p.id() == id));
        for plugin in plugins {
            let settings = config.plugins.get(plugin.id()).cloned().unwrap_or_default();
            let entry = entries.entry(plugin.id().to_owned()).or_default();
            entry.budget = Some(settings.budget);
            entry.memory_limit = (settings.limits.memory_mib as u64).saturating_mul(1 << 20);
            if entry.digest != plugin.digest() {
                entry.digest = plugin.digest().to_owned();
                entry.state = sizes.get(plugin.id()).copied().unwrap_or_default();
            }
        }
        if let Some(size) = sizes.get(RULES) {
            entries.entry(RULES.to_owned()).or_default().state = *size;
        }
    }

    /// Adds what a reader did since its last checkpoint: work is done whether or not it is committed.
    pub fn work(&self, id: &str, records: u64, usage: &Usage, fate: &Fate) {
        let clock = self.clock();
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        let entry = entries.entry(id.to_owned()).or_default();
        entry.work(records, usage, clock);
        entry.is_stopped = false;
        entry.memory = fate.memory;
        entry.largest_memory = fate.largest_memory;
        entry.memory_peak = entry.memory_peak.max(fate.memory);
    }

    /// Why a plugin must be stopped rather than have this step committed.
    pub fn judge(&self, id: &str, step: &Step, span: Span) -> Option<String> {
        let clock = self.clock();
        let inner = self.lock();
        let entries = &inner.entries;
        let over = entries.get(id)?.exceeded(step, span.since, span.until, clock)?;
        Some(format!("over its budget, {}", over.says(id)))
    }

    /// A step is committed. Warns of budgets that are nearly used.
    pub fn committed(&self, id: &str, step: &Step, span: Span) {
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        if let Some(entry) = entries.get_mut(id) {
            entry.committed(step, span.since, span.until);
        }
        drop(inner);
        for near in self.near(id, span.until) {
            tracing::warn!(plugin = id, "nearly at its budget, {}", near.says(id));
        }
    }

    /// Budgets that have just come near their end.
    fn near(&self, id: &str, log: Millis) -> Vec<Use> {
        let clock = self.clock();
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        let Some(entry) = entries.get_mut(id) else { return Vec::new() };
        let mut near = entry.uses(log, clock);
        for of in &near {
            if of.part() < CALM {
                entry.warned.remove(&of.kind);
            }
        }
        near.retain(|of| of.part() >= WARN && entry.warned.insert(of.kind));
        near
    }

    /// A plugin was stopped.
    pub fn stopped(&self, id: &str) {
        if let Some(entry) = self.lock().entries.get_mut(id) {
            entry.quarantines += 1;
            entry.is_stopped = true;
            (entry.memory, entry.largest_memory) = (0, 0);
        }
    }

    /// Records were set aside.
    pub fn parked(&self, id: &str) {
        if let Some(entry) = self.lock().entries.get_mut(id) {
            entry.parked += 1;
        }
    }

    /// Log lines a plugin may still write, and one more: with that one it is over.
    pub fn lines_left(&self, id: &str) -> u64 {
        let clock = self.clock();
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        let Some(entry) = entries.get_mut(id) else { return u64::MAX };
        let Some(most) = entry.budget.as_ref().map(|b: &Budget| b.log_lines_per_hour) else {
            return u64::MAX;
        };
        (most + 1).saturating_sub(entry.log_lines.sum(clock))
    }

    /// Every line, with the log at `log`.
    pub fn lines(&self, log: Millis) -> Vec<PluginUsage> {
        let clock = self.clock();
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        let all: f64 = entries.values().map(|entry| entry.usage.time.as_secs_f64()).sum();
        let line = |(id, entry): (&String, &mut Entry)| {
            let line = entry.line(id, log, clock);
            PluginUsage { time_share: if all > 0.0 { line.seconds / all } else { 0.0 }, ..line }
        };
        entries.iter_mut().map(line).collect()
    }

    /// The line of one plugin, without what depends on the log or on others, and whether it is stopped.
    pub fn line(&self, id: &str) -> Option<(PluginUsage, bool)> {
        let clock = self.clock();
        let mut inner = self.lock();
        let entries = &mut inner.entries;
        let entry = entries.get_mut(id)?;
        Some((entry.line(id, Millis::MIN, clock), entry.is_stopped))
    }
}

#[cfg(test)]
mod tests;
