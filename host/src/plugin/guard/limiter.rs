//! Bounds an instance's memories and tables together, and says so in a way the message can use.

use wasmtime::ResourceLimiter;

/// Rust components have one core module and two small adapters; Python's has about ten.
const MAX_INSTANCES: usize = 64;
const MAX_MEMORIES: usize = 4;
const MAX_TABLES: usize = 32;
/// Elements of all tables; one is a pointer, so this is 8 MiB. CPython's largest table has 10,000.
const MAX_TABLE_ELEMENTS: usize = 1 << 20;

/// The reason carried by the trap that a refused growth becomes.
#[derive(Debug, thiserror::Error)]
#[error("memory of {wanted} bytes refused")]
pub(in crate::plugin) struct MemoryRefused {
    pub(in crate::plugin) wanted: usize,
}

/// Counts what one instance has.
pub(in crate::plugin) struct Limiter {
    limit: usize,
    memory: usize,
    elements: usize,
}

impl Limiter {
    pub(in crate::plugin) fn new(limit: usize) -> Limiter {
        Limiter { limit, memory: 0, elements: 0 }
    }

    /// Bytes of all memories.
    pub(in crate::plugin) fn memory(&self) -> usize {
        self.memory
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.memory.saturating_add(desired.saturating_sub(current));
        if wanted > self.limit {
            // An error rather than `false`: the plugin would only abort, and the cause would be lost.
            return Err(MemoryRefused { wanted }.into());
        }
        self.memory = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.elements.saturating_add(desired.saturating_sub(current));
        if wanted > MAX_TABLE_ELEMENTS {
            return Err(MemoryRefused { wanted: wanted.saturating_mul(size_of::<usize>()) }.into());
        }
        self.elements = wanted;
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}
