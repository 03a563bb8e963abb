//! Other rules while the engine runs, and what rules cost.
//!
//! Owns the pause: between two checkpoints nothing is under way, so the workers take the new rules, and rows that hold the
//! fields these ask for, without starting anything anew. Does not own when that happens (`log`, `service`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::FieldSet;
use rules::evaluator::Cost;
use rules::{Kept, RuleSet};

use super::layout::Layout;
use super::worker::{Report, WorkerGone};
use super::{Engine, EngineError};

/// What a change of rules did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swapped {
    /// How long no row was evaluated.
    pub pause: Duration,
    /// What became of each rule's windows, by name.
    pub swaps: Vec<(String, Kept)>,
    /// Rows hold other fields now: readers must ask for [`Engine::layout`] anew.
    pub is_layout_new: bool,
}

/// Rows with what detectors ask for and what rules ask for. Absent and 0 are two things to rules.
pub(super) fn layout(fields: FieldSet, rules: Option<&Arc<RuleSet>>) -> Layout {
    match rules {
        None => Layout::new(fields),
        Some(rules) => Layout::with_presence(fields.union(rules.fields())),
    }
}

/// Sums what the workers' reports say of each detection.
pub(super) fn add_up(costs: &mut Vec<Cost>, reports: &[Report]) {
    costs.clear();
    for report in reports {
        costs.resize(costs.len().max(report.costs.len()), Cost::default());
        for (total, cost) in costs.iter_mut().zip(&report.costs) {
            total.evaluated += cost.evaluated;
            total.matched += cost.matched;
            total.nanos += cost.nanos;
        }
    }
}

impl Engine {
    /// Goes on with other rules, whose findings belong to `generation`, and the detectors' with them. Must be called right after
    /// a checkpoint: what was pushed and not checkpointed would be read by the wrong form. Windows of rules that mean the same
    /// go on; nothing is read or written. An engine that was started without rules stays without.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn swap_rules(&mut self, rules: &Arc<RuleSet>, generation: u64) -> Result<Swapped, EngineError> {
        self.generation = generation;
        let Some(before) = self.rules.clone() else { return Ok(Swapped::default()) };
        let begun = Instant::now();
        // Fields that no rule asks for any more stay until the next start: a layout that only grows is seldom a new one.
        let fields = self.layout.fields();
        let is_layout_new = fields.union(rules.fields()) != fields;
        if is_layout_new {
            self.layout = Arc::new(layout(fields, Some(rules)));
        }
        let answers: Vec<_> = self
            .workers
            .iter()
            .map(|worker| worker.swap(rules.clone(), self.layout.clone()))
            .collect::<Result<_, _>>()?;
        // Meanwhile: it is the same for all workers.
        let swaps = rules::evaluator::changes(&before, rules);
        self.rules = Some(rules.clone());
        for answer in answers {
            answer.recv().map_err(|_| WorkerGone)?;
        }
        Ok(Swapped { pause: begun.elapsed(), swaps, is_layout_new })
    }

    /// From now on times each rule by itself, at two looks at the clock for each evaluation.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn measure_rules(&self) -> Result<(), EngineError> {
        Ok(self.workers.iter().try_for_each(|worker| worker.measure())?)
    }

    /// What each detection of the rules cost up to the last checkpoint, over all workers; in the set's order.
    pub fn rule_costs(&self) -> &[Cost] {
        &self.costs
    }
}
