//! Measures the ingest path against the bare ceiling, in one run on one private server:
//! `cargo run --release --example bench_ingest [RECORDS] [ROUNDS]`.
//!
//! The ceiling is described in `common/server.rs`. Ingest is everything from the file on: read, parse, normalise, encode,
//! store.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

#[path = "common/calls.rs"]
mod calls;
#[path = "common/server.rs"]
mod server;

use std::time::{Duration, Instant};

use ringfence::store::{Position, Store};
use server::{Server, make_stage, run_ceiling, run_ingest};
use sqlx::{Connection, PgConnection};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let (records, rounds) = (args.next().unwrap_or(200_000), args.next().unwrap_or(3));
    let server = Server::start("bench_ingest").await;
    let (store, file) = (server.store.clone(), server.dir.path().join("calls.csv"));
    calls::write_csv(&file, records).unwrap();
    let mut connection = server.connect().await;

    run_ingest(&store, &file, records, 0).await;
    let batches = server.export(&mut connection).await;
    make_stage(&mut connection).await;
    println!("{records} records, {} MB of rows", batches.iter().map(Vec::len).sum::<usize>() >> 20);
    let rate = |took: Duration| (records as f64 / took.as_secs_f64()) as u64;
    let mut totals = [Duration::ZERO; 3];
    for round in 1..=rounds {
        empty(&mut connection).await;
        let ceiling = run_ceiling(&mut connection, &batches).await;
        empty(&mut connection).await;
        let one = run_ingest(&store, &file, records, 1).await;
        empty(&mut connection).await;
        let all = run_ingest(&store, &file, records, 0).await;
        println!(
            "round {round}: ceiling {}/s, ingest by one worker {}/s, by one per processor {}/s",
            rate(ceiling),
            rate(one),
            rate(all)
        );
        totals.iter_mut().zip([ceiling, one, all]).for_each(|(sum, took)| *sum += took);
    }
    let ratio = |took: Duration| totals[0].as_secs_f64() / took.as_secs_f64();
    println!(
        "ingest / ceiling: {:.2} by one worker, {:.2} by one per processor",
        ratio(totals[1]),
        ratio(totals[2])
    );
    let start = Instant::now();
    let read = read_log(&store).await;
    println!("reading the log: {}/s", rate(start.elapsed()));
    assert_eq!(read, records);
    let start = Instant::now();
    run_ingest(&store, &file, 0, 0).await;
    println!("ingest of duplicates only: {}/s", rate(start.elapsed()));
    connection.close().await.unwrap();
    server.stop().await;
}

async fn empty(connection: &mut PgConnection) {
    sqlx::raw_sql("truncate record_log; checkpoint").execute(connection).await.unwrap();
}

async fn read_log(store: &Store) -> u64 {
    let (mut after, mut count) = (Position::START, 0);
    loop {
        let rows = store.read_log(after, None, 5_000).await.unwrap();
        let Some(last) = rows.last() else { return count };
        after = last.position;
        count += rows.len() as u64;
    }
}
