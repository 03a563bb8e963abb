//! Measures the ingest path against the bare ceiling, in one run on one private server:
//! `cargo run --release --example bench_ingest [RECORDS] [ROUNDS]`.
//!
//! The ceiling is the same rows, made beforehand, by binary COPY into a temporary stage plus insert on conflict do nothing, in
//! the same table over one connection, 5,000 rows a transaction. Ingest is everything from the file on: read, parse,
//! normalise, encode, store.
#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on ends")]

use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ringfence::config::{Config, Database};
use ringfence::directory::Directory;
use ringfence::source::Input;
use ringfence::store::cluster::{Cluster, ClusterOptions};
use ringfence::store::ingest::{IngestOptions, ingest};
use ringfence::store::{BATCH_ROWS, Options, Position, Store};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

const COLUMNS: &str = "seq, org_id, report_time, start_time, record_id, duration, answered, event, user_id, user_name, location, \
     direction, call_type, calling_number, called_number, called_class, called_country, raw";

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>().unwrap());
    let (records, rounds) = (args.next().unwrap_or(200_000), args.next().unwrap_or(3));
    let dir = tempfile::Builder::new().prefix("rf-bench-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let file = dir.path().join("calls.csv");
    write_csv(&file, records).unwrap();
    let cluster = Cluster::start(ClusterOptions {
        data_dir: dir.path().join("data"),
        bin_dir: None,
        durable: true,
        command: "bench_ingest".to_owned(),
    })
    .await
    .unwrap();
    let url = format!("postgres://ringfence@localhost/ringfence?host={}", cluster.socket_dir().display());
    let config = Config { database: Database::Url(url.clone()), ..Config::default() };
    let store = Store::open(&config, dir.path(), &Options::new("bench_ingest")).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();

    run_ingest(&store, &file, records, 0).await;
    let batches = export(&mut connection, cluster.socket_dir(), records).await;
    let stage = "create temp table record_stage (like record_log) on commit delete rows; alter table record_stage alter txn drop not null";
    sqlx::raw_sql(stage).execute(&mut connection).await.unwrap();
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
    store.close().await;
    tokio::task::spawn_blocking(move || drop(cluster)).await.unwrap();
}

async fn empty(connection: &mut PgConnection) {
    sqlx::raw_sql("truncate record_log; checkpoint").execute(connection).await.unwrap();
}

async fn run_ingest(store: &Store, file: &Path, new: u64, workers: usize) -> Duration {
    let start = Instant::now();
    let options = IngestOptions { workers, ..IngestOptions::default() };
    let directory = Arc::new(Directory::from_config(&Config::default()));
    let done = ingest(store, vec![Input::File(file.to_owned())], directory, options).await.unwrap();
    assert_eq!(done.counts.new, new);
    start.elapsed()
}

async fn run_ceiling(connection: &mut PgConnection, batches: &[Vec<u8>]) -> Duration {
    let start = Instant::now();
    let insert = format!(
        "insert into record_log (txn, {COLUMNS}) select pg_current_xact_id()::text::bigint, {COLUMNS} from record_stage on conflict do nothing"
    );
    for batch in batches {
        let mut transaction = connection.begin().await.unwrap();
        let copy = format!("copy record_stage ({COLUMNS}) from stdin (format binary)");
        let mut stage = transaction.copy_in_raw(&copy).await.unwrap();
        stage.send(batch.as_slice()).await.unwrap();
        stage.finish().await.unwrap();
        sqlx::query(AssertSqlSafe(insert.as_str())).execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
    start.elapsed()
}

/// The stored rows in COPY format, by way of files the server writes where we can read them.
async fn export(connection: &mut PgConnection, dir: &Path, records: u64) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    for from in (0..records).step_by(BATCH_ROWS as usize) {
        let path = dir.join("rows");
        let copy = format!(
            "copy (select {COLUMNS} from record_log order by txn, seq limit {BATCH_ROWS} offset {from}) to '{}' (format binary)",
            path.display()
        );
        sqlx::raw_sql(AssertSqlSafe(copy)).execute(&mut *connection).await.unwrap();
        batches.push(std::fs::read(&path).unwrap());
        std::fs::remove_file(&path).unwrap();
    }
    batches
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

const HEADER: &str = "Start time,Answer time,Duration,Calling number,Called number,User,Calling line ID,Called line ID,Correlation ID,\
     Location,Inbound trunk,Outbound trunk,Route group,Direction,Call type,Client type,Client version,Sub client type,OS type,\
     Device Mac,Model,Answered,International Country,Original reason,Related reason,Redirect reason,Site main number,Site timezone,\
     User type,Call ID,Local SessionID,Remote SessionID,User UUID,Org UUID,Report ID,Site UUID,Releasing party,Report time";

/// Calls of 2,200 users over three months, 38 columns.
fn write_csv(path: &Path, records: u64) -> std::io::Result<()> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut out = BufWriter::new(std::fs::File::create(path)?);
    writeln!(out, "{HEADER}")?;
    let step = 90 * 86_400_000 / records.max(1) as i64;
    for i in 0..records {
        let start = 1_769_904_000_000 + i as i64 * step;
        let duration: i64 = random.random_range(0..600);
        let (start_text, end_text) =
            (model::finding::format_time(start), model::finding::format_time(start + duration * 1000));
        let user: u32 = random.random_range(0..2_200);
        let uuid = |r: &mut ChaCha8Rng| model::RecordId(r.random::<u128>() & !(7 << 61)).to_string();
        let (correlation, report) = (uuid(&mut random), uuid(&mut random));
        let (local, remote): (u128, u128) = (random.random(), random.random());
        let called: u32 = random.random_range(10_000_000..99_999_999);
        writeln!(
            out,
            "{start_text},{start_text},{duration},+3491{called:07},+5760{called},User {user},+34911234567,NA,{correlation},Madrid,,,,\
             ORIGINATING,SIP_NATIONAL,SIP,45.6.0,,windows,,,TRUE,,,,,+34911234500,60,User,SSE{i}@10.0.0.1,{local:032x},{remote:032x},\
             00000000-0000-4000-8000-{user:012x},00000000-0000-4000-8000-00000000000a,{report},\
             00000000-0000-4000-8000-00000000000b,Local,{end_text}"
        )?;
    }
    out.flush()
}
