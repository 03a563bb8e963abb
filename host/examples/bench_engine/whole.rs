//! From the file to committed findings, against the bare ceiling of storing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ringfence::engine::log::Progress;

use super::server::{make_stage, run_ceiling, run_ingest};
use super::{Bench, calls, judge};

/// Part of the ceiling's speed that the whole way must have.
const LEAST: f64 = 0.5;

/// The log stays as the last round left it: `detection` reads it.
pub fn measure(bench: &Bench, records: u64, rounds: u64) -> bool {
    let file = bench.server.dir.path().join("calls.csv");
    calls::write_csv(&file, records).unwrap();
    let mut connection = bench.handle.block_on(bench.server.connect());
    bench.handle.block_on(run_ingest(&bench.server.store, &file, records, 0));
    let batches = bench.handle.block_on(bench.server.export(&mut connection));
    bench.handle.block_on(make_stage(&mut connection));
    let rate = |took: Duration| records as f64 / took.as_secs_f64();
    let (mut ceilings, mut after, mut beside) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for round in 1..=rounds {
        bench.empty(&mut connection);
        let ceiling = bench.handle.block_on(run_ceiling(&mut connection, &batches));
        bench.empty(&mut connection);
        let (both, _) = run_beside(bench, &file, records);
        bench.empty(&mut connection);
        let stored = bench.handle.block_on(run_ingest(&bench.server.store, &file, records, 0));
        let evaluated = run_after(bench, records);
        println!(
            "whole way, round {round}: ceiling {:.0}/s, ingest {:.0}/s then evaluation {:.0}/s is {:.0}/s, at the same time {:.0}/s",
            rate(ceiling),
            rate(stored),
            rate(evaluated),
            rate(stored + evaluated),
            rate(both),
        );
        ceilings += ceiling;
        after += stored + evaluated;
        beside += both;
    }
    let ratio = |took: Duration| ceilings.as_secs_f64() / took.as_secs_f64();
    println!("whole way, evaluation after ingest / ceiling: {:.3}", ratio(after));
    println!("whole way, evaluation beside ingest / ceiling: {:.3}", ratio(beside));
    judge("whole way, the better one / ceiling", ratio(after.min(beside)), Some(LEAST), None)
}

fn run_after(bench: &Bench, records: u64) -> Duration {
    let start = Instant::now();
    let progress = bench.service(true, &Arc::default(), |_| ()).run().unwrap();
    let took = start.elapsed();
    assert_eq!(progress.records, records);
    println!("  {progress:?}");
    took
}

/// The evaluation starts first, as a service would be running; the time ends with its last checkpoint.
fn run_beside(bench: &Bench, file: &Path, records: u64) -> (Duration, Progress) {
    let stop = Arc::new(AtomicBool::new(false));
    let start = Instant::now();
    let ends = stop.clone();
    let service = bench.service(false, &stop, move |progress| {
        if progress.records == records {
            ends.store(true, Ordering::Relaxed);
        }
    });
    let evaluation = std::thread::spawn(move || service.run().unwrap());
    let stored = bench.handle.block_on(run_ingest(&bench.server.store, file, records, 0));
    let progress = evaluation.join().unwrap();
    println!("  ingest beside evaluation took {:.1} s; {progress:?}", stored.as_secs_f64());
    (start.elapsed(), progress)
}
