//! A hundred hostile guests beside the built-in detectors: the host survives all of them, in bounded time and memory, and the
//! built-in detectors find what they find without them.
//!
//! Guests written by hand in `cases.rs`; the rest are mutants of valid components (`RINGFENCE_MUTANTS=n` for longer runs,
//! `RINGFENCE_SEED=n` for others). Nothing here depends on what a guest's failure is called: that is the test `guests`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod assemble;
mod bounds;
#[path = "../guests/build.rs"]
#[allow(dead_code, reason = "shared with the tests of the guests, which ask for their names")]
mod build;
mod cases;
mod mutate;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use model::{Event, NameTable};
use ringfence::config::{Config, Limits, PluginConfig};
use ringfence::conformance::traffic::Traffic;
use ringfence::engine::book::Book;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::Chunk;
use ringfence::engine::{Engine, Options};
use ringfence::plugin::{Plugin, Runtime, Services, builtins};

/// Most guests in all, hand-written ones included, unless more are asked for.
const GUESTS: usize = 120;
/// Mutants made to find one that loads, at most.
const TRIES: usize = 12;
/// Records beside each guest.
const RECORDS: usize = 1_200;
/// Longest time to judge a file, compiled or refused. A machine shared by many is slow; a hang is longer.
const LOAD_TIME: Duration = Duration::from_secs(30);
/// Longest time of the engine beside one guest.
const RUN_TIME: Duration = Duration::from_secs(60);
/// Growth of this process over all guests.
const MEMORY_MIB: u64 = 1_500;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    // Without a cache: mutants would fill it.
    Runtime::new(None).unwrap()
});

struct World {
    traffic: Traffic,
    events: Vec<Event>,
    builtins: Vec<Plugin>,
    alone: BTreeMap<String, String>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let cache = Runtime::new(Some(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))).unwrap();
    let builtins: Vec<Plugin> = builtins().iter().map(|b| cache.load(b.name, b.bytes).unwrap()).collect();
    let traffic = Traffic::make(11).unwrap();
    // The last days, with what was planted there.
    let events = traffic.events[traffic.events.len() - RECORDS..].to_vec();
    let mut world = World { traffic, events, builtins, alone: BTreeMap::new() };
    world.alone = beside(&world, None).unwrap();
    assert!(world.alone.len() > 3, "the built-in detectors find something: {}", world.alone.len());
    world
});

/// What the built-in detectors find, with that plugin among them.
fn beside(world: &World, guest: Option<&Plugin>) -> Result<BTreeMap<String, String>, String> {
    let failed = |e: &dyn std::fmt::Display| e.to_string();
    let state = Arc::new(MemoryState::default());
    let services = Services {
        names: Arc::new(NameTable::restore(world.traffic.texts.iter().cloned())),
        directory: world.traffic.directory.clone(),
        state: state.clone(),
    };
    let mut config: Config = world.traffic.config.clone();
    let mut plugins = world.builtins.clone();
    if let Some(guest) = guest {
        // Some cases take a built-in detector's id: the engine is never given two plugins of one id.
        plugins.retain(|plugin| plugin.id() != guest.id());
        let limits = Limits { call_ms: 30, memory_mib: 32, ..Limits::default() };
        config.plugins.insert(guest.id().to_owned(), PluginConfig { limits, ..PluginConfig::default() });
        plugins.insert(0, guest.clone());
    }
    let options = Options { workers: 2, lateness: 24 * 3_600_000, generation: 1 };
    let mut engine = Engine::start(&plugins, None, &config, &services, &options).map_err(|e| failed(&e))?;
    let mut book = Book::default();
    for part in world.events.chunks(RECORDS / 3) {
        let mut chunk = Chunk::default();
        part.iter().for_each(|event| chunk.push_event(engine.layout(), event));
        engine.push(chunk).map_err(|e| failed(&e))?;
        let checkpoint = engine.checkpoint().map_err(|e| failed(&e))?;
        checkpoint.state.iter().for_each(|(detector, change)| state.apply(detector, change));
        book.take(checkpoint.outputs);
    }
    engine.stop();
    let theirs = book.into_findings().into_iter().filter(|f| guest.is_none_or(|g| g.id() != f.detector));
    Ok(theirs.map(|f| (f.id.clone(), serde_json::to_string(&f).unwrap())).collect())
}

/// How a guest ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Refused(String),
    Ran,
}

fn try_guest(world: &World, name: &str, bytes: &[u8]) -> End {
    let begun = Instant::now();
    let loaded = catch_unwind(AssertUnwindSafe(|| RUNTIME.load(name, bytes)))
        .unwrap_or_else(|_| panic!("{name}: the host panicked while it loaded it"));
    let took = begun.elapsed();
    assert!(took < LOAD_TIME, "{name}: judging it took {took:?}");
    let plugin = match loaded {
        Ok(plugin) => plugin,
        Err(error) => return End::Refused(error.to_string()),
    };
    let begun = Instant::now();
    let found = beside(world, Some(&plugin)).unwrap_or_else(|e| panic!("{name}: the engine failed: {e}"));
    let took = begun.elapsed();
    assert!(took < RUN_TIME, "{name}: the engine took {took:?} beside it");
    let wanted: BTreeMap<&String, &String> = world
        .alone
        .iter()
        .filter(|(_, f)| !f.contains(&format!("\"detector\":\"{}\"", plugin.id())))
        .collect();
    assert_eq!(found.iter().collect::<BTreeMap<_, _>>(), wanted, "{name}: the others found something else");
    End::Ran
}

/// Most memory this process ever had, MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("VmHWM: 0 kB");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn the_host_survives_a_hundred_hostile_guests_and_the_others_never_notice() {
    let world = &*WORLD;
    let before = peak_mib();
    let by_hand = cases::all();
    assert!(by_hand.len() >= 25);
    let mut slowest = (Duration::ZERO, String::new());
    let (mut ran, mut refused) = (0, 0);
    let mut seen = |name: &str, bytes: &[u8]| {
        let begun = Instant::now();
        let end = try_guest(world, name, bytes);
        if begun.elapsed() > slowest.0 {
            slowest = (begun.elapsed(), name.to_owned());
        }
        match &end {
            End::Ran => ran += 1,
            End::Refused(_) => refused += 1,
        }
        if std::env::var_os("RINGFENCE_SHOW").is_some() {
            eprintln!("{:6} ms {:6} MiB {name}: {end:?}", begun.elapsed().as_millis(), peak_mib());
        }
        end
    };
    for (name, bytes) in &by_hand {
        seen(name, bytes);
    }
    let bases = ["good", "tally", "shared"].map(build::component).to_vec();
    let mutants = number("RINGFENCE_MUTANTS", GUESTS - by_hand.len().min(GUESTS));
    let seed = number("RINGFENCE_SEED", 1) as u64;
    let mut mutator = mutate::Mutator::new(seed, bases);
    for mutant in 0..mutants {
        for attempt in 0..TRIES {
            if seen(&format!("mutant {mutant}.{attempt} of seed {seed}"), &mutator.next()) == End::Ran {
                break;
            }
        }
    }
    let grown = peak_mib().saturating_sub(before);
    eprintln!(
        "{} guests by hand, {mutants} mutants: {ran} ran, {refused} were refused; slowest {} ({} ms); {grown} MiB at most",
        by_hand.len(),
        slowest.1,
        slowest.0.as_millis()
    );
    assert!(ran >= 50, "most are not refused at once: {ran}");
    assert!(grown < MEMORY_MIB, "{grown} MiB");
}
