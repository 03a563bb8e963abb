//! Rules at work on one worker: records in, findings and changed state out.
//!
//! Owns the cells in memory and which worker a cell belongs to. A record is matched when it is taken; what it changes is
//! worked out when the host has read the stored cells it touches ([`Evaluator::keys_wanted`], [`Evaluator::settle`]) and told
//! at a checkpoint. So nothing depends on where batches are cut. Does not own reading or writing state, nor threads.

mod cells;
pub(crate) mod datum;
pub(crate) mod finding;

use std::collections::BTreeMap;
use std::hash::Hasher;
use std::sync::Arc;
use std::time::Instant;

use model::{Finding, Millis, RecordId};
use rustc_hash::{FxHashMap, FxHasher};

use crate::matching::{Index, Memo};
use crate::record::{Fields, World};
use crate::set::{Plan, RuleSet};
use crate::window::{Datum, Entry, Inserted};
use cells::{Cells, Key};

/// Which part of the cells this evaluator has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// From 0.
    pub worker: usize,
    /// At least 1.
    pub workers: usize,
}

impl Share {
    /// Everything.
    pub const ALL: Share = Share { worker: 0, workers: 1 };
}

/// What rules say.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A finding, new or changed.
    Raise(Box<Raised>),
    /// An earlier finding does not hold.
    Withdraw {
        /// Its identity.
        id: String,
    },
}

/// A finding without what only the host knows: revision and generation are 0 in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Raised {
    /// The finding.
    pub finding: Finding,
    /// Keep it, raise nothing.
    pub shadow: bool,
}

/// A script that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFailure {
    /// The rule.
    pub rule: String,
    /// What happened; holds no text of the record.
    pub message: String,
    /// The last record it happened on.
    pub record: RecordId,
    /// How often since the last checkpoint.
    pub count: u64,
}

/// Everything since the last checkpoint.
#[derive(Debug, Default)]
pub struct Step {
    /// Findings and withdrawals, in order for each finding.
    pub outputs: Vec<Output>,
    /// State that changed: a value, or none if the key goes.
    pub state: Vec<(String, Option<Vec<u8>>)>,
    /// Scripts that failed, by rule.
    pub failures: Vec<RuleFailure>,
    /// Entries that came too late for a rule's own lateness, and those of cells over their bound that were settled early.
    pub too_late: u64,
}

/// What one rule cost and gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Records on which its program was evaluated.
    pub evaluated: u64,
    /// Records that matched.
    pub matched: u64,
    /// Time in its program and script, nanoseconds; 0 unless asked for with [`Evaluator::measure`].
    pub nanos: u64,
}

/// Stored state that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "stored windows of a rule cannot be read: {0}; 'ringfence state reset rules' makes the rules forget all windows"
)]
pub struct StateFault(pub String);

/// What a swap did to a rule's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// The rule is new.
    New,
    /// They go on.
    Kept,
    /// The rule's meaning has changed: they begin empty.
    Reset,
    /// The rule is gone.
    Removed,
}

/// How many failures of one rule between two checkpoints are taken before it is left out until the next one: each may have
/// used up its whole time.
const MAX_FAILURES: u64 = 64;

/// See the module.
pub struct Evaluator {
    set: Arc<RuleSet>,
    desk: Desk,
    /// The set's, with caches of its own.
    index: Index,
    /// Candidates of the record under way.
    candidates: Vec<u32>,
    /// Of the rules before, until there is time to free it.
    retired: Option<Index>,
}

/// What an evaluator works with, apart from the rules, so that it can change while they are read.
struct Desk {
    world: World,
    share: Share,
    memo: Memo,
    cells: Cells,
    pending: Vec<(Key, Entry)>,
    failures: BTreeMap<String, RuleFailure>,
    costs: Vec<Cost>,
    measures: bool,
    /// The latest watermark seen.
    watermark: Millis,
    too_late: u64,
}

impl Evaluator {
    /// Without anything in memory: cells are read when they are touched.
    pub fn new(set: Arc<RuleSet>, world: World, share: Share) -> Evaluator {
        let desk = Desk {
            cells: Cells::default(),
            memo: Memo::default(),
            world,
            share,
            pending: Vec::new(),
            failures: BTreeMap::new(),
            costs: vec![Cost::default(); set.detections().len()],
            measures: false,
            watermark: 0,
            too_late: 0,
        };
        Evaluator { index: set.index.clone(), set, desk, candidates: Vec::new(), retired: None }
    }

    /// The rules at work.
    pub fn set(&self) -> &Arc<RuleSet> {
        &self.set
    }

    /// From now on times what each rule costs: two looks at the clock for each evaluation.
    pub fn measure(&mut self) {
        self.desk.measures = true;
    }

    /// What each detection of the set cost, in the set's order.
    pub fn costs(&self) -> &[Cost] {
        &self.desk.costs
    }

    /// Takes a record that is not late; `watermark` is that before it.
    pub fn take<F: Fields>(&mut self, record: &F, watermark: Millis) {
        let Evaluator { set, desk, index, candidates, .. } = self;
        desk.watermark = desk.watermark.max(watermark);
        if !set.kinds()[record.kind() as usize] {
            return;
        }
        index.candidates(record, &desk.world, candidates);
        for at in candidates.iter() {
            desk.try_detection(set, *at as usize, record, watermark);
        }
    }

    /// Keys of stored cells that [`Evaluator::settle`] must be given, each once.
    pub fn keys_wanted(&self) -> Vec<String> {
        self.desk.cells.missing(self.desk.pending.iter().map(|(key, _)| key))
    }

    /// Puts what was taken into its cells. `values` are those of [`Evaluator::keys_wanted`], in its order.
    ///
    /// # Errors
    /// When a stored cell cannot be read. Nothing of what was taken since the last checkpoint counts then.
    pub fn settle(&mut self, values: Vec<Option<Vec<u8>>>) -> Result<(), StateFault> {
        let wanted = self.keys_wanted();
        let Evaluator { set, desk, .. } = self;
        desk.cells.read(set, &wanted, values)?;
        for (key, entry) in std::mem::take(&mut desk.pending) {
            let plan = &set.plans[key.plan as usize];
            let mut inserted = desk.cells.insert(plan, &key, entry.clone());
            if inserted == Inserted::Full {
                // What it may settle must not pile up until the checkpoint.
                desk.evaluate(plan, &key);
                inserted = desk.cells.insert(plan, &key, entry);
            }
            desk.too_late += u64::from(inserted == Inserted::TooLate);
        }
        Ok(())
    }

    /// Works out what changed since the last checkpoint. What was taken must be settled.
    pub fn checkpoint(&mut self) -> Step {
        self.retired = None;
        let Evaluator { set, desk, .. } = self;
        debug_assert!(desk.pending.is_empty(), "settle what was taken before a checkpoint");
        let mut step = Step::default();
        let mut touched = desk.cells.take_touched();
        // In the order of their state keys, which is the same whatever cells met on this worker in which order.
        touched.sort_by(|a, b| a.state_key.cmp(&b.state_key));
        for key in touched {
            let plan = &set.plans[key.plan as usize];
            desk.evaluate(plan, &key);
            for change in desk.cells.tell(&key) {
                let (output, failure) = finding::output(plan, &key, change, &desk.world);
                step.outputs.push(output);
                if let Some((message, record)) = failure {
                    desk.failed(&plan.name, message, record);
                }
            }
            step.state.push((key.state_key.clone(), desk.cells.encode(&key)));
        }
        desk.cells.evict();
        step.failures = std::mem::take(&mut desk.failures).into_values().collect();
        step.too_late = std::mem::take(&mut desk.too_late);
        step
    }

    /// Goes on with other rules. Must be called right after a checkpoint. Says of each rule what became of its windows.
    pub fn swap(&mut self, set: Arc<RuleSet>) -> Vec<(String, Kept)> {
        let changes = changes(&self.set, &set);
        self.adopt(set);
        changes
    }

    /// The same for all but one of several evaluators with the same rules: what became of windows is the same for all.
    pub fn adopt(&mut self, set: Arc<RuleSet>) {
        let plan_of: FxHashMap<&str, u32> =
            set.plans.iter().enumerate().map(|(at, p)| (p.state_digest.as_str(), at as u32)).collect();
        let number = |plan: &Arc<Plan>| plan_of.get(plan.state_digest.as_str()).copied();
        let numbers: Vec<Option<u32>> = self.set.plans.iter().map(number).collect();
        self.desk.cells.renumber(|plan| numbers[plan as usize]);
        self.desk.memo = Memo::default();
        self.retired = Some(std::mem::replace(&mut self.index, set.index.clone()));
        self.desk.costs = vec![Cost::default(); set.detections().len()];
        self.set = set;
    }
}

impl Desk {
    fn try_detection<F: Fields>(&mut self, set: &RuleSet, at: usize, record: &F, watermark: Millis) {
        let detection = &set.detections()[at];
        if self.failures.get(&detection.name).is_some_and(|f| f.count >= MAX_FAILURES) {
            return;
        }
        let mut matched = None;
        for of in &detection.uses {
            let plan = &set.plans[of.plan as usize];
            let leaf = &plan.leaves[of.leaf as usize];
            if self.share.workers > 1 {
                let mut hash = FxHasher::default();
                hash.write(plan.state_digest.as_bytes());
                leaf.partition
                    .iter()
                    .for_each(|c| datum::hash(leaf.columns[*c], record, &self.world, &mut hash));
                if (hash.finish() >> 32) as usize % self.share.workers != self.share.worker {
                    continue;
                }
            }
            if !*matched.get_or_insert_with(|| self.matches(set, at, record)) {
                return;
            }
            if record.start() < watermark - plan.spec.lateness {
                self.too_late += 1;
                continue;
            }
            let mut columns: Box<[Datum]> =
                leaf.columns.iter().map(|field| datum::of(*field, record, &self.world)).collect();
            // Handles differ between databases; what tells findings apart must not.
            leaf.named.iter().for_each(|c| datum::name(&mut columns[*c], &self.world));
            let key = Key::new(of.plan, plan, leaf, &columns, &self.world);
            let entry = Entry {
                time: record.start(),
                id: record.id(),
                leaf: of.leaf,
                report: record.report(),
                columns,
            };
            self.pending.push((key, entry));
        }
    }

    fn matches<F: Fields>(&mut self, set: &RuleSet, at: usize, record: &F) -> bool {
        let detection = &set.detections()[at];
        let begun = self.measures.then(Instant::now);
        let mut holds = detection.program.matches(record, &self.world, &mut self.memo);
        if holds && let Some(when) = &detection.when {
            holds = match when.holds(record, &self.world) {
                Ok(holds) => holds,
                Err(error) => {
                    self.failed(&detection.name, error.to_string(), record.id());
                    false
                }
            };
        }
        let cost = &mut self.costs[at];
        cost.evaluated += 1;
        cost.matched += u64::from(holds);
        if let Some(begun) = begun {
            cost.nanos += begun.elapsed().as_nanos() as u64;
        }
        holds
    }

    fn failed(&mut self, rule: &str, message: String, record: RecordId) {
        let failure = self.failures.entry(rule.to_owned()).or_insert_with(|| RuleFailure {
            rule: rule.to_owned(),
            message: String::new(),
            record,
            count: 0,
        });
        failure.count += 1;
        (failure.message, failure.record) = (message, record);
    }

    fn evaluate(&mut self, plan: &Plan, key: &Key) {
        let done = self.cells.evaluate(plan, key, self.watermark, &self.world);
        self.too_late += done.saturated;
        let unnamed = done.failed.saturating_sub(done.errors.len() as u64);
        for error in done.errors {
            self.failed(&plan.name, error.message, error.record);
        }
        if let Some(failure) = self.failures.get_mut(&plan.name) {
            failure.count += unnamed;
        }
    }
}

impl std::fmt::Debug for Evaluator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evaluator({} plans, {:?})", self.set.plans.len(), self.desk.share)
    }
}

/// What becomes of each rule's windows when one set follows another, by name.
pub fn changes(old: &RuleSet, new: &RuleSet) -> Vec<(String, Kept)> {
    fn digests(set: &RuleSet) -> FxHashMap<&str, &str> {
        set.plans.iter().map(|p: &Arc<Plan>| (p.name.as_str(), p.state_digest.as_str())).collect()
    }
    let (before, after) = (digests(old), digests(new));
    let mut changes: Vec<(String, Kept)> = after
        .iter()
        .map(|(name, digest)| {
            let kept = match before.get(name) {
                None => Kept::New,
                Some(known) if known == digest => Kept::Kept,
                Some(_) => Kept::Reset,
            };
            ((*name).to_owned(), kept)
        })
        .collect();
    let removed = before.into_keys().filter(|name| !after.contains_key(name));
    changes.extend(removed.map(|name| (name.to_owned(), Kept::Removed)));
    changes.sort_unstable();
    changes
}

#[cfg(test)]
mod tests;
