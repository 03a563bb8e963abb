//! What a checkpoint of the engine becomes in the database, and in the figures.
//!
//! Owns the translation. Does not own when a checkpoint happens (`log`) or what is one transaction (`store::checkpoint`).

use std::collections::BTreeMap;
use std::time::Instant;

use model::RecordId;
use rules::RuleFailure;

use super::{LogError, LogRun};
use crate::engine::Checkpoint;
use crate::plugin::{Output, Plugin};
use crate::store::{
    self, Change, CursorMove, ParkedWrite, QuarantineWrite, RULES, RuleFailureWrite, StateWrite,
};

/// Version of the form of stored windows of rules. The digest in each key holds the version too, so no other one is ever read.
const RULE_STATE_SCHEMA: u32 = 1;

impl LogRun {
    /// Commits what happened since the last checkpoint: `refused` are parked records that cannot be tried again, `tried` those
    /// that were. Says which detectors were stopped.
    pub(super) fn commit(
        &mut self,
        refused: Vec<ParkedWrite>,
        tried: Vec<(String, RecordId)>,
    ) -> Result<Vec<Plugin>, LogError> {
        let begun = Instant::now();
        let collected = self.engine.collect()?;
        let weighed = self.weigh(&collected)?;
        for (id, reason) in &weighed.over {
            tracing::warn!(plugin = id, "{reason}");
        }
        let made = self.engine.settle(collected, weighed.over.clone())?;
        let is_stopped = |plugin: &Plugin| made.quarantined.iter().any(|(id, _)| *id == plugin.manifest().id);
        let (stopped, running): (Vec<Plugin>, Vec<Plugin>) =
            std::mem::take(&mut self.readers.plugins).into_iter().partition(is_stopped);
        let leaves = |plugin: &Plugin, level: bool| {
            made.left.iter().any(|left| left.detector == plugin.id() && left.is_level == level)
        };
        // Those that have seen everything move their cursors with the others, and leave then.
        let (left, running): (Vec<Plugin>, Vec<Plugin>) =
            running.into_iter().partition(|plugin| leaves(plugin, false));
        self.readers.plugins = running;
        let stopped_ids: Vec<String> = stopped.iter().map(|p| p.id().to_owned()).collect();
        let gone: Vec<String> = stopped.iter().chain(&left).map(|p| p.id().to_owned()).collect();
        let level: Vec<String> =
            made.left.iter().filter(|l| l.is_level).map(|l| l.detector.clone()).collect();
        self.note_rules(&made.failures);
        let checkpoint = self.writes(made, &stopped, refused, tried);
        let keys = checkpoint.state.len() as u64;
        let done = self.shared.runtime.block_on(self.shared.store.commit(&checkpoint))?;
        self.names_stored += checkpoint.names.len();
        self.committed = self.read;
        let (level, running): (Vec<Plugin>, Vec<Plugin>) = std::mem::take(&mut self.readers.plugins)
            .into_iter()
            .partition(|plugin| level.iter().any(|id| id == plugin.id()));
        self.readers.plugins = running;
        self.left.extend(left.into_iter().chain(level));
        for parked in &checkpoint.parked {
            self.shared.ledger.parked(&parked.detector);
        }
        self.note(&done, checkpoint.parked.len());
        self.note_weighed(&weighed, &gone, &stopped_ids);
        self.shared.metrics.checkpoint(begun.elapsed(), keys);
        Ok(stopped)
    }

    fn writes(
        &self,
        made: Checkpoint,
        stopped: &[Plugin],
        refused: Vec<ParkedWrite>,
        tried: Vec<(String, RecordId)>,
    ) -> store::Checkpoint {
        let schema = |id: &str| match id {
            RULES => RULE_STATE_SCHEMA,
            id => {
                let plugin = self.readers.plugins.iter().find(|p| p.id() == id);
                plugin.map_or(0, |p| p.manifest().state_schema)
            }
        };
        let state = made.state.into_iter().map(|(plugin, change)| StateWrite {
            schema_version: schema(&plugin),
            plugin,
            key: change.key,
            value: change.value,
        });
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
        store::Checkpoint {
            findings: findings.collect(),
            state: state.collect(),
            names: self.shared.names.since(self.names_stored),
            cursor: Some(CursorMove {
                consumers: self.readers.ids(),
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
            rule_failures: self.rule_failures(made.failures),
            generation: self.shared.options.generation,
        }
    }

    fn rule_failures(&self, failures: Vec<RuleFailure>) -> Vec<RuleFailureWrite> {
        let Some(rules) = self.readers.rules.as_ref().filter(|_| !failures.is_empty()) else {
            return Vec::new();
        };
        let digests: BTreeMap<&str, &str> =
            rules.plans().iter().map(|plan| (plan.name.as_str(), plan.digest.as_str())).collect();
        let write = |failure: RuleFailure| {
            tracing::warn!(
                rule = failure.rule,
                count = failure.count,
                "a script failed: {}",
                failure.message
            );
            RuleFailureWrite {
                digest: digests.get(failure.rule.as_str()).map_or_else(String::new, |d| (*d).to_owned()),
                rule: failure.rule,
                failures: failure.count,
                message: failure.message,
                record: failure.record,
            }
        };
        failures.into_iter().map(write).collect()
    }

    /// Counts what each rule matched since the last checkpoint.
    fn note_rules(&mut self, failures: &[RuleFailure]) {
        let Some(rules) = &self.readers.rules else { return };
        let costs = self.engine.rule_costs();
        self.matched.resize(costs.len(), 0);
        for ((detection, cost), before) in rules.detections().iter().zip(costs).zip(&mut self.matched) {
            let matches = cost.matched.saturating_sub(*before);
            *before = cost.matched;
            self.shared.metrics.rule(&detection.name, matches, 0);
        }
        for failure in failures {
            self.shared.metrics.rule(&failure.rule, 0, failure.count);
        }
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
    }
}
