//! The figures of the engine on PostgreSQL, in one run on one private server that waits for the disk:
//! `cargo run --release --example bench_engine [RECORDS [ROUNDS [PART…]]]` (default 1,000,000 records, 1 round; parts are
//! whole, detection, checkpoint and latency).
//!
//! Nothing else should run on the machine. Exit code 1 if a limit of issue 3 is missed.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

#[path = "../common/calls.rs"]
mod calls;
mod checkpoint;
mod detection;
mod latency;
#[path = "../common/server.rs"]
mod server;
mod whole;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ringfence::config::Config;
use ringfence::engine::Options;
use ringfence::engine::log::Progress;
use ringfence::engine::service::{Fixed, InForce, Service};
use ringfence::plugin::{Plugin, Runtime, builtins};
use ringfence::telemetry::Metrics;
use server::Server;
use sqlx::PgConnection;
use tokio::runtime::Handle;

const HOUR: i64 = 3_600_000;

/// What every part needs.
struct Bench {
    server: Server,
    handle: Handle,
    config: Arc<Config>,
    plugins: Vec<Plugin>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|a| a.replace('_', "").parse::<u64>().ok());
    let (records, rounds) = (number(0).unwrap_or(1_000_000), number(1).unwrap_or(1));
    let wants = |part: &str| args.len() < 3 || args[2..].iter().any(|a| a == part);
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let runtime = Runtime::new(None).unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ringfence.sample.yaml");
    let bench = Bench {
        server: tokio.block_on(Server::start("bench_engine")),
        handle: tokio.handle().clone(),
        config: Arc::new(Config::load(&sample).unwrap()),
        plugins: builtins().iter().map(|b| runtime.load(b.name, b.bytes).unwrap()).collect(),
    };
    let mut met = true;
    if wants("whole") {
        met &= whole::measure(&bench, records, rounds);
    }
    if wants("detection") {
        met &= detection::measure(&bench, records, rounds);
    }
    if wants("checkpoint") {
        met &= checkpoint::measure(&bench);
    }
    if wants("latency") {
        met &= latency::measure(&bench);
    }
    tokio.block_on(bench.server.stop());
    ExitCode::from(u8::from(!met))
}

impl Bench {
    fn options(&self, workers: usize) -> Options {
        Options { workers, lateness: i64::from(self.config.lateness_hours) * HOUR, generation: 1 }
    }

    /// The evaluation as `ringfence run` sets it up, on two workers.
    fn service(
        &self,
        until_idle: bool,
        stop: &Arc<AtomicBool>,
        tell: impl Fn(&Progress) + Send + Sync + 'static,
    ) -> Service {
        Service {
            store: self.server.store.clone(),
            runtime: self.handle.clone(),
            keeper: Arc::new(Fixed(InForce {
                generation: 1,
                config: self.config.clone(),
                plugins: self.plugins.clone(),
                rules: rules::load(&[], &[], &rules::LoadOptions::default()).set,
            })),
            workers: 2,
            stop: stop.clone(),
            until_idle,
            patience: None,
            metrics: Metrics::new(),
            tell: Box::new(tell),
        }
    }

    /// Empties everything that a run leaves.
    fn empty(&self, connection: &mut PgConnection) {
        let all = "truncate record_log, finding, finding_revision, detector_state, log_cursor, name, person, late_record,
                   parked_record, quarantine, engine_lease; checkpoint";
        self.handle.block_on(sqlx::raw_sql(all).execute(connection)).unwrap();
    }
}

/// Prints a figure with its limit; whether it is kept.
fn judge(what: &str, figure: f64, least: Option<f64>, most: Option<f64>) -> bool {
    let kept = least.is_none_or(|l| figure >= l) && most.is_none_or(|m| figure <= m);
    let limit = match (least, most) {
        (Some(l), _) => format!(">= {l}"),
        (_, Some(m)) => format!("<= {m}"),
        _ => "none".to_owned(),
    };
    println!("{what}: {figure:.3}   limit {limit}   {}", if kept { "kept" } else { "MISSED" });
    kept
}
