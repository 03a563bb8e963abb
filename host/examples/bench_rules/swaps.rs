//! Swaps under load: the records go through once without and once with a swap after every few of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Finding;
use ringfence::engine::Engine;
use ringfence::engine::book::Book;
use ringfence::engine::memory::MemoryState;
use ringfence::engine::spool::Chunk;
use rules::{Kept, RuleSet};

use super::{Bench, ruleset};

/// Rules of each set.
const RULES: usize = 1_000;

/// Longest pause.
const LIMIT: Duration = Duration::from_millis(2);

const WORKERS: usize = 2;

/// The rule that is another one after every swap.
const CHANGING: &str = "rule:rule_0";

pub fn measure(bench: &Bench, swaps: u32) -> bool {
    let sets = [ruleset::load(RULES, 0), ruleset::load(RULES, 1)];
    let chunks = cut(&bench.chunks(sets[0].fields()), swaps as usize);
    let rows: usize = chunks.iter().map(Chunk::len).sum();
    let (calm, _) = run(bench, &chunks, &sets[..1]);
    let (busy, pauses) = run(bench, &chunks, &sets);
    let mut sorted = pauses.clone();
    sorted.sort_unstable();
    let at = |part: usize| sorted.get(sorted.len() * part / 100).copied().unwrap_or_default();
    let worst = sorted.last().copied().unwrap_or_default();
    println!(
        "{} swaps of {RULES} rules under load: pause median {:?}, 99 % {:?}, worst {worst:?}   limit <= {LIMIT:?}   {}",
        pauses.len(),
        at(50),
        at(99),
        if at(99) <= LIMIT { "kept" } else { "MISSED" }
    );
    let lost = rows as u64 * WORKERS as u64 - busy.rows;
    let same = calm.findings == busy.findings;
    println!(
        "records lost: {lost}; findings of unchanged rules the same as without swaps: {same} ({})",
        calm.findings.len()
    );
    println!("windows of unchanged rules reset: {}", busy.reset);
    at(99) <= LIMIT && lost == 0 && same && busy.reset == 0
}

struct Done {
    /// Of rules that never change.
    findings: BTreeMap<String, Finding>,
    /// Rows shown, by every worker.
    rows: u64,
    /// Rules other than the changing one whose windows were not kept.
    reset: usize,
}

/// At least so many pieces.
fn cut(chunks: &[Chunk], pieces: usize) -> Vec<Chunk> {
    let rows: usize = chunks.iter().map(Chunk::len).sum();
    let size = (rows / pieces.max(1)).max(1);
    let mut cut = vec![Chunk::default()];
    for row in chunks.iter().flat_map(Chunk::rows) {
        if cut.last().is_some_and(|last| last.len() >= size) {
            cut.push(Chunk::default());
        }
        if let Some(last) = cut.last_mut() {
            last.push(row);
        }
    }
    cut
}

fn run(bench: &Bench, chunks: &[Chunk], sets: &[Arc<RuleSet>]) -> (Done, Vec<Duration>) {
    let (services, state) = bench.services();
    let mut engine = bench.engine_on(&sets[0], sets[0].fields(), WORKERS, &services);
    let (mut book, mut pauses, mut reset) = (Book::default(), Vec::new(), 0);
    for (at, chunk) in chunks.iter().enumerate() {
        engine.push(chunk.clone()).unwrap();
        keep(&mut engine, &mut book, &state);
        if sets.len() > 1 {
            let begun = Instant::now();
            let swapped = engine.swap_rules(&sets[(at + 1) % sets.len()], at as u64).unwrap();
            pauses.push(begun.elapsed());
            reset +=
                swapped.swaps.iter().filter(|(name, kept)| name != "rule_0" && *kept != Kept::Kept).count();
        }
    }
    let rows = engine.fates()["rules"].usage.rows;
    engine.stop();
    let findings = book.into_findings().into_iter().filter(|f| f.detector != CHANGING);
    let findings = findings.map(|f| (f.id.clone(), plain(f))).collect();
    (Done { findings, rows, reset }, pauses)
}

fn keep(engine: &mut Engine, book: &mut Book, state: &Arc<MemoryState>) {
    let done = engine.checkpoint().unwrap();
    book.take(done.outputs);
    done.state.iter().for_each(|(id, change)| state.apply(id, change));
}

/// Without what tells how records came.
fn plain(mut finding: Finding) -> Finding {
    (finding.revision, finding.raised_at, finding.provenance.generation) = (0, 0, 0);
    finding
}
