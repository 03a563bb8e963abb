//! What `scan`, `replay` and backtests say of budgets: there is nobody to delay and nothing to stop, so they only warn.
//!
//! Owns the warning at the end. Findings and log lines by the hour are not looked at: a file of months is read in seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Config;
use crate::engine::Fate;
use crate::engine::account::{BURST, is_over};
use crate::engine::memory::MemoryState;

/// Warns of plugins that a service would move into a lane, or stop, over as many records.
pub fn warn(config: &Config, fates: &BTreeMap<String, Fate>, records: u64, state: &MemoryState) {
    for (id, fate) in fates {
        // The rules have no budget, and what the configuration does not name has the usual one.
        if id == crate::store::RULES {
            continue;
        }
        let budget = config.plugins.get(id).map(|plugin| plugin.budget.clone()).unwrap_or_default();
        let (time, rows) = (fate.usage.time, fate.usage.rows);
        if time > BURST && is_over(&budget, 1.0, time, records, rows, Duration::ZERO) {
            let micros = time.as_secs_f64() * 1e6 / records.max(rows).max(1) as f64;
            tracing::warn!(
                plugin = id,
                "takes {micros:.1} us per record; in a service it would be in a lane of its own: raise plugins.{id}.budget.record_us \
                 ({}), or have it do less for each record",
                budget.record_us
            );
        }
        let size = state.size(id);
        if size.keys > budget.state_keys || size.bytes > budget.state_bytes() {
            tracing::warn!(
                plugin = id,
                keys = size.keys,
                bytes = size.bytes,
                "stores more than a service would let it: raise plugins.{id}.budget.state_keys or state_mib, or have it delete keys"
            );
        }
    }
}
