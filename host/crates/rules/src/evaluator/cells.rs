//! The cells in memory: read when touched, written at checkpoints, forgotten when memory is short.
//!
//! Owns the keys of cells and the bound on memory. What is forgotten is in the store, so a flood of keys costs reads and
//! never a slow attack's window. Does not own what a cell works out (`window`).

use std::collections::BTreeMap;

use model::{Millis, Name};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::StateFault;
use crate::record::World;
use crate::set::{Leaf, Plan, RuleSet};
use crate::window::{Cell, Change, Datum, Entry, Evaluated, Inserted, Predicate};

/// Bytes of cells one evaluator keeps between checkpoints: some 100,000 cells of a few records each.
const MAX_BYTES: usize = 64 << 20;

/// Which cell.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    /// Plan of the set.
    pub(super) plan: u32,
    /// Key of the stored cell: the plan's state digest and a hash of the partition key.
    pub(super) state_key: String,
}

impl Key {
    pub(super) fn new(number: u32, plan: &Plan, leaf: &Leaf, columns: &[Datum], world: &World) -> Key {
        use std::fmt::Write as _;
        let mut hash = Sha256::new();
        for column in &leaf.partition {
            feed(&mut hash, &columns[*column], world);
        }
        let mut state_key = format!("{}/", plan.state_digest);
        for byte in &hash.finalize()[..16] {
            let _ = write!(state_key, "{byte:02x}");
        }
        Key { plan: number, state_key }
    }

    /// What tells cells of one plan apart.
    pub(super) fn partition(&self) -> &str {
        self.state_key.rsplit('/').next().unwrap_or_default()
    }
}

/// Each value with its kind and length, so that no two lists of values give the same bytes.
/// Names by their texts: handles differ between databases, and findings must not.
fn feed(hash: &mut Sha256, datum: &Datum, world: &World) {
    let name = match datum {
        Datum::Name(handle) => world.names.resolve(Name(*handle)),
        _ => None,
    };
    let (kind, bytes): (u8, &[u8]) = match datum {
        Datum::Absent => (0, &[]),
        Datum::Bool(value) => (1, &[u8::from(*value)]),
        Datum::Name(_) => (6, name.as_deref().unwrap_or_default().as_bytes()),
        Datum::Phone(number) => (3, &number.to_be_bytes()),
        Datum::Int(value) => (4, &value.to_be_bytes()),
        Datum::Float(bits) => (5, &bits.to_be_bytes()),
        Datum::Text(text) => (6, text.as_bytes()),
    };
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[derive(Debug)]
struct Held {
    cell: Cell,
    /// Checkpoint at which it was touched last.
    used: u64,
    /// Added to since the last checkpoint.
    is_touched: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Cells {
    cells: FxHashMap<Key, Held>,
    /// Number of the checkpoint under way.
    checkpoint: u64,
}

impl Cells {
    /// State keys of those that are not in memory, each once, in order of first use.
    pub(super) fn missing<'a>(&self, keys: impl Iterator<Item = &'a Key>) -> Vec<String> {
        let mut seen = rustc_hash::FxHashSet::default();
        let missing = keys.filter(|key| !self.cells.contains_key(*key) && seen.insert(&key.state_key));
        missing.map(|key| key.state_key.clone()).collect()
    }

    /// Takes cells that were read; those without a value begin empty.
    pub(super) fn read(
        &mut self,
        set: &RuleSet,
        keys: &[String],
        values: Vec<Option<Vec<u8>>>,
    ) -> Result<(), StateFault> {
        if keys.is_empty() {
            return Ok(());
        }
        let plans: BTreeMap<&str, u32> =
            set.plans().iter().enumerate().map(|(at, p)| (p.state_digest.as_str(), at as u32)).collect();
        for (state_key, value) in keys.iter().zip(values) {
            let digest = state_key.split('/').next().unwrap_or_default();
            let Some(plan) = plans.get(digest) else { continue };
            let cell = match value {
                None => Cell::default(),
                Some(bytes) => Cell::decode(&set.plans()[*plan as usize].spec, &bytes)
                    .map_err(|error| StateFault(error.to_string()))?,
            };
            let held = Held { cell, used: self.checkpoint, is_touched: false };
            self.cells.insert(Key { plan: *plan, state_key: state_key.clone() }, held);
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, plan: &Plan, key: &Key, entry: Entry) -> Inserted {
        let used = self.checkpoint;
        let held = self.cells.entry(key.clone()).or_insert_with(|| Held {
            cell: Cell::default(),
            used,
            is_touched: false,
        });
        held.used = used;
        held.is_touched = true;
        held.cell.insert(&plan.spec, entry)
    }

    pub(super) fn evaluate(&mut self, plan: &Plan, key: &Key, watermark: Millis, world: &World) -> Evaluated {
        let Some(held) = self.cells.get_mut(key) else { return Evaluated::default() };
        let horizon = watermark - plan.spec.lateness;
        let predicate = plan.predicate.as_ref().zip(plan.leaves.first());
        let predicate = predicate.map(|(when, leaf)| when.predicate(&leaf.columns, world));
        held.cell.evaluate(&plan.spec, horizon, predicate.as_ref().map(|p| p as &dyn Predicate))
    }

    /// What is to be told of a cell that was worked out.
    pub(super) fn tell(&mut self, key: &Key) -> Vec<Change> {
        self.cells.get_mut(key).map_or_else(Vec::new, |held| held.cell.tell())
    }

    /// The stored form; none if nothing needs to be kept.
    pub(super) fn encode(&self, key: &Key) -> Option<Vec<u8>> {
        self.cells.get(key).filter(|held| !held.cell.is_empty()).map(|held| held.cell.encode())
    }

    /// Cells that were added to since the last checkpoint.
    pub(super) fn take_touched(&mut self) -> Vec<Key> {
        let touched =
            |(key, held): (&Key, &mut Held)| std::mem::take(&mut held.is_touched).then(|| key.clone());
        self.cells.iter_mut().filter_map(touched).collect()
    }

    /// After a checkpoint: forgets those that were not used for longest while there are too many bytes.
    pub(super) fn evict(&mut self) {
        self.checkpoint += 1;
        self.cells.retain(|_, held| !held.cell.is_empty());
        let total: usize = self.cells.values().map(|held| held.cell.bytes()).sum();
        if total <= MAX_BYTES {
            return;
        }
        let mut by_use: Vec<(u64, usize, Key)> =
            self.cells.iter().map(|(key, held)| (held.used, held.cell.bytes(), key.clone())).collect();
        by_use.sort_unstable();
        let mut left = total;
        // Down to half, so that it does not happen at every checkpoint.
        for (_, bytes, key) in by_use {
            if left <= MAX_BYTES / 2 {
                break;
            }
            left -= bytes;
            self.cells.remove(&key);
        }
    }

    /// Gives cells the numbers of their plans in another set; those whose plan is none of it are dropped.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> Option<u32>) {
        // Where numbers stay as they are, as when a rule is changed in its place, nothing has to be put elsewhere.
        if self.cells.keys().all(|key| number(key.plan).is_none_or(|plan| plan == key.plan)) {
            self.cells.retain(|key, _| number(key.plan).is_some());
            return;
        }
        let before = std::mem::take(&mut self.cells);
        self.cells = before
            .into_iter()
            .filter_map(|(key, held)| number(key.plan).map(|plan| (Key { plan, ..key }, held)))
            .collect();
    }
}
