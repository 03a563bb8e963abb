//! What replacing a plugin costs while records flow: the pause, and that nothing is lost or repeated.
//!
//! `cargo run --release -p ringfence --example bench_swap_plugin -- [users] [swaps]`. One process, everything in memory: the demo's
//! organisation through the built-in detectors, once without and once with a swap of one of them after each piece. Each swap loads
//! another file (compiled before, so from the cache), makes its instances on another thread while records flow, and puts them in.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use model::{Event, FieldSet, Finding, NameTable};
use ringfence::config::Config;
use ringfence::demo::{Options as DemoOptions, generate};
use ringfence::directory::Directory;
use ringfence::engine::book::Book;
use ringfence::engine::fit::{Fitted, Fitter};
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::{Chunk, Merge, Spool};
use ringfence::engine::{CHUNK_ROWS, Engine, Next, Options};
use ringfence::normalize::Record;
use ringfence::plugin::{self, Plugin, Runtime, Services};
use ringfence::source::{Input, ReadOptions, Sink, SinkError, read_all};

/// Longest pause of the plugin.
const LIMIT: Duration = Duration::from_millis(20);

const WORKERS: usize = 2;

/// The detector that is replaced: one with windows, so that a lost or repeated record shows.
const CHANGING: &str = "mass-dialing";

/// Files that follow one another.
const VERSIONS: usize = 2;

struct Bench {
    config: Config,
    names: Arc<NameTable>,
    directory: Arc<Directory>,
    runtime: Runtime,
    plugins: Vec<Plugin>,
    events: Vec<Event>,
}

/// What a run came to.
#[derive(Default)]
struct Done {
    findings: BTreeMap<String, Finding>,
    /// Rows by detector.
    rows: BTreeMap<String, u64>,
    took: Duration,
    /// From the end of the checkpoint to the first record that may go on.
    pauses: Vec<Duration>,
    /// Loading and making ready, beside the flow.
    ready: Vec<Duration>,
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u32>().unwrap());
    let users = args.next().unwrap_or(600);
    let swaps = args.next().unwrap_or(500) as usize;
    let cache = tempfile::tempdir().unwrap();
    let bench = Bench::new(users, Runtime::new(Some(cache.path())).unwrap());
    let versions: Vec<Vec<u8>> = (0..VERSIONS).map(version).collect();
    for bytes in &versions {
        let begun = Instant::now();
        bench.runtime.load(CHANGING, bytes).unwrap();
        println!("compiled in {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    }
    let pieces = bench.pieces(swaps + 1);
    let rows: usize = pieces.iter().map(Chunk::len).sum();
    println!("{rows} records of {users} users in {} pieces, {WORKERS} workers", pieces.len());
    let calm = bench.run(&pieces, None);
    let busy = bench.run(&pieces, Some(&versions));
    let kept = report("pause of the plugin", &busy.pauses) <= LIMIT;
    report("loading and making ready beside it", &busy.ready);
    println!("limit of the pause (99 %) {LIMIT:?}: {}", if kept { "kept" } else { "MISSED" });
    println!(
        "{} swaps; whole run {:.2} s without, {:.2} s with them",
        busy.pauses.len(),
        calm.took.as_secs_f64(),
        busy.took.as_secs_f64()
    );
    let same = calm.findings == busy.findings;
    println!("findings the same as without swaps: {same} ({})", calm.findings.len());
    println!("rows the same for every detector: {} ({:?})", calm.rows == busy.rows, busy.rows.values());
    ExitCode::from(u8::from(!(kept && same && calm.rows == busy.rows && !calm.findings.is_empty())))
}

/// Median, 99 % and longest; the 99 %.
fn report(what: &str, times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or_default();
    println!(
        "{what}: median {:?}, 99 % {:?}, longest {:?}",
        at(50),
        at(99),
        sorted.last().copied().unwrap_or_default()
    );
    at(99)
}

/// The built-in one with another patch version in its manifest, and so another digest.
fn version(number: usize) -> Vec<u8> {
    let builtin = plugin::builtins().iter().find(|b| b.name == CHANGING).unwrap();
    let mut bytes = builtin.bytes.to_vec();
    let key = b"version = \"";
    let at = bytes.windows(key.len()).position(|part| part == key).unwrap() + key.len();
    let length = bytes[at..].iter().position(|b| *b == b'"').unwrap();
    bytes[at + length - 1] = b'1' + number as u8;
    bytes
}

impl Bench {
    fn new(users: u32, runtime: Runtime) -> Bench {
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
        let plugins = plugin::builtins().iter().map(|b| runtime.load(b.name, b.bytes).unwrap()).collect();
        Bench { config, names, directory, runtime, plugins, events }
    }

    fn options(&self) -> Options {
        Options { workers: WORKERS, lateness: self.config.lateness(), generation: 1 }
    }

    fn start(&self, state: &Arc<MemoryState>) -> (Engine, Services) {
        let (names, directory) = (self.names.clone(), self.directory.clone());
        let services = Services { names, directory, state: state.clone() };
        let engine = Engine::start(&self.plugins, None, &self.config, &services, &self.options()).unwrap();
        (engine, services)
    }

    /// The records in order, in at least so many pieces.
    fn pieces(&self, pieces: usize) -> Vec<Chunk> {
        let (engine, _) = self.start(&Arc::default());
        let mut spool = Spool::new(engine.layout().clone(), &std::env::temp_dir());
        engine.stop();
        self.events.iter().for_each(|event| spool.push(event).unwrap());
        let mut merge = Merge::new(vec![spool]).unwrap();
        let size = (self.events.len() / pieces).clamp(1, CHUNK_ROWS);
        let mut cut = Vec::new();
        loop {
            let mut chunk = Chunk::default();
            if !merge.fill(&mut chunk, size).unwrap() {
                return cut;
            }
            cut.push(chunk);
        }
    }

    /// All records; with versions, one after the other is put in after each piece.
    fn run(&self, pieces: &[Chunk], versions: Option<&[Vec<u8>]>) -> Done {
        let state = Arc::new(MemoryState::default());
        let (mut engine, services) = self.start(&state);
        let fitter = Fitter::new(services, self.options());
        let mut done = Done::default();
        let mut book = Book::default();
        std::thread::scope(|scope| {
            // One is ready while the next is made, as with a service that is told of one after the other.
            let (ready, fitted) = sync_channel::<(Fitted, Duration)>(0);
            if let Some(versions) = versions {
                scope.spawn(move || {
                    for bytes in versions.iter().cycle() {
                        let begun = Instant::now();
                        let plugin = self.runtime.load(CHANGING, bytes).unwrap();
                        let made = fitter.fit(&plugin, &self.config).unwrap();
                        if ready.send((made, begun.elapsed())).is_err() {
                            return;
                        }
                    }
                });
            }
            let begun = Instant::now();
            for (at, piece) in pieces.iter().enumerate() {
                engine.push(piece.clone()).unwrap();
                let checkpoint = engine.checkpoint().unwrap();
                assert!(checkpoint.parked.is_empty() && checkpoint.quarantined.is_empty(), "{checkpoint:?}");
                checkpoint.state.iter().for_each(|(id, change)| state.apply(id, change));
                book.take(checkpoint.outputs);
                for (id, fate) in engine.fates() {
                    // Of the one that is replaced each version counts from its beginning.
                    let before = if versions.is_some() && id == CHANGING {
                        done.rows.get(id).copied().unwrap_or(0)
                    } else {
                        0
                    };
                    done.rows.insert(id.clone(), before + fate.usage.rows);
                }
                if versions.is_some() && at + 1 < pieces.len() {
                    let (made, took) = fitted.recv().unwrap();
                    done.ready.push(took);
                    let pause = Instant::now();
                    let next = Next { generation: 1, fitted: vec![made], ..Next::default() };
                    engine.swap(next).unwrap();
                    done.pauses.push(pause.elapsed());
                }
            }
            done.took = begun.elapsed();
            drop(fitted);
        });
        engine.stop();
        done.findings = book
            .into_findings()
            .into_iter()
            .map(|mut finding| {
                // Which file said it is meant to differ, and a finding that another file says again has one more revision.
                finding.provenance.digest.clear();
                finding.revision = 0;
                (finding.id.clone(), finding)
            })
            .collect();
        done
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
