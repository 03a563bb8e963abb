//! Detectors' state in the database, read when a key is first touched.
//!
//! Owns the bridge from worker threads to the async store. Does not own what is read ahead (`plugin::ahead`).

use tokio::runtime::Handle;

use crate::plugin::{StateError, StateReader};
use crate::store::Store;

/// See the module.
pub struct StoredState {
    store: Store,
    runtime: Handle,
}

impl StoredState {
    /// Reads with `runtime`; must not be used on its threads.
    pub fn new(store: Store, runtime: Handle) -> StoredState {
        StoredState { store, runtime }
    }
}

impl StateReader for StoredState {
    fn get(&self, plugin: &str, key: &str) -> Result<Option<Vec<u8>>, StateError> {
        let values = self.get_many(plugin, &[key.to_owned()])?;
        Ok(values.into_iter().next().flatten())
    }

    fn get_many(&self, plugin: &str, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let read = self.runtime.block_on(self.store.states(plugin, keys));
        read.map_err(|e| StateError(e.to_string()))
    }
}
