//! What belongs to one instance on the host's side: its services, its pending state, its counters.
//!
//! Owns the bounds on what imports may be asked for. Does not own the interface's types (`v1_0`): every version's
//! adapter calls the methods here.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Name, NameTable, Number};
use rustc_hash::FxHashMap;
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::ahead::Ahead;
use super::guard::{self, Guard, Guarded, Limiter};
use super::text::escaped;
use super::{Services, StateChange};
use crate::config::Limits;
use crate::directory::Location;

/// Longest state key; part of a primary key.
pub const MAX_STATE_KEY_BYTES: usize = 256;
/// Longest state value: one row that is read and written as a whole.
pub const MAX_STATE_VALUE_BYTES: usize = 4 << 20;
/// Most names resolved by one call: 512 rows of a few columns.
const MAX_RESOLVE: usize = 16_384;
/// Most names interned by one call (the interface says so).
const MAX_INTERN: usize = 1_000;
/// Most new names one instance may make: the table is shared and never shrinks.
const MAX_NEW_NAMES: usize = 10_000;
/// Longest log line in bytes.
const MAX_LOG_BYTES: usize = 500;
/// Most different locations an instance's cache holds; an organisation has hundreds.
const MAX_CACHED_LOCATIONS: usize = 10_000;

/// An import used wrongly or beyond its bounds; becomes the trap's reason.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(pub(super) String);

/// Stored state that could not be read: not the plugin's fault.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unavailable(pub(super) String);

/// How bad a plugin's line is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// A store's data.
pub(super) struct Host {
    guard: Guard,
    pub(super) limiter: Limiter,
    pub(super) plugin: String,
    pub(super) services: Services,
    max_log_lines: usize,
    max_state_bytes: usize,
    log_lines: usize,
    new_names: usize,
    /// Whether `checkpoint` is running.
    writing: bool,
    written_bytes: usize,
    /// Changes of the running or last checkpoint: read before the store's, which may not have them yet.
    changes: BTreeMap<String, Option<Vec<u8>>>,
    locations: FxHashMap<u32, Option<Arc<Location>>>,
    /// State read ahead for the batch under way.
    pub(super) ahead: Ahead,
    waited: Duration,
}

impl Guarded for Host {
    fn guard(&mut self) -> &mut Guard {
        &mut self.guard
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        guard::view(&mut self.guard)
    }
}

impl Host {
    pub(super) fn new(plugin: &str, services: &Services, limits: &Limits) -> Host {
        let memory = limits.memory_mib.saturating_mul(1 << 20);
        Host {
            guard: Guard::new(),
            limiter: Limiter::new(memory),
            plugin: plugin.to_owned(),
            services: services.clone(),
            max_log_lines: limits.log_lines_per_call,
            // What is written stood in its memory before.
            max_state_bytes: memory,
            log_lines: 0,
            new_names: 0,
            writing: false,
            written_bytes: 0,
            changes: BTreeMap::new(),
            locations: FxHashMap::default(),
            ahead: Ahead::default(),
            waited: Duration::ZERO,
        }
    }

    /// End of the plugin's stderr; forgets it.
    pub(super) fn take_stderr(&self) -> String {
        self.guard.stderr.take()
    }

    /// Before every call.
    #[inline]
    pub(super) fn begin(&mut self, checkpoint: bool) {
        self.log_lines = 0;
        self.waited = Duration::ZERO;
        if checkpoint {
            self.changes.clear();
            self.written_bytes = 0;
        }
        self.writing = checkpoint;
    }

    /// After every call.
    #[inline]
    pub(super) fn end(&mut self) {
        self.writing = false;
        self.ahead.end();
        if self.log_lines > self.max_log_lines {
            let lost = self.log_lines - self.max_log_lines;
            tracing::warn!(target: "plugin", plugin = %self.plugin, lost, "more log lines than allowed in one call");
        }
    }

    pub(super) fn changes(&self) -> Vec<StateChange> {
        self.changes.iter().map(|(k, v)| StateChange { key: k.clone(), value: v.clone() }).collect()
    }

    /// The last checkpoint's changes are in the store now.
    pub(super) fn forget_changes(&mut self) {
        self.changes.clear();
    }

    pub(super) fn resolve(&self, names: &[u32]) -> Result<Vec<String>, Refused> {
        if names.len() > MAX_RESOLVE {
            return Err(Refused(format!(
                "names.resolve of {} handles; the limit is {MAX_RESOLVE}",
                names.len()
            )));
        }
        let table: &NameTable = &self.services.names;
        Ok(names
            .iter()
            .map(|n| table.resolve(Name(*n)).map_or_else(String::new, |t| t.as_ref().to_owned()))
            .collect())
    }

    pub(super) fn intern(&mut self, texts: &[String]) -> Result<Vec<u32>, Refused> {
        if texts.len() > MAX_INTERN {
            return Err(Refused(format!("names.intern of {} texts; the limit is {MAX_INTERN}", texts.len())));
        }
        texts.iter().map(|text| self.intern_one(text)).collect()
    }

    fn intern_one(&mut self, text: &str) -> Result<u32, Refused> {
        let names = &self.services.names;
        if let Some(known) = names.find(text) {
            return Ok(known.0);
        }
        if self.new_names >= MAX_NEW_NAMES {
            let message = format!(
                "names.intern made {MAX_NEW_NAMES} new names already: only recurring texts are names"
            );
            return Err(Refused(message));
        }
        self.new_names += 1;
        names.intern(text).map(|n| n.0).map_err(|e| Refused(format!("names.intern: {e}")))
    }

    pub(super) fn location(&mut self, handle: u32) -> Option<Arc<Location>> {
        if let Some(known) = self.locations.get(&handle) {
            return known.clone();
        }
        let text = self.services.names.resolve(Name(handle))?;
        let found = self.services.directory.location(&text).cloned();
        if self.locations.len() < MAX_CACHED_LOCATIONS {
            self.locations.insert(handle, found.clone());
        }
        found
    }

    pub(super) fn is_ours(&self, number: u64) -> bool {
        self.services.directory.is_ours(Number(number))
    }

    pub(super) fn get_state(&mut self, key: &str) -> wasmtime::Result<Option<Vec<u8>>> {
        check_key("get", key)?;
        if let Some(changed) = self.changes.get(key) {
            return Ok(changed.clone());
        }
        if let Some(value) = self.ahead.take(key) {
            return Ok(value);
        }
        let begun = Instant::now();
        let keys = self.ahead.keys_with(key);
        let read = self.services.state.get_many(&self.plugin, &keys);
        self.waited += begun.elapsed();
        let values = read.map_err(|e| Unavailable(e.to_string()))?;
        self.ahead.fill(keys, values);
        Ok(self.ahead.take(key).flatten())
    }

    /// Time this call has waited for stored state.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    pub(super) fn change_state(&mut self, key: String, value: Option<Vec<u8>>) -> Result<(), Refused> {
        let call = if value.is_some() { "set" } else { "delete" };
        check_key(call, &key)?;
        if !self.writing {
            return Err(Refused(format!(
                "state.{call} outside of checkpoint: keep changes until checkpoint is called"
            )));
        }
        let bytes = value.as_ref().map_or(0, Vec::len);
        if bytes > MAX_STATE_VALUE_BYTES {
            let message =
                format!("state.set of {bytes} bytes under one key; the limit is {MAX_STATE_VALUE_BYTES}");
            return Err(Refused(message));
        }
        self.written_bytes = self.written_bytes.saturating_add(bytes + key.len());
        if self.written_bytes > self.max_state_bytes {
            let message =
                format!("state of one checkpoint is over {} bytes (limits.memory_mib)", self.max_state_bytes);
            return Err(Refused(message));
        }
        self.changes.insert(key, value);
        Ok(())
    }

    pub(super) fn log(&mut self, level: Level, message: &str) {
        self.log_lines += 1;
        if self.log_lines > self.max_log_lines {
            return;
        }
        let (plugin, message) = (&self.plugin, escaped(message, MAX_LOG_BYTES));
        match level {
            Level::Debug => tracing::debug!(target: "plugin", %plugin, "{message}"),
            Level::Info => tracing::info!(target: "plugin", %plugin, "{message}"),
            Level::Warn => tracing::warn!(target: "plugin", %plugin, "{message}"),
            Level::Error => tracing::error!(target: "plugin", %plugin, "{message}"),
        }
    }
}

fn check_key(call: &str, key: &str) -> Result<(), Refused> {
    if key.is_empty() || key.len() > MAX_STATE_KEY_BYTES {
        let message =
            format!("state.{call} with a key of {} bytes; 1 to {MAX_STATE_KEY_BYTES} are allowed", key.len());
        return Err(Refused(message));
    }
    // PostgreSQL's text holds no NUL.
    if key.contains('\0') {
        return Err(Refused(format!("state.{call} with a NUL in its key: use printable keys")));
    }
    Ok(())
}
