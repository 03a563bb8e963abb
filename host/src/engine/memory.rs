//! Keyed state in memory: where detectors' state lives while files are scanned, and in front of the database.

use std::sync::{PoisonError, RwLock};

use rustc_hash::FxHashMap;

use crate::plugin::{StateChange, StateError, StateReader};
use crate::store::StateSize;

/// State by detector and key.
#[derive(Debug, Default)]
pub struct MemoryState {
    values: RwLock<FxHashMap<String, FxHashMap<String, Vec<u8>>>>,
}

impl MemoryState {
    /// Applies what a detector wrote at a checkpoint.
    pub fn apply(&self, detector: &str, change: &StateChange) {
        let mut values = self.values.write().unwrap_or_else(PoisonError::into_inner);
        let keys = values.entry(detector.to_owned()).or_default();
        match &change.value {
            Some(value) => keys.insert(change.key.clone(), value.clone()),
            None => keys.remove(&change.key),
        };
    }
}

impl MemoryState {
    /// How large a detector's state is.
    pub fn size(&self, detector: &str) -> StateSize {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        let Some(keys) = values.get(detector) else { return StateSize::default() };
        let bytes = keys.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum();
        StateSize { keys: keys.len() as u64, bytes }
    }
}

impl StateReader for MemoryState {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        let values = self.values.read().unwrap_or_else(PoisonError::into_inner);
        Ok(values.get(plugin).and_then(|keys| keys.get(key)).cloned())
    }
}
