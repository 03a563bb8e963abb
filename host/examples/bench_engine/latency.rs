//! From a record's commit to its finding's commit, at a steady rate, each record raising a finding of its own.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ringfence::config::Config;
use ringfence::directory::Directory;
use ringfence::source::Input;
use ringfence::store::ingest::{IngestOptions, ingest};
use sqlx::PgConnection;

use super::{Bench, judge};

/// Records per second in files of `PER_FILE`.
const RATE: u32 = 200;
const PER_FILE: u32 = 10;
const SECONDS: u32 = 20;
/// Seconds of it that are not counted: the service starts.
const WARM_UP: Duration = Duration::from_secs(2);
/// How often the findings are looked at; adds as much to a latency at most.
const LOOK: Duration = Duration::from_millis(10);
/// A finding that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds that a finding may take, 99 of 100.
const MOST: f64 = 1.0;

pub fn measure(bench: &Bench) -> bool {
    let mut connection = bench.handle.block_on(bench.server.connect());
    bench.empty(&mut connection);
    let stop = Arc::new(AtomicBool::new(false));
    let service = bench.service(false, &stop, |_| ());
    let evaluation = std::thread::spawn(move || service.run().unwrap());
    let total = (RATE * SECONDS) as usize;
    let looking = bench.handle.spawn(look(
        connection,
        total,
        Instant::now() + Duration::from_secs(u64::from(SECONDS)) + PATIENCE,
    ));
    let begun = Instant::now();
    let mut stored: Vec<(Instant, Instant)> = Vec::new();
    for file in 0..RATE * SECONDS / PER_FILE {
        let due = begun + Duration::from_secs(1) * (file * PER_FILE) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let path = bench.server.dir.path().join("few.csv");
        write(&path, file * PER_FILE);
        let before = Instant::now();
        let options = IngestOptions { workers: 1, ..IngestOptions::default() };
        let directory = Arc::new(Directory::from_config(&Config::default()));
        let done = ingest(&bench.server.store, vec![Input::File(path)], directory, options);
        assert_eq!(bench.handle.block_on(done).unwrap().counts.new, u64::from(PER_FILE));
        stored.push((before, Instant::now()));
    }
    let slipped = begun.elapsed().as_secs_f64() - f64::from(SECONDS);
    let seen = bench.handle.block_on(looking).unwrap();
    stop.store(true, Ordering::Relaxed);
    let progress = evaluation.join().unwrap();
    println!("  {} of {total} findings seen, ended {slipped:.2} s after plan; {progress:?}", seen.len());
    let (mut longest, mut shortest) = (Vec::new(), Vec::new());
    for (record, at) in &seen {
        let (before, after) = stored[*record as usize / PER_FILE as usize];
        if before.duration_since(begun) >= WARM_UP {
            longest.push(at.duration_since(before).as_secs_f64());
            shortest.push(at.saturating_duration_since(after).as_secs_f64());
        }
    }
    let [l50, l99] = percentiles(&mut longest);
    let [s50, s99] = percentiles(&mut shortest);
    println!(
        "latency from before the insert: p50 {l50:.3} s, p99 {l99:.3} s; from after its commit: p50 {s50:.3} s, p99 {s99:.3} s"
    );
    judge(
        "latency at 200 records/s, p99 in s",
        if seen.len() == total { l99 } else { f64::INFINITY },
        None,
        Some(MOST),
    )
}

fn percentiles(values: &mut [f64]) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    [50, 99].map(|p| values.get(values.len() * p / 100).copied().unwrap_or(f64::INFINITY))
}

/// Looks at the findings on a connection of its own: when each record was first evidence of one.
async fn look(mut connection: PgConnection, total: usize, until: Instant) -> HashMap<u32, Instant> {
    let mut seen = HashMap::new();
    while seen.len() < total && Instant::now() < until {
        let newest =
            "select unnest(evidence)::text from finding where updated_at > now() - interval '3 seconds'";
        let rows: Vec<String> = sqlx::query_scalar(newest).fetch_all(&mut connection).await.unwrap();
        let at = Instant::now();
        for id in rows {
            // The number that `write` put there.
            if let Some(record) = id.get(28..).and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
                seen.entry(record).or_insert(at);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
    seen
}

/// Calls forwarded abroad, each by another user: each is a finding.
fn write(path: &Path, first: u32) {
    let mut out = std::fs::File::create(path).unwrap();
    writeln!(
        out,
        "Start time,Answer time,Duration,Calling number,Called number,User,Location,Direction,Call type,Answered,Redirect reason,\
         Redirecting number,User type,User UUID,Report ID,Report time"
    )
    .unwrap();
    let now = model::finding::format_time(chrono::Utc::now().timestamp_millis());
    for record in first..first + PER_FILE {
        writeln!(
            out,
            "{now},{now},60,+34911{record:06},+442071838750,User {record},Madrid,ORIGINATING,SIP_INTERNATIONAL,TRUE,\
             CallForwardAlways,+34911{record:06},User,{record:08x}-0000-4000-8000-000000000000,\
             00000000-0000-4000-8000-0000{record:08x},{now}"
        )
        .unwrap();
    }
}
