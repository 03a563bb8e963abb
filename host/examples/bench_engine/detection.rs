//! Detection alone: rows of the log, made ready in memory, through the engine with one worker and with two.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, NameTable};
use ringfence::directory::Directory;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::{Chunk, Merge, Spool};
use ringfence::engine::{CHUNK_ROWS, Engine};
use ringfence::normalize::Normalizer;
use ringfence::plugin::Services;
use ringfence::source;
use ringfence::store::Position;

use super::server::run_ingest;
use super::{Bench, calls, judge};

/// How much faster two workers must be.
const LEAST: f64 = 1.6;

/// Runs of which the fastest counts, at least: a run is short, and anything else on the machine shows.
const RUNS: u64 = 3;

/// Rows between two checkpoints.
const CHECKPOINT_ROWS: usize = 500_000;

pub fn measure(bench: &Bench, records: u64, rounds: u64) -> bool {
    let services = Services {
        names: Arc::new(NameTable::default()),
        directory: Arc::new(Directory::from_config(&bench.config)),
        state: Arc::new(MemoryState::default()),
    };
    let chunks = read(bench, &services, records);
    let (mut one, mut two) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds.max(RUNS) {
        one = one.min(run(bench, &services, &chunks, 1));
        two = two.min(run(bench, &services, &chunks, 2));
    }
    let rate = |took: Duration| records as f64 / took.as_secs_f64();
    println!("detection alone: one worker {:.0}/s, two {:.0}/s", rate(one), rate(two));
    judge("detection alone, two workers / one", one.as_secs_f64() / two.as_secs_f64(), Some(LEAST), None)
}

fn run(bench: &Bench, services: &Services, chunks: &[Chunk], workers: usize) -> Duration {
    let services = Services { state: Arc::new(MemoryState::default()), ..services.clone() };
    let mut engine =
        Engine::start(&bench.plugins, None, &bench.config, &services, &bench.options(workers)).unwrap();
    let chunks = chunks.to_vec();
    let mut outputs = 0;
    let start = Instant::now();
    let mut rows = 0;
    for chunk in chunks {
        rows += chunk.len();
        engine.push(chunk).unwrap();
        if rows >= CHECKPOINT_ROWS {
            outputs += engine.checkpoint().unwrap().outputs.len();
            rows = 0;
        }
    }
    outputs += engine.checkpoint().unwrap().outputs.len();
    let took = start.elapsed();
    let (mut calls, late) = (String::new(), engine.late());
    for (detector, fate) in engine.fates() {
        calls.push_str(&format!(", {detector} {:.2} s", fate.usage.time.as_secs_f64()));
    }
    println!("  {workers} workers: {:.2} s, {outputs} outputs, {late} late{calls}", took.as_secs_f64());
    engine.stop();
    took
}

/// The log in order, packed for the engine.
fn read(bench: &Bench, services: &Services, records: u64) -> Vec<Chunk> {
    let store = &bench.server.store;
    let file = bench.server.dir.path().join("calls.csv");
    if !file.exists() {
        calls::write_csv(&file, records).unwrap();
        bench.handle.block_on(run_ingest(store, &file, records, 0));
    }
    let engine = Engine::start(&bench.plugins, None, &bench.config, services, &bench.options(1)).unwrap();
    let layout = engine.layout().clone();
    engine.stop();
    let mut normalizer = Normalizer::new(services.names.clone(), services.directory.clone(), layout.fields());
    let mut spool = Spool::new(layout, bench.server.dir.path());
    let (mut after, mut event, mut count) = (Position::START, Event::default(), 0);
    loop {
        let rows = bench.handle.block_on(store.read_log(after, None, CHUNK_ROWS as u32)).unwrap();
        let Some(last) = rows.last() else { break };
        after = last.position;
        for row in &rows {
            let record = source::stored_record(row.raw.as_bytes()).unwrap();
            normalizer.normalize(&record.record(), &mut event).unwrap();
            spool.push(&event).unwrap();
            count += 1;
        }
    }
    assert_eq!(count, records);
    let mut merge = Merge::new(vec![spool]).unwrap();
    let mut chunks = Vec::new();
    loop {
        let mut chunk = Chunk::default();
        if !merge.fill(&mut chunk, CHUNK_ROWS).unwrap() {
            return chunks;
        }
        chunks.push(chunk);
    }
}
