//! One running instance of a plugin: calls with a deadline, and a cause for everything that goes wrong.
//!
//! Owns bounding a call and reading a trap. Does not own what follows a failure: the instance is dead then, and its
//! owner makes a new one from the last checkpoint.

use model::Provenance;
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::component::Plugin;
use super::error::{Call, Cause, PluginError};
use super::guard::{Denied, MemoryRefused};
use super::runtime::TICK;
use super::setup::Setup;
use super::store::{Host, Refused, Unavailable};
use super::text::escaped;
use super::v1_0::{Exports, Failure};
use super::{Batch, Output, Services, StateChange};
use crate::config::Limits;

/// A stack this deep in which so few functions take turns is a recursion.
const RECURSION_FRAMES: usize = 32;
const RECURSION_FUNCTIONS: usize = 8;

/// One instance; used by one thread at a time.
pub struct Instance {
    store: Store<Host>,
    exports: Exports,
    plugin: Plugin,
    limits: Limits,
    provenance: Provenance,
    /// The first failure, after which nothing works.
    dead: Option<String>,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Instance({:?}, dead: {:?})", self.plugin, self.dead)
    }
}

impl Instance {
    pub(super) fn start(
        plugin: Plugin,
        services: &Services,
        limits: Limits,
        provenance: Provenance,
        setup: &Setup,
    ) -> Result<Instance, PluginError> {
        let host = Host::new(plugin.id(), services, &limits);
        let mut store = Store::new(&plugin.0.runtime.engine, host);
        store.limiter(|host| &mut host.limiter);
        store.set_hostcall_fuel(limits.output_bytes);
        store.epoch_deadline_trap();
        store.set_epoch_deadline(ticks(&limits));
        let exports = match plugin.0.pre.instantiate(&mut store) {
            Ok(exports) => exports,
            Err(e) => {
                let cause = cause(&e, &store, &limits);
                return Err(plugin.error(Call::Instantiate, cause));
            }
        };
        let mut instance = Instance { store, exports, plugin, limits, provenance, dead: None };
        let columns: Vec<&'static str> =
            instance.plugin.manifest().columns.iter().map(|c| c.name()).collect();
        instance.call(Call::Configure, |i| i.exports.configure(&mut i.store, setup, &columns))?;
        Ok(instance)
    }

    /// The plugin this is an instance of.
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Whether a call failed, after which every other fails too.
    pub fn is_dead(&self) -> bool {
        self.dead.is_some()
    }

    /// Bytes of its linear memories. They never shrink: this is also the most it ever had.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().limiter.memory()
    }

    /// Hands the plugin a batch made by [`Plugin::batch`].
    ///
    /// # Errors
    /// When the plugin traps, exceeds a limit, reports an error or says something invalid. The instance is dead then.
    pub fn process(&mut self, batch: &Batch) -> Result<Vec<Output>, PluginError> {
        if batch.sources() != self.plugin.manifest().columns
            || batch.columns.iter().any(|c| c.len() != batch.rows)
        {
            let text = "the batch has not the plugin's columns, each with one element per row".to_owned();
            return Err(self.plugin.error(Call::Process, Cause::Host(text)));
        }
        let max = self.limits.findings_per_call;
        let plugin = self.plugin.clone();
        self.store.data_mut().ahead.begin(plugin.manifest(), batch);
        self.call(Call::Process, |i| i.exports.process(&mut i.store, batch, max, &i.provenance))
    }

    /// Has the plugin write back what changed. Commit the changes before the next checkpoint, or drop the instance.
    ///
    /// # Errors
    /// As [`Instance::process`].
    pub fn checkpoint(&mut self) -> Result<Vec<StateChange>, PluginError> {
        self.call(Call::Checkpoint, |i| i.exports.checkpoint(&mut i.store))?;
        Ok(self.store.data().changes())
    }

    /// Says that the last checkpoint's changes are committed, so that the instance need not keep a copy of them.
    pub fn committed(&mut self) {
        self.store.data_mut().forget_changes();
    }

    fn call<T>(
        &mut self,
        call: Call,
        work: impl FnOnce(&mut Instance) -> Result<T, Failure>,
    ) -> Result<T, PluginError> {
        if let Some(dead) = &self.dead {
            return Err(self.plugin.error(call, Cause::Dead(dead.clone())));
        }
        self.store.set_epoch_deadline(ticks(&self.limits));
        self.store.data_mut().begin(call == Call::Checkpoint);
        let done = work(self);
        self.store.data_mut().end();
        done.map_err(|failure| {
            let cause = match failure {
                Failure::Trap(e) => cause(&e, &self.store, &self.limits),
                Failure::Cause(cause) => cause,
            };
            self.dead = Some(format!("{call}: {cause}"));
            self.plugin.error(call, cause)
        })
    }
}

/// The tick under way counts for nothing, so that a call has at least its time.
fn ticks(limits: &Limits) -> u64 {
    limits.call_ms.div_ceil(TICK.as_millis() as u64).saturating_add(1)
}

/// What a failed call failed of.
fn cause(error: &wasmtime::Error, store: &Store<Host>, limits: &Limits) -> Cause {
    let stderr = store.data().take_stderr();
    if let Some(refused) = error.downcast_ref::<MemoryRefused>() {
        let wanted_mib = refused.wanted.div_ceil(1 << 20);
        return Cause::Memory { wanted_mib, limit_mib: limits.memory_mib };
    }
    if let Some(unavailable) = error.downcast_ref::<Unavailable>() {
        return Cause::State(unavailable.0.clone());
    }
    if let Some(denied) = error.downcast_ref::<Denied>() {
        return Cause::Blocking(denied.0.to_owned());
    }
    if let Some(refused) = error.downcast_ref::<Refused>() {
        return Cause::Import(refused.0.clone());
    }
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Cause::Exit { code: exit.0 };
    }
    match error.downcast_ref::<Trap>() {
        // A slow database is not the plugin's fault.
        Some(Trap::Interrupt) if store.data().waited().as_millis() as u64 * 2 >= limits.call_ms => {
            let ms = store.data().waited().as_millis();
            Cause::State(format!("state cannot be read: the database took {ms} ms"))
        }
        Some(Trap::Interrupt) => Cause::Deadline { ms: limits.call_ms },
        Some(Trap::StackOverflow) => Cause::StackOverflow { stderr },
        // Rust keeps its own stack at the bottom of the memory; running out of it is an access below zero.
        Some(Trap::MemoryOutOfBounds) if is_recursion(error) => Cause::StackOverflow { stderr },
        Some(trap) => Cause::Trap { trap: trap.to_string(), stderr },
        None => other(error, stderr, limits),
    }
}

fn is_recursion(error: &wasmtime::Error) -> bool {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return false };
    let frames = backtrace.frames();
    let mut functions: Vec<u32> = frames.iter().take(RECURSION_FRAMES).map(|f| f.func_index()).collect();
    functions.sort_unstable();
    functions.dedup();
    frames.len() >= RECURSION_FRAMES && functions.len() <= RECURSION_FUNCTIONS
}

/// What wasmtime has no public type for.
fn other(error: &wasmtime::Error, stderr: String, limits: &Limits) -> Cause {
    let text = error.root_cause().to_string();
    if text.contains("fuel allocated for hostcalls") {
        let text = format!(
            "more than {} bytes handed to the host in one call (limits.output_bytes)",
            limits.output_bytes
        );
        return Cause::OutputLimit(text);
    }
    Cause::Trap { trap: escaped(&text, 300), stderr }
}
