//! The engine all plugins share: compiler, cache on disk, linked imports, and the clock that ends long calls.
//!
//! Owns setting them up and loading a component. Does not own instances.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine};

use super::component::Plugin;
use super::error::{LoadError, Problem, RuntimeError};
use super::inspect::Inspection;
use super::manifest::Manifest;
use super::store::Host;
use super::{guard, interface, v1_0};

/// How often running code looks at its deadline; a finer tick costs wake-ups, a coarser one precision.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// Frames kept of a trap's call stack: enough to tell recursion from a plain fault.
const MAX_FRAMES: usize = 64;

/// Loads plugins. Cheap to share by reference; plugins keep what they need of it alive.
#[derive(Clone)]
pub struct Runtime {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) engine: Engine,
    linker: Linker<Host>,
    stop: Arc<AtomicBool>,
    cached: bool,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Runtime(cached: {})", self.inner.cached)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Runtime {
    /// Sets the engine up. Compiled code is kept in `cache_dir/plugins` if that can be written.
    ///
    /// # Errors
    /// When this machine cannot run compiled code, or has no thread left.
    pub fn new(cache_dir: Option<&Path>) -> Result<Runtime, RuntimeError> {
        let failed = |e: wasmtime::Error| RuntimeError(format!("{e:#}"));
        let cache = cache_dir.and_then(open_cache);
        let cached = cache.is_some();
        let engine = Engine::new(&engine_config(cache)).map_err(failed)?;
        let mut linker = Linker::new(&engine);
        guard::add_to_linker(&mut linker).map_err(failed)?;
        v1_0::add_to_linker(&mut linker).map_err(failed)?;
        let stop = Arc::new(AtomicBool::new(false));
        start_ticker(&engine, stop.clone())?;
        Ok(Runtime { inner: Arc::new(Inner { engine, linker, stop, cached }) })
    }

    /// Whether compiled code is kept on disk.
    pub fn is_cached(&self) -> bool {
        self.inner.cached
    }

    /// Checks a component and compiles it. `file` is for messages.
    ///
    /// # Errors
    /// Names the file, the plugin as soon as it is known, what is wrong and the remedy.
    pub fn load(&self, file: &str, bytes: &[u8]) -> Result<Plugin, LoadError> {
        let mut plugin = None;
        self.load_labelled(file, bytes, &mut plugin).map_err(|problem| LoadError {
            file: file.to_owned(),
            plugin,
            problem: Box::new(problem),
        })
    }

    fn load_labelled(
        &self,
        file: &str,
        bytes: &[u8],
        label: &mut Option<(String, String)>,
    ) -> Result<Plugin, Problem> {
        let inspection = Inspection::read(bytes)?;
        let text = inspection.manifest()?;
        *label = Manifest::label(text);
        let manifest = Manifest::parse(text)?;
        let version = interface::check(&inspection, &manifest)?;
        let compile = |e: wasmtime::Error| Problem::Compile(super::text::escaped(&format!("{e:#}"), 1_000));
        let component = Component::from_binary(&self.inner.engine, bytes).map_err(compile)?;
        let pre = self.inner.linker.instantiate_pre(&component).map_err(compile)?;
        let pre = v1_0::Pre::new(pre).map_err(compile)?;
        let digest = digest(bytes);
        Ok(Plugin::new(self.inner.clone(), file, bytes.len(), digest, version, manifest, inspection, pre))
    }
}

/// `sha256:` and the hexadecimal digest: what provenance names a plugin by.
pub fn digest(bytes: &[u8]) -> String {
    bundle::digest(bytes)
}

fn engine_config(cache: Option<Cache>) -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.wasm_backtrace_max_frames(std::num::NonZeroUsize::new(MAX_FRAMES));
    // Every call would keep books on tasks that a detector, being synchronous, never has.
    config.concurrency_support(false);
    // Results must not depend on the processor.
    config.wasm_relaxed_simd(false);
    config.cache(cache);
    config
}

/// The cache, or nothing with a warning: a plugin then takes a tenth of a second longer to load.
fn open_cache(folder: &Path) -> Option<Cache> {
    let warn = |e: String| {
        tracing::warn!(folder = %folder.display(), "plugins are compiled anew each time: {e}");
        None
    };
    let folder = folder.join("plugins");
    if let Err(e) = private_folder(&folder) {
        return warn(e.to_string());
    }
    let folder = match folder.canonicalize() {
        Ok(folder) => folder,
        Err(e) => return warn(e.to_string()),
    };
    let mut config = CacheConfig::new();
    config.with_directory(folder);
    Cache::new(config).map_or_else(|e| warn(format!("{e:#}")), Some)
}

/// Makes the folder if need be and tries to write to it. Machine code is loaded from it, so it is ours alone.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    // Its parent may be the data directory, which the private PostgreSQL's user must be able to enter.
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    tempfile::tempfile_in(folder).map(drop)
}

/// Moves the engine's clock until the engine or the runtime is gone.
fn start_ticker(engine: &Engine, stop: Arc<AtomicBool>) -> Result<(), RuntimeError> {
    let engine = engine.weak();
    let tick = move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(TICK);
            let Some(engine) = engine.upgrade() else { break };
            engine.increment_epoch();
        }
    };
    std::thread::Builder::new()
        .name("plugin-ticker".to_owned())
        .spawn(tick)
        .map(drop)
        .map_err(|e| RuntimeError(format!("no thread for the deadline clock: {e}")))
}
