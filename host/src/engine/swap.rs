//! Other rules and detectors while the engine runs, and what rules cost.
//!
//! Owns the pause: between two checkpoints nothing is under way, so the workers take new rules and detectors, and rows that hold
//! the fields these ask for, without starting anything anew. Does not own when that happens (`log`, `service`) or making detectors
//! ready (`fit`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::FieldSet;
use rules::evaluator::Cost;
use rules::{Kept, RuleSet};

use super::fit::Fitted;
use super::layout::Layout;
use super::worker::{Report, Swap, WorkerGone};
use super::{Engine, EngineError};

/// What a change did.
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

/// What an engine goes on with.
#[derive(Debug, Default)]
pub struct Next {
    /// Generation that findings belong to from now on.
    pub generation: u64,
    /// Other rules; none leaves them.
    pub rules: Option<Arc<RuleSet>>,
    /// Detectors to put in, in the place of those of the same id.
    pub fitted: Vec<Fitted>,
    /// Ids of detectors to take out.
    pub gone: Vec<String>,
}

impl Engine {
    /// Goes on with other rules and detectors, and in another generation. Must be called right after a checkpoint: what was pushed
    /// and not checkpointed would be read by the wrong form, and a detector would lose its rows. Nothing is read or written: new
    /// detectors read stored state when they first touch it, windows of rules that mean the same go on, and detectors that are not
    /// named here notice nothing. An engine that was started without rules stays without.
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn swap(&mut self, next: Next) -> Result<Swapped, EngineError> {
        let begun = Instant::now();
        self.generation = next.generation;
        let rules = next.rules.filter(|_| self.rules.is_some());
        if rules.is_none() && next.fitted.is_empty() && next.gone.is_empty() {
            return Ok(Swapped::default());
        }
        // Fields that nobody asks for any more stay until the next start: a layout that only grows is seldom a new one.
        let fields = self.layout.fields();
        let mut wanted = rules.as_ref().map_or(fields, |rules| fields.union(rules.fields()));
        next.fitted.iter().for_each(|fitted| wanted = wanted.union(fitted.fields));
        let is_layout_new = wanted != fields;
        if is_layout_new {
            self.layout = Arc::new(layout(wanted, rules.as_ref().or(self.rules.as_ref())));
        }
        next.gone.iter().for_each(|id| drop(self.fates.remove(id)));
        next.fitted.iter().for_each(|fitted| drop(self.fates.remove(fitted.plugin.id())));
        let gone: Arc<[String]> = next.gone.into();
        let mut fitted: Vec<_> = next.fitted.into_iter().map(|f| f.detectors.into_iter()).collect();
        let mut answers = Vec::with_capacity(self.workers.len());
        for worker in &self.workers {
            answers.push(worker.swap(Swap {
                layout: self.layout.clone(),
                rules: rules.clone(),
                detectors: fitted.iter_mut().filter_map(Iterator::next).collect(),
                gone: gone.clone(),
                watermark: self.watermark.at(),
            })?);
        }
        // Meanwhile: it is the same for all workers.
        let mut swaps = Vec::new();
        if let (Some(before), Some(rules)) = (&self.rules, rules) {
            swaps = rules::evaluator::changes(before, &rules);
            self.rules = Some(rules);
        }
        let mut old = Vec::new();
        for answer in answers {
            old.extend(answer.recv().map_err(|_| WorkerGone)?);
        }
        let pause = begun.elapsed();
        if !old.is_empty() {
            // Memory of instances takes a while to go; if there is no thread for it, it goes here.
            let _ = std::thread::Builder::new().name("old-plugins".to_owned()).spawn(move || drop(old));
        }
        Ok(Swapped { pause, swaps, is_layout_new })
    }

    /// Goes on with other rules alone: see [`Engine::swap`].
    ///
    /// # Errors
    /// When a worker is gone.
    pub fn swap_rules(&mut self, rules: &Arc<RuleSet>, generation: u64) -> Result<Swapped, EngineError> {
        self.swap(Next { generation, rules: Some(rules.clone()), ..Next::default() })
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
