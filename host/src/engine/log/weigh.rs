//! What a checkpoint would add to the ledger, and who would be over a budget by it.
//!
//! Owns the sums. They are made before anything is written: of a plugin that is over nothing is committed, neither state nor
//! findings. Does not own the budgets (`engine::ledger`).

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{LogError, LogRun};
use crate::engine::Fate;
use crate::engine::ledger::{Span, Step};
use crate::engine::settle::Collected;
use crate::plugin::Output;
use crate::store::StateSize;
use crate::telemetry::DetectorFigures;

/// What a checkpoint amounts to.
#[derive(Debug, Default)]
pub(super) struct Weighed {
    /// By plugin; the rules too.
    steps: BTreeMap<String, Step>,
    span: Span,
    /// Who would be over, and why.
    pub(super) over: Vec<(String, String)>,
}

impl LogRun {
    /// Puts the work done into the ledger and weighs the rest.
    pub(super) fn weigh(&mut self, collected: &Collected) -> Result<Weighed, LogError> {
        let mut fates: BTreeMap<&str, Fate> = BTreeMap::new();
        let mut found: BTreeMap<&str, FxHashSet<&str>> = BTreeMap::new();
        let mut written: FxHashMap<(&str, &str), Option<u64>> = FxHashMap::default();
        for report in collected.reports() {
            let fate = fates.entry(&report.detector).or_default();
            fate.usage.add(&report.usage);
            fate.memory += report.memory;
            fate.largest_memory = fate.largest_memory.max(report.memory);
            let ids = found.entry(&report.detector).or_default();
            ids.extend(report.step.outputs.iter().map(|output| match output {
                Output::Raise(finding) => finding.id.as_str(),
                Output::Withdraw { id } => id.as_str(),
            }));
            for change in &report.step.state {
                let bytes = change.value.as_ref().map(|value| (change.key.len() + value.len()) as u64);
                written.insert((&report.detector, &change.key), bytes);
            }
        }
        let records = self.progress.records - self.weighed_records;
        self.weighed_records = self.progress.records;
        let until = self.engine.watermark().at();
        let span = Span { since: if self.log_at > 0 { self.log_at } else { self.stretch_begin }, until };
        let span = Span { since: span.since.min(until), until };
        self.log_at = until;
        let before = self.sizes(&written)?;
        let mut after: BTreeMap<&str, StateSize> = BTreeMap::new();
        for ((plugin, _), bytes) in &written {
            if let Some(bytes) = bytes {
                let size = after.entry(plugin).or_default();
                size.keys += 1;
                size.bytes += bytes;
            }
        }
        let mut weighed = Weighed { span, ..Weighed::default() };
        for (id, fate) in fates {
            let known = self.weighed_usage.entry(id.to_owned()).or_default();
            let usage = fate.usage.since(known);
            *known = fate.usage.clone();
            self.shared.ledger.work(id, records, &usage, &fate);
            let step = Step {
                findings: found.get(id).map_or(0, |ids| ids.len() as u64),
                before: before.get(id).copied().unwrap_or_default(),
                after: after.get(id).copied().unwrap_or_default(),
                log_lines: usage.log_lines + usage.log_lines_lost,
            };
            if let Some(reason) = self.shared.ledger.judge(id, &step, span) {
                weighed.over.push((id.to_owned(), reason));
            }
            weighed.steps.insert(id.to_owned(), step);
        }
        Ok(weighed)
    }

    fn sizes(
        &self,
        written: &FxHashMap<(&str, &str), Option<u64>>,
    ) -> Result<BTreeMap<String, StateSize>, LogError> {
        if written.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys: Vec<(&str, &str)> = written.keys().copied().collect();
        Ok(self.shared.runtime.block_on(self.shared.store.state_sizes_of(&keys))?)
    }

    /// The checkpoint is committed: of those in `gone` nothing is in it.
    pub(super) fn note_weighed(&self, weighed: &Weighed, gone: &[String], stopped: &[String]) {
        let ledger = &self.shared.ledger;
        for (id, step) in &weighed.steps {
            if !gone.contains(id) {
                ledger.committed(id, step, weighed.span);
            }
            if stopped.contains(id) {
                ledger.stopped(id);
            }
            let line = ledger.figures(id);
            self.shared.metrics.detector(id, &line);
        }
        self.set_up_accounts();
    }

    /// Says to each plugin's account where it runs and how many lines it may log.
    pub(super) fn set_up_accounts(&self) {
        for (id, account) in self.engine.accounts() {
            match &self.shared.lane {
                Some(lane) => account.put_in(lane.clone()),
                None => account.bind(),
            }
            account.allow_lines(self.shared.ledger.lines_left(id));
        }
    }

    /// Processor time of a plugin and rows it was given since this run began.
    pub fn work_of(&self, id: &str) -> (std::time::Duration, u64) {
        self.weighed_usage.get(id).map_or_else(Default::default, |usage| (usage.time, usage.rows))
    }
}

impl crate::engine::ledger::Ledger {
    /// The figures of one line for monitoring.
    pub(super) fn figures(&self, id: &str) -> DetectorFigures {
        let Some((line, stopped)) = self.line(id) else { return DetectorFigures::default() };
        DetectorFigures {
            rows: line.rows,
            time: std::time::Duration::try_from_secs_f64(line.seconds).unwrap_or_default(),
            failures: line.failures,
            parked: line.parked,
            memory_bytes: line.memory_bytes,
            state_keys: line.state_keys,
            quarantined: stopped,
        }
    }
}
