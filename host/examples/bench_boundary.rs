//! What the plugin boundary costs: an empty call, and mass dialing as a component against the same code natively.
//!
//! `cargo run --release --example bench_boundary`. Prints figures and their limits; exit code 1 if one is missed.
//! Whole runs alternate, and for every piece of a run the quickest counts, so that a busy machine does not decide. An argument names another build of mass dialing to measure instead of the embedded one.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/guests/build.rs"]
mod build;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use mass_dialing::MassDialing;
use model::{Event, FieldId, Name, NameTable, Number, RecordId};
use ringfence::config::PluginConfig;
use ringfence::directory::Directory;
use ringfence::plugin::{
    Batch, Column, Plugin, Runtime, Services, StateError, StateReader, builtins, load_file,
};
use ringfence_sdk::{NativeRunner, Setup};

const ROWS: u64 = 1_000_000;
const BATCH: usize = 512;
const USERS: u64 = 2_200;
/// Batches measured at a time.
const CHUNK: usize = 50;
const RUNS: usize = 9;
const EMPTY_CALLS: u32 = 2_000;
const EMPTY_RUNS: usize = 500;
/// The limits of issue 2.
const MAX_EMPTY_NS: f64 = 250.0;
const MAX_RATIO: f64 = 1.3;

struct NoState;

impl StateReader for NoState {
    fn get(&self, _: &str, _: &str) -> Result<Option<Vec<u8>>, StateError> {
        Ok(None)
    }
}

fn main() -> ExitCode {
    let services = Services {
        names: Arc::new(NameTable::default()),
        directory: Arc::new(Directory::default()),
        state: Arc::new(NoState),
    };
    let runtime = Runtime::new(None).unwrap();
    let empty = empty_call(&runtime, &services);
    println!("empty call           {empty:8.1} ns       limit {MAX_EMPTY_NS}");
    let (native, component) = mass_dialing(&runtime, &services, false);
    let ratio = component / native;
    println!("mass dialing native  {native:8.1} ns/record");
    println!("  as a component     {component:8.1} ns/record");
    println!("ratio                {ratio:8.2}          limit {MAX_RATIO}");
    let (native, component) = mass_dialing(&runtime, &services, true);
    println!(
        "taking turns every {CHUNK} batches, as detectors do in the engine, with colder caches for both:"
    );
    println!(
        "  ratio              {:8.2}          ({component:.1} to {native:.1} ns/record)",
        component / native
    );
    ExitCode::from(u8::from(empty > MAX_EMPTY_NS || ratio > MAX_RATIO))
}

/// Nanoseconds of a call that is given no rows and says nothing.
fn empty_call(runtime: &Runtime, services: &Services) -> f64 {
    let plugin = runtime.load("empty", &build::component("empty")).unwrap();
    let mut instance = plugin.instantiate(services, &PluginConfig::default(), 1).unwrap();
    let batch = plugin.batch();
    let run = |_| {
        let begun = Instant::now();
        for _ in 0..EMPTY_CALLS {
            instance.process(&batch).unwrap();
        }
        begun.elapsed().as_nanos() as f64 / f64::from(EMPTY_CALLS)
    };
    (0..EMPTY_RUNS).map(run).fold(f64::INFINITY, f64::min)
}

/// Nanoseconds per record, natively and as a component.
fn mass_dialing(runtime: &Runtime, services: &Services, taking_turns: bool) -> (f64, f64) {
    let plugin = match std::env::args().nth(1) {
        Some(file) => load_file(runtime, Path::new(&file)).unwrap(),
        None => {
            let builtin = builtins().iter().find(|b| b.name == "mass-dialing").unwrap();
            runtime.load(builtin.name, builtin.bytes).unwrap()
        }
    };
    let settings = PluginConfig::default();
    let config = plugin.settings(&settings.config).unwrap();
    let columns: Vec<String> = plugin.batch().sources().iter().map(|c| c.name().to_owned()).collect();
    let batches = batches(&plugin, &services.names);
    let natives: Vec<ringfence_sdk::Batch> = batches.iter().map(native_batch).collect();

    let chunks = batches.len().div_ceil(CHUNK);
    let (mut native, mut component) = (vec![f64::INFINITY; chunks], vec![f64::INFINITY; chunks]);
    for _ in 0..RUNS {
        let mut runner =
            NativeRunner::<MassDialing>::configure(&Setup::new(config.as_str(), &columns)).unwrap();
        let mut instance = plugin.instantiate(services, &settings, 1).unwrap();
        let (mut found_natively, mut found) = (0, 0);
        let mut run_natively = |i: usize, batches: &[_]| {
            let ns = time(batches, |batch| found_natively += runner.process(batch).unwrap().len());
            native[i] = native[i].min(ns);
        };
        let mut run = |i: usize, batches: &[_]| {
            let ns = time(batches, |batch| found += instance.process(batch).unwrap().len());
            component[i] = component[i].min(ns);
        };
        if taking_turns {
            for (i, (natives, batches)) in natives.chunks(CHUNK).zip(batches.chunks(CHUNK)).enumerate() {
                run_natively(i, natives);
                run(i, batches);
            }
        } else {
            natives.chunks(CHUNK).enumerate().for_each(|(i, batches)| run_natively(i, batches));
            batches.chunks(CHUNK).enumerate().for_each(|(i, batches)| run(i, batches));
        }
        assert_eq!(found, found_natively, "the component must find what the native code finds");
        assert!(found > 0, "the traffic holds bursts");
    }
    (after_warm_up(&native), after_warm_up(&component))
}

/// Nanoseconds of these batches.
fn time<B>(batches: &[B], process: impl FnMut(&B)) -> f64 {
    let begun = Instant::now();
    batches.iter().for_each(process);
    begun.elapsed().as_nanos() as f64
}

/// Time per record without the first fifth: an instance runs for weeks, so the first touch of its memory (which the
/// native code, run after run in one heap, does not pay either) is not what a call costs.
fn after_warm_up(chunks: &[f64]) -> f64 {
    let first = chunks.len() / 5;
    // The last chunk may be short.
    let rest = &chunks[first..chunks.len() - 1];
    rest.iter().sum::<f64>() / (rest.len() * CHUNK * BATCH) as f64
}

/// A month of calls: everybody a few a day, ten users in bursts.
fn batches(plugin: &Plugin, names: &NameTable) -> Vec<Batch> {
    let users: Vec<Name> = (0..USERS).map(|u| user(u, names)).collect();
    let mut random = 1u64;
    let mut batches = vec![plugin.batch()];
    for row in 0..ROWS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let dice = random >> 33;
        let bot = row % 50_000 < 400;
        let who = if bot { row / 50_000 } else { dice % USERS };
        let start = 1_770_000_000_000 + (row * 2_592) as i64 + (dice % 60_000) as i64;
        let seconds = if bot { 3 } else { 20 + (dice >> 7) as u32 % 400 };
        let mut event = Event::default();
        event.id = RecordId((u128::from(random) << 64) | u128::from(row));
        event.set_millis(FieldId::start_time, start);
        event.set_millis(FieldId::report_time, start + i64::from(seconds) * 1000);
        event.set_name(FieldId::user, users[who as usize]);
        event
            .set_phone(FieldId::called_number, Number::from_e164(34_600_000_000 + dice % 9_000_000).unwrap());
        event.set_enum(FieldId::called_class, Name::known("mobile"));
        event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
        event.set_u32(FieldId::duration, seconds);
        if batches.last().is_none_or(|b| b.rows == BATCH) {
            batches.push(plugin.batch());
        }
        let batch = batches.last_mut().unwrap();
        batch.push(&event);
        batch.horizon = start - 86_400_000;
    }
    batches
}

/// The native runner resolves names on a fake host of its own, with handles given in the same order.
fn user(number: u64, names: &NameTable) -> Name {
    let text = format!("user-{number:05}");
    let name = names.intern(&text).unwrap();
    assert_eq!(ringfence_sdk::names::intern(&text).0, name.0);
    name
}

fn native_batch(batch: &Batch) -> ringfence_sdk::Batch {
    use ringfence_sdk::Column as To;
    let column = |column: &Column| match column {
        Column::U8(v) => To::U8(v.clone()),
        Column::U32(v) => To::U32(v.clone()),
        Column::U64(v) => To::U64(v.clone()),
        Column::I64(v) => To::I64(v.clone()),
        Column::F64(v) => To::F64(v.clone()),
        Column::Text(v) => To::Text(v.clone()),
        Column::Id(v) => To::Id(v.as_flattened().to_vec()),
    };
    ringfence_sdk::Batch {
        rows: batch.rows,
        horizon: batch.horizon,
        columns: batch.columns.iter().map(column).collect(),
    }
}
