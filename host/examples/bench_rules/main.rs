//! What rules cost the pipeline, and what a change of rules costs while it runs.
//!
//! `cargo run --release -p ringfence --example bench_rules -- [users] [swaps]`. One process, everything in memory: the demo's
//! organisation, packed once, through the engine with 0, 100 and 1,000 rules; then the same under swaps of 1,000 rules.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

mod ruleset;
mod swaps;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::{Event, FieldSet, NameTable};
use ringfence::config::Config;
use ringfence::demo::{Options as DemoOptions, generate};
use ringfence::directory::Directory;
use ringfence::engine::layout::Layout;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::{Chunk, Merge, Spool};
use ringfence::engine::{CHUNK_ROWS, Engine, Options};
use ringfence::normalize::Record;
use ringfence::plugin::Services;
use ringfence::source::{Input, ReadOptions, Sink, SinkError, read_all};
use rules::RuleSet;

/// Rounds of which the fastest counts.
const ROUNDS: usize = 3;

/// Chunks between two checkpoints, as in a scan.
const CHECKPOINT_CHUNKS: usize = 16;

/// What is measured on.
pub struct Bench {
    config: Config,
    names: Arc<NameTable>,
    directory: Arc<Directory>,
    events: Vec<Event>,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u32>().unwrap());
    let users = args.next().unwrap_or(600);
    let swaps = args.next().unwrap_or(1_000);
    let bench = Bench::new(users);
    println!("{} records, {} users", bench.events.len(), users);
    let sets = [0, 100, 1_000].map(|count| {
        let begun = Instant::now();
        let set = ruleset::load(count, 0);
        println!("{count} rules compiled in {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
        set
    });
    for workers in [1, 2] {
        let mut per_record = Vec::new();
        for (set, count) in sets.iter().zip([0, 100, 1_000]) {
            let chunks = bench.chunks(set.fields());
            let (took, findings) = (0..ROUNDS).map(|_| bench.run(&chunks, set, workers)).min().unwrap();
            let nanos = took.as_nanos() as f64 / bench.events.len() as f64;
            println!(
                "{workers} workers, {count:>4} rules: {:>9.0} records/s, {nanos:.0} ns/record, {findings} findings",
                1e9 / nanos
            );
            per_record.push(nanos);
        }
        println!(
            "{workers} workers, 1,000 rules / 100 rules: {:.2}   limit <= 3",
            per_record[2] / per_record[1]
        );
    }
    let kept = swaps::measure(&bench, swaps);
    ExitCode::from(u8::from(!kept))
}

impl Bench {
    fn new(users: u32) -> Bench {
        let demo = generate(&DemoOptions { users, days: 30, ..DemoOptions::default() }).unwrap();
        let config = demo.config();
        let names = Arc::new(NameTable::default());
        let directory = Arc::new(Directory::from_config(&config));
        let folder = tempfile::tempdir().unwrap();
        let feed = folder.path().join("feed.ndjson");
        demo.write_ndjson(std::io::BufWriter::new(std::fs::File::create(&feed).unwrap())).unwrap();
        let options = ReadOptions { wanted: FieldSet::ALL, strict: true, progress: None };
        let mut sinks = [Collected::default()];
        read_all(&[Input::File(feed)], &options, &names, &directory, &mut sinks).unwrap();
        let [Collected(events)] = sinks;
        Bench { config, names, directory, events }
    }

    /// The records in order, packed for rules that read `fields`.
    fn chunks(&self, fields: FieldSet) -> Vec<Chunk> {
        let engine = self.engine(&ruleset::load(0, 0), fields, 1);
        let layout: Arc<Layout> = engine.layout().clone();
        engine.stop();
        let mut spool = Spool::new(layout, &std::env::temp_dir());
        self.events.iter().for_each(|event| spool.push(event).unwrap());
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

    fn services(&self) -> (Services, Arc<MemoryState>) {
        let state = Arc::new(MemoryState::default());
        let (names, directory) = (self.names.clone(), self.directory.clone());
        (Services { names, directory, state: state.clone() }, state)
    }

    fn engine(&self, set: &Arc<RuleSet>, fields: FieldSet, workers: usize) -> Engine {
        let (services, _) = self.services();
        self.engine_on(set, fields, workers, &services)
    }

    fn engine_on(&self, set: &Arc<RuleSet>, fields: FieldSet, workers: usize, services: &Services) -> Engine {
        let options = Options { workers, lateness: 24 * 3_600_000, generation: 1 };
        Engine::start_with(&[], Some(set), fields, &self.config, services, &options).unwrap()
    }

    /// How long the engine takes for all records, and how many changes of findings it tells.
    fn run(&self, chunks: &[Chunk], set: &Arc<RuleSet>, workers: usize) -> (Duration, usize) {
        let (services, state) = self.services();
        let mut engine = self.engine_on(set, set.fields(), workers, &services);
        let chunks = chunks.to_vec();
        let begun = Instant::now();
        let mut findings = 0;
        let mut checkpoint = |engine: &mut Engine| {
            let done = engine.checkpoint().unwrap();
            assert!(done.failures.is_empty(), "{:?}", done.failures);
            findings += done.outputs.len();
            done.state.iter().for_each(|(id, change)| state.apply(id, change));
        };
        for (at, chunk) in chunks.into_iter().enumerate() {
            engine.push(chunk).unwrap();
            if (at + 1) % CHECKPOINT_CHUNKS == 0 {
                checkpoint(&mut engine);
            }
        }
        checkpoint(&mut engine);
        let took = begun.elapsed();
        engine.stop();
        (took, findings)
    }
}

#[derive(Default)]
struct Collected(Vec<Event>);

impl Sink for Collected {
    fn event(&mut self, event: &Event, _: &Record<'_>) -> Result<(), SinkError> {
        self.0.push(event.clone());
        Ok(())
    }
}
