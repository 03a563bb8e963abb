//! The rules on one worker: they see every row in time, and hold the windows of the keys that hash to this worker.
//!
//! Owns reading the stored windows that a chunk touches, and the form in which the engine takes what rules say: findings of
//! `rule:<name>`, state under [`RULES`]. Does not own matching or windows (the crate `rules`), nor which rows are late.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use model::{RecordId, Status};
use rules::evaluator::Cost;
use rules::{Evaluator, RuleFailure, RuleSet, Share, World};

use super::detector::{Step, Usage};
use super::layout::{Layout, Row};
use super::worker::{LATE, Work};
use crate::directory::NamedPlaces;
use crate::plugin::{Output, Services, StateChange, StateReader};
use crate::store::RULES;

/// Stored windows read at once. One is some hundred bytes, at most some MB: a statement stays within tens of MB, and
/// a hundred round trips read what a full chunk can touch.
const READ_AT_ONCE: usize = 256;

/// Who has failed when it is not known which rule.
const ANY: &str = "*";

/// Rows after which what matched goes into its windows: what waits of a chunk that matches everything stays small.
const SETTLE_ROWS: usize = 1024;

/// See the module.
pub struct RuleShare {
    evaluator: Evaluator,
    state: Arc<dyn StateReader>,
    /// Records over which a defect of ours ended the evaluation; rules that come after the one with the defect have not seen them.
    broken: Vec<RecordId>,
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
            broken: Vec::new(),
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
        let mut at = 0;
        while at < work.chunk.len() && self.unavailable.is_none() {
            let end = work.chunk.len().min(at + SETTLE_ROWS);
            let mut taken = at;
            let rows = AssertUnwindSafe(|| {
                while taken < end {
                    let row = Row { layout, bytes: work.chunk.row(taken) };
                    let watermark = work.watermarks[taken];
                    taken += 1;
                    if watermark != LATE && left_out.is_none_or(|records| !records.contains(&row.id())) {
                        self.usage.rows += 1;
                        self.evaluator.take(&row, watermark);
                    }
                }
            });
            if catch_unwind(rows).is_err() {
                self.broken.push(Row { layout, bytes: work.chunk.row(taken - 1) }.id());
            }
            at = taken;
            self.unavailable = self.settle().err();
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
        let mut failures = done.failures;
        let broken = std::mem::take(&mut self.broken);
        failures.extend(broken.last().map(|record| {
            RuleFailure {
                rule: ANY.to_owned(),
                message:
                    "a defect of ringfence ended the evaluation of a record; please report it with the record"
                        .to_owned(),
                record: *record,
                count: broken.len() as u64,
            }
        }));
        self.usage.failures += failures.iter().map(|failure| failure.count).sum::<u64>();
        self.usage.time += begun.elapsed();
        (step, failures)
    }

    /// Goes on with other rules, right after a checkpoint: windows of rules that mean the same go on.
    pub fn swap(&mut self, set: Arc<RuleSet>) {
        self.evaluator.adopt(set);
    }
}
