//! The rules on one worker: they see every row in time, and hold the windows of the keys that hash to this worker.
//!
//! Owns reading the stored windows that a chunk touches, and the form in which the engine takes what rules say: findings of
//! `rule:<name>`, state under [`RULES`]. Does not own matching or windows (the crate `rules`), nor which rows are late.

use std::sync::Arc;
use std::time::Instant;

use model::Status;
use rules::evaluator::Cost;
use rules::{Evaluator, Kept, RuleFailure, RuleSet, Share, World};

use super::detector::{Step, Usage};
use super::layout::{Layout, Row};
use super::worker::{LATE, Work};
use crate::directory::NamedPlaces;
use crate::plugin::{Output, Services, StateChange, StateReader};
use crate::store::RULES;

/// Stored windows read at once. One is some hundred bytes, at most some MB: a statement stays within tens of MB, and
/// a hundred round trips read what a full chunk can touch.
const READ_AT_ONCE: usize = 256;

/// See the module.
pub struct RuleShare {
    evaluator: Evaluator,
    state: Arc<dyn StateReader>,
    /// Stored windows could not be read: nothing since the last checkpoint counts.
    pub unavailable: Option<String>,
    /// What the rules did.
    pub usage: Usage,
}

impl RuleShare {
    /// The rules of `set` on worker `worker` of `workers`, with nothing in memory.
    pub fn new(set: &Arc<RuleSet>, services: &Services, worker: usize, workers: usize) -> RuleShare {
        let places = NamedPlaces::new(services.directory.clone(), services.names.clone());
        let world = World { names: services.names.clone(), places: Arc::new(places) };
        RuleShare {
            evaluator: Evaluator::new(set.clone(), world, Share { worker, workers }),
            state: services.state.clone(),
            unavailable: None,
            usage: Usage::default(),
        }
    }

    /// From now on times what each rule costs.
    pub fn measure(&mut self) {
        self.evaluator.measure();
    }

    /// What each detection of the set cost.
    pub fn costs(&self) -> &[Cost] {
        self.evaluator.costs()
    }

    /// Shows a chunk to the rules, and puts what matched into its windows.
    pub fn take(&mut self, layout: &Layout, work: &Work) {
        if self.unavailable.is_some() || work.only.as_ref().is_some_and(|only| only != RULES) {
            return;
        }
        let begun = Instant::now();
        let left_out = work.left_out.as_ref().and_then(|records| records.get(RULES));
        for (bytes, watermark) in work.chunk.rows().zip(&work.watermarks) {
            let row = Row { layout, bytes };
            if *watermark != LATE && left_out.is_none_or(|records| !records.contains(&row.id())) {
                self.usage.rows += 1;
                self.evaluator.take(&row, *watermark);
            }
        }
        if let Err(reason) = self.settle() {
            self.unavailable = Some(reason);
        }
        self.usage.time += begun.elapsed();
    }

    fn settle(&mut self) -> Result<(), String> {
        let keys = self.evaluator.keys_wanted();
        let mut values = Vec::with_capacity(keys.len());
        for some in keys.chunks(READ_AT_ONCE) {
            values.extend(self.state.get_many(RULES, some).map_err(|error| error.to_string())?);
        }
        self.evaluator.settle(values).map_err(|error| error.to_string())
    }

    /// Everything since the last checkpoint, and the scripts that failed.
    pub fn checkpoint(&mut self) -> (Step, Vec<RuleFailure>) {
        if self.unavailable.is_some() {
            return (Step::default(), Vec::new());
        }
        let begun = Instant::now();
        let done = self.evaluator.checkpoint();
        let outputs = done.outputs.into_iter().map(|output| match output {
            rules::Output::Raise(raised) => {
                let mut finding = raised.finding;
                finding.status = if raised.shadow { Status::Shadow } else { Status::Open };
                Output::Raise(Box::new(finding))
            }
            rules::Output::Withdraw { id } => Output::Withdraw { id },
        });
        let state = done.state.into_iter().map(|(key, value)| StateChange { key, value });
        let step = Step { outputs: outputs.collect(), state: state.collect(), parked: Vec::new() };
        self.usage.failures += done.failures.iter().map(|failure| failure.count).sum::<u64>();
        self.usage.time += begun.elapsed();
        (step, done.failures)
    }

    /// Goes on with other rules, right after a checkpoint: windows of rules that mean the same go on.
    pub fn swap(&mut self, set: &Arc<RuleSet>) -> Vec<(String, Kept)> {
        self.evaluator.swap(set.clone())
    }
}
