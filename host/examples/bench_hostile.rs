//! What the built-in detectors notice of a plugin that takes all it can get, and of one that waits for rows that never come:
//! `cargo run --release --example bench_hostile [RECORDS [ROUNDS]]` (default 400,000 records, 3 rounds).
//!
//! Both sides in one run on one private server, taking turns; the quickest round of each counts. Exit code 1 if a limit of issue 6
//! is missed.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

#[allow(dead_code, reason = "shared with the tests, which use more of it")]
#[path = "../tests/guests/build.rs"]
mod build;
#[path = "common/calls.rs"]
mod calls;
#[allow(dead_code, reason = "shared with benchmarks that use more of it")]
#[path = "common/server.rs"]
mod server;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use model::{Event, FieldId, Name, NameTable, RecordId};
use ringfence::config::{Config, PluginConfig};
use ringfence::directory::Directory;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::service::{Fixed, InForce, Service};
use ringfence::engine::spool::Chunk;
use ringfence::engine::{CHUNK_ROWS, Engine, Options};
use ringfence::plugin::{Plugin, Runtime, Services, builtins};
use ringfence::store::PluginUsage;
use ringfence::telemetry::Metrics;
use serde_json::json;
use server::Server;
use sqlx::PgConnection;
use tokio::runtime::Handle;

/// How much slower the built-ins may be beside a hostile plugin.
const MOST_BESIDE: f64 = 1.10;
/// Nanoseconds per record that an idle plugin may cost.
const MOST_IDLE_NS: f64 = 20.0;
/// What the hostile plugin's batches take: just below the deadline of two seconds.
const BATCH_SECONDS: f64 = 1.7;
/// Seconds that it may hold the others once: a burst, and a call.
const MOST_HELD: f64 = 1.0 + 2.0;
const IDLE_ROWS: u64 = 4_000_000;
const IDLE_ROUNDS: usize = 7;

struct Bench {
    server: Server,
    handle: Handle,
    records: u64,
    builtins: Vec<Plugin>,
    hostile: Plugin,
    config: Arc<Config>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|a| a.replace('_', "").parse::<u64>().ok());
    let (records, rounds) = (number(0).unwrap_or(400_000), number(1).unwrap_or(3));
    let runtime = Runtime::new(None).unwrap();
    let mut met = idle(&runtime);
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let hostile = runtime.load("glutton", &build::component("glutton")).unwrap();
    let does = json!({
        "work_per_batch": rounds_for(&hostile, BATCH_SECONDS), "value_bytes": 1_000, "findings": true, "memory_mib": 200,
    });
    let glutton = PluginConfig { config: does, ..PluginConfig::default() };
    let bench = Bench {
        server: tokio.block_on(Server::start("bench_hostile")),
        handle: tokio.handle().clone(),
        records,
        builtins: builtins().iter().map(|b| runtime.load(b.name, b.bytes).unwrap()).collect(),
        hostile,
        config: Arc::new(Config { plugins: [("glutton".to_owned(), glutton)].into(), ..Config::default() }),
    };
    let file = bench.server.dir.path().join("calls.csv");
    calls::write_csv(&file, records).unwrap();
    bench.handle.block_on(server::run_ingest(&bench.server.store, &file, records, 0));
    let mut connection = bench.handle.block_on(bench.server.connect());
    let quickest = |connection: &mut PgConnection, times: &mut Vec<f64>, hostile, lane| {
        times.push(bench.run(connection, hostile, lane));
    };
    let (mut alone, mut beside, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        quickest(&mut connection, &mut alone, false, true);
        quickest(&mut connection, &mut beside, true, true);
        quickest(&mut connection, &mut first, true, false);
    }
    let least = |times: &[f64]| times.iter().copied().fold(f64::INFINITY, f64::min);
    let (alone, beside, first) = (least(&alone), least(&beside), least(&first));
    let rate = |seconds: f64| records as f64 / seconds;
    println!("built-ins alone                              {:9.0} records/s", rate(alone));
    println!("  beside a hostile plugin in its lane        {:9.0} records/s", rate(beside));
    met &= judge("time beside it / alone", beside / alone, MOST_BESIDE);
    met &= judge("seconds held by it before it left", first - alone, MOST_HELD + alone * (MOST_BESIDE - 1.0));
    tokio.block_on(bench.server.stop());
    ExitCode::from(u8::from(!met))
}

impl Bench {
    /// Seconds in which the built-in detectors evaluate the log. In a lane the hostile one begins behind the others; otherwise with them.
    fn run(&self, connection: &mut PgConnection, hostile: bool, lane: bool) -> f64 {
        let empty = "truncate finding, finding_revision, detector_state, log_cursor, name, person, late_record, parked_record,
                     quarantine, engine_lease, plugin_usage cascade; checkpoint";
        self.handle.block_on(sqlx::raw_sql(empty).execute(&mut *connection)).unwrap();
        let mut unread = self.records;
        if lane {
            // One record on: whoever has no cursor is behind.
            let begin = "insert into log_cursor (org_id, consumer, txn, seq)
                 select org_id, unnest(array['after-hours','call-forwarding','international-calls','mass-dialing','rules']), txn, seq
                 from (select org_id, txn, seq from record_log order by txn, seq limit 1) first";
            self.handle.block_on(sqlx::raw_sql(begin).execute(connection)).unwrap();
            unread -= 1;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let mut plugins = self.builtins.clone();
        if hostile {
            plugins.push(self.hostile.clone());
        }
        let (ends, begun) = (stop.clone(), Instant::now());
        let took = Arc::new(std::sync::Mutex::new(0.0));
        let told = took.clone();
        let service = Service {
            store: self.server.store.clone(),
            runtime: self.handle.clone(),
            keeper: Arc::new(Fixed(InForce {
                generation: 1,
                config: self.config.clone(),
                plugins,
                rules: rules::load(&[], &[], &rules::LoadOptions::default()).set,
            })),
            workers: 2,
            stop,
            until_idle: false,
            patience: None,
            metrics: Metrics::new(),
            tell: Box::new(move |progress| {
                if progress.records >= unread && !ends.swap(true, Ordering::Relaxed) {
                    *told.lock().unwrap() = begun.elapsed().as_secs_f64();
                }
            }),
        };
        std::thread::spawn(move || service.run().unwrap()).join().unwrap();
        let seconds = *took.lock().unwrap();
        let lines = self.handle.block_on(self.server.store.usage()).unwrap();
        let glutton = lines.into_iter().map(|(line, _)| line).find(|line| line.plugin == "glutton");
        let PluginUsage { rows, seconds: used, memory_peak_bytes, .. } = glutton.unwrap_or_default();
        println!(
            "  hostile {hostile}, in a lane {lane}: {seconds:.2} s; it had {rows} rows, {used:.2} s, {} MiB",
            memory_peak_bytes >> 20
        );
        seconds
    }
}

/// Thousands of rounds of the guest's loop that take that long.
fn rounds_for(plugin: &Plugin, seconds: f64) -> u64 {
    const TRIAL: u64 = 20_000;
    let services = services();
    let settings = PluginConfig { config: json!({"work_per_batch": TRIAL}), ..PluginConfig::default() };
    let mut instance = plugin.instantiate(&services, &settings, 1).unwrap();
    let mut batch = plugin.batch();
    batch.push(&event(1));
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        instance.process(&batch).unwrap();
        quickest = quickest.min(begun.elapsed());
    }
    (TRIAL as f64 * seconds / quickest.as_secs_f64()) as u64
}

/// What a plugin costs that subscribes to none of the rows that come.
fn idle(runtime: &Runtime) -> bool {
    let plugin = runtime.load("idle", &build::component("idle")).unwrap();
    let services = services();
    let options = Options { workers: 1, lateness: 86_400_000, generation: 1 };
    let config =
        Config { plugins: [("idle".to_owned(), PluginConfig::default())].into(), ..Config::default() };
    let run = |plugins: &[Plugin]| {
        let mut engine = Engine::start(plugins, None, &config, &services, &options).unwrap();
        let mut chunk = Chunk::default();
        for n in 0..CHUNK_ROWS as u64 {
            chunk.push_event(engine.layout(), &event(n));
        }
        let begun = Instant::now();
        for _ in 0..IDLE_ROWS / CHUNK_ROWS as u64 {
            engine.push(chunk.clone()).unwrap();
        }
        engine.checkpoint().unwrap();
        let took = begun.elapsed().as_secs_f64();
        engine.stop();
        took
    };
    let (mut without, mut with) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..IDLE_ROUNDS {
        without = without.min(run(&[]));
        with = with.min(run(std::slice::from_ref(&plugin)));
    }
    judge("idle plugin, ns per record", (with - without) * 1e9 / IDLE_ROWS as f64, MOST_IDLE_NS)
}

fn services() -> Services {
    Services {
        names: Arc::new(NameTable::default()),
        directory: Arc::new(Directory::default()),
        state: Arc::new(MemoryState::default()),
    }
}

fn event(n: u64) -> Event {
    let mut event = Event::default();
    event.id = RecordId(u128::from(n));
    event.set_millis(FieldId::start_time, 1_780_000_000_000 + n as i64);
    event.set_millis(FieldId::report_time, 1_780_000_000_000 + n as i64);
    event.set_enum(FieldId::direction, Name::known("ORIGINATING"));
    event
}

/// Prints a figure with its limit; whether it is kept.
fn judge(what: &str, figure: f64, most: f64) -> bool {
    let kept = figure <= most;
    println!("{what}: {figure:.3}   limit <= {most:.3}   {}", if kept { "kept" } else { "MISSED" });
    kept
}
