//! How long twenty plugins take from the cache of compiled code to configured instances.
//!
//! `cargo run --release --example bench_start [PYTHON.wasm]`. Copies of the built-in detectors with ids of their own, so that
//! each is a file, a digest and an entry of the cache; a component named on the command line takes the place of one. Prints the
//! figures, one after the other and together; exit code 1 if the limit is missed.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::NameTable;
use ringfence::config::{PluginConfig, TrustConfig};
use ringfence::directory::Directory;
use ringfence::engine::memory::MemoryState;
use ringfence::plugin::{Plugin, Runtime, Services, builtins, load_file};

const PLUGINS: usize = 20;
const RUNS: usize = 7;
/// The limit of issue 6.
const MAX: Duration = Duration::from_millis(300);

fn main() -> ExitCode {
    let home = tempfile::tempdir().unwrap();
    let (cache, folder) = (home.path().join("cache"), home.path().join("plugins"));
    std::fs::create_dir(&folder).unwrap();
    let other = std::env::args().nth(1);
    for copy in 0..PLUGINS {
        let bytes = match &other {
            Some(file) if copy == 0 => std::fs::read(file).unwrap(),
            _ => renamed(copy),
        };
        std::fs::write(folder.join(format!("{copy:02}.wasm")), bytes).unwrap();
    }
    let begun = Instant::now();
    start(&cache, &folder, true);
    println!("compiled, into the cache     {:8.1} ms", ms(begun.elapsed()));
    for one_by_one in [true, false] {
        let runs = (0..RUNS).map(|_| start(&cache, &folder, one_by_one));
        let (load, instances) = runs.min_by_key(|(load, instances)| *load + *instances).unwrap();
        let how = if one_by_one { "one after the other" } else { "all at once        " };
        println!(
            "from the cache, {how}  {:6.1} ms loaded + {:5.1} ms configured instances = {:6.1} ms; limit {} ms",
            ms(load),
            ms(instances),
            ms(load + instances),
            MAX.as_millis()
        );
        if !one_by_one {
            return ExitCode::from(u8::from(load + instances > MAX));
        }
    }
    ExitCode::FAILURE
}

/// A built-in detector under another id of the same length: the manifest is text in a section of its own.
fn renamed(copy: usize) -> Vec<u8> {
    let builtin = &builtins()[copy % builtins().len()];
    let old = format!("id = \"{}\"", builtin.name);
    let new = format!("id = \"{}{:02}\"", &builtin.name[..builtin.name.len() - 2], copy);
    let at = builtin.bytes.windows(old.len()).position(|w| w == old.as_bytes()).unwrap();
    let mut bytes = builtin.bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    bytes
}

/// A new engine, every plugin loaded, one instance of each configured.
fn start(cache: &Path, folder: &Path, one_by_one: bool) -> (Duration, Duration) {
    let begun = Instant::now();
    let runtime = Runtime::new(Some(cache)).unwrap();
    let plugins: Vec<Plugin> = if one_by_one {
        let files = (0..PLUGINS).map(|copy| folder.join(format!("{copy:02}.wasm")));
        files.map(|file| load_file(&runtime, &file).unwrap()).collect()
    } else {
        load_together(&runtime, folder)
    };
    assert_eq!(plugins.len(), PLUGINS);
    let load = begun.elapsed();
    let services = Services {
        names: Arc::new(NameTable::default()),
        directory: Arc::new(Directory::default()),
        state: Arc::new(MemoryState::default()),
    };
    let begun = Instant::now();
    for plugin in &plugins {
        plugin.instantiate(&services, &PluginConfig::default(), 1).unwrap();
    }
    (load, begun.elapsed())
}

/// As the program loads a folder.
fn load_together(runtime: &Runtime, folder: &Path) -> Vec<Plugin> {
    let files = ringfence::plugin::load_dir(runtime, folder, &TrustConfig::default()).unwrap();
    files.into_iter().map(|file| file.loaded.unwrap()).collect()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
